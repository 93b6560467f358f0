"""https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html."""

from typing import Any

import pytest

from .conftest import Aws, Refused

ACCOUNT = "123456789012"
NOTIFICATION = {
    "NotificationType": "ACTUAL",
    "ComparisonOperator": "GREATER_THAN",
    "Threshold": 80.0,
    "ThresholdType": "PERCENTAGE",
}
MAIL = {"SubscriptionType": "EMAIL", "Address": "platform@example.com"}
OTHER_MAIL = {"SubscriptionType": "EMAIL", "Address": "finance@example.com"}


@pytest.fixture
def budget(aws: Aws, name: str) -> dict[str, Any]:
    aws("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget=limited(name, "100"),
        NotificationsWithSubscribers=[{"Notification": NOTIFICATION, "Subscribers": [MAIL]}],
        ResourceTags=[{"Key": "platform", "Value": "demo"}],
    )
    return {"AccountId": ACCOUNT, "BudgetName": name}


def limited(name: str, amount: str) -> dict[str, Any]:
    return {
        "BudgetName": name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": amount, "Unit": "USD"},
    }


def subscribers(aws: Aws, budget: dict[str, Any], notification: dict[str, Any] = NOTIFICATION) -> Any:
    found = aws("budgets").describe_subscribers_for_notification(**budget, Notification=notification)
    return found["Subscribers"]


def test_update_changes_the_limit_and_keeps_the_notifications(aws: Aws, budget: dict[str, Any]) -> None:
    aws("budgets").update_budget(AccountId=ACCOUNT, NewBudget=limited(budget["BudgetName"], "250"))
    assert aws("budgets").describe_budget(**budget)["Budget"]["BudgetLimit"]["Amount"] == "250"
    assert subscribers(aws, budget) == [MAIL]


def test_notifications_are_described_with_their_state(aws: Aws, budget: dict[str, Any]) -> None:
    (found,) = aws("budgets").describe_notifications_for_budget(**budget)["Notifications"]
    assert found == {**NOTIFICATION, "NotificationState": "OK"}


def test_subscribers_come_change_and_go(aws: Aws, budget: dict[str, Any], refused: Refused) -> None:
    budgets = aws("budgets")
    budgets.create_subscriber(**budget, Notification=NOTIFICATION, Subscriber=OTHER_MAIL)
    assert subscribers(aws, budget) == [MAIL, OTHER_MAIL]
    arguments = {**budget, "Notification": NOTIFICATION, "Subscriber": OTHER_MAIL}
    refused("DuplicateRecordException", budgets.create_subscriber, **arguments)
    new = {"SubscriptionType": "SNS", "Address": "arn:aws:sns:eu-west-1:123456789012:budget"}
    budgets.update_subscriber(**budget, Notification=NOTIFICATION, OldSubscriber=OTHER_MAIL, NewSubscriber=new)
    budgets.delete_subscriber(**budget, Notification=NOTIFICATION, Subscriber=MAIL)
    assert subscribers(aws, budget) == [new]
    refused("NotFoundException", budgets.delete_subscriber, **{**arguments, "Subscriber": MAIL})


def test_notification_is_updated(aws: Aws, budget: dict[str, Any], refused: Refused) -> None:
    new = {**NOTIFICATION, "Threshold": 90.0}
    aws("budgets").update_notification(**budget, OldNotification=NOTIFICATION, NewNotification=new)
    assert subscribers(aws, budget, new) == [MAIL]
    arguments = {**budget, "Notification": NOTIFICATION}
    refused("NotFoundException", aws("budgets").describe_subscribers_for_notification, **arguments)


def test_tags(aws: Aws, budget: dict[str, Any]) -> None:
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{budget['BudgetName']}"
    budgets = aws("budgets")
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "team", "Value": "data"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["platform"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "team", "Value": "data"}]


def test_deleted_budget_is_not_found(aws: Aws, budget: dict[str, Any], refused: Refused) -> None:
    aws("budgets").delete_budget(**budget)
    refused("NotFoundException", aws("budgets").describe_notifications_for_budget, **budget)
