"""What runs in the cluster before Spark does: Karpenter's charts."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.cluster import EksClusterLike
from constructs_lib.karpenter_access import KarpenterAccess, KarpenterSpec
from constructs_lib.karpenter_charts import KarpenterCharts
from stacks._stack import PlatformStack
from stacks.platform import PlatformSpec


class AddonsStack(PlatformStack):
    """Holds the charts that the platform installs."""

    def __init__(
        self,
        scope: Construct,
        platform: PlatformSpec,
        spec: KarpenterSpec,
        cluster: EksClusterLike,
        access: KarpenterAccess,
    ) -> None:
        super().__init__(scope, platform, "addons")
        self.add_helm(cluster)
        KarpenterCharts(
            self,
            "karpenter",
            spec=spec,
            cluster=cluster,
            access=access,
            isolated=bool(platform.vpc and platform.vpc.nat_gateways == "none"),
        )
