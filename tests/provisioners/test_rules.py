"""Our verdict on a manifest and that of Karpenter's own definitions."""

from __future__ import annotations

from typing import Any

import pytest
from crd import judge
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import BAD, CLASS, GONE, GOOD, POOL, STRICTER, Case, edited
from pydantic import ValidationError

from provisioners import _rules_node_class, _rules_node_pool
from provisioners.manifest import Manifest, Part
from provisioners.node_class import EC2NodeClass
from provisioners.node_pool import NodePool
from provisioners.versions import number

NEWEST = "v1.14.1"
MODELS: dict[str, type[Manifest]] = {"NodePool": NodePool, "EC2NodeClass": EC2NodeClass}


def accepts(manifest: dict[str, Any]) -> bool:
    try:
        MODELS[manifest["kind"]].model_validate(manifest, by_alias=True, by_name=False)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("case", GOOD, ids=str)
def test_good_manifest_is_accepted_and_given_back_unchanged(case: Case) -> None:
    assert MODELS[case.base["kind"]].model_validate(case.manifest).manifest() == case.manifest
    assert judge(NEWEST, case.manifest) == []


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_manifest_is_refused_by_us_and_by_karpenter(case: Case) -> None:
    assert not accepts(case.manifest)
    assert judge(NEWEST, case.manifest) != []


@pytest.mark.parametrize(("case", "reason"), STRICTER, ids=str)
def test_where_we_are_stricter_karpenter_is_not(case: Case, reason: str) -> None:
    assert not accepts(case.manifest), reason
    assert judge(NEWEST, case.manifest) == [], reason


def test_enough_manifests_are_compared() -> None:
    different = {repr(case.manifest) for case in GOOD + BAD}
    assert len(different) == len(GOOD + BAD) >= 150


@pytest.mark.parametrize("rule", [*_rules_node_pool.ALL, *_rules_node_class.ALL], ids=lambda rule: rule.name)
def test_each_rule_refuses_something_that_nothing_else_does(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in Part.__subclasses__():
        monkeypatch.setattr(part, "obeys", tuple(each for each in part.obeys if each is not rule))
    cases = [*BAD, *(case for case, _ in STRICTER)]
    assert any(accepts(case.manifest) for case in cases)
    assert rule.check.__doc__
    assert number("1.0") <= number(rule.since) <= number("1.14")


_VALUES = st.sampled_from(
    [
        None,
        True,
        0,
        1,
        64,
        101,
        "",
        "spot",
        "30s",
        "Never",
        "10%",
        "100Gi",
        "al2023@latest",
        "karpenter.sh/nodepool",
        "enabled",
        [],
        {},
        ["a"],
        {"a": "b"},
        [{"key": "a", "effect": "NoSchedule"}],
        [{"key": "a", "operator": "Exists"}],
        [{"id": "subnet-1"}],
        [{"tags": {"a": "b"}}],
    ]
)
_PLACES = st.sampled_from(sorted({(case.base["kind"], case.place) for case in GOOD + BAD}))


_EDITS = st.sampled_from([(case.base["kind"], case.place, case.value) for case in GOOD * 3 + BAD]) | st.builds(
    lambda place, value: (*place, value), _PLACES, _VALUES
)


def _startup_taint_repeats(manifest: dict[str, Any]) -> bool:
    """Tell whether a taint stands in both lists, which only Karpenter's controller refuses."""
    template = manifest["spec"].get("template")
    node = template.get("spec") if isinstance(template, dict) else None
    lists = [node.get(name) or [] for name in ("taints", "startupTaints")] if isinstance(node, dict) else [[], []]
    return all(isinstance(taints, list) for taints in lists) and any(taint in lists[1] for taint in lists[0])


@settings(deadline=None, max_examples=500)
@given(st.lists(_EDITS, min_size=1, max_size=4))
def test_verdicts_agree_on_any_edits_together(edits: list[tuple[str, str, Any]]) -> None:
    kind = edits[0][0]
    here = [(place, value) for of, place, value in edits if of == kind and value is not None]
    try:
        manifest = edited(POOL if kind == "NodePool" else CLASS, *here)
    except (TypeError, KeyError, IndexError, AttributeError):
        return  # one edit took away the place of another
    if isinstance(manifest.get("spec"), dict) and not _startup_taint_repeats(manifest):
        assert accepts(manifest) == (judge(NEWEST, manifest) == []), judge(NEWEST, manifest)


@given(st.data())
def test_good_edits_together_are_rendered_as_written(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([POOL, CLASS]))
    cases = [case for case in GOOD if case.base is base and case.place.count(" ") > 0 and case.value is not GONE]
    chosen = {case.place: case.value for case in data.draw(st.lists(st.sampled_from(cases), max_size=5))}
    try:
        manifest = edited(base, *chosen.items())
    except (TypeError, KeyError):
        return
    if accepts(manifest):
        model = MODELS[base["kind"]].model_validate(manifest)
        assert model.manifest() == manifest
        assert MODELS[base["kind"]].model_validate(model.manifest()) == model
