"""What is said of growth follows from the times."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from conftest import ROOT
from other_core import Answer, Work, program

from benchmarks.chart import svg
from benchmarks.growth import Growth
from benchmarks.platforms import with_teams
from benchmarks.process import Memory, Program, Run, Timed, measure, run
from benchmarks.teams import CHECKED, ManyRoles
from stacks.platform import load


def grown(*seconds: float) -> Growth:
    return Growth([100, 1000, 5000, 10000], [Timed([Run(each, each)], Memory(300, 200)) for each in seconds])


def test_a_straight_line_is_straight() -> None:
    straight = grown(1.1, 2.0, 6.0, 11.0)
    assert straight.slope() == pytest.approx(0.001)
    assert straight.bend() == pytest.approx(1.0)
    assert all(gate.holds for gate in straight.table().gates)


def test_a_knee_is_told() -> None:
    assert grown(1.1, 2.0, 6.0, 13.0).bend() == pytest.approx(13 / 11)
    assert [gate.holds for gate in grown(1.1, 2.0, 6.0, 13.0).table().gates] == [True, False, True]


@pytest.mark.parametrize(
    ("check", "synthesis", "holds"),
    [(0.9, 5.0, [True, True]), (1.1, 5.0, [False, True]), (0.9, 6.0, [True, False])],
)
def test_many_teams_must_be_checked_in_a_second_and_synthesised_in_a_straight_line(
    check: float, synthesis: float, holds: list[bool]
) -> None:
    checks, syntheses = (
        [Timed([Run(each, each)], Memory(300, 200)) for each in times]
        for times in ((0.5, 0.6, check, 9.0), (1.5, 2.0, 3.0, synthesis))
    )
    table = ManyRoles((5, 10, CHECKED, 40), [0.01, 0.02, 0.03, 0.04], checks, syntheses).table()
    assert [gate.holds for gate in table.gates] == holds


def test_the_teams_that_are_measured_have_the_roles_that_are_told(tmp_path: Path) -> None:
    teams = load(with_teams(tmp_path, 20, roles=3)).spec.teams
    assert [len(team.roles) for team in teams.values()] == [3] * 20


def test_twenty_teams_of_three_roles_are_checked_in_a_second(tmp_path: Path) -> None:
    """Of a processor: what else runs on this machine must not fail it."""
    file = with_teams(tmp_path, 20, roles=3)
    check = Program("check", ["-m", "emr_eks", "check", "--platform", str(file)])
    assert any(run(check).cpu < 1 for _ in range(3))


def test_the_chart_is_well_formed_and_shows_every_size() -> None:
    chart = ElementTree.fromstring(svg(grown(1.1, 2.0, 6.0, 11.0)))
    texts = {element.text for element in chart.iter("{http://www.w3.org/2000/svg}text")}
    assert {"100", "1,000", "5,000", "10,000", "11.0"} <= texts


def test_ratios_are_taken_round_by_round() -> None:
    """The second round met a busy machine: both took twice as long, and nothing else changed."""
    ours, theirs = (Timed([Run(a, 1), Run(b, 1)], Memory(1, 1)) for a, b in ((1, 2), (10, 20)))
    assert ours.ratio(theirs) == pytest.approx(0.1)


MEASURED = """
import json, sys
from benchmarks.process import Program, measure

[run] = measure([Program("parent", ["-c", sys.argv[1]])], rounds=1)
print(json.dumps([run.median, run.cpu, run.memory.tree]))
"""


def a_parent(_: Path) -> Work:
    """Measure in a process of its own: this one has other children, whose time would be counted."""
    child = "x = bytearray(40_000_000); import time; time.sleep(0.3); sum(range(5_000_000))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    return program([sys.executable, "-c", MEASURED, parent], ROOT)


@pytest.mark.other_core(begins=[a_parent])
def test_a_program_is_timed_and_its_children_counted(answer: Answer) -> None:
    done = answer(a_parent)
    assert done.returncode == 0, done.stderr
    seconds, cpu, memory = json.loads(done.stdout)
    assert 0.3 <= seconds < 30
    assert 0.05 < cpu < seconds
    assert 40 < memory < 400


def test_a_program_that_fails_stops_the_benchmark_with_what_it_said() -> None:
    with pytest.raises(SystemExit, match=r"broken failed:(.|\n)*ZeroDivisionError"):
        measure([Program("broken", ["-c", "1 / 0"])], rounds=1)


def test_what_the_caller_tells_our_programs_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_EKS_PLATFORM", "elsewhere.yaml")
    monkeypatch.setenv("EMR_EKS_PLAIN", "1")
    told = "import os, sys; sys.exit([name for name in os.environ if name.startswith('EMR_EKS_')] or None)"
    assert run(Program("usual", ["-c", told])).seconds > 0
    with pytest.raises(SystemExit, match="'EMR_EKS_PLAIN'"):
        run(Program("plain", ["-c", told], {"EMR_EKS_PLAIN": "1"}))
