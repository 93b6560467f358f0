"""Runs a program, and says how long it took and how much memory."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Program(NamedTuple):
    """What is run in the project's folder: by default this Python with *arguments*."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = MappingProxyType({})
    command: str = sys.executable
    folder: Path = ROOT


class Memory(NamedTuple):
    """The peak of the resident memory in MiB: of all processes of a program together, and of its largest Node."""

    tree: float
    node: float


class Run(NamedTuple):
    """The seconds that a run took, and those in which it and what it started had a processor."""

    seconds: float
    cpu: float


class Timed(NamedTuple):
    """A program that was run many times for its time, and once more for its memory."""

    runs: list[Run]
    memory: Memory

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """The median of the seconds of processor time; a busy machine changes it less."""
        return statistics.median(run.cpu for run in self.runs)

    def ratio(self, other: Timed) -> float:
        """Return the median of this program's time over the *other*'s, round by round: both met the same machine."""
        return statistics.median(mine.seconds / its.seconds for mine, its in zip(self.runs, other.runs, strict=True))


def measure(programs: Sequence[Program], rounds: int) -> list[Timed]:
    """Run each of *programs* once for its memory, which also fills the caches, and then all in turn for their time."""
    memory = [peak_memory(program) for program in programs]
    runs: list[list[Run]] = [[] for _ in programs]
    for _ in range(rounds):
        for program, each in zip(programs, runs, strict=True):
            each.append(run(program))
    return [Timed(*each) for each in zip(runs, memory, strict=True)]


def run(program: Program) -> Run:
    """Run *program* once, throw away what it writes, and return how long it took."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with _running(program):
        pass
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(time.perf_counter() - start, cpu)


def peak_memory(program: Program) -> Memory:
    """Run *program* once, and look at its processes twenty times a second."""
    peak = Memory(0, 0)
    with _running(program) as process:
        while process.poll() is None:
            now = _memory(process.pid)
            peak = Memory(max(peak.tree, now.tree), max(peak.node, now.node))
            time.sleep(0.05)
    return peak


def surroundings() -> dict[str, str]:
    """Return today's environment without what tells our programs another platform, or to do without the accelerator."""
    return {name: value for name, value in os.environ.items() if not name.startswith("EMR_EKS_")}


@contextmanager
def _running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Start *program*, and wait for it at the end; stops the benchmark with what it said if it fails."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [program.command, *program.arguments],
            cwd=program.folder,
            env={**surroundings(), "CDKTF_OUTDIR": folder, **program.environment},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        yield process
        if process.wait():
            errors.seek(0)
            raise SystemExit(f"{program.name} failed:\n{errors.read().decode(errors='replace')}")


def _memory(root: int) -> Memory:
    """Return the memory of process *root* and its descendants; `ps` says the same on Linux and macOS."""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid=,rss=,comm="], capture_output=True, text=True, check=True)
    processes = [line.split(maxsplit=3) for line in listed.stdout.splitlines()]
    tree, before = {str(root)}, 0
    while len(tree) > before:
        before = len(tree)
        tree |= {pid for pid, parent, *_ in processes if parent in tree}
    sizes = [(int(size) / 1024, Path(name).name) for pid, _, size, name in processes if pid in tree]
    return Memory(sum(size for size, _ in sizes), max((size for size, name in sizes if name == "node"), default=0))
