"""The program behind `make examples`: which examples it takes, and what it says when one is not as it should be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from other_core import Answer, program

from emr_eks.local.home import Home
from examples.run import Example, Unexpected


def run(folder: Path, *names: str, **environment: str) -> Callable[[], subprocess.CompletedProcess[str]]:
    return program([sys.executable, "-m", "examples.run", *names], folder, **environment)


def test_an_unknown_example_is_refused_with_those_there_are(tmp_path: Path) -> None:
    done = run(tmp_path, "s4", "s7")()
    assert done.returncode == 2
    assert "there is no example s7; there are: s0-cluster-autoscaler, " in done.stderr
    assert not list(tmp_path.iterdir())


def with_a_cdktf_that_fails(folder: Path) -> Callable[[], tuple[Path, subprocess.CompletedProcess[str]]]:
    (folder / "cdktf.json").write_text("{}", "utf-8")
    cdktf = folder / "node_modules" / ".bin" / "cdktf"
    cdktf.parent.mkdir(parents=True)
    cdktf.write_text("#!/bin/sh\necho no stacks today >&2\nexit 1\n", "utf-8")
    cdktf.chmod(0o755)
    # What is to be there of Terraform is its name alone: nothing comes to run it.
    work = run(folder, "s0", TERRAFORM_BINARY_NAME="sh")
    return lambda: (folder, work())


@pytest.mark.other_core(begins=[with_a_cdktf_that_fails])
def test_a_command_that_fails_is_told_with_its_words_and_the_cloud_is_stopped(answer: Answer) -> None:
    folder, done = answer(with_a_cdktf_that_fails)
    assert done.returncode == 1
    words = "$ emr-eks local deploy\nno stacks today\nerror: cdktf deploy failed"
    assert f"s0-cluster-autoscaler: {words}" in done.stdout
    assert words in (folder / ".emr-eks" / "examples" / "s0-cluster-autoscaler.log").read_text("utf-8")
    assert done.stdout.endswith("exited with 1\n")
    assert "as it should be" not in done.stdout
    assert not list((folder / ".emr-eks" / "local").iterdir())


def test_a_platform_that_is_up_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home = Home.of("eksworkshop-eksctl")
    cloud = home.up()
    try:
        done = run(tmp_path, "s0")()
        assert done.returncode == 1
        assert "s0-cluster-autoscaler: is up already; take it down with `emr-eks local down" in done.stdout
        assert home.cloud() == cloud
    finally:
        home.down()


@pytest.mark.parametrize(
    ("status", "objects", "told"),
    [
        ({"resources": {"job runs": 1, "buckets": 2}}, [], "left in AWS: buckets: 2"),
        ({"resources": {"job runs": 1}}, [{"kind": "Namespace", "name": "spark"}], "left in Kubernetes: .*Namespace"),
        ({"resources": {}}, [], "ran other jobs than its 1"),
        ({"resources": {"job runs": 1}, "unanswered": ["ec2 Walk"]}, [], "could not answer: .*ec2 Walk"),
    ],
)
def test_what_a_teardown_leaves_is_told(
    status: dict[str, Any], objects: list[dict[str, str]], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"status": {"unanswered": [], **status}, "objects": objects}
    monkeypatch.setattr(Example, "_run", lambda _, *words: json.dumps(answers.get(words[1], "torn down")))
    with pytest.raises(Unexpected, match=told):
        Example("s1-spot-node-groups")._tear_down()
