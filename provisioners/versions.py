"""Which Karpenter a manifest needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from provisioners.labels import is_kubernetes_own
from provisioners.rules import Since
from provisioners.spec import NOTHING, Path, Problem

_LABELS = {
    "karpenter.k8s.aws/capacity-reservation-id": "1.3",
    "karpenter.k8s.aws/instance-capability-flex": "1.7",
    "karpenter.k8s.aws/placement-group-id": "1.11",
    "karpenter.k8s.aws/placement-group-partition": "1.11",
}


class LabelSince(Since):
    """Marks a node label, some of which are unknown to older Karpenters."""

    def __init__(self) -> None:
        super().__init__("1.0")

    def version(self, value: Any) -> str | None:
        """Return the first Karpenter that takes the label key *value*."""
        return "1.9" if is_kubernetes_own(value) else _LABELS.get(value)


def number(version: str) -> tuple[int, ...]:
    """Return *version*, such as `1.14.1`, for comparison. Raises `ValueError`."""
    parts = version.removeprefix("v").split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError(f"a Karpenter version is numbers and dots, such as 1.14.1, got {version!r}")
    return tuple(map(int, parts))


def needs(part: BaseModel, at: Path = ()) -> Iterator[tuple[Path, str, Any]]:
    """Yield path, first version and value of each field or value that not every Karpenter has."""
    for name in sorted(part.model_fields_set):
        field = type(part).model_fields[name]
        value, path = getattr(part, name), (*at, field.alias or name)
        for mark in field.metadata:
            if isinstance(mark, Since):
                yield from _marked(mark, value, path)
        yield from _inside(value, path)


def _marked(mark: Since, value: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    marked = [((*path, key), key) for key in value] if isinstance(value, Mapping) else [(path, value)]
    for where, what in marked:
        version = mark.version(what)
        if version is not None:
            yield where, version, what


def _inside(value: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    if isinstance(value, BaseModel):
        yield from needs(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _inside(item, (*path, index))


def min_version(part: BaseModel) -> str:
    """Return the oldest Karpenter that takes *part*."""
    return max((version for _, version, _ in needs(part)), key=number, default="1.0")


def too_new(part: BaseModel, karpenter_version: str) -> Iterator[Problem]:
    """Yield what in *part* needs a Karpenter newer than *karpenter_version*."""
    have = number(karpenter_version)
    for path, version, value in needs(part):
        if have < number(version):
            yield Problem(
                path,
                f"needs Karpenter {version} or newer, the platform has {karpenter_version}",
                value if isinstance(value, str | int) else NOTHING,
                hint="raise the platform's Karpenter version, or do without",
            )
