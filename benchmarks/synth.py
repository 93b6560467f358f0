"""How long `main.py` takes, and how much memory, against the same program with plain imports and an empty CDKTF app.

The three run in turn, several times, so that a busy machine slows all alike: compare the ratios, not the seconds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ROUNDS = 5
EMPTY = "from cdktf import App, TerraformStack; app = App(); TerraformStack(app, 'empty'); app.synth()"


class Program(NamedTuple):
    """What is run, and how."""

    name: str
    arguments: list[str]
    environment: Mapping[str, str] = MappingProxyType({})


class Run(NamedTuple):
    """What one run took: seconds, and the peak of the resident memory of the process and its children, in MiB."""

    seconds: float
    mebibytes: float


MAIN = Program("main.py", ["main.py"])
PLAIN = Program("plain imports", ["main.py"], {"EMR_EKS_PLAIN": "1"})
EMPTY_APP = Program("empty CDKTF app", ["-c", EMPTY])


def run(program: Program) -> Run:
    """Run *program* once, in the project's folder; what it writes is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CDKTF_OUTDIR": folder, **program.environment}
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *program.arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        peak = _Peak(process.pid)
        _, errors = process.communicate()
        seconds = time.perf_counter() - start
        if process.returncode:
            raise SystemExit(f"{program.name} failed:\n{errors}")
        return Run(seconds, peak.mebibytes())


class _Peak:
    """Watches the memory of a process and all that it starts, ten times a second."""

    def __init__(self, pid: int) -> None:
        self._pid, self._kibibytes, self._ended = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def mebibytes(self) -> float:
        self._ended.set()
        self._thread.join()
        return self._kibibytes / 1024

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self._kibibytes = max(self._kibibytes, _tree_kibibytes(self._pid))


def _tree_kibibytes(root: int) -> int:
    """Return the resident memory of process *root* and its descendants; `ps` says the same on Linux and macOS."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    processes = [[int(field) for field in line.split()] for line in listed.splitlines()]
    tree, before = {root}, 0
    while len(tree) > before:
        before = len(tree)
        tree |= {pid for pid, parent, _ in processes if parent in tree}
    return sum(size for pid, _, size in processes if pid in tree)


def measure(programs: list[Program], rounds: int = ROUNDS) -> dict[str, list[Run]]:
    """Return the runs of each program, by its name, after one run each that fills the caches."""
    for program in programs:
        run(program)
    runs: dict[str, list[Run]] = {program.name: [] for program in programs}
    for _ in range(rounds):
        for program in programs:
            runs[program.name].append(run(program))
    return runs


def main() -> None:
    """Measure, and print a table."""
    runs = measure([MAIN, PLAIN, EMPTY_APP])
    ours = runs[MAIN.name]
    print(f"{f'median of {ROUNDS}':<18}{'seconds':>9}{'MiB':>7}{'main.py is':>14}{'of its memory':>16}")
    for name, each in runs.items():
        seconds, mebibytes = (statistics.median(column) for column in zip(*each, strict=True))
        # Runs of one round belong together: the machine was as busy for both.
        pairs = list(zip(ours, each, strict=True))
        faster = statistics.median(our.seconds / other.seconds for our, other in pairs)
        smaller = statistics.median(our.mebibytes / other.mebibytes for our, other in pairs)
        print(f"{name:<18}{seconds:>9.2f}{mebibytes:>7.0f}{faster:>13.3f}x{smaller:>15.3f}x")


if __name__ == "__main__":
    main()
