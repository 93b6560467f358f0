"""What a rule is, and since which Karpenter a field or a value exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from provisioners.spec import Problem

Layer = Literal["cel", "run time", "aws"]
"""Where the rule is stated: in Karpenter's CEL, in its controller, or by AWS. The schema's rules are on the fields."""


@dataclass(frozen=True)
class Rule:
    """A rule over one part of a manifest; calling it yields what breaks it."""

    name: str
    since: str
    layer: Layer
    check: Callable[[Any], Iterator[Problem]]

    def __call__(self, part: Any) -> Iterator[Problem]:
        """Yield what is wrong with *part*."""
        return self.check(part)


def rule(*, since: str, layer: Layer) -> Callable[[Callable[[Any], Iterator[Problem]]], Rule]:
    """Make a rule of a function; *since* is the first Karpenter, 1.0 or newer, that has it."""
    return lambda check: Rule(check.__name__, since, layer, check)


class Since:
    """Marks a field, or some of its values, as unknown to a Karpenter older than *version*."""

    def __init__(self, version: str, *values: str) -> None:
        self._version, self._values = version, values

    def version(self, value: Any) -> str | None:
        """Return the first Karpenter that takes *value*, or None when every one does."""
        return self._version if not self._values or value in self._values else None
