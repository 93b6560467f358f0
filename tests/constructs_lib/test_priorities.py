"""Priority classes, tiers, and what they become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, MakePlatform, edited
from pydantic import ValidationError
from synthesised import synthesise

from constructs_lib._priority import PrioritiesSpec
from provisioners.source import InvalidFile
from stacks.platform import load

CRITICAL_AND_LOW = {"critical": {"value": 400}, "low": {"value": 100}}


def test_the_defaults_are_the_seeds_classes() -> None:
    """S4, step 14: four classes, from 100 to 400."""
    spec = PrioritiesSpec()
    assert {name: one.value for name, one in spec.classes.items()} == {
        "critical-priority": 400,
        "realtime-priority": 300,
        "high-priority": 200,
        "low-priority": 100,
    }


def test_no_executor_outranks_a_driver() -> None:
    spec = PrioritiesSpec()
    values = {name: one.value for name, one in spec.classes.items()}
    assert min(values[tier.driver] for tier in spec.tiers.values()) >= max(
        values[tier.executor] for tier in spec.tiers.values()
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"classes": CRITICAL_AND_LOW, "tiers": {"low": {"driver": "low", "executor": "lowest"}}},
            "tiers.low.executor: must be one of the classes critical, low, got 'lowest'",
        ),
        (
            {
                "classes": CRITICAL_AND_LOW,
                "tiers": {
                    "low": {"driver": "low", "executor": "low"},
                    "top": {"driver": "critical", "executor": "critical"},
                },
            },
            "tiers.low.driver: must have a value of at least 400, the highest of all executors, which would evict it, "
            "got 'low'",
        ),
        ({"classes": {"system-critical": {"value": 1}}}, "not beginning with 'system-'"),
        ({"classes": {"top": {"value": 1_000_000_001}}}, "less than or equal to 1000000000"),
    ],
)
def test_bad_priorities_are_told(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        PrioritiesSpec(**spec)
    assert message in str(error.value)


def test_classes_come_before_teams_and_are_nobodys_default(make_platform: MakePlatform, tmp_path: Path) -> None:
    """S4's 400 was the cluster's default: every pod without a class outranked the jobs."""
    addons = synthesise(make_platform(priorities={}), tmp_path)["addons"]
    classes = addons.resources("kubernetes_priority_class_v1")
    assert {one["metadata"]["name"]: one["value"] for one in classes} == {
        "critical-priority": 400,
        "realtime-priority": 300,
        "high-priority": 200,
        "low-priority": 100,
    }
    assert not any(one["global_default"] for one in classes)
    assert {one["preemption_policy"] for one in classes} == {"PreemptLowerPriority"}


def test_a_class_may_wait_instead_of_evicting(make_platform: MakePlatform, tmp_path: Path) -> None:
    priorities = {"classes": {"polite": {"value": 5, "preempts": False}}, "tiers": {}}
    addons = synthesise(make_platform(priorities=priorities), tmp_path)["addons"]
    assert addons.only("kubernetes_priority_class_v1")["preemption_policy"] == "Never"


def test_a_team_has_templates_for_each_of_its_tiers(make_platform: MakePlatform, tmp_path: Path) -> None:
    platform = make_platform(priorities={}, teams={"analytics": {"tiers": ["low", "critical"]}, "etl": {}})
    teams = synthesise(platform, tmp_path)["teams"]
    found = {
        (team, tier, component): teams.pod_template(team, component, tier)["spec"].get("priorityClassName")
        for team, tiers in (("analytics", ["low", "critical"]), ("etl", ["low"]))
        for tier in tiers
        for component in ("driver", "executor")
    }
    assert len(teams.resources("aws_s3_object")) == len(found)
    assert found == {
        ("analytics", "critical", "driver"): "critical-priority",
        ("analytics", "critical", "executor"): "critical-priority",
        ("analytics", "low", "driver"): "critical-priority",
        ("analytics", "low", "executor"): "low-priority",
        # A pod without a class could be evicted by any executor; so who names no tier gets the lowest.
        ("etl", "low", "driver"): "critical-priority",
        ("etl", "low", "executor"): "low-priority",
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"teams": {"analytics": {"tiers": ["low"]}}},
            "teams.analytics.tiers[0]: must be a tier of `priorities`: none, got 'low'; add `priorities: {}` for the "
            "default ones",
        ),
        (
            {"priorities": {}, "teams": {"analytics": {"tiers": ["lowest"]}}},
            "teams.analytics.tiers[0]: must be a tier of `priorities`: critical, high, low, realtime, got 'lowest'",
        ),
        (
            {"priorities": {}, "teams": {"analytics": {"tiers": ["low", "low"]}}},
            "teams.analytics.tiers[1]: is given twice, got 'low'",
        ),
    ],
)
def test_a_team_can_have_the_platforms_tiers_only(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile) as error:
        load(edited(tmp_path, **changes))
    (problem,) = error.value.problems
    assert str(problem).split(": ", 1)[1] == message


def test_a_platform_without_priorities_makes_none(documents: dict[str, Any]) -> None:
    assert documents["addons"].resources("kubernetes_priority_class_v1") == []
    assert (ROOT / "platform.yaml").read_text("utf-8").count("priorities") == 0
