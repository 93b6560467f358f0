"""Managed node groups."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.eks import models as moto_eks
from moto.eks.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
)
from moto.moto_api._internal import mock_random

from emr_eks.local.aws.eks.access import AccessBackend
from emr_eks.local.aws.eks.base import check_version, log, params
from emr_eks.local.aws.eks.catalogue import CLUSTER_VERSIONS
from emr_eks.local.aws.eks.models import Cluster, Nodegroup, Tags, Update
from emr_eks.local.aws.eks.network import DEFAULT_INSTANCE_TYPE


class NodegroupBackend(AccessBackend):
    """Node groups, their nodes, and the access entry of their role."""

    def create_nodegroup(  # type: ignore[override]  # not moto's signature
        self,
        cluster_name: str,
        node_role: str,
        nodegroup_name: str,
        subnets: list[str],
        scaling_config: dict[str, int] | None = None,
        disk_size: int | None = None,
        instance_types: list[str] | None = None,
        ami_type: str | None = None,
        remote_access: dict[str, Any] | None = None,
        labels: dict[str, str] | None = None,
        taints: list[dict[str, str]] | None = None,
        tags: Tags | None = None,
        launch_template: dict[str, str] | None = None,
        capacity_type: str | None = None,
        version: str | None = None,
        release_version: str | None = None,
        update_config: dict[str, Any] | None = None,
        node_repair_config: dict[str, Any] | None = None,
        **_: Any,
    ) -> Nodegroup:
        """Make a node group with its auto-scaling group, and let its role into the cluster."""
        cluster = self._cluster(cluster_name)
        if nodegroup_name in cluster.nodegroups:
            raise ResourceInUseException(
                clusterName=cluster_name,
                nodegroupName=nodegroup_name,
                message=f"NodeGroup already exists with name {nodegroup_name} and cluster name {cluster_name}",
            )
        self._check_role(node_role, f"The role with name {node_role.rpartition('/')[2]} cannot be found.")
        self._network.check_subnets(subnets)
        data: dict[str, Any] = {}
        if launch_template:
            moto_eks.validate_launch_template_combination(disk_size, remote_access)
            launch_template, data = self._network.launch_template_version(launch_template)
            if data.get("InstanceType") and instance_types:
                raise InvalidParameterException(
                    message="Instance types must be in the launch template or in the request, not in both"
                )
        custom = bool(data.get("ImageId"))
        version = version or cluster.version
        if CLUSTER_VERSIONS[check_version(version)].minor > CLUSTER_VERSIONS[cluster.version].minor:
            raise InvalidParameterException(
                message=f"Node group version {version} is higher than the cluster's {cluster.version}"
            )
        uuid = str(mock_random.uuid4())
        nodegroup = Nodegroup(
            cluster_name=cluster_name,
            nodegroup_name=nodegroup_name,
            nodegroup_arn=self._arn(f"nodegroup/{cluster_name}/{nodegroup_name}/{uuid}"),
            uuid=uuid,
            node_role=node_role,
            subnets=subnets,
            scaling_config=_scaling({"minSize": 1, "maxSize": 2, "desiredSize": 2}, scaling_config),
            version=version,
            release_version=data["ImageId"] if custom else release_version or _release_version(version),
            ami_type="CUSTOM" if custom else ami_type or "AL2023_x86_64_STANDARD",
            capacity_type=capacity_type or "ON_DEMAND",
            instance_types=None if data.get("InstanceType") else instance_types or [DEFAULT_INSTANCE_TYPE],
            disk_size=None if launch_template else disk_size or 20,
            labels=labels or {},
            taints=taints or [],
            tags=tags or {},
            update_config=update_config or {"maxUnavailable": 1},
            launch_template=launch_template,
            remote_access=remote_access,
            node_repair_config=node_repair_config,
        )
        self._network.create_auto_scaling_group(nodegroup, cluster.resources_vpc_config["clusterSecurityGroupId"])
        cluster.nodegroups[nodegroup_name] = nodegroup
        cluster.nodegroup_count += 1
        self._admit_nodes(cluster, node_role)
        return nodegroup

    def delete_nodegroup(  # type: ignore[override]  # not moto's signature
        self, cluster_name: str, nodegroup_name: str
    ) -> Nodegroup:
        """Delete a node group, its nodes, and its role's access entry when it was the last to use it."""
        nodegroup: Any = super().delete_nodegroup(cluster_name, nodegroup_name)
        self._network.delete_auto_scaling_group(nodegroup)
        cluster = self._cluster(cluster_name)
        entry = cluster.access_entries.get(nodegroup.node_role)
        used = any(other.node_role == nodegroup.node_role for other in cluster.nodegroups.values())
        if entry is not None and entry.made_by_eks and not used:
            del cluster.access_entries[nodegroup.node_role]
        return nodegroup  # type: ignore[no-any-return]  # made by ours

    def list_nodegroups(  # type: ignore[override]  # not moto's signature
        self, cluster_name: str, *page: Any, **_: Any
    ) -> list[str]:
        """Return the names of a cluster's node groups."""
        return list(self._cluster(cluster_name).nodegroups)

    def update_nodegroup_config(  # type: ignore[override]  # not moto's signature
        self,
        cluster_name: str,
        nodegroup_name: str,
        labels: dict[str, Any] | None = None,
        taints: dict[str, Any] | None = None,
        scaling_config: dict[str, int] | None = None,
        update_config: dict[str, Any] | None = None,
        node_repair_config: dict[str, Any] | None = None,
        **_: Any,
    ) -> Update:
        """Change labels, taints, sizes, or how the node group is updated and repaired."""
        nodegroup: Any = self.describe_nodegroup(cluster_name, nodegroup_name)
        if labels:
            nodegroup.labels.update(labels.get("addOrUpdateLabels") or {})
            for key in labels.get("removeLabels") or []:
                nodegroup.labels.pop(key, None)
        if taints:
            gone = [*(taints.get("removeTaints") or []), *(taints.get("addOrUpdateTaints") or [])]
            names = {(taint["key"], taint["effect"]) for taint in gone}
            kept = [taint for taint in nodegroup.taints if (taint["key"], taint["effect"]) not in names]
            nodegroup.taints = kept + (taints.get("addOrUpdateTaints") or [])
        if scaling_config:
            nodegroup.scaling_config = _scaling(nodegroup.scaling_config, scaling_config)
            self._network.scale(nodegroup)
        nodegroup.update_config = update_config or nodegroup.update_config
        nodegroup.node_repair_config = node_repair_config or nodegroup.node_repair_config
        nodegroup.modified_at = utcnow()
        changes = params(labels=labels, taints=taints, scalingConfig=scaling_config, updateConfig=update_config)
        update = Update("ConfigUpdate", changes, nodegroup_name=nodegroup_name)
        return log(self._cluster(cluster_name), update)

    def update_nodegroup_version(
        self,
        cluster_name: str,
        nodegroup_name: str,
        version: str | None = None,
        release_version: str | None = None,
        launch_template: dict[str, str] | None = None,
        **_: Any,
    ) -> Update:
        """Bring a node group to another Kubernetes version, release or launch-template version."""
        cluster, nodegroup = (
            self._cluster(cluster_name),
            self.describe_nodegroup(cluster_name, nodegroup_name),
        )
        if launch_template:
            if not nodegroup.launch_template:
                raise InvalidRequestException(
                    message="You cannot specify a launch template for a node group made without one"
                )
            nodegroup.launch_template, _data = self._network.launch_template_version(launch_template)
        if version or not launch_template:
            nodegroup.version = check_version(version or cluster.version)
            nodegroup.release_version = release_version or _release_version(nodegroup.version)
        nodegroup.modified_at = utcnow()
        changes = params(Version=nodegroup.version, ReleaseVersion=nodegroup.release_version)
        return log(cluster, Update("VersionUpdate", changes, nodegroup_name=nodegroup_name))

    def _admit_nodes(self, cluster: Cluster, node_role: str) -> None:
        """Make the access entry that EKS itself makes for the role of managed nodes."""
        if cluster.knows_access_entries and node_role not in cluster.access_entries:
            self._access_entry(cluster, node_role, "EC2_LINUX", made_by_eks=True)


def _release_version(version: str) -> str:
    """Return a node release as EKS names them: the patch version and the day of the image."""
    return f"{version}.{CLUSTER_VERSIONS[version].patch}-20261112"


def _scaling(current: dict[str, int], asked: dict[str, int] | None) -> dict[str, int]:
    sizes = {**current, **(asked or {})}
    low, wanted, high = sizes["minSize"], sizes["desiredSize"], sizes["maxSize"]
    if low > wanted:
        raise InvalidParameterException(message=f"Minimum capacity {low} can't be greater than desired size {wanted}")
    if wanted > high:
        raise InvalidParameterException(message=f"Desired capacity {wanted} can't be greater than max size {high}")
    return sizes
