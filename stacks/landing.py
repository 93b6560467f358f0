"""Can every pod of a platform land? Its nodes, its pods, and what keeps one from the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from constructs_lib._node_group import NodeGroupSpec
from constructs_lib._pod_template import COMPONENTS, Component, pod_template
from constructs_lib._system_pods import (
    SystemPod,
    addon_pods,
    cluster_autoscaler_pod,
    karpenter_pod,
    node_termination_handler_pod,
)
from provisioners import labels
from provisioners.landing import report
from provisioners.landing.capacity import KARPENTER_MEMORY_OVERHEAD, Reserve, reserve
from provisioners.landing.catalogue import catalogue
from provisioners.landing.check import Landing, land
from provisioners.landing.fleet import Fleet, Surroundings, Taint, node_group_fleet, node_pool_fleet
from provisioners.landing.pod import Origin, Pod, PodSpec, pod
from provisioners.source import Document, Located, validate
from provisioners.spec import Path

if TYPE_CHECKING:
    from stacks.platform import Platform, PlatformSpec

SPARK_DEFAULTS = {"cpu": 1000, "memory": 1408 * 2**20}
"""One core, 1 GiB and the least overhead: https://spark.apache.org/docs/latest/running-on-kubernetes.html"""
JOB_SUBMITTER = {"containers": [{}, {"resources": {"requests": {"cpu": "100m", "memory": "200Mi"}}}]}
"""https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-job-submitter.html"""
NODE_GROUP_MEMORY_OVERHEAD = 0.015
"""The share of a machine's memory that no node group's node has; most lack more, but none has it."""


class Findings(NamedTuple):
    """Where the pods of a platform can run, what is wrong, and what is worth a look."""

    landings: list[Landing]
    problems: list[Located]
    advice: list[Located]


def check(platform: Platform, further: Iterable[Pod] = ()) -> Findings:
    """Follow all pods of *platform*, and *further* ones, to the nodes that it describes."""
    fleets = [*_fleets(platform)]
    system = [] if platform.spec.existing_cluster else [*_system_pods(platform)]
    daemons = [_pod_of(each, platform.document) for each in system if each.daemon]
    pods = [
        *(_pod_of(each, platform.document) for each in system if not each.daemon),
        *_team_pods(platform),
        *further,
    ]
    landings = land(pods, fleets, daemons)
    anywhere = Origin(platform.document, ("name",), whole=True)
    return Findings(
        landings,
        [*report.lost(landings, anywhere), *report.claimed_twice(landings, _scaled(platform.spec), anywhere)],
        [*_unknown_places(platform), *report.advice(landings, fleets)],
    )


def _unknown_places(platform: Platform) -> Iterator[Located]:
    """Yield the region, or else the zones, that the data do not know: what is not offered there passes."""
    spec, known = platform.spec, catalogue()
    zones = known.zones(spec.region)
    if not zones:
        message = f"{spec.region} is not among the regions known on {known.date}: zones are not checked; check its name"
        yield platform.document.located(("region",), message)
        return
    for zone, path in _zone_paths(spec).items():
        if zone not in zones:
            message = f"{zone} is not among the zones known on {known.date}, {', '.join(zones)}; check that you have it"
            yield platform.document.located(path, message)


def _zone_paths(spec: PlatformSpec) -> dict[str, Path]:
    if spec.vpc:
        return {zone: ("vpc", "availability_zones", index) for index, zone in enumerate(spec.vpc.availability_zones)}
    return {zone: ("existing_vpc", "private_subnets", zone) for zone in spec.zones}


def _scaled(spec: PlatformSpec) -> frozenset[str]:
    """Return the names of the node groups that Cluster Autoscaler may grow."""
    if not spec.cluster_autoscaler:
        return frozenset()
    return frozenset(name for name, group in spec.groups.items() if group.scales)


def _fleets(platform: Platform) -> Iterator[Fleet]:
    spec, classes = platform.spec, {each.metadata.name: each for each in platform.pools.node_classes}
    around = Surroundings(spec.region, tuple(spec.zones))
    for pool in platform.pools.node_pools:
        written = platform.pools.documents.get((pool.kind, pool.metadata.name))
        node_class = classes.get(pool.spec.template.spec.node_class_ref.name)
        overhead = spec.karpenter.vm_memory_overhead_percent if spec.karpenter else KARPENTER_MEMORY_OVERHEAD
        keeps = reserve(node_class, overhead, spec.reserved_enis)
        yield node_pool_fleet(pool, node_class, around, Origin(written) if written else None, keeps=keeps)
    for name, group in sorted(spec.groups.items()):
        yield _node_group(name, group, around, Origin(platform.document, spec.group_path(name)))


def _node_group(name: str, group: NodeGroupSpec, around: Surroundings, origin: Origin) -> Fleet:
    return node_group_fleet(
        name,
        group.instance_types,
        around=around._replace(zones=tuple(group.availability_zones) or around.zones),
        given={**group.node_labels(name), labels.NODE_GROUP_CAPACITY_TYPE: group.capacity_type},
        taints=[
            Taint(each.key, each.value, each.kubernetes_effect, ("taints", index))
            for index, each in enumerate(group.taints)
        ],
        keeps=Reserve(
            NODE_GROUP_MEMORY_OVERHEAD,
            disk=group.disk_size_gib * 2**30,
            raid0=group.instance_store_policy == "RAID0",
        ),
        origin=origin,
    )


def _system_pods(platform: Platform) -> Iterator[SystemPod]:
    yield from addon_pods(platform.spec.addons)
    if platform.spec.karpenter:
        yield karpenter_pod()
    if platform.spec.cluster_autoscaler:
        yield cluster_autoscaler_pod(platform.spec.cluster_autoscaler)
    if platform.spec.node_termination_handler:
        yield node_termination_handler_pod(platform.spec.node_termination_handler)


def _pod_of(each: SystemPod, document: Document) -> Pod:
    spec = validate(PodSpec, document, data=each.spec, prefix=each.path)
    return pod(each.name, spec, Origin(document, each.path, whole=True) if each.path else None)


def _team_pods(platform: Platform) -> Iterator[Pod]:
    submitter = PodSpec.model_validate(JOB_SUBMITTER)
    for team in sorted(platform.spec.teams):
        for component in COMPONENTS:
            origin = Origin(platform.document, ("teams", team, f"{component}_pool"), whole=True)
            yield spark_pod(platform, team, component, SPARK_DEFAULTS, origin)
        if not platform.spec.existing_cluster:
            yield pod(f"{team}/job-submitter", submitter)


def spark_pod(
    platform: Platform,
    team: str,
    component: Component,
    requests: Mapping[str, int],
    origin: Origin | None = None,
    *,
    name: str | None = None,
    node_selector: Mapping[str, str] | None = None,
) -> Pod:
    """Return a driver or executor of *team* that asks for *requests*: `cpu` in millicores, `memory` in bytes.

    *node_selector* is what a job asks of nodes besides the team's pod template.
    """
    spec = dict(pod_template(component, platform.placements(team)[component])["spec"])
    spec["nodeSelector"] = {**spec["nodeSelector"], **(node_selector or {})}
    return pod(name or f"{team}/{component}", PodSpec.model_validate(spec), origin, at_least=requests)
