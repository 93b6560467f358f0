"""Bodies compared: what differs, and what only looks as if it did."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_eks.review.differences import differences
from emr_eks.review.paths import dotted, matches

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=3), each, max_size=4),
    max_leaves=12,
)


def found(before: Any, after: Any, kind: str = "aws_x") -> list[tuple[str, Any, Any]]:
    return [(dotted(each.path), each.before, each.after) for each in differences(kind, before, after)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": [{"b": 1}]}, {"a": {"b": 1}}),
        ({"a": "true", "n": "5"}, {"a": True, "n": 5}),
        ({"a": None, "b": [], "c": {}}, {}),
        ({"cidrs": ["a", "b"]}, {"cidrs": ["b", "a"]}),
        ({"rules": [{"id": "x", "v": 1}, {"id": "y", "v": 2}]}, {"rules": [{"id": "y", "v": 2}, {"id": "x", "v": 1}]}),
        ({"s": [{"Action": ["a", "b"]}, {"Action": "c"}]}, {"s": [{"Action": "c"}, {"Action": ["b", "a"]}]}),
    ],
)
def test_what_terraform_takes_for_the_same(before: Any, after: Any) -> None:
    assert found(before, after) == []
    assert found(after, before) == []


def test_items_are_matched_by_what_names_them() -> None:
    before = {"rule": [{"id": "a", "days": 1}, {"id": "b", "days": 2}]}
    after = {"rule": [{"id": "b", "days": 3}, {"id": "c", "days": 4}]}
    assert found(before, after) == [
        ("rule[a]", {"id": "a", "days": 1}, None),
        ("rule[b].days", 2, 3),
        ("rule[c]", None, {"id": "c", "days": 4}),
    ]


def test_the_same_item_twice_is_not_once() -> None:
    assert found({"a": ["x", "x"]}, {"a": ["x"]}) == [("a[]", "x", None)]


def test_the_order_of_instance_types_has_a_meaning() -> None:
    before, after = {"instance_types": ["a", "b"]}, {"instance_types": ["b", "a"]}
    assert found(before, after, "aws_eks_node_group") == [("instance_types", ["a", "b"], ["b", "a"])]


def test_patterns_leave_list_items_out() -> None:
    assert matches(("rule", "[a]", "days"), "rule.days")
    assert matches(("rule",), "rule.days"), "a whole block changes what is in it"
    assert not matches(("rule",), "rule.days", whole=True)
    assert matches(("manifest", "spec", "containers", "[x]", "args"), "manifest.**.args", whole=True)
    assert not matches(("manifest", "spec"), "manifest.**.args", whole=True)


@given(JSON)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert found(value, value) == []


@given(JSON, JSON)
def test_differences_are_the_same_both_ways(before: Any, after: Any) -> None:
    forth, back = found({"v": before}, {"v": after}), found({"v": after}, {"v": before})
    assert len(forth) == len(back)
