"""Kubernetes quantities."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioners.quantity import amount


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("1000", "1000"),
        (4, "4"),
        ("500m", "0.5"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1Ki", "1024"),
        ("64Gi", "68719476736"),
        ("1k", "1000"),
        ("2M", "2000000"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("12e-1", "1.2"),
        ("-5", "-5"),
        ("+5", "5"),
        ("100n", "0.0000001"),
        ("1u", "0.000001"),
    ],
)
def test_amounts(quantity: int | str, expected: str) -> None:
    assert amount(quantity) == Decimal(expected)


def test_more_than_any_machine_has_is_an_amount_too() -> None:
    assert amount("1e99999999") > amount("999999E")


@pytest.mark.parametrize("quantity", ["", "Gi", "1 Gi", "64GiB", "1K", "1,000", "ten", "1ee3", "--1"])
def test_what_is_no_amount(quantity: str) -> None:
    with pytest.raises(ValueError, match="must be a Kubernetes quantity"):
        amount(quantity)


@given(st.integers(0, 10**6), st.sampled_from(["Ki", "Mi", "Gi", "Ti"]))
def test_larger_numbers_are_larger_amounts(number: int, suffix: str) -> None:
    assert amount(f"{number}{suffix}") < amount(f"{number + 1}{suffix}")
