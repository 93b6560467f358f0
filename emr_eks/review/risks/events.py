"""Events that EventBridge passes on, and those that no longer arrive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.model import Resource
from emr_eks.review.paths import at, strings
from emr_eks.review.references import references

_RULE, _TARGET = "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"
_LISTENERS = {"sns": ("aws_sns_topic.", "aws_sns_topic_policy."), "sqs": ("aws_sqs_queue.",)}


class Passed(NamedTuple):
    """An event that is no longer passed on: the rule, and what is done to it or to its target."""

    rule: Resource
    step: Step

    @property
    def what(self) -> str:
        """The events, as AWS calls them."""
        return ", ".join(strings(at(self.rule.body, "event_pattern.detail-type"))) or "what the rule matches"


def passed_on(comparison: Comparison, service: Literal["sns", "sqs"]) -> Iterator[Passed]:
    """Yield the events that a topic or queue got before, and no longer gets."""
    silenced = {step.resource.address: step for step in comparison.steps(_RULE) if _silenced(step)}
    removed = {step.resource.address: step for step in comparison.steps(_TARGET) if step.after is None}
    if not silenced and not removed:
        return
    rules = [*comparison.old(_RULE)]
    for target in comparison.old(_TARGET):
        rule = next((each for each in rules if each.stack == target.stack and _is_of(target, each)), None)
        if rule and _arrives_at(target.body.get("arn"), service):
            step = silenced.get(rule.address) or removed.get(target.address)
            if step:
                yield Passed(rule, step)


def _silenced(step: Step) -> bool:
    if step.after is None:
        return True
    turned_off = step.new("state") == "DISABLED" or step.new("is_enabled") is False
    return step.before is not None and turned_off and (step.changes("state") or step.changes("is_enabled"))


def _is_of(target: Resource, rule: Resource) -> bool:
    name = target.body.get("rule")
    return name == rule.body.get("name") or rule.address in {each.address for each in references(name)}


def _arrives_at(arn: Any, service: str) -> bool:
    """Tell whether *arn*, written out or a reference, is one of the *service*."""
    return f":{service}:" in str(arn) or any(each.address.startswith(_LISTENERS[service]) for each in references(arn))
