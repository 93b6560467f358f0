"""The real Terraform with the real AWS provider: apply, nothing to do, change, destroy, nothing left."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cdktf import TerraformStack
from shared_providers import shared_providers
from synthesised import stack_of

from constructs_lib.job_template import FIXED_PROVIDER, JobTemplate, JobTemplateSpec
from constructs_lib.role import Role
from emr_eks.local.terraform import find_provider_mirror, find_terraform, mirror_configuration

from .conftest import Aws, start, stop

pytestmark = pytest.mark.terraform

CONFIGURATION = Path(__file__).with_name("platform.tf")
TRUST = '{"Version":"2012-10-17","Statement":[]}'


class Terraform:
    """Terraform in a directory of its own, pointed at an embedded AWS by environment variables only."""

    def __init__(self, directory: Path, aws: Aws, configuration: Path = CONFIGURATION) -> None:
        self._directory, self._configuration = directory, configuration
        shutil.copy(configuration, directory)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))},
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": aws.url,
            "TF_IN_AUTOMATION": "1",
            "GOGC": "400",
        }
        mirror = find_provider_mirror()
        if mirror is not None:
            rc = directory / "terraform.rc"
            rc.write_text(mirror_configuration(mirror))
            self._environment["TF_CLI_CONFIG_FILE"] = str(rc)

    def __call__(self, *arguments: str, expected: int = 0) -> str:
        command = [str(find_terraform()), *arguments, "-no-color"]
        done = subprocess.run(
            command, cwd=self._directory, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == expected, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout + done.stderr

    @contextmanager
    def with_one_provider(self) -> Iterator[None]:
        """Let all commands use one AWS provider, with the types of what is written here."""
        types = re.findall(r'"(aws_\w+)"', self._configuration.read_text("utf-8"))
        with shared_providers(self._environment, self._directory, "aws", aws_types=types) as found:
            self._environment |= found
            yield


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Aws]:
    """Start an AWS in which nothing exists."""
    running = start(tmp_path / "ready.json")
    yield running
    stop(running)


def apply_plan_change_and_destroy(directory: Path) -> None:
    """Live through every kind of resource that the emulator should know."""
    aws = start(directory / "ready.json")
    try:
        terraform = Terraform(directory, aws)
        with terraform.with_one_provider():
            lives_through(terraform, aws)
    finally:
        stop(aws)


def lives_through(terraform: Terraform, aws: Aws) -> None:
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-input=false", "-detailed-exitcode")

    outputs = {name: one["value"] for name, one in json.loads(terraform("output", "-json")).items()}
    groups = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert sorted(group["AutoScalingGroupName"] for group in groups) == sorted(outputs["auto_scaling_groups"])
    virtual_cluster = aws("emr-containers").describe_virtual_cluster(id=outputs["virtual_cluster"])
    assert virtual_cluster["virtualCluster"]["state"] == "RUNNING"

    newer = ("-input=false", "-var=kubernetes=1.36", "-var=desired=3")
    terraform("apply", "-auto-approve", *newer)
    terraform("plan", "-detailed-exitcode", *newer)
    assert aws("eks").describe_cluster(name="demo")["cluster"]["version"] == "1.36"

    terraform("destroy", "-auto-approve", *newer)
    status = aws.status()
    assert status["resources"] == {}
    assert status["unanswered"] == []


@pytest.mark.life(lived=apply_plan_change_and_destroy)
def test_apply_plan_change_and_destroy(life: Future[None]) -> None:
    life.result()


def template(directory: Path, aws: Aws, **spec: Any) -> Terraform:
    """Return Terraform in *directory*, ready to make one job template of ours, with the provider that is here."""

    def build(stack: TerraformStack) -> None:
        role = Role(stack, "etl", name="etl", trust=TRUST)
        JobTemplate(
            stack, "daily", name="daily", spec=JobTemplateSpec(entry_point="s3://code/daily.py", **spec), role=role
        )

    configuration = directory / "cdk.tf.json"
    content = stack_of(build, directory / "out").content
    providers = content["terraform"]["required_providers"]
    # Not the version of the bindings, but whichever there is; and no Kubernetes.
    providers["aws"].pop("version")
    del providers["kubernetes"], content["provider"]["kubernetes"], content["terraform"]["backend"]
    configuration.write_text(json.dumps(content))
    (place := directory / "terraform").mkdir()
    terraform = Terraform(place, aws, configuration)
    terraform("init", "-input=false")
    return terraform


def test_a_job_template_is_applied_and_started(tmp_path: Path, fresh: Aws) -> None:
    """By any provider, where it neither names a log group nor holds configurations."""
    spec: dict[str, Any] = {
        "arguments": ["${x} %{y}"],
        "spark_submit_parameters": "--conf spark.executor.instances=2",
        "log_uri": "s3://logs/daily/",
        "job_tags": {"cost": "42"},
    }
    terraform = template(tmp_path, fresh, **spec)
    emr = fresh("emr-containers")
    with terraform.with_one_provider():
        terraform("apply", "-auto-approve", "-input=false")
        terraform("plan", "-input=false", "-detailed-exitcode")
        (made,) = emr.list_job_templates()["templates"]
        terraform("destroy", "-auto-approve", "-input=false")
        assert emr.list_job_templates()["templates"] == []
    assert made["name"] == "daily"
    data = made["jobTemplateData"]
    assert data["executionRoleArn"].endswith(":role/etl")
    assert data["jobDriver"]["sparkSubmitJobDriver"] == {
        "entryPoint": "s3://code/daily.py",
        "entryPointArguments": ["${x} %{y}"],
        "sparkSubmitParameters": "--conf spark.executor.instances=2",
    }
    assert data["configurationOverrides"]["monitoringConfiguration"] == {
        "persistentAppUI": "ENABLED",
        "s3MonitoringConfiguration": {"logUri": "s3://logs/daily/"},
    }
    assert data["jobTags"] == {"cost": "42"}


def test_older_providers_lose_what_we_ask_a_newer_one_for(tmp_path: Path, fresh: Aws) -> None:
    """Without these two reasons, the floor of `FIXED_PROVIDER` would be a burden for nothing."""
    terraform = template(
        tmp_path, fresh, log_group="/jobs", configurations={"spark-defaults": {"spark.executor.cores": "2"}}
    )
    version = json.loads(terraform("version", "-json"))["provider_selections"]["registry.terraform.io/hashicorp/aws"]
    newer = tuple(map(int, version.split("."))) >= tuple(map(int, FIXED_PROVIDER.split(".")))
    with terraform.with_one_provider():
        said = terraform("apply", "-auto-approve", "-input=false", expected=0 if newer else 1)
    assert newer or "expected a map, got 'slice'" in said
    (made,) = fresh("emr-containers").list_job_templates()["templates"]
    monitoring = made["jobTemplateData"]["configurationOverrides"]["monitoringConfiguration"]
    kept = monitoring.get("cloudWatchMonitoringConfiguration", {}).get("logGroupName")
    assert kept == ("/jobs" if newer else None)
