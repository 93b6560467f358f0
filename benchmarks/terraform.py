"""What Terraform takes for what we synthesise: validating it, and planning it from nothing.

Nothing is asked of AWS: the platform is a cluster in a VPC of given ids, and the provider is told to check nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.platforms import cluster_only
from benchmarks.process import Program, measure
from benchmarks.synth import MAIN, synthesise
from benchmarks.tables import Table, comparison
from emr_eks.failures import Failure
from emr_eks.local.terraform import find_provider_mirror, find_terraform, mirror_configuration

_TITLE = "Terraform on the same stack"
_OFFLINE = {
    "region": "us-east-1",
    "access_key": "none",
    "secret_key": "none",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "skip_requesting_account_id": True,
}


def table(rounds: int = 3) -> Table:
    """Measure, if Terraform and its AWS provider are there."""
    try:
        terraform = str(find_terraform())
    except Failure:
        return Table(_TITLE, [], [], "Not measured: there is no Terraform.")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        platform = cluster_only(folder / "platform")
        stack, resources = _synthesised_for_no_account(folder, platform)
        settings = {"TF_CLI_CONFIG_FILE": str(_settings(folder)), "CHECKPOINT_DISABLE": "1"}
        environment = {**os.environ, **settings}
        init = subprocess.run(
            [terraform, "init", "-input=false"],
            cwd=stack,
            env=environment,
            capture_output=True,
            text=True,
        )
        if init.returncode:
            return Table(_TITLE, [], [], "Not measured: `terraform init` found no provider.")
        programs = [
            MAIN._replace(environment={"EMR_EKS_PLATFORM": str(platform)}),
            Program("`terraform validate`", ["validate"], settings, terraform, stack),
            Program("`terraform plan`", ["plan", "-input=false", "-refresh=false"], settings, terraform, stack),
        ]
        runs = measure(programs, rounds)
        version = subprocess.run([terraform, "version"], env=environment, capture_output=True, text=True).stdout
    notes = f"A cluster in a given VPC: {resources} resources, one stack. {version.splitlines()[0]}."
    return comparison(_TITLE, programs, runs, notes)


def _synthesised_for_no_account(folder: Path, platform: Path) -> tuple[Path, int]:
    """Synthesise, and return the folder of the stack, whose provider asks nobody, and its number of resources."""
    out = folder / "cdktf.out"
    synthesise(platform, out)
    file = next(out.glob("stacks/*-cluster/cdk.tf.json"))
    document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    document["provider"]["aws"] = [_OFFLINE]
    document["terraform"].pop("backend")
    file.write_text(json.dumps(document), "utf-8")
    return file.parent, sum(map(len, document["resource"].values()))


def _settings(folder: Path) -> Path:
    """Write Terraform's settings, with a mirror of providers if this machine has one."""
    mirror = find_provider_mirror()
    file = folder / "terraform.rc"
    file.write_text(mirror_configuration(mirror) if mirror else "", "utf-8")
    return file
