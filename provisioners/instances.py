"""What the name of an EC2 instance type says, read as Karpenter reads it.

https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
"""

from __future__ import annotations

import re

from provisioners.labels import ARCH, CATEGORY, FAMILY, GENERATION, SIZE

_FAMILY = re.compile(r"(?P<category>[a-z]+)(-[0-9]+tb)?(?P<generation>[0-9]+)(?P<rest>[-a-z0-9]*)")
_SIZE = re.compile(r"(?P<count>[0-9]*)xlarge")
_VCPUS = {"nano": 1, "micro": 1, "small": 1, "medium": 1, "large": 2, "xlarge": 4}
_GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}


def of_family(family: str) -> dict[str, str]:
    """Return the node labels that follow from *family*, such as `m6gd`; none when they don't."""
    match = _FAMILY.fullmatch(family)
    if match is None:
        return {}
    graviton = "g" in match["rest"] or family == "a1"
    apple = match["category"] == "mac"
    return {
        CATEGORY: match["category"],
        GENERATION: match["generation"],
        **({} if apple else {ARCH: "arm64" if graviton else "amd64"}),
    }


def of_type(instance_type: str) -> dict[str, str]:
    """Return the node labels that follow from *instance_type*, such as `m5.xlarge`."""
    family, _, size = instance_type.partition(".")
    return {FAMILY: family, SIZE: size, **of_family(family)} if size else {}


def least_vcpus(size: str) -> int:
    """Return the fewest vCPUs that an instance of *size* has in any family; 1 when the size does not tell."""
    match = _SIZE.fullmatch(size)
    return 4 * int(match["count"]) if match and match["count"] else _VCPUS.get(size, 1)


def gib_per_vcpu(category: str) -> int | None:
    """Return the memory that goes with a vCPU in *category*, or None when that differs by family."""
    return _GIB_PER_VCPU.get(category)
