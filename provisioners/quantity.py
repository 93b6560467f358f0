"""Kubernetes quantities: `1000`, `500m`, `64Gi`.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from provisioners.spec import broken_rule, text

_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_PATTERN = rf"(?P<number>[+-]?{_NUMBER})(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?{_NUMBER})?"
_WHOLE = re.compile(_PATTERN)
_RULE = "must be a Kubernetes quantity"
_EXAMPLES = "for example '1000', '500m' or '64Gi'"
_LARGEST_EXPONENT = Decimal(100)
_SCALES = {
    "": Decimal(1),
    **{
        suffix: Decimal(10) ** power
        for suffix, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)
    },
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}


def amount(quantity: int | str) -> Decimal:
    """Return the plain number that *quantity* stands for: cores, bytes or a count. Raises `ValueError`."""
    match = _WHOLE.fullmatch(str(quantity))
    if match is None:
        raise ValueError(f"{_RULE}, got {quantity!r}; {_EXAMPLES}")
    suffix = match["suffix"] or ""
    if suffix in _SCALES:
        return Decimal(match["number"]) * _SCALES[suffix]
    # No machine has as much, and a number of a million digits would keep us busy.
    exponent = min(Decimal(suffix[1:]), _LARGEST_EXPONENT)
    return Decimal(match["number"]) * Decimal(10) ** exponent


def _check(value: Any) -> int | str:
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise broken_rule(_RULE, f"{_EXAMPLES}, a fraction in quotes" if isinstance(value, float) else _EXAMPLES)


QuantityText = Annotated[str, text(_PATTERN.replace("?P<number>", "").replace("?P<suffix>", ""), _RULE, _EXAMPLES)]
"""A quantity that Kubernetes wants as a string."""

Quantity = Annotated[
    int | str, PlainValidator(_check), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})
]
"""A quantity, as a string or as a whole number."""
