"""Priority classes in the cluster."""

from __future__ import annotations

from cdktf_cdktf_provider_kubernetes.priority_class_v1 import PriorityClassV1, PriorityClassV1Metadata
from constructs import Construct

from constructs_lib._priority import PrioritiesSpec, PriorityClassSpec, TierSpec

__all__ = ["PrioritiesSpec", "PriorityClassSpec", "PriorityClasses", "TierSpec"]


class PriorityClasses(Construct):
    """Defines the priority classes of a platform; none of them is the cluster's default."""

    def __init__(self, scope: Construct, id: str, *, spec: PrioritiesSpec) -> None:
        super().__init__(scope, id)
        for name, one in sorted(spec.classes.items()):
            PriorityClassV1(
                self,
                name,
                metadata=PriorityClassV1Metadata(name=name),
                value=one.value,
                global_default=False,
                preemption_policy="PreemptLowerPriority" if one.preempts else "Never",
                description=_description(name, spec),
            )


def _description(name: str, spec: PrioritiesSpec) -> str:
    uses = [
        f"{component}s of tier {tier}"
        for tier, pair in sorted(spec.tiers.items())
        for component in ("driver", "executor")
        if getattr(pair, component) == name
    ]
    return f"Spark: {', '.join(uses)}" if uses else "Spark: no tier"
