"""How long AWS supports a platform's Kubernetes. The clock is an argument, so these tests never grow old.

Dates: https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html as of 2026-11-21.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import MakePlatform
from typer.testing import CliRunner

from constructs_lib._versions import EKS_SUPPORT, KARPENTER_SINCE, release_has
from emr_eks.cli import app
from stacks import support


def found(make_platform: MakePlatform, day: str, version: str = "1.34", **cluster: Any) -> tuple[list[str], list[str]]:
    karpenter = {"version": "1.14.1"}
    platform = make_platform(cluster={"version": version, **cluster}, karpenter=karpenter)
    findings = support.check(platform, date.fromisoformat(day))
    return [str(each) for each in findings.problems], [str(each) for each in findings.warnings]


@pytest.mark.parametrize(
    ("day", "warned"), [("2026-09-02", False), ("2026-09-03", True), ("2026-12-01", True), ("2026-12-02", False)]
)
def test_warned_from_90_days_before_standard_support_ends(make_platform: MakePlatform, day: str, warned: bool) -> None:
    problems, warnings = found(make_platform, day)
    assert problems == []
    assert bool(warnings) == warned
    assert all("standard support of Kubernetes 1.34 on EKS ends on 2026-12-02" in each for each in warnings)


def test_the_warning_has_its_place_and_says_what_follows(make_platform: MakePlatform) -> None:
    _, (warning,) = found(make_platform, "2026-11-21")
    assert "platform.yaml:" in warning
    assert "cluster.version: " in warning
    assert "11 days from now; after that EKS asks a higher price" in warning


def test_the_last_days_of_extended_support(make_platform: MakePlatform) -> None:
    problems, (warning,) = found(make_platform, "2026-11-21", version="1.31")
    assert problems == []
    assert "ends on 2026-11-26, 5 days from now; then EKS upgrades the cluster by itself" in warning
    (problem,), warnings = found(make_platform, "2026-11-26", version="1.31")
    assert "extended support of Kubernetes 1.31 on EKS ended on 2026-11-26; use 1.34 or 1.35 or 1.36" in problem
    assert warnings == []


def test_without_extended_support_the_standard_end_is_the_end(make_platform: MakePlatform) -> None:
    _, (warning,) = found(make_platform, "2026-11-21", support_type="STANDARD")
    assert "then EKS upgrades the cluster by itself" in warning
    (problem,), _ = found(make_platform, "2026-12-02", support_type="STANDARD")
    assert "standard support of Kubernetes 1.34 on EKS ended" in problem


def test_a_version_without_a_date_is_left_alone(make_platform: MakePlatform) -> None:
    assert found(make_platform, "2036-01-01", version="1.36") == ([], [])


def test_an_existing_cluster_is_judged_too(make_platform: MakePlatform) -> None:
    platform = make_platform(
        vpc=None, cluster=None, node_groups=None, existing_cluster={"name": "shared", "version": "1.31"}
    )
    (problem,) = support.check(platform, date(2026, 12, 1)).problems
    assert "existing_cluster.version" in str(problem)


@pytest.mark.parametrize(
    ("label", "feature", "has"),
    [
        ("emr-6.2.0-latest", "pod templates", False),
        ("emr-6.3.0-latest", "pod templates", True),
        ("emr-5.32.0-latest", "pod templates", False),
        ("emr-5.33.0-20210323", "pod templates", True),
        ("emr-6.11.0-latest", "waiting for volumes to reuse (Spark 3.4)", False),
        ("emr-6.12.0-latest", "waiting for volumes to reuse (Spark 3.4)", True),
        ("emr-7.2.0-latest", "pod identity for jobs", False),
        ("emr-7.13.0-latest", "pod identity for jobs", True),
        ("emr-5.36.0-latest", "reuse of volumes", False),
        ("emr-spark-8.0.0-latest", "pod templates", True),
    ],
)
def test_what_an_emr_release_has(label: str, feature: str, has: bool) -> None:
    assert release_has(label, feature) == has


def test_the_table_knows_the_same_versions_everywhere() -> None:
    assert set(EKS_SUPPORT) == set(KARPENTER_SINCE)


def test_versions_are_printed_for_people_and_for_programs() -> None:
    table = CliRunner().invoke(app, ["versions"]).stdout
    row = next(line.split() for line in table.splitlines() if line.strip().startswith("1.34"))
    assert row == ["1.34", "2026-12-02", "2027-12-02", "1.6.0"]
    facts = json.loads(CliRunner().invoke(app, ["versions", "--format", "json"]).stdout)
    assert facts["kubernetes"]["1.36"] == {
        "standard_support_ends": None,
        "extended_support_ends": None,
        "karpenter_since": "1.13.0",
    }


def test_check_fails_on_what_cannot_be_and_warns_beside_the_json(tmp_path: Path, make_platform: MakePlatform) -> None:
    make_platform(cluster={"version": "1.34"})
    arguments = ["check", "--platform", str(tmp_path / "platform.yaml"), "--format", "json"]
    soon = CliRunner().invoke(app, [*arguments, "--today", "2026-11-21"])
    assert soon.exit_code == 0
    assert json.loads(soon.stdout)["kubernetes"] == "1.34"
    assert "2026-12-02" in soon.stderr
    late = CliRunner().invoke(app, [*arguments, "--today", "2027-12-02"])
    assert "extended support of Kubernetes 1.34" in str(late.exception)
    assert late.stdout == ""
