"""A priority class of pods."""

from __future__ import annotations

from cdktf_cdktf_provider_kubernetes.priority_class_v1 import PriorityClassV1, PriorityClassV1Metadata
from constructs import Construct

from constructs_lib.namespace import metadata_name

__all__ = ["PriorityClass"]


class PriorityClass(Construct):
    """Defines a class that pods must name to have it: never the default of all, which would lift every other pod."""

    def __init__(self, scope: Construct, id: str, *, name: str, value: int) -> None:
        super().__init__(scope, id)
        resource = PriorityClassV1(
            self, "Resource", metadata=PriorityClassV1Metadata(name=name), value=value, global_default=False
        )
        self.name: str = metadata_name(resource)
