"""Lives through the examples on this machine, with the commands that their users type: `make examples`.

Each platform is deployed, planned again, given its jobs, and torn down until nothing is left; no pod runs. All live at
the same time, since most of it is waiting, so each line begins with the example that it is about. Exit code 1 when one
of them is not as it should be, 2 when there is no such example.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import yaml

FOLDER = Path(__file__).parent
LOGS = Path(".emr-eks", "examples")
_SIZES = ("4vcpu-7gb", "8vcpu-15gb", "4vcpu-15gb", "8vcpu-31gb")
JOBS: Mapping[str, Sequence[str]] = {
    "s0-cluster-autoscaler": ("threadsleep-cluster-autoscaler", "threadsleep-cluster-autoscaler-dra"),
    "s1-spot-node-groups": ("word-count-spot",),
    "s2-karpenter-and-cluster-autoscaler": (
        *(f"tpcds-{size}" for size in _SIZES),
        *(f"tpcds-cluster-autoscaler-{size}" for size in _SIZES),
    ),
    "s3-terraform": ("threadsleep", "threadsleep-dra"),
    "s4-transient-clusters": ("pi", "low-priority", "high-priority"),
}
"""The jobs of each example, by the names of their files."""

_printing = Lock()


class Unexpected(Exception):  # noqa: N818 - it need not be an error of anybody
    """An example is not as it should be; the message says what came instead."""


class Example:
    """One example, and the log of all that its commands print."""

    def __init__(self, name: str) -> None:
        self._file = _near(FOLDER / f"{name}.yaml")
        self._jobs = [_near(FOLDER / "jobs" / f"{job}.yaml") for job in JOBS[name]]
        self._prefix = name.partition("-")[0]
        self._log = LOGS / f"{name}.log"

    def live(self) -> str:
        """Live from `check` to `local down`, and return how it was. Raises `Unexpected`."""
        started = time.monotonic()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        self._tell(f"export EMR_EKS_PLATFORM={self._file}  # the tools' own words are in {self._log}")
        if self._read("local", "status")["up"]:
            raise Unexpected(f"is up already; take it down with `emr-eks local down --platform {self._file}`")
        try:
            self._deploy()
            self._run_jobs()
            self._tear_down()
        finally:
            self._do("local", "down")
        minutes, seconds = divmod(round(time.monotonic() - started), 60)
        return f"as it should be; jobs: {len(self._jobs)}, left: nothing, took {minutes}:{seconds:02}"

    def _deploy(self) -> None:
        """Deploy, and look whether all of it is there."""
        self._do("check")
        self._do_long("local", "deploy")
        self._do_long("local", "plan", "--detailed-exitcode")
        status = self._read("local", "status")
        teams = self._read("local", "outputs")["emrcontainers_virtual_cluster_id"]
        if status["resources"].get("virtual clusters") != len(teams):
            raise Unexpected(f"has the teams {', '.join(teams)}, and in AWS: {_counted(status['resources'])}")
        self._tell(f"# in AWS: {_counted(status['resources'])}")
        self._tell(f"# in Kubernetes: {len(self._read('local', 'objects'))} objects")

    def _run_jobs(self) -> None:
        """Submit every job; list what runs for each team, show one in full, and cancel all."""
        names: dict[str, list[str]] = defaultdict(list)
        for file in self._jobs:
            job = yaml.safe_load(file.read_text("utf-8"))
            names[job["team"]].append(job["name"])
            self._do("job", "submit", "--local", str(file))
        for team, jobs in names.items():
            listed = self._do("job", "list", "--local", "--team", team)
            self._do("job", "show", "--local", "--team", team, jobs[0])
            cancelled = self._do("job", "cancel", "--local", "--team", team, "--all", "--yes", "--wait")
            if missing := [job for job in jobs if job not in listed or f"{job}: CANCELLED" not in cancelled]:
                raise Unexpected(f"did not list or not cancel {', '.join(missing)}")

    def _tear_down(self) -> None:
        """Destroy everything, and look whether AWS could do all that it was asked to, and whether anything is left."""
        self._do_long("teardown", "--local", "--yes", "--run")
        status = self._read("local", "status")
        if status["unanswered"]:
            raise Unexpected(f"made AWS calls that the emulator could not answer: {status['unanswered']}")
        left = status["resources"]
        # As EMR does, the emulator remembers the runs of virtual clusters that are gone.
        if left.pop("job runs", 0) != len(self._jobs):
            raise Unexpected(f"ran other jobs than its {len(self._jobs)}")
        if left:
            raise Unexpected(f"left in AWS: {_counted(left)}")
        if objects := self._read("local", "objects"):
            raise Unexpected(f"left in Kubernetes: {objects}")
        self._tell("# in AWS: nothing\n# in Kubernetes: nothing")

    def _do(self, *arguments: str) -> str:
        """Run a command, show what it printed, and return that."""
        printed = self._run(*arguments)
        self._tell("\n".join([_typed(arguments), *_lines(printed)]))
        return printed

    def _do_long(self, *arguments: str) -> None:
        """Run a command that takes minutes, and show the last line that it printed."""
        self._tell(_typed(arguments))
        self._tell(_lines(self._run(*arguments))[-1])

    def _read(self, *arguments: str) -> Any:
        """Run a command as a program does, and return its answer."""
        return json.loads(self._run(*arguments, "--format", "json"))

    def _run(self, *arguments: str) -> str:
        with self._log.open("a+b") as log:
            log.write(f"{_typed(arguments)}\n".encode())
            log.flush()
            begin = log.tell()
            done = subprocess.run(
                [sys.executable, "-m", "emr_eks", *arguments],
                env={**os.environ, "EMR_EKS_PLATFORM": str(self._file)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            log.seek(begin)
            printed = log.read().decode("utf-8", "replace")
        if done.returncode:
            raise Unexpected(f"{_typed(arguments)}\n{printed[-3000:]}exited with {done.returncode}")
        return printed

    def _tell(self, text: str) -> None:
        with _printing:
            print("\n".join(f"{self._prefix}  {line}" for line in text.splitlines()), flush=True)


def main() -> int:
    """Live through the examples that the command line names, by default all."""
    parser = argparse.ArgumentParser(prog="python -m examples.run", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="an example or how it begins; by default all")
    wanted = parser.parse_args().names or list(JOBS)
    if unknown := [each for each in wanted if not any(name.startswith(each) for name in JOBS)]:
        parser.error(f"there is no example {', '.join(unknown)}; there are: {', '.join(JOBS)}")
    names = [name for name in JOBS if name.startswith(tuple(wanted))]
    with ThreadPoolExecutor(len(names)) as pool:
        lives = {name: pool.submit(Example(name).live) for name in names}
    print()
    for name, life in lives.items():
        print(f"{name}: {life.exception() or life.result()}")
    return int(any(life.exception() for life in lives.values()))


def _near(path: Path) -> Path:
    """Return *path* as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _typed(arguments: Sequence[str]) -> str:
    return f"$ emr-eks {' '.join(arguments)}"


def _lines(printed: str) -> list[str]:
    """Return the lines that are not empty, without the blanks that fill up tables."""
    return [line.rstrip() for line in printed.splitlines() if line.strip()]


def _counted(things: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {number}" for name, number in things.items())


if __name__ == "__main__":
    sys.exit(main())
