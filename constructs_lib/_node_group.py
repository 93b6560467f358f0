"""A managed node group as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from constructs_lib._names import AvailabilityZone
from constructs_lib._pod_template import NODE_GROUP_LABEL
from constructs_lib._user_data import UserData, multipart
from provisioners import instances, labels
from provisioners.landing.catalogue import InstanceType, catalogue
from provisioners.spec import Items, Problem, Spec, text
from provisioners.volumes import GP3_IOPS, IOPS_PER_MIBPS, gp3_throughput

InstanceTypeName = Annotated[
    str,
    text(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", "must be an EC2 instance type", "for example 'm6i.xlarge'"),
]

LabelKey = Annotated[
    str,
    text(
        r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?",
        "must be the key of a Kubernetes label: an optional DNS name and a slash, then at most 63 characters",
        "for example 'example.com/tier'",
    ),
]
LabelValue = Annotated[
    str,
    text(
        r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?",
        "must be the value of a Kubernetes label: at most 63 letters, digits, hyphens, underscores and dots, "
        "with a letter or digit at each end",
        "for example 'data-engineering'",
    ),
]
NodeGroupName = Annotated[
    str,
    text(
        r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?",
        "must be the name of a node group: at most 63 letters, digits, hyphens and underscores, with a letter or digit "
        "at each end",
        "for example 'spark-executors'",
        max_length=63,
    ),
]
"""Its nodes have it as a label's value: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html"""

_RESERVED = ("eks.amazonaws.com", "emr-eks", "k8s.io", "karpenter.k8s.aws", "karpenter.sh", "kubernetes.io")
_OPEN = ("node.kubernetes.io", "kubelet.kubernetes.io")
"""Nodes may give themselves no other labels of Kubernetes' own:
https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction"""

_KUBERNETES_EFFECT = {
    "NO_EXECUTE": "NoExecute",
    "NO_SCHEDULE": "NoSchedule",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
"""How Kubernetes spells what the EKS API writes in capitals."""


class TaintSpec(Spec):
    """Keeps pods away that do not tolerate it."""

    key: LabelKey = Field(description="The taint's key.", examples=["dedicated"])
    value: LabelValue = Field(default="", description="The taint's value.")
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"] = Field(
        description="What happens to pods that do not tolerate the taint.", examples=["NO_SCHEDULE"]
    )

    @property
    def kubernetes_effect(self) -> str:
        """The effect as Kubernetes spells it."""
        return _KUBERNETES_EFFECT[self.effect]


_USER_DATA_LIMIT = 12 * 1024
"""Bytes: EC2 takes 16 KiB, of which EKS needs some for what it adds, the cluster's certificate for one."""
_MAKERS = {"neuron": "aws", "nvidia": "nvidia"}
"""Whose devices an image has drivers for."""
_AMI_TYPES = {
    ("standard", "x86_64"): "AL2023_x86_64_STANDARD",
    ("standard", "arm64"): "AL2023_ARM_64_STANDARD",
    ("nvidia", "x86_64"): "AL2023_x86_64_NVIDIA",
    ("nvidia", "arm64"): "AL2023_ARM_64_NVIDIA",
    ("neuron", "x86_64"): "AL2023_x86_64_NEURON",
}
"""https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html, `amiType`."""


class NodesSpec(Spec):
    """What a managed node group and a family of them have in common: nodes on Amazon Linux 2023."""

    architecture: Literal["x86_64", "arm64"] = Field(default="x86_64", description="Which AMI the nodes start from.")
    ami: Literal["standard", "nvidia", "neuron"] = Field(
        default="standard", description="Which drivers the AMI has: none, for NVIDIA's GPUs, or for AWS's accelerators."
    )
    min_size: Annotated[int, Field(ge=0, le=450)] = Field(
        description="The fewest nodes. EKS refuses more than there are at that moment: before you raise it, let there "
        "be as many, with `aws eks update-nodegroup-config --scaling-config desiredSize=`.",
        examples=[2],
    )
    max_size: Annotated[int, Field(ge=1, le=450)] = Field(description="The most nodes.", examples=[5])
    desired_size: Annotated[int, Field(ge=0, le=450)] | None = Field(
        default=None,
        description="Nodes at creation, by default the fewest; after that the number is left to whoever scales.",
    )
    disk_size_gib: Annotated[int, Field(ge=20, le=16384)] = Field(
        default=100, description="The root volume, gp3, encrypted."
    )
    disk_iops: Annotated[int, Field(ge=3000, le=16000)] | None = Field(
        default=None, description="The root volume's I/O operations a second, at most 500 a GiB; by default 3000."
    )
    disk_throughput_mibps: Annotated[int, Field(ge=125, le=1000)] | None = Field(
        default=None,
        description="The root volume's throughput in MiB/s, at most a quarter of `disk_iops`; by default 125.",
    )
    instance_store_policy: Literal["RAID0"] | None = Field(
        default=None,
        description="`RAID0` joins the NVMe disks that an instance type brings, and keeps pods' files there, Spark's "
        "shuffle included; types without such disks keep them on the root volume.",
    )
    user_data: Items[UserData] = Field(
        default=(),
        description="What nodes do before they join: shell scripts, cloud-config, or NodeConfig for nodeadm; EKS adds "
        "its own part.",
    )
    availability_zones: Items[AvailabilityZone] = Field(
        default=(), description="Limits the nodes to these zones; empty: all."
    )
    labels: dict[LabelKey, LabelValue] = Field(default={}, description="Kubernetes labels of the nodes.")
    taints: Annotated[Items[TaintSpec], Field(max_length=50)] = Field(
        default=(), description="Kubernetes taints of the nodes."
    )
    max_unavailable_percentage: Annotated[int, Field(ge=1, le=100)] = Field(
        default=33, description="How much of a group may be replaced at a time when it is updated."
    )
    node_repair: bool = Field(
        default=False,
        description="Whether EKS replaces nodes that are not well; it sees more with the add-on "
        "eks-node-monitoring-agent.",
    )

    def rules(self) -> Iterator[Problem]:
        if self.min_size > self.max_size:
            yield Problem(
                ("min_size",),
                f"must be at most max_size, which is {self.max_size}",
                self.min_size,
                "lower it, or raise max_size",
                reads=(("max_size",),),
            )
        elif not self.min_size <= self.desired <= self.max_size:
            yield Problem(
                ("desired_size",),
                f"must be from min_size {self.min_size} to max_size {self.max_size}",
                self.desired,
                "leave it out to start with min_size",
                reads=(("min_size",), ("max_size",)),
            )
        if self.disk_iops and self.disk_iops > 500 * self.disk_size_gib:
            yield Problem(
                ("disk_iops",),
                f"must be at most 500 a GiB, {500 * self.disk_size_gib} for {self.disk_size_gib} GiB",
                self.disk_iops,
                reads=(("disk_size_gib",),),
            )
        most = gp3_throughput(self.disk_iops)
        if self.disk_throughput_mibps and self.disk_throughput_mibps > most:
            yield Problem(
                ("disk_throughput_mibps",),
                f"must be at most a quarter of disk_iops, {most} for {self.disk_iops or GP3_IOPS}",
                self.disk_throughput_mibps,
                f"write disk_iops: {IOPS_PER_MIBPS * self.disk_throughput_mibps}, or lower it",
                reads=(("disk_iops",),),
            )
        if (self.ami, self.architecture) not in _AMI_TYPES:
            yield Problem(
                ("ami",), f"is not made for {self.architecture}", self.ami, "choose x86_64", reads=(("architecture",),)
            )
        written = multipart(self.user_data)
        if len(written.encode()) > _USER_DATA_LIMIT:
            yield Problem(
                ("user_data",),
                f"must be at most {_USER_DATA_LIMIT} bytes together",
                len(written.encode()),
                "fetch what is longer from S3",
            )
        yield from self._labels_and_taints()

    def _labels_and_taints(self) -> Iterator[Problem]:
        for key in self.labels:
            domain = labels.domain(key)
            if _within(domain, _RESERVED) and not _within(domain, _OPEN):
                yield Problem(
                    ("labels", key),
                    f"must not be in the domain {domain}, which is reserved",
                    self.labels[key],
                    "choose a domain of your own, for example 'example.com/tier'",
                )
        seen: dict[tuple[str, str], int] = {}
        for index, taint in enumerate(self.taints):
            first = seen.setdefault((taint.key, taint.effect), index)
            if first != index:
                yield Problem(
                    ("taints", index),
                    f"must differ from taints[{first}] in key or effect",
                    f"{taint.key}:{taint.effect}",
                    "remove one of the two",
                    reads=(("taints", first),),
                )

    @property
    def desired(self) -> int:
        """How many nodes the group starts with."""
        return self.min_size if self.desired_size is None else self.desired_size

    @property
    def ami_type(self) -> str:
        """The AMI as the EKS API names it."""
        return _AMI_TYPES[self.ami, self.architecture]

    @property
    def scales(self) -> bool:
        """Whether a group may have more or fewer nodes."""
        return self.min_size < self.max_size

    @property
    def takes_critical_addons(self) -> bool:
        """Whether controllers that tolerate no taint but CriticalAddonsOnly, such as Karpenter's, can run here."""
        return all(each.effect == "PREFER_NO_SCHEDULE" or each.key == "CriticalAddonsOnly" for each in self.taints)

    def drivers_missing(self, facts: InstanceType) -> bool:
        """Tell whether an instance type lacks the devices that the AMI has drivers for."""
        maker = _MAKERS.get(self.ami)
        return maker is not None and (not facts.device or facts.device[2] != maker)


class NodeGroupSpec(NodesSpec):
    """A managed node group on Amazon Linux 2023, spread over the private subnets."""

    instance_types: Annotated[Items[InstanceTypeName], Field(min_length=1, max_length=20)] = Field(
        description="On demand: in order of preference. Spot: the more, the fewer interruptions. For Cluster "
        "Autoscaler all must have the same vCPUs and memory.",
        examples=[["m6i.xlarge"]],
        json_schema_extra={"uniqueItems": True},
    )
    capacity_type: Literal["ON_DEMAND", "SPOT"] = Field(
        default="ON_DEMAND", description="How the instances are bought."
    )

    def rules(self) -> Iterator[Problem]:
        yield from super().rules()
        yield from self._instance_types()
        may_have_disks = any(name not in self.facts or self.facts[name].nvme_gb for name in self.instance_types)
        if self.instance_store_policy and not may_have_disks:
            yield Problem(
                ("instance_store_policy",),
                "needs an instance type that brings NVMe disks",
                self.instance_store_policy,
                "for example one with a 'd', such as m6id.xlarge",
                reads=(("instance_types",),),
            )

    def _instance_types(self) -> Iterator[Problem]:
        if len(set(self.instance_types)) < len(self.instance_types):
            yield Problem(
                ("instance_types",), "must name each type once", list(self.instance_types), "remove the repeated ones"
            )
        for index, instance_type in enumerate(self.instance_types):
            found = instances.of_type(instance_type).get(labels.ARCH)
            architecture = {"amd64": "x86_64"}.get(found or "", found)
            if architecture not in (None, self.architecture):
                yield Problem(
                    ("instance_types", index),
                    f"must be of the group's architecture, {self.architecture}, not {architecture}",
                    instance_type,
                    f"choose another type, or write architecture: {architecture}",
                    reads=(("architecture",),),
                )
            facts = self.facts.get(instance_type)
            if facts and self.drivers_missing(facts):
                yield Problem(
                    ("instance_types", index),
                    f"must have the devices that the AMI {self.ami!r} is for",
                    instance_type,
                    "choose another type, or leave `ami` out",
                    reads=(("ami",),),
                )

    def advice(self) -> Iterator[str]:
        """Yield the instance types with devices that the AMI has no drivers for."""
        drivers = {maker: ami for ami, maker in _MAKERS.items()}
        for name, facts in self.facts.items():
            if self.ami == "standard" and facts.device and facts.device[2] in drivers:
                yield (
                    f"{name} has devices that pods cannot use: the AMI 'standard' has no drivers for them; write "
                    f"ami: {drivers[facts.device[2]]}"
                )

    @property
    def facts(self) -> Mapping[str, InstanceType]:
        """What is known of the instance types, by name; newer ones are not there."""
        known = catalogue().types
        return {name: known[name] for name in self.instance_types if name in known}

    def node_labels(self, name: str) -> dict[str, str]:
        """Return the labels that the nodes of the group *name* are given."""
        return {**self.labels, NODE_GROUP_LABEL: name}


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)
