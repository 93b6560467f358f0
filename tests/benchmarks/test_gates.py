"""Synthesis asks Node no more, and loads no more, than it should; and the gates that say so can fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from other_core import Answer

from benchmarks.counts import Counts, count
from benchmarks.gates import gates

GOOD = Counts(
    starts_at_import=[],
    resources=100,
    round_trips=230,
    submodules=42,
    types=40,
    teams_added=10,
    resources_of_teams=100,
    round_trips_of_teams=230,
    round_trips_of_more_teams=230,
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
    assert counts.submodules >= counts.types > 20
    assert counts.round_trips_of_teams > counts.resources_of_teams >= counts.teams_added


@pytest.mark.parametrize(
    "worse",
    [
        {"starts_at_import": ["node"]},
        {"round_trips": 231},
        {"submodules": 43},
        {"round_trips_of_teams": 231, "round_trips_of_more_teams": 231},
        {"round_trips_of_more_teams": 240},
    ],
    ids=str,
)
def test_a_regression_fails_one_gate(worse: dict[str, Any]) -> None:
    assert all(gate.holds for gate in gates(GOOD))
    assert [gate.holds for gate in gates(GOOD._replace(**worse))].count(False) == 1
