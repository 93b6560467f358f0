"""The pods of a job, as the landing check knows pods. Pure.

Sizes: https://spark.apache.org/docs/latest/running-on-kubernetes.html#spark-properties
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from math import inf

from constructs_lib._pod_template import COMPONENTS, Component
from emr_eks.job.memory import UNITS, bytes_of
from emr_eks.job.presets import PRESETS, SPARK, PresetName, configuration
from emr_eks.job.request import workplace
from emr_eks.job.spec import OFF_HEAP, JobSpec, is_true
from provisioners.landing.capacity import millis_or_units
from provisioners.landing.pod import Origin, Pod
from provisioners.source import Document, Located
from provisioners.spec import Path
from stacks import landing
from stacks.platform import Platform

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
            Origin(document, (component,), whole=True, elsewhere=_selected_at(component, job.spark)),
            name=f"{job.name}/{component}",
            node_selector=_node_selector(component, properties),
        )


def wrong_sizes(job: JobSpec) -> Iterator[tuple[str, str]]:
    """Yield each of a job's own properties by which its pods are sized and with which they cannot start, with why."""
    unreadable = [*_unreadable(job.spark)]
    yield from unreadable
    if not unreadable:  # the rest reads them
        yield from _no_off_heap(job)
        yield from _no_vendors(job)
        for component in COMPONENTS:
            yield from _low_limits(job, component)


def _unreadable(properties: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in properties.items():
        for pattern, (read, rule) in _SIZES.items():
            if re.fullmatch(pattern, key) and not _reads(read, value):
                yield key, f"must be {rule}, got {value!r}"


def _no_off_heap(job: JobSpec) -> Iterator[tuple[str, str]]:
    if is_true(job.spark, OFF_HEAP) and _off_heap(job.spark) < UNITS["m"]:
        yield OFF_HEAP, f"needs {_OFF_HEAP_SIZE}: '1m' or more"


def _no_vendors(job: JobSpec) -> Iterator[tuple[str, str]]:
    """Spark refuses to start otherwise: "Resource: gpu was requested, but vendor was not specified"."""
    for key, amount in job.spark.items():
        vendor = f"{key.removesuffix('amount')}vendor"
        if re.fullmatch(_DEVICE, key) and int(amount) and vendor not in job.spark:
            yield key, f"needs {vendor}, for example 'nvidia.com'"


def _low_limits(job: JobSpec, component: Component) -> Iterator[tuple[str, str]]:
    key, asked = f"spark.kubernetes.{component}.limit.cores", _cores(job, component, job.spark)
    limit = job.spark.get(key)
    if limit and _cpu(limit) < _cpu(asked):
        yield key, f"must be at least what the {component} asks for, {asked!r}, got {limit!r}"


def _reads(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


def over_quota(job: JobSpec, platform: Platform, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield why Kubernetes never admits both the driver and an executor of *job* to its team's namespace."""
    quota = platform.spec.teams[job.team].quota
    if not quota:
        return
    properties = job.configuration(variables).get(SPARK, {})
    asked = [_requests(job, component, properties) for component in COMPONENTS]
    for resource, key, bound, unit, size in (
        ("cpu", "cpu", quota.cpu, "vCPU", 1000),
        ("memory", "memory_gib", quota.memory_gib, "GiB", UNITS["g"]),
    ):
        together = sum(each[resource] for each in asked) / size
        if together > bound:
            yield (
                f"driver and one executor ask for {together:.4g} {unit}, and team {job.team} may have {bound}; "
                f"ask for less, or raise teams.{job.team}.quota.{key}"
            )


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
    """Return what the pod asks for. Raises `ValueError` if one of *properties* is among `wrong_sizes`."""
    size = getattr(job, component)
    heap = bytes_of(size.memory or _DEFAULT_MEMORY)
    overhead = bytes_of(size.memory_overhead) if size.memory_overhead else _overhead(job, component, heap, properties)
    return {
        "cpu": _cpu(_cores(job, component, properties)),
        "memory": heap + overhead + (_further(job, properties) if component == "executor" else 0),
        **_devices(component, properties),
    }


def _cores(job: JobSpec, component: Component, properties: Mapping[str, str]) -> str:
    return properties.get(f"spark.kubernetes.{component}.request.cores", str(getattr(job, component).cores))


def _further(job: JobSpec, properties: Mapping[str, str]) -> int:
    """Return the memory of an executor besides heap and overhead."""
    python = bytes_of(properties.get("spark.executor.pyspark.memory", "0")) if _is_python(job) else 0
    return python + (_off_heap(properties) if is_true(properties, OFF_HEAP) else 0)


def _off_heap(properties: Mapping[str, str]) -> int:
    return bytes_of(properties.get(_OFF_HEAP_SIZE, "0"), unit="b")


def _overhead(job: JobSpec, component: Component, heap: int, properties: Mapping[str, str]) -> int:
    usual = _OVERHEAD_OF_PYTHON if _is_python(job) else _OVERHEAD
    share = properties.get(
        f"spark.{component}.memoryOverheadFactor", properties.get("spark.kubernetes.memoryOverheadFactor", usual)
    )
    least = bytes_of(properties.get(f"spark.{component}.minMemoryOverhead", "384m"))
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
    return {label: properties[key] for label, key in _selecting(component, properties)}


def _selected_at(component: Component, properties: Iterable[str]) -> dict[Path, Path]:
    """Return where a job file has what the pod's manifest has in its node selector."""
    return {("nodeSelector", label): ("spark", key) for label, key in _selecting(component, properties)}


def _selecting(component: Component, properties: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each label that is asked of nodes with the property that does; the last one wins."""
    for prefix in ("spark.kubernetes.node.selector.", f"spark.kubernetes.{component}.node.selector."):
        yield from ((key.removeprefix(prefix), key) for key in properties if key.startswith(prefix))


def _is_python(job: JobSpec) -> bool:
    return job.entry_point.endswith(".py")


def _share(number: str | float) -> float:
    """Return a share as Spark reads it. Raises `ValueError`."""
    share = float(number)
    if not 0 <= share < inf:
        raise ValueError(f"no share: {number!r}")
    return share


def _cpu(quantity: str) -> int:
    """Return millicores. Raises `ValueError`."""
    millicores = millis_or_units("cpu", quantity)
    if millicores < 0:
        raise ValueError(f"no amount of CPU: {quantity!r}")
    return millicores


def _count(number: str) -> int:
    """Return a count as Spark reads it. Raises `ValueError`."""
    if not re.fullmatch("[0-9]+", number):
        raise ValueError(f"no count: {number!r}")
    return int(number)


_EITHER = "(driver|executor)"
_DEVICE = rf"spark\.{_EITHER}\.resource\.\w+\.amount"
_OFF_HEAP_SIZE = "spark.memory.offHeap.size"
_SIZES: Mapping[str, tuple[Callable[[str], object], str]] = {
    rf"spark\.executor\.pyspark\.memory|{re.escape(_OFF_HEAP_SIZE)}|spark\.{_EITHER}\.minMemoryOverhead": (
        bytes_of,
        "an amount of memory, for example '2g'",
    ),
    rf"spark\.kubernetes\.{_EITHER}\.(request|limit)\.cores": (_cpu, "a quantity of CPU, for example '1500m'"),
    rf"spark\.({_EITHER}|kubernetes)\.memoryOverheadFactor": (_share, "a number, for example '0.2'"),
    _DEVICE: (_count, "a whole number"),
}
"""The properties that pods are sized by: how each is read, and what it must be."""
