"""A job template of EMR on EKS as Terraform can hold it, as data.

https://docs.aws.amazon.com/emr-on-eks/latest/APIReference/API_CreateJobTemplate.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

from pydantic import Field

from constructs_lib._log_group import LogGroupName
from constructs_lib._names import fit
from constructs_lib._versions import DEFAULT_RELEASE, ReleaseLabel
from provisioners.spec import Items, Problem, Spec, text

FIXED_PROVIDER = "6.21.0"
"""Older AWS providers forget a template's log group, and cannot read back one with `configurations`.

https://github.com/hashicorp/terraform-provider-aws/pull/45029
"""
NO_ORDER = "the AWS provider keeps the arguments of a template as a set, in no order"
"""`entry_point_arguments`, https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/emrcontainers_job_template"""

JobTemplateName = Annotated[
    str,
    text(
        r"[./#A-Za-z0-9_-]+",
        "must be the name of a job template: at most 64 letters, digits and the characters . _ - / #",
        "for example 'analytics.etl.daily-sales'",
        max_length=64,
    ),
]
_Text = Annotated[str, Field(min_length=1)]


class JobTemplateSpec(Spec):
    """What Terraform can hold of a PySpark, Scala or Java job that is started by the template's id.

    What it cannot, there is no field for: parameters, deeper configurations, rotation of logs. Retries belong to the
    request that names the template.
    """

    release: ReleaseLabel = Field(default=DEFAULT_RELEASE, description="The EMR release.")
    entry_point: Annotated[_Text, Field(max_length=256)] = Field(
        description="The URI of what to run.", examples=["s3://code-of-sales/daily.py"]
    )
    arguments: Items[_Text] = Field(
        default=(), description="At most one argument, because the provider does not keep order."
    )
    spark_submit_parameters: Annotated[_Text, Field(max_length=102400)] | None = Field(
        default=None, description="The class, sizes, further code and `--conf`."
    )
    configurations: dict[_Text, dict[str, str]] = Field(
        default={}, description=f"Properties by classification; with AWS provider {FIXED_PROVIDER} or newer."
    )
    log_group: LogGroupName | None = Field(
        default=None, description=f"The log group; with AWS provider {FIXED_PROVIDER} or newer."
    )
    log_prefix: Annotated[_Text, Field(max_length=256)] | None = Field(
        default=None, description="Begins the names of the log streams."
    )
    log_uri: _Text | None = Field(default=None, description="Where in S3 logs go.")
    application_ui: bool = Field(default=True, description="Whether EMR keeps the Spark history of jobs.")
    job_tags: dict[str, str] = Field(default={}, description="Tags of the job runs.")

    def rules(self) -> Iterator[Problem]:
        if len(self.arguments) > 1:
            yield Problem(("arguments",), f"must be at most one, because {NO_ORDER}", len(self.arguments))
        if self.log_prefix and not self.log_group:
            yield Problem(("log_prefix",), "must not be given without `log_group`", self.log_prefix)

    @property
    def needs_fixed_provider(self) -> bool:
        """Whether AWS providers before `FIXED_PROVIDER` would lose a part of it."""
        return bool(self.configurations or self.log_group)


class TeamJob(NamedTuple):
    """A job of a team that is to have a template."""

    template: JobTemplateSpec
    role: str
    """The name of the team's job role that it runs as."""
    code: Mapping[str, str]
    """What Terraform must upload for it: text, by key in the platform's bucket."""


def job_template_name(cluster_name: str, team: str, job: str) -> str:
    """Return the name of the template of a team's job; names are the account's."""
    return fit(f"{cluster_name}.{team}.{job}", 64)
