"""User's text as Terraform text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SEQUENCE = re.compile(r"\$(?=\{(?!TfToken\[))|%(?=\{)")
"""What begins a sequence of Terraform's, but for cdktf's placeholders: those say what only Terraform knows."""


def literal(value: Any) -> Any:
    """Return *value* with every `${` and `%{` in its strings, keys too, escaped, so that Terraform leaves them be.

    Tokens stay what they are.
    """
    if isinstance(value, str):
        return _SEQUENCE.sub(r"\g<0>\g<0>", value)
    if isinstance(value, Mapping):
        return {literal(key): literal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [literal(item) for item in value]
    return value
