"""A namespace with bounds: how much may run in it, and who may talk to it."""

from __future__ import annotations

from cdktf import TerraformResource
from cdktf_cdktf_provider_kubernetes.limit_range_v1 import (
    LimitRangeV1,
    LimitRangeV1Metadata,
    LimitRangeV1Spec,
    LimitRangeV1SpecLimit,
)
from cdktf_cdktf_provider_kubernetes.namespace_v1 import NamespaceV1, NamespaceV1Metadata
from cdktf_cdktf_provider_kubernetes.network_policy_v1 import (
    NetworkPolicyV1,
    NetworkPolicyV1Metadata,
    NetworkPolicyV1Spec,
    NetworkPolicyV1SpecIngress,
    NetworkPolicyV1SpecIngressFrom,
    NetworkPolicyV1SpecIngressFromPodSelector,
    NetworkPolicyV1SpecPodSelector,
)
from cdktf_cdktf_provider_kubernetes.resource_quota_v1 import (
    ResourceQuotaV1,
    ResourceQuotaV1Metadata,
    ResourceQuotaV1Spec,
)
from constructs import Construct

from constructs_lib._names import checked
from constructs_lib._namespace import DEFAULT_REQUEST, LABELS, QuotaSpec
from provisioners.spec import DnsLabel

__all__ = ["Namespace", "QuotaSpec", "metadata_name"]


class Namespace(Construct):
    """Defines a namespace whose pods keep to the baseline of Pod Security, hear only each other, and have a quota.

    Traffic from here to anywhere is free: Spark reads from wherever its data is.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, quota: QuotaSpec | None) -> None:
        super().__init__(scope, id)
        resource = NamespaceV1(
            self,
            "Resource",
            metadata=NamespaceV1Metadata(name=checked(DnsLabel, name, lambda: self.node.path), labels=LABELS),
        )
        self.name: str = metadata_name(resource)
        """The name by reference: what uses it waits for the namespace."""
        self._close()
        if quota:
            self._limit(quota)

    def _close(self) -> None:
        NetworkPolicyV1(
            self,
            "NetworkPolicy",
            metadata=NetworkPolicyV1Metadata(name="same-namespace", namespace=self.name),
            spec=NetworkPolicyV1Spec(
                pod_selector=NetworkPolicyV1SpecPodSelector(),
                policy_types=["Ingress"],
                ingress=[
                    NetworkPolicyV1SpecIngress(
                        from_=[NetworkPolicyV1SpecIngressFrom(pod_selector=NetworkPolicyV1SpecIngressFromPodSelector())]
                    )
                ],
            ),
        )

    def _limit(self, quota: QuotaSpec) -> None:
        ResourceQuotaV1(
            self,
            "Quota",
            metadata=ResourceQuotaV1Metadata(name="team", namespace=self.name),
            spec=ResourceQuotaV1Spec(hard=quota.hard),
        )
        LimitRangeV1(
            self,
            "LimitRange",
            metadata=LimitRangeV1Metadata(name="team", namespace=self.name),
            spec=LimitRangeV1Spec(limit=[LimitRangeV1SpecLimit(type="Container", default_request=DEFAULT_REQUEST)]),
        )


def metadata_name(resource: TerraformResource) -> str:
    """Return a Kubernetes object's name by reference; `metadata.name` says the same and asks Node twice."""
    return resource.get_string_attribute("metadata[0].name")
