"""The EKS cluster."""

from __future__ import annotations

from typing import Protocol

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ec2_tag import Ec2Tag
from cdktf_cdktf_provider_aws.eks_access_entry import EksAccessEntry
from cdktf_cdktf_provider_aws.eks_access_policy_association import (
    EksAccessPolicyAssociation,
    EksAccessPolicyAssociationAccessScope,
)
from cdktf_cdktf_provider_aws.eks_cluster import (
    EksCluster,
    EksClusterAccessConfig,
    EksClusterEncryptionConfig,
    EksClusterEncryptionConfigProvider,
    EksClusterKubernetesNetworkConfig,
    EksClusterUpgradePolicy,
    EksClusterVpcConfig,
)
from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from constructs import Construct

from constructs_lib._cluster import AccessEntrySpec, AddonSpec, ClusterSpec, ExistingClusterSpec
from constructs_lib._coredns import CorednsAutoscalingSpec
from constructs_lib._names import ClusterName, Refused, checked, overlap
from constructs_lib._own_roles import own_role_name
from constructs_lib._policy import trust
from constructs_lib.account import Account
from constructs_lib.encryption_key import EncryptionKey, logs_may_use
from constructs_lib.role import Role
from constructs_lib.vpc import Network, Vpc, subnets_in

__all__ = [
    "AccessEntrySpec",
    "AddonSpec",
    "Cluster",
    "ClusterSpec",
    "CorednsAutoscalingSpec",
    "EksClusterLike",
    "ExistingCluster",
    "ExistingClusterSpec",
]

# Terraform's own spelling: one question to Node, where the bindings' `identity.get(0).oidc.get(0).issuer` asks five.
_SECURITY_GROUP = "vpc_config[0].cluster_security_group_id"
_CERTIFICATE_AUTHORITY = "certificate_authority[0].data"
_ISSUER_URL = "identity[0].oidc[0].issuer"


class EksClusterLike(Protocol):
    """What others need to know of a cluster, ours or an existing one; nobody changes it, so a frozen class will do."""

    @property
    def name(self) -> str:
        """The literal name, fit for keys and patterns."""

    @property
    def id(self) -> str:
        """The same name by reference: what uses it waits for the cluster."""

    @property
    def version(self) -> str:
        """The Kubernetes version, such as 1.35."""

    @property
    def endpoint(self) -> str:
        """The API server's URL."""

    @property
    def certificate_authority(self) -> str:
        """The API server's certificate authority: PEM."""

    @property
    def oidc_issuer(self) -> str:
        """The OIDC issuer without `https://`."""

    @property
    def oidc_provider_arn(self) -> str:
        """The ARN of the issuer's OIDC provider in IAM."""


class Cluster(Construct):
    """Defines an EKS cluster with encrypted secrets, control-plane logs, access entries and an OIDC provider.

    *name* must be the only one in the account, whatever its region: roles bear it.
    Its API server is reached from the VPC, and from the internet only by the networks that the Spec names.
    Nodes share the cluster's own security group, which is tagged for Karpenter to find. Add-ons, those of the Spec too,
    come with `addons_before_nodes` and, after the node groups, `addons_after_nodes` of `constructs_lib.addon`; without
    them no node becomes ready.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, spec: ClusterSpec, network: Network, account: Account
    ) -> None:
        super().__init__(scope, id)
        self.name: str = checked(ClusterName, name, lambda: self.node.path)
        self.spec: ClusterSpec = spec
        self.version: str = spec.version
        if isinstance(network, Vpc):
            self._check_addresses(spec, network)
        role = Role(self, "Role", name=own_role_name(name, "cluster"), trust=trust("eks.amazonaws.com"))
        role.attach("AmazonEKSClusterPolicy", account.managed_policy_arn("AmazonEKSClusterPolicy"))
        # EKS would make this group itself when it first writes to it, with no retention and out of Terraform's sight.
        log_group = f"/aws/eks/{name}/cluster"
        logs = CloudwatchLogGroup(
            self,
            "ControlPlaneLogs",
            name=log_group,
            retention_in_days=spec.log_retention_days,
            kms_key_id=self._log_key(log_group, account),
        )
        cluster = EksCluster(
            self,
            "Resource",
            name=self.name,
            version=spec.version,
            role_arn=role.arn,
            bootstrap_self_managed_addons=False,
            enabled_cluster_log_types=sorted(set(spec.logs)),
            access_config=EksClusterAccessConfig(
                authentication_mode=spec.authentication_mode,
                bootstrap_cluster_creator_admin_permissions=spec.creator_is_admin,
            ),
            encryption_config=EksClusterEncryptionConfig(
                provider=EksClusterEncryptionConfigProvider(key_arn=spec.kms_key_arn or self._secrets_key(account)),
                resources=["secrets"],
            ),
            kubernetes_network_config=EksClusterKubernetesNetworkConfig(service_ipv4_cidr=spec.service_ipv4_cidr)
            if spec.service_ipv4_cidr
            else None,
            upgrade_policy=EksClusterUpgradePolicy(support_type=spec.support_type),
            vpc_config=EksClusterVpcConfig(
                subnet_ids=subnets_in(spec.availability_zones, network, lambda: self.node.path),
                endpoint_private_access=True,
                endpoint_public_access=bool(spec.public_access_cidrs),
                public_access_cidrs=sorted(set(spec.public_access_cidrs)) or None,
            ),
            depends_on=[*role.attachments, logs],
        )
        self.logs: dict[str, CloudwatchLogGroup] = {log_group: logs}
        """The log group of the control plane, by name."""
        self.id: str = cluster.name
        self.arn: str = cluster.arn
        self.endpoint: str = cluster.endpoint
        self.certificate_authority: str = Fn.base64decode(cluster.get_string_attribute(_CERTIFICATE_AUTHORITY))
        self.security_group_id: str = cluster.get_string_attribute(_SECURITY_GROUP)
        issuer_url = cluster.get_string_attribute(_ISSUER_URL)
        self.oidc_issuer: str = Fn.replace(issuer_url, "https://", "")
        self.oidc_provider_arn: str = IamOpenidConnectProvider(
            self, "OidcProvider", url=issuer_url, client_id_list=["sts.amazonaws.com"]
        ).arn
        Ec2Tag(
            self,
            "SecurityGroupDiscovery",
            resource_id=self.security_group_id,
            key="karpenter.sh/discovery",
            value=self.name,
        )
        for entry in sorted(spec.access):
            self._let_in(entry, spec.access[entry], account)

    def _check_addresses(self, spec: ClusterSpec, vpc: Vpc) -> None:
        services = spec.service_ipv4_cidr
        for cidr in (vpc.cidr, vpc.pod_cidr):
            if services and cidr and overlap(services, cidr):
                raise Refused(
                    f"{self.node.path}: `service_ipv4_cidr` must not overlap the VPC's {cidr}, got {services!r}; "
                    "choose addresses that no network of yours has"
                )

    def _log_key(self, log_group: str, account: Account) -> str:
        # Not the key of the secrets: CloudWatch Logs shall be able to use this one only.
        return EncryptionKey(
            self,
            "ControlPlaneLogsKey",
            name=f"eks/{self.name}/logs",
            description=f"Control-plane logs of the EKS cluster {self.name}",
            account=account,
            statements=[logs_may_use(account, log_group)],
        ).arn

    def _secrets_key(self, account: Account) -> str:
        return EncryptionKey(
            self,
            "SecretsKey",
            name=f"eks/{self.name}",
            description=f"Kubernetes secrets of the EKS cluster {self.name}",
            account=account,
        ).arn

    def _let_in(self, name: str, spec: AccessEntrySpec, account: Account) -> None:
        place = Construct(self, f"access-{name}")
        entry = EksAccessEntry(place, "Resource", cluster_name=self.id, principal_arn=spec.principal_arn)
        EksAccessPolicyAssociation(
            place,
            "Policy",
            cluster_name=self.id,
            principal_arn=entry.principal_arn,
            policy_arn=f"arn:{account.partition}:eks::aws:cluster-access-policy/{spec.policy}",
            access_scope=EksAccessPolicyAssociationAccessScope(
                type="namespace" if spec.namespaces else "cluster",
                namespaces=sorted(set(spec.namespaces)) or None,
            ),
        )


class ExistingCluster(Construct):
    """Refers to a cluster that is there already, with its OIDC provider in IAM."""

    def __init__(self, scope: Construct, id: str, *, spec: ExistingClusterSpec, account: Account) -> None:
        from cdktf_cdktf_provider_aws.data_aws_eks_cluster import DataAwsEksCluster

        super().__init__(scope, id)
        data = DataAwsEksCluster(self, "Resource", name=spec.name)
        self.name: str = spec.name
        self.version: str = spec.version
        self.id: str = data.name
        self.endpoint: str = data.endpoint
        self.certificate_authority: str = Fn.base64decode(data.get_string_attribute(_CERTIFICATE_AUTHORITY))
        self.oidc_issuer: str = Fn.replace(data.get_string_attribute(_ISSUER_URL), "https://", "")
        self.oidc_provider_arn: str = f"arn:{account.partition}:iam::{account.id}:oidc-provider/{self.oidc_issuer}"
