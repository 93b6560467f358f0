"""jsii's index of a package: what it lets jsii skip, and why somebody has to see it finished.

jsii reads 130 MB of JSON to learn a provider's types, unless it finds an index, which it writes in the background.
A program that ends sooner never gets one, so its next run is as slow, and so for ever.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from constructs_lib.accelerator import _cache

_FINISHED = ".jsii.runtime.v*.json"
_LAST_USED = ".jsii-runtime-package-cache"
_WRITER = "lib__runtime-index-worker.js"
_SECONDS = 60

_unfinished: list[Path] = []


def expect(name: str, version: str) -> None:
    """Take note of a package that jsii has just loaded, if it had no index and jsii is writing one."""
    folder = _folder(name, version)
    if folder is not None and not _is_finished(folder) and _writes_indexes() and os.access(folder, os.W_OK):
        _unfinished.append(folder)


def warm() -> None:
    """Load every installed provider and wait for its index."""
    for module in pkgutil.iter_modules():
        if module.name.startswith("cdktf_cdktf_provider_"):
            importlib.import_module(f"{module.name}._jsii")
    finish()


def finish(is_alive: Callable[[], bool] = lambda: True) -> None:
    """Wait until the index of each loaded package is written, while Node is alive; says so when that takes time."""
    missing = [folder for folder in _unfinished if not _is_finished(folder)]
    _unfinished.clear()
    if not missing or not is_alive():
        return
    print("indexing the provider bindings, once; the next run starts in about a second", file=sys.stderr, flush=True)
    deadline = time.monotonic() + _SECONDS
    with suppress(KeyboardInterrupt):
        while is_alive() and time.monotonic() < deadline:
            if all(_is_finished(folder) for folder in missing):
                return
            time.sleep(0.05)
    print("the index is not finished; the next run tries again", file=sys.stderr, flush=True)


def _folder(name: str, version: str) -> Path | None:
    """Return where jsii unpacked the package: of several builds of one version, the one used last."""
    root = _cache.root()
    if root is None:
        return None
    with suppress(OSError, ValueError):
        used = (root / name / version).glob(f"*/{_LAST_USED}")
        return max(used, key=lambda file: file.lstat().st_mtime).parent
    return None


def _is_finished(folder: Path) -> bool:
    return any(folder.glob(_FINISHED))


def _writes_indexes() -> bool:
    """Tell whether this jsii knows the index, which came with 1.136.0."""
    embedded = sys.modules.get("jsii._embedded.jsii")
    return _WRITER in getattr(embedded, "EMBEDDED_FILES", ())
