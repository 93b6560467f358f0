"""How tests look at what was synthesised: a document per stack, and questions that say what was there."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import constructs_lib  # noqa: F401 - first, so that the bindings load lazily where this is the program

# isort: split
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider

import main
from stacks.platform import Platform, load

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_ADDRESS = re.compile(r"\b(data\.)?([a-z]+_[a-z0-9_]+)\.([A-Za-z_][\w-]*)")


class Document:
    """The Terraform JSON of one stack."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content

    def resources(self, kind: str) -> list[dict[str, Any]]:
        """Return every resource of the Terraform type *kind*, by address."""
        found = self.content.get("resource", {}).get(kind, {})
        return [found[name] for name in sorted(found)]

    def only(self, kind: str, **attributes: Any) -> dict[str, Any]:
        """Return the one resource of *kind* with these attributes; fails with what there was instead."""
        candidates = self.resources(kind)
        found = [each for each in candidates if all(each.get(key) == value for key, value in attributes.items())]
        assert len(found) == 1, (
            f"expected one {kind} with {attributes}, found {len(found)} of {len(candidates)}: "
            f"{json.dumps(candidates, indent=2)}"
        )
        return found[0]

    def pod_template(self, team: str, component: str, tier: str | None = None) -> dict[str, Any]:
        """Return a team's pod template; its key holds a digest that nobody need know."""
        folder = "/".join(filter(None, [f"teams/{team}/pod-templates", tier]))
        pattern = re.compile(rf"{folder}/[0-9a-f]{{12}}/{component}\.yaml")
        (found,) = [each for each in self.resources("aws_s3_object") if pattern.fullmatch(each["key"])]
        return dict(json.loads(found["content"]))

    def address(self, resource: dict[str, Any]) -> str:
        """Return the Terraform address of *resource*."""
        return next(
            f"{kind}.{name}"
            for kind, resources in self.content["resource"].items()
            for name, each in resources.items()
            if each is resource
        )

    def addresses(self) -> list[str]:
        """Return every address with the construct path that it stands for."""
        return sorted(
            f"{kind}.{name}  {resource['//']['metadata']['path']}"
            for kind, resources in self.content.get("resource", {}).items()
            for name, resource in resources.items()
        )

    def output(self, name: str) -> Any:
        """Return the value of an output."""
        return self.content["output"][name]["value"]

    def outputs(self) -> set[str]:
        """Return the names of the outputs that people and programs read."""
        return {name for name in self.content.get("output", {}) if not name.startswith("cross-stack-output-")}

    def dangling(self) -> set[str]:
        """Return what is referred to but not declared."""
        declared = {
            f"{prefix}{kind}.{name}"
            for section, prefix in (("resource", ""), ("data", "data."))
            for kind, things in self.content.get(section, {}).items()
            for name in things
        }
        referred = {
            "".join((data, kind, ".", name))
            for text in _texts(self.content)
            for expression in _REFERENCE.findall(text)
            for data, kind, name in _ADDRESS.findall(expression)
        }
        return referred - declared

    def emptied_blocks(self) -> set[str]:
        """Return where a list holds an empty block, which is how cdktf loses a dict's keys.

        `{}` is right only for blocks that have no arguments, and we emit none of those.
        """
        return set(_empty(self.content.get("resource", {}), ""))


def policy(text: str) -> dict[str, dict[str, Any]]:
    """Return the statements of a policy by their sid."""
    # Terraform's expressions may hold quotes of their own.
    statements = json.loads(_REFERENCE.sub(lambda found: found.group().replace('"', "'"), text))["Statement"]
    assert len({each["Sid"] for each in statements}) == len(statements), f"a sid twice in {text}"
    return {each["Sid"]: each for each in statements}


def listed(value: str | list[str]) -> list[str]:
    """Return what IAM writes as one value or as a list."""
    return [value] if isinstance(value, str) else value


def synthesise(platform: Platform, folder: Path) -> dict[str, Document]:
    """Return the stacks of *platform* by their short names, in deploy order."""
    app = App(outdir=str(folder))
    main.build(app, platform)
    app.synth()
    return documents(folder, platform.spec.name)


def synthesise_all(folders: list[str]) -> None:
    """Synthesise each folder's `files/platform.yaml` to its `cdktf.out`."""
    for folder in map(Path, folders):
        synthesise(load(folder / "files" / "platform.yaml"), folder / "cdktf.out")


def documents(folder: Path, platform_name: str) -> dict[str, Document]:
    """Return the stacks in the synthesised *folder* by their short names."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))["stacks"]
    return {
        name.removeprefix(f"{platform_name}-"): Document(
            json.loads((folder / manifest[name]["synthesizedStackPath"]).read_text("utf-8"))
        )
        for name in manifest
    }


def stack_of(build: Callable[[TerraformStack], Any], folder: Path) -> Document:
    """Return somebody else's stack with what *build* puts into it."""
    app = App(outdir=str(folder))
    stack = TerraformStack(app, "test")
    AwsProvider(stack, "aws", region="eu-west-1")
    KubernetesProvider(stack, "kubernetes")
    build(stack)
    app.synth()
    return documents(folder, "")["test"]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


def _empty(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key not in ("//", "manifest"):
                yield from _empty(each, f"{path}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            if each == {}:
                yield f"{path}[{index}]"
            yield from _empty(each, f"{path}[{index}]")


if __name__ == "__main__":
    synthesise_all(sys.argv[1:])
