"""Importing our package costs nothing, and importing bindings in any way and order works."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pytest
from other_core import Answer, printed_by

from constructs_lib.accelerator import _lazy

Printed = Callable[..., str]


@pytest.fixture
def printed(tmp_path: Path) -> Printed:
    """Return a function that runs a program and returns what it prints."""
    return lambda program, **environment: printed_by(program, **environment)(tmp_path)()


def test_importing_our_package_starts_nothing_and_imports_no_jsii(printed: Printed) -> None:
    program = """
        import sys, time
        started = []
        sys.addaudithook(lambda event, _: started.append(event) if event in ("subprocess.Popen", "os.fork") else None)
        before = time.process_time()
        import constructs_lib
        seconds = time.process_time() - before
        heavy = [name for name in sys.modules if name.partition(".")[0] in ("jsii", "cdktf", "constructs", "typeguard")]
        print(started, heavy, file=sys.stderr)
        assert not started and not heavy
        print(seconds)
    """
    assert min(float(printed(program)) for _ in range(3)) <= 0.1


def test_the_switch_leaves_python_as_it_is(printed: Printed) -> None:
    program = """
        import sys
        before = list(sys.meta_path)
        import constructs_lib
        from constructs_lib import accelerator
        accelerator.install()
        accelerator.warm()
        print([type(finder).__name__ for finder in sys.meta_path if finder not in before], "jsii" in sys.modules)
    """
    assert printed(program, EMR_EKS_PLAIN="1") == "[] False"
    assert printed(program.replace("accelerator.warm()", "")) == "['Finder'] False"


LATE = printed_by("""
import constructs_lib, sys
from cdktf_cdktf_provider_kubernetes.namespace import Namespace
def loaded(): return [name for name in package.__all__ if f"{package.__name__}.{name}" in sys.modules]
import cdktf_cdktf_provider_kubernetes as package
few = len(sys.modules)
assert loaded() == ["namespace"]
from cdktf_cdktf_provider_kubernetes import *
assert namespace.Namespace is package.namespace.Namespace is Namespace
assert loaded() == [*package.__all__]
assert len(sys.modules) - few > 100
print("fine")
""")


@pytest.mark.other_core(begins=[LATE])
def test_a_module_imported_late_in_full_is_the_same_module(answer: Answer) -> None:
    assert answer(LATE) == "fine"


BEFORE_US = printed_by("""
import cdktf_cdktf_provider_helm as package
before = package.release.Release
import constructs_lib
from cdktf_cdktf_provider_helm.release import Release
import cdktf_cdktf_provider_kubernetes.namespace, sys
assert Release is before and package is sys.modules[package.__name__]
assert "cdktf_cdktf_provider_kubernetes.pod" not in sys.modules
print("fine")
""")


@pytest.mark.other_core(begins=[BEFORE_US])
def test_bindings_imported_before_us_stay_as_they_are(answer: Answer) -> None:
    assert answer(BEFORE_US) == "fine"


JSII_BEFORE_US = printed_by("""
import jsii, constructs_lib, os, pathlib
import cdktf_cdktf_provider_kubernetes.namespace as namespace
from jsii._runtime import kernel
launcher = kernel.provider._process._process.pid
print(b"preload.js" in pathlib.Path(f"/proc/{launcher}/environ").read_bytes(), os.environ.get("NODE_OPTIONS"))
""")


@pytest.mark.other_core(begins=[JSII_BEFORE_US])
def test_jsii_imported_before_us_still_gets_its_lazy_index(answer: Answer) -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc to look at another process's environment")
    assert answer(JSII_BEFORE_US) == "True None"


THREADS = printed_by("""
import constructs_lib, importlib, threading
names = ["aws.vpc", "aws.subnet", "aws", "kubernetes.namespace", "kubernetes.pod", "helm.release"]
start, done = threading.Barrier(len(names)), []
def load(name):
    start.wait()
    done.append(importlib.import_module(f"cdktf_cdktf_provider_{name}").__name__)
threads = [threading.Thread(target=load, args=[name], daemon=True) for name in names]
for thread in threads: thread.start()
for thread in threads: thread.join(60)
print(len(done))
""")


@pytest.mark.other_core(begins=[THREADS])
def test_threads_may_import_at_once(answer: Answer) -> None:
    assert answer(THREADS) == "6"


FROM_NODE = printed_by("""
import constructs_lib, sys
import cdktf_cdktf_provider_aws.vpc
from jsii._kernel.types import ObjRef
from jsii._reference_map import resolve_reference
assert "cdktf_cdktf_provider_aws.eks_node_group" not in sys.modules
made = resolve_reference(None, ObjRef(ref="@cdktf/provider-aws.eksNodeGroup.EksNodeGroup@10001"))
print(type(made).__module__)
""")


@pytest.mark.other_core(begins=[FROM_NODE])
def test_a_type_that_node_returns_first_is_imported(answer: Answer) -> None:
    assert answer(FROM_NODE) == "cdktf_cdktf_provider_aws.eks_node_group"


HINTS = printed_by("""
import constructs_lib, typing
resolve, calls = typing.get_type_hints, []
import cdktf_cdktf_provider_aws.vpc as vpc, cdktf
inside = vpc._private.typing
stub = next(value for name, value in vars(vpc._private).items() if name.startswith("_typecheckingstub__"))
assert inside.get_type_hints(stub) is inside.get_type_hints(stub)
assert inside.get_type_hints(stub) == typing.get_type_hints(stub)
assert typing.get_type_hints is resolve and typing.get_type_hints(stub) is not typing.get_type_hints(stub)
print("fine")
""")


@pytest.mark.other_core(begins=[HINTS])
def test_hints_are_resolved_once_for_generated_modules_only(answer: Answer) -> None:
    assert answer(HINTS) == "fine"


US_TWICE = printed_by("""
import constructs_lib, sys, jsii._kernel.providers.process
for name in [name for name in sys.modules if name.startswith("constructs_lib")]:
    del sys.modules[name]
import constructs_lib, cdktf
cdktf.App()
print("fine")
""")


@pytest.mark.other_core(begins=[US_TWICE])
def test_we_may_be_imported_anew(answer: Answer) -> None:
    assert answer(US_TWICE) == "fine"


@pytest.mark.parametrize("name", ["cdktf", "cdktf_cdktf_provider_aws"])
def test_a_module_that_is_found_offers_what_its_own_loader_offers(name: str) -> None:
    ours: Any = _lazy.Finder().find_spec(name, None)
    theirs: Any = PathFinder.find_spec(name)
    assert ours.loader.is_package(name)
    assert ours.loader.get_source(name) == theirs.loader.get_source(name)
    assert ours.loader.get_code(name) == theirs.loader.get_code(name)
    assert not hasattr(ours.loader, "no_such_method")


NEWER = """
def __getattr__(name):
    raise AttributeError(name)
"""
OWN_CLASS = """
from ._jsii import *

class Own:
    pass

__all__ = [
    "part",
]

publication.publish()

# Loading modules to ensure their types are registered with the jsii runtime library
from . import part
"""
OTHER_LIST = OWN_CLASS.replace("class Own:\n    pass\n\n", "").replace('"part"', '"other"')


@pytest.mark.parametrize("source", [NEWER, OWN_CLASS, OTHER_LIST, "", "syntax error"])
def test_packages_of_another_make_are_left_to_python(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "cdktf_cdktf_provider_other"
    package.mkdir()
    (package / "__init__.py").write_text(source, "utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert _lazy.Finder().find_spec("cdktf_cdktf_provider_other", None) is None


def test_nothing_else_is_touched() -> None:
    finder = _lazy.Finder()
    for name in ("json", "jsii", "constructs", "constructs._jsii", "provisioners", "cdktf_cdktf_provider_absent"):
        assert finder.find_spec(name, None) is None
    assert os.environ.get("EMR_EKS_PLAIN") != "1", "these tests are about the accelerator"
