"""The main job: each platform has lived its life in the local cloud; these begin with the first test of the session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT
from local_lives import LIVES, Project, missing, ran
from shared_providers import our_providers
from synthesised import synthesise

from emr_eks.local.engine import Engine
from emr_eks.local.home import Cloud, Home
from emr_eks.local.localise import stacks
from emr_eks.local.terraform import find_terraform
from examples.run import JOBS
from stacks.platform import load


class Modules(Engine):
    """Stacks that Terraform looks at all at once, as modules of one program; no cloud is asked."""

    def __init__(self, folder: Path) -> None:
        file = ROOT / "platform.yaml"
        super().__init__(Home(folder), Cloud("http://127.0.0.1:1", 0), load(file).spec, file)
        self._folder = folder

    @contextmanager
    def with_running_providers(self) -> Iterator[None]:
        """Let every module use the same providers; each would start its own."""
        with our_providers(self._environment, self._folder) as found:
            self._environment |= found
            yield

    def __call__(self, *arguments: str) -> str:
        """Run Terraform and return what it says."""
        return ran([str(find_terraform()), *arguments, "-no-color"], self._folder, self._environment)


@pytest.mark.terraform
def test_terraform_takes_every_stack_of_every_example(tmp_path: Path) -> None:
    """None of them is lived through here; `make examples` lives through all."""
    if reason := missing():
        pytest.skip(reason)
    modules = {}
    for name in JOBS:
        synthesise(load(ROOT / "examples" / f"{name}.yaml"), tmp_path / name)
        for stack, source in stacks(tmp_path / name):
            modules[stack] = {"source": f"./{source.parent.relative_to(tmp_path)}"}
    # Two have no Karpenter, and so no stack of node pools.
    assert len(modules) == 2 * 4 + 3 * 5
    (tmp_path / "main.tf.json").write_text(json.dumps({"module": modules}), "utf-8")
    terraform = Modules(tmp_path)
    with terraform.with_running_providers():
        terraform("init", "-input=false", "-backend=false")
        said = json.loads(terraform("validate", "-json"))
    assert {each["summary"] for each in said["diagnostics"]} <= {"Backend configuration ignored"}


@pytest.mark.terraform
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.life(lived=life)) for name, life in LIVES.items()]
)
def test_a_platform_is_applied_plans_empty_and_goes(name: str, life: Future[None]) -> None:
    life.result()


def test_a_bad_platform_is_refused_before_anything_starts(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.file.write_text(project.file.read_text("utf-8").replace("region:", "regoin:"), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "emr_eks", "local", "deploy"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 2
    assert "platform.yaml:" in done.stderr
    assert "did you mean 'region'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".emr-eks").exists()
