"""Are the ARNs of a platform in the partition of its region? AWS refuses those of another at apply. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from constructs_lib._names import partition_of, region_of
from provisioners.spec import Path, Problem

if TYPE_CHECKING:
    from constructs_lib._job_role import JobRoleSpec
    from stacks.platform import PlatformSpec


def foreign(platform: PlatformSpec, roles: Iterator[tuple[Path, JobRoleSpec]]) -> Iterator[Problem]:
    """Yield the ARNs of principals, keys and what *roles* may use that are in another partition than the platform."""
    own = partition_of(platform.region)
    for path, arn in [*_of_cluster(platform), *(each for place, role in roles for each in _of_role(place, role))]:
        if arn != "*" and arn.split(":")[1] != own:
            yield Problem(
                path,
                f"must be in the partition {own}, which the platform's region {platform.region} is of",
                arn,
                f"begin it with arn:{own}:",
                reads=(("region",),),
            )


def _of_cluster(platform: PlatformSpec) -> Iterator[tuple[Path, str]]:
    for name, entry in sorted(platform.cluster.access.items()):
        yield ("cluster", "access", name, "principal_arn"), entry.principal_arn
    for part in ("bucket", "cluster"):
        arn = getattr(platform, part).kms_key_arn
        # Of a key in another region the region is told.
        if arn and region_of(arn) == platform.region:
            yield (part, "kms_key_arn"), arn


def _of_role(place: Path, role: JobRoleSpec) -> Iterator[tuple[Path, str]]:
    for field in ("read_buckets", "write_buckets", "policy_arns"):
        yield from (((*place, field, index), arn) for index, arn in enumerate(getattr(role, field)))
    for index, statement in enumerate(role.statements):
        for at, arn in enumerate(statement.resources):
            yield (*place, "statements", index, "resources", at), arn
