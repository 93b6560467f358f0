"""Bindings that Node loads ahead: asked for once, the same when they come, and no harm when they do not."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT
from other_core import Answer, Prepare, printed_by

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


def listening(text: str, **environment: str) -> Prepare:
    """Return how a program is prepared that counts its questions to Node."""
    return printed_by(LISTEN + textwrap.dedent(text), **environment)


ONCE = listening("""
    accelerator.load_ahead("cdktf_cdktf_provider_helm")
    ahead = len(loads())
    from cdktf import App, TerraformStack, Testing
    from cdktf_cdktf_provider_helm.provider import HelmProvider
    stack = TerraformStack(App(), "stack")
    HelmProvider(stack, "helm")
    print(ahead, loads(), '"helm"' in Testing.synth(stack))
""")


@pytest.mark.other_core(begins=[ONCE])
def test_what_is_loaded_ahead_is_asked_for_once(answer: Answer) -> None:
    assert answer(ONCE) == "3 ['constructs', 'cdktf', '@cdktf/provider-helm'] True"


IN_BETWEEN = listening("""
    accelerator.load_ahead("cdktf_cdktf_provider_helm")
    from cdktf import App, TerraformStack, Testing
    stack = TerraformStack(App(), "stack")
    accelerator.load_ahead("cdktf_cdktf_provider_kubernetes")
    stack.node.path
    from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider
    from cdktf_cdktf_provider_helm.provider import HelmProvider
    HelmProvider(stack, "helm"), KubernetesProvider(stack, "kubernetes")
    print(len(loads()), all(f'"{name}"' in Testing.synth(stack) for name in ("helm", "kubernetes")))
""")


@pytest.mark.other_core(begins=[IN_BETWEEN])
def test_another_question_may_come_first(answer: Answer) -> None:
    assert answer(IN_BETWEEN) == "4 True"


def making_a_vpc(first: str) -> Prepare:
    return listening(f"""
        {first}
        from cdktf import App, TerraformStack, Testing
        from cdktf_cdktf_provider_aws.vpc import Vpc
        stack = TerraformStack(App(), "stack")
        Vpc(stack, "vpc", cidr_block="10.0.0.0/16")
        assert '"aws_vpc"' in Testing.synth(stack)
        print([line.split(b'"fqn": "')[1].split(b'"')[0].decode() for line in written if b'"sget"' in line])
    """)


VPC_AHEAD = {
    making_a_vpc('accelerator.load_ahead("cdktf")'): ["@cdktf/provider-aws.vpc.Vpc"],
    making_a_vpc("accelerator.load_ahead()"): ["@cdktf/provider-aws.vpc.Vpc"],
    making_a_vpc(""): [],
}


@pytest.mark.other_core(begins=[*VPC_AHEAD])
@pytest.mark.parametrize(("making", "named"), VPC_AHEAD.items(), ids=["cdktf", "nothing", "not asked"])
def test_what_python_imports_is_loaded_by_node_meanwhile(making: Prepare, named: list[str], answer: Answer) -> None:
    assert answer(making) == str(named)


MANY = listening("""
    from types import ModuleType
    accelerator.load_ahead("cdktf")
    from constructs_lib.accelerator import _ahead
    many = ModuleType("many")
    for number in range(5000):
        setattr(many, f"R{number}", type("R", (), {"TF_RESOURCE_TYPE": "", "__jsii_type__": f"many.R{number}"}))
    _ahead.expect(many)
    import cdktf
    print(sum(b'"sget"' in line for line in written), cdktf.App().node.path == "")
""")


@pytest.mark.other_core(begins=[MANY])
def test_no_more_is_asked_than_can_be_answered_unheard(answer: Answer) -> None:
    assert answer(MANY) == "98 True"


FOR_NOBODY = listening("""
    accelerator.load_ahead("cdktf", "json", "no_such_package")
    print(loads())
""")


@pytest.mark.other_core(begins=[FOR_NOBODY])
def test_what_nobody_imports_does_no_harm(answer: Answer) -> None:
    assert answer(FOR_NOBODY) == "['constructs', 'cdktf']"


IMPORT_BROKEN = """
if os.environ.get("AHEAD"):
    accelerator.load_ahead("broken")
try:
    import broken
except Exception as error:
    print(type(error).__name__, str(error).partition("/")[0])
import cdktf
print(cdktf.App().node.path == "")
"""


def with_a_broken_package(folder: Path) -> Callable[[], tuple[str, str]]:
    """Import it without load_ahead, and with it."""
    package = folder / "broken" / "_jsii"
    package.mkdir(parents=True)
    package.with_name("__init__.py").write_text("from ._jsii import *\n")
    package.joinpath("__init__.py").write_text(
        'import jsii\njsii.JSIIAssembly.load("broken", "1.0.0", __name__[0:-6], "broken@1.0.0.jsii.tgz")\n'
    )
    path = f"{ROOT}:{folder}"
    late, ahead = (listening(IMPORT_BROKEN, PYTHONPATH=path, AHEAD=ahead)(folder) for ahead in ("", "1"))
    return lambda: (late(), ahead())


@pytest.mark.other_core(begins=[with_a_broken_package])
def test_an_error_is_raised_by_the_import_and_is_the_same(answer: Answer) -> None:
    late, ahead = answer(with_a_broken_package)
    assert "Error" in late
    assert late.endswith("True")
    assert ahead == late


PLAIN = listening(
    """
    accelerator.load_ahead("cdktf")
    print(loads())
    """,
    EMR_EKS_PLAIN="1",
)


@pytest.mark.other_core(begins=[PLAIN])
def test_plain_programs_load_nothing_ahead(answer: Answer) -> None:
    assert answer(PLAIN) == "[]"


NODE_FIRST = printed_by("""
    import constructs
    from constructs_lib import accelerator
    accelerator.load_ahead("cdktf")
    import cdktf
    print(cdktf.App().node.path == "")
""")


@pytest.mark.other_core(begins=[NODE_FIRST])
def test_a_node_that_started_before_us_is_asked_as_ever(answer: Answer) -> None:
    assert answer(NODE_FIRST) == "True"
