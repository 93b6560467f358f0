"""The pods of a job, as the landing check knows pods. Pure.

Sizes: https://spark.apache.org/docs/latest/running-on-kubernetes.html#spark-properties
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from math import inf

from constructs_lib._pod_template import COMPONENTS, Component
from emr_eks.job.presets import PRESETS, SPARK, PresetName, configuration
from emr_eks.job.request import workplace
from emr_eks.job.spec import JobSpec
from provisioners.landing.capacity import millis_or_units
from provisioners.landing.pod import Origin, Pod
from provisioners.source import Document, Located
from stacks import landing
from stacks.platform import Platform

_UNITS = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_MEMORY = re.compile(r"(\d+)([kmgtp]?)b?", re.IGNORECASE)
_DEFAULT_MEMORY = "1g"
_OVERHEAD, _OVERHEAD_OF_PYTHON = 0.1, 0.4


def job_pods(job: JobSpec, platform: Platform, document: Document, variables: Mapping[str, str]) -> Iterator[Pod]:
    """Yield the driver and an executor of *job*, which *document* describes."""
    properties = job.configuration(variables).get(SPARK, {})
    for component in COMPONENTS:
        yield landing.spark_pod(
            platform,
            job.team,
            component,
            _requests(job, component, properties),
            Origin(document, (component,), whole=True),
            name=f"{job.name}/{component}",
            node_selector=_node_selector(component, properties),
        )


def unreadable_sizes(properties: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each of a job's own *properties* by which its pods are sized and which says no size, with its rule."""
    for key, value in properties.items():
        for pattern, (read, rule) in _SIZES.items():
            if re.fullmatch(pattern, key) and not _reads(read, value):
                yield key, f"must be {rule}, got {value!r}"


def _reads(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


def useless_presets(platform: Platform) -> Iterator[Located]:
    """Yield why the pods of a preset find no node, where they find none for any team."""
    variables = {team: workplace(platform, team).variables for team in sorted(platform.spec.teams)}
    for preset in PRESETS:
        pods = {team: [*_with_preset(platform, team, preset, variables[team])] for team in variables}
        if not any(pods.values()):
            continue
        found = landing.check(platform, chain.from_iterable(pods.values()))
        lost = {pod.name for each in found.landings if not each.fleets for pod in each.pods}
        if all(any(pod.name in lost for pod in of_team) for of_team in pods.values()):
            yield from found.problems


def _with_preset(platform: Platform, team: str, preset: PresetName, variables: Mapping[str, str]) -> Iterator[Pod]:
    """Yield the driver and the executor of *team* where *preset* asks something of their nodes."""
    properties = configuration([preset], variables).get(SPARK, {})
    for component in COMPONENTS:
        if selector := _node_selector(component, properties):
            yield landing.spark_pod(
                platform,
                team,
                component,
                landing.SPARK_DEFAULTS,
                Origin(platform.document, ("teams", team, f"{component}_pool"), whole=True),
                name=f"{team}/{component} with {preset}",
                node_selector=selector,
            )


def _requests(job: JobSpec, component: Component, properties: Mapping[str, str]) -> dict[str, int]:
    """Return what the pod asks for. Raises `ValueError` if one of *properties* is among `unreadable_sizes`."""
    size = getattr(job, component)
    heap = _bytes(size.memory or _DEFAULT_MEMORY)
    overhead = _bytes(size.memory_overhead) if size.memory_overhead else _overhead(job, component, heap, properties)
    python = _bytes(properties.get("spark.executor.pyspark.memory", "0")) if component == "executor" else 0
    cores = properties.get(f"spark.kubernetes.{component}.request.cores", str(size.cores))
    return {
        "cpu": millis_or_units("cpu", cores),
        "memory": heap + overhead + (python if _is_python(job) else 0),
        **_devices(component, properties),
    }


def _overhead(job: JobSpec, component: Component, heap: int, properties: Mapping[str, str]) -> int:
    usual = _OVERHEAD_OF_PYTHON if _is_python(job) else _OVERHEAD
    share = properties.get(
        f"spark.{component}.memoryOverheadFactor", properties.get("spark.kubernetes.memoryOverheadFactor", usual)
    )
    least = _bytes(properties.get(f"spark.{component}.minMemoryOverhead", "384m"))
    return max(int(heap * _share(share)), least)


def _devices(component: Component, properties: Mapping[str, str]) -> dict[str, int]:
    """Return GPUs and the like, by the names that their plugins give them."""
    pattern = re.compile(rf"spark\.{component}\.resource\.(\w+)\.amount")
    return {
        f"{properties[f'spark.{component}.resource.{found[1]}.vendor']}/{found[1]}": int(amount)
        for key, amount in properties.items()
        if (found := pattern.fullmatch(key)) and f"spark.{component}.resource.{found[1]}.vendor" in properties
    }


def _node_selector(component: Component, properties: Mapping[str, str]) -> dict[str, str]:
    """Return the labels that the job asks of nodes besides those of the team's pool."""
    prefixes = ("spark.kubernetes.node.selector.", f"spark.kubernetes.{component}.node.selector.")
    return {
        key.removeprefix(prefix): value
        for prefix in prefixes
        for key, value in properties.items()
        if key.startswith(prefix)
    }


def _is_python(job: JobSpec) -> bool:
    return job.entry_point.endswith(".py")


def _share(number: str | float) -> float:
    """Return a share as Spark reads it. Raises `ValueError`."""
    share = float(number)
    if not 0 <= share < inf:
        raise ValueError(f"no share: {number!r}")
    return share


def _bytes(memory: str) -> int:
    """Return an amount of memory as Spark reads it; a bare number counts MiB. Raises `ValueError`."""
    found = _MEMORY.fullmatch(memory.strip())
    if not found:
        raise ValueError(f"no amount of memory: {memory!r}")
    return int(found[1]) * _UNITS[found[2].lower() or "m"]


_EITHER = "(driver|executor)"
_SIZES: Mapping[str, tuple[Callable[[str], object], str]] = {
    rf"spark\.executor\.pyspark\.memory|spark\.{_EITHER}\.minMemoryOverhead": (
        _bytes,
        "an amount of memory, for example '2g'",
    ),
    rf"spark\.kubernetes\.{_EITHER}\.request\.cores": (
        partial(millis_or_units, "cpu"),
        "a quantity of CPU, for example '1500m'",
    ),
    rf"spark\.({_EITHER}|kubernetes)\.memoryOverheadFactor": (_share, "a number, for example '0.2'"),
    rf"spark\.{_EITHER}\.resource\.\w+\.amount": (int, "a whole number"),
}
"""The properties that pods are sized by: how each is read, and what it must be."""
