"""What a data team can no longer do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.paths import blocks, mapping
from emr_eks.review.policy import grants
from emr_eks.review.references import references
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import CRITICAL, HIGH, LOW, MEDIUM, Found, Rules, Subject
from provisioners.quantity import amount

RULES = Rules()
_QUOTAS = ("kubernetes_resource_quota", "kubernetes_resource_quota_v1")
_JOB_ROLES = ("/JobRole/", "/JobRoles/")
_CLUSTERS = "aws_emrcontainers_virtual_cluster"
_ASSOCIATION = "aws_eks_pod_identity_association"
_PRIORITIES = ("kubernetes_priority_class", "kubernetes_priority_class_v1")


@RULES.rule("team-removed", "A team can no longer run jobs")
def removed(comparison: Comparison) -> Iterator[Found]:
    """Yield virtual clusters that go without one that takes over their namespace."""
    for step in comparison.steps(_CLUSTERS):
        if step.action is Action.destroy:
            name = step.old("name")
            yield Found(
                Subject.of(step),
                CRITICAL,
                f"whoever submits jobs to {name} can no longer: the virtual cluster is destroyed",
                "make sure that the team has agreed, and that its schedules are off",
            )


@RULES.rule("team-moved", "A team has to submit its jobs to another virtual cluster")
def moved(comparison: Comparison) -> Iterator[Found]:
    """Yield virtual clusters that get a new id."""
    for step in comparison.steps(_CLUSTERS):
        if step.action.replaces:
            yield Found(
                Subject.of(step),
                HIGH,
                f"{step.new('name')} gets a new id: whoever submits to the old one fails until told",
                "tell the team the new id (output `emrcontainers_virtual_cluster_id`) and apply when no job runs",
            )


@RULES.rule("job-role-removed", "Jobs can no longer run with their role")
def job_role(comparison: Comparison) -> Iterator[Found]:
    """Yield job roles that go or get another name, which is part of what jobs are submitted with."""
    for step in comparison.steps("aws_iam_role"):
        if step.action.removes and any(part in step.resource.path for part in _JOB_ROLES):
            name, after = step.old("name"), step.new("name")
            told = (
                f"is now {after}"
                if after and after != name
                else "is destroyed"
                if step.after is None
                else "is made anew"
            )
            yield Found(
                Subject.of(step),
                HIGH,
                f"the role {name} {told}: jobs submitted with its ARN fail",
                "keep the name, or change every job that names it",
            )


@RULES.rule("identity-removed", "Pods lose their AWS role")
def identity_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield Pod Identity associations that go or lead to another role, those alike of one role together."""
    by_role: dict[tuple[str, str, bool], list[Step]] = defaultdict(list)
    for step in comparison.steps(_ASSOCIATION):
        lost = step.action.removes and not _goes_with_its_pods(comparison, step)
        if step.before and (lost or (step.after and step.changes("role_arn"))):
            by_role[step.resource.stack, str(step.old("role_arn")), step.after is None].append(step)
    for steps in by_role.values():
        first = steps[0]
        gone = first.after is None or _account(first.old) != _account(first.new)
        by_irsa = gone and _trusts_irsa(comparison, first)
        what = (
            "now have their AWS role by IRSA only"
            if by_irsa
            else "have no AWS role any more"
            if gone
            else "get another AWS role"
            if first.changes("role_arn")
            else "have no AWS role until the association is made anew"
        )
        yield Found(
            Subject.of(first),
            HIGH if gone and not by_irsa else MEDIUM,
            f"pods of {_account(first.old)}{_and_more(steps)} {what}",
            "make sure that their service accounts carry the role's ARN in `eks.amazonaws.com/role-arn`"
            if by_irsa
            else "make sure that nothing which runs there needs it",
            tuple(_account(step.old) for step in steps) if len(steps) > 1 else (),
        )
    yield from _addons_without_role(comparison)


def _addons_without_role(comparison: Comparison) -> Iterator[Found]:
    for step in comparison.steps("aws_eks_addon"):
        if step.before and step.after:
            old, new = (
                {str(each.get("service_account")) for each in blocks(side("pod_identity_association"))}
                for side in (step.old, step.new)
            )
            for account in sorted(old - new):
                yield Found(
                    Subject.of(step),
                    HIGH,
                    f"the add-on {step.new('addon_name')} has no AWS role for {account} any more",
                    "make sure that its pods have one by IRSA",
                )


@RULES.rule("identity-granted", "More pods get an AWS role")
def identity_granted(comparison: Comparison) -> Iterator[Found]:
    """Yield Pod Identity associations by which other pods get a role that was there before.

    Where the role's own trust policy lets them in with the same change, `iam-trust-widened` says it.
    """
    for step in comparison.steps(_ASSOCIATION):
        if step.after is None or (step.before and not (step.action.replaces or step.changes("role_arn"))):
            continue
        role = _role(comparison, step, step.new)
        new = role is not None and role.action is Action.create
        trusted = role is not None and role.changes("assume_role_policy")
        same = step.before is not None and _account(step.old) == _account(step.new) and not step.changes("role_arn")
        if not (new or trusted or same):
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"pods of {_account(step.new)} get the AWS role {step.new('role_arn')}",
                "check who may run pods under that service account",
            )


@RULES.rule("quota-lowered", "A team may use less of the cluster")
def quota(comparison: Comparison) -> Iterator[Found]:
    """Yield resource quotas that fall, with the numbers."""
    for step in comparison.steps(*_QUOTAS):
        old, new = (mapping(side("spec.hard")) for side in (step.old, step.new))
        if step.after and (step.before or _namespace_stays(comparison, step)):
            fallen = [(name, old.get(name), new[name]) for name in sorted(new) if _less(old.get(name), new[name])]
            if fallen:
                yield Found(
                    Subject.of(step),
                    MEDIUM,
                    "; ".join(f"{name} falls from {before or 'no limit'} to {after}" for name, before, after in fallen)
                    + ": jobs over it wait or fail",
                    "compare it with what the team uses at its busiest hour",
                )


@RULES.rule("quota-raised", "A team may use more of the cluster")
def quota_raised(comparison: Comparison) -> Iterator[Found]:
    """Yield resource quotas that rise or go, with the numbers."""
    for step in comparison.steps(*_QUOTAS):
        old, new = (mapping(side("spec.hard")) for side in (step.old, step.new))
        risen = [(name, old[name], new.get(name)) for name in sorted(old) if _less(new.get(name), old[name])]
        if step.before and risen and not step.action.replaces and (step.after or _namespace_stays(comparison, step)):
            yield Found(
                Subject.of(step),
                LOW if step.after else MEDIUM,
                "; ".join(f"{name} rises from {before} to {after or 'no limit'}" for name, before, after in risen)
                + ": it can take that from the other teams",
                "compare it with what the cluster may hold",
            )


@RULES.rule("priority-changed", "Pods give way to others, or are refused")
def priority(comparison: Comparison) -> Iterator[Found]:
    """Yield priority classes that go or are made anew: Kubernetes lets none of them change."""
    for step in comparison.steps(*_PRIORITIES):
        name = step.old("metadata.name")
        if step.action is Action.destroy:
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"Kubernetes refuses pods that name the class {name}",
                "let no pod template, job or preset name it first",
            )
        elif step.action.replaces:
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"the class {name} goes from {step.old('value')} to {step.new('value')} by being made anew: pods that "
                "name it are refused meanwhile, and those that run keep the old value",
                "apply when no job starts",
            )


@RULES.rule("pod-template-removed", "Jobs name a pod template that is gone")
def template(comparison: Comparison) -> Iterator[Found]:
    """Yield pod templates that go while their team stays."""
    gone = {team for step in comparison.steps(_CLUSTERS) if step.after is None and (team := _team(step))}
    for step in comparison.steps("aws_s3_object"):
        pod = step.old("content.kind") == "Pod"
        key = step.old("key")
        # A template with another content has another key, and says so by what it changes.
        if pod and step.before and step.after is None and _team(step) not in gone:
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"jobs whose configuration names {key} fail; `emr-eks job` names the new one",
                "change what names it elsewhere first",
            )


@RULES.rule("team-placement-changed", "A team's pods run on other nodes")
def placement(comparison: Comparison) -> Iterator[Found]:
    """Yield pod templates that select or tolerate other nodes."""
    for step in comparison.steps("aws_s3_object"):
        if step.before and step.after:
            old, new = step.old("content.spec.nodeSelector"), step.new("content.spec.nodeSelector")
            if old != new:
                yield Found(
                    Subject.of(step),
                    MEDIUM,
                    f"pods of jobs that start from now on go to nodes with {_labels(new)} instead of {_labels(old)}",
                    "check that those nodes are large enough, and on demand for drivers",
                )


@RULES.rule("team-logs-moved", "A team's logs go to another place")
def logs(comparison: Comparison) -> Iterator[Found]:
    """Yield teams whose log group gets another name."""
    for step in comparison.steps("aws_cloudwatch_log_group"):
        if step.action.replaces and step.changes("name"):
            kept = step.old("skip_destroy") is True
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"logs go to {step.new('name')}; those in {step.old('name')} "
                + ("stay there" if kept else "are deleted"),
                "change the jobs that name the old group, and export what is still needed",
            )


def _account(side: Callable[[str], Any]) -> str:
    return f"{side('namespace')}/{side('service_account')}"


def _and_more(steps: list[Step]) -> str:
    return f" and {len(steps) - 1} more service accounts" if len(steps) > 1 else ""


def _goes_with_its_pods(comparison: Comparison, association: Step) -> bool:
    """Tell whether the pods go too, or their role, of which another rule speaks."""
    role = _role(comparison, association, association.old)
    if role and role.after is None and any(part in role.resource.path for part in _JOB_ROLES):
        return True
    pods = (association.old("service_account"), association.old("namespace"))
    gone = (step for step in comparison.steps("helm_release") if step.action is Action.destroy)
    return any((step.old("name"), step.old("namespace")) == pods for step in gone)


def _role(comparison: Comparison, association: Step, side: Callable[[str], Any]) -> Step | None:
    """Return what happens to the role of an association, if anything does."""
    arn = side("role_arn")
    named = {reference.address for reference in references(arn)}
    return next(
        (
            step
            for step in comparison.steps("aws_iam_role")
            if step.resource.stack == association.resource.stack
            and (step.resource.address in named or (arn and step.old("arn") == arn))
        ),
        None,
    )


def _trusts_irsa(comparison: Comparison, association: Step) -> bool:
    """Tell whether the role can be had through an OIDC provider after the change."""
    role = _role(comparison, association, association.old)
    policy = role.new("assume_role_policy") if role else None
    return any(grant.action == "sts:AssumeRoleWithWebIdentity" for grant in grants(policy))


def _namespace_stays(comparison: Comparison, quota: Step) -> bool:
    """Tell whether the namespace of *quota* is there before and after."""
    namespace = str(quota.old("metadata.namespace") or quota.new("metadata.namespace"))
    others = (step for step in comparison.steps("kubernetes_namespace_v1", "kubernetes_namespace"))
    return not any(
        (step.before is None or step.after is None)
        and (step.resource.address in namespace or namespace in (step.old("metadata.name"), step.new("metadata.name")))
        for step in others
    )


def _team(step: Step) -> str:
    """Return the path of the team that the resource is part of."""
    return "/".join(step.resource.path.split("/")[:3])


def _less(before: Any, after: Any) -> bool:
    if before is None:
        return True
    try:
        return amount(str(after)) < amount(str(before))
    except ValueError:
        return False


def _labels(selector: Any) -> str:
    found = selector if isinstance(selector, dict) else {}
    return ", ".join(f"{key}={value}" for key, value in sorted(found.items())) or "any label"
