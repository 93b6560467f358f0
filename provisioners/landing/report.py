"""Says where pods can run, and where it matters that they cannot: problems, advice, and a list for people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches

from provisioners import labels
from provisioners.landing.catalogue import Catalogue
from provisioners.landing.check import Landing, Miss
from provisioners.landing.fleet import Fleet
from provisioners.landing.pod import Origin, Pod
from provisioners.source import Located

_MANY = 3


def lost(landings: Iterable[Landing], fallback: Origin) -> Iterator[Located]:
    """Yield a problem for pods that can run nowhere, with the nearest miss.

    It stands where the pod says what keeps it off, or else where the pool or group does, or else at *fallback*; where
    the pool or group keeps off every pod, it stands there.
    """
    for landing in landings:
        if landing.fleets:
            continue
        miss, who = landing.nearest, names(landing.pods)
        if miss is None:
            yield fallback.located((), f"{who} can run nowhere: there is no node pool and no node group")
            continue
        pod = landing.pods[0]
        first = miss.obstacles[0]
        of_fleet = miss.fleet.origin if first.of_fleet else None
        place = of_fleet or pod.origin or miss.fleet.origin or fallback
        path = first.pod_path if place is pod.origin else first.fleet_path
        yield place.located(path, f"{who} can run nowhere; nearest is {_miss(miss, place)}")


def claimed_twice(landings: Iterable[Landing], scaled: Collection[str], fallback: Origin) -> Iterator[Located]:
    """Yield a problem for pods that can land on a node pool and on a node group of *scaled* names.

    Karpenter and Cluster Autoscaler would each start a node for such a pod. The problem stands where the pod or the
    pool says what lets it, or else at *fallback*.
    """
    both: dict[tuple[Fleet, Fleet], list[Pod]] = {}
    for landing in landings:
        pool = next((fleet for fleet in landing.fleets if fleet.kind == "node pool"), None)
        group = next((fleet for fleet in landing.fleets if fleet.kind == "node group" and fleet.name in scaled), None)
        if pool and group:
            both.setdefault((pool, group), []).extend(landing.pods)
    for (pool, group), pods in both.items():
        if pool.taints:
            cause = f"they tolerate {' and '.join(map(str, pool.taints))}: let them select one of the two by a label"
            place = pods[0].origin or pool.origin or fallback
        else:
            cause = f"{pool} has no taint: give it one that only the pods meant for it tolerate"
            place = pool.origin or fallback
        message = (
            f"{names(pods)} can run on {pool} and on {group}, so that Karpenter and Cluster Autoscaler both start "
            f"nodes for them; {cause}"
        )
        yield place.located((), message)


def advice(landings: Sequence[Landing], fleets: Sequence[Fleet]) -> Iterator[Located]:
    """Yield instance types that nobody knows, and what pods from files say in vain or to the exclusion of all pools."""
    for fleet in fleets:
        for name, path in fleet.newer.items():
            if fleet.origin:
                yield fleet.origin.located(path, _unknown(name, fleet))
    taints = [taint for fleet in fleets for taint in fleet.taints]
    for landing in landings:
        origins = [pod.origin for pod in landing.pods if pod.origin and not pod.origin.whole]
        for origin in origins:
            for index, each in enumerate(landing.pods[0].needs.tolerations):
                if each.key and not any(each.tolerates(t.key, t.value, t.effect) for t in taints):
                    message = (
                        f"tolerates {each}, a taint that no node pool or node group has; "
                        "taint the nodes that should be kept for these pods, or remove it"
                    )
                    yield origin.located(("tolerations", index), message)
            if landing.fleets:
                yield from _kept_off_pools(landing, origin)


def _unknown(name: str, fleet: Fleet) -> str:
    close = get_close_matches(name.removesuffix(".*"), _names(name, fleet.catalogue), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{name} is not among the instance types known on {fleet.catalogue.date}: sizes are not checked{hint}"


def _names(like: str, known: Catalogue) -> list[str]:
    if like.endswith(".*"):
        return [family for family in known.by_label(labels.FAMILY) if family]
    return list(known.types)


def _kept_off_pools(landing: Landing, origin: Origin) -> Iterator[Located]:
    """Find the label of managed node groups that alone keeps a pod off every node pool."""
    pools = [miss for miss in landing.misses if miss.fleet.kind == "node pool"]
    if not pools or any(fleet.kind == "node pool" for fleet in landing.fleets):
        return
    demands = [each for way in landing.pods[0].needs.alternatives for each in way]
    for demand in demands:
        if demand.key == labels.NODE_GROUP_CAPACITY_TYPE and any(
            [obstacle.pod_path for obstacle in miss.obstacles] == [demand.path] for miss in pools
        ):
            message = (
                f"keeps {names(landing.pods)} on {', '.join(map(str, landing.fleets))}: Karpenter's nodes have no such "
                f"label, so no node pool can ever serve these pods; if they may, use {labels.CAPACITY_TYPE}"
            )
            yield origin.located(demand.path, message)


def names(pods: Sequence[Pod]) -> str:
    """Return the names of *pods* for a sentence."""
    shown = ", ".join(pod.name for pod in pods[:_MANY])
    return f"{shown} and {len(pods) - _MANY} more" if len(pods) > _MANY else shown


def _miss(miss: Miss, place: Origin) -> str:
    origin = miss.fleet.origin
    where = f" ({origin})" if origin and origin is not place else ""
    words = " and ".join(obstacle.words for obstacle in miss.obstacles)
    hints = "; ".join(dict.fromkeys(obstacle.hint for obstacle in miss.obstacles))
    return f"{miss.fleet}{where}: {words}; {hints}"
