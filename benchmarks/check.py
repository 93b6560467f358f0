"""What people wait for besides synthesis: the check of a platform."""

from __future__ import annotations

from benchmarks.process import Program, measure
from benchmarks.synth import MAIN
from benchmarks.tables import Table, comparison

CHECK = Program("`emr-eks check`", ["-m", "emr_eks", "check"])
NOTHING = Program("`python -c pass`", ["-c", "pass"])


def table(rounds: int = 5) -> Table:
    """Measure `emr-eks check`, which starts no Node."""
    programs = [CHECK, MAIN, NOTHING]
    return comparison("Checking platform.yaml", programs, measure(programs, rounds), "Node is not started.")
