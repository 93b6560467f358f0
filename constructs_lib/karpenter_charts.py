"""Karpenter's Kubernetes half: its custom resource definitions and its controller."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_helm.release import Release
from constructs import Construct

from constructs_lib._karpenter import KarpenterSpec, controller_values
from constructs_lib._names import Refused
from constructs_lib._versions import DEFAULT_KARPENTER, too_old
from constructs_lib.cluster import EksClusterLike
from constructs_lib.karpenter_access import KarpenterAccess

__all__ = ["KarpenterCharts"]

_REPOSITORY = "oci://public.ecr.aws/karpenter"
_NOTED_IN = "kube-system"
"""Where Helm notes the definitions, which are in no namespace themselves. They stay wherever the controller moves: were
they taken away, Kubernetes would delete every node pool and node with them."""


class KarpenterCharts(Construct):
    """Installs both of Karpenter's charts: the definitions apart, so that an upgrade brings them along.

    The chart keeps the controller off the nodes that Karpenter launches, so it needs nodes from elsewhere.
    *reserved_enis* counts where the Spec says nothing: 1 where pods have subnets of their own.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: KarpenterSpec,
        cluster: EksClusterLike,
        access: KarpenterAccess,
        isolated: bool = False,
        reserved_enis: int = 0,
    ) -> None:
        super().__init__(scope, id)
        if rule := too_old(spec.version, cluster.version):
            raise Refused(f"{self.node.path}: `version` {rule}, got {spec.version!r}; take {DEFAULT_KARPENTER}")
        definitions = Release(
            self,
            "Definitions",
            name="karpenter-crd",
            repository=_REPOSITORY,
            chart="karpenter-crd",
            version=spec.version,
            namespace=_NOTED_IN,
        )
        values = controller_values(
            spec,
            cluster_name=cluster.name,
            queue_name=access.queue_name,
            role_arn=access.controller_role_arn,
            isolated=isolated,
            reserved_enis=reserved_enis if spec.reserved_enis is None else spec.reserved_enis,
        )
        self.resource: Release = Release(
            self,
            "Resource",
            name="karpenter",
            repository=_REPOSITORY,
            chart="karpenter",
            version=spec.version,
            namespace=spec.namespace,
            create_namespace=True,
            skip_crds=True,
            wait=True,
            values=[json.dumps(values, sort_keys=True)],
            depends_on=[definitions],
        )
