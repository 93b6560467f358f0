"""The StartJobRun request of a job. Pure.

https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_StartJobRun.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from constructs_lib._names import partition_of
from constructs_lib._pod_template import COMPONENTS, NODE_GROUP_LABEL, NODE_POOL_LABEL, Component, pod_templates
from constructs_lib._team import (
    DEFAULT_ROLE,
    job_role_name,
    log_group_name,
    log_prefix,
    team_prefix,
    virtual_cluster_name,
)
from emr_eks.job.presets import SPARK, Configuration
from emr_eks.job.spec import SUBMITTER, SUBMITTER_SELECTOR, JobSpec
from stacks.platform import Platform

UNKNOWN_ACCOUNT = "000000000000"
"""Stands for an account that was not asked for yet: as long as any, so that lengths can be checked."""
UNKNOWN_VIRTUAL_CLUSTER = "0" * 25


class Workplace(NamedTuple):
    """Where a team's jobs run."""

    team: str
    virtual_cluster_id: str
    virtual_cluster_name: str
    role_arns: Mapping[str, str]
    """The team's job roles by name."""
    bucket: str
    log_group: str
    variables: Mapping[str, str]
    """What `${...}` stand for in job files and presets."""
    tiers: Sequence[str]
    """The tiers that the team's jobs may run in; the first is the default."""
    pod_template_keys: Mapping[tuple[str | None, Component], str]
    """Where in the bucket the team's pod templates are, by tier, if it has any, and component."""
    submitter_pools: Mapping[str, Mapping[str, str]]
    """The node selector of each pool that the submitting pod can run on; the first is the best."""

    def upload_key(self, digest: str, name: str) -> str:
        """Return the key under which a job's file is uploaded; another content has another *digest* and key."""
        return f"{team_prefix(self.team)}/jobs/{digest[:12]}/{name}"


def workplace(
    platform: Platform,
    team: str,
    *,
    account_id: str = UNKNOWN_ACCOUNT,
    virtual_cluster_id: str = UNKNOWN_VIRTUAL_CLUSTER,
) -> Workplace:
    """Return the workplace of *team*, whose names follow from the platform's."""
    spec = platform.spec
    roles = f"arn:{partition_of(spec.region)}:iam::{account_id}:role"
    bucket = spec.bucket_name(account_id)
    tiers = spec.tiers_of(team)
    return Workplace(
        team=team,
        virtual_cluster_id=virtual_cluster_id,
        virtual_cluster_name=virtual_cluster_name(spec.cluster_name, team),
        role_arns={
            role: f"{roles}/{job_role_name(spec.cluster_name, spec.region, team, role, role_spec)}"
            for role, role_spec in spec.teams[team].roles.items()
        },
        bucket=bucket,
        log_group=log_group_name(spec.cluster_name, team, spec.teams[team]),
        variables=variables(platform, team, account_id=account_id),
        tiers=tuple(tiers),
        pod_template_keys={
            which: template.key for which, template in pod_templates(team, platform.placements(team), tiers).items()
        },
        submitter_pools=_submitter_pools(platform, team),
    )


def variables(platform: Platform, team: str, *, account_id: str = UNKNOWN_ACCOUNT) -> dict[str, str]:
    """Return what `${...}` stand for in the job files and presets of *team*."""
    spec = platform.spec
    of_pools = {key: value for key, value in spec.node_pool_variables.items() if isinstance(value, str)}
    return {**of_pools, "account_id": account_id, "bucket": spec.bucket_name(account_id), "team": team}


def start_job_run(job: JobSpec, at: Workplace, *, uploaded: Mapping[str, str]) -> dict[str, Any]:
    """Return the request, but for its client token; *uploaded* holds the URIs of the job's own files."""
    driver: dict[str, Any] = {
        "entryPoint": uploaded.get(job.entry_point, job.entry_point),
        "sparkSubmitParameters": " ".join(_submit_parameters(job, uploaded)),
    }
    if job.arguments:
        driver["entryPointArguments"] = list(job.arguments)
    request: dict[str, Any] = {
        "name": job.name,
        "virtualClusterId": at.virtual_cluster_id,
        "executionRoleArn": at.role_arns[job.role or DEFAULT_ROLE],
        "releaseLabel": job.release,
        "jobDriver": {"sparkSubmitJobDriver": driver},
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": classification, "properties": properties}
                for classification, properties in _configuration(job, at).items()
            ],
            "monitoringConfiguration": _monitoring(job, at),
        },
    }
    if job.retry:
        request["retryPolicyConfiguration"] = {"maxAttempts": job.retry.max_attempts}
    if job.tags:
        request["tags"] = dict(job.tags)
    return request


def _submit_parameters(job: JobSpec, uploaded: Mapping[str, str]) -> list[str]:
    sizes = {
        "spark.executor.instances": job.executor.instances,
        "spark.executor.memory": job.executor.memory,
        "spark.executor.memoryOverhead": job.executor.memory_overhead,
        "spark.executor.cores": job.executor.cores,
        "spark.driver.cores": job.driver.cores,
        "spark.driver.memory": job.driver.memory,
        "spark.driver.memoryOverhead": job.driver.memory_overhead,
    }
    options = {
        "--class": [job.main_class] if job.main_class else [],
        "--py-files": [uploaded.get(each, each) for each in job.py_files],
        "--jars": [uploaded.get(each, each) for each in job.jars],
    }
    return [
        *(f"{option} {','.join(values)}" for option, values in options.items() if values),
        *(f"--conf {key}={value}" for key, value in sizes.items() if value is not None),
    ]


def _configuration(job: JobSpec, at: Workplace) -> Configuration:
    tier = job.tier or next(iter(at.tiers), None)
    templates = {
        f"spark.kubernetes.{component}.podTemplateFile": f"s3://{at.bucket}/{at.pod_template_keys[tier, component]}"
        for component in COMPONENTS
    }
    asked = job.configuration(at.variables)
    found: Configuration = {SPARK: {**templates, **asked.pop(SPARK, {})}}
    pool = job.submitter_pool or next(iter(at.submitter_pools), None)
    if pool:
        found[SUBMITTER] = {f"{SUBMITTER_SELECTOR}{k}": v for k, v in at.submitter_pools[pool].items()}
    for classification, properties in asked.items():
        found.setdefault(classification, {}).update(properties)
    return found


def _monitoring(job: JobSpec, at: Workplace) -> dict[str, Any]:
    wanted = job.monitoring
    found: dict[str, Any] = {"persistentAppUI": "ENABLED" if wanted.application_ui else "DISABLED"}
    if wanted.cloudwatch:
        found["cloudWatchMonitoringConfiguration"] = {
            "logGroupName": at.log_group,
            "logStreamNamePrefix": wanted.log_prefix or job.name,
        }
    if wanted.s3:
        found["s3MonitoringConfiguration"] = {"logUri": f"s3://{at.bucket}/{log_prefix(job.team)}/"}
    if wanted.rotation:
        found["containerLogRotationConfiguration"] = {
            "rotationSize": wanted.rotation.size,
            "maxFilesToKeep": wanted.rotation.files,
        }
    return found


def _submitter_pools(platform: Platform, team: str) -> dict[str, dict[str, str]]:
    """Return the pools without taints: the drivers' first, then groups on demand, Karpenter's, and Spot last.

    The submitting pod could be given tolerations, but none for a taint without a value: EMR takes no empty ones.
    """
    groups = {name: group for name, group in platform.spec.groups.items() if not group.taints}
    found = {name: {NODE_GROUP_LABEL: name} for name in sorted(groups)}
    for pool in platform.pools.node_pools:
        if not pool.spec.template.spec.taints:
            found[pool.metadata.name] = {NODE_POOL_LABEL: pool.metadata.name}
    drivers = platform.spec.teams[team].driver_pool
    spot = {name for name, group in groups.items() if group.capacity_type == "SPOT"}
    return dict(sorted(found.items(), key=lambda item: (item[0] != drivers, item[0] in spot, item[0] not in groups)))
