"""The review as a comment on a pull request: never longer than GitHub allows, and honest about what was left out."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence

from emr_eks.review.formats import words
from emr_eks.review.report import Change, Report, Risk, Severity, StackReport

LIMIT = 65_536
"""Characters of a GitHub comment; GitLab and Bitbucket allow more or the same."""
MARKER = "<!-- emr-eks-review -->"
"""The first line, by which an action finds its comment again."""
_MARKS = {Severity.critical: "🛑", Severity.high: "🔴", Severity.medium: "🟠", Severity.low: "🔵"}
_NEWLINES = re.compile(r"[\r\n]+")


def write(report: Report, limit: int = LIMIT) -> str:
    """Return the report in Markdown, in at most *limit* characters: the first of ever shorter forms that fits.

    Details are folded; then values are cut, then details are dropped, then changes, then all but the first risks.
    """
    for form in (_whole, _cut, _without_edits, _counts_only):
        text = form(report)
        if len(text) <= limit:
            return text
    return _least(report, limit)


def _whole(report: Report) -> str:
    return _text(report, lambda stack: _stack(stack, 400, bodies=True))


def _cut(report: Report) -> str:
    left = "Values are cut, and the arguments of what is created or destroyed are left out: too long for a comment."
    return _text(report, lambda stack: _stack(stack, 80, bodies=False), left)


def _without_edits(report: Report) -> str:
    left = "What changes in each resource is left out: too long for a comment. The other formats have it."
    return _text(report, lambda stack: _stack(stack, 0, bodies=False), left)


def _counts_only(report: Report) -> str:
    left = "The resources that change are left out: too many for a comment. The other formats have them."
    return _text(report, lambda stack: iter(()), left)


def _least(report: Report, limit: int) -> str:
    """Return as many risks as fit, the most severe first, and say how many there are besides."""
    head = [*_head(report), ""]
    note = (
        "> [!NOTE]\n> {} of {} risks are shown, and no resources: too many for a comment. The other formats have them."
    )
    lines: list[str] = []
    room = limit - len("\n".join(head)) - len(note) - 40
    shown = 0
    for risk in report.risks:
        line = f"- {_risk_line(risk)}"
        if room - len(line) - 1 < 0:
            break
        lines.append(line)
        room -= len(line) + 1
        shown += 1
    return "\n".join([*head, note.format(shown, len(report.risks)), "", *lines])[:limit]


def _text(report: Report, stacks: Callable[[StackReport], Iterator[str]], left: str = "") -> str:
    lines = [*_head(report)]
    if left:
        lines += ["", "> [!NOTE]", f"> {left}"]
    if report.risks:
        lines += ["", "### Risks", "", *(line for risk in report.risks for line in _risk(risk))]
    lines += ["", "### Stacks, in the order in which they are applied", ""]
    lines += _table(report.stacks)
    for stack in report.stacks:
        lines += stacks(stack)
    if report.suppressed:
        lines += ["", "### Accepted risks", ""]
        for each in report.suppressed:
            until = f" until {each.expires}" if each.expires else ""
            lines.append(f"- `{each.risk.id}` {_code(each.risk.address)}{until}: {_plain(each.reason)}")
    return "\n".join(lines) + "\n"


def _table(stacks: Sequence[StackReport]) -> Iterator[str]:
    """Yield a line for each stack; the column of remarks is left out where there are none."""
    rows = [(_code(s.name), words.counts([s]), _cell("; ".join(words.remarks(s)))) for s in stacks]
    columns = ["stack", "resources", "remarks"][: 3 if any(row[2] for row in rows) else 2]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    yield from (f"| {' | '.join(row[: len(columns)])} |" for row in rows)


def _head(report: Report) -> Iterator[str]:
    yield MARKER
    yield "## What this change does to the platform"
    yield ""
    yield f"**{words.counts(report.stacks)}**; {words.severities(report)}. {_code(report.base)} → {_code(report.head)}"


def _risk(risk: Risk) -> Iterator[str]:
    yield f"- {_risk_line(risk)}  "
    yield f"  Next: {_plain(risk.next_step, code=True)}."
    if risk.details:
        yield f"  <details><summary>{len(risk.details)} {'detail' if len(risk.details) == 1 else 'details'}</summary>"
        yield ""
        yield from (f"  - {_plain(words.value(detail, 600))}" for detail in risk.details[:50])
        if len(risk.details) > 50:
            yield f"  - and {len(risk.details) - 50} more"
        yield ""
        yield "  </details>"


def _risk_line(risk: Risk) -> str:
    origin = f" in {_code(risk.origin)}" if risk.origin else ""
    what = f"{_MARKS[risk.severity]} **{risk.severity.value}** `{risk.id}` {_code(risk.path)}{origin}"
    return f"{what}: {_plain(words.value(risk.consequence, 600))}."


def _stack(stack: StackReport, most: int, *, bodies: bool) -> Iterator[str]:
    if not stack.changed and not stack.differences and not stack.drift and not stack.deferred:
        return
    yield from (
        "",
        f"<details><summary><b>{html.escape(stack.name)}</b>: {words.counts([stack])}</summary>",
        "",
        "```diff",
    )
    for move in stack.moves:
        yield f"! {move.path_after}: {move.before} is now {move.after}"
        if not move.declared:
            yield f"!   {move.python}"
    for change in stack.changes:
        yield from _change(change, most, bodies=bodies)
    for title, edits in (("outputs", stack.outputs), ("providers and versions", stack.settings)):
        if edits:
            yield f"@@ {title} @@"
            yield from (_diff_line(words.edit(each, most)) for each in (edits if most else ()))
    if stack.drift:
        yield "@@ changed outside Terraform @@"
        for change in stack.drift:
            yield from _change(change, most, bodies=bodies)
    for each in stack.differences:
        yield _fenceless(f"! {each.address}: {each.offline} by the sources, {each.plan} by the plan; {each.why}")
    yield from ("```", "", "</details>")


def _change(change: Change, most: int, *, bodies: bool) -> Iterator[str]:
    # The sign comes first, since that is what a `diff` block is coloured by.
    sign = {"+": "+", "-": "-", "x": "-", "~": "!"}.get(words.SIGNS[change.action], "!")
    likely = " (likely)" if change.likely else ""
    yield _fenceless(f"{sign} {change.path}: {change.action.value}{likely} {change.address}")
    if most:
        yield from (_diff_line(words.edit(each, most)) for each in change.edits)
        yield from (_fenceless(f"    because {reason}") for reason in change.reasons)
    if bodies and change.body is not None:
        yield from (_fenceless(f"    {line}") for line in words.body_lines(change.body, most))


def _diff_line(line: str) -> str:
    return _fenceless(f"{'!' if line[0] == '~' else line[0]}   {line[2:]}")


def _fenceless(line: str) -> str:
    """Return *line* unable to end the block of code that it stands in."""
    return _NEWLINES.sub(" ", line).replace("```", "'''")


def _code(text: str) -> str:
    return f"`{_NEWLINES.sub(' ', text).replace('`', chr(39)).replace('|', '¦')}`" if text else ""


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str, *, code: bool = False) -> str:
    """Return *text* so that nothing in it is taken for HTML, a mention or a link."""
    text = html.escape(_NEWLINES.sub(" ", text), quote=False)
    text = text.replace("@", "@\u200b").replace("](", "]\u200b(")
    return text if code else text.replace("`", "'")
