"""Questions that Node is asked ahead of their time, so that it reads bindings while Python still imports them."""

from __future__ import annotations

import importlib
import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from io import BytesIO
from itertools import chain
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

_NEEDS = re.compile(r"^import (\w+)\._jsii$", re.MULTILINE)
_LOADS = re.compile(r'JSIIAssembly\.load\(\s*"([^"]+)",\s*"([^"]+)",\s*[^,"]+,\s*"([^"]+)",?\s*\)')
"""What the `_jsii` package of each binding does: its name in JavaScript, its version and its file."""
_UNHEARD = 100
"""Far fewer answers than the pipe from Node holds, which would else wait for us while we wait for it."""

turn = threading.RLock()
"""Held by who asks Node and reads the answer: answers come in order, whoever waits for them."""


class Ahead:
    """What one Node has been asked ahead, and what it has answered."""

    def __init__(self, node: Any, greeted: Callable[[], None]) -> None:
        """Take a *node* that has been started, but whose greeting nobody has read: *greeted* does."""
        self._node = node
        self._greeted: Callable[[], None] | None = greeted
        self._asked: deque[tuple[Any, bool]] = deque()
        self._answers: list[tuple[Any, Any]] = []

    def ask(self, request: Any, *, again: bool) -> None:
        """Send *request*, and do not wait; *again*: jsii will ask the same, and shall have the answer."""
        if len(self._asked) < _UNHEARD:
            stdin = self._node._process.stdin
            stdin.write(json.dumps(self._node._serializer.unstructure(request)).encode() + b"\n")
            stdin.flush()
            self._asked.append((request, again))

    def node_for(self, request: Any) -> Any:
        """Return whom jsii shall ask *request*: Node, or a stand-in for it that has the answer already.

        Node answers in order, so all is read that it was asked ahead, up to *request* if that is among it.
        """
        if self._greeted:
            greeted, self._greeted = self._greeted, None
            greeted()
        while self._asked and not any(asked == request for asked, _ in self._answers):
            asked, again = self._asked.popleft()
            answer = self._node._next_message()
            if again and "ok" in answer:
                self._answers.append((asked, answer))
        for known in self._answers:
            if known[0] == request:
                self._answers.remove(known)
                return _Answered(self._node, known[1])
        return self._node


class _Answered:
    """Stands in for Node towards jsii's own code, which writes a question and reads the answer."""

    def __init__(self, node: Any, answer: Any) -> None:
        self._serializer = node._serializer
        self._process = SimpleNamespace(stdin=BytesIO())
        self._next_message = lambda: answer


_in_use: list[Ahead] = []
"""That of the Node which a program has asked ahead."""
_loading: set[tuple[str, str, str]] = set()
"""What it has been asked to load."""


def load(packages: tuple[str, ...]) -> None:
    """Ask Node to load the bindings *packages*; an import of one of them will find the answer."""
    jsii = importlib.import_module("jsii")
    types = importlib.import_module("jsii._kernel.types")
    ahead: Ahead | None = getattr(jsii.kernel.provider._process, "ahead", None)
    if ahead is None:
        return
    _in_use[:] = [ahead]
    # Node never forgets that it looked for a binding in vain, so each comes after those that it needs.
    with turn:
        for assembly in chain.from_iterable(map(_assemblies, packages)):
            if assembly not in _loading:
                _loading.add(assembly)
                ahead.ask(types.LoadRequest(*assembly), again=True)


def expect(module: ModuleType) -> None:
    """Let Node load the resources of the generated *module*, which Python has imported, before the first is made.

    It is asked for the name of each, to no other end. Only in a program that has asked Node ahead before.
    """
    if not _in_use:
        return
    types = importlib.import_module("jsii._kernel.types")
    with turn:
        for each in [*vars(module).values()]:
            if isinstance(each, type) and "TF_RESOURCE_TYPE" in vars(each):
                fqn = each.__jsii_type__  # type: ignore[attr-defined]  # every class of a binding has it
                _in_use[0].ask(types.StaticGetRequest(fqn=fqn, property="tfResourceType"), again=False)


def _assemblies(package: str) -> Iterator[tuple[str, str, str]]:
    """Yield what *package* loads, if it is a binding, after what it needs: name, version and file of each."""
    spec = find_spec(package)
    folder = Path(spec.origin if spec and spec.origin else package).with_name("_jsii")
    with suppress(OSError):
        source = (folder / "__init__.py").read_text("utf-8")
        for needed in _NEEDS.findall(source):
            yield from _assemblies(needed)
        if found := _LOADS.search(source):
            yield found[1], found[2], str(folder / found[3])
