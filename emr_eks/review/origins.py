"""Where people wrote what a construct is made from: the lines of `platform.yaml` and of the node pools' manifests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emr_eks.review.report import Risk
from provisioners.source import Document, InvalidFile, read, read_all
from provisioners.spec import Path as Place

_FOLDER = "provisioners"


@dataclass(frozen=True)
class Origins:
    """The files of one platform; without any, nothing is known."""

    platform: Document | None = None
    manifests: dict[tuple[str, str], Document] = field(default_factory=dict)
    """By kind and name."""
    root: Path = Path()
    """What is left out of the files' names."""

    def of(self, risk: Risk) -> tuple[str, int] | None:
        """Return file and line of what *risk* stems from, or of what encloses it; None where nothing is known."""
        _, *steps = risk.path.split("/")
        if not risk.stack or self.platform is None or not isinstance(self.platform.data, dict):
            return None
        if steps[:1] == ["node-pools"] and len(steps) > 2:
            kind = {"node-pool": "NodePool", "node-class": "EC2NodeClass"}.get(steps[1], "")
            manifest = self.manifests.get((kind, steps[2]))
            if manifest:
                return self._called(manifest), manifest.position(("metadata", "name"), key=True)[0]
        place = _place(tuple(steps), self.platform.data) + _DETAILS.get(risk.id, ())
        # A file that says nothing of it stands for it as a whole.
        return self._called(self.platform), self.platform.position(place, key=True)[0] if place else 1

    def _called(self, document: Document) -> str:
        path, root = document.path.absolute(), self.root.absolute()
        return (path.relative_to(root) if path.is_relative_to(root) else document.path).as_posix()


NOWHERE = Origins()
"""Nothing is known."""


def origins(platform_file: Path, *, root: Path, stacks: Iterable[str]) -> Origins:
    """Return the origins in *platform_file* if the *stacks* are its own, with names seen from *root*.

    A review needs none of these files: nothing is raised for one that is not there, or cannot be read.
    """
    try:
        platform = read(platform_file, tolerant=True)
    except InvalidFile:
        return NOWHERE
    data = platform.data if isinstance(platform.data, dict) else {}
    if not all(stack.startswith(f"{data.get('name')}-") for stack in stacks):
        return NOWHERE
    settings = data.get("karpenter")
    folder = settings.get("provisioners", _FOLDER) if isinstance(settings, dict) else _FOLDER
    manifests: dict[tuple[str, str], Document] = {}
    for file in sorted(platform_file.parent.glob(f"{folder}/*.y*ml")) if isinstance(folder, str) else ():
        try:
            documents = read_all(file, tolerant=True)
        except InvalidFile:
            continue
        for document in documents:
            manifest = document.data if isinstance(document.data, dict) else {}
            metadata = manifest.get("metadata")
            if isinstance(metadata, dict):
                manifests[str(manifest.get("kind")), str(metadata.get("name"))] = document
    return Origins(platform, manifests, root)


_DETAILS: dict[str, Place] = {
    "authentication-mode-changed": ("authentication_mode",),
    "capacity-lowered": ("max_size",),
    "capacity-raised": ("max_size",),
    "endpoint-closed": ("public_access_cidrs",),
    "endpoint-exposed": ("public_access_cidrs",),
    "instances-changed": ("instance_types",),
    "karpenter-upgrade": ("version",),
    "kubernetes-upgrade": ("version",),
    "logging-off": ("logs",),
    "minimum-changed": ("min_size",),
    "node-repair-off": ("node_repair",),
    "nodes-tainted": ("taints",),
    "region-changed": ("region",),
    "stack-renamed": ("name",),
    "state-moved": ("state",),
    "support-type-changed": ("support_type",),
}
"""The key that a rule speaks of, below the part of the file that its construct is made from."""

_PARTS: dict[str, Place] = {
    "bucket": ("bucket",),
    "cluster": ("cluster",),
    "cluster-autoscaler": ("cluster_autoscaler",),
    "container-insights": ("monitoring",),
    "data-key": ("bucket", "kms_key_arn"),
    "ebs-csi": ("cluster", "addons", "aws-ebs-csi-driver"),
    "karpenter": ("karpenter",),
    "node-pools": ("karpenter",),
    "service-linked-role": ("emr_service_linked_role",),
}
_NETWORK: dict[str, Place] = {
    "FlowLog": ("flow_logs",),
    "PodCidr": ("pod_cidr",),
    "nat": ("nat_gateways",),
    "pods": ("pod_cidr",),
    "private": ("availability_zones",),
    "public": ("availability_zones",),
}
_TEAM: dict[str, Place] = {
    "JobRole": ("job_role",),
    "Logs": ("log_retention_days",),
    "driver-pod-template": ("driver_pool",),
    "executor-pod-template": ("executor_pool",),
    "pod-template": ("tiers",),
}


def _place(steps: Place, data: dict[str, Any]) -> Place:
    """Return the part of the platform's file that the construct at *steps*, its stack left out, is made from."""
    match steps:
        case ("vpc", str(part), *_):
            return ("vpc", *_of_network(part, data.get("vpc")))
        case ("cluster", str(part), *_) if part.startswith("access-"):
            return "cluster", "access", part.removeprefix("access-")
        case (str(part), *_) if part.startswith("addon-"):
            return "cluster", "addons", part.removeprefix("addon-")
        case ("node-group", str(name), *_):
            return _of_group(name, data)
        case ("priorities", str(name), *_):
            return "priorities", "classes", name
        case ("alarms", "Budget"):
            return "monitoring", "alarms", "budget"
        case ("alarms", *_):
            return "monitoring", "alarms"
        case ("team", str(team), "JobRoles", str(role), *_):
            return "teams", team, "job_roles", role
        case ("team", str(team), "VirtualCluster", "Namespace", "Quota"):
            return "teams", team, "quota"
        case ("team", str(team), str(part), *_):
            return ("teams", team, *_TEAM.get(part, ()))
        case (str(part), *_):
            return _PARTS.get(part, ())
    return ()


def _of_network(part: str, vpc: Any) -> Place:
    if part.endswith("-endpoint"):
        asked = vpc.get("interface_endpoints") if isinstance(vpc, dict) else None
        listed = isinstance(asked, list) and part.removesuffix("-endpoint") in asked
        return ("interface_endpoints",) if listed else ("gateway_endpoints",)
    return next((place for start, place in _NETWORK.items() if part.startswith(start)), ())


def _of_group(name: str, data: dict[str, Any]) -> Place:
    groups, families = data.get("node_groups"), data.get("node_group_families")
    if not (isinstance(groups, dict) and name in groups) and isinstance(families, dict):
        fitting = [family for family in families if name.startswith(f"{family}-")]
        if fitting:
            return "node_group_families", max(fitting, key=len)
    return "node_groups", name
