"""Generates `instance_data.json` from the EC2 facts that moto ships: `make instance-data`.

moto keeps what DescribeInstanceTypes and DescribeInstanceTypeOfferings answer
(https://github.com/getmoto/moto/tree/master/moto/ec2/resources) and renews it with its releases.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from provisioners.landing.catalogue import DATA, ZONES_AS_DIGITS

_ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}


def generate(today: date) -> str:
    """Return the data file: a line for each instance type and each region, so that changes are easy to review."""
    types = {name: row for name, info in _read("instance_types.json.gz").items() if (row := _row(info))}
    names = sorted(types)
    regions = {region: _offered(region, names) for region in _regions()}
    return "\n".join(
        [
            "{",
            f'"date": {_json(today.isoformat())},',
            f'"source": {_json("moto " + version("moto"))},',
            '"types": {',
            ",\n".join(f"{_json(name)}: {_json(types[name])}" for name in names),
            '},\n"regions": {',
            ",\n".join(f"{_json(region)}: {_json(regions[region])}" for region in sorted(regions)),
            "}}\n",
        ]
    )


def _row(info: dict[str, Any]) -> list[Any] | None:
    """Return the facts in the order of `InstanceType`'s fields after the name, or None where no Linux node can run."""
    processor, network = info["ProcessorInfo"], info["NetworkInfo"]
    arch = next((_ARCHITECTURES[each] for each in processor["SupportedArchitectures"] if each in _ARCHITECTURES), None)
    if arch is None or "hvm" not in info["SupportedVirtualizationTypes"]:
        return None
    ebs, storage = info["EbsInfo"], info.get("InstanceStorageInfo", {})
    card = network["NetworkCards"][network["DefaultNetworkCardIndex"]]
    return [
        info["VCpuInfo"]["DefaultVCpus"],
        info["MemoryInfo"]["SizeInMiB"],
        arch,
        card["MaximumNetworkInterfaces"],
        network["Ipv4AddressesPerInterface"],
        storage["TotalSizeInGB"] if storage.get("NvmeSupport", "unsupported") != "unsupported" else 0,
        ebs["EbsOptimizedInfo"]["MaximumBandwidthInMbps"] if ebs["EbsOptimizedSupport"] == "default" else 0,
        round(sum(each.get("BaselineBandwidthInGbps", 0) for each in network["NetworkCards"]) * 1000),
        processor.get("Manufacturer", "").lower(),
        round(processor.get("SustainedClockSpeedInGhz", 0) * 1000),
        info.get("Hypervisor", ""),
        int(network["EncryptionInTransitSupported"]),
        int("spot" in info["SupportedUsageClasses"]),
        _device(info),
    ]


def _device(info: dict[str, Any]) -> list[Any]:
    """Return kind, name, manufacturer, count and memory in MiB of the type's accelerators; nothing without any."""
    for kind, holder, inside in (
        ("gpu", "GpuInfo", "Gpus"),
        ("accelerator", "InferenceAcceleratorInfo", "Accelerators"),
        ("accelerator", "NeuronInfo", "NeuronDevices"),
    ):
        for each in info.get(holder, {}).get(inside, ()):
            words = [each["Name"], each.get("Manufacturer", "AWS")]
            name, manufacturer = (word.lower().replace(" ", "-") for word in words)
            return [kind, name, manufacturer, each["Count"], each["MemoryInfo"]["SizeInMiB"]]
    return []


def _offered(region: str, names: list[str]) -> list[Any]:
    """Return the zones, and for each type in turn a digit whose bits are the zones that offer it."""
    zones: dict[str, set[str]] = {}
    for each in _read(f"instance_type_offerings/availability-zone/{region}.json.gz"):
        zones.setdefault(each["Location"], set()).add(each["InstanceType"])
    order = sorted(zones)
    digits = [ZONES_AS_DIGITS[sum((name in zones[zone]) << bit for bit, zone in enumerate(order))] for name in names]
    return [order, "".join(digits)]


def _regions() -> Iterator[str]:
    for file in files("moto").joinpath("ec2/resources/instance_type_offerings/availability-zone").iterdir():
        yield file.name.partition(".")[0]


def _read(resource: str) -> Any:
    return json.loads(gzip.decompress(files("moto").joinpath(f"ec2/resources/{resource}").read_bytes()))


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def main() -> None:
    """Write the data file, dated today."""
    text = generate(date.today())
    Path(DATA).write_text(text, "utf-8")
    sys.stdout.write(f"{DATA.name}: {len(text)} bytes\n")


if __name__ == "__main__":
    main()
