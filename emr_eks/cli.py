"""The command `emr-eks`: what a platform team and its data teams do with a platform, besides `cdktf`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from emr_eks import checking, failures
from emr_eks.job.commands import app as job_app
from emr_eks.local.commands import app as local_app
from emr_eks.options import DEFAULT_PLATFORM, Format, Output, PlatformFile
from emr_eks.provisioners.commands import app as provisioners_app
from emr_eks.review.commands import review
from emr_eks.teardown.commands import teardown
from stacks.platform import PlatformSpec

app = typer.Typer(
    name="emr-eks",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.add_typer(local_app, name="local")
app.add_typer(job_app, name="job")
app.add_typer(provisioners_app, name="provisioners")
app.command()(review)
app.command()(teardown)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("emr-eks"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Amazon EMR on EKS platforms: check them, try them on this machine, run jobs on them."""


@app.command()
def check(
    platform_file: PlatformFile = DEFAULT_PLATFORM,
    pods: Annotated[
        list[Path] | None,
        typer.Option("--pods", help="Further manifests whose pods must find a node; may be given often."),
    ] = None,
    today: Annotated[
        datetime | None,
        typer.Option("--today", formats=["%Y-%m-%d"], help="The day to judge support by; by default today."),
    ] = None,
    output: Output = Format.text,
) -> None:
    """Check platform.yaml, the node pools beside it, and that every pod finds a node.

    Exit code 2 and every problem when something is wrong; otherwise, where the pods can run.
    """
    checking.check(platform_file, pods or [], (today or datetime.now()).date(), output)


@app.command()
def versions(output: Output = Format.text) -> None:
    """Print which versions go together, and how long AWS supports them."""
    from emr_eks import versions as table

    typer.echo(table.as_json()) if output is Format.json else table.show()


@app.command()
def schema(
    reference: Annotated[
        bool, typer.Option("--reference", help="Print the configuration reference in Markdown instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of platform.yaml, for editors."""
    if reference:
        from emr_eks.reference import markdown

        typer.echo(markdown(PlatformSpec, "Configuration reference", "`platform.yaml`"), nl=False)
    else:
        typer.echo(json.dumps(PlatformSpec.model_json_schema(), indent=2))


@app.command()
def warm() -> None:
    """Complete the package index that makes every synthesis faster; the first one does it too."""
    from constructs_lib import accelerator

    accelerator.warm()


def main() -> None:
    """Run the command line; a user's mistake ends with its message and exit code 2, never with a traceback."""
    with failures.told():
        app()


if __name__ == "__main__":
    main()
