"""Alarms: a topic, what is told there, and who hears it."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.budgets_budget import (
    BudgetsBudget,
    BudgetsBudgetCostFilter,
    BudgetsBudgetNotification,
)
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
)
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from constructs_lib._alarms import (
    AlarmsSpec,
    BudgetSpec,
    PendingPodsSpec,
    failed_runs,
    metric_alarms,
    publishers_may_use_key,
    rule_name,
    topic_name,
    topic_policy,
)
from constructs_lib._literal import literal
from constructs_lib._policy import document
from constructs_lib.account import Account
from constructs_lib.encryption_key import EncryptionKey

__all__ = ["Alarms", "AlarmsSpec", "BudgetSpec", "PendingPodsSpec"]


class Alarms(Construct):
    """Defines an encrypted topic with its subscribers, the alarms of a cluster, and a budget.

    *container_insights* says whether the cluster sends the metrics of pods and nodes; *queue_name* is that of
    Karpenter's interruptions, where there is one. Of failed job runs `tell_of_failed_runs` tells, team by team.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        spec: AlarmsSpec,
        cluster_name: str,
        account: Account,
        container_insights: bool,
        queue_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._spec, self._cluster_name = spec, cluster_name
        self.topic_arn: str = self._topic(account)
        for address in sorted(spec.emails):
            SnsTopicSubscription(
                self, f"email-{address}", topic_arn=self.topic_arn, protocol="email", endpoint=literal(address)
            )
        alarms = metric_alarms(
            spec, cluster_name=cluster_name, container_insights=container_insights, queue_name=queue_name
        )
        for name, alarm in alarms:
            CloudwatchMetricAlarm(
                self,
                name,
                alarm_name=f"{cluster_name}-{name}",
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=alarm.dimensions,
                statistic=alarm.statistic,
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                period=60,
                evaluation_periods=alarm.minutes,
                # A queue without messages and a cluster without pods say nothing.
                treat_missing_data="notBreaching",
                alarm_actions=[self.topic_arn],
                ok_actions=[self.topic_arn],
            )
        if spec.budget:
            self._budget(spec.budget)

    def tell_of_failed_runs(self, id: str, *, team: str, virtual_cluster_id: str) -> None:
        """Tell of each job run of *team* that fails, with the command that shows why, unless the Spec says not to."""
        if not self._spec.failed_runs:
            return
        place = Construct(self, id)
        rule = CloudwatchEventRule(
            place,
            "Resource",
            name=rule_name(self._cluster_name, team),
            description=f"Failed job runs of team {team} on {self._cluster_name}",
            event_pattern=json.dumps(failed_runs(virtual_cluster_id)),
        )
        CloudwatchEventTarget(
            place,
            "Target",
            rule=rule.name,
            arn=self.topic_arn,
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths={"id": "$.detail.id", "name": "$.detail.name"},
                input_template=json.dumps(
                    f"Job run <id> (<name>) of team {team} on {self._cluster_name} has failed. "
                    f"Its logs: emr-eks job logs --team {team} <id>"
                ),
            ),
        )

    def _topic(self, account: Account) -> str:
        """Return the topic's ARN, for what must come after its policy."""
        name = topic_name(self._cluster_name)
        key = EncryptionKey(
            self,
            "Key",
            name=f"emr-eks/{self._cluster_name}/alarms",
            description=f"Alarms of {self._cluster_name}",
            account=account,
            statements=[publishers_may_use_key()],
        )
        topic = SnsTopic(self, "Topic", name=name, kms_master_key_id=key.arn)
        statements = topic_policy(
            account.arn("sns", name),
            self._cluster_name,
            partition=account.partition,
            region=account.region,
            account_id=account.id,
        )
        return SnsTopicPolicy(self, "TopicPolicy", arn=topic.arn, policy=document(statements)).arn

    def _budget(self, spec: BudgetSpec) -> None:
        told = [("ACTUAL", percentage) for percentage in sorted(spec.percentages)]
        tagged = [f"user:{key}${value}" for key, value in sorted(spec.tags.items())]
        BudgetsBudget(
            self,
            "Budget",
            name=topic_name(self._cluster_name),
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(spec.usd),
            limit_unit="USD",
            cost_filter=[BudgetsBudgetCostFilter(name="TagKeyValue", values=tagged)] if tagged else None,
            notification=[
                BudgetsBudgetNotification(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percentage,
                    threshold_type="PERCENTAGE",
                    subscriber_sns_topic_arns=[self.topic_arn],
                )
                for kind, percentage in [*told, *([("FORECASTED", 100)] if spec.forecast else [])]
            ],
        )
