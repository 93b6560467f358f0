"""Type checks that cost little: the same checks and the same errors.

Generated constructors check each of their arguments against `typing.get_type_hints(<stub>)`, which evaluates every
annotation of the stub anew, although a stub never changes: a quarter of the time of a small resource. Another fifth
goes to typeguard, which goes through twenty kinds of types for each argument: most are not given, and the others are of
the very class that is allowed.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Any

from constructs_lib.accelerator._functions import takes

_remembering = ModuleType(typing.__name__, typing.__doc__)
vars(_remembering).update(vars(typing), get_type_hints=functools.cache(typing.get_type_hints))


def remember(module: ModuleType) -> None:
    """Give a generated module, and no other, a `typing` that remembers, and a check that sees the obvious."""
    generated = vars(module)
    if "jsii" not in generated or generated.get("typing") is not typing:
        return
    generated["typing"] = _remembering
    check = generated.get("check_type")
    if takes(check, "argname", "value", "expected_type"):
        generated["check_type"] = _seeing_the_obvious(check)


def _seeing_the_obvious(check: FunctionType) -> Any:
    """Return *check*, which is not asked about a value that is obviously of a type allowed."""

    @functools.wraps(check)
    def check_type(argname: str, value: object, expected_type: Any) -> Any:
        return None if _is_obvious(value, expected_type) else check(argname, value, expected_type)

    return check_type


def _is_obvious(value: Any, expected: Any) -> bool:
    """Tell whether the class of *value*, and of all that a list or dict of it holds, is of the type *expected*."""
    kind = type(value)
    if expected is kind:
        return True
    origin, allowed = getattr(expected, "__origin__", None), getattr(expected, "__args__", None)
    if not allowed:
        return expected in kind.__mro__
    if origin is typing.Union:
        for each in allowed:
            if each is kind:  # before all else, as most arguments are a None
                return True
        return any(_is_obvious(value, each) for each in allowed)
    if origin is Sequence:
        return kind is list and all(_is_obvious(each, allowed[0]) for each in value)
    if origin in (Mapping, dict):
        keys, values = allowed
        return kind is dict and all(_is_obvious(key, keys) and _is_obvious(value[key], values) for key in value)
    return False
