"""The main job: each platform has lived its life in the local cloud; these begin with the first test of the session."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import Future
from pathlib import Path

import pytest
from conftest import ROOT
from local_lives import LIVES, Project


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
