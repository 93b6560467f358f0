"""S3: a statement of a bucket's policy counts only where its conditions hold, and access logs stay away.

Moto holds any condition it cannot evaluate for true, so that a policy which denies plain HTTP locks
everybody out of the bucket. The operators are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from flask import has_request_context, request
from moto.iam.access_control import IAMPolicy
from moto.s3 import models, urls

from emr_eks.local.aws.extension import correct


def _like(actual: str, pattern: str) -> bool:
    """Return whether *actual* matches; a policy's wildcards are `*` and `?`, and brackets are plain."""
    return fnmatchcase(actual, pattern.replace("[", "[[]"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, expected: actual == expected,
    "StringEqualsIgnoreCase": lambda actual, expected: actual.lower() == expected.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda actual, expected: actual.lower() == expected.lower(),
    "NumericEquals": lambda actual, expected: float(actual) == float(expected),
    "NumericLessThan": lambda actual, expected: float(actual) < float(expected),
    "NumericLessThanEquals": lambda actual, expected: float(actual) <= float(expected),
    "NumericGreaterThan": lambda actual, expected: float(actual) > float(expected),
    "NumericGreaterThanEquals": lambda actual, expected: float(actual) >= float(expected),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
}


def conditions_hold(conditions: dict[str, dict[str, Any]], context: dict[str, str]) -> bool:
    """Return whether all conditions of a statement hold in the *context* of a request.

    A key that can't be known here (who calls, from which network) makes its condition false, whatever the
    operator; a header of S3 that the request doesn't have is known to be absent.
    """
    return all(
        _holds(operator, key.lower(), _list(values), context)
        for operator, tests in conditions.items()
        for key, values in tests.items()
    )


def _holds(operator: str, key: str, expected: list[Any], context: dict[str, str]) -> bool:
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in expected]
    if key not in context and not key.startswith("s3:x-amz-"):
        return False
    actual = context.get(key)
    if operator == "Null":
        return wanted == ["true" if actual is None else "false"]
    name = operator.rpartition(":")[2].removesuffix("IfExists")
    if actual is None:
        return operator.endswith("IfExists") or name in _NEGATED
    test = _OPERATORS.get(_NEGATED.get(name, name))
    if test is None:
        return False
    return any(test(actual, value) for value in wanted) != (name in _NEGATED)


def _context() -> dict[str, str]:
    """Return what is known of the request: it counts as sent over TLS, as it would be to AWS."""
    context = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}
    if has_request_context():
        context |= {f"s3:{name.lower()}": value for name, value in request.headers if name.lower().startswith("x-amz-")}
    return context


class Bucket(models.FakeBucket):
    """Moto's bucket, which asks the conditions of its policy."""

    def get_permission(self, action: str, resource: str) -> Any:
        """Return what the statements that apply say to *action* on *resource*."""
        if self.policy is None:
            return super().get_permission(action, resource)
        policy = json.loads(self.policy)
        context = _context()
        applying = [
            {name: value for name, value in statement.items() if name != "Condition"}
            for statement in _list(policy["Statement"])
            if conditions_hold(statement.get("Condition") or {}, context)
        ]
        return IAMPolicy(json.dumps({**policy, "Statement": applying})).is_action_permitted(action, resource)

    @staticmethod
    def _log_permissions_enabled_policy(target_bucket: models.FakeBucket, target_prefix: str | None) -> bool:
        """Return whether a statement lets S3 write access logs; moto stumbles over a principal of "*"."""
        prefix = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}"
        return any(
            statement["Effect"] == "Allow"
            and "logging.s3.amazonaws.com" in _services(statement.get("Principal"))
            and any(_like("s3:PutObject", action) for action in _list(statement.get("Action")))
            and any(_like(prefix, resource) for resource in _list(statement.get("Resource")))
            for statement in _list(json.loads(target_bucket.policy or '{"Statement": []}')["Statement"])
        )


class S3Backend(models.S3Backend):
    """Moto's backend, whose access logs are never delivered.

    AWS delivers them hours later, if at all; moto does at once, so that a bucket for logs would never be
    empty when Terraform comes to delete it.
    """

    def log_incoming_request(self, request: Any, bucket_name: str) -> None:
        """Deliver nothing."""


def install() -> None:
    """Correct moto's S3."""
    correct(models.s3_backends, S3Backend, urls)
    models.FakeBucket = Bucket  # type: ignore[misc]  # put in its place on purpose
    # Moto gives up the file behind a version that it deletes; a delete marker has none, and moto stumbles over it.
    models.FakeDeleteMarker.dispose = lambda self, garbage=False: None  # type: ignore[attr-defined]


def _list(value: Any) -> list[Any]:
    """Return *value* as the list that a policy may leave out around a single item."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _services(principal: Any) -> list[str]:
    return _list(principal.get("Service")) if isinstance(principal, dict) else []
