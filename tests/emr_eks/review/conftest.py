"""Pairs of platforms, synthesised once a session: what a pull request would change, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT

from emr_eks.review.model import App, read
from stacks.platform import load

DEFAULT = yaml.safe_load((ROOT / "platform.yaml").read_text("utf-8"))
POOLS = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in (ROOT / "provisioners").glob("*.yaml")}


@dataclass
class Draft:
    """A platform that can be edited: platform.yaml, and the manifests in `provisioners/` by file."""

    platform: dict[str, Any]
    pools: dict[str, Any]

    @classmethod
    def default(cls) -> Draft:
        """Return the platform that the project builds by default."""
        return cls(_copy(DEFAULT), _copy(POOLS))

    def edited(self, *edits: Callable[[Draft], object]) -> Draft:
        """Return a copy with the edits made to it."""
        draft = Draft(_copy(self.platform), _copy(self.pools))
        for edit in edits:
            edit(draft)
        return draft

    def write(self, folder: Path) -> Path:
        """Write the files; return the platform's."""
        (folder / "provisioners").mkdir(parents=True)
        for name, content in self.pools.items():
            documents = content if isinstance(content, list) else [content]
            (folder / "provisioners" / f"{name}.yaml").write_text(
                yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8"
            )
        file = folder / "platform.yaml"
        file.write_text(yaml.dump(self.platform, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8")
        return file


Synthesised = Callable[[Draft], App]


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Draft], Path]:
    """Return a function that synthesises a draft, each once, and returns the folder."""
    done: dict[str, Path] = {}

    def folder(draft: Draft) -> Path:
        from synthesised import synthesise

        # Key order is part of what can be edited.
        key = repr(draft)
        if key not in done:
            place = tmp_path_factory.mktemp("platform")
            synthesise(load(draft.write(place / "files")), place / "cdktf.out")
            done[key] = place / "cdktf.out"
        return done[key]

    return folder


@pytest.fixture(scope="session")
def synthesised(folder_of: Callable[[Draft], Path]) -> Synthesised:
    """Return a function that synthesises a draft and reads it as the review does."""
    read_already: dict[Path, App] = {}

    def app(draft: Draft) -> App:
        folder = folder_of(draft)
        return read_already.setdefault(folder, read(folder))

    return app


@pytest.fixture(scope="session")
def draft() -> type[Draft]:
    """Return the class of drafts."""
    return Draft


@pytest.fixture(scope="session")
def default_app(synthesised: Synthesised) -> App:
    """Return the default platform, synthesised and read."""
    return synthesised(Draft.default())


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value
