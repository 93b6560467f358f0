"""The command by itself: its version, and its end without a word when it is interrupted before it has begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from conftest import ROOT, command_line

PROGRAM = """
import signal, sys

class Interrupted:
    def find_spec(self, name, *_):
        if name == "emr_eks.cli":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupted())
signal.signal(signal.SIGINT, signal.{})
from emr_eks.__main__ import main
sys.argv = ["emr-eks", "schema"]
main()
"""


@pytest.mark.parametrize(("heard", "code"), [("default_int_handler", -signal.SIGINT), ("SIG_IGN", 0)])
def test_ctrl_c_while_it_is_loaded(heard: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(heard)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (code, "")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    answer = command_line(capsys, "--version")
    assert (answer.code, answer.err) == (0, "")
    assert f'version = "{answer.out.strip()}"' in (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
