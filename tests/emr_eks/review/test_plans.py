"""Plans of the real Terraform against a platform deployed to the local AWS, and what the review makes of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from emr_eks.local.engine import Engine
from emr_eks.local.home import Home
from emr_eks.local.localise import localise
from emr_eks.review import plan, risks
from emr_eks.review.compare import Comparison, compare
from emr_eks.review.planned import joined
from emr_eks.review.report import Action
from stacks.platform import load

pytestmark = pytest.mark.terraform


class Deployed(Engine):
    """A platform in the local cloud, whose stacks can be planned with other sources."""

    def plan_of(self, head: Path, stack: str, *options: str) -> Path:
        """Return the plan of *stack* as it is in *head*, a cdktf.out, printed as JSON."""
        local = head.parent / "local"
        if not local.exists():
            shutil.copytree(head, local)
            localise(local, self._home.state)
        # One folder a stack, so that Terraform is initialised once.
        work = self._home.root / "plans" / stack
        work.mkdir(parents=True, exist_ok=True)
        shutil.copy(local / "stacks" / stack / "cdk.tf.json", work)
        if not (work / ".terraform").exists():
            self._run_terraform(work, "init", "-input=false", "-no-color", quiet=True)
        self._run_terraform(work, "plan", "-input=false", "-no-color", "-out=plan", *options, quiet=True)
        shown = subprocess.run(
            [str(self._terraform), "show", "-json", "plan"],
            cwd=work,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        file = head.parent / f"{stack}.json"
        file.write_text(shown.stdout, "utf-8")
        return file


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deploy the default platform; given a folder in EMR_EKS_TEST_DEPLOYED, use what is deployed there."""
    ready = os.environ.get("EMR_EKS_TEST_DEPLOYED")
    folder = Path(ready) if ready else tmp_path_factory.mktemp("deployed")
    before = Path.cwd()
    if not ready:
        for name in ("main.py", "cdktf.json", "platform.yaml"):
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "provisioners", folder / "provisioners")
        os.symlink(ROOT / "node_modules", folder / "node_modules")
    os.chdir(folder)
    home = Home(folder / ".emr-eks" / "local" / "emr-on-eks")
    try:
        engine = Deployed(home, home.up(), load(Path("platform.yaml")).spec, Path("platform.yaml"))
        if not ready:
            engine.deploy()
        yield engine
    finally:
        os.chdir(before)
        if not ready:
            home.down()


Edit = Callable[[Any], object]


def put(path: str, value: Any) -> Edit:
    def edit(draft: Any) -> None:
        *parents, last = path.split(".")
        place = draft.platform
        for step in parents:
            place = place.setdefault(step, {})
        place[last] = value

    return edit


def pool(name: str, change: Callable[[Any], object]) -> Edit:
    return lambda draft: change(draft.pools[name]["spec"])


GROUP = "node_groups.managed-ondemand"
# Stack, edit, and an action that the plan must have: so that no pair agrees because nothing was planned.
PAIRS: dict[str, tuple[str, Edit, Action]] = {
    "retention": ("cluster", put("cluster.log_retention_days", 30), Action.update),
    "version": ("cluster", put("cluster.version", "1.36"), Action.update),
    "logs": ("cluster", put("cluster.logs", ["api"]), Action.update),
    "networks": ("cluster", put("cluster.public_access_cidrs", ["198.51.100.0/24"]), Action.update),
    "group-size": ("cluster", put(f"{GROUP}.max_size", 9), Action.update),
    "group-types": ("cluster", put(f"{GROUP}.instance_types", ["m7i.xlarge"]), Action.replace_create_first),
    "group-disk": ("cluster", put(f"{GROUP}.disk_size_gib", 200), Action.update),
    "group-added": (
        "cluster",
        put("node_groups.spare", {"instance_types": ["m6i.large"], "min_size": 1, "max_size": 2}),
        Action.create,
    ),
    "access": (
        "cluster",
        put(
            "cluster.access",
            {"ops": {"principal_arn": "arn:aws:iam::123456789012:role/ops", "policy": "AmazonEKSViewPolicy"}},
        ),
        Action.create,
    ),
    "service-network": ("cluster", put("cluster.service_ipv4_cidr", "172.21.0.0/16"), Action.replace),
    "flow-logs-off": ("network", put("vpc.flow_logs", None), Action.destroy),
    "flow-logs-rejects": ("network", put("vpc.flow_logs", {"traffic_type": "REJECT"}), Action.replace),
    "zone-added": (
        "network",
        put("vpc.availability_zones", ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"]),
        Action.create,
    ),
    "readdressed": ("network", put("vpc.cidr", "10.1.0.0/16"), Action.replace),
    "endpoint": ("network", put("vpc.gateway_endpoints", ["s3", "dynamodb"]), Action.create),
    "team-added": ("teams", put("teams.etl", {}), Action.create),
    "team-renamed": (
        "teams",
        lambda d: d.platform["teams"].update(insight=d.platform["teams"].pop("analytics")),
        Action.destroy,
    ),
    "namespace": ("teams", put("teams.analytics.namespace", "insight"), Action.replace),
    "role-renamed": ("teams", put("teams.analytics.job_role.name", "spark-jobs"), Action.replace),
    "permissions": ("teams", put("teams.analytics.job_role.write_databases", ["sales"]), Action.update),
    "bucket-renamed": ("teams", put("bucket.name", "somewhere-else-entirely"), Action.replace),
    "pool-limits": ("node_pools", pool("spark-executor", lambda s: s["limits"].update(cpu="500")), Action.update),
    "karpenter": ("addons", put("karpenter.version", "1.13.0"), Action.update),
}
_planned: dict[str, Any] = {}


@pytest.fixture
def review(deployed: Deployed, synthesised: Any, folder_of: Any, draft: Any, request: pytest.FixtureRequest) -> Any:
    """Return a function that plans an edit of a stack, and reviews it offline and with the plan."""

    def reviewed(stack: str, *edits: Edit, options: tuple[str, ...] = ()) -> tuple[Comparison, Comparison]:
        base, head = synthesised(draft.default()), synthesised(draft.default().edited(*edits))
        folder = folder_of(draft.default().edited(*edits))
        offline = compare(base, head)
        found = plan.read(deployed.plan_of(folder, f"emr-on-eks-{stack}", *options), head, base)
        return offline, joined(offline, head, [found])

    return reviewed


def stack_in(comparison: Comparison, name: str) -> Any:
    return next(stack for stack in comparison.stacks if stack.name == f"emr-on-eks-{name}")


@pytest.mark.parametrize("name", PAIRS)
def test_the_plan_agrees_with_the_reading_of_the_sources(review: Any, name: str) -> None:
    stack, edit, wanted = PAIRS[name]
    offline, both = review(stack, edit)
    found = stack_in(both, stack)
    assert wanted in {step.action for step in found.steps}
    assert [*found.disagreements] == []
    told = {(risk.id, risk.address) for risk in risks.find(offline) if risk.stack == found.name}
    assert {(risk.id, risk.address) for risk in risks.find(both) if risk.stack == found.name} == told
