"""Versions that change: of Kubernetes, Karpenter, add-ons, charts and providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from constructs_lib._versions import KARPENTER_SINCE
from emr_eks.review.compare import Comparison, StackComparison
from emr_eks.review.model import Resource
from emr_eks.review.paths import dotted
from emr_eks.review.report import Action
from emr_eks.review.risks.rule import CRITICAL, HIGH, LOW, MEDIUM, Found, Rules, Subject

RULES = Rules()
Version = tuple[int, ...]


@RULES.rule("kubernetes-upgrade", "The cluster gets another Kubernetes version")
def kubernetes(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters whose version changes; EKS takes one minor at a time, and none back."""
    for step in comparison.steps("aws_eks_cluster"):
        old, new = step.old("version"), step.new("version")
        before, after = _numbers(old), _numbers(new)
        if not (step.before and step.after and before and after) or before == after:
            continue
        if after < before:
            found = CRITICAL, f"EKS refuses to go back from {old} to {new}", "restore the version"
        elif after[0] == before[0] and after[1] == before[1] + 1:
            found = (
                MEDIUM,
                f"the control plane goes from {old} to {new}, and cannot go back; every node is replaced after it",
                "read what Kubernetes removed, check the add-ons' versions, and try it on another platform first",
            )
        else:
            found = (
                CRITICAL,
                f"EKS refuses to skip a minor version: {old} to {new}",
                "go up one minor version at a time",
            )
        yield Found(Subject.of(step), *found)


@RULES.rule("kubernetes-skew", "A node group's version does not go with its cluster's")
def skew(comparison: Comparison) -> Iterator[Found]:
    """Yield node groups newer than their cluster, or more than three minors older."""
    clusters = [*comparison.new("aws_eks_cluster")]
    for step in comparison.steps("aws_eks_node_group"):
        nodes = _numbers(step.new("version"))
        for cluster in clusters if step.after and nodes else ():
            control = _numbers(cluster.body.get("version"))
            name = str(step.new("cluster_name"))
            theirs = cluster.address in name or cluster.body.get("name") == name
            if nodes and control and theirs and (nodes > control or control[1] - nodes[1] > 3):
                yield Found(
                    Subject.of(step),
                    CRITICAL,
                    f"nodes of {step.new('version')} do not go with a control plane of {cluster.body['version']}",
                    "keep them at most three minor versions behind, and never ahead",
                )


@RULES.rule("karpenter-upgrade", "Karpenter gets another version")
def karpenter(comparison: Comparison) -> Iterator[Found]:
    """Yield charts of Karpenter whose version changes, with what is skipped."""
    for step in comparison.steps("helm_release"):
        old, new = step.old("version"), step.new("version")
        before, after = _numbers(old), _numbers(new)
        if step.old("chart") != "karpenter" or not (before and after) or before == after:
            continue
        if after < before:
            severity, what = HIGH, "goes back: the definitions in the cluster may be newer than it understands"
        elif after[0] > before[0]:
            severity, what = HIGH, "is a new major version"
        elif after[1] > before[1] + 1:
            severity, what = MEDIUM, f"skips {after[1] - before[1] - 1} minor versions"
        else:
            severity, what = LOW, "is an upgrade"
        yield Found(
            Subject.of(step),
            severity,
            f"Karpenter {old} to {new} {what}",
            "read the notes of every version between at https://karpenter.sh/docs/upgrading/upgrade-guide/",
        )


@RULES.rule("karpenter-incompatible", "Karpenter does not go with the Kubernetes version")
def incompatible(comparison: Comparison) -> Iterator[Found]:
    """Yield Karpenters too old for their cluster after the change, and charts that differ from their definitions'."""
    after, before = _pair(comparison.new), _pair(comparison.old)
    if after == before:
        return
    release, kubernetes = after
    needed = KARPENTER_SINCE.get(kubernetes or "")
    version = _numbers(release.body.get("version")) if release else None
    if release and needed and version and version < needed:
        yield Found(
            Subject.of(release),
            CRITICAL,
            f"Karpenter {release.body['version']} does not run on Kubernetes {kubernetes}: no node is launched",
            f"raise Karpenter to {'.'.join(map(str, needed))} or newer first",
        )


@RULES.rule("karpenter-definitions", "Karpenter and its definitions are of different versions")
def definitions(comparison: Comparison) -> Iterator[Found]:
    """Yield charts whose version is not that of the chart of their definitions."""
    if any(True for _ in comparison.steps("helm_release")):
        charts = {str(each.body.get("chart")): each for each in comparison.new("helm_release")}
        chart, crds = charts.get("karpenter"), charts.get("karpenter-crd")
        if chart and crds and chart.body.get("version") != crds.body.get("version"):
            yield Found(
                Subject.of(crds),
                HIGH,
                f"the definitions are of {crds.body.get('version')}, Karpenter of {chart.body.get('version')}",
                "give both charts the same version",
            )


@RULES.rule("karpenter-definitions-removed", "Kubernetes forgets what node pools are, and deletes them all")
def definitions_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield charts of definitions that are taken away, for a while or for good, while Karpenter's own chart is wanted.

    They are among the chart's templates: https://github.com/aws/karpenter-provider-aws/tree/main/charts/karpenter-crd
    """
    wanted = any(each.body.get("chart") == "karpenter" for each in comparison.new("helm_release"))
    for step in comparison.steps("helm_release"):
        if wanted and step.old("chart") == "karpenter-crd" and (step.action.replaces or step.action is Action.destroy):
            yield Found(
                Subject.of(step),
                CRITICAL,
                "Kubernetes deletes every node pool, node class and node claim with the definitions: all nodes that "
                "Karpenter started end, and the jobs on them",
                "leave the release where it is",
            )


@RULES.rule("addon-changed", "An EKS add-on gets another version")
def addon(comparison: Comparison) -> Iterator[Found]:
    """Yield add-ons whose version changes or that go; a network add-on concerns every pod."""
    for step in comparison.steps("aws_eks_addon"):
        name = step.old("addon_name")
        if step.before and step.after is None:
            yield Found(
                Subject.of(step),
                CRITICAL if name in _NETWORK else HIGH if name in _NEEDED else MEDIUM,
                f"the add-on {name} is removed" + (f": {_LOST[name]}" if name in _LOST else ""),
                "leave it, unless something else does its work",
            )
        elif step.before and step.changes("addon_version"):
            old, new = step.old("addon_version"), step.new("addon_version")
            before, after = _numbers(str(old or "").lstrip("v")), _numbers(str(new or "").lstrip("v"))
            back = bool(before and after and after < before)
            yield Found(
                Subject.of(step),
                MEDIUM if back or name in _NETWORK else LOW,
                f"{name} goes {'back ' if back else ''}from {old or 'its default'} to {new or 'its default'}",
                "check that it goes with the Kubernetes version",
            )


_NETWORK = ("vpc-cni", "kube-proxy", "coredns")
_NEEDED = ("aws-ebs-csi-driver", "eks-pod-identity-agent")
_LOST = {
    "amazon-cloudwatch-observability": "nodes and pods are no longer measured, and alarms on that never sound",
    "aws-ebs-csi-driver": "no volume is made or attached any more",
    "coredns": "pods find nothing by its name",
    "eks-pod-identity-agent": "pods with Pod Identity get no AWS credentials",
    "eks-node-monitoring-agent": "node repair sees less of what is wrong",
    "kube-proxy": "pods reach no service",
    "vpc-cni": "new pods have no network",
}


@RULES.rule("chart-changed", "A Helm chart gets another version")
def chart(comparison: Comparison) -> Iterator[Found]:
    """Yield charts, Karpenter's aside, whose version changes."""
    for step in comparison.steps("helm_release"):
        old, new = step.old("version"), step.new("version")
        before, after = _numbers(old), _numbers(new)
        if step.before and step.after and before != after and not str(step.new("chart")).startswith("karpenter"):
            back = bool(before and after and after < before)
            major = bool(before and after and after[0] > before[0])
            yield Found(
                Subject.of(step),
                MEDIUM if back or major else LOW,
                f"the chart {step.new('chart')} goes {'back ' if back else ''}from {old or 'its newest'} "
                f"to {new or 'its newest'}",
                "read its notes: names of values can change" if major else "check that it goes with the cluster",
            )


@RULES.rule("support-type-changed", "EKS deals differently with a version whose support ends")
def support(comparison: Comparison) -> Iterator[Found]:
    """Yield clusters that go to extended support, at a price, or leave it, and are then upgraded by EKS."""
    for step in comparison.steps("aws_eks_cluster"):
        path = "upgrade_policy.support_type"
        if step.before and step.after and step.changes(path):
            extended = step.new(path) != "STANDARD"
            yield Found(
                Subject.of(step),
                LOW if extended else MEDIUM,
                "the version is kept when its standard support ends, and the cluster costs more by the hour then"
                if extended
                else "EKS upgrades the cluster by itself on the day that standard support ends",
                "plan the next upgrade",
            )


@RULES.rule("provider-changed", "A provider gets another version")
def provider(comparison: Comparison) -> Iterator[Found]:
    """Yield providers whose version changes, once for all the stacks that use them."""
    seen: set[tuple[Any, ...]] = set()
    for stack in comparison.stacks:
        for each in stack.settings:
            if each.path[:2] == ("terraform", "required_providers") and each.path[-1] in ("version", "source"):
                key = (each.path, str(each.before), str(each.after))
                if key not in seen and each.before and each.after:
                    seen.add(key)
                    major = _major(each.before) != _major(each.after) or each.path[-1] == "source"
                    yield Found(
                        Subject(stack.name, dotted(each.path), stack.name),
                        HIGH if major else LOW,
                        f"the provider {each.path[2]} goes from {each.before} to {each.after}"
                        + (": defaults and arguments can change with a major version" if major else ""),
                        "read its upgrade guide and plan every stack" if major else "plan every stack",
                    )


@RULES.rule("state-moved", "A stack's state is kept in another place")
def backend(comparison: Comparison) -> Iterator[Found]:
    """Yield stacks whose backend changes: Terraform would begin with an empty state."""
    for stack in comparison.stacks:
        changed = [each for each in stack.settings if each.path[:2] == ("terraform", "backend")]
        place = [each for each in changed if each.path[-1] in ("bucket", "key", "path", "region") or len(each.path) < 4]
        if place:
            yield Found(
                _of(stack),
                CRITICAL,
                "Terraform looks for its state in another place: if it finds none, it creates everything again",
                "move the state with `terraform init -migrate-state` before the next apply",
                tuple(f"{dotted(each.path)}: {_told(each.before)} -> {_told(each.after)}" for each in place),
            )


def _told(setting: Any) -> str:
    return "nothing" if setting is None else setting if isinstance(setting, str) else json.dumps(setting)


@RULES.rule("region-changed", "A stack is applied to another region or account")
def region(comparison: Comparison) -> Iterator[Found]:
    """Yield stacks whose AWS provider works elsewhere: what is there is lost sight of."""
    for stack in comparison.stacks:
        for each in stack.settings:
            place = {"region", "allowed_account_ids"} & set(each.path)
            if each.path[:2] == ("provider", "aws") and place and each.before and each.after:
                yield Found(
                    _of(stack),
                    CRITICAL,
                    f"it is applied to {each.after} instead of {each.before}: Terraform does not find what it made, "
                    "and creates all of it again",
                    "give the platform in the other region a name and a state of its own",
                )


def _pair(side: Any) -> tuple[Resource | None, str | None]:
    """Return Karpenter's chart and the version of the cluster."""
    release = next((each for each in side("helm_release") if each.body.get("chart") == "karpenter"), None)
    cluster = next(iter(side("aws_eks_cluster")), None)
    return release, str(cluster.body.get("version")) if cluster else None


def _of(stack: StackComparison) -> Subject:
    return Subject(stack.name, stack.name, stack.name)


def _numbers(version: Any) -> Version | None:
    parts = str(version or "").partition("-")[0].lstrip("v").split(".")
    return tuple(map(int, parts)) if len(parts) > 1 and all(part.isdecimal() for part in parts) else None


def _major(constraint: Any) -> str:
    """Return the last major version that a constraint such as `>= 5.100.0, < 7.0.0` or `6.25.0` speaks of."""
    numbers = [part.strip(" <>=~!").partition(".")[0] for part in str(constraint).split(",")]
    return " ".join(numbers)
