"""Where jsii keeps unpacked packages between runs, and what to do where it would refuse to.

jsii 1.142 insists that its default folder is the user's alone, and that nobody else can replace one of its parents; in
containers and CI jobs with a HOME that all may write to it fails. A folder that the user names is the user's business.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_ROOT = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"
_SWITCH = "JSII_RUNTIME_PACKAGE_CACHE"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def settings() -> dict[str, str]:
    """Return the environment with which jsii has a cache that it accepts; empty if it has one already."""
    if not _is_on() or os.environ.get(_ROOT):
        return {}
    folder = root()
    if folder is None:
        return {_SWITCH: "disabled"}
    return {} if folder == _default() else {_ROOT: str(folder)}


def root() -> Path | None:
    """Return where jsii keeps packages, or None when it keeps none."""
    if not _is_on():
        return None
    if named := os.environ.get(_ROOT):
        return Path(named)
    default = _default()
    return default if default and _is_accepted(default) else _private()


def _is_on() -> bool:
    return os.environ.get(_SWITCH, "enabled").lower() == "enabled"


def _default() -> Path | None:
    """Return the folder that jsii chooses (its `defaultCacheRoot`)."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local, "AWS", "jsii", "package-cache") if local else None
    with suppress(RuntimeError):
        home = Path.home()
        if home.is_absolute():
            mac = sys.platform == "darwin"
            cache = "Library/Caches/com.amazonaws.jsii" if mac else ".cache/aws/jsii"
            return home / cache / "package-cache"
    return None


def _private() -> Path | None:
    if sys.platform == "win32":
        return None
    folder = Path(tempfile.gettempdir()) / f"jsii-package-cache-{os.getuid()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700)
    return folder if not folder.is_symlink() and folder.is_dir() and _is_accepted(folder) else None


def _is_accepted(folder: Path) -> bool:
    """Tell whether jsii takes *folder*, or can make it."""
    if sys.platform == "win32":
        return True
    try:
        folder = folder.resolve()
        existing = next(place for place in (folder, *folder.parents) if place.exists())
        parents = folder.parents if existing == folder else (existing, *existing.parents)
        return (
            existing.is_dir()
            and os.access(existing, os.W_OK | os.X_OK)
            and (existing != folder or _is_mine_alone(folder))
            and all(_stays_in_place(parent) for parent in parents)
        )
    except OSError:
        return False


def _is_mine_alone(folder: Path) -> bool:
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & _OTHERS_WRITE


def _stays_in_place(parent: Path) -> bool:
    """Tell whether nobody but the user and root can replace what is in *parent*."""
    status = parent.stat()
    is_sticky = bool(status.st_mode & stat.S_ISVTX)
    return status.st_uid in (0, os.getuid()) and (is_sticky or not status.st_mode & _OTHERS_WRITE)
