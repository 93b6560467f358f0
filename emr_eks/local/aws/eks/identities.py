"""Pod identities: the roles of service accounts."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.eks.exceptions import (
    InvalidRequestException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from moto.moto_api._internal import mock_random

from emr_eks.local.aws.eks.base import EKSBase
from emr_eks.local.aws.eks.models import PodIdentityAssociation, Tags


class PodIdentityBackend(EKSBase):
    """Associations of a service account with its one role."""

    def create_pod_identity_association(
        self,
        cluster_name: str,
        namespace: str,
        service_account: str,
        role_arn: str,
        tags: Tags | None = None,
        disable_session_tags: bool = False,
        target_role_arn: str | None = None,
        policy: str | None = None,
        owner_arn: str | None = None,
        **_: Any,
    ) -> PodIdentityAssociation:
        """Give a role to a service account, which can have one only."""
        cluster = self._cluster(cluster_name)
        for other in cluster.associations.values():
            if (other.namespace, other.service_account) == (namespace, service_account):
                raise ResourceInUseException(
                    clusterName=cluster_name, message=f"Association already exists: {other.association_id}"
                )
        self._check_role(role_arn, "Role provided in the request does not exist.")
        identifier = "a-" + mock_random.get_random_string(17, lower_case=True)
        association = PodIdentityAssociation(
            cluster_name=cluster_name,
            namespace=namespace,
            service_account=service_account,
            role_arn=role_arn,
            association_arn=self._arn(f"podidentityassociation/{cluster_name}/{identifier}"),
            association_id=identifier,
            tags=tags or {},
            owner_arn=owner_arn,
            disable_session_tags=disable_session_tags,
            target_role_arn=target_role_arn,
            external_id=str(mock_random.uuid4()) if target_role_arn else None,
            policy=policy,
        )
        cluster.associations[identifier] = association
        return association

    def describe_pod_identity_association(self, cluster_name: str, association_id: str) -> PodIdentityAssociation:
        """Return one pod identity."""
        association: PodIdentityAssociation | None = self._cluster(cluster_name).associations.get(association_id)
        if association is None:
            raise ResourceNotFoundException(
                clusterName=cluster_name, message=f"No association found for association ID: {association_id}"
            )
        return association

    def list_pod_identity_associations(
        self, cluster_name: str, namespace: str | None = None, service_account: str | None = None, **_: Any
    ) -> list[PodIdentityAssociation]:
        """Return a cluster's pod identities, those of a namespace or service account only if named."""
        return [
            association
            for association in self._cluster(cluster_name).associations.values()
            if namespace in (None, association.namespace) and service_account in (None, association.service_account)
        ]

    def update_pod_identity_association(
        self, cluster_name: str, association_id: str, **changes: Any
    ) -> PodIdentityAssociation:
        """Change the role of a service account."""
        association = self.describe_pod_identity_association(cluster_name, association_id)
        changes.pop("client_request_token", None)
        if changes.get("role_arn"):
            self._check_role(changes["role_arn"], "Role provided in the request does not exist.")
        for name, value in changes.items():
            setattr(association, name, value)
        association.modified_at = utcnow()
        return association

    def delete_pod_identity_association(self, cluster_name: str, association_id: str) -> PodIdentityAssociation:
        """Take a role away from a service account, unless an add-on owns the association."""
        association = self.describe_pod_identity_association(cluster_name, association_id)
        if association.owner_arn:
            raise InvalidRequestException(
                clusterName=cluster_name,
                message=f"Association {association_id} is owned by {association.owner_arn}",
            )
        return self._cluster(cluster_name).associations.pop(association_id)
