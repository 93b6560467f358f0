"""What the cluster has before Spark runs there: the controllers of nodes, and the priorities of pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from constructs_lib.cluster import EksClusterLike
from constructs_lib.cluster_autoscaler import ClusterAutoscalerAccess, ClusterAutoscalerChart
from constructs_lib.karpenter_access import KarpenterAccess
from constructs_lib.karpenter_charts import KarpenterCharts
from stacks._stack import PlatformStack
from stacks.platform import PlatformSpec

if TYPE_CHECKING:
    from constructs_lib.node_termination_handler import NodeTerminationHandlerAccess


class AddonsStack(PlatformStack):
    """Holds the charts that the platform installs, and its priority classes."""

    def __init__(
        self,
        scope: Construct,
        platform: PlatformSpec,
        built: EksClusterLike | None,
        *,
        karpenter: KarpenterAccess | None,
        autoscaler: ClusterAutoscalerAccess | None,
        termination_handler: NodeTerminationHandlerAccess | None,
    ) -> None:
        super().__init__(scope, platform, "addons")
        cluster = self.cluster_of(built)
        if karpenter or autoscaler or termination_handler:
            self.add_helm(cluster)
        if platform.priorities:
            # What few platforms have is loaded only for them.
            from constructs_lib.priority_classes import PriorityClasses

            self.add_kubernetes(cluster)
            PriorityClasses(self, "priorities", spec=platform.priorities)
        if karpenter and platform.karpenter:
            KarpenterCharts(
                self,
                "karpenter",
                spec=platform.karpenter,
                cluster=cluster,
                access=karpenter,
                isolated=platform.isolated,
                reserved_enis=platform.reserved_enis,
            )
        if autoscaler and platform.cluster_autoscaler:
            ClusterAutoscalerChart(
                self,
                "cluster-autoscaler",
                spec=platform.cluster_autoscaler,
                cluster=cluster,
                access=autoscaler,
                region=platform.region,
            )
        if termination_handler and platform.node_termination_handler:
            from constructs_lib.node_termination_handler import NodeTerminationHandlerChart

            NodeTerminationHandlerChart(
                self,
                "node-termination-handler",
                spec=platform.node_termination_handler,
                cluster=cluster,
                access=termination_handler,
                region=platform.region,
            )
