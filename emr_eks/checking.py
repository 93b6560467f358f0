"""`emr-eks check`: all that can be known about a platform before there is one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import typer

from emr_eks import tables
from emr_eks.job.pods import useless_presets
from emr_eks.job.template import job_templates
from emr_eks.options import Format
from provisioners.landing.pod import Pod, pods_in
from provisioners.landing.report import names
from provisioners.source import InvalidFile, Located, read_all
from stacks import landing, support
from stacks.platform import Platform, load


def check(platform_file: Path, pod_files: Iterable[Path], today: date, output: Format) -> None:
    """Check the platform as of *today*, and print what was found. Raises `InvalidFile` with every problem."""
    platform = load(platform_file)
    job_templates(platform)
    landed, supported = landing.check(platform, _pods(pod_files)), support.check(platform, today)
    if problems := [*supported.problems, *landed.problems]:
        raise InvalidFile(problems)
    warnings = [*platform.advice, *supported.warnings, *landed.advice, *useless_presets(platform)]
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    if output is Format.json:
        typer.echo(json.dumps(_facts(platform, landed, warnings), indent=2))
    else:
        typer.echo(f"{platform_file}: {_summary(platform)}\n")
        tables.show(
            ["pods", "can run on"],
            [[names(each.pods), ", ".join(map(str, each.fleets))] for each in landed.landings],
        )


def _pods(files: Iterable[Path]) -> list[Pod]:
    pods: list[Pod] = []
    problems: list[Located] = []
    for file in files:
        try:
            for document in read_all(file):
                pods += pods_in(document)
        except InvalidFile as invalid:
            problems += invalid.problems
    if problems:
        raise InvalidFile(problems)
    return pods


def _summary(platform: Platform) -> str:
    spec = platform.spec
    return (
        f"{spec.name} in {spec.region} is valid: Kubernetes {spec.kubernetes_version}, "
        f"{_count(len(spec.groups), 'node group')}, {_count(len(platform.pools.node_pools), 'node pool')}, "
        f"{_count(len(spec.teams), 'team')}"
    )


def _facts(platform: Platform, landed: landing.Findings, warnings: list[Located]) -> dict[str, object]:
    return {
        "platform": platform.spec.name,
        "region": platform.spec.region,
        "kubernetes": platform.spec.kubernetes_version,
        "pods": [
            {
                "names": [pod.name for pod in each.pods],
                "can_run_on": [{"kind": fleet.kind, "name": fleet.name} for fleet in each.fleets],
            }
            for each in landed.landings
        ],
        "warnings": [str(warning) for warning in warnings],
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
