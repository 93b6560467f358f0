"""What a data team can no longer do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emr_eks.review.compare import Comparison
from emr_eks.review.paths import mapping
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import CRITICAL, HIGH, MEDIUM, Found, Rules, Subject
from provisioners.quantity import amount

RULES = Rules()
_QUOTAS = ("kubernetes_resource_quota", "kubernetes_resource_quota_v1")
_JOB_ROLES = "JobRole"


@RULES.rule("team-removed", "A team can no longer run jobs")
def removed(comparison: Comparison) -> Iterator[Found]:
    """Yield virtual clusters that go without one that takes over their namespace."""
    for step in comparison.steps("aws_emrcontainers_virtual_cluster"):
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
    for step in comparison.steps("aws_emrcontainers_virtual_cluster"):
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
        if step.action.removes and f"/{_JOB_ROLES}/" in step.resource.path:
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
def identity(comparison: Comparison) -> Iterator[Found]:
    """Yield pod identity associations that go or lead to another role."""
    for step in comparison.steps("aws_eks_pod_identity_association"):
        if step.action.removes or step.changes("role_arn"):
            account = f"{step.old('namespace')}/{step.old('service_account')}"
            yield Found(
                Subject.of(step),
                HIGH if step.after is None else MEDIUM,
                f"pods of {account} {'have no AWS role any more' if step.after is None else 'get another AWS role'}",
                "make sure that nothing which runs there needs it",
            )


@RULES.rule("quota-lowered", "A team may use less of the cluster")
def quota(comparison: Comparison) -> Iterator[Found]:
    """Yield resource quotas that fall, with the numbers."""
    for step in comparison.steps(*_QUOTAS):
        old, new = (mapping(side("spec.hard")) for side in (step.old, step.new))
        if step.after is not None:
            fallen = [(name, old.get(name), new[name]) for name in sorted(new) if _less(old.get(name), new[name])]
            if fallen and step.before is not None:
                yield Found(
                    Subject.of(step),
                    MEDIUM,
                    "; ".join(f"{name} falls from {before or 'no limit'} to {after}" for name, before, after in fallen)
                    + ": jobs over it wait or fail",
                    "compare it with what the team uses at its busiest hour",
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
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"logs go to {step.new('name')}; those in {step.old('name')} go with it",
                "change the jobs that name the old group, and export what is still needed",
            )


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
