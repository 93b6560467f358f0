"""Schedules of disruption budgets."""

from __future__ import annotations

import pytest

from provisioners.cron import is_schedule


@pytest.mark.parametrize(
    "text",
    [
        "@daily",
        "@yearly",
        "* * * * *",
        "0 9 * * mon-fri",
        "*/15 0,12 1-31/2 JAN-dec ?",
        "59 23 31 12 6",
        "0  0\t1 1 0",
    ],
)
def test_schedules(text: str) -> None:
    assert is_schedule(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "@Daily",
        "@every 1h",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "1, * * * *",
        "- * * * *",
        "* * * mon *",
        "٣ * * * *",
    ],
)
def test_no_schedules(text: str) -> None:
    assert not is_schedule(text)
