"""Follows pods through fleets: where each can run, and what keeps it off everywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import NamedTuple

from provisioners import labels
from provisioners.demands import Demand
from provisioners.landing.fleet import UNKNOWN, Fleet, Taint
from provisioners.landing.pod import Needs, Pod, total
from provisioners.spec import Path

_UNITS = {"cpu": (1000, " vCPU"), "memory": (2**30, " GiB"), "ephemeral-storage": (2**30, " GiB of disk")}
_COUNTERPARTS = {
    labels.NODE_GROUP_CAPACITY_TYPE: labels.CAPACITY_TYPE,
    labels.CAPACITY_TYPE: labels.NODE_GROUP_CAPACITY_TYPE,
}
"""The labels for how a node is bought, of managed node groups and of Karpenter; no node has both."""


class Obstacle(NamedTuple):
    """One thing that keeps a pod off a fleet, in words; `far` is how much would have to change.

    `pod_path` and `fleet_path` say where in the manifests; `hint` is the next step.
    """

    words: str
    hint: str
    far: int
    pod_path: Path = ()
    fleet_path: Path = ()


class Miss(NamedTuple):
    """A fleet that a pod cannot land on, and why."""

    fleet: Fleet
    obstacles: tuple[Obstacle, ...]

    @property
    def far(self) -> int:
        """How much would have to change for the pod to land there."""
        return sum(obstacle.far for obstacle in self.obstacles)


class Landing(NamedTuple):
    """Where equal pods can run, and where they cannot."""

    pods: tuple[Pod, ...]
    fleets: tuple[Fleet, ...]
    misses: tuple[Miss, ...]

    @property
    def nearest(self) -> Miss | None:
        """The miss that is the easiest to mend."""
        return min(self.misses, key=lambda miss: (miss.far, miss.fleet.name), default=None)


def land(pods: Iterable[Pod], fleets: Sequence[Fleet], daemons: Iterable[Pod] = ()) -> list[Landing]:
    """Return where each of *pods* can run, equal ones together; every node also runs its share of *daemons*."""
    sites = [_Site(fleet) for fleet in fleets]
    overheads = [[daemon for daemon in daemons if not site.obstacles(daemon.needs)] for site in sites]
    sites = [
        _Site(site.fleet.less(total(*(dict(each.needs.requests) for each in there)), len(there)))
        for site, there in zip(sites, overheads, strict=True)
    ]
    equal: dict[Needs, list[Pod]] = {}
    for each in pods:
        equal.setdefault(each.needs, []).append(each)
    return [_landing(tuple(group), needs, sites) for needs, group in equal.items()]


def _landing(pods: tuple[Pod, ...], needs: Needs, sites: list[_Site]) -> Landing:
    found = [(site.fleet, site.obstacles(needs)) for site in sites]
    return Landing(
        pods,
        tuple(fleet for fleet, obstacles in found if not obstacles),
        tuple(Miss(fleet, obstacles) for fleet, obstacles in found if obstacles),
    )


class _Site:
    """A fleet, with what was already found out about it: pods repeat their demands and tolerations."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._matched: dict[tuple[Demand, ...], tuple[tuple[Obstacle, ...], list[str]]] = {}
        self._tolerated: dict[object, tuple[Obstacle, ...]] = {}

    def obstacles(self, needs: Needs) -> tuple[Obstacle, ...]:
        """Return all that keeps pods with *needs* off; of several alternatives, what is wrong with the nearest."""
        if needs.tolerations not in self._tolerated:
            self._tolerated[needs.tolerations] = tuple(_untolerated(self.fleet, needs))
        taints = self._tolerated[needs.tolerations]
        ways = [self._way(demands, needs.requests) for demands in needs.alternatives]
        return (*min(ways, key=lambda way: sum(obstacle.far for obstacle in way)), *taints)

    def _way(self, demands: tuple[Demand, ...], requests: tuple[tuple[str, int], ...]) -> tuple[Obstacle, ...]:
        if demands not in self._matched:
            self._matched[demands] = self._match(demands)
        obstacles, types = self._matched[demands]
        if obstacles or any(_fits(requests, self.fleet.free[name]) for name in types):
            return obstacles
        return (self._too_big(types, requests),)

    def _match(self, demands: tuple[Demand, ...]) -> tuple[tuple[Obstacle, ...], list[str]]:
        """Return what is wrong with the labels, or else the types that have them, the largest first."""
        by_key: dict[str, list[Demand]] = {}
        for demand in demands:
            by_key.setdefault(demand.key, []).append(demand)
        types = self._everywhere
        if not types:
            words = "no instance type meets all that it asks for, in its zones and within its limits"
            return (Obstacle(words, "loosen its requirements", far=6),), []
        obstacles: list[Obstacle] = []
        for key, asked in by_key.items():
            having = self._having(key, asked, types)
            if having:
                types &= having
            else:
                obstacles.append(_wrong_label(self.fleet, key, asked[0], self._values(key)))
            if not types:
                words = f"no instance type has {' and '.join(str(demand) for demand in demands)} at once"
                obstacles.append(Obstacle(words, "ask for less", far=4, pod_path=demands[-1].path))
                break
        return tuple(obstacles), sorted(types, key=self._size, reverse=True)

    def _having(self, key: str, asked: list[Demand], types: frozenset[str]) -> frozenset[str]:
        """Return those of *types* of which a node can have what is *asked* of the label *key*."""
        fleet = self.fleet
        if key == labels.ZONE and fleet.zones:
            return types & fleet.types_in(zone for zone in fleet.zones if _met(asked, zone))
        if key in fleet.by_type:
            found = fleet.catalogue.by_label(key)
            fitting = frozenset[str]().union(*(names for value, names in found.items() if _met(asked, value)))
            return types & fitting | (types - fleet.catalogue.names)
        if key == labels.ZONE or fleet.labels.get(key, ()) is None:
            return types
        values = fleet.labels.get(key)
        return types if any(_met(asked, value) for value in values or (None,)) else frozenset()

    def _values(self, key: str) -> tuple[str, ...]:
        """Return the values of the label *key* that the fleet's nodes may have."""
        if key == labels.ZONE:
            return self.fleet.zones
        if key in self.fleet.by_type:
            found = self.fleet.catalogue.by_label(key).items()
            return tuple(sorted(value for value, names in found if value is not None and names & self._everywhere))
        return self.fleet.labels.get(key) or ()

    @cached_property
    def _everywhere(self) -> frozenset[str]:
        return self.fleet.types_in(self.fleet.zones or None)

    def _size(self, name: str) -> tuple[int, int]:
        free = self.fleet.free[name]
        return free.get("memory", 0), free.get("cpu", 0)

    def _too_big(self, types: list[str], requests: tuple[tuple[str, int], ...]) -> Obstacle:
        """Return what the pod asks for in excess of the largest node."""
        at = ("containers",)
        for resource, wanted in requests:
            best = max(types, key=lambda name: (self.fleet.free[name].get(resource, 0), name))
            most = self.fleet.free[best].get(resource, 0)
            if wanted > most:
                words = (
                    f"the pod asks for {_shown(resource, wanted)}, "
                    f"and the largest node, {best}, has {_shown(resource, most)} left for pods"
                )
                return Obstacle(words, "ask for less, or allow larger instance types", far=3, pod_path=at)
        asked = " and ".join(_shown(resource, wanted) for resource, wanted in requests)
        words = f"the pod asks for {asked} at once, which no instance type that it may use has"
        return Obstacle(words, "ask for less, or allow other instance families", far=3, pod_path=at)


def _fits(requests: tuple[tuple[str, int], ...], free: Mapping[str, int]) -> bool:
    return free == UNKNOWN or all(free.get(resource, 0) >= wanted for resource, wanted in requests)


def _met(asked: list[Demand], value: str | None) -> bool:
    """Tell whether a node whose label has *value*, or that lacks it, meets all that is asked."""
    if value is None:
        return all(demand.operator in ("NotIn", "DoesNotExist") for demand in asked)
    return all(demand.admits(value) for demand in asked)


def _shown(resource: str, number: int) -> str:
    unit, name = _UNITS.get(resource, (1, f" {resource}"))
    return f"{number / unit:.4g}{name}"


def _wrong_label(fleet: Fleet, key: str, demand: Demand, values: tuple[str, ...]) -> Obstacle:
    if values:
        shown = ", ".join(values[:6]) + (f" and {len(values) - 6} more" if len(values) > 6 else "")
        words = f"{key} is {shown}, not {demand.operator} {', '.join(demand.values)}".replace(" not In ", " not ")
        near = _same_but_for_spelling(demand.values, values) or _close(demand.values, values)
        hint = f"did you mean {near!r}?" if near else "ask for what is there"
        spelling = bool(_same_but_for_spelling(demand.values, values))
        return Obstacle(words, hint, far=1 if spelling else 4, pod_path=demand.path)
    words = f"its nodes have no label {key}"
    counterpart = _COUNTERPARTS.get(key)
    if counterpart and counterpart in fleet.labels:
        have = ", ".join(fleet.labels[counterpart] or ())
        words += f", which is for {'managed node groups' if fleet.kind == 'node pool' else 'Karpenter'} only"
        return Obstacle(words, f"they have {counterpart}: {have}", far=2, pod_path=demand.path)
    close = get_close_matches(key, fleet.labels, n=1)
    hint = f"did you mean {close[0]}?" if close else "give its nodes the label, or do not ask for it"
    return Obstacle(words, hint, far=3 if close else 5, pod_path=demand.path)


def _same_but_for_spelling(wanted: Iterable[str], values: Iterable[str]) -> str | None:
    """Return the value that differs only in case, hyphens and underscores."""
    plain = {value.lower().replace("_", "-"): value for value in values}
    return next((plain[each] for each in (one.lower().replace("_", "-") for one in wanted) if each in plain), None)


def _close(wanted: Iterable[str], values: Sequence[str]) -> str | None:
    return next((close[0] for one in wanted if (close := get_close_matches(one, values, n=1))), None)


def _untolerated(fleet: Fleet, needs: Needs) -> Iterable[Obstacle]:
    for taint in fleet.taints:
        if taint.effect == "PreferNoSchedule":
            continue
        if not any(each.tolerates(taint.key, taint.value, taint.effect) for each in needs.tolerations):
            yield _untolerated_taint(fleet, taint, needs)


def _untolerated_taint(fleet: Fleet, taint: Taint, needs: Needs) -> Obstacle:
    words = f"the pod does not tolerate its taint {taint}"
    idle = [
        (index, each)
        for index, each in enumerate(needs.tolerations)
        if not any(each.tolerates(other.key, other.value, other.effect) for other in fleet.taints)
    ]
    near = next((pair for pair in idle if pair[1].key == taint.key), None) or next(
        (pair for pair in idle if get_close_matches(pair[1].key, [taint.key], n=1)), None
    )
    if near is None:
        return Obstacle(words, "add a toleration", far=3, fleet_path=taint.path)
    words += f"; its toleration {near[1]} fits no taint there"
    return Obstacle(words, f"tolerate {taint}", far=2, pod_path=("tolerations", near[0]), fleet_path=taint.path)
