"""Structs that are sent to Node without what they were not given.

jsii reads each argument that a struct could have, some thirty for a resource, and each read puts a type together that
nobody looks at. It sends a null for each that was not given, which Node drops.
"""

from __future__ import annotations

import functools
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from constructs_lib.accelerator._functions import takes

_REFERENCE = "_make_reference_for_native"
_SENT_AS_THEY_ARE = frozenset((str, int, float, bool, type(None)))


def prepare(kernel: ModuleType) -> None:
    """Let jsii's module *kernel* read structs, wherever they are in what it sends, as they were given."""
    theirs = getattr(kernel, _REFERENCE, None)
    if takes(theirs, "kernel", "d"):
        setattr(kernel, _REFERENCE, _of_what_is_given(theirs))


def _of_what_is_given(theirs: FunctionType) -> Any:
    @functools.wraps(theirs)
    def make_reference(kernel: Any, value: Any) -> Any:
        if type(value) in _SENT_AS_THEY_ARE:  # every second one
            return value
        # A class that somebody derived from a struct may compute its arguments, and has no mapping of its own.
        names = vars(type(value)).get("__jsii_name_mapping__")
        if not isinstance(names, dict) or not isinstance(getattr(value, "_values", None), dict):
            return theirs(kernel, value)
        # A null that was given is one for a required argument, for which the struct's own property raises.
        if any(each is None for each in value._values.values()):
            return theirs(kernel, value)
        given = SimpleNamespace(**value._values)
        given.__jsii_type__ = value.__jsii_type__
        given.__jsii_name_mapping__ = {python: names[python] for python in names if python in value._values}
        return theirs(kernel, given)

    return make_reference
