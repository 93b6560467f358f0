"""Cron schedules, as Karpenter's disruption budgets write them.

Five fields, or a name such as `@daily`: https://pkg.go.dev/github.com/robfig/cron/v3#ParseStandard.
"""

from __future__ import annotations

import re

_NAMES = ("annually", "yearly", "monthly", "weekly", "daily", "midnight", "hourly")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_BOUNDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, start=1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_RANGE = re.compile(r"(?:(?P<any>[*?])|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>[0-9]+))?", re.ASCII)


def is_schedule(text: str) -> bool:
    """Tell whether *text* is a schedule that Karpenter can read."""
    if text.startswith("@"):
        return text[1:] in _NAMES
    fields = text.split()
    return len(fields) == len(_BOUNDS) and all(
        _is_range(item, low, high, names)
        for field, (low, high, names) in zip(fields, _BOUNDS, strict=True)
        for item in field.split(",")
    )


def _is_range(item: str, low: int, high: int, names: dict[str, int]) -> bool:
    match = _RANGE.fullmatch(item)
    if match is None or (match["step"] is not None and int(match["step"]) == 0):
        return False
    if match["any"]:
        return True
    first = _number(match["low"], names)
    last = first if match["high"] is None else _number(match["high"], names)
    return first is not None and last is not None and low <= first <= last <= high


def _number(word: str, names: dict[str, int]) -> int | None:
    return int(word) if word.isdigit() else names.get(word.lower())
