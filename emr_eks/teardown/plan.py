"""How a team or a platform is destroyed once nothing runs there, and what stays. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from constructs_lib._team import TeamSpec, log_group_name, log_prefix, team_prefix
from emr_eks.failures import USER_MISTAKE, Failure
from stacks.platform import PlatformSpec, stack_name


class Plan(NamedTuple):
    """What is left to do: an edit of the platform's file, then a command of cdktf's."""

    edit: str
    """What to change first; empty where there is nothing."""
    command: tuple[str, ...]


def plan(platform: PlatformSpec, team: str | None, file: str) -> Plan:
    """Return how to destroy what *team* has or, without one, the platform in *file*.

    Raises `Failure` when the last team has been removed from the file: then no stack is left to apply.
    """
    if team is None:
        return Plan("", ("destroy", "*"))
    stack = stack_name(platform, "teams")
    if not platform.teams:
        raise Failure(
            f"{file} has no team any more, and so no stack to apply; put {team!r} back and run this again: with the "
            "last team the whole stack is destroyed",
            exit_code=USER_MISTAKE,
        )
    if [*platform.teams] == [team]:
        return Plan("", ("destroy", stack))
    edit = f"remove {team!r} from `teams` in {file}" if team in platform.teams else ""
    # The stacks before it stay as they are.
    return Plan(edit, ("deploy", stack, "--ignore-missing-stack-dependencies"))


def kept(platform: PlatformSpec, team: str | None, bucket: str) -> Iterator[str]:
    """Yield what stays in AWS when *team* or the platform is gone, and how to remove that."""
    all_goes = team is None or [*platform.teams] == [team]
    if not all_goes:
        for prefix in (f"{team_prefix(str(team))}/", f"{log_prefix(str(team))}/"):
            yield f"what lies in s3://{bucket}/{prefix}: `aws s3 rm --recursive s3://{bucket}/{prefix}`"
    elif not (platform.bucket.destroy and platform.destroy_data):
        yield (
            f"the bucket {bucket} while it holds objects, and the destroy stops there: set `bucket.destroy` and "
            f"`destroy_data`, `cdktf deploy {stack_name(platform, 'teams')} --ignore-missing-stack-dependencies`, and "
            "destroy again; the objects and all their versions are then lost"
        )
    for group in _log_groups(platform, team):
        yield (
            f"the log group {group}: `aws logs delete-log-group --log-group-name {group}`, or "
            "`adopt_log_groups: true` before you deploy it again"
        )
    if all_goes and not platform.bucket.kms_key_arn:
        yield (
            "the keys for 30 days more; then nothing that they encrypted can be read, kept logs and objects too: "
            "`aws kms cancel-key-deletion --key-id ID` keeps one"
        )


def _log_groups(platform: PlatformSpec, team: str | None) -> Iterator[str]:
    if not platform.destroy_data:
        for name in [team] if team else sorted(platform.teams):
            yield log_group_name(platform.cluster_name, name, platform.teams.get(name, TeamSpec()))
    if team is None and platform.cluster.logs and not platform.existing_cluster:
        # EKS writes its last lines after Terraform has deleted the group, and so makes it anew.
        yield f"/aws/eks/{platform.cluster_name}/cluster"
