"""`emr-eks local` where something that it needs is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from emr_eks.cli import app
from emr_eks.failures import Failure
from emr_eks.local.home import Home

PLATFORM = Path(__file__).parents[3] / "platform.yaml"


@pytest.mark.parametrize("command", ["deploy", "plan", "destroy"])
@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("other.json", "there is no cdktf.json in this folder; run this in the folder of main.py"),
        ("cdktf.json", "nowhere is not on the PATH"),
    ],
)
def test_no_cloud_is_started_for_tools_that_are_not_there(
    command: str, file: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERRAFORM_BINARY_NAME", "nowhere")
    monkeypatch.setattr(Home, "up", lambda home: pytest.fail("the local cloud is started"))
    Path(file).write_text("{}", "utf-8")
    with pytest.raises(Failure, match=told) as error:
        CliRunner().invoke(app, ["local", command, "--platform", str(PLATFORM)], catch_exceptions=False)
    assert error.value.exit_code == 2
