"""Plans of the real Terraform against a platform deployed to the local AWS, and what the review makes of them."""

from __future__ import annotations

import json
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
from emr_eks.review import plan, reporting, risks
from emr_eks.review.compare import Comparison, compare
from emr_eks.review.formats import html, markdown, sarif, text
from emr_eks.review.formats import json as json_format
from emr_eks.review.model import App, read
from emr_eks.review.planned import joined
from emr_eks.review.report import Action
from provisioners.source import InvalidFile
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


def test_default_tags_are_one_difference(review: Any) -> None:
    _, both = review("network", put("tags.Extra", "1"))
    found = stack_in(both, "network")
    assert {step.action for step in found.steps} == {Action.update}
    (only,) = found.disagreements
    assert only.address == f"{len(found.steps)} resources"
    assert "default tags" in only.why


def test_a_declared_move_is_one_and_an_undeclared_one_is_told(deployed: Deployed, folder_of: Any, draft: Any) -> None:
    """An address in the sources is changed by hand, with and without Terraform's `moved`."""
    base = read(folder_of(draft.default()))
    for declared in (True, False):
        folder = renamed(folder_of(draft.default()), f"declared-{declared}", declared=declared)
        head = read(folder)
        found = plan.read(deployed.plan_of(folder, "emr-on-eks-network"), head, base)
        both = joined(compare(base, head), head, [found])
        steps = {step.resource.address: step.action for step in stack_in(both, "network").steps}
        if declared:
            assert steps == {"aws_eip.elsewhere": Action.move}
            assert not stack_in(both, "network").disagreements
        else:
            assert steps["aws_eip.vpc_nat-us-east-1a_Eip_4BF793CE"] is Action.destroy
            assert steps["aws_eip.elsewhere"] is Action.create
            assert "rename-without-move" in {risk.id for risk in risks.find(both)}
            assert {each.why for each in stack_in(both, "network").disagreements} >= {
                "it is a rename without a move: Terraform takes it for two resources"
            }


def renamed(folder: Path, name: str, *, declared: bool) -> Path:
    """Return a copy of the cdktf.out in which the NAT gateway's address is called otherwise."""
    copy = folder.parent / name / "cdktf.out"
    shutil.copytree(folder, copy, dirs_exist_ok=True)
    file = copy / "stacks" / "emr-on-eks-network" / "cdk.tf.json"
    content = json.loads(file.read_text("utf-8").replace("vpc_nat-us-east-1a_Eip_4BF793CE", "elsewhere"))
    if declared:
        content["moved"] = [{"from": "aws_eip.vpc_nat-us-east-1a_Eip_4BF793CE", "to": "aws_eip.elsewhere"}]
    file.write_text(json.dumps(content), "utf-8")
    return copy


def test_what_was_changed_outside_terraform_is_told(deployed: Deployed, folder_of: Any, draft: Any) -> None:
    import boto3

    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    endpoint = deployed._environment["AWS_ENDPOINT_URL"]
    logs = boto3.client("logs", region_name="us-east-1", endpoint_url=endpoint, **keys)
    group = "/aws/vpc/emr-on-eks/flow-logs"
    logs.put_retention_policy(logGroupName=group, retentionInDays=7)
    try:
        folder = folder_of(draft.default())
        app = read(folder)
        found = plan.read(deployed.plan_of(folder, "emr-on-eks-network"), app, app)
    finally:
        logs.put_retention_policy(logGroupName=group, retentionInDays=90)
    network = stack_in(joined(compare(app, app), app, [found]), "network")
    (drift,) = network.drift
    assert [(each.path, each.before, each.after) for each in drift.differences] == [(("retention_in_days",), 90, 7)]
    (difference,) = network.disagreements
    assert difference.why == "it was changed outside Terraform"


def test_a_plan_alone_names_constructs_and_risks(
    deployed: Deployed, folder_of: Any, synthesised: Any, draft: Any
) -> None:
    head = draft.default().edited(put("cluster.logs", ["api"]))
    file = deployed.plan_of(folder_of(head), "emr-on-eks-cluster")
    app = synthesised(head)
    comparison = joined(None, app, [plan.read(file, app, None)])
    assert [stack.name for stack in comparison.stacks] == ["emr-on-eks-cluster"]
    (risk,) = risks.find(comparison)
    assert (risk.id, risk.path) == ("logging-off", "emr-on-eks-cluster/cluster/Resource")


def test_what_the_plan_marks_as_sensitive_is_in_no_format(
    deployed: Deployed, folder_of: Any, synthesised: Any, draft: Any
) -> None:
    head = draft.default().edited(put("teams.etl", {}))
    file = deployed.plan_of(folder_of(head), "emr-on-eks-teams")
    content = json.loads(file.read_text("utf-8"))
    for change in content["resource_changes"]:
        if change["type"] == "aws_iam_role" and change["change"]["after"]:
            change["change"]["after"]["description"] = "hunter2"
            change["change"]["after_sensitive"]["description"] = True
    file.write_text(json.dumps(content), "utf-8")
    base, app = synthesised(draft.default()), synthesised(head)
    comparison = joined(compare(base, app), app, [plan.read(file, app, base)])
    report = reporting.report(comparison, risks.find(comparison), (), mode="both", base="a", head="b")
    for writer in (text, markdown, json_format, sarif, html):
        assert "hunter2" not in writer.write(report)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda content: content.update(format_version="2.0"), "format_version: must be 1.x, got '2.0'"),
        (lambda content: content.pop("configuration"), "is no plan; print one with `terraform show -json PLANFILE`"),
        (lambda content: content["resource_changes"][0].pop("change"), "must have an address, a type and a change"),
        (lambda content: content["resource_changes"][0]["change"].update(actions=["dance"]), "must be actions of"),
        (lambda content: content["configuration"]["root_module"]["resources"].pop(), "is not the plan of"),
        (lambda content: content["configuration"]["root_module"].clear(), "is the plan of none of the stacks"),
        (lambda content: content.update(resource_changes=3), "must be a list of mappings"),
    ],
)
def test_a_plan_that_is_none_is_told(
    deployed: Deployed, folder_of: Any, synthesised: Any, draft: Any, tmp_path: Path, change: Edit, told: str
) -> None:
    if "addons" not in _planned:
        _planned["addons"] = deployed.plan_of(folder_of(draft.default()), "emr-on-eks-addons").read_text("utf-8")
    content = json.loads(_planned["addons"])
    change(content)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(content), "utf-8")
    app: App = synthesised(draft.default())
    with pytest.raises(InvalidFile) as error:
        plan.read(file, app, app)
    assert told in str(error.value)
    assert str(file) in str(error.value)
