"""`emr-eks job`: what can be done with job runs: list, show and follow them, read their logs, cancel them."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Container, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emr_eks import tables
from emr_eks.failures import USER_MISTAKE, Failure
from emr_eks.job import watch as watching
from emr_eks.job.logs import Component, Line, Place
from emr_eks.job.options import (
    EndpointUrl,
    Every,
    Local,
    Output,
    Profile,
    Region,
    Team,
    Timeout,
    jobs_of,
    not_blank,
    print_json,
    say,
    with_team,
)
from emr_eks.job.watch import ENDED, EXIT_CODES, LIVE, Run
from emr_eks.options import DEFAULT_PLATFORM, Format, PlatformFile

if TYPE_CHECKING:
    from emr_eks.job.client import Jobs

app = typer.Typer()

# Mypy wants the names written out.
State = Enum("State", {each: each for each in (*LIVE, *ENDED)}, type=str)  # type: ignore[misc]

RunName = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A job run's id, or a job's name for its newest run.",
        show_default=False,
        callback=not_blank,
    ),
]


@app.command("list")
def list_(
    team: Team,
    state: Annotated[
        list[State] | None, typer.Option("--state", "-s", help="Only runs in this state; may be given again.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Only runs of the job of this name.", callback=not_blank)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only runs started since: 30m, 12h, 7d, or a date as 2026-11-21.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many to show at most, the newest.")] = 50,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """List the team's jobs, the newest first."""
    clock = watching.Clock()
    after = _since(since, clock.now()) if since else None
    jobs = jobs_of(with_team(platform_file, team), team, local, profile, region, endpoint_url)
    runs = jobs.runs(states=[each.value for each in state or ()], name=name, since=after)
    shown = runs[:limit]
    if output is Format.json:
        print_json(shown)
        return
    tables.show(
        ("id", "name", "state", "release", "created", "took"),
        [
            (
                run["id"],
                run.get("name", ""),
                run["state"],
                run["releaseLabel"],
                f"{run['createdAt']:%Y-%m-%d %H:%M:%S}",
                watching.duration(run, clock.now()),
            )
            for run in shown
        ],
    )
    if len(runs) > limit:
        typer.echo(f"{len(runs) - limit} more; --limit shows them")


@app.command()
def show(
    run: RunName,
    team: Team,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Show one job run: its state, where it runs, and the request that started it."""
    found = jobs_of(with_team(platform_file, team), team, local, profile, region, endpoint_url).describe(run)
    if output is Format.json:
        print_json(found)
        return
    driver: dict[str, Any] = next(iter(found.get("jobDriver", {}).values()), {})
    for label, value in {
        "id": found["id"],
        "name": found.get("name", ""),
        "state": watching.state(found),
        "took": watching.duration(found, watching.Clock().now()),
        "virtual cluster": found["virtualClusterId"],
        "runs as": found["executionRoleArn"],
        "release": found["releaseLabel"],
        "entry point": driver.get("entryPoint", ""),
        "arguments": shlex.join(driver.get("entryPointArguments", [])),
        "spark-submit": driver.get("sparkSubmitParameters", driver.get("sparkSqlParameters", "")),
        **_properties(found),
        **_monitoring(found),
        **_retries(found),
        **{f"tag {key}": value for key, value in sorted(found.get("tags", {}).items())},
    }.items():
        typer.echo(f"{label:16} {value}")


@app.command()
def watch(
    run: RunName,
    team: Team,
    every: Every = 5,
    timeout: Timeout = None,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Follow a job run to its end; exit with 0 if it COMPLETED, 3 if it FAILED, 4 if it was CANCELLED, 5 on timeout."""
    jobs = jobs_of(with_team(platform_file, team), team, local, profile, region, endpoint_url)
    watch_to_end(jobs, jobs.describe(run)["id"], team, every, timeout, output)


@app.command()
def logs(
    run: RunName,
    team: Team,
    component: Annotated[
        Component, typer.Option("--component", "-c", help="Whose logs; the controller is the pod that submits the job.")
    ] = Component.driver,
    place: Annotated[
        Place | None, typer.Option("--from", help="Where to read; by default CloudWatch if the run logs there.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on reading until the run has ended.")] = False,
    every: Every = 5,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Print the logs of a job run: of its driver, its executors, or the controller."""
    from emr_eks.job.errors import told

    jobs = jobs_of(with_team(platform_file, team), team, local, profile, region, endpoint_url)
    found = jobs.describe(run)
    source = jobs.logs(found, place)
    printer = _LinePrinter(output)
    with told():
        if follow:
            clock = watching.Clock()
            for seen in watching.follow(partial(jobs.describe, found["id"]), clock, every=every, timeout=None):
                found = seen
                printer.print(source.read(component))
        printer.print(source.read(component))
    if not printer.printed:
        state = "is" if found["state"] in ENDED else "is still"
        whose = "" if component is Component.all else f" of the {component.value}"
        typer.echo(f"no logs{whose} in {source.where}; the run {state} {found['state']}", err=True)


@app.command()
def cancel(
    team: Team,
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Job runs' ids, or jobs' names for their newest runs.",
            show_default=False,
            callback=not_blank,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="All live runs of the job of this name.", callback=not_blank)
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All live runs of the team.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until they have ended.")] = False,
    every: Every = 5,
    timeout: Timeout = None,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Cancel job runs of a team: some by their ids, those of one job, or all; one that AWS refuses stops no other."""
    if sum(map(bool, (runs, name, all_))) != 1:
        raise Failure("say in one way which runs to cancel: by RUN, with --name, or with --all", exit_code=USER_MISTAKE)
    jobs = jobs_of(with_team(platform_file, team), team, local, profile, region, endpoint_url)
    live = [jobs.describe(each) for each in runs] if runs else jobs.runs(states=LIVE[:3], name=name)
    if not live:
        say("nothing to cancel", output)
    elif not yes:
        _confirm(live)
    outcome = {run["id"]: run["state"] for run in live}
    refused = _cancel(jobs, outcome)
    failures = [*refused.values()]
    if wait:
        try:
            _wait(jobs, outcome, refused, every, timeout)
        except Failure as failure:
            failures.append(failure)
    if output is Format.json:
        print_json([{"id": run_id, "state": state} for run_id, state in outcome.items()])
    else:
        for run in live:
            typer.echo(f"{run['id']} {run.get('name', '')}: {outcome[run['id']]}")
    if failures:
        raise Failure("; ".join(map(str, failures)), exit_code=failures[0].exit_code)


@app.command()
def ui(
    run: RunName,
    team: Team,
    presigned: Annotated[
        bool, typer.Option("--presigned", help="Ask EMR for a URL that opens the history without the console.")
    ] = False,
    browse: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Print where to see the Spark history of a job run."""
    jobs = jobs_of(with_team(platform_file, team), team, local, profile, region, endpoint_url)
    found = jobs.describe(run)
    overrides = found.get("configurationOverrides", {})
    kept = overrides.get("monitoringConfiguration", {}).get("persistentAppUI", "ENABLED") == "ENABLED"
    if presigned and not kept:
        raise Failure(f"{found['id']} was started without `application_ui`; EMR keeps no history of it")
    url = jobs.history_url(found, watching.Clock()) if presigned else jobs.console_url()
    events = [
        part["properties"]["logging.eventLog.dir"]
        for part in overrides.get("applicationConfiguration", [])
        if "logging.eventLog.dir" in part.get("properties", {})
    ]
    if output is Format.json:
        print_json({"id": found["id"], "url": url, "eventLogs": events[0] if events else None})
    else:
        typer.echo(url)
        for place in events:
            typer.echo(f"event logs: {place}")
    if browse:
        typer.launch(url)


class _LinePrinter:
    """Prints lines as `tail -f` does for many files: a head where the source changes."""

    def __init__(self, output: Format) -> None:
        self._output = output
        self._source: Any = None
        self.printed = False

    def print(self, lines: Iterator[Line]) -> None:
        for line in lines:
            self.printed = True
            if self._output is Format.json:
                at = line.at.isoformat() if line.at else None
                typer.echo(json.dumps({**line.source._asdict(), "at": at, "text": line.text}))
                continue
            if line.source != self._source:
                self._source = line.source
                typer.echo(f"==> {line.source.component} {line.source.pod} {line.source.stream} <==")
            typer.echo(line.text)


def watch_to_end(jobs: Jobs, run_id: str, team: str, every: float, timeout: float | None, output: Format) -> None:
    """Show the states of a run until it ends, then exit by its outcome."""
    from rich.console import Console

    console = Console(stderr=output is Format.json)
    clock = watching.Clock()
    run: Run = {}
    try:
        with console.status("") if console.is_terminal else nullcontext() as status:
            for seen in watching.follow(lambda: jobs.describe(run_id), clock, every=every, timeout=timeout):
                if watching.state(seen) != (run and watching.state(run)):
                    line = f"{clock.now():%H:%M:%S} {watching.state(seen)}"
                    console.print(line, markup=False, highlight=False, soft_wrap=True)
                run = seen
                if status:
                    status.update(f"{run['state']} for {watching.duration(run, clock.now())}")
    except KeyboardInterrupt:
        typer.echo(f"{run_id} goes on; `emr-eks job watch -t {team} {run_id}` follows it again", err=True)
        raise typer.Exit(130) from None
    if output is Format.json:
        print_json(run)
    else:
        typer.echo(f"{run.get('name') or run_id} took {watching.duration(run, clock.now())}")
        if run["state"] == "FAILED":
            typer.echo(f"`emr-eks job logs -t {team} {run_id}` shows why")
    raise typer.Exit(EXIT_CODES[run["state"]])


def _cancel(jobs: Jobs, outcome: dict[str, str]) -> dict[str, Failure]:
    """Cancel the runs in *outcome* and put their states there; return which of them AWS refused to cancel, and why."""
    refused = {}
    for run_id in outcome:
        try:
            outcome[run_id] = jobs.cancel(run_id) or "CANCEL_PENDING"
        except Failure as failure:
            refused[run_id] = Failure(f"{run_id} was not cancelled: {failure}")
    return refused


def _wait(jobs: Jobs, outcome: dict[str, str], but_for: Container[str], every: float, timeout: float | None) -> None:
    """Put the states of the runs in *outcome* there until all have ended. Raises `Failure` after *timeout*."""
    clock = watching.Clock()
    since = clock.now()
    for run_id in [each for each in outcome if each not in but_for]:
        for step in watching.follow(partial(jobs.describe, run_id), clock, every=every, timeout=timeout, since=since):
            outcome[run_id] = step["state"]


def _confirm(live: list[Run]) -> None:
    for run in live:
        typer.echo(f"{run['id']} {run.get('name', '')} {run['state']}", err=True)
    if not sys.stdin.isatty():
        raise Failure("will not cancel without being asked to; add --yes", exit_code=USER_MISTAKE)
    typer.confirm(f"Cancel {len(live)} job run{'s' if len(live) > 1 else ''}?", abort=True, err=True)


def _since(text: str, now: datetime) -> datetime:
    try:
        if match := re.fullmatch(r"(\d+)([mhd])", text):
            unit = {"m": "minutes", "h": "hours", "d": "days"}[match[2]]
            return now - timedelta(**{unit: int(match[1])})
        return datetime.fromisoformat(text).astimezone()
    except (OverflowError, ValueError):
        rule = f"--since must be a span such as 30m, 12h or 7d, or a date such as 2026-11-21, got {text!r}"
        raise Failure(rule, exit_code=USER_MISTAKE) from None


def _properties(run: Run) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in run.get("configurationOverrides", {}).get("applicationConfiguration", []):
        found |= {f"  {key}": value for key, value in sorted(part.get("properties", {}).items())}
    return found


def _monitoring(run: Run) -> dict[str, str]:
    """Return where the logs and the history of *run* go."""
    kept: dict[str, Any] = run.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    found: dict[str, str] = {"history": kept.get("persistentAppUI", "ENABLED")}
    if cloudwatch := kept.get("cloudWatchMonitoringConfiguration"):
        found["logs"] = f"{cloudwatch['logGroupName']} {cloudwatch.get('logStreamNamePrefix', '')}".rstrip()
    if s3 := kept.get("s3MonitoringConfiguration"):
        found["logs in S3"] = s3["logUri"]
    if rotation := kept.get("containerLogRotationConfiguration"):
        found["rotation"] = f"at {rotation['rotationSize']}, {rotation['maxFilesToKeep']} files"
    return found


def _retries(run: Run) -> dict[str, str]:
    policy, done = run.get("retryPolicyConfiguration"), run.get("retryPolicyExecution", {})
    if not policy:
        return {}
    return {"attempts": f"{done.get('currentAttemptCount', 1)} of at most {policy['maxAttempts']}"}
