"""Do the policies of job roles keep to IAM's limits? They are written here as the constructs write them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from constructs_lib._bucket import grant
from constructs_lib._glue_catalog import catalog_statement
from constructs_lib._job_role import TRUST_LESS, JobRoleSpec, trust_policy
from constructs_lib._log_group import write_logs
from constructs_lib._names import partition_of
from constructs_lib._policy import GRANT_LESS, INLINE_POLICIES_LIMIT, LATER, Statement, document, size
from constructs_lib._team import log_group_name, log_prefix, team_prefix
from provisioners.spec import Path, Problem

if TYPE_CHECKING:
    from stacks.platform import PlatformSpec

BUCKET_ID = "bucket"
"""The construct of the platform's bucket in the stack of the teams."""


def too_long(
    platform: PlatformSpec, place: Path, team: str, role_name: str, spec: JobRoleSpec, stack: str
) -> Iterator[Problem]:
    """Yield which policies of a job role of *team* are too long; *stack* is the name of the teams' stack."""
    policies = (
        ("trust policy", _trust(platform, team, role_name, spec), spec.trust_policy_limit, TRUST_LESS),
        ("policy", _permissions(platform, team, spec, stack), INLINE_POLICIES_LIMIT, GRANT_LESS),
    )
    for what, policy, limit, hint in policies:
        if size(policy) > limit:
            yield Problem(
                place,
                f"must have a {what} of at most {limit} characters",
                size(policy),
                hint,
                reads=(place, ("name",), ("region",), ("account_id",), ("existing_cluster",), ("bucket",)),
            )


def _trust(platform: PlatformSpec, team: str, role_name: str, spec: JobRoleSpec) -> str:
    return trust_policy(
        spec,
        namespace=platform.teams[team].namespace or team,
        role_name=role_name,
        account_id=platform.account_id or LATER,
        cluster_arn=_arn(platform, "eks", f"cluster/{platform.cluster_name}"),
        provider_arn=LATER,
        issuer=LATER,
    )


def _permissions(platform: PlatformSpec, team: str, spec: JobRoleSpec, stack: str) -> str:
    partition, account_id = partition_of(platform.region), platform.account_id or LATER
    bucket = f"arn:{partition}:s3:::{platform.bucket_name(account_id)}"
    statements = [*spec.own_statements]
    for databases, write in ((spec.read_databases, False), (spec.write_databases, True)):
        if databases:
            statements.append(
                catalog_statement(
                    databases, write=write, partition=partition, region=platform.region, account_id=account_id
                )
            )
    for prefix in (team_prefix(team), log_prefix(team)):
        key = platform.bucket.kms_key_arn or LATER
        statements += grant(f"{stack}/{BUCKET_ID}", bucket, key, f"{prefix}/", write=True)
    log_group = log_group_name(platform.cluster_name, team, platform.teams[team])
    statements += write_logs(log_group, _arn(platform, "logs", f"log-group:{log_group}"))
    by_sid: dict[str, Statement] = {each.sid: each for each in statements}
    return document(by_sid.values())


def _arn(platform: PlatformSpec, service: str, resource: str) -> str:
    return f"arn:{partition_of(platform.region)}:{service}:{platform.region}:{platform.account_id or LATER}:{resource}"
