"""What EMR may do in the namespace of a virtual cluster.

https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/setting-up-cluster-access.html
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from provisioners.spec import text


class Rule(NamedTuple):
    """One rule of a Kubernetes Role."""

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]


EMR_USER = "emr-containers"

# EMR makes roles of its own for each job, and Kubernetes lets it give away only verbs that it holds to the letter.
# So the verbs that Kubernetes itself does not know (describe, edit, annotate, label) belong here too.
_CHANGE = ("annotate", "create", "delete", "describe", "edit", "get", "label", "list", "patch", "watch")
_CHANGE_MANY = (*_CHANGE, "deletecollection")

EMR_RULES = (
    Rule(("",), ("namespaces",), ("get",)),
    Rule(("",), ("configmaps", "events", "pods", "pods/log", "serviceaccounts", "services"), _CHANGE_MANY),
    Rule(("",), ("secrets",), ("create", "delete", "patch", "watch")),
    Rule(("",), ("persistentvolumeclaims",), _CHANGE_MANY),
    Rule(("apps",), ("deployments", "statefulsets"), _CHANGE),
    Rule(("batch",), ("jobs",), _CHANGE),
    Rule(("extensions", "networking.k8s.io"), ("ingresses",), _CHANGE),
    Rule(("rbac.authorization.k8s.io",), ("rolebindings", "roles"), _CHANGE_MANY),
    Rule(("scheduling.volcano.sh",), ("podgroups",), ("create", "delete", "get", "list", "update", "watch")),
)
"""Persistent volume claims since EMR 6.8; podgroups for Volcano."""

VirtualClusterName = Annotated[
    str,
    text(
        r"[./#A-Za-z0-9_-]+",
        "must be the name of a virtual cluster: at most 64 letters, digits and the characters . _ - / #",
        "for example 'analytics-etl'",
        max_length=64,
    ),
]
"""https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_CreateVirtualCluster.html"""
