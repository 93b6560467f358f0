"""A small program that uses three providers; prints what it saw as JSON. Run with and without the accelerator.

Writes to the folder that is its first argument; the other arguments are platforms, which it builds when all is seen.
"""

# ruff: noqa: E402 - garbage is not collected from before the imports on

from __future__ import annotations

import atexit
import gc
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import constructs_lib  # noqa: F401 - the one line

# With plain imports there come 25,000 classes, all of them to stay: a fifth of the time goes into looking for others.
gc.disable()
finished = False


@atexit.register  # before jsii registers its own end, and so after it
def leave() -> None:
    """Spare the seconds in which Python takes those classes apart."""
    if finished:
        sys.stdout.flush()
        os._exit(0)


# isort: split
import cdktf_cdktf_provider_aws as aws
import jsii
from cdktf import App, Aspects, TerraformIterator, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws import vpc
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupIngress
from cdktf_cdktf_provider_helm.provider import HelmProvider
from cdktf_cdktf_provider_helm.release import Release
from cdktf_cdktf_provider_kubernetes.namespace import Namespace, NamespaceMetadata
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider
from constructs import IConstruct


@jsii.implements(__import__("cdktf").IAspect)
class Visitor:
    """Notes the class of everything it visits."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def visit(self, node: IConstruct) -> None:
        self.seen.append(f"{type(node).__module__}.{type(node).__name__}")


def error_of(statement: str) -> str:
    """Return the type and the text of the error that *statement* raises."""
    try:
        exec(statement, {"aws": aws, "vpc": vpc, "stack": stack})
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "none"


folder, *platforms = map(Path, sys.argv[1:])
app = App(outdir=str(folder / "small"))
stack = TerraformStack(app, "small")
AwsProvider(stack, "aws", region="eu-west-1")
KubernetesProvider(stack, "kubernetes")
HelmProvider(stack, "helm")
network = aws.vpc.Vpc(stack, "network", cidr_block="10.0.0.0/16", tags={"a": "b"})
SecurityGroup(
    stack,
    "group",
    vpc_id=network.id,
    ingress=[SecurityGroupIngress(from_port=443, to_port=444, protocol="tcp", cidr_blocks=["10.0.0.0/8"])],
)
namespace = Namespace(stack, "namespace", metadata=NamespaceMetadata(name="spark"))
Release(stack, "release", name="release", chart="chart", namespace=namespace.metadata.name)
TerraformOutput(stack, "arn", value=network.arn)
visitor = Visitor()
Aspects.of(stack).add(visitor)
app.synth()

facts: dict[str, Any] = {
    "visited": visitor.seen,
    "found": stack.node.find_child("network") is network,
    "is instance": [
        isinstance(network, vpc.Vpc),
        isinstance(network, aws.vpc.Vpc),
        isinstance(network, aws.subnet.Subnet),
    ],
    "same class": aws.vpc.Vpc is vpc.Vpc is sys.modules["cdktf_cdktf_provider_aws.vpc"].Vpc,
    "errors": [
        error_of("import cdktf_cdktf_provider_aws.nonsense"),
        error_of("from cdktf_cdktf_provider_aws import nonsense"),
        error_of("from cdktf_cdktf_provider_aws.vpc import Nonsense"),
        error_of("aws.nonsense"),
        error_of("vpc.nonsense"),
        error_of("vpc.Vpc(stack, 'wrong', cidr_block=5)"),
        error_of("vpc.Vpc(stack, 'wrong', nonsense='x')"),
        error_of("vpc.Vpc(stack, 'network')"),
    ],
    # But for the folders that jsii unpacks into, and what is its own.
    "trace": [
        re.sub(r"/.*/", "", line)
        for line in TerraformIterator.from_list(["a"]).dynamic({}).creation_stack
        if "program.js" not in line
    ],
    "package": [aws.__name__, aws.__file__, aws.__doc__, list(aws.__path__), type(aws.__loader__).__name__],
    "all": sorted(aws.__all__),
    "offered": sorted({*aws.__all__} & {*dir(aws)}),
    "environment": [os.environ.get("NODE_OPTIONS"), os.environ.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT")],
}
loaded = [name for name in sys.modules if name.startswith("cdktf_cdktf_provider_") and not name.endswith("._private")]
print(json.dumps({"facts": facts, "loaded": loaded}))

for number, file in enumerate(platforms):
    import main
    from stacks.platform import load

    app = App(outdir=str(folder / f"platform-{number}"))
    main.build(app, load(file))
    app.synth()

finished = True
