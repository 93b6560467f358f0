"""The nodes that pods can land on: what a node pool may launch, and what a node group holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Literal, NamedTuple

from provisioners import instances, labels
from provisioners.demands import Demand, Demands, met, of_pool
from provisioners.landing.capacity import Reserve, Resources, allocatable, reserve
from provisioners.landing.catalogue import Catalogue, catalogue, type_labels
from provisioners.landing.pod import Origin
from provisioners.node_class import EC2NodeClass
from provisioners.node_pool import NodePool
from provisioners.quantity import amount
from provisioners.spec import Path

UNKNOWN: Resources = {}
"""What is free on an instance type that is newer than the data: nobody knows, so nothing is refused."""

LabelValues = tuple[str, ...] | None
"""The values that a node's label may have; None where any value is possible."""


class Taint(NamedTuple):
    """Keeps pods that don't tolerate it off; `path` is where it was written."""

    key: str
    value: str
    effect: str
    path: Path = ()

    def __str__(self) -> str:
        return f"{self.key}={self.value}:{self.effect}" if self.value else f"{self.key}:{self.effect}"


@dataclass(frozen=True, eq=False)
class Fleet:
    """The nodes of one pool or group: all that they may be.

    `zones` is empty where they are not known. `free` says for each instance type what a node has for pods; `newer`
    are those that the data do not know, and where they are named. `by_type` are labels that follow from the type.
    `contradiction` finds its own demands that exclude each other, for fleets without a node.
    """

    kind: Literal["node pool", "node group"]
    name: str
    labels: Mapping[str, LabelValues]
    taints: tuple[Taint, ...]
    zones: tuple[str, ...]
    free: Mapping[str, Resources]
    by_type: frozenset[str]
    newer: Mapping[str, Path]
    origin: Origin | None = None
    contradiction: Callable[[], tuple[Demand, ...]] = tuple
    catalogue: Catalogue = field(default_factory=catalogue, repr=False)

    def types_in(self, zones: Iterable[str] | None) -> frozenset[str]:
        """Return the names of the types offered in any of *zones*; None stands for unknown zones."""
        names = frozenset(self.free)
        if zones is None:
            return names
        offered: set[str] = set()
        for zone in zones:
            offered |= self.catalogue.offered(zone)
        return names & offered | (names - self.catalogue.names)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Surroundings(NamedTuple):
    """Where the nodes are: the region, and the zones that have subnets; no zones where they are not known."""

    region: str
    zones: tuple[str, ...]


def node_pool_fleet(
    pool: NodePool,
    node_class: EC2NodeClass | None,
    around: Surroundings,
    origin: Origin | None = None,
    *,
    keeps: Reserve | None = None,
) -> Fleet:
    """Return what Karpenter may launch for *pool*; *keeps* is what nodes keep, by default as their class has it."""
    demands, known = of_pool(pool), catalogue()
    zones = tuple(
        zone for zone in around.zones or demands.values(labels.ZONE) or () if met(demands.on(labels.ZONE), zone)
    )
    names = known.names
    for key in type_labels() & set(demands.by_key):
        names &= types_with(known, key, demands.on(key))
    bought = _capacity_types(demands, node_class)
    if bought == ("spot",):
        names &= known.spot
    keeps = keeps or reserve(node_class)
    free: dict[str, Resources] = {name: allocatable(known.types[name], keeps) for name in names if _within(pool, name)}
    newer = dict(_newer(demands, known))
    free |= dict.fromkeys(newer, UNKNOWN)
    custom = {
        key: tuple(values) if values is not None else None
        for key in demands.by_key
        if key not in type_labels() and not any(demand.operator == "DoesNotExist" for demand in demands.on(key))
        for values in [demands.values(key)]
    }
    windows = bool(node_class and (node_class.spec.ami_family or "").startswith("Windows"))
    taints = pool.spec.template.spec.taints or ()
    return Fleet(
        "node pool",
        pool.metadata.name,
        labels={
            labels.OS: ("windows" if windows else "linux",),
            labels.TENANCY: ("default",),
            **custom,
            labels.REGION: (around.region,),
            labels.NODE_POOL: (pool.metadata.name,),
            "karpenter.k8s.aws/ec2nodeclass": (pool.spec.template.spec.node_class_ref.name,),
            labels.CAPACITY_TYPE: bought,
            labels.HOSTNAME: None,
        },
        taints=tuple(
            Taint(taint.key, taint.value or "", taint.effect, ("spec", "template", "spec", "taints", index))
            for index, taint in enumerate(taints)
        ),
        zones=zones,
        free=free if zones or not around.zones else {},
        by_type=type_labels(),
        newer=newer,
        origin=origin,
        contradiction=partial(_contradiction, demands, around.zones),
    )


def _contradiction(demands: Demands, zones: Sequence[str]) -> tuple[Demand, ...]:
    """Return what no instance type can meet, or what none can meet together, if it is no more than two labels."""
    known = catalogue()
    having = {key: types_with(known, key, demands.on(key)) for key in sorted(type_labels() & set(demands.by_key))}
    if demands.on(labels.ZONE) and zones:
        offered = (known.offered(zone) for zone in zones if met(demands.on(labels.ZONE), zone))
        having[labels.ZONE] = frozenset[str]().union(*offered)
    groups = [(key,) for key in having] + [*combinations(having, 2)]
    dead = (keys for keys in groups if not frozenset.intersection(*(having[key] for key in keys)))
    return tuple(demand for key in next(dead, ()) for demand in demands.on(key))


def node_group_fleet(
    name: str,
    instance_types: Sequence[str],
    *,
    around: Surroundings,
    given: Mapping[str, str],
    taints: Iterable[Taint],
    keeps: Reserve,
    origin: Origin | None = None,
) -> Fleet:
    """Return what the managed node group *name* may hold; *given* are its labels besides Kubernetes' own."""
    known = catalogue()
    return Fleet(
        "node group",
        name,
        labels={
            **{key: (value,) for key, value in given.items()},
            labels.OS: ("linux",),
            labels.REGION: (around.region,),
            labels.HOSTNAME: None,
            "eks.amazonaws.com/nodegroup": None,
        },
        taints=tuple(taints),
        zones=around.zones,
        free={
            each: allocatable(known.types[each], keeps) if each in known.types else UNKNOWN for each in instance_types
        },
        by_type=frozenset({labels.ARCH, labels.INSTANCE_TYPE}),
        newer={each: ("instance_types", index) for index, each in enumerate(instance_types) if each not in known.types},
        origin=origin,
    )


def types_with(known: Catalogue, key: str, asked: list[Demand]) -> frozenset[str]:
    """Return the names of the types that have what is *asked* of the label *key*, which follows from the type."""
    return frozenset[str]().union(*(names for value, names in known.by_label(key).items() if met(asked, value)))


def _newer(demands: Demands, known: Catalogue) -> Iterator[tuple[str, Path]]:
    """Yield the families and types that a pool names and the data do not know, as far as their names fit."""
    for key, names, suffix in (
        (labels.FAMILY, known.by_label(labels.FAMILY), ".*"),
        (labels.INSTANCE_TYPE, known.types, ""),
    ):
        allowed = demands.values(key) or []
        for demand in demands.on(key):
            for index, value in enumerate(demand.values if demand.operator == "In" else ()):
                if value in allowed and value not in names and demands.against(_facts(value + suffix)) is None:
                    yield value + suffix, (*demand.path, "values", index)


def _facts(name: str) -> dict[str, str]:
    family, _, size = name.partition(".")
    return {labels.FAMILY: family, **instances.of_family(family)} if size == "*" else instances.of_type(name)


def _capacity_types(demands: Demands, node_class: EC2NodeClass | None) -> tuple[str, ...]:
    asked = demands.on(labels.CAPACITY_TYPE)
    reserves = bool(node_class and node_class.spec.capacity_reservation_selector_terms)
    return tuple(each for each in labels.CAPACITY_TYPES if met(asked, each) and (each != "reserved" or reserves))


def _within(pool: NodePool, name: str) -> bool:
    """Tell whether one node of the type *name* is within the pool's limits."""
    kind = catalogue().types[name]
    has = {"cpu": kind.vcpus, "memory": kind.memory_mib * 2**20, "nodes": 1}
    return all(amount(limit) >= has.get(resource, 0) for resource, limit in (pool.spec.limits or {}).items())
