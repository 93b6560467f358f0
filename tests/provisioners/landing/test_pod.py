"""What a pod asks for, as Kubernetes reads its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioners.landing.pod import Pod, PodSpec, pod, pods_in
from provisioners.source import InvalidFile, read

MIB = 2**20


def requests(**spec: Any) -> dict[str, int]:
    return dict(pod("pod", PodSpec.model_validate(spec)).needs.requests)


def container(cpu: Any, memory: str = "0", **more: Any) -> dict[str, Any]:
    return {"name": "c", "resources": {"requests": {"cpu": cpu, "memory": memory}}, **more}


def test_containers_run_together() -> None:
    assert requests(containers=[container("500m", "1Gi"), container(1, "512Mi")]) == {"cpu": 1500, "memory": 1536 * MIB}


def test_a_limit_without_a_request_is_one() -> None:
    limited = {"resources": {"limits": {"cpu": "2", "nvidia.com/gpu": 1}, "requests": {"cpu": "1"}}}
    assert requests(containers=[limited]) == {"cpu": 1000, "nvidia.com/gpu": 1}


def test_start_up_containers_run_one_by_one_before_the_others() -> None:
    asked = requests(containers=[container("1", "1Gi")], initContainers=[container("3", "1Mi"), container("2", "2Gi")])
    assert asked == {"cpu": 3000, "memory": 2048 * MIB}


def test_sidecars_run_along_with_all_that_start_after_them() -> None:
    sidecar = container("500m", restartPolicy="Always")
    assert requests(containers=[container("1")], initContainers=[sidecar]) == {"cpu": 1500}
    assert requests(containers=[container("1")], initContainers=[sidecar, container("2")]) == {"cpu": 2500}


def test_the_overhead_of_a_runtime_counts() -> None:
    assert requests(containers=[container("1")], overhead={"cpu": "250m"}) == {"cpu": 1250}


def test_resources_of_plugins_that_nobody_here_knows_are_left_out() -> None:
    assert requests(containers=[{"resources": {"requests": {"example.com/dongle": 1}}}]) == {}


def test_each_term_of_an_affinity_is_an_alternative_beside_the_selector() -> None:
    terms = [
        {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
        {"matchExpressions": [{"key": "d", "operator": "Exists"}]},
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    needs = pod("p", PodSpec.model_validate({"nodeSelector": {"b": "c"}, "affinity": {"nodeAffinity": required}})).needs
    assert [[str(demand) for demand in way] for way in needs.alternatives] == [
        ["b In c", "a Exists"],
        ["b In c", "d Exists"],
    ]


def read_pods(folder: Path, text: str) -> list[Pod]:
    file = folder / "pods.yaml"
    file.write_text(text, "utf-8")
    return list(pods_in(read(file)))


@pytest.mark.parametrize(
    "text",
    [
        "kind: Pod\nspec: {nodeSelector: {a: b}}",
        "kind: Deployment\nspec: {template: {spec: {nodeSelector: {a: b}}}}",
        "kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {nodeSelector: {a: b}}}}}}",
    ],
)
def test_pods_are_found_in_every_workload(tmp_path: Path, text: str) -> None:
    (only,) = read_pods(tmp_path, text)
    assert [str(demand) for demand in only.needs.alternatives[0]] == ["a In b"]
    assert only.origin
    assert (
        str(only.origin.located(("nodeSelector", "a"), "x"))
        .split(": ")[0]
        .endswith(f":2:{text.index('b}') - text.index(chr(10))}")
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind: Service", "pods.yaml:1:7: kind: must be a pod or a workload with pods, got 'Service'"),
        ("kind: Deployment\nspec: {replicas: 1}", "must be a pod or a workload"),
        ("kind: Pod\nspec:\n  nodeSelector:\n    a: 1", "pods.yaml:4:8: spec.nodeSelector.a: must be text, got 1"),
        ("kind: Pod\nspec: {containers: [{resources: {requests: {cpu: lots}}}]}", "must be a Kubernetes quantity"),
        ("kind: Pod\nspec: {tolerations: [{operator: Always}]}", "must be one of 'Equal', 'Exists'"),
        (
            "kind: Pod\nspec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
            "{nodeSelectorTerms: [{}]}}}}",
            "an empty term matches no node",
        ),
    ],
)
def test_a_manifest_with_a_mistake(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InvalidFile) as raised:
        read_pods(tmp_path, text)
    assert problem in str(raised.value)
