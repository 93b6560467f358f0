"""A log group in CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib._log_group import AnyLogGroupName, write_logs
from constructs_lib._names import Refused, checked_if_known
from constructs_lib.account import Account
from constructs_lib.role import Role
from provisioners.spec import holds_token

__all__ = ["LogGroup", "adopt_log_groups"]


class LogGroup(Construct):
    """Defines a log group; unless *destroy*, Terraform leaves it there when it is removed from the program.

    It is in the way then when the program gets it back: see `adopt_log_groups`.
    """

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
        checked_if_known(AnyLogGroupName, name, lambda: self.node.path)
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
    def address(self) -> str:
        """Terraform's address of the group."""
        return _address(self._resource)

    @property
    def id(self) -> str:
        """The name by reference: what uses it waits for the group."""
        return self._resource.name

    def grant_write(self, role: Role) -> None:
        """Let *role* write log streams here, and see which groups exist, which EMR asks for before a job starts."""
        role.add_statements(write_logs(self.name, self.arn))


def adopt_log_groups(
    stack: TerraformStack, groups: Sequence[LogGroup | CloudwatchLogGroup], *, prefix: str = ""
) -> None:
    """Let Terraform go on with those of *groups* that are there already, such as the ones that it left there.

    AWS refuses to create a group twice, so without this a team could not come back under its name. All their names
    begin with *prefix*; AWS is asked for no others. Needs Terraform or OpenTofu 1.7, and DescribeLogGroups; call it
    once for a *stack*. Checkov 3.3 reads no stack with import blocks. Raises `Refused` for a name that is not literal,
    or begins otherwise: it would not be found.
    https://developer.hashicorp.com/terraform/language/import#import-multiple-instances
    """
    named = [(*_name_and_address(group), group) for group in groups]
    for name, _, group in named:
        if holds_token(name) or not name.startswith(prefix):
            raise Refused(
                f"{group.node.path}: `name` must be a literal that begins with {prefix!r} to be adopted, "
                f"got {name!r}; write the name itself, or leave the group out"
            )
    found = "data.aws_cloudwatch_log_groups.kept"
    stack.add_override(found, {"log_group_name_prefix": prefix} if prefix else {})
    stack.add_override("import", [_adoption(name, address, f"{found}.log_group_names") for name, address, _ in named])


def _name_and_address(group: LogGroup | CloudwatchLogGroup) -> tuple[str, str]:
    return (group.name, group.address) if isinstance(group, LogGroup) else (group.name_input or "", _address(group))


def _adoption(name: str, address: str, names: str) -> dict[str, str]:
    """Return the block that imports the group *name* if it is among *names*: import blocks know no `count`."""
    return {
        "for_each": f"${{toset([for name in {names} : name if name == {json.dumps(name)}])}}",
        "to": address,
        "id": "${each.key}",
    }


def _address(resource: CloudwatchLogGroup) -> str:
    return f"aws_cloudwatch_log_group.{resource.friendly_unique_id}"
