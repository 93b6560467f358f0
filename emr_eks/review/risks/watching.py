"""Who is told when something goes wrong: alarms, events, their subscribers, and what may be spent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.paths import blocks, listed, mapping, strings, whole
from emr_eks.review.references import references
from emr_eks.review.report import Action, Severity
from emr_eks.review.risks.events import Passed, passed_on
from emr_eks.review.risks.rule import LOW, MEDIUM, Found, Rules, Subject

RULES = Rules()
_ALARM, _SUBSCRIPTION = "aws_cloudwatch_metric_alarm", "aws_sns_topic_subscription"


@RULES.rule("alarm-off", "Nobody is told any more when something goes wrong")
def alarm_off(comparison: Comparison) -> Iterator[Found]:
    """Yield alarms that go, are turned off or tell nobody, and events that no longer reach their topic."""
    for step in comparison.steps(_ALARM):
        what = _silenced(step)
        if what and not _watched_goes(comparison, step):
            told = step.old("alarm_description") or step.old("alarm_name")
            yield Found(Subject.of(step), MEDIUM, f"{what}: {told}", "keep it, or show what else tells of it")
    for each in passed_on(comparison, "sns"):
        if not _virtual_cluster_goes(comparison, each):
            yield Found(
                Subject.of(each.step),
                MEDIUM,
                f"the topic is no longer told of {each.what}",
                "keep it, or show what else tells of it",
            )


@RULES.rule("alarm-later", "An alarm sounds later than before")
def alarm_later(comparison: Comparison) -> Iterator[Found]:
    """Yield alarms that wait longer, or bear more, before they sound."""
    for step in comparison.steps(_ALARM):
        if step.before and step.after and not step.action.replaces and not _silenced(step):
            later = [*_later(step)]
            if later:
                yield Found(
                    Subject.of(step), LOW, f"{step.new('alarm_name')}: {', '.join(later)}", "check who relies on it"
                )


@RULES.rule("alarm-unheard", "Somebody no longer hears of alarms")
def unheard(comparison: Comparison) -> Iterator[Found]:
    """Yield subscriptions that go while their topic stays."""
    for step in comparison.steps(_SUBSCRIPTION):
        if step.action.removes and not _topic_goes(comparison, step):
            left = any(each.stack == step.resource.stack for each in comparison.new(_SUBSCRIPTION))
            yield Found(
                Subject.of(step),
                MEDIUM,
                f"{step.old('endpoint')} is no longer told of alarms"
                + ("" if left else ", and nobody else is by these sources"),
                "make sure that somebody else hears of them; a new address must confirm the mail that AWS sends",
            )


@RULES.rule("budget-loosened", "More is spent before somebody is told")
def budget(comparison: Comparison) -> Iterator[Found]:
    """Yield budgets that go, rise, count less, or tell later."""
    for step in comparison.steps("aws_budgets_budget"):
        for severity, what in _loosened(step):
            yield Found(Subject.of(step), severity, what, "have whoever pays agree")


def _silenced(step: Step) -> str | None:
    if step.action is Action.destroy:
        return "the alarm is gone"
    if step.before and step.after:
        if step.new("actions_enabled") is False and step.old("actions_enabled") is not False:
            return "the alarm does nothing any more"
        if (
            listed(step.old("alarm_actions"))
            and not listed(step.new("alarm_actions"))
            and step.changes("alarm_actions")
        ):
            return "the alarm tells nobody any more"
    return None


def _watched_goes(comparison: Comparison, alarm: Step) -> bool:
    """Tell whether the queue or the cluster whose metric this is goes too."""
    watched = {str(each) for each in mapping(alarm.old("dimensions")).values()}
    gone = (step for step in comparison.steps("aws_sqs_queue", "aws_eks_cluster") if step.action is Action.destroy)
    return any(str(step.old("name")) in watched for step in gone)


def _virtual_cluster_goes(comparison: Comparison, event: Passed) -> bool:
    read = {reference.address for reference in references(event.rule.body.get("event_pattern"))}
    gone = (step for step in comparison.steps("aws_emrcontainers_virtual_cluster") if step.action is Action.destroy)
    return any(step.resource.address in read for step in gone)


def _topic_goes(comparison: Comparison, subscription: Step) -> bool:
    read = {reference.address for reference in references(subscription.old("topic_arn"))}
    topics = comparison.steps("aws_sns_topic", "aws_sns_topic_policy")
    return any(step.action.removes and step.resource.address in read for step in topics)


def _later(step: Step) -> Iterator[str]:
    old, new = (_minutes(side) for side in (step.old, step.new))
    if old and new and new > old:
        yield f"it waits {new:g} minutes instead of {old:g}"
    before, after = step.old("threshold"), step.new("threshold")
    if isinstance(before, int | float) and isinstance(after, int | float):
        above = str(step.new("comparison_operator")).startswith("Greater")
        if after > before if above else after < before:
            yield f"it bears {after:g} instead of {before:g}"
    if step.old("treat_missing_data") == "breaching" and step.new("treat_missing_data") != "breaching":
        yield "it no longer sounds when there is no data"


def _minutes(side: Any) -> float:
    """Return how long it must last.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
    """
    periods = whole(side("datapoints_to_alarm")) or whole(side("evaluation_periods")) or 0
    return periods * (whole(side("period")) or 0) / 60


def _loosened(step: Step) -> Iterator[tuple[Severity, str]]:
    if step.action is Action.destroy:
        yield MEDIUM, f"nobody is told any more when {step.old('limit_amount')} {step.old('limit_unit')} are spent"
    if not (step.before and step.after):
        return
    before, after = (str(side("limit_amount")) for side in (step.old, step.new))
    if step.changes("limit_amount") and _number(after) > _number(before):
        yield LOW, f"the budget rises from {before} to {after} {step.new('limit_unit')}"
    if step.changes("cost_filter"):
        yield MEDIUM, f"it counts {_counted(step.new('cost_filter'))} instead of {_counted(step.old('cost_filter'))}"
    lost = _notifications(step.old("notification")) - _notifications(step.new("notification"))
    if lost:
        yield MEDIUM, f"who was told at {', '.join(sorted({when for when, _ in lost}))} is told no more"


def _notifications(value: Any) -> set[tuple[str, str]]:
    """Return when somebody is told, and who."""
    found = set()
    for each in blocks(value):
        kind = "the forecast of " if each.get("notification_type") == "FORECASTED" else ""
        unit = "%" if each.get("threshold_type") == "PERCENTAGE" else ""
        heard = [
            *strings(each.get("subscriber_sns_topic_arns")),
            *strings(each.get("subscriber_email_addresses")),
        ]
        found |= {(f"{kind}{_number(str(each.get('threshold'))):g}{unit}", who) for who in heard}
    return found


def _counted(filters: Any) -> str:
    values = [value for each in blocks(filters) for value in strings(each.get("values"))]
    return ", ".join(sorted(values)) or "the whole account"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
