"""Counts that must not grow: `make bench-gates`. They are the same on every machine, so a build may fail on them."""

from __future__ import annotations

import sys

from benchmarks.counts import Counts, count
from benchmarks.gate import Gate

ROUND_TRIPS_PER_RESOURCE = 2.3
SPARE_SUBMODULES = 2


def gates(counts: Counts) -> list[Gate]:
    """Return every gate for *counts*."""
    return [
        Gate("programs started by importing our packages", len(counts.starts_at_import), 0),
        Gate(
            "jsii round trips per resource of platform.yaml",
            round(counts.round_trips / counts.resources, 3),
            ROUND_TRIPS_PER_RESOURCE,
        ),
        Gate(
            "jsii round trips per resource that teams add",
            round(counts.round_trips_of_teams / counts.resources_of_teams, 3),
            ROUND_TRIPS_PER_RESOURCE,
        ),
        Gate(
            "jsii round trips of ten teams more, of those of the ten before",
            round(counts.round_trips_of_more_teams / counts.round_trips_of_teams, 3),
            1,
        ),
        Gate("provider submodules loaded, for the types in use", counts.submodules, counts.types + SPARE_SUBMODULES),
    ]


def main() -> int:
    """Print every gate; return 1 if one does not hold."""
    found = gates(count())
    for gate in found:
        print(f"{'ok  ' if gate.holds else 'FAIL'} {gate.name}: {gate.value:g}, at most {gate.limit:g}")
    return int(not all(gate.holds for gate in found))


if __name__ == "__main__":
    sys.exit(main())
