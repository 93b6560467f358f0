"""Lives through the examples on this machine, by the commands that their users type: `make examples`.

Each platform is deployed, planned again, given its jobs, and torn down until nothing is left; no pod runs. Several
live at a time, since most of it is waiting, and each says whose words it prints. Exit code 1 when anything is not as
it should be, 2 when there is no such example.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import yaml

FOLDER = Path(__file__).parent
LOGS = Path(".emr-eks", "examples")
SIZES = ("4vcpu-7gb", "8vcpu-15gb", "4vcpu-15gb", "8vcpu-31gb")
JOBS: Mapping[str, Sequence[str]] = {
    "s0-cluster-autoscaler": ("threadsleep-cluster-autoscaler", "threadsleep-cluster-autoscaler-dra"),
    "s1-spot-node-groups": ("word-count-spot",),
    "s2-karpenter-and-cluster-autoscaler": (
        *(f"tpcds-{size}" for size in SIZES),
        *(f"tpcds-cluster-autoscaler-{size}" for size in SIZES),
    ),
    "s3-terraform": ("threadsleep", "threadsleep-dra"),
    "s4-transient-clusters": ("pi", "low-priority", "high-priority"),
}
"""The jobs of each example, by the names of their files."""

_printing = Lock()


class Unexpected(Exception):  # noqa: N818 - it need not be an error of anybody
    """An example is not as it should be; the message says what came instead."""


class Example:
    """One example, and what all the commands of its life print in a log of its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._file = _near(FOLDER / f"{name}.yaml")
        self._jobs = [_near(FOLDER / "jobs" / f"{job}.yaml") for job in JOBS[name]]
        self._short = name.partition("-")[0]
        self._log = LOGS / f"{name}.log"

    def live(self) -> str:
        """Live from `check` to `local down`, and return what there was. Raises `Unexpected`."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        self._tell(f"EMR_EKS_PLATFORM={self._file}; all that the tools print: {self._log}")
        if self._read("local", "status")["up"]:
            raise Unexpected("is up already; take it down with `emr-eks local down`")
        started = time.monotonic()
        try:
            teams, things = self._deploy()
            self._run_jobs()
            self._tear_down()
        finally:
            self._do("local", "down")
        return f"{teams} teams, {things} AWS resources, {len(self._jobs)} jobs, {_minutes(started)}: nothing is left"

    def _deploy(self) -> tuple[int, int]:
        """Deploy, and return how many teams and AWS resources there are."""
        self._do("check", only=0)
        self._do("local", "deploy", only=-1)
        self._do("local", "plan", "--detailed-exitcode", only=-1)
        teams = self._read("local", "outputs")["emrcontainers_virtual_cluster_id"]
        status, objects = self._read("local", "status"), self._read("local", "objects")
        if status["unanswered"]:
            raise Unexpected(f"the emulator could not answer {status['unanswered']}")
        self._tell(f"teams: {', '.join(teams)}\n{_counted(status['resources'])}\n{len(objects)} objects in Kubernetes")
        return len(teams), sum(status["resources"].values())

    def _run_jobs(self) -> None:
        """Submit every job, show what runs for each team, and cancel it."""
        first: dict[str, str] = {}
        for file in self._jobs:
            job = yaml.safe_load(file.read_text("utf-8"))
            first.setdefault(job["team"], job["name"])
            self._do("job", "submit", "--local", str(file))
        for team, job in first.items():
            self._do("job", "list", "--local", "--team", team)
            self._do("job", "show", "--local", "--team", team, job)
            self._do("job", "cancel", "--local", "--team", team, "--all", "--yes", "--wait")

    def _tear_down(self) -> None:
        """End and destroy everything, and look whether anything is left."""
        self._do("teardown", "--local", "--yes", "--run", only=-1)
        left = self._read("local", "status")["resources"]
        # EMR remembers runs of virtual clusters that are gone.
        remembered = left.pop("job runs", 0)
        objects = self._read("local", "objects")
        if left or objects or remembered != len(self._jobs):
            raise Unexpected(f"is left: {left}, {objects}, and {remembered} job runs of {len(self._jobs)}")
        self._tell("nothing is left, neither in AWS nor in Kubernetes")

    def _do(self, *arguments: str, only: int | None = None) -> None:
        """Run a command and show what it printed, or *only* one line of it."""
        started = time.monotonic()
        lines = self._run(*arguments).strip("\n").splitlines()
        shown = lines if only is None else lines[only:][:1]
        self._tell("\n".join([f"$ emr-eks {' '.join(arguments)}  # {_minutes(started)}", *shown]))

    def _read(self, *arguments: str) -> Any:
        """Run a command for programs, and return what it printed."""
        return json.loads(self._run(*arguments, "--format", "json"))

    def _run(self, *arguments: str) -> str:
        with self._log.open("r+b") as log:
            begin = log.seek(0, os.SEEK_END)
            done = subprocess.run(
                [sys.executable, "-m", "emr_eks", *arguments],
                env={**os.environ, "EMR_EKS_PLATFORM": str(self._file)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            log.seek(begin)
            printed = log.read().decode("utf-8", "replace")
        if done.returncode:
            raise Unexpected(f"`emr-eks {' '.join(arguments)}` exited with {done.returncode}:\n{printed[-3000:]}")
        return printed

    def _tell(self, text: str) -> None:
        with _printing:
            print("\n".join(f"{self._short}  {line}" for line in text.splitlines()), flush=True)


def main() -> int:
    """Live through the examples that the command line names, by default all."""
    parser = argparse.ArgumentParser(prog="python -m examples.run", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"the first letters of {', '.join(JOBS)}")
    wanted = parser.parse_args().names
    names = [name for name in JOBS if not wanted or any(name.startswith(each) for each in wanted)]
    if unknown := [each for each in wanted if not any(name.startswith(each) for name in JOBS)]:
        parser.error(f"there is no example {', '.join(unknown)}; there are: {', '.join(JOBS)}")
    with ThreadPoolExecutor(len(names)) as pool:
        lives = {name: pool.submit(Example(name).live) for name in names}
    print()
    for name, life in lives.items():
        failed = life.exception()
        print(f"{name}: {f'FAILED: {failed}' if failed else life.result()}")
    return int(any(life.exception() for life in lives.values()))


def _near(path: Path) -> Path:
    """Return *path* as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _counted(things: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in things.items())


def _minutes(started: float) -> str:
    seconds = round(time.monotonic() - started)
    return f"{seconds // 60}:{seconds % 60:02}"


if __name__ == "__main__":
    sys.exit(main())
