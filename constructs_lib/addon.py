"""EKS add-ons, and those without which a cluster is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.eks_addon import EksAddon, EksAddonPodIdentityAssociation
from constructs import Construct

from constructs_lib._cluster import AFTER_NODES, BEFORE_NODES, AddonSpec
from constructs_lib._coredns import COREDNS, coredns
from constructs_lib._dependencies import dependable
from constructs_lib._literal import literal
from constructs_lib._names import Refused
from constructs_lib._own_roles import own_role_name
from constructs_lib._policy import pod_identity_trust
from constructs_lib.account import Account
from constructs_lib.cluster import Cluster, EksClusterLike
from constructs_lib.role import Role
from constructs_lib.vpc import Network

__all__ = [
    "Addon",
    "AddonSpec",
    "addon_of_spec",
    "addons_after_nodes",
    "addons_before_nodes",
    "ebs_csi_role",
    "vpc_cni",
]


class Addon(EksAddon):
    """Defines an EKS add-on; *service_account* gets *role* through EKS Pod Identity.

    *configuration* is what the program needs; the Spec's own comes into it key by key, and wins where both speak.
    *after* names what must be there first: most add-ons need nodes, and nodes need the network add-ons.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        cluster: EksClusterLike,
        spec: AddonSpec | None = None,
        configuration: Mapping[str, Any] | None = None,
        service_account: str | None = None,
        role: Role | None = None,
        after: Sequence[ITerraformDependable] = (),
    ) -> None:

        def where() -> str:
            return f"{scope.node.path}/{id}"

        if bool(service_account) != bool(role):
            raise Refused(
                f"{where()}: `service_account` and `role` must come together, got {service_account!r} and "
                f"{role and role.name!r}; give both, or neither"
            )
        spec = spec or AddonSpec()
        values = _merged(configuration or {}, literal(spec.configuration))
        identity = (
            [EksAddonPodIdentityAssociation(role_arn=role.arn, service_account=service_account)]
            if role and service_account
            else None
        )
        super().__init__(
            scope,
            id,
            addon_name=name,
            cluster_name=cluster.id,
            addon_version=spec.version,
            configuration_values=json.dumps(values, sort_keys=True) if values else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            pod_identity_association=identity,
            depends_on=[*dependable(after, "after", where), *(role.attachments if role else ())] or None,
        )


def addon_of_spec(scope: Construct, name: str, *, cluster: Cluster, **arguments: Any) -> Addon:
    """Install the add-on *name* as the cluster's Spec has it; the other *arguments* are those of `Addon`."""
    spec = cluster.spec.addons.get(name)
    return Addon(scope, f"addon-{name}", name=name, cluster=cluster, spec=spec, **arguments)


def addons_before_nodes(scope: Construct, *, cluster: Cluster, network: Network) -> list[Addon]:
    """Install what nodes need to become ready, as the cluster's Spec has it; every node group comes `after` these."""
    ours = {"vpc-cni": vpc_cni(network.pod_subnet_ids, cluster.security_group_id)}
    return [addon_of_spec(scope, name, cluster=cluster, configuration=ours.get(name)) for name in BEFORE_NODES]


def addons_after_nodes(
    scope: Construct,
    *,
    cluster: Cluster,
    account: Account,
    nodes: Sequence[ITerraformDependable],
    leave_out: Sequence[str] = (),
) -> None:
    """Install what runs on *nodes*: CoreDNS, the driver of EBS volumes, and what else the cluster's Spec names.

    *leave_out* are add-ons that the program makes itself.
    """
    scaling = cluster.spec.coredns_autoscaling
    role = ebs_csi_role(scope, "ebs-csi", cluster=cluster, account=account)
    for name in sorted({*AFTER_NODES, *cluster.spec.addons} - {*BEFORE_NODES, *leave_out}):
        ebs = name == "aws-ebs-csi-driver"
        addon_of_spec(
            scope,
            name,
            cluster=cluster,
            configuration=coredns(scaling) if name == COREDNS and scaling else None,
            service_account="ebs-csi-controller-sa" if ebs else None,
            role=role if ebs else None,
            after=nodes,
        )


def _merged(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return *ours* with what *theirs* says, within mappings too."""
    merged = dict(ours)
    for key, value in theirs.items():
        own = merged.get(key)
        merged[key] = _merged(own, value) if isinstance(own, Mapping) and isinstance(value, Mapping) else value
    return merged


def ebs_csi_role(scope: Construct, id: str, *, cluster: EksClusterLike, account: Account) -> Role:
    """Return a role for the service account `ebs-csi-controller-sa` of the add-on aws-ebs-csi-driver."""
    role = Role(scope, id, name=own_role_name(cluster.name, "ebs-csi"), trust=pod_identity_trust(account.id))
    role.attach("AmazonEBSCSIDriverPolicy", account.managed_policy_arn("service-role/AmazonEBSCSIDriverPolicy"))
    return role


def vpc_cni(pod_subnet_ids: Mapping[str, str], security_group_id: str) -> dict[str, Any]:
    """Return the configuration of vpc-cni: it enforces network policies, and pods may have subnets of their own.

    https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html
    https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network.html
    """
    policies = {"enableNetworkPolicy": "true"}
    if not pod_subnet_ids:
        return policies
    return policies | {
        "env": {
            "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true",
            "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone",
        },
        "eniConfig": {
            "create": True,
            "subnets": {
                zone: {"id": subnet, "securityGroups": [security_group_id]} for zone, subnet in pod_subnet_ids.items()
            },
        },
    }
