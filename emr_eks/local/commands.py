"""`emr-eks local`: a whole platform on this machine, with the real Terraform and no AWS account.

AWS is an emulator; Kubernetes and Helm are stand-ins that check and store every object. No pod runs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emr_eks import tables
from emr_eks.failures import Failure
from emr_eks.local.home import Home
from emr_eks.options import DEFAULT_PLATFORM, Format, Output, PlatformFile
from stacks.platform import load

if TYPE_CHECKING:
    from emr_eks.local.engine import Engine

app = typer.Typer(
    no_args_is_help=True,
    help="Try a platform on this machine: the real cdktf and Terraform, an emulated AWS, and a stand-in for "
    "Kubernetes that checks and stores objects. No pod runs.",
)


@app.command()
def up(platform_file: PlatformFile = DEFAULT_PLATFORM) -> None:
    """Start the AWS emulator of this platform; `deploy` does it too."""
    cloud = _home(platform_file).up()
    typer.echo(f"the local cloud is up: AWS at {cloud.endpoint_url}, process {cloud.pid}")


@app.command()
def deploy(platform_file: PlatformFile = DEFAULT_PLATFORM) -> None:
    """Synthesise and apply every stack in order, as `cdktf deploy '*'` does in AWS."""
    _engine(platform_file).deploy()
    typer.echo("deployed; `emr-eks local plan` shows that nothing is left to change. No pod runs here.")


@app.command()
def plan(
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="Exit with 2 when something would change, as Terraform does."),
    ] = False,
) -> None:
    """Show what a deploy would change, stack by stack."""
    changed = [stack for stack, changes in _engine(platform_file).plan().items() if changes]
    typer.echo(f"changes in {', '.join(changed)}" if changed else "no changes in any stack")
    if changed and detailed_exitcode:
        raise typer.Exit(2)


@app.command()
def outputs(platform_file: PlatformFile = DEFAULT_PLATFORM, output: Output = Format.text) -> None:
    """Print the outputs of the deployed stacks."""
    found = _outputs(_home(platform_file))
    if output is Format.json:
        typer.echo(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        typer.echo(f"{name} = {value if isinstance(value, str) else json.dumps(value)}")


@app.command()
def objects(platform_file: PlatformFile = DEFAULT_PLATFORM, output: Output = Format.text) -> None:
    """List the Kubernetes objects and Helm releases that were applied, and whether they were checked."""
    from emr_eks.local.kubernetes.objects import ObjectStore

    found = ObjectStore(_home(platform_file).objects).list()
    if output is Format.json:
        typer.echo(json.dumps([each._asdict() for each in found], indent=2, default=str))
        return
    tables.show(
        ("kind", "namespace", "name", "apiVersion", "checked"),
        [(each.kind, each.namespace, each.name, each.api_version, each.validated) for each in found],
    )


@app.command()
def status(platform_file: PlatformFile = DEFAULT_PLATFORM, output: Output = Format.text) -> None:
    """Say what runs, what is in it, and which AWS calls the emulator could not answer."""
    home = _home(platform_file)
    cloud = home.cloud()
    report: dict[str, Any] = {"up": cloud is not None, "folder": str(home.root)}
    if cloud:
        report |= {"endpoint_url": cloud.endpoint_url, **cloud.status()}
    if output is Format.json:
        typer.echo(json.dumps(report, indent=2))
        return
    for key, value in report.items():
        typer.echo(f"{key:16} {value if isinstance(value, str) else json.dumps(value)}")


@app.command()
def destroy(platform_file: PlatformFile = DEFAULT_PLATFORM) -> None:
    """Destroy every stack in reverse order; data is not kept, as it would be in AWS."""
    _engine(platform_file).destroy()
    typer.echo("destroyed; `emr-eks local down` stops the local cloud")


@app.command()
def down(platform_file: PlatformFile = DEFAULT_PLATFORM) -> None:
    """Stop the AWS emulator that `up` started, and forget all that was deployed to it."""
    home = _home(platform_file)
    typer.echo("the local cloud is down" if home.down() else "the local cloud was not up")


def _home(platform_file: Path) -> Home:
    return Home.of(load(platform_file).spec.name)


def _engine(platform_file: Path) -> Engine:
    from emr_eks.local.engine import Engine, require_tools

    platform = load(platform_file).spec
    require_tools()
    home = Home.of(platform.name)
    return Engine(home, home.up(), platform, platform_file)


def _outputs(home: Home) -> dict[str, Any]:
    """Return the outputs of every stack; those that only stacks read from each other are left out."""
    found: dict[str, Any] = {}
    for file in sorted(home.state.glob("*.tfstate")):
        for name, output in json.loads(file.read_text("utf-8")).get("outputs", {}).items():
            if not name.startswith("cross-stack-output-"):
                found[name] = output["value"]
    if not found:
        raise Failure("nothing is deployed here; run `emr-eks local deploy`", exit_code=2)
    return dict(sorted(found.items()))
