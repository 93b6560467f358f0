"""docs/jobs.md and docs/job-file.md say what is so."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import ROOT, MakePlatform

from constructs_lib._priority import PrioritiesSpec
from emr_eks.job.file import open_job
from emr_eks.job.presets import PRESETS

from .conftest import Cli

JOBS = (ROOT / "docs" / "jobs.md").read_text("utf-8")


def test_the_reference_is_up_to_date(cli: Cli) -> None:
    assert cli("schema", "--reference").out == (ROOT / "docs" / "job-file.md").read_text("utf-8"), "run `make schema`"


def test_the_presets_are_those_that_there_are() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", JOBS.partition("## Presets")[2].partition("## ")[0], re.MULTILINE)
    assert dict(rows) == {name: preset.summary for name, preset in PRESETS.items()}


def test_the_tiers_are_those_that_come_by_default() -> None:
    spec = PrioritiesSpec()
    rows = re.findall(r"^\| `(\w+)` \| ([\w-]+) \((\d+)\) \| ([\w-]+) \((\d+)\) \|$", JOBS, re.MULTILINE)
    assert {name: (driver, executor) for name, driver, _, executor, _ in rows} == {
        name: (tier.driver, tier.executor) for name, tier in spec.tiers.items()
    }
    for _, driver, driver_value, executor, executor_value in rows:
        assert spec.classes[driver].value == int(driver_value)
        assert spec.classes[executor].value == int(executor_value)


def test_the_example_is_a_job(tmp_path: Path, make_platform: MakePlatform) -> None:
    example = re.search(r"^```yaml\n(.*?)^```", JOBS, re.MULTILINE | re.DOTALL)
    assert example
    (tmp_path / "sales.yaml").write_text(example[1], "utf-8")
    (tmp_path / "sales.py").write_text("", "utf-8")
    assert open_job(tmp_path / "sales.yaml", make_platform(teams={"etl": {}})).team == "etl"


def test_every_command_is_described(cli: Cli) -> None:
    commands = set(re.findall(r"^│ ([a-z]+) ", cli("--help").out, re.MULTILINE))
    assert {"submit", "watch", "ui"} <= commands
    described = JOBS.partition("## Commands")[2].partition("## Presets")[0]
    assert {name for name in commands if not re.search(rf"`{name}\b", described)} == set()
