"""Budgets: updates, subscribers and tags, which moto lacks.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.budgets import models, responses, urls
from moto.budgets.exceptions import DuplicateRecordException, NotFoundException
from moto.core.utils import unix_time

from emr_eks.local.aws.extension import extend


class BudgetsBackend(models.BudgetsBackend):
    """Moto's backend with changes to budgets and to who is told of them."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tags: dict[str, dict[str, str]] = {}

    def update_budget(self, account_id: str, new_budget: dict[str, Any]) -> None:
        """Replace what a budget says; its notifications stay."""
        budget = self._budget(account_id, new_budget["BudgetName"])
        period = new_budget.get("TimePeriod") or budget.budget["TimePeriod"]
        budget.budget = {**new_budget, "TimePeriod": period, "LastUpdatedTime": unix_time()}

    def delete_budget(self, account_id: str, budget_name: str) -> None:
        """Delete a budget and its tags."""
        super().delete_budget(account_id, budget_name)
        self.tags.pop(self.arn(account_id, budget_name), None)

    def describe_notifications_for_budget(self, account_id: str, budget_name: str) -> list[dict[str, Any]]:
        """Return a budget's notifications."""
        return [
            {"NotificationState": "OK", **notification.details}
            for notification in self._budget(account_id, budget_name).notifications
        ]

    def subscribers(self, account_id: str, budget_name: str, notification: dict[str, Any]) -> Any:
        """Return who is told, as the list that is kept."""
        return self._notification(account_id, budget_name, notification).subscribers

    def update_notification(self, account_id: str, budget_name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Change when people are told."""
        self._notification(account_id, budget_name, old).details = new

    def tags_of(self, arn: str) -> dict[str, str]:
        """Return the tags of a budget's ARN, to read or to change."""
        account_id, _, name = arn.split(":", 4)[4].partition(":budget/")
        self._budget(account_id, name)
        return self.tags.setdefault(arn, {})

    def arn(self, account_id: str, budget_name: str) -> str:
        """Return a budget's ARN."""
        return f"arn:{self.partition}:budgets::{account_id}:budget/{budget_name}"

    def _budget(self, account_id: str, budget_name: str) -> models.Budget:
        if budget_name not in self.budgets[account_id]:
            raise NotFoundException(f"Unable to find budget: {budget_name} - the budget doesn't exist.")
        return self.budgets[account_id][budget_name]

    def _notification(self, account_id: str, budget_name: str, notification: dict[str, Any]) -> models.Notification:
        wanted = _identity(notification)
        for kept in self._budget(account_id, budget_name).notifications:
            if _identity(kept.details) == wanted:
                return kept
        raise NotFoundException(f"Unable to find the notification of budget: {budget_name}.")


class BudgetsResponse(responses.BudgetsResponse):
    """Moto's responses, and those to the operations that moto lacks."""

    @property
    def backend(self) -> BudgetsBackend:
        """The backend of the caller's account."""
        # The backend that is registered is ours.
        return models.budgets_backends[self.current_account][self.partition]  # type: ignore[return-value]

    def create_budget(self) -> str:
        """CreateBudget, with tags."""
        result = super().create_budget()
        arn = self.backend.arn(self._get_param("AccountId"), self._get_param("Budget")["BudgetName"])
        self.backend.tags[arn] = _tags(self._get_param("ResourceTags", []))
        return result

    def update_budget(self) -> str:
        """UpdateBudget."""
        self.backend.update_budget(self._get_param("AccountId"), self._get_param("NewBudget"))
        return "{}"

    def update_notification(self) -> str:
        """UpdateNotification."""
        self.backend.update_notification(
            *self._budget, self._get_param("OldNotification"), self._get_param("NewNotification")
        )
        return "{}"

    def describe_subscribers_for_notification(self) -> str:
        """DescribeSubscribersForNotification."""
        return json.dumps({"Subscribers": self._subscribers})

    def create_subscriber(self) -> str:
        """CreateSubscriber."""
        subscriber = self._get_param("Subscriber")
        if subscriber in self._subscribers:
            raise DuplicateRecordException("subscriber", subscriber["Address"])
        self._subscribers.append(subscriber)
        return "{}"

    def update_subscriber(self) -> str:
        """UpdateSubscriber."""
        self._subscribers[self._position(self._get_param("OldSubscriber"))] = self._get_param("NewSubscriber")
        return "{}"

    def delete_subscriber(self) -> str:
        """DeleteSubscriber."""
        del self._subscribers[self._position(self._get_param("Subscriber"))]
        return "{}"

    def list_tags_for_resource(self) -> str:
        """ListTagsForResource."""
        tags = self.backend.tags_of(self._get_param("ResourceARN"))
        return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})

    def tag_resource(self) -> str:
        """TagResource."""
        tags = _tags(self._get_param("ResourceTags"))
        self.backend.tags_of(self._get_param("ResourceARN")).update(tags)
        return "{}"

    def untag_resource(self) -> str:
        """UntagResource."""
        for key in self._get_param("ResourceTagKeys"):
            self.backend.tags_of(self._get_param("ResourceARN")).pop(key, None)
        return "{}"

    @property
    def _budget(self) -> tuple[str, str]:
        return self._get_param("AccountId"), self._get_param("BudgetName")

    @property
    def _subscribers(self) -> Any:
        return self.backend.subscribers(*self._budget, self._get_param("Notification"))

    def _position(self, subscriber: dict[str, str]) -> int:
        if subscriber not in self._subscribers:
            raise NotFoundException(f"Unable to find subscriber: {subscriber['Address']}.")
        return int(self._subscribers.index(subscriber))


def install() -> None:
    """Answer Budgets' calls in moto's place."""
    extend(models.budgets_backends, BudgetsBackend, urls, BudgetsResponse)


def _identity(notification: dict[str, Any]) -> tuple[Any, ...]:
    """Return what tells one notification of a budget from another."""
    return (
        notification["NotificationType"],
        notification["ComparisonOperator"],
        float(notification["Threshold"]),
        notification.get("ThresholdType", "PERCENTAGE"),
    )


def _tags(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in pairs}
