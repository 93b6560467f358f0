"""Job files: read, filled in, and judged together with the platform and with the API, before anything is called."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from constructs_lib._team import DEFAULT_ROLE
from constructs_lib._versions import EMR_FEATURES, release_has
from emr_eks.job.model import breaches
from emr_eks.job.pods import job_pods, over_quota, wrong_sizes
from emr_eks.job.request import Workplace, start_job_run, variables, workplace
from emr_eks.job.spec import JobSpec
from provisioners.fill import fill
from provisioners.source import Document, InvalidFile, Located, read, validate
from provisioners.spec import Path
from stacks import landing
from stacks.platform import Platform


@dataclass(frozen=True)
class JobFile:
    """A job file that is known to be valid on a platform, where the account does not matter for that."""

    path: pathlib.Path
    team: str
    platform: Platform
    document: Document

    def job(self, at: Workplace) -> JobSpec:
        """Return the job with its variables filled in for the workplace *at*. Raises `InvalidFile`."""
        filled = fill(self.document, at.variables)
        return validate(JobSpec, filled, data={**filled.data, "team": self.team})

    def request(self, at: Workplace) -> tuple[dict[str, Any], dict[str, pathlib.Path]]:
        """Return the StartJobRun request, and the files to upload by their key in the bucket."""
        job = self.job(at)
        uploads: dict[str, pathlib.Path] = {}
        uris: dict[str, str] = {}
        for _, name in _code(job):
            if "://" not in name:
                path = self.path.parent / name
                key = at.upload_key(_digest(path), path.name)
                uploads[key], uris[name] = path, f"s3://{at.bucket}/{key}"
        return start_job_run(job, at, uploaded=uris), uploads


def open_job(path: pathlib.Path, platform: Platform, *, team: str | None = None) -> JobFile:
    """Read the job in *path*, for *team* if not for the one that it names itself.

    Raises `InvalidFile` with every problem: of the file, of files that it names, of its place on the platform,
    and of the request that comes out of it.
    """
    document = read(path, tolerant=True)
    data = document.data if isinstance(document.data, dict) else None
    wanted = team if team is not None else (data or {}).get("team")
    if data is None or not (isinstance(wanted, str) and wanted in platform.spec.teams):
        raise InvalidFile(_teamless(document, platform, team, wanted))
    file = JobFile(path, wanted, platform, document)
    at = workplace(platform, wanted)
    job = file.job(at)
    problems = [*_problems(file, job, at)]
    if not problems:
        lost = landing.check(platform, job_pods(job, platform, document, at.variables)).problems
        bounds = [document.located(("executor",), rule) for rule in over_quota(job, platform, at.variables)]
        problems = [*_refused(file, at), *(lost or bounds)]
    if problems:
        raise InvalidFile(problems)
    return file


def _teamless(document: Document, platform: Platform, option: str | None, team: Any) -> list[Located]:
    """Return what is wrong with a job that has no workplace; *option* is its *team* if that is not the file's own."""
    filled = fill(document, variables(platform, _SOME_TEAM))
    data = filled.data
    if option is not None and isinstance(data, dict):
        data = {**data, "team": _SOME_TEAM}
    problems: list[Located] = []
    try:
        validate(JobSpec, filled, data=data)
    except InvalidFile as invalid:
        problems += invalid.problems
    if isinstance(team, str) and team not in platform.spec.teams:
        rule = _unknown_team(platform, team)
        told = document.located(("team",), rule) if option is None else Located("--team", 0, 0, (), rule)
        problems.append(told)
    return problems


def _unknown_team(platform: Platform, team: str) -> str:
    teams = sorted(platform.spec.teams)
    near = get_close_matches(team, teams, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(teams) or 'none'}"
    return f"must be a team of the platform, got {team!r}; {hint}"


def _problems(file: JobFile, job: JobSpec, at: Workplace) -> Iterator[Located]:
    for place, name in _code(job):
        if "://" not in name and (reason := _unreadable(file.path.parent / name)):
            rule = f"must be a file beside {file.path.name} or a URI, got {name!r}: {reason}"
            yield file.document.located(place, rule)
    if job.tier and job.tier not in at.tiers:
        tiers = ", ".join(at.tiers) or "none"
        rule = f"must be a tier of team {job.team}, got {job.tier!r}; there are: {tiers}"
        yield file.document.located(("tier",), rule)
    for key, rule in wrong_sizes(job):
        yield file.document.located(("spark", key), rule)
    yield from _role(file, job)
    if job.submitter_pool and job.submitter_pool not in at.submitter_pools:
        pools = ", ".join(at.submitter_pools) or "none"
        rule = f"must be a node pool or node group without taints, got {job.submitter_pool!r}; there are: {pools}"
        yield file.document.located(("submitter_pool",), rule)


def _role(file: JobFile, job: JobSpec) -> Iterator[Located]:
    """Yield why the job cannot run under its role."""
    roles = file.platform.spec.teams[file.team].roles
    role = roles.get(job.role or DEFAULT_ROLE)
    if role is None:
        rule = f"must be a job role of team {job.team}, got {job.role!r}; there are: {', '.join(roles)}"
        yield file.document.located(("role",), rule)
    elif "start_job_run" not in role.frameworks:
        rule = f"must be a job role whose `frameworks` include start_job_run; it is for {', '.join(role.frameworks)}"
        yield file.document.located(("role",), rule)
    elif not role.by_irsa and not release_has(job.release, "pod identity for jobs"):
        first = " or ".join(f"emr-{each}" for each in EMR_FEATURES["pod identity for jobs"])
        rule = f"needs {first} or newer, because its job role has `identity: pod_identity`, got {job.release!r}"
        yield file.document.located(("release",), rule)


def _refused(file: JobFile, at: Workplace) -> Iterator[Located]:
    request, _ = file.request(at)
    for breach in breaches("StartJobRun", request):
        field = next((field for start, field in _FIELDS.items() if breach.path[: len(start)] == start), ())
        where = ".".join(map(str, breach.path))
        yield file.document.located(field, f"makes a request that EMR refuses: {where} {breach.rule}")


def _code(job: JobSpec) -> Iterator[tuple[Path, str]]:
    yield ("entry_point",), job.entry_point
    for field in ("py_files", "jars"):
        for index, name in enumerate(getattr(job, field)):
            yield (field, index), name


def _unreadable(path: pathlib.Path) -> str | None:
    try:
        if path.exists() and not path.is_file():
            return "not a regular file"
        with path.open("rb"):
            return None
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)


def _digest(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
    return digest.hexdigest()


_SOME_TEAM = "team"
"""Stands for a team that nobody knows, so that all else can be judged."""
_DRIVER = ("jobDriver", "sparkSubmitJobDriver")
_FIELDS: dict[Path, Path] = {
    ("name",): ("name",),
    ("releaseLabel",): ("release",),
    ("tags",): ("tags",),
    ("retryPolicyConfiguration",): ("retry",),
    (*_DRIVER, "entryPointArguments"): ("arguments",),
    (*_DRIVER, "entryPoint"): ("entry_point",),
    ("configurationOverrides", "applicationConfiguration"): ("configurations",),
    ("configurationOverrides", "monitoringConfiguration"): ("monitoring",),
}
"""What in a job file becomes which part of the request."""
