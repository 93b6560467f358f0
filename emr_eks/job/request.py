"""The StartJobRun request of a job. Pure.

https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

from constructs_lib._names import partition_of
from constructs_lib._pod_template import COMPONENTS, pod_template_key
from constructs_lib._team import job_role_name, log_group_name, team_prefix
from emr_eks.job.spec import JobSpec
from stacks.platform import PlatformSpec


class Workplace(NamedTuple):
    """Where a team's jobs run."""

    virtual_cluster_id: str
    role_arn: str
    bucket: str
    log_group: str


def workplace(platform: PlatformSpec, team: str, *, account_id: str, virtual_cluster_id: str) -> Workplace:
    """Return the workplace of *team*, whose names follow from the platform's."""
    role = job_role_name(platform.cluster_name, team, platform.teams[team])
    return Workplace(
        virtual_cluster_id=virtual_cluster_id,
        role_arn=f"arn:{partition_of(platform.region)}:iam::{account_id}:role/{role}",
        bucket=platform.bucket_name(account_id),
        log_group=log_group_name(platform.cluster_name, team),
    )


def code_key(job: JobSpec, content: bytes) -> str:
    """Return the key under which the job's own file is uploaded; another content gets another key."""
    file_name = job.entry_point.rsplit("/", 1)[-1]
    return f"{team_prefix(job.team)}/jobs/{hashlib.sha256(content).hexdigest()[:12]}/{file_name}"


def start_job_run(job: JobSpec, at: Workplace, *, entry_point: str) -> dict[str, Any]:
    """Return the request, but for its client token."""
    sizes = {
        "spark.executor.instances": job.executor.instances,
        "spark.executor.memory": job.executor.memory,
        "spark.executor.cores": job.executor.cores,
        "spark.driver.cores": job.driver.cores,
    } | ({"spark.driver.memory": job.driver.memory} if job.driver.memory else {})
    templates = {
        f"spark.kubernetes.{component}.podTemplateFile": f"s3://{at.bucket}/{pod_template_key(job.team, component)}"
        for component in COMPONENTS
    }
    driver: dict[str, Any] = {
        "entryPoint": entry_point,
        "sparkSubmitParameters": " ".join(f"--conf {key}={value}" for key, value in sizes.items()),
    }
    if job.arguments:
        driver["entryPointArguments"] = list(job.arguments)
    return {
        "name": job.name,
        "virtualClusterId": at.virtual_cluster_id,
        "executionRoleArn": at.role_arn,
        "releaseLabel": job.release,
        "jobDriver": {"sparkSubmitJobDriver": driver},
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": {**templates, **job.spark}}
            ],
            "monitoringConfiguration": {
                "persistentAppUI": "ENABLED",
                "cloudWatchMonitoringConfiguration": {
                    "logGroupName": at.log_group,
                    "logStreamNamePrefix": job.name,
                },
                "s3MonitoringConfiguration": {"logUri": f"s3://{at.bucket}/logs/{job.team}/"},
            },
        },
    }
