"""Terraform's expressions in synthesised JSON: what they refer to, and the same with other addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from emr_eks.review.model import App, Stack
from emr_eks.review.paths import Path, blocks, strings

_EXPRESSION = re.compile(r"(?<!\$)\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_ADDRESS = re.compile(
    r"(?<![\w./-])(?:([\w-]+)/)?((?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*)((?:\.[a-z_]\w*|\[\d+\])*)"
)
_ACCOUNT = re.compile(r"\$\{data\.aws_caller_identity\.[\w-]+\.account_id\}")
_INDEX = re.compile(r"\[\d+\]")
_BARE = re.compile(r"\A(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z_][\w-]*\Z")
_CROSS_STACK = re.compile(r"data\.terraform_remote_state\.cross-stack-reference-input-([\w-]+)\.outputs\.([\w-]+)")


class Reference(NamedTuple):
    """What an expression reads; `stack` is empty for the stack that it stands in, `attribute` is dotted."""

    stack: str
    address: str
    attribute: str


def references(value: Any) -> Iterator[Reference]:
    """Yield what the expressions in *value* read, and the addresses that stand for themselves (`depends_on`)."""
    for text in texts(value):
        yield from references_in(text)


def references_in(text: str) -> Iterator[Reference]:
    """Yield what the expressions in *text* read, or the address that it is."""
    if "${" in text:
        for expression in _EXPRESSION.findall(text):
            for stack, address, attribute in _ADDRESS.findall(expression):
                yield Reference(stack, address, _INDEX.sub("", attribute).strip("."))
    elif _BARE.match(text):
        yield Reference("", text, "")


def texts(value: Any) -> Iterator[str]:
    """Yield every string in *value*, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            if isinstance(key, str):
                yield key
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def rewritten(value: Any, change: Callable[[str], str]) -> Any:
    """Return *value* with *change* made to every string in it that refers to something."""
    if isinstance(value, str):
        return change(value) if "${" in value or _BARE.match(value) else value
    if isinstance(value, dict):
        return {(change(key) if "${" in key else key): rewritten(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [rewritten(each, change) for each in value]
    return value


def with_moves(text: str, stack: str, moves: Mapping[tuple[str, str], str]) -> str:
    """Return *text* of *stack* with every address that moved replaced; *moves* has (stack, old) to new."""

    def moved(found: re.Match[str]) -> str:
        where, address = found.group(1), found.group(2)
        new = moves.get((where or stack, address))
        return found.group().replace(address, new, 1) if new else found.group()

    if _BARE.match(text):
        return _ADDRESS.sub(moved, text)
    return _EXPRESSION.sub(lambda expression: _ADDRESS.sub(moved, expression.group()), text)


def located(text: str, stack: str, names: Mapping[tuple[str, str], str]) -> str:
    """Return *text* of *stack* with every address as it would be in any stack: by its name in *names*, or in full."""

    def full(found: re.Match[str]) -> str:
        where, address, attribute = found.group(1) or stack, found.group(2), found.group(3)
        return names.get((where, address), f"{where}/{address}") + attribute

    return _EXPRESSION.sub(lambda expression: _ADDRESS.sub(full, expression.group()), text)


def resolver(app: App, account: str | None = None) -> Callable[[str], str]:
    """Return what writes `STACK/address` for the outputs through which cdktf lets stacks read each other.

    The names of those outputs are made from addresses, so a move in one stack would look like a change in others.
    Where the *account* is known, it stands for what Terraform would ask AWS for it.
    """

    def resolved(found: re.Match[str]) -> str:
        producer = app.stacks.get(found.group(1))
        expression = _source(producer, found.group(2)) if producer else None
        return f"{found.group(1)}/{expression}" if expression else found.group()

    def change(text: str) -> str:
        if account and "aws_caller_identity" in text:
            text = _ACCOUNT.sub(account, text)
        return _CROSS_STACK.sub(resolved, text) if "terraform_remote_state" in text else text

    return change


def account_of(*apps: App) -> str | None:
    """Return the one account that the AWS providers of *apps* insist on, if they name one and no other."""
    providers = [found for app in apps for stack in app.stacks.values() for found in blocks(stack.providers.get("aws"))]
    named = {account for provider in providers for account in strings(provider.get("allowed_account_ids"))}
    return next(iter(named)) if len(named) == 1 else None


def _source(producer: Stack, output: str) -> str | None:
    """Return the plain reference that *output* hands on, if that is what it is."""
    value = producer.outputs.get(output, {}).get("value")
    if not isinstance(value, str):
        return None
    inner = value.removeprefix("${").removesuffix("}")
    return inner if value == f"${{{inner}}}" and _ADDRESS.match(inner) else None


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every string in *value* that holds an expression, and where it stands."""
    if isinstance(value, str):
        if "${" in value:
            yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, str(key)))
    elif isinstance(value, list):
        for each in value:
            yield from places(each, path)


def inputs(stack: Stack) -> set[tuple[str, str]]:
    """Return (producer, output) for each output of another stack that *stack* reads."""
    parts = [*(r.body for r in stack.resources.values()), *(r.body for r in stack.data.values())]
    everything = [*parts, stack.providers, stack.outputs]
    return {
        found for text in texts(everything) if "terraform_remote_state" in text for found in _CROSS_STACK.findall(text)
    }
