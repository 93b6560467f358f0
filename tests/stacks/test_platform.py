"""What follows from a platform.yaml: names, zones, variables, placements; and that editors check what we check."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from bad_platforms import BASE, EDITS, TEXTS, edited
from conftest import ROOT, MakePlatform
from drafts import Draft
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner

from constructs_lib._job_role import FRAMEWORKS, JobRoleSpec, service_accounts
from constructs_lib._karpenter import policy_name
from constructs_lib._team import TeamSpec, job_role_name, log_group_name, virtual_cluster_name
from emr_eks.cli import app
from stacks.platform import PlatformSpec, load, stack_name

GROUP: dict[str, Any] = {"instance_types": ["m6i.large"], "min_size": 2, "max_size": 4}
ZONES = ["eu-west-1c", "eu-west-1a", "eu-west-1b"]
SMALL: dict[str, Any] = {"name": "lake", "region": "eu-west-1", "vpc": {"availability_zones": ZONES}}


def spec_of(**changes: Any) -> PlatformSpec:
    return PlatformSpec.model_validate({key: part for key, part in {**SMALL, **changes}.items() if part is not None})


# Derived values


def test_zones_are_those_of_the_network_in_alphabetical_order() -> None:
    assert spec_of().zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    subnets = {zone: f"subnet-0123456789abcdef{zone[-1]}" for zone in ZONES}
    named = spec_of(vpc=None, existing_vpc={"vpc_id": "vpc-0123456789abcdef0", "private_subnets": subnets})
    assert named.zones == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert spec_of(vpc=None, existing_cluster={"name": "shared"}).zones == []


def test_the_cluster_bears_the_name_of_the_platform_unless_it_is_there_already() -> None:
    assert spec_of().cluster_name == "lake"
    shared = spec_of(vpc=None, existing_cluster={"name": "Shared_1", "version": "1.33"})
    assert (shared.cluster_name, shared.kubernetes_version) == ("Shared_1", "1.33")
    assert spec_of(cluster={"version": "1.34"}).kubernetes_version == "1.34"


def test_the_bucket_bears_the_name_of_the_cluster_the_account_and_the_region() -> None:
    assert spec_of().bucket_name("123456789012") == "lake-123456789012-eu-west-1"
    assert spec_of(bucket={"name": "our-own"}).bucket_name("123456789012") == "our-own"
    shared = spec_of(vpc=None, existing_cluster={"name": "Shared_1"})
    assert shared.bucket_name("123456789012") == "shared-1-3d283b96-123456789012-eu-west-1"


def test_long_names_of_existing_clusters_make_different_buckets() -> None:
    clusters = ["c" * 99 + "a", "c" * 99 + "b", "C" * 99 + "a", "a-b", "a_b", "A_b", "a-b-", "a-b_"]
    names = {spec_of(vpc=None, existing_cluster={"name": name}).bucket_name("123456789012") for name in clusters}
    assert len(names) == len(clusters)
    assert max(map(len, names)) <= 63


def test_variables_of_node_pools() -> None:
    assert spec_of(karpenter={"availability_zone": "eu-west-1b"}, node_groups={"a": GROUP}).node_pool_variables == {
        "az": "eu-west-1b",
        "azs": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
        "cluster_name": "lake",
        "region": "eu-west-1",
    }
    assert spec_of().node_pool_variables["az"] == "eu-west-1a"
    # Only the cluster knows its zones; nearly every region has a zone a.
    shared = spec_of(vpc=None, existing_cluster={"name": "shared"}).node_pool_variables
    assert (shared["az"], shared["azs"], shared["cluster_name"]) == ("eu-west-1a", [], "shared")


def test_pods_land_on_the_pools_and_groups_of_their_team(make_platform: MakePlatform) -> None:
    taints = [{"key": "big", "value": "yes", "effect": "NO_EXECUTE"}, {"key": "quiet", "effect": "PREFER_NO_SCHEDULE"}]
    platform = make_platform(
        node_groups={"big": {**GROUP, "taints": taints}}, teams={"etl": {"executor_pool": "big"}, "bi": {}}
    )
    placed = platform.placements("etl")
    # The default driver pool has the taint spark-driver:NoSchedule, without a value.
    assert placed["driver"] == (
        {"karpenter.sh/nodepool": "spark-driver"},
        [{"key": "spark-driver", "operator": "Exists", "effect": "NoSchedule"}],
    )
    assert placed["executor"] == (
        {"emr-eks/node-group": "big"},
        [
            {"key": "big", "operator": "Equal", "value": "yes", "effect": "NoExecute"},
            {"key": "quiet", "operator": "Exists", "effect": "PreferNoSchedule"},
        ],
    )
    assert platform.placements("bi")["executor"].node_selector == {"karpenter.sh/nodepool": "spark-executor"}


def test_stacks_are_named_after_the_platform() -> None:
    assert stack_name(spec_of(), "node_pools") == "lake-node_pools"


# Properties of every platform

REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-3", "us-gov-east-1", "us-isob-east-1", "cn-north-1"]
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
labels = st.sampled_from(["etl", "bi", "spark", "default"]) | st.from_regex(LABEL, fullmatch=True)
role_names = st.sampled_from(["spark", "Spark"]) | st.from_regex(r"[A-Za-z0-9_+=,.@-]{1,64}", fullmatch=True)
frameworks = st.lists(st.sampled_from([*FRAMEWORKS]), min_size=1, unique=True)
teams = st.dictionaries(
    labels,
    st.fixed_dictionaries(
        {},
        optional={
            "namespace": labels,
            "job_role": st.fixed_dictionaries({}, optional={"name": role_names, "frameworks": frameworks}),
            "job_roles": st.dictionaries(labels, st.just({}), max_size=2),
            "log_group": st.sampled_from(["/spark/a", "/spark/b"]),
        },
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def platforms(draw: st.DrawFn) -> dict[str, Any]:
    region = draw(st.sampled_from(REGIONS))
    data: dict[str, Any] = {
        "name": draw(st.from_regex(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)),
        "region": region,
        "teams": draw(teams),
        "node_groups": dict.fromkeys(draw(st.sets(st.from_regex(LABEL, fullmatch=True), max_size=2)), GROUP),
    }
    if draw(st.booleans()):
        letters = draw(st.sets(st.sampled_from("abcdef"), min_size=2))
        data["vpc"] = {"availability_zones": [f"{region}{letter}" for letter in letters]}
    else:
        data["existing_cluster"] = {"name": draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", fullmatch=True))}
        del data["node_groups"]
    return data


@given(platforms())
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
def test_names_are_unique_and_within_the_limits(data: dict[str, Any]) -> None:
    try:
        spec = PlatformSpec.model_validate(data)
    except ValidationError:
        assume(False)
    cluster = spec.cluster_name
    namespaces = [team.namespace or name for name, team in spec.teams.items()]
    assert len(set(namespaces)) == len(namespaces)
    assert not {"default", "kube-system", "kube-public", "kube-node-lease"} & set(namespaces)
    roles = [
        job_role_name(cluster, spec.region, name, role, role_spec)
        for name, team in spec.teams.items()
        for role, role_spec in team.roles.items()
    ]
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html; IAM's names ignore case.
    assert len({role.lower() for role in roles}) == len(roles)
    assert all(re.fullmatch(r"[\w+=,.@-]{1,64}", role, re.ASCII) for role in roles)
    virtual = [virtual_cluster_name(cluster, name) for name in spec.teams]
    # https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_CreateVirtualCluster.html
    assert len(set(virtual)) == len(virtual)
    assert all(re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,64}", name) for name in virtual)
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    groups = [log_group_name(cluster, name, team) for name, team in spec.teams.items()]
    assert len(set(groups)) == len(groups)
    assert all(re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", name) for name in groups)
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    bucket = spec.bucket_name("123456789012")
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", bucket)
    assert not bucket.startswith(("xn--", "sthree-", "amzn-s3-demo-"))
    assert len(policy_name("ResourceDiscovery", cluster)) <= 128
    assert all(len(stack_name(spec, stack)) <= 128 for stack in ("network", "cluster", "node_pools"))
    accounts = [
        account
        for name, team in spec.teams.items()
        for role, role_spec in team.roles.items()
        for account in service_accounts(
            role_spec,
            namespace=team.namespace or name,
            role_name=job_role_name(cluster, spec.region, name, role, role_spec),
            account_id="123456789012",
        ).values()
    ]
    assert len(set(accounts)) == len(accounts)


NAMED = [
    (cluster, region, team)
    for cluster in ("a", "a-b", "a-b-c", "a_b", "A-b")
    for region in ("eu-west-1", "us-east-1")
    for team in ("c", "b-c", "b", "job", "eu-west-1", "c-job")
]


def test_names_are_unique_across_the_clusters_and_regions_of_an_account() -> None:
    roles = {
        job_role_name(cluster, region, team, role, spec).lower()  # IAM ignores case, EKS does not
        for cluster, region, team in NAMED
        for role, spec in TeamSpec(job_roles={"c": JobRoleSpec(), "b": JobRoleSpec()}).roles.items()
    }
    assert len(roles) == 3 * len(NAMED)
    assert len({virtual_cluster_name(cluster, team) for cluster, _, team in NAMED}) == 5 * 6
    assert len({log_group_name(cluster, team, TeamSpec()) for cluster, _, team in NAMED}) == 5 * 6


LARGE: dict[str, Any] = {
    **SMALL,
    "vpc": {"availability_zones": ZONES, "nat_gateways": "none", "interface_endpoints": ["sts", "ec2", "ecr.api"]},
    "tags": {"b": "1", "a": "2"},
    "cluster": {"logs": ["audit", "api"], "public_access_cidrs": ["203.0.113.0/24", "198.51.100.0/24"]},
    "node_groups": {"b": GROUP, "a": GROUP},
    "karpenter": {},
    "teams": {"etl": {"job_role": {"read_databases": ["b", "a"]}}, "bi": {"namespace": "reports"}},
}


def shuffled(value: Any, draw: Callable[..., Any], path: str = "") -> Any:
    """Return *value* with the keys of its mappings, and the lists whose order has no meaning, in another order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key], draw, key) for key in draw(st.permutations(list(value)))}
    if isinstance(value, list) and path != "instance_types":
        return draw(st.permutations(value))
    return value


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_order_without_a_meaning_changes_nothing(data: st.DataObject) -> None:
    other = PlatformSpec.model_validate(shuffled(LARGE, data.draw))
    assert derived(other) == derived(PlatformSpec.model_validate(LARGE))


def derived(spec: PlatformSpec) -> dict[str, Any]:
    assert spec.vpc
    return {
        "zones": spec.zones,
        "subnets": spec.vpc.subnets(),
        "endpoints": spec.vpc.endpoint_services,
        "variables": spec.node_pool_variables,
        "bucket": spec.bucket_name("123456789012"),
        "roles": {
            (name, role): job_role_name(spec.cluster_name, spec.region, name, role, role_spec)
            for name, team in spec.teams.items()
            for role, role_spec in team.roles.items()
        },
        "sizes": {name: group.desired for name, group in spec.node_groups.items()},
        "tags": spec.tags,
    }


# Editors, which know the JSON Schema only

EDITOR = jsonschema.Draft202012Validator(json.loads((ROOT / "platform.schema.json").read_text("utf-8")))

ONLY_YAML = {
    # The data do not show it any more, or never came to be.
    "a key twice",
    "a team twice",
    "a merge key",
    "a tag of Python",
    "an alias without an anchor",
    # JSON Schema counts 2.0 as a whole number.
    "a fraction of a node",
}
ONLY_RULES = {
    "ARNs of other partitions",
    # Watching
    "an alarm by metrics that nobody sends",
    "logs that nobody gathers",
    "an alarm on a queue that is not there",
    "alarms before there is a team",
    # Several fields together
    "a platform name that makes no bucket",
    "zones of another region",
    "no network",
    "two networks",
    "no NAT and no S3",
    "a cluster to build and one to use",
    "a key of another region",
    "a state's key of another region",
    "more nodes at least than at most",
    "more nodes desired than at most",
    "fewer nodes desired than at least",
    "a handler on a cluster of others",
    "a CoreDNS that cannot grow",
    "a CoreDNS that is told twice how often it runs",
    "Graviton instances under an x86 image",
    "x86 instances under a Graviton image",
    "a control plane in one zone",
    "a control plane in a zone without a network",
    "a group in a zone without a network",
    "a Karpenter too old for Kubernetes",
    "a Karpenter zone without a network",
    "a zone of another region for an existing cluster",
    "one node for Karpenter",
    "nodes that Karpenter's controller may not use",
    "a team in the namespace of Container Insights",
    "no nodes for Karpenter",
    "a feature that Karpenter has not yet",
    "more I/O than a disk of this size can have",
    "more throughput than a disk's I/O carries",
    "RAID without disks",
    "user data beyond EC2's limit",
    "GPU drivers without GPUs",
    "an image that is not made",
    "nodes that Cluster Autoscaler would take for equal",
    "a family of nodes that gives no type",
    "a family of nodes of two architectures",
    "a family's RAID without disks",
    "a family that gives the name of a group",
    "a family in a zone without subnets",
    "a team on a family's shape that is not there",
    # Several entries of one field
    "zones of two regions",
    "an existing VPC with one subnet for two zones",
    "a principal twice",
    "a taint twice",
    "two teams in one namespace",
    "an anchor for two teams",
    "a team in another's namespace",
    "two teams with one role",
    "two roles of a team with one name",
    "a role named like another team's default",
    "two teams with one log group",
    "a team with the log group of another",
    "logs of a team for longer than any",
    "a further role called like the default one",
    "a framework twice",
    "an operator's namespace without an operator",
    "two roles for one operator",
    "tags that differ in case",
    # Arithmetic with addresses
    "a network with host bits",
    "a network too small",
    "subnets that overlap",
    "subnets outside the network",
    "pods within the network",
    "pods in another private network",
    "pods without room",
    "services within the network",
    "an API server open to everyone",
    "an API server open to everyone in two halves",
    "a private network for a public endpoint",
    # Names with a meaning elsewhere
    "a token in a configuration",
    "a label of Kubernetes",
    "a label of ours",
    "a tag of ours",
    "tags of controllers",
    "job roles named like the platform's own",
    "a cluster that nobody administers",
    "a trust policy beyond IAM's limit",
    "permissions beyond IAM's limit",
    "a team in a namespace of Kubernetes",
    "a team named like a namespace of Kubernetes",
    "a team in Karpenter's namespace",
    "a team on an unknown pool",
    "a team on a pool unlike any",
    "teams without Karpenter",
    "a group named like a pool",
}


STRUCTURE = {name: edited(BASE, edits) for name, (edits, _) in EDITS.items() if name not in ONLY_YAML}


@pytest.mark.parametrize("name", STRUCTURE)
def test_editors_refuse_what_is_structurally_wrong_and_nothing_else(name: str) -> None:
    assert EDITOR.is_valid(yaml.safe_load(STRUCTURE[name])) == (name in ONLY_RULES)


def test_editors_refuse_files_of_another_kind() -> None:
    for name in ("a list", "a word", "Terraform"):
        assert not EDITOR.is_valid(yaml.safe_load(TEXTS[name][0]))


def test_the_lists_of_exceptions_name_cases_that_there_are() -> None:
    assert set(EDITS) >= ONLY_YAML | ONLY_RULES


@pytest.mark.parametrize(
    "text",
    [
        (ROOT / "platform.yaml").read_text("utf-8"),
        BASE,
        next(re.finditer(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S))[1],
        yaml.safe_dump(LARGE),
    ],
    ids=["platform.yaml", "BASE", "README.md", "LARGE"],
)
def test_editors_accept_what_is_valid(text: str, tmp_path: Path) -> None:
    assert [*EDITOR.iter_errors(yaml.safe_load(text))] == []


@given(platforms())
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None, max_examples=50)
def test_editors_accept_every_valid_platform(data: dict[str, Any]) -> None:
    try:
        PlatformSpec.model_validate(data)
    except ValidationError:
        assume(False)
    assert [*EDITOR.iter_errors(data)] == []


@pytest.mark.parametrize(
    ("arguments", "file"),
    [((), "platform.schema.json"), (("--reference",), "docs/configuration.md")],
    ids=["schema", "reference"],
)
def test_generated_files_are_current(arguments: tuple[str, ...], file: str) -> None:
    """Otherwise: `make schema`."""
    done = CliRunner().invoke(app, ["schema", *arguments], catch_exceptions=False)
    assert done.stdout_bytes == (ROOT / file).read_bytes()


def test_what_a_vpc_without_nat_gateways_does_not_reach_is_worth_a_look(tmp_path: Path) -> None:
    """Neither public registries nor IAM have endpoints: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html."""
    draft = Draft.default().edited(lambda each: each.platform["vpc"].update(nat_gateways="none"))
    of_class, of_image = (str(each) for each in load(draft.write(tmp_path / "bare")).advice)
    assert "provisioners/spark-node-class.yaml" in of_class
    assert "spec.role: makes Karpenter ask IAM for an instance profile" in of_class
    assert "karpenter: its image is on the internet" in of_image

    draft.platform["vpc"]["interface_endpoints"] = ["ecr.api", "ec2", "sts"]
    draft.platform["karpenter"] = {"image_repository": "123456789012.dkr.ecr.us-east-1.amazonaws.com/karpenter"}
    node_class = draft.pools["spark-node-class"]["spec"]
    node_class["instanceProfile"] = node_class.pop("role")
    (of_endpoints,) = (str(each) for each in load(draft.write(tmp_path / "prepared")).advice)
    assert (
        "vpc.interface_endpoints: without a NAT gateway nodes do not reach ecr.dkr, eks-auth: add these" in of_endpoints
    )
    del draft.platform["vpc"]["interface_endpoints"]
    assert not load(draft.write(tmp_path / "whole")).advice


def test_selectors_that_find_nothing_of_the_platform_are_worth_a_look(tmp_path: Path) -> None:
    draft = Draft.default()
    spec = draft.pools["spark-node-class"]["spec"]
    spec["subnetSelectorTerms"] = [{"tags": {"karpenter.sh/discovery": "other"}}, {"tags": {"Name": "mine"}}]
    spec["securityGroupSelectorTerms"] = [{"tags": {"karpenter.sh/discover": "${cluster_name}"}}]
    of_subnets, of_group = (str(each) for each in load(draft.write(tmp_path / "own")).advice)
    has = "finds nothing that the platform builds, all of which has karpenter.sh/discovery: emr-on-eks"
    assert f'subnetSelectorTerms[0].tags["karpenter.sh/discovery"]: {has}' in of_subnets
    assert f'securityGroupSelectorTerms[0].tags["karpenter.sh/discover"]: {has}' in of_group
    draft.platform["existing_cluster"] = {"name": "other"}
    for key in ("vpc", "cluster", "node_groups"):
        del draft.platform[key]
    advice = load(draft.write(tmp_path / "existing")).advice
    assert not any("finds nothing" in str(each) for each in advice), "whoever built it has tagged it"


def test_devices_without_drivers_are_worth_a_look(make_platform: MakePlatform) -> None:
    group = {"instance_types": ["g5.xlarge", "g4ad.xlarge"], "min_size": 0, "max_size": 4}
    family = {"instance_families": ["inf2"], "instance_sizes": ["xlarge", "8xlarge"], "min_size": 0, "max_size": 4}
    platform = make_platform(
        node_groups={"gpu": group, "gpu-driven": {**group, "instance_types": ["g5.xlarge"], "ami": "nvidia"}},
        node_group_families={"ml": family},
    )
    rule = "has devices that pods cannot use: the AMI 'standard' has no drivers for them; write ami:"
    assert [str(each).partition(": ")[2] for each in platform.advice] == [
        f"node_group_families.ml: inf2.xlarge {rule} neuron",
        f"node_group_families.ml: inf2.8xlarge {rule} neuron",
        f"node_groups.gpu: g5.xlarge {rule} nvidia",
    ]


def test_the_default_platform_is_valid_and_its_reference_names_every_key() -> None:
    platform = load(ROOT / "platform.yaml")
    assert platform.spec.name == "emr-on-eks"
    assert not platform.advice
    reference = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for key in PlatformSpec.model_fields:
        assert f"| `{key}` |" in reference
