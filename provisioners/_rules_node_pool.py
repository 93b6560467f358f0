"""The rules of NodePool that concern more than one field, as Karpenter 1.14 has them.

The API server's: https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/pkg/apis/crds/karpenter.sh_nodepools.yaml.
The controller's (`RuntimeValidate`):
https://github.com/kubernetes-sigs/karpenter/blob/main/pkg/apis/v1/nodepool_validation.go.
A pool that breaks one of the controller's is accepted by the API server and then launches no node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from provisioners import labels
from provisioners.cron import is_schedule
from provisioners.rules import rule
from provisioners.spec import Path, Problem

if TYPE_CHECKING:
    from provisioners.node_pool import Budget, NodePoolSpec, Requirement, TemplateMetadata, TemplateSpec

COMPARISONS = ("Gt", "Lt", "Gte", "Lte")
_KNOWN_VALUES = {labels.CAPACITY_TYPE: labels.CAPACITY_TYPES, labels.TENANCY: labels.TENANCIES}


def _nearest(word: str, among: Iterable[str]) -> str:
    """Return a hint that names the nearest of the words *among*, or all of them."""
    known = sorted(among)
    close = get_close_matches(word, known, n=1, cutoff=0.75)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}"


def _karpenters_own(key: str, path: Path) -> Iterator[Problem]:
    if key == "karpenter.sh/nodepool":
        yield Problem(path, "is set by Karpenter itself", key, "use a label of your own")
    elif labels.domain(key).endswith("karpenter.sh") and key != labels.CAPACITY_TYPE:
        yield Problem(
            path, "must not be in Karpenter's domain karpenter.sh", key, _nearest(key, [labels.CAPACITY_TYPE])
        )


def _hostname(key: str, path: Path) -> Iterator[Problem]:
    if key == labels.HOSTNAME:
        yield Problem(path, "is set by the kubelet and differs on every node", key, "use a label of your own")


def _aws_label(key: str, path: Path) -> Iterator[Problem]:
    if labels.domain(key).endswith("karpenter.k8s.aws") and key not in labels.AWS_LABELS:
        yield Problem(path, "is not a label that Karpenter knows", key, _nearest(key, labels.AWS_LABELS))


@rule(since="1.0", layer="cel")
def requirement_outside_karpenters_domain(requirement: Requirement) -> Iterator[Problem]:
    """Of karpenter.sh, only the capacity type can be asked for."""
    return _karpenters_own(requirement.key, ("key",))


@rule(since="1.0", layer="cel")
def requirement_not_on_hostname(requirement: Requirement) -> Iterator[Problem]:
    """Name no single machine."""
    return _hostname(requirement.key, ("key",))


@rule(since="1.0", layer="cel")
def requirement_on_known_aws_label(requirement: Requirement) -> Iterator[Problem]:
    """Of karpenter.k8s.aws, only the well-known labels can be asked for."""
    return _aws_label(requirement.key, ("key",))


@rule(since="1.0", layer="cel")
def in_names_values(requirement: Requirement) -> Iterator[Problem]:
    """`In` nothing matches nothing."""
    if requirement.operator == "In" and not requirement.values:
        yield Problem(("values",), "must hold at least one value for the operator In", hint="name what is allowed")


@rule(since="1.0", layer="cel")
def comparison_names_one_number(requirement: Requirement) -> Iterator[Problem]:
    """`Gt`, `Lt`, `Gte` and `Lte` compare with one whole number, which YAML has to quote."""
    if requirement.operator not in COMPARISONS:
        return
    values = requirement.values or ()
    if len(values) != 1 or not _is_number(values[0]):
        yield Problem(
            ("values",),
            f"must hold exactly one whole number, from 0, for the operator {requirement.operator}",
            list(values),
            "for example ['4']",
        )


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) < 2**63


@rule(since="1.0", layer="cel")
def min_values_within_values(requirement: Requirement) -> Iterator[Problem]:
    """Ask for no more distinct values than are allowed."""
    values, least = requirement.values or (), requirement.min_values
    if requirement.operator == "In" and least is not None and len(values) < least:
        yield Problem(
            ("minValues",),
            f"must be at most the number of values, {len(values)}",
            least,
            "add values or lower it",
        )


@rule(since="1.0", layer="run time")
def values_known_to_karpenter(requirement: Requirement) -> Iterator[Problem]:
    """Capacity type and tenancy have few values; with none of them the pool is never ready."""
    known = _KNOWN_VALUES.get(requirement.key, ())
    if known and requirement.operator in ("In", "NotIn"):
        for index, value in enumerate(requirement.values or ()):
            if value not in known:
                yield Problem(("values", index), f"must be one of {', '.join(known)}", value, _like(value, known))


def _like(value: str, known: Iterable[str]) -> str:
    """Return a hint for a value that differs only in case or in its hyphen: `ON_DEMAND`."""
    return _nearest(value.lower().replace("_", "-"), known)


@rule(since="1.0", layer="cel")
def label_outside_karpenters_domain(metadata: TemplateMetadata) -> Iterator[Problem]:
    """Nodes cannot be given Karpenter's own labels."""
    for key in metadata.labels or {}:
        yield from _karpenters_own(key, ("labels", key))


@rule(since="1.0", layer="cel")
def label_not_hostname(metadata: TemplateMetadata) -> Iterator[Problem]:
    """Nodes cannot all have one name."""
    for key in metadata.labels or {}:
        yield from _hostname(key, ("labels", key))


@rule(since="1.0", layer="cel")
def label_known_to_aws(metadata: TemplateMetadata) -> Iterator[Problem]:
    """Of karpenter.k8s.aws, nodes can be given only the well-known labels."""
    for key in metadata.labels or {}:
        yield from _aws_label(key, ("labels", key))


@rule(since="1.0", layer="run time")
def taints_differ(template: TemplateSpec) -> Iterator[Problem]:
    """No two taints, start-up taints included, have one key and effect."""
    seen: set[tuple[str, str]] = set()
    for field, taints in (("taints", template.taints), ("startupTaints", template.startup_taints)):
        for index, taint in enumerate(taints or ()):
            pair = (taint.key, taint.effect)
            if pair in seen:
                yield Problem(
                    (field, index),
                    "must differ from every other taint in key or effect",
                    ":".join(pair),
                    "remove one",
                )
            seen.add(pair)


@rule(since="1.0", layer="cel")
def schedule_with_duration(budget: Budget) -> Iterator[Problem]:
    """Say both from when and for how long, or neither."""
    if (budget.schedule is None) != (budget.duration is None):
        said, missing = ("schedule", "duration") if budget.duration is None else ("duration", "schedule")
        yield Problem((said,), f"must be set together with {missing}", hint=f"add {missing}, or remove {said}")


@rule(since="1.0", layer="run time")
def schedule_readable(budget: Budget) -> Iterator[Problem]:
    """Karpenter disrupts nothing at all while it cannot read a budget's schedule."""
    if budget.schedule is not None and not is_schedule(budget.schedule):
        yield Problem(
            ("schedule",),
            "must be a cron schedule in UTC: minute, hour, day of month, month, day of week",
            budget.schedule,
            "for example '0 9 * * mon-fri' or '@daily'",
        )


@rule(since="1.8", layer="cel")
def static_pool_limits_nodes_only(spec: NodePoolSpec) -> Iterator[Problem]:
    """Limit the nodes of a pool of fixed size, not their resources."""
    if spec.replicas is not None:
        for resource in spec.limits or {}:
            if resource != "nodes":
                yield Problem(
                    ("limits", resource),
                    "must not be limited in a pool with replicas",
                    hint="only nodes can be",
                )


@rule(since="1.8", layer="cel")
def static_pool_without_weight(spec: NodePoolSpec) -> Iterator[Problem]:
    """Give a pool of fixed size no weight: it is not chosen among others."""
    if spec.replicas is not None and spec.weight is not None:
        yield Problem(("weight",), "must not be set in a pool with replicas", spec.weight, "remove one of the two")


REQUIREMENT = (
    requirement_outside_karpenters_domain,
    requirement_not_on_hostname,
    requirement_on_known_aws_label,
    in_names_values,
    comparison_names_one_number,
    min_values_within_values,
    values_known_to_karpenter,
)
TEMPLATE_METADATA = (label_outside_karpenters_domain, label_not_hostname, label_known_to_aws)
TEMPLATE_SPEC = (taints_differ,)
BUDGET = (schedule_with_duration, schedule_readable)
NODE_POOL_SPEC = (static_pool_limits_nodes_only, static_pool_without_weight)
ALL = (*REQUIREMENT, *TEMPLATE_METADATA, *TEMPLATE_SPEC, *BUDGET, *NODE_POOL_SPEC)
