"""Programs come to their own end whenever Ctrl-C is pressed, or are ended together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emr_eks.programs import Together, run_to_its_end

SLOW = ["sh", "-c", "sleep 0.2; echo its own end"]


def interrupt() -> None:
    """Interrupt the one who starts this program; called in its process, before it begins."""
    os.kill(os.getppid(), signal.SIGINT)


def test_ctrl_c_while_it_is_started_is_not_heard() -> None:
    done = run_to_its_end(SLOW, preexec_fn=interrupt, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (0, "its own end\n")


def test_ctrl_c_afterwards_is_heard_again() -> None:
    run_to_its_end(["true"])
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_program_hears_it() -> None:
    assert run_to_its_end(["sh", "-c", "kill -INT $$; sleep 1"]).returncode == -signal.SIGINT


def test_programs_are_ended_together_also_those_that_start_then() -> None:
    programs = Together()
    assert programs.run(SLOW).stdout == "its own end\n"
    with ThreadPoolExecutor() as pool:
        begun = [pool.submit(programs.run, ["sleep", "60"]) for _ in range(2)]
        programs.end()
        begun.append(pool.submit(programs.run, ["sleep", "60"]))
        assert [each.result(30).returncode for each in begun] == [-signal.SIGTERM] * 3


DEAF = "trap '' TERM; echo begun >$0; sleep 20"
WITH_A_CHILD = "sleep 20 & echo begun >$0; wait"


@pytest.mark.parametrize("program", [DEAF, WITH_A_CHILD])
def test_what_does_not_end_is_killed_with_all_that_it_started(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emr_eks.programs._GRACE", 0.2)
    programs, begun = Together(), tmp_path / "begun"
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(programs.run, ["sh", "-c", program, str(begun)])
        while not begun.exists():
            time.sleep(0.02)
        start = time.monotonic()
        programs.end()
        assert answer.result(30).returncode < 0
        assert time.monotonic() - start < 15
