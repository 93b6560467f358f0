"""Measures `emr-eks review` on 10,000 resources against 10,000: `python benchmarks/review.py`.

Ten stacks; every tenth resource changes, and one in each stack is renamed. Then the same where every one is replaced.
Prints seconds and peak memory as JSON.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from emr_eks.review import reporting, risks
from emr_eks.review.compare import compare
from emr_eks.review.formats import text
from emr_eks.review.model import App, stack_of
from emr_eks.review.report import Report

STACKS, RESOURCES = 10, 1_000


def main() -> None:
    """Read both sides from text, compare, judge, write, and say what it took."""
    before = _texts(changed=False)
    seconds, report = _reviewed(before, _texts(changed=True))
    replaced = {name: each.replace('"10.', '"11.') for name, each in before.items()}
    measured = {
        "resources": sum(stack.resources for stack in report.stacks),
        "changes": sum(len(stack.changes) for stack in report.stacks),
        "moves": sum(len(stack.moves) for stack in report.stacks),
        "seconds": round(seconds, 2),
        "seconds_if_all_are_replaced": round(_reviewed(before, replaced)[0], 2),
        "megabytes": _peak_memory(),
    }
    print(json.dumps(measured))


def _reviewed(before: dict[str, str], after: dict[str, str]) -> tuple[float, Report]:
    start = time.perf_counter()
    comparison = compare(_app(before), _app(after))
    report = reporting.report(comparison, risks.find(comparison), (), mode="offline", base="before", head="after")
    text.write(report)
    return time.perf_counter() - start, report


def _texts(*, changed: bool) -> dict[str, str]:
    return {f"stack-{number}": json.dumps(_content(number, changed)) for number in range(STACKS)}


def _content(number: int, changed: bool) -> dict[str, Any]:
    subnets = {f"n{index}": _subnet(number, index, changed) for index in range(RESOURCES - 1)}
    if changed:
        subnets["renamed"] = subnets.pop("n7")
    return {"resource": {"aws_vpc": {"v": {"cidr_block": "10.0.0.0/8"}}, "aws_subnet": subnets}}


def _subnet(number: int, index: int, changed: bool) -> dict[str, Any]:
    return {
        "//": {"metadata": {"path": f"stack-{number}/vpc/n{index}/Resource"}},
        "cidr_block": f"10.{number}.{index % 250}.0/24",
        "vpc_id": "${aws_vpc.v.id}",
        "tags": {"Name": f"n{index}", "Team": "b" if changed and index % 10 == 0 else "a"},
    }


def _app(texts: dict[str, str]) -> App:
    return App({name: stack_of(name, json.loads(each), (), Path(name)) for name, each in texts.items()})


def _peak_memory() -> int | None:
    """Return the most memory that this process has had, in MiB; None where Linux does not say it."""
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:")), None)


if __name__ == "__main__":
    main()
