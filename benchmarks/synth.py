"""`main.py` against the same program with plain imports, and against an empty CDKTF app."""

from __future__ import annotations

from pathlib import Path

from benchmarks.gate import Gate
from benchmarks.process import Program, measure, run
from benchmarks.tables import Table, comparison

MAIN = Program("`main.py`", ["main.py"])
PLAIN = Program("the same with plain imports", ["main.py"], {"EMR_EKS_PLAIN": "1"})
EMPTY = Program(
    "empty CDKTF app", ["-c", "from cdktf import App, TerraformStack as S; a = App(); S(a, 'empty'); a.synth()"]
)


def synthesise(platform: Path, out: Path) -> None:
    """Write what `main.py` makes of the *platform* to *out*."""
    run(MAIN._replace(environment={"EMR_EKS_PLATFORM": str(platform), "CDKTF_OUTDIR": str(out)}))


def table(rounds: int = 5) -> Table:
    """Measure with warm caches."""
    programs = [MAIN, PLAIN, EMPTY]
    runs = ours, plain, empty = measure(programs, rounds)
    return comparison("Synthesis of platform.yaml", programs, runs, "Warm caches.")._replace(
        gates=[
            Gate("seconds, of the program with plain imports", ours.ratio(plain), 0.12),
            Gate("memory, of the program with plain imports", ours.memory.tree / plain.memory.tree, 0.23),
            Gate("seconds, of an empty CDKTF app", ours.ratio(empty), 2.4),
        ]
    )
