"""What all of the rules of EKS share."""

from __future__ import annotations

import json
from typing import Any

from moto.eks import models as moto_eks
from moto.eks.exceptions import InvalidParameterException, InvalidRequestException
from moto.iam.exceptions import NotFoundException as RoleNotFound
from moto.iam.models import iam_backends

from emr_eks.local.aws.eks.catalogue import CLUSTER_VERSIONS
from emr_eks.local.aws.eks.models import Cluster, Update
from emr_eks.local.aws.eks.network import Network


class EKSBase(moto_eks.EKSBackend):
    """Moto's backend, and how to find and check what the rules are about."""

    clusters: dict[str, Any]

    @property
    def _network(self) -> Network:
        return Network(self.account_id, self.region_name)

    def _arn(self, resource: str) -> str:
        return f"arn:{self.partition}:eks:{self.region_name}:{self.account_id}:{resource}"

    def _cluster(self, name: str) -> Cluster:
        return self.describe_cluster(name)  # type: ignore[return-value]  # made by ours

    def _cluster_with_entries(self, name: str) -> Cluster:
        cluster = self._cluster(name)
        if not cluster.knows_access_entries:
            raise InvalidRequestException(
                clusterName=name,
                message="The cluster's authentication mode must be set to one of "
                "[API, API_AND_CONFIG_MAP] to perform this operation.",
            )
        return cluster

    def _check_role(self, arn: str, message: str) -> None:
        try:
            iam_backends[self.account_id][self.partition].get_role_by_arn(arn)
        except RoleNotFound as error:
            raise InvalidParameterException(message=message) from error


def params(**values: Any) -> list[dict[str, str]]:
    """Return what an update changes, in the API's shape; what is None was not asked for."""
    return [
        {"type": name[0].upper() + name[1:], "value": value if isinstance(value, str) else json.dumps(value)}
        for name, value in values.items()
        if value is not None
    ]


def log(cluster: Cluster, update: Update) -> Update:
    """Keep an update of *cluster*, to be described later."""
    cluster.updates[update.id] = update
    return update


def check_version(version: str) -> str:
    """Return *version*; raises InvalidParameterException unless EKS offers it."""
    if version not in CLUSTER_VERSIONS:
        raise InvalidParameterException(message=f"unsupported Kubernetes version {version}")
    return version
