"""Provider packages whose submodules are imported when they are used."""

from __future__ import annotations

import importlib
import importlib.abc
import re
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

from constructs_lib.accelerator import _ahead, _hints, _index, _node, _structs

_PROVIDER = re.compile(r"cdktf_cdktf_provider_\w+")
_IMPORTS_EVERYTHING = re.compile(
    r"^from \._jsii import \*\n\n"
    r"__all__ = \[\n(?P<public>(?: {4}\"\w+\",\n)+)\]\n\n"
    r"publication\.publish\(\)\n\n"
    r"# Loading modules to ensure their types are registered[^\n]*\n"
    r"(?P<imported>(?:from \. import \w+\n)+)\Z",
    re.MULTILINE,
)
"""The end of a generated package that holds its submodules, imports them all, and does nothing else."""

AfterImport = Callable[[ModuleType], None]
JSII: dict[str, AfterImport] = {"jsii._kernel": _structs.prepare, "jsii._kernel.providers.process": _node.prepare}
"""The modules of jsii that are changed after their import, and by what."""


class Finder(importlib.abc.MetaPathFinder):
    """Finds the parts of CDKTF's bindings, and the modules with which jsii talks to Node; nothing else."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to load *name*, or None to leave it to Python."""
        package, _, rest = name.partition(".")
        is_provider = _PROVIDER.fullmatch(package) is not None
        if not is_provider and package != "cdktf" and name not in JSII:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SourceFileLoader:
            return None
        if name in JSII:
            spec.loader = _Then(spec.loader, JSII[name])
        elif rest == "_jsii":
            spec.loader = _Then(spec.loader, _assembly_is_loaded)
        elif not is_provider:
            spec.loader = _Then(spec.loader, _hints.remember)
        elif rest:
            spec.loader = _Then(spec.loader, _submodule_is_imported)
        elif submodules := _submodules(spec.loader.get_source(name) or ""):
            spec.loader = _LazyPackage(spec.loader, submodules)
        else:
            return None
        return spec


class _InPlaceOf(importlib.abc.Loader):
    """Stands in for a module's own loader until the import, for whoever asks that for source or data before it."""

    def __init__(self, loader: SourceFileLoader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_loader"], name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)


class _Then(_InPlaceOf):
    """Loads a module as ever, and then does something to it."""

    def __init__(self, loader: SourceFileLoader, then: AfterImport) -> None:
        super().__init__(loader)
        self._then = then

    def exec_module(self, module: ModuleType) -> None:
        _restore_loader(module, self._loader)
        self._loader.exec_module(module)
        self._then(module)


class _LazyPackage(_InPlaceOf):
    """Makes a package that imports each of its modules when it is first asked for (PEP 562)."""

    def __init__(self, loader: SourceFileLoader, submodules: list[str]) -> None:
        super().__init__(loader)
        self._submodules = submodules

    def exec_module(self, module: ModuleType) -> None:
        _restore_loader(module, self._loader)
        if not isinstance(_table_of_submodules(importlib.import_module("jsii")), dict):
            self._loader.exec_module(module)  # this jsii would not find the types that Python has not imported
            return
        known = frozenset(self._submodules)

        def get(name: str) -> Any:
            if name not in known:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            return importlib.import_module(f"{module.__name__}.{name}")

        vars(module).update(
            __doc__=self._docstring(module.__name__),
            __all__=self._submodules,
            __getattr__=get,
            __dir__=lambda: sorted({*vars(module), *known} - {"__getattr__", "__dir__"}),
        )

    def _docstring(self, name: str) -> str | None:
        """Return the package's docstring from its compiled file, whose first constant it is."""
        code = self._loader.get_code(name)
        first = code.co_consts[0] if code is not None and code.co_consts else None
        return first if isinstance(first, str) else None


def _submodule_is_imported(module: ModuleType) -> None:
    _hints.remember(module)
    _ahead.expect(module)


def _restore_loader(module: ModuleType, loader: SourceFileLoader) -> None:
    """Put *loader* back: whoever reads a module's source or data (inspect, tracebacks) asks the module's loader."""
    module.__loader__ = loader
    if module.__spec__:
        module.__spec__.loader = loader


def _submodules(source: str) -> list[str]:
    """Return what a package of this *source* imports of its own, if it does so eagerly and does nothing else."""
    found = _IMPORTS_EVERYTHING.search(source)
    if found is None:
        return []
    public = re.findall(r"\w+", found["public"])
    return public if {*public} == {*re.findall(r"import (\w+)", found["imported"])} else []


def _assembly_is_loaded(module: ModuleType) -> None:
    assembly = getattr(module, "__jsii_assembly__", None)
    if assembly is None:
        return
    _index.expect(assembly.name, assembly.version)
    package = sys.modules.get(assembly.module)
    table = _table_of_submodules(sys.modules.get("jsii"))
    if isinstance(table, dict) and package is not None and _PROVIDER.fullmatch(package.__name__):
        for name in getattr(package, "__all__", ()):
            table.setdefault(f"{assembly.name}.{_camel_case(name)}", f"{assembly.module}.{name}")


def _table_of_submodules(jsii: ModuleType | None) -> Any:
    """Return jsii's table of where types live, should Node return one that was never imported."""
    return getattr(getattr(jsii, "_reference_map", None), "_submodule_fqn_map", None)


def _camel_case(name: str) -> str:
    """Return the submodule's name in JavaScript."""
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)
