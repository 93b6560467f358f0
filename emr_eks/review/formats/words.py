"""Words that the formats for people share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from emr_eks.review.report import Action, Change, Edit, Report, Severity, StackReport

SIGNS = {
    Action.create: "+",
    Action.update: "~",
    Action.replace: "-/+",
    Action.replace_create_first: "+/-",
    Action.destroy: "-",
    Action.move: "->",
    Action.forget: "x",
    Action.import_: "<-",
    Action.read: "<=",
}
"""Terraform's signs, and ours for what it has none for."""

_NAMES = {
    Action.create: "to create",
    Action.update: "to change",
    Action.replace: "to destroy and create",
    Action.replace_create_first: "to create and destroy",
    Action.destroy: "to destroy",
    Action.move: "to move",
    Action.forget: "to forget",
    Action.import_: "to import",
    Action.read: "to read",
}


def counts(stacks: Iterable[StackReport]) -> str:
    """Return `2 to create, 1 to destroy`, or `nothing changes`."""
    totals: dict[Action, int] = {}
    for stack in stacks:
        for action, number in stack.counts.items():
            totals[action] = totals.get(action, 0) + number
        pure = sum(1 for move in stack.moves if not any(c.address == move.after for c in stack.changes))
        if pure:
            totals[Action.move] = totals.get(Action.move, 0) + pure
    found = [f"{totals[action]} {_NAMES[action]}" for action in Action if totals.get(action)]
    return ", ".join(found) or "no resource changes"


def severities(report: Report) -> str:
    """Return `1 critical and 2 high risks`."""
    parts = []
    for severity in reversed(Severity):
        number = sum(risk.severity is severity for risk in report.risks)
        if number:
            parts.append(f"{number} {severity.value}")
    return f"risks: {', '.join(parts)}" if parts else "no risk found"


def value(found: Any, most: int = 200) -> str:
    """Return a value on one line."""
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, sort_keys=True)
    text = text.replace("\r", "\\r").replace("\n", "\\n")
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most} characters more)"


def edit(each: Edit, most: int = 200) -> str:
    """Return one edit on one line: `+ path: value`, `- path: value`, `~ path: value -> value`."""
    forces = "  # forces the replacement" if each.replaces else ""
    if each.kind == "added":
        return f"+ {each.path}: {value(each.after, most)}{forces}"
    if each.kind == "removed":
        return f"- {each.path}: {value(each.before, most)}{forces}"
    return f"~ {each.path}: {value(each.before, most)} -> {value(each.after, most)}{forces}"


def body_lines(body: dict[str, Any], most: int = 200) -> Iterator[str]:
    """Yield a line for each argument of what is created or destroyed."""
    for key in sorted(body):
        if body[key] not in (None, [], {}, ""):
            yield f"{key}: {value(body[key], most)}"


def headline(change: Change) -> str:
    """Return sign, construct path, address and action of a change."""
    likely = " (likely)" if change.likely else ""
    return f"{SIGNS[change.action]} {change.path}  {change.address}  {change.action.value}{likely}"


def remarks(stack: StackReport) -> Iterator[str]:
    """Yield what there is to say about a stack besides its changes."""
    if stack.status == "new":
        yield "a new stack"
    if stack.status == "removed":
        yield "no longer in the app; cdktf leaves what it holds as it is"
    yield from (f"can be planned only after {each}" for each in stack.waits_for)
    if stack.follows:
        yield _number(stack.follows, "reference is only spelled differently", "references are only spelled differently")
    if stack.rewritten:
        one, many = "resource is written differently and means", "resources are written differently and mean"
        yield f"{_number(stack.rewritten, one, many)} the same"
    for same in stack.ambiguities:
        yield (
            f"{same.type}: {', '.join(same.gone)} could each be {', '.join(same.new)}; "
            "they are the same but for their address"
        )
    yield from (f"deferred: {each}" for each in stack.deferred)


def _number(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
