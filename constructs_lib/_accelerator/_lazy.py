"""Provider packages whose submodules are imported when they are used."""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import re
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = re.compile(r"cdktf_cdktf_provider_\w+|cdktn_provider_\w+")
AfterImport = Callable[[ModuleType], None]


class Finder(importlib.abc.MetaPathFinder):
    """Finds the parts of provider packages, and the modules that *after* wants to hear of; nothing else."""

    def __init__(self, after: Mapping[str, AfterImport]) -> None:
        self._after = after

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load *name*, or None to leave it to Python."""
        package, _, rest = name.partition(".")
        if not _PACKAGE.fullmatch(package) and name not in self._after:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        if name in self._after:
            spec.loader = _Then(spec.loader, self._after[name])
        elif rest and not rest.startswith("_"):
            spec.loader = _Then(spec.loader, _remember_hints)
        elif not rest and _imports_everything(spec):
            spec.loader = _LazyPackage()
        return spec


class _Then(importlib.abc.Loader):
    """Loads a module as ever, and then does something to it."""

    def __init__(self, loader: importlib.abc.Loader, then: AfterImport) -> None:
        self._loader, self._then = loader, then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # What reads the source (inspect, tracebacks) asks the module's loader for it.
        module.__loader__ = self._loader
        if module.__spec__:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._then(module)


class _LazyPackage(importlib.abc.Loader):
    """Makes a package that imports each of its modules when it is first asked for (PEP 562)."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        def get(name: str) -> Any:
            if name == "__all__":
                return _submodules(module)
            if name.startswith("__") or name not in _submodules(module):
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            return importlib.import_module(f"{module.__name__}.{name}")

        module.__getattr__ = get  # type: ignore[method-assign]
        module.__dir__ = lambda: sorted({*vars(module), *_submodules(module)})  # type: ignore[method-assign]
        _tell_jsii(module)


def _imports_everything(spec: ModuleSpec) -> bool:
    """Tell whether the package imports its own modules eagerly; newer bindings do not."""
    if not spec.origin or not spec.submodule_search_locations:
        return False
    try:
        source = Path(spec.origin).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return "\nfrom . import " in source and "__getattr__" not in source


@functools.cache
def _submodules(module: ModuleType) -> list[str]:
    files = (file for root in module.__path__ for file in Path(root).glob("*/__init__.py"))
    return sorted(file.parent.name for file in files if not file.parent.name.startswith("_"))


def _tell_jsii(module: ModuleType) -> None:
    """Tell jsii in which module each type lives, should Node return one that was never imported."""
    jsii = importlib.import_module("jsii")
    known = getattr(jsii._reference_map, "_submodule_fqn_map", None)
    provider = re.sub(r"^(cdktf_cdktf|cdktn)_provider_", "", module.__name__).replace("_", "-")
    if known is not None:
        for name in _submodules(module):
            camel = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
            known.setdefault(f"@cdktf/provider-{provider}.{camel}", f"{module.__name__}.{name}")


class _RememberingTyping(ModuleType):
    """The module `typing`, but that it resolves the hints of a function once."""

    get_type_hints = staticmethod(functools.cache(typing.get_type_hints))

    def __getattr__(self, name: str) -> Any:
        return getattr(typing, name)


_REMEMBERING = _RememberingTyping("typing")


def _remember_hints(module: ModuleType) -> None:
    """Let a generated module, and no other, use the remembering `typing`; its stubs never change."""
    if vars(module).get("typing") is typing and "jsii" in vars(module) and sys.modules.get("typing") is typing:
        vars(module)["typing"] = _REMEMBERING
