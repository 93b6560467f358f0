"""The role that a team's Spark jobs run under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from constructs import Construct

from constructs_lib._job_role import JobRoleSpec, catalog_statement, irsa_trust, sid
from constructs_lib._names import RoleName, checked
from constructs_lib._policy import Statement
from constructs_lib.account import Account
from constructs_lib.bucket import READ, READ_WRITE, bucket_statements
from constructs_lib.cluster import EksClusterLike
from constructs_lib.role import Role

__all__ = ["JobRole", "JobRoleSpec"]


class JobRole(Role):
    """Defines a role that exactly the jobs of one namespace, and only when started under this role, can assume.

    It starts with what its Spec names; buckets and log groups grant it the rest.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        namespace: str,
        cluster: EksClusterLike,
        account: Account,
        spec: JobRoleSpec | None = None,
    ) -> None:
        def where() -> str:
            return f"{scope.node.path}/{id}"

        trust = irsa_trust(
            provider_arn=cluster.oidc_provider_arn,
            issuer=cluster.oidc_issuer,
            namespace=namespace,
            role_name=checked(RoleName, name, where),
            account_id=account.id,
            where=where,
        )
        super().__init__(scope, id, name=name, trust=trust, description=f"Spark jobs in {namespace} on {cluster.name}")
        if spec:
            for arn in sorted(set(spec.policy_arns)):
                self.attach(sid(arn.split(":", 5)[-1]), arn)
            self.add_statements(_statements(spec, account))


def _statements(spec: JobRoleSpec, account: Account) -> Iterator[Statement]:
    """Yield what *spec* lets jobs do besides what its managed policies say."""
    for arn in spec.read_buckets:
        yield from _use_bucket(arn, "Read", READ)
    for arn in spec.write_buckets:
        yield from _use_bucket(arn, "ReadWrite", READ_WRITE)
    for write, databases in ((False, spec.read_databases), (True, spec.write_databases)):
        if databases:
            yield catalog_statement(
                databases,
                write=write,
                partition=account.partition,
                region=account.region,
                account_id=account.id,
            )


def _use_bucket(arn: str, verb: str, objects: Sequence[str]) -> list[Statement]:
    bucket, _, prefix = arn.partition("/")
    return bucket_statements(verb + sid(arn.split(":", 5)[-1]), bucket, prefix, objects)
