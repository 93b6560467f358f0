"""What a node leaves for pods: its capacity less what the machine, the kubelet and eviction keep.

Reckoned as Karpenter does:
https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/pkg/providers/instancetype/types.go
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from provisioners.landing.catalogue import InstanceType
from provisioners.node_class import EC2NodeClass, Kubelet
from provisioners.quantity import amount

Resources = Mapping[str, int]
"""`cpu` in millicores, `memory` and `ephemeral-storage` in bytes, everything else as a count."""

_MIB, _GIB = 2**20, 2**30
_CPU_RESERVED = ((1000, 0.06), (1000, 0.01), (2000, 0.005), (math.inf, 0.0025))
"""The share of each next slice of millicores that the kubelet keeps."""
_DEVICES = {
    "nvidia": "nvidia.com/gpu",
    "amd": "amd.com/gpu",
    "habana": "habana.ai/gaudi",
    "aws": "aws.amazon.com/neuron",
}
KNOWN_RESOURCES = frozenset({"cpu", "memory", "ephemeral-storage", "pods", *_DEVICES.values()})
"""Resources whose amount on a node is known; others come from plugins of the user's own."""

Settings = tuple[tuple[str, str], ...]


class Reserve(NamedTuple):
    """What the nodes of a pool or group keep from their pods.

    `memory_overhead` is the share of the memory that the virtual machine itself takes; `reserves_by_interfaces`
    says that the kubelet's memory follows the pods that the network could hold, even if `max_pods` is less.
    `reserved_enis` are network interfaces that hold no pods.
    """

    memory_overhead: float
    disk: int = 20 * _GIB
    raid0: bool = False
    max_pods: int | None = None
    pods_per_core: int | None = None
    reserves_by_interfaces: bool = True
    kube_reserved: Settings = ()
    system_reserved: Settings = ()
    eviction_hard: Settings = ()
    eviction_soft: Settings = ()
    reserved_enis: int = 0


KARPENTER_MEMORY_OVERHEAD = 0.075
"""Karpenter's default `vmMemoryOverheadPercent`."""


def reserve(
    node_class: EC2NodeClass | None,
    memory_overhead: float = KARPENTER_MEMORY_OVERHEAD,
    reserved_enis: int = 0,
) -> Reserve:
    """Return what the nodes of a Karpenter node class keep."""
    if node_class is None:
        return Reserve(memory_overhead, reserved_enis=reserved_enis)
    spec = node_class.spec
    kubelet = spec.kubelet or Kubelet()
    aliases = [term.alias.partition("@")[0] for term in spec.ami_selector_terms if term.alias]
    family: str = spec.ami_family or (aliases[0] if aliases else "")
    return Reserve(
        memory_overhead,
        disk=_disk(node_class),
        raid0=spec.instance_store_policy == "RAID0",
        max_pods=kubelet.max_pods,
        pods_per_core=kubelet.pods_per_core,
        reserves_by_interfaces=family.lower() in ("al2", "al2023"),
        kube_reserved=_settings(kubelet.kube_reserved),
        system_reserved=_settings(kubelet.system_reserved),
        eviction_hard=_settings(kubelet.eviction_hard),
        eviction_soft=_settings(kubelet.eviction_soft),
        reserved_enis=reserved_enis,
    )


@cache
def allocatable(instance_type: InstanceType, keeps: Reserve) -> Resources:
    """Return what a node of *instance_type* has for pods, daemonsets included."""
    interfaces = max(0, instance_type.interfaces - keeps.reserved_enis)
    by_interfaces = interfaces * (instance_type.addresses - 1) + 2 if interfaces else 0
    pods = by_interfaces if keeps.max_pods is None else keeps.max_pods
    if keeps.pods_per_core:
        pods = min(pods, keeps.pods_per_core * instance_type.vcpus)
    mib = instance_type.memory_mib - (64 if instance_type.arch == "arm64" else 0)
    memory = (mib - math.ceil(mib * keeps.memory_overhead)) * _MIB
    disk = instance_type.nvme_gb * 10**9 if keeps.raid0 and instance_type.nvme_gb else keeps.disk
    capacity = {"cpu": instance_type.vcpus * 1000, "memory": memory, "ephemeral-storage": disk}
    reserved = {
        "cpu": _cpu_reserved(instance_type.vcpus * 1000),
        "memory": (11 * (by_interfaces if keeps.reserves_by_interfaces else pods) + 255) * _MIB,
        "ephemeral-storage": _GIB,
        **_amounts(keeps.kube_reserved),
    }
    system = _amounts(keeps.system_reserved)
    eviction = _eviction(capacity, keeps)
    left = {
        resource: max(0, amount - reserved[resource] - system.get(resource, 0) - eviction.get(resource, 0))
        for resource, amount in capacity.items()
    }
    return {**left, "pods": pods, **_devices(instance_type)}


def millis_or_units(resource: str, quantity: int | str) -> int:
    """Return a Kubernetes quantity in the unit of `Resources`, rounded up. Raises `ValueError`."""
    return math.ceil(amount(quantity) * (1000 if resource == "cpu" else 1))


def _disk(node_class: EC2NodeClass) -> int:
    """Return the bytes of the volume that holds pods' files; EC2NodeClass has 20Gi unless it says otherwise."""
    mappings = [each for each in node_class.spec.block_device_mappings or () if each.ebs and each.ebs.volume_size]
    roots = [each for each in mappings if each.root_volume] or [
        each for each in mappings if each.device_name in ("/dev/xvda", "/dev/xvdb", "/dev/sda1")
    ]
    sizes = [each.ebs.volume_size for each in roots or mappings if each.ebs and each.ebs.volume_size]
    return int(amount(sizes[-1])) if sizes else 20 * _GIB


def _cpu_reserved(millicores: int) -> int:
    kept, left = 0.0, float(millicores)
    for size, share in _CPU_RESERVED:
        part = min(left, size)
        # Karpenter cuts each slice's share down to whole millicores.
        kept += int(part * share)
        left -= part
    return int(kept)


def _eviction(capacity: Resources, keeps: Reserve) -> dict[str, int]:
    """Return what must stay free, lest the kubelet evict pods; the larger of hard and soft thresholds."""
    thresholds = {"memory": 100 * _MIB, "ephemeral-storage": math.ceil(capacity["ephemeral-storage"] / 10)}
    said: dict[str, int] = {}
    for signal, text in (*keeps.eviction_hard, *keeps.eviction_soft):
        resource = {"memory.available": "memory", "nodefs.available": "ephemeral-storage"}.get(signal)
        if resource:
            said[resource] = max(said.get(resource, 0), _threshold(text, capacity[resource]))
    return thresholds | said


def _threshold(text: str, capacity: int) -> int:
    if not text.endswith("%"):
        return math.ceil(amount(text))
    share = float(text[:-1])
    # To the kubelet, 100% turns a threshold off.
    return 0 if share == 100 else math.ceil(capacity * share / 100)


def _devices(instance_type: InstanceType) -> dict[str, int]:
    if not instance_type.device:
        return {}
    _, _, manufacturer, count, _ = instance_type.device
    return {_DEVICES[manufacturer]: count} if manufacturer in _DEVICES else {}


def _settings(given: Mapping[Any, str] | None) -> Settings:
    return tuple(sorted((given or {}).items()))


def _amounts(settings: Settings) -> dict[str, int]:
    return {resource: millis_or_units(resource, text) for resource, text in settings}
