"""Synthesis asks Node no more, and loads no more, than it should; and the gates that say so can fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from other_core import Answer

from benchmarks.counts import Counts, count
from benchmarks.gates import gates, main
from benchmarks.platforms import EVERYTHING
from stacks.platform import PlatformSpec

GOOD = Counts(
    starts_at_import=[],
    resources=100,
    round_trips=230,
    submodules=[f"module-{number}" for number in range(42)],
    types=40,
    teams_added=10,
    resources_of_teams=100,
    round_trips_of_teams=185,
    round_trips_of_more_teams=185,
    resources_of_everything=200,
    round_trips_of_everything=423,
)


def counted(_: Path) -> Callable[[], Counts]:
    return count


@pytest.fixture(scope="module")
def counts(answer: Answer) -> Counts:
    found: Counts = answer(counted)
    return found


@pytest.mark.other_core(begins=[counted])
def test_every_gate_holds(counts: Counts) -> None:
    assert not [gate for gate in gates(counts) if not gate.holds]


@pytest.mark.other_core(begins=[counted])
def test_what_is_counted_is_there(counts: Counts) -> None:
    """A counter that had lost sight of jsii would report zeros, and every gate would hold."""
    assert counts.round_trips > counts.resources > 50
    assert len(counts.submodules) >= counts.types > 20
    assert counts.round_trips_of_teams > counts.resources_of_teams >= counts.teams_added
    assert counts.round_trips_of_everything > counts.resources_of_everything > 2 * counts.resources


def test_everything_is_every_part_of_a_platform() -> None:
    written = yaml.safe_load(EVERYTHING.read_text("utf-8")).keys()
    # Instead of the VPC and the cluster that it has.
    assert PlatformSpec.model_fields.keys() - written == {"existing_vpc", "existing_cluster"}


@pytest.mark.parametrize(
    "worse",
    [
        {"starts_at_import": ["node"]},
        {"round_trips": 231},
        {"submodules": [*GOOD.submodules, "one-more"]},
        {"round_trips_of_teams": 186, "round_trips_of_more_teams": 186},
        {"round_trips_of_more_teams": 195},
        {"round_trips_of_everything": 424},
    ],
    ids=lambda worse: next(iter(worse)),
)
def test_a_regression_fails_one_gate(worse: dict[str, Any]) -> None:
    assert all(gate.holds for gate in gates(GOOD))
    assert [gate.holds for gate in gates(GOOD._replace(**worse))].count(False) == 1


def test_what_is_too_many_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("benchmarks.gates.count", lambda: GOOD._replace(starts_at_import=["/usr/bin/node"]))
    assert main() == 1
    said = capsys.readouterr().out
    assert "FAIL programs started by importing our packages: 1, at most 0\n       /usr/bin/node\n" in said
    assert "module-1" not in said
