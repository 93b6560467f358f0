"""A program sees and writes the same with the accelerator and without it, and loads far less."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import ROOT
from other_core import Answer, program

from benchmarks.platforms import EVERYTHING

PROGRAM = Path(__file__).with_name("program.py")
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
PLATFORMS = [ROOT / "platform.yaml", EVERYTHING, *EXAMPLES]


class Run(NamedTuple):
    """What one run of the program printed and wrote."""

    facts: dict[str, Any]
    loaded: list[str]
    errors: str
    written: dict[str, bytes]


def run_of(folder: Path, switch: str) -> Callable[[], Run]:
    """Return the work of running the program; EMR_EKS_PLAIN is as given."""
    command = [sys.executable, str(PROGRAM), str(folder), *map(str, PLATFORMS)]
    run = program(command, ROOT, EMR_EKS_PLAIN=switch)

    def done() -> Run:
        done = run()
        assert done.returncode == 0, done.stderr
        printed = json.loads(done.stdout)
        written = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        return Run(printed["facts"], printed["loaded"], done.stderr, written)

    return done


def accelerated(folder: Path) -> Callable[[], Run]:
    return run_of(folder, "")


def with_plain_imports(folder: Path) -> Callable[[], Run]:
    return run_of(folder, "1")


pytestmark = pytest.mark.other_core(begins=[with_plain_imports, accelerated])


@pytest.fixture(scope="module")
def fast(answer: Answer) -> Run:
    run: Run = answer(accelerated)
    return run


@pytest.fixture(scope="module")
def plain(answer: Answer) -> Run:
    run: Run = answer(with_plain_imports)
    return run


def test_the_output_is_the_same_to_the_byte(fast: Run, plain: Run) -> None:
    stacks = {path for path in fast.written if path.endswith("/cdk.tf.json")}
    assert {"small/stacks/small/cdk.tf.json", "platform-0/stacks/emr-on-eks-teams/cdk.tf.json"} <= stacks
    assert EXAMPLES
    assert len({path.split("/")[0] for path in stacks}) == 1 + len(PLATFORMS)
    assert fast.written == plain.written


@pytest.mark.parametrize(
    "fact",
    ["visited", "found", "is instance", "same class", "errors", "trace", "package", "all", "offered", "environment"],
)
def test_the_program_sees_the_same(fact: str, fast: Run, plain: Run) -> None:
    assert fast.facts[fact] == plain.facts[fact]


def test_what_the_program_sees_is_right(fast: Run) -> None:
    assert "cdktf_cdktf_provider_helm.release.Release" in fast.facts["visited"]
    assert fast.facts["found"]
    assert fast.facts["is instance"] == [True, True, False]
    assert fast.facts["same class"]
    assert len(fast.facts["all"]) > 2000
    assert "none" not in fast.facts["errors"]
    assert "dynamic" in fast.facts["trace"][1]


def test_only_the_modules_in_use_are_loaded(fast: Run, plain: Run) -> None:
    def submodules(run: Run) -> list[str]:
        return [name for name in run.loaded if name.count(".") == 1 and not name.endswith("._jsii")]

    # Vpc, SecurityGroup, Subnet, Namespace, Release, and the three providers.
    assert len(submodules(fast)) <= 8 + 2
    assert len(submodules(plain)) > 2000


def test_node_says_at_most_one_line(fast: Run) -> None:
    lines = [line for line in fast.errors.splitlines() if not line.startswith("indexing ")]
    assert len(lines) <= 1
