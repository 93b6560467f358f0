"""Two bodies of one resource, compared value by value: embedded documents as data, list items by what they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from emr_eks.review import facts
from emr_eks.review.paths import Path


class Difference(NamedTuple):
    """One value that is not the same; None stands for a value that is not there."""

    path: Path
    before: Any
    after: Any


def differences(kind: str, before: Any, after: Any, path: Path = ()) -> Iterator[Difference]:
    """Yield where *after* differs from *before*, the bodies of a resource of the type *kind* without strings to decode.

    A block and a list of that one block are the same to Terraform; so are null and nothing.
    """
    if before == after:
        return
    if isinstance(before, list) != isinstance(after, list):
        before, after = _unwrapped(before), _unwrapped(after)
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}, key=str):
            yield from differences(kind, before.get(key), after.get(key), (*path, str(key)))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(kind, before, after, path)
    elif not _same(before, after):
        yield Difference(path, before, after)


def _unwrapped(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _same(before: Any, after: Any) -> bool:
    """Tell whether Terraform takes one for the other: `true` and `"true"`, 1 and `"1"`, nothing and an empty list."""
    if before in (None, [], {}) and after in (None, [], {}):
        return True
    return _scalar(before) == _scalar(after) if _is_scalar(before) and _is_scalar(after) else bool(before == after)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _scalar(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def _lists(kind: str, before: list[Any], after: list[Any], path: Path) -> Iterator[Difference]:
    if facts.is_ordered(kind, path) and not (_identity(before, after)):
        yield from _by_position(kind, before, after, path)
        return
    keys = _identity(before, after)
    if keys:
        old = {_name(item, keys): item for item in before}
        new = {_name(item, keys): item for item in after}
        for name in dict.fromkeys([*old, *new]):
            yield from differences(kind, old.get(name), new.get(name), (*path, f"[{name}]"))
        return
    gone, came = _without_common(before, after)
    if len(gone) == len(came) == 1:
        yield from differences(kind, gone[0], came[0], (*path, "[]"))
        return
    yield from (Difference((*path, "[]"), item, None) for item in gone)
    yield from (Difference((*path, "[]"), None, item) for item in came)


def _by_position(kind: str, before: list[Any], after: list[Any], path: Path) -> Iterator[Difference]:
    if any(isinstance(item, dict | list) for item in (*before, *after)):
        for index in range(max(len(before), len(after))):
            old, new = (items[index] if index < len(items) else None for items in (before, after))
            yield from differences(kind, old, new, (*path, f"[{index}]"))
    else:
        yield Difference(path, before, after)


def _identity(before: list[Any], after: list[Any]) -> tuple[str, ...]:
    """Return the keys that tell the items of both lists apart, or nothing."""
    items = [*before, *after]
    if not all(isinstance(item, dict) for item in items):
        return ()
    for keys in facts.IDENTITIES:
        if all(isinstance(item.get(keys[0]), str) for item in items) and all(
            len({_name(item, keys) for item in side}) == len(side) for side in (before, after)
        ):
            return keys
    return ()


def _name(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    return " ".join(str(item[key]) for key in keys if item.get(key) is not None)


def _without_common(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    old = Counter(_canonical(item) for item in before)
    new = Counter(_canonical(item) for item in after)
    return _left(before, old - new), _left(after, new - old)


def _left(items: list[Any], wanted: Counter[str]) -> list[Any]:
    left, remaining = [], Counter(wanted)
    for item in items:
        text = _canonical(item)
        if remaining[text]:
            remaining[text] -= 1
            left.append(item)
    return left


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else _scalar(value)
