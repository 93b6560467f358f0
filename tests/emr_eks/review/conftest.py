"""Pairs of platforms, synthesised once a session: what a pull request would change, as data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from drafts import Draft

from emr_eks.review.model import App, read
from stacks.platform import load

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
