"""What Terraform waits for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from constructs_lib._names import Refused, Where

Dependable = TypeVar("Dependable")


def dependable(after: Sequence[Dependable], name: str, where: Where) -> list[Dependable]:
    """Return *after*, the argument *name*, of which cdktf would leave out what is no resource without a word.

    Raises `Refused`.
    """
    for each in after:
        if not hasattr(type(each), "fqn"):
            raise Refused(
                f"{where()}: `{name}` must hold what Terraform can wait for, got a {type(each).__name__}; give its "
                "resource, such as `node_group.resource`"
            )
    return [*after]
