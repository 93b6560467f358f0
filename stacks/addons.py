"""What runs in the cluster before Spark does: the charts of the controllers of nodes."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.cluster import EksClusterLike
from constructs_lib.cluster_autoscaler import ClusterAutoscalerAccess, ClusterAutoscalerChart
from constructs_lib.karpenter_access import KarpenterAccess
from constructs_lib.karpenter_charts import KarpenterCharts
from stacks._stack import PlatformStack
from stacks.platform import PlatformSpec


class AddonsStack(PlatformStack):
    """Holds the charts that the platform installs."""

    def __init__(
        self,
        scope: Construct,
        platform: PlatformSpec,
        cluster: EksClusterLike,
        *,
        karpenter: KarpenterAccess | None,
        autoscaler: ClusterAutoscalerAccess | None,
    ) -> None:
        super().__init__(scope, platform, "addons")
        self.add_helm(cluster)
        if karpenter and platform.karpenter:
            KarpenterCharts(
                self,
                "karpenter",
                spec=platform.karpenter,
                cluster=cluster,
                access=karpenter,
                isolated=bool(platform.vpc and platform.vpc.nat_gateways == "none"),
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
