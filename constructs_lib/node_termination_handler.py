"""AWS Node Termination Handler: its queue and role in AWS, and its chart in the cluster."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.autoscaling_group_tag import AutoscalingGroupTagA, AutoscalingGroupTagTag
from cdktf_cdktf_provider_aws.autoscaling_lifecycle_hook import AutoscalingLifecycleHook
from cdktf_cdktf_provider_helm.release import Release
from constructs import Construct

from constructs_lib._names import same_region
from constructs_lib._node_termination_handler import (
    LIFECYCLE_HOOK,
    SERVICE_ACCOUNT,
    NodeTerminationHandlerSpec,
    handler_events,
    handler_policy,
    handler_queue_name,
    handler_values,
    managed_tag,
)
from constructs_lib._own_roles import own_role_name
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike
from constructs_lib.interruption_queue import InterruptionQueue
from constructs_lib.service_account_role import ServiceAccountRole

__all__ = ["NodeTerminationHandlerAccess", "NodeTerminationHandlerChart", "NodeTerminationHandlerSpec"]


class NodeTerminationHandlerAccess(Construct):
    """Defines the handler's queue and role, and makes the groups' ending machines wait for it."""

    def __init__(
        self, scope: Construct, id: str, *, spec: NodeTerminationHandlerSpec, cluster: EksClusterLike, account: Account
    ) -> None:
        super().__init__(scope, id)
        self.region: str = account.region
        queue = InterruptionQueue(
            self,
            "InterruptionQueue",
            name=handler_queue_name(cluster.name),
            listener="NodeTerminationHandler",
            cluster_name=cluster.name,
            events=handler_events(spec.autoscaling_groups),
            account=account,
        )
        self.queue_url: str = queue.url
        role = ServiceAccountRole(
            self,
            "Role",
            name=own_role_name(cluster.name, "node-termination-handler"),
            cluster=cluster,
            namespace=spec.namespace,
            service_account=SERVICE_ACCOUNT,
            identity=spec.identity,
            account=account,
            description=f"AWS Node Termination Handler in {cluster.name}",
        )
        any_group = account.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName")
        role.add_statements(handler_policy(spec.autoscaling_groups, any_group, queue.arn))
        self.role_arn: str = role.arn
        place = Construct(self, "AutoscalingGroup")
        for name in spec.autoscaling_groups:
            self._watch(Construct(place, name), name, cluster.name, spec.drain_seconds)

    @staticmethod
    def _watch(place: Construct, group: str, cluster_name: str, seconds: int) -> None:
        AutoscalingLifecycleHook(
            place,
            "Hook",
            name=LIFECYCLE_HOOK,
            autoscaling_group_name=group,
            lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
            heartbeat_timeout=seconds,
            default_result="CONTINUE",
        )
        AutoscalingGroupTagA(
            place,
            "Tag",
            autoscaling_group_name=group,
            tag=AutoscalingGroupTagTag(key=managed_tag(cluster_name), value="true", propagate_at_launch=True),
        )


class NodeTerminationHandlerChart(Construct):
    """Installs the handler, which runs on no node that Karpenter launches."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: NodeTerminationHandlerSpec,
        cluster: EksClusterLike,
        access: NodeTerminationHandlerAccess,
        region: str,
    ) -> None:
        super().__init__(scope, id)
        same_region(region, access.region, lambda: self.node.path)
        values = handler_values(
            spec,
            cluster_name=cluster.name,
            region=region,
            queue_url=access.queue_url,
            role_arn=access.role_arn,
        )
        self.resource: Release = Release(
            self,
            "Resource",
            name=SERVICE_ACCOUNT,
            repository="oci://public.ecr.aws/aws-ec2/helm",
            chart="aws-node-termination-handler",
            version=spec.chart_version,
            namespace=spec.namespace,
            create_namespace=True,
            wait=True,
            values=[json.dumps(values, sort_keys=True)],
        )
