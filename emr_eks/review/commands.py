"""`emr-eks review`: what a change will do to the platform, before anybody applies it."""

from __future__ import annotations

import os
import sys
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emr_eks.failures import Failure
from emr_eks.options import DEFAULT_PLATFORM, PlatformFile
from provisioners.source import InvalidFile, Located

if TYPE_CHECKING:
    from emr_eks.review.model import App
    from emr_eks.review.plan import Plan
    from emr_eks.review.report import Mode, Report, Suppressed


class Format(str, Enum):
    """How the review is written."""

    text = "text"
    markdown = "markdown"
    json = "json"
    sarif = "sarif"
    html = "html"


_BY_SUFFIX = {
    ".html": Format.html,
    ".json": Format.json,
    ".markdown": Format.markdown,
    ".md": Format.markdown,
    ".sarif": Format.sarif,
}


class FailOn(str, Enum):
    """From which severity on the review fails."""

    low = "low"
    medium = "medium"
    high = "high"
    critical = "critical"
    never = "never"


def review(
    base: Annotated[
        str | None, typer.Option("--base", metavar="DIR|REV", help="Before: a cdktf.out, or a git revision.")
    ] = None,
    head: Annotated[
        str, typer.Option("--head", metavar="DIR|REV", help="After: a cdktf.out, or a git revision.")
    ] = "cdktf.out",
    plan: Annotated[
        list[Path] | None,
        typer.Option("--plan", metavar="FILE", help="A stack's plan (`terraform show -json`); one for each stack."),
    ] = None,
    output_format: Annotated[
        Format | None, typer.Option("--format", help="For whom; by default as the file is called, else text.")
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write it; more than once for several formats."),
    ] = None,
    fail_on: Annotated[FailOn, typer.Option("--fail-on", help="Exit with 1 when a risk is this severe.")] = FailOn.high,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="As Terraform: 0 nothing changes, 2 something does, 1 risk or error."),
    ] = False,
    suppressions: Annotated[
        Path | None,
        typer.Option("--suppressions", help="Accepted risks; by default review-suppressions.yaml, if it is there."),
    ] = None,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
) -> None:
    """Say what a change will do: resources, renames, permissions, exposure, data, capacity, versions.

    Needs no AWS account, no state and no network. Exit code 0: no risk at or above --fail-on; 1: there is one; 2: a
    mistake in what was given. With plans, it says what Terraform will do, and where the sources say otherwise.
    """
    try:
        report = _review(base, head, plan or [], suppressions, platform_file)
        for file in output or ():
            _write(report, output_format or _BY_SUFFIX.get(file.suffix.lower(), Format.text), file)
    except (InvalidFile, Failure) as error:
        if detailed_exitcode:
            raise Failure(str(error), exit_code=1) from None
        raise
    if not output:
        _print(report, output_format or Format.text)
    code = _exit_code(report, fail_on, detailed_exitcode)
    if code:
        raise typer.Exit(code)


def _review(base: str | None, head: str, plans: list[Path], suppressions: Path | None, platform_file: Path) -> Report:
    # Imported here: the other commands do without.
    from emr_eks.review import reporting, risks
    from emr_eks.review import suppressions as accepted
    from emr_eks.review.compare import compare
    from emr_eks.review.planned import joined
    from emr_eks.review.revisions import sides_at

    if base is None and not plans:
        raise Failure("give --base, a cdktf.out or a git revision, or --plan, or both", exit_code=2)
    *bases, (after, origins) = sides_at([base, head] if base else [head], platform_file)
    before = bases[0].app if bases else None
    comparison = compare(before, after) if before else None
    if plans:
        comparison = joined(comparison, after, _plans(plans, after, before))
    assert comparison is not None, "there is a base or a plan"
    found = risks.find(comparison)
    suppressed: list[Suppressed] = []
    file = suppressions or accepted.DEFAULT_FILE
    if suppressions or file.exists():
        found, suppressed = accepted.judge(found, *accepted.load(file), date.today())
    mode: Mode = "both" if plans and base else "plan" if plans else "offline"
    return reporting.report(
        comparison, found, suppressed, mode=mode, base=base or "what is deployed", head=head, origins=origins
    )


def _plans(files: list[Path], head: App, base: App | None) -> list[Plan]:
    """Read the plans; every problem of all of them at once, and two of one stack are a mistake."""
    from emr_eks.review import plan

    found: dict[str, Plan] = {}
    problems: list[Located] = []
    for file in files:
        try:
            each = plan.read(file, head, base)
        except InvalidFile as invalid:
            problems += invalid.problems
            continue
        if each.stack in found:
            problems.append(Located(str(file), 0, 0, (), f"is a second plan of {each.stack}; give one"))
        found[each.stack] = each
    if problems:
        raise InvalidFile(problems)
    return [*found.values()]


def _print(report: Report, output_format: Format) -> None:
    colour = {"colour": True} if output_format is Format.text and _shows_colour() else {}
    typer.echo(_written(report, output_format, **colour), nl=False)


def _write(report: Report, output_format: Format, file: Path) -> None:
    try:
        file.write_text(_written(report, output_format), "utf-8")
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}", exit_code=2) from None


def _written(report: Report, output_format: Format, **options: bool) -> str:
    from importlib import import_module

    text: str = import_module(f"emr_eks.review.formats.{output_format.value}").write(report, **options)
    # JSON can name half a character, which no file can hold.
    return text.encode("utf-8", "replace").decode("utf-8")


def _shows_colour() -> bool:
    """Tell whether standard output is a terminal that wants colour (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _exit_code(report: Report, fail_on: FailOn, detailed: bool) -> int:
    from emr_eks.review.report import Severity

    if fail_on is not FailOn.never and report.at_or_above(Severity(fail_on.value)):
        return 1
    return 2 if detailed and report.changed else 0
