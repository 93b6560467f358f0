"""Counts that must not grow: `make bench-gates`. They are the same on every machine, so a build may fail on them."""

from __future__ import annotations

import sys

from benchmarks.counts import Counts, count
from benchmarks.gate import Gate

ROUND_TRIPS_PER_RESOURCE = 2.3
ROUND_TRIPS_PER_RESOURCE_OF_TEAMS = 1.85
"""One question more for every team is too many."""
ROUND_TRIPS_PER_RESOURCE_OF_EVERYTHING = 2.115
"""One question more for each of two things is too many."""
SPARE_SUBMODULES = 2


def gates(counts: Counts) -> list[Gate]:
    """Return every gate for *counts*."""
    return [
        Gate(
            "programs started by importing our packages",
            len(counts.starts_at_import),
            0,
            tuple(counts.starts_at_import),
        ),
        Gate(
            "jsii round trips per resource of platform.yaml",
            round(counts.round_trips / counts.resources, 3),
            ROUND_TRIPS_PER_RESOURCE,
        ),
        Gate(
            "jsii round trips per resource that teams add",
            round(counts.round_trips_of_teams / counts.resources_of_teams, 3),
            ROUND_TRIPS_PER_RESOURCE_OF_TEAMS,
        ),
        Gate(
            "jsii round trips of ten teams more, of those of the ten before",
            round(counts.round_trips_of_more_teams / counts.round_trips_of_teams, 3),
            1,
        ),
        Gate(
            "jsii round trips per resource of a platform with every part that there is",
            round(counts.round_trips_of_everything / counts.resources_of_everything, 3),
            ROUND_TRIPS_PER_RESOURCE_OF_EVERYTHING,
        ),
        Gate(
            "provider submodules loaded, for the types in use",
            len(counts.submodules),
            counts.types + SPARE_SUBMODULES,
            tuple(counts.submodules),
        ),
    ]


def main() -> int:
    """Print every gate; return 1 if one does not hold."""
    found = gates(count())
    for gate in found:
        print(f"{'ok  ' if gate.holds else 'FAIL'} {gate.name}: {gate.value:g}, at most {gate.limit:g}")
        for each in () if gate.holds else gate.counted:
            print(f"       {each}")
    if all(gate.holds for gate in found):
        return 0
    print("docs/performance.md says what synthesis asks and loads, and why no more.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
