"""jsii's index of a package: what it lets jsii skip, and why somebody has to see it finished.

jsii reads 130 MB of JSON to learn a provider's types, unless it finds an index, which it writes in the background.
A program that ends sooner never gets one, so its next run is as slow, and so for ever.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pkgutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_ROOT = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"
_SWITCH = "JSII_RUNTIME_PACKAGE_CACHE"
_FINISHED = ".jsii.runtime.v1.json"
_SECONDS = 60


def warm() -> None:
    """Load every installed provider and wait for its index."""
    for module in pkgutil.iter_modules():
        if module.name.startswith("cdktf_cdktf_provider_"):
            importlib.import_module(f"{module.name}._jsii")
    finish()


def finish() -> None:
    """Wait until the index of each loaded provider is written; says so when that takes time."""
    missing = list(_unfinished())
    if not missing:
        return
    print("indexing the provider bindings, once; the next run starts in about a second", file=sys.stderr, flush=True)
    deadline = time.monotonic() + _SECONDS
    while missing and time.monotonic() < deadline:
        time.sleep(0.1)
        missing = list(_unfinished())


def _unfinished() -> Iterator[Path]:
    """Yield the folders in jsii's cache of loaded providers that have no index yet."""
    root = _root()
    if root is None:
        return
    for name, module in list(sys.modules.items()):
        assembly = getattr(module, "__jsii_assembly__", None)
        if assembly is None or not name.endswith("._jsii"):
            continue
        for folder in (root / assembly.name / assembly.version).glob("*"):
            if folder.is_dir() and (folder / "package.json").exists() and not (folder / _FINISHED).exists():
                yield folder


def _root() -> Path | None:
    """Return where jsii keeps packages, or None when it keeps none."""
    if os.environ.get(_SWITCH) == "disabled":
        return None
    root = os.environ.get(_ROOT) or fit_cache().get(_ROOT)
    if root:
        return Path(root)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "com.amazonaws.jsii" / "package-cache"
    return Path.home() / ".cache" / "aws" / "jsii" / "package-cache"


def fit_cache() -> dict[str, str]:
    """Return the environment that gives jsii a private cache, where the home folder is not fit for one.

    jsii refuses, with an error, a cache that others may write to; in containers HOME is often like that.
    """
    if _ROOT in os.environ or _SWITCH in os.environ or sys.platform == "win32":
        return {}
    home = Path.home()
    folders = [home, home / ".cache", home / ".cache" / "aws", home / ".cache" / "aws" / "jsii"]
    if all(_is_private(folder) for folder in folders if folder.exists()) and os.access(home, os.W_OK):
        return {}
    private = Path(tempfile.gettempdir()) / f"jsii-package-cache-{os.getuid()}"
    try:
        private.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return {_SWITCH: "disabled"}
    mine = private.stat().st_uid == os.getuid() and _is_private(private)
    return {_ROOT: str(private)} if mine else {_SWITCH: "disabled"}


def _is_private(folder: Path) -> bool:
    return not folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
