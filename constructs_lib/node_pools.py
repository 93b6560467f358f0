"""Karpenter's node pools and node classes in the cluster."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_kubernetes.manifest import Manifest, ManifestFieldManager
from constructs import Construct

from constructs_lib._literal import literal
from provisioners.node_class import EC2NodeClass
from provisioners.node_pool import NodePool

__all__ = ["EC2NodeClass", "NodePool", "NodePools"]


class NodePools(Construct):
    """Defines one manifest per node class and node pool; pools come after their class and go before it.

    Terraform plans them against the definitions in the cluster, so Karpenter's charts must be installed before.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        node_classes: Sequence[EC2NodeClass],
        node_pools: Sequence[NodePool],
    ) -> None:
        super().__init__(scope, id)
        place = Construct(self, "node-class")
        classes = {
            node_class.metadata.name: self._manifest(place, node_class.metadata.name, node_class.manifest())
            for node_class in node_classes
        }
        place = Construct(self, "node-pool")
        for pool in node_pools:
            node_class = classes.get(pool.spec.template.spec.node_class_ref.name)
            self._manifest(place, pool.metadata.name, pool.manifest(), [node_class] if node_class else None)

    @staticmethod
    def _manifest(
        place: Construct, name: str, manifest: dict[str, object], after: list[Manifest] | None = None
    ) -> Manifest:
        return Manifest(
            place,
            name,
            manifest=literal(manifest),
            # Karpenter's own controllers write defaults and annotations into these objects.
            field_manager=ManifestFieldManager(force_conflicts=True),
            depends_on=after,
        )
