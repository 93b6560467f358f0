"""Pod templates for Spark: where a job's driver and executors run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from constructs_lib._priority import TierSpec
from constructs_lib._team import team_prefix
from provisioners import labels

if TYPE_CHECKING:
    from constructs_lib._node_group import NodeGroupSpec
    from provisioners.node_pool import NodePool

Component = Literal["driver", "executor"]
COMPONENTS: tuple[Component, ...] = ("driver", "executor")

NODE_GROUP_LABEL = "emr-eks/node-group"
"""Carried by the nodes of our managed node groups, whose own name label holds a generated name."""
NODE_POOL_LABEL = labels.NODE_POOL


_STAYS = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}
"""Keeps the controllers of nodes from moving a driver, which would end its job."""


class Placement(NamedTuple):
    """What a pod says to land on certain nodes; `tolerations` as Kubernetes spells them."""

    node_selector: Mapping[str, str]
    tolerations: Sequence[Mapping[str, str]] = ()

    @classmethod
    def on_node_group(cls, name: str, group: NodeGroupSpec) -> Placement:
        """Return what lands a pod on the `NodeGroup` *name*, in spite of its taints."""
        tolerations = _tolerating((each.key, each.value, each.kubernetes_effect) for each in group.taints)
        return cls({NODE_GROUP_LABEL: name}, tolerations)

    @classmethod
    def on_node_pool(cls, pool: NodePool) -> Placement:
        """Return what lands a pod on Karpenter's *pool*, in spite of its taints."""
        taints = pool.spec.template.spec.taints or ()
        tolerations = _tolerating((each.key, each.value or "", each.effect) for each in taints)
        return cls({NODE_POOL_LABEL: pool.metadata.name}, tolerations)


def pod_template(component: Component, placement: Placement, priority_class: str | None = None) -> dict[str, Any]:
    """Return the pod template of *component*; Spark knows its container by this name.

    https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/pod-templates.html
    """
    spec: dict[str, Any] = {"nodeSelector": dict(placement.node_selector)}
    if placement.tolerations:
        spec["tolerations"] = [dict(toleration) for toleration in placement.tolerations]
    if priority_class:
        spec["priorityClassName"] = priority_class
    spec["containers"] = [{"name": f"spark-kubernetes-{component}"}]
    metadata = {"metadata": {"annotations": dict(_STAYS)}} if component == "driver" else {}
    return {"apiVersion": "v1", "kind": "Pod", **metadata, "spec": spec}


class PodTemplate(NamedTuple):
    """A pod template as it lies in the platform's bucket."""

    key: str
    """Made from the content: another template has another key, and a job goes on with the one it was started with."""
    content: str


def pod_templates(
    team: str, placements: Mapping[Component, Placement], tiers: Mapping[str, TierSpec]
) -> dict[tuple[str | None, Component], PodTemplate]:
    """Return a team's templates by tier and component; the tier is None for a team without *tiers*."""
    found: dict[tuple[str | None, Component], PodTemplate] = {}
    for tier in tiers or (None,):
        for component in COMPONENTS:
            priority_class = getattr(tiers[tier], component) if tier else None
            # JSON is YAML, and needs no library to write.
            content = json.dumps(pod_template(component, placements[component], priority_class), indent=2)
            digest = hashlib.sha256(content.encode()).hexdigest()[:12]
            steps = (team_prefix(team), "pod-templates", tier, digest, f"{component}.yaml")
            found[tier, component] = PodTemplate("/".join(filter(None, steps)), content)
    return found


def _tolerating(taints: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Return a toleration for each taint, given as key, value and effect in Kubernetes' spelling."""
    return [
        {"key": key, "operator": "Equal", "value": value, "effect": effect}
        if value
        else {"key": key, "operator": "Exists", "effect": effect}
        for key, value, effect in taints
    ]
