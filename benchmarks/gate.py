"""A figure and the limit that it must keep to."""

from __future__ import annotations

from typing import NamedTuple


class Gate(NamedTuple):
    """A figure that must not be above its limit."""

    name: str
    value: float
    limit: float
    counted: tuple[str, ...] = ()
    """What the figure is the number of, where that says more than the number."""

    @property
    def holds(self) -> bool:
        """Whether the figure keeps to its limit."""
        return self.value <= self.limit
