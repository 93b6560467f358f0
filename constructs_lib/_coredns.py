"""How CoreDNS grows with the cluster, as data.

https://docs.aws.amazon.com/eks/latest/userguide/coredns-autoscaling.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from provisioners.spec import Path, Problem, Spec

COREDNS = "coredns"
_FIRST = (1, 11, 1, 9)
"""v1.11.1-eksbuild.9, the first for Kubernetes 1.29 and later that scales."""

Replicas = Annotated[int, Field(ge=2, le=1000)]
"""As the add-on's own schema has it: `aws eks describe-addon-configuration --addon-name coredns`."""


class CorednsAutoscalingSpec(Spec):
    """CoreDNS with a copy for every 16 nodes or 256 vCPUs, whichever are more; EKS itself scales it."""

    min_replicas: Replicas = Field(default=2, description="The fewest copies.")
    max_replicas: Replicas = Field(default=20, description="The most copies; 20 serve 320 nodes or 5,120 vCPUs.")

    def rules(self) -> Iterator[Problem]:
        if self.min_replicas > self.max_replicas:
            yield Problem(
                ("min_replicas",),
                f"must be at most max_replicas, which is {self.max_replicas}",
                self.min_replicas,
                reads=(("max_replicas",),),
            )


def coredns(spec: CorednsAutoscalingSpec) -> dict[str, Any]:
    """Return the configuration of the add-on coredns that lets EKS scale it."""
    return {
        "autoScaling": {"enabled": True, "minReplicas": spec.min_replicas, "maxReplicas": spec.max_replicas},
    }


def scaled_otherwise(version: str | None, configuration: dict[str, Any]) -> Iterator[Problem]:
    """Yield what in the add-on's own *version* and *configuration* keeps EKS from scaling it."""
    place: Path = ("coredns_autoscaling",)
    numbers = tuple(map(int, re.findall(r"\d+", version or "")[:4]))
    if numbers and numbers < _FIRST:
        yield Problem(
            ("addons", COREDNS, "version"),
            "must be at least v1.11.1-eksbuild.9 to be scaled by EKS",
            version,
            "leave it out, and EKS chooses",
            reads=(place,),
        )
    for key in ("autoScaling", "replicaCount"):
        if key in configuration:
            yield Problem(
                ("addons", COREDNS, "configuration", key),
                "must not stand beside coredns_autoscaling, which says how many copies there are",
                configuration[key],
                "keep one of the two",
                reads=(place,),
            )
