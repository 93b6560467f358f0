"""A managed node group as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from constructs_lib._names import AvailabilityZone
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
        "must be the value of a Kubernetes label: at most 63 letters, digits, hyphens, underscores and dots",
    ),
]


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
        description="What happens to pods that do not tolerate the taint."
    )


class NodeGroupSpec(Spec):
    """A managed node group on Amazon Linux 2023, spread over the private subnets."""

    instance_types: Annotated[Items[InstanceType], Field(min_length=1, max_length=20)] = Field(
        description="On demand: in order of preference. Spot: the more, the fewer interruptions.",
        examples=[["m6i.xlarge"]],
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
            yield Problem(("min_size",), f"must be at most max_size, which is {self.max_size}", self.min_size)
        elif not self.min_size <= self.desired <= self.max_size:
            yield Problem(
                ("desired_size",),
                f"must be from min_size {self.min_size} to max_size {self.max_size}",
                self.desired,
            )
        if len(set(self.instance_types)) < len(self.instance_types):
            yield Problem(("instance_types",), "must name each type once", list(self.instance_types))
        taints = [(taint.key, taint.effect) for taint in self.taints]
        if len(set(taints)) < len(taints):
            yield Problem(("taints",), "must not repeat a key with the same effect")

    @property
    def desired(self) -> int:
        """How many nodes the group starts with."""
        return self.min_size if self.desired_size is None else self.desired_size

    @property
    def ami_type(self) -> str:
        """https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html, `amiType`."""
        return "AL2023_ARM_64_STANDARD" if self.architecture == "arm64" else "AL2023_x86_64_STANDARD"
