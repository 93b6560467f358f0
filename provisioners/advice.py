"""What Karpenter accepts and what still cannot work, or does not do what it seems to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple

from provisioners import instances, labels
from provisioners.node_pool import NodePool, Requirement
from provisioners.quantity import amount
from provisioners.spec import Path, Problem

_REQUIREMENTS: Path = ("spec", "template", "spec", "requirements")
_LABELS: Path = ("spec", "template", "metadata", "labels")
_LIMITS: Path = ("spec", "limits")
_RESOURCES = ("cpu", "ephemeral-storage", "memory", "nodes", "pods")
_GIB = 2**30
_MANY = 10_000


class _Demand(NamedTuple):
    """A requirement, or a label, which asks for its one value; `key` is the current name of the label."""

    path: Path
    key: str
    operator: str
    values: tuple[str, ...]

    def admits(self, value: str) -> bool:
        """Tell whether a node whose label is *value* meets the demand."""
        if self.operator in ("In", "NotIn"):
            return (value in self.values) == (self.operator == "In")
        if self.operator in ("Exists", "DoesNotExist"):
            return self.operator == "Exists"
        low, high = self.bounds()
        return value.isdigit() and low <= int(value) and (high is None or int(value) <= high)

    def bounds(self) -> tuple[int, int | None]:
        """Return the least and the greatest number that a comparison admits."""
        number = int(self.values[0]) if self.operator in ("Gt", "Gte", "Lt", "Lte") else 0
        if self.operator in ("Gt", "Gte"):
            return number + (self.operator == "Gt"), None
        return 0, number - (self.operator == "Lt") if self.operator in ("Lt", "Lte") else None

    def __str__(self) -> str:
        return f"{self.key} {self.operator} {', '.join(self.values)}".rstrip()


class _Demands:
    """All that a pool asks of its nodes, by label."""

    def __init__(self, pool: NodePool) -> None:
        template = pool.spec.template
        given = (template.metadata and template.metadata.labels) or {}
        self.by_key: dict[str, list[_Demand]] = {}
        for index, each in enumerate(template.spec.requirements):
            self._add(_Demand((*_REQUIREMENTS, index), labels.normal(each.key), each.operator, each.values or ()))
        for key, value in given.items():
            self._add(_Demand((*_LABELS, key), labels.normal(key), "In", (value,)))

    def _add(self, demand: _Demand) -> None:
        self.by_key.setdefault(demand.key, []).append(demand)

    def on(self, key: str) -> list[_Demand]:
        return self.by_key.get(key, [])

    def values(self, key: str) -> list[str] | None:
        """Return the values that all demands on *key* leave, or None when there is no end of them."""
        demands = self.on(key)
        named = [demand.values for demand in demands if demand.operator == "In"]
        if named:
            return [value for value in named[0] if all(demand.admits(value) for demand in demands)]
        bounds = [demand.bounds() for demand in demands]
        low = max((low for low, _ in bounds), default=0)
        high = min((high for _, high in bounds if high is not None), default=None)
        if any(demand.operator == "DoesNotExist" for demand in demands):
            return None if all(demand.operator in ("DoesNotExist", "NotIn") for demand in demands) else []
        if high is None or high - low > _MANY:
            return None
        return [str(n) for n in range(low, high + 1) if all(demand.admits(str(n)) for demand in demands)]

    def against(self, facts: dict[str, str]) -> _Demand | None:
        """Return a demand that a node with the labels *facts* does not meet."""
        return next((d for key, value in facts.items() for d in self.on(key) if not d.admits(value)), None)

    def alive(self, key: str) -> list[str] | None:
        """Return the values of *key* that the demands on other labels leave too; None when endless."""
        facts = _FACTS[key]
        values = self.values(key)
        return None if values is None else [value for value in values if self.against(facts(value)) is None]


_FACTS: dict[str, Callable[[str], dict[str, str]]] = {
    labels.FAMILY: instances.of_family,
    labels.INSTANCE_TYPE: instances.of_type,
}


def advice(pool: NodePool) -> Iterator[Problem]:
    """Yield what to look at in *pool*; the Kubernetes API and Karpenter accept all of it."""
    demands = _Demands(pool)
    yield from _nothing_left(demands)
    yield from _never_chosen(demands)
    yield from _limits_under_one_node(pool, demands)
    yield from _unknown_resources(pool)
    yield from _node_group_labels(demands)
    for index, requirement in enumerate(pool.spec.template.spec.requirements):
        yield from _values_without_effect(requirement, (*_REQUIREMENTS, index))
    if pool.spec.replicas is not None:
        yield Problem(
            ("spec", "replicas"),
            "has an effect only with Karpenter's feature gate staticCapacity",
            hint="turn it on",
        )


def _nothing_left(demands: _Demands) -> Iterator[Problem]:
    """Find requirements on one label that no value meets."""
    for key, together in demands.by_key.items():
        if demands.values(key) == [] and all(each.values or each.operator != "In" for each in together):
            yield Problem(
                together[-1].path,
                f"leaves no value: {' and '.join(map(str, together))} exclude each other",
                hint="the pool can never launch a node",
            )


def _never_chosen(demands: _Demands) -> Iterator[Problem]:
    """Find families and instance types that the requirements on other labels exclude."""
    for key, facts in _FACTS.items():
        allowed = demands.values(key) or []
        dead = [value for value in allowed if demands.against(facts(value)) is not None]
        for value in dead:
            against = demands.against(facts(value))
            if against is None:
                continue
            demand = next(each for each in demands.on(key) if each.operator == "In")
            path = (*demand.path, "values", demand.values.index(value)) if demand.path[-1] != key else demand.path
            is_ = f"{against.key} {facts(value)[against.key]}"
            last = "; no other is left, so the pool can never launch a node" if len(dead) == len(allowed) else ""
            yield Problem(path, f"is never chosen: it has {is_}, and the pool asks for {against}{last}", value)


def _limits_under_one_node(pool: NodePool, demands: _Demands) -> Iterator[Problem]:
    """Find limits that the smallest node allowed exceeds."""
    vcpus = _least_vcpus(demands)
    least = {"cpu": Decimal(vcpus), "memory": Decimal(_least_memory(demands, vcpus)), "nodes": Decimal(1)}
    for resource, quantity in (pool.spec.limits or {}).items():
        if resource in least and amount(quantity) < least[resource]:
            one = least[resource] / _GIB if resource == "memory" else least[resource]
            unit = {"cpu": " vCPU", "memory": " GiB", "nodes": " node"}[resource]
            yield Problem(
                (*_LIMITS, resource),
                f"is less than one node: the smallest that the pool allows has {one.normalize():f}{unit}",
                quantity,
                "raise it, or the pool can never launch a node",
            )


def _least_vcpus(demands: _Demands) -> int:
    types = demands.alive(labels.INSTANCE_TYPE)
    sizes = demands.values(labels.SIZE)
    return max(
        min((instances.least_vcpus(each.partition(".")[2]) for each in types or ()), default=1),
        min((instances.least_vcpus(each) for each in sizes or ()), default=1),
        _least_number(demands, labels.CPU),
    )


def _least_memory(demands: _Demands, vcpus: int) -> int:
    """Return bytes."""
    types = demands.alive(labels.INSTANCE_TYPE)
    families = demands.alive(labels.FAMILY)
    of_families = [instances.of_family(each).get(labels.CATEGORY, "") for each in families or ()]
    of_types = [instances.of_type(each).get(labels.CATEGORY, "") for each in types or ()]
    ratios = [instances.gib_per_vcpu(each) for each in of_types or of_families or demands.values(labels.CATEGORY) or ()]
    known = [ratio for ratio in ratios if ratio is not None]
    by_family = vcpus * min(known) * _GIB if known and len(known) == len(ratios) else 0
    return max(by_family, _least_number(demands, labels.MEMORY) * 2**20)


def _least_number(demands: _Demands, key: str) -> int:
    values = demands.values(key)
    if values is not None:
        return min((int(value) for value in values if value.isdigit()), default=0)
    return max((demand.bounds()[0] for demand in demands.on(key)), default=0)


def _unknown_resources(pool: NodePool) -> Iterator[Problem]:
    """Find limits on a resource that no node has."""
    for resource in pool.spec.limits or {}:
        if resource not in _RESOURCES and "/" not in resource:
            close = get_close_matches(resource, _RESOURCES, n=1)
            hint = f"did you mean {close[0]}?" if close else f"use {', '.join(_RESOURCES)} or a device's name"
            yield Problem((*_LIMITS, resource), "limits nothing: no node has this resource", resource, hint)


def _node_group_labels(demands: _Demands) -> Iterator[Problem]:
    """Find the capacity label of the other kind of nodes."""
    for demand in demands.on(labels.NODE_GROUP_CAPACITY_TYPE):
        yield Problem(
            demand.path,
            "does not decide what is bought: managed node groups have this label, Karpenter's nodes another",
            demand.key,
            f"use {labels.CAPACITY_TYPE} with {', '.join(labels.CAPACITY_TYPES)}",
        )


def _values_without_effect(requirement: Requirement, path: Path) -> Iterator[Problem]:
    """Find values that the operator does not read, and an operator that has none to read."""
    if requirement.operator in ("Exists", "DoesNotExist") and requirement.values:
        yield Problem(
            (*path, "values"),
            f"has no effect with the operator {requirement.operator}",
            list(requirement.values),
            "use In or NotIn, or remove the values",
        )
    if requirement.operator == "NotIn" and not requirement.values:
        yield Problem(path, "excludes nothing: NotIn has no values", hint="name what is excluded, or remove it")
