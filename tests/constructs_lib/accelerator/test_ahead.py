"""Bindings that Node loads ahead: asked for once, the same when they come, and no harm when they do not."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LISTEN = """
import os, sys
from constructs_lib import accelerator
import jsii
from jsii._kernel.providers.process import _NodeProcess

written = []
start = _NodeProcess.start
def listening(self):
    start(self)
    stdin = self._process.stdin
    class Tapped:
        closed = property(lambda self: stdin.closed)
        flush, close = stdin.flush, stdin.close
        def write(self, line):
            written.append(line)
            return stdin.write(line)
    self._process.stdin = Tapped()
_NodeProcess.start = listening
loads = lambda: [line.split(b'"name": "')[1].split(b'"')[0].decode() for line in written if b'"load"' in line]
"""


@pytest.fixture(scope="module")
def printed(python: Callable[..., Any]) -> Callable[..., str]:
    """Return a function that runs a program which counts its questions to Node, and returns what it prints."""
    return lambda program, **environment: python("-c", LISTEN + textwrap.dedent(program), **environment).stdout.strip()


def test_what_is_loaded_ahead_is_asked_for_once(printed: Callable[..., str]) -> None:
    program = """
        accelerator.load_ahead("cdktf_cdktf_provider_helm")
        ahead = len(loads())
        from cdktf import App, TerraformStack, Testing
        from cdktf_cdktf_provider_helm.provider import HelmProvider
        stack = TerraformStack(App(), "stack")
        HelmProvider(stack, "helm")
        print(ahead, loads(), '"helm"' in Testing.synth(stack))
    """
    assert printed(program) == "3 ['constructs', 'cdktf', '@cdktf/provider-helm'] True"


def test_another_question_may_come_first(printed: Callable[..., str]) -> None:
    program = """
        accelerator.load_ahead("cdktf_cdktf_provider_helm")
        from cdktf import App, TerraformStack, Testing
        stack = TerraformStack(App(), "stack")
        accelerator.load_ahead("cdktf_cdktf_provider_kubernetes")
        stack.node.path
        from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider
        from cdktf_cdktf_provider_helm.provider import HelmProvider
        HelmProvider(stack, "helm"), KubernetesProvider(stack, "kubernetes")
        print(len(loads()), all(f'"{name}"' in Testing.synth(stack) for name in ("helm", "kubernetes")))
    """
    assert printed(program) == "4 True"


@pytest.mark.parametrize(
    ("ahead", "named"),
    [('"cdktf"', ["@cdktf/provider-aws.vpc.Vpc"]), ("", ["@cdktf/provider-aws.vpc.Vpc"]), (None, [])],
)
def test_what_python_imports_is_loaded_by_node_meanwhile(
    ahead: str | None, named: list[str], printed: Callable[..., str]
) -> None:
    program = f"""
        {"" if ahead is None else f"accelerator.load_ahead({ahead})"}
        from cdktf import App, TerraformStack, Testing
        from cdktf_cdktf_provider_aws.vpc import Vpc
        stack = TerraformStack(App(), "stack")
        Vpc(stack, "vpc", cidr_block="10.0.0.0/16")
        assert '"aws_vpc"' in Testing.synth(stack)
        print([line.split(b'"fqn": "')[1].split(b'"')[0].decode() for line in written if b'"sget"' in line])
    """
    assert printed(program) == str(named)


def test_no_more_is_asked_than_can_be_answered_unheard(printed: Callable[..., str]) -> None:
    program = """
        from types import ModuleType
        accelerator.load_ahead("cdktf")
        from constructs_lib.accelerator import _ahead
        many = ModuleType("many")
        for number in range(5000):
            setattr(many, f"R{number}", type("R", (), {"TF_RESOURCE_TYPE": "", "__jsii_type__": f"many.R{number}"}))
        _ahead.expect(many)
        import cdktf
        print(sum(b'"sget"' in line for line in written), cdktf.App().node.path == "")
    """
    assert printed(program) == "98 True"


def test_what_nobody_imports_does_no_harm(printed: Callable[..., str]) -> None:
    program = """
        accelerator.load_ahead("cdktf", "json", "no_such_package")
        print(loads())
    """
    assert printed(program) == "['constructs', 'cdktf']"


def test_an_error_is_raised_by_the_import_and_is_the_same(printed: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "broken" / "_jsii"
    folder.mkdir(parents=True)
    folder.with_name("__init__.py").write_text("from ._jsii import *\n")
    folder.joinpath("__init__.py").write_text(
        'import jsii\njsii.JSIIAssembly.load("broken", "1.0.0", __name__[0:-6], "broken@1.0.0.jsii.tgz")\n'
    )
    program = f"""
        sys.path.append({str(tmp_path)!r})
        if os.environ.get("AHEAD"):
            accelerator.load_ahead("broken")
        try:
            import broken
        except Exception as error:
            print(type(error).__name__, str(error).partition("/")[0])
        import cdktf
        print(cdktf.App().node.path == "")
    """
    late = printed(program)
    assert "Error" in late
    assert late.endswith("True")
    assert printed(program, AHEAD="1") == late


def test_plain_programs_load_nothing_ahead(printed: Callable[..., str]) -> None:
    program = """
        accelerator.load_ahead("cdktf")
        print(loads())
    """
    assert printed(program, EMR_EKS_PLAIN="1") == "[]"


def test_a_node_that_started_before_us_is_asked_as_ever(python: Callable[..., Any]) -> None:
    program = """
        import constructs
        from constructs_lib import accelerator
        accelerator.load_ahead("cdktf")
        import cdktf
        print(cdktf.App().node.path == "")
    """
    assert python("-c", textwrap.dedent(program)).stdout.strip() == "True"
