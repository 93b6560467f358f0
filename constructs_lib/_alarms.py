"""Alarms as data: what is watched, from when on it is told, and whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

from pydantic import Field

from constructs_lib._names import TagKey, TagValue, fit
from constructs_lib._policy import Statement
from provisioners.spec import Items, Problem, Spec, text

EmailAddress = Annotated[
    str,
    text(
        r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        "must be an e-mail address",
        "for example 'spark-ops@example.com'",
        max_length=254,
    ),
]
"""The shape that browsers ask for: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address"""
Minutes = Annotated[int, Field(ge=1, le=1440)]
"""CloudWatch looks back one day at most:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
Percentage = Annotated[int, Field(ge=1, le=1000)]

METRICS = "ContainerInsights"
PENDING_PODS = "pod_status_pending"
NODES_READY = "node_status_condition_ready"
"""Metrics of the dimension ClusterName: a 1 for each pod that waits, and a 1 for each ready node or else a 0.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-enhanced-EKS.html"""


class PendingPodsSpec(Spec):
    """When waiting pods are too many for too long."""

    more_than: Annotated[int, Field(ge=0)] = Field(default=0, description="So many pods may always wait for a node.")
    minutes: Minutes = Field(default=15, description="How long more pods must wait before it is told.")


class BudgetSpec(Spec):
    """What may be spent in a month."""

    usd: Annotated[int, Field(ge=1)] = Field(description="The limit of a month, in US dollars.", examples=[2000])
    tags: Annotated[dict[TagKey, TagValue], Field(max_length=10)] = Field(
        default={},
        description="Counts only what bears one of these cost allocation tags, which must be activated in Billing; "
        "empty: the whole account.",
    )
    percentages: Annotated[Items[Percentage], Field(min_length=1, max_length=4)] = Field(
        default=(80, 100),
        description="Told when so many percent of the limit are spent; at most 4.",
        json_schema_extra={"uniqueItems": True},
    )
    forecast: bool = Field(
        default=True, description="Whether it is told too when the forecast for the month is over the limit."
    )

    def rules(self) -> Iterator[Problem]:
        for index, percentage in enumerate(self.percentages):
            if percentage in self.percentages[:index]:
                yield Problem(("percentages", index), "is given twice", percentage)


class AlarmsSpec(Spec):
    """What is told through one encrypted SNS topic."""

    emails: Annotated[Items[EmailAddress], Field(max_length=50)] = Field(
        default=(),
        description="Who gets e-mail, after confirming the one that AWS sends first; others subscribe to the topic.",
        json_schema_extra={"uniqueItems": True},
    )
    failed_runs: bool = Field(default=True, description="Whether each failed job run is told.")
    pending_pods: PendingPodsSpec | None = Field(
        default=PendingPodsSpec(), description="Pods that wait for a node, by Container Insights; `null` for no alarm."
    )
    nodes_not_ready_minutes: Minutes | None = Field(
        default=15, description="How long some node is not ready, by Container Insights; `null` for no alarm."
    )
    interruption_queue_seconds: Annotated[int, Field(ge=30, le=240)] | None = Field(
        default=60,
        description="How long Karpenter leaves word of an interruption unread, where it forgets all after 300 seconds; "
        "`null` for no alarm.",
    )
    budget: BudgetSpec | None = Field(default=None, description="A monthly budget.")

    def rules(self) -> Iterator[Problem]:
        for index, address in enumerate(self.emails):
            if address in self.emails[:index]:
                yield Problem(("emails", index), "is given twice", address)


class MetricAlarm(NamedTuple):
    """An alarm in CloudWatch on a metric's *statistic* over each minute, for *minutes* in a row."""

    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    comparison: str
    threshold: float
    minutes: int


def metric_alarms(
    spec: AlarmsSpec, *, cluster_name: str, container_insights: bool, queue_name: str | None
) -> Iterator[tuple[str, MetricAlarm]]:
    """Yield the alarms that *spec* asks for by their names; none on metrics that nothing sends."""
    cluster = {"ClusterName": cluster_name}
    above, below = "GreaterThanThreshold", "LessThanThreshold"
    if container_insights and spec.pending_pods:
        allowed, minutes = spec.pending_pods.more_than, spec.pending_pods.minutes
        told = f"More than {allowed} pods have waited for a node for {minutes} minutes in {cluster_name}"
        yield (
            "pending-pods",
            MetricAlarm(told, METRICS, PENDING_PODS, cluster, "Sum", above, allowed, minutes),
        )
    if container_insights and (minutes := spec.nodes_not_ready_minutes or 0):
        told = f"A node has not been ready for {minutes} minutes in {cluster_name}"
        yield "nodes-not-ready", MetricAlarm(told, METRICS, NODES_READY, cluster, "Minimum", below, 1, minutes)
    if queue_name and (seconds := spec.interruption_queue_seconds):
        told = f"Karpenter in {cluster_name} has not read of an interruption for {seconds} seconds"
        queue = {"QueueName": queue_name}
        age = "ApproximateAgeOfOldestMessage"
        yield "interruption-queue", MetricAlarm(told, "AWS/SQS", age, queue, "Maximum", above, seconds, 1)


def topic_name(cluster_name: str) -> str:
    """Return the name of the topic of the alarms of a cluster."""
    return f"emr-eks-{cluster_name}"


def rule_name(cluster_name: str, team: str) -> str:
    """Return the name of the rule that tells of a team's failed job runs."""
    return fit(f"{cluster_name}-{team}-failed-runs", 64)


def failed_runs(virtual_cluster_id: str) -> dict[str, object]:
    """Return the pattern of the event of a failed job run.

    https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-emr-containers.html
    """
    return {
        "source": ["aws.emr-containers"],
        "detail-type": ["EMR Job Run State Change"],
        "detail": {"state": ["FAILED"], "virtualClusterId": [virtual_cluster_id]},
    }


def topic_policy(topic_arn: str, cluster_name: str, *, partition: str, region: str, account_id: str) -> list[Statement]:
    """Return who may publish: EventBridge, this cluster's alarms and this account's budgets, over TLS only.

    A condition on EventBridge's statement never holds, and events would be lost without a word:
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    sources = {
        "budgets": f"arn:{partition}:budgets::{account_id}:*",
        "cloudwatch": f"arn:{partition}:cloudwatch:{region}:{account_id}:alarm:{cluster_name}-*",
        "events": None,
    }
    return [
        *(
            Statement(
                f"Allow{service.capitalize()}",
                ["sns:Publish"],
                [topic_arn],
                principals={"Service": [f"{service}.amazonaws.com"]},
                conditions={
                    "ArnLike": {"aws:SourceArn": source},
                    "StringEquals": {"aws:SourceAccount": account_id},
                }
                if source
                else {},
            )
            for service, source in sources.items()
        ),
        Statement(
            "DenyPlainHttp",
            ["sns:Publish"],
            [topic_arn],
            principals={"AWS": "*"},
            conditions={"Bool": {"aws:SecureTransport": "false"}},
            effect="Deny",
        ),
    ]


def publishers_may_use_key() -> Statement:
    """Return the statement that lets those who publish to the topic use its key.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    """
    return Statement(
        "AllowPublishers",
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        ["*"],
        principals={"Service": [f"{service}.amazonaws.com" for service in ("budgets", "cloudwatch", "events")]},
    )
