"""CDK Terrain, CDKTF's fork, on the part of the platform that its bindings spell as CDKTF's do.

Its Kubernetes bindings are those of another major version of the provider, so teams and node pools are left out.
`python -m benchmarks.terrain` runs `main.py` with CDK Terrain's packages in the place of CDKTF's.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from benchmarks.platforms import aws_and_charts
from benchmarks.process import Program, measure
from benchmarks.tables import Table, comparison

VARIABLE = "EMR_EKS_BENCH_CDKTN"
"""Names the Python of an environment with cdktn, its AWS, Kubernetes and Helm bindings, pydantic and PyYAML."""
_TITLE = "CDK Terrain"
_NAMES = {"cdktf_cdktf_provider_": "cdktn_provider_", "cdktf": "cdktn"}


def table(rounds: int = 5) -> Table:
    """Measure, if there is an environment to measure."""
    python = os.environ.get(VARIABLE)
    if not python:
        return Table(_TITLE, [], [], f"Not measured: `{VARIABLE}` names no Python that has it.")
    with tempfile.TemporaryDirectory() as folder:
        file = {"EMR_EKS_PLATFORM": str(aws_and_charts(Path(folder)))}
        programs = [
            Program("`main.py`", ["main.py"], file),
            Program("CDK Terrain", ["-m", "benchmarks.terrain"], {**file, "EMR_EKS_PLAIN": "1"}, command=python),
        ]
        runs = measure(programs, rounds)
    return comparison(_TITLE, programs, runs, "platform.yaml without teams and node pools, the same program.")


class Renamed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers an import of CDKTF's package with CDK Terrain's."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return how to load *name*, if it is CDKTF's."""
        return importlib.machinery.ModuleSpec(name, self) if name.startswith("cdktf") else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        theirs, ours = next(names for names in _NAMES.items() if spec.name.startswith(names[0]))
        return importlib.import_module(spec.name.replace(theirs, ours, 1))

    def exec_module(self, module: ModuleType) -> None:
        pass


if __name__ == "__main__":
    sys.meta_path.insert(0, Renamed())
    import main

    sys.exit(main.main())
