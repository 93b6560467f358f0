"""What a platform in a VPC without NAT gateways does not reach. Pure.

Somebody else may have made another way out, so it is advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from constructs_lib._vpc import EVERY_NODE_NEEDS
from provisioners.spec import Path

if TYPE_CHECKING:
    from stacks.platform import PlatformSpec

_CONTROLLERS = ("cluster_autoscaler", "karpenter", "node_termination_handler")


def advice(spec: PlatformSpec) -> Iterator[tuple[Path, str]]:
    """Yield what keeps nodes, jobs and controllers of *spec* from starting, with its place."""
    if not (spec.vpc and spec.isolated):
        return
    if missing := sorted({*EVERY_NODE_NEEDS} - {*spec.vpc.endpoint_services}):
        yield (
            ("vpc", "interface_endpoints"),
            f"without a NAT gateway nodes do not reach {', '.join(missing)}: add these, or leave the key out for all "
            "that are needed",
        )
    for key in _CONTROLLERS:
        controller = getattr(spec, key)
        if controller and not controller.image_repository:
            yield (
                (key,),
                "its image is on the internet, which a VPC without NAT gateways does not reach: copy it to ECR, and "
                "name the copy as `image_repository`",
            )
