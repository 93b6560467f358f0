"""The cluster in AWS: EKS, its nodes and add-ons, and what the controllers of nodes need there."""

from __future__ import annotations

from posixpath import commonpath
from typing import TYPE_CHECKING

from cdktf_cdktf_provider_aws.eks_node_group import EksNodeGroup
from constructs import Construct

from constructs_lib._monitoring import CONTAINER_INSIGHTS, SERVICE_ACCOUNT, MonitoringSpec, agent_configuration
from constructs_lib.addon import Addon, addon_of_spec, addons_after_nodes, addons_before_nodes
from constructs_lib.cluster import Cluster
from constructs_lib.cluster_autoscaler import ClusterAutoscalerAccess, group_tags
from constructs_lib.container_insights import ContainerInsights
from constructs_lib.karpenter_access import KarpenterAccess
from constructs_lib.log_group import adopt_log_groups
from constructs_lib.node_group import NodeGroup
from constructs_lib.vpc import Network
from stacks._stack import PlatformStack
from stacks.platform import PlatformSpec

if TYPE_CHECKING:
    from constructs_lib.node_termination_handler import NodeTerminationHandlerAccess


class ClusterStack(PlatformStack):
    """Holds the cluster that the platform builds."""

    def __init__(self, scope: Construct, platform: PlatformSpec, network: Network) -> None:
        super().__init__(scope, platform, "cluster")
        self._account = self.add_aws()
        self.cluster = Cluster(
            self,
            "cluster",
            name=platform.cluster_name,
            spec=platform.cluster,
            network=network,
            account=self._account,
        )
        groups = self._node_groups(network, addons_before_nodes(self, cluster=self.cluster, network=network))
        insights = self._later_addons(groups)
        self.karpenter = (
            KarpenterAccess(
                self,
                "karpenter",
                spec=platform.karpenter,
                cluster=self.cluster,
                account=self._account,
                instance_profile=platform.isolated,
            )
            if platform.karpenter
            else None
        )
        self.autoscaler = self._autoscaler(groups)
        self.termination_handler = self._termination_handler()
        if platform.adopt_log_groups:
            self._adopt_logs(insights)
        self._outputs(groups)

    def _adopt_logs(self, insights: ContainerInsights | None) -> None:
        """Go on with the logs of a destroyed cluster of this name: EKS writes the last of them into a group anew."""
        groups = self.cluster.logs | (insights.logs if insights else {})
        adopt_log_groups(self, groups, prefix=commonpath(groups))

    def _termination_handler(self) -> NodeTerminationHandlerAccess | None:
        spec = self.platform.node_termination_handler
        if not spec:
            return None
        # What few platforms have is loaded only for them.
        from constructs_lib.node_termination_handler import NodeTerminationHandlerAccess

        return NodeTerminationHandlerAccess(
            self, "node-termination-handler", spec=spec, cluster=self.cluster, account=self._account
        )

    def _autoscaler(self, groups: dict[str, NodeGroup]) -> ClusterAutoscalerAccess | None:
        spec = self.platform.cluster_autoscaler
        if not spec:
            return None
        for name, group in groups.items():
            group.tag_autoscaling_group(group_tags(name, self.platform.groups[name]))
        return ClusterAutoscalerAccess(
            self, "cluster-autoscaler", spec=spec, cluster=self.cluster, account=self._account
        )

    def _node_groups(self, network: Network, addons: list[Addon]) -> dict[str, NodeGroup]:
        place = Construct(self, "node-group")
        return {
            name: NodeGroup(
                place,
                name,
                name=name,
                spec=self.platform.groups[name],
                cluster=self.cluster,
                network=network,
                account=self._account,
                tags=self.platform.tags | {"Platform": self.platform.name},
                after=addons,
            )
            for name in sorted(self.platform.groups)
        }

    def _later_addons(self, groups: dict[str, NodeGroup]) -> ContainerInsights | None:
        nodes = [group.resource for group in groups.values()]
        monitoring = self.platform.monitoring
        watching = monitoring if monitoring and monitoring.container_insights else None
        addons_after_nodes(
            self,
            cluster=self.cluster,
            account=self._account,
            nodes=nodes,
            leave_out=[CONTAINER_INSIGHTS] if watching else [],
        )
        return self._container_insights(watching, nodes) if watching else None

    def _container_insights(self, spec: MonitoringSpec, nodes: list[EksNodeGroup]) -> ContainerInsights:
        insights = ContainerInsights(
            self, "container-insights", spec=spec, cluster_name=self.cluster.name, account=self._account
        )
        addon_of_spec(
            self,
            CONTAINER_INSIGHTS,
            cluster=self.cluster,
            configuration=agent_configuration(spec),
            service_account=SERVICE_ACCOUNT,
            role=insights.role,
            after=[*insights.logs.values(), *nodes],
        )
        return insights

    def _outputs(self, groups: dict[str, NodeGroup]) -> None:
        self.add_output("eks_cluster_name", self.cluster.id, "The cluster.")
        self.add_output("eks_cluster_arn", self.cluster.arn, "Its ARN.")
        self.add_output("eks_cluster_endpoint", self.cluster.endpoint, "Its API server.")
        self.add_output("managed_node_groups", {name: group.arn for name, group in groups.items()}, "ARNs by name.")
        self.add_output(
            "configure_kubectl",
            f"aws eks update-kubeconfig --region {self.platform.region} --name {self.cluster.id}",
            "The command that lets kubectl into the cluster.",
        )
