"""`emr-eks job`: start Spark jobs for a team, follow them, read their logs, cancel them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from emr_eks import tables
from emr_eks.failures import USER_MISTAKE, Failure
from emr_eks.job import runs
from emr_eks.job.file import open_job
from emr_eks.job.options import (
    EndpointUrl,
    Every,
    Local,
    Output,
    Profile,
    Region,
    Timeout,
    jobs_of,
    print_json,
    say,
)
from emr_eks.job.presets import PRESETS
from emr_eks.job.request import UNKNOWN_VIRTUAL_CLUSTER, workplace
from emr_eks.job.spec import JobSpec
from emr_eks.options import DEFAULT_PLATFORM, Format, PlatformFile
from stacks.platform import load

app = typer.Typer(no_args_is_help=True, help="Run Spark jobs for a team, follow them, read their logs, cancel them.")

JobFileName = Annotated[Path, typer.Argument(metavar="FILE", help="The job's file.", show_default=False)]
OtherTeam = Annotated[
    str | None, typer.Option("--team", "-t", help="Another team than the file's.", show_default=False)
]


@app.command()
def submit(
    file: JobFileName,
    team: OtherTeam = None,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the job, and exit as `watch` does.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the request and start nothing.")] = False,
    once: Annotated[
        bool, typer.Option("--once", help="If this very request was sent before, find its run instead of starting one.")
    ] = False,
    client_token: Annotated[
        str | None,
        typer.Option("--client-token", help="What tells EMR that two requests are one; at most 64 characters."),
    ] = None,
    every: Every = 5,
    timeout: Timeout = None,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    local: Local = False,
    profile: Profile = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    output: Output = Format.text,
) -> None:
    """Start the job in FILE, after uploading its code, and print its id."""
    if once and client_token is not None:
        raise Failure("--once makes a token of its own; leave --client-token out", exit_code=USER_MISTAKE)
    if client_token is not None and not (client_token.strip() and len(client_token) <= 64):
        rule = f"--client-token must have 1 to 64 characters, got {len(client_token)}"
        raise Failure(rule, exit_code=USER_MISTAKE)
    platform = load(platform_file)
    job = open_job(file, platform, team=team)
    jobs = jobs_of(platform, job.team, local, profile, region, endpoint_url)
    if dry_run:
        print_json(jobs.request(job))
        return
    answer = jobs.submit(job, client_token=client_token, once=once)
    if watch:
        say(f"{answer['name']} started as {answer['id']}", output)
        runs.watch_to_end(jobs, answer["id"], job.team, every, timeout, output)
    elif output is Format.json:
        print_json({key: answer[key] for key in ("id", "name", "arn", "virtualClusterId")})
    else:
        typer.echo(f"{answer['name']} started as {answer['id']} on virtual cluster {answer['virtualClusterId']}")


@app.command()
def render(
    file: JobFileName,
    team: OtherTeam = None,
    account_id: Annotated[
        str | None, typer.Option("--account-id", help="The AWS account; by default platform.yaml's, or zeros.")
    ] = None,
    virtual_cluster_id: Annotated[
        str,
        typer.Option("--virtual-cluster-id", help="The virtual cluster's id; by default zeros.", show_default=False),
    ] = UNKNOWN_VIRTUAL_CLUSTER,
    platform_file: PlatformFile = DEFAULT_PLATFORM,
) -> None:
    """Print the StartJobRun request of the job in FILE, checked against EMR's API, without asking AWS.

    `submit --dry-run` fills in account and virtual cluster from AWS.
    """
    _check_ids(account_id, virtual_cluster_id)
    platform = load(platform_file)
    job = open_job(file, platform, team=team)
    account = account_id or platform.spec.account_id
    at = workplace(
        platform, job.team, virtual_cluster_id=virtual_cluster_id, **({"account_id": account} if account else {})
    )
    print_json(job.request(at)[0])


def _check_ids(account_id: str | None, virtual_cluster_id: str) -> None:
    wrong = []
    if account_id is not None and not re.fullmatch("[0-9]{12}", account_id):
        wrong.append(f"--account-id must be 12 digits, got {account_id!r}")
    if not re.fullmatch("[0-9a-z]{1,64}", virtual_cluster_id):
        rule = "--virtual-cluster-id must be 1 to 64 lower-case letters and digits"
        wrong.append(f"{rule}, got {virtual_cluster_id!r}")
    if wrong:
        raise Failure("; ".join(wrong), exit_code=USER_MISTAKE)


@app.command()
def presets(
    name: Annotated[str | None, typer.Argument(help="One preset, in full.", show_default=False)] = None,
    output: Output = Format.text,
) -> None:
    """List the presets of Spark configuration, or show NAME with all that it sets."""
    known = {str(each): preset for each, preset in PRESETS.items()}
    if name is not None and name not in known:
        raise Failure(f"there is no preset {name!r}; there are: {', '.join(known)}", exit_code=USER_MISTAKE)
    if output is Format.json:
        shown = known if name is None else {name: known[name]}
        print_json({each: preset._asdict() for each, preset in shown.items()})
    elif name is None:
        tables.show(("preset", "what it does"), [(each, preset.summary) for each, preset in known.items()])
    else:
        preset = known[name]
        typer.echo(f"{preset.summary}\n{preset.source}\n")
        rows = [(key, value, "") for key, value in preset.fixed.items()]
        rows += [(key, value, "a job may set another") for key, value in preset.defaults.items()]
        tables.show((preset.classification, "value", ""), rows)
        for other, why in preset.excludes.items():
            typer.echo(f"not with {other}: {why}")


@app.command()
def schema(
    reference: Annotated[bool, typer.Option("--reference", help="Print the reference in Markdown instead.")] = False,
) -> None:
    """Print the JSON Schema of job files, for editors."""
    if reference:
        from emr_eks.reference import markdown

        typer.echo(markdown(JobSpec, "Job file reference", "a job file"), nl=False)
    else:
        print_json(JobSpec.model_json_schema())


app.add_typer(runs.app)
