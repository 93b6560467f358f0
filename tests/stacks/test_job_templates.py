"""Job files as templates in Terraform: what they hold, what they refuse, and who may start them."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from cdktf import TerraformStack
from conftest import ROOT, edited
from other_core import Answer, Prepare, Work, program
from synthesised import Document, listed, policy, stack_of, synthesise

from constructs_lib.account import Account
from constructs_lib.cluster import ExistingCluster, ExistingClusterSpec
from constructs_lib.job_template import JobTemplate, JobTemplateSpec
from constructs_lib.role import Role
from constructs_lib.virtual_cluster import VirtualCluster
from emr_eks.job.file import open_job
from emr_eks.job.model import breaches
from emr_eks.job.request import workplace
from emr_eks.job.template import job_templates
from provisioners.source import InvalidFile
from stacks.platform import Platform, load

ACCOUNT = "123456789012"
FULL = """\
name: daily/sales
team: analytics
release: emr-7.1.0-20240415
entry_point: daily.py
main_class: com.example.Job
arguments: ["--day=${az}"]
py_files: [helpers.py]
jars: ["s3://code/three.jar"]
driver: {cores: 2, memory: 3g}
presets: [spot-decommission]
spark:
  spark.driver.defaultJavaOptions: "-verbose:gc -XX:+UseG1GC"
configurations:
  spark-log4j2: {rootLogger.level: warn}
monitoring: {log_prefix: here}
role: reports
tags: {cost: "42"}
"""
SHORT = "name: hourly\nteam: analytics\nentry_point: s3://code/hourly.py\n"


def platform_with(folder: Path, *jobs: str, account_id: str | None = ACCOUNT, **files: str | bytes) -> Platform:
    """Return a platform whose one team lists *jobs*, with *files* beside them in `jobs/`."""
    (folder / "jobs").mkdir(exist_ok=True)
    for name, content in files.items():
        file = folder / "jobs" / name.replace("_", ".")
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    team = {"job_roles": {"reports": {}}, "job_templates": [f"jobs/{job}" for job in jobs]}
    return load(edited(folder, teams={"analytics": team}, account_id=account_id))


@pytest.fixture
def full(tmp_path: Path) -> Platform:
    return platform_with(
        tmp_path, "full.yaml", full_yaml=FULL, daily_py="print('${x}')\n", helpers_py="pass\n", short_yaml=SHORT
    )


def as_request(block: dict[str, Any], shape: Any) -> dict[str, Any]:
    """Return what the AWS provider makes of a resource's *block*: the API's *shape*, its names in Terraform's spelling.

    It leaves the service's names as they are, but for their spelling; a structure is a block, a list of them several.
    """
    spelled = {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(): name for name in shape.members}
    found = {}
    for key, value in block.items():
        member = shape.members[spelled[key]]
        if member.type_name == "structure":
            value = as_request(value, member)
        elif member.type_name == "list" and member.member.type_name == "structure":
            value = [as_request(each, member.member) for each in value]
        found[spelled[key]] = value
    return found


def sent(document: Document) -> dict[str, Any]:
    """Return the CreateJobTemplate request of the one template in *document*."""
    service = botocore.session.get_session().get_service_model("emr-containers")
    shape = service.operation_model("CreateJobTemplate").input_shape
    template = document.only("aws_emrcontainers_job_template")
    return as_request({key: template[key] for key in ("name", "job_template_data")}, shape)


def test_a_template_holds_the_request_that_the_job_file_makes(full: Platform, tmp_path: Path) -> None:
    """All of it but for what belongs to the request that names the template: where and under what name it runs."""
    document = synthesise(full, tmp_path / "out")["teams"]
    data = sent(document)["jobTemplateData"]
    role = document.only("aws_iam_role", name=f"emr-on-eks.analytics.reports.{full.spec.region}")
    assert data.pop("executionRoleArn") == f"${{{document.address(role)}.arn}}"
    at = workplace(full, "analytics", account_id=ACCOUNT)
    request, _ = open_job(tmp_path / "jobs" / "full.yaml", full).request(at)
    assert request.pop("executionRoleArn") == f"arn:aws:iam::{ACCOUNT}:role/{role['name']}"
    assert data == {
        "jobTags" if key == "tags" else key: value
        for key, value in request.items()
        if key not in ("name", "virtualClusterId")
    }


def test_emr_takes_the_template(full: Platform, tmp_path: Path) -> None:
    request = sent(synthesise(full, tmp_path / "out")["teams"])
    request["jobTemplateData"]["executionRoleArn"] = f"arn:aws:iam::{ACCOUNT}:role/r"
    assert breaches("CreateJobTemplate", request) == []
    request["jobTemplateData"]["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"] = "x" * 257
    assert breaches("CreateJobTemplate", request)


def test_the_code_of_a_template_is_there_before_it(full: Platform, tmp_path: Path) -> None:
    document = synthesise(full, tmp_path / "out")["teams"]
    template = document.only("aws_emrcontainers_job_template")
    code = [each for each in document.resources("aws_s3_object") if "/jobs/" in each["key"]]
    assert sorted(template["depends_on"]) == sorted(map(document.address, code))
    assert {each["key"].rsplit("/", 1)[-1]: each["content"] for each in code} == {
        "daily.py": "print('$${x}')\n",  # Terraform's spelling of what is in the file
        "helpers.py": "pass\n",
    }
    driver = template["job_template_data"]["job_driver"]["spark_submit_job_driver"]
    (main,) = (each["key"] for each in code if each["key"].endswith("/daily.py"))
    assert driver["entry_point"] == f"s3://{full.spec.bucket_name(ACCOUNT)}/{main}"
    assert template["lifecycle"] == {"create_before_destroy": True}


def test_others_find_a_template_by_team_and_job(full: Platform, tmp_path: Path) -> None:
    document = synthesise(full, tmp_path / "out")["teams"]
    address = document.address(document.only("aws_emrcontainers_job_template"))
    assert document.output("emr_on_eks_job_templates") == {"analytics": {"daily/sales": f"${{{address}.id}}"}}


def test_a_provider_that_would_lose_a_part_is_not_taken(full: Platform, tmp_path: Path) -> None:
    """6.21.0 is the first that keeps them: https://github.com/hashicorp/terraform-provider-aws/releases/tag/v6.21.0."""

    def asked(platform: Platform) -> dict[str, str]:
        stacks = synthesise(platform, tmp_path / "out")
        return {
            name: each.content["terraform"]["required_providers"]["aws"]["version"]
            for name, each in stacks.items()
            if "aws" in each.content["terraform"]["required_providers"]
        }

    with_templates, without = asked(full), asked(platform_with(tmp_path))
    assert with_templates.pop("teams") == ">= 6.21.0, < 7.0.0"
    assert set(with_templates.values()) == {without.pop("teams")} == {*without.values()} == {">= 5.100.0, < 7.0.0"}


def test_a_template_more_changes_nothing_else(full: Platform, tmp_path: Path) -> None:
    before = synthesise(full, tmp_path / "before")["teams"]
    after = synthesise(platform_with(tmp_path, "full.yaml", "short.yaml"), tmp_path / "after")["teams"]
    (added,) = set(after.addresses()) - set(before.addresses())
    assert added.split("/", 1)[1] == "team/analytics/JobTemplates/hourly/Resource"
    for kind, resources in before.content["resource"].items():
        for name, resource in resources.items():
            assert after.content["resource"][kind][name] == resource


# What is refused

LOST = {
    "two arguments": (
        "arguments: [b, a]\n",
        "4:12: arguments: must be at most one for a template, because the AWS provider keeps the arguments of a "
        "template as a set, in no order, got 2",
    ),
    "retries": (
        "retry: {max_attempts: 3}\n",
        "4:8: retry: must not be set for a template: EMR takes retries only with each request that starts it",
    ),
    "rotation": (
        "monitoring:\n  rotation: {files: 3}\n",
        "5:13: monitoring.rotation: must not be set for a template: EMR keeps no rotation of logs in one",
    ),
}


def told(platform: Platform) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        job_templates(platform)
    folder = platform.document.path.parent
    return [line.removeprefix(f"{folder}/") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(("more", "message"), LOST.values(), ids=LOST)
def test_what_a_template_would_lose_is_refused(more: str, message: str, tmp_path: Path) -> None:
    instead = "take the file out of `job_templates`, and start it with `emr-eks job submit`"
    platform = platform_with(tmp_path, "job.yaml", job_yaml=SHORT + more)
    assert told(platform) == [f"jobs/job.yaml:{message}; {instead}"]
    # It is a job like any other.
    assert open_job(tmp_path / "jobs" / "job.yaml", platform)


def test_the_problems_of_all_templates_are_told_at_once(tmp_path: Path) -> None:
    platform = platform_with(
        tmp_path,
        *("gone.yaml", "bad.yaml", "binary.yaml", "one.yaml", "other.yaml"),
        bad_yaml=SHORT + "retries: 3\n",
        binary_yaml="name: b\nteam: analytics\nentry_point: s3://code/b.py\njars: [b.jar]\n",
        b_jar=b"PK\xff\x00",
        one_yaml=SHORT,
        other_yaml=SHORT,
    )
    line = next(
        number
        for number, text in enumerate((tmp_path / "platform.yaml").read_text().splitlines(), 1)
        if "other" in text
    )
    assert told(platform) == [
        "jobs/bad.yaml:4:1: retries: unknown key; did you mean 'retry'?",
        "jobs/binary.yaml:1:1: needs b.jar, which is no text: Terraform uploads text only; put it to S3 and name its "
        "URI",
        "jobs/gone.yaml: no such file; check the path",
        f"platform.yaml:{line}:7: teams.analytics.job_templates[4]: must not hold a second job of the name 'hourly', "
        "got 'jobs/other.yaml'",
    ]


@pytest.mark.parametrize(
    ("jobs", "account_id", "message"),
    [
        (
            ["short.yaml"],
            None,
            "account_id: is required for `job_templates`, in which the bucket's full name is written; for example "
            "account_id: '123456789012'",
        ),
        (["a.yaml", "a.yaml"], ACCOUNT, "teams.analytics.job_templates[1]: is given twice, got 'a.yaml'"),
        ([""], ACCOUNT, "teams.analytics.job_templates[0]: must be at least 1 character long, got ''"),
    ],
)
def test_a_bad_list_of_templates_is_told(jobs: list[str], account_id: str | None, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile) as caught:
        load(edited(tmp_path, teams={"analytics": {"job_templates": jobs}}, account_id=account_id))
    assert [line.split(": ", 1)[1] for line in str(caught.value).splitlines()] == [message]


def by(*command: str) -> Prepare:
    """Return how a command is prepared that reads a platform with a template that loses something."""

    def prepare(folder: Path) -> Work:
        platform_with(folder, "job.yaml", job_yaml=SHORT + LOST["retries"][0])
        return program([sys.executable, *command], folder)

    return prepare


COMMANDS = {"check": by("-m", "emr_eks", "check"), "synth": by(str(ROOT / "main.py"))}


@pytest.mark.other_core(begins=[*COMMANDS.values()])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_commands_refuse_them_too(command: Prepare, answer: Answer) -> None:
    done = answer(command)
    assert (done.returncode, done.stdout) == (2, "")
    assert LOST["retries"][1] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"arguments": ["a", "b"]},
            "must be at most one, because the AWS provider keeps the arguments of a template as a set, in no order",
        ),
        ({"log_prefix": "x"}, "must not be given without `log_group`, got 'x'"),
        ({"entry_point": "x" * 257}, "String should have at most 256 characters"),
    ],
)
def test_a_construct_refuses_them_too(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        JobTemplateSpec(**{"entry_point": "s3://code/x.py", **changes})


# Who may start it


def test_one_may_start_a_template_and_no_job_of_ones_own(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/iam-job-template.html."""

    def build(stack: TerraformStack) -> None:
        account = Account(stack, "account", region="eu-west-1", account_id=ACCOUNT)
        cluster = ExistingCluster(stack, "eks", spec=ExistingClusterSpec(name="data"), account=account)
        places = [VirtualCluster(stack, each, name=each, namespace=each, cluster=cluster) for each in ("one", "two")]
        scheduler, role = (Role(stack, name, name=name, trust="{}") for name in ("scheduler", "etl"))
        for name in ("daily", "hourly"):
            spec = JobTemplateSpec(entry_point=f"s3://code/{name}.py")
            template = JobTemplate(stack, name, name=f"data.etl.{name}", spec=spec, role=role)
            for place in (*places, *places):
                template.grant_start_job_run(scheduler, on=place)

    document = stack_of(build, tmp_path)
    statements = policy(document.only("aws_iam_role_policy")["policy"]).values()
    templates = {f"${{{document.address(each)}.arn}}" for each in document.resources("aws_emrcontainers_job_template")}
    clusters = document.resources("aws_emrcontainers_virtual_cluster")
    arns = {f"${{{document.address(each)}.arn}}" for each in clusters}
    starts = [each for each in statements if each["Action"] == "emr-containers:StartJobRun"]
    asked = [(each["Condition"]["ArnEquals"]["emr-containers:JobTemplateArn"], each["Resource"]) for each in starts]
    assert sorted(asked) == sorted(itertools.product(templates, arns))
    described = [each for each in statements if each["Action"] == "emr-containers:DescribeJobTemplate"]
    assert {each["Resource"] for each in described} == templates
    followed = [each for each in statements if "emr-containers:CancelJobRun" in listed(each["Action"])]
    assert {each["Resource"] for each in followed} == {f"{arn}/jobruns/*" for arn in arns}
