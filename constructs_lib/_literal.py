"""User's text as Terraform text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def literal(value: Any) -> Any:
    """Return *value* with every `${` and `%{` in its strings, keys too, escaped, so that Terraform leaves them be."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, Mapping):
        return {literal(key): literal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [literal(item) for item in value]
    return value
