"""Teams as people write them: five in a few lines, and what each of them gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import MakePlatform, edited
from synthesised import Document, listed, policy, synthesise
from typer.testing import CliRunner

from constructs_lib._job_role import FRAMEWORKS
from constructs_lib._names import Refused
from emr_eks.cli import app
from provisioners.source import InvalidFile
from stacks import role_limits

ACCOUNT = "123456789012"
# Seed S4, step 2: five namespaces, one a kind of batch; two of its roles may do more than their own.
S4 = """
teams:
  realtime-batch: {tiers: [realtime]}
  intra-day-batch: {tiers: [high]}
  nightly-batch: {tiers: [high, low]}
  monthly-batch:
    tiers: [low]
    job_roles:
      ingest: {write_buckets: ["arn:aws:s3:::landing"]}
      reports: {read_databases: [marts]}
  adhoc-ml-batch: {}
"""
TEAMS = yaml.safe_load(S4)["teams"]


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Document:
    from stacks.platform import load

    folder = tmp_path_factory.mktemp("five")
    path = edited(folder, teams=None, priorities={}, account_id=ACCOUNT)
    path.write_text(path.read_text("utf-8") + S4, "utf-8")
    return synthesise(load(path), folder / "out")["teams"]


def test_five_teams_take_a_few_lines_each() -> None:
    assert len(S4.strip().splitlines()) - 1 <= 3 * len(TEAMS)


def test_each_team_has_all_that_isolates_it(five: Document) -> None:
    for kind in ("kubernetes_namespace_v1", "kubernetes_resource_quota_v1", "kubernetes_limit_range_v1"):
        assert len(five.resources(kind)) == len(TEAMS)
    for kind in ("kubernetes_network_policy_v1", "kubernetes_role_v1", "kubernetes_role_binding_v1"):
        assert len(five.resources(kind)) == len(TEAMS)
    namespaces = {
        each["metadata"]["name"]: each["metadata"]["labels"] for each in five.resources("kubernetes_namespace_v1")
    }
    assert set(namespaces) == set(TEAMS)
    assert {labels["pod-security.kubernetes.io/enforce"] for labels in namespaces.values()} == {"baseline"}
    assert len({each["name"] for each in five.resources("aws_emrcontainers_virtual_cluster")}) == len(TEAMS)
    groups = five.resources("aws_cloudwatch_log_group")
    assert len({each["name"] for each in groups}) == len(TEAMS)
    assert all(each["retention_in_days"] and each["kms_key_id"] for each in groups)


def test_emr_finds_its_role_where_the_platform_makes_it(make_platform: MakePlatform, tmp_path: Path) -> None:
    """EMR makes it with the first virtual cluster, after which IAM refuses to make it; and deletes none in use."""
    platform = make_platform(emr_service_linked_role="create", teams={"etl": {}})
    teams = synthesise(platform, tmp_path / "out")["teams"]
    role = teams.address(teams.only("aws_iam_service_linked_role", aws_service_name="emr-containers.amazonaws.com"))
    clusters = teams.resources("aws_emrcontainers_virtual_cluster")
    assert len(clusters) == 2
    assert all(role in each["depends_on"] for each in clusters)


def test_nothing_is_put_into_the_bucket_before_it_encrypts_and_keeps_versions(five: Document) -> None:
    """Both count for what is written later only: a pod template that came first would be neither."""
    encrypts = five.only("aws_s3_bucket_server_side_encryption_configuration")
    assert five.address(five.only("aws_s3_bucket_versioning")) in encrypts["depends_on"]
    assert {each["bucket"] for each in five.resources("aws_s3_object")} == {f"${{{five.address(encrypts)}.bucket}}"}


def test_no_team_may_touch_what_is_anothers(five: Document) -> None:
    """Neither in the bucket nor in the logs, under any of its roles."""
    roles = {five.address(role): role["name"].split(".")[1] for role in five.resources("aws_iam_role")}
    assert sorted(roles.values()) == sorted([*TEAMS, "monthly-batch", "monthly-batch"])
    for each in five.resources("aws_iam_role_policy"):
        team = next(team for address, team in roles.items() if address in each["role"])
        resources = {
            resource for statement in policy(each["policy"]).values() for resource in listed(statement["Resource"])
        }
        others = {
            resource
            for resource in resources
            for other in TEAMS
            if other != team
            and (f"/{other}/" in resource or f"/{other}:" in resource or resource.endswith(f"/{other}"))
        }
        assert not others
        assert any(f"/teams/{team}/" in resource for resource in resources)
        assert not [resource for resource in resources if resource in ("arn:aws:s3:::*", "*")] or {
            action
            for statement in policy(each["policy"]).values()
            if "*" in listed(statement["Resource"])
            for action in listed(statement["Action"])
        } == {"logs:DescribeLogGroups"}


def test_only_the_role_that_was_given_more_has_more(five: Document) -> None:
    granted = {
        next(role["name"] for role in five.resources("aws_iam_role") if five.address(role) in each["role"]): each[
            "policy"
        ]
        for each in five.resources("aws_iam_role_policy")
    }
    assert {name.split(".")[2] for name, text in granted.items() if "arn:aws:s3:::landing/" in text} == {"ingest"}
    assert {name.split(".")[2] for name, text in granted.items() if "glue:GetTable" in text} == {"reports"}


def test_a_role_more_changes_nothing_else(make_platform: MakePlatform, tmp_path: Path) -> None:
    before = synthesise(make_platform(), tmp_path / "before")["teams"]
    more = {"analytics": {"job_role": {"write_databases": ["analytics"]}, "job_roles": {"reports": {}}}}
    after = synthesise(make_platform(teams=more), tmp_path / "after")["teams"]
    added = set(after.addresses()) - set(before.addresses())
    assert {line.split("/", 1)[1] for line in added} == {
        "team/analytics/JobRoles/reports/Resource",
        "team/analytics/JobRoles/reports/Policy",
    }
    assert set(before.addresses()) <= set(after.addresses())
    for kind, resources in before.content["resource"].items():
        for name, resource in resources.items():
            assert after.content["resource"][kind][name] == resource


def test_moving_to_pod_identity_keeps_the_role(make_platform: MakePlatform, tmp_path: Path) -> None:
    """Terraform changes its trust in place: the name, which jobs and service accounts go by, stays."""
    names = set()
    for identity in ("irsa", "both", "pod_identity"):
        teams = {"analytics": {"job_role": {"identity": identity}}}
        document = synthesise(make_platform(teams=teams), tmp_path / identity)["teams"]
        role = document.only("aws_iam_role")
        names.add((document.address(role), role["name"]))
        assert len(document.resources("aws_eks_pod_identity_association")) == (0 if identity == "irsa" else 3)
    assert len(names) == 1


def test_the_logs_of_a_team_may_go_sooner(make_platform: MakePlatform, tmp_path: Path) -> None:
    teams = {"etl": {"s3_log_days": 30}, "bi": {}}
    document = synthesise(make_platform(teams=teams, bucket={"log_days": 90}), tmp_path / "out")["teams"]
    rules = {
        rule["filter"][0]["prefix"]: rule["expiration"][0]["days"]
        for rule in document.only("aws_s3_bucket_lifecycle_configuration")["rule"]
        if "expiration" in rule
    }
    # Where two rules hold, S3 goes by the shorter:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
    assert rules == {"logs/": 90, "logs/etl/": 30}


# What `emr-eks check` points out


def warned(folder: Path, **changes: Any) -> list[str]:
    path = edited(folder, **changes)
    words = ["check", "--platform", str(path), "--format", "json", "--today", "2026-11-21"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0
    return [text.replace(f"{path}:", "") for text in json.loads(done.stdout)["warnings"]]


def test_permissions_as_broad_as_the_seeds_are_warned_of(tmp_path: Path) -> None:
    """Seeds S0 and S4 allow s3:* and logs:* on everything, seed S3 glue:*."""
    broad = {"statements": [{"actions": ["glue:*", "s3:*"], "resources": ["*"]}]}
    managed = {"policy_arns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]}
    teams = {"analytics": {"job_role": broad, "job_roles": {"old": managed}}}
    assert [text.split(": ", 1)[1] for text in warned(tmp_path, teams=teams)] == [
        "teams.analytics.job_role.statements[0].actions: lets jobs do everything in a service, 'glue:*'",
        "teams.analytics.job_role.statements[0].actions: lets jobs do everything in a service, 's3:*'",
        "teams.analytics.job_role.statements[0].resources: lets jobs do this to everything in the account, '*'",
        "teams.analytics.job_roles.old.policy_arns[0]: lets jobs do nearly everything there, 'AmazonS3FullAccess'",
    ]


def test_names_too_long_for_labels_are_warned_of_where_the_network_plugin_is_not_ours(tmp_path: Path) -> None:
    existing = {"existing_cluster": {"name": "shared"}, "vpc": None, "cluster": None, "node_groups": None}
    short, long = {"job_role": {"name": "r" * 11}}, {"job_role": {"name": "r" * 12}}
    for folder in ("long", "short"):
        (tmp_path / folder).mkdir()
    (warning,) = warned(tmp_path / "long", teams={"analytics": None, "etl": long, "bi": {}, "ml": short}, **existing)
    assert warning.split(": ", 1)[1] == (
        "existing_cluster: 2 job roles have service accounts with names over 63 characters: if its network plugin "
        "copies them into labels, as Calico does, pods fail to start; then give each role a `name` of at most 11 "
        "characters"
    )
    assert warned(tmp_path / "short", teams={"analytics": None, "ml": short}, **existing) == []


@pytest.mark.parametrize("account", [{}, {"account_id": ACCOUNT}], ids=["any account", "one account"])
@pytest.mark.parametrize(
    "role",
    [
        {"identity": "both", "frameworks": [*FRAMEWORKS]},
        {"read_databases": ["a"], "write_databases": [f"department_{number}" for number in range(60)]},
        {"read_buckets": [f"arn:aws:s3:::data-of-{number}/x" for number in range(40)]},
        {"statements": [{"actions": [f"s3:Get{number}" for number in range(999)], "resources": ["*"]}]},
    ],
    ids=lambda role: next(reversed(role)),
)
def test_the_check_measures_policies_as_the_constructs_write_them(
    role: dict[str, Any],
    account: dict[str, str],
    make_platform: MakePlatform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changes: dict[str, Any] = {"teams": {"analytics": {"job_role": role}}, **account}
    with pytest.raises(InvalidFile) as checked:
        make_platform(**changes)
    monkeypatch.setattr(role_limits, "too_long", lambda *_: iter(()))
    with pytest.raises(Refused) as refused:
        synthesise(make_platform(**changes), tmp_path / "out")
    assert str(checked.value).partition(" characters, ")[2] == str(refused.value).partition(" characters, ")[2]
