"""A data team's part of the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_object import (
    S3Object,
    S3ObjectOverrideProvider,
    S3ObjectOverrideProviderDefaultTags,
)
from constructs import Construct

from constructs_lib._job_template import TeamJob, job_template_name
from constructs_lib._literal import literal
from constructs_lib._names import Refused
from constructs_lib._pod_template import COMPONENTS, Component, Placement, pod_templates
from constructs_lib._priority import TierSpec
from constructs_lib._team import (
    DEFAULT_ROLE,
    TeamSpec,
    job_role_name,
    log_group_name,
    log_prefix,
    team_prefix,
    virtual_cluster_name,
)
from constructs_lib.account import Account
from constructs_lib.bucket import Bucket
from constructs_lib.cluster import EksClusterLike
from constructs_lib.job_role import JobRole, JobRoleSpec
from constructs_lib.log_group import LogGroup
from constructs_lib.virtual_cluster import VirtualCluster
from provisioners.spec import holds_token

if TYPE_CHECKING:
    from constructs_lib.job_template import JobTemplate

__all__ = ["Component", "JobRoleSpec", "Placement", "Team", "TeamJob", "TeamSpec", "TierSpec"]


class Team(Construct):
    """Defines a virtual cluster, the roles of its jobs, their log group and pod templates.

    The jobs may use the team's own prefix of *bucket*, and write their logs there and to the log group; *placements*
    say where drivers and executors run: `Placement.on_node_group` and `Placement.on_node_pool` make them. *after* is
    what the virtual cluster comes after.

    Names in the Spec stand for what only the program knows, and are not read: `driver_pool` and `executor_pool` are
    *placements* here, `tiers` and `job_templates` the arguments of those names, and `s3_log_days` belongs to the
    `expirations` of *bucket*.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        spec: TeamSpec,
        cluster: EksClusterLike,
        bucket: Bucket,
        placements: Mapping[Component, Placement],
        account: Account,
        kms_key_arn: str,
        destroy_logs: bool = False,
        tiers: Mapping[str, TierSpec] | None = None,
        job_templates: Mapping[str, TeamJob] | None = None,
        after: Sequence[ITerraformDependable] = (),
    ) -> None:
        super().__init__(scope, id)
        if missing := [component for component in COMPONENTS if component not in placements]:
            raise Refused(
                f"{self.node.path}: `placements` must say where {' and '.join(COMPONENTS)} run, "
                f"got {sorted(placements)}; add {missing[0]!r}"
            )
        namespace = spec.namespace or name
        self.logs = LogGroup(
            self,
            "Logs",
            name=log_group_name(cluster.name, name, spec),
            retention_days=spec.log_retention_days,
            kms_key_arn=kms_key_arn,
            account=account,
            destroy=destroy_logs,
        )

        def grants(role: JobRole) -> None:
            bucket.grant_read_write(role, prefix=f"{team_prefix(name)}/")
            bucket.grant_read_write(role, prefix=f"{log_prefix(name)}/")
            self.logs.grant_write(role)

        further = Construct(self, "JobRoles") if spec.job_roles else self
        self.job_roles: dict[str, JobRole] = {
            role: JobRole(
                *((self, "JobRole") if role == DEFAULT_ROLE else (further, role)),
                name=job_role_name(cluster.name, account.region, name, role, role_spec),
                namespace=namespace,
                cluster=cluster,
                account=account,
                spec=role_spec,
                grants=grants,
            )
            for role, role_spec in spec.roles.items()
        }
        """The job roles by name; the default one is called `job`."""
        self.job_role: JobRole = self.job_roles[DEFAULT_ROLE]
        self.virtual_cluster = VirtualCluster(
            self,
            "VirtualCluster",
            name=virtual_cluster_name(cluster.name, name),
            namespace=namespace,
            cluster=cluster,
            quota=spec.quota,
            after=after,
        )
        place = Construct(self, "pod-template") if tiers else self
        for (tier, component), template in pod_templates(name, placements, tiers or {}).items():
            if holds_token(template.content):
                raise Refused(
                    f"{self.node.path}: `placements` must be literals, because the keys of pod templates are made from "
                    f"them, got {placements[component]!r}; write the values themselves"
                )
            _upload(
                place,
                f"{tier}-{component}" if tier else f"{component}-pod-template",
                bucket=bucket,
                key=template.key,
                content=template.content,
                content_type="application/yaml",
            )
        self.job_templates: dict[str, JobTemplate] = (
            self._templates(cluster.name, name, job_templates, bucket) if job_templates else {}
        )
        """The templates by the names of their jobs."""

    def _templates(
        self, cluster_name: str, team: str, jobs: Mapping[str, TeamJob], bucket: Bucket
    ) -> dict[str, JobTemplate]:
        from constructs_lib.job_template import JobTemplate

        place = Construct(self, "JobTemplates")
        # Two jobs may share code.
        code = {
            key: _upload(place, key, bucket=bucket, key=key, content=text, content_type="text/plain")
            for key, text in sorted({key: text for job in jobs.values() for key, text in job.code.items()}.items())
        }
        return {
            name: JobTemplate(
                place,
                name,
                name=job_template_name(cluster_name, team, name),
                spec=job.template,
                role=self.job_roles[job.role],
                depends_on=[code[key] for key in sorted(job.code)],
            )
            for name, job in sorted(jobs.items())
        }


def _upload(scope: Construct, id: str, *, bucket: Bucket, key: str, content: str, content_type: str) -> S3Object:
    return S3Object(
        scope,
        id,
        bucket=bucket.protected_id,
        key=key,
        content=literal(content),
        content_type=content_type,
        # An object takes 10 tags, fewer than the provider may have for all that it makes:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
        override_provider=S3ObjectOverrideProvider(default_tags=S3ObjectOverrideProviderDefaultTags(tags={})),
        # Another content has another key: jobs that start meanwhile find the one or the other.
        lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
    )
