"""Lives of platforms in the local cloud: real cdktf and Terraform apply them, plan them empty, and take them down."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from conftest import ROOT, edited

from emr_eks.failures import Failure
from emr_eks.local.engine import find_cdktf
from emr_eks.local.home import Home
from emr_eks.local.kubernetes.objects import ObjectStore, StoredObject
from emr_eks.local.terraform import find_provider_mirror, find_terraform
from examples.run import JOBS
from stacks.platform import load

CRDS = ROOT.parent / "shared" / "data" / "karpenter-crds" / "v1.14.1"
ZONES = ["us-east-1a", "us-east-1b"]
NODES = {"instance_types": ["m6i.xlarge"], "min_size": 2, "max_size": 4}
SPOT = {**NODES, "instance_types": ["m6i.xlarge", "m5.xlarge"], "capacity_type": "SPOT"}
TEN_TEAMS = {f"team-{number}": {} for number in range(10)}


def missing() -> str:
    """Return what this machine lacks, in one sentence, or nothing."""
    try:
        find_terraform()
        find_cdktf()
    except Failure as failure:
        return str(failure)
    if not find_provider_mirror() and os.environ.get("CI"):
        return "no filesystem mirror with the AWS provider, and CI has no way to download it"
    return ""


class Project:
    """A checkout of its own, with a platform of its own."""

    def __init__(self, folder: Path) -> None:
        for name in ("main.py", "cdktf.json"):
            shutil.copy(ROOT / name, folder / name)
        os.symlink(ROOT / "node_modules", folder / "node_modules")
        self.folder = folder
        self.file = edited(folder)
        self.home = Home(folder / ".emr-eks" / "local" / load(self.file).spec.name)

    def __call__(self, *arguments: str) -> str:
        """Run `emr-eks` here; fails with all that it printed unless it exits with 0."""
        return self.run("emr_eks", *arguments)

    def run(self, program: str, *arguments: str) -> str:
        """Run one of the project's programs here; fails with all that it printed unless it exits with 0."""
        environment = {
            **os.environ,
            # Only this checkout's programs are here; the packages are the project's.
            "PYTHONPATH": str(ROOT),
            "EMR_EKS_CRDS": str(CRDS),
        }
        command = [sys.executable, "-m", program, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=1800)
        assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def aws(self, service: str) -> Any:
        """Return a client for the platform's emulator."""
        endpoint = self.home.running_cloud().endpoint_url
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return boto3.client(service, region_name="us-east-1", endpoint_url=endpoint, **keys)

    def objects(self) -> set[tuple[str, str]]:
        """Return kind and name of every object in the cluster."""
        return {(each.kind, each.name) for each in ObjectStore(self.home.objects).list()}


def live_by_default(project: Project) -> None:
    """Deploy platform.yaml, run the first job, and take everything down again."""
    project("local", "deploy")
    assert "no changes in any stack" in project("local", "plan", "--detailed-exitcode")

    outputs = json.loads(project("local", "outputs", "--format", "json"))
    assert outputs["azs"] == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert len(outputs["private_subnets"]) == len(outputs["public_subnets"]) == 3
    assert list(outputs["emrcontainers_virtual_cluster_id"]) == ["analytics"]
    assert project.objects() >= {
        ("Namespace", "analytics"),
        ("RoleBinding", "emr-containers"),
        ("NodePool", "spark-driver"),
        ("NodePool", "spark-executor"),
    }
    unchecked = [
        each for each in ObjectStore(project.home.objects).list() if each.validated != "yes" and each.kind != "Release"
    ]
    assert not unchecked or not CRDS.exists()

    submitted = json.loads(
        project("job", "submit", "--local", str(ROOT / "examples/jobs/threadsleep.yaml"), "--format", "json")
    )
    assert submitted["virtualClusterId"] == outputs["emrcontainers_virtual_cluster_id"]["analytics"]
    assert submitted["id"] in project("job", "list", "--local", "--team", "analytics")
    shown = json.loads(project("job", "show", "--local", "-t", "analytics", submitted["id"], "--format", "json"))
    assert shown["executionRoleArn"] == outputs["emr_on_eks_role_arn"]["analytics"]
    code = shown["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"].split("/", 3)
    assert b"SparkSession" in project.aws("s3").get_object(Bucket=code[2], Key=code[3])["Body"].read()

    assert json.loads(project("local", "status", "--format", "json"))["unanswered"] == []
    assert submitted["id"] in project("teardown", "--local", "--yes", "--run")
    assert json.loads(project("local", "status", "--format", "json"))["resources"] in ({}, {"job runs": 1})
    assert project.objects() == set()
    project("local", "down")
    assert not project.home.root.exists()


def live_otherwise(project: Project, changes: dict[str, Any]) -> None:
    """Deploy platform.yaml with *changes*, plan, and destroy; what was there before is there afterwards."""
    # Made in the emulator first, so that the platform can name it.
    made = {key: value(project) if callable(value) else value for key, value in changes.items()}
    edited(project.folder, **made)
    if made.get("existing_cluster"):
        store_karpenter(project)
    teams = load(project.file).spec.teams
    before = json.loads(project("local", "status", "--format", "json")).get("resources", {})
    project("local", "deploy")
    assert "no changes in any stack" in project("local", "plan", "--detailed-exitcode")
    status = json.loads(project("local", "status", "--format", "json"))
    assert status["unanswered"] == []
    assert status["resources"]["virtual clusters"] == len(teams)
    project("local", "destroy")
    assert json.loads(project("local", "status", "--format", "json"))["resources"] == before


def make_vpc(project: Project) -> dict[str, Any]:
    """Make a VPC that Terraform knows nothing of, and return the platform's part that names it."""
    project("local", "up")
    ec2 = project.aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = {
        zone: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{index}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for index, zone in enumerate(ZONES)
    }
    return {"vpc_id": vpc, "private_subnets": subnets}


def make_cluster(project: Project) -> dict[str, Any]:
    """Make a cluster that Terraform knows nothing of, with its OIDC provider, and return the part that names it."""
    network = make_vpc(project)
    roles = project.aws("iam")
    role = roles.create_role(RoleName="shared", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    subnets = list(network["private_subnets"].values())
    eks = project.aws("eks")
    eks.create_cluster(
        name="shared",
        roleArn=role,
        version="1.35",
        resourcesVpcConfig={"subnetIds": subnets},
        accessConfig={"authenticationMode": "API"},
    )
    issuer = eks.describe_cluster(name="shared")["cluster"]["identity"]["oidc"]["issuer"]
    roles.create_open_id_connect_provider(Url=issuer, ClientIDList=["sts.amazonaws.com"])
    return {"name": "shared", "version": "1.35"}


def store_karpenter(project: Project) -> None:
    """Put Karpenter into a cluster of somebody else's, as its owner would have done with Helm."""
    spec = {"chart": "karpenter", "name": "karpenter"}
    manifest = {"apiVersion": "helm.sh/v3", "kind": "Release", "metadata": {"name": "karpenter"}, "spec": spec}
    ObjectStore(project.home.objects).create(
        StoredObject("helm.sh/v3", "Release", "kube-system", "karpenter", "yes", "helm_release", manifest)
    )


def live_as_example(project: Project, name: str) -> None:
    """Live through an example, as `make examples` does, which looks at all that it does."""
    assert f"{name}: as it should be" in project.run("examples.run", name)
    assert not list((project.folder / ".emr-eks" / "local").iterdir())


PLATFORMS: dict[str, dict[str, Any]] = {
    "default": {},
    "two zones, NAT in each, pods apart, Spot, IRSA, ten teams": {
        "vpc": {"availability_zones": ZONES, "nat_gateways": "per_az", "pod_cidr": "100.64.0.0/16"},
        "node_groups": {"spot": SPOT},
        "karpenter": {"identity": "irsa"},
        "teams": TEN_TEAMS,
    },
    "no NAT, Cluster Autoscaler": {
        "vpc": {"availability_zones": ZONES, "nat_gateways": "none", "flow_logs": None},
        "karpenter": None,
        "cluster_autoscaler": {},
        "node_groups": {"spot": SPOT},
        "teams": {"analytics": {"driver_pool": "managed-ondemand", "executor_pool": "spot"}},
    },
    "watched": {
        "vpc": {"availability_zones": ZONES},
        "monitoring": {
            "container_logs": True,
            "alarms": {"emails": ["ops@example.com"], "budget": {"usd": 2000, "tags": {"Platform": "emr-on-eks"}}},
        },
    },
    "existing VPC": {"vpc": None, "existing_vpc": make_vpc},
    "existing cluster": {"vpc": None, "cluster": None, "node_groups": None, "existing_cluster": make_cluster},
}


def live(folder: Path, name: str) -> None:
    """Live the life of an example, or of platform.yaml with changes, in *folder*; stop its cloud whatever happens."""
    project = Project(folder)
    try:
        if name in JOBS:
            live_as_example(project, name)
        elif PLATFORMS[name]:
            live_otherwise(project, PLATFORMS[name])
        else:
            live_by_default(project)
    finally:
        for home in (folder / ".emr-eks" / "local").glob("*"):
            Home(home).down()


@pytest.fixture(scope="session")
def lives(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """Live the life of each platform that a test asks for, all at the same time: most of it is waiting."""
    asked = (
        [] if missing() else [item.callspec.params["platform_name"] for item in request.session.items if lived(item)]
    )
    folders = {name: tmp_path_factory.mktemp("local") for name in asked}
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(live, folder, name) for name, folder in folders.items()}


def lived(item: Any) -> bool:
    """Tell whether a test looks at a life."""
    return "lives" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what needs Terraform last, since it waits for the lives that begin with the first test."""
    items.sort(key=lambda item: item.get_closest_marker("terraform") is not None)


@pytest.fixture(scope="session", autouse=True)
def lives_begin(request: pytest.FixtureRequest) -> None:
    """Begin the lives in the local cloud, if any test looks at one, so that the other tests run while they wait."""
    if any(map(lived, request.session.items)):
        request.getfixturevalue("lives")
