"""Lives of platforms in the local cloud: the real Terraform applies them, plans them empty, and takes them down.

One is lived with the commands that users type, and the real cdktf; it is small, since its Terraforms start a provider
each. In the others Terraform is called as cdktf calls it, with providers that serve all its calls, and what waits for
nothing but a clock is begun early.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from conftest import ROOT, edited
from shared_providers import our_providers

from emr_eks.failures import Failure
from emr_eks.local.engine import Engine, find_cdktf
from emr_eks.local.home import Home
from emr_eks.local.kubernetes.objects import ObjectStore, StoredObject
from emr_eks.local.localise import stacks
from emr_eks.local.terraform import find_provider_mirror, find_terraform
from stacks.platform import load

CRDS = ROOT.parent / "shared" / "data" / "karpenter-crds" / "v1.14.1"
# After making these the provider asks again and again, for 13, 25 and 55 seconds, whether they are as they should be.
SLOW = ("aws_kms_key", "aws_sqs_queue", "aws_s3_bucket_lifecycle_configuration")
ZONES = ["us-east-1a", "us-east-1b"]
NODES = {"instance_types": ["m6i.xlarge"], "min_size": 2, "max_size": 4}
SPOT = {**NODES, "instance_types": ["m6i.xlarge", "m5.xlarge"], "capacity_type": "SPOT"}
# Days that flow logs are kept, by platform.yaml and after somebody's change.
DRIFT = (90, 7)
DEPLOYED = "deployed"
# What tests change in their own process, such as the environment or boto3, must not reach a life.
_processes = multiprocessing.get_context("fork")
# To start computes; what comes after mostly waits.
_starting = _processes.Semaphore(2)
FOUR_TEAMS: dict[str, Any] = {f"team-{number}": {"tiers": ["low"]} for number in range(4)}


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
        # Only this checkout's programs are here; the packages are the project's.
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "EMR_EKS_CRDS": str(CRDS)}
        return ran([sys.executable, "-m", "emr_eks", *arguments], self.folder, surroundings)

    def status(self) -> dict[str, Any]:
        """Return what is in AWS, and what it could not answer."""
        return self.home.running_cloud().status()

    def aws(self, service: str) -> Any:
        """Return a client for the platform's emulator."""
        endpoint = self.home.running_cloud().endpoint_url
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return boto3.client(service, region_name="us-east-1", endpoint_url=endpoint, **keys)

    def objects(self) -> set[tuple[str, str]]:
        """Return kind and name of every object in the cluster."""
        return {(each.kind, each.name) for each in ObjectStore(self.home.objects).list()}


def ran(command: list[str], folder: Path, environment: dict[str, str], accept: tuple[int, ...] = (0,)) -> str:
    """Return what a command prints; fails with all of it unless it exits as it should."""
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1800)
    said = f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert done.returncode in accept, f"{command}: {done.returncode}\n{said}"
    return done.stdout


class Stacks(Engine):
    """The stacks of a project, which Terraform applies as cdktf would have it do."""

    def __init__(self, project: Project) -> None:
        super().__init__(project.home, project.home.up(), load(project.file).spec, project.file)
        self._folder = project.folder
        self._environment |= {"PYTHONPATH": str(ROOT), "EMR_EKS_CRDS": str(CRDS)}

    @contextmanager
    def ready(self) -> Iterator[Stacks]:
        """Synthesise, start the providers and have Terraform make each stack's folder ready."""
        with ExitStack() as running:
            with _starting:
                environment = {**self._environment, "CDKTF_OUTDIR": str(self._home.synthesised)}
                ran([sys.executable, "-m", "emr_eks.local.synth"], self._folder, environment)
                self._environment |= running.enter_context(our_providers(self._environment, self._home.root))
                self._sources = dict(stacks(self._home.synthesised))
                for stack in self._sources:
                    self.terraform(stack, "init", "-input=false")
            yield self

    def terraform(self, stack: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        """Run Terraform in a stack's folder; fails unless it exits with one of *accept*."""
        folder = self._sources[stack].parent
        return ran([str(self._terraform), *arguments, "-no-color"], folder, self._environment, accept)

    def apply(self) -> None:
        """Apply every stack in order; what is slow in the later ones, and needs no other stack, from the start."""
        first, *later = self._sources
        with ThreadPoolExecutor() as pool:
            begun = {stack: pool.submit(self._apply_slow, stack) for stack in later}
            self._apply(first)
            for stack in later:
                begun[stack].result()
                self._apply(stack)

    def _apply_slow(self, stack: str) -> None:
        resources = json.loads(self._sources[stack].read_text("utf-8")).get("resource", {})
        if slow := [f"-target={kind}.{name}" for kind in SLOW for name in resources.get(kind, ())]:
            self._apply(stack, *slow)

    def _apply(self, stack: str, *options: str) -> None:
        self.terraform(stack, "apply", "-auto-approve", "-input=false", *options)

    def plan_empty(self) -> None:
        """Fail if a stack is not as it was applied, or as AWS has it."""
        for stack in self._sources:
            self.terraform(stack, "plan", "-input=false", "-detailed-exitcode")

    def destroy(self, stack: str = "*") -> None:
        """Destroy every stack, the last one first."""
        assert stack == "*", "nobody asks for one"
        for stack in reversed(self._sources):
            # More at a time than Terraform's ten, since most of it is waiting.
            self.terraform(stack, "destroy", "-auto-approve", "-input=false", "-parallelism=30")


def live_by_default(project: Project) -> None:
    """Deploy platform.yaml, lend its state to whoever plans changes, and take everything down."""
    with Stacks(project).ready() as platform:
        platform.apply()
        platform.plan_empty()
        lend(project, platform)
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
        every = ObjectStore(project.home.objects).list()
        unchecked = [each for each in every if each.validated != "yes" and each.kind != "Release"]
        assert not unchecked or not CRDS.exists()
        assert project.status()["unanswered"] == []
        platform.destroy()
    assert project.status()["resources"] == {}
    assert project.objects() == set()


def lend(project: Project, platform: Stacks) -> None:
    """Make the folder `DEPLOYED`: all state and objects, and the network's plan after a change outside Terraform."""
    folder = project.folder / f"{DEPLOYED}.new"
    for kept in (project.home.state, project.home.objects):
        shutil.copytree(kept, folder / kept.name)
    logs, (before, after) = project.aws("logs"), DRIFT
    group = {"logGroupName": "/aws/vpc/emr-on-eks/flow-logs"}
    logs.put_retention_policy(**group, retentionInDays=after)
    network = "emr-on-eks-network"
    platform.terraform(network, "plan", "-input=false", "-out=drifted")
    logs.put_retention_policy(**group, retentionInDays=before)
    (folder / "drifted.json").write_text(platform.terraform(network, "show", "-json", "drifted"), "utf-8")
    folder.rename(project.folder / DEPLOYED)


def live_otherwise(project: Project, changes: dict[str, Any]) -> None:
    """Deploy platform.yaml with *changes*, plan, and destroy; what was there before is there afterwards."""
    # Made in the emulator first, so that the platform can name it.
    edited(project.folder, **{key: value(project) if callable(value) else value for key, value in changes.items()})
    teams = load(project.file).spec.teams
    project.home.up()
    before = project.status()["resources"]
    with Stacks(project).ready() as platform:
        platform.apply()
        platform.plan_empty()
        status = project.status()
        assert status["unanswered"] == []
        assert status["resources"]["virtual clusters"] == len(teams)
        platform.destroy()
    assert project.status()["resources"] == before


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


def live_by_commands(project: Project) -> None:
    """Deploy into somebody else's cluster, plan, run the first job, and take everything down, as users do it."""
    edited(
        project.folder,
        vpc=None,
        cluster=None,
        node_groups=None,
        existing_cluster=make_cluster(project),
        adopt_log_groups=True,
    )
    store_karpenter(project)
    before, objects = project.status()["resources"], project.objects()
    # As Terraform leaves it of a team that was there before.
    project.aws("logs").create_log_group(logGroupName="/emr-eks/shared/analytics")
    project("check")
    project("local", "deploy")
    project("local", "plan", "--detailed-exitcode")
    run_first_job(project)
    project("teardown", "--local", "--yes", "--run")
    status = json.loads(project("local", "status", "--format", "json"))
    assert status["unanswered"] == []
    # As EMR does, the emulator remembers the runs of virtual clusters that are gone.
    assert status["resources"] == {**before, "job runs": 1}
    assert project.objects() == objects
    project("local", "down")
    assert not project.home.root.exists()


def run_first_job(project: Project) -> None:
    """Submit the first job, see it as data teams do, and leave it for the teardown to cancel."""
    outputs = json.loads(project("local", "outputs", "--format", "json"))
    job = str(ROOT / "examples/jobs/threadsleep.yaml")
    submitted = json.loads(project("job", "submit", "--local", job, "--format", "json"))
    assert submitted["virtualClusterId"] == outputs["emrcontainers_virtual_cluster_id"]["analytics"]
    assert submitted["id"] in project("job", "list", "--local", "--team", "analytics")
    shown = json.loads(project("job", "show", "--local", "-t", "analytics", submitted["id"], "--format", "json"))
    assert shown["executionRoleArn"] == outputs["emr_on_eks_role_arn"]["analytics"]
    code = shown["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"].split("/", 3)
    assert b"SparkSession" in project.aws("s3").get_object(Bucket=code[2], Key=code[3])["Body"].read()


PLATFORMS: dict[str, dict[str, Any]] = {
    "two zones, NAT in each, pods apart, Spot, IRSA, four teams in tiers, watched": {
        "vpc": {"availability_zones": ZONES, "nat_gateways": "per_az", "pod_cidr": "100.64.0.0/16"},
        "cluster": {"coredns_autoscaling": {}, "addons": {"metrics-server": {}}},
        "node_groups": {"spot": SPOT},
        "karpenter": {"identity": "irsa"},
        "priorities": {},
        "monitoring": {
            "container_logs": True,
            "alarms": {"emails": ["ops@example.com"], "budget": {"usd": 2000, "tags": {"Platform": "emr-on-eks"}}},
        },
        "teams": FOUR_TEAMS,
    },
    "existing VPC, Cluster Autoscaler": {
        "vpc": None,
        "existing_vpc": make_vpc,
        "karpenter": None,
        "cluster_autoscaler": {},
        "node_groups": {"spot": SPOT},
        "teams": {"analytics": {"driver_pool": "managed-ondemand", "executor_pool": "spot"}},
    },
}


def live(by: Callable[[Project], None], folder: Path) -> None:
    """Live a platform's life in *folder*; stop its cloud whatever happens."""
    project = Project(folder)
    try:
        by(project)
    finally:
        project.home.down()
        for home in (folder / ".emr-eks" / "local").glob("*"):
            Home(home).down()


Life = Callable[[Path], None]
"""What is lived in a folder; it fails by raising."""


class Lived(NamedTuple):
    """A life, in a process of its own."""

    folder: Path
    end: Future[None]


default: Life = partial(live, live_by_default)
LIVES: dict[str, Life] = {
    "existing cluster, by the commands": partial(live, live_by_commands),
    "default": default,
    **{name: partial(live, partial(live_otherwise, changes=changes)) for name, changes in PLATFORMS.items()},
}


@pytest.fixture(scope="session")
def lives(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Life, Lived]]:
    """Begin every life that a test looks at, all at the same time: most of it is waiting."""
    asked = [] if missing() else dict.fromkeys(each for item in request.session.items for each in looked_at(item))
    folders = {each: tmp_path_factory.mktemp("local") for each in asked}
    # They give way to nobody, since they take the longest: in the end everything waits for them, and they for clocks.
    with ProcessPoolExecutor(len(folders) or 1, _processes) as pool:
        yield {each: Lived(folder, pool.submit(each, folder)) for each, folder in folders.items()}


@pytest.fixture
def life(request: pytest.FixtureRequest, lives: dict[Life, Lived]) -> Future[None]:
    """Return the life that the test looks at by its mark `life`."""
    if reason := missing():
        pytest.skip(reason)
    (looked,) = looked_at(request.node)
    return lives[looked].end


@pytest.fixture(scope="session")
def deployed_state(lives: dict[Life, Lived]) -> Path:
    """Return the folder that `lend` made of platform.yaml as it was deployed."""
    if reason := missing():
        pytest.skip(reason)
    folder, end = lives[default]
    while not (folder / DEPLOYED).exists():
        if end.done():
            end.result()
            raise AssertionError("the default platform was never deployed")
        time.sleep(0.2)
    return folder / DEPLOYED


def looked_at(item: Any) -> Iterator[Life]:
    """Yield the lives that a test looks at."""
    if mark := item.get_closest_marker("life"):
        yield mark.kwargs["lived"]
    if borrows(item):
        yield default


def borrows(item: Any) -> bool:
    """Tell whether a test needs what the default platform lends."""
    return "deployed_state" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what waits for a deployment, and then what waits for a whole life, after all else that runs Terraform."""
    items.sort(key=lambda item: [item.get_closest_marker("life") is not None, borrows(item)])
