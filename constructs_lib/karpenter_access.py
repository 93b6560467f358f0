"""Karpenter's AWS half: what its controller may do, the role of its nodes, and the events it hears."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.eks_access_entry import EksAccessEntry
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from constructs import Construct

from constructs_lib._karpenter import (
    NODE_POLICIES,
    ControllerScope,
    KarpenterSpec,
    controller_policies,
    interruption_events,
    node_role_name,
    policy_name,
    queue_name,
)
from constructs_lib._own_roles import own_role_name
from constructs_lib._policy import MANAGED_POLICY_LIMIT, Statement, check_size, document, trust
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike
from constructs_lib.interruption_queue import InterruptionQueue
from constructs_lib.role import Role
from constructs_lib.service_account_role import ServiceAccountRole

__all__ = ["KarpenterAccess", "KarpenterSpec"]

_SERVICE_ACCOUNT = "karpenter"


class KarpenterAccess(Construct):
    """Defines the controller's role, the nodes' role with its way into the cluster, and the interruption queue.

    With *instance_profile* there is one of the nodes' role, and by its name, for node classes to name: Karpenter makes
    its own by asking IAM, which has no endpoint for a VPC without a way to the internet.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: KarpenterSpec,
        cluster: EksClusterLike,
        account: Account,
        instance_profile: bool = False,
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
        if instance_profile:
            from cdktf_cdktf_provider_aws.iam_instance_profile import IamInstanceProfile

            IamInstanceProfile(self, "InstanceProfile", name=nodes.name, role=nodes.name, depends_on=nodes.attachments)
        EksAccessEntry(self, "NodeAccess", cluster_name=cluster.id, principal_arn=nodes.arn, type="EC2_LINUX")
        queue = InterruptionQueue(
            self,
            "Default",  # leaves no trace in Terraform's addresses
            name=queue_name(cluster.name),
            listener="Karpenter",
            cluster_name=cluster.name,
            events=interruption_events(spec.version),
            account=account,
        )
        self.queue_name: str = queue.name
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
                queue_arn=queue.arn,
            ),
        ).arn
        self.node_role_name: str = nodes.name

    def _controller(
        self, spec: KarpenterSpec, cluster: EksClusterLike, account: Account, scope: ControllerScope
    ) -> Role:
        role = ServiceAccountRole(
            self,
            "ControllerRole",
            name=own_role_name(cluster.name, "karpenter"),
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
