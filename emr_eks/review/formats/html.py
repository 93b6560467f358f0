"""The review as one page that needs nothing else: no file, no network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from emr_eks.review.formats import words
from emr_eks.review.report import Action, Change, Report, Severity, StackReport

if TYPE_CHECKING:
    from jinja2 import Environment

_KIND = {
    Action.create: "create",
    Action.update: "update",
    Action.replace: "replace",
    Action.replace_create_first: "replace",
    Action.destroy: "destroy",
    Action.move: "move",
    Action.forget: "destroy",
    Action.import_: "create",
    Action.read: "update",
}
_SIGNS = {"create": "+", "update": "~", "replace": "±", "destroy": "-", "move": "→"}
_WORST = ("destroy", "replace", "update", "move", "create", "")


class Tile(NamedTuple):
    """A construct in the picture of its stack."""

    name: str
    kind: str
    """What happens to the worst-hit resource in it, or nothing."""
    changes: int

    @property
    def sign(self) -> str:
        """What happens, for who does not see the colour."""
        return _SIGNS.get(self.kind, "")


def write(report: Report) -> str:
    """Return the report as an HTML page."""
    page = _environment().get_template("review.html.j2")
    return page.render(
        report=report,
        headline=f"{words.counts(report.stacks)}; {words.severities(report)}",
        severities=[severity.value for severity in reversed(Severity)],
        kind=lambda change: _KIND[change.action],
        sign=lambda change: words.SIGNS[change.action],
        counts=lambda stack: words.counts([stack]),
        remarks=lambda stack: [*words.remarks(stack)],
        body=lambda change: [*words.body_lines(change.body, 4000)] if change.body else [],
        tiles=lambda stack: [*tiles(stack)],
        risks=lambda stack: [risk for risk in report.risks if risk.stack == stack.name],
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Loaded here: only this format needs it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("emr_eks.review.formats"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["marked"] = _marked
    environment.filters["value"] = lambda found: words.value(found, 4000)
    return environment


def _marked(text: str) -> str:
    """Return *text* escaped, with what stands in backticks as code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(Markup("<code>{}</code>").format(each) if i % 2 else each for i, each in enumerate(parts))


def tiles(stack: StackReport) -> Iterator[Tile]:
    """Yield the constructs with what happens in each; where nothing does, one stands for all that are in it."""
    changed: dict[str, list[Change]] = {}
    for change in stack.changes:
        changed.setdefault(_construct(change.path), []).append(change)
    moved = {_construct(move.path_after) for move in stack.moves}
    touched = {name.partition("/")[0] for name in {*changed, *moved}}
    quiet = {name.partition("/")[0] for name in map(_construct, stack.constructs)} - touched
    beside = {name for name in map(_construct, stack.constructs) if name.partition("/")[0] in touched}
    for name in sorted({*quiet, *beside, *changed, *moved}):
        found = changed.get(name, [])
        kinds = {_KIND[change.action] for change in found} | ({"move"} if name in moved else set())
        yield Tile(name, min(kinds, key=_WORST.index, default=""), len(found))


def _construct(path: str) -> str:
    """Return the first two steps below the stack: `team/analytics`, `vpc/private`."""
    return "/".join(path.split("/")[1:3]) or path
