"""Clusters and the changes to them."""

from __future__ import annotations

import re
from typing import Any

from moto.eks.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from emr_eks.local.aws.eks.base import check_version, log, params
from emr_eks.local.aws.eks.catalogue import CLUSTER_VERSIONS, DEFAULT_CLUSTER_VERSION
from emr_eks.local.aws.eks.models import AssociatedAccessPolicy, Cluster, Tags, Update
from emr_eks.local.aws.eks.nodegroups import NodegroupBackend

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
AUTHENTICATION_MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")  # the only way to change them
_SETTING_UPDATES = {
    "upgrade_policy": "UpgradePolicyUpdate",
    "zonal_shift_config": "ZonalShiftConfigUpdate",
    "compute_config": "AutoModeUpdate",
    "remote_network_config": "RemoteNetworkConfigUpdate",
    "deletion_protection": "DeletionProtectionUpdate",
    "control_plane_scaling_config": "ControlPlaneScalingConfigUpdate",
}


class ClusterBackend(NodegroupBackend):
    """Clusters, from their creation to their deletion, and the log of their updates."""

    def create_cluster(  # type: ignore[override]  # not moto's signature
        self,
        name: str,
        role_arn: str,
        resources_vpc_config: dict[str, Any],
        version: str | None = None,
        kubernetes_network_config: dict[str, Any] | None = None,
        logging: dict[str, Any] | None = None,
        tags: Tags | None = None,
        encryption_config: list[dict[str, Any]] | None = None,
        access_config: dict[str, Any] | None = None,
        remote_network_config: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Cluster:
        """Make a cluster, its security group and, unless told otherwise, its creator's access entry."""
        if name in self.clusters:
            raise ResourceInUseException(clusterName=name, message=f"Cluster already exists with name: {name}")
        if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
            raise InvalidParameterException(message=f"The cluster name '{name}' is not valid.")
        version = version or DEFAULT_CLUSTER_VERSION
        check_version(version)
        self._check_role(role_arn, f"Role with arn: {role_arn}, could not be assumed because it does not exist")
        vpc_config = self._vpc_config(name, resources_vpc_config)
        access = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}
        access.update(access_config or {})
        cluster = Cluster(
            name=name,
            role_arn=role_arn,
            resources_vpc_config=vpc_config,
            version=version,
            kubernetes_network_config=_network_config(kubernetes_network_config or {}),
            logging=_logging({}, logging or {}),
            tags=tags or {},
            encryption_config=encryption_config,
            remote_network_config=remote_network_config,
            account_id=self.account_id,
            region_name=self.region_name,
            aws_partition=self.partition,
            access=access,
            settings={_camel(key): value for key, value in settings.items()},
        )
        self.clusters[name] = cluster
        self.cluster_count += 1
        if cluster.knows_access_entries and access["bootstrapClusterCreatorAdminPermissions"]:
            creator = f"arn:{self.partition}:iam::{self.account_id}:user/moto"
            entry = self._access_entry(cluster, creator, "STANDARD")
            admin = f"arn:{self.partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
            entry.policies[admin] = AssociatedAccessPolicy(admin, {"type": "cluster", "namespaces": []})
        return cluster

    def delete_cluster(self, name: str) -> Cluster:
        """Delete a cluster without node groups, and its security group with it."""
        cluster = self._cluster(name)
        if cluster.deletion_protection:
            raise InvalidRequestException(
                clusterName=name, message=f"Deletion protection is enabled for cluster {name}"
            )
        if cluster.fargate_profiles:
            raise ResourceInUseException(clusterName=name, message="Cluster has Fargate profiles attached")
        super().delete_cluster(name)
        self._network.delete_cluster_security_group(cluster.resources_vpc_config["clusterSecurityGroupId"])
        return cluster

    def update_cluster_config(  # type: ignore[override]  # not moto's signature
        self,
        name: str,
        resources_vpc_config: dict[str, Any] | None = None,
        logging: dict[str, Any] | None = None,
        access_config: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Update:
        """Change one aspect of a cluster; EKS refuses two at a time, and a change to what is so already."""
        cluster = self._cluster(name)
        settings.pop("client_request_token", None)
        aspects = [resources_vpc_config, logging, access_config, *settings.values()]
        if sum(aspect is not None for aspect in aspects) != 1:
            raise InvalidParameterException(clusterName=name, message="Only one type of update can be allowed.")
        if resources_vpc_config is not None:
            return self._update_vpc_config(cluster, resources_vpc_config)
        if logging is not None:
            new = _logging(cluster.logging, logging)
            if new == cluster.logging:
                raise InvalidParameterException(
                    clusterName=name, message="No changes needed for the logging config provided"
                )
            cluster.logging = new
            return log(cluster, Update("LoggingUpdate", params(ClusterLogging=logging["clusterLogging"])))
        if access_config is not None:
            return self._update_access(cluster, access_config["authenticationMode"])
        ((setting, value),) = ((key, value) for key, value in settings.items() if value is not None)
        current = getattr(cluster, setting, None)
        setattr(cluster, setting, {**current, **value} if isinstance(current, dict) else value)
        return log(cluster, Update(_SETTING_UPDATES.get(setting, "ConfigUpdate"), params(**{setting: value})))

    def update_cluster_version(self, name: str, version: str, **_: Any) -> Update:
        """Bring a cluster to the next minor version."""
        cluster = self._cluster(name)
        check_version(version)
        old, new = CLUSTER_VERSIONS[cluster.version].minor, CLUSTER_VERSIONS[version].minor
        if new == old:
            raise InvalidParameterException(
                clusterName=name, message=f"Cluster is already at the desired version {version}"
            )
        if new != old + 1:
            raise InvalidParameterException(
                clusterName=name,
                message=f"Unsupported Kubernetes minor version update from {cluster.version} to {version}",
            )
        cluster.version = version
        return log(cluster, Update("VersionUpdate", params(Version=version, PlatformVersion="eks.1")))

    def associate_encryption_config(
        self, cluster_name: str, encryption_config: list[dict[str, Any]], **_: Any
    ) -> Update:
        """Encrypt the secrets of a cluster that was made without; it can't be changed afterwards."""
        cluster = self._cluster(cluster_name)
        if cluster.encryption_config:
            raise InvalidParameterException(
                clusterName=cluster_name, message="Cluster already has an encryption configuration"
            )
        cluster.encryption_config = encryption_config
        changes = params(EncryptionConfig=encryption_config)
        return log(cluster, Update("AssociateEncryptionConfig", changes))

    def _vpc_config(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        subnets = asked.get("subnetIds") or []
        vpc_id = self._network.vpc_of_cluster(subnets)
        config = {
            "subnetIds": subnets,
            "securityGroupIds": asked.get("securityGroupIds") or [],
            "vpcId": vpc_id,
            "endpointPublicAccess": asked.get("endpointPublicAccess", True),
            "endpointPrivateAccess": asked.get("endpointPrivateAccess", False),
            "publicAccessCidrs": asked.get("publicAccessCidrs") or ["0.0.0.0/0"],
        }
        _check_endpoints(config)
        config["clusterSecurityGroupId"] = self._network.create_cluster_security_group(name, vpc_id)
        return config

    def _update_vpc_config(self, cluster: Cluster, asked: dict[str, Any]) -> Update:
        new = {**cluster.resources_vpc_config, **{k: v for k, v in asked.items() if v is not None}}
        if new == cluster.resources_vpc_config:
            raise InvalidParameterException(
                clusterName=cluster.name, message="Cluster is already at the desired configuration"
            )
        _check_endpoints(new)
        if "subnetIds" in asked:
            self._network.vpc_of_cluster(new["subnetIds"])
        cluster.resources_vpc_config = new
        network = "subnetIds" in asked or "securityGroupIds" in asked
        kind = "VpcConfigUpdate" if network else "EndpointAccessUpdate"
        return log(cluster, Update(kind, params(**asked)))

    def _update_access(self, cluster: Cluster, mode: str) -> Update:
        current = cluster.access_config["authenticationMode"]
        if AUTHENTICATION_MODES.index(mode) != AUTHENTICATION_MODES.index(current) + 1:
            raise InvalidParameterException(
                clusterName=cluster.name,
                message=f"Unsupported authentication mode update from {current} to {mode}",
            )
        cluster.access_config["authenticationMode"] = mode
        for nodegroup in cluster.nodegroups.values():
            self._admit_nodes(cluster, nodegroup.node_role)
        return log(cluster, Update("AccessConfigUpdate", params(AuthenticationMode=mode)))

    def describe_update(
        self,
        name: str,
        update_id: str,
        nodegroup_name: str | None = None,
        addon_name: str | None = None,
        **_: Any,
    ) -> Update:
        """Return one update of a cluster, or of the node group or add-on named."""
        for update in self._updates(name, nodegroup_name, addon_name):
            if update.id == update_id:
                return update
        raise ResourceNotFoundException(clusterName=name, message=f"No update found for ID: {update_id}")

    def list_updates(
        self, name: str, nodegroup_name: str | None = None, addon_name: str | None = None, **_: Any
    ) -> list[str]:
        """Return the ids of a cluster's own updates, or those of the node group or add-on named."""
        return [update.id for update in self._updates(name, nodegroup_name, addon_name)]

    def _updates(self, name: str, nodegroup_name: str | None, addon_name: str | None) -> list[Update]:
        owner = (nodegroup_name, addon_name)
        return [u for u in self._cluster(name).updates.values() if (u.nodegroup_name, u.addon_name) == owner]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _check_endpoints(config: dict[str, Any]) -> None:
    if not (config["endpointPublicAccess"] or config["endpointPrivateAccess"]):
        raise InvalidParameterException(message="Private and public endpoint access cannot be false")


def _network_config(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "serviceIpv4Cidr": asked.get("serviceIpv4Cidr") or "172.20.0.0/16",
        "ipFamily": asked.get("ipFamily") or "ipv4",
        "elasticLoadBalancing": asked.get("elasticLoadBalancing") or {"enabled": False},
    }


def _logging(current: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return the logging with every type of log in exactly one of the two lists."""
    enabled = {t for setup in current.get("clusterLogging", []) if setup["enabled"] for t in setup["types"]}
    for setup in asked.get("clusterLogging") or []:
        types = set(setup.get("types") or [])
        if unknown := types - set(LOG_TYPES):
            raise InvalidParameterException(message=f"Unknown log types: {', '.join(sorted(unknown))}")
        enabled = enabled | types if setup.get("enabled") else enabled - types
    lists = [
        (True, [t for t in LOG_TYPES if t in enabled]),
        (False, [t for t in LOG_TYPES if t not in enabled]),
    ]
    return {"clusterLogging": [{"types": types, "enabled": flag} for flag, types in lists if types]}
