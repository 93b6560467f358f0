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
    "match_expression": "matchExpressions",
    "image_pull_secret": "imagePullSecrets",
    "secret": "secrets",
    "storage_provisioner": "provisioner",
}
# Terraform allows one such block where Kubernetes has a list.
_LISTS = ("allowed_topologies",)
# Arguments of Terraform's own.
_NOT_OBJECT = ("timeouts", "wait_for_default_service_account")


def kind_of(resource_type: str) -> tuple[str, str] | None:
    """Return apiVersion and kind of a Terraform type, or None for those that we cannot spell."""
    return KINDS.get(resource_type.removeprefix("kubernetes_").removesuffix("_v1"))


def manifest_of(resource_type: str, block: Block, values: dict[str, Any]) -> dict[str, Any]:
    """Return the object that a resource of *resource_type* with *values* stands for."""
    known = kind_of(resource_type)
    api_version, kind = known or ("", resource_type)
    manifest = {"apiVersion": api_version, "kind": kind, **_object(block, values)}
    metadata = block["blocks"].get("metadata")
    if metadata and "namespace" in metadata["block"]["attributes"] and "metadata" in manifest:
        manifest["metadata"].setdefault("namespace", "default")
    return manifest


def parts_of(block: Any) -> list[dict[str, Any]]:
    """Return the known parts of a block in Terraform's values: there may be one, many, or unknown ones."""
    return [part for part in (block if isinstance(block, list) else [block]) if isinstance(part, dict)]


def _object(block: Block, values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, attribute in block["attributes"].items():
        value = values.get(name)
        # What is computed is the cluster's to say.
        if name not in _NOT_OBJECT and not attribute["computed"] and value is not None and value not in ([], {}):
            found[_spelt(name)] = int(value) if name == "port" and str(value).isdigit() else value
    for name, nested in block["blocks"].items():
        objects = [_object(nested["block"], part) for part in parts_of(values.get(name))]
        if objects and name not in _NOT_OBJECT:
            found[_spelt(name)] = objects[0] if nested["max"] == 1 and name not in _LISTS else objects
    return found


def _spelt(name: str) -> str:
    """Return the Kubernetes name of an argument."""
    if name in _RENAMED:
        return _RENAMED[name]
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
