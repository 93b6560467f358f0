"""What a launch template holds, as far as a node class can say it."""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

from provisioners.source import Document, InvalidFile

Data = dict[str, Any]

_EBS = {
    "DeleteOnTermination": "deleteOnTermination",
    "Encrypted": "encrypted",
    "Iops": "iops",
    "KmsKeyId": "kmsKeyID",
    "SnapshotId": "snapshotID",
    "Throughput": "throughput",
    "VolumeType": "volumeType",
}
_METADATA = {
    "HttpEndpoint": "httpEndpoint",
    "HttpProtocolIpv6": "httpProtocolIPv6",
    "HttpPutResponseHopLimit": "httpPutResponseHopLimit",
    "HttpTokens": "httpTokens",
}
_KNOWN = {
    "BlockDeviceMappings",
    "IamInstanceProfile",
    "ImageId",
    "MetadataOptions",
    "Monitoring",
    "NetworkInterfaces",
    "SecurityGroupIds",
    "TagSpecifications",
    "UserData",
}
_KARPENTERS_TAGS = ("eks:eks-cluster-name", "karpenter.k8s.aws/", "karpenter.sh/", "kubernetes.io/cluster")


class LaunchTemplate(NamedTuple):
    """The parts of a launch template; `node_class` are fields of an EC2NodeClass, `lost` what has no place there."""

    image_id: str | None
    instance_profile: str | None
    security_group_ids: tuple[str, ...]
    node_class: Data
    lost: tuple[str, ...]


def read_launch_template(document: Document) -> LaunchTemplate:
    """Return the launch template in what `aws ec2 describe-launch-template-versions` prints, its last version.

    Raises `InvalidFile` when *document* is nothing of the kind.
    """
    try:
        newest = max(document.data["LaunchTemplateVersions"], key=lambda version: version["VersionNumber"])
        return _launch_template(newest["LaunchTemplateData"])
    except (AttributeError, KeyError, TypeError, ValueError):
        rule = "must be what `aws ec2 describe-launch-template-versions --versions '$Latest'` prints"
        raise InvalidFile([document.located((), rule)]) from None


def _launch_template(data: Data) -> LaunchTemplate:
    node_class: Data = {}
    lost = [f"{key} has no place in a node class" for key in sorted(set(data) - _KNOWN)]
    if mappings := data.get("BlockDeviceMappings"):
        node_class["blockDeviceMappings"] = [_mapping(each) for each in mappings]
    if options := _renamed(data.get("MetadataOptions", {}), _METADATA):
        node_class["metadataOptions"] = options
    if data.get("Monitoring", {}).get("Enabled"):
        node_class["detailedMonitoring"] = True
    tags = {tag["Key"]: tag["Value"] for each in data.get("TagSpecifications", ()) for tag in each["Tags"]}
    if kept := {key: value for key, value in tags.items() if not key.startswith(_KARPENTERS_TAGS)}:
        node_class["tags"] = kept
    lost += [f"the tag {key} is left out: Karpenter sets it itself" for key in sorted(set(tags) - set(kept))]
    if text := data.get("UserData"):
        node_class["userData"] = _decoded(text)
    profile = data.get("IamInstanceProfile", {})
    name = profile.get("Name") or profile.get("Arn", "").rpartition("/")[2] or None
    interfaces = data.get("NetworkInterfaces", ())
    groups = [*data.get("SecurityGroupIds", ()), *(group for each in interfaces for group in each.get("Groups", ()))]
    return LaunchTemplate(data.get("ImageId"), name, tuple(dict.fromkeys(groups)), node_class, tuple(lost))


def _mapping(given: Data) -> Data:
    ebs = _renamed(given.get("Ebs", {}), _EBS)
    if size := given.get("Ebs", {}).get("VolumeSize"):
        ebs["volumeSize"] = f"{size}Gi"
    return {"deviceName": given["DeviceName"], "ebs": ebs}


def _renamed(given: Data, names: dict[str, str]) -> Data:
    return {names[key]: value for key, value in given.items() if key in names}


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return text
