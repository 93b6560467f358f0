"""Where something stands in a resource: keys, and indexes or identities of list items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]
"""Steps from the resource down; a list's item is `[2]` or, where it has a name of its own, `[name]`."""


def dotted(path: Path) -> str:
    """Return the path as text: `manifest.spec.requirements[kubernetes.io/arch In].values`."""
    return "".join(step if step.startswith("[") or not index else f".{step}" for index, step in enumerate(path))


def matches(path: Path, pattern: str, *, whole: bool = False) -> bool:
    """Tell whether *path*, its list items left out, lies at or (unless *whole*) below the dotted *pattern*.

    `**` in the pattern stands for any number of steps.
    """
    keys = [step for step in path if not step.startswith("[")]
    wanted = pattern.split(".")
    if "**" in wanted:
        split = wanted.index("**")
        head, tail = wanted[:split], wanted[split + 1 :]
        return keys[:split] == head and len(keys) >= len(wanted) - 1 and keys[len(keys) - len(tail) :] == tail
    if len(keys) < len(wanted):
        # A change of the whole block changes what is in it.
        return not whole and wanted[: len(keys)] == keys
    return keys == wanted if whole else keys[: len(wanted)] == wanted


def at(body: Any, path: str) -> Any:
    """Return the value at the dotted *path*, or None; a block in a list of one is stepped into."""
    for step in path.split("."):
        while isinstance(body, list) and len(body) == 1:
            body = body[0]
        if not isinstance(body, dict):
            return None
        body = body.get(step)
    return body


def blocks(value: Any) -> list[dict[str, Any]]:
    """Return the blocks in *value*, which Terraform JSON writes as one mapping or as a list of them."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:
    """Return *value* if it is a mapping, or that in a list of one; else an empty one."""
    return next(iter(blocks(value)), {})


def whole(value: Any) -> int | None:
    """Return the whole number that *value* is or says; None for anything else."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def listed(value: Any) -> list[Any]:
    """Return *value* as a list: nothing for None, and one item for what is no list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def strings(value: Any) -> Iterator[str]:
    """Yield the strings in a list, or the string itself."""
    return (each for each in listed(value) if isinstance(each, str))
