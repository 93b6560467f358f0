"""Terraform's typed Kubernetes resources as the objects that a cluster gets."""

from __future__ import annotations

from typing import Any

from emr_eks.local.kubernetes.schema import Block

KINDS = {
    "cluster_role": ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    "cluster_role_binding": ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    "config_map": ("v1", "ConfigMap"),
    "limit_range": ("v1", "LimitRange"),
    "namespace": ("v1", "Namespace"),
    "network_policy": ("networking.k8s.io/v1", "NetworkPolicy"),
    "priority_class": ("scheduling.k8s.io/v1", "PriorityClass"),
    "resource_quota": ("v1", "ResourceQuota"),
    "role": ("rbac.authorization.k8s.io/v1", "Role"),
    "role_binding": ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    "service_account": ("v1", "ServiceAccount"),
    "storage_class": ("storage.k8s.io/v1", "StorageClass"),
}
"""The kinds whose blocks we know how to spell; others are stored as Terraform has them, and not checked."""

# Terraform names a repeated block in the singular, and a few arguments differently.
_RENAMED = {
    "rule": "rules",
    "subject": "subjects",
    "limit": "limits",
    "match_expressions": "matchExpressions",
    "image_pull_secret": "imagePullSecrets",
    "secret": "secrets",
    "storage_provisioner": "provisioner",
}
# Arguments of Terraform's own, and what only the cluster sets.
_NOT_OBJECT = (
    "id",
    "timeouts",
    "wait_for_default_service_account",
    "generation",
    "resource_version",
    "uid",
    "self_link",
)


def kind_of(resource_type: str) -> tuple[str, str] | None:
    """Return apiVersion and kind of a Terraform type, or None for those that we cannot spell."""
    return KINDS.get(resource_type.removeprefix("kubernetes_").removesuffix("_v1"))


def manifest_of(resource_type: str, block: Block, values: dict[str, Any]) -> dict[str, Any]:
    """Return the object that a resource of *resource_type* with *values* stands for."""
    known = kind_of(resource_type)
    api_version, kind = known or ("", resource_type)
    return {"apiVersion": api_version, "kind": kind, **_object(block, values)}


def _object(block: Block, values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in block["attributes"]:
        value = values.get(name)
        if name not in _NOT_OBJECT and value is not None and value not in ([], {}):
            found[_spelt(name)] = value
    for name, nested in block["blocks"].items():
        parts = values.get(name) or []
        if name in _NOT_OBJECT or not parts:
            continue
        objects = [_object(nested["block"], part or {}) for part in (parts if isinstance(parts, list) else [parts])]
        found[_spelt(name)] = objects[0] if nested["max"] == 1 else objects
    return found


def _spelt(name: str) -> str:
    """Return the Kubernetes name of an argument."""
    if name in _RENAMED:
        return _RENAMED[name]
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
