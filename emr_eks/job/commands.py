"""`emr-eks job`: start Spark jobs for a team, and look at them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emr_eks import tables
from emr_eks.failures import Failure
from emr_eks.job.spec import JobSpec
from emr_eks.options import DEFAULT_PLATFORM, Format, Output, PlatformFile
from provisioners.source import InvalidFile, read, validate
from stacks.platform import PlatformSpec, load

if TYPE_CHECKING:
    from emr_eks.job.client import Jobs

app = typer.Typer(no_args_is_help=True, help="Run Spark jobs for a team, and look at them.")

Team = Annotated[str, typer.Option("--team", "-t", help="The team, as platform.yaml names it.")]
Local = Annotated[bool, typer.Option("--local", help="Use the embedded cloud of `emr-eks local`.")]
Profile = Annotated[str | None, typer.Option("--profile", envvar="AWS_PROFILE", help="The AWS profile.")]
EndpointUrl = Annotated[str | None, typer.Option("--endpoint-url", help="Another place to find AWS at.")]


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(help="The job's file.", show_default=False)],
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Start the job in FILE, after uploading its code, and print its id."""
    platform = load(platform_file).spec
    document = read(file, tolerant=True)
    job = validate(JobSpec, document)
    if job.team not in platform.teams:
        rule = f"must be a team of {platform_file}: {', '.join(sorted(platform.teams)) or 'none'}, got {job.team!r}"
        raise InvalidFile([document.located(("team",), rule)])
    answer = _jobs(platform, job.team, local, profile, endpoint_url).submit(job, file)
    if output is Format.json:
        typer.echo(json.dumps({key: answer[key] for key in ("id", "name", "arn", "virtualClusterId")}, indent=2))
    else:
        typer.echo(f"{answer['name']} started as {answer['id']} on virtual cluster {answer['virtualClusterId']}")


@app.command("list")
def list_(
    team: Team,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """List the team's jobs, the newest first."""
    runs = _jobs(_with_team(platform_file, team), team, local, profile, endpoint_url).runs()
    if output is Format.json:
        typer.echo(json.dumps(runs, indent=2, default=str))
        return
    tables.show(
        ("id", "name", "state", "release", "created"),
        [
            (run["id"], run["name"], run["state"], run["releaseLabel"], f"{run['createdAt']:%Y-%m-%d %H:%M:%S}")
            for run in runs
        ],
    )


@app.command()
def show(
    run_id: Annotated[str, typer.Argument(help="The job run's id.", show_default=False)],
    team: Team,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Show one job run: its state, where it runs, and the request that started it."""
    run = _jobs(_with_team(platform_file, team), team, local, profile, endpoint_url).describe(run_id)
    run.pop("ResponseMetadata", None)
    if output is Format.json:
        typer.echo(json.dumps(run, indent=2, default=str))
        return
    driver = run["jobDriver"]["sparkSubmitJobDriver"]
    for label, value in {
        "id": run["id"],
        "name": run["name"],
        "state": " ".join(filter(None, [run["state"], run.get("failureReason"), run.get("stateDetails")])),
        "virtual cluster": run["virtualClusterId"],
        "runs as": run["executionRoleArn"],
        "release": run["releaseLabel"],
        "entry point": driver["entryPoint"],
        "spark-submit": driver.get("sparkSubmitParameters", ""),
        **_properties(run),
    }.items():
        typer.echo(f"{label:16} {value}")


def _properties(run: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in run.get("configurationOverrides", {}).get("applicationConfiguration", []):
        found |= {f"  {key}": value for key, value in sorted(part.get("properties", {}).items())}
    return found


def _with_team(platform_file: Path, team: str) -> PlatformSpec:
    platform = load(platform_file).spec
    if team not in platform.teams:
        known = ", ".join(sorted(platform.teams)) or "none"
        raise Failure(f"{platform_file} has no team {team!r}; there are: {known}", exit_code=2)
    return platform


def _jobs(platform: PlatformSpec, team: str, local: bool, profile: str | None, endpoint_url: str | None) -> Jobs:
    import boto3

    from emr_eks.job.client import Jobs

    if local:
        from emr_eks.local.home import Home

        cloud = Home.of(platform.name).running_cloud()
        session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local")
        return Jobs(platform, team, session, cloud.endpoint_url)
    return Jobs(platform, team, boto3.Session(profile_name=profile), endpoint_url)
