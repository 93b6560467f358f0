"""The label and toleration mistakes in published set-ups (S2, S3, S4), each caught where it was made.

The node pools are the set-ups' own Provisioners, converted as they are read; groups and pods have their figures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, edited

from provisioners.landing.pod import Pod, pods_in
from provisioners.source import read
from stacks import landing
from stacks.landing import Findings
from stacks.platform import load

ON_DEMAND = {"min_size": 0, "max_size": 50, "desired_size": 1}
OPS = {"instance_types": ["c5.xlarge"], "min_size": 2, "max_size": 3, "labels": {"app": "ops"}}
CA = {**ON_DEMAND, "instance_types": ["c5.2xlarge", "c5a.2xlarge", "c5d.2xlarge"], "labels": {"app": "caspark"}}


def findings(folder: Path, seed: str, groups: dict[str, Any], *pods: Pod) -> Findings:
    """Return what is found of *pods* on the provisioners of *seed* and on *groups*."""
    path = edited(folder, node_groups={"managed-ondemand": None, **groups}, teams=None)
    for file in (folder / "provisioners").iterdir():
        file.unlink()
    for file in (ROOT / "provisioners" / "legacy").glob(f"{seed}-*.yaml"):
        (folder / "provisioners" / file.name).write_bytes(file.read_bytes())
    platform = load(path)
    return landing.check(platform, pods)


def template(folder: Path, name: str, **spec: Any) -> Pod:
    """Write a pod template to a file, and read it."""
    file = folder / f"{name}.yaml"
    role = "driver" if "driver" in name else "executor"
    containers = [{"name": f"spark-kubernetes-{role}", "resources": {"requests": {"cpu": "4", "memory": "7Gi"}}}]
    content = {"apiVersion": "v1", "kind": "Pod", "spec": {**spec, "containers": containers}}
    file.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    (only,) = pods_in(read(file))
    return only


def where(found: Findings, name: str) -> list[str]:
    (only,) = [each for each in found.landings if name in [pod.name for pod in each.pods]]
    return [str(fleet) for fleet in only.fleets]


@pytest.fixture
def s2_groups() -> dict[str, Any]:
    return {"ops": OPS, "od-8vcpu-16gb": CA, "spot-8vcpu-16gb": {**CA, "capacity_type": "SPOT"}}


def test_s2_writes_on_demand_with_a_hyphen(tmp_path: Path, s2_groups: dict[str, Any]) -> None:
    selector = {"app": "caspark", "eks.amazonaws.com/capacityType": "ON-DEMAND"}
    found = findings(tmp_path, "s2", s2_groups, template(tmp_path, "ca-driver-pod-template", nodeSelector=selector))
    (problem,) = found.problems
    assert str(problem).startswith(
        f"{tmp_path}/ca-driver-pod-template.yaml:6:37: "
        'spec.nodeSelector["eks.amazonaws.com/capacityType"]: ca-driver-pod-template.yaml can run nowhere; '
        "nearest is node group od-8vcpu-16gb ("
    )
    assert "eks.amazonaws.com/capacityType is ON_DEMAND, and the pod asks for ON-DEMAND" in problem.message
    assert problem.message.endswith("did you mean 'ON_DEMAND'?")


def test_s2_spelt_right_lands_on_its_groups_and_its_provisioner(tmp_path: Path, s2_groups: dict[str, Any]) -> None:
    ca = template(tmp_path, "ca-driver", nodeSelector={"app": "caspark", "eks.amazonaws.com/capacityType": "ON_DEMAND"})
    karpenter = template(
        tmp_path,
        "karpenter-executor",
        nodeSelector={
            "app": "kspark",
            "karpenter.sh/capacity-type": "spot",
            "topology.kubernetes.io/zone": "us-east-1a",
        },
    )
    found = findings(tmp_path, "s2", s2_groups, ca, karpenter)
    assert found.problems == []
    assert where(found, "ca-driver.yaml") == ["node group od-8vcpu-16gb"]
    assert where(found, "karpenter-executor.yaml") == ["node pool default"]


def test_s2_asks_for_a_zone_that_its_provisioner_has_not(tmp_path: Path, s2_groups: dict[str, Any]) -> None:
    selector = {"app": "kspark", "topology.kubernetes.io/zone": "us-east-1b"}
    (problem,) = findings(tmp_path, "s2", s2_groups, template(tmp_path, "driver", nodeSelector=selector)).problems
    assert "nearest is node pool default" in problem.message
    assert "topology.kubernetes.io/zone is us-east-1a, and the pod asks for us-east-1b" in problem.message


S3_GROUPS = {"managed-ondemand": {"instance_types": ["m5.xlarge"], "min_size": 2, "max_size": 5}}


def test_s3_tolerates_taints_that_its_provisioners_have_not(tmp_path: Path) -> None:
    pods = [
        template(
            tmp_path,
            f"{role}-template",
            nodeSelector={"type": "karpenter", "provisioner": f"spark-{role}"},
            tolerations=[{"key": f"spark-{role}", "operator": "Exists", "effect": "NoSchedule"}],
        )
        for role in ("driver", "executor")
    ]
    found = findings(tmp_path, "s3", S3_GROUPS, *pods)
    assert found.problems == [], "they land: the selectors are right"
    assert where(found, "driver-template.yaml") == ["node pool spark-driver"]
    first, second = (str(each) for each in found.advice)
    assert first.startswith(
        f"{tmp_path}/driver-template.yaml:8:5: spec.tolerations[0]: tolerates spark-driver:NoSchedule"
    )
    assert "a taint that no node pool or node group has" in first
    assert "spark-executor" in second


S4_GROUPS = {"eks-emr-cluster-ng": {"instance_types": ["m5.2xlarge"], "min_size": 2, "max_size": 10}}
S4_SELECTOR = {"eks.amazonaws.com/capacityType": "ON_DEMAND"}


def test_s4_keeps_drivers_off_karpenter_with_a_label_of_node_groups(tmp_path: Path) -> None:
    driver = template(tmp_path, "driver-template", nodeSelector=S4_SELECTOR)
    low = template(tmp_path, "lp-executor-template", tolerations=[{"operator": "Exists"}])
    found = findings(tmp_path, "s4", S4_GROUPS, driver, low)
    assert found.problems == []
    assert where(found, "driver-template.yaml") == ["node group eks-emr-cluster-ng"]
    assert where(found, "lp-executor-template.yaml") == ["node pool default", "node group eks-emr-cluster-ng"]
    (advice,) = found.advice
    assert "driver-template.yaml:5:37" in str(advice)
    assert "no node pool can ever serve these pods; if they may, use karpenter.sh/capacity-type" in advice.message


def test_s4_without_a_group_of_that_kind_loses_its_drivers(tmp_path: Path) -> None:
    spot = {"eks-emr-cluster-ng": {**S4_GROUPS["eks-emr-cluster-ng"], "capacity_type": "SPOT"}}
    found = findings(tmp_path, "s4", spot, template(tmp_path, "driver-template", nodeSelector=S4_SELECTOR))
    (problem,) = found.problems
    assert "nearest is node pool default" in problem.message
    assert (
        "its nodes have no label eks.amazonaws.com/capacityType, which is for managed node groups only"
        in problem.message
    )
    assert problem.message.endswith("they have karpenter.sh/capacity-type: on-demand, spot")


def test_s2s_largest_job_is_too_big_for_s3s_machines(tmp_path: Path) -> None:
    file = tmp_path / "executor.yaml"
    resources = {"requests": {"cpu": "8", "memory": "31Gi"}}
    pod = {
        "kind": "Pod",
        "spec": {"nodeSelector": {"emr-eks/node-group": "managed-ondemand"}, "containers": [{"resources": resources}]},
    }
    file.write_text(yaml.safe_dump(pod), "utf-8")
    (problem,) = findings(tmp_path, "s3", S3_GROUPS, *pods_in(read(file))).problems
    assert "nearest is node group managed-ondemand" in problem.message
    assert "the pod asks for 8 vCPU, and the largest node, m5.xlarge, has 3.74 vCPU left for pods" in problem.message
