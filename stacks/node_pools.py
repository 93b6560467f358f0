"""Karpenter's node pools, planned once its charts are installed."""

from __future__ import annotations

from constructs import Construct

from constructs_lib.cluster import EksClusterLike
from constructs_lib.node_pools import NodePools
from provisioners.load import Pools
from stacks._stack import PlatformStack
from stacks.platform import PlatformSpec


class NodePoolsStack(PlatformStack):
    """Holds the node pools and node classes in `provisioners/`."""

    def __init__(self, scope: Construct, platform: PlatformSpec, pools: Pools, cluster: EksClusterLike | None) -> None:
        super().__init__(scope, platform, "node_pools")
        self.add_kubernetes(self.cluster_of(cluster))
        NodePools(self, "node-pools", node_classes=pools.node_classes, node_pools=pools.node_pools)
