"""Platforms: made from platform.yaml, with more teams or with less, and one with every part that there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from benchmarks.process import ROOT

EVERYTHING = ROOT / "benchmarks" / "everything.yaml"
"""The platform with every part that there is."""


def with_teams(folder: Path, teams: int, *, roles: int = 1) -> Path:
    """Write platform.yaml with this many *teams*, each with this many *roles*, to *folder*, and return the file."""
    team: dict[str, Any] = {"job_roles": {f"role-{number}": {} for number in range(1, roles)}} if roles > 1 else {}
    return _write(folder, teams={f"team-{number}": team for number in range(teams)}, pools=True)


def aws_and_charts(folder: Path) -> Path:
    """Write platform.yaml without what needs the Kubernetes provider: teams and node pools."""
    return _write(folder, teams=None)


def cluster_only(folder: Path) -> Path:
    """Write a platform of one stack, which Terraform can plan without an account: the cluster in a given VPC."""
    zones = {f"us-east-1{letter}": f"subnet-{letter * 8}" for letter in "abc"}
    return _write(
        folder,
        vpc=None,
        existing_vpc={"vpc_id": "vpc-aaaaaaaa", "private_subnets": zones},
        account_id="123456789012",
        teams=None,
    )


def _write(folder: Path, *, pools: bool = False, **changes: Any) -> Path:
    content = yaml.safe_load((ROOT / "platform.yaml").read_text("utf-8")) | changes
    folder.joinpath("provisioners").mkdir(parents=True)
    for file in (ROOT / "provisioners").glob("*.yaml") if pools else ():
        folder.joinpath("provisioners", file.name).write_bytes(file.read_bytes())
    path = folder / "platform.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not None}), "utf-8")
    return path
