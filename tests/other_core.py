"""What must run as a program of its own, and long: it begins with the first test, and the tests of it come last.

A test says so with `@pytest.mark.other_core(begins=[prepare])`, and learns what came of it by `answer(prepare)`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

Work = Callable[[], Any]
"""Runs in a thread, beside the tests: it must not read the environment or the current folder, which tests change."""
Prepare = Callable[[Path], Work]
"""Gets ready in a folder of its own, and returns the work; runs before the first test."""
Begun = dict[Prepare, Future[Any]]
Answer = Callable[[Prepare], Any]


SWITCHES = ("EMR_EKS_", "JSII_", "NODE_OPTIONS")
"""How the variables begin by which a caller tells the accelerator, jsii and Node what to do."""


def program(command: list[str], folder: Path, **environment: str) -> Callable[[], subprocess.CompletedProcess[str]]:
    """Return the work of running *command* in *folder*, with the project on Python's path.

    Its environment is otherwise today's, but for switches not given here.
    """
    usual = {name: value for name, value in os.environ.items() if not name.startswith(SWITCHES)}
    surroundings = {**usual, "PYTHONPATH": str(ROOT), **environment}
    return partial(
        subprocess.run, command, cwd=folder, env=surroundings, capture_output=True, text=True, encoding="utf-8"
    )


def printed_by(text: str, **environment: str) -> Prepare:
    """Return how a Python program is prepared: what it prints."""

    def prepare(folder: Path) -> Callable[[], str]:
        run = program([sys.executable, "-c", textwrap.dedent(text)], folder, **environment)

        def printed() -> str:
            done = run()
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        return printed

    return prepare


def _give_way() -> None:
    """Let this thread, and all that it starts, leave the processor to what others wait for: the tests themselves."""
    if sys.platform == "linux":
        os.nice(15)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what waits for the other core last, as that has least of the processor; before it, what runs Terraform."""
    items.sort(key=lambda item: [item.get_closest_marker(mark) is not None for mark in ("other_core", "terraform")])


@pytest.fixture(scope="session")
def other_core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    """Begin what the selected tests ask for, each once."""
    marks = [mark for item in request.session.items if (mark := item.get_closest_marker("other_core"))]
    asked = dict.fromkeys(prepare for mark in marks for prepare in mark.kwargs["begins"])
    with ThreadPoolExecutor(max_workers=2, initializer=_give_way) as pool:
        yield {prepare: _begin(pool, prepare, tmp_path_factory.mktemp("other_core")) for prepare in asked}
        pool.shutdown(cancel_futures=True)


def _begin(pool: ThreadPoolExecutor, prepare: Prepare, folder: Path) -> Future[Any]:
    try:
        return pool.submit(prepare(folder))
    except (Exception, pytest.skip.Exception, pytest.fail.Exception) as error:
        # The tests that ask for it must hear of that, and no others.
        stopped: Future[Any] = Future()
        stopped.set_exception(error)
        return stopped


@pytest.fixture(scope="session")
def answer(other_core: Begun) -> Answer:
    """Return a function that waits for what comes of a work."""
    return lambda prepare: other_core[prepare].result()
