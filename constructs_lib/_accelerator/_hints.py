"""Type checks that cost little: the same checks and the same errors.

Generated constructors check each of their arguments against `typing.get_type_hints(<stub>)`, which evaluates every
annotation of the stub anew, although a stub never changes: a quarter of the time of a small resource. Another fifth
goes to typeguard, mostly for the many arguments that are not given, whose None is one of the types allowed.
"""

from __future__ import annotations

import functools
import typing
from types import FunctionType, ModuleType
from typing import Any

_remembering = ModuleType(typing.__name__, typing.__doc__)
vars(_remembering).update(vars(typing), get_type_hints=functools.cache(typing.get_type_hints))
_PARAMETERS = ("argname", "value", "expected_type")


def remember(module: ModuleType) -> None:
    """Give a generated module, and no other, a `typing` that remembers, and a check that sees the obvious."""
    generated = vars(module)
    if "jsii" not in generated or generated.get("typing") is not typing:
        return
    generated["typing"] = _remembering
    check = generated.get("check_type")
    if isinstance(check, FunctionType) and check.__code__.co_varnames[: check.__code__.co_argcount] == _PARAMETERS:
        generated["check_type"] = _seeing_the_obvious(check)


def _seeing_the_obvious(check: FunctionType) -> Any:
    """Return *check*, which is not asked about a value whose very class is among the types allowed."""

    @functools.wraps(check)
    def check_type(argname: str, value: object, expected_type: Any) -> Any:
        if getattr(expected_type, "__origin__", None) is typing.Union:
            kind = type(value)
            for allowed in expected_type.__args__:
                if allowed is kind:
                    return None
        return check(argname, value, expected_type)

    return check_type
