"""Turns a synthesised app towards the embedded cloud: same resources, other endpoints. Pure but for the files.

The stacks know nothing of this. It changes, in each stack's Terraform JSON:
- the state, and what reads another stack's state: files in one folder of this machine;
- the AWS provider: it asks for no account, since the emulator has one of its own;
- what keeps data when the platform is destroyed: nothing here is worth keeping.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_KEEPERS = {"aws_s3_bucket": ("force_destroy", True), "aws_cloudwatch_log_group": ("skip_destroy", False)}


def localise(synthesised: Path, state: Path) -> None:
    """Rewrite every stack of the app in *synthesised* (a cdktf.out) to keep its state in the folder *state*."""
    for stack, file in stacks(synthesised):
        document = json.loads(file.read_text("utf-8"))
        file.write_text(json.dumps(localised(document, stack, state), indent=2), "utf-8")


def stacks(synthesised: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and file of every stack, each after those that it depends on."""
    manifest = json.loads((synthesised / "manifest.json").read_text("utf-8"))["stacks"]
    done: set[str] = set()
    while len(done) < len(manifest):
        for name in sorted(manifest):
            if name not in done and done.issuperset(manifest[name]["dependencies"]):
                done.add(name)
                yield name, synthesised / manifest[name]["synthesizedStackPath"]


def localised(document: dict[str, Any], stack: str, state: Path) -> dict[str, Any]:
    """Return *document*, the Terraform JSON of *stack*, for the embedded cloud."""
    document["terraform"]["backend"] = {"local": {"path": str(state / f"{stack}.tfstate")}}
    for name, remote in document.get("data", {}).get("terraform_remote_state", {}).items():
        producer = name.removeprefix("cross-stack-reference-input-")
        remote["backend"] = "local"
        remote["config"] = {"path": str(state / f"{producer}.tfstate")}
    for provider in document.get("provider", {}).get("aws", []):
        provider.pop("allowed_account_ids", None)
    for kind, (argument, value) in _KEEPERS.items():
        for resource in document.get("resource", {}).get(kind, {}).values():
            resource[argument] = value
    return document
