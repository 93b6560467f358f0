"""Plans of the real Terraform against the default platform as it was deployed, and what the review makes of them.

A life in the local cloud deploys it and leaves its state here; these plans are made against that state, which its owner
has just planned empty, so nothing is asked of AWS again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import ROOT
from local_lives import DRIFT, ran
from shared_providers import our_providers

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
    """A platform whose stacks can be planned with other sources."""

    def plan_of(self, head: Path, stack: str) -> Path:
        """Return the plan of *stack* as it is in *head*, a cdktf.out, printed as JSON."""
        local = head.parent / "local"
        if not local.exists():
            shutil.copytree(head, local)
            localise(local, self._home.state)
        # One folder a stack, so that Terraform is initialised once.
        work = self._home.root / "plans" / stack
        work.mkdir(parents=True, exist_ok=True)
        shutil.copy(local / "stacks" / stack / "cdk.tf.json", work)
        terraform = partial(self._terraform_in, work)
        if not (work / ".terraform").exists():
            terraform("init", "-input=false")
        terraform("plan", "-input=false", "-refresh=false", "-out=plan")
        file = head.parent / f"{stack}.json"
        file.write_text(terraform("show", "-json", "plan"), "utf-8")
        return file

    def _terraform_in(self, folder: Path, *arguments: str) -> str:
        return ran([str(self._terraform), *arguments, "-no-color"], folder, self._environment)

    def with_provider(self, found: dict[str, str]) -> Deployed:
        """Have Terraform use providers that run."""
        self._environment |= found
        return self


@pytest.fixture(scope="module")
def deployed(deployed_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Return the default platform; an AWS in which nothing is tells whose account it is."""
    home = Home(tmp_path_factory.mktemp("deployed"))
    try:
        file = ROOT / "platform.yaml"
        engine = Deployed(home, home.up(), load(file).spec, file)
        for kept in (home.state, home.objects):
            shutil.copytree(deployed_state / kept.name, kept, dirs_exist_ok=True)
        with our_providers(engine._environment, home.root) as found:
            yield engine.with_provider(found)
    finally:
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
# Edits of one stack that touch no resource twice are made, and planned, together.
TOGETHER = (
    ("retention", "logs", "group-size", "group-added", "access"),
    ("networks", "group-types"),
    ("version",),
    ("group-disk", "service-network"),
    ("flow-logs-rejects", "zone-added", "endpoint"),
    ("flow-logs-off",),
    ("readdressed",),
    ("team-added", "namespace", "permissions"),
    ("team-renamed",),
    ("role-renamed",),
    ("bucket-renamed",),
    ("pool-limits",),
    ("karpenter",),
)


class Planned(NamedTuple):
    """Edits made together: the sources after them, the plan, and the review without and with it."""

    head: App
    file: Path
    offline: Comparison
    both: Comparison


@pytest.fixture(scope="module")
def planned(deployed: Deployed, synthesised: Any, folder_of: Any, draft: Any) -> Callable[[str], Planned]:
    """Return a function that plans an edit, with those that are planned together with it, each plan once."""
    done: dict[tuple[str, ...], Planned] = {}

    def planned_with(name: str) -> Planned:
        (names,) = (each for each in TOGETHER if name in each)
        if names not in done:
            edited = draft.default().edited(*(PAIRS[each][1] for each in names))
            file = deployed.plan_of(folder_of(edited), f"emr-on-eks-{PAIRS[name][0]}")
            base, head = synthesised(draft.default()), synthesised(edited)
            offline = compare(base, head)
            done[names] = Planned(head, file, offline, joined(offline, head, [plan.read(file, head, base)]))
        return done[names]

    return planned_with


def stack_in(comparison: Comparison, name: str) -> Any:
    return next(stack for stack in comparison.stacks if stack.name == f"emr-on-eks-{name}")


def actions(comparison: Comparison, stack: str) -> dict[str, Action]:
    return {step.resource.address: step.action for step in stack_in(comparison, stack).steps}


def told(comparison: Comparison, stack: str) -> set[tuple[str, str]]:
    """Return what is risked in a stack, and where."""
    return {(risk.id, risk.address) for risk in risks.find(comparison) if risk.stack == f"emr-on-eks-{stack}"}


@pytest.mark.parametrize("name", PAIRS)
def test_the_plan_agrees_with_the_reading_of_the_sources(
    planned: Callable[[str], Planned], synthesised: Any, draft: Any, name: str
) -> None:
    stack, edit, wanted = PAIRS[name]
    alone = compare(synthesised(draft.default()), synthesised(draft.default().edited(edit)))
    together = planned(name)
    assert wanted in actions(alone, stack).values()
    assert actions(alone, stack).items() <= actions(together.both, stack).items()
    assert [*stack_in(together.both, stack).disagreements] == []
    assert told(alone, stack) <= told(together.both, stack) == told(together.offline, stack)


def test_edits_planned_together_are_of_one_stack_and_touch_no_resource_twice(synthesised: Any, draft: Any) -> None:
    base = synthesised(draft.default())
    for names in TOGETHER:
        (stack,) = {PAIRS[name][0] for name in names}
        heads = [synthesised(draft.default().edited(PAIRS[name][1])) for name in names]
        touched = [address for head in heads for address in actions(compare(base, head), stack)]
        assert len(touched) == len({*touched})


def test_default_tags_are_one_difference(deployed: Deployed, folder_of: Any, synthesised: Any, draft: Any) -> None:
    tagged = draft.default().edited(put("tags.Extra", "1"))
    base, head = synthesised(draft.default()), synthesised(tagged)
    file = deployed.plan_of(folder_of(tagged), "emr-on-eks-network")
    found = stack_in(joined(compare(base, head), head, [plan.read(file, head, base)]), "network")
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
        steps = actions(both, "network")
        if declared:
            assert steps == {"aws_eip.elsewhere": Action.move}
            assert not stack_in(both, "network").disagreements
        else:
            assert steps["aws_eip.vpc_nat-us-east-1a-address_A863D36C"] is Action.destroy
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
    content = json.loads(file.read_text("utf-8").replace("vpc_nat-us-east-1a-address_A863D36C", "elsewhere"))
    if declared:
        content["moved"] = [{"from": "aws_eip.vpc_nat-us-east-1a-address_A863D36C", "to": "aws_eip.elsewhere"}]
    file.write_text(json.dumps(content), "utf-8")
    return copy


def test_what_was_changed_outside_terraform_is_told(deployed_state: Path, synthesised: Any, draft: Any) -> None:
    app = synthesised(draft.default())
    found = plan.read(deployed_state / "drifted.json", app, app)
    network = stack_in(joined(compare(app, app), app, [found]), "network")
    (drift,) = network.drift
    assert [(each.path, each.before, each.after) for each in drift.differences] == [(("retention_in_days",), *DRIFT)]
    (difference,) = network.disagreements
    assert difference.why == "it was changed outside Terraform"


def test_a_plan_alone_names_constructs_and_risks(planned: Callable[[str], Planned]) -> None:
    _, file, *_ = together = planned("logs")
    comparison = joined(None, together.head, [plan.read(file, together.head, None)])
    assert [stack.name for stack in comparison.stacks] == ["emr-on-eks-cluster"]
    found = {risk.id: risk.path for risk in risks.find(comparison)}
    assert found["logging-off"] == "emr-on-eks-cluster/cluster/Resource"


def test_what_the_plan_marks_as_sensitive_is_in_no_format(
    planned: Callable[[str], Planned], synthesised: Any, draft: Any, tmp_path: Path
) -> None:
    together = planned("team-added")
    content = json.loads(together.file.read_text("utf-8"))
    for change in content["resource_changes"]:
        if change["type"] == "aws_iam_role" and change["change"]["after"]:
            change["change"]["after"]["description"] = "hunter2"
            change["change"]["after_sensitive"]["description"] = True
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(content), "utf-8")
    comparison = joined(together.offline, together.head, [plan.read(file, together.head, synthesised(draft.default()))])
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
    planned: Callable[[str], Planned], tmp_path: Path, change: Edit, told: str
) -> None:
    together = planned("karpenter")
    content = json.loads(together.file.read_text("utf-8"))
    change(content)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(InvalidFile) as error:
        plan.read(file, together.head, together.head)
    assert told in str(error.value)
    assert str(file) in str(error.value)
