"""What EKS offers: Kubernetes versions, add-ons and access policies.

The version dates are those of
https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html as of November 2026; add-on
versions are plausible ones, because EKS publishes them through its API only.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ClusterVersion:
    """A minor version of Kubernetes, with the ends of standard and extended support."""

    minor: int
    released: str
    standard_until: str
    extended_until: str
    patch: int = 0

    @property
    def name(self) -> str:
        """The version as EKS writes it, "1.35"."""
        return f"1.{self.minor}"

    def support(self, today: datetime.date) -> str:
        """Return the status that DescribeClusterVersions shows on the day *today*."""
        day = today.isoformat()
        if day <= self.standard_until:
            return "STANDARD_SUPPORT"
        return "EXTENDED_SUPPORT" if day <= self.extended_until else "UNSUPPORTED"


CLUSTER_VERSIONS = {
    version.name: version
    for version in (
        ClusterVersion(31, "2024-09-26", "2025-11-26", "2026-11-26", 14),
        ClusterVersion(32, "2025-01-23", "2026-03-23", "2027-03-23", 12),
        ClusterVersion(33, "2025-05-29", "2026-07-29", "2027-07-29", 9),
        ClusterVersion(34, "2025-10-02", "2026-12-02", "2027-12-02", 6),
        ClusterVersion(35, "2026-01-28", "2027-03-27", "2028-03-27", 3),
        ClusterVersion(36, "2026-06-02", "2027-08-02", "2028-08-02", 1),
    )
}
DEFAULT_CLUSTER_VERSION = "1.35"


@dataclass(frozen=True)
class AddonOffer:
    """An add-on that EKS offers; `versions` from the newest to the oldest, `{minor}` is Kubernetes's."""

    name: str
    type: str
    versions: tuple[str, ...]
    namespace: str = "kube-system"
    service_accounts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def needs_permissions(self) -> bool:
        """Whether a role is wanted for one of its service accounts."""
        return bool(self.service_accounts)

    def versions_for(self, cluster_version: str) -> list[str]:
        """Return the add-on versions for a Kubernetes version, newest first."""
        minor = cluster_version.partition(".")[2]
        return [version.format(minor=minor) for version in self.versions]

    def accepts(self, version: str) -> bool:
        """Return whether *version* is one of ours or at least written as EKS writes them."""
        return re.fullmatch(r"v\d+\.\d+\.\d+(-[a-z0-9.]+)*-eksbuild\.\d+", version) is not None


ADDONS = {
    offer.name: offer
    for offer in (
        AddonOffer(
            "vpc-cni",
            "networking",
            ("v1.21.1-eksbuild.1", "v1.20.4-eksbuild.2", "v1.19.6-eksbuild.1"),
            service_accounts={"aws-node": ("AmazonEKS_CNI_Policy",)},
        ),
        AddonOffer("coredns", "networking", ("v1.13.2-eksbuild.1", "v1.12.4-eksbuild.1", "v1.11.4-eksbuild.24")),
        AddonOffer("kube-proxy", "networking", ("v1.{minor}.3-eksbuild.2", "v1.{minor}.0-eksbuild.2")),
        AddonOffer("eks-pod-identity-agent", "security", ("v1.3.10-eksbuild.2", "v1.3.8-eksbuild.2")),
        AddonOffer(
            "aws-ebs-csi-driver",
            "storage",
            ("v1.54.0-eksbuild.1", "v1.48.0-eksbuild.2"),
            service_accounts={"ebs-csi-controller-sa": ("service-role/AmazonEBSCSIDriverPolicy",)},
        ),
        AddonOffer(
            "aws-efs-csi-driver",
            "storage",
            ("v2.1.15-eksbuild.1", "v2.1.11-eksbuild.1"),
            service_accounts={"efs-csi-controller-sa": ("service-role/AmazonEFSCSIDriverPolicy",)},
        ),
        AddonOffer(
            "aws-mountpoint-s3-csi-driver",
            "storage",
            ("v2.2.2-eksbuild.1", "v1.15.0-eksbuild.1"),
            service_accounts={"s3-csi-driver-sa": ("AmazonS3ReadOnlyAccess",)},
        ),
        AddonOffer("snapshot-controller", "storage", ("v8.3.0-eksbuild.1", "v8.2.0-eksbuild.1")),
        AddonOffer(
            "amazon-cloudwatch-observability",
            "observability",
            ("v4.7.0-eksbuild.1", "v4.4.0-eksbuild.1"),
            "amazon-cloudwatch",
            {"cloudwatch-agent": ("CloudWatchAgentServerPolicy", "AWSXrayWriteOnlyAccess")},
        ),
        AddonOffer("eks-node-monitoring-agent", "observability", ("v1.4.2-eksbuild.1", "v1.3.0-eksbuild.2")),
        AddonOffer("metrics-server", "observability", ("v0.8.0-eksbuild.6", "v0.7.2-eksbuild.4")),
        AddonOffer(
            "kube-state-metrics",
            "observability",
            ("v2.17.0-eksbuild.1", "v2.16.0-eksbuild.1"),
            "kube-state-metrics",
        ),
        AddonOffer(
            "prometheus-node-exporter",
            "observability",
            ("v1.10.2-eksbuild.1", "v1.9.1-eksbuild.4"),
            "prometheus-node-exporter",
        ),
        AddonOffer("adot", "observability", ("v0.131.0-eksbuild.1", "v0.117.0-eksbuild.1")),
        AddonOffer("cert-manager", "security", ("v1.19.1-eksbuild.1", "v1.18.2-eksbuild.2"), "cert-manager"),
        AddonOffer("external-dns", "networking", ("v0.19.0-eksbuild.2",), "external-dns"),
        AddonOffer(
            "aws-guardduty-agent",
            "security",
            ("v1.12.1-eksbuild.2", "v1.10.0-eksbuild.2"),
            "amazon-guardduty",
        ),
    )
}

ACCESS_POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSAutoNodePolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSSecretReaderPolicy",
    "AmazonEKSViewPolicy",
    "AmazonEMRJobPolicy",
    "AmazonSagemakerHyperpodClusterPolicy",
    "AmazonSagemakerHyperpodControllerPolicy",
)
"""https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""
