"""What Karpenter was told up to 0.32: Provisioner and AWSNodeTemplate.

https://github.com/aws/karpenter-provider-aws/tree/v0.18.1/charts/karpenter/crds; the rules are those of its webhooks
(`provisioner_validation.go`, `provider_validation.go`, `awsnodetemplate_validation.go`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from provisioners import _rules_node_pool as rules
from provisioners.labels import LabelKey, LabelValue
from provisioners.manifest import Manifest, Maybe, Part, Text, holds, whole
from provisioners.node_class import BlockDeviceMapping, Kubelet, MetadataOptions
from provisioners.node_pool import Taint
from provisioners.quantity import Quantity
from provisioners.spec import Items, Problem

Selector = Annotated[dict[Text, Text], holds(1, 20)]
"""Tags that must all match; under `aws-ids`, or `aws::ids`, ids with commas between them instead."""

IDS = ("aws-ids", "aws::ids")


class LegacyRequirement(Part):
    """What a node's label must be."""

    obeys = tuple(rule for rule in rules.REQUIREMENT if rule is not rules.min_values_within_values)

    key: LabelKey
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: Maybe[Items[LabelValue]] = None


class LegacyKubelet(Kubelet):
    """Arguments of the kubelet; `container_runtime` has had only one value since Kubernetes 1.24."""

    container_runtime: Maybe[Literal["containerd", "dockerd"]] = None


class Consolidation(Part):
    """Whether Karpenter replaces nodes that are not worth their price."""

    enabled: Maybe[bool] = None


class Limits(Part):
    """The most that the provisioner's nodes may have together."""

    resources: Maybe[dict[str, Quantity]] = None


class ProviderRef(Part):
    """The AWSNodeTemplate that says how nodes are made."""

    api_version: Maybe[str] = None
    kind: Maybe[Literal["AWSNodeTemplate"]] = None
    name: Text


class Provider(Part):
    """How nodes are made on EC2; a launch template stands in for most of it."""

    api_version: Maybe[str] = None
    kind: Maybe[str] = None
    ami_family: Maybe[Literal["AL2", "Bottlerocket", "Ubuntu", "Custom"]] = None
    block_device_mappings: Maybe[Items[BlockDeviceMapping]] = None
    context: Maybe[str] = None
    instance_profile: Maybe[Text] = None
    launch_template: Maybe[Text] = None
    metadata_options: Maybe[MetadataOptions] = None
    security_group_selector: Maybe[Selector] = None
    subnet_selector: Maybe[Selector] = None
    tags: Maybe[dict[Text, str]] = None

    def rules(self) -> Iterator[Problem]:
        if self.subnet_selector is None:
            yield Problem((), "must have a subnetSelector", hint="name tags of the subnets, or aws-ids")
        if self.launch_template is None and self.security_group_selector is None:
            yield Problem((), "must have a securityGroupSelector or a launchTemplate")
        if self.launch_template is not None:
            for name in sorted(self.model_fields_set & _IN_A_LAUNCH_TEMPLATE):
                alias = type(self).model_fields[name].alias or name
                yield Problem((alias,), "must not stand beside launchTemplate, which has its own")


_IN_A_LAUNCH_TEMPLATE = {
    "ami_family",
    "ami_selector",
    "block_device_mappings",
    "instance_profile",
    "metadata_options",
    "security_group_selector",
    "user_data",
}


class NodeTemplateSpec(Provider):
    """A provider with images and user data of its own."""

    ami_selector: Maybe[Selector] = None
    detailed_monitoring: Maybe[bool] = None
    user_data: Maybe[str] = None

    def rules(self) -> Iterator[Problem]:
        yield from super().rules()
        if self.ami_family == "Custom" and self.ami_selector is None:
            yield Problem((), "must have an amiSelector for the amiFamily Custom")


class AWSNodeTemplate(Manifest):
    """An AWSNodeTemplate as it was written to Kubernetes."""

    api_version: Literal["karpenter.k8s.aws/v1alpha1"] = "karpenter.k8s.aws/v1alpha1"
    kind: Literal["AWSNodeTemplate"] = "AWSNodeTemplate"
    spec: NodeTemplateSpec


class ProvisionerSpec(Part):
    """Which nodes may be launched, for whom, and how they end; times are in seconds."""

    obeys = (*rules.TEMPLATE_METADATA, rules.taints_differ)

    annotations: Maybe[dict[LabelKey, str]] = None
    consolidation: Maybe[Consolidation] = None
    kubelet_configuration: Maybe[LegacyKubelet] = None
    labels: Maybe[Annotated[dict[LabelKey, LabelValue], holds(0, 100)]] = None
    limits: Maybe[Limits] = None
    provider: Maybe[Provider] = None
    provider_ref: Maybe[ProviderRef] = None
    requirements: Maybe[Annotated[Items[LegacyRequirement], holds(0, 100)]] = None
    startup_taints: Maybe[Items[Taint]] = None
    taints: Maybe[Items[Taint]] = None
    ttl_seconds_after_empty: Maybe[Annotated[int, whole(0)]] = None
    ttl_seconds_until_expired: Maybe[Annotated[int, whole(0)]] = None
    weight: Maybe[Annotated[int, whole(1, 100)]] = None

    def rules(self) -> Iterator[Problem]:
        yield from super().rules()
        if self.provider is None and self.provider_ref is None:
            yield Problem((), "must have a provider or a providerRef")
        if self.provider is not None and self.provider_ref is not None:
            yield Problem(("providerRef",), "must not stand beside provider", hint="keep one of the two")
        if self.consolidates and self.ttl_seconds_after_empty is not None:
            yield Problem(("ttlSecondsAfterEmpty",), "must not stand beside consolidation", hint="keep one of the two")

    @property
    def consolidates(self) -> bool:
        """Whether nodes that are not worth their price are replaced."""
        return bool(self.consolidation and self.consolidation.enabled)


class Provisioner(Manifest):
    """A Provisioner as it was written to Kubernetes."""

    api_version: Literal["karpenter.sh/v1alpha5"] = "karpenter.sh/v1alpha5"
    kind: Literal["Provisioner"] = "Provisioner"
    spec: ProvisionerSpec
