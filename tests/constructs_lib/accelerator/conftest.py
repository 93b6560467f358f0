"""Python where nothing has been imported yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name("program.py")
PLATFORMS = [ROOT / "platform.yaml", *sorted((ROOT / "examples").glob("*.yaml"))]
SWITCHES = ("EMR_EKS_", "JSII_", "NODE_OPTIONS")

Python = Callable[..., subprocess.CompletedProcess[str]]


class Run(NamedTuple):
    """What one run of the program printed and wrote."""

    facts: dict[str, Any]
    loaded: list[str]
    errors: str
    written: dict[str, bytes]


@pytest.fixture(scope="session")
def python() -> Python:
    """Return a function that runs Python with the project on its path and no switch set but those given."""

    def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(SWITCHES)}
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={**clean, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def program(python: Python, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Return a function that runs the program; the switches are as given."""

    def run(**environment: str) -> Run:
        folder = tmp_path_factory.mktemp("program")
        done = python(PROGRAM, folder, *PLATFORMS, **environment)
        printed = json.loads(done.stdout)
        written = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        return Run(printed["facts"], printed["loaded"], done.stderr, written)

    return run


@pytest.fixture(scope="session", autouse=True)
def plain_run(program: Callable[..., Run], request: pytest.FixtureRequest) -> Iterator[Future[Run] | None]:
    """Start the slowest run, the one without the accelerator, at once: other tests leave a core to it."""
    if not any("plain" in getattr(item, "fixturenames", ()) for item in request.session.items):
        yield None
        return
    with ThreadPoolExecutor(max_workers=1) as other_core:
        yield other_core.submit(program, EMR_EKS_PLAIN="1")
