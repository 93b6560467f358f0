"""What Karpenter accepts and what still cannot work."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import POOL, edited, requires

from provisioners import instances
from provisioners.advice import advice
from provisioners.node_pool import NodePool

AWS = "karpenter.k8s.aws"
FAMILY, GENERATION, SIZE = f"{AWS}/instance-family", f"{AWS}/instance-generation", f"{AWS}/instance-size"
CPU, CATEGORY, TYPE = f"{AWS}/instance-cpu", f"{AWS}/instance-category", "node.kubernetes.io/instance-type"
ASKS, LIMITS, LABELS = "spec template spec requirements", "spec limits", "spec template metadata labels"


def advised(*requirements: list[dict[str, Any]], **more: Any) -> list[str]:
    edits = [(ASKS, [each for one in requirements for each in one])]
    edits += [({"limits": LIMITS, "labels": LABELS}.get(key, f"spec {key}"), value) for key, value in more.items()]
    pool = NodePool.model_validate(edited(POOL, *edits))
    return [f"{'.'.join(map(str, problem.path[2:]))}: {problem}" for problem in advice(pool)]


def test_generation_above_5_never_takes_r5() -> None:
    (only,) = advised(requires(GENERATION, "Gt", "5"), requires(FAMILY, "In", "r5", "r6i"))
    assert only == (
        "spec.requirements.1.values.0: is never chosen: it has karpenter.k8s.aws/instance-generation 5, "
        "and the pool asks for karpenter.k8s.aws/instance-generation Gt 5, got 'r5'"
    )


def test_when_no_family_is_left_it_is_said() -> None:
    (only,) = advised(requires(GENERATION, "Gt", "5"), requires(FAMILY, "In", "r5"))
    assert "no other is left, so the pool can never launch a node" in only


@pytest.mark.parametrize(
    "requirements",
    [
        requires(GENERATION, "Gt", "4") + requires(FAMILY, "In", "m5", "r6i"),
        requires("kubernetes.io/arch", "In", "arm64") + requires(FAMILY, "In", "m6g", "m7gd", "c7gn", "a1"),
        requires("kubernetes.io/arch", "In", "amd64") + requires(FAMILY, "In", "m5", "g5", "u-6tb1", "m7i-flex"),
        requires(CATEGORY, "In", "c", "m") + requires(TYPE, "In", "c5.xlarge", "m5.large"),
        requires("zone", "In", "a", "b") + requires("zone", "NotIn", "b"),
        requires(CPU, "Gt", "3") + requires(CPU, "Lt", "5"),
        requires("stage", "DoesNotExist") + requires("stage", "NotIn", "test"),
        requires(SIZE, "NotIn", "metal"),
    ],
)
def test_requirements_that_go_together(requirements: list[dict[str, Any]]) -> None:
    assert advised(requirements) == []


@pytest.mark.parametrize(
    ("requirements", "words"),
    [
        (
            requires("kubernetes.io/arch", "In", "amd64") + requires(FAMILY, "In", "m6g"),
            "kubernetes.io/arch arm64",
        ),
        (
            requires("kubernetes.io/arch", "In", "arm64") + requires(FAMILY, "In", "m5"),
            "kubernetes.io/arch amd64",
        ),
        (requires(CATEGORY, "In", "c") + requires(FAMILY, "In", "m5"), f"{CATEGORY} m"),
        (requires(SIZE, "In", "large") + requires(TYPE, "In", "m5.xlarge"), f"{SIZE} xlarge"),
        (requires(FAMILY, "NotIn", "m5") + requires(TYPE, "In", "m5.xlarge"), f"{FAMILY} m5"),
    ],
)
def test_an_instance_that_another_label_excludes(requirements: list[dict[str, Any]], words: str) -> None:
    (only,) = advised(requirements)
    assert "is never chosen" in only
    assert words in only


@pytest.mark.parametrize(
    "requirements",
    [
        requires("zone", "In", "a") + requires("zone", "In", "b"),
        requires("zone", "In", "a", "b") + requires("zone", "NotIn", "a", "b"),
        requires("zone", "Exists") + requires("zone", "DoesNotExist"),
        requires(CPU, "Gt", "4") + requires(CPU, "Lt", "5"),
        requires(CPU, "Gte", "8") + requires(CPU, "Lte", "4"),
        requires(CPU, "In", "4", "8") + requires(CPU, "Gt", "8"),
        requires("beta.kubernetes.io/arch", "In", "arm64") + requires("kubernetes.io/arch", "In", "amd64"),
    ],
)
def test_requirements_that_exclude_each_other(requirements: list[dict[str, Any]]) -> None:
    (only,) = advised(requirements)
    assert "exclude each other" in only
    assert "the pool can never launch a node" in only


def test_a_label_is_a_requirement_too() -> None:
    (only,) = advised(requires("team", "In", "ml"), labels={"team": "etl"})
    assert only.startswith("metadata.labels.team: leaves no value")


@pytest.mark.parametrize(
    ("requirements", "limits", "smallest"),
    [
        (requires(SIZE, "In", "4xlarge", "8xlarge"), {"cpu": "15"}, "16 vCPU"),
        (requires(TYPE, "In", "m5.2xlarge"), {"cpu": "7900m"}, "8 vCPU"),
        (requires(TYPE, "In", "r5.2xlarge"), {"memory": "63Gi"}, "64 GiB"),
        (requires(FAMILY, "In", "m5", "r5") + requires(SIZE, "In", "xlarge"), {"memory": "15Gi"}, "16 GiB"),
        (requires(CPU, "Gt", "15"), {"cpu": 15}, "16 vCPU"),
        (requires(CPU, "In", "32", "64"), {"cpu": 16}, "32 vCPU"),
        ([], {"cpu": "0"}, "1 vCPU"),
        ([], {"nodes": 0}, "1 node"),
        ([], {"cpu": "-5"}, "1 vCPU"),
    ],
)
def test_limits_under_one_node(requirements: list[dict[str, Any]], limits: dict[str, Any], smallest: str) -> None:
    (only,) = advised(requirements, limits=limits)
    assert f"the smallest that the pool allows has {smallest}" in only


@pytest.mark.parametrize(
    ("requirements", "limits"),
    [
        (requires(SIZE, "In", "4xlarge"), {"cpu": "16"}),
        (requires(TYPE, "In", "m5.metal"), {"cpu": "2"}),
        (requires(FAMILY, "In", "x2gd"), {"memory": "1Gi"}),
        ([], {"cpu": 1, "memory": "1Gi", "nvidia.com/gpu": 1}),
    ],
)
def test_limits_over_one_node(requirements: list[dict[str, Any]], limits: dict[str, Any]) -> None:
    assert advised(requirements, limits=limits) == []


def test_the_capacity_label_of_managed_node_groups() -> None:
    (only,) = advised(requires("eks.amazonaws.com/capacityType", "In", "SPOT"))
    assert "use karpenter.sh/capacity-type with on-demand, reserved, spot" in only
    assert len(advised([], labels={"eks.amazonaws.com/capacityType": "SPOT"})) == 1


def test_values_that_nothing_reads() -> None:
    assert "has no effect with the operator Exists" in advised(requires("a", "Exists", "b"))[0]
    assert "excludes nothing" in advised(requires("a", "NotIn"))[0]


def test_a_static_pool_needs_a_feature_gate() -> None:
    assert "staticCapacity" in advised([], replicas=2)[0]


@given(
    st.lists(
        st.tuples(st.sampled_from(["In", "NotIn", "Gt", "Lt", "Gte", "Lte"]), st.integers(0, 9)),
        min_size=1,
        max_size=4,
    )
)
def test_a_contradiction_is_found_exactly_when_no_number_fits(asked: list[tuple[str, int]]) -> None:
    fits = {
        "In": lambda n, v: n == v,
        "NotIn": lambda n, v: n != v,
        "Gt": lambda n, v: n > v,
        "Lt": lambda n, v: n < v,
        "Gte": lambda n, v: n >= v,
        "Lte": lambda n, v: n <= v,
    }
    possible = any(all(fits[operator](n, value) for operator, value in asked) for n in range(100))
    found = advised(*(requires("n", operator, str(value)) for operator, value in asked))
    assert any("exclude each other" in line for line in found) == (not possible)


@pytest.mark.parametrize(
    ("family", "category", "generation", "arch"),
    [
        ("m5", "m", "5", "amd64"),
        ("r6gd", "r", "6", "arm64"),
        ("c7i-flex", "c", "7", "amd64"),
        ("g4dn", "g", "4", "amd64"),
        ("g5g", "g", "5", "arm64"),
        ("im4gn", "im", "4", "arm64"),
        ("u-12tb1", "u", "1", "amd64"),
        ("x2iedn", "x", "2", "amd64"),
        ("hpc7g", "hpc", "7", "arm64"),
        ("t4g", "t", "4", "arm64"),
    ],
)
def test_what_a_family_says(family: str, category: str, generation: str, arch: str) -> None:
    assert instances.of_family(family) == {
        CATEGORY: category,
        GENERATION: generation,
        "kubernetes.io/arch": arch,
    }


def test_what_a_family_does_not_say() -> None:
    assert instances.of_family("gpu") == {}
    assert "kubernetes.io/arch" not in instances.of_family("mac2")
    assert instances.of_type("m5") == {}
