"""Add-ons of a cluster."""

from __future__ import annotations

from typing import Any

import yaml
from moto.core.utils import utcnow
from moto.eks.exceptions import (
    InvalidParameterException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from moto.moto_api._internal import mock_random

from emr_eks.local.aws.eks.base import log, params
from emr_eks.local.aws.eks.catalogue import ADDONS, AddonOffer
from emr_eks.local.aws.eks.identities import PodIdentityBackend
from emr_eks.local.aws.eks.models import Addon, Cluster, Tags, Update


class AddonBackend(PodIdentityBackend):
    """Add-ons and the pod identities that they own."""

    def create_addon(
        self,
        cluster_name: str,
        addon_name: str,
        addon_version: str | None = None,
        service_account_role_arn: str | None = None,
        configuration_values: str | None = None,
        pod_identity_associations: list[dict[str, str]] | None = None,
        namespace_config: dict[str, str] | None = None,
        tags: Tags | None = None,
        **_: Any,
    ) -> Addon:
        """Add an add-on to a cluster."""
        cluster, offer = self._cluster(cluster_name), _offer(addon_name)
        if addon_name in cluster.addons:
            raise ResourceInUseException(
                clusterName=cluster_name, addonName=addon_name, message="Addon already exists."
            )
        _check_configuration(configuration_values)
        uuid = mock_random.uuid4()
        addon = Addon(
            cluster_name=cluster_name,
            addon_name=addon_name,
            addon_version=_addon_version(offer, addon_version, cluster.version),
            addon_arn=self._arn(f"addon/{cluster_name}/{addon_name}/{uuid}"),
            tags=tags or {},
            namespace=(namespace_config or {}).get("namespace") or offer.namespace,
            service_account_role_arn=service_account_role_arn,
            configuration_values=configuration_values,
        )
        cluster.addons[addon_name] = addon
        self._identify(cluster, addon, pod_identity_associations or [])
        return addon

    def describe_addon(self, cluster_name: str, addon_name: str) -> Addon:
        """Return one add-on of a cluster."""
        addon: Addon | None = self._cluster(cluster_name).addons.get(addon_name)
        if addon is None:
            raise ResourceNotFoundException(
                clusterName=cluster_name,
                addonName=addon_name,
                message=f"No addon: {addon_name} found in cluster: {cluster_name}",
            )
        return addon

    def list_addons(self, cluster_name: str, **_: Any) -> list[str]:
        """Return the names of a cluster's add-ons."""
        return list(self._cluster(cluster_name).addons)

    def update_addon(
        self,
        cluster_name: str,
        addon_name: str,
        addon_version: str | None = None,
        service_account_role_arn: str | None = None,
        configuration_values: str | None = None,
        pod_identity_associations: list[dict[str, str]] | None = None,
        **_: Any,
    ) -> Update:
        """Change an add-on; a role that is not named again is taken away, as EKS does."""
        cluster, addon = self._cluster(cluster_name), self.describe_addon(cluster_name, addon_name)
        _check_configuration(configuration_values)
        if addon_version:
            addon.addon_version = _addon_version(_offer(addon_name), addon_version, cluster.version)
        addon.service_account_role_arn = service_account_role_arn or None
        if configuration_values is not None:
            addon.configuration_values = configuration_values or None
        if pod_identity_associations is not None:
            self._identify(cluster, addon, pod_identity_associations)
        addon.modified_at = utcnow()
        changes = params(AddonVersion=addon_version, ConfigurationValues=configuration_values)
        return log(cluster, Update("AddonUpdate", changes, addon_name=addon_name))

    def delete_addon(self, cluster_name: str, addon_name: str, **_: Any) -> Addon:
        """Remove an add-on and the pod identities that it owns."""
        addon = self.describe_addon(cluster_name, addon_name)
        cluster = self._cluster(cluster_name)
        self._identify(cluster, addon, [])
        del cluster.addons[addon_name]
        addon.status = "DELETING"
        return addon

    def _identify(self, cluster: Cluster, addon: Addon, asked: list[dict[str, str]]) -> None:
        """Give the add-on exactly the pod identities *asked* for."""
        for association in list(cluster.associations.values()):
            if association.owner_arn == addon.addon_arn:
                del cluster.associations[association.association_id]
        addon.pod_identity_associations = [
            self.create_pod_identity_association(
                cluster.name, addon.namespace, a["serviceAccount"], a["roleArn"], owner_arn=addon.addon_arn
            ).association_arn
            for a in asked
        ]


def _offer(addon_name: str) -> AddonOffer:
    if addon_name not in ADDONS:
        raise InvalidParameterException(addonName=addon_name, message=f"Addon {addon_name} specified is not supported")
    return ADDONS[addon_name]


def _addon_version(offer: AddonOffer, asked: str | None, cluster_version: str) -> str:
    if asked is None:
        return offer.versions_for(cluster_version)[0]
    if not offer.accepts(asked):
        raise InvalidParameterException(addonName=offer.name, message="Addon version specified is not supported")
    return asked


def _check_configuration(values: str | None) -> None:
    """Refuse what is neither JSON nor YAML of an object."""
    try:
        parsed = yaml.safe_load(values) if values else {}
    except yaml.YAMLError as error:
        parsed = error
    if not isinstance(parsed, dict):
        raise InvalidParameterException(message="ConfigurationValue provided in request is not supported")
