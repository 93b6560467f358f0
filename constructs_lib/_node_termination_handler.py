"""AWS Node Termination Handler as data: its settings, what it may do, and what it hears.

It reads a queue ("queue processor"), as https://github.com/aws/aws-node-termination-handler describes. Karpenter drains
its own nodes and EKS those of managed node groups; what is left is auto-scaling groups of one's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from constructs_lib._interruption_queue import INSTANCE_EVENTS, Event
from constructs_lib._names import ImageRepository, fit
from constructs_lib._node_group import LabelKey, LabelValue
from constructs_lib._policy import Statement
from provisioners.spec import DnsLabel, Items, Problem, Spec, text

SERVICE_ACCOUNT = "aws-node-termination-handler"
LIFECYCLE_HOOK = "node-termination-handler"

AutoScalingGroupName = Annotated[
    str,
    text(
        r"[\w+=,.@/-]+",
        "must be the name of an auto-scaling group: at most 255 letters, digits and the characters _+=,.@/-",
        "for example 'batch-gpu'",
        max_length=255,
    ),
]

_MANAGED = re.compile(r"eks-.+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The groups that EKS makes for managed node groups."""


class NodeTerminationHandlerSpec(Spec):
    """AWS Node Termination Handler, which drains the nodes of auto-scaling groups of your own before they end."""

    autoscaling_groups: Annotated[Items[AutoScalingGroupName], Field(min_length=1, max_length=50)] = Field(
        description="The groups, by name; they must be there, and each gets a hook and a tag.",
        examples=[["batch-gpu"]],
    )
    drain_seconds: Annotated[int, Field(ge=30, le=7200)] = Field(
        default=300, description="How long a machine that its group ends waits for its pods to leave."
    )
    chart_version: Annotated[str, Field(pattern=r"^0\.\d+\.\d+$")] = Field(
        default="0.27.6", description="The chart's release."
    )
    image_repository: ImageRepository | None = Field(
        default=None,
        description="Where the handler's image is, such as a copy in ECR; by default `public.ecr.aws`.",
    )
    namespace: DnsLabel = Field(default="kube-system", description="Where the handler runs.")
    identity: Literal["pod_identity", "irsa"] = Field(
        default="pod_identity", description="How the handler gets its AWS credentials."
    )
    replicas: Annotated[int, Field(ge=1, le=5)] = Field(
        default=2, description="Copies of the handler, all of them active."
    )
    node_selector: dict[LabelKey, LabelValue] = Field(default={}, description="Labels of the nodes that it runs on.")

    def rules(self) -> Iterator[Problem]:
        for index, name in enumerate(self.autoscaling_groups):
            if name in self.autoscaling_groups[:index]:
                yield Problem(("autoscaling_groups", index), "is given twice", name)
            elif _MANAGED.fullmatch(name):
                yield Problem(
                    ("autoscaling_groups", index),
                    "must not be that of a managed node group, whose nodes EKS drains itself",
                    name,
                    "remove it",
                )


def handler_events(groups: Sequence[str]) -> dict[str, Event]:
    """Return the events that the handler acts on, by the name of their rule; endings of *groups* only."""
    maintenance = INSTANCE_EVENTS["ScheduledChange"]._replace(
        detail={"service": ["EC2"], "eventTypeCategory": ["scheduledChange"]}
    )
    ending = Event(
        "aws.autoscaling", "EC2 Instance-terminate Lifecycle Action", {"AutoScalingGroupName": sorted(groups)}
    )
    return {**INSTANCE_EVENTS, "ScheduledChange": maintenance, "GroupTerminates": ending}


def handler_policy(groups: Sequence[str], group_arn: str, queue_arn: str) -> list[Statement]:
    """Return what the handler may do; *group_arn* is the ARN of any group, without its name."""
    return [
        Statement("ReadQueue", ["sqs:DeleteMessage", "sqs:ReceiveMessage"], [queue_arn]),
        Statement(
            "ReadInstances",
            ["autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeTags", "ec2:DescribeInstances"],
            ["*"],
        ),
        Statement(
            "LetDrainedInstancesEnd",
            ["autoscaling:CompleteLifecycleAction"],
            [f"{group_arn}/{name}" for name in groups],
        ),
    ]


def handler_queue_name(cluster_name: str) -> str:
    """Return the name of the handler's queue."""
    return fit(f"{cluster_name}-node-termination-handler", 80)


def managed_tag(cluster_name: str) -> str:
    """Return the key of the tag by which the handler of a cluster knows its machines among all of the account."""
    return f"aws-node-termination-handler/{cluster_name}"


def handler_pod(spec: NodeTerminationHandlerSpec) -> dict[str, Any]:
    """Return what the handler's pod asks of its node, which Karpenter may not take away."""
    owned = {"matchExpressions": [{"key": "karpenter.sh/nodepool", "operator": "DoesNotExist"}]}
    terms = {"nodeSelectorTerms": [owned]}
    return {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}},
        "nodeSelector": {"kubernetes.io/os": "linux", **spec.node_selector},
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}],
        "containers": [{"resources": {"requests": {"cpu": "50m", "memory": "64Mi"}}}],
    }


def handler_values(
    spec: NodeTerminationHandlerSpec, *, cluster_name: str, region: str, queue_url: str, role_arn: str
) -> dict[str, Any]:
    """Return the values of the handler's chart.

    Keys as in https://github.com/aws/aws-node-termination-handler/blob/main/config/helm/aws-node-termination-handler/values.yaml
    """
    annotations = {"eks.amazonaws.com/role-arn": role_arn} if spec.identity == "irsa" else {}
    pod = handler_pod(spec)
    return {
        **({"image": {"repository": spec.image_repository}} if spec.image_repository else {}),
        "enableSqsTerminationDraining": True,
        "queueURL": queue_url,
        "awsRegion": region,
        "checkTagBeforeDraining": True,
        "managedTag": managed_tag(cluster_name),
        # What ended before its event was read would be tried again until the message expires.
        "deleteSqsMsgIfNodeNotFound": True,
        "nodeTerminationGracePeriod": spec.drain_seconds,
        "emitKubernetesEvents": True,
        "replicas": spec.replicas,
        "podDisruptionBudget": {"maxUnavailable": 1},
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT, "annotations": annotations},
        "affinity": pod["affinity"],
        "nodeSelector": pod["nodeSelector"],
        "tolerations": pod["tolerations"],
        "resources": pod["containers"][0]["resources"],
    }
