"""How fast a gp3 volume can be: https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html."""

from __future__ import annotations

GP3_IOPS = 3000
"""What a volume has unless it is given more."""
GP3_MIBPS = 2000
IOPS_PER_MIBPS = 4


def gp3_throughput(iops: int | None) -> int:
    """Return the most MiB/s that a volume of *iops* can have."""
    return min(GP3_MIBPS, (GP3_IOPS if iops is None else iops) // IOPS_PER_MIBPS)
