"""The real `cdktf` and the real `terraform`, pointed at a local platform's home."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from emr_eks.failures import Failure
from emr_eks.local import kubernetes
from emr_eks.local.home import Cloud, Home
from emr_eks.local.localise import stacks
from emr_eks.local.synth import STATE_VARIABLE
from emr_eks.local.terraform import find_provider_mirror, find_terraform
from emr_eks.programs import run_to_its_end
from stacks.platform import PlatformSpec


class Engine:
    """Runs `cdktf` and `terraform` for one local platform.

    Raises `Failure` when a tool is missing or fails; what it printed has been shown by then.
    """

    def __init__(self, home: Home, cloud: Cloud, platform: PlatformSpec, platform_file: Path) -> None:
        self._home = home
        self._terraform = find_terraform()
        self._environment = self._surroundings(cloud, platform, platform_file)

    def deploy(self) -> None:
        """Synthesise, and apply every stack in order."""
        self._cdktf("deploy", "*", "--auto-approve", "--parallelism", "1", "--skip-provider-lock")

    def destroy(self, stack: str = "*") -> None:
        """Synthesise, and destroy *stack*, by default every one in reverse order."""
        self._cdktf("destroy", stack, "--auto-approve", "--parallelism", "1", "--skip-provider-lock")

    def plan(self) -> dict[str, bool]:
        """Synthesise, show each stack's plan, and return whether it changes anything, by stack."""
        self._cdktf("synth")
        changes = {}
        for stack, file in stacks(self._home.synthesised):
            print(f"== {stack}", flush=True)
            self._run_terraform(file.parent, "init", "-input=false", "-no-color", "-upgrade=false", quiet=True)
            code = self._run_terraform(
                file.parent, "plan", "-input=false", "-detailed-exitcode", "-compact-warnings", accept=(0, 2)
            )
            changes[stack] = code == 2
        return changes

    def _cdktf(self, *arguments: str) -> None:
        command = [
            str(find_cdktf()),
            *arguments,
            "--app",
            f'"{sys.executable}" -m emr_eks.local.synth',
            "--output",
            str(self._home.synthesised),
        ]
        if run_to_its_end(command, env=self._environment).returncode:
            raise Failure(f"cdktf {arguments[0]} failed; what it printed says why")

    def _run_terraform(self, folder: Path, *arguments: str, accept: tuple[int, ...] = (0,), quiet: bool = False) -> int:
        done = run_to_its_end(
            [str(self._terraform), *arguments],
            cwd=folder,
            env=self._environment,
            stdout=subprocess.PIPE if quiet else None,
        )
        if done.returncode not in accept:
            raise Failure(f"terraform {arguments[0]} failed in {folder.name}: {done.stdout or ''}")
        return done.returncode

    def _surroundings(self, cloud: Cloud, platform: PlatformSpec, platform_file: Path) -> dict[str, str]:
        """Return the environment of both tools: the emulator for AWS, and nothing of the user's own AWS."""
        mine = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
        return {
            **mine,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_ENDPOINT_URL": cloud.endpoint_url,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TERRAFORM_BINARY_NAME": str(self._terraform),
            "TF_CLI_CONFIG_FILE": str(self._terraform_settings()),
            # Collecting garbage is a fifth of what Terraform and the AWS provider compute.
            "GOGC": os.environ.get("GOGC", "400"),
            # A cache would copy the AWS provider, 700 MB; a mirror is linked to.
            "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "true",
            "CHECKPOINT_DISABLE": "true",
            "CI": "true",
            STATE_VARIABLE: str(self._home.state),
            "EMR_EKS_PLATFORM": str(platform_file),
            **kubernetes.environment(
                objects=self._home.objects,
                cache=self._home.cache,
                kubernetes_version=platform.kubernetes_version,
            ),
        }

    def _terraform_settings(self) -> Path:
        """Write Terraform's settings: our stand-ins, and the AWS provider of this machine or the registry's."""
        kubernetes.install(self._home.plugins)
        ours = ["registry.terraform.io/hashicorp/helm", "registry.terraform.io/hashicorp/kubernetes"]
        mirror = find_provider_mirror()
        others = f"filesystem_mirror {{\n    path = {json.dumps(str(mirror))}" if mirror else "direct {"
        file = self._home.root / "terraform.rc"
        file.write_text(
            "provider_installation {\n"
            f"  filesystem_mirror {{\n    path = {json.dumps(str(self._home.plugins))}\n"
            f"    include = {json.dumps(ours)}\n  }}\n"
            f"  {others}\n    exclude = {json.dumps(ours)}\n  }}\n}}\n",
            "utf-8",
        )
        return file


def require_tools() -> None:
    """Look for all that `Engine` runs. Raises `Failure` when something is missing, before anything is started."""
    if not Path("cdktf.json").is_file():
        raise Failure("there is no cdktf.json in this folder; run this in the folder of main.py", exit_code=2)
    find_terraform()
    find_cdktf()


def find_cdktf() -> Path:
    """Return the pinned cdktf of `package.json`, or the one on the PATH. Raises `Failure` when there is none."""
    local = Path.cwd() / "node_modules" / ".bin" / "cdktf"
    found = str(local) if local.exists() else shutil.which("cdktf")
    if not found:
        raise Failure("cdktf is not installed; run `npm ci`, or `npm install -g cdktf-cli@0.21.0`", exit_code=2)
    return Path(found)
