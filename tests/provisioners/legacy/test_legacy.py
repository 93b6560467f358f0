"""Provisioners and AWSNodeTemplates: read, refused, converted, with every change of meaning said."""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT
from crd import judge
from manifests import edited
from typer.testing import CliRunner, Result

from emr_eks.cli import app
from provisioners.load import Pools, load_pools
from provisioners.source import InvalidFile
from stacks.platform import load

SEEDS = sorted((ROOT / "provisioners" / "legacy").glob("*.yaml"))
VARIABLES = {"az": "eu-west-1a", "azs": ["eu-west-1a"], "region": "eu-west-1", "cluster_name": "spark"}

PROVISIONER: dict[str, Any] = {
    "apiVersion": "karpenter.sh/v1alpha5",
    "kind": "Provisioner",
    "metadata": {"name": "default"},
    "spec": {"providerRef": {"name": "shared"}, "ttlSecondsAfterEmpty": 30},
}
TEMPLATE: dict[str, Any] = {
    "apiVersion": "karpenter.k8s.aws/v1alpha1",
    "kind": "AWSNodeTemplate",
    "metadata": {"name": "shared"},
    "spec": {
        "subnetSelector": {"karpenter.sh/discovery": "spark"},
        "securityGroupSelector": {"karpenter.sh/discovery": "spark"},
        "instanceProfile": "nodes",
    },
}


def loaded(folder: Path, *objects: dict[str, Any]) -> Pools:
    (folder / "pools.yaml").write_text(yaml.safe_dump_all(objects), "utf-8")
    return load_pools(folder, variables=VARIABLES, karpenter_version="1.14.1")


def spec_of(pools: Pools) -> dict[str, Any]:
    (only,) = [each for each in pools.manifests() if each["kind"] == "NodePool"]
    spec: dict[str, Any] = only["spec"]
    return spec


def class_of(folder: Path, *edits: tuple[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the spec of the node class of the template with *edits*, and what is said about it."""
    pools = loaded(folder, edited(TEMPLATE, *edits))
    (only,) = pools.manifests()
    return only["spec"], [each.message for each in pools.advice]


def said(pools: Pools, words: str) -> bool:
    return any(words in str(each) for each in pools.advice)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.stem)
def test_the_seeds_provisioners_convert_and_are_valid_v1(seed: Path, tmp_path: Path) -> None:
    (tmp_path / seed.name).write_bytes(seed.read_bytes())
    pools = load_pools(tmp_path, variables=VARIABLES, karpenter_version="1.14.1")
    for manifest in pools.manifests():
        assert judge("v1.14.1", manifest) == []
    spec = spec_of(pools)
    assert spec["disruption"] == {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "30s"}
    assert spec["template"]["spec"]["expireAfter"] == "Never"
    asked = {each["key"]: each["values"] for each in spec["template"]["spec"]["requirements"]}
    assert asked["kubernetes.io/arch"] == ["amd64"]
    assert said(pools, "expireAfter is Never")
    assert said(pools, "emr-eks provisioners convert")
    assert said(pools, "launchTemplate: is gone in v1") == (not seed.stem.startswith("s4"))


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.stem)
def test_the_seeds_provisioners_are_what_karpenter_0_18_took(seed: Path) -> None:
    assert judge("v0.18.1", yaml.safe_load(seed.read_text("utf-8"))) == []


def test_the_good_examples_here_are_what_karpenter_0_18_took() -> None:
    assert judge("v0.18.1", PROVISIONER) == judge("v0.18.1", TEMPLATE) == []


def test_the_figures_of_the_seeds_survive(tmp_path: Path) -> None:
    for seed in SEEDS:
        if seed.stem.startswith("s3"):
            (tmp_path / seed.name).write_bytes(seed.read_bytes())
    pools = load_pools(tmp_path, variables=VARIABLES, karpenter_version="1.14.1")
    driver, executor = pools.node_pools
    assert driver.spec.template.metadata
    assert driver.spec.template.metadata.labels == {"type": "karpenter", "provisioner": "spark-driver"}
    assert executor.spec.limits == {"cpu": "1000", "memory": "1000Gi"}
    families = [
        each.values for each in executor.spec.template.spec.requirements if each.key.endswith("instance-family")
    ]
    assert families == [("m4", "m5", "r4", "r5")]
    assert [each.values for each in driver.spec.template.spec.requirements if each.key.endswith("/zone")] == [
        ("eu-west-1a",)
    ]


def test_defaults_that_v1_has_not_are_written_out(tmp_path: Path) -> None:
    pools = loaded(tmp_path, PROVISIONER, TEMPLATE)
    asked = {each["key"]: each["values"] for each in spec_of(pools)["template"]["spec"]["requirements"]}
    assert asked == {"karpenter.sh/capacity-type": ["on-demand"], "kubernetes.io/arch": ["amd64"]}
    assert said(pools, "karpenter.sh/capacity-type was on-demand by default")


def test_instances_that_nobody_named_are_told(tmp_path: Path) -> None:
    words = "no instance types are named"
    assert said(loaded(tmp_path, PROVISIONER, TEMPLATE), words)
    named = [{"key": "karpenter.k8s.aws/instance-family", "operator": "In", "values": ["m5"]}]
    assert not said(loaded(tmp_path, edited(PROVISIONER, ("spec requirements", named)), TEMPLATE), words)


def test_nodes_that_must_not_be_consolidated_stay_so(tmp_path: Path) -> None:
    kept = {"karpenter.sh/do-not-consolidate": "true", "example.com/a": "b"}
    pools = loaded(tmp_path, edited(PROVISIONER, ("spec annotations", kept)), TEMPLATE)
    annotations = spec_of(pools)["template"]["metadata"]["annotations"]
    assert annotations == {"karpenter.sh/do-not-disrupt": "true", "example.com/a": "b"}
    assert said(pools, "becomes karpenter.sh/do-not-disrupt")


def test_what_was_said_is_no_default(tmp_path: Path) -> None:
    own = [
        {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]},
        {"key": "beta.kubernetes.io/arch", "operator": "In", "values": ["arm64"]},
    ]
    pools = loaded(tmp_path, edited(PROVISIONER, ("spec requirements", own)), TEMPLATE)
    assert spec_of(pools)["template"]["spec"]["requirements"] == own


@pytest.mark.parametrize(
    ("given", "disruption", "expires"),
    [
        ({}, {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "Never"}, "Never"),
        ({"ttlSecondsAfterEmpty": 0}, {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "0s"}, "Never"),
        (
            {"consolidation": {"enabled": True}, "ttlSecondsUntilExpired": 604800},
            {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "0s"},
            "604800s",
        ),
    ],
)
def test_how_nodes_end(tmp_path: Path, given: dict[str, Any], disruption: dict[str, str], expires: str) -> None:
    provisioner = copy.deepcopy(PROVISIONER)
    provisioner["spec"] = {"providerRef": {"name": "shared"}, **given}
    spec = spec_of(loaded(tmp_path, provisioner, TEMPLATE))
    assert (spec["disruption"], spec["template"]["spec"]["expireAfter"]) == (disruption, expires)


def test_the_rest_of_a_provisioner_keeps_its_meaning(tmp_path: Path) -> None:
    taints = [{"key": "spark", "value": "x", "effect": "NoSchedule"}]
    given = edited(
        PROVISIONER,
        ("spec taints", taints),
        ("spec startupTaints", [{"key": "wait", "effect": "NoExecute"}]),
        ("spec weight", 7),
        ("spec limits", {"resources": {"cpu": 100, "memory": "1Ti"}}),
        ("spec labels", {"team": "etl"}),
        ("spec annotations", {"a": "b"}),
    )
    spec = spec_of(loaded(tmp_path, given, TEMPLATE))
    assert spec["template"]["metadata"] == {"labels": {"team": "etl"}, "annotations": {"a": "b"}}
    assert spec["template"]["spec"]["taints"] == taints
    assert spec["template"]["spec"]["startupTaints"] == [{"key": "wait", "effect": "NoExecute"}]
    assert (spec["weight"], spec["limits"]) == (7, {"cpu": 100, "memory": "1Ti"})


def test_kubelet_settings_move_to_a_node_class_of_their_own(tmp_path: Path) -> None:
    given = edited(PROVISIONER, ("spec kubeletConfiguration", {"maxPods": 20, "containerRuntime": "containerd"}))
    pools = loaded(tmp_path, given, TEMPLATE)
    classes = {each.metadata.name: each.spec.kubelet for each in pools.node_classes}
    assert set(classes) == {"shared", "shared-default"}
    assert classes["shared"] is None
    kubelet = classes["shared-default"]
    assert kubelet
    assert kubelet.max_pods == 20
    assert spec_of(pools)["template"]["spec"]["nodeClassRef"]["name"] == "shared-default"


@pytest.mark.parametrize(
    ("edits", "terms", "words"),
    [
        ([], {"amiSelectorTerms": [{"alias": "al2023@latest"}]}, "AL2 has had no images"),
        ([("spec amiFamily", "AL2")], {"amiSelectorTerms": [{"alias": "al2023@latest"}]}, "AL2 has had no images"),
        ([("spec amiFamily", "Bottlerocket")], {"amiSelectorTerms": [{"alias": "bottlerocket@latest"}]}, ""),
        (
            [("spec amiSelector", {"aws-ids": "ami-1, ami-2"})],
            {"amiFamily": "AL2", "amiSelectorTerms": [{"id": "ami-1"}, {"id": "ami-2"}]},
            "",
        ),
        (
            [
                ("spec amiFamily", "Custom"),
                ("spec amiSelector", {"aws::name": "mine-*", "aws::owners": "self,123456789012"}),
            ],
            {
                "amiFamily": "Custom",
                "amiSelectorTerms": [{"name": "mine-*", "owner": "self"}, {"name": "mine-*", "owner": "123456789012"}],
            },
            "",
        ),
        (
            [("spec amiFamily", "Bottlerocket"), ("spec amiSelector", {"team": "etl"})],
            {"amiFamily": "Bottlerocket", "amiSelectorTerms": [{"tags": {"team": "etl"}}]},
            "",
        ),
        (
            [("spec amiFamily", "Ubuntu"), ("spec amiSelector", {"aws-ids": "ami-1"})],
            {"amiFamily": "Custom", "amiSelectorTerms": [{"id": "ami-1"}]},
            "Ubuntu is gone in v1",
        ),
    ],
)
def test_images(tmp_path: Path, edits: list[tuple[str, Any]], terms: dict[str, Any], words: str) -> None:
    spec, changes = class_of(tmp_path, *edits)
    assert {key: spec[key] for key in ("amiFamily", "amiSelectorTerms") if key in spec} == terms
    assert any(words in each for each in changes)


def test_subnets_and_security_groups_by_id(tmp_path: Path) -> None:
    spec, _ = class_of(
        tmp_path,
        ("spec subnetSelector", {"aws-ids": "subnet-1,subnet-2"}),
        ("spec securityGroupSelector", {"aws-ids": "sg-1"}),
    )
    assert spec["subnetSelectorTerms"] == [{"id": "subnet-1"}, {"id": "subnet-2"}]
    assert spec["securityGroupSelectorTerms"] == [{"id": "sg-1"}]


def test_values_between_commas_are_terms_and_tags_beside_ids_are_told(tmp_path: Path) -> None:
    spec, changes = class_of(
        tmp_path,
        ("spec subnetSelector", {"Name": "a, b", "team": "*"}),
        ("spec securityGroupSelector", {"aws-ids": "sg-1", "Name": "nodes"}),
    )
    assert spec["subnetSelectorTerms"] == [{"tags": {"Name": name, "team": "*"}} for name in ("a", "b")]
    assert spec["securityGroupSelectorTerms"] == [{"id": "sg-1"}]
    assert any("a term for each value between commas" in each for each in changes)
    assert any("v1 takes ids alone: the tags Name are left out" in each for each in changes)


def test_two_hops_to_the_metadata_service_were_the_default(tmp_path: Path) -> None:
    spec, changes = class_of(tmp_path)
    assert spec["metadataOptions"]["httpPutResponseHopLimit"] == 2
    assert any("two hops" in each for each in changes)
    spec, changes = class_of(tmp_path, ("spec metadataOptions", {"httpTokens": "required"}))
    assert spec["metadataOptions"] == {"httpTokens": "required"}


@pytest.mark.parametrize(
    ("base", "place", "value", "problem"),
    [
        (PROVISIONER, "spec provider", TEMPLATE["spec"], "must not stand beside provider"),
        (PROVISIONER, "spec consolidation", {"enabled": True}, "must not stand beside consolidation"),
        (PROVISIONER, "spec ttlSecondsAfterEmpty", -1, "must be a whole number from 0"),
        (PROVISIONER, "spec labels", {"karpenter.sh/provisioner-name": "x"}, "must not be in Karpenter's domain"),
        (PROVISIONER, "spec requirements", [{"key": "a", "operator": "Gte", "values": ["1"]}], "must be one of"),
        (PROVISIONER, "spec requirements", [{"key": "a", "operator": "In"}], "must hold at least one value"),
        (PROVISIONER, "spec limits", {"cpu": "1"}, "unknown key"),
        (PROVISIONER, "spec ttlSecondsAfterEmty", 3, "did you mean 'ttlSecondsAfterEmpty'?"),
        (TEMPLATE, "spec launchTemplate", "mine", "must not stand beside launchTemplate"),
        (TEMPLATE, "spec amiFamily", "Custom", "must have an amiSelector"),
        (TEMPLATE, "spec amiFamily", "al2", "must be one of"),
        (TEMPLATE, "spec metadataOptions", {"httpTokens": "needed"}, "must be one of"),
        (TEMPLATE, "spec subnetSelector", {}, "must hold 1 to 20 items"),
    ],
)
def test_what_the_webhooks_refused_is_refused(
    tmp_path: Path, base: dict[str, Any], place: str, value: Any, problem: str
) -> None:
    with pytest.raises(InvalidFile) as raised:
        loaded(tmp_path, edited(base, (place, value)), *([TEMPLATE] if base is PROVISIONER else []))
    assert problem in str(raised.value)
    assert "pools.yaml:" in str(raised.value)


def test_a_template_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="must name an EC2NodeClass of this folder, got 'shared'"):
        loaded(tmp_path, PROVISIONER)


def convert(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["provisioners", "convert", *arguments])


def test_convert_prints_v1_with_its_variables_and_says_what_changed() -> None:
    result = convert(str(ROOT / "provisioners" / "legacy" / "s3-spark-driver.yaml"))
    assert result.exit_code == 0
    node_class, pool = yaml.safe_load_all(result.stdout)
    assert node_class["spec"]["role"] == "KarpenterNodeRole-${cluster_name}"
    assert {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["${az}"]} in pool["spec"]["template"][
        "spec"
    ]["requirements"]
    assert "s3-spark-driver.yaml:27:21: spec.provider.launchTemplate: is gone in v1" in result.stderr
    assert "xvar" not in result.output


def test_what_convert_prints_can_be_read_back(tmp_path: Path) -> None:
    (tmp_path / "pools.yaml").write_text(convert(*map(str, SEEDS[:1])).stdout, "utf-8")
    pools = load_pools(tmp_path, variables=VARIABLES, karpenter_version="1.14.1")
    assert [pool.metadata.name for pool in pools.node_pools] == ["default"]
    assert not said(pools, "convert")


LAUNCH_TEMPLATE = {
    "LaunchTemplateVersions": [
        {"VersionNumber": 1, "LaunchTemplateData": {"ImageId": "ami-old"}},
        {
            "VersionNumber": 2,
            "LaunchTemplateData": {
                "ImageId": "ami-0a1b",
                "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/nodes"},
                "SecurityGroupIds": ["sg-1"],
                "BlockDeviceMappings": [
                    {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}},
                    {"DeviceName": "/dev/xvdf", "Ebs": {"VolumeSize": 200, "VolumeType": "io1", "Iops": 6400}},
                ],
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "State": "applied"},
                "UserData": base64.b64encode(b"#!/bin/bash\n/etc/eks/bootstrap.sh spark").decode(),
                "TagSpecifications": [
                    {
                        "ResourceType": "instance",
                        "Tags": [
                            {"Key": "Name", "Value": "karpenter"},
                            {"Key": "kubernetes.io/cluster/spark", "Value": "owned"},
                        ],
                    }
                ],
                "KeyName": "mine",
            },
        },
    ]
}


def test_a_launch_template_is_expanded_where_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(json.dumps(LAUNCH_TEMPLATE), "utf-8")
    seed = (ROOT / "provisioners" / "legacy" / "s2-default.yaml").read_text("utf-8")
    seed = seed.replace("${cluster_name}-karpenter-launchtemplate", "lt\n    tags: {team: etl}")
    (tmp_path / "s2.yaml").write_text(seed, "utf-8")
    result = convert(str(tmp_path / "s2.yaml"), "--launch-template", f"lt={file}")
    node_class, _ = yaml.safe_load_all(result.stdout)
    assert node_class["spec"] == {
        "amiFamily": "Custom",
        "amiSelectorTerms": [{"id": "ami-0a1b"}],
        "instanceProfile": "nodes",
        "securityGroupSelectorTerms": [{"id": "sg-1"}],
        "subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": "${cluster_name}"}}],
        "blockDeviceMappings": [
            {"deviceName": "/dev/xvda", "ebs": {"volumeSize": "20Gi", "volumeType": "gp3", "encrypted": True}},
            {"deviceName": "/dev/xvdf", "ebs": {"volumeSize": "200Gi", "volumeType": "io1", "iops": 6400}},
        ],
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2},
        "userData": "#!/bin/bash\n/etc/eks/bootstrap.sh spark",
        "tags": {"Name": "karpenter", "team": "etl"},
    }
    assert "lt: KeyName has no place in a node class" in result.stderr
    assert "the tag kubernetes.io/cluster/spark is left out" in result.stderr


@pytest.mark.parametrize(
    "content", ["{}", "[1]", '{"LaunchTemplateVersions": []}', '{"LaunchTemplateVersions": [{"VersionNumber": 1}]}']
)
def test_a_file_that_is_no_launch_template(tmp_path: Path, content: str) -> None:
    file = tmp_path / "template.json"
    file.write_text(content, "utf-8")
    result = convert(str(SEEDS[0]), "--launch-template", f"lt={file}")
    assert "describe-launch-template-versions" in str(result.exception)


@pytest.mark.parametrize(
    ("karpenter", "kubernetes", "words"),
    [
        ("0.18.1", "1.22", "nobody says which Kubernetes Karpenter 0.18.1 runs on"),
        ("0.31.4", "1.35", "Karpenter 0.31.4 runs on Kubernetes 1.23 to 1.28, which EKS no longer offers"),
        ("0.32.1", "1.29", "and not on 1.29; convert for Karpenter 1.0 or newer"),
        ("0.27.6", "1.26", "Karpenter 0.27.6 runs on Kubernetes 1.21 to 1.25"),
        ("0.28.0", "1.22", "Karpenter 0.28.0 runs on Kubernetes 1.23 to 1.27"),
        ("0.37.0", "1.28", "has neither v1alpha5 nor v1"),
        ("soon", "1.35", "a Karpenter version is numbers and dots"),
    ],
)
def test_v1alpha5_is_not_written_for_what_cannot_run_it(karpenter: str, kubernetes: str, words: str) -> None:
    result = convert(str(SEEDS[0]), "--karpenter-version", karpenter, "--kubernetes-version", kubernetes)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""


@pytest.mark.parametrize(("karpenter", "kubernetes"), [("0.21.1", "1.24"), ("0.31.4", "1.27"), ("0.32.10", "1.28")])
def test_v1alpha5_is_written_for_what_can_run_it(karpenter: str, kubernetes: str) -> None:
    result = convert(str(SEEDS[0]), "--karpenter-version", karpenter, "--kubernetes-version", kubernetes)
    (written,) = yaml.safe_load_all(result.stdout)
    assert written == yaml.safe_load(SEEDS[0].read_text("utf-8"))


def test_a_platform_cannot_run_an_old_karpenter_and_is_told_why(make_platform: Any) -> None:
    with pytest.raises(InvalidFile) as raised:
        make_platform(karpenter={"version": "0.18.1"})
    assert "emr-eks provisioners convert" in str(raised.value)


def test_an_old_provisioner_in_a_platform_is_read_with_a_warning_for_each_change_of_meaning(
    make_platform: Any, tmp_path: Path
) -> None:
    """What ttlSecondsAfterEmpty, no ttlSecondsUntilExpired and no requirements meant, as Karpenter 0.31 had it."""
    make_platform()  # writes the files
    (tmp_path / "provisioners" / "old.yaml").write_text(
        "apiVersion: karpenter.sh/v1alpha5\nkind: Provisioner\nmetadata: {name: old}\nspec:\n"
        "  ttlSecondsAfterEmpty: 30\n  taints: [{key: old, effect: NoSchedule}]\n"
        "  provider:\n    launchTemplate: mine\n    subnetSelector: {karpenter.sh/discovery: '${cluster_name}'}\n",
        "utf-8",
    )
    platform = load(tmp_path / "platform.yaml")
    told = [str(each) for each in platform.advice if "old.yaml" in str(each)]
    for words in (
        "karpenter.sh/provisioner-name",  # the label of nodes
        "spec.provider.launchTemplate: is gone in v1",
        "on-demand",  # which v1alpha5 chose by itself
        "amd64",
        "expire",  # never, without a ttl
        "ttlSecondsAfterEmpty",
    ):
        assert any(words in each for each in told), (words, told)
    (pool,) = (each for each in platform.pools.node_pools if each.metadata.name == "old")
    manifest = pool.manifest()
    assert manifest["apiVersion"] == "karpenter.sh/v1"
    assert manifest["spec"]["template"]["spec"]["expireAfter"] == "Never"
