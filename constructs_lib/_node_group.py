"""A managed node group as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from constructs_lib._names import AvailabilityZone
from provisioners import instances, labels
from provisioners.spec import Items, Problem, Spec, text

InstanceType = Annotated[
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
_RESERVED = ("eks.amazonaws.com", "emr-eks", "k8s.io", "karpenter.k8s.aws", "karpenter.sh", "kubernetes.io")
_OPEN = ("node.kubernetes.io", "kubelet.kubernetes.io")
"""Nodes may give themselves no other labels of Kubernetes' own:
https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction"""

KUBERNETES_EFFECT = {
    "NO_EXECUTE": "NoExecute",
    "NO_SCHEDULE": "NoSchedule",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}
"""How Kubernetes spells what the EKS API writes in capitals."""


class TaintSpec(Spec):
    """Keeps pods away that do not tolerate it."""

    key: LabelKey = Field(description="The taint's key.", examples=["dedicated"])
    value: LabelValue = Field("", description="The taint's value.")
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"] = Field(
        description="What happens to pods that do not tolerate the taint.", examples=["NO_SCHEDULE"]
    )


class NodeGroupSpec(Spec):
    """A managed node group on Amazon Linux 2023, spread over the private subnets."""

    instance_types: Annotated[Items[InstanceType], Field(min_length=1, max_length=20)] = Field(
        description="On demand: in order of preference. Spot: the more, the fewer interruptions.",
        examples=[["m6i.xlarge"]],
        json_schema_extra={"uniqueItems": True},
    )
    capacity_type: Literal["ON_DEMAND", "SPOT"] = Field("ON_DEMAND", description="How the instances are bought.")
    architecture: Literal["x86_64", "arm64"] = Field("x86_64", description="Which AMI the nodes start from.")
    min_size: Annotated[int, Field(ge=0, le=450)] = Field(description="The fewest nodes.", examples=[2])
    max_size: Annotated[int, Field(ge=1, le=450)] = Field(description="The most nodes.", examples=[5])
    desired_size: Annotated[int, Field(ge=0, le=450)] | None = Field(
        None,
        description="Nodes at creation, by default the fewest; after that the number is left to whoever scales.",
    )
    disk_size_gib: Annotated[int, Field(ge=20, le=16384)] = Field(100, description="The root volume, gp3, encrypted.")
    availability_zones: Items[AvailabilityZone] = Field((), description="Limits the group to these zones; empty: all.")
    labels: dict[LabelKey, LabelValue] = Field({}, description="Kubernetes labels of the nodes.")
    taints: Annotated[Items[TaintSpec], Field(max_length=50)] = Field((), description="Kubernetes taints of the nodes.")
    max_unavailable_percentage: Annotated[int, Field(ge=1, le=100)] = Field(
        33, description="How much of the group may be replaced at a time when it is updated."
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
        yield from self._instance_types()
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

    @property
    def desired(self) -> int:
        """How many nodes the group starts with."""
        return self.min_size if self.desired_size is None else self.desired_size

    @property
    def ami_type(self) -> str:
        """https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html, `amiType`."""
        return "AL2023_ARM_64_STANDARD" if self.architecture == "arm64" else "AL2023_x86_64_STANDARD"


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)
