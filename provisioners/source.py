"""Files that people write: read with positions, and judged whole, every problem in one run.

A problem reads `FILE:LINE:COLUMN: path.to.key: rule, got value; next step`.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from provisioners._judgement import Judgement
from provisioners._messages import Finding
from provisioners._yaml import Composer, Flaw, Node, Position, Unreadable, scalar, shortened
from provisioners.spec import NOTHING, Path, Problem, Spec

MAX_BYTES = 1024 * 1024

SpecT = TypeVar("SpecT", bound=Spec)


class Located(NamedTuple):
    """A problem and its place; line and column count from 1, and are 0 where the file could not be opened."""

    file: str
    line: int
    column: int
    path: Path
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, dotted(self.path), self.message) if part)


class InvalidFile(ValueError):  # noqa: N818 - the name says what the file is
    """Everything that is wrong with a file, one line each, in the file's order."""

    def __init__(self, problems: Iterable[Located]) -> None:
        self.problems = sorted(dict.fromkeys(problems), key=lambda problem: problem[:3])
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Document:
    """One YAML document: plain `data`, and where each value was written.

    `flaws` are left only by a tolerant `read`; `validate` reports them with what else it finds.
    """

    path: pathlib.Path
    data: Any
    flaws: tuple[Located, ...]
    _root: Node

    def position(self, path: Path, *, key: bool = False) -> Position:
        """Return line and column of the value at *path*, or of its *key*; of what encloses it when absent."""
        node, enclosing = self._root, self._root.position
        for depth, step in enumerate(path, 1):
            child = node.children.get(step)
            if child is None:
                return enclosing
            name = node.keys.get(str(step), child.position)
            if depth == len(path):
                return name if key else child.position
            node, enclosing = child, name
        return enclosing

    def text_at(self, path: Path) -> str | None:
        """Return an unquoted scalar as it was written (`1.30`, `yes`), and None for anything else."""
        node: Node | None = self._root
        for step in path:
            node = node.children.get(step) if node else None
        return node.text if node else None

    def located(self, path: Path, message: str, *, key: bool = False) -> Located:
        """Return a problem of this document."""
        return Located(str(self.path), *self.position(path, key=key), path, message)


def load(model: type[SpecT], path: pathlib.Path) -> SpecT:
    """Return the one document of the file as a *model*. Raises `InvalidFile` with every problem there is."""
    return validate(model, read(path, tolerant=True))


def read(path: pathlib.Path, *, tolerant: bool = False) -> Document:
    """Return the one document of a YAML file.

    Raises `InvalidFile`; when *tolerant*, repeated keys, tags and the like are left to `validate`.
    """
    first, *others = read_all(path, tolerant=tolerant)
    if others:
        raise InvalidFile([others[0].located((), "must hold one document; remove the '---' above")])
    return first


def read_all(path: pathlib.Path, *, tolerant: bool = False) -> list[Document]:
    """Return every document of a YAML file that is not empty. Raises `InvalidFile` as `read` does."""
    composer = Composer(_text(path))
    documents: list[Document] = []
    flaws: list[Located] = []
    try:
        for root in composer.documents():
            found = [_placed(path, flaw) for flaw in composer.flaws[len(flaws) :]]
            flaws += found
            if root.data is not None or found:
                documents.append(Document(path, root.data, tuple(found), root))
    except Unreadable as error:
        left = composer.flaws[len(flaws) :]
        raise InvalidFile([*flaws, *(_placed(path, flaw) for flaw in [*left, error.flaw])]) from None
    if flaws and not tolerant:
        raise InvalidFile(flaws)
    if not documents:
        raise InvalidFile([Located(str(path), 1, 1, (), "is empty; write at least one key")])
    return documents


def validate(model: type[SpecT], document: Document, *, data: Any = None, prefix: Path = ()) -> SpecT:
    """Return the document as a *model*. Raises `InvalidFile` with every problem there is.

    *prefix* is where the model's part of the document stands; it must be there, unless *data* are given to
    be judged in place of it.
    """
    verdict = Verdict(model, document, data=data, prefix=prefix)
    if verdict.problems or verdict.model is None:
        raise InvalidFile(verdict.problems)
    return verdict.model


class Verdict(Generic[SpecT]):
    """What a document is as a model, for those who have more to say about it before they refuse it.

    Where there are problems, defaults and examples stand in `model` for what is invalid; it is None where nothing
    can. The arguments are those of `validate`.
    """

    def __init__(self, model: type[SpecT], document: Document, *, data: Any = None, prefix: Path = ()) -> None:
        if data is None:
            data = document.data
            for step in prefix:
                data = data[step]
        flaws = [flaw.path[len(prefix) :] for flaw in document.flaws if flaw.path[: len(prefix)] == prefix]
        self._document, self._prefix, self._judgement = document, prefix, Judgement(model, data, flaws)
        self.model: SpecT | None = self._judgement.run()

    @property
    def problems(self) -> list[Located]:
        """What is wrong with the document."""
        told = (_told(self._document, self._prefix, finding) for finding in self._judgement.findings)
        return [*self._document.flaws, *told]

    def hold(self, problems: Iterable[Problem]) -> None:
        """Add the *problems* of `model`, except those that may only follow from another problem."""
        self._judgement.hold(problems)


def dotted(path: Path) -> str:
    """Return *path* as people write it: `node_groups[1].max`, `labels["a.b"]`."""
    steps = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" if re.fullmatch(r"[\w-]{1,80}", step) else _quoted(step)
        for step in path
    )
    return steps.removeprefix(".")


def _quoted(step: str) -> str:
    return f"[{json.dumps(shortened(step), ensure_ascii=not step.isprintable())}]"


def _text(path: pathlib.Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InvalidFile([Located(str(path), 0, 0, (), "no such file; check the path")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidFile([Located(str(path), 0, 0, (), f"cannot be read: {reason}")]) from None
    if len(content) > MAX_BYTES:
        rule = f"is larger than {MAX_BYTES} bytes; check that it is the right file"
        raise InvalidFile([Located(str(path), 0, 0, (), rule)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        rule = f"is not UTF-8, got the byte 0x{content[error.start]:02X}; save the file as UTF-8"
        raise InvalidFile([Located(str(path), line, column, (), rule)]) from None


def _placed(path: pathlib.Path, flaw: Flaw) -> Located:
    return Located(str(path), *flaw.position, flaw.path, flaw.message)


def _told(document: Document, prefix: Path, finding: Finding) -> Located:
    path = (*prefix, *finding.path)
    got = "" if finding.got is NOTHING else f", got {_got(document, path, finding)}"
    hint = f"; {finding.hint}" if finding.hint else ""
    return document.located(path, f"{finding.rule}{got}{hint}", key=finding.about == "key")


def _got(document: Document, path: Path, finding: Finding) -> str:
    value = path[-1] if finding.about == "key" else finding.got
    if finding.expected and isinstance(value, (list, tuple, Mapping)):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    if isinstance(value, (bool, int, float)):
        written = document.text_at(path)
        if written and scalar(written)[0] == value:
            return written
    return shortened(_shown(value))


def _shown(value: Any) -> str:
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_shown(key)}: {_shown(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return "[" + ", ".join(map(_shown, value)) + "]"
    words = {None: "nothing", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else repr(value)
