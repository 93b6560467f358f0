"""What is obviously right is not checked further; everything else is, and fails with the same words."""

from __future__ import annotations

import typing
from types import ModuleType
from typing import Any

import pytest
import typeguard
from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.accelerator import _hints

# As generated code spells them.
UNION: Any = typing.Union
SEQUENCE: Any = typing.Sequence
MAPPING: Any = typing.Mapping
DICT: Any = typing.Dict  # noqa: UP006


class Checks:
    """Stands for the check in a generated module; notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def function(self) -> Any:
        def check_type(argname: str, value: object, expected_type: Any) -> Any:
            self.asked.append(argname)

        return check_type


class Base:
    """What a construct is."""


class Derived(Base):
    """What somebody makes of it."""


@pytest.mark.parametrize(
    ("value", "expected", "asked"),
    [
        ("a", str, False),
        (Derived(), Base, False),
        (None, UNION[str, None], False),
        ("a", UNION[str, None], False),
        (True, UNION[bool, int, None], False),
        (True, UNION[int, None], False),
        (Derived(), UNION[str, Base], False),
        (["a"], UNION[SEQUENCE[str], None], False),
        ({"a": [Derived()]}, UNION[MAPPING[str, SEQUENCE[Base]], None], False),
        ({"a": 5}, DICT[str, UNION[str, int]], False),
        (Base(), Derived, True),
        (5, UNION[str, None], True),
        ("a", SEQUENCE[str], True),
        ([5], UNION[list[str], None], True),
        (["a", 5], UNION[SEQUENCE[str], None], True),
        ({"a": 5}, UNION[MAPPING[str, str], None], True),
        ({5: "a"}, MAPPING[str, str], True),
        (None, str, True),
        (None, None, True),
    ],
)
def test_what_is_obviously_of_a_type_allowed_passes_unchecked(value: object, expected: Any, asked: bool) -> None:
    checks = Checks()
    _hints._seeing_the_obvious(checks.function())("argument x", value=value, expected_type=expected)
    assert checks.asked == ["argument x"] * asked


SCALARS = st.sampled_from([str, int, float, bool, type(None), Base, Derived, Any, typing.Sequence, dict])
TYPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda several: UNION[tuple(several)]),
        inner.map(lambda each: SEQUENCE[each]),
        st.tuples(SCALARS, inner).map(lambda pair: MAPPING[pair]),
        st.tuples(SCALARS, inner).map(lambda pair: DICT[pair]),
    ),
    max_leaves=4,
)
VALUES = st.recursive(
    st.sampled_from(["a", "", 5, 0.5, True, None, Base(), Derived(), b"a", ("a",)]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", 5, None]), inner, max_size=2),
    max_leaves=4,
)


@given(VALUES, TYPES)
def test_typeguard_agrees_with_what_is_obvious(value: object, expected: Any) -> None:
    if _hints._is_obvious(value, expected):
        typeguard.check_type("argument x", value, expected)


def test_a_check_of_another_make_is_left_alone() -> None:
    def other(value: object) -> None: ...

    module = ModuleType("generated")
    vars(module).update(jsii=None, typing=typing, check_type=other)
    _hints.remember(module)
    assert vars(module)["check_type"] is other
