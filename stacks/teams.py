"""The data teams: the bucket that they share, and each team's namespace, virtual cluster, role and logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from constructs import Construct

from constructs_lib._job_template import FIXED_PROVIDER, TeamJob
from constructs_lib._karpenter import queue_name
from constructs_lib._team import log_group_name, log_prefix
from constructs_lib.bucket import Bucket
from constructs_lib.cluster import EksClusterLike
from constructs_lib.encryption_key import EncryptionKey, logs_may_use
from constructs_lib.log_group import LogGroup, adopt_log_groups
from constructs_lib.team import Team, TeamSpec
from stacks._stack import PlatformStack
from stacks.platform import Platform
from stacks.role_limits import BUCKET_ID

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.iam_service_linked_role import IamServiceLinkedRole


class TeamsStack(PlatformStack):
    """Holds what the data teams work with."""

    def __init__(
        self,
        scope: Construct,
        platform: Platform,
        cluster: EksClusterLike | None,
        *,
        job_templates: Mapping[str, Mapping[str, TeamJob]] | None = None,
    ) -> None:
        super().__init__(scope, platform.spec, "teams")
        spec = platform.spec
        self._account = account = self.add_aws()
        cluster = self.cluster_of(cluster, account)
        self.add_kubernetes(cluster)
        jobs = job_templates or {}
        if any(job.template.needs_fixed_provider for team in jobs.values() for job in team.values()):
            self.require_aws_provider(FIXED_PROVIDER)
        role = self._service_linked_role() if spec.emr_service_linked_role == "create" else None
        key_arn = spec.bucket.kms_key_arn or self._key(cluster.name)
        bucket = Bucket(
            self,
            BUCKET_ID,
            name=spec.bucket_name(account.id),
            spec=spec.bucket,
            kms_key_arn=key_arn,
            account=account,
            destroy=spec.bucket.destroy and spec.destroy_data,
            expirations={
                f"{log_prefix(name)}/": team.s3_log_days for name, team in spec.teams.items() if team.s3_log_days
            },
        )
        place = Construct(self, "team")
        teams = {
            name: Team(
                place,
                name,
                name=name,
                spec=spec.teams[name],
                cluster=cluster,
                bucket=bucket,
                placements=platform.placements(name),
                account=account,
                kms_key_arn=key_arn,
                destroy_logs=spec.destroy_data,
                tiers=spec.tiers_of(name),
                job_templates=jobs.get(name),
                # EMR makes the role itself with the first virtual cluster, and the role goes only after the last.
                after=[role] if role else [],
            )
            for name in sorted(spec.teams)
        }
        if spec.adopt_log_groups:
            self._adopt_logs(cluster.name, [team.logs for team in teams.values()])
        self._alarms(cluster.name, teams)
        self._outputs(bucket, teams)

    def _service_linked_role(self) -> IamServiceLinkedRole:
        # What few platforms have is loaded only for them.
        from cdktf_cdktf_provider_aws.iam_service_linked_role import IamServiceLinkedRole

        return IamServiceLinkedRole(self, "service-linked-role", aws_service_name="emr-containers.amazonaws.com")

    def _adopt_logs(self, cluster_name: str, groups: Sequence[LogGroup]) -> None:
        """Go on with the log groups of teams that were there before."""
        usual = log_group_name(cluster_name, "", TeamSpec())
        everywhere = any(not group.name.startswith(usual) for group in groups)
        adopt_log_groups(self, {each.name: each.resource for each in groups}, prefix="" if everywhere else usual)

    def _alarms(self, cluster_name: str, teams: dict[str, Team]) -> None:
        monitoring, platform = self.platform.monitoring, self.platform
        if not (monitoring and monitoring.alarms):
            return
        # What few platforms have is loaded only for them.
        from constructs_lib.alarms import Alarms

        alarms = Alarms(
            self,
            "alarms",
            spec=monitoring.alarms,
            cluster_name=cluster_name,
            account=self._account,
            container_insights=monitoring.container_insights,
            queue_name=queue_name(cluster_name) if platform.karpenter and not platform.existing_cluster else None,
        )
        for name, team in teams.items():
            alarms.tell_of_failed_runs(f"failed-runs-{name}", team=name, virtual_cluster_id=team.virtual_cluster.id)
        self.add_output("alarms_topic_arn", alarms.topic_arn, "The SNS topic of the alarms, for further subscribers.")

    def _key(self, cluster_name: str) -> str:
        return EncryptionKey(
            self,
            "data-key",
            name=f"emr-eks/{cluster_name}",
            description=f"Data and logs of the teams on {cluster_name}",
            account=self._account,
            statements=[logs_may_use(self._account)],
        ).arn

    def _outputs(self, bucket: Bucket, teams: dict[str, Team]) -> None:
        self.add_output("default_bucket_name", bucket.id, "The bucket for job code, pod templates, data and logs.")
        self.add_output(
            "emrcontainers_virtual_cluster_id",
            {name: team.virtual_cluster.id for name, team in teams.items()},
            "Ids of the virtual clusters, by team.",
        )
        self.add_output(
            "emr_on_eks_role_arn",
            {name: team.job_role.arn for name, team in teams.items()},
            "ARNs of the default job roles, by team.",
        )
        self.add_output(
            "emr_on_eks_role_arns",
            {name: {role: each.arn for role, each in team.job_roles.items()} for name, team in teams.items()},
            "ARNs of all job roles, by team and name.",
        )
        self.add_output(
            "emr_on_eks_log_group",
            {name: team.logs.name for name, team in teams.items()},
            "Log groups of the jobs, by team.",
        )
        if any(team.job_templates for team in teams.values()):
            self.add_output(
                "emr_on_eks_job_templates",
                {
                    name: {job: template.id for job, template in team.job_templates.items()}
                    for name, team in teams.items()
                    if team.job_templates
                },
                "Ids of the job templates, by team and job.",
            )
