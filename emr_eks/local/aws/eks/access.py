"""Access entries and access policies: who may enter a cluster, and what for."""

from __future__ import annotations

import re
from typing import Any

from moto.core.utils import utcnow
from moto.eks.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from moto.moto_api._internal import mock_random

from emr_eks.local.aws.eks.base import EKSBase
from emr_eks.local.aws.eks.catalogue import ACCESS_POLICIES
from emr_eks.local.aws.eks.models import AccessEntry, AssociatedAccessPolicy, Cluster, Tags

NODE_ENTRY_TYPES = {"EC2_LINUX": "system:nodes", "EC2_WINDOWS": "eks:kube-proxy-windows"}
ENTRY_TYPES = ("STANDARD", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX", *NODE_ENTRY_TYPES)


class AccessBackend(EKSBase):
    """Access entries, their policies, and the entries that AWS services make for themselves."""

    def create_access_entry(
        self,
        cluster_name: str,
        principal_arn: str,
        kubernetes_groups: list[str] | None = None,
        tags: Tags | None = None,
        username: str | None = None,
        type: str | None = None,
        **_: Any,
    ) -> AccessEntry:
        """Let a principal into the cluster."""
        cluster = self._cluster_with_entries(cluster_name)
        kind = type or "STANDARD"
        if kind not in ENTRY_TYPES:
            raise InvalidParameterException(clusterName=cluster_name, message=f"The type {kind} is not valid.")
        if kind != "STANDARD" and (kubernetes_groups or username):
            raise InvalidParameterException(
                clusterName=cluster_name,
                message=f"You cannot specify kubernetesGroups or username for the type {kind}.",
            )
        if any(group.startswith("system:") for group in kubernetes_groups or []):
            raise InvalidParameterException(
                clusterName=cluster_name,
                message="The kubernetes group name(s) must not start with the prefix system:.",
            )
        if ":role/aws-service-role/" in principal_arn:
            raise InvalidParameterException(
                clusterName=cluster_name,
                message="The caller is not allowed to modify access entries with a principalArn value of a "
                "Service Linked Role.",
            )
        invalid = f"The specified principalArn is invalid: {principal_arn}"
        if not re.fullmatch(r"arn:[^:]+:iam::\d{12}:(role|user)/.+|arn:[^:]+:iam::\d{12}:root", principal_arn):
            raise InvalidParameterException(clusterName=cluster_name, message=invalid)
        if f"::{self.account_id}:role/" in principal_arn:
            self._check_role(principal_arn, invalid)
        if principal_arn in cluster.access_entries:
            raise ResourceInUseException(
                clusterName=cluster_name,
                message="The specified access entry resource is already in use on this cluster.",
            )
        return self._access_entry(cluster, principal_arn, kind, kubernetes_groups, username, tags)

    def describe_access_entry(self, cluster_name: str, principal_arn: str) -> AccessEntry:
        """Return one principal's entry."""
        entry: AccessEntry | None = self._cluster_with_entries(cluster_name).access_entries.get(principal_arn)
        if entry is None:
            raise ResourceNotFoundException(
                clusterName=cluster_name,
                message=f"The specified principalArn could not be found. principalArn: {principal_arn}",
            )
        return entry

    def list_access_entries(self, cluster_name: str, associated_policy_arn: str | None = None, **_: Any) -> list[str]:
        """Return the principals with an entry, those with an access policy only if it is named."""
        entries = self._cluster_with_entries(cluster_name).access_entries.values()
        return [e.principal_arn for e in entries if associated_policy_arn in (None, *e.policies)]

    def update_access_entry(
        self,
        cluster_name: str,
        principal_arn: str,
        kubernetes_groups: list[str] | None = None,
        username: str | None = None,
        **_: Any,
    ) -> AccessEntry:
        """Change the groups and the user name of an entry."""
        entry = self.describe_access_entry(cluster_name, principal_arn)
        if kubernetes_groups is not None:
            entry.kubernetes_groups = kubernetes_groups
        entry.username = username or entry.username
        entry.modified_at = utcnow()
        return entry

    def delete_access_entry(self, cluster_name: str, principal_arn: str) -> None:
        """Lock a principal out."""
        self.describe_access_entry(cluster_name, principal_arn)
        del self._cluster(cluster_name).access_entries[principal_arn]

    def associate_access_policy(
        self, cluster_name: str, principal_arn: str, policy_arn: str, access_scope: dict[str, Any]
    ) -> AssociatedAccessPolicy:
        """Give an entry an access policy, for the cluster or for some namespaces."""
        entry = self.describe_access_entry(cluster_name, principal_arn)
        if policy_arn not in self._access_policies().values():
            raise InvalidParameterException(
                clusterName=cluster_name, message=f"The policyArn {policy_arn} is not valid."
            )
        if entry.type != "STANDARD":
            raise InvalidRequestException(
                clusterName=cluster_name,
                message=f"Access policies cannot be associated with an entry of the type {entry.type}.",
            )
        namespaces = access_scope.get("namespaces") or []
        if (access_scope["type"] == "namespace") != bool(namespaces):
            raise InvalidParameterException(
                clusterName=cluster_name,
                message="namespaces must be given when the access scope's type is namespace, and only then.",
            )
        scope = {"type": access_scope["type"], "namespaces": namespaces}
        policy = entry.policies.get(policy_arn) or AssociatedAccessPolicy(policy_arn, scope)
        policy.access_scope, policy.modified_at = scope, utcnow()
        entry.policies[policy_arn] = policy
        return policy

    def disassociate_access_policy(self, cluster_name: str, principal_arn: str, policy_arn: str) -> None:
        """Take an access policy away from an entry."""
        entry = self.describe_access_entry(cluster_name, principal_arn)
        if entry.policies.pop(policy_arn, None) is None:
            raise ResourceNotFoundException(
                clusterName=cluster_name, message=f"The policyArn {policy_arn} is not associated."
            )

    def list_associated_access_policies(
        self, cluster_name: str, principal_arn: str, **_: Any
    ) -> list[AssociatedAccessPolicy]:
        """Return the access policies of an entry."""
        return list(self.describe_access_entry(cluster_name, principal_arn).policies.values())

    def list_access_policies(self) -> list[dict[str, str]]:
        """Return the access policies that EKS offers."""
        return [{"name": name, "arn": arn} for name, arn in self._access_policies().items()]

    def admit_emr(self, cluster_name: str, namespaces: list[str]) -> None:
        """Keep EMR's access entry as EMR itself does: the job policy, for the namespaces in use.

        https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-cluster-access.html
        """
        cluster = self._cluster(cluster_name)
        if not cluster.knows_access_entries:
            return
        principal = (
            f"arn:{self.partition}:iam::{self.account_id}:role/aws-service-role/"
            "emr-containers.amazonaws.com/AWSServiceRoleForAmazonEMRContainers"
        )
        if not namespaces:
            cluster.access_entries.pop(principal, None)
            return
        entry = cluster.access_entries.get(principal) or self._access_entry(
            cluster, principal, "STANDARD", username="emr-containers", made_by_eks=True
        )
        arn = self._access_policies()["AmazonEMRJobPolicy"]
        entry.policies[arn] = AssociatedAccessPolicy(arn, {"type": "namespace", "namespaces": namespaces})

    def _access_policies(self) -> dict[str, str]:
        prefix = f"arn:{self.partition}:eks::aws:cluster-access-policy"
        return {name: f"{prefix}/{name}" for name in ACCESS_POLICIES}

    def _access_entry(
        self,
        cluster: Cluster,
        principal_arn: str,
        kind: str,
        groups: list[str] | None = None,
        username: str | None = None,
        tags: Tags | None = None,
        made_by_eks: bool = False,
    ) -> AccessEntry:
        role = principal_arn.rpartition("/")[2]
        principal = f"{'role' if ':role/' in principal_arn else 'user'}/{self.account_id}/{role}"
        entry = AccessEntry(
            cluster_name=cluster.name,
            principal_arn=principal_arn,
            kubernetes_groups=groups or [g for t, g in NODE_ENTRY_TYPES.items() if t == kind],
            access_entry_arn=self._arn(f"access-entry/{cluster.name}/{principal}/{mock_random.uuid4()}"),
            tags=tags or {},
            username=username or self._username(principal_arn, kind),
            type=kind,
            made_by_eks=made_by_eks,
        )
        cluster.access_entries[principal_arn] = entry
        return entry

    def _username(self, principal_arn: str, kind: str) -> str:
        if kind != "STANDARD":
            return "system:node:{{EC2PrivateDNSName}}"
        if ":role/" not in principal_arn:
            return principal_arn
        account, role = principal_arn.split(":")[4], principal_arn.rpartition("/")[2]
        return f"arn:{self.partition}:sts::{account}:assumed-role/{role}/{{{{SessionName}}}}"
