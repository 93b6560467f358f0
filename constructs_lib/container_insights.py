"""What Container Insights needs in AWS: its role, and log groups that are encrypted and do not grow for ever."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from constructs_lib._monitoring import MonitoringSpec, log_groups
from constructs_lib._own_roles import own_role_name
from constructs_lib._policy import pod_identity_trust
from constructs_lib.account import Account
from constructs_lib.encryption_key import EncryptionKey, logs_may_use
from constructs_lib.role import Role

__all__ = ["ContainerInsights", "MonitoringSpec"]


class ContainerInsights(Construct):
    """Defines the role of the CloudWatch agent, for Pod Identity, and the log groups that it writes to.

    The agent makes groups itself that are not there, with no retention and out of Terraform's sight: it comes after
    `logs`.
    """

    def __init__(self, scope: Construct, id: str, *, spec: MonitoringSpec, cluster_name: str, account: Account) -> None:
        super().__init__(scope, id)
        self.role = Role(
            self,
            "Role",
            name=own_role_name(cluster_name, "cloudwatch-agent"),
            trust=pod_identity_trust(account.id),
            description=f"The CloudWatch agent in {cluster_name}",
        )
        self.role.attach("CloudWatchAgentServerPolicy", account.managed_policy_arn("CloudWatchAgentServerPolicy"))
        key = EncryptionKey(
            self,
            "Key",
            name=f"container-insights/{cluster_name}",
            description=f"Container Insights' logs of the EKS cluster {cluster_name}",
            account=account,
            statements=[logs_may_use(account, f"/aws/containerinsights/{cluster_name}/*")],
        )
        place = Construct(self, "Logs")
        self.logs: dict[str, CloudwatchLogGroup] = {
            name: CloudwatchLogGroup(
                place, kind, name=name, retention_in_days=spec.log_retention_days, kms_key_id=key.arn
            )
            for kind, name in log_groups(cluster_name, spec).items()
        }
        """The log groups by name; the add-on comes after them."""
