"""Platforms and synthesised stacks that many tests look at, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import constructs_lib  # noqa: F401 - installs the lazy loader before anything imports a binding
from stacks.platform import Platform, load

ROOT = Path(__file__).parent.parent

MakePlatform = Callable[..., Platform]


pytest_plugins = ["local_lives"]


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


def edited(folder: Path, **changes: Any) -> Path:
    """Write the default platform with *changes*, and its node pools, to *folder*; return the platform's file."""
    content = yaml.safe_load((ROOT / "platform.yaml").read_text("utf-8"))
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
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
    return path
