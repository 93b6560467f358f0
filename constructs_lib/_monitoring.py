"""What watches a platform, as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from constructs_lib._alarms import AlarmsSpec
from constructs_lib._log_group import RetentionDays
from provisioners.spec import Problem, Spec

CONTAINER_INSIGHTS = "amazon-cloudwatch-observability"
"""The EKS add-on:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/install-CloudWatch-Observability-EKS-addon.html"""
SERVICE_ACCOUNT = "cloudwatch-agent"
NAMESPACE = "amazon-cloudwatch"
"""Where the add-on installs itself."""


class MonitoringSpec(Spec):
    """Metrics of the cluster's nodes and pods, and alarms."""

    container_insights: bool = Field(
        default=True,
        description="Whether Container Insights watches the cluster: as an EKS add-on that is installed, or that an "
        "existing cluster has.",
    )
    container_logs: bool = Field(
        default=False,
        description="Whether Container Insights keeps what every container prints; what jobs print, EMR keeps already.",
    )
    log_retention_days: RetentionDays = Field(
        default=30, description="How long Container Insights' logs, from which its metrics are made, are kept."
    )
    alarms: AlarmsSpec | None = Field(default=None, description="Alarms; `{}` for those that come by default.")

    def rules(self) -> Iterator[Problem]:
        if self.container_insights:
            return
        if self.container_logs:
            yield Problem(
                ("container_logs",),
                "must not be asked for without `container_insights`, which gathers them",
                hint="set `container_insights: true`, or remove it",
                reads=(("container_insights",),),
            )
        for field in ("pending_pods", "nodes_not_ready_minutes"):
            if self.alarms and field in self.alarms.model_fields_set and getattr(self.alarms, field):
                yield Problem(
                    ("alarms", field),
                    "must not be asked for without `container_insights`, whose metrics it goes by",
                    hint="set `container_insights: true`, or remove it",
                    reads=(("container_insights",),),
                )


def agent_configuration(spec: MonitoringSpec) -> dict[str, Any]:
    """Return the add-on's configuration: metrics of nodes and pods, and neither traces nor agents in others' pods.

    Left out, `application_signals` stays off:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/install-CloudWatch-Observability-EKS-addon.html
    """
    metrics = {"kubernetes": {"enhanced_container_insights": True}}
    return {
        "agent": {"config": {"logs": {"metrics_collected": metrics}}},
        "containerLogs": {"enabled": spec.container_logs},
    }


def log_groups(cluster_name: str, spec: MonitoringSpec) -> dict[str, str]:
    """Return the names of the log groups that the add-on writes to, by what they hold.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-setup-logs-FluentBit.html
    """
    kinds = ["performance", *(("application", "dataplane", "host") if spec.container_logs else ())]
    return {kind: f"/aws/containerinsights/{cluster_name}/{kind}" for kind in sorted(kinds)}
