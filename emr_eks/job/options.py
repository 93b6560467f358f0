"""What several of the `emr-eks job` commands take, and how they find the team's jobs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emr_eks.failures import USER_MISTAKE, Failure
from emr_eks.options import Format
from stacks.platform import Platform, load

if TYPE_CHECKING:
    import boto3

    from emr_eks.job.client import Jobs

Team = Annotated[str, typer.Option("--team", "-t", help="The team, as platform.yaml names it.", show_default=False)]
Local = Annotated[bool, typer.Option("--local", help="Use the embedded cloud of `emr-eks local`.")]
Profile = Annotated[str | None, typer.Option("--profile", envvar="AWS_PROFILE", help="The AWS profile.")]
Region = Annotated[str | None, typer.Option("--region", help="Another region to ask than the platform's.")]
EndpointUrl = Annotated[str | None, typer.Option("--endpoint-url", help="Another place to find AWS at.")]
Output = Annotated[Format, typer.Option("--format", help="For people or for programs.")]
Every = Annotated[float, typer.Option("--every", min=0.1, help="Seconds between two looks.")]
Timeout = Annotated[
    float | None, typer.Option("--timeout", min=0, help="Seconds to watch at most; the job goes on after them.")
]


def not_blank(option: typer.CallbackParam, value: Any) -> Any:
    """Return *value* unless it is blank, as an unset variable makes it: AWS would take that for no filter at all."""
    for each in value if isinstance(value, list) else [value]:
        if each is not None and not each.strip():
            name = option.opts[0] if option.opts[0].startswith("-") else "RUN"
            raise Failure(f"{name} must not be blank, got {each!r}", exit_code=USER_MISTAKE)
    return value


def print_json(value: Any) -> None:
    """Print *value* for programs; times become text."""
    typer.echo(json.dumps(value, indent=2, default=str))


def say(text: str, output: Format) -> None:
    """Tell people; programs read JSON from standard output, and nothing else."""
    typer.echo(text, err=output is Format.json)


def with_team(platform_file: Path, team: str) -> Platform:
    """Return the platform in the file, which has *team*."""
    platform = load(platform_file)
    if team not in platform.spec.teams:
        known = ", ".join(sorted(platform.spec.teams)) or "none"
        raise Failure(f"{platform_file} has no team {team!r}; there are: {known}", exit_code=USER_MISTAKE)
    return platform


def jobs_of(
    platform: Platform, team: str, local: bool, profile: str | None, region: str | None, endpoint_url: str | None
) -> Jobs:
    """Return the jobs of *team* in AWS, or in the embedded cloud when *local*."""
    import boto3

    from emr_eks.job.client import Jobs
    from emr_eks.job.errors import told

    if local:
        from emr_eks.local.home import Home

        if region or endpoint_url:
            rule = "--local asks this machine's cloud alone; leave --region and --endpoint-url out"
            raise Failure(rule, exit_code=USER_MISTAKE)
        cloud = Home.of(platform.spec.name).running_cloud()
        return Jobs(platform, team, _local_session(), endpoint_url=cloud.endpoint_url)
    with told():
        session = boto3.Session(profile_name=profile)
    return Jobs(platform, team, session, region=region, endpoint_url=endpoint_url)


def _local_session() -> boto3.Session:
    """Return a session for this machine alone: without the user's profile, configuration and proxies."""
    import boto3
    from botocore.config import Config
    from botocore.session import Session

    nowhere = (None, None, os.devnull, None)
    session = Session({"profile": (None,) * 4, "config_file": nowhere, "credentials_file": nowhere})
    session.set_default_client_config(Config(proxies={}))
    return boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", botocore_session=session)
