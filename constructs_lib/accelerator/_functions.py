"""Functions of others that are stood in for only if they are as we know them."""

from __future__ import annotations

from types import FunctionType
from typing import TypeGuard


def takes(function: object, *parameters: str) -> TypeGuard[FunctionType]:
    """Tell whether *function* is one in Python with these parameters, in this order."""
    if not isinstance(function, FunctionType):
        return False
    code = function.__code__
    return code.co_varnames[: code.co_argcount] == parameters
