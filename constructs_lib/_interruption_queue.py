"""The queue that tells a controller of ending machines, as data: which events, and who may send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from constructs_lib._policy import Statement


class Event(NamedTuple):
    """An EventBridge event; `detail` limits it further, as an event pattern does.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
    """

    source: str
    detail_type: str
    detail: Mapping[str, Sequence[str]] | None = None

    @property
    def pattern(self) -> dict[str, Any]:
        """The pattern of a rule that this event matches."""
        pattern: dict[str, Any] = {"source": [self.source], "detail-type": [self.detail_type]}
        return pattern | ({"detail": self.detail} if self.detail else {})


INSTANCE_EVENTS: Mapping[str, Event] = {
    "ScheduledChange": Event("aws.health", "AWS Health Event"),
    "SpotInterruption": Event("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "Rebalance": Event("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "InstanceStateChange": Event("aws.ec2", "EC2 Instance State-change Notification"),
}
"""By the name of their rule; spelt as in https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-instance-state-changes.html
and https://docs.aws.amazon.com/health/latest/ug/cloudwatch-events-health.html"""


def queue_policy(queue_arn: str) -> list[Statement]:
    """Return who may send to the queue, over TLS only."""
    return [
        Statement(
            "AllowEvents",
            ["sqs:SendMessage"],
            [queue_arn],
            principals={"Service": ["events.amazonaws.com", "sqs.amazonaws.com"]},
        ),
        Statement(
            "DenyHTTP",
            ["sqs:*"],
            [queue_arn],
            principals={"AWS": "*"},
            conditions={"Bool": {"aws:SecureTransport": "false"}},
            effect="Deny",
        ),
    ]
