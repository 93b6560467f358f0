"""`emr-eks job` against AWS in the test process."""

from __future__ import annotations

from .conftest import BUCKET, Cli, Emr


def test_submit(cli: Cli, emr: Emr) -> None:
    answer = cli("submit", "threadsleep.yaml")
    print(answer.out, answer.err)
    assert answer.code == 0
    assert BUCKET
