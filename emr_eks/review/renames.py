"""Finds resources that are the same under another address, by what they are and what they refer to."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from emr_eks.review.model import Resource
from emr_eks.review.references import located, references, rewritten, with_moves
from emr_eks.review.report import Ambiguity

Key = tuple[str, str]
"""Stack and address."""


class Renames(NamedTuple):
    """What was recognised: moves from old to new, and what could be several."""

    moves: dict[Key, str]
    ambiguities: dict[str, list[Ambiguity]]


def find(gone: Mapping[Key, Resource], new: Mapping[Key, Resource]) -> Renames:
    """Match the resources that are *gone* with those that are *new*, stack by stack.

    Two are the same when type and arguments are, once references to resources in question are followed.
    Where several are the same, what refers to them must tell them apart; nothing is guessed.
    """
    old_side, new_side = _Side(gone), _Side(new)
    moves: dict[Key, str] = {}
    _match(old_side.by_body(), new_side.by_body(), moves)
    left_old = [key for key in gone if key not in moves]
    taken = {(stack, address) for (stack, _), address in moves.items()}
    left_new = [key for key in new if key not in taken]
    _match(old_side.by_referrers(left_old), new_side.by_referrers(left_new), moves)
    return Renames(moves, _ambiguities(old_side, new_side, moves))


class Across(NamedTuple):
    """Resources that go from one stack, and the same that come in another: one and one, or several."""

    gone: tuple[Resource, ...]
    new: tuple[Resource, ...]


def across(gone: Mapping[Key, Resource], new: Mapping[Key, Resource]) -> tuple[Across, ...]:
    """Match what goes from one stack with what comes in another; arguments that speak to Terraform are left out."""
    theirs = _Side(new, across=True).by_body()
    found = []
    for colour, keys in sorted(_Side(gone, across=True).by_body().items(), key=lambda each: each[1]):
        others = theirs.get(colour, [])
        if others and {stack for stack, _ in keys}.isdisjoint(stack for stack, _ in others):
            found.append(Across(tuple(gone[key] for key in sorted(keys)), tuple(new[key] for key in sorted(others))))
    return tuple(found)


def _match(old: Mapping[str, list[Key]], new: Mapping[str, list[Key]], moves: dict[Key, str]) -> None:
    for colour, keys in old.items():
        others = new.get(colour, [])
        if len(keys) == len(others) == 1:
            moves[keys[0]] = others[0][1]


def _ambiguities(old: _Side, new: _Side, moves: Mapping[Key, str]) -> dict[str, list[Ambiguity]]:
    taken = {(stack, address) for (stack, _), address in moves.items()}
    found: dict[str, list[Ambiguity]] = defaultdict(list)
    theirs = new.by_body()
    for colour, keys in sorted(old.by_body().items()):
        left = sorted(key for key in keys if key not in moves)
        others = sorted(key for key in theirs.get(colour, ()) if key not in taken)
        if left and others:
            kind = old.resources[left[0]].type
            names = tuple(address for _, address in left), tuple(address for _, address in others)
            found[left[0][0]].append(Ambiguity(type=kind, gone=names[0], new=names[1]))
    return found


class _Side:
    """The resources in question on one side, coloured by what they are: equal colours, equal resources.

    *across* stacks, where they stand is no part of what they are.
    """

    def __init__(self, resources: Mapping[Key, Resource], *, across: bool = False) -> None:
        self.resources, self._across = resources, across
        self._colours = self._coloured()

    def by_body(self) -> dict[str, list[Key]]:
        """Return the resources by colour."""
        return _grouped(self._colours.items())

    def by_referrers(self, keys: Iterable[Key]) -> dict[str, list[Key]]:
        """Return *keys* by colour and by the colours of what refers to them."""
        referrers: dict[Key, list[str]] = defaultdict(list)
        for (stack, _), resource in self.resources.items():
            for reference in references(resource.body):
                target = (reference.stack or stack, reference.address)
                if target in self.resources:
                    referrers[target].append(self._colours[stack, resource.address])
        return _grouped((key, _digest([self._colours[key], sorted(referrers[key])])) for key in keys)

    def _coloured(self) -> dict[Key, str]:
        """Colour by type and arguments; then, as long as it tells more apart, by the colours of what is referred to."""
        colours = {key: _digest([self._place(key), resource.type]) for key, resource in self.resources.items()}
        colours = {key: self._colour(key, colours) for key in self.resources}
        linked = [key for key in self.resources if self._refers_to_any(key)]
        kinds = 0
        while len(set(colours.values())) > kinds:
            kinds = len(set(colours.values()))
            colours = {**colours, **{key: self._colour(key, colours) for key in linked}}
        return colours

    def _refers_to_any(self, key: Key) -> bool:
        body = self.resources[key].body
        return any((each.stack or key[0], each.address) in self.resources for each in references(body))

    def _colour(self, key: Key, colours: Mapping[Key, str]) -> str:
        stack, resource = key[0], self.resources[key]
        names, rename = _Coloured(colours), located if self._across else with_moves
        body = rewritten(resource.body, lambda text: rename(text, stack, names))
        if isinstance(body.get("depends_on"), list):
            body["depends_on"] = sorted(map(str, body["depends_on"]))
        return _digest([self._place(key), resource.type, body])

    def _place(self, key: Key) -> str:
        return "" if self._across else key[0]


class _Coloured(Mapping[Key, str]):
    """The colours as if they were addresses to move to."""

    def __init__(self, colours: Mapping[Key, str]) -> None:
        self._colours = colours

    def __getitem__(self, key: Key) -> str:
        return f"colour_of.c{self._colours[key]}"

    def __iter__(self) -> Iterator[Key]:
        return iter(self._colours)

    def __len__(self) -> int:
        return len(self._colours)


def _grouped(coloured: Iterable[tuple[Key, str]]) -> dict[str, list[Key]]:
    groups: dict[str, list[Key]] = defaultdict(list)
    for key, colour in coloured:
        groups[colour].append(key)
    return groups


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
