"""A platform of many teams with several roles each: its check, where its pods land, and how its synthesis grows."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.gate import Gate
from benchmarks.growth import bend
from benchmarks.platforms import with_teams
from benchmarks.process import Program, Timed, measure
from benchmarks.tables import Table
from stacks import landing
from stacks.platform import load

TEAMS = (5, 10, 20, 40)
ROLES = 3
"""Roles of each team."""
CHECKED = 20
"""The number of teams whose check must take less than a second."""


class ManyRoles(NamedTuple):
    """How long the check and the synthesis of platforms with this many *teams* take.

    *landings* are the seconds that the landing check alone takes, which is a part of both.
    """

    teams: tuple[int, ...]
    landings: list[float]
    checks: list[Timed]
    syntheses: list[Timed]

    def table(self) -> Table:
        """Return what was measured, and how straight the line of synthesis is."""
        rows = [
            [
                str(number),
                f"{landed * 1000:.0f}",
                *(f"{figure:.2f}" for run in (check, synthesis) for figure in (run.median, run.cpu)),
            ]
            for number, landed, check, synthesis in zip(
                self.teams, self.landings, self.checks, self.syntheses, strict=True
            )
        ]
        return Table(
            "Teams of three roles",
            [
                *("teams", "milliseconds of the landing check"),
                *("seconds of `emr-eks check`", "of processor", "seconds of `main.py`", "of processor"),
            ],
            rows,
            f"platform.yaml with this many teams instead of its own, each with {ROLES} job roles; median of "
            f"{len(self.checks[0].runs)} runs in turn. Synthesis of the largest takes {self.bend():.2f} of what the "
            "line through the two before it says, in processor time.",
            [
                Gate(
                    f"seconds of processor of `emr-eks check` for {CHECKED} teams of {ROLES} roles",
                    self.checks[self.teams.index(CHECKED)].cpu,
                    1,
                ),
                Gate(
                    f"seconds of processor of synthesis of {self.teams[-1]} teams of {ROLES} roles, of what the line "
                    "through the two before says",
                    self.bend(),
                    1.15,
                ),
            ],
        )

    def bend(self) -> float:
        """Return the processor time of the largest synthesis over that on the line through the two before it."""
        return bend(self.teams, [run.cpu for run in self.syntheses])


def measure_teams(rounds: int = 5) -> ManyRoles:
    """Measure platforms of *TEAMS* teams with *ROLES* roles each."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(with_teams(Path(folder, str(number)), number, roles=ROLES)) for number in TEAMS]
        checks = [Program(file, ["-m", "emr_eks", "check", "--platform", file]) for file in files]
        syntheses = [Program(file, ["main.py"], {"EMR_EKS_PLATFORM": file}) for file in files]
        runs = measure([*checks, *syntheses], rounds)
        landings = [_landing(Path(file), rounds) for file in files]
    return ManyRoles(TEAMS, landings, runs[: len(TEAMS)], runs[len(TEAMS) :])


def _landing(file: Path, rounds: int) -> float:
    """Return the seconds that it takes to follow all pods of the platform in *file* to nodes."""
    platform = load(file)

    def once() -> float:
        start = time.perf_counter()
        landing.check(platform)
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(rounds))
