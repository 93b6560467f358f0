"""What Terraform would do in an order that fails, or that takes something away too early."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from emr_eks.review.compare import Comparison
from emr_eks.review.references import references, resolver, rewritten
from emr_eks.review.renames import Key
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import HIGH, Found, Rules, Subject

RULES = Rules()
_NAMES = {
    "aws_eks_cluster": "name",
    "aws_eks_node_group": "node_group_name",
    "aws_iam_policy": "name",
    "aws_iam_role": "name",
    "aws_launch_template": "name",
    "aws_s3_bucket": "bucket",
    "aws_security_group": "name",
    "aws_sqs_queue": "name",
}
# What AWS refuses to delete while one of these is in it.
_HOLDERS = {
    "aws_eks_cluster": (
        "aws_eks_node_group",
        "aws_eks_addon",
        "aws_eks_access_entry",
        "aws_eks_pod_identity_association",
    ),
    "aws_vpc": ("aws_subnet", "aws_internet_gateway", "aws_security_group", "aws_vpc_endpoint"),
    "aws_subnet": ("aws_nat_gateway", "aws_eks_node_group"),
    "aws_iam_role": ("aws_iam_role_policy_attachment",),
}


@RULES.rule("created-before-name-free", "A replacement is created while its name is taken")
def name_taken(comparison: Comparison) -> Iterator[Found]:
    """Yield what is created before the old one goes, under the same name."""
    for step in comparison.steps(*_NAMES):
        name = _NAMES[step.resource.type]
        if step.action is Action.replace_create_first and step.new(name) and step.old(name) == step.new(name):
            yield Found(
                Subject.of(step),
                HIGH,
                f"the new one is created before the old one goes, both called {step.new(name)}: the apply fails",
                "use a name prefix, change the name, or take create_before_destroy out",
            )


@RULES.rule("replaced-under-others", "Something is replaced while what stays depends on it")
def replaced_under(comparison: Comparison) -> Iterator[Found]:
    """Yield what cannot be deleted, since things in it are not replaced with it."""
    replaced = [step for step in comparison.steps(*_HOLDERS) if step.action.replaces]
    staying = _staying(comparison) if replaced else {}
    for step in replaced:
        inside = sorted(
            "/".join(key)
            for key, kind in staying.get((step.resource.stack, step.resource.address), {}).items()
            if kind in _HOLDERS[step.resource.type]
        )
        if inside:
            yield Found(
                Subject.of(step),
                HIGH,
                f"AWS refuses to delete it while {len(inside)} of what is in it stays: the apply stops half-way",
                "replace them too, or build the new one beside it",
                tuple(inside),
            )


def _staying(comparison: Comparison) -> dict[Key, dict[Key, str]]:
    """Return what is there before, is not removed, and refers to something, by what it refers to; with their types."""
    removed = {(step.resource.stack, step.resource.address) for step in comparison.steps() if step.action.removes}
    resolve = resolver(comparison.sources)
    found: dict[Key, dict[Key, str]] = defaultdict(dict)
    for resource in comparison.sources.resources(*{kind for kinds in _HOLDERS.values() for kind in kinds}):
        before, key = comparison.base.stacks.get(resource.stack), (resource.stack, resource.address)
        if before and resource.address in before.resources and key not in removed:
            for each in references(rewritten(resource.body, resolve)):
                found[each.stack or resource.stack, each.address][key] = resource.type
    return found
