"""The real Terraform with the real AWS provider: apply, nothing to do, change, destroy, nothing left."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emr_eks.local.terraform import find_provider_mirror, find_terraform, mirror_configuration

from .conftest import Aws, start, stop

pytestmark = pytest.mark.terraform

CONFIGURATION = Path(__file__).with_name("platform.tf")


class Terraform:
    """Terraform in a directory of its own, pointed at an embedded AWS by environment variables only."""

    def __init__(self, directory: Path, aws: Aws) -> None:
        self._directory = directory
        shutil.copy(CONFIGURATION, directory)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))},
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": aws.url,
            "TF_IN_AUTOMATION": "1",
        }
        mirror = find_provider_mirror()
        if mirror is not None:
            configuration = directory / "terraform.rc"
            configuration.write_text(mirror_configuration(mirror))
            self._environment["TF_CLI_CONFIG_FILE"] = str(configuration)

    def __call__(self, *arguments: str, expected: int = 0) -> str:
        command = [str(find_terraform()), *arguments, "-no-color"]
        done = subprocess.run(
            command, cwd=self._directory, env=self._environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == expected, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Aws]:
    """Start an AWS in which nothing exists."""
    running = start(tmp_path / "ready.json")
    yield running
    stop(running)


def test_apply_plan_change_and_destroy(tmp_path: Path, fresh: Aws) -> None:
    directory = tmp_path / "platform"
    directory.mkdir()
    terraform = Terraform(directory, fresh)
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-input=false", "-detailed-exitcode")

    outputs = {name: one["value"] for name, one in json.loads(terraform("output", "-json")).items()}
    groups = fresh("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    assert sorted(group["AutoScalingGroupName"] for group in groups) == sorted(outputs["auto_scaling_groups"])
    virtual_cluster = fresh("emr-containers").describe_virtual_cluster(id=outputs["virtual_cluster"])
    assert virtual_cluster["virtualCluster"]["state"] == "RUNNING"

    newer = ("-input=false", "-var=kubernetes=1.36", "-var=desired=3")
    terraform("apply", "-auto-approve", *newer)
    terraform("plan", "-detailed-exitcode", *newer)
    assert fresh("eks").describe_cluster(name="demo")["cluster"]["version"] == "1.36"

    terraform("destroy", "-auto-approve", *newer)
    status = fresh.status()
    assert status["resources"] == {}
    assert status["unanswered"] == []
