"""The request that EMR gets for a job file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from conftest import ROOT

from emr_eks.job.request import code_key, start_job_run, workplace
from emr_eks.job.spec import JobSpec
from provisioners.source import InvalidFile, load
from stacks.platform import Platform

ACCOUNT = "123456789012"
JOB = ROOT / "examples" / "jobs" / "threadsleep.yaml"


def request(platform: Platform, job: JobSpec) -> dict[str, Any]:
    place = workplace(platform.spec, job.team, account_id=ACCOUNT, virtual_cluster_id="vc1")
    return start_job_run(job, place, entry_point="s3://code/threadsleep.py")


def test_the_seeds_job_is_the_request_that_the_seed_sends(platform: Platform) -> None:
    """Every figure of S3's `threadsleep-karpenter-wo-dra`, but for the release and the names of places."""
    sent = request(platform, load(JobSpec, JOB))
    assert sent["name"] == "threadsleep-karpenter-wo-dra"
    parameters = sent["jobDriver"]["sparkSubmitJobDriver"]["sparkSubmitParameters"]
    assert set(parameters.removeprefix("--conf ").split(" --conf ")) == {
        "spark.executor.instances=15",
        "spark.executor.memory=1G",
        "spark.executor.cores=1",
        "spark.driver.cores=1",
    }
    (defaults,) = sent["configurationOverrides"]["applicationConfiguration"]
    assert defaults["classification"] == "spark-defaults"
    assert defaults["properties"]["spark.dynamicAllocation.enabled"] == "false"
    assert defaults["properties"]["spark.kubernetes.executor.deleteOnTermination"] == "true"
    templates = [value for key, value in defaults["properties"].items() if key.endswith("podTemplateFile")]
    assert len(templates) == 2
    assert all(each.startswith(f"s3://emr-on-eks-{ACCOUNT}-us-east-1/") for each in templates)


def test_emrs_own_model_accepts_the_request(platform: Platform) -> None:
    """Lengths, patterns and names of StartJobRun, as botocore carries them."""
    service = botocore.session.get_session().get_service_model("emr-containers")
    shape = service.operation_model("StartJobRun").input_shape
    sent = {**request(platform, load(JobSpec, JOB)), "clientToken": "t"}
    assert not ParamValidator().validate(sent, shape).has_errors()


def test_a_job_goes_where_its_teams_things_are(platform: Platform, documents: dict[str, Any]) -> None:
    """The request names the role, the log group and the pod templates that Terraform makes."""
    sent = request(platform, load(JobSpec, JOB))
    teams = documents["teams"]
    role = sent["executionRoleArn"].rsplit("/", 1)[-1]
    assert teams.only("aws_iam_role", name=role)
    monitoring = sent["configurationOverrides"]["monitoringConfiguration"]
    group = monitoring["cloudWatchMonitoringConfiguration"]["logGroupName"]
    assert teams.only("aws_cloudwatch_log_group", name=group)
    properties = sent["configurationOverrides"]["applicationConfiguration"][0]["properties"]
    for component in ("driver", "executor"):
        uri = properties[f"spark.kubernetes.{component}.podTemplateFile"]
        assert teams.only("aws_s3_object", key=uri.split("/", 3)[-1])
    assert teams.resources("aws_s3_bucket")[0]["bucket"].endswith("-us-east-1")


def test_changed_code_gets_a_new_key() -> None:
    job = JobSpec(name="x", team="etl", entry_point="job.py")
    assert code_key(job, b"1") != code_key(job, b"2")
    assert code_key(job, b"1") == code_key(job, b"1")
    assert code_key(job, b"1").startswith("teams/etl/jobs/")
    assert code_key(job, b"1").endswith("/job.py")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "team: etl\nentry_point: x.py\n",
            "job.yaml:1:1: name: is required (The job's name); add for example 'name: threadsleep'",
        ),
        (
            "name: a b\nteam: etl\nentry_point: x.py\n",
            "job.yaml:1:7: name: must be the name of a job: at most 64 letters, digits and the characters . _ - / #, "
            "got 'a b'; for example 'daily-sales'",
        ),
        (
            "name: a\nteam: etl\nrelease: emr-6.2.0-latest\nentry_point: x.py\n",
            "job.yaml:3:10: release: must know pod templates, as EMR does since 5.33.0 and 6.3.0, "
            "got 'emr-6.2.0-latest'",
        ),
        (
            "name: a\nteam: etl\nentry_point: x.py\nexecutor:\n  memory: 4\n",
            "job.yaml:5:11: executor.memory: must be text, got 4; put it in quotes",
        ),
        (
            "name: a\nteam: etl\nentry_point: x.py\nexecutor:\n  memory: 4 GB\n",
            "job.yaml:5:11: executor.memory: must be an amount of memory as Spark writes it: a number and k, m, g or t,"
            " got '4 GB'; like '4g'",
        ),
        (
            "name: a\nteam: etl\nentry_point: x.py\nspark:\n  executor.cores: '1'\n",
            "job.yaml:5:19: spark[\"executor.cores\"]: must begin with 'spark.', got 'executor.cores'",
        ),
        (
            "name: a\nteam: etl\nentry_point: x.py\nspark:\n  spark.kubernetes.driver.podTemplateFile: s3://mine\n",
            'job.yaml:5:44: spark["spark.kubernetes.driver.podTemplateFile"]: is set by the platform; '
            "take it out; the team's pools decide",
        ),
    ],
)
def test_bad_job_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("job.yaml").write_text(text, "utf-8")
    with pytest.raises(InvalidFile) as error:
        load(JobSpec, Path("job.yaml"))
    assert str(error.value) == message
