"""Which way traffic takes, and what keeps pods apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.paths import mapping, strings
from emr_eks.review.references import references
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import HIGH, MEDIUM, Found, Rules, Subject

RULES = Rules()
_CUSTOM = "configuration_values.env.AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"
_ENFORCED = "configuration_values.enableNetworkPolicy"


@RULES.rule("vpc-endpoint-removed", "Traffic to an AWS service takes another way")
def endpoint(comparison: Comparison) -> Iterator[Found]:
    """Yield VPC endpoints that go while their VPC stays."""
    if any(step.action is Action.destroy for step in comparison.steps("aws_vpc")):
        return
    reachable = any(True for _ in comparison.new("aws_nat_gateway"))
    for step in comparison.steps("aws_vpc_endpoint"):
        if step.action is Action.destroy:
            service = _service(str(step.old("service_name")))
            way = "goes through the NAT gateway, which costs by the gigabyte" if reachable else "has no way any more"
            yield Found(
                Subject.of(step),
                MEDIUM if reachable else HIGH,
                f"what private subnets send to {service} {way}",
                "keep the endpoint",
            )


def _service(name: str) -> str:
    """Return the service, which may have a dot, of com.amazonaws.REGION.SERVICE."""
    return name.partition("amazonaws.")[2].partition(".")[2] or name


@RULES.rule("outgoing-address-changed", "Private subnets go out with another address")
def outgoing(comparison: Comparison) -> Iterator[Found]:
    """Yield routes that lead to another NAT gateway; of gateways that go or are replaced other rules tell."""
    told = {
        step.resource.address
        for step in comparison.steps("aws_nat_gateway")
        if step.action is Action.destroy or step.action.replaces
    }
    for step in comparison.steps("aws_route"):
        old, new = step.old("nat_gateway_id"), step.new("nat_gateway_id")
        leads_to = {each.address for value in (old, new) for each in references(value)}
        if old and new and old != new and not leads_to & told:
            yield Found(
                Subject.of(step),
                MEDIUM,
                "what it leads out comes from another public address: whoever lets in the old one only refuses it",
                "tell them the new addresses before (output `nat_public_ips`): make the gateways in a deployment of "
                "their own, if they must know them first",
            )


@RULES.rule("control-plane-zones", "The control plane gets subnets that it did not begin with")
def zones(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters that get another subnet, which EKS takes only in a zone that they have."""
    for step in comparison.steps("aws_eks_cluster"):
        if step.action is Action.update and _subnets(step.new("vpc_config")) - _subnets(step.old("vpc_config")):
            yield Found(
                Subject.of(step),
                HIGH,
                "EKS takes subnets only in the zones that the cluster was made with, and refuses all of the update "
                "when one is in another: https://github.com/aws/containers-roadmap/issues/2330",
                "name the zones of before in `cluster.availability_zones`; nodes can run in the new one all the same",
            )


def _subnets(config: Any) -> set[str]:
    return {*strings(mapping(config).get("subnet_ids"))}


@RULES.rule("network-policies-off", "Network policies are no longer enforced")
def policies(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters whose network add-on takes no notice of network policies any more."""
    for step in _network_addons(comparison):
        if _on(step.old(_ENFORCED)) and not _on(step.new(_ENFORCED)):
            yield Found(
                Subject.of(step),
                HIGH,
                "the network policies stay and do nothing: every pod reaches every other",
                "leave `enableNetworkPolicy` on, unless something else enforces them",
            )


@RULES.rule("pod-network-changed", "Pods get their addresses from other subnets")
def pods(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters whose pods go to subnets of their own, or back to those of the nodes."""
    for step in _network_addons(comparison):
        old, new = _on(step.old(_CUSTOM)), _on(step.new(_CUSTOM))
        if old != new:
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"pods get addresses of {'subnets of their own' if new else 'the subnets of their nodes'}, but only on "
                "nodes that start from now on",
                "replace the nodes that are there, group by group, before the old subnets go",
            )


def _network_addons(comparison: Comparison) -> Iterator[Step]:
    for step in comparison.steps("aws_eks_addon"):
        if step.before and step.after and step.old("addon_name") == "vpc-cni":
            yield step


def _on(value: Any) -> bool:
    return str(value).lower() == "true"
