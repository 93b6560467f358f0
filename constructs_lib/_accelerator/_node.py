"""What Node is started with."""

from __future__ import annotations

import atexit
import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from constructs_lib._accelerator import _index

_PRELOAD = Path(__file__).with_name("preload.js")


def prepare(process: ModuleType) -> None:
    """Let jsii's module *process* start Node with our preload and a cache that it will accept."""
    node = getattr(process, "_NodeProcess", None)
    if node is None or not hasattr(node, "start"):
        return
    start = node.start

    @functools.wraps(start)
    def start_prepared(self: Any) -> None:
        with _environment():
            start(self)
        # Registered after jsii's own handler, so run before it stops Node.
        atexit.register(_index.finish)

    node.start = start_prepared


@contextmanager
def _environment() -> Iterator[None]:
    """Change the environment while Node starts, and no longer: it is copied at that moment."""
    options = f'{os.environ.get("NODE_OPTIONS", "")} --require "{_PRELOAD}"'.strip()
    changes = {"NODE_OPTIONS": options.replace("\\", "\\\\")} if _PRELOAD.exists() else {}
    changes |= _index.fit_cache()
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
