"""Rules that no edit of platform.yaml sets off, since the platform refuses or does not offer it: the JSON is edited.

The corpus (`test_corpus.py`) has the others. Together every rule is shown to speak, and to be silent.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml

from emr_eks.review import risks
from emr_eks.review.compare import compare
from emr_eks.review.model import App, Resource, Stack
from emr_eks.review.report import Risk, Severity

Bodies = dict[str, dict[str, Any]]


def app(*stacks: Stack) -> App:
    return App({stack.name: stack for stack in stacks})


def stack(name: str = "s", resources: Bodies | None = None, **parts: Any) -> Stack:
    found = {}
    for address, body in (resources or {}).items():
        kind, _, own = address.partition(".")
        found[address] = Resource(name, kind, own, f"{name}/{own}", body)
    return Stack(name, resources=found, **parts)


def found(before: App, after: App) -> list[Risk]:
    return risks.find(compare(before, after))


def ids(before: Bodies, after: Bodies) -> set[str]:
    return {f"{risk.id} {risk.address}" for risk in found(app(stack(resources=before)), app(stack(resources=after)))}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "arn:aws:s3:::b/*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role(*statements: dict[str, Any], **more: Any) -> Bodies:
    """Return a role with an inline policy."""
    trust = policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    return {
        "aws_iam_role.r": {"name": "r", "assume_role_policy": trust, **more},
        "aws_iam_role_policy.p": {"name": "p", "role": "${aws_iam_role.r.name}", "policy": policy(*statements)},
    }


READ = allow(["s3:GetObject", "s3:ListBucket"])
P, R = "aws_iam_role_policy.p", "aws_iam_role.r"

IAM = {
    "reordered": (
        role(READ, allow("s3:PutObject")),
        role(allow("s3:PutObject"), allow(["s3:ListBucket", "s3:GetObject"])),
        set(),
    ),
    "statements split": (role(READ), role(allow("s3:GetObject"), allow("s3:ListBucket")), set()),
    "wildcard written out": (
        role(allow("s3:GetObjectTag*")),
        role(allow(["s3:GetObjectTagging"])),
        set(),
    ),
    "list joined to the same wildcard": (
        role(allow(["s3:GetObjectTagging"])),
        role(allow("s3:GetObjectTag*")),
        set(),
    ),
    "narrower resource": (
        role(allow("s3:GetObject", "arn:aws:s3:::b/*")),
        role(allow("s3:GetObject", "arn:aws:s3:::b/x/*")),
        {f"iam-narrowed {P}"},
    ),
    "wider resource": (
        role(allow("s3:GetObject", "arn:aws:s3:::b/x/*")),
        role(allow("s3:GetObject", "arn:aws:s3:::b/*")),
        {f"iam-broadened {P}"},
    ),
    "wildcard action": (role(READ), role(READ, allow("s3:Put*")), {f"iam-broadened {P}"}),
    "all of a service": (role(READ), role(READ, allow("glue:*", "arn:x")), {f"iam-broadened {P}", f"iam-wildcard {P}"}),
    "everything": (role(READ), role(READ, allow("*", "*")), {f"iam-broadened {P}", f"iam-wildcard {P}"}),
    "all but something": (
        role(READ),
        role(READ, {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        {f"iam-broadened {P}", f"iam-wildcard {P}"},
    ),
    "condition lost": (
        role(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})),
        role(allow("s3:GetObject")),
        {f"iam-condition-lost {P}"},
    ),
    "condition wider": (
        role(allow("s3:GetObject", Condition={"StringLike": {"s3:prefix": ["a/*"]}})),
        role(allow("s3:GetObject", Condition={"StringLike": {"s3:prefix": ["a/*", "b/*"]}})),
        {f"iam-condition-lost {P}"},
    ),
    "condition added": (
        role(allow("s3:GetObject")),
        role(allow("s3:GetObject", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})),
        {f"iam-narrowed {P}"},
    ),
    "role passed": (
        role(READ),
        role(READ, allow("iam:PassRole", "arn:aws:iam::123456789012:role/x")),
        {f"iam-broadened {P}", f"iam-pass-role {P}"},
    ),
    "no longer denied": (
        role(READ, {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}),
        role(READ),
        {f"iam-deny-removed {P}"},
    ),
    "denied": (
        role(READ),
        role(READ, {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}),
        {f"iam-narrowed {P}"},
    ),
    "boundary removed": (
        role(READ, permissions_boundary="arn:aws:iam::123456789012:policy/b"),
        role(READ),
        {f"iam-boundary-removed {R}"},
    ),
    "anybody trusted": (
        role(READ),
        role(READ, assume_role_policy=policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"})),
        {f"iam-trust-widened {R}"},
    ),
}


@pytest.mark.parametrize("name", IAM)
def test_permissions(name: str) -> None:
    before, after, wanted = IAM[name]
    assert ids(before, after) == wanted


def test_a_statement_may_go_from_one_policy_of_a_role_to_another() -> None:
    extra = {
        "aws_iam_role_policy.q": {
            "name": "q",
            "role": "${aws_iam_role.r.name}",
            "policy": policy(allow("s3:PutObject")),
        }
    }
    assert ids(role(READ, allow("s3:PutObject")), {**role(READ), **extra}) == set()


def test_a_policy_counts_for_the_roles_that_it_is_attached_to() -> None:
    def attached(*statements: dict[str, Any]) -> Bodies:
        return {
            "aws_iam_role.r": role()["aws_iam_role.r"],
            "aws_iam_policy.m": {"name": "m", "policy": policy(*statements)},
            "aws_iam_role_policy_attachment.a": {
                "role": "${aws_iam_role.r.name}",
                "policy_arn": "${aws_iam_policy.m.arn}",
            },
        }

    assert ids(attached(READ), attached(READ, allow("s3:DeleteObject"))) == {"iam-broadened aws_iam_policy.m"}


def test_what_only_reads_is_less_severe_than_what_writes() -> None:
    def severity(action: str) -> Severity:
        before, after = app(stack(resources=role(READ))), app(stack(resources=role(READ, allow(action))))
        return next(risk.severity for risk in found(before, after) if risk.id == "iam-broadened")

    assert severity("s3:GetBucketLocation") is Severity.medium
    assert severity("s3:DeleteObject") is Severity.high


def test_the_actions_that_a_wildcard_gains_are_named() -> None:
    before, after = role(allow("s3:GetObject")), role(allow("s3:GetObject*"))
    (risk,) = found(app(stack(resources=before)), app(stack(resources=after)))
    assert "s3:GetObjectVersion" in risk.details[0]
    assert "s3:GetObject," not in risk.details[0]


QUEUE = {"name": "q", "sqs_managed_sse_enabled": True}
NODE_CLASS = {"manifest": {"kind": "EC2NodeClass", "metadata": {"name": "n"}, "spec": {}}}
GUARD = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)
SHUT = {"ingress": [{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]}]}
OPEN = {"ingress": [{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}]}
DENY = policy(
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
)
PUBLIC = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
BUCKET = {"bucket": "b"}
CLUSTER = {
    "name": "c",
    "version": "1.35",
    "vpc_config": {"endpoint_public_access": True, "public_access_cidrs": ["203.0.113.0/24"]},
}
CHART = {"name": "karpenter", "chart": "karpenter", "version": "1.14.1"}
NAMESPACE = {"metadata": {"name": "n", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
ALARM = {
    "alarm_name": "a",
    "alarm_actions": ["arn:aws:sns:us-east-1:123456789012:t"],
    "comparison_operator": "GreaterThanThreshold",
    "evaluation_periods": 2,
    "period": 60,
    "threshold": 1,
    "treat_missing_data": "breaching",
}


def access(*namespaces: str) -> dict[str, Any]:
    """Return an access policy that holds in *namespaces*."""
    return {
        "principal_arn": "arn:aws:iam::123456789012:role/etl",
        "policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
        "access_scope": {"type": "namespace", "namespaces": [*namespaces]},
    }


def karpenter(**settings: Any) -> dict[str, Any]:
    return {**CHART, "values": [json.dumps({"settings": {"interruptionQueue": "q", **settings}})]}


def autoscaler(**arguments: Any) -> dict[str, Any]:
    return {"name": "a", "chart": "cluster-autoscaler", "values": [json.dumps({"extraArgs": arguments})]}


def rules(*verbs: str) -> dict[str, Any]:
    """Return a role of Kubernetes that may do this to pods."""
    return {
        "metadata": {"name": "emr-containers"},
        "rule": [{"api_groups": [""], "resources": ["pods"], "verbs": [*verbs]}],
    }


RULES = rules("get", "list")

# Name: type, before, after, and the ids that must be found; None stands for a resource that is not there.
OTHERS: dict[str, tuple[str, Any, Any, set[str]]] = {
    "endpoint to the world": (
        "aws_eks_cluster",
        CLUSTER,
        {**CLUSTER, "vpc_config": {"endpoint_public_access": True}},
        {"endpoint-exposed"},
    ),
    "group opened": ("aws_security_group", SHUT, OPEN, {"ingress-open"}),
    "group shut": ("aws_security_group", OPEN, SHUT, set()),
    "group within": (
        "aws_security_group",
        SHUT,
        {"ingress": [{**SHUT["ingress"][0], "cidr_blocks": ["10.1.0.0/16"]}]},
        set(),
    ),
    "rule opened": (
        "aws_vpc_security_group_ingress_rule",
        None,
        {"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0"},
        {"ingress-open"},
    ),
    "egress is no ingress": (
        "aws_security_group_rule",
        None,
        {"type": "egress", "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]},
        set(),
    ),
    "guard lowered": (
        "aws_s3_bucket_public_access_block",
        GUARD,
        {**GUARD, "block_public_policy": False},
        {"bucket-public"},
    ),
    "guard removed": ("aws_s3_bucket_public_access_block", {"bucket": "b", **GUARD}, None, {"bucket-public"}),
    "public object": ("aws_s3_object", {"key": "a"}, {"key": "a", "acl": "public-read"}, {"bucket-public"}),
    "public subnet": ("aws_subnet", {}, {"map_public_ip_on_launch": True}, {"subnet-public"}),
    "route to the internet": ("aws_route", {"nat_gateway_id": "n"}, {"gateway_id": "i"}, {"private-route-to-internet"}),
    "metadata without tokens": (
        "aws_launch_template",
        {"metadata_options": {"http_tokens": "required"}},
        {"metadata_options": {"http_tokens": "optional"}},
        {"instance-metadata-open"},
    ),
    "public nodes": (
        "kubernetes_manifest",
        NODE_CLASS,
        {"manifest": {**NODE_CLASS["manifest"], "spec": {"associatePublicIPAddress": True}}},
        {"subnet-public", "nodes-rolled"},
    ),
    "pods privileged": (
        "kubernetes_namespace_v1",
        NAMESPACE,
        {"metadata": {"name": "n", "labels": {}}},
        {"pod-security-lowered"},
    ),
    "network policy removed": (
        "kubernetes_network_policy_v1",
        {"metadata": {"name": "n", "namespace": "a"}},
        None,
        {"network-policy-removed"},
    ),
    "bucket policy removed": (
        "aws_s3_bucket_policy",
        {"bucket": "b", "policy": DENY},
        None,
        {"resource-policy-removed"},
    ),
    "bucket policy opened": (
        "aws_s3_bucket_policy",
        {"bucket": "b", "policy": DENY},
        {"bucket": "b", "policy": PUBLIC},
        {"resource-policy-widened"},
    ),
    "bucket policy public": (
        "aws_s3_bucket_policy",
        None,
        {"bucket": "b", "policy": PUBLIC},
        {"resource-policy-public"},
    ),
    "emr's rules": (
        "kubernetes_role_v1",
        RULES,
        rules("get"),
        {"rbac-narrowed"},
    ),
    "more verbs": (
        "kubernetes_role_v1",
        RULES,
        rules("get", "list", "*"),
        {"rbac-broadened"},
    ),
    "bound to others": (
        "kubernetes_role_binding_v1",
        {"subject": [{"kind": "User", "name": "a"}]},
        {"subject": [{"kind": "User", "name": "b"}]},
        {"rbac-bound"},
    ),
    "secrets in the clear": (
        "aws_eks_cluster",
        {**CLUSTER, "encryption_config": {"provider": {"key_arn": "k"}}},
        CLUSTER,
        {"encryption-off", "stateful-replaced"},
    ),
    "queue in the clear": ("aws_sqs_queue", QUEUE, {"name": "q"}, {"encryption-off"}),
    "logs in the clear": (
        "aws_cloudwatch_log_group",
        {"name": "l", "kms_key_id": "k"},
        {"name": "l"},
        {"encryption-off"},
    ),
    "key disabled": ("aws_kms_key", {}, {"is_enabled": False}, {"key-disabled"}),
    "key no longer rotated": ("aws_kms_key", {"enable_key_rotation": True}, {}, {"key-disabled"}),
    "key deleted sooner": (
        "aws_kms_key",
        {"deletion_window_in_days": 30},
        {"deletion_window_in_days": 7},
        {"deletion-protection-off"},
    ),
    "cluster unprotected": (
        "aws_eks_cluster",
        {**CLUSTER, "deletion_protection": True},
        CLUSTER,
        {"deletion-protection-off"},
    ),
    "destroy not prevented": (
        "aws_s3_bucket",
        {**BUCKET, "lifecycle": {"prevent_destroy": True}},
        BUCKET,
        {"deletion-protection-off"},
    ),
    "versioning off": (
        "aws_s3_bucket_versioning",
        {"bucket": "b", "versioning_configuration": {"status": "Enabled"}},
        {"bucket": "b", "versioning_configuration": {"status": "Suspended"}},
        {"backup-off"},
    ),
    "versioning gone": (
        "aws_s3_bucket_versioning",
        {"bucket": "b", "versioning_configuration": {"status": "Enabled"}},
        None,
        {"backup-off"},
    ),
    "no access log": ("aws_s3_bucket_logging", {"bucket": "b"}, None, {"logging-off"}),
    "quota": (
        "kubernetes_resource_quota_v1",
        {"spec": {"hard": {"limits.memory": "64Gi", "pods": "100"}}},
        {"spec": {"hard": {"limits.memory": "32Gi", "pods": "100"}}},
        {"quota-lowered"},
    ),
    "key destroyed": ("aws_kms_key", {}, None, {"stateful-destroyed"}),
    "charts apart": ("helm_release", CHART, {**CHART, "version": "1.20.0"}, {"karpenter-upgrade"}),
    "addon back": (
        "aws_eks_addon",
        {"addon_name": "coredns", "addon_version": "v1.12.0-eksbuild.1"},
        {"addon_name": "coredns", "addon_version": "v1.11.4-eksbuild.2"},
        {"addon-changed"},
    ),
    "new one under the old name": (
        "aws_iam_role",
        {"name": "r", "path": "/a/", "lifecycle": {"create_before_destroy": True}},
        {"name": "r", "path": "/b/", "lifecycle": {"create_before_destroy": True}},
        {"created-before-name-free"},
    ),
    "pods without a role": (
        "aws_eks_pod_identity_association",
        {"namespace": "n", "service_account": "s", "role_arn": "a"},
        None,
        {"identity-removed"},
    ),
    "pods with another role": (
        "aws_eks_pod_identity_association",
        {"namespace": "n", "service_account": "s", "role_arn": "a"},
        {"namespace": "n", "service_account": "s", "role_arn": "b"},
        {"identity-removed", "identity-granted"},
    ),
    "add-on without a role": (
        "aws_eks_addon",
        {"addon_name": "a", "pod_identity_association": [{"service_account": "s", "role_arn": "r"}]},
        {"addon_name": "a"},
        {"identity-removed"},
    ),
    "alarm turned off": ("aws_cloudwatch_metric_alarm", ALARM, {**ALARM, "actions_enabled": False}, {"alarm-off"}),
    "alarm to nobody": ("aws_cloudwatch_metric_alarm", ALARM, {**ALARM, "alarm_actions": []}, {"alarm-off"}),
    "alarm of silence": (
        "aws_cloudwatch_metric_alarm",
        ALARM,
        {**ALARM, "treat_missing_data": "notBreaching"},
        {"alarm-later"},
    ),
    "alarm below": (
        "aws_cloudwatch_metric_alarm",
        {**ALARM, "comparison_operator": "LessThanThreshold"},
        {**ALARM, "comparison_operator": "LessThanThreshold", "threshold": 0.5},
        {"alarm-later"},
    ),
    "alarm above, sooner": ("aws_cloudwatch_metric_alarm", ALARM, {**ALARM, "threshold": 0.5}, set()),
    "topic in the clear": ("aws_sns_topic", {"name": "t", "kms_master_key_id": "k"}, {"name": "t"}, {"encryption-off"}),
    "topic under another key": (
        "aws_sns_topic",
        {"name": "t", "kms_master_key_id": "k"},
        {"name": "t", "kms_master_key_id": "l"},
        {"encryption-key-changed"},
    ),
    "no queue to read": (
        "helm_release",
        karpenter(),
        karpenter(interruptionQueue=""),
        {"interruptions-unheard"},
    ),
    "nodes with local storage": (
        "helm_release",
        autoscaler(**{"skip-nodes-with-local-storage": True}),
        autoscaler(**{"skip-nodes-with-local-storage": False}),
        {"disruption-loosened"},
    ),
    "fewer namespaces": (
        "aws_eks_access_policy_association",
        access("etl", "bi"),
        access("etl"),
        {"cluster-access-removed"},
    ),
    "another namespace": (
        "aws_eks_access_policy_association",
        access("etl"),
        access("etl", "bi"),
        {"cluster-access-granted"},
    ),
    "logs under another name": (
        "aws_cloudwatch_log_group",
        {"name": "a"},
        {"name": "b"},
        {"stateful-replaced", "team-logs-moved"},
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_resources(name: str) -> None:
    kind, before, after, wanted = OTHERS[name]
    sides = [{f"{kind}.x": body} if body is not None else {} for body in (before, after)]
    assert {each.partition(" ")[0] for each in ids(*sides)} == wanted


def test_a_bucket_that_goes_takes_its_parts_along_without_more_words() -> None:
    whole: Bodies = {
        "aws_s3_bucket.b": BUCKET,
        "aws_s3_bucket_public_access_block.g": {"bucket": "${aws_s3_bucket.b.id}", **GUARD},
        "aws_s3_bucket_versioning.v": {
            "bucket": "${aws_s3_bucket.b.id}",
            "versioning_configuration": {"status": "Enabled"},
        },
        "aws_s3_bucket_policy.p": {"bucket": "${aws_s3_bucket.b.id}", "policy": DENY},
    }
    assert ids(whole, {}) == {"stateful-destroyed aws_s3_bucket.b"}


def heard(state: str, target: str) -> Bodies:
    return {
        "aws_cloudwatch_event_rule.r": {"name": "r", "state": state, "event_pattern": '{"detail-type": ["Warning"]}'},
        "aws_cloudwatch_event_target.t": {"rule": "${aws_cloudwatch_event_rule.r.name}", "arn": target},
    }


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("${aws_sqs_queue.q.arn}", "interruptions-unheard"),
        ("arn:aws:sqs:us-east-1:123456789012:q", "interruptions-unheard"),
        ("${aws_sns_topic_policy.p.arn}", "alarm-off"),
        ("arn:aws:lambda:us-east-1:123456789012:function:f", None),
    ],
)
def test_an_event_no_longer_arrives_where_it_was_awaited(target: str, wanted: str | None) -> None:
    on, off = heard("ENABLED", target), heard("DISABLED", target)
    told = {f"{wanted} aws_cloudwatch_event_rule.r"} if wanted else set()
    assert ids(on, off) == told
    assert ids(off, on) == set()
    untargeted = {"aws_cloudwatch_event_rule.r": on["aws_cloudwatch_event_rule.r"]}
    told = {f"{wanted} aws_cloudwatch_event_target.t"} if wanted else set()
    assert ids(on, untargeted) == told


def test_a_topic_takes_its_subscribers_along_without_more_words() -> None:
    topic = {
        "aws_sns_topic.t": {"name": "t"},
        "aws_sns_topic_subscription.s": {"topic_arn": "${aws_sns_topic.t.arn}", "endpoint": "ops@example.com"},
    }
    assert ids(topic, {}) == {"stateful-destroyed aws_sns_topic.t"}
    assert ids(topic, {"aws_sns_topic.t": {"name": "t"}}) == {"alarm-unheard aws_sns_topic_subscription.s"}


def test_a_key_that_goes_with_all_that_it_encrypted_is_less_severe() -> None:
    def keyed(**more: Any) -> Bodies:
        return {"aws_kms_key.k": {}, "aws_cloudwatch_log_group.l": {"kms_key_id": "${aws_kms_key.k.arn}", **more}}

    def severity(before: Bodies, after: Bodies) -> Severity:
        told = found(app(stack(resources=before)), app(stack(resources=after)))
        return next(risk.severity for risk in told if risk.address == "aws_kms_key.k")

    assert severity(keyed(), {}) is Severity.medium
    assert severity(keyed(skip_destroy=True), {}) is Severity.critical, "the group stays, and cannot be read"
    assert severity(keyed(), {"aws_cloudwatch_log_group.l": {}}) is Severity.critical
    assert severity({"aws_kms_key.k": {}}, {}) is Severity.critical, "nobody knows who uses it"


def consequence(id: str, kind: str, before: dict[str, Any], after: dict[str, Any] | None) -> str:
    sides = [app(stack(resources={f"{kind}.x": body} if body else {})) for body in (before, after)]
    (risk,) = [each for each in found(*sides) if each.id == id]
    return risk.consequence


@pytest.mark.parametrize(
    ("service_name", "told"), [("com.amazonaws.us-east-1.ecr.api", "to ecr.api has"), ("${var.service}", "to ${var.")]
)
def test_a_service_is_told_as_platform_yaml_names_it(service_name: str, told: str) -> None:
    assert told in consequence("vpc-endpoint-removed", "aws_vpc_endpoint", {"service_name": service_name}, None)


@pytest.mark.parametrize(("kept", "told"), [(True, "those in a stay there"), (False, "those in a are deleted")])
def test_logs_of_a_renamed_group_stay_where_the_group_stays(kept: bool, told: str) -> None:
    old, new = ({"name": name, "skip_destroy": kept} for name in ("a", "b"))
    assert told in consequence("team-logs-moved", "aws_cloudwatch_log_group", old, new)


def test_a_cluster_keeps_the_key_that_it_was_made_with() -> None:
    old, new = ({"name": "c", "encryption_config": {"provider": {"key_arn": key}}} for key in ("k", "l"))
    assert "stay under k" in consequence("encryption-key-changed", "aws_eks_cluster", old, new)


def test_a_vpc_endpoint_is_the_only_way_where_there_is_no_nat_gateway() -> None:
    def severity(others: Bodies) -> Severity:
        endpoint = {"aws_vpc_endpoint.e": {"service_name": "com.amazonaws.us-east-1.sts"}}
        (risk,) = found(app(stack(resources={**endpoint, **others})), app(stack(resources=others)))
        return risk.severity

    assert severity({"aws_nat_gateway.n": {}}) is Severity.medium
    assert severity({}) is Severity.high


def test_karpenter_and_kubernetes_must_go_together() -> None:
    def platform(version: str, karpenter: str, definitions: str) -> Bodies:
        return {
            "aws_eks_cluster.c": {**CLUSTER, "version": version},
            "helm_release.k": {**CHART, "version": karpenter},
            "helm_release.d": {"name": "d", "chart": "karpenter-crd", "version": definitions},
        }

    before = platform("1.35", "1.9.0", "1.9.0")
    assert "karpenter-incompatible helm_release.k" in ids(before, platform("1.36", "1.9.0", "1.9.0"))
    assert "karpenter-incompatible helm_release.k" not in ids(before, platform("1.36", "1.13.0", "1.13.0"))
    assert "karpenter-definitions helm_release.d" in ids(before, platform("1.35", "1.13.0", "1.9.0"))


def test_karpenters_definitions_must_not_go_while_karpenter_is_wanted() -> None:
    # Kubernetes deletes the objects of a definition that is deleted:
    # https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#delete-a-customresourcedefinition
    crds = {"name": "karpenter-crd", "chart": "karpenter-crd", "version": "1.14.1", "namespace": "kube-system"}
    before = {"helm_release.k": CHART, "helm_release.d": crds}
    risk = "karpenter-definitions-removed helm_release.d"
    assert risk in ids(before, {"helm_release.k": CHART, "helm_release.d": {**crds, "namespace": "karpenter"}})
    assert risk in ids(before, {"helm_release.k": CHART})
    assert risk not in ids(before, {})
    assert risk not in ids(before, {"helm_release.k": CHART, "helm_release.d": {**crds, "timeout": 600}})


def test_nodes_lose_the_cluster_with_their_access_entry() -> None:
    def risks_of(kind: str, **after: Any) -> set[str]:
        entry = {"cluster_name": "c", "principal_arn": "arn:aws:iam::123456789012:role/r", "type": kind}
        return ids({"aws_eks_cluster.c": CLUSTER, "aws_eks_access_entry.e": entry}, after)

    # https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html
    shut_out = "nodes-shut-out aws_eks_access_entry.e"
    assert shut_out in risks_of("EC2_LINUX", **{"aws_eks_cluster.c": CLUSTER})
    assert shut_out in risks_of("EC2_WINDOWS", **{"aws_eks_cluster.c": CLUSTER})
    assert shut_out not in risks_of("STANDARD", **{"aws_eks_cluster.c": CLUSTER})
    assert shut_out not in risks_of("EC2_LINUX")


def node_pool(name: str = "p", policy: str = "WhenEmpty", **template: str) -> Bodies:
    """Return a pool and the class of its nodes."""
    reference = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": f"{name}-class"}
    spec = {
        "template": {"spec": {"nodeClassRef": reference, **template}},
        "disruption": {"consolidationPolicy": policy},
    }
    return {f"kubernetes_manifest.{name}": {"manifest": manifest("NodePool", name, spec)}}


def node_class(image: str, name: str = "p") -> Bodies:
    spec = {"amiSelectorTerms": [{"alias": image}]}
    return {f"kubernetes_manifest.{name}-c": {"manifest": manifest("EC2NodeClass", f"{name}-class", spec)}}


def manifest(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "karpenter.sh/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


GRACE = {"terminationGracePeriod": "1h"}
WAITS = "a node with a driver waits until the driver ends"
ENDED = "a driver that still runs after a drain of 1h is ended, and its job with it"
DISRUPTED = {
    "class": (
        {**node_pool(), **node_class("al2023@v20261023")},
        {**node_pool(), **node_class("al2023@v20261110")},
        WAITS,
    ),
    "class, drains limited": (
        {**node_pool(**GRACE), **node_class("al2023@v20261023"), **node_pool("other")},
        {**node_pool(**GRACE), **node_class("al2023@v20261110"), **node_pool("other")},
        ENDED,
    ),
    "class of another pool": (
        {**node_pool(**GRACE), **node_class("al2023@v20261023", "other")},
        {**node_pool(**GRACE), **node_class("al2023@v20261110", "other")},
        WAITS,
    ),
    "expiry": (node_pool(expireAfter="9h"), node_pool(expireAfter="8h"), WAITS),
    "expiry, drains limited": (node_pool(expireAfter="9h", **GRACE), node_pool(expireAfter="8h", **GRACE), ENDED),
    "drains limited": (node_pool(), node_pool(**GRACE), f"a drain waits 1h instead of without end: {ENDED}"),
    "consolidation": (
        node_pool(),
        node_pool(policy="WhenEmptyOrUnderutilized"),
        "a node with a driver of the platform's pod templates stays",
    ),
}


@pytest.mark.parametrize("name", DISRUPTED)
def test_karpenter_ends_a_driver_only_where_drains_are_limited(name: str) -> None:
    before, after, wanted = DISRUPTED[name]
    told = [risk.consequence for risk in found(app(stack(resources=before)), app(stack(resources=after)))]
    assert any(wanted in each for each in told), told
    assert ENDED in wanted or not any("is ended" in each for each in told), told


def test_nodes_may_not_be_ahead_of_their_cluster() -> None:
    def platform(control: str, nodes: str) -> Bodies:
        group = {"cluster_name": "${aws_eks_cluster.c.name}", "version": nodes}
        return {"aws_eks_cluster.c": {**CLUSTER, "version": control}, "aws_eks_node_group.g": group}

    start = platform("1.35", "1.34")
    assert "kubernetes-skew aws_eks_node_group.g" in ids(start, platform("1.35", "1.36"))
    assert "kubernetes-skew aws_eks_node_group.g" not in ids(start, platform("1.35", "1.35"))


def test_ambiguous_renames_are_told() -> None:
    addresses = {"aws_eip.a": {"domain": "vpc"}, "aws_eip.b": {"domain": "vpc"}}
    others = {"aws_eip.c": {"domain": "vpc"}, "aws_eip.d": {"domain": "vpc"}}
    assert "rename-ambiguous aws_eip.c" in ids(addresses, others)


def test_a_stack_under_another_name_is_not_a_removed_one() -> None:
    resources = {"aws_vpc.v": {"cidr_block": "10.0.0.0/16"}}
    told = found(app(stack("old", resources)), app(stack("new", resources)))
    assert [(risk.id, risk.address, risk.severity) for risk in told] == [("stack-renamed", "new", Severity.critical)]


PRODUCER = {"aws_subnet.a": {"cidr_block": "10.0.0.0/24"}}
READS = {
    "aws_x.y": {"subnet": "${data.terraform_remote_state.cross-stack-reference-input-net.outputs.cross-stack-output-a}"}
}
OUTPUTS: dict[str, Any] = {
    "cross-stack-output-a": {"value": "${aws_subnet.a.id}"},
    "subnets": {"value": "${aws_subnet.a.id}"},
}


def test_an_output_that_is_still_read_is_told() -> None:
    net, user = stack("net", PRODUCER, outputs=OUTPUTS), stack("user", READS, dependencies=("net",))
    without = replace(net, outputs={"subnets": OUTPUTS["subnets"]})
    assert {risk.id for risk in found(app(net, user), app(without, user))} == {"cross-stack-output-missing"}


@pytest.mark.parametrize(
    ("replacing", "cause"),
    [
        ({("cidr_block",)}, "a change of cidr_block makes Terraform replace it (destroy, then create): "),
        (set(), "Terraform replaces it (destroy, then create): "),  # tainted, or asked for: the plan's reason says so
    ],
)
def test_why_something_is_replaced(replacing: set[tuple[str, ...]], cause: str) -> None:
    comparison = compare(
        *[app(stack("s", {"aws_vpc.v": {"cidr_block": each}})) for each in ("10.0.0.0/16", "10.1.0.0/16")]
    )
    (only,) = comparison.stacks
    steps = (replace(only.steps[0], replacing=frozenset(replacing)),)
    (risk,) = risks.find(replace(comparison, stacks=(replace(only, steps=steps),)))
    assert risk.consequence.startswith(cause)


def test_what_is_destroyed_before_its_reader_is_changed_is_told() -> None:
    net, user = stack("net", PRODUCER, outputs=OUTPUTS), stack("user", READS, dependencies=("net",))
    after = app(stack("net"), stack("user", {"aws_x.y": {}}, dependencies=("net",)))
    assert {risk.id for risk in found(app(net, user), after)} == {
        "stateful-destroyed",
        "cross-stack-output-removed",
        "output-removed",
    }


@pytest.mark.parametrize(
    ("part", "before", "after", "wanted"),
    [
        (
            "terraform",
            {"required_providers": {"aws": {"version": "5.100.0"}}},
            {"required_providers": {"aws": {"version": "6.1.0"}}},
            "provider-changed",
        ),
        ("terraform", {"backend": {"local": {"path": "a"}}}, {"backend": {"local": {"path": "b"}}}, "state-moved"),
        ("providers", {"aws": [{"region": "a"}]}, {"aws": [{"region": "b"}]}, "region-changed"),
    ],
)
def test_settings(part: str, before: Any, after: Any, wanted: str) -> None:
    resources = {"aws_vpc.v": {"cidr_block": "10.0.0.0/16"}}
    sides = [app(stack("s", resources, **{part: value})) for value in (before, after)]
    assert {risk.id for risk in found(*sides)} == {wanted}


def test_a_backend_of_another_kind_is_told_in_plain_words() -> None:
    local, s3 = {"local": {"path": "a"}}, {"s3": {"bucket": "b", "encrypt": True}}
    before, after = (app(stack(terraform={"backend": backend})) for backend in (local, s3))
    (risk,) = found(before, after)
    assert risk.details == (
        'terraform.backend.local: {"path": "a"} -> nothing',
        'terraform.backend.s3: nothing -> {"bucket": "b", "encrypt": true}',
    )


def test_every_rule_is_shown_to_speak(request: pytest.FixtureRequest) -> None:
    """A rule that neither this file nor the corpus sets off could be wrong, and nobody would know."""
    spoken = {risk_id for *_, wanted in OTHERS.values() for risk_id in wanted}
    spoken |= {each.partition(" ")[0] for *_, wanted in IAM.values() for each in wanted}
    sources = [path.read_text("utf-8") for path in request.path.parent.glob("test_*.py")]
    silent = {rule.id for rule in risks.RULES if rule.id not in spoken and not any(rule.id in text for text in sources)}
    assert not silent


def test_ids_are_unique_and_told_in_the_documentation(root: Any) -> None:
    ids = [rule.id for rule in risks.RULES]
    assert len(set(ids)) == len(ids)
    documentation = (root / "docs" / "review.md").read_text("utf-8")
    assert not [rule.id for rule in risks.RULES if f"| `{rule.id}` | {rule.title} |" not in documentation]


def test_the_action_and_the_job_use_options_that_exist(root: Any) -> None:
    from typer.testing import CliRunner

    from emr_eks.cli import app as command

    shown = CliRunner().invoke(command, ["review", "--help"], env={"COLUMNS": "200"}).output
    for name in ("docs/gitlab-review.yml", ".github/actions/review/action.yml", ".github/workflows/review.yml"):
        text = (root / name).read_text("utf-8")
        assert yaml.safe_load(text)
        used = set(
            re.findall(r"(--[a-z-]+)", " ".join(re.findall(r"(?:emr-eks review|arguments\+?=).*(?:\\\n.*)*", text)))
        )
        assert not [option for option in used if option not in shown], name
