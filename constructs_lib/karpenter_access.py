"""Karpenter's AWS half: what its controller may do, the role of its nodes, and the events it hears."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from cdktf_cdktf_provider_aws.eks_access_entry import EksAccessEntry
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from constructs_lib._karpenter import (
    INTERRUPTION_EVENTS,
    NODE_POLICIES,
    ControllerScope,
    Event,
    KarpenterSpec,
    controller_policies,
    node_role_name,
    policy_name,
    queue_name,
    queue_policy,
)
from constructs_lib._names import fit
from constructs_lib._policy import MANAGED_POLICY_LIMIT, Statement, check_size, document, trust
from constructs_lib._versions import numbers
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike
from constructs_lib.role import Role
from constructs_lib.service_account_role import ServiceAccountRole

__all__ = ["KarpenterAccess", "KarpenterSpec"]

_SERVICE_ACCOUNT = "karpenter"


class KarpenterAccess(Construct):
    """Defines the controller's role, the nodes' role with its way into the cluster, and the interruption queue."""

    def __init__(
        self, scope: Construct, id: str, *, spec: KarpenterSpec, cluster: EksClusterLike, account: Account
    ) -> None:
        super().__init__(scope, id)
        self._cluster_name = cluster.name
        nodes = Role(
            self,
            "NodeRole",
            name=node_role_name(cluster.name),
            trust=trust("ec2.amazonaws.com"),
            description=f"Nodes that Karpenter launches for {cluster.name}",
        )
        for policy in NODE_POLICIES:
            nodes.attach(policy, account.managed_policy_arn(policy))
        EksAccessEntry(self, "NodeAccess", cluster_name=cluster.id, principal_arn=nodes.arn, type="EC2_LINUX")
        self.queue_name: str = queue_name(cluster.name)
        queue_arn = self._queue(account.arn("sqs", self.queue_name), spec.version)
        self.controller_role_arn: str = self._controller(
            spec,
            cluster,
            account,
            ControllerScope(
                cluster_name=cluster.name,
                region=account.region,
                account_id=account.id,
                partition=account.partition,
                node_role_arn=account.role_arn(nodes.name),
                queue_arn=queue_arn,
            ),
        ).arn
        self.node_role_name: str = nodes.name

    def _controller(
        self, spec: KarpenterSpec, cluster: EksClusterLike, account: Account, scope: ControllerScope
    ) -> Role:
        role = ServiceAccountRole(
            self,
            "ControllerRole",
            name=fit(f"{cluster.name}-karpenter", 64),
            cluster=cluster,
            namespace=spec.namespace,
            service_account=_SERVICE_ACCOUNT,
            identity=spec.identity,
            account=account,
            description=f"Karpenter's controller in {cluster.name}",
        )
        for name, statements in controller_policies(scope, spec.version).items():
            role.attach(name, self._policy(name, statements))
        return role

    def _policy(self, name: str, statements: list[Statement]) -> str:
        """Return the ARN of a policy of *statements*."""
        text = check_size(document(statements), MANAGED_POLICY_LIMIT, lambda: f"{self.node.path}/{name}")
        return IamPolicy(self, f"{name}Policy", name=policy_name(name, self._cluster_name), policy=text).arn

    def _queue(self, arn: str, version: str) -> str:
        queue = SqsQueue(
            self, "Queue", name=self.queue_name, message_retention_seconds=300, sqs_managed_sse_enabled=True
        )
        SqsQueuePolicy(
            self,
            "QueuePolicy",
            queue_url=queue.url,
            policy=document(queue_policy(arn), id="EC2InterruptionPolicy"),
        )
        queue_arn = queue.arn
        for name, event in INTERRUPTION_EVENTS.items():
            if numbers(version) >= event.since:
                self._rule(name, event, queue_arn)
        return arn

    def _rule(self, name: str, event: Event, queue_arn: str) -> None:
        place = Construct(self, name)
        rule = CloudwatchEventRule(
            place,
            "Resource",
            name=fit(f"Karpenter{name}-{self._cluster_name}", 64),
            description=f"Tells Karpenter of: {event.detail_type}",
            event_pattern=json.dumps({"source": [event.source], "detail-type": [event.detail_type]}),
        )
        CloudwatchEventTarget(
            place, "Target", rule=rule.name, target_id="KarpenterInterruptionQueueTarget", arn=queue_arn
        )
