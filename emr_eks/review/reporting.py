"""Makes the report of a comparison and its risks; here secrets are taken out, before any format is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emr_eks.review.compare import Comparison, StackComparison, Step
from emr_eks.review.differences import Difference
from emr_eks.review.moves import python_of
from emr_eks.review.origins import NOWHERE, Origins
from emr_eks.review.paths import dotted
from emr_eks.review.redact import redacted, redacted_pair
from emr_eks.review.report import Action, Change, Edit, Mode, Move, Report, Risk, StackReport, Suppressed


def report(
    comparison: Comparison,
    risks: Iterable[Risk],
    suppressed: Iterable[Suppressed],
    *,
    mode: Mode,
    base: str,
    head: str,
    origins: Origins = NOWHERE,
) -> Report:
    """Return what the review of *comparison* says; *base* and *head* are what the two sides are called."""
    return Report(
        mode=mode,
        base=base,
        head=head,
        stacks=tuple(_stack(stack) for stack in comparison.stacks),
        risks=tuple(_told(risk, origins) for risk in risks),
        suppressed=tuple(each.model_copy(update={"risk": _told(each.risk, origins)}) for each in suppressed),
    )


def _stack(stack: StackComparison) -> StackReport:
    moved = [*(step for step in stack.steps if step.moved_from and step.move_declared), *stack.recognised]
    return StackReport(
        name=stack.name,
        status=_status(stack),
        dependencies=stack.stack.dependencies,
        resources=len(stack.stack.resources),
        changes=tuple(_change(step) for step in stack.steps if step.action is not Action.move),
        moves=tuple(_move(step) for step in moved),
        ambiguities=stack.ambiguities,
        outputs=tuple(_edit("output", each, sensitive=_is_sensitive(stack, each)) for each in stack.outputs),
        settings=tuple(_edit("settings", each) for each in stack.settings),
        follows=stack.follows,
        rewritten=stack.rewritten,
        waits_for=stack.waits_for,
        planned=stack.planned,
        drift=tuple(_change(step) for step in stack.drift),
        deferred=stack.deferred,
        differences=stack.disagreements,
        constructs=tuple(sorted({r.path.rpartition("/")[0] or r.path for r in stack.stack.resources.values()})),
    )


def _status(stack: StackComparison) -> Any:
    if stack.before is None:
        return "new"
    if stack.after is None:
        return "removed"
    return "changed" if stack.steps or stack.outputs or stack.settings else "unchanged"


def _change(step: Step) -> Change:
    resource = step.resource
    whole = step.action in (Action.create, Action.destroy, Action.import_)
    return Change(
        address=resource.address,
        type=resource.type,
        path=resource.path,
        action=step.action,
        likely=step.likely and step.action.replaces,
        moved_from=step.moved_from,
        move_declared=step.move_declared,
        edits=tuple(_edit(resource.type, each, replaces=step.forces(each.path)) for each in step.differences),
        body=redacted(resource.type, resource.body) if whole else None,
        reasons=step.reasons,
    )


def _move(step: Step) -> Move:
    assert step.moved_from is not None
    assert step.before is not None
    return Move(
        type=step.resource.type,
        before=step.moved_from,
        after=step.resource.address,
        path_before=step.before.path,
        path_after=step.resource.path,
        declared=step.move_declared,
        python="" if step.move_declared else python_of(step),
    )


def _edit(kind: str, difference: Difference, *, replaces: bool = False, sensitive: bool = False) -> Edit:
    before, after = redacted_pair(kind, difference.path, difference.before, difference.after, (sensitive, sensitive))
    return Edit(
        path=dotted(difference.path),
        before=before,
        after=after,
        kind="added" if difference.before is None else "removed" if difference.after is None else "changed",
        replaces=replaces,
    )


def _is_sensitive(stack: StackComparison, difference: Difference) -> bool:
    sides = [side.outputs.get(difference.path[0], {}) for side in (stack.before, stack.after) if side]
    return difference.path[1:2] == ("value",) and any(side.get("sensitive") is True for side in sides)


def _told(risk: Risk, origins: Origins) -> Risk:
    """Return the risk with its origin, and with every secret that could have come into its words taken out."""
    file, line = origins.of(risk) or (risk.file, risk.line)
    return risk.model_copy(
        update={
            "file": file,
            "line": line,
            "consequence": redacted("", risk.consequence),
            "details": tuple(redacted("", each) for each in risk.details),
        }
    )
