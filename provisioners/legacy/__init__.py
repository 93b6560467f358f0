"""Karpenter before v1beta1: `Provisioner` v1alpha5 and `AWSNodeTemplate` v1alpha1, read and turned into v1.

The YAML files here are the provisioners of four published set-ups; they are what the conversion is tested on.
"""

from __future__ import annotations

from provisioners.source import Document

PROVISIONER = ("karpenter.sh/v1alpha5", "Provisioner")
NODE_TEMPLATE = ("karpenter.k8s.aws/v1alpha1", "AWSNodeTemplate")


def is_old(document: Document) -> bool:
    """Tell whether *document* is of one of the old kinds."""
    return kind_of(document) in (PROVISIONER, NODE_TEMPLATE)


def kind_of(document: Document) -> tuple[str, str]:
    """Return the version and the kind of *document*."""
    data = document.data if isinstance(document.data, dict) else {}
    return str(data.get("apiVersion")), str(data.get("kind"))
