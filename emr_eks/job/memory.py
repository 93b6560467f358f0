"""Amounts of memory as Spark reads them. Pure.

https://spark.apache.org/docs/latest/configuration.html#spark-properties
"""

from __future__ import annotations

import re

UNITS = {"b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40, "p": 2**50}
_MEMORY = re.compile(r"(\d{1,18})([kmgtp]?)b?", re.IGNORECASE)


def bytes_of(memory: str, unit: str = "m") -> int:
    """Return an amount of memory in bytes; a bare number counts *unit*. Raises `ValueError`."""
    found = _MEMORY.fullmatch(memory.strip())
    if not found:
        raise ValueError(f"no amount of memory: {memory!r}")
    return int(found[1]) * UNITS[found[2].lower() or unit]
