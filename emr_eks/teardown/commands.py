"""`emr-eks teardown`: ends what runs, waits, and destroys in the right order."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emr_eks import tables
from emr_eks.failures import USER_MISTAKE, Failure
from emr_eks.job import watch
from emr_eks.job.options import Every, Local, Profile, jobs_of
from emr_eks.options import DEFAULT_PLATFORM, PlatformFile
from emr_eks.programs import run_to_its_end
from emr_eks.teardown.plan import Plan, kept, plan
from stacks.platform import Platform, load

if TYPE_CHECKING:
    from emr_eks.teardown.live import Live, LiveThings


def teardown(
    team: Annotated[
        str | None, typer.Option("--team", "-t", help="Only this team; by default the whole platform.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; for programs.")] = False,
    run: Annotated[bool, typer.Option("--run", help="Run the last step instead of printing it.")] = False,
    every: Every = 5,
    timeout: Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait for jobs to end at most.")] = 1800,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
) -> None:
    """Cancel what runs for a team or on the whole platform, wait, and say or do what destroys it, and what stays.

    Interrupted or not, running it again does what is left.
    """
    from emr_eks.teardown.live import LiveThings

    platform = load(platform_file)
    jobs = jobs_of(platform, team or "", local, profile, None, None)
    things = LiveThings(jobs, platform.spec, team)
    if team and team not in platform.spec.teams and not things.were_there:
        known = ", ".join(sorted(platform.spec.teams)) or "none"
        raise Failure(
            f"{platform_file} has no team {team!r}, and AWS no virtual cluster of it; there are: {known}",
            exit_code=USER_MISTAKE,
        )
    _end_all(things, yes, every, timeout)
    things.check_access()
    steps = plan(platform.spec, team, str(platform_file))
    if run:
        _run(steps, platform, platform_file, local, profile, yes)
    else:
        _print(steps, platform_file, team, local)
    if local:
        typer.echo("nothing is kept in the local cloud")
        return
    from emr_eks.job.errors import told

    with told():
        account_id = jobs.client("sts").get_caller_identity()["Account"]
    typer.echo("kept:" if run else "will be kept:")
    for each in kept(platform.spec, team, platform.spec.bucket_name(account_id)):
        typer.echo(f"- {each}")


def _end_all(things: LiveThings, yes: bool, every: float, timeout: float) -> None:
    """Cancel all that runs, after asking, and wait until it has ended."""
    from emr_eks.teardown.live import wait_until_ended

    found = things.find()
    running = [each for each in found if not each.ending]
    if running:
        _confirm(running, yes)
    try:
        for each in running:
            things.end(each)
        wait_until_ended(things, found, watch.Clock(), every=every, timeout=timeout)
    except KeyboardInterrupt:
        typer.echo("what was cancelled goes on ending; run this again for the rest", err=True)
        raise typer.Exit(130) from None
    typer.echo("no job run and no interactive endpoint is left")


def _confirm(running: list[Live], yes: bool) -> None:
    tables.show(
        ("kind", "id", "name", "state", "virtual cluster"),
        [(each.kind, each.id, each.name, each.state, each.virtual_cluster) for each in running],
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("will not cancel without being asked to; add --yes", exit_code=USER_MISTAKE)
    typer.confirm(f"Cancel {'all ' if len(running) > 1 else ''}{len(running)}?", abort=True, err=True)


def _print(steps: Plan, file: Path, team: str | None, local: bool) -> None:
    typer.echo(f"next: {steps.edit}, then:" if steps.edit else "next:")
    name = shlex.quote(str(file))
    if local:
        typer.echo(f"  emr-eks teardown --local --platform {name}{f' --team {team}' if team else ''} --run")
    else:
        typer.echo(f"  EMR_EKS_PLATFORM={name} {shlex.join(('cdktf', *steps.command))}")


def _run(steps: Plan, platform: Platform, file: Path, local: bool, profile: str | None, yes: bool) -> None:
    """Run cdktf, which asks for approval itself unless *yes*."""
    from emr_eks.local.engine import Engine, find_cdktf
    from emr_eks.local.home import Home

    if steps.edit:
        raise Failure(f"{steps.edit}, and run this again", exit_code=USER_MISTAKE)
    if local:
        home = Home.of(platform.spec.name)
        engine = Engine(home, home.running_cloud(), platform.spec, file)
        engine.deploy() if steps.command[0] == "deploy" else engine.destroy(steps.command[1])
        return
    command = [str(find_cdktf()), *steps.command, *(["--auto-approve"] if yes else [])]
    environment = {**os.environ, "EMR_EKS_PLATFORM": str(file), **({"AWS_PROFILE": profile} if profile else {})}
    if run_to_its_end(command, env=environment).returncode:
        raise Failure(f"cdktf {steps.command[0]} failed; what it printed says why. Run this again when it is mended")
