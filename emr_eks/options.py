"""Options that several commands share."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

PlatformFile = Annotated[
    Path,
    typer.Option(
        "--platform",
        "-p",
        envvar="EMR_EKS_PLATFORM",
        help="The platform's file; node pools are read from `provisioners/` beside it.",
        show_default=True,
    ),
]
DEFAULT_PLATFORM = Path("platform.yaml")


class Format(str, Enum):
    """How a command prints its result."""

    text = "text"
    json = "json"


Output = Annotated[Format, typer.Option("--format", help="For people or for programs.")]
