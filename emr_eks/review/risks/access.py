"""Who may use a resource by its own policy, and who may do what in the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.model import Resource
from emr_eks.review.paths import at, blocks, listed, strings
from emr_eks.review.policy import Delta, added, grants, sentences
from emr_eks.review.principals import IAM_TYPES, resource_policies
from emr_eks.review.references import references
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import CRITICAL, HIGH, MEDIUM, Found, Rules, Subject

RULES = Rules()
_ADMIN_POLICIES = ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy")
# What https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html lists for one is in the other.
_INCLUDES = {
    "AmazonEKSClusterAdminPolicy": (
        "AmazonEKSAdminPolicy",
        "AmazonEKSAdminViewPolicy",
        "AmazonEKSEditPolicy",
        "AmazonEKSViewPolicy",
    ),
    "AmazonEKSAdminPolicy": ("AmazonEKSEditPolicy", "AmazonEKSViewPolicy"),
    "AmazonEKSAdminViewPolicy": ("AmazonEKSViewPolicy",),
    "AmazonEKSEditPolicy": ("AmazonEKSViewPolicy",),
}
_RBAC = ("kubernetes_cluster_role", "kubernetes_cluster_role_v1", "kubernetes_role", "kubernetes_role_v1")
_BINDINGS = tuple(kind.replace("role", "role_binding", 1) for kind in _RBAC)


@RULES.rule("resource-policy-widened", "More principals may use a resource by its own policy")
def resource_policy_widened(comparison: Comparison) -> Iterator[Found]:
    """Yield queues, keys, buckets and the like whose policy allows more, and Denies in it that are gone."""
    for step in comparison.steps():
        if step.after and step.action is not Action.create and step.resource.type not in IAM_TYPES:
            old, new = _statements(step, "before"), _statements(step, "after")
            delta = added(old, new)
            freed = added(new, old, "Deny") if not step.action.replaces else Delta([], [])
            opened = [*delta.new, *delta.unconditioned]
            undenied = [*freed.new, *freed.unconditioned]
            if opened or undenied:
                anybody = any(grant.principal == "AWS:*" and not grant.condition for grant in opened)
                yield Found(
                    Subject.of(step),
                    CRITICAL if anybody else HIGH,
                    "anybody in any account may use it" if anybody else "its policy lets more in than before",
                    "name the principals, and bind them by a condition",
                    (*sentences(opened), *(f"no longer denied: {each}" for each in sentences(undenied))),
                )


@RULES.rule("resource-policy-public", "A new resource may be used by anybody")
def resource_policy_public(comparison: Comparison) -> Iterator[Found]:
    """Yield policies that come with this change and allow everybody something without a condition."""
    for step in comparison.steps():
        if step.action is Action.create:
            public = [
                g
                for g in _statements(step, "after")
                if g.effect == "Allow" and g.principal == "AWS:*" and not g.condition
            ]
            if public:
                yield Found(
                    Subject.of(step),
                    CRITICAL,
                    "anybody in any account may use it",
                    "name the principals, and bind them by a condition",
                    sentences(public),
                )


@RULES.rule("resource-policy-removed", "A resource's policy is removed, and the denials in it")
def resource_policy_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield policies that go while their resource stays."""
    for step in comparison.steps():
        denied = [g for g in _statements(step, "before") if g.effect == "Deny"] if step.action is Action.destroy else []
        owner = step.old("bucket") or step.old("queue_url")
        if denied and owner and not _goes_too(comparison, step):
            yield Found(
                Subject.of(step),
                HIGH,
                "what it denied is allowed to whoever has a permission for it",
                "restore the policy",
                sentences(denied),
            )


class _Access(NamedTuple):
    """What an EKS access policy allows whom; no namespaces: everywhere."""

    principal: str
    policy: str
    namespaces: frozenset[str]

    def covers(self, other: _Access | None) -> bool:
        """Tell whether who has this may do all that *other* allows."""
        return other is None or (
            self.principal == other.principal
            and (self.policy == other.policy or other.policy in _INCLUDES.get(self.policy, ()))
            and (not self.namespaces or (bool(other.namespaces) and self.namespaces >= other.namespaces))
        )

    def __str__(self) -> str:
        where = f"the namespaces {', '.join(sorted(self.namespaces))}" if self.namespaces else "the whole cluster"
        return f"{self.principal} has {self.policy} in {where}"


@RULES.rule("cluster-access-granted", "A principal may do more in the cluster")
def cluster_access_granted(comparison: Comparison) -> Iterator[Found]:
    """Yield EKS access policies that are new, wider or somebody else's."""
    for step, old, new in _access(comparison):
        if new and not (old and old.covers(new)):
            yield Found(
                Subject.of(step),
                HIGH if not new.namespaces and new.policy in _ADMIN_POLICIES else MEDIUM,
                str(new),
                "check who that is, and whether less would do",
            )


@RULES.rule("cluster-access-removed", "A principal may do less in the cluster")
def cluster_access_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield access entries and policies that go, and policies that are narrower or somebody else's."""
    gone = [step for step in comparison.steps("aws_eks_access_entry") if step.action is Action.destroy]
    addresses = {(step.resource.stack, step.resource.address) for step in gone}
    lost = [(step, str(step.old("principal_arn"))) for step in gone if step.old("type") in (None, "STANDARD")]
    for step, old, new in _access(comparison):
        with_entry = {(step.resource.stack, each.address) for each in references(step.old("principal_arn"))} & addresses
        if old and not (new and new.covers(old)) and not with_entry:
            lost.append((step, old.principal))
    for step, principal in lost:
        yield Found(
            Subject.of(step),
            MEDIUM,
            f"{principal} can no longer do in the cluster what this allowed",
            "make sure that it is not whoever applies the later stacks, and tell who it is",
        )


@RULES.rule("nodes-shut-out", "Nodes are no longer let into the cluster")
def nodes_shut_out(comparison: Comparison) -> Iterator[Found]:
    """Yield access entries of nodes that go while their cluster stays; EKS looks after those of managed node groups."""
    if any(step.action is Action.destroy for step in comparison.steps("aws_eks_cluster")):
        return
    for step in comparison.steps("aws_eks_access_entry"):
        if step.action is Action.destroy and str(step.old("type")).startswith("EC2"):
            yield Found(
                Subject.of(step),
                HIGH,
                f"nodes with the role {step.old('principal_arn')} are cut off: what runs on them is lost, and they "
                "cost money until somebody ends them",
                "end those nodes first: delete their node pools, and wait until their node claims are gone",
            )


def _access(comparison: Comparison) -> Iterator[tuple[Step, _Access | None, _Access | None]]:
    """Yield each access policy that something happens to, with what it allowed and what it allows.

    Cdktf writes the principal into the access entry, and its policy reads it there: who it is can change although no
    line of the policy does.
    """
    steps = [*comparison.steps("aws_eks_access_policy_association")]
    if steps:
        old, new = (_principals(side("aws_eks_access_entry")) for side in (comparison.old, comparison.new))
        for step in steps:
            yield step, _allowed(step.before, old), _allowed(step.after, new)


def _principals(entries: Iterator[Resource]) -> Mapping[tuple[str, str], str]:
    return {(each.stack, each.address): str(each.body.get("principal_arn")) for each in entries}


def _allowed(policy: Resource | None, principals: Mapping[tuple[str, str], str]) -> _Access | None:
    if policy is None:
        return None
    arn = policy.body.get("principal_arn")
    keys = [(policy.stack, each.address) for each in references(arn)]
    everywhere = at(policy.body, "access_scope.type") == "cluster"
    return _Access(
        next((principals[key] for key in keys if key in principals), str(arn)),
        str(policy.body.get("policy_arn")).rpartition("/")[2],
        frozenset() if everywhere else frozenset(strings(at(policy.body, "access_scope.namespaces"))),
    )


@RULES.rule("authentication-mode-changed", "EKS learns in another way who may enter the cluster")
def authentication_mode(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters whose authentication mode changes."""
    for step in comparison.steps("aws_eks_cluster"):
        if step.before and step.after and step.changes("access_config.authentication_mode"):
            old, new = (side("access_config.authentication_mode") for side in (step.old, step.new))
            backwards = (old, new) in (
                ("API", "API_AND_CONFIG_MAP"),
                ("API", "CONFIG_MAP"),
                ("API_AND_CONFIG_MAP", "CONFIG_MAP"),
            )
            yield Found(
                Subject.of(step),
                HIGH if backwards else MEDIUM,
                f"the authentication mode goes from {old} to {new}"
                + (": EKS refuses, the way leads only to API" if backwards else ", and cannot go back"),
                "undo it" if backwards else "make sure that everybody in aws-auth has an access entry",
            )


@RULES.rule("rbac-broadened", "A Kubernetes role may do more than before")
def rbac_broadened(comparison: Comparison) -> Iterator[Found]:
    """Yield Kubernetes roles whose rules gain verbs on resources."""
    for step in comparison.steps(*_RBAC):
        new = _verbs(step.new("rule")) - _verbs(step.old("rule"))
        wild = any("*" in part for each in new for part in each)
        if step.after and new and (wild or step.action is not Action.create):
            yield Found(
                Subject.of(step),
                HIGH if wild else MEDIUM,
                "whoever is bound to it may do " + ("everything that a wildcard covers" if wild else "more"),
                "check that each is needed",
                _told(new),
            )


@RULES.rule("rbac-narrowed", "A Kubernetes role may do less than before")
def rbac_narrowed(comparison: Comparison) -> Iterator[Found]:
    """Yield Kubernetes roles whose rules lose verbs on resources; EMR's own needs all of them."""
    for step in comparison.steps(*_RBAC):
        lost = _verbs(step.old("rule")) - _verbs(step.new("rule"))
        if step.before and step.after and lost:
            emr = step.old("metadata.name") == "emr-containers"
            yield Found(
                Subject.of(step),
                HIGH if emr else MEDIUM,
                "EMR can no longer run jobs in the namespace" if emr else "whoever is bound to it can do less",
                "restore the rules that EMR asks for" if emr else "make sure that nobody needs it any more",
                _told(lost),
            )


@RULES.rule("rbac-bound", "A Kubernetes role is bound to somebody else")
def rbac_bound(comparison: Comparison) -> Iterator[Found]:
    """Yield bindings that stay and whose subjects change."""
    for step in comparison.steps(*_BINDINGS):
        if step.before and step.after and (step.changes("subject") or step.changes("role_ref")):
            old, new = (
                sorted(str(each.get("name")) for each in blocks(side("subject"))) for side in (step.old, step.new)
            )
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"the role was bound to {', '.join(old)} and is now bound to {', '.join(new)}",
                "check who they are",
            )


def _statements(step: Step, side: str) -> list[Any]:
    resource = step.before if side == "before" else step.after
    return [grant for _, document in resource_policies(resource) for grant in grants(document)] if resource else []


def _goes_too(comparison: Comparison, policy: Step) -> bool:
    """Tell whether the owner of *policy*, a resource of the same stack, is destroyed with it."""
    places = [policy.old("bucket"), policy.old("queue_url")]
    owners = {reference.address for reference in references(places)}
    gone = [s for s in comparison.steps("aws_s3_bucket", "aws_sqs_queue") if s.action is Action.destroy]
    return any(
        step.resource.stack == policy.resource.stack
        and (step.resource.address in owners or {step.old("bucket"), step.old("url")} & {*places} - {None})
        for step in gone
    )


def _verbs(rules: Any) -> set[tuple[str, str, str]]:
    return {
        (str(group), str(resource), str(verb))
        for rule in blocks(rules)
        for group in listed(rule.get("api_groups")) or [""]
        for resource in listed(rule.get("resources"))
        for verb in listed(rule.get("verbs"))
    }


def _told(verbs: set[tuple[str, str, str]]) -> tuple[str, ...]:
    by_resource: dict[str, list[str]] = {}
    for group, resource, verb in sorted(verbs):
        by_resource.setdefault(f"{resource}.{group}" if group else resource, []).append(verb)
    return tuple(f"{', '.join(names)} {resource}" for resource, names in by_resource.items())
