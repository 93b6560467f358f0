"""Documents inside strings, and expressions inside those."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_eks.review.embedded import decoded, document

POLICY = '{"Statement":[{"Condition":{"StringLike":{"${replace(aws_x.y.issuer, "https://", "")}:sub":"a"}}}]}'


def test_json_and_yaml_are_data() -> None:
    assert document('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}
    assert document("# comment\na: 1\nb:\n  - c\n") == {"a": 1, "b": ["c"]}
    assert document('{"values": "{\\"x\\": 1}"}') == {"values": {"x": 1}}


def test_quotes_inside_expressions_do_not_end_a_string() -> None:
    condition = document(POLICY)["Statement"][0]["Condition"]["StringLike"]
    assert condition == {'${replace(aws_x.y.issuer, "https://", "")}:sub': "a"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "${aws_x.y.id}",
        "{broken",
        "a: b",
        "line one\nline two",
        "a: &x 1\nb: *x\n",
        "{" * 5000,
        "$${not}",
        "[1",
    ],
)
def test_what_is_no_document_stays_text(text: str) -> None:
    assert document(text) == text


def test_yaml_becomes_what_json_knows() -> None:
    assert document("day: 2026-11-21\n1: x\n") == {"day": "2026-11-21", "1": "x"}


@given(st.text() | st.recursive(st.none() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)))
def test_anything_can_be_decoded(value: Any) -> None:
    decoded(value)
