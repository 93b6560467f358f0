"""The EKS cluster as data."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from constructs_lib._coredns import COREDNS, CorednsAutoscalingSpec, scaled_otherwise
from constructs_lib._log_group import RetentionDays
from constructs_lib._names import AvailabilityZone, Cidr, ClusterName, KeyArn, PrincipalArn, ServiceCidr, private_range
from constructs_lib._versions import DEFAULT_KUBERNETES, KubernetesVersion
from provisioners.spec import DnsLabel, Items, Problem, Spec, text

ControlPlaneLog = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]
AccessPolicy = Literal[
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
]
"""https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""
_ADMIN: AccessPolicy = "AmazonEKSClusterAdminPolicy"


AddonName = Annotated[
    str,
    text(r"[a-z0-9]+([_-][a-z0-9]+)*", "must be the name of an EKS add-on", "for example 'aws-efs-csi-driver'"),
]
AddonVersion = Annotated[
    str,
    text(
        r"v\d+\.\d+\.\d+[\w.-]*",
        "must be the version of an add-on, written in full",
        "for example 'v1.20.4-eksbuild.1'; without it EKS chooses",
    ),
]
"""https://docs.aws.amazon.com/eks/latest/APIReference/API_AddonVersionInfo.html"""


BEFORE_NODES = ("eks-pod-identity-agent", "kube-proxy", "vpc-cni")
"""Add-ons without which no node becomes ready."""
AFTER_NODES = ("aws-ebs-csi-driver", "coredns")
"""The other add-ons that every cluster of ours has; EKS takes them for broken until they run on a node."""


class AccessEntrySpec(Spec):
    """What an IAM principal may do in the cluster."""

    principal_arn: PrincipalArn = Field(
        description="A role or user.", examples=["arn:aws:iam::123456789012:role/admin"]
    )
    policy: AccessPolicy = Field(
        description="The EKS access policy that says what the principal may do.",
        examples=["AmazonEKSViewPolicy"],
    )
    namespaces: Items[DnsLabel] = Field(
        default=(), description="Limits the policy to these namespaces; empty: everywhere."
    )

    @property
    def administers(self) -> bool:
        """Whether the principal may do everything in the whole cluster."""
        return self.policy == _ADMIN and not self.namespaces


class AddonSpec(Spec):
    """An EKS add-on."""

    version: AddonVersion | None = Field(
        default=None,
        description="For example v1.20.4-eksbuild.1; by default the version that EKS prefers when it installs it. "
        "That one stays, also when the cluster gets another Kubernetes version: name the new one with it.",
    )
    configuration: dict[str, Any] = Field(
        default={},
        description="Configuration values, as the add-on's schema has them. They come into ours key by key, within "
        "mappings too, and win.",
    )


class ClusterSpec(Spec):
    """An EKS cluster: private, encrypted, with access entries."""

    version: KubernetesVersion = Field(default=DEFAULT_KUBERNETES, description="The Kubernetes version, in quotes.")
    public_access_cidrs: Annotated[Items[Cidr], Field(max_length=40)] = Field(
        default=(),
        description="Networks that reach the API server from the internet, at most 40; empty: none, the endpoint "
        "is private.",
    )
    availability_zones: Items[AvailabilityZone] = Field(
        default=(),
        description="Zones of the network that the control plane looks into, at least two; empty: all. EKS takes no "
        "others later: who adds a zone to the network names those of before here. Nodes may run in any.",
    )
    authentication_mode: Literal["API", "API_AND_CONFIG_MAP"] = Field(
        default="API", description="How EKS learns who may enter; EMR needs access entries, which both modes have."
    )
    creator_is_admin: bool = Field(
        default=True,
        description="Whether who creates the cluster may administer it, as applying the later stacks needs; if not, "
        "an entry of `access` must let somebody. Fixed when the cluster is made: another value takes another cluster.",
    )
    access: dict[DnsLabel, AccessEntrySpec] = Field(
        default={}, description="Further principals, each under a name of your choice."
    )
    logs: Items[ControlPlaneLog] = Field(
        default=("api", "audit", "authenticator", "controllerManager", "scheduler"),
        description="Control-plane logs to keep.",
    )
    log_retention_days: RetentionDays = Field(default=365, description="How long control-plane logs are kept.")
    kms_key_arn: KeyArn | None = Field(
        default=None,
        description="Your own key for Kubernetes secrets; by default one is created and rotated. A cluster keeps the "
        "key that it was made with: set later, this changes nothing, and Terraform deletes the key that is in use.",
    )
    service_ipv4_cidr: ServiceCidr | None = Field(
        default=None, description="Addresses of Kubernetes services, outside the VPC; by default EKS chooses."
    )
    support_type: Literal["STANDARD", "EXTENDED"] = Field(
        default="EXTENDED",
        description="At the end of standard support, EXTENDED keeps the version, at a price, and STANDARD upgrades it.",
    )
    addons: dict[AddonName, AddonSpec] = Field(
        default={},
        description="Versions and configuration of the add-ons vpc-cni, coredns, kube-proxy, eks-pod-identity-agent "
        "and aws-ebs-csi-driver, which are always there, and any others by their EKS name, such as metrics-server.",
    )
    coredns_autoscaling: CorednsAutoscalingSpec | None = Field(
        default=None,
        description="Copies of CoreDNS that grow with the cluster; `{}` for 2 to 20. By default there are two.",
    )

    def rules(self) -> Iterator[Problem]:
        networks = ipaddress.collapse_addresses(map(ipaddress.IPv4Network, self.public_access_cidrs))
        if any(network.prefixlen == 0 for network in networks):
            yield Problem(
                ("public_access_cidrs",),
                "must not open the API server to everyone",
                list(self.public_access_cidrs),
                "name your own networks, or leave it out for a private endpoint",
            )
        for index, cidr in enumerate(self.public_access_cidrs):
            if private_range(cidr):
                yield Problem(
                    ("public_access_cidrs", index),
                    "must be a network of the internet: private addresses never reach the public endpoint",
                    cidr,
                    "name the addresses that your network goes out with",
                )
        if len(set(self.availability_zones)) == 1:
            yield Problem(
                ("availability_zones",),
                "must be at least two zones, as EKS asks for",
                list(self.availability_zones),
                "add another, or leave it out for all zones of the network",
            )
        if self.coredns_autoscaling and COREDNS in self.addons:
            yield from scaled_otherwise(self.addons[COREDNS].version, self.addons[COREDNS].configuration)
        if not self.creator_is_admin and not any(entry.administers for entry in self.access.values()):
            yield Problem(
                ("creator_is_admin",),
                f"must not be false while no entry of `access` has {_ADMIN} everywhere: nobody could apply the later "
                "stacks",
                hint=f"add an entry with policy: {_ADMIN} and without namespaces for whoever applies them",
                reads=(("access",),),
            )
        entries: dict[str, str] = {}
        for name in sorted(self.access):
            principal = self.access[name].principal_arn
            if principal in entries:
                yield Problem(
                    ("access", name, "principal_arn"),
                    f"must not be that of {entries[principal]!r} too, because EKS has one entry a principal",
                    principal,
                    "remove one of the two",
                    reads=(("access", entries[principal], "principal_arn"),),
                )
            entries.setdefault(principal, name)


class ExistingClusterSpec(Spec):
    """A cluster that is there already."""

    name: ClusterName = Field(description="The cluster's name.", examples=["analytics"])
    version: KubernetesVersion = Field(default=DEFAULT_KUBERNETES, description="The Kubernetes version that it runs.")
