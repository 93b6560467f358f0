"""The review for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from emr_eks.review.formats import words
from emr_eks.review.report import Action, Change, Report, Risk, Severity, StackReport

_COLOURS = {
    Severity.critical: "1;31",
    Severity.high: "31",
    Severity.medium: "33",
    Severity.low: "36",
}
_SIGN_COLOURS = {Action.create: "32", Action.update: "33", Action.destroy: "31", Action.forget: "31"}


def write(report: Report, *, colour: bool = False) -> str:
    """Return the report as text; with *colour*, for a terminal that shows ANSI colours."""
    return "\n".join(_Writer(colour).lines(report)) + "\n"


class _Writer:
    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def lines(self, report: Report) -> Iterator[str]:
        yield f"{report.base} -> {report.head}: {words.counts(report.stacks)}; {words.severities(report)}"
        if report.risks:
            yield from ("", self._bold("Risks"))
            for risk in report.risks:
                yield from self._risk(risk)
        for stack in report.stacks:
            if stack.changed or stack.rewritten or stack.follows or stack.drift or stack.deferred or stack.differences:
                yield from ("", *self._stack(stack))
        unchanged = [stack.name for stack in report.stacks if not stack.changed and not stack.deferred]
        if unchanged:
            yield from ("", f"Unchanged: {', '.join(unchanged)}")
        if report.suppressed:
            yield from ("", self._bold("Accepted"))
            for each in report.suppressed:
                until = f" until {each.expires}" if each.expires else ""
                yield f"  {each.risk.id} {each.risk.address}{until}: {each.reason}"

    def _risk(self, risk: Risk) -> Iterator[str]:
        yield (
            f"  {self._painted(risk.severity.value.upper(), _COLOURS[risk.severity])} {risk.id}  "
            f"{risk.path}  {risk.address}{f'  {risk.origin}' if risk.origin else ''}"
        )
        yield f"    {risk.consequence}."
        yield from (f"      {detail}" for detail in risk.details)
        yield f"    Next: {risk.next_step}."

    def _stack(self, stack: StackReport) -> Iterator[str]:
        yield self._bold(f"{stack.name}: {words.counts([stack])}")
        yield from (f"  note: {remark}" for remark in words.remarks(stack))
        for move in stack.moves:
            paste = "" if move.declared else f"; add: {move.python}"
            yield f"  -> {move.path_after}  {move.before} is now {move.after}{paste}"
        for change in stack.changes:
            yield from self._change(change)
        for title, edits in (("outputs", stack.outputs), ("providers and versions", stack.settings)):
            if edits:
                yield f"  {title}:"
                yield from (f"      {words.edit(each)}" for each in edits)
        if stack.drift:
            yield "  changed outside Terraform:"
            for change in stack.drift:
                yield from self._change(change)
        for each in stack.differences:
            yield f"  {each.address}: {each.offline} by the sources, {each.plan} by the plan; {each.why}"

    def _change(self, change: Change) -> Iterator[str]:
        line = words.headline(change)
        yield f"  {self._painted(line, _SIGN_COLOURS.get(change.action, '35'))}"
        yield from (f"      {words.edit(each)}" for each in change.edits)
        yield from (f"      because {reason}" for reason in change.reasons)
        if change.body is not None:
            yield from (f"      {line}" for line in words.body_lines(change.body))

    def _bold(self, text: str) -> str:
        return self._painted(text, "1")

    def _painted(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text
