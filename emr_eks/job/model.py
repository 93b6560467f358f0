"""Requests against the API's own model, as botocore carries it: names, lengths, counts and patterns.

botocore itself checks names, types and the least lengths only, and leaves the rest to the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from provisioners.spec import Path


class Breach(NamedTuple):
    """A part of a request that the service would refuse."""

    path: Path
    rule: str


def breaches(operation: str, request: Mapping[str, Any]) -> list[Breach]:
    """Return what EMR on EKS would refuse of a *request* to *operation*; its client token may still be missing."""
    shape = _service().operation_model(operation).input_shape
    return [*_breaches(shape, request, ())]


@lru_cache(maxsize=1)
def _service() -> Any:
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    # Not through a session: that would read the user's profile and configuration, which nobody needs here.
    return ServiceModel(Loader().load_service_model("emr-containers", "service-2"), "emr-containers")


_KINDS: dict[str, Any] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
}


def _breaches(shape: Any, value: Any, path: Path) -> Iterator[Breach]:
    if not isinstance(value, _KINDS[shape.type_name]):
        yield Breach(path, f"must be a {shape.type_name}, got {value!r}")
        return
    if rule := _broken_limit(shape, value):
        yield Breach(path, rule)
        return
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name not in value and name != "clientToken":
                yield Breach((*path, name), "is required")
        for name, member in value.items():
            if name in shape.members:
                yield from _breaches(shape.members[name], member, (*path, name))
            else:
                yield Breach((*path, name), "is unknown to the service")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from _breaches(shape.member, item, (*path, index))
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _breaches(shape.key, key, (*path, key))
            yield from _breaches(shape.value, item, (*path, key))


def _broken_limit(shape: Any, value: Any) -> str | None:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    noun = {"string": " characters", "integer": ""}.get(shape.type_name, " entries")
    size = value if shape.type_name == "integer" else len(value)
    if most is not None and size > most:
        return f"must have at most {most}{noun}, got {size}"
    if least is not None and size < least:
        return f"must have at least {least}{noun}, got {size}"
    if getattr(shape, "enum", None) and value not in shape.enum:
        return f"must be one of {', '.join(shape.enum)}, got {value!r}"
    pattern = shape.metadata.get("pattern")
    if pattern and not _matches(pattern, value):
        return f"must match {pattern}, got {value!r}"
    return None


def _matches(pattern: str, value: str) -> bool:
    """Tell whether *value* as a whole matches a pattern as Java reads it.

    To Java only ASCII's blanks are blanks, and a dot stands for no end of a line.
    """
    as_java = _DOT.sub(lambda found: r"[^\n\r\u0085\u2028\u2029]" if found[0] == "." else found[0], pattern)
    return re.fullmatch(as_java, value, re.ASCII) is not None


_DOT = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\.")
"""A dot, and what may hold one that stands for itself."""
