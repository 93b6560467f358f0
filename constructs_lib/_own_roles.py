"""What the roles are called that a platform makes for itself: IAM has one set of names an account, and ignores case."""

from __future__ import annotations

from typing import Literal, get_args

from constructs_lib._names import fit

OwnRole = Literal[
    "cloudwatch-agent",
    "cluster",
    "cluster-autoscaler",
    "ebs-csi",
    "flow-logs",
    "karpenter",
    "node-termination-handler",
]
OWN_ROLES: tuple[OwnRole, ...] = get_args(OwnRole)


def own_role_name(cluster_name: str, role: OwnRole) -> str:
    """Return the name of the *role* that the platform of a cluster makes for itself."""
    return fit(f"{cluster_name}-{role}", 64)


def node_group_role_name(cluster_name: str, group: str) -> str:
    """Return the name of the role of a node group's nodes."""
    return fit(f"{cluster_name}-{group}-node", 64)
