"""The report of a review: what every format is made from, and what `--format json` prints.

The JSON Schema of a version is published in `docs/review.schema.json`; a field that goes or changes its meaning
makes a new `VERSION`.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION = 1

Mode = Literal["offline", "plan", "both"]


class Severity(str, Enum):
    """How much is at stake."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"

    @property
    def rank(self) -> int:
        """0 for the lowest."""
        return list(Severity).index(self)


class Action(Enum):
    """What happens to a resource."""

    create = "create"
    update = "update"
    replace = "destroy, then create"
    replace_create_first = "create, then destroy"
    destroy = "destroy"
    move = "move"
    forget = "forget"
    import_ = "import"
    read = "read"

    @property
    def replaces(self) -> bool:
        """Whether another resource takes the place of this one."""
        return self in (Action.replace, Action.replace_create_first)

    @property
    def removes(self) -> bool:
        """Whether what was there is destroyed."""
        return self.replaces or self is Action.destroy


class Part(BaseModel):
    """What the parts of a report have in common: they are plain, frozen data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Edit(Part):
    """One value that changes. Secrets have been taken out."""

    path: str = Field(description="Where it stands in the resource.")
    before: Any = Field(default=None, description="The value before; null where there was none.")
    after: Any = Field(default=None, description="The value after; null where there is none.")
    kind: Literal["added", "changed", "removed"] = "changed"
    replaces: bool = Field(default=False, description="Whether this change makes Terraform replace the resource.")


class Change(Part):
    """What happens to one resource."""

    address: str = Field(description="The Terraform address after the change, or before it when there is none after.")
    type: str = Field(description="The resource's Terraform type.")
    path: str = Field(description="The construct path.")
    action: Action
    likely: bool = Field(
        default=False, description="Whether the action is a reading of the sources that a plan could correct."
    )
    moved_from: str | None = Field(default=None, description="The address before a move.")
    move_declared: bool = Field(default=False, description="Whether the move is in the synthesised stack.")
    edits: tuple[Edit, ...] = ()
    body: dict[str, Any] | None = Field(
        default=None, description="What is created or destroyed, for those two actions."
    )
    reasons: tuple[str, ...] = Field(default=(), description="Why, where the edits do not say it.")


class Risk(Part):
    """Something that a reviewer should know before saying yes."""

    id: str = Field(description="The rule's id.")
    severity: Severity
    stack: str
    address: str = Field(description="What it is about: a resource, an output, or the stack itself.")
    path: str = Field(description="The construct path.")
    consequence: str = Field(description="One sentence.")
    next_step: str
    details: tuple[str, ...] = ()
    file: str | None = Field(default=None, description="The file of the head that it stems from, where that is known.")
    line: int | None = Field(default=None, description="The line there, from 1.")

    @property
    def origin(self) -> str | None:
        """File and line as people write them: `platform.yaml:12`."""
        return f"{self.file}:{self.line}" if self.file else None


class Suppressed(Part):
    """A risk that somebody has accepted."""

    risk: Risk
    reason: str
    expires: str | None = None


class Ambiguity(Part):
    """Resources that could be each other under a new address, and nothing that says which is which."""

    type: str
    gone: tuple[str, ...]
    new: tuple[str, ...]


class Move(Part):
    """A resource that is the same under another address."""

    type: str
    before: str
    after: str
    path_before: str
    path_after: str
    declared: bool
    python: str = Field(description="The line to add; empty when the move is declared.")


class Difference(Part):
    """Where a plan and the reading of the sources differ."""

    address: str
    offline: str
    plan: str
    why: str


class StackReport(Part):
    """What happens to one stack."""

    name: str
    status: Literal["new", "changed", "unchanged", "removed"]
    dependencies: tuple[str, ...] = ()
    resources: int = Field(
        default=0, description="How many resources it holds after the change, or held before its removal."
    )
    planned: bool = Field(default=False, description="Whether the changes are a plan's.")
    changes: tuple[Change, ...] = ()
    moves: tuple[Move, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    outputs: tuple[Edit, ...] = ()
    settings: tuple[Edit, ...] = Field(default=(), description="Providers, versions and where the state is kept.")
    follows: int = Field(
        default=0, description="Resources and outputs that only refer to something by its new address."
    )
    rewritten: int = Field(default=0, description="Resources that are written differently and mean the same.")
    waits_for: tuple[str, ...] = Field(default=(), description="What must be applied before this stack can be planned.")
    drift: tuple[Change, ...] = Field(default=(), description="What changed outside Terraform, as the plan saw it.")
    deferred: tuple[str, ...] = Field(default=(), description="Resources that the plan put off, and why.")
    differences: tuple[Difference, ...] = ()
    constructs: tuple[str, ...] = Field(default=(), description="Paths of the constructs that hold something.")

    @property
    def counts(self) -> Counter[Action]:
        """How many resources meet each action."""
        return Counter(change.action for change in self.changes)

    @property
    def changed(self) -> bool:
        """Whether applying this stack would do anything."""
        return bool(self.changes or self.outputs or self.settings or self.moves) or self.status != "unchanged"


class Report(Part):
    """A whole review."""

    version: int = VERSION
    mode: Mode = "offline"
    base: str
    head: str
    stacks: tuple[StackReport, ...]
    risks: tuple[Risk, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything changes at all."""
        return any(stack.changed for stack in self.stacks)

    def at_or_above(self, severity: Severity) -> list[Risk]:
        """Return the risks that are at least as severe."""
        return [risk for risk in self.risks if risk.severity.rank >= severity.rank]
