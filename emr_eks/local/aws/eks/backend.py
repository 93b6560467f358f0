"""EKS as a whole: clusters with node groups, add-ons, identities and access entries, and their tags."""

from __future__ import annotations

from moto.eks.exceptions import EKSError

from emr_eks.local.aws.eks.addons import AddonBackend
from emr_eks.local.aws.eks.clusters import ClusterBackend
from emr_eks.local.aws.eks.models import Tags


class NotFoundException(EKSError):  # noqa: N818 - the name is the error code
    """What EKS raises for the tags of an unknown ARN."""

    TYPE = "NotFoundException"
    STATUS = 404


class EKSBackend(ClusterBackend, AddonBackend):
    """Moto's backend with what a platform asks for besides."""

    def tag_resource(self, resource_arn: str, tags: Tags) -> None:
        """Add tags to anything that EKS keeps."""
        self._tags(resource_arn).update(tags)

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        """Take tags away."""
        for key in tag_keys:
            self._tags(resource_arn).pop(key, None)

    def list_tags_for_resource(self, resource_arn: str) -> Tags:
        """Return the tags of an ARN."""
        return self._tags(resource_arn)

    def _tags(self, resource_arn: str) -> Tags:
        for cluster in self.clusters.values():
            tagged: dict[str, Tags] = {
                cluster.arn: cluster.tags,
                **{n.nodegroup_arn: n.tags for n in cluster.nodegroups.values()},
                **{a.addon_arn: a.tags for a in cluster.addons.values()},
                **{e.access_entry_arn: e.tags for e in cluster.access_entries.values()},
                **{a.association_arn: a.tags for a in cluster.associations.values()},
                **{p.fargate_profile_arn: p.tags for p in cluster.fargate_profiles.values()},
            }
            if resource_arn in tagged:
                return tagged[resource_arn]
        raise NotFoundException(message=f"No resource found for ARN: {resource_arn}")
