"""`cdktf synth` and `python main.py` say the same, every time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, edited

from emr_eks.failures import Failure
from emr_eks.local.engine import find_cdktf

PROGRAM = [sys.executable, str(ROOT / "main.py")]


def written_by(command: list[str], folder: Path, **environment: str) -> dict[str, bytes]:
    """Run the project's app in *folder*, which has a platform, and return what it wrote there, by file."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    out = folder / "cdktf.out"
    return {str(file.relative_to(out)): file.read_bytes() for file in sorted(out.rglob("*.json"))}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return what `python main.py` writes for the default platform."""
    folder = tmp_path_factory.mktemp("main")
    edited(folder)
    return written_by(PROGRAM, folder, PYTHONHASHSEED="1")


def test_five_stacks_are_written(written: dict[str, bytes]) -> None:
    stacks = {Path(name).parent.name.rpartition("-")[2] for name in written if name.startswith("stacks")}
    assert stacks == {"network", "cluster", "addons", "node_pools", "teams"}


def test_another_run_elsewhere_gives_the_same_bytes(written: dict[str, bytes], tmp_path: Path) -> None:
    edited(tmp_path)
    assert written_by(PROGRAM, tmp_path, PYTHONHASHSEED="2") == written


def test_cdktf_synth_gives_the_same_bytes(written: dict[str, bytes], tmp_path: Path) -> None:
    try:
        cdktf = find_cdktf()
    except Failure as failure:
        pytest.skip(str(failure))
    edited(tmp_path)
    (tmp_path / "cdktf.json").write_bytes((ROOT / "cdktf.json").read_bytes())
    synth = [str(cdktf), "synth", "--app", " ".join(PROGRAM)]
    assert written_by(synth, tmp_path, CI="1", CHECKPOINT_DISABLE="1") == written


def test_the_order_of_what_has_none_changes_nothing(written: dict[str, bytes], tmp_path: Path) -> None:
    file = edited(tmp_path)
    content = yaml.safe_load(file.read_text("utf-8"))
    content["vpc"]["availability_zones"].reverse()
    file.write_text(yaml.safe_dump(backwards(content), sort_keys=False), "utf-8")
    for index, pools in enumerate(sorted((tmp_path / "provisioners").glob("*.yaml"), reverse=True)):
        pools.rename(pools.with_name(f"{index}.yaml"))
    assert written_by(PROGRAM, tmp_path) == written


def test_what_only_a_construct_can_see_is_refused_in_one_sentence(tmp_path: Path) -> None:
    databases = [f"department_of_records_{number}" for number in range(99)]
    edited(tmp_path, teams={"analytics": {"job_role": {"write_databases": databases}}})
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(PROGRAM, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "team/analytics/JobRole: the policy must have at most 10240 characters, got" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.tf.json"))


def test_a_machine_without_node_is_told_what_to_install(tmp_path: Path) -> None:
    edited(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "JSII_NODE": str(tmp_path / "node")}
    done = subprocess.run(PROGRAM, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(str(tmp_path / "node"))
    assert len(done.stderr.splitlines()) == 1


def backwards(value: Any) -> Any:
    """Return *value* with the keys of every mapping in the other order."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return [backwards(each) for each in value] if isinstance(value, list) else value
