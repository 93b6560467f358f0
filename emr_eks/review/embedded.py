"""JSON and YAML inside strings (policies, chart values, pod templates), read as the data that they are."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

_EXPRESSION = re.compile(r"(?<!\$)\$\{")
_YAML = re.compile(r"\A(?:\s*#.*\n|---\s*\n|\s*\n)*(?:- |[\w\"'./-]+:(?:\s|$))")
_ALIAS = re.compile(r"(?:^|[\s\[,])[*&]\w")
_MANY_BYTES = 1 << 20


def decoded(value: Any) -> Any:
    """Return *value* with every string that holds a JSON or YAML document replaced by what it holds."""
    if isinstance(value, str):
        return document(value)
    if isinstance(value, dict):
        return {key: decoded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [decoded(each) for each in value]
    return value


def document(text: str) -> Any:
    """Return the mapping or list that *text* holds, with what is embedded in it; else *text* itself."""
    start = text.lstrip()[:1]
    found: Any = None
    if start in ("{", "[") and not text.startswith("${"):
        found = _json(text)
    elif "\n" in text and len(text) < _MANY_BYTES and _YAML.match(text) and not _ALIAS.search(text):
        found = _yaml(text)
    return decoded(found) if isinstance(found, dict | list) else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_with_quoted_expressions(text))
    except (ValueError, RecursionError):
        return None


def _with_quoted_expressions(text: str) -> str:
    """Return *text* with the quotes inside Terraform's expressions escaped: cdktf writes them as they are."""
    parts, position = [], 0
    for start in _EXPRESSION.finditer(text):
        if start.start() < position:
            continue
        end = _end_of_expression(text, start.end())
        parts += [text[position : start.start()], text[start.start() : end].replace('"', '\\"')]
        position = end
    return "".join([*parts, text[position:]])


def _end_of_expression(text: str, position: int) -> int:
    depth = 1
    while position < len(text) and depth:
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        position += 1
    return position


def _yaml(text: str) -> Any:
    try:
        found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return _as_json(found)


def _as_json(value: Any) -> Any:
    """Return *value* with text for what JSON does not know: dates, and keys that are not text."""
    if isinstance(value, dict):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_as_json(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
