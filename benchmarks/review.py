"""The review of a change, from two folders that were synthesised: that of a platform, and those of 10,000 resources.

The large ones have ten stacks. In one change every tenth resource is another, and one in each stack is renamed; in the
other change every resource is replaced.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.platforms import with_teams
from benchmarks.process import Program, measure
from benchmarks.synth import MAIN, synthesise
from benchmarks.tables import Table, comparison

STACKS, RESOURCES = 10, 1_000
"""How many stacks a large folder has, and how many resources each of them."""


def table(rounds: int = 5) -> Table:
    """Measure `emr-eks review`, which starts no Node."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        before, after = folder / "before", folder / "after"
        synthesise(with_teams(folder / "one", 1), before)
        synthesise(with_teams(folder / "two", 2), after)
        base, changed, replaced = large(folder / "large")
        programs = [
            review_of(before, after)._replace(name="`emr-eks review` of a team more in platform.yaml"),
            MAIN,
            review_of(base, changed)._replace(name="of 10,000 resources, a tenth of them changed"),
            review_of(base, replaced)._replace(name="of 10,000 resources, all of them replaced"),
        ]
        runs = measure(programs, rounds)
    return comparison("Reviewing a change", programs, runs, "Before and after are synthesised; Node is not started.")


def review_of(base: Path, head: Path, *options: str) -> Program:
    """Return the review of what changes between two folders that were synthesised."""
    folders = ["--base", str(base), "--head", str(head)]
    return Program("review", ["-m", "emr_eks", "review", *folders, "--fail-on", "never", *options])


def large(folder: Path) -> tuple[Path, Path, Path]:
    """Write three folders as cdktf does: one to begin with, one with a tenth changed, one with all replaced."""
    base, changed, replaced = folder / "base", folder / "changed", folder / "replaced"
    _write(base, changed=False)
    _write(changed, changed=True)
    _write(replaced, changed=False, network="11")
    return base, changed, replaced


def _write(folder: Path, *, changed: bool, network: str = "10") -> None:
    stacks = {}
    for number in range(STACKS):
        name = f"stack-{number}"
        (folder / "stacks" / name).mkdir(parents=True)
        path = f"stacks/{name}/cdk.tf.json"
        (folder / path).write_text(json.dumps(_content(number, changed, network)), "utf-8")
        stacks[name] = {"name": name, "synthesizedStackPath": path, "dependencies": []}
    (folder / "manifest.json").write_text(json.dumps({"version": "0.21.0", "stacks": stacks}), "utf-8")


def _content(number: int, changed: bool, network: str) -> dict[str, Any]:
    subnets = {f"n{index}": _subnet(number, index, changed, network) for index in range(RESOURCES - 1)}
    if changed:
        subnets["renamed"] = subnets.pop("n7")
    return {"resource": {"aws_vpc": {"v": {"cidr_block": f"{network}.0.0.0/8"}}, "aws_subnet": subnets}}


def _subnet(number: int, index: int, changed: bool, network: str) -> dict[str, Any]:
    return {
        "//": {"metadata": {"path": f"stack-{number}/vpc/n{index}/Resource"}},
        "cidr_block": f"{network}.{number}.{index % 250}.0/24",
        "vpc_id": "${aws_vpc.v.id}",
        "tags": {"Name": f"n{index}", "Team": "b" if changed and index % 10 == 0 else "a"},
    }
