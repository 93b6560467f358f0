"""The role that a team's Spark jobs run under."""

from __future__ import annotations

from collections.abc import Callable

from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from constructs import Construct

from constructs_lib._job_role import (
    TRUST_LESS,
    JobRoleSpec,
    ServiceAccount,
    StatementSpec,
    service_accounts,
    trust_policy,
)
from constructs_lib._names import RoleName, checked, checked_if_known
from constructs_lib._policy import check_size, sid
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike
from constructs_lib.glue_catalog import GlueCatalog
from constructs_lib.role import Role
from provisioners.spec import DnsLabel

__all__ = ["JobRole", "JobRoleSpec", "StatementSpec"]


class JobRole(Role):
    """Defines a role that exactly the jobs of one namespace, and only when started under this role, can assume.

    It starts with what its Spec names; buckets, log groups and the Glue catalog grant it the rest, best of all in
    *grants*, so that the policy is written once. By Pod Identity each service account is associated with it; the
    cluster, if not ours, must have the add-on eks-pod-identity-agent. `name` of the Spec is not read, *name* is.
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
        grants: Callable[[JobRole], None] | None = None,
    ) -> None:
        def where() -> str:
            return f"{scope.node.path}/{id}"

        spec = spec or JobRoleSpec()
        checked(RoleName, name, where)
        checked_if_known(DnsLabel, namespace, where)
        trust = trust_policy(
            spec,
            namespace=namespace,
            role_name=name,
            account_id=account.id,
            cluster_arn=account.arn("eks", f"cluster/{cluster.name}"),
            provider_arn=cluster.oidc_provider_arn,
            issuer=cluster.oidc_issuer,
        )
        super().__init__(
            scope,
            id,
            name=name,
            trust=check_size(trust, spec.trust_policy_limit, where, what="trust policy", hint=TRUST_LESS),
            description=f"Spark jobs in {namespace} on {cluster.name}",
        )
        if spec.by_pod_identity:
            accounts = service_accounts(spec, namespace=namespace, role_name=name, account_id=account.id)
            self._associate(cluster, accounts)
        with self.at_once():
            self._allow(spec, account)
            if grants:
                grants(self)

    def _associate(self, cluster: EksClusterLike, accounts: dict[str, ServiceAccount]) -> None:
        place = Construct(self, "Identity")
        for kind, account in sorted(accounts.items()):
            EksPodIdentityAssociation(
                place,
                kind,
                cluster_name=cluster.id,
                namespace=account.namespace,
                service_account=account.name,
                role_arn=self.arn,
            )

    def _allow(self, spec: JobRoleSpec, account: Account) -> None:
        for arn in sorted(set(spec.policy_arns)):
            self.attach(sid(arn.split(":", 5)[-1]), arn)
        self.add_statements(spec.own_statements)
        catalog = GlueCatalog(account)
        catalog.grant_read(self, database=spec.read_databases)
        catalog.grant_read_write(self, database=spec.write_databases)
