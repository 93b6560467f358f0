"""The README's blocks do what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, edited
from typer.testing import CliRunner

from emr_eks.cli import app
from emr_eks.job.spec import JobSpec
from provisioners.source import InvalidFile, load
from stacks.platform import load as load_platform

README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def platform_file(folder: Path, text: str) -> Path:
    """Write *text* as a platform, with the project's node pools beside it."""
    file = edited(folder)
    file.write_text(text, "utf-8")
    return file


def test_the_program_runs_and_loads_no_more_than_it_uses(tmp_path: Path) -> None:
    (program,) = blocks("python")
    program += "import sys; print('cdktf_cdktf_provider_aws.vpc' in sys.modules, len(sys.modules) < 2000)\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['eu-west-1a', 'eu-west-1b']\nTrue True\n"
    assert (tmp_path / "cdktf.out" / "stacks" / "data-network" / "cdk.tf.json").exists()


def test_the_smallest_platform_is_one(tmp_path: Path) -> None:
    whole = load_platform(platform_file(tmp_path, blocks("yaml")[0]))
    assert whole.spec.zones == ["eu-west-1a", "eu-west-1b"]
    assert set(whole.placements("etl")) == {"driver", "executor"}


def test_the_state_of_a_team_can_be_added_to_it(tmp_path: Path) -> None:
    platform, state = blocks("yaml")[:2]
    assert load_platform(platform_file(tmp_path, platform + state)).spec.state.backend == "s3"


def test_mistakes_are_told_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = blocks("yaml")[0].replace("region:", "regoin:").replace("min_size: 2", "min_size: 6")
    platform_file(tmp_path, broken)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidFile) as error:
        load_platform(Path("platform.yaml"))
    shown = next(block for block in blocks("text") if "did you mean" in block)
    assert str(error.value).splitlines() == shown.strip().splitlines()


def test_the_job_is_one_of_the_smallest_platform(tmp_path: Path) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(blocks("yaml")[2], "utf-8")
    job = load(JobSpec, file)
    role = load_platform(platform_file(tmp_path, blocks("yaml")[0])).spec.teams[job.team].job_role
    assert "glue-catalog" not in job.presets or role.read_databases or role.write_databases


def test_the_commands_exist() -> None:
    for line in re.findall(r"^\$ (.*?)(?:\s+#.*)?$", "".join(blocks("console")), re.MULTILINE):
        words = line.split()
        if words[0] == "emr-eks":
            path = [word for word in words[1:3] if re.fullmatch(r"[a-z]+", word)]
            assert CliRunner().invoke(app, [*path, "--help"]).exit_code == 0, line
        elif words[0] == "make":
            assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE), line
        else:
            assert words[0] == "cdktf", line


def test_links_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_platform_names_its_schema() -> None:
    first = (ROOT / "platform.yaml").read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=./platform.schema.json"
    assert yaml.safe_load((ROOT / "platform.schema.json").read_text("utf-8"))["title"] == "PlatformSpec"
