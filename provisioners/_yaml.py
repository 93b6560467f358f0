"""YAML as JSON-like data that remembers where each value stands; what JSON cannot say is a flaw."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import yaml

from provisioners.spec import Path

MAX_DEPTH = 50
MAX_ALIASED_NODES = 10_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = yaml.resolver.Resolver()
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,300})")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NEXT_STEPS = {
    "cannot start any token": "put the value in quotes",
    "mapping values are not allowed": "check the indentation, or put a text with ': ' in quotes",
    "end of stream": "close the quote",
    "',' or ']'": "close the bracket",
    "',' or '}'": "close the brace",
    "expected ':'": "write 'key: value', with a space after the colon",
    "expected key": "check the indentation",
    "tab character": "indent with spaces, not tabs",
    "node content": "write a value there, or put the text in quotes",
    "'-' indicator": "check the indentation",
    "escape character": "use single quotes, where a backslash means itself",
}

Position = tuple[int, int]


class Flaw(NamedTuple):
    """What is wrong at one place of the text."""

    path: Path
    position: Position
    message: str


class Unreadable(Exception):  # noqa: N818 - says what the text is
    """The text has no meaning from here on."""

    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.flaw = Flaw((), position, message)


@dataclass
class Node:
    """A value and where it was written; `text` is a plain scalar's spelling."""

    data: Any
    position: Position
    text: str | None = None
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, Position] = field(default_factory=dict)
    size: int = 1
    height: int = 0

    def add(self, key: str | int, child: Node) -> None:
        """Count *child* in; the data are the caller's business."""
        self.children[key] = child
        self.size += child.size
        self.height = max(self.height, child.height + 1)


class Composer:
    """Reads the documents of one text; `flaws` grows on the way. Raises `Unreadable`."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        self._anchors: dict[str, Node | None] = {}
        self._aliased = 0
        self.flaws: list[Flaw] = []

    def documents(self) -> Iterator[Node]:
        """Yield the root of every document, empty ones included."""
        if odd := _UNPRINTABLE.search(self._text):
            raise Unreadable(
                self._position(odd.start()),
                f"holds the control character U+{ord(odd.group()):04X}; save it as UTF-8 text without it",
            )
        try:
            self._events = yaml.parse(self._text, Loader=_LOADER)
            for event in self._events:
                if isinstance(event, yaml.DocumentStartEvent):
                    self._anchors.clear()
                    yield self._node(next(self._events), (), 0)
        except yaml.MarkedYAMLError as error:
            raise self._syntax(error) from None
        except yaml.YAMLError as error:
            raise Unreadable((1, 1), f"cannot be read as YAML: {error}") from None

    def _position(self, index: int) -> Position:
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def _start(self, event: Any) -> Position:
        return self._position(event.start_mark.index)

    def _syntax(self, error: yaml.MarkedYAMLError) -> Unreadable:
        problem = str(error.problem)
        unclosed = "end of stream" in problem
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        index = mark.index if mark else 0
        step = next((step for part, step in _NEXT_STEPS.items() if part in problem), "")
        if "cannot start any token" in problem and self._text[index : index + 1] == "\t":
            step = "indent with spaces, not tabs"
        words = " ".join(part for part in (problem, error.context) if part)
        return Unreadable(self._position(index), f"cannot be read as YAML: {words}" + (f"; {step}" if step else ""))

    def _flaw(self, path: Path, position: Position, message: str) -> None:
        self.flaws.append(Flaw(path, position, message))

    def _node(self, event: Any, path: Path, depth: int) -> Node:
        position = self._start(event)
        if depth > MAX_DEPTH:
            raise _too_deep(position)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), path, position, depth)
        if event.anchor:
            self._anchors[event.anchor] = None
        if event.tag:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._flaw(
                path,
                position,
                f"must have no tag, got {shortened(repr(tag))}; remove it, and put text in quotes",
            )
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event, path, position)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(path, position, depth)
        else:
            node = self._mapping(path, position, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, name: str, path: Path, position: Position, depth: int) -> Node:
        node = self._anchors.get(name)
        if node is None:
            inside = name in self._anchors
            rule = f"*{name} stands inside &{name}" if inside else f"*{name} has no anchor &{name} above it"
            self._flaw(path, position, f"{rule}; write the value out")
            return Node(None, position)
        self._aliased += node.size
        if self._aliased > MAX_ALIASED_NODES:
            raise Unreadable(position, f"aliases repeat more than {MAX_ALIASED_NODES} values; write out what is needed")
        if depth + node.height > MAX_DEPTH:
            raise _too_deep(position)
        return replace(node, position=position)

    def _scalar(self, event: Any, path: Path, position: Position) -> Node:
        if not event.implicit[0] or event.tag:
            return Node(event.value, position)
        value, complaint = scalar(event.value)
        if complaint:
            self._flaw(path, position, complaint)
        return Node(value, position, event.value)

    def _sequence(self, path: Path, position: Position, depth: int) -> Node:
        node = Node([], position)
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            index = len(node.data)
            child = self._node(event, (*path, index), depth + 1)
            node.add(index, child)
            node.data.append(child.data)
        return node

    def _mapping(self, path: Path, position: Position, depth: int) -> Node:
        node = Node({}, position)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            at = self._start(event)
            key = self._key(event, path, at, depth)
            child = self._node(next(self._events), path if key is None else (*path, key), depth + 1)
            if key is None:
                continue
            if key in node.data:
                first = node.keys[key][0]
                self._flaw((*path, key), at, f"key is given twice, first in line {first}; keep one of them")
                continue
            node.add(key, child)
            node.data[key], node.keys[key] = child.data, at
        return node

    def _key(self, event: Any, path: Path, position: Position, depth: int) -> str | None:
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, path, depth + 1)
            complaint = "key must be text, got a list, mapping or alias; write a plain name"
            self._flaw((*path, "?"), position, complaint)
            return None
        text = str(event.value)
        if event.implicit[0] and text == "<<":
            self._flaw((*path, text), position, "does not merge here; write the keys out")
            return None
        if event.implicit[0] and not isinstance(scalar(text)[0], str):
            self._flaw(
                (*path, text),
                position,
                f"key must be text, got {shortened(text) or 'nothing'}; put it in quotes",
            )
        return text


def _too_deep(position: Position) -> Unreadable:
    return Unreadable(position, f"is nested more than {MAX_DEPTH} levels deep; flatten it")


def shortened(text: str) -> str:
    """Return *text*, cut to 80 characters for a message."""
    return text if len(text) <= 80 else f"{text[:79]}…"


def scalar(text: str) -> tuple[Any, str]:
    """Return what the unquoted *text* means, and a complaint when YAML 1.1 reads it as few people would.

    YAML 1.1 (https://yaml.org/type/) has dates, octal numbers and numbers of base 60; JSON has none of them.
    """
    tag = str(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False))).rpartition(":")[2]
    if tag == "null":
        return None, ""
    if tag == "bool":
        return text.lower() in ("yes", "true", "on"), ""
    if tag == "timestamp":
        return text, f"is a date to YAML, got {text}; put it in quotes"
    if tag == "int" and _DECIMAL.fullmatch(text):
        return int(text), ""
    if tag == "float" and _FLOAT.fullmatch(text) and math.isfinite(float(text)):
        return float(text), ""
    if tag in ("int", "float"):
        return text, f"must be a decimal number, got {shortened(text)}; put it in quotes if it is text"
    return text, ""
