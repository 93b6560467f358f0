"""What a platform may add to its cluster: names resolved by as many as it takes, metrics, an orderly end of nodes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import MakePlatform, edited
from jsonschema import Draft6Validator
from synthesised import synthesise

from provisioners.source import InvalidFile
from stacks import landing
from stacks.platform import Platform, load

COREDNS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "affinity": {"type": ["object", "null"]},
        "autoScaling": {
            "type": "object",
            "additionalProperties": False,
            "required": ["enabled"],
            "properties": {
                "enabled": {"type": "boolean"},
                "minReplicas": {"type": "integer", "minimum": 2, "maximum": 1000},
                "maxReplicas": {"type": "integer", "minimum": 2, "maximum": 1000},
            },
        },
        "computeType": {"type": "string"},
        "corefile": {"type": "string"},
        "nodeSelector": {"type": "object", "additionalProperties": {"type": "string"}},
        "podAnnotations": {"type": "object"},
        "podDisruptionBudget": {"type": "object"},
        "podLabels": {"type": "object"},
        "replicaCount": {"type": "integer"},
        "resources": {"type": "object"},
        "tolerations": {"type": "array", "items": {"type": "object"}},
        "topologySpreadConstraints": {"type": "array"},
    },
}
"""What `aws eks describe-addon-configuration --addon-name coredns` prints since v1.10.1-eksbuild.11."""

GROUP: dict[str, Any] = {"node_termination_handler": {"autoscaling_groups": ["gpu"]}}
TAG = "aws-node-termination-handler/emr-on-eks"


def wheres(platform: Platform) -> dict[str, list[str]]:
    landings = landing.check(platform).landings
    return {pod.name: [fleet.name for fleet in each.fleets] for each in landings for pod in each.pods}


def addon(make_platform: MakePlatform, folder: Path, name: str, **cluster: Any) -> dict[str, Any]:
    stacks = synthesise(make_platform(cluster=cluster), folder / "out")
    return stacks["cluster"].only("aws_eks_addon", addon_name=name)


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ({}, {"enabled": True, "minReplicas": 2, "maxReplicas": 20}),
        ({"min_replicas": 4, "max_replicas": 1000}, {"enabled": True, "minReplicas": 4, "maxReplicas": 1000}),
    ],
)
def test_coredns_is_scaled_by_what_its_add_on_takes(
    make_platform: MakePlatform, tmp_path: Path, scaling: dict[str, Any], expected: dict[str, Any]
) -> None:
    own = {"coredns": {"configuration": {"podLabels": {"team": "ops"}}}}
    found = addon(make_platform, tmp_path, "coredns", coredns_autoscaling=scaling, addons=own)
    configuration = json.loads(found["configuration_values"])
    Draft6Validator(COREDNS).validate(configuration)
    assert configuration == {"autoScaling": expected, "podLabels": {"team": "ops"}}


def test_what_the_add_on_would_refuse_is_seen() -> None:
    misspelt, half = {"autoscaling": {"enabled": True}}, {"autoScaling": {"minReplicas": 2}}
    empty: dict[str, Any] = {"autoScaling": {}}
    for wrong in (misspelt, half, empty):
        assert not Draft6Validator(COREDNS).is_valid(wrong)
    assert not Draft6Validator(COREDNS).is_valid({"autoScaling": {"enabled": True, "maxReplicas": "9"}})


def test_coredns_is_left_alone_unless_asked(make_platform: MakePlatform, tmp_path: Path) -> None:
    assert "configuration_values" not in addon(make_platform, tmp_path, "coredns")


def test_metrics_server_is_an_add_on_that_waits_for_nodes_and_lands(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    found = addon(make_platform, tmp_path, "metrics-server", addons={"metrics-server": {}})
    assert [each.split(".")[0] for each in found["depends_on"]] == ["aws_eks_node_group"]
    platform = load(edited(tmp_path, cluster={"addons": {"metrics-server": {}}}))
    assert wheres(platform)["metrics-server"] == ["managed-ondemand"]


def test_the_handler_needs_a_node_that_is_not_karpenters(tmp_path: Path) -> None:
    assert wheres(load(edited(tmp_path, **GROUP)))["node-termination-handler"] == ["managed-ondemand"]
    with pytest.raises(InvalidFile) as raised:
        load(
            edited(tmp_path, node_termination_handler={"autoscaling_groups": ["gpu"], "node_selector": {"app": "opps"}})
        )
    assert "node_termination_handler: node-termination-handler can run nowhere" in str(raised.value)


def test_nodes_that_would_be_drained_twice_are_worth_a_look(tmp_path: Path) -> None:
    assert not load(edited(tmp_path, **GROUP)).advice
    path = edited(tmp_path, **GROUP, tags={TAG: "true"})
    node_class = tmp_path / "provisioners" / "spark-node-class.yaml"
    text = node_class.read_text("utf-8")
    assert text.count("\n  tags:\n") == 1
    node_class.write_text(text.replace("\n  tags:\n", f'\n  tags:\n    {TAG}: "true"\n'), "utf-8")
    of_class, of_groups = (str(each) for each in load(path).advice)
    assert f"node_termination_handler: would drain what has the tag {TAG} of node class spark," in of_class
    assert "of `tags`, which every managed node group has, and so would Karpenter or EKS" in of_groups


def test_the_handler_comes_without_karpenter_too(make_platform: MakePlatform, tmp_path: Path) -> None:
    pools = {"driver_pool": "managed-ondemand", "executor_pool": "managed-ondemand"}
    stacks = synthesise(make_platform(karpenter=None, teams={"analytics": pools}, **GROUP), tmp_path / "out")
    assert [each["chart"] for each in stacks["addons"].resources("helm_release")] == ["aws-node-termination-handler"]
    (queue,) = stacks["cluster"].resources("aws_sqs_queue")
    assert queue["name"] == "emr-on-eks-node-termination-handler"
    assert queue["sqs_managed_sse_enabled"] is True
    assert not stacks["addons"].dangling()
    assert not stacks["cluster"].emptied_blocks()
