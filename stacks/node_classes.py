"""What Karpenter's node classes name of the platform: its role, its network, and images for its Kubernetes. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from constructs_lib._karpenter import node_role_name
from constructs_lib._versions import numbers
from provisioners import labels
from provisioners.load import Pools
from provisioners.node_class import EC2NodeClass
from provisioners.source import Located
from provisioners.spec import Path, Problem

if TYPE_CHECKING:
    from stacks.platform import PlatformSpec

_WITHOUT_AL2 = (1, 33)
"""The first Kubernetes for which EKS has no images of Amazon Linux 2: https://docs.aws.amazon.com/eks/latest/userguide/al2023.html"""
_DISCOVERY = "karpenter.sh/discovery"


def problems(spec: PlatformSpec, pools: Pools) -> Iterator[Located]:
    """Yield what keeps nodes of a class from ever starting on the platform."""
    for each in pools.node_classes:
        for problem in (*_role(spec, each), *_image(spec, each)):
            yield _located(pools, each, problem)


def advice(spec: PlatformSpec, pools: Pools) -> Iterator[Located]:
    """Yield what finds or reaches nothing of what the platform builds, though somebody else may help there."""
    for each in pools.node_classes:
        for problem in (*_selectors(spec, each), *_profile(spec, each)):
            yield _located(pools, each, problem)


def _role(spec: PlatformSpec, each: EC2NodeClass) -> Iterator[Problem]:
    wanted = node_role_name(spec.cluster_name)
    if not spec.existing_cluster and each.spec.role not in (None, wanted):
        yield Problem(
            ("spec", "role"),
            f"must be {wanted}: the platform lets Karpenter give nodes no other role",
            each.spec.role,
            "write role: KarpenterNodeRole-${cluster_name}",
        )


def _profile(spec: PlatformSpec, each: EC2NodeClass) -> Iterator[Problem]:
    if spec.isolated and each.spec.role:
        yield Problem(
            ("spec", "role"),
            "makes Karpenter ask IAM for an instance profile, and IAM has no endpoint for a VPC without NAT gateways",
            hint="write instanceProfile: KarpenterNodeRole-${cluster_name} instead, which the platform makes there",
        )


def _image(spec: PlatformSpec, each: EC2NodeClass) -> Iterator[Problem]:
    for index, term in enumerate(each.spec.ami_selector_terms):
        if (term.alias or "").startswith("al2@") and numbers(spec.kubernetes_version) >= _WITHOUT_AL2:
            yield Problem(
                ("spec", "amiSelectorTerms", index, "alias"),
                f"must not be Amazon Linux 2, of which EKS has no images for Kubernetes {spec.kubernetes_version}",
                term.alias,
                "name a release of al2023",
            )


def _selectors(spec: PlatformSpec, each: EC2NodeClass) -> Iterator[Problem]:
    subnets = each.spec.subnet_selector_terms if spec.vpc else ()
    groups = each.spec.security_group_selector_terms if not spec.existing_cluster else ()
    terms: dict[Path, Mapping[str, str] | None] = {
        **{("spec", "subnetSelectorTerms", index): term.tags for index, term in enumerate(subnets)},
        **{("spec", "securityGroupSelectorTerms", index): term.tags for index, term in enumerate(groups)},
    }
    for path, tags in terms.items():
        for key, value in (tags or {}).items():
            found = key == _DISCOVERY and value in (spec.cluster_name, "*")
            if labels.domain(key) == "karpenter.sh" and not found:
                rule = f"finds nothing that the platform builds, all of which has {_DISCOVERY}: {spec.cluster_name}"
                yield Problem((*path, "tags", key), rule, value, f"write {_DISCOVERY}: ${{cluster_name}}")


def _located(pools: Pools, each: EC2NodeClass, problem: Problem) -> Located:
    return pools.documents[each.kind, each.metadata.name].located(problem.path, str(problem))
