"""The request that EMR gets for a job file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from conftest import ROOT, MakePlatform
from hypothesis import given
from hypothesis import strategies as st
from synthesised import synthesise

from emr_eks.job.file import open_job
from emr_eks.job.model import breaches
from emr_eks.job.presets import PRESETS, PresetName
from emr_eks.job.request import Workplace, start_job_run, workplace
from emr_eks.job.spec import JobSpec
from provisioners.source import InvalidFile
from stacks.platform import Platform, load

ACCOUNT = "123456789012"
PLATFORM = load(ROOT / "platform.yaml")
JOB = ROOT / "examples" / "jobs" / "threadsleep.yaml"
NODES = {"instance_types": ["m6i.xlarge"], "min_size": 2, "max_size": 4}


def place(platform: Platform) -> Workplace:
    return workplace(platform, "analytics", account_id=ACCOUNT, virtual_cluster_id="vc1")


def request(platform: Platform, **changes: Any) -> dict[str, Any]:
    job = JobSpec(**{"name": "x", "team": "analytics", "entry_point": "s3://b/x.py", **changes})
    return start_job_run(job, place(platform), uploaded={})


def properties(request: dict[str, Any], classification: str = "spark-defaults") -> dict[str, str]:
    parts = request["configurationOverrides"]["applicationConfiguration"]
    (found,) = [part["properties"] for part in parts if part["classification"] == classification]
    return dict(found)


def parameters(request: dict[str, Any]) -> str:
    return str(request["jobDriver"]["sparkSubmitJobDriver"]["sparkSubmitParameters"])


def test_emrs_own_model_accepts_the_request(platform: Platform) -> None:
    """Names, types and least lengths of StartJobRun, as botocore checks them."""
    service = botocore.session.get_session().get_service_model("emr-containers")
    shape = service.operation_model("StartJobRun").input_shape
    sent, _ = open_job(JOB, platform).request(place(platform))
    assert not ParamValidator().validate({**sent, "clientToken": "t"}, shape).has_errors()


def test_a_job_runs_as_the_role_that_it_names(make_platform: MakePlatform, tmp_path: Path) -> None:
    """By the name that Terraform gives that role."""
    platform = make_platform(teams={"analytics": {"job_roles": {"reports": {}, "own": {"name": "our-own"}}}})
    teams = synthesise(platform, tmp_path / "out")["teams"]
    outputs = teams.output("emr_on_eks_role_arns")["analytics"]
    names = {f"${{{teams.address(role)}.arn}}": role["name"] for role in teams.resources("aws_iam_role")}
    for role in (None, "reports", "own"):
        sent = request(platform, role=role)["executionRoleArn"]
        assert sent == f"arn:aws:iam::{ACCOUNT}:role/{names[outputs[role or 'job']]}"


def test_a_job_goes_where_its_teams_things_are(platform: Platform, documents: dict[str, Any]) -> None:
    """The request names the role, the log group and the pod templates that Terraform makes."""
    sent, _ = open_job(JOB, platform).request(place(platform))
    teams = documents["teams"]
    role = sent["executionRoleArn"].rsplit("/", 1)[-1]
    assert teams.only("aws_iam_role", name=role)
    monitoring = sent["configurationOverrides"]["monitoringConfiguration"]
    group = monitoring["cloudWatchMonitoringConfiguration"]["logGroupName"]
    assert teams.only("aws_cloudwatch_log_group", name=group)
    for component in ("driver", "executor"):
        uri = properties(sent)[f"spark.kubernetes.{component}.podTemplateFile"]
        assert teams.only("aws_s3_object", key=uri.split("/", 3)[-1])
    assert teams.resources("aws_s3_bucket")[0]["bucket"].endswith("-us-east-1")


def test_everything_in_a_job_file_reaches_the_request(platform: Platform) -> None:
    sent = request(
        platform,
        release="emr-7.1.0-20240415",
        main_class="com.example.Job",
        arguments=["b", "a b"],
        py_files=["s3://b/one.py", "s3://b/two.zip"],
        jars=["s3://b/three.jar"],
        driver={"cores": 2, "memory": "3g", "memory_overhead": "1g"},
        executor={"instances": 4, "cores": 5, "memory": "6g", "memory_overhead": "2g"},
        spark={"spark.sql.shuffle.partitions": "7"},
        configurations={
            "spark-log4j2": {"rootLogger.level": "warn"},
            "emr-job-submitter": {"jobsubmitter.label.a": "b"},
        },
        retry={"max_attempts": 3},
        monitoring={
            "application_ui": False,
            "log_prefix": "here",
            "rotation": {"size": "200MB", "files": 5},
        },
        tags={"cost": "42"},
    )
    assert parameters(sent) == (
        "--class com.example.Job --py-files s3://b/one.py,s3://b/two.zip --jars s3://b/three.jar "
        "--conf spark.executor.instances=4 --conf spark.executor.memory=6g --conf spark.executor.memoryOverhead=2g "
        "--conf spark.executor.cores=5 --conf spark.driver.cores=2 --conf spark.driver.memory=3g "
        "--conf spark.driver.memoryOverhead=1g"
    )
    assert sent["jobDriver"]["sparkSubmitJobDriver"]["entryPointArguments"] == ["b", "a b"]
    assert sent["releaseLabel"] == "emr-7.1.0-20240415"
    assert properties(sent)["spark.sql.shuffle.partitions"] == "7"
    assert properties(sent, "spark-log4j2") == {"rootLogger.level": "warn"}
    assert properties(sent, "emr-job-submitter")["jobsubmitter.label.a"] == "b"
    assert sent["retryPolicyConfiguration"] == {"maxAttempts": 3}
    assert sent["tags"] == {"cost": "42"}
    assert sent["configurationOverrides"]["monitoringConfiguration"] == {
        "persistentAppUI": "DISABLED",
        "cloudWatchMonitoringConfiguration": {
            "logGroupName": "/emr-eks/emr-on-eks/analytics",
            "logStreamNamePrefix": "here",
        },
        "s3MonitoringConfiguration": {"logUri": f"s3://emr-on-eks-{ACCOUNT}-us-east-1/logs/analytics/"},
        "containerLogRotationConfiguration": {"rotationSize": "200MB", "maxFilesToKeep": 5},
    }
    assert breaches("StartJobRun", sent) == []


def test_logs_can_stay_away(platform: Platform) -> None:
    sent = request(platform, monitoring={"cloudwatch": False, "s3": False})
    assert sent["configurationOverrides"]["monitoringConfiguration"] == {"persistentAppUI": "ENABLED"}


def submitter(platform: Platform, **changes: Any) -> dict[str, str]:
    return properties(request(platform, **changes), "emr-job-submitter")


def test_the_submitting_pod_runs_on_demand_where_nothing_keeps_it_away(make_platform: MakePlatform) -> None:
    """The default pools are tainted without a value, and EMR takes no toleration for those."""
    selector = "jobsubmitter.node.selector.emr-eks/node-group"
    groups = {
        "a-spot": {**NODES, "capacity_type": "SPOT"},
        "b-tainted": {**NODES, "taints": [{"key": "gpu", "effect": "NO_SCHEDULE"}]},
        "c-system": NODES,
        "managed-ondemand": None,
    }
    platform = make_platform(node_groups=groups)
    assert submitter(platform) == {selector: "c-system"}
    assert submitter(platform, submitter_pool="a-spot") == {selector: "a-spot"}
    drivers = make_platform(node_groups=groups, teams={"analytics": {"driver_pool": "a-spot"}})
    assert submitter(drivers) == {selector: "a-spot"}


def test_without_a_pool_of_ours_the_submitting_pod_goes_anywhere(make_platform: MakePlatform) -> None:
    platform = make_platform(
        vpc=None, cluster=None, node_groups=None, existing_cluster={"name": "shared", "version": "1.35"}
    )
    parts = request(platform)["configurationOverrides"]["applicationConfiguration"]
    assert [part["classification"] for part in parts] == ["spark-defaults"]


def test_presets_are_combined_and_the_job_has_the_last_word(platform: Platform) -> None:
    sent = request(
        platform,
        presets=["dynamic-allocation-spot", "spot-decommission", "glue-catalog", "single-az", "event-logs"],
        spark={"spark.dynamicAllocation.maxExecutors": "7"},
    )
    found = properties(sent)
    assert found["spark.dynamicAllocation.enabled"] == "true"
    assert found["spark.dynamicAllocation.maxExecutors"] == "7"
    assert found["spark.decommission.enabled"] == "true"
    assert found["spark.sql.catalogImplementation"] == "hive"
    assert found["spark.kubernetes.node.selector.topology.kubernetes.io/zone"] == "us-east-1a"
    fallback = found["spark.storage.decommission.fallbackStorage.path"]
    assert fallback == f"s3://emr-on-eks-{ACCOUNT}-us-east-1/teams/analytics/spark-fallback/"
    assert properties(sent, "emr-containers-defaults") == {
        "logging.eventLog.dir": f"s3://emr-on-eks-{ACCOUNT}-us-east-1/teams/analytics/spark-events"
    }


def test_pvc_reuse_gives_executors_volumes_that_the_driver_keeps(platform: Platform) -> None:
    """The three switches and the plugin of https://spark.apache.org/docs/latest/running-on-kubernetes.html."""
    found = properties(request(platform, presets=["pvc-reuse"]))
    volume = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1."
    assert {key.removeprefix(volume): value for key, value in found.items() if key.startswith(volume)} == {
        "options.claimName": "OnDemand",
        "options.storageClass": "gp2",
        "options.sizeLimit": "50Gi",
        "mount.path": "/data",
        "mount.readOnly": "false",
    }
    for switch in ("own", "reuse", "waitToReuse"):
        assert found[f"spark.kubernetes.driver.{switch}PersistentVolumeClaim"] == "true"


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_alone_makes_a_request_that_emr_takes(name: PresetName, platform: Platform) -> None:
    sent = request(platform, presets=[name])
    assert breaches("StartJobRun", sent) == []
    assert "${" not in str(sent)
    assert PRESETS[name].source.startswith("https://")


def test_variables_are_filled_in(tmp_path: Path, platform: Platform) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(
        "name: a\nteam: analytics\nentry_point: s3://${bucket}/x.py\n"
        "arguments: ['${region}', '${az}', '${cluster_name}', '${account_id}', '${team}']\n",
        "utf-8",
    )
    driver = open_job(file, platform).request(place(platform))[0]["jobDriver"]["sparkSubmitJobDriver"]
    assert driver["entryPoint"] == f"s3://emr-on-eks-{ACCOUNT}-us-east-1/x.py"
    assert driver["entryPointArguments"] == ["us-east-1", "us-east-1a", "emr-on-eks", ACCOUNT, "analytics"]


def test_code_is_uploaded_to_where_the_request_says(tmp_path: Path, platform: Platform) -> None:
    (tmp_path / "lib").mkdir()
    for name in ("main.py", "lib/one.py", "lib/two.jar"):
        (tmp_path / name).write_text(name, "utf-8")
    file = tmp_path / "job.yaml"
    file.write_text(
        "name: a\nteam: analytics\nentry_point: main.py\npy_files: [lib/one.py, s3://b/x.zip]\njars: [lib/two.jar]\n",
        "utf-8",
    )

    def uploads() -> dict[str, str]:
        sent, found = open_job(file, platform).request(place(platform))
        uris = sent["jobDriver"]["sparkSubmitJobDriver"]["entryPoint"] + " " + parameters(sent)
        assert all(f"s3://emr-on-eks-{ACCOUNT}-us-east-1/{key}" in uris for key in found)
        assert "s3://b/x.zip" in uris
        return {path.name: key for key, path in found.items()}

    before = uploads()
    assert set(before) == {"main.py", "one.py", "two.jar"}
    assert all(key.startswith("teams/analytics/jobs/") for key in before.values())
    (tmp_path / "main.py").write_text("changed", "utf-8")
    after = uploads()
    assert after["main.py"] != before["main.py"]
    assert after["one.py"] == before["one.py"]


# EMR's model, asked with requests that break it in one place each.

WHOLE: dict[str, Any] = {
    "name": "a",
    "virtualClusterId": "vc1",
    "executionRoleArn": "arn:aws:iam::123456789012:role/a",
    "releaseLabel": "emr-7.13.0-latest",
    "jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "s3://b/x.py"}},
}


def spark(**changes: Any) -> dict[str, Any]:
    return {"jobDriver": {"sparkSubmitJobDriver": {"entryPoint": "x", **changes}}}


def monitored(**changes: Any) -> dict[str, Any]:
    return {"configurationOverrides": {"monitoringConfiguration": changes}}


def configured(**changes: Any) -> dict[str, Any]:
    return {"configurationOverrides": {"applicationConfiguration": [{"classification": "c", **changes}]}}


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        ({"name": "x" * 65}, "name", "must have at most 64 characters, got 65"),
        ({"name": "a b"}, "name", r"must match [\.\-_/#A-Za-z0-9]+, got 'a b'"),
        ({"name": ""}, "name", "must have at least 1 characters, got 0"),
        ({"executionRoleArn": "arn:aws:iam::1:role/a"}, "executionRoleArn", "must match ^arn:"),
        (spark(entryPoint="x" * 257), "jobDriver.sparkSubmitJobDriver.entryPoint", "at most 256 characters, got 257"),
        (spark(entryPointArguments=["x" * 10281]), "jobDriver.sparkSubmitJobDriver.entryPointArguments.0", "10280"),
        (spark(sparkSubmitParameters="x" * 102401), "jobDriver.sparkSubmitJobDriver.sparkSubmitParameters", "102400"),
        (
            configured(properties={"a": "x" * 1025}),
            "configurationOverrides.applicationConfiguration.0.properties.a",
            "1024 characters, got 1025",
        ),
        (
            configured(properties={"a": ""}),
            "configurationOverrides.applicationConfiguration.0.properties.a",
            "at least 1 characters",
        ),
        (
            configured(properties={str(number): "1" for number in range(101)}),
            "configurationOverrides.applicationConfiguration.0.properties",
            "must have at most 100 entries, got 101",
        ),
        (
            monitored(persistentAppUI="YES"),
            "configurationOverrides.monitoringConfiguration.persistentAppUI",
            "must be one of ENABLED, DISABLED, got 'YES'",
        ),
        (
            monitored(cloudWatchMonitoringConfiguration={}),
            "configurationOverrides.monitoringConfiguration.cloudWatchMonitoringConfiguration.logGroupName",
            "is required",
        ),
        (
            monitored(containerLogRotationConfiguration={"rotationSize": "1MB", "maxFilesToKeep": 51}),
            "configurationOverrides.monitoringConfiguration.containerLogRotationConfiguration.maxFilesToKeep",
            "must have at most 50, got 51",
        ),
        (
            spark(entryPointArguments=["one\n"]),
            "jobDriver.sparkSubmitJobDriver.entryPointArguments.0",
            r"must match .*\S.*",
        ),
        (spark(entryPointArguments=["\x85\x85"]), "jobDriver.sparkSubmitJobDriver.entryPointArguments.0", "must match"),
        ({"tags": {str(number): "1" for number in range(51)}}, "tags", "must have at most 50 entries, got 51"),
        ({"retryPolicyConfiguration": {"maxAttempts": "3"}}, "retryPolicyConfiguration.maxAttempts", "be a integer"),
        ({"jobdriver": {}}, "jobdriver", "is unknown to the service"),
    ],
)
def test_the_models_limits_are_checked(changes: dict[str, Any], path: str, rule: str) -> None:
    (breach,) = breaches("StartJobRun", {**WHOLE, **changes})
    assert ".".join(map(str, breach.path)) == path
    assert rule in breach.rule


def test_a_whole_request_breaks_nothing() -> None:
    assert breaches("StartJobRun", WHOLE) == []
    # Where the pattern takes ends of lines, so do we.
    assert breaches("StartJobRun", {**WHOLE, **monitored(s3MonitoringConfiguration={"logUri": "s3://b/\n"})}) == []
    assert [each.path for each in breaches("StartJobRun", {})] == [("virtualClusterId",)]


TEXT = st.text(st.characters(codec="ascii") | st.sampled_from("\x85\u2028\u2029"), min_size=1, max_size=40)


@given(
    name=st.from_regex(r"[.\-_/#A-Za-z0-9]{1,64}", fullmatch=True),
    arguments=st.lists(TEXT, max_size=3),
    spark=st.dictionaries(TEXT.map(lambda key: f"spark.{key}"), TEXT, max_size=3),
    tags=st.dictionaries(TEXT, TEXT, max_size=3),
    prefix=TEXT,
)
def test_what_a_job_may_say_emr_takes(
    name: str, arguments: list[str], spark: dict[str, str], tags: dict[str, str], prefix: str
) -> None:
    """Whatever passes the Spec makes a request that passes the API's model: nothing is found out too late."""
    try:
        sent = request(
            PLATFORM, name=name, arguments=arguments, spark=spark, tags=tags, monitoring={"log_prefix": prefix}
        )
    except ValueError:
        return
    assert breaches("StartJobRun", sent) == []


def test_a_file_that_is_not_there_is_told_before_anything_is_called(tmp_path: Path, platform: Platform) -> None:
    file = tmp_path / "job.yaml"
    file.write_text("name: a\nteam: analytics\nentry_point: gone.py\njars: [x.jar]\n", "utf-8")
    with pytest.raises(InvalidFile) as error:
        open_job(file, platform)
    assert [problem.path for problem in error.value.problems] == [("entry_point",), ("jars", 0)]
