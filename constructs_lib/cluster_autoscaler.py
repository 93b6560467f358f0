"""Cluster Autoscaler: its role in AWS, its chart in the cluster, and the tags from which it knows an empty group."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_helm.release import Release
from constructs import Construct

from constructs_lib._cluster_autoscaler import (
    SERVICE_ACCOUNT,
    ClusterAutoscalerSpec,
    controller_policy,
    controller_values,
    group_tags,
)
from constructs_lib._names import same_region
from constructs_lib._own_roles import own_role_name
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike
from constructs_lib.service_account_role import ServiceAccountRole

__all__ = ["ClusterAutoscalerAccess", "ClusterAutoscalerChart", "ClusterAutoscalerSpec", "group_tags"]


class ClusterAutoscalerAccess(Construct):
    """Defines the controller's role, which may scale the groups that EKS has tagged as this cluster's."""

    def __init__(
        self, scope: Construct, id: str, *, spec: ClusterAutoscalerSpec, cluster: EksClusterLike, account: Account
    ) -> None:
        super().__init__(scope, id)
        self.region: str = account.region
        role = ServiceAccountRole(
            self,
            "ControllerRole",
            name=own_role_name(cluster.name, "cluster-autoscaler"),
            cluster=cluster,
            namespace=spec.namespace,
            service_account=SERVICE_ACCOUNT,
            identity=spec.identity,
            account=account,
            description=f"Cluster Autoscaler in {cluster.name}",
        )
        role.add_statements(controller_policy(cluster.name))
        self.controller_role_arn: str = role.arn


class ClusterAutoscalerChart(Construct):
    """Installs the controller, which runs on managed node groups only."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: ClusterAutoscalerSpec,
        cluster: EksClusterLike,
        access: ClusterAutoscalerAccess,
        region: str,
    ) -> None:
        super().__init__(scope, id)
        same_region(region, access.region, lambda: self.node.path)
        values = controller_values(
            spec,
            cluster_name=cluster.name,
            region=region,
            kubernetes_version=cluster.version,
            role_arn=access.controller_role_arn,
        )
        self.resource: Release = Release(
            self,
            "Resource",
            name=SERVICE_ACCOUNT,
            repository="https://kubernetes.github.io/autoscaler",
            chart="cluster-autoscaler",
            version=spec.chart_version,
            namespace=spec.namespace,
            create_namespace=True,
            wait=True,
            values=[json.dumps(values, sort_keys=True)],
        )
