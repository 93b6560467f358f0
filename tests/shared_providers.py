"""Providers that are started once for many runs of Terraform: most of what Terraform costs is starting them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from conftest import ROOT

from emr_eks.local.terraform import AWS_PROVIDER, find_provider_mirror

VARIABLE = "TF_REATTACH_PROVIDERS"
START_SECONDS = 60
# Less garbage collection, for more memory; no log, which is written even when nobody reads it.
THRIFT = {"GOGC": "300", "TF_LOG": "OFF", "TF_LOG_SDK": "OFF", "TF_LOG_PROVIDER": "OFF"}


@contextmanager
def shared_providers(
    environment: Mapping[str, str], folder: Path, *names: str, aws_types: Iterable[str] = ()
) -> Iterator[dict[str, str]]:
    """Serve providers as for a debugger, and yield the variable that tells Terraform of them.

    They have the *environment* of those Terraforms, so these must have one endpoint. An AWS provider that only
    `terraform init` can find is left to it; any other has no types but *aws_types*, resources and data sources alike.
    https://developer.hashicorp.com/terraform/plugin/debugging
    """
    with ExitStack() as running:

        def serve(name: str, command: list[str]) -> tuple[subprocess.Popen[bytes], Path]:
            return running.enter_context(_serving(command, environment, folder / f"{name}.served"))

        served = {name: serve(name, command) for name in names if (command := _command(name))}
        if "aws" in served:
            whole = json.dumps(_addresses(*served["aws"]))
            served["aws"] = serve("trimmed", [*_program("serve_trimmed.py"), whole, *sorted(aws_types)])
        found = {name: address for each in served.values() for name, address in _addresses(*each).items()}
        yield {VARIABLE: json.dumps(found)}


def our_providers(environment: Mapping[str, str], folder: Path) -> AbstractContextManager[dict[str, str]]:
    """Serve, as `shared_providers` does, all that stacks of ours use."""
    return shared_providers(environment, folder, "aws", "kubernetes", "helm", aws_types=_our_types())


def _our_types() -> frozenset[str]:
    """Return the types of the AWS provider that our constructs make use of."""
    modules = re.compile(r"\bcdktf_cdktf_provider_aws\.(?:data_aws_)?(\w+)")
    folders = (ROOT / "constructs_lib", ROOT / "stacks")
    sources = (file.read_text("utf-8") for folder in folders for file in folder.rglob("*.py"))
    return frozenset(f"aws_{name}" for source in sources for name in modules.findall(source))


def _command(name: str) -> list[str]:
    if name != "aws":
        return [*_program("serve_stand_in.py"), name]
    program = find_provider()
    return [str(program), "-debug"] if program else []


def _program(name: str) -> list[str]:
    return [sys.executable, "-u", str(Path(__file__).with_name(name))]


def find_provider() -> Path | None:
    """Return the program of the newest AWS provider that lies unpacked in a mirror."""
    mirror = find_provider_mirror()
    found = mirror.glob(f"{AWS_PROVIDER}/*/*/terraform-provider-aws_v*") if mirror else ()
    programs = [path for path in found if os.access(path, os.X_OK)]
    return max(programs, key=lambda path: [int(part) for part in path.parent.parent.name.split(".")], default=None)


@contextmanager
def _serving(
    command: list[str], environment: Mapping[str, str], printed: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    with printed.open("wb") as log:
        # Beside the stand-ins' program lies a folder with the name of our package.
        surroundings = {**environment, **THRIFT, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=surroundings, stdout=log, stderr=subprocess.DEVNULL)
    try:
        yield process, printed
    finally:
        process.kill()
        process.wait()


def _addresses(process: subprocess.Popen[bytes], printed: Path) -> dict[str, object]:
    """Return where a provider listens, which it prints for the one who debugs it."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        _, begun, rest = printed.read_text("utf-8").partition(f"{VARIABLE}='")
        if begun and "'" in rest:
            addresses: dict[str, object] = json.loads(rest.partition("'")[0])
            return addresses
        time.sleep(0.05)
    raise AssertionError(f"{process.args!r} did not start: {printed.read_text('utf-8')}")
