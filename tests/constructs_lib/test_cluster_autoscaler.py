"""Cluster Autoscaler: what it may do, what its groups tell it, and when a platform may have it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import MakePlatform
from synthesised import Document, policy, synthesise

from constructs_lib._cluster_autoscaler import ClusterAutoscalerSpec, controller_policy, controller_values
from constructs_lib._policy import document
from provisioners.source import InvalidFile

NODES = {"instance_types": ["m5.xlarge"], "min_size": 0, "max_size": 10}
SPOT = {
    **NODES,
    "capacity_type": "SPOT",
    "disk_size_gib": 50,
    "labels": {"app": "spark"},
    "taints": [{"key": "dedicated", "value": "spark", "effect": "NO_SCHEDULE"}],
}
PLATFORM: dict[str, Any] = {
    "karpenter": None,
    "cluster_autoscaler": {},
    "node_groups": {"spot": SPOT},
    "teams": {"analytics": {"driver_pool": "managed-ondemand", "executor_pool": "spot"}},
}


@pytest.fixture
def stacks(make_platform: MakePlatform, tmp_path: Path) -> dict[str, Document]:
    return synthesise(make_platform(**PLATFORM), tmp_path / "out")


def test_it_sees_every_group_and_scales_only_the_clusters_own() -> None:
    statements = policy(document(controller_policy("data")))
    scaling = statements["ScaleGroupsOfThisCluster"]
    assert scaling["Condition"] == {"StringEquals": {"aws:ResourceTag/k8s.io/cluster-autoscaler/data": "owned"}}
    assert not [
        action for action in statements["ReadGroups"]["Action"] if ":Describe" not in action and ":Get" not in action
    ]
    changing = {"autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"}
    assert set(scaling["Action"]) == changing


def test_a_group_tells_what_its_nodes_would_be_like(stacks: dict[str, Document]) -> None:
    node_group = stacks["cluster"].only("aws_eks_node_group", node_group_name_prefix="spot-")
    group = f"${{{stacks['cluster'].address(node_group)}.resources[0].autoscaling_groups[0].name}}"
    tags = [
        each["tag"]
        for each in stacks["cluster"].resources("aws_autoscaling_group_tag")
        if each["autoscaling_group_name"] == group
    ]
    assert {tag["key"].removeprefix("k8s.io/cluster-autoscaler/node-template/"): tag["value"] for tag in tags} == {
        "label/app": "spark",
        "label/emr-eks/node-group": "spot",
        "label/eks.amazonaws.com/capacityType": "SPOT",
        "taint/dedicated": "spark:NoSchedule",
        "resources/ephemeral-storage": "50Gi",
    }
    assert not [tag for tag in tags if tag["propagate_at_launch"]]


def test_its_chart_finds_the_cluster_and_gets_the_release_of_its_kubernetes(stacks: dict[str, Document]) -> None:
    release = stacks["addons"].only("helm_release")
    values = json.loads(release["values"][0])
    assert release["chart"] == "cluster-autoscaler"
    assert values["autoDiscovery"]["clusterName"] == "emr-on-eks"
    assert values["image"]["tag"] == "v1.35.0"
    association = stacks["cluster"].only("aws_eks_pod_identity_association", service_account="cluster-autoscaler")
    assert association["namespace"] == release["namespace"]


def test_with_irsa_the_service_account_names_the_role() -> None:
    arn = "arn:aws:iam::123456789012:role/x"
    spec = ClusterAutoscalerSpec(identity="irsa")
    values = controller_values(spec, cluster_name="a", region="eu-west-1", kubernetes_version="1.35", role_arn=arn)
    assert values["rbac"]["serviceAccount"]["annotations"] == {"eks.amazonaws.com/role-arn": arn}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"node_groups": {"managed-ondemand": NODES}},
            "node_groups: must keep at least 1 node (min_size) for Cluster Autoscaler itself to run on",
        ),
        (
            {"node_groups": {"spot": {**SPOT, "labels": {f"{'a' * 70}.example.com/tier": "x"}}}},
            "must have a key of at most 82 characters for Cluster Autoscaler",
        ),
        (
            {"vpc": None, "cluster": None, "node_groups": None, "existing_cluster": {"name": "shared"}},
            "cluster_autoscaler: must not stand beside `existing_cluster`",
        ),
    ],
)
def test_what_cannot_be_scaled_is_refused(make_platform: MakePlatform, changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(InvalidFile) as error:
        make_platform(**{**PLATFORM, **changes})
    assert expected in str(error.value)
