"""The stacks together: whole, in order, and steady when something is added."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from conftest import ROOT, MakePlatform
from crd import judge
from synthesised import Document, synthesise

from stacks.platform import Platform

GROUP: dict[str, Any] = {"instance_types": ["m6i.xlarge"], "min_size": 2, "max_size": 4}
EXISTING_VPC = {
    "vpc_id": "vpc-0123456789abcdef0",
    "private_subnets": {"us-east-1a": "subnet-aaaaaaaaaaaaaaaaa", "us-east-1b": "subnet-bbbbbbbbbbbbbbbbb"},
}


def addresses(documents: dict[str, Document]) -> set[str]:
    return {f"{stack}: {line}" for stack, document in documents.items() for line in document.addresses()}


def test_stacks_are_destroyed_in_the_reverse_of_a_safe_order(
    platform: Platform, tmp_path: Path, documents: dict[str, Document]
) -> None:
    """Virtual clusters before nodes, pools before their controller, the controller before groups and network."""
    synthesise(platform, tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))["stacks"]
    name = platform.spec.name
    order = [f"{name}-{stack}" for stack in ("network", "cluster", "addons", "node_pools", "teams")]
    for before, after in pairwise(order):
        assert before in manifest[after]["dependencies"]
    assert set(order) == set(manifest)


def test_nothing_dangles_and_no_block_was_emptied(documents: dict[str, Document]) -> None:
    for stack, document in documents.items():
        assert not document.dangling(), stack
        assert not document.emptied_blocks(), stack


def test_what_finds_dangling_references_and_emptied_blocks_can_find_them() -> None:
    broken = Document(
        {
            "resource": {"aws_x": {"y": {"rule": [{"keep": 1}, {}], "id": "${aws_vpc.gone.id}"}}},
            "output": {"z": {"value": "${data.aws_region.lost.name}"}},
        }
    )
    assert broken.dangling() == {"aws_vpc.gone", "data.aws_region.lost"}
    assert broken.emptied_blocks() == {".aws_x.y.rule[1]"}


def test_no_stack_asks_for_arguments_that_the_oldest_provider_does_not_know(documents: dict[str, Document]) -> None:
    """AWS provider 5.100.0 is the floor; the bindings were made from 6.25.0, which knows more."""
    newer = {
        "aws_eks_cluster": {"control_plane_scaling_config", "deletion_protection"},
        "aws_cloudwatch_log_group": {"deletion_protection_enabled"},
        "aws_eks_pod_identity_association": {"disable_session_tags", "target_role_arn"},
        "aws_nat_gateway": {"availability_mode", "vpc_id"},
        "aws_s3_bucket": {"bucket_region"},
        "aws_s3_bucket_public_access_block": {"skip_destroy"},
    }
    for document in documents.values():
        for kind, resources in document.content.get("resource", {}).items():
            for resource in resources.values():
                assert not newer.get(kind, set()) & set(resource)
                if kind.startswith("aws_"):
                    assert "region" not in resource
        if "aws" in document.content["terraform"]["required_providers"]:
            assert ">= 5.100.0" in document.content["terraform"]["required_providers"]["aws"]["version"]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"vpc": {"availability_zones": [f"us-east-1{letter}" for letter in "abcd"]}}, "us-east-1d"),
        ({"vpc": {"availability_zones": [f"us-east-1{letter}" for letter in "fabc"]}}, "us-east-1f"),
        ({"node_groups": {"spot": {**GROUP, "capacity_type": "SPOT"}}}, "node-group/spot"),
        ({"node_groups": {"a-first": GROUP}}, "node-group/a-first"),
        ({"teams": {"zeta": {}}}, "team/zeta"),
        ({"teams": {"alpha": {}}}, "team/alpha"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_adding_a_thing_adds_only_its_addresses(
    changes: dict[str, Any], name: str, make_platform: MakePlatform, documents: dict[str, Document], tmp_path: Path
) -> None:
    """And so removing it removes only them."""
    before, after = addresses(documents), addresses(synthesise(make_platform(**changes), tmp_path / "out"))
    assert before <= after
    added = after - before
    assert added
    assert not [address for address in added if name not in address]


def test_adding_a_thing_leaves_the_others_as_they_are(
    make_platform: MakePlatform, documents: dict[str, Document], tmp_path: Path
) -> None:
    """Not only the addresses stay: no attribute of the other teams and groups changes."""
    changed = synthesise(make_platform(teams={"zeta": {}}, node_groups={"more": GROUP}), tmp_path / "out")
    for stack in ("network", "cluster", "teams"):
        for kind, resources in documents[stack].content["resource"].items():
            for name, resource in resources.items():
                if name.startswith("addon-"):
                    continue  # later add-ons wait for every node group
                assert changed[stack].content["resource"][kind][name] == resource, f"{kind}.{name}"


def test_adding_a_pool_adds_only_its_manifest(make_platform: MakePlatform, tmp_path: Path) -> None:
    before = addresses(synthesise(make_platform(), tmp_path / "before"))
    pool = yaml.safe_load((ROOT / "provisioners" / "spark-driver.yaml").read_text("utf-8"))
    pool["metadata"]["name"] = "spark-memory"
    (tmp_path / "provisioners" / "more.yaml").write_text(yaml.safe_dump(pool), "utf-8")
    from stacks.platform import load

    after = addresses(synthesise(load(tmp_path / "platform.yaml"), tmp_path / "after"))
    assert before <= after
    assert ["node-pools/node-pool/spark-memory" in address for address in after - before] == [True]


def test_the_order_of_what_has_no_order_changes_nothing(
    make_platform: MakePlatform, platform: Platform, tmp_path: Path
) -> None:
    teams = {"analytics": {}, "etl": {"namespace": "spark-etl"}}
    one = make_platform(teams=teams, tags={"B": "2", "A": "1"})
    first = {name: document.content for name, document in synthesise(one, tmp_path / "one").items()}
    other = make_platform(
        teams=dict(reversed(teams.items())),
        tags={"A": "1", "B": "2"},
        vpc={"availability_zones": list(reversed(platform.spec.zones))},
        cluster={"logs": ["scheduler", "controllerManager", "authenticator", "audit", "api"]},
    )
    second = {name: document.content for name, document in synthesise(other, tmp_path / "two").items()}
    assert json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def test_an_existing_vpc_takes_the_place_of_the_network_stack(make_platform: MakePlatform, tmp_path: Path) -> None:
    documents = synthesise(make_platform(vpc=None, existing_vpc=EXISTING_VPC), tmp_path / "out")
    assert set(documents) == {"cluster", "addons", "node_pools", "teams"}
    subnets = documents["cluster"].only("aws_eks_cluster")["vpc_config"]["subnet_ids"]
    assert subnets == ["subnet-aaaaaaaaaaaaaaaaa", "subnet-bbbbbbbbbbbbbbbbb"]


def test_an_existing_cluster_takes_the_place_of_network_cluster_and_addons(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {"vpc": None, "cluster": None, "node_groups": None}
    documents = synthesise(make_platform(**changes, existing_cluster={"name": "shared"}), tmp_path / "out")
    assert set(documents) == {"node_pools", "teams"}
    for document in documents.values():
        assert document.content["data"]["aws_eks_cluster"]
        assert not document.dangling()
    assert documents["teams"].only("aws_emrcontainers_virtual_cluster")["name"] == "shared.analytics"


def test_teams_may_run_on_node_groups_alone(make_platform: MakePlatform, tmp_path: Path) -> None:
    spot = {**GROUP, "taints": [{"key": "spot", "effect": "NO_SCHEDULE"}]}
    platform = make_platform(
        karpenter=None,
        node_groups={"spot": spot},
        teams={"analytics": {"driver_pool": "managed-ondemand", "executor_pool": "spot"}},
    )
    documents = synthesise(platform, tmp_path / "out")
    assert set(documents) == {"network", "cluster", "teams"}
    executor = documents["teams"].pod_template("analytics", "executor")["spec"]
    labels = [g["labels"] for g in documents["cluster"].resources("aws_eks_node_group") if "taint" in g]
    assert all(executor["nodeSelector"].items() <= each.items() for each in labels)
    assert executor["tolerations"] == [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}]


def test_text_that_terraform_would_evaluate_arrives_as_it_was_written(
    make_platform: MakePlatform, tmp_path: Path
) -> None:
    addons = {"coredns": {"configuration": {"corefile": "${HOME} %{if}"}}}
    documents = synthesise(make_platform(cluster={"addons": addons}), tmp_path / "out")
    addon = documents["cluster"].only("aws_eks_addon", addon_name="coredns")
    assert json.loads(addon["configuration_values"])["corefile"] == "$${HOME} %%{if}"


def test_tags_reach_every_resource_and_what_ec2_launches(make_platform: MakePlatform, tmp_path: Path) -> None:
    documents = synthesise(make_platform(tags={"Owner": "données @ lake"}), tmp_path / "out")
    for stack in ("network", "cluster", "teams"):
        tags = documents[stack].content["provider"]["aws"][0]["default_tags"][0]["tags"]
        assert tags == {"Environment": "dev", "Owner": "données @ lake", "Platform": "emr-on-eks"}
    template = documents["cluster"].only("aws_launch_template")
    assert all(each["tags"]["Owner"] == "données @ lake" for each in template["tag_specifications"])


def test_the_state_of_a_team_is_locked_and_encrypted_in_its_bucket(make_platform: MakePlatform, tmp_path: Path) -> None:
    state = {"backend": "s3", "bucket": "my-states", "region": "eu-west-1"}
    documents = synthesise(make_platform(state=state), tmp_path / "out")
    backend = documents["cluster"].content["terraform"]["backend"]["s3"]
    assert backend["use_lockfile"] is True
    assert backend["encrypt"] is True
    assert backend["key"] == "emr-eks/emr-on-eks/cluster.tfstate"
    remote = documents["cluster"].content["data"]["terraform_remote_state"]
    assert [each["config"]["key"] for each in remote.values()] == ["emr-eks/emr-on-eks/network.tfstate"]


def test_local_state_lies_beside_cdktf_json_on_every_machine(documents: dict[str, Document]) -> None:
    path = documents["network"].content["terraform"]["backend"]["local"]["path"]
    assert path == "../../../terraform.emr-on-eks-network.tfstate"


def test_deleting_data_takes_two_keys(make_platform: MakePlatform, tmp_path: Path) -> None:
    for one, other in ((False, False), (True, False), (False, True), (True, True)):
        documents = synthesise(make_platform(bucket={"destroy": one}, destroy_data=other), tmp_path / f"{one}-{other}")
        assert documents["teams"].only("aws_s3_bucket")["force_destroy"] is (one and other)
        logs = documents["teams"].only("aws_cloudwatch_log_group", name="/emr-eks/emr-on-eks/analytics")
        assert logs["skip_destroy"] is not other


def manifests(documents: dict[str, Document]) -> list[dict[str, Any]]:
    return [each["manifest"] for each in documents["node_pools"].resources("kubernetes_manifest")]


def test_node_pools_and_classes_pass_karpenters_own_definitions(documents: dict[str, Document]) -> None:
    """Structural and CEL rules of the release that the platform asks for, where its CRDs are at hand."""
    found = manifests(documents)
    assert sorted(each["kind"] for each in found) == ["EC2NodeClass", "NodePool", "NodePool"]
    for manifest in found:
        assert judge("v1.14.1", manifest) == []


def test_drivers_run_on_demand_and_executors_on_spot(documents: dict[str, Document]) -> None:
    capacity = {
        each["metadata"]["name"]: [
            requirement["values"]
            for requirement in each["spec"]["template"]["spec"]["requirements"]
            if requirement["key"] == "karpenter.sh/capacity-type"
        ]
        for each in manifests(documents)
        if each["kind"] == "NodePool"
    }
    assert capacity == {"spark-driver": [["on-demand"]], "spark-executor": [["spot"]]}


def test_pod_templates_are_pods_that_land_on_their_pool(documents: dict[str, Document]) -> None:
    found = [each for each in manifests(documents) if each["kind"] == "NodePool"]
    pools = {each["metadata"]["name"]: each["spec"]["template"] for each in found}
    for component in ("driver", "executor"):
        template = documents["teams"].pod_template("analytics", component)
        pool = pools[f"spark-{component}"]
        assert template["spec"]["nodeSelector"] == {"karpenter.sh/nodepool": f"spark-{component}"}
        tolerated = {(each["key"], each["effect"]) for each in template["spec"]["tolerations"]}
        assert tolerated == {(taint["key"], taint["effect"]) for taint in pool["spec"]["taints"]}
        try:
            kubernetes_validate.validate({**template, "metadata": {"name": "x"}}, desired_version="1.35", strict=True)
        except jsonschema.ValidationError as error:
            raise AssertionError(error) from None


def test_another_pod_template_has_another_key(
    documents: dict[str, Document], make_platform: MakePlatform, tmp_path: Path
) -> None:
    """So a job goes on with the one that it was started with; and the new one is there before the old one goes."""

    def keys(document: Document) -> dict[str, str]:
        objects = document.resources("aws_s3_object")
        assert all(each["lifecycle"] == {"create_before_destroy": True} for each in objects)
        return {each["key"].rsplit("/", 1)[-1]: each["key"] for each in objects}

    before = keys(documents["teams"])
    other = make_platform(teams={"analytics": {"executor_pool": "spark-driver"}})
    after = keys(synthesise(other, tmp_path / "out")["teams"])
    assert before["driver.yaml"] == after["driver.yaml"]
    assert before["executor.yaml"] != after["executor.yaml"]


def test_objects_get_none_of_the_platforms_tags_because_s3_takes_ten(documents: dict[str, Document]) -> None:
    for each in documents["teams"].resources("aws_s3_object"):
        assert each["override_provider"] == {"default_tags": {"tags": {}}}


def test_controllers_of_nodes_leave_drivers_where_they_are(documents: dict[str, Document]) -> None:
    pods = {component: documents["teams"].pod_template("analytics", component) for component in ("driver", "executor")}
    assert pods["driver"]["metadata"]["annotations"] == {
        "karpenter.sh/do-not-disrupt": "true",
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    }
    assert "metadata" not in pods["executor"]


@pytest.mark.parametrize("stack", ["addons", "node_pools", "teams"])
def test_a_profile_that_prints_tables_can_sign_in_too(stack: str, documents: dict[str, Document]) -> None:
    """`aws eks get-token` prints as the profile says (`output = table`), and the providers read JSON only."""
    for name, (provider,) in documents[stack].content["provider"].items():
        if name != "aws":
            (sign_in,) = provider["exec"] if name == "kubernetes" else [provider["kubernetes"]["exec"]]
            args = sign_in["args"]
            assert args[args.index("--output") + 1] == "json"


@pytest.mark.parametrize(
    ("monitoring", "prefix", "kinds"),
    [
        (None, "/aws/eks/emr-on-eks/cluster", []),
        ({"container_logs": True}, "/aws", ["application", "dataplane", "host", "performance"]),
    ],
    ids=["the control plane's", "those of containers too"],
)
def test_a_cluster_that_comes_back_goes_on_with_its_logs(
    monitoring: Any, prefix: str, kinds: list[str], make_platform: MakePlatform, tmp_path: Path
) -> None:
    """EKS makes the group anew while its cluster is destroyed: terraform-aws-modules/terraform-aws-eks#2763."""
    platform = make_platform(adopt_log_groups=True, monitoring=monitoring)
    cluster = synthesise(platform, tmp_path / "out")["cluster"]
    asked = cluster.content["data"]["aws_cloudwatch_log_groups"]
    assert asked == {"kept": {"log_group_name_prefix": prefix}}
    names = {"/aws/eks/emr-on-eks/cluster", *(f"/aws/containerinsights/emr-on-eks/{kind}" for kind in kinds)}
    groups = {cluster.address(each): each["name"] for each in cluster.resources("aws_cloudwatch_log_group")}
    assert set(groups.values()) == names
    assert {each["to"]: each["for_each"].split('"')[1] for each in cluster.content["import"]} == groups
