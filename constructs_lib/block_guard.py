"""Raises where CDKTF would lose part of a block without a word.

Generated bindings accept a struct or a dict for a block. A dict for a single block becomes its struct; one in a list
goes to JavaScript as it is, which looks for `fromPort` and drops `from_port`: a security group's rule loses its ports,
and `terraform validate` still passes. The stacks of this project are guarded; any other program is after

    from constructs_lib import block_guard; block_guard.install()

Keys that JavaScript knows (`protocol`, `fromPort`) and those of free-form maps (tags, manifests) pass.
`EMR_EKS_PLAIN=1` turns the guard off.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, zip_longest
from types import FunctionType, SimpleNamespace
from typing import Any, NamedTuple

import jsii

from constructs_lib import accelerator


class LostKeys(TypeError):  # noqa: N818 - the name says what it is about
    """Says which keys of a construct's blocks would be lost, and which struct to write instead."""


def install() -> None:
    """Guard, from now on and in the whole process, everything that is given to CDKTF."""
    if accelerator.is_plain() or jsii.create.__module__ == __name__:
        return
    create, invoke, assign = jsii.create, jsii.invoke, jsii.set

    def guarded_create(klass: type[Any], obj: Any, args: list[Any] | None = None) -> Any:
        if lost := [each for arg in args or () if _is_struct(arg) for each in _lost(arg, Any, "")]:
            raise _error(_path_of_new(obj, *args or ()), lost)
        return create(klass, obj, args)

    def guarded_invoke(obj: Any, method: str, args: list[Any] | None = None) -> Any:
        _check(obj, method, args or [])
        return invoke(obj, method, args)

    def guarded_set(obj: Any, name: str, value: Any) -> None:
        _check(obj, name, [value])
        assign(obj, name, value)

    vars(jsii).update(create=guarded_create, invoke=guarded_invoke, set=guarded_set)


def _check(obj: Any, member: str, values: list[Any]) -> None:
    """Raise if what *obj*'s method or property, by its name in JavaScript, is given would lose keys."""
    if any(map(_holds_blocks, values)):
        klass: Any = type(obj)
        name, hints = _signature(klass, member)
        pairs = zip_longest(values, hints[: len(values)], fillvalue=Any)
        if lost := [each for value, hint in pairs for each in _lost(value, hint, name)]:
            raise _error(_path(obj), lost)


class _Lost(NamedTuple):
    """A key that JavaScript would drop, and the structs that may stand where its dict does."""

    where: str
    key: str
    structs: list[Any]

    def __str__(self) -> str:
        meant = [struct for struct in self.structs if self.key in struct.__jsii_name_mapping__]
        call = f"({self.key}=...)" if meant else ""
        names = " or ".join(f"{struct.__module__}.{struct.__name__}{call}" for struct in meant or self.structs)
        return f"{self.where}.{self.key}: " + (f"use {names}" if meant else f"no argument of {names}")


def _lost(value: Any, hint: Any, where: str) -> Iterator[_Lost]:
    """Find in *value*, for which the bindings declare the type *hint*, the keys that JavaScript would drop."""
    if _is_struct(value):
        struct: Any = type(value)
        for name, each in value._values.items():
            if _holds_blocks(each):
                yield from _lost(each, _argument(struct, name), f"{where}.{name}".lstrip("."))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            # What a struct may hold, it says itself.
            if _holds_blocks(each):
                yield from _lost(each, Any if _is_struct(each) else _inside(hint, Sequence), f"{where}[{index}]")
    elif isinstance(value, dict):
        if structs := [each for each in _alternatives(hint) if _is_struct(each)]:
            yield from _lost_of_block(value, structs, where)
        else:
            for key, each in value.items():
                if _holds_blocks(each):
                    yield from _lost(each, _inside(hint, Mapping), f"{where}[{key!r}]")


def _lost_of_block(block: dict[Any, Any], structs: list[Any], where: str) -> Iterator[_Lost]:
    for key, value in block.items():
        known = [
            _argument(struct, python)
            for struct in structs
            for python, javascript in struct.__jsii_name_mapping__.items()
            if javascript == key
        ]
        if known:
            yield from _lost(value, typing.Union[tuple(known)], f"{where}.{key}")  # noqa: UP007 - as many as there are
        elif value is not None:
            yield _Lost(where, key, structs)


def _is_struct(value: Any) -> bool:
    """Tell whether *value* is a struct of some bindings, or the class of one."""
    return hasattr(value, "__jsii_name_mapping__")


def _holds_blocks(value: Any) -> bool:
    return isinstance(value, (list, dict)) or _is_struct(value)


@functools.cache
def _alternatives(hint: Any) -> tuple[Any, ...]:
    """Return the types that *hint* is a union of."""
    if typing.get_origin(hint) is not typing.Union:
        return (hint,)
    return tuple(each for part in typing.get_args(hint) for each in _alternatives(part))


@functools.cache
def _inside(hint: Any, kind: type) -> Any:
    """Return what the lists (*kind* Sequence) or maps (Mapping) among the alternatives of *hint* hold."""
    held = [
        typing.get_args(each)[-1]
        for each in _alternatives(hint)
        if isinstance(typing.get_origin(each), type) and issubclass(typing.get_origin(each), kind)
    ]
    return typing.Union[tuple(held)] if held else Any  # noqa: UP007 - as many as there are


@functools.cache
def _argument(struct: Any, name: str) -> Any:
    """Return what the bindings declare for argument *name* of *struct*."""
    # A class that somebody derived from a struct may take other arguments, and hints nothing of these.
    generated = next(each for each in struct.__mro__ if "__jsii_name_mapping__" in vars(each))
    return _resolved(generated.__init__, name)


@functools.cache
def _signature(klass: Any, member: str) -> tuple[str, list[Any]]:
    """Return the name in Python of *klass*'s method or property, and the types of what it takes, in order."""
    # As written, not as looked up: an override has no hints of the bindings, and a look at a class may run any code.
    for name, found in chain.from_iterable(vars(each).items() for each in klass.__mro__):
        read, write = (found.fget, found.fset) if isinstance(found, property) else (found, found)
        if isinstance(write, FunctionType) and getattr(read, "__jsii_name__", None) == member:
            return name, [_resolved(write, each) for each in write.__annotations__ if each != "return"]
    return member, []


def _resolved(function: Any, parameter: str) -> Any:
    """Resolve the type of one parameter; of all of them it would take a tenth of the time of building a platform."""
    annotations = {parameter: function.__annotations__.get(parameter, Any)}
    with suppress(NameError):
        return typing.get_type_hints(SimpleNamespace(__annotations__=annotations), function.__globals__)[parameter]
    return Any


def _error(path: str, lost: list[_Lost]) -> LostKeys:
    reason = "CDKTF would drop, without a word, keys of a dict that is not turned into a struct"
    return LostKeys("\n".join([f"{path}: {reason}", *(f"  {each}" for each in lost)]))


def _path_of_new(made: Any, *args: Any) -> str:
    if len(args) > 1 and hasattr(args[0], "node") and isinstance(args[1], str):
        return f"{args[0].node.path}/{args[1]}".lstrip("/")
    return type(made).__name__


def _path(target: Any) -> str:
    """Return the path of the construct that *target* is, or is a block of."""
    owner = target
    while owner is not None and not hasattr(owner, "node"):
        owner = getattr(owner, "_terraform_resource", None)
    return type(target).__name__ if owner is None else str(owner.node.path)
