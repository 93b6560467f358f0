"""Job files as job templates that Terraform makes. Pure."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

from constructs_lib._job_template import NO_ORDER, JobTemplateSpec, TeamJob
from constructs_lib._team import DEFAULT_ROLE
from emr_eks.job.file import JobFile, open_job
from emr_eks.job.request import workplace
from emr_eks.job.spec import JobSpec
from provisioners.source import InvalidFile, Located
from provisioners.spec import Path
from stacks.platform import Platform

_INSTEAD = "take the file out of `job_templates`, and start it with `emr-eks job submit`"


def job_templates(platform: Platform) -> dict[str, dict[str, TeamJob]]:
    """Return the jobs in each team's `job_templates`, by team and name. Raises `InvalidFile` with every problem."""
    found: dict[str, dict[str, TeamJob]] = {}
    problems: list[Located] = []
    for team, spec in sorted(platform.spec.teams.items()):
        jobs = found[team] = {}
        for index, name in enumerate(spec.job_templates):
            try:
                file = open_job(platform.document.path.parent / name, platform, team=team)
                job, made = _job(file)
            except InvalidFile as invalid:
                problems += invalid.problems
                continue
            if jobs.setdefault(job.name, made) is not made:
                rule = f"must not hold a second job of the name {job.name!r}, got {name!r}"
                problems.append(platform.document.located(("teams", team, "job_templates", index), rule))
    if problems:
        raise InvalidFile(problems)
    return {team: jobs for team, jobs in found.items() if jobs}


def _job(file: JobFile) -> tuple[JobSpec, TeamJob]:
    at = workplace(file.platform, file.team, account_id=str(file.platform.spec.account_id))
    job = file.job(at)
    if problems := [file.document.located(path, f"{rule}; {_INSTEAD}") for path, rule in _lost(job)]:
        raise InvalidFile(problems)
    request, uploads = file.request(at)
    code = {key: _text(file, path) for key, path in uploads.items()}
    return job, TeamJob(_template(request), job.role or DEFAULT_ROLE, code)


def _lost(job: JobSpec) -> Iterator[tuple[Path, str]]:
    """Yield what of a job a template in Terraform would lose."""
    if len(job.arguments) > 1:
        yield ("arguments",), f"must be at most one for a template, because {NO_ORDER}, got {len(job.arguments)}"
    if job.retry:
        yield ("retry",), "must not be set for a template: EMR takes retries only with each request that starts it"
    if job.monitoring.rotation:
        yield ("monitoring", "rotation"), "must not be set for a template: EMR keeps no rotation of logs in one"


def _text(file: JobFile, path: pathlib.Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        rule = f"needs {path.name}, which is no text: Terraform uploads text only; put it to S3 and name its URI"
        raise InvalidFile([file.document.located((), rule)]) from None


def _template(request: dict[str, Any]) -> JobTemplateSpec:
    driver = request["jobDriver"]["sparkSubmitJobDriver"]
    overrides = request["configurationOverrides"]
    monitoring = overrides["monitoringConfiguration"]
    cloudwatch = monitoring.get("cloudWatchMonitoringConfiguration", {})
    return JobTemplateSpec(
        release=request["releaseLabel"],
        entry_point=driver["entryPoint"],
        arguments=driver.get("entryPointArguments", []),
        spark_submit_parameters=driver["sparkSubmitParameters"],
        configurations={each["classification"]: each["properties"] for each in overrides["applicationConfiguration"]},
        log_group=cloudwatch.get("logGroupName"),
        log_prefix=cloudwatch.get("logStreamNamePrefix"),
        log_uri=monitoring.get("s3MonitoringConfiguration", {}).get("logUri"),
        application_ui=monitoring["persistentAppUI"] == "ENABLED",
        job_tags=request.get("tags", {}),
    )
