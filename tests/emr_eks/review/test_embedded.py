"""Documents inside strings, and expressions inside those."""

from __future__ import annotations

import base64
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


USER_DATA = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=="

--==
Content-Type: text/x-shellscript

#!/bin/bash
echo hello
--==
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
--==--
"""


def test_user_data_are_the_parts_that_a_node_runs() -> None:
    encoded = base64.b64encode(USER_DATA.encode()).decode()
    assert decoded({"user_data": encoded, "description": encoded}) == {
        "user_data": [
            {"content_type": "text/x-shellscript", "content": "#!/bin/bash\necho hello"},
            {
                "content_type": "application/node.eks.aws",
                "content": {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig"},
            },
        ],
        "description": encoded,
    }


@pytest.mark.parametrize(
    "text", ["${base64encode(aws_x.y.z)}", "#!/bin/bash\necho a", "/w==", "MIME-Version: 1.0\n\na"]
)
def test_user_data_of_another_form_stay_text(text: str) -> None:
    assert decoded({"user_data": text}) == {"user_data": text}


@given(st.text() | st.recursive(st.none() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)))
def test_anything_can_be_decoded(value: Any) -> None:
    decoded(value)
