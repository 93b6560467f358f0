"""What NodePool and EC2NodeClass have in common: camelCase keys, nothing added, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from provisioners.labels import LabelKey, LabelValue
from provisioners.rules import Rule
from provisioners.spec import Problem, Spec, broken_rule, text

T = TypeVar("T")


def _given(value: Any) -> Any:
    if value is None:
        raise broken_rule("must have a value", "leave the key out to have Karpenter's default")
    return value


Maybe = Annotated[T | None, BeforeValidator(_given)]
"""A field that may be left out but not left empty: an empty value is most often an unfinished line."""


def whole(low: int, high: int = 2**31 - 1) -> Any:
    """Return the metadata of a whole number from *low* to *high*."""

    def check(value: int) -> int:
        if not low <= value <= high:
            raise broken_rule(f"must be a whole number from {low} to {high}")
        return value

    return AfterValidator(check)


def holds(least: int, most: int) -> Any:
    """Return the metadata of a list or map that holds *least* to *most* items."""

    def check(items: Any) -> Any:
        if not least <= len(items) <= most:
            raise broken_rule(f"must hold {least} to {most} items, holds {len(items)}")
        return items

    return AfterValidator(check)


def _all_different(items: Any) -> Any:
    if len(set(items)) != len(items):
        raise broken_rule("must not name the same item twice")
    return items


all_different = AfterValidator(_all_different)

Text = Annotated[str, text(r"(?s:.+)", "must not be empty")]

ObjectName = Annotated[
    str,
    text(
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
        "must be at most 63 lower-case letters, digits, hyphens and dots, with a letter or digit at each end",
        "Karpenter writes the name into a node label, and label values end at 63 characters",
        max_length=63,
    ),
]

Duration = Annotated[
    str,
    text(
        r"([0-9]+[smh])+",
        "must be a length of time in hours, minutes or seconds",
        "for example '30s' or '1h30m'",
    ),
]

DurationOrNever = Annotated[
    str,
    text(
        r"([0-9]+[smh])+|Never",
        "must be a length of time in hours, minutes or seconds, or Never",
        "for example '30s', '1h30m' or 'Never'",
    ),
]


class Part(Spec):
    """A piece of a manifest: camelCase in YAML, snake_case in Python.

    `obeys` are the rules that concern the part as a whole. Raises pydantic's `ValidationError`.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_alias=True, validate_by_name=True, validate_default=False
    )
    obeys: ClassVar[tuple[Rule, ...]] = ()

    def rules(self) -> Iterator[Problem]:
        """Yield what each of the part's rules finds."""
        for rule in self.obeys:
            yield from rule(self)


class Metadata(Part):
    """Name, labels and annotations. Both kinds are cluster-scoped: there is no namespace."""

    name: ObjectName
    labels: Maybe[dict[LabelKey, LabelValue]] = None
    annotations: Maybe[dict[LabelKey, str]] = None


class Manifest(Part):
    """A whole Kubernetes object."""

    api_version: str
    kind: str
    metadata: Metadata

    def manifest(self) -> dict[str, Any]:
        """Return the object as Kubernetes reads it, with no more in it than was said."""
        said = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return {"apiVersion": self.api_version, "kind": self.kind, **said}
