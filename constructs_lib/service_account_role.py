"""The role of a controller's Kubernetes service account."""

from __future__ import annotations

from typing import Literal, get_args

from cdktf_cdktf_provider_aws.eks_pod_identity_association import EksPodIdentityAssociation
from constructs import Construct

from constructs_lib._names import Refused
from constructs_lib._policy import pod_identity_trust, service_account_trust
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike
from constructs_lib.role import Role

__all__ = ["ServiceAccountRole"]

Identity = Literal["pod_identity", "irsa"]


class ServiceAccountRole(Role):
    """Defines a role that exactly one service account may assume.

    By Pod Identity, which needs nothing more, or by IRSA, where the account must carry the role's ARN in its
    annotation `eks.amazonaws.com/role-arn`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        cluster: EksClusterLike,
        namespace: str,
        service_account: str,
        identity: Identity,
        account: Account,
        description: str | None = None,
    ) -> None:
        if identity not in get_args(Identity):
            raise Refused(
                f"{scope.node.path}/{id}: `identity` must be one of {', '.join(get_args(Identity))}, got {identity!r}; "
                "choose one of them"
            )
        by_pod_identity = identity == "pod_identity"
        super().__init__(
            scope,
            id,
            name=name,
            trust=pod_identity_trust(account.id)
            if by_pod_identity
            else service_account_trust(cluster.oidc_provider_arn, cluster.oidc_issuer, namespace, service_account),
            description=description,
        )
        if by_pod_identity:
            EksPodIdentityAssociation(
                self,
                "Identity",
                cluster_name=cluster.id,
                namespace=namespace,
                service_account=service_account,
                role_arn=self.arn,
            )
