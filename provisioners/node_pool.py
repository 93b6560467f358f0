"""Karpenter's NodePool, `karpenter.sh/v1`: which nodes may be launched, for whom, and how they end.

https://karpenter.sh/docs/concepts/nodepools/
"""

from __future__ import annotations

from typing import Annotated, Literal

from provisioners import _rules_node_pool as rules
from provisioners.labels import LabelKey, LabelValue, TaintValue
from provisioners.manifest import (
    Duration,
    DurationOrNever,
    Manifest,
    Maybe,
    Part,
    Text,
    all_different,
    holds,
    whole,
)
from provisioners.quantity import Quantity
from provisioners.rules import Since
from provisioners.spec import Items, text
from provisioners.versions import LabelSince

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"]
Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
Reason = Literal["Underutilized", "Empty", "Drifted"]


class Requirement(Part):
    """What a node's label must be: `key operator values`; `min_values` asks for that many different ones."""

    obeys = rules.REQUIREMENT

    key: Annotated[LabelKey, LabelSince()]
    operator: Annotated[Operator, Since("1.9", "Gte", "Lte")]
    values: Maybe[Items[LabelValue]] = None
    min_values: Maybe[Annotated[int, whole(1, 50)]] = None


class Taint(Part):
    """Keeps pods that don't tolerate it off the node."""

    key: LabelKey
    effect: Effect
    value: Maybe[TaintValue] = None
    time_added: Maybe[
        Annotated[
            str,
            text(
                r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
                "must be a time, quoted",
                "for example '2026-01-31T12:00:00Z'",
            ),
        ]
    ] = None


class NodeClassRef(Part):
    """The node class that says how the nodes are made."""

    group: Annotated[
        str, text(r"[^/]+", "must be an API group without a version", "for nodes on EC2: karpenter.k8s.aws")
    ]
    kind: Text
    name: Text


class TemplateMetadata(Part):
    """Labels and annotations of every node."""

    obeys = rules.TEMPLATE_METADATA

    labels: Annotated[Maybe[Annotated[dict[LabelKey, LabelValue], holds(0, 100)]], LabelSince()] = None
    annotations: Maybe[dict[LabelKey, str]] = None


class TemplateSpec(Part):
    """What every node of the pool is like.

    A node older than `expire_after` (720h unless said) is drained and replaced. A drain waits for pods that ask for it,
    Spark drivers for example, but no longer than `termination_grace_period`, where that is said.
    """

    obeys = rules.TEMPLATE_SPEC

    node_class_ref: NodeClassRef
    requirements: Annotated[Items[Requirement], holds(0, 100)]
    taints: Maybe[Items[Taint]] = None
    startup_taints: Maybe[Items[Taint]] = None
    expire_after: Maybe[DurationOrNever] = None
    termination_grace_period: Maybe[Duration] = None


class Template(Part):
    """The pattern of the pool's nodes."""

    metadata: Maybe[TemplateMetadata] = None
    spec: TemplateSpec


class Budget(Part):
    """How many nodes may be disrupted at one time: a number or a share, 10% unless said."""

    obeys = rules.BUDGET

    nodes: Maybe[
        Annotated[
            str,
            text(
                r"(100|[0-9]{1,2})%|[0-9]+",
                "must be a number of nodes or a share of them, quoted",
                "for example '10%'",
            ),
        ]
    ] = None
    reasons: Maybe[Annotated[Items[Reason], holds(0, 50), all_different]] = None
    schedule: Maybe[str] = None
    duration: Maybe[
        Annotated[
            str,
            text(
                r"([0-9]+[hm]|[0-9]+h[0-9]+m)(0s)?",
                "must be a length of time in hours and minutes",
                "for example '8h' or '1h30m'",
            ),
        ]
    ] = None


class Disruption(Part):
    """When Karpenter may end nodes that are empty, or replace those that are not worth their price."""

    consolidate_after: DurationOrNever
    consolidation_policy: Annotated[
        Maybe[Literal["WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"]], Since("1.14", "Balanced")
    ] = None
    budgets: Maybe[Annotated[Items[Budget], holds(0, 50)]] = None


class NodePoolSpec(Part):
    """The pool itself: of fixed size with `replicas`; of several pools the heaviest comes first."""

    obeys = rules.NODE_POOL_SPEC

    template: Template
    disruption: Maybe[Disruption] = None
    limits: Maybe[dict[str, Quantity]] = None
    weight: Maybe[Annotated[int, whole(1, 100)]] = None
    replicas: Annotated[Maybe[Annotated[int, whole(0)]], Since("1.8")] = None


class NodePool(Manifest):
    """A NodePool as written to Kubernetes."""

    api_version: Annotated[Literal["karpenter.sh/v1"], Since("1.0")] = "karpenter.sh/v1"
    kind: Literal["NodePool"] = "NodePool"
    spec: NodePoolSpec
