"""Imports point one way, and what is pure stays pure."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from conftest import ROOT

import constructs_lib
from provisioners.spec import Spec

PACKAGES = ("main", "stacks", "constructs_lib", "provisioners", "emr_eks")
# Whom each may import besides itself.
MAY_IMPORT = {
    "main": {"emr_eks", "stacks", "constructs_lib", "provisioners"},
    "stacks": {"constructs_lib", "provisioners"},
    "constructs_lib": {"provisioners"},
    "provisioners": set(),
    "emr_eks": {"stacks", "constructs_lib", "provisioners"},
}
HEAVY = ("cdktf", "constructs", "jsii")


def modules() -> list[Path]:
    return [ROOT / "main.py", *(file for name in PACKAGES for file in sorted((ROOT / name).rglob("*.py")))]


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def imports(file: Path) -> list[str]:
    """Return the full names of the modules that *file* imports, those for type checkers only left out."""
    return [*_imports(file)]


def _imports(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_pure(module: str) -> bool:
    """Tell whether *module* must not lead to cdktf."""
    package, _, rest = module.partition(".")
    if package == "stacks":
        return rest in ("isolation", "landing", "node_classes", "partitions", "platform", "role_limits", "support")
    if package == "constructs_lib":
        return rest.startswith(("_", "accelerator"))
    return package in ("provisioners", "emr_eks")


@pytest.mark.parametrize("file", modules(), ids=name_of)
def test_imports_point_one_way(file: Path) -> None:
    package = name_of(file).partition(".")[0]
    ours = {name.partition(".")[0] for name in imports(file)} & set(PACKAGES)
    assert ours - {package} <= MAY_IMPORT[package]


def pure_modules() -> list[Path]:
    """Return the pure modules but for the accelerator, which names bindings; its own tests show that it loads none."""
    return [file for file in modules() if is_pure(name_of(file)) and "accelerator" not in file.parts]


@pytest.mark.parametrize("file", pure_modules(), ids=name_of)
def test_pure_modules_import_neither_cdktf_nor_impure_modules_of_ours(file: Path) -> None:
    names = imports(file)
    roots = {name.partition(".")[0] for name in names}
    assert not {root for root in roots if root in HEAVY or root.startswith("cdktf_cdktf_provider_")}
    known = {name_of(each) for each in modules()}
    ours = [name for name in names if name in known and name not in PACKAGES]
    assert not [name for name in ours if not is_pure(name)]


def ours(hint: Any) -> set[type]:
    """Return the classes of ours in a type *hint*, and in the fields of those that are Specs."""
    found = set().union(*map(ours, get_args(hint)))
    if isinstance(hint, type) and hint.__module__.startswith("constructs_lib."):
        fields = hint.model_fields.values() if issubclass(hint, Spec) else ()
        found |= {hint}.union(*(ours(field.annotation) for field in fields))
    return found


def test_what_a_construct_takes_has_a_public_name() -> None:
    names = [module.name for module in pkgutil.iter_modules(constructs_lib.__path__) if module.name[0] != "_"]
    found = [importlib.import_module(f"constructs_lib.{name}") for name in names]
    exported = [getattr(module, name) for module in found for name in getattr(module, "__all__", ())]
    public = {each for each in exported if isinstance(each, type)}
    taken = {
        each: f"{construct.__name__}.{name}"
        for construct in public
        for name, method in vars(construct).items()
        if inspect.isfunction(method) and (name == "__init__" or name[0] != "_") and not issubclass(construct, Spec)
        for hint in get_type_hints(method).values()
        for each in ours(hint)
    }
    assert len(taken) > 20
    assert {each: where for each, where in taken.items() if each not in public} == {}


def test_nobody_but_main_and_the_command_line_reads_the_environment() -> None:
    for file in modules():
        package = name_of(file).partition(".")[0]
        if package in ("stacks", "constructs_lib", "provisioners") and "accelerator" not in str(file):
            assert "os.environ" not in file.read_text("utf-8"), f"{file} reads the environment"


def test_constructs_create_no_provider_and_no_backend() -> None:
    for file in (ROOT / "constructs_lib").rglob("*.py"):
        if "accelerator" not in str(file):
            found = [name for name in imports(file) if name.endswith(".provider") or name.endswith("Backend")]
            assert not found, f"{file} imports {found}"


def test_what_answers_at_once_loads_no_cdktf_and_no_aws() -> None:
    program = (
        "import sys, emr_eks.cli, stacks.platform, constructs_lib._karpenter\n"
        "heavy = ('cdktf', 'jsii', 'constructs', 'boto3', 'moto')\n"
        "print([name for name in sys.modules if name.partition('.')[0] in heavy])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_type_checkers_see_which_fields_have_defaults() -> None:
    """Without pydantic's plugin they take `Field(1)` for a field that must be given; users need not have it."""
    for file in modules():
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Field":
                assert not node.args, f"{file}:{node.lineno}: write default="
