"""What a node of a managed node group does before it joins, as EKS and nodeadm read it.

https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html#launch-template-user-data
https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from provisioners.spec import text

_NODE_CONFIG = "apiVersion: node.eks.aws/"
_KINDS = {
    "#!": "text/x-shellscript",
    "#cloud-config": "text/cloud-config",
    _NODE_CONFIG: "application/node.eks.aws",
}
_BOUNDARY = "==emr-eks=="

UserData = Annotated[
    str,
    text(
        rf"(#!|#cloud-config\b|{_NODE_CONFIG})[\s\S]*",
        f"must begin with '#!', '#cloud-config' or '{_NODE_CONFIG}'",
        "a shell script, for example, begins with '#!/bin/bash'",
    ),
]

RAID0 = f"""{_NODE_CONFIG}v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0
"""
"""Joins the NVMe disks, and moves the files of kubelet and containerd there."""


def multipart(parts: Iterable[str]) -> str:
    """Return *parts* as one MIME document, the form in which EKS adds a part of its own; empty for none."""
    written = [f"--{_BOUNDARY}\nContent-Type: {_kind(part)}\n\n{part.rstrip()}\n" for part in parts]
    if not written:
        return ""
    head = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
    return f"{head}{''.join(written)}--{_BOUNDARY}--\n"


def _kind(part: str) -> str:
    return next(kind for start, kind in _KINDS.items() if part.startswith(start))
