"""The role that a team's Spark jobs run under."""

from __future__ import annotations

from constructs import Construct

from constructs_lib._job_role import JobRoleSpec, catalog_statement, irsa_trust, sid
from constructs_lib._names import RoleName, checked
from constructs_lib.account import Account
from constructs_lib.bucket import bucket_statements
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
        trust = irsa_trust(
            provider_arn=cluster.oidc_provider_arn,
            issuer=cluster.oidc_issuer,
            namespace=namespace,
            role_name=checked(RoleName, name, f"{scope.node.path}/{id}"),
            account_id=account.id,
            where=f"{scope.node.path}/{id}",
        )
        super().__init__(scope, id, name=name, trust=trust, description=f"Spark jobs in {namespace} on {cluster.name}")
        if spec:
            self._apply(spec, account)

    def _apply(self, spec: JobRoleSpec, account: Account) -> None:
        for arn in sorted(set(spec.policy_arns)):
            self.attach(sid(arn.split(":", 5)[-1]), arn)
        for arn in spec.read_buckets:
            self._use_bucket(arn, "Read", ["s3:GetObject"])
        for arn in spec.write_buckets:
            self._use_bucket(
                arn,
                "ReadWrite",
                ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            )
        for write, databases in ((False, spec.read_databases), (True, spec.write_databases)):
            for database in databases:
                self.add_statement(
                    catalog_statement(
                        database,
                        write=write,
                        partition=account.partition,
                        region=account.region,
                        account_id=account.id,
                    )
                )

    def _use_bucket(self, arn: str, verb: str, objects: list[str]) -> None:
        bucket, _, prefix = arn.partition("/")
        self.add_statements(bucket_statements(verb + sid(arn.split(":", 5)[-1]), bucket, prefix, objects))
