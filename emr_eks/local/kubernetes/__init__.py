"""Stand-ins for the Kubernetes and Helm providers: a cluster that checks and stores objects and runs nothing.

The real Terraform loads them in place of hashicorp/kubernetes and hashicorp/helm. Their schema comes from the CDKTF
bindings, so Terraform checks types, plans and orders just as it would with a cluster.
"""

from __future__ import annotations

import os
import platform
import shlex
import sys
from pathlib import Path

from emr_eks.local.kubernetes.schema import PROVIDERS, version_of

OBJECTS = "EMR_EKS_LOCAL_OBJECTS"
CACHE = "EMR_EKS_LOCAL_CACHE"
KUBERNETES_VERSION = "EMR_EKS_LOCAL_KUBERNETES_VERSION"
CRDS = "EMR_EKS_CRDS"
"""A folder of custom resource definitions, set by the user: custom objects are then checked too."""

_REGISTRY = Path("registry.terraform.io", "hashicorp")
_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}


def install(mirror: Path) -> None:
    """Write both stand-ins, in the versions that the bindings ask for, to *mirror*, laid out as Terraform expects."""
    machine = platform.machine()
    target = f"{platform.system().lower()}_{_ARCHITECTURES.get(machine, machine)}"
    for name in PROVIDERS:
        version = version_of(name)
        program = mirror / _REGISTRY / name / version / target / f"terraform-provider-{name}_v{version}"
        program.parent.mkdir(parents=True, exist_ok=True)
        # Terraform starts a provider in the stack's folder, so what Python imports must be named.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        command = f"{shlex.quote(sys.executable)} -m emr_eks.local.kubernetes {name}"
        program.write_text(f"#!/bin/sh\nPYTHONPATH={shlex.quote(path)} exec {command}\n", "utf-8")
        program.chmod(0o755)


def environment(*, objects: Path, cache: Path, kubernetes_version: str) -> dict[str, str]:
    """Return the environment variables that the stand-ins read, paths as they are from any folder."""
    definitions = {CRDS: str(Path(os.environ[CRDS]).absolute())} if os.environ.get(CRDS) else {}
    return {
        OBJECTS: str(objects.absolute()),
        CACHE: str(cache.absolute()),
        KUBERNETES_VERSION: kubernetes_version,
        **definitions,
    }
