"""The example pools: each is what its file says, and pods that are meant for it land there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, edited
from typer.testing import CliRunner

from emr_eks.cli import app
from provisioners.node_pool import NodePool
from stacks import landing
from stacks.platform import Platform, load

FILES = sorted((ROOT / "examples" / "pools").glob("*.yaml"))
SPARK = {"cpu": 4000, "memory": 15 * 2**30}
GPU = {**SPARK, "nvidia.com/gpu": 1}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a platform that has all the example pools, and a team on each."""
    folder = tmp_path_factory.mktemp("pools")
    path = edited(folder, karpenter={"static_capacity": True, "provisioners": "pools"}, teams=None)
    shutil.copytree(ROOT / "examples" / "pools", folder / "pools")
    names = [pool.metadata.name for pool in load(path).pools.node_pools]
    return edited(
        folder,
        karpenter={"static_capacity": True, "provisioners": "pools"},
        teams={"analytics": None, **{name: {"driver_pool": name, "executor_pool": name} for name in names}},
    )


@pytest.fixture(scope="module")
def platform(file: Path) -> Platform:
    return load(file)


@pytest.fixture(scope="module")
def pools(platform: Platform) -> dict[str, NodePool]:
    return {pool.metadata.name: pool for pool in platform.pools.node_pools}


def test_check_finds_nothing_to_say(file: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--platform", str(file), "--today", "2026-11-21"])
    assert result.exit_code == 0, result.output
    assert "warning" not in result.output


def test_every_pool_takes_the_pods_that_name_it(platform: Platform, pools: dict[str, NodePool]) -> None:
    pods = [
        landing.spark_pod(platform, name, "executor", GPU if name == "gpu" else SPARK)._replace(name=name)
        for name in pools
    ]
    found = landing.check(platform, pods)
    landed = {pod.name: [str(each) for each in found.fleets] for found in found.landings for pod in found.pods}
    assert {name: landed[name] for name in pools} == {name: [f"node pool {name}"] for name in pools}


def test_gpus_are_nowhere_else(platform: Platform) -> None:
    pod = landing.spark_pod(platform, "single-az", "executor", GPU)
    (problem,) = landing.check(platform, [pod]).problems
    assert "nvidia.com/gpu" in problem.message


def manifest(pool: NodePool) -> Any:
    return pool.manifest()["spec"]


def test_each_shows_what_it_is_for(pools: dict[str, NodePool], platform: Platform) -> None:
    assert manifest(pools["newest-first"])["weight"] > manifest(pools["older-then"])["weight"]
    assert any("minValues" in each for each in manifest(pools["min-values"])["template"]["spec"]["requirements"])
    assert {"schedule", "duration", "reasons"} <= set(manifest(pools["budgets"])["disruption"]["budgets"][1])
    policies = {manifest(pool)["disruption"].get("consolidationPolicy") for pool in pools.values()}
    assert policies >= {"WhenEmpty", "WhenEmptyOrUnderutilized", "Balanced"}
    assert manifest(pools["static-capacity"])["replicas"] == 3
    classes = {each.metadata.name: each.manifest()["spec"] for each in platform.pools.node_classes}
    assert "capacityReservationSelectorTerms" in classes["reserved"]
    assert "userData" in classes["custom-ami"]
    assert "alias" not in classes["custom-ami"]["amiSelectorTerms"][0]


def test_a_pool_of_a_fixed_size_without_its_feature_gate_is_worth_a_warning(file: Path, tmp_path: Path) -> None:
    shutil.copytree(file.parent / "pools", tmp_path / "pools")
    platform = load(edited(tmp_path, karpenter={"provisioners": "pools"}, teams=None))
    (advice,) = platform.advice
    assert "static_capacity: true" in advice.message


def test_every_file_says_what_it_is_for() -> None:
    assert all(file.read_text("utf-8").startswith("# ") for file in FILES)
