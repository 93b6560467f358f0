"""The controllers that start and end nodes: whether they are there, what they hear, and how they reckon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.paths import whole
from emr_eks.review.report import Action, Severity
from emr_eks.review.risks.events import passed_on
from emr_eks.review.risks.rule import HIGH, LOW, MEDIUM, Found, Rules, Subject

RULES = Rules()
_NAMES = {"karpenter": "Karpenter", "cluster-autoscaler": "Cluster Autoscaler"}
_SETTINGS = "values.settings"


class _Gate(NamedTuple):
    """What one of Karpenter's features does when it is turned on, and when it is turned off."""

    on: tuple[Severity, str]
    off: tuple[Severity, str]


_GATES = {
    "nodeRepair": _Gate(
        (MEDIUM, "nodes that are not well are ended at once, whatever budgets and drains say"),
        (MEDIUM, "nodes that are not well stay, and so do the pods that hang there"),
    ),
    "reservedCapacity": _Gate(
        (LOW, "capacity reservations are used before anything else"),
        (MEDIUM, "capacity reservations are paid for and not used"),
    ),
    "spotToSpotConsolidation": _Gate(
        (MEDIUM, "Spot nodes are replaced by cheaper Spot nodes, and executors there are moved"),
        (LOW, "Spot nodes stay when cheaper ones would do"),
    ),
    "staticCapacity": _Gate(
        (LOW, "pools may have nodes that are always there"),
        (MEDIUM, "pools with `replicas` are no longer kept at their size"),
    ),
}
"""https://karpenter.sh/docs/reference/settings/#feature-gates"""


@RULES.rule("autoscaler-removed", "Nobody starts nodes any more")
def removed(comparison: Comparison) -> Iterator[Found]:
    """Yield the charts of Karpenter and of Cluster Autoscaler that go."""
    others = {str(each.body.get("chart")) for each in comparison.new("helm_release")}
    for step in comparison.steps("helm_release"):
        name = _NAMES.get(str(step.old("chart")))
        if name and step.action is Action.destroy:
            left = [_NAMES[chart] for chart in sorted(others & set(_NAMES))]
            instead = f"only {', '.join(left)} starts nodes" if left else "pods that fit nowhere wait for ever"
            yield Found(
                Subject.of(step),
                HIGH,
                f"{name} is removed: {instead}, and the nodes that it started stay until somebody ends them",
                "end its nodes first (delete its node pools and wait), then remove it",
            )


@RULES.rule("interruptions-unheard", "Karpenter no longer hears that nodes will go")
def interruptions(comparison: Comparison) -> Iterator[Found]:
    """Yield events that no longer reach Karpenter's queue, and a controller that no longer reads it."""
    goes = {str(s.old("chart")) for s in comparison.steps("helm_release") if s.action is Action.destroy}
    if "karpenter" in goes:
        return
    for each in passed_on(comparison, "sqs"):
        yield Found(
            Subject.of(each.step),
            HIGH,
            f"Karpenter does not hear of {each.what} any more: such nodes go without a drain",
            "leave its queue and rules as the release that is installed has them",
        )
    for step in _charts(comparison, "karpenter"):
        queue = f"{_SETTINGS}.interruptionQueue"
        if step.old(queue) and not step.new(queue):
            yield Found(
                Subject.of(step),
                HIGH,
                "Karpenter reads no queue any more: Spot nodes that AWS takes back go without a drain",
                "set `settings.interruptionQueue`",
            )


@RULES.rule("karpenter-gate-changed", "A feature of Karpenter is turned on or off")
def gates(comparison: Comparison) -> Iterator[Found]:
    """Yield Karpenter's feature gates that change."""
    for step in _charts(comparison, "karpenter"):
        for name, gate in _GATES.items():
            old, new = (side(f"{_SETTINGS}.featureGates.{name}") is True for side in (step.old, step.new))
            if old != new and step.changes("values"):
                severity, consequence = gate.on if new else gate.off
                yield Found(
                    Subject.of(step),
                    severity,
                    f"{name} is turned {'on' if new else 'off'}: {consequence}",
                    "check that pools and budgets are made for it",
                )


@RULES.rule("karpenter-settings-changed", "Karpenter reckons differently with nodes")
def settings(comparison: Comparison) -> Iterator[Found]:
    """Yield settings by which Karpenter takes a node for larger or smaller, and a controller without a spare copy."""
    for step in _charts(comparison, "karpenter"):
        for name, consequence in _RECKONED.items():
            old, new = (side(f"{_SETTINGS}.{name}") for side in (step.old, step.new))
            if old is not None and new is not None and str(old) != str(new):
                yield Found(
                    Subject.of(step),
                    MEDIUM,
                    f"{name} goes from {old} to {new}: {consequence}",
                    "run `emr-eks check`, and watch the first nodes that it launches",
                )
        if (whole(step.old("values.replicas")) or 0) > 1 and whole(step.new("values.replicas")) == 1:
            yield Found(
                Subject.of(step),
                LOW,
                "there is one copy of Karpenter: while it moves, no node is launched and no interruption is heard",
                "keep two",
            )


_RECKONED = {
    "vmMemoryOverheadPercent": "too little, and pods do not fit the nodes launched for them; too much, and memory is "
    "paid for and idle",
    "reservedENIs": "nodes are taken to hold another number of pods",
}


@RULES.rule("node-repair-off", "Nodes that are not well stay")
def repair(comparison: Comparison) -> Iterator[Found]:
    """Yield node groups that EKS no longer repairs."""
    for step in comparison.steps("aws_eks_node_group"):
        old, new = (side("node_repair_config.enabled") is True for side in (step.old, step.new))
        if step.before and step.after and old and not new:
            yield Found(
                Subject.of(step),
                MEDIUM,
                "EKS no longer replaces nodes that are not well: pods that hang there hang on",
                "leave it on, or say who looks after them",
            )


def _charts(comparison: Comparison, chart: str) -> Iterator[Step]:
    """Yield the releases of *chart* that stay and change."""
    for step in comparison.steps("helm_release"):
        if step.before and step.after and chart == step.old("chart") == step.new("chart"):
            yield step
