"""Measures everything, and writes it into docs/performance.md and docs/performance.svg: `make bench`, ten minutes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import version

from benchmarks import check, cold, gates, review, synth, terraform, terrain
from benchmarks.chart import svg
from benchmarks.counts import count
from benchmarks.growth import measure_growth
from benchmarks.process import ROOT
from benchmarks.tables import Table
from benchmarks.teams import measure_teams

PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "performance.svg"
BEGIN, END = "<!-- measured by `make bench` -->\n", "<!-- end -->\n"
_PACKAGES = ("jsii", "cdktf", "cdktf-cdktf-provider-aws")


def main() -> int:
    """Measure; return 1 if a deterministic gate does not hold. Timed targets are reported, whatever they are."""
    counts = count()
    growth = measure_growth(counts)
    tables = [
        synth.table(),
        cold.table(),
        growth.table(),
        measure_teams().table(),
        check.table(),
        review.table(),
        terraform.table(),
        terrain.table(),
    ]
    counted = gates.gates(counts)
    targets = Table(
        "Targets",
        ["figure", "measured", "at most", "reached"],
        [
            [gate.name, f"{gate.value:.4g}", f"{gate.limit:g}", "yes" if gate.holds else "**no**"]
            for gate in [*counted, *(gate for table in tables for gate in table.gates)]
        ],
        "The first six are counts, the same on every machine: `make bench-gates` and the tests fail on them.",
    )
    page = [
        _machine(),
        *(table.markdown() for table in [targets, *tables]),
        f"![{growth.table().title}]({CHART.name})\n",
    ]
    CHART.write_text(svg(growth), "utf-8")
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + "\n".join(page) + "\n" + END + rest.partition(END)[2], "utf-8")
    print(targets.markdown())
    return int(not all(gate.holds for gate in counted))


def _machine() -> str:
    """Return what was measured on: the kind of machine and the versions."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    versions = [f"{package} {version(package)}" for package in _PACKAGES]
    return (
        f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"Python {platform.python_version()}, Node {_said('node', '--version')}, {', '.join(versions)}.\n"
    )


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().removeprefix("v")


if __name__ == "__main__":
    sys.exit(main())
