"""What can be reached from more places than before."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.paths import blocks, mapping, strings, whole
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import CRITICAL, HIGH, MEDIUM, Found, Rules, Subject

RULES = Rules()
_ANYWHERE = ("0.0.0.0/0", "::/0")
_PUBLIC_BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
_POD_SECURITY = "pod-security.kubernetes.io/enforce"
_LEVELS = ("privileged", "baseline", "restricted")


@RULES.rule("endpoint-exposed", "The Kubernetes API can be reached from more networks")
def endpoint(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters whose public endpoint opens, or opens further."""
    for step in comparison.steps("aws_eks_cluster"):
        if step.after is None:
            continue
        before = _reaching_cluster(step.old("vpc_config")) if step.before else []
        wider = _wider(before, _reaching_cluster(step.new("vpc_config")))
        if wider and (step.before or any(each in _ANYWHERE for each in wider)):
            anywhere = any(each in _ANYWHERE for each in wider)
            yield Found(
                Subject.of(step),
                CRITICAL if anywhere else HIGH,
                f"the API server answers {'the whole internet' if anywhere else ', '.join(wider)}; "
                f"before: {', '.join(before) or 'nobody outside the VPC'}",
                "name the networks of your own in `cluster.public_access_cidrs`, or leave the endpoint private",
            )


@RULES.rule("endpoint-closed", "The Kubernetes API can be reached from fewer networks")
def endpoint_closed(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters whose public endpoint closes to somebody."""
    for step in comparison.steps("aws_eks_cluster"):
        if step.before and step.after:
            after = _reaching_cluster(step.new("vpc_config"))
            lost = _wider(after, _reaching_cluster(step.old("vpc_config")))
            if lost:
                yield Found(
                    Subject.of(step),
                    MEDIUM,
                    f"{', '.join(lost)} can no longer reach the API server, so later stacks cannot be applied there",
                    "make sure that whoever deploys runs in the VPC, or in a network that is left",
                )


@RULES.rule("ingress-open", "A security group lets more in")
def ingress(comparison: Comparison) -> Iterator[Found]:
    """Yield security groups and rules that let in networks which were out."""
    kinds = (
        "aws_security_group",
        "aws_security_group_rule",
        "aws_vpc_security_group_ingress_rule",
        "aws_default_security_group",
    )
    for step in comparison.steps(*kinds):
        if step.after is None:
            continue
        old, new = _ingress(step.before.body if step.before else {}, step), _ingress(step.after.body, step)
        gained = [(ports, each) for ports, networks in new.items() for each in _wider(old.get(ports, []), networks)]
        open_to_all = any(network in _ANYWHERE for _, network in gained)
        if gained and (open_to_all or step.before):
            yield Found(
                Subject.of(step),
                CRITICAL if open_to_all else MEDIUM,
                f"it lets in {', '.join(f'{network} to {ports}' for ports, network in gained)}",
                "name the networks, or let in a security group instead",
            )


@RULES.rule("bucket-public", "A bucket's guard against being public is lowered")
def bucket_public(comparison: Comparison) -> Iterator[Found]:
    """Yield public access blocks that are lowered or go while their bucket stays, and public ACLs."""
    gone = {str(step.old("bucket")) for step in comparison.steps("aws_s3_bucket") if step.action is Action.destroy}
    for step in comparison.steps("aws_s3_bucket_public_access_block"):
        lowered = [name for name in _PUBLIC_BLOCKS if step.after and step.new(name) is not True]
        was = [name for name in lowered if step.before is None or step.old(name) is True]
        leaves = step.action is Action.destroy and not any(_is_destroyed(comparison, step, name) for name in gone)
        if was or leaves:
            what = "is removed" if leaves else f"no longer sets {', '.join(was)}"
            yield Found(
                Subject.of(step),
                CRITICAL,
                f"the guard against making the bucket public {what}",
                "keep all four settings on; share objects through roles",
            )
    for step in comparison.steps("aws_s3_bucket_acl", "aws_s3_object"):
        acl = step.new("acl")
        if isinstance(acl, str) and acl.startswith("public-") and step.old("acl") != acl:
            yield Found(Subject.of(step), CRITICAL, f"anybody can read it: its ACL is {acl}", "take the ACL out")


@RULES.rule("subnet-public", "Instances in a subnet get public addresses")
def subnet_public(comparison: Comparison) -> Iterator[Found]:
    """Yield subnets that give out public addresses and did not, and node classes that ask for them."""
    for step in comparison.steps("aws_subnet"):
        if step.new("map_public_ip_on_launch") is True and step.old("map_public_ip_on_launch") is not True:
            yield Found(
                Subject.of(step), HIGH, "instances that start in it can be reached from the internet", "leave it off"
            )
    for step in comparison.steps("kubernetes_manifest"):
        path = "manifest.spec.associatePublicIPAddress"
        if step.new(path) is True and step.old(path) is not True:
            yield Found(Subject.of(step), HIGH, "its nodes get public addresses", "leave it off")


@RULES.rule("private-route-to-internet", "A private route table leads to an internet gateway")
def internet_route(comparison: Comparison) -> Iterator[Found]:
    """Yield routes that stay and now lead to an internet gateway instead of a NAT gateway."""
    for step in comparison.steps("aws_route"):
        if step.before and step.after and step.new("gateway_id") and not step.old("gateway_id"):
            yield Found(
                Subject.of(step),
                HIGH,
                "what has a public address behind this route can be reached from the internet",
                "route through a NAT gateway",
            )


@RULES.rule("instance-metadata-open", "Pods can get the node's credentials")
def metadata(comparison: Comparison) -> Iterator[Found]:
    """Yield launch templates and node classes whose metadata service asks for less than it did."""
    for step in comparison.steps("aws_launch_template", "kubernetes_manifest"):
        place, tokens, hops = (
            ("metadata_options", "http_tokens", "http_put_response_hop_limit")
            if step.resource.type == "aws_launch_template"
            else ("manifest.spec.metadataOptions", "httpTokens", "httpPutResponseHopLimit")
        )
        optional = step.new(f"{place}.{tokens}") == "optional" and step.old(f"{place}.{tokens}") != "optional"
        further = (whole(step.new(f"{place}.{hops}")) or 0) > max(1, whole(step.old(f"{place}.{hops}")) or 0)
        if step.after and (optional or further):
            how = "without a token" if optional else "through another hop"
            yield Found(
                Subject.of(step),
                HIGH,
                f"the metadata service answers {how}: what runs in a pod can act as the node",
                "ask for tokens and keep the hop limit at 1; pods have roles of their own",
            )


@RULES.rule("pod-security-lowered", "Pods in a namespace may do more to their node")
def pod_security(comparison: Comparison) -> Iterator[Found]:
    """Yield namespaces whose pod security level falls."""
    for step in comparison.steps("kubernetes_namespace_v1", "kubernetes_namespace"):
        if step.before and step.after:
            old, new = (_level(mapping(side("metadata.labels")).get(_POD_SECURITY)) for side in (step.old, step.new))
            if new < old:
                yield Found(
                    Subject.of(step),
                    HIGH,
                    f"pods are held to {_LEVELS[new]} instead of {_LEVELS[old]}: they can come closer to the node",
                    "keep the level, and give the one pod that needs more a namespace of its own",
                )


@RULES.rule("network-policy-removed", "Pods can be reached by more pods")
def network_policy(comparison: Comparison) -> Iterator[Found]:
    """Yield network policies that go while their namespace stays."""
    gone = {
        str(s.old("metadata.name")) for s in comparison.steps("kubernetes_namespace_v1") if s.action is Action.destroy
    }
    for step in comparison.steps("kubernetes_network_policy_v1", "kubernetes_network_policy"):
        namespace = str(step.old("metadata.namespace"))
        stays = not any(
            s.resource.address in namespace for s in comparison.steps("kubernetes_namespace_v1") if s.after is None
        )
        if step.action is Action.destroy and stays and namespace not in gone:
            yield Found(
                Subject.of(step),
                HIGH,
                "what it kept out can reach the pods that it selected",
                "restore it, or show which other policy does the same",
            )


def _reaching_cluster(config: Any) -> list[str]:
    """Return the networks that reach the API server from outside; without a list EKS lets in everybody."""
    block = mapping(config)
    if block.get("endpoint_public_access", True) is False:
        return []
    return [*strings(block.get("public_access_cidrs"))] or ["0.0.0.0/0"]


def _wider(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """Return the networks of *after* that do not lie within one of *before*."""
    known = [network for network in map(_network, before) if network]
    return [text for text in after if not any(_within(_network(text), other) for other in known) and text not in before]


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _within(inner: Any, outer: Any) -> bool:
    return inner is not None and inner.version == outer.version and inner.subnet_of(outer)


def _ingress(body: dict[str, Any], step: Step) -> dict[str, list[str]]:
    """Return the networks that are let in, by ports."""
    kind = step.resource.type
    rules = blocks(body.get("ingress")) if kind in ("aws_security_group", "aws_default_security_group") else [body]
    found: dict[str, list[str]] = {}
    for rule in rules:
        if kind == "aws_security_group_rule" and rule.get("type") != "ingress":
            continue
        networks = [each for key in ("cidr_blocks", "ipv6_cidr_blocks") for each in strings(rule.get(key))]
        networks += [each for key in ("cidr_ipv4", "cidr_ipv6") for each in strings(rule.get(key))]
        if networks:
            found.setdefault(_ports(rule), []).extend(networks)
    return found


def _ports(rule: dict[str, Any]) -> str:
    protocol = str(rule.get("protocol") or rule.get("ip_protocol") or "")
    if protocol in ("-1", "all"):
        return "every port"
    first, last = rule.get("from_port"), rule.get("to_port")
    return f"port {first}" if first == last else f"ports {first} to {last}"


def _is_destroyed(comparison: Comparison, step: Step, bucket: str) -> bool:
    """Tell whether the bucket of *step* is the destroyed one, by its name or by reference."""
    owner = str(step.old("bucket"))
    references = [s.resource.address for s in comparison.steps("aws_s3_bucket") if s.action is Action.destroy]
    return owner == bucket or any(address in owner for address in references)


def _level(value: Any) -> int:
    return _LEVELS.index(value) if value in _LEVELS else 0
