"""How synthesis grows with the number of teams."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.counts import Counts
from benchmarks.gate import Gate
from benchmarks.platforms import with_teams
from benchmarks.process import Program, Timed, measure
from benchmarks.tables import Table

SIZES = (100, 1_000, 5_000, 10_000)


class Growth(NamedTuple):
    """How long platforms of several sizes take."""

    resources: list[int]
    runs: list[Timed]

    def table(self) -> Table:
        """Return what was measured, and how straight its line is."""
        rows = [
            [f"{size:,}", f"{run.median:.2f}", f"{run.cpu:.2f}", f"{run.memory.node:.0f}", f"{run.memory.tree:.0f}"]
            for size, run in zip(self.resources, self.runs, strict=True)
        ]
        return Table(
            "Growth",
            ["resources", "seconds", "of processor", "MiB of Node", "MiB of all"],
            rows,
            f"Teams added to platform.yaml; median of {len(self.runs[0].runs)} runs in turn. "
            f"{self.slope() * 1000:.2f} ms per resource added; the largest takes {self.bend():.2f} of what the line "
            "through the two before it says.",
            [
                Gate("milliseconds per resource added", self.slope() * 1000, 1.25),
                Gate(
                    "seconds of the largest platform, of what the line through the two before says", self.bend(), 1.15
                ),
                Gate("MiB of Node for the largest platform", self.runs[-1].memory.node, 320),
            ],
        )

    def slope(self) -> float:
        """Return the seconds that a resource adds, from the smallest platform to the largest."""
        return (self.runs[-1].median - self.runs[0].median) / (self.resources[-1] - self.resources[0])

    def bend(self) -> float:
        """Return the time of the largest platform over that on the line through the two before it."""
        return bend(self.resources, [run.median for run in self.runs])


def bend(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the last of *seconds* over what the line through the two before it says for the last of *sizes*."""
    x1, x2, x3 = sizes[-3:]
    y1, y2, y3 = seconds[-3:]
    return y3 / (y2 + (y2 - y1) / (x2 - x1) * (x3 - x2))


def measure_growth(counts: Counts, rounds: int = 5) -> Growth:
    """Measure platforms of about *SIZES* resources; *counts* say how many a team brings."""
    per_team = counts.resources_of_teams // counts.teams_added
    teams = [max(1, round((size - counts.resources) / per_team) + 1) for size in SIZES]
    with tempfile.TemporaryDirectory() as folder:
        files = [with_teams(Path(folder, str(number)), number) for number in teams]
        programs = [Program(str(file), ["main.py"], {"EMR_EKS_PLATFORM": str(file)}) for file in files]
        runs = measure(programs, rounds)
    return Growth([counts.resources + per_team * (number - 1) for number in teams], runs)
