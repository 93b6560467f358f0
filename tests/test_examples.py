"""The examples: each seed's platform has its figures, synthesises, finds a node for every pod, and runs its jobs."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from conftest import ROOT
from synthesised import Document, synthesise
from typer.testing import CliRunner

from constructs_lib._pod_template import COMPONENTS
from emr_eks.cli import app
from emr_eks.job.file import open_job
from emr_eks.job.request import workplace
from examples.run import JOBS
from stacks import landing
from stacks.platform import Platform, load

EXAMPLES = ROOT / "examples"
DAY = "2026-11-21"

LARGEST = {
    "s0-cluster-autoscaler": (1, 1.4),
    "s1-spot-node-groups": (2, 8.8),
    "s2-karpenter-and-cluster-autoscaler": (8, 31),
    "s3-terraform": (1, 1.4),
    "s4-transient-clusters": (1, 2.4),
}
"""vCPUs, and GiB with their overhead, of the largest pod of the seeds' jobs."""

NODES: dict[str, dict[str, tuple[str, int, int, int]]] = {
    "s0-cluster-autoscaler": {"emrnodegroup": ("m5.xlarge", 3, 3, 6)},
    "s1-spot-node-groups": {
        "managed-ng-od": ("m5.xlarge", 1, 1, 10),
        "managed-ng-spot": ("m5.4xlarge m5d.4xlarge m4.4xlarge m5a.4xlarge m5ad.4xlarge m5n.4xlarge", 1, 1, 20),
    },
    "s2-karpenter-and-cluster-autoscaler": {
        "ops": ("c5.xlarge", 2, 2, 3),
        "ca-spot-8vcpu-16gib": ("c5.2xlarge c5a.2xlarge c5d.2xlarge c5ad.2xlarge c6a.2xlarge", 0, 1, 50),
        "ca-on-demand-16vcpu-32gib": ("c5.4xlarge c5a.4xlarge c5d.4xlarge c5ad.4xlarge c6a.4xlarge", 0, 1, 50),
    },
    # One node at least in the documents; two here, for Karpenter.
    "s3-terraform": {"managed-ondemand": ("m5.xlarge", 2, 2, 5)},
    "s4-transient-clusters": {"eks-emr-cluster-ng": ("m5.2xlarge", 2, 2, 10)},
}
"""Types, and the fewest, the first and the most nodes of the seeds' groups."""

BENCHMARK = {"requests.cpu": "2000"}
"""The limit of the seed's Provisioner."""

TEAMS: dict[str, dict[str, tuple[str, str, dict[str, str]]]] = {
    "s0-cluster-autoscaler": {"spark": ("EMRContainers-JobExecutionRole", "/emr-on-eks/eksworkshop-eksctl", {})},
    # Spark ran there by itself, with no role and no log group.
    "s1-spot-node-groups": {"spark": ("sparkonk8.spark.job.us-west-2", "/emr-eks/sparkonk8/spark", {})},
    # One role for both there, which two teams here cannot have.
    "s2-karpenter-and-cluster-autoscaler": {
        team: (f"aws-blog.{team}.job.us-east-1", f"/emr-eks/aws-blog/{team}", BENCHMARK)
        for team in ("emr-ca", "emr-karpenter")
    },
    # Two Provisioners, each with 1,000 vCPUs and 1000Gi.
    "s3-terraform": {
        "analytics": (
            "emr-on-eks-terraform-analytics-job-execution-role",
            "/emr-eks/emr-on-eks-terraform/analytics",
            {"requests.cpu": "2000", "requests.memory": "2000Gi"},
        )
    },
    "s4-transient-clusters": {
        team: (f"{team}-JobExecutionRole", f"/emr-on-eks/eks-emr-cluster/{team}", {})
        for team in ("realtime-batch", "intra-day-batch", "nightly-batch", "monthly-batch", "adhoc-ml-batch")
    },
}
"""The job role, the log group, and what the quota is where the seed has a figure for it, of each team."""

EXECUTORS = {
    "realtime-batch": {"realtime": "realtime-priority"},
    "intra-day-batch": {"high": "high-priority", "critical": "critical-priority"},
    "nightly-batch": {"low": "low-priority"},
    "monthly-batch": {"low": "low-priority"},
    "adhoc-ml-batch": {"low": "low-priority"},
}
"""The priority classes of executors by team and tier of S4; all drivers have critical-priority, as in its step 15."""

NETWORKS = {
    "s0-cluster-autoscaler": ("us-east-2", "192.168.0.0/16"),
    "s1-spot-node-groups": ("us-west-2", "192.168.0.0/16"),
    "s2-karpenter-and-cluster-autoscaler": ("us-east-1", "10.4.0.0/16"),
    "s3-terraform": ("us-east-1", "10.0.0.0/16"),
    "s4-transient-clusters": ("us-east-2", "192.168.0.0/16"),
}


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Platform, dict[str, Document]]]:
    platforms = {name: load(EXAMPLES / f"{name}.yaml") for name in JOBS}
    return {
        name: (platform, synthesise(platform, tmp_path_factory.mktemp(name))) for name, platform in platforms.items()
    }


Examples = dict[str, tuple[Platform, dict[str, Document]]]


def test_every_example_is_looked_at() -> None:
    assert {file.stem for file in EXAMPLES.glob("*.yaml")} == set(JOBS)
    assert {file.stem for file in (EXAMPLES / "jobs").glob("*.yaml")} == {job for jobs in JOBS.values() for job in jobs}


@pytest.mark.parametrize("name", JOBS)
def test_check_finds_nothing_wrong_nor_worth_a_warning(name: str) -> None:
    result = CliRunner().invoke(app, ["check", "--platform", str(EXAMPLES / f"{name}.yaml"), "--today", DAY])
    assert result.exit_code == 0, result.output
    assert "warning" not in result.output


@pytest.mark.parametrize("name", JOBS)
def test_the_head_says_where_it_comes_from_and_how_it_differs(name: str) -> None:
    head = "".join(re.findall(r"^# ?(.*\n)", (EXAMPLES / f"{name}.yaml").read_text("utf-8"), re.MULTILINE))
    assert f"Seed {name[:2].upper()} " in head
    assert "Differences, each with its reason:" in head


@pytest.mark.parametrize(("name", "job"), [(name, job) for name, jobs in JOBS.items() for job in jobs])
def test_a_job_is_one_of_its_seed_and_runs_as_its_team(name: str, job: str, examples: Examples) -> None:
    platform, _ = examples[name]
    path = EXAMPLES / "jobs" / f"{job}.yaml"
    assert path.read_text("utf-8").startswith(f"# Seed {name[:2].upper()} ")
    file = open_job(path, platform)
    at = workplace(platform, file.team, account_id="123456789012", virtual_cluster_id="vc1")
    request, _ = file.request(at)
    role, log_group, _ = TEAMS[name][file.team]
    assert request["executionRoleArn"] == f"arn:aws:iam::123456789012:role/{role}"
    monitoring = request["configurationOverrides"]["monitoringConfiguration"]
    assert monitoring["cloudWatchMonitoringConfiguration"]["logGroupName"] == log_group
    bucket = f"{platform.spec.name}-123456789012-{platform.spec.region}"
    assert monitoring["s3MonitoringConfiguration"]["logUri"] == f"s3://{bucket}/logs/{file.team}/"


@pytest.mark.parametrize("name", JOBS)
def test_teams_have_the_seeds_namespaces_roles_logs_and_bounds(name: str, examples: Examples) -> None:
    stack = examples[name][1]["teams"]
    expected = TEAMS[name]
    roles, groups, bounds = zip(*expected.values(), strict=True)
    assert {each["metadata"]["name"] for each in stack.resources("kubernetes_namespace_v1")} == set(expected)
    assert len(stack.resources("aws_emrcontainers_virtual_cluster")) == len(expected)
    assert {each["name"] for each in stack.resources("aws_iam_role")} == set(roles)
    assert {each["name"] for each in stack.resources("aws_cloudwatch_log_group")} == set(groups)
    quotas = stack.resources("kubernetes_resource_quota_v1")
    for team, bound in zip(expected, bounds, strict=True):
        (hard,) = [each["spec"]["hard"] for each in quotas if f"_{team}_" in each["metadata"]["namespace"]]
        assert hard.items() >= bound.items()


@pytest.mark.parametrize("name", JOBS)
def test_the_largest_pods_of_its_jobs_find_nodes(name: str, examples: Examples) -> None:
    platform, _ = examples[name]
    cores, memory = LARGEST[name]
    needs = {"cpu": cores * 1000, "memory": int(memory * 2**30)}
    pods = [
        landing.spark_pod(platform, team, component, needs) for team in platform.spec.teams for component in COMPONENTS
    ]
    assert not landing.check(platform, pods).problems


@pytest.mark.parametrize(("name", "group"), [(name, group) for name, groups in NODES.items() for group in groups])
def test_node_groups_have_the_seeds_sizes(name: str, group: str, examples: Examples) -> None:
    types, smallest, first, largest = NODES[name][group]
    found = next(
        each
        for each in examples[name][1]["cluster"].resources("aws_eks_node_group")
        if each["labels"]["emr-eks/node-group"] == group
    )
    assert found["instance_types"] == types.split()
    assert found["scaling_config"] == {"min_size": smallest, "desired_size": first, "max_size": largest}
    spot = "spot" in group
    assert found["capacity_type"] == ("SPOT" if spot else "ON_DEMAND")


@pytest.mark.parametrize("name", JOBS)
def test_networks_have_the_seeds_addresses(name: str, examples: Examples) -> None:
    platform, stacks = examples[name]
    region, cidr = NETWORKS[name]
    assert stacks["network"].only("aws_vpc")["cidr_block"] == cidr
    assert platform.spec.region == region


def test_s3s_subnets_are_the_documents(examples: Examples) -> None:
    """Blocks 0 to 2 and 3 to 5 of `cidrsubnet(10.0.0.0/16, 3, k)`."""
    subnets = examples["s3-terraform"][1]["network"].resources("aws_subnet")
    assert {each["cidr_block"] for each in subnets} == {f"10.0.{block * 32}.0/19" for block in range(6)}
    assert len(examples["s3-terraform"][1]["network"].resources("aws_nat_gateway")) == 1


def arguments(stacks: dict[str, Document]) -> dict[str, Any]:
    values = json.loads(stacks["addons"].only("helm_release", chart="cluster-autoscaler")["values"][0])
    return {**values["extraArgs"], "nodeSelector": values.get("nodeSelector"), "annotations": values["podAnnotations"]}


def test_cluster_autoscaler_has_the_seeds_flags(examples: Examples) -> None:
    """The workshop's deployment (S0), and the values of the blog's chart (S2)."""
    s0, s2 = (arguments(examples[name][1]) for name in ("s0-cluster-autoscaler", "s2-karpenter-and-cluster-autoscaler"))
    assert (
        s0.items()
        >= {
            "v": 4,
            "stderrthreshold": "info",
            "expander": "least-waste",
            "skip-nodes-with-local-storage": False,
            "skip-nodes-with-system-pods": False,
            "balance-similar-node-groups": True,
            "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
        }.items()
    )
    assert (
        s2.items()
        >= {
            "expander": "least-waste",
            "scale-down-unneeded-time": "30s",
            "scale-down-unready-time": "1m",
            "skip-nodes-with-system-pods": False,
            "nodeSelector": {"app": "ops"},
            "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
        }.items()
    )


def pools(stacks: dict[str, Document]) -> dict[str, dict[str, Any]]:
    manifests = [each["manifest"] for each in stacks["node_pools"].resources("kubernetes_manifest")]
    return {each["metadata"]["name"]: each["spec"] for each in manifests if each["kind"] == "NodePool"}


def required(pool: dict[str, Any], key: str) -> list[str]:
    (found,) = [each for each in pool["template"]["spec"]["requirements"] if each["key"] == key]
    return list(found["values"])


def test_s2_has_twelve_groups_in_one_zone_and_its_provisioner_in_another(examples: Examples) -> None:
    platform, stacks = examples["s2-karpenter-and-cluster-autoscaler"]
    groups = {name: group for name, group in platform.spec.groups.items() if name != "ops"}
    assert len(groups) == 12
    assert {group.availability_zones for group in groups.values()} == {("us-east-1b",)}
    found = pools(stacks)
    assert sum(int(pool["limits"]["cpu"]) for pool in found.values()) == 2000
    for pool in found.values():
        assert pool["template"]["metadata"]["labels"]["app"] == "kspark"
        assert required(pool, "topology.kubernetes.io/zone") == ["us-east-1a"]
        families, sizes = "c5 c5a c5d c5ad m5 c6a", "2xlarge 4xlarge 8xlarge 9xlarge"
        assert required(pool, "karpenter.k8s.aws/instance-family") == families.split()
        assert required(pool, "karpenter.k8s.aws/instance-size") == sizes.split()
        assert pool["disruption"] == {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "30s"}


def test_s3s_pools_are_the_documents(examples: Examples) -> None:
    found = pools(examples["s3-terraform"][1])
    for name, families, bought in (
        ("spark-driver", ["m4", "m5"], "on-demand"),
        ("spark-executor", ["m4", "m5", "r4", "r5"], "spot"),
    ):
        pool = found[name]
        assert required(pool, "karpenter.k8s.aws/instance-family") == families
        assert required(pool, "karpenter.sh/capacity-type") == [bought]
        assert pool["template"]["metadata"]["labels"] == {"type": "karpenter", "provisioner": name}
        assert pool["limits"] == {"cpu": "1000", "memory": "1000Gi"}
        assert pool["disruption"] == {"consolidationPolicy": "WhenEmpty", "consolidateAfter": "30s"}


def test_s4s_executors_give_way_by_team_and_its_drivers_never(examples: Examples) -> None:
    # But for the digest of the content that is in each key.
    found = {
        re.sub(r"/[0-9a-f]{12}/", "/", each["key"]): json.loads(each["content"])["spec"]["priorityClassName"]
        for each in examples["s4-transient-clusters"][1]["teams"].resources("aws_s3_object")
    }
    expected: dict[str, str] = {}
    for team, tiers in EXECUTORS.items():
        for tier, priority_class in tiers.items():
            folder = f"teams/{team}/pod-templates/{tier}"
            expected |= {f"{folder}/driver.yaml": "critical-priority", f"{folder}/executor.yaml": priority_class}
    assert found == expected


def test_s4_has_four_priorities_no_default_and_one_pool(examples: Examples) -> None:
    stacks = examples["s4-transient-clusters"][1]
    classes = stacks["addons"].resources("kubernetes_priority_class_v1")
    assert {each["metadata"]["name"]: each["value"] for each in classes} == {
        "critical-priority": 400,
        "realtime-priority": 300,
        "high-priority": 200,
        "low-priority": 100,
    }
    assert not any(each.get("global_default") for each in classes)
    (pool,) = pools(stacks).values()
    assert pool["template"]["metadata"]["labels"] == {"intent": "emr-job"}
    assert required(pool, "karpenter.sh/capacity-type") == ["spot", "on-demand"]


def test_names_are_the_seeds(examples: Examples) -> None:
    assert {name: platform.spec.name for name, (platform, _) in examples.items()} == {
        "s0-cluster-autoscaler": "eksworkshop-eksctl",
        "s1-spot-node-groups": "sparkonk8",
        "s2-karpenter-and-cluster-autoscaler": "aws-blog",
        "s3-terraform": "emr-on-eks-terraform",
        "s4-transient-clusters": "eks-emr-cluster",
    }
