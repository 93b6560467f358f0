"""Managed node groups: their nodes' user data, disks and images, and families of groups from one description."""

from __future__ import annotations

import base64
import email
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import MakePlatform
from synthesised import Document, synthesise

from constructs_lib._node_group_family import NodeGroupFamilySpec
from provisioners.source import InvalidFile
from stacks import landing
from stacks.platform import Platform

SCRIPT = "#!/bin/bash\nset -euo pipefail\nsysctl -w vm.max_map_count=${COUNT:-262144} # ÿ\n"
LOCAL = {"instance_types": ["m5d.xlarge", "m6id.xlarge"], "min_size": 0, "max_size": 4}
S2_FAMILY = {
    "instance_families": ["c5", "c5a", "c5d", "c5ad", "c6a", "m4", "m5", "m5a", "m5d", "m5ad", "m6a"],
    "instance_sizes": ["2xlarge", "4xlarge", "8xlarge"],
    "min_size": 0,
    "desired_size": 1,
    "max_size": 50,
    "availability_zones": ["us-east-1b"],
    "taints": [{"key": "caspark", "effect": "NO_SCHEDULE"}],
    "labels": {"app": "caspark"},
}


def synthesised_group(make_platform: MakePlatform, folder: Path, **group: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the node group and the launch template that a group with these keys becomes."""
    platform = make_platform(node_groups={"more": {"min_size": 0, "max_size": 4, **group}})
    cluster = synthesise(platform, folder / "out")["cluster"]
    (template,) = [each for each in cluster.resources("aws_launch_template") if each["name"] == "emr-on-eks-more"]
    return cluster.only("aws_eks_node_group", node_group_name_prefix="more-"), template


def test_disks_that_come_with_the_machine_are_joined_before_a_node_joins(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    _, template = synthesised_group(make_platform, tmp_path, **LOCAL, instance_store_policy="RAID0", user_data=[SCRIPT])
    document = email.message_from_bytes(base64.b64decode(template["user_data"]))
    assert document.get_content_type() == "multipart/mixed"
    parts: Any = document.get_payload()
    config, script = parts
    # nodeadm's own type and fields: https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/
    assert config.get_content_type() == "application/node.eks.aws"
    assert yaml.safe_load(config.get_payload()) == {
        "apiVersion": "node.eks.aws/v1alpha1",
        "kind": "NodeConfig",
        "spec": {"instance": {"localStorage": {"strategy": "RAID0"}}},
    }
    assert script.get_content_type() == "text/x-shellscript"
    assert script.get_payload(decode=True).decode("utf-8") == SCRIPT.rstrip()


def test_without_user_data_there_is_none(documents: dict[str, Document]) -> None:
    assert "user_data" not in documents["cluster"].only("aws_launch_template")


@pytest.mark.parametrize(
    ("types", "changes", "ami"),
    [
        (["m6i.xlarge"], {}, "AL2023_x86_64_STANDARD"),
        (["m7g.xlarge"], {"architecture": "arm64"}, "AL2023_ARM_64_STANDARD"),
        (["g5.xlarge"], {"ami": "nvidia"}, "AL2023_x86_64_NVIDIA"),
        (["g5g.xlarge"], {"ami": "nvidia", "architecture": "arm64"}, "AL2023_ARM_64_NVIDIA"),
        (["inf2.xlarge"], {"ami": "neuron"}, "AL2023_x86_64_NEURON"),
    ],
)
def test_the_image_is_that_of_the_machines(
    make_platform: MakePlatform, tmp_path: Path, types: list[str], changes: dict[str, Any], ami: str
) -> None:
    group, _ = synthesised_group(make_platform, tmp_path, instance_types=types, **changes)
    assert group["ami_type"] == ami
    assert "node_repair_config" not in group


def test_repair_and_a_faster_disk(make_platform: MakePlatform, tmp_path: Path) -> None:
    disk = {"disk_size_gib": 220, "disk_iops": 6400, "disk_throughput_mibps": 500}
    group, template = synthesised_group(
        make_platform, tmp_path, instance_types=["m6i.xlarge"], node_repair=True, **disk
    )
    assert group["node_repair_config"] == {"enabled": True}
    (mapping,) = template["block_device_mappings"]
    assert {key: mapping["ebs"][key] for key in ("volume_size", "iops", "throughput")} == {
        "volume_size": 220,
        "iops": 6400,
        "throughput": 500,
    }


def test_pods_files_have_the_room_of_the_disks_that_come_with_the_machine(make_platform: MakePlatform) -> None:
    """An m6id.xlarge brings 237 GB, as https://aws.amazon.com/ec2/instance-types/m6i/ has it."""
    raid = {**LOCAL, "instance_types": ["m6id.xlarge"], "disk_size_gib": 50, "instance_store_policy": "RAID0"}
    platform = make_platform(node_groups={"raid": raid, "plain": {**raid, "instance_store_policy": None}})
    raid_free, plain_free = (
        fleet.free["m6id.xlarge"]["ephemeral-storage"] for fleet in groups_of(platform, "raid", "plain")
    )
    assert plain_free < 50 * 2**30 < 200 * 10**9 < raid_free < 237 * 10**9


def groups_of(platform: Platform, *names: str) -> list[Any]:
    found = {fleet.name: fleet for each in landing.check(platform).landings for fleet in each.fleets}
    return [found[name] for name in names]


@pytest.fixture
def s2(make_platform: MakePlatform) -> Platform:
    return make_platform(
        karpenter=None,
        cluster_autoscaler={},
        node_group_families={"ca": S2_FAMILY},
        teams={"analytics": {"driver_pool": "ca-on-demand", "executor_pool": "ca-spot"}},
    )


def test_one_description_gives_s2s_twelve_groups(s2: Platform) -> None:
    members = {name: group for name, group in s2.spec.groups.items() if name != "managed-ondemand"}
    shapes = ("8vcpu-16gib", "8vcpu-32gib", "16vcpu-32gib", "16vcpu-64gib", "32vcpu-64gib", "32vcpu-128gib")
    assert set(members) == {f"ca-{bought}-{shape}" for bought in ("on-demand", "spot") for shape in shapes}
    assert list(members["ca-spot-8vcpu-16gib"].instance_types) == [
        "c5.2xlarge",
        "c5a.2xlarge",
        "c5d.2xlarge",
        "c5ad.2xlarge",
        "c6a.2xlarge",
    ]
    # c5 and c5d come in no size of 32 vCPUs: theirs is 9xlarge, of 36.
    assert list(members["ca-spot-32vcpu-64gib"].instance_types) == ["c5a.8xlarge", "c5ad.8xlarge", "c6a.8xlarge"]
    assert all((each.min_size, each.desired, each.max_size) == (0, 1, 50) for each in members.values())


def test_a_familys_groups_are_like_written_ones(s2: Platform, tmp_path: Path) -> None:
    stacks = synthesise(s2, tmp_path / "out")
    groups = {each["labels"]["emr-eks/node-group"]: each for each in stacks["cluster"].resources("aws_eks_node_group")}
    assert len(groups) == 13
    small = groups["ca-on-demand-8vcpu-16gib"]
    assert small["labels"] == {
        "app": "caspark",
        "emr-eks/node-group": "ca-on-demand-8vcpu-16gib",
        "emr-eks/node-group-family": "ca-on-demand",
    }
    assert small["capacity_type"] == "ON_DEMAND"
    assert len(small["subnet_ids"]) == 1
    tags = {
        each["tag"]["key"].rpartition("node-template/")[2]
        for each in stacks["cluster"].resources("aws_autoscaling_group_tag")
    }
    assert {"label/emr-eks/node-group-family", "label/app", "taint/caspark"} <= tags
    assert set(stacks["cluster"].output("managed_node_groups")) == set(groups)


def test_pods_choose_all_groups_of_a_family_or_one(s2: Platform, make_platform: MakePlatform) -> None:
    placements = s2.placements("analytics")
    assert placements["driver"].node_selector == {"emr-eks/node-group-family": "ca-on-demand"}
    assert placements["executor"].node_selector == {"emr-eks/node-group-family": "ca-spot"}
    assert placements["executor"].tolerations == [{"key": "caspark", "operator": "Exists", "effect": "NoSchedule"}]
    landed = {pod.name: each.fleets for each in landing.check(s2).landings for pod in each.pods}
    assert len(landed["analytics/executor"]) == 6
    one = make_platform(
        node_group_families={"ca": S2_FAMILY}, teams={"analytics": {"executor_pool": "ca-spot-16vcpu-32gib"}}
    )
    assert one.placements("analytics")["executor"].node_selector == {"emr-eks/node-group": "ca-spot-16vcpu-32gib"}


def test_a_familys_groups_keep_their_names_when_another_size_comes() -> None:
    """Names come from what a group is, so nothing is replaced when the description grows."""
    content: dict[str, Any] = {**S2_FAMILY, "capacity_types": ["SPOT"]}
    before = NodeGroupFamilySpec.model_validate(content).members("ca")
    grown = {**content, "instance_sizes": ["xlarge", *content["instance_sizes"], "9xlarge"]}
    after = NodeGroupFamilySpec.model_validate(grown).members("ca")
    assert set(before) < set(after)
    assert all(after[name].instance_types == group.instance_types for name, group in before.items())
    assert set(after["ca-spot-36vcpu-72gib"].instance_types) == {"c5.9xlarge", "c5d.9xlarge"}


def test_unequal_types_are_fine_where_nobody_scales_them(make_platform: MakePlatform) -> None:
    mixed = {"instance_types": ["m5.xlarge", "r5.xlarge"], "min_size": 2, "max_size": 4}
    assert make_platform(node_groups={"mixed": mixed})
    with pytest.raises(InvalidFile, match="must all have the same vCPUs and memory for Cluster Autoscaler"):
        make_platform(node_groups={"mixed": mixed}, cluster_autoscaler={})
    assert make_platform(node_groups={"mixed": {**mixed, "max_size": 2}}, cluster_autoscaler={})
