"""What watches a platform: only what was asked for, on metrics that are sent, told to those who may hear it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, MakePlatform
from synthesised import Document, policy, synthesise

from constructs_lib._alarms import AlarmsSpec, metric_alarms, rule_name

CLUSTER = "emr-on-eks"
NOT_BUILT: dict[str, Any] = {"vpc": None, "cluster": None, "node_groups": None, "existing_cluster": {"name": "shared"}}


@pytest.fixture
def watched(make_platform: MakePlatform, tmp_path: Path) -> Any:
    """Return a function that synthesises the default platform with this monitoring and further changes."""
    return lambda monitoring, **changes: synthesise(
        make_platform(account_id="123456789012", monitoring=monitoring, **changes), tmp_path / "out"
    )


def names_of(documents: dict[str, Document]) -> set[str]:
    return {each["alarm_name"] for each in documents["teams"].resources("aws_cloudwatch_metric_alarm")}


def test_nothing_watches_unless_it_is_asked_for(documents: dict[str, Document]) -> None:
    for document in documents.values():
        kinds = set(document.content.get("resource", {}))
        assert not kinds & {"aws_sns_topic", "aws_cloudwatch_metric_alarm", "aws_budgets_budget"}
    addons = {each["addon_name"] for each in documents["cluster"].resources("aws_eks_addon")}
    assert "amazon-cloudwatch-observability" not in addons


def test_container_insights_has_a_role_of_its_own_and_nodes_get_no_permission(watched: Any) -> None:
    cluster = watched({})["cluster"]
    addon = cluster.only("aws_eks_addon", addon_name="amazon-cloudwatch-observability")
    (identity,) = addon["pod_identity_association"]
    role = cluster.only("aws_iam_role", name=f"{CLUSTER}-cloudwatch-agent")
    assert identity == {"service_account": "cloudwatch-agent", "role_arn": f"${{{cluster.address(role)}.arn}}"}
    attached = [
        each["role"]
        for each in cluster.resources("aws_iam_role_policy_attachment")
        if each["policy_arn"] == "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"
    ]
    assert attached == [f"${{{cluster.address(role)}.name}}"]


def test_logs_of_containers_are_kept_only_if_asked_for(watched: Any) -> None:
    for asked, kinds in ((False, {"performance"}), (True, {"application", "dataplane", "host", "performance"})):
        cluster = watched({"container_logs": asked, "log_retention_days": 7})["cluster"]
        addon = cluster.only("aws_eks_addon", addon_name="amazon-cloudwatch-observability")
        assert json.loads(addon["configuration_values"])["containerLogs"] == {"enabled": asked}
        groups = {
            each["name"]: each
            for each in cluster.resources("aws_cloudwatch_log_group")
            if each["name"].startswith("/aws/containerinsights/")
        }
        assert set(groups) == {f"/aws/containerinsights/{CLUSTER}/{kind}" for kind in kinds}
        for group in groups.values():
            assert group["retention_in_days"] == 7
            assert "kms_key_id" in group
            # Made by the agent first, a group would be there already when Terraform makes it.
            assert cluster.address(group) in addon["depends_on"]


def test_what_the_user_says_of_the_addon_counts(watched: Any) -> None:
    addons = {"amazon-cloudwatch-observability": {"version": "v4.7.0-eksbuild.1", "configuration": {"priority": 1}}}
    cluster = watched({}, cluster={"addons": addons})["cluster"]
    addon = cluster.only("aws_eks_addon", addon_name="amazon-cloudwatch-observability")
    assert addon["addon_version"] == "v4.7.0-eksbuild.1"
    assert set(json.loads(addon["configuration_values"])) == {"agent", "containerLogs", "priority"}


def test_only_those_who_tell_may_publish(watched: Any) -> None:
    teams = watched({"alarms": {}})["teams"]
    arn = f"arn:aws:sns:us-east-1:123456789012:emr-eks-{CLUSTER}"
    statements = policy(teams.only("aws_sns_topic_policy")["policy"])
    allowed = {
        each["Principal"]["Service"]: each.get("Condition", {}).get("ArnLike", {}).get("aws:SourceArn")
        for each in statements.values()
        if each["Effect"] == "Allow"
    }
    assert allowed == {
        "budgets.amazonaws.com": "arn:aws:budgets::123456789012:*",
        "cloudwatch.amazonaws.com": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{CLUSTER}-*",
        "events.amazonaws.com": None,
    }
    assert {(each["Action"], each["Resource"]) for each in statements.values()} == {("sns:Publish", arn)}
    assert all(name.startswith(f"{CLUSTER}-") for name in names_of({"teams": teams})), (
        "the policy would let none of the others through"
    )


def test_the_topics_key_is_open_to_those_who_publish(watched: Any) -> None:
    teams = watched({"alarms": {}})["teams"]
    key = teams.only("aws_kms_key", description=f"Alarms of {CLUSTER}")
    assert teams.only("aws_sns_topic")["kms_master_key_id"] == f"${{{teams.address(key)}.arn}}"
    statement = policy(key["policy"])["AllowPublishers"]
    publishers = {"budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"}
    assert set(statement["Principal"]["Service"]) == publishers
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}


def test_each_team_hears_of_its_own_failed_runs(watched: Any) -> None:
    teams = watched({"alarms": {}}, teams={"etl": {}})["teams"]
    rules = teams.resources("aws_cloudwatch_event_rule")
    assert len(rules) == 2
    for rule in rules:
        pattern = json.loads(rule["event_pattern"])
        team = rule["name"].removeprefix(f"{CLUSTER}-").removesuffix("-failed-runs")
        cluster = teams.only("aws_emrcontainers_virtual_cluster", name=f"{CLUSTER}.{team}")
        assert (pattern["source"], pattern["detail-type"]) == (["aws.emr-containers"], ["EMR Job Run State Change"])
        assert pattern["detail"] == {"state": ["FAILED"], "virtualClusterId": [f"${{{teams.address(cluster)}.id}}"]}
        target = teams.only("aws_cloudwatch_event_target", rule=f"${{{teams.address(rule)}.name}}")
        assert "input" not in target
        transformer = target["input_transformer"]
        told = json.loads(transformer["input_template"])  # EventBridge takes JSON only
        assert f"emr-eks job logs --team {team} <id>" in told
        assert set(transformer["input_paths"]) == {"id", "name"}


def test_a_new_team_leaves_the_alarms_as_they_are(make_platform: MakePlatform, tmp_path: Path) -> None:
    def resources(name: str, **teams: Any) -> Any:
        stacks = synthesise(make_platform(monitoring={"alarms": {}}, teams=teams), tmp_path / name)
        return stacks["teams"].content["resource"]

    before, after = resources("before"), resources("after", zeta={})
    changed = [
        f"{kind}.{name}"
        for kind, resources in after.items()
        for name, resource in resources.items()
        if before.get(kind, {}).get(name) != resource
    ]
    assert changed
    assert not [address for address in changed if "zeta" not in address]


def test_rules_of_teams_with_long_names_differ_and_fit() -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html: 64 characters."""
    names = {rule_name("c" * 100, "t" * 62 + letter) for letter in "ab"}
    assert len(names) == 2
    assert {len(name) for name in names} == {64}


def test_alarms_go_by_metrics_that_are_sent(watched: Any) -> None:
    pods, nodes, queue = (f"{CLUSTER}-{name}" for name in ("pending-pods", "nodes-not-ready", "interruption-queue"))
    assert names_of(watched({"alarms": {}})) == {pods, nodes, queue}
    assert names_of(watched({"container_insights": False, "alarms": {}})) == {queue}
    assert names_of(watched({"alarms": {"pending_pods": None, "interruption_queue_seconds": None}})) == {nodes}
    shared = watched({"alarms": {}}, **NOT_BUILT)
    assert names_of(shared) == {"shared-pending-pods", "shared-nodes-not-ready"}
    assert "cluster" not in shared


def test_the_interruption_queue_that_is_watched_is_karpenters(watched: Any) -> None:
    documents = watched({"alarms": {}})
    alarm = documents["teams"].only("aws_cloudwatch_metric_alarm", namespace="AWS/SQS")
    queue = documents["cluster"].only("aws_sqs_queue")
    assert alarm["dimensions"] == {"QueueName": queue["name"]}
    # A message that is gone can no longer be too old.
    assert alarm["threshold"] + alarm["period"] < queue["message_retention_seconds"]


def test_alarms_ask_cloudwatch_for_no_more_than_a_day() -> None:
    spec = AlarmsSpec.model_validate({"pending_pods": {"minutes": 1440}, "nodes_not_ready_minutes": 1440})
    for _, alarm in metric_alarms(spec, cluster_name="c", container_insights=True, queue_name="c"):
        assert alarm.minutes * 60 <= 86_400


def test_a_budget_tells_at_each_percentage_and_of_the_forecast(watched: Any) -> None:
    budget = {"usd": 500, "percentages": [90, 50], "tags": {"Platform": "x", "Owner": "data"}}
    teams = watched({"alarms": {"budget": budget}})["teams"]
    found = teams.only("aws_budgets_budget")
    assert (found["limit_amount"], found["limit_unit"], found["time_unit"]) == ("500", "USD", "MONTHLY")
    told = [(each["notification_type"], each["threshold"]) for each in found["notification"]]
    assert told == [("ACTUAL", 50), ("ACTUAL", 90), ("FORECASTED", 100)]
    assert found["cost_filter"] == [{"name": "TagKeyValue", "values": ["user:Owner$data", "user:Platform$x"]}]
    everything = watched({"alarms": {"budget": {"usd": 1, "forecast": False}}})["teams"].only("aws_budgets_budget")
    assert "cost_filter" not in everything
    assert {each["notification_type"] for each in everything["notification"]} == {"ACTUAL"}


def test_people_get_mail(watched: Any) -> None:
    teams = watched({"alarms": {"emails": ["b@example.com", "a@example.com"]}})["teams"]
    subscriptions = teams.resources("aws_sns_topic_subscription")
    assert {(each["protocol"], each["endpoint"]) for each in subscriptions} == {
        ("email", "a@example.com"),
        ("email", "b@example.com"),
    }


# Who may look in the console: S4's step 12, which maps a role to a group that may see everything


def test_a_named_role_may_look_in_the_console_and_change_nothing(make_platform: MakePlatform, tmp_path: Path) -> None:
    """As docs/monitoring.md says it."""
    text = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    (block,) = [each for each in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "access:" in each]
    access = yaml.safe_load(block)["cluster"]["access"]
    document = synthesise(make_platform(cluster={"access": access}), tmp_path / "out")["cluster"]
    entry = document.only("aws_eks_access_entry", principal_arn="arn:aws:iam::123456789012:role/data-engineers")
    assert entry.get("type", "STANDARD") == "STANDARD"
    assert not entry.get("kubernetes_groups")
    address = document.address(entry)
    (association,) = [
        each for each in document.resources("aws_eks_access_policy_association") if address in each["principal_arn"]
    ]
    # It reads nodes too, without which the console shows none; AmazonEKSViewPolicy does not:
    # https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
    assert association["policy_arn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminViewPolicy"
    assert association["access_scope"] == {"type": "cluster"}
