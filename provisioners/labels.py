"""Label syntax, and the node labels that Karpenter knows.

Syntax: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/.
Karpenter's labels: https://karpenter.sh/docs/concepts/scheduling/#well-known-labels.
"""

from __future__ import annotations

from typing import Annotated

from provisioners.spec import text

_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"

LabelKey = Annotated[
    str,
    text(
        rf"((?=[^/]{{1,253}}/){_DOMAIN}/)?{_NAME}",
        "must be a label key: at most 63 letters, digits, '-', '_' and '.', after a domain and '/' if any",
        "for example 'provisioner' or 'example.com/team'",
    ),
]

LabelValue = Annotated[
    str,
    text(
        rf"({_NAME})?",
        "must be a label value: at most 63 letters, digits, '-', '_' and '.', letter or digit at each end",
    ),
]

TaintValue = Annotated[
    str,
    text(
        _NAME,
        "must be a taint value: 1 to 63 letters, digits, '-', '_' and '.', letter or digit at each end",
        "leave the key out for a taint without a value",
    ),
]

ZONE = "topology.kubernetes.io/zone"
ARCH = "kubernetes.io/arch"
OS = "kubernetes.io/os"
REGION = "topology.kubernetes.io/region"
HOSTNAME = "kubernetes.io/hostname"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
NODE_POOL = "karpenter.sh/nodepool"
CAPACITY_TYPE = "karpenter.sh/capacity-type"
TENANCY = "karpenter.k8s.aws/instance-tenancy"
CATEGORY = "karpenter.k8s.aws/instance-category"
FAMILY = "karpenter.k8s.aws/instance-family"
GENERATION = "karpenter.k8s.aws/instance-generation"
SIZE = "karpenter.k8s.aws/instance-size"
CPU = "karpenter.k8s.aws/instance-cpu"
MEMORY = "karpenter.k8s.aws/instance-memory"

NODE_GROUP_CAPACITY_TYPE = "eks.amazonaws.com/capacityType"
"""Set by EKS on the nodes of managed node groups, never by Karpenter."""

CAPACITY_TYPES = ("on-demand", "reserved", "spot")
TENANCIES = ("default", "dedicated")

AWS_LABELS = frozenset(
    f"karpenter.k8s.aws/{name}"
    for name in (
        "capacity-reservation-id",
        "capacity-reservation-interruptible",
        "capacity-reservation-type",
        "ec2nodeclass",
        "instance-accelerator-count",
        "instance-accelerator-manufacturer",
        "instance-accelerator-name",
        "instance-capability-flex",
        "instance-category",
        "instance-cpu",
        "instance-cpu-manufacturer",
        "instance-cpu-sustained-clock-speed-mhz",
        "instance-ebs-bandwidth",
        "instance-encryption-in-transit-supported",
        "instance-family",
        "instance-generation",
        "instance-gpu-count",
        "instance-gpu-manufacturer",
        "instance-gpu-memory",
        "instance-gpu-name",
        "instance-hypervisor",
        "instance-local-nvme",
        "instance-memory",
        "instance-network-bandwidth",
        "instance-size",
        "instance-tenancy",
        "placement-group-id",
        "placement-group-partition",
    )
)
"""The labels of the domain `karpenter.k8s.aws` that a pool may ask for; all others are Karpenter's own."""

_ALIASES = {
    "beta.kubernetes.io/arch": ARCH,
    "beta.kubernetes.io/instance-type": INSTANCE_TYPE,
    "beta.kubernetes.io/os": OS,
    "failure-domain.beta.kubernetes.io/region": REGION,
    "failure-domain.beta.kubernetes.io/zone": ZONE,
}

_KUBERNETES_LABELS = frozenset(
    {
        ARCH,
        OS,
        ZONE,
        REGION,
        "node.kubernetes.io/windows-build",
        *_ALIASES,
    }
)


def normal(key: str) -> str:
    """Return the label key that Karpenter reads *key* as: old names stand for the current ones."""
    return _ALIASES.get(key, key)


def domain(key: str) -> str:
    """Return what is before the '/', or the whole key where there is none."""
    return key.split("/", 1)[0]


def is_kubernetes_own(key: str) -> bool:
    """Tell whether *key* is in a domain of Kubernetes that pools could not use before Karpenter 1.9."""
    of = domain(key)
    if of.endswith("kubernetes.io"):
        open_domains = ("node.kubernetes.io", "node-restriction.kubernetes.io")
        return key not in _KUBERNETES_LABELS and not of.endswith(open_domains)
    return of.endswith("k8s.io") and not of.endswith("kops.k8s.io")
