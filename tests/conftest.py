"""Platforms and synthesised stacks that many tests look at, made once."""

from __future__ import annotations

import copy
import gc
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from botocore.loaders import create_loader

import constructs_lib  # noqa: F401 - installs the lazy loader before anything imports a binding
from stacks.platform import Platform, load

ROOT = Path(__file__).parent.parent
DEFAULT = yaml.safe_load((ROOT / "platform.yaml").read_text("utf-8"))
"""The platform that the project builds by default, as it is written."""

MakePlatform = Callable[..., Platform]


@dataclass
class Answer:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


pytest_plugins = ["other_core", "local_lives"]


def pytest_collection_finish() -> None:
    """Let the garbage collector look seldom, and never at what was imported: all of that stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000)


@pytest.fixture(scope="session", autouse=True)
def begun(request: pytest.FixtureRequest) -> None:
    """Begin what runs beside the tests: first what is forked, while there are no threads."""
    for beside in ("lives", "other_core"):
        request.getfixturevalue(beside)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def platform() -> Platform:
    """Return the platform that the project builds by default."""
    return load(ROOT / "platform.yaml")


@pytest.fixture(scope="session")
def documents(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the default platform's stacks."""
    from synthesised import synthesise

    return synthesise(platform, tmp_path_factory.mktemp("default"))


@pytest.fixture
def make_platform(tmp_path: Path) -> MakePlatform:
    """Return a function that loads platform.yaml with some of its parts changed; `None` takes a part out."""
    return lambda **changes: load(edited(tmp_path, **changes))


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """Keep what a process makes once, and this one would make for each command that it runs.

    The command line is read from its functions' signatures; every session of boto3 reads AWS's models anew.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("typer.main.get_command", cache(typer.main.get_command))
        patched.setattr("botocore.session.create_loader", cache(create_loader))
        yield


def command_line(captured: pytest.CaptureFixture[str], *words: object) -> Answer:
    """Run `emr-eks` with these words in this process, as its entry point does; *captured* is `capsys` or `capfd`."""
    from emr_eks.cli import main

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.argv", ["emr-eks", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
    said = captured.readouterr()
    code = end.value.code
    return Answer(code if isinstance(code, int) else 0, said.out, said.err)


def edited(folder: Path, **changes: Any) -> Path:
    """Write the default platform with *changes*, and its node pools, to *folder*; return the platform's file."""
    content = copy.deepcopy(DEFAULT)
    for key, value in changes.items():
        if value is None:
            content.pop(key, None)
        elif isinstance(value, dict) and isinstance(content.get(key), dict):
            content[key] = {k: v for k, v in {**content[key], **value}.items() if v is not None}
        else:
            content[key] = value
    pools = folder / "provisioners"
    pools.mkdir(exist_ok=True)
    for file in (ROOT / "provisioners").glob("*.yaml"):
        (pools / file.name).write_bytes(file.read_bytes())
    path = folder / "platform.yaml"
    path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True), "utf-8")
    return path
