"""What Karpenter accepts and what still cannot work, or does not do what it seems to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from difflib import get_close_matches

from provisioners import instances, labels
from provisioners.demands import REQUIREMENTS, Demands, of_pool
from provisioners.node_pool import NodePool, Requirement
from provisioners.quantity import amount
from provisioners.spec import Path, Problem

_LIMITS: Path = ("spec", "limits")
_RESOURCES = ("cpu", "ephemeral-storage", "memory", "nodes", "pods")
_GIB = 2**30


_FACTS: dict[str, Callable[[str], dict[str, str]]] = {
    labels.FAMILY: instances.of_family,
    labels.INSTANCE_TYPE: instances.of_type,
}


def advice(pool: NodePool, *, static_capacity: bool = False) -> Iterator[Problem]:
    """Yield what to look at in *pool*; the Kubernetes API and Karpenter accept all of it.

    *static_capacity* says whether Karpenter's feature gate of that name is on.
    """
    demands = of_pool(pool)
    yield from _nothing_left(demands)
    yield from _never_chosen(demands)
    yield from _limits_under_one_node(pool, demands)
    yield from _unknown_resources(pool)
    yield from _node_group_labels(demands)
    for index, requirement in enumerate(pool.spec.template.spec.requirements):
        yield from _values_without_effect(requirement, (*REQUIREMENTS, index))
    if pool.spec.replicas is not None and not static_capacity:
        yield Problem(
            ("spec", "replicas"),
            "has an effect only with Karpenter's feature gate staticCapacity",
            hint="write `static_capacity: true` under `karpenter`",
        )


def _nothing_left(demands: Demands) -> Iterator[Problem]:
    """Find requirements on one label that no value meets."""
    for key, together in demands.by_key.items():
        if demands.values(key) == [] and all(each.values or each.operator != "In" for each in together):
            yield Problem(
                together[-1].path,
                f"leaves no value: {' and '.join(map(str, together))} exclude each other",
                hint="the pool can never launch a node",
            )


def _never_chosen(demands: Demands) -> Iterator[Problem]:
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


def _limits_under_one_node(pool: NodePool, demands: Demands) -> Iterator[Problem]:
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


def _least_vcpus(demands: Demands) -> int:
    types = _alive(demands, labels.INSTANCE_TYPE)
    sizes = demands.values(labels.SIZE)
    return max(
        min((instances.least_vcpus(each.partition(".")[2]) for each in types or ()), default=1),
        min((instances.least_vcpus(each) for each in sizes or ()), default=1),
        _least_number(demands, labels.CPU),
    )


def _least_memory(demands: Demands, vcpus: int) -> int:
    """Return bytes."""
    types = _alive(demands, labels.INSTANCE_TYPE)
    families = _alive(demands, labels.FAMILY)
    of_families = [instances.of_family(each).get(labels.CATEGORY, "") for each in families or ()]
    of_types = [instances.of_type(each).get(labels.CATEGORY, "") for each in types or ()]
    ratios = [instances.gib_per_vcpu(each) for each in of_types or of_families or demands.values(labels.CATEGORY) or ()]
    known = [ratio for ratio in ratios if ratio is not None]
    by_family = vcpus * min(known) * _GIB if known and len(known) == len(ratios) else 0
    return max(by_family, _least_number(demands, labels.MEMORY) * 2**20)


def _alive(demands: Demands, key: str) -> list[str] | None:
    """Return the values of *key* that the demands on other labels leave too; None when endless."""
    facts, values = _FACTS[key], demands.values(key)
    return None if values is None else [value for value in values if demands.against(facts(value)) is None]


def _least_number(demands: Demands, key: str) -> int:
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


def _node_group_labels(demands: Demands) -> Iterator[Problem]:
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
