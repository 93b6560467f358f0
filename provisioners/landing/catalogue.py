"""The EC2 instance types: what each has, which node labels say so, and where it is offered.

The facts are in `instance_data.json`; `make instance-data` renews them.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from provisioners import instances, labels

DATA = Path(__file__).with_name("instance_data.json")
ZONES_AS_DIGITS = string.digits + string.ascii_letters + "+/"
"""A digit's value has a bit for each zone of a region, of which none has more than six."""

_AWS = "karpenter.k8s.aws/instance-"


class InstanceType(NamedTuple):
    """One instance type.

    `interfaces` are those of the default network card, `addresses` the IPv4 addresses of each; `nvme_gb` is the
    size of all local disks; bandwidths are in Mbit/s, 0 where not known. `device` is empty, or kind (`gpu` or
    `accelerator`), name, manufacturer, count and memory in MiB.
    """

    name: str
    vcpus: int
    memory_mib: int
    arch: str
    interfaces: int
    addresses: int
    nvme_gb: int
    ebs_mbps: int
    network_mbps: int
    cpu_manufacturer: str
    clock_mhz: int
    hypervisor: str
    encrypts: int
    spot: int
    device: tuple[Any, ...]

    @property
    def labels(self) -> dict[str, str]:
        """The labels that Karpenter gives a node of this type, by which pools choose types."""
        given = {
            **instances.of_type(self.name),
            labels.ARCH: self.arch,
            labels.INSTANCE_TYPE: self.name,
            labels.CPU: str(self.vcpus),
            labels.MEMORY: str(self.memory_mib),
            f"{_AWS}hypervisor": self.hypervisor,
            f"{_AWS}encryption-in-transit-supported": "true" if self.encrypts else "false",
            f"{_AWS}cpu-manufacturer": self.cpu_manufacturer,
            f"{_AWS}cpu-sustained-clock-speed-mhz": str(self.clock_mhz),
            f"{_AWS}capability-flex": "true" if "-flex." in self.name else "false",
        }
        for name, number in (
            ("local-nvme", self.nvme_gb),
            ("ebs-bandwidth", self.ebs_mbps),
            ("network-bandwidth", self.network_mbps),
        ):
            if number:
                given[f"{_AWS}{name}"] = str(number)
        if self.device:
            kind, name, manufacturer, count, memory = self.device
            given |= {
                f"{_AWS}{kind}-name": name,
                f"{_AWS}{kind}-manufacturer": manufacturer,
                f"{_AWS}{kind}-count": str(count),
            }
            if kind == "gpu":
                given[f"{_AWS}gpu-memory"] = str(memory)
        return given


class Catalogue:
    """All instance types by name, with an index of their labels; `date` says as of when."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.date: str = data["date"]
        self.types: Mapping[str, InstanceType] = {
            name: InstanceType._make((name, *facts[:-1], tuple(facts[-1]))) for name, facts in data["types"].items()
        }
        self.names = frozenset(self.types)
        self.spot = frozenset(name for name, each in self.types.items() if each.spot)
        self._regions: Mapping[str, tuple[list[str], str]] = data["regions"]
        self._labels: list[tuple[str, dict[str, str]]] = []
        self._by_label: dict[str, dict[str | None, frozenset[str]]] = {}
        self._by_zone: dict[str, frozenset[str]] = {}

    def by_label(self, key: str) -> Mapping[str | None, frozenset[str]]:
        """Return the names of the types by their value of the label *key*; under None those without it."""
        if key not in self._by_label:
            self._labels = self._labels or [(name, each.labels) for name, each in self.types.items()]
            found: dict[str | None, set[str]] = {}
            for name, given in self._labels:
                found.setdefault(given.get(key), set()).add(name)
            self._by_label[key] = {value: frozenset(names) for value, names in found.items()}
        return self._by_label[key]

    def zones(self, region: str) -> list[str]:
        """Return the zones of *region*; none where the data do not know it."""
        return list(self._regions[region][0]) if region in self._regions else []

    def offered(self, zone: str) -> frozenset[str]:
        """Return the names of the types offered in *zone*: all, where the data do not know the zone."""
        if zone not in self._by_zone:
            self._by_zone[zone] = self._offered(zone)
        return self._by_zone[zone]

    def _offered(self, zone: str) -> frozenset[str]:
        zones, digits = self._regions.get(zone.rstrip(string.ascii_lowercase), ((), ""))
        if zone not in zones:
            return self.names
        bit = 1 << zones.index(zone)
        masks = {digit: value & bit for value, digit in enumerate(ZONES_AS_DIGITS)}
        return frozenset(name for name, digit in zip(self.types, digits, strict=True) if masks[digit])


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the project's own data, read once."""
    return Catalogue(json.loads(DATA.read_text("utf-8")))


@cache
def type_labels() -> frozenset[str]:
    """Return the keys of the labels that follow from a node's instance type."""
    of_aws = {key for key in labels.AWS_LABELS if key.startswith(_AWS) and key != labels.TENANCY}
    return frozenset({labels.ARCH, labels.INSTANCE_TYPE, *of_aws})
