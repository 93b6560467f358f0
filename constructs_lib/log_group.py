"""A log group in CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Mapping

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
        self.resource: CloudwatchLogGroup = CloudwatchLogGroup(
            self,
            "Resource",
            name=name,
            retention_in_days=retention_days,
            kms_key_id=kms_key_arn,
            skip_destroy=not destroy,
        )
        """The group as Terraform knows it."""
        self.name: str = name
        # Terraform's own `arn` attribute would do, but a literal keeps policies short and readable.
        self.arn: str = account.arn("logs", f"log-group:{name}")

    @property
    def id(self) -> str:
        """The name by reference: what uses it waits for the group."""
        return self.resource.name

    def grant_write(self, role: Role) -> None:
        """Let *role* write log streams here, and see which groups exist, which EMR asks for before a job starts."""
        role.add_statements(write_logs(self.name, self.arn))


def adopt_log_groups(stack: TerraformStack, groups: Mapping[str, CloudwatchLogGroup], *, prefix: str = "") -> None:
    """Let Terraform go on with those of *groups*, by name, that are there already, such as ones that it left there.

    AWS refuses to create a group twice, so without this a team could not come back under its name. All their names
    begin with *prefix*; AWS is asked for no others. Needs Terraform or OpenTofu 1.7, and DescribeLogGroups; call it
    once for a *stack*. Checkov 3.3 reads no stack with import blocks. Raises `Refused` for a name that is not literal,
    or begins otherwise: it would not be found.
    https://developer.hashicorp.com/terraform/language/import#import-multiple-instances
    """
    for name, group in groups.items():
        if holds_token(name) or not name.startswith(prefix):
            raise Refused(
                f"{group.node.path}: `name` must be a literal that begins with {prefix!r} to be adopted, "
                f"got {name!r}; write the name itself, or leave the group out"
            )
    found = "data.aws_cloudwatch_log_groups.kept"
    stack.add_override(found, {"log_group_name_prefix": prefix} if prefix else {})
    adoptions = [_adoption(name, group, f"{found}.log_group_names") for name, group in groups.items()]
    stack.add_override("import", adoptions)


def _adoption(name: str, group: CloudwatchLogGroup, names: str) -> dict[str, str]:
    """Return the block that imports *group* if its *name* is among *names*: import blocks know no `count`."""
    return {
        "for_each": f"${{toset([for name in {names} : name if name == {json.dumps(name)}])}}",
        "to": f"aws_cloudwatch_log_group.{group.friendly_unique_id}",
        "id": "${each.key}",
    }
