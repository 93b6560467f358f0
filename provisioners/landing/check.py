"""Follows pods through fleets: where each can run, and what keeps it off everywhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import NamedTuple

from provisioners import labels
from provisioners.demands import Demand, met
from provisioners.landing.fleet import UNKNOWN, Fleet, Taint, types_with
from provisioners.landing.pod import Needs, Pod, Requests, Toleration, total
from provisioners.spec import Path

_UNITS = {"cpu": (1000, " vCPU"), "memory": (2**30, " GiB"), "ephemeral-storage": (2**30, " GiB of disk")}
_COUNTERPARTS = {
    labels.NODE_GROUP_CAPACITY_TYPE: labels.CAPACITY_TYPE,
    labels.CAPACITY_TYPE: labels.NODE_GROUP_CAPACITY_TYPE,
}
"""The labels for how a node is bought, of managed node groups and of Karpenter; no node has both."""
_CONTAINERS: Path = ("containers",)


class Obstacle(NamedTuple):
    """One thing that keeps a pod off a fleet, in words; `far` is how much would have to change.

    `pod_path` and `fleet_path` say where in the manifests; `hint` is the next step. What is `of_fleet` keeps off every
    pod.
    """

    words: str
    hint: str
    far: int
    pod_path: Path = ()
    fleet_path: Path = ()
    of_fleet: bool = False


class Miss(NamedTuple):
    """A fleet that a pod cannot land on, and why."""

    fleet: Fleet
    obstacles: tuple[Obstacle, ...]

    @property
    def far(self) -> int:
        """How much would have to change for the pod to land there."""
        return sum(obstacle.far for obstacle in self.obstacles)


class Landing:
    """Where equal `pods` can run (`fleets`), and where they cannot (`misses`)."""

    def __init__(self, pods: tuple[Pod, ...], sites: Sequence[_Site]) -> None:
        self.pods = pods
        needs = pods[0].needs
        taking = [site.takes(needs) for site in sites]
        self.fleets = tuple(site.fleet for site, takes in zip(sites, taking, strict=True) if takes)
        self._others = [site for site, takes in zip(sites, taking, strict=True) if not takes]

    @cached_property
    def misses(self) -> tuple[Miss, ...]:
        """The other fleets, and what is in the way there; put into words only when asked for."""
        return tuple(Miss(site.fleet, site.obstacles(self.pods[0].needs)) for site in self._others)

    @property
    def nearest(self) -> Miss | None:
        """The miss that is the easiest to mend."""
        return min(self.misses, key=lambda miss: (miss.far, miss.fleet.name), default=None)


def land(pods: Iterable[Pod], fleets: Sequence[Fleet], daemons: Sequence[Pod] = ()) -> list[Landing]:
    """Return where each of *pods* can run, equal ones together; every node also runs its share of *daemons*."""
    sites = [_Site(fleet, [daemon for daemon in daemons if _Site(fleet).takes(daemon.needs)]) for fleet in fleets]
    equal: dict[Needs, list[Pod]] = {}
    for each in pods:
        equal.setdefault(each.needs, []).append(each)
    return [Landing(tuple(group), sites) for group in equal.values()]


class _Site:
    """A fleet, with what was already found out about it: pods repeat their demands and tolerations."""

    def __init__(self, fleet: Fleet, daemons: Sequence[Pod] = ()) -> None:
        self.fleet = fleet
        self._taken = total(*(dict(each.needs.requests) for each in daemons), {"pods": len(daemons)})
        self._matched: dict[tuple[Demand, ...], tuple[list[list[Demand]], list[str]]] = {}
        self._untolerated: dict[tuple[Toleration, ...], list[Taint]] = {}

    def takes(self, needs: Needs) -> bool:
        """Tell whether a pod with *needs* can land."""
        if self._taints_against(needs.tolerations):
            return False
        return any(self._has_room(demands, needs.requests) for demands in needs.alternatives)

    def obstacles(self, needs: Needs) -> tuple[Obstacle, ...]:
        """Return all that keeps such pods off; of several alternatives, what is wrong with the nearest."""
        taints = [_untolerated_taint(self.fleet, taint, needs) for taint in self._taints_against(needs.tolerations)]
        ways = [[*self._in_the_way(demands, needs.requests)] for demands in needs.alternatives]
        return (*min(ways, key=lambda way: sum(obstacle.far for obstacle in way)), *taints)

    def _taints_against(self, tolerations: tuple[Toleration, ...]) -> list[Taint]:
        if tolerations not in self._untolerated:
            self._untolerated[tolerations] = [
                taint
                for taint in self.fleet.taints
                if taint.effect != "PreferNoSchedule"
                and not any(each.tolerates(taint.key, taint.value, taint.effect) for each in tolerations)
            ]
        return self._untolerated[tolerations]

    def _has_room(self, demands: tuple[Demand, ...], requests: Requests) -> bool:
        wrong, types = self._match(demands)
        return not wrong and any(self._fits(name, requests) for name in types)

    def _fits(self, name: str, requests: Requests) -> bool:
        return self.fleet.free[name] == UNKNOWN or all(
            wanted <= self._left(name, resource) for resource, wanted in (*requests, ("pods", 1))
        )

    def _left(self, name: str, resource: str) -> int:
        return self.fleet.free[name].get(resource, 0) - self._taken.get(resource, 0)

    def _in_the_way(self, demands: tuple[Demand, ...], requests: Requests) -> Iterator[Obstacle]:
        wrong, types = self._match(demands)
        for asked in wrong:
            yield _wrong_label(self.fleet, asked[0], self._values(asked[0].key))
        if not self._everywhere:
            yield self._empty()
        elif not types and not wrong:
            words = f"no instance type has {' and '.join(map(str, demands))} at once"
            yield Obstacle(words, "ask for less", far=4, pod_path=demands[-1].path)
        elif types and not any(self._fits(name, requests) for name in types):
            yield self._too_big(types, requests)

    def _empty(self) -> Obstacle:
        """Return what keeps the fleet itself from having any node."""
        asked = self.fleet.contradiction()
        if not asked:
            words = "no instance type meets all that it asks for, in its zones and within its limits"
            return Obstacle(words, "loosen its requirements", far=3, of_fleet=True)
        words = f"nothing that it could launch meets {' and '.join(map(str, asked))}"
        return Obstacle(words, "change one of its requirements", far=3, fleet_path=asked[-1].path, of_fleet=True)

    def _match(self, demands: tuple[Demand, ...]) -> tuple[list[list[Demand]], list[str]]:
        """Return the demands that no node here meets, by label, and the types that meet the others, largest first."""
        if demands not in self._matched:
            by_key: dict[str, list[Demand]] = {}
            for demand in demands:
                by_key.setdefault(demand.key, []).append(demand)
            types, wrong = self._everywhere, []
            for key, asked in by_key.items():
                having = self._having(key, asked, self._everywhere)
                if having:
                    types &= having
                elif self._everywhere:
                    wrong.append(asked)
            self._matched[demands] = wrong, sorted(types, key=self._size, reverse=True)
        return self._matched[demands]

    def _having(self, key: str, asked: list[Demand], types: frozenset[str]) -> frozenset[str]:
        """Return those of *types* of which a node can have what is *asked* of the label *key*."""
        fleet = self.fleet
        if key == labels.ZONE and fleet.zones:
            return types & fleet.types_in(zone for zone in fleet.zones if met(asked, zone))
        if key in fleet.by_type:
            return types & types_with(fleet.catalogue, key, asked) | (types - fleet.catalogue.names)
        if key == labels.ZONE or fleet.labels.get(key, ()) is None:
            return types
        having = [value for value in fleet.labels.get(key) or (None,) if met(asked, value)]
        if key == labels.CAPACITY_TYPE and having == ["spot"]:
            return types & fleet.catalogue.spot
        return types if having else frozenset()

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

    def _size(self, name: str) -> tuple[bool, int, int]:
        free = self.fleet.free[name]
        return free == UNKNOWN, free.get("memory", 0), free.get("cpu", 0)

    def _too_big(self, types: list[str], requests: Requests) -> Obstacle:
        """Return what the pod asks for in excess of the largest node."""
        for resource, wanted in requests:
            best = max(types, key=lambda name: (self._left(name, resource), name))
            if wanted > self._left(best, resource):
                words = (
                    f"the pod asks for {_shown(resource, wanted)}, "
                    f"and the largest node, {best}, has {_shown(resource, self._left(best, resource))} left for pods"
                )
                return Obstacle(words, "ask for less, or allow larger instance types", far=3, pod_path=_CONTAINERS)
        asked = " and ".join(_shown(resource, wanted) for resource, wanted in requests)
        words = f"the pod asks for {asked} at once, which no instance type that it may use has"
        return Obstacle(words, "ask for less, or allow other instance families", far=3, pod_path=_CONTAINERS)


def _shown(resource: str, number: int) -> str:
    unit, name = _UNITS.get(resource, (1, f" {resource}"))
    amount = number / unit
    return f"{amount:.4g}{name}" if amount < 1000 else f"{amount:.0f}{name}"


def _wrong_label(fleet: Fleet, demand: Demand, values: tuple[str, ...]) -> Obstacle:
    key = demand.key
    if values:
        shown = ", ".join(values[:6]) + (f" and {len(values) - 6} more" if len(values) > 6 else "")
        words = f"{key} is {shown}, and the pod asks for {_asked(demand)}"
        same = _same_but_for_spelling(demand.values, values)
        near = same or _close(demand.values, values)
        hint = f"did you mean {near!r}?" if near else "ask for what is there"
        return Obstacle(words, hint, far=1 if same else 4, pod_path=demand.path)
    words = f"its nodes have no label {key}"
    counterpart = _COUNTERPARTS.get(key)
    if counterpart and counterpart in fleet.labels:
        have = ", ".join(fleet.labels[counterpart] or ())
        words += f", which is for {'managed node groups' if fleet.kind == 'node pool' else 'Karpenter'} only"
        return Obstacle(words, f"they have {counterpart}: {have}", far=2, pod_path=demand.path)
    close = get_close_matches(key, fleet.labels, n=1)
    hint = f"did you mean {close[0]}?" if close else "give its nodes the label, or do not ask for it"
    return Obstacle(words, hint, far=3 if close else 5, pod_path=demand.path)


def _asked(demand: Demand) -> str:
    values = ", ".join(demand.values)
    if demand.operator == "In":
        return values
    return "no such label" if demand.operator == "DoesNotExist" else f"{demand.operator} {values}".rstrip()


def _same_but_for_spelling(wanted: Iterable[str], values: Iterable[str]) -> str | None:
    """Return the value that differs only in case, hyphens and underscores."""
    plain = {value.lower().replace("_", "-"): value for value in values}
    return next((plain[each] for each in (one.lower().replace("_", "-") for one in wanted) if each in plain), None)


def _close(wanted: Iterable[str], values: Sequence[str]) -> str | None:
    return next((close[0] for one in wanted if (close := get_close_matches(one, values, n=1))), None)


def _untolerated_taint(fleet: Fleet, taint: Taint, needs: Needs) -> Obstacle:
    words = f"the pod does not tolerate its taint {taint}"
    idle = [
        (index, each)
        for index, each in enumerate(needs.tolerations)
        if not any(each.tolerates(other.key, other.value, other.effect) for other in fleet.taints)
    ]
    near = next((pair for pair in idle if pair[1].key == taint.key), None) or next(
        (pair for pair in idle if get_close_matches(pair[1].key, [taint.key], n=1, cutoff=0.8)), None
    )
    if near is None:
        return Obstacle(words, "add a toleration", far=3, fleet_path=taint.path)
    words += f"; its toleration {near[1]} fits no taint there"
    return Obstacle(words, f"tolerate {taint}", far=2, pod_path=("tolerations", near[0]), fleet_path=taint.path)
