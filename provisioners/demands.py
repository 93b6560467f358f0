"""What is asked of a node's labels: by a pool's requirements and labels, or by a pod."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from provisioners import labels
from provisioners.node_pool import NodePool
from provisioners.spec import Path

REQUIREMENTS: Path = ("spec", "template", "spec", "requirements")
LABELS: Path = ("spec", "template", "metadata", "labels")
_MANY = 10_000


class Demand(NamedTuple):
    """What a node's label must be; `key` is the label's current name, `path` where the demand was written."""

    path: Path
    key: str
    operator: str
    values: tuple[str, ...]

    def admits(self, value: str) -> bool:
        """Tell whether a node whose label is *value* meets the demand."""
        if self.operator in ("In", "NotIn"):
            return (value in self.values) == (self.operator == "In")
        if self.operator in ("Exists", "DoesNotExist"):
            return self.operator == "Exists"
        low, high = self.bounds()
        return value.isdigit() and low <= int(value) and (high is None or int(value) <= high)

    def bounds(self) -> tuple[int, int | None]:
        """Return the least and the greatest number that a comparison admits."""
        number = int(self.values[0]) if self.operator in ("Gt", "Gte", "Lt", "Lte") else 0
        if self.operator in ("Gt", "Gte"):
            return number + (self.operator == "Gt"), None
        return 0, number - (self.operator == "Lt") if self.operator in ("Lt", "Lte") else None

    def __str__(self) -> str:
        return f"{self.key} {self.operator} {', '.join(self.values)}".rstrip()


def met(asked: Iterable[Demand], value: str | None) -> bool:
    """Tell whether a node whose label has *value*, or that lacks the label, meets all that is *asked* of it."""
    if value is None:
        return all(demand.operator in ("NotIn", "DoesNotExist") for demand in asked)
    return all(demand.admits(value) for demand in asked)


class Demands:
    """All that is asked of a node, by label."""

    def __init__(self, demands: Iterable[Demand]) -> None:
        self.by_key: dict[str, list[Demand]] = {}
        for demand in demands:
            self.by_key.setdefault(demand.key, []).append(demand)

    def on(self, key: str) -> list[Demand]:
        return self.by_key.get(key, [])

    def values(self, key: str) -> list[str] | None:
        """Return the values that all demands on *key* leave, or None when there is no end of them."""
        demands = self.on(key)
        named = [demand.values for demand in demands if demand.operator == "In"]
        if named:
            return [value for value in named[0] if all(demand.admits(value) for demand in demands)]
        bounds = [demand.bounds() for demand in demands]
        low = max((low for low, _ in bounds), default=0)
        high = min((high for _, high in bounds if high is not None), default=None)
        if any(demand.operator == "DoesNotExist" for demand in demands):
            return None if all(demand.operator in ("DoesNotExist", "NotIn") for demand in demands) else []
        if high is None or high - low > _MANY:
            return None
        return [str(n) for n in range(low, high + 1) if all(demand.admits(str(n)) for demand in demands)]

    def against(self, facts: dict[str, str]) -> Demand | None:
        """Return a demand that a node with the labels *facts* does not meet."""
        return next((d for key, value in facts.items() for d in self.on(key) if not d.admits(value)), None)


def of_pool(pool: NodePool) -> Demands:
    """Return all that *pool* asks of its nodes; each label asks for its one value."""
    return Demands(_of_pool(pool))


def _of_pool(pool: NodePool) -> Iterator[Demand]:
    template = pool.spec.template
    for index, each in enumerate(template.spec.requirements):
        yield Demand((*REQUIREMENTS, index), labels.normal(each.key), each.operator, tuple(each.values or ()))
    for key, value in ((template.metadata and template.metadata.labels) or {}).items():
        yield Demand((*LABELS, key), labels.normal(key), "In", (value,))
