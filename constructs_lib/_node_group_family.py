"""A family of managed node groups as data: many groups from one description.

Cluster Autoscaler takes the nodes of a group for equal, so instance types of several sizes need a group for each
shape (vCPUs and memory) and each way of buying.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from constructs_lib._node_group import NodeGroupSpec, NodesSpec
from provisioners.landing.catalogue import InstanceType, catalogue
from provisioners.spec import Items, Problem, text

FAMILY_LABEL = "emr-eks/node-group-family"
"""Carried by the nodes of all groups of a family that are bought alike."""
CAPACITY_NAMES = {"ON_DEMAND": "on-demand", "SPOT": "spot"}
_MOST_TYPES = 20

FamilyName = Annotated[
    str,
    text(
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        "must be at most 30 lower-case letters, digits and hyphens, with a letter or digit at each end",
        "for example 'spark'; the names of its groups begin with it",
        max_length=30,
    ),
]
InstanceFamily = Annotated[
    str, text(r"[a-z][a-z0-9-]*", "must be the family of EC2 instance types", "for example 'm6i'")
]
InstanceSize = Annotated[
    str, text(r"[a-z0-9-]+", "must be the size of EC2 instance types", "for example '2xlarge' or 'metal'")
]


class MemberSpec(NodeGroupSpec):
    """One group of a family; `pool` is the name by which pods choose all groups that are bought like it."""

    family: str
    pool: str

    def node_labels(self, name: str) -> dict[str, str]:
        return {**super().node_labels(name), FAMILY_LABEL: self.pool}


class NodeGroupFamilySpec(NodesSpec):
    """Node groups that differ in shape and purchase only, such as `<family>-spot-8vcpu-16gib`.

    `driver_pool` and `executor_pool` take the name of one group, or `<family>-on-demand` and `<family>-spot` for all
    that are bought alike. Sizes and all other keys hold for each group.
    """

    instance_families: Annotated[Items[InstanceFamily], Field(min_length=1)] = Field(
        description="Families of instance types.", examples=[["m5", "m6i"]], json_schema_extra={"uniqueItems": True}
    )
    instance_sizes: Annotated[Items[InstanceSize], Field(min_length=1)] = Field(
        description="Sizes of instance types; there is a group for each shape that the families have in these.",
        examples=[["2xlarge", "4xlarge"]],
        json_schema_extra={"uniqueItems": True},
    )
    capacity_types: Annotated[Items[Literal["ON_DEMAND", "SPOT"]], Field(min_length=1)] = Field(
        default=("ON_DEMAND", "SPOT"),
        description="How instances are bought: a set of groups for each.",
        json_schema_extra={"uniqueItems": True},
    )

    def rules(self) -> Iterator[Problem]:
        yield from super().rules()
        for field in ("instance_families", "instance_sizes", "capacity_types"):
            values = getattr(self, field)
            if len(set(values)) < len(values):
                yield Problem((field,), "must name each once", list(values), "remove the repeated ones")
        types = self._types()
        for field, part in (("instance_families", 0), ("instance_sizes", 1)):
            found = {each.name.split(".")[part] for each in types}
            for index, value in enumerate(getattr(self, field)):
                if value not in found:
                    yield Problem(
                        (field, index),
                        f"gives no instance type known on {catalogue().date} together with the "
                        f"{'sizes' if part == 0 else 'families'} named here",
                        value,
                        "remove it, or write a node group of its own under `node_groups`",
                        reads=(("instance_families",), ("instance_sizes",)),
                    )
        for each in types:
            yield from self._misfit(each)
        for shape, names in self._shapes().items():
            if len(names) > _MOST_TYPES:
                rule = f"must give at most {_MOST_TYPES} instance types of one shape"
                yield Problem(("instance_families",), rule, f"{len(names)} of {shape}", "make two families of groups")
        if self.instance_store_policy and types and not any(each.nvme_gb for each in types):
            yield Problem(
                ("instance_store_policy",),
                "needs an instance family that brings NVMe disks",
                self.instance_store_policy,
                "for example one with a 'd', such as m6id",
                reads=(("instance_families",),),
            )

    def pools(self, name: str) -> list[str]:
        """Return the names by which pods choose the groups of the family *name* that are bought alike."""
        return [_pool(name, each) for each in sorted(set(self.capacity_types))]

    def members(self, name: str) -> dict[str, MemberSpec]:
        """Return the groups of the family *name* by their own names."""
        common = {field: getattr(self, field) for field in NodesSpec.model_fields}
        # Not validated again: a family with a mistake reports it itself.
        return {
            f"{_pool(name, bought)}-{shape}": MemberSpec.model_construct(
                **common,
                instance_types=tuple(types),
                capacity_type=bought,
                family=name,
                pool=_pool(name, bought),
            )
            for bought in sorted(set(self.capacity_types))
            for shape, types in self._shapes().items()
        }

    def _misfit(self, each: InstanceType) -> Iterator[Problem]:
        architecture = {"amd64": "x86_64"}.get(each.arch, each.arch)
        index = self.instance_families.index(each.name.split(".")[0])
        if architecture != self.architecture:
            yield Problem(
                ("instance_families", index),
                f"must be of the architecture {self.architecture}, not {architecture}",
                each.name,
                f"choose another family, or write architecture: {architecture}",
                reads=(("architecture",),),
            )
        if self.drivers_missing(each):
            yield Problem(
                ("instance_families", index),
                f"must have the devices that the AMI {self.ami!r} is for",
                each.name,
                "choose another family, or leave `ami` out",
                reads=(("ami",),),
            )

    def _types(self) -> list[InstanceType]:
        known = catalogue().types
        wanted = (f"{family}.{size}" for family in self.instance_families for size in self.instance_sizes)
        return [known[name] for name in wanted if name in known]

    def _shapes(self) -> dict[str, list[str]]:
        """Return the names of the instance types by shape, the smallest first."""
        shapes: dict[str, list[str]] = {}
        for each in sorted(self._types(), key=lambda each: (each.vcpus, each.memory_mib)):
            shapes.setdefault(f"{each.vcpus}vcpu-{each.memory_mib / 1024:g}gib".replace(".", "-"), []).append(each.name)
        return shapes


def _pool(family: str, capacity_type: str) -> str:
    return f"{family}-{CAPACITY_NAMES[capacity_type]}"
