"""The queue that tells a controller of nodes which machines are about to end."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from constructs_lib._interruption_queue import Event, queue_policy
from constructs_lib._names import fit
from constructs_lib._policy import document
from constructs_lib.account import Account

__all__ = ["Event", "InterruptionQueue"]


class InterruptionQueue(Construct):
    """Defines an encrypted queue and a rule for each of *events*, by name, that sends them there.

    *listener* is whom they are for, and begins the rules' names; *cluster_name* ends them.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        listener: str,
        cluster_name: str,
        events: Mapping[str, Event],
        account: Account,
    ) -> None:
        super().__init__(scope, id)
        self.name: str = name
        self.arn: str = account.arn("sqs", name)
        """Known before synthesis, for policies."""
        queue = SqsQueue(self, "Queue", name=name, message_retention_seconds=300, sqs_managed_sse_enabled=True)
        self.url: str = queue.url
        policy = document(queue_policy(self.arn), id="EC2InterruptionPolicy")
        SqsQueuePolicy(self, "QueuePolicy", queue_url=self.url, policy=policy)
        target = queue.arn
        for event_name, event in events.items():
            rule_name = fit(f"{listener}{event_name}-{cluster_name}", 64)
            rule = CloudwatchEventRule(
                self,
                event_name,
                name=rule_name,
                description=f"Tells {listener} of: {event.detail_type}",
                event_pattern=json.dumps(event.pattern),
            )
            CloudwatchEventTarget(
                rule,
                "Target",
                rule=rule_name,  # by name, where a reference would ask Node a question for each rule
                target_id=f"{listener}InterruptionQueueTarget",
                arn=target,
                depends_on=[rule],
            )
