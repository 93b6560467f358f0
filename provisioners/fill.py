"""Variables in manifests: `${az}`, `${cluster_name}`.

They are filled in after the YAML is read, so that no value can change the file's structure. A list stands
only where an item of a list is, as `"${az}"`, and then becomes as many items.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from provisioners._yaml import Node, Position
from provisioners.source import Document, Located
from provisioners.spec import Path

Variables = Mapping[str, str | Sequence[str]]

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")


def fill(document: Document, variables: Variables) -> Document:
    """Return *document* with its variables filled in; values keep their places in the file.

    What cannot be filled in is among its `flaws`, except in `userData`, which is a shell's: there, unknown
    variables stay as they are.
    """
    filler = _Filler(document, variables)
    root = filler.filled(document._root, ())
    return replace(document, data=root.data, flaws=(*document.flaws, *filler.flaws), _root=root)


class _Filler:
    def __init__(self, document: Document, variables: Variables) -> None:
        self._file, self._variables = str(document.path), variables
        self.flaws: list[Located] = []

    def filled(self, node: Node, path: Path) -> Node:
        if isinstance(node.data, dict):
            return self._mapping(node, path)
        if isinstance(node.data, list):
            return self._sequence(node, path)
        if isinstance(node.data, str) and "${" in node.data:
            return replace(node, data=self._text(node.data, path, node.position), text=None)
        return node

    def _mapping(self, node: Node, path: Path) -> Node:
        filled = replace(node, data={}, children={}, keys={})
        for key, child in node.children.items():
            at = node.keys[str(key)]
            name = self._text(str(key), (*path, key), at)
            if name in filled.data:
                self._flaw((*path, name), at, f"key is given twice, here as {key!r}; keep one of them")
                continue
            value = self.filled(child, (*path, name))
            filled.children[name], filled.data[name], filled.keys[name] = value, value.data, at
        return filled

    def _sequence(self, node: Node, path: Path) -> Node:
        items: list[Node] = []
        for child in node.children.values():
            items += self._items(child, (*path, len(items)))
        return replace(node, data=[item.data for item in items], children=dict(enumerate(items)))

    def _items(self, node: Node, path: Path) -> list[Node]:
        match = _VARIABLE.fullmatch(node.data) if isinstance(node.data, str) else None
        values = self._variables.get(match[1]) if match else None
        if values is None or isinstance(values, str):
            return [self.filled(node, path)]
        return [replace(node, data=value, text=None) for value in values]

    def _text(self, text: str, path: Path, position: Position) -> str:
        in_shell = path[-1:] == ("userData",)

        def value(match: re.Match[str]) -> str:
            values = self._variables.get(match[1])
            if isinstance(values, str):
                return values
            if values is not None and len(values) == 1:
                return values[0]
            if values is not None:
                rule = f"holds {len(values)} values and can only be an item of a list, got {match[0]!r}"
                self._flaw(path, position, rule)
            elif not in_shell:
                self._flaw(path, position, f"names no variable, got {match[0]!r}; {self._known(match[1])}")
            return match[0]

        return _VARIABLE.sub(value, text)

    def _flaw(self, path: Path, position: Position, message: str) -> None:
        self.flaws.append(Located(self._file, *position, path, message))

    def _known(self, name: str) -> str:
        close = get_close_matches(name.strip(), self._variables, n=1)
        if close:
            return f"did you mean ${{{close[0]}}}?"
        return "known are " + (", ".join(f"${{{each}}}" for each in sorted(self._variables)) or "none")
