"""The command `emr-eks`: what a platform team and its data teams do with a platform, besides `cdktf`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from emr_eks import failures
from emr_eks.job.commands import app as job_app
from emr_eks.local.commands import app as local_app
from emr_eks.options import DEFAULT_PLATFORM, PlatformFile
from emr_eks.review.commands import review
from stacks.platform import PlatformSpec, load

app = typer.Typer(
    name="emr-eks",
    help="Amazon EMR on EKS platforms: check them, try them on this machine, run jobs on them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.add_typer(local_app, name="local")
app.add_typer(job_app, name="job")
app.command()(review)


@app.command()
def check(platform_file: PlatformFile = DEFAULT_PLATFORM) -> None:
    """Check platform.yaml and the node pools beside it; exit code 2 and every problem when something is wrong."""
    platform = load(platform_file)
    for advice in platform.advice:
        typer.echo(f"warning: {advice}", err=True)
    spec = platform.spec
    typer.echo(
        f"{platform_file}: {spec.name} in {spec.region} is valid: Kubernetes {spec.kubernetes_version}, "
        f"{_count(len(spec.node_groups), 'node group')}, {_count(len(platform.pools.node_pools), 'node pool')}, "
        f"{_count(len(spec.teams), 'team')}"
    )


@app.command()
def schema(
    reference: Annotated[
        bool, typer.Option("--reference", help="Print the configuration reference in Markdown instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of platform.yaml, for editors."""
    if reference:
        from emr_eks.reference import markdown

        typer.echo(markdown(PlatformSpec), nl=False)
    else:
        typer.echo(json.dumps(PlatformSpec.model_json_schema(), indent=2))


@app.command()
def warm() -> None:
    """Complete the package index that makes every synthesis faster; the first one does it too."""
    from constructs_lib import _accelerator

    _accelerator.warm()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def main() -> None:
    """Run the command line; a user's mistake ends with its message and exit code 2, never with a traceback."""
    with failures.told():
        app()


if __name__ == "__main__":
    main()
