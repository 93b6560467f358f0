"""A data team's part of the platform, as data."""

from __future__ import annotations

from pydantic import Field

from constructs_lib._job_role import JobRoleSpec
from constructs_lib._log_group import RetentionDays
from constructs_lib._names import fit
from constructs_lib._namespace import QuotaSpec
from provisioners.spec import DnsLabel, Items, Spec


class TeamSpec(Spec):
    """One team: a namespace, a virtual cluster, a job role, a log group and pod templates."""

    namespace: DnsLabel | None = Field(None, description="The Kubernetes namespace, by default the team's name.")
    quota: QuotaSpec | None = Field(
        QuotaSpec(), description="What the team's pods may ask for together; `null` for no bound."
    )
    job_role: JobRoleSpec = Field(JobRoleSpec(), description="What the team's jobs may do in AWS.")
    log_retention_days: RetentionDays = Field(30, description="How long the logs of jobs stay in CloudWatch.")
    driver_pool: DnsLabel = Field("spark-driver", description="Node pool or node group that drivers run on.")
    executor_pool: DnsLabel = Field("spark-executor", description="Node pool or node group that executors run on.")
    tiers: Items[DnsLabel] = Field(
        (),
        description="Tiers of `priorities` that the team's jobs may run in, the first by default; empty: the lowest.",
    )


def job_role_name(cluster_name: str, team: str, spec: TeamSpec) -> str:
    """Return the name of the role of a team's jobs."""
    return spec.job_role.name or fit(f"{cluster_name}-{team}-job", 64)


def virtual_cluster_name(cluster_name: str, team: str) -> str:
    """Return the name of a team's virtual cluster; the cluster is part of it, since names are the account's."""
    return fit(f"{cluster_name}-{team}", 64)


def log_group_name(cluster_name: str, team: str) -> str:
    """Return the name of the log group of a team's jobs."""
    return f"/emr-eks/{cluster_name}/{team}"


def team_prefix(team: str) -> str:
    """Return the prefix in the platform's bucket that is the team's own."""
    return f"teams/{team}"
