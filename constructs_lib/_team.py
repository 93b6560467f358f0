"""A data team's part of the platform, as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from constructs_lib._job_role import JobRoleSpec
from constructs_lib._log_group import LogGroupName, RetentionDays
from constructs_lib._names import cut, fit
from constructs_lib._namespace import QuotaSpec
from provisioners.spec import DnsLabel, Items, Path, Problem, Spec

FileName = Annotated[str, Field(min_length=1)]
DEFAULT_ROLE = "job"
"""What a team's own job role is called among its further ones."""


class TeamSpec(Spec):
    """One team: a namespace, a virtual cluster, job roles, a log group and pod templates."""

    namespace: DnsLabel | None = Field(
        default=None, description="The Kubernetes namespace, by default the team's name."
    )
    quota: QuotaSpec | None = Field(
        default=QuotaSpec(), description="What the team's pods may ask for together; `null` for no bound."
    )
    job_role: JobRoleSpec = Field(
        default=JobRoleSpec(), description="Who the team's jobs are to AWS, and what they may do."
    )
    job_roles: dict[DnsLabel, JobRoleSpec] = Field(
        default={},
        description="Further roles by name, for jobs that say `role:`; their default names hold it for `job`.",
    )
    log_group: LogGroupName | None = Field(
        default=None, description="The log group of jobs in CloudWatch, by default `/emr-eks/<cluster>/<team>`."
    )
    log_retention_days: RetentionDays = Field(default=30, description="How long the logs of jobs stay in CloudWatch.")
    s3_log_days: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="How many days they stay in the bucket, by default and at most `bucket.log_days`."
    )
    driver_pool: DnsLabel = Field(default="spark-driver", description="Node pool or node group that drivers run on.")
    executor_pool: DnsLabel = Field(
        default="spark-executor", description="Node pool or node group that executors run on."
    )
    tiers: Items[DnsLabel] = Field(
        default=(),
        description="Tiers of `priorities` that the team's jobs may run in, the first by default; empty: the lowest.",
    )
    job_templates: Items[FileName] = Field(
        default=(),
        description="Job files, named from the platform's, of jobs that other programs start as EMR job templates.",
    )

    def rules(self) -> Iterator[Problem]:
        for index, file in enumerate(self.job_templates):
            if file in self.job_templates[:index]:
                yield Problem(("job_templates", index), "is given twice", file)
        if DEFAULT_ROLE in self.job_roles:
            yield Problem(
                ("job_roles", DEFAULT_ROLE),
                f"must not be called {DEFAULT_ROLE!r}, as the one in `job_role` is",
                hint="choose another name",
            )

    @property
    def roles(self) -> dict[str, JobRoleSpec]:
        """All job roles by name, the default one first."""
        return {DEFAULT_ROLE: self.job_role, **{name: self.job_roles[name] for name in sorted(self.job_roles)}}


def role_path(role: str) -> Path:
    """Return where the job role *role* stands in a team."""
    return ("job_role",) if role == DEFAULT_ROLE else ("job_roles", role)


def job_role_name(cluster_name: str, region: str, team: str, role: str, spec: JobRoleSpec) -> str:
    """Return the name of the IAM role that *role* of a team is.

    An account has one set of names for all regions and clusters, so both are part of it. A dot is in none of the
    names that it is made of, so that no two make the same. IAM ignores case, EKS does not.
    """
    name = f"{cluster_name}.{team}.{role}.{region}"
    return spec.name or (fit(name, 64) if name.islower() else cut(name, name, 64))


def virtual_cluster_name(cluster_name: str, team: str) -> str:
    """Return the name of a team's virtual cluster; the cluster is part of it, since names are the account's."""
    return fit(f"{cluster_name}.{team}", 64)


def log_group_name(cluster_name: str, team: str, spec: TeamSpec) -> str:
    """Return the name of the log group of a team's jobs."""
    return spec.log_group or f"/emr-eks/{cluster_name}/{team}"


def team_prefix(team: str) -> str:
    """Return the prefix in the platform's bucket that is the team's own."""
    return f"teams/{team}"


def log_prefix(team: str) -> str:
    """Return the prefix in the platform's bucket that the logs of a team's jobs are written to."""
    return f"logs/{team}"
