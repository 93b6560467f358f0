"""What Checkov finds in the synthesised stacks is fixed, or is an exception that says why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from conftest import ROOT, edited
from other_core import Answer
from synthesised import Document, documents, synthesise

from stacks.platform import load

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
CHECKS = Path(__file__).parent / "checkov_checks"
EXCEPTIONS = Path(__file__).parent / "checkov_exceptions.yaml"

NAME = "emr-on-eks"
# What platform.yaml leaves out.
RICH: dict[str, Any] = {
    "account_id": "123456789012",
    "emr_service_linked_role": "create",
    "vpc": {
        "availability_zones": ["us-east-1a", "us-east-1b"],
        "nat_gateways": "per_az",
        "pod_cidr": "100.64.0.0/16",
        "gateway_endpoints": ["dynamodb", "s3"],
        "interface_endpoints": ["ecr.api", "sts"],
    },
    "cluster": {
        "public_access_cidrs": [],
        "access": {
            "admins": {
                "principal_arn": "arn:aws:iam::123456789012:role/admin",
                "policy": "AmazonEKSClusterAdminPolicy",
            }
        },
    },
    "node_groups": {
        "spot": {
            "instance_types": ["m6i.xlarge", "m6a.xlarge"],
            "capacity_type": "SPOT",
            "min_size": 0,
            "max_size": 9,
            "taints": [{"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}],
        }
    },
    "karpenter": {"identity": "irsa"},
    "node_termination_handler": {"autoscaling_groups": ["gpu"]},
    "monitoring": {
        "container_logs": True,
        "alarms": {"emails": ["ops@example.com"], "budget": {"usd": 2000, "tags": {"Platform": NAME}}},
    },
    "teams": {
        "etl": {
            "job_role": {
                "policy_arns": ["arn:aws:iam::aws:policy/AmazonAthenaFullAccess"],
                "read_buckets": ["arn:aws:s3:::raw-data/sales"],
                "write_databases": ["sales"],
            }
        }
    },
}


class Report(NamedTuple):
    """What Checkov says of one platform: addresses by check, each after its stack, as in `teams/aws_s3_bucket.x`."""

    declared: set[str]
    passed: dict[str, set[str]]
    failed: dict[str, set[str]]
    names: dict[str, str]
    """What each check is for."""


def scan(folder: Path) -> Callable[[], dict[str, Report]]:
    """Synthesise platform.yaml, the rich platform, and this one with every fault; return the work of their reports.

    Checkov looks at all of them in one go: it takes longer to start than to look.
    """
    if not CHECKOV.exists():
        reason = "Checkov is not installed: run `make checkov`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    synthesise(load(ROOT / "platform.yaml"), folder / "default")
    (inputs := folder / "inputs").mkdir()
    synthesise(load(edited(inputs, **RICH)), folder / "rich")
    _break(shutil.copytree(folder / "rich", folder / "broken"))
    command: list[str | Path] = [
        *(CHECKOV, "--directory", folder, "--framework", "terraform_json", "--external-checks-dir", CHECKS),
        *("--skip-download", "--soft-fail", "--output", "json"),
    ]
    # Nothing of the user's: neither settings nor an account that Checkov would report to.
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}

    def work() -> dict[str, Report]:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        # A check that stumbles says so here, and leaves its resource unjudged.
        assert (done.returncode, done.stderr) == (0, "")
        results = json.loads(done.stdout)["results"]
        assert not results["parsing_errors"]
        return {name: _report(folder, name, results) for name in ("default", "rich", "broken")}

    return work


def _report(folder: Path, platform_name: str, results: dict[str, Any]) -> Report:
    stacks = documents(folder / platform_name, NAME)
    addresses = {stack: _addresses(document) for stack, document in stacks.items()}
    report = Report({f"{stack}/{each}" for stack in addresses for each in addresses[stack].values()}, {}, {}, {})
    for judged, records in ((report.passed, results["passed_checks"]), (report.failed, results["failed_checks"])):
        for record in records:
            file = Path(record["file_path"])
            if file.parts[1] != platform_name:
                continue
            stack = file.parent.name.removeprefix(f"{NAME}-")
            address = addresses[stack].get(record["resource"], record["resource"])
            judged.setdefault(record["check_id"], set()).add(f"{stack}/{address}")
            report.names[record["check_id"]] = record["check_name"]
    return report


def _addresses(document: Document) -> dict[str, str]:
    """Return the addresses of all resources by what most checks call them: in Terraform JSON they lose the type."""
    addresses = [line.split()[0] for line in document.addresses()]
    by_name = {f"resource.{address.partition('.')[2]}": address for address in addresses}
    assert len(by_name) == len(addresses), "two resources of one stack have the same name"
    return by_name


pytestmark = pytest.mark.other_core(begins=[scan])


@pytest.fixture(scope="module")
def reports(answer: Answer) -> list[Report]:
    """Return what Checkov says of platform.yaml and of the rich platform."""
    return [answer(scan)["default"], answer(scan)["rich"]]


@pytest.fixture(scope="module")
def exceptions() -> list[tuple[str, str]]:
    """Return the check and the address pattern of each exception."""
    listed = yaml.safe_load(EXCEPTIONS.read_text("utf-8"))
    for each in listed:
        assert set(each) == {"check", "addresses", "reason"}, each
        assert len(each["reason"].split()) > 5, f"{each['check']} gives no reason"
    return [(each["check"], pattern) for each in listed for pattern in each["addresses"]]


def test_every_finding_is_an_exception(reports: list[Report], exceptions: list[tuple[str, str]]) -> None:
    unlisted = {
        f"{check} {address}: {report.names[check]}"
        for report in reports
        for check, addresses in report.failed.items()
        for address in addresses
        if not any(check == excepted and fnmatchcase(address, pattern) for excepted, pattern in exceptions)
    }
    assert not unlisted, "\n".join([f"fix these, or list them in {EXCEPTIONS.name}:", *sorted(unlisted)])


def test_every_exception_is_needed(reports: list[Report], exceptions: list[tuple[str, str]]) -> None:
    needless = [
        (check, pattern)
        for check, pattern in exceptions
        if not any(fnmatchcase(address, pattern) for report in reports for address in report.failed.get(check, ()))
    ]
    assert not needless, f"nothing is found there any more; remove these from {EXCEPTIONS.name}"


def test_checkov_looks_at_every_resource(reports: list[Report]) -> None:
    for report in reports:
        assert report.passed["EMR_EKS_SEEN"] == report.declared


def test_checkov_judges_every_permission(reports: list[Report]) -> None:
    """Where it cannot read a policy, Checkov says nothing of it: neither passed nor failed."""
    for report in reports:
        policies = {each for each in report.declared if "/aws_iam_policy." in each or "/aws_iam_role_policy." in each}
        for check in ("CKV_AWS_286", "CKV_AWS_289", "CKV_AWS_290", "CKV_AWS_355"):
            assert report.passed.get(check, set()) | report.failed.get(check, set()) == policies, check


OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"*"}}]}'
# Stack, resource type, the argument to spoil (`None` takes it out), and the checks that must see it.
FAULTS: list[tuple[str, str, dict[str, Any], set[str]]] = [
    ("network", "aws_subnet", {"map_public_ip_on_launch": True}, {"CKV_AWS_130"}),
    ("network", "aws_cloudwatch_log_group", {"kms_key_id": None}, {"CKV_AWS_158"}),
    ("network", "aws_flow_log", {"vpc_id": "vpc-1"}, {"CKV2_AWS_11"}),
    ("network", "aws_default_security_group", {"vpc_id": "vpc-1"}, {"CKV2_AWS_12"}),
    ("network", "aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "0.0.0.0/0", "from_port": 22}, {"CKV_AWS_24"}),
    ("cluster", "aws_eks_cluster", {"encryption_config": None}, {"CKV_AWS_58"}),
    ("cluster", "aws_eks_cluster", {"vpc_config": {"endpoint_public_access": True}}, {"CKV_AWS_38", "CKV_AWS_39"}),
    ("cluster", "aws_eks_node_group", {"remote_access": {"ec2_ssh_key": "x"}}, {"CKV_AWS_100"}),
    ("cluster", "aws_launch_template", {"metadata_options": {"http_tokens": "optional"}}, {"CKV_AWS_79"}),
    ("cluster", "aws_iam_role", {"assume_role_policy": OPEN}, {"CKV_AWS_60"}),
    ("cluster", "aws_iam_policy", {"policy": OPEN}, {"CKV_AWS_62", "CKV_AWS_289", "CKV_AWS_355", "CKV2_AWS_40"}),
    ("cluster", "aws_kms_key", {"policy": OPEN, "enable_key_rotation": False}, {"CKV_AWS_7", "CKV_AWS_33"}),
    ("cluster", "aws_sqs_queue", {"sqs_managed_sse_enabled": False}, {"CKV_AWS_27"}),
    ("cluster", "aws_sqs_queue_policy", {"policy": OPEN}, {"CKV_AWS_72", "CKV_AWS_168"}),
    ("cluster", "aws_cloudwatch_log_group", {"kms_key_id": None}, {"CKV_AWS_158"}),
    ("teams", "aws_sns_topic", {"kms_master_key_id": None}, {"CKV_AWS_26"}),
    ("teams", "aws_sns_topic_policy", {"policy": OPEN}, {"CKV_AWS_169"}),
    ("teams", "aws_cloudwatch_metric_alarm", {"actions_enabled": False}, {"CKV_AWS_319"}),
    ("teams", "aws_iam_role_policy", {"policy": OPEN}, {"CKV_AWS_63", "CKV_AWS_290"}),
    ("teams", "aws_s3_bucket_policy", {"policy": OPEN}, {"CKV_AWS_70"}),
    ("teams", "aws_s3_bucket_public_access_block", {"block_public_acls": False}, {"CKV_AWS_53", "CKV2_AWS_6"}),
    ("teams", "aws_s3_bucket_versioning", {"bucket": "x"}, {"CKV_AWS_21"}),
]


def _break(folder: Path) -> None:
    for stack, kind, arguments, _ in FAULTS:
        file = folder / "stacks" / f"{NAME}-{stack}" / "cdk.tf.json"
        document = Document(json.loads(file.read_text("utf-8")))
        _spoil(document.resources(kind)[0], arguments)
        file.write_text(json.dumps(document.content), "utf-8")


def test_checkov_finds_what_is_wrong(answer: Answer) -> None:
    """Silence says something only where a fault would break it."""
    before, after = answer(scan)["rich"].failed, answer(scan)["broken"].failed
    found = {
        (check, address.partition("/")[0])
        for check, addresses in after.items()
        for address in addresses - before.get(check, set())
    }
    assert {(check, stack) for stack, _, _, checks in FAULTS for check in checks} <= found


def _spoil(resource: dict[str, Any], arguments: dict[str, Any]) -> None:
    for name, value in arguments.items():
        if value is None:
            del resource[name]
        elif isinstance(value, dict) and name in resource:
            resource[name] |= value
        else:
            resource[name] = value
