"""The real AWS provider, started once for many runs of Terraform: half of what Terraform costs is starting it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from emr_eks.local.terraform import AWS_PROVIDER, find_provider_mirror

START_SECONDS = 60
# Less garbage collection, for more memory; no log, which is written even when nobody reads it.
THRIFT = {"GOGC": "300", "TF_LOG": "OFF", "TF_LOG_SDK": "OFF", "TF_LOG_PROVIDER": "OFF"}


@contextmanager
def shared_provider(environment: Mapping[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """Serve the AWS provider, as it runs under a debugger, and yield the variable by which Terraform finds it.

    It has the *environment* of those Terraforms, so they must have one endpoint. Nothing is yielded when only
    `terraform init` knows where the provider is. https://developer.hashicorp.com/terraform/plugin/debugging
    """
    program = find_provider()
    if program is None:
        yield {}
        return
    printed = folder / "aws-provider.txt"
    with printed.open("wb") as log:
        process = subprocess.Popen(
            [str(program), "-debug"], env={**environment, **THRIFT}, stdout=log, stderr=subprocess.DEVNULL
        )
    try:
        yield {"TF_REATTACH_PROVIDERS": _address(printed, process)}
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def find_provider() -> Path | None:
    """Return the program of the newest AWS provider that lies unpacked in a mirror."""
    mirror = find_provider_mirror()
    found = mirror.glob(f"{AWS_PROVIDER}/*/*/terraform-provider-aws_v*") if mirror else ()
    programs = [path for path in found if os.access(path, os.X_OK)]
    return max(programs, key=lambda path: [int(part) for part in path.parent.parent.name.split(".")], default=None)


def _address(printed: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        _, begun, rest = printed.read_text("utf-8").partition("TF_REATTACH_PROVIDERS='")
        if begun and "'" in rest:
            return rest.partition("'")[0]
        time.sleep(0.05)
    raise AssertionError(f"the AWS provider did not start: {printed.read_text('utf-8')}")
