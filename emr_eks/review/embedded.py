"""JSON, YAML and MIME inside strings (policies, chart values, user data), read as the data that they are."""

from __future__ import annotations

import base64
import binascii
import json
import re
from email import message_from_string
from typing import Any

import yaml

_EXPRESSION = re.compile(r"(?<!\$)\$\{")
_YAML = re.compile(r"\A(?:\s*#.*\n|---\s*\n|\s*\n)*(?:- |[\w\"'./-]+:(?:\s|$))")
_ALIAS = re.compile(r"(?:^|[\s\[,])[*&]\w")
_MIME = re.compile(r"\A(?:MIME-Version|Content-Type): ", re.IGNORECASE)
_ENCODED = ("user_data", "user_data_base64", "content_base64")
_MANY_BYTES = 1 << 20


def decoded(value: Any) -> Any:
    """Return *value* with every string that holds a JSON or YAML document replaced by what it holds."""
    if isinstance(value, str):
        return document(value)
    if isinstance(value, dict):
        return {key: decoded(_plain(each) if key in _ENCODED else each) for key, each in value.items()}
    if isinstance(value, list):
        return [decoded(each) for each in value]
    return value


def _plain(value: Any) -> Any:
    """Return the text that *value* is in base64, in which secrets and changes would go unseen; else *value* itself."""
    try:
        return base64.b64decode(value, validate=True).decode("utf-8") if isinstance(value, str) else value
    except (binascii.Error, UnicodeDecodeError):
        return value


def document(text: str) -> Any:
    """Return the mapping or list that *text* holds, with what is embedded in it; else *text* itself."""
    start = text.lstrip()[:1]
    found: Any = None
    if _MIME.match(text):
        found = _parts(text)
    elif start in ("{", "[") and not text.startswith("${"):
        found = _json(text)
    elif "\n" in text and len(text) < _MANY_BYTES and _YAML.match(text) and not _ALIAS.search(text):
        found = _yaml(text)
    return decoded(found) if isinstance(found, dict | list) else text


def _parts(text: str) -> Any:
    """Return the parts of a MIME document, which nodes run one after another; None for one that has none."""
    message = message_from_string(text)
    if not message.is_multipart():
        return None
    parts = [part for part in message.walk() if not part.is_multipart()]
    return [{"content_type": part.get_content_type(), "content": str(part.get_payload()).strip()} for part in parts]


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
