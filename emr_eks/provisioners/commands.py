"""`emr-eks provisioners`: what is done with node pools besides deploying them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
import yaml

from constructs_lib._versions import DEFAULT_KARPENTER, DEFAULT_KUBERNETES, V1ALPHA5_KUBERNETES, V1ALPHA5_UNTIL
from provisioners.fill import fill
from provisioners.legacy.launch_template import LaunchTemplate, read_launch_template
from provisioners.legacy.upgrade import upgrade
from provisioners.load import judge, read_manifests
from provisioners.source import Document, InvalidFile, Located, read
from provisioners.versions import number

app = typer.Typer(no_args_is_help=True, help="Karpenter's node pools, and what came before them.")

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_MARKED = re.compile(r"xvar([0-9a-f]*)xend")


@app.command()
def convert(
    files: Annotated[
        list[Path], typer.Argument(help="Files with Provisioners and AWSNodeTemplates.", show_default=False)
    ],
    launch_template: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=FILE: what a launch template holds, as `aws ec2 describe-launch-template-versions` prints it. "
            "May be given often."
        ),
    ] = None,
    karpenter_version: Annotated[str, typer.Option(help="The Karpenter that the result is for.")] = DEFAULT_KARPENTER,
    kubernetes_version: Annotated[str, typer.Option(help="The Kubernetes that it runs on.")] = DEFAULT_KUBERNETES,
) -> None:
    """Print node pools and node classes v1 for old FILES, and every change of meaning on standard error.

    For a Karpenter that still has Provisioners, print them as they are, once they are found right.
    """
    keeps = _keeps_v1alpha5(karpenter_version, kubernetes_version)
    launch_templates = dict(_launch_template(each) for each in launch_template or ())
    problems: list[Located] = []
    documents: list[Document] = []
    for file in files:
        try:
            documents += [_marked(document, file) for document in read_manifests(file)]
        except InvalidFile as invalid:
            problems += invalid.problems
    converted, changes = upgrade(
        documents, cluster_name=_mark("cluster_name"), problems=problems, launch_templates=launch_templates
    )
    if keeps:
        converted, changes = documents, []
    else:
        problems += judge(converted, karpenter_version)
    if problems:
        raise InvalidFile([problem._replace(message=_unmarked(problem.message)) for problem in problems])
    for change in changes:
        typer.echo(f"change: {_unmarked(str(change))}", err=True)
    text = yaml.safe_dump_all([each.data for each in converted], sort_keys=False, width=120)
    typer.echo(_unmarked(text), nl=False)


def _keeps_v1alpha5(karpenter: str, kubernetes: str) -> bool:
    """Tell whether v1alpha5 itself is to be written. Raises `typer.BadParameter` where nothing can be."""
    try:
        version, runs_on = number(karpenter), number(kubernetes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if version >= (1,):
        return False
    if version >= V1ALPHA5_UNTIL:
        raise typer.BadParameter(f"Karpenter {karpenter} has neither v1alpha5 nor v1; convert for 1.0 or newer")
    known = [since for since in V1ALPHA5_KUBERNETES if since <= version]
    if not known:
        raise typer.BadParameter(
            f"nobody says which Kubernetes Karpenter {karpenter} runs on; name 0.21 or newer, or convert for 1.0"
        )
    first, last = V1ALPHA5_KUBERNETES[max(known)]
    if not number(first) <= runs_on <= number(last):
        raise typer.BadParameter(
            f"Karpenter {karpenter} runs on Kubernetes {first} to {last}, which EKS no longer offers, and not on "
            f"{kubernetes}; convert for Karpenter 1.0 or newer"
        )
    return True


def _launch_template(option: str) -> tuple[str, LaunchTemplate]:
    name, equals, file = option.partition("=")
    if not (name and equals and file):
        raise typer.BadParameter(f"must be NAME=FILE, got {option!r}")
    return name, read_launch_template(read(Path(file)))


def _marked(document: Document, file: Path) -> Document:
    """Return *document* with text in place of its variables that passes for a name, and can be turned back."""
    names = _VARIABLE.findall(file.read_text("utf-8"))
    return fill(document, {name: _mark(name) for name in names})


def _mark(name: str) -> str:
    return f"xvar{name.encode().hex()}xend"


def _unmarked(text: str) -> str:
    return _MARKED.sub(lambda match: f"${{{bytes.fromhex(match[1]).decode()}}}", text)
