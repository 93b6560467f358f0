"""EKS's operations: from the request to the backend, and back."""

from __future__ import annotations

import datetime
from typing import Any

from botocore import xform_name
from moto.core.responses import ActionResult, EmptyResult
from moto.eks import responses as moto_eks
from moto.eks.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.eks.models import eks_backends

from emr_eks.local.aws.eks.backend import EKSBackend
from emr_eks.local.aws.eks.catalogue import ADDONS, CLUSTER_VERSIONS, DEFAULT_CLUSTER_VERSION, AddonOffer

_PAGE = 100


class EKSResponse(moto_eks.EKSResponse):
    """Moto's responses, with parameters parsed by botocore's model."""

    def __init__(self) -> None:
        super().__init__()
        self.automated_parameter_parsing = True

    @property
    def eks_backend(self) -> EKSBackend:
        """The backend of the caller's account and region."""
        return eks_backends[self.current_account][self.region]  # type: ignore[return-value]  # ours is registered

    @property
    def _arguments(self) -> dict[str, Any]:
        """The request's parameters, their own names in snake case, except the client's token."""
        arguments = {xform_name(name): value for name, value in self.params.items()}
        arguments.pop("client_request_token", None)
        return arguments

    def _page(self, key: str, items: list[Any]) -> ActionResult:
        """Return one page of *items*; the token is the number of the item at which the next one starts."""
        start = int(self._get_param("nextToken") or 0)
        end = start + (self._get_int_param("maxResults") or _PAGE)
        return ActionResult({key: items[start:end], "nextToken": str(end) if end < len(items) else None})

    # Clusters

    def create_cluster(self) -> ActionResult:
        """CreateCluster."""
        return ActionResult({"cluster": self.eks_backend.create_cluster(**self._arguments)})

    def list_clusters(self) -> ActionResult:
        """ListClusters."""
        return self._page("clusters", sorted(self.eks_backend.clusters))

    def update_cluster_config(self) -> ActionResult:
        """UpdateClusterConfig."""
        return ActionResult({"update": self.eks_backend.update_cluster_config(**self._arguments)})

    def update_cluster_version(self) -> ActionResult:
        """UpdateClusterVersion."""
        return ActionResult({"update": self.eks_backend.update_cluster_version(**self._arguments)})

    def associate_encryption_config(self) -> ActionResult:
        """AssociateEncryptionConfig."""
        return ActionResult({"update": self.eks_backend.associate_encryption_config(**self._arguments)})

    def describe_update(self) -> ActionResult:
        """DescribeUpdate."""
        return ActionResult({"update": self.eks_backend.describe_update(**self._arguments)})

    def list_updates(self) -> ActionResult:
        """ListUpdates."""
        return self._page("updateIds", self.eks_backend.list_updates(**self._arguments))

    def describe_cluster_versions(self) -> ActionResult:
        """DescribeClusterVersions."""
        today = datetime.date.today()
        names = self._get_param("clusterVersions") or []
        status = self._get_param("versionStatus")
        found = []
        for version in reversed(CLUSTER_VERSIONS.values()):
            support = version.support(today)
            default = version.name == DEFAULT_CLUSTER_VERSION
            wanted = not names or version.name in names
            wanted &= default or not self._get_bool_param("defaultOnly", False)
            wanted &= status in (None, support)
            wanted &= support != "UNSUPPORTED" or bool(names) or bool(self._get_bool_param("includeAll", False))
            if wanted:
                found.append(
                    {
                        "clusterVersion": version.name,
                        "clusterType": "eks",
                        "defaultPlatformVersion": "eks.4",
                        "defaultVersion": default,
                        "releaseDate": _day(version.released),
                        "endOfStandardSupportDate": _day(version.standard_until),
                        "endOfExtendedSupportDate": _day(version.extended_until),
                        "status": support.lower().replace("_", "-"),
                        "versionStatus": support,
                        "kubernetesPatchVersion": f"{version.name}.{version.patch}",
                    }
                )
        return self._page("clusterVersions", found)

    # Node groups

    def create_nodegroup(self) -> ActionResult:
        """CreateNodegroup."""
        return ActionResult({"nodegroup": self.eks_backend.create_nodegroup(**self._arguments)})

    def list_nodegroups(self) -> ActionResult:
        """ListNodegroups."""
        return self._page("nodegroups", sorted(self.eks_backend.list_nodegroups(**self._arguments)))

    def update_nodegroup_config(self) -> ActionResult:
        """UpdateNodegroupConfig."""
        return ActionResult({"update": self.eks_backend.update_nodegroup_config(**self._arguments)})

    def update_nodegroup_version(self) -> ActionResult:
        """UpdateNodegroupVersion."""
        return ActionResult({"update": self.eks_backend.update_nodegroup_version(**self._arguments)})

    # Add-ons

    def create_addon(self) -> ActionResult:
        """CreateAddon."""
        return ActionResult({"addon": self.eks_backend.create_addon(**self._arguments)})

    def describe_addon(self) -> ActionResult:
        """DescribeAddon."""
        return ActionResult({"addon": self.eks_backend.describe_addon(**self._arguments)})

    def list_addons(self) -> ActionResult:
        """ListAddons."""
        return self._page("addons", sorted(self.eks_backend.list_addons(**self._arguments)))

    def update_addon(self) -> ActionResult:
        """UpdateAddon."""
        return ActionResult({"update": self.eks_backend.update_addon(**self._arguments)})

    def delete_addon(self) -> ActionResult:
        """DeleteAddon."""
        return ActionResult({"addon": self.eks_backend.delete_addon(**self._arguments)})

    def describe_addon_versions(self) -> ActionResult:
        """DescribeAddonVersions."""
        name, version = self._get_param("addonName"), self._get_param("kubernetesVersion")
        types = self._get_param("types")
        if name and name not in ADDONS:
            raise ResourceNotFoundException(addonName=name, message=f"Addon {name} not found")
        if version and version not in CLUSTER_VERSIONS:
            raise InvalidParameterException(message=f"unsupported Kubernetes version {version}")
        versions = [version] if version else list(CLUSTER_VERSIONS)
        offers = [o for o in ADDONS.values() if name in (None, o.name) and (not types or o.type in types)]
        return self._page("addons", [_addon_info(offer, versions) for offer in offers])

    def describe_addon_configuration(self) -> ActionResult:
        """DescribeAddonConfiguration, with a schema that takes any object."""
        name, version = self._get_param("addonName"), self._get_param("addonVersion")
        if name not in ADDONS or not ADDONS[name].accepts(version):
            raise ResourceNotFoundException(addonName=name, message=f"Addon {name} {version} not found")
        identities = [
            {
                "serviceAccount": account,
                "recommendedManagedPolicies": [f"arn:{self.partition}:iam::aws:policy/{p}" for p in policies],
            }
            for account, policies in ADDONS[name].service_accounts.items()
        ]
        schema = '{"$schema":"http://json-schema.org/draft-06/schema#","type":"object"}'
        return ActionResult(
            {
                "addonName": name,
                "addonVersion": version,
                "configurationSchema": schema,
                "podIdentityConfiguration": identities,
            }
        )

    # Pod identities

    def create_pod_identity_association(self) -> ActionResult:
        """CreatePodIdentityAssociation."""
        return ActionResult({"association": self.eks_backend.create_pod_identity_association(**self._arguments)})

    def describe_pod_identity_association(self) -> ActionResult:
        """DescribePodIdentityAssociation."""
        return ActionResult({"association": self.eks_backend.describe_pod_identity_association(**self._arguments)})

    def list_pod_identity_associations(self) -> ActionResult:
        """ListPodIdentityAssociations."""
        return self._page("associations", self.eks_backend.list_pod_identity_associations(**self._arguments))

    def update_pod_identity_association(self) -> ActionResult:
        """UpdatePodIdentityAssociation."""
        return ActionResult({"association": self.eks_backend.update_pod_identity_association(**self._arguments)})

    def delete_pod_identity_association(self) -> ActionResult:
        """DeletePodIdentityAssociation."""
        return ActionResult({"association": self.eks_backend.delete_pod_identity_association(**self._arguments)})

    # Access entries

    def create_access_entry(self) -> ActionResult:
        """CreateAccessEntry."""
        return ActionResult({"accessEntry": self.eks_backend.create_access_entry(**self._arguments)})

    def describe_access_entry(self) -> ActionResult:
        """DescribeAccessEntry."""
        return ActionResult({"accessEntry": self.eks_backend.describe_access_entry(**self._arguments)})

    def list_access_entries(self) -> ActionResult:
        """ListAccessEntries."""
        return self._page("accessEntries", self.eks_backend.list_access_entries(**self._arguments))

    def update_access_entry(self) -> ActionResult:
        """UpdateAccessEntry."""
        return ActionResult({"accessEntry": self.eks_backend.update_access_entry(**self._arguments)})

    def delete_access_entry(self) -> ActionResult:
        """DeleteAccessEntry."""
        self.eks_backend.delete_access_entry(**self._arguments)
        return EmptyResult()

    def associate_access_policy(self) -> ActionResult:
        """AssociateAccessPolicy."""
        arguments = self._arguments
        return ActionResult(
            {
                "clusterName": arguments["cluster_name"],
                "principalArn": arguments["principal_arn"],
                "associatedAccessPolicy": self.eks_backend.associate_access_policy(**arguments),
            }
        )

    def disassociate_access_policy(self) -> ActionResult:
        """DisassociateAccessPolicy."""
        self.eks_backend.disassociate_access_policy(**self._arguments)
        return EmptyResult()

    def list_associated_access_policies(self) -> ActionResult:
        """ListAssociatedAccessPolicies."""
        policies = self.eks_backend.list_associated_access_policies(**self._arguments)
        # What a page holds is a dict.
        page: dict[str, Any] = self._page("associatedAccessPolicies", policies).result  # type: ignore[assignment]
        return ActionResult({**page, **{key: self.params[key] for key in ("clusterName", "principalArn")}})

    def list_access_policies(self) -> ActionResult:
        """ListAccessPolicies."""
        return self._page("accessPolicies", self.eks_backend.list_access_policies())

    # Tags

    def tag_resource(self) -> ActionResult:
        """TagResource."""
        self.eks_backend.tag_resource(**self._arguments)
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        """UntagResource."""
        self.eks_backend.untag_resource(**self._arguments)
        return EmptyResult()

    def list_tags_for_resource(self) -> ActionResult:
        """ListTagsForResource."""
        return ActionResult({"tags": self.eks_backend.list_tags_for_resource(**self._arguments)})


def _day(date: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(date)


def _addon_info(offer: AddonOffer, cluster_versions: list[str]) -> dict[str, Any]:
    """Return an add-on as DescribeAddonVersions shows it; the newest version is the default one."""
    compatible: dict[str, list[dict[str, Any]]] = {}
    for cluster_version in cluster_versions:
        for rank, version in enumerate(offer.versions_for(cluster_version)):
            compatible.setdefault(version, []).append(
                {"clusterVersion": cluster_version, "platformVersions": ["*"], "defaultVersion": rank == 0}
            )
    return {
        "addonName": offer.name,
        "type": offer.type,
        "publisher": "eks",
        "owner": "aws",
        "defaultNamespace": offer.namespace,
        "addonVersions": [
            {
                "addonVersion": version,
                "architecture": ["amd64", "arm64"],
                "computeTypes": ["ec2", "auto", "hybrid"],
                "compatibilities": compatibilities,
                "requiresConfiguration": False,
                "requiresIamPermissions": offer.needs_permissions,
            }
            for version, compatibilities in compatible.items()
        ],
    }
