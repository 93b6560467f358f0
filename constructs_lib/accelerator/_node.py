"""What Node is started with, and how it is talked to."""

from __future__ import annotations

import atexit
import base64
import functools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from constructs_lib.accelerator import _ahead, _cache, _index
from constructs_lib.accelerator._functions import takes

_YOUNG = "--max-semi-space-size=2"
"""A tenth less memory, for hardly more time. Allowed here since Node 18.10:
https://github.com/nodejs/node/pull/44436"""
_LINKS = "--preserve-symlinks"
"""As jsii's launcher starts the kernel, which may now run in the launcher's place."""
_PRELOAD = Path(__file__).with_name("node") / "preload.js"


def prepare(process: ModuleType) -> None:
    """Let jsii's module *process* start Node with our preload and a cache that it will accept; once.

    We may be imported anew while jsii stays, and a greeting that two of us wait for is read by nobody.
    """
    node: Any = getattr(process, "_NodeProcess", None)
    if hasattr(node, "ahead"):
        return
    if all(hasattr(node, method) for method in ("start", "handshake", "send", "_next_message")):
        node.ahead = None
        node.start = _prepared(node.start, node.handshake)
        node.handshake = _later
        node.send = _in_turn(node.send)
        sink = getattr(process, "stderr_sink", None)
        if takes(sink, "reader") and "readline" in sink.__code__.co_names:
            process.stderr_sink = _of_whatever_is_said(sink)  # type: ignore[attr-defined]  # just read above


def _prepared(start: Any, handshake: Any) -> Any:
    @functools.wraps(start)
    def start_prepared(self: Any) -> None:
        with _environment({**_options(), **_cache.settings()}):
            start(self)
        self.ahead = _ahead.Ahead(self, functools.partial(handshake, self))
        # Registered after jsii's own handler, so run before it stops Node.
        atexit.register(_index.finish, lambda: _is_alive(self))

    return start_prepared


def _of_whatever_is_said(sink: Any) -> Any:
    """Let jsii's *sink* pass on also what Node itself says, as when it dies, which no launcher names any more."""

    @functools.wraps(sink)
    def sink_of_whatever_is_said(reader: Any) -> None:
        sink(SimpleNamespace(readline=lambda: _named(reader.readline())))

    return sink_of_whatever_is_said


def _named(line: bytes) -> bytes:
    """Return *line* as the launcher would send it."""
    with suppress(ValueError):
        console = json.loads(line)
        if isinstance(console, dict) and not {"stderr", "stdout"}.isdisjoint(console):
            return line
    return json.dumps({"stderr": base64.b64encode(line).decode()}).encode() if line else line


def _later(self: Any) -> None:
    """Stand in for jsii's handshake, which waits until Node is up: that is read before the first answer."""


def _is_alive(node: Any) -> bool:
    process = getattr(node, "_process", None)
    return process is not None and process.poll() is None


def _in_turn(send: Any) -> Any:
    """Keep questions and answers paired when threads import different providers, which jsii does not."""

    @functools.wraps(send)
    def send_in_turn(self: Any, request: Any, response_type: Any) -> Any:
        with _ahead.turn:
            # A Node that was started before us was not asked ahead.
            ahead = self.ahead
            return send(ahead.node_for(request) if ahead else self, request, response_type)

    return send_in_turn


def _options() -> dict[str, str]:
    if not _PRELOAD.is_file():
        return {}
    path = str(_PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    # Theirs comes after ours, and so wins.
    options = [_YOUNG, _LINKS, os.environ.get("NODE_OPTIONS", ""), f'--require="{path}"']
    return {"NODE_OPTIONS": " ".join(filter(None, options))}


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    """Change the environment while Node starts, and no longer: it is copied at that moment."""
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
