"""Any two valid inputs give a report, and soon enough."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.process import peak_memory, run
from benchmarks.review import large, review_of
from emr_eks.review import plan, reporting, risks
from emr_eks.review.compare import compare
from emr_eks.review.formats import html, markdown, sarif, text
from emr_eks.review.formats import json as json_format
from emr_eks.review.model import App, Stack, load_json, stack_of
from emr_eks.review.report import Action, Change, Report, Risk, Severity, StackReport
from provisioners.source import InvalidFile

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["*", "0.0.0.0/0", "${aws_vpc.a.id}"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=6), each, max_size=3),
    max_leaves=6,
)


def written(before: App, after: App) -> None:
    comparison = compare(before, after)
    report = reporting.report(comparison, risks.find(comparison), (), mode="offline", base="a", head="b")
    for writer in (text, markdown, json_format, sarif, html):
        assert writer.write(report)
    assert len(markdown.write(report)) <= markdown.LIMIT


@pytest.fixture(scope="module")
def contents(folder_of: Any, draft: Any) -> dict[str, Any]:
    """Return the Terraform JSON of every default stack."""
    folder = folder_of(draft.default())
    return {file.parent.name: json.loads(file.read_text("utf-8")) for file in folder.glob("stacks/*/cdk.tf.json")}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of everything in *value*."""
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        found += places(each, (*path, key))
    return found


def edited(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    """Return *value* with *change* at *path*; `...` takes it out."""
    if not path:
        return change
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and change is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = edited(copy[path[0]], path[1:], change)
    return copy


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_edit_of_a_platform_gives_a_report_or_says_what_is_wrong(
    contents: dict[str, Any], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(contents)))
    content = contents[name]
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(content)))
        content = edited(content, path, data.draw(VALUES | st.just(...)))

    def app(changed: dict[str, Any]) -> App:
        return App({each: stack_of(each, changed[each], (), Path(each)) for each in sorted(changed)})

    told = ""
    try:
        after = app({**contents, name: content})
    except InvalidFile as invalid:
        told = str(invalid)
    if told:
        assert name in told
        return
    written(app(contents), after)
    written(after, app(contents))


def test_nothing_against_something_gives_a_report(default_app: App) -> None:
    written(App({}), default_app)
    written(default_app, App({}))
    written(App({}), App({"a": Stack("a")}))


def test_ten_thousand_resources_are_reviewed_at_once(tmp_path: Path) -> None:
    base, changed, replaced = large(tmp_path)
    file = tmp_path / "report.json"
    start = time.perf_counter()
    memory = peak_memory(review_of(base, changed, "--output", str(file)))
    # The goal is two seconds on a machine that does nothing else; tests share theirs.
    assert time.perf_counter() - start < 4
    assert memory.tree < 300
    stacks = json.loads(file.read_text("utf-8"))["stacks"]
    counts = [(each["resources"], len(each["changes"]), len(each["moves"])) for each in stacks]
    assert [sum(each) for each in zip(*counts, strict=True)] == [10_000, 1_000, 10]
    assert run(review_of(base, replaced)).seconds < 12


def read_as(kind: str, content: bytes, file: Path, app: App) -> None:
    """Read *content* as a stack's JSON or as a plan: either it is one, or what is wrong is said of the file."""
    file.write_bytes(content)
    told = str(file)
    try:
        if kind == "plan":
            plan.read(file, app, None)
        else:
            stack_of("s", load_json(file), (), file)
    except InvalidFile as invalid:
        told = str(invalid)
    assert str(file) in told


@pytest.mark.parametrize("kind", ["stack", "plan"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_are_read_or_refused(kind: str, tmp_path: Path, default_app: App, data: st.DataObject) -> None:
    texts = st.recursive(VALUES, lambda each: st.dictionaries(st.sampled_from(PLAN_KEYS), each), max_leaves=8)
    content = data.draw(st.binary(max_size=40) | texts.map(lambda value: json.dumps(value).encode()))
    read_as(kind, content, tmp_path / "file.json", default_app)


PLAN_KEYS = (
    "format_version",
    "configuration",
    "root_module",
    "resource_changes",
    "change",
    "actions",
    "resource",
    "//",
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # of the fixtures, when it fails
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0), change=VALUES | st.just(...), cut=st.none() | st.integers(0))
def test_a_damaged_plan_is_read_or_refused(
    contents: dict[str, Any], tmp_path: Path, default_app: App, place: int, change: Any, cut: int | None
) -> None:
    """A plan of a stack with something else in one place of it, and perhaps cut off."""
    whole = plan_of(contents["emr-on-eks-addons"])
    known = places(whole)
    text = json.dumps(edited(whole, known[place % len(known)], change)).encode()
    read_as("plan", text[: None if cut is None else cut % len(text)], tmp_path / "plan.json", default_app)


def test_a_plan_that_is_whole_is_read(contents: dict[str, Any], tmp_path: Path, default_app: App) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan_of(contents["emr-on-eks-addons"])), "utf-8")
    assert plan.read(file, default_app, None).stack == "emr-on-eks-addons"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format_version": "2.0"}, "format_version: must be 1.x, got '2.0'; a newer emr-eks may know this format"),
        (
            {"configuration": {"root_module": {"resources": [{"address": "aws_x.y"}]}}},
            "is the plan of none of the stacks",
        ),
    ],
)
def test_a_plan_of_a_newer_format_or_another_app_is_told(
    contents: dict[str, Any], tmp_path: Path, default_app: App, change: dict[str, Any], told: str
) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**plan_of(contents["emr-on-eks-addons"]), **change}), "utf-8")
    with pytest.raises(InvalidFile, match=re.escape(told)):
        plan.read(file, default_app, None)


def plan_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return a plan, as Terraform prints it, that creates all that is in the stack."""
    resources = [(kind, name) for kind, named in content["resource"].items() for name in named]
    data = [{"address": f"data.{kind}.{name}"} for kind, named in content.get("data", {}).items() for name in named]
    return {
        "format_version": "1.2",
        "configuration": {
            "root_module": {
                "resources": [*({"address": f"{kind}.{name}"} for kind, name in resources), *data],
                "outputs": content.get("output", {}),
            }
        },
        "resource_changes": [
            {
                "address": f"{kind}.{name}",
                "mode": "managed",
                "type": kind,
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": {"name": name},
                    "after_unknown": {"id": True},
                },
            }
            for kind, name in resources
        ],
        "output_changes": {name: {"actions": ["create"], "after": "a"} for name in content.get("output", {})},
    }


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 400),
    details=st.integers(0, 60),
    text=st.text(max_size=300),
    limit=st.integers(2_000, markdown.LIMIT),
)
def test_a_comment_is_never_longer_than_it_may_be(count: int, details: int, text: str, limit: int) -> None:
    risk = Risk(
        id="stateful-destroyed",
        severity=Severity.high,
        stack="s",
        address=text,
        path=text,
        consequence=text,
        next_step=text,
        details=(text,) * details,
    )
    change = Change(address=text, type="aws_x", path=text, action=Action.destroy, body={"a": text})
    stacks = (StackReport(name="s", status="changed", changes=(change,) * count),)
    written = markdown.write(Report(base="a", head="b", stacks=stacks, risks=(risk,) * count), limit)
    assert len(written) <= limit
    assert written.startswith(markdown.MARKER + "\n")
