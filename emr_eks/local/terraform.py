"""Where Terraform and the AWS provider are on this machine."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from emr_eks.failures import Failure

AWS_PROVIDER = Path("registry.terraform.io", "hashicorp", "aws")


def find_terraform() -> Path:
    """Return the Terraform binary: the one that TERRAFORM_BINARY_NAME names, else `terraform` on the PATH.

    Raises `Failure`, whose message says what to do, when it is not installed.
    """
    name = os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    found = shutil.which(name)
    if found is None:
        raise Failure(
            f"{name} is not on the PATH; install Terraform 1.5 or newer "
            "(https://developer.hashicorp.com/terraform/install), or name another binary, "
            "such as tofu, in TERRAFORM_BINARY_NAME",
            exit_code=2,
        )
    return Path(found)


def find_provider_mirror(seconds: float = 5.0) -> Path | None:
    """Return a directory that holds the AWS provider as Terraform's filesystem mirrors do, if there is one.

    Asked in turn: TF_PLUGIN_MIRROR, the mirrors and the plug-in cache of Terraform's own configuration
    (TF_CLI_CONFIG_FILE, `~/.terraformrc`), TF_PLUGIN_CACHE_DIR, the directories that Terraform searches by
    itself (https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories),
    and at last, for at most *seconds*, the places where machines keep such things. None means that
    `terraform init` has to download the provider.
    """
    for directory in (*_configured(), *_implied()):
        if _is_mirror(directory):
            return directory
    return next(_search(_roots(), time.monotonic() + seconds), None)


def mirror_configuration(mirror: Path) -> str:
    """Return the text of a Terraform CLI configuration that installs providers from *mirror* only."""
    path = str(mirror).replace("\\", "\\\\").replace('"', '\\"')
    return f'provider_installation {{\n  filesystem_mirror {{\n    path = "{path}"\n  }}\n}}\n'


def _is_mirror(directory: Path) -> bool:
    try:
        return any((directory / AWS_PROVIDER).iterdir())
    except OSError:
        return False


def _configured() -> Iterator[Path]:
    named = os.environ.get("TF_PLUGIN_MIRROR")
    if named:
        yield Path(named)
    for file in (os.environ.get("TF_CLI_CONFIG_FILE"), "~/.terraformrc", "~/.tofurc"):
        if file:
            yield from _paths_in(Path(file).expanduser())
    cache = os.environ.get("TF_PLUGIN_CACHE_DIR")
    if cache:
        yield Path(cache)


def _paths_in(file: Path) -> Iterator[Path]:
    """Return every path that a CLI configuration assigns: `path = "..."` and `plugin_cache_dir = "..."`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        key, _, value = (part.strip() for part in line.partition("="))
        if key in ("path", "plugin_cache_dir") and value.startswith('"'):
            yield Path(os.path.expandvars(value.strip('"'))).expanduser()


def _implied() -> Iterator[Path]:
    yield Path("terraform.d", "plugins").absolute()
    data_home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    data_dirs = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    yield Path("~/.terraform.d/plugins").expanduser()
    yield Path("~/.terraform.d/plugin-cache").expanduser()
    if sys.platform == "darwin":
        yield Path("~/Library/Application Support/io.terraform/plugins").expanduser()
        yield Path("/Library/Application Support/io.terraform/plugins")
    for directory in (data_home, *data_dirs.split(":")):
        yield Path(directory).expanduser() / "terraform" / "plugins"


def _roots() -> Iterator[Path]:
    yield Path.home()
    for name in ("opt", "srv", "usr/local", "usr/lib", "usr/share", "var/lib", "var/cache", "data", "mnt"):
        yield Path("/", name)


def _search(roots: Iterable[Path], deadline: float, depth: int = 3) -> Iterator[Path]:
    """Yield the mirrors at most *depth* levels below the *roots*, nearest first, until the *deadline*."""
    level = [root for root in roots if root.is_dir()]
    for _ in range(depth + 1):
        below: list[Path] = []
        for directory in level:
            if time.monotonic() > deadline:
                return
            if _is_mirror(directory):
                yield directory
            below.extend(_directories_in(directory))
        level = below


def _directories_in(directory: Path) -> list[Path]:
    try:
        with os.scandir(directory) as entries:
            return sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False) and e.name != "proc")
    except OSError:
        return []
