"""The first run on a machine, which unpacks the bindings and indexes them, and the runs after it."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.gate import Gate
from benchmarks.process import Program, run
from benchmarks.synth import MAIN, PLAIN
from benchmarks.tables import Table

_CACHE = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"


def table(rounds: int = 2) -> Table:
    """Measure with an empty folder for jsii's cache each time."""
    ours, plain = [], []
    for _ in range(rounds):
        ours.append(_three_runs(MAIN))
        plain.append(_three_runs(PLAIN))
    rows = [
        [program.name, *(f"{statistics.median(each):.2f}" for each in zip(*runs, strict=True))]
        for program, runs in ((MAIN, ours), (PLAIN, plain))
    ]
    return Table(
        "Empty cache",
        ["seconds", "first run", "second", "third"],
        rows,
        f"Median of {rounds} in turn. The first run unpacks the bindings; with the accelerator it also waits for "
        "jsii's index of them, so that the second run has it.",
        [
            Gate("seconds of the first run ever, of the one with plain imports", _first_of(ours, plain), 0.45),
            Gate(
                "seconds of the second run, of the third", statistics.median(two / three for _, two, three in ours), 1.3
            ),
        ],
    )


def _three_runs(program: Program) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        private = program._replace(environment={**program.environment, _CACHE: str(Path(folder, "cache"))})
        return [run(private).seconds for _ in range(3)]


def _first_of(ours: list[list[float]], theirs: list[list[float]]) -> float:
    return statistics.median(our[0] / their[0] for our, their in zip(ours, theirs, strict=True))
