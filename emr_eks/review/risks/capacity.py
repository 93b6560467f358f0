"""How many nodes there can be, of which kind, and how often they go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.differences import Difference
from emr_eks.review.paths import at, blocks, listed, mapping, matches, strings, whole
from emr_eks.review.references import references
from emr_eks.review.risks.rule import HIGH, LOW, MEDIUM, Found, Rules, Subject
from provisioners.quantity import amount

RULES = Rules()
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([hms])")
_POOL, _CLASS = "NodePool", "EC2NodeClass"
_GRACE = "spec.template.spec.terminationGracePeriod"
_INSTANCE_KEYS = "node.kubernetes.io/instance-type", "karpenter.k8s.aws/instance-"


@RULES.rule("capacity-lowered", "There can be fewer nodes than before")
def lowered(comparison: Comparison) -> Iterator[Found]:
    """Yield node groups and node pools whose limits fall, with the numbers."""
    for step, what, before, after in _limits(comparison):
        if after is not None and (before is None or _number(after) < _number(before)):
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"{what} falls from {before if before is not None else 'no limit'} to {after}: "
                "jobs that need more wait, and nodes over it are not replaced",
                "compare it with what runs at the busiest hour",
            )


@RULES.rule("capacity-raised", "There can be more nodes than before")
def raised(comparison: Comparison) -> Iterator[Found]:
    """Yield node groups and node pools whose limits rise, with the numbers."""
    for step, what, before, after in _limits(comparison):
        if before is not None and (after is None or _number(after) > _number(before)):
            yield Found(
                Subject.of(step),
                MEDIUM if after is None else LOW,
                f"{what} rises from {before} to {'no limit' if after is None else after}: it can cost that much more",
                "check the account's quotas and the budget",
            )


@RULES.rule("minimum-changed", "Fewer or more nodes are always there")
def minimum(comparison: Comparison) -> Iterator[Found]:
    """Yield node groups whose smallest size changes."""
    for step in comparison.steps("aws_eks_node_group"):
        before, after = (whole(side("scaling_config.min_size")) for side in (step.old, step.new))
        if not (step.before and step.after) or before is None or after is None or after == before:
            continue
        change = f"the smallest size goes from {before} to {after} nodes"
        if after < before:
            found = MEDIUM, change, "keep two for Karpenter's controller"
        else:
            # The number of nodes belongs to whoever scales, so Terraform sends the one that it finds.
            found = (
                LOW,
                f"{change}, which EKS refuses while there are fewer; they cost money all the time",
                f"first let there be {after}: `aws eks update-nodegroup-config --scaling-config desiredSize={after}`",
            )
        yield Found(Subject.of(step), *found)


@RULES.rule("instances-changed", "Nodes are of other instance types")
def instances(comparison: Comparison) -> Iterator[Found]:
    """Yield groups and pools that may use other instance types, with those that go and come."""
    for step in comparison.steps("aws_eks_node_group", "kubernetes_manifest"):
        if step.before and step.after:
            for what, old, new in _instance_choices(step):
                if old != new:
                    gone, came = sorted(old - new), sorted(new - old)
                    yield Found(
                        Subject.of(step),
                        MEDIUM if gone else LOW,
                        f"{what}: {', '.join([*(f'-{each}' for each in gone), *(f'+{each}' for each in came)])}",
                        "check that jobs fit, that enough zones offer them, and the quota for them",
                    )


@RULES.rule("capacity-type-changed", "Nodes are bought another way")
def capacity_type(comparison: Comparison) -> Iterator[Found]:
    """Yield groups and pools that go to Spot or come from it."""
    for step in comparison.steps("aws_eks_node_group", "kubernetes_manifest"):
        if step.before and step.after:
            old, new = _capacity_types(step.old), _capacity_types(step.new)
            if old != new:
                spot = "spot" in new - old
                yield Found(
                    Subject.of(step),
                    HIGH if spot else MEDIUM,
                    f"capacity goes from {', '.join(sorted(old)) or 'any'} to {', '.join(sorted(new)) or 'any'}: "
                    + (
                        "AWS takes nodes back at two minutes' notice, and a lost driver ends its job"
                        if spot
                        else "the price changes"
                    ),
                    "keep drivers and controllers on demand" if spot else "check the budget",
                )


@RULES.rule("disruption-loosened", "Nodes are taken away more readily")
def disruption(comparison: Comparison) -> Iterator[Found]:
    """Yield pools that consolidate more or sooner, give up more nodes at a time, or expire them sooner."""
    for step in _pools(comparison):
        if step.before and step.after:
            for what, next_step in _loosened(step):
                yield Found(Subject.of(step), MEDIUM, what, next_step)
    for step in comparison.steps("aws_eks_node_group"):
        old, new = (whole(side("update_config.max_unavailable_percentage")) for side in (step.old, step.new))
        if old is not None and new is not None and new > old:
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"an update replaces {new}% of its nodes at a time instead of {old}%: what runs there ends together",
                "leave room for what has to go on meanwhile, such as one of two copies of a controller",
            )
    for step in comparison.steps("helm_release"):
        if step.before and step.after and step.new("chart") == "cluster-autoscaler":
            for what in _scaled_down_sooner(step):
                yield Found(Subject.of(step), MEDIUM, what, "let drivers run on a group of their own")


@RULES.rule("nodes-tainted", "Fewer pods may run on a node group")
def tainted(comparison: Comparison) -> Iterator[Found]:
    """Yield node groups that get taints; EKS puts them on nodes that are there, too."""
    for step in comparison.steps("aws_eks_node_group"):
        if step.before and step.after and not step.action.replaces:
            new = _taints(step.new("taint")) - _taints(step.old("taint"))
            if new:
                evicts = any(effect == "NO_EXECUTE" for _, effect in new)
                told = ", ".join(f"{key}:{effect}" for key, effect in sorted(new))
                yield Found(
                    Subject.of(step),
                    HIGH if evicts else MEDIUM,
                    f"its nodes get {told}: pods that do not tolerate it "
                    + ("are ended there" if evicts else "no longer start there"),
                    "let what runs there tolerate it first",
                )


@RULES.rule("pool-removed", "A node pool or node group is removed")
def pool_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield pools that go, and who selects them."""
    selected = {text for resource in comparison.new("aws_s3_object") for text in _selected_pools(resource.body)}
    for step in comparison.steps("kubernetes_manifest"):
        if step.action.removes and step.old("manifest.kind") == _POOL:
            name = str(step.old("manifest.metadata.name"))
            used = name in selected and step.after is None
            yield Found(
                Subject.of(step),
                HIGH,
                f"Karpenter drains and ends every node of {name}"
                + (", and pods of teams that select it never start again" if used else ""),
                "let its jobs end first" + ("; move the teams to another pool" if used else ""),
            )


@RULES.rule("nodes-rolled", "Every node of a pool or group is replaced")
def rolled(comparison: Comparison) -> Iterator[Found]:
    """Yield changes that make Karpenter or EKS replace running nodes one after another."""
    for step in comparison.steps("kubernetes_manifest", "aws_eks_node_group"):
        why = _rolls(comparison, step)
        if why:
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"every node is replaced, because {why} changes: executors are moved, and "
                + _drivers_of(comparison, step),
                "apply when no long job runs, or with a disruption budget",
            )


def _limits(comparison: Comparison) -> Iterator[tuple[Step, str, Any, Any]]:
    for step in comparison.steps("aws_eks_node_group"):
        if step.before and step.after and step.changes("scaling_config.max_size"):
            yield step, "the largest size", step.old("scaling_config.max_size"), step.new("scaling_config.max_size")
    for step in _pools(comparison):
        if step.before and step.after:
            old, new = (mapping(side("manifest.spec.limits")) for side in (step.old, step.new))
            for name in sorted({*old, *new}):
                if old.get(name) != new.get(name):
                    yield step, f"the limit of {name}", old.get(name), new.get(name)
            if step.changes("manifest.spec.replicas"):
                yield (
                    step,
                    "the number of nodes",
                    step.old("manifest.spec.replicas"),
                    step.new("manifest.spec.replicas"),
                )


def _pools(comparison: Comparison, kind: str = _POOL) -> Iterator[Step]:
    for step in comparison.steps("kubernetes_manifest"):
        if kind in (step.old("manifest.kind"), step.new("manifest.kind")):
            yield step


def _taints(value: Any) -> set[tuple[str, str]]:
    return {
        (f"{each.get('key')}={each.get('value') or ''}".rstrip("="), str(each.get("effect"))) for each in blocks(value)
    }


def _number(value: Any) -> float:
    try:
        return float(amount(str(value)))
    except ValueError:
        return 0.0


def _requirements(side: Any) -> dict[tuple[str, str], set[str]]:
    found = blocks(side("manifest.spec.template.spec.requirements"))
    return {
        (str(each.get("key")), str(each.get("operator"))): {*map(str, listed(each.get("values")))} for each in found
    }


def _instance_choices(step: Step) -> Iterator[tuple[str, set[str], set[str]]]:
    if step.resource.type == "aws_eks_node_group":
        yield "instance types", {*strings(step.old("instance_types"))}, {*strings(step.new("instance_types"))}
    old, new = _requirements(step.old), _requirements(step.new)
    for key, operator in sorted({*old, *new}):
        if key.startswith(_INSTANCE_KEYS) or key == "kubernetes.io/arch":
            name = f"{key} {operator}" if operator != "In" else key
            yield name, old.get((key, operator), set()), new.get((key, operator), set())


def _capacity_types(side: Any) -> set[str]:
    named = side("capacity_type")
    if named:
        return {str(named).lower().replace("_", "-")}
    return _requirements(side).get(("karpenter.sh/capacity-type", "In"), set())


def _loosened(step: Step) -> Iterator[tuple[str, str]]:
    """Yield what makes Karpenter end more nodes or sooner, and the next step.

    The platform's drivers carry karpenter.sh/do-not-disrupt, which only a terminationGracePeriod overrules:
    https://karpenter.sh/docs/concepts/disruption/#pod-level-controls
    """
    policy = "manifest.spec.disruption.consolidationPolicy"
    moved = "executors are moved more often; a node with a driver of the platform's pod templates stays"
    own = "let drivers with a pod template of your own carry karpenter.sh/do-not-disrupt too"
    if step.old(policy) == "WhenEmpty" and step.new(policy) != "WhenEmpty":
        yield f"consolidation goes from WhenEmpty to {step.new(policy)}: {moved}", own
    before, after = (side("manifest.spec.disruption.consolidateAfter") for side in (step.old, step.new))
    if _hours(after) < _hours(before) and step.new(policy) != "WhenEmpty":
        yield f"nodes that are hardly used go {after} instead of {before} after a pod last came or went: {moved}", own
    old, new = (_budget(side("manifest.spec.disruption.budgets")) for side in (step.old, step.new))
    if new > old:
        yield f"the disruption budget rises from {old:g}% to {new:g}%: {moved}", own
    grace = step.new(f"manifest.{_GRACE}")
    before, after = (side("manifest.spec.template.spec.expireAfter") for side in (step.old, step.new))
    if _hours(after) < _hours(before):
        lived = f"nodes live {after} instead of {before if before is not None else 'without end'}"
        if grace:
            yield f"{lived}: {_ended(grace)}", "let the two together outlast the longest job"
        else:
            waits = "a node with a driver then takes no other pods, and is paid for until the driver ends"
            yield f"{lived}: {waits}", "let nodes live longer than most jobs run"
    before = step.old(f"manifest.{_GRACE}")
    if _hours(grace) < _hours(before):
        waited = f"a drain waits {grace} instead of {before if before is not None else 'without end'}"
        yield (
            f"{waited}: {_ended(grace)}",
            "let it outlast the longest job, or leave it out: a drain then waits for drivers",
        )


def _ended(grace: Any) -> str:
    return f"a driver that still runs after a drain of {grace} is ended, and its job with it"


def _scaled_down_sooner(step: Step) -> Iterator[str]:
    """Yield what makes Cluster Autoscaler end nodes that it would have kept.

    https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md#how-does-scale-down-work
    """
    arguments = "values.extraArgs"
    before, after = (side(f"{arguments}.scale-down-unneeded-time") for side in (step.old, step.new))
    if _hours(after) < _hours(before):
        yield f"nodes that are hardly used go after {after} instead of {before}, and executors there are moved"
    for kind in ("local-storage", "system-pods"):
        old, new = (side(f"{arguments}.skip-nodes-with-{kind}") for side in (step.old, step.new))
        if old is True and new is False:
            yield f"nodes are ended in spite of {kind.replace('-', ' ')} there"


def _budget(budgets: Any) -> float:
    """Return how much of a pool may go at a time, in per cent; Karpenter's default is 10%, the tightest budget holds.

    A number of nodes is taken for as many per cent.
    """
    found = [str(each.get("nodes", "")).removesuffix("%") for each in blocks(budgets) if not each.get("schedule")]
    return min((float(each) for each in found if each.isdecimal()), default=10.0)


def _hours(duration: Any) -> float:
    """Return a duration of Karpenter, such as `168h` or `1h30m`, in hours; Never, or nothing, is without end."""
    if not isinstance(duration, str) or duration == "Never":
        return float("inf")
    scales = {"h": 1, "m": 1 / 60, "s": 1 / 3600}
    return sum(float(number) * scales[unit] for number, unit in _DURATION.findall(duration))


def _selected_pools(body: dict[str, Any]) -> Iterator[str]:
    content = body.get("content")
    spec = content.get("spec") if isinstance(content, dict) else None
    selector = spec.get("nodeSelector") if isinstance(spec, dict) else None
    if isinstance(selector, dict):
        yield from strings(selector.get("karpenter.sh/nodepool"))


def _rolls(comparison: Comparison, step: Step) -> str | None:
    """Return what makes running nodes be replaced; Karpenter calls it drift (https://karpenter.sh/docs/concepts/disruption/)."""
    if step.before is None or step.after is None or step.action.replaces:
        return None
    if step.resource.type == "aws_eks_node_group":
        if step.changes("version") or step.changes("release_version"):
            return "its version"
        if step.changes("launch_template.version") or any("latest_version" in each for each in step.reasons):
            return _template_changes(comparison, step)
        return None
    kind = step.new("manifest.kind")
    if kind == _CLASS and step.changes("manifest.spec"):
        return "its node class"
    if kind == _POOL and any(_drifts(each) for each in step.differences):
        return "its template"
    return None


def _drivers_of(comparison: Comparison, step: Step) -> str:
    """Say what becomes of drivers on the nodes that are replaced; Karpenter lets them be, as `_loosened` says."""
    if step.resource.type == "aws_eks_node_group":
        return "drivers that run longer than the drain are ended"
    pools = [each.body for each in comparison.old("kubernetes_manifest") if _is_pool_of(each.body, step)]
    graces = sorted({str(grace) for each in pools if (grace := at(each, f"manifest.{_GRACE}"))})
    return _ended(" or ".join(graces)) if graces else "a node with a driver waits until the driver ends"


def _is_pool_of(body: dict[str, Any], step: Step) -> bool:
    """Tell whether *body* is the pool of *step*, or one whose nodes are of its class."""
    pool, changed = mapping(body.get("manifest")), step.old("manifest.metadata.name")
    named = "metadata.name" if step.old("manifest.kind") == _POOL else "spec.template.spec.nodeClassRef.name"
    return pool.get("kind") == _POOL and at(pool, named) == changed


def _template_changes(comparison: Comparison, group: Step) -> str:
    """Return the launch template of *group*, with what changes in it."""
    read = {reference.address for reference in references(group.new("launch_template.id"))}
    changed = {
        each.path[0]
        for step in comparison.steps("aws_launch_template")
        if step.resource.stack == group.resource.stack
        and (step.resource.address in read or step.new("id") == group.new("launch_template.id"))
        for each in step.differences
    }
    return f"its launch template ({', '.join(sorted(changed))})" if changed else "its launch template"


def _drifts(difference: Difference) -> bool:
    """Tell whether nodes are no longer what the pool's template says; those that fit further values too stay."""
    if not matches(difference.path, "manifest.spec.template"):
        return False
    further = difference.before is None and difference.path[-2:] == ("values", "[]")
    return not (further and any(each.endswith(" In]") for each in difference.path))
