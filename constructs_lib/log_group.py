"""A log group in CloudWatch."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib._policy import Statement
from constructs_lib.account import Account
from constructs_lib.role import Role

__all__ = ["LogGroup"]


class LogGroup(Construct):
    """Defines a log group; unless *destroy*, Terraform leaves it there when it is removed from the program."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        retention_days: int,
        account: Account,
        kms_key_arn: str | None = None,
        destroy: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self._resource = CloudwatchLogGroup(
            self,
            "Resource",
            name=name,
            retention_in_days=retention_days,
            kms_key_id=kms_key_arn,
            skip_destroy=not destroy,
        )
        self.name: str = name
        # Terraform's own `arn` attribute would do, but a literal keeps policies short and readable.
        self.arn: str = account.arn("logs", f"log-group:{name}")

    @property
    def id(self) -> str:
        """The name by reference: what uses it waits for the group."""
        return self._resource.name

    def grant_write(self, role: Role) -> None:
        """Let *role* write log streams here, and see which groups exist, which EMR asks for before a job starts."""
        role.add_statements(
            [
                Statement(
                    "WriteLogs",
                    ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    [self.arn, f"{self.arn}:*"],
                ),
                Statement("FindLogGroups", ["logs:DescribeLogGroups"], ["*"]),
            ]
        )
