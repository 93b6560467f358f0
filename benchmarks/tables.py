"""What a measurement says: a table in Markdown, and sentences about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.gate import Gate
from benchmarks.process import Program, Timed


class Table(NamedTuple):
    """A table with what must be known to read it; every cell is text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: str
    gates: Sequence[Gate] = ()

    def markdown(self) -> str:
        """Return the table as a section."""
        if not self.rows:
            return f"### {self.title}\n\n{self.notes}\n"
        lines = [self.columns, ["---", *["---:"] * (len(self.columns) - 1)], *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"### {self.title}\n\n{table}\n\n{self.notes}\n"


def comparison(title: str, programs: Sequence[Program], runs: Sequence[Timed], notes: str) -> Table:
    """Return how the first of *programs* compares with each."""
    ours = runs[0]
    rows = [
        [
            program.name,
            f"{each.median:.2f}",
            f"{each.cpu:.2f}",
            f"{ours.ratio(each):.3f}",
            f"{each.memory.tree:.0f}",
            f"{ours.memory.tree / each.memory.tree:.3f}",
        ]
        for program, each in zip(programs, runs, strict=True)
    ]
    columns = ["program", "seconds", "of processor", "first ÷ this", "MiB", "first ÷ this"]
    how = f"Median of {len(ours.runs)} runs in turn; MiB is the peak of all its processes together."
    return Table(title, columns, rows, f"{notes} {how}")
