"""Karpenter's EC2NodeClass, `karpenter.k8s.aws/v1`: how a pool's nodes are made on EC2.

https://karpenter.sh/docs/concepts/nodeclasses/
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provisioners import _rules_node_class as rules
from provisioners.manifest import Manifest, Maybe, Part, Text, holds, whole
from provisioners.quantity import QuantityText
from provisioners.rules import Since
from provisioners.spec import Items, text

AmiFamily = Literal["AL2", "AL2023", "Bottlerocket", "Custom", "Windows2019", "Windows2022", "Windows2025"]
Switch = Literal["enabled", "disabled"]
Tags = Annotated[dict[Text, Text], holds(0, 20)]

EvictionSignal = Literal[
    "memory.available",
    "nodefs.available",
    "nodefs.inodesFree",
    "imagefs.available",
    "imagefs.inodesFree",
    "pid.available",
]
EvictionThreshold = Annotated[
    str,
    text(
        r"([0-9]{1,2}(\.[0-9]{1,2})?|100(\.0{1,2})?)%|[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
        r"([KMGTPE]i|[numkMGTPE]|[eE][+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+))?",
        "must be a share or a Kubernetes quantity",
        "for example '5%' or '500Mi'",
    ),
]
GracePeriod = Annotated[
    str,
    text(
        r"([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+",
        "must be a length of time",
        "for example '1m30s'",
    ),
]
Reserved = dict[Literal["cpu", "memory", "ephemeral-storage", "pid"], QuantityText]


class SubnetSelectorTerm(Part):
    """Subnets by id, or by tags that all have to match; `*` matches any value."""

    obeys = rules.SUBNET_TERM

    id: Maybe[Annotated[str, text(r"subnet-[0-9a-z]+", "must be a subnet id", "for example 'subnet-0a1b2c3d'")]] = None
    tags: Maybe[Tags] = None


class SecurityGroupSelectorTerm(Part):
    """Security groups by id, by name, or by tags that all have to match."""

    obeys = rules.SECURITY_GROUP_TERM

    id: Maybe[Annotated[str, text(r"sg-[0-9a-z]+", "must be a security group id", "for example 'sg-0a1b2c3d'")]] = None
    name: Maybe[str] = None
    tags: Maybe[Tags] = None


class AmiSelectorTerm(Part):
    """Machine images by alias (`al2023@v20261023`), id, SSM parameter, or name, owner and tags together."""

    obeys = rules.AMI_TERM

    alias: Annotated[Maybe[Annotated[str, holds(0, 30)]], Since("1.9", "windows2025@latest")] = None
    id: Maybe[Annotated[str, text(r"ami-[0-9a-z]+", "must be an AMI id", "for example 'ami-0a1b2c3d'")]] = None
    name: Maybe[str] = None
    owner: Maybe[str] = None
    ssm_parameter: Annotated[Maybe[str], Since("1.4")] = None
    tags: Maybe[Tags] = None


class CapacityReservationSelectorTerm(Part):
    """Capacity reservations by id, or by owner, tags and match criteria together."""

    obeys = rules.CAPACITY_RESERVATION_TERM

    id: Maybe[
        Annotated[str, text(r"cr-[0-9a-z]+", "must be a capacity reservation id", "for example 'cr-0a1b2c3d'")]
    ] = None
    instance_match_criteria: Maybe[Literal["open", "targeted"]] = None
    owner_id: Annotated[
        Maybe[Annotated[str, text(r"[0-9]{12}", "must be an account id: 12 digits, quoted")]],
        Field(alias="ownerID"),
    ] = None
    tags: Maybe[Tags] = None


class Ebs(Part):
    """An EBS volume: sizes as `100Gi`, `throughput` in MiB/s, `volume_initialization_rate` in MiB/s."""

    obeys = rules.EBS

    delete_on_termination: Maybe[bool] = None
    encrypted: Maybe[bool] = None
    iops: Maybe[Annotated[int, whole(1, 2**63 - 1)]] = None
    kms_key_id: Annotated[Maybe[str], Field(alias="kmsKeyID")] = None
    snapshot_id: Annotated[Maybe[str], Field(alias="snapshotID")] = None
    throughput: Maybe[Annotated[int, whole(1, 2**63 - 1)]] = None
    volume_initialization_rate: Annotated[Maybe[Annotated[int, whole(100, 300)]], Since("1.5")] = None
    volume_size: Maybe[
        Annotated[
            str,
            text(
                r"([1-9][0-9]{0,3}|[1-4][0-9]{4}|5[0-8][0-9]{3}|59000)Gi"
                r"|([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-3][0-9]{3}|64000)G"
                r"|([1-9]|[1-5][0-7]|58)Ti|([1-9]|[1-5][0-9]|6[0-3]|64)T",
                "must be a volume size that Karpenter takes: 1 to 59000Gi, 64000G or 64T",
                "for example '100Gi'",
            ),
        ]
    ] = None
    volume_type: Maybe[Literal["standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"]] = None


class BlockDeviceMapping(Part):
    """One of the node's volumes; at most one is the `root_volume`."""

    device_name: Maybe[str] = None
    ebs: Maybe[Ebs] = None
    root_volume: Maybe[bool] = None


class Kubelet(Part):
    """Arguments of the kubelet; `eviction_max_pod_grace_period` is in seconds."""

    obeys = rules.KUBELET

    cluster_dns: Annotated[Maybe[Items[str]], Field(alias="clusterDNS")] = None
    cpu_cfs_quota: Annotated[Maybe[bool], Field(alias="cpuCFSQuota")] = None
    eviction_hard: Maybe[dict[EvictionSignal, EvictionThreshold]] = None
    eviction_max_pod_grace_period: Maybe[Annotated[int, whole(-(2**31))]] = None
    eviction_soft: Maybe[dict[EvictionSignal, EvictionThreshold]] = None
    eviction_soft_grace_period: Maybe[dict[EvictionSignal, GracePeriod]] = None
    image_gc_high_threshold_percent: Annotated[
        Maybe[Annotated[int, whole(0, 100)]], Field(alias="imageGCHighThresholdPercent")
    ] = None
    image_gc_low_threshold_percent: Annotated[
        Maybe[Annotated[int, whole(0, 100)]], Field(alias="imageGCLowThresholdPercent")
    ] = None
    kube_reserved: Maybe[Reserved] = None
    max_pods: Maybe[Annotated[int, whole(0)]] = None
    pods_per_core: Maybe[Annotated[int, whole(0)]] = None
    system_reserved: Maybe[Reserved] = None


class MetadataOptions(Part):
    """The instance metadata service; without it, IMDSv2 and one hop, which is out of reach for pods."""

    http_endpoint: Maybe[Switch] = None
    http_protocol_ipv6: Annotated[Maybe[Switch], Field(alias="httpProtocolIPv6")] = None
    http_put_response_hop_limit: Maybe[Annotated[int, whole(1, 64)]] = None
    http_tokens: Maybe[Literal["required", "optional"]] = None


class ConnectionTracking(Part):
    """Seconds after which a security group forgets an idle connection."""

    obeys = rules.CONNECTION_TRACKING

    tcp_established_timeout: Maybe[Annotated[int, whole(60, 432000)]] = None
    udp_stream_timeout: Maybe[Annotated[int, whole(60, 180)]] = None
    udp_timeout: Maybe[Annotated[int, whole(30, 60)]] = None


class CpuOptions(Part):
    """Options of the processor."""

    nested_virtualization: Maybe[Switch] = None


class NetworkInterface(Part):
    """A network interface of the node, by card and device."""

    device_index: Annotated[int, whole(0)]
    interface_type: Literal["interface", "efa-only"]
    network_card_index: Annotated[int, whole(0)]


class PlacementGroupSelector(Part):
    """A placement group by name or by id."""

    obeys = rules.PLACEMENT_GROUP

    id: Maybe[Annotated[str, text(r"pg-[0-9a-z]+", "must be a placement group id", "for example 'pg-0a1b2c3d'")]] = None
    name: Maybe[Text] = None


class EC2NodeClassSpec(Part):
    """Images, network, identity, disks and kubelet of a pool's nodes."""

    obeys = rules.NODE_CLASS_SPEC

    ami_family: Annotated[Maybe[AmiFamily], Since("1.9", "Windows2025")] = None
    ami_selector_terms: Annotated[Items[AmiSelectorTerm], holds(1, 30)]
    associate_public_ip_address: Annotated[Maybe[bool], Field(alias="associatePublicIPAddress")] = None
    block_device_mappings: Maybe[Annotated[Items[BlockDeviceMapping], holds(0, 50)]] = None
    capacity_reservation_selector_terms: Annotated[
        Maybe[Annotated[Items[CapacityReservationSelectorTerm], holds(1, 30)]], Since("1.3")
    ] = None
    connection_tracking: Annotated[Maybe[ConnectionTracking], Since("1.13")] = None
    context: Maybe[str] = None
    cpu_options: Annotated[Maybe[CpuOptions], Since("1.13")] = None
    detailed_monitoring: Maybe[bool] = None
    instance_profile: Maybe[Text] = None
    instance_store_policy: Maybe[Literal["RAID0"]] = None
    ip_prefix_count: Annotated[Maybe[Annotated[int, whole(0)]], Since("1.8")] = None
    kubelet: Maybe[Kubelet] = None
    metadata_options: Maybe[MetadataOptions] = None
    network_interfaces: Annotated[Maybe[Annotated[Items[NetworkInterface], holds(0, 150)]], Since("1.11")] = None
    placement_group_selector: Annotated[Maybe[PlacementGroupSelector], Since("1.11")] = None
    role: Maybe[Text] = None
    security_group_selector_terms: Annotated[Items[SecurityGroupSelectorTerm], holds(1, 30)]
    subnet_selector_terms: Annotated[Items[SubnetSelectorTerm], holds(1, 30)]
    tags: Maybe[dict[Text, str]] = None
    user_data: Maybe[str] = None


class EC2NodeClass(Manifest):
    """An EC2NodeClass as written to Kubernetes."""

    api_version: Annotated[Literal["karpenter.k8s.aws/v1"], Since("1.0")] = "karpenter.k8s.aws/v1"
    kind: Literal["EC2NodeClass"] = "EC2NodeClass"
    spec: EC2NodeClassSpec
