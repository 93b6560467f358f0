"""The bounds of a team's namespace, as data."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provisioners.spec import Spec


class QuotaSpec(Spec):
    """What all pods of a namespace may ask for together, so that no team starves the others.

    https://kubernetes.io/docs/concepts/policy/resource-quotas/
    """

    cpu: Annotated[int, Field(ge=1)] = Field(default=1000, description="vCPUs requested by all pods together.")
    memory_gib: Annotated[int, Field(ge=1)] = Field(
        default=8000, description="GiB of memory requested by all pods together."
    )
    pods: Annotated[int, Field(ge=3)] = Field(
        default=2000, description="Pods that have not ended; a job has three: its submitter, driver and executor."
    )

    @property
    def hard(self) -> dict[str, str]:
        """The quota as Kubernetes spells it; nothing of a team is published outside the cluster."""
        return {
            "requests.cpu": str(self.cpu),
            "requests.memory": f"{self.memory_gib}Gi",
            "pods": str(self.pods),
            "services.loadbalancers": "0",
            "services.nodeports": "0",
        }


DEFAULT_REQUEST = {"cpu": "100m", "memory": "256Mi"}
"""What a container asks for that does not say: a quota refuses pods that ask for nothing."""

LABELS = {
    "app.kubernetes.io/managed-by": "emr-eks",
    # Spark's pods run as an ordinary user but may mount what a job brings, so baseline, not restricted.
    "pod-security.kubernetes.io/enforce": "baseline",
}
"""https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
