"""Which pods give way to which: priority classes, and tiers of jobs made from them, as data.

A full cluster evicts pods of a lower class for pods of a higher one. A job that loses an executor asks for another;
a job that loses its driver is lost. So each tier pairs a class for executors with one for drivers, and no executor
of any tier may outrank a driver of any tier.
https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from provisioners.spec import DnsLabel, Problem, Spec, text

ClassName = Annotated[
    str,
    text(
        r"(?!system-)[a-z0-9]([-a-z0-9.]*[a-z0-9])?",
        "must be the name of a priority class: at most 253 lower-case letters, digits, hyphens and dots, not beginning "
        "with 'system-'",
        "for example 'low-priority'",
        max_length=253,
    ),
]

HIGHEST = 1_000_000_000
"""Higher values are Kubernetes' own."""


class PriorityClassSpec(Spec):
    """A priority class; it is never the default of pods that name none."""

    value: Annotated[int, Field(ge=-(2**31), le=HIGHEST)] = Field(
        description="The higher, the more important; pods without a class have 0.", examples=[200]
    )
    preempts: bool = Field(
        default=True, description="Whether its pods may evict lower ones, or only queue before them."
    )


class TierSpec(Spec):
    """What a job of this tier gives way to."""

    driver: ClassName = Field(description="The class of drivers.", examples=["critical-priority"])
    executor: ClassName = Field(description="The class of executors.", examples=["low-priority"])


class PrioritiesSpec(Spec):
    """Priority classes, and the tiers that jobs choose from."""

    classes: dict[ClassName, PriorityClassSpec] = Field(
        default={
            "critical-priority": PriorityClassSpec(value=400),
            "realtime-priority": PriorityClassSpec(value=300),
            "high-priority": PriorityClassSpec(value=200),
            "low-priority": PriorityClassSpec(value=100),
        },
        description="Priority classes by name; the names are the whole cluster's.",
    )
    tiers: dict[DnsLabel, TierSpec] = Field(
        default={
            tier: TierSpec(driver="critical-priority", executor=f"{tier}-priority")
            for tier in ("critical", "realtime", "high", "low")
        },
        description="Tiers by name; a team lists those that its jobs may run in.",
    )

    @property
    def lowest(self) -> str | None:
        """The tier whose executors give way first, or None where there are no tiers."""
        return min(sorted(self.tiers), key=lambda name: self.classes[self.tiers[name].executor].value, default=None)

    def rules(self) -> Iterator[Problem]:
        for name in sorted(self.tiers):
            for component in ("driver", "executor"):
                wanted = getattr(self.tiers[name], component)
                if wanted not in self.classes:
                    known = ", ".join(sorted(self.classes)) or "none"
                    yield Problem(
                        ("tiers", name, component), f"must be one of the classes {known}", wanted, reads=(("classes",),)
                    )
        if all({tier.driver, tier.executor} <= set(self.classes) for tier in self.tiers.values()):
            yield from self._drivers_are_safe()

    def _drivers_are_safe(self) -> Iterator[Problem]:
        values = {name: spec.value for name, spec in self.classes.items()}
        highest = max((values[tier.executor] for tier in self.tiers.values()), default=0)
        for name in sorted(self.tiers):
            driver = self.tiers[name].driver
            if values[driver] < highest:
                yield Problem(
                    ("tiers", name, "driver"),
                    f"must have a value of at least {highest}, the highest of all executors, which would evict it",
                    driver,
                    reads=(("classes",), ("tiers",)),
                )
