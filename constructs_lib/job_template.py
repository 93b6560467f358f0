"""A job template: a job that others start by its id, and cannot change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.emrcontainers_job_template import (
    EmrcontainersJobTemplate,
    EmrcontainersJobTemplateJobTemplateData,
    EmrcontainersJobTemplateJobTemplateDataConfigurationOverrides,
    EmrcontainersJobTemplateJobTemplateDataConfigurationOverridesApplicationConfiguration,
    EmrcontainersJobTemplateJobTemplateDataJobDriver,
    EmrcontainersJobTemplateJobTemplateDataJobDriverSparkSubmitJobDriver,
)
from constructs import Construct

from constructs_lib._dependencies import dependable
from constructs_lib._job_template import FIXED_PROVIDER, JobTemplateName, JobTemplateSpec
from constructs_lib._literal import literal
from constructs_lib._names import checked
from constructs_lib._policy import Statement, sid
from constructs_lib.role import Role
from constructs_lib.virtual_cluster import VirtualCluster

__all__ = ["FIXED_PROVIDER", "JobTemplate", "JobTemplateSpec"]


class JobTemplate(Construct):
    """Defines a template whose jobs run as *role*.

    EMR cannot change a template: any change makes another one, with another id, before the old one goes.
    The stack must ask for AWS provider `FIXED_PROVIDER` or newer where `spec.needs_fixed_provider`. *depends_on* is
    what must be there before anybody starts the job, such as its code.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        spec: JobTemplateSpec,
        role: Role,
        depends_on: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        self._resource = EmrcontainersJobTemplate(
            self,
            "Resource",
            name=checked(JobTemplateName, name, lambda: self.node.path),
            job_template_data=EmrcontainersJobTemplateJobTemplateData(
                execution_role_arn=role.arn,
                release_label=spec.release,
                job_driver=_driver(spec),
                configuration_overrides=_overrides(spec),
                job_tags=literal(spec.job_tags) or None,
            ),
            depends_on=dependable(depends_on, "depends_on", lambda: self.node.path) or None,
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.id: str = self._resource.id

    @cached_property
    def arn(self) -> str:
        """The template's ARN."""
        return self._resource.arn

    def grant_start_job_run(self, submitter: Role, *, on: VirtualCluster) -> None:
        """Let *submitter* start this job on a virtual cluster, but none of its own making, see and cancel what runs.

        https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/iam-job-template.html
        """
        name, name_there = sid(self.node.path), sid(f"{self.node.path} {on.node.path}")
        on.grant_follow_job_runs(submitter)
        submitter.add_statements(
            [
                Statement(f"DescribeJobTemplate{name}", ["emr-containers:DescribeJobTemplate"], [self.arn]),
                Statement(
                    f"StartJobRuns{name_there}",
                    ["emr-containers:StartJobRun"],
                    [on.arn],
                    conditions={"ArnEquals": {"emr-containers:JobTemplateArn": self.arn}},
                ),
            ]
        )


def _driver(spec: JobTemplateSpec) -> EmrcontainersJobTemplateJobTemplateDataJobDriver:
    return EmrcontainersJobTemplateJobTemplateDataJobDriver(
        spark_submit_job_driver=EmrcontainersJobTemplateJobTemplateDataJobDriverSparkSubmitJobDriver(
            entry_point=literal(spec.entry_point),
            entry_point_arguments=literal(spec.arguments) or None,
            spark_submit_parameters=literal(spec.spark_submit_parameters),
        )
    )


def _overrides(spec: JobTemplateSpec) -> EmrcontainersJobTemplateJobTemplateDataConfigurationOverrides:
    # Dicts, where a block is no list: the structs' names are longer than a line.
    monitoring: dict[str, Any] = {"persistent_app_ui": "ENABLED" if spec.application_ui else "DISABLED"}
    if spec.log_group:
        monitoring["cloud_watch_monitoring_configuration"] = {
            "log_group_name": spec.log_group,
            "log_stream_name_prefix": literal(spec.log_prefix),
        }
    if spec.log_uri:
        monitoring["s3_monitoring_configuration"] = {"log_uri": literal(spec.log_uri)}
    configurations = [
        EmrcontainersJobTemplateJobTemplateDataConfigurationOverridesApplicationConfiguration(
            classification=literal(classification), properties=literal(properties)
        )
        for classification, properties in spec.configurations.items()
    ]
    return EmrcontainersJobTemplateJobTemplateDataConfigurationOverrides(
        application_configuration=configurations or None, monitoring_configuration=monitoring
    )
