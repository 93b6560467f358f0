"""What roles may do, and who may take them on: compared statement by statement, whatever their order and cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from emr_eks.review.compare import Comparison
from emr_eks.review.model import Resource
from emr_eks.review.policy import Grant, added, grants, reads_only, sentences
from emr_eks.review.principals import IAM_TYPES, Identity, identities
from emr_eks.review.risks.rule import CRITICAL, HIGH, LOW, MEDIUM, Found, Rules, Subject

RULES = Rules()
_ADMINISTRATORS = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


class Pair(NamedTuple):
    """One role before and after."""

    before: Identity
    after: Identity

    @property
    def is_new(self) -> bool:
        """Whether the role comes with this change."""
        return self.before.role is None and not self.before.permissions

    @property
    def stays(self) -> bool:
        """Whether the role is there before and after."""
        return not self.is_new and bool(self.after.role or self.after.permissions)

    def subject(self, grants: Iterable[Grant] = ()) -> Subject:
        """Return the policy that the first of *grants* stands in, or the role."""
        for grant in grants:
            origin = self.after.origins.get(grant) or self.before.origins.get(grant)
            if origin:
                return Subject.of(origin)
        return Subject.of(next(iter(self._resources())))

    def _resources(self) -> Iterator[Resource]:
        for side in (self.after, self.before):
            yield from [side.role] if side.role else []
            yield from side.origins.values()
            yield from side.managed.values()


def _pairs(comparison: Comparison) -> Iterator[Pair]:
    """Yield the roles on either side, if anything of IAM changes at all."""
    if not any(True for _ in comparison.steps(*IAM_TYPES)):
        return
    before, after = identities(comparison.old(*IAM_TYPES)), identities(comparison.new(*IAM_TYPES))
    removed = {stack.name for stack in comparison.stacks if stack.after is None}
    for key in sorted({*before, *after}):
        pair = Pair(before.get(key, Identity()), after.get(key, Identity()))
        if key[0] not in removed and pair.before != pair.after:
            yield pair


@RULES.rule("iam-broadened", "A role may do more than before")
def broadened(comparison: Comparison) -> Iterator[Found]:
    """Yield roles that stay and gain permissions."""
    for pair in _pairs(comparison):
        new = added(pair.before.permissions, pair.after.permissions).new if pair.stays else []
        if new:
            looks = all(reads_only(grant.action) for grant in new)
            yield Found(
                pair.subject(_as_written(new, pair.after)),
                MEDIUM if looks else HIGH,
                f"{_name(pair)} may do {_count(new)} more" + (", all of them reading" if looks else ""),
                "check that each is needed, and on no more resources than these",
                sentences(new),
            )


@RULES.rule("iam-condition-lost", "A permission holds without a condition that it had")
def condition_lost(comparison: Comparison) -> Iterator[Found]:
    """Yield permissions that were bound to a condition."""
    for pair in _pairs(comparison):
        free = added(pair.before.permissions, pair.after.permissions).unconditioned if pair.stays else []
        if free:
            yield Found(
                pair.subject(_as_written(free, pair.after)),
                HIGH,
                f"{_name(pair)} had {_count(free)} under a condition that is gone or wider",
                "restore the condition, or say in the pull request why it is not needed",
                sentences(free),
            )


@RULES.rule("iam-narrowed", "A role may do less than before")
def narrowed(comparison: Comparison) -> Iterator[Found]:
    """Yield roles that stay and lose permissions."""
    for pair in _pairs(comparison):
        if pair.stays:
            lost = added(pair.after.permissions, pair.before.permissions)
            denied = added(pair.before.permissions, pair.after.permissions, "Deny").new
            gone = [*lost.new, *lost.unconditioned]
            if gone or denied:
                yield Found(
                    pair.subject([*_as_written(gone, pair.before), *denied]),
                    MEDIUM,
                    f"{_name(pair)} loses {_count(gone or denied)}: what relies on it fails",
                    "make sure that nothing which runs with this role needs it any more",
                    (*sentences(gone), *(f"denied: {each}" for each in sentences(denied))),
                )


@RULES.rule("iam-wildcard", "A role may do everything, or something everywhere")
def wildcard(comparison: Comparison) -> Iterator[Found]:
    """Yield new grants of all actions, of all actions of a service, or of writing to every resource."""
    for pair in _pairs(comparison):
        old = set(pair.before.permissions)
        wide = [
            grant
            for grant in pair.after.permissions
            if grant.effect == "Allow" and grant not in old and _is_wide(grant)
        ]
        if wide:
            everything = any(grant.action in ("*", "*:*") or grant.action.startswith("!") for grant in wide)
            yield Found(
                pair.subject(wide),
                CRITICAL if everything else HIGH,
                f"{_name(pair)} is allowed {'everything' if everything else 'more than anybody can have checked'}",
                "name the actions and the resources",
                sentences(wide),
            )


@RULES.rule("iam-pass-role", "A role may hand a role to a service")
def pass_role(comparison: Comparison) -> Iterator[Found]:
    """Yield new grants of iam:PassRole, through which a role's permissions can be had by another."""
    for pair in _pairs(comparison):
        new = [
            g for g in added(pair.before.permissions, pair.after.permissions).new if g.action.lower() == "iam:passrole"
        ]
        if new:
            every = any(grant.resource in ("*", "") or grant.resource.endswith("role/*") for grant in new)
            bound = all(any(key.lower() == "iam:passedtoservice" for _, key, _ in grant.condition) for grant in new)
            severity = CRITICAL if every else MEDIUM if bound else HIGH
            yield Found(
                pair.subject(_as_written(new, pair.after)),
                severity,
                f"{_name(pair)} can give {'any role' if every else 'a role'} to a service, and so use its permissions",
                "name the role and, in a condition on iam:PassedToService, the service",
                sentences(new),
            )


@RULES.rule("iam-deny-removed", "Something is no longer denied")
def deny_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield denials that a role no longer has."""
    for pair in _pairs(comparison):
        if pair.stays:
            delta = added(pair.after.permissions, pair.before.permissions, "Deny")
            freed = [*delta.new, *delta.unconditioned]
            if freed:
                yield Found(
                    pair.subject(_as_written(freed, pair.before)),
                    HIGH,
                    f"{_name(pair)} is no longer denied {_count(freed)}",
                    "restore the Deny, or show that no Allow gives it",
                    sentences(freed),
                )


@RULES.rule("iam-trust-widened", "More principals may take on a role")
def trust_widened(comparison: Comparison) -> Iterator[Found]:
    """Yield roles whose trust policy lets in more than before."""
    for pair in _pairs(comparison):
        if pair.before.role and pair.after.role:
            delta = added(_trust(pair.before), _trust(pair.after))
            found = [*delta.new, *delta.unconditioned]
            if found:
                anybody = any(grant.principal.endswith(":*") and not grant.condition for grant in found)
                yield Found(
                    Subject.of(pair.after.role),
                    CRITICAL if anybody else HIGH,
                    f"{'anybody' if anybody else 'more principals'} may take on {_name(pair)}, with all that it may do",
                    "check each new principal, and bind it by a condition",
                    sentences(found),
                )


@RULES.rule("iam-trust-narrowed", "Fewer principals may take on a role")
def trust_narrowed(comparison: Comparison) -> Iterator[Found]:
    """Yield roles that somebody can no longer take on."""
    for pair in _pairs(comparison):
        if pair.before.role and pair.after.role:
            delta = added(_trust(pair.after), _trust(pair.before))
            lost = [*delta.new, *delta.unconditioned]
            if lost:
                yield Found(
                    Subject.of(pair.after.role),
                    MEDIUM,
                    f"some of those who use {_name(pair)} can no longer take it on",
                    "make sure that nothing which is shut out still runs",
                    sentences(lost),
                )


@RULES.rule("iam-policy-attached", "A managed policy is attached to a role")
def policy_attached(comparison: Comparison) -> Iterator[Found]:
    """Yield managed policies new to a role that stays, and those that make any role an administrator."""
    for pair in _pairs(comparison):
        for arn in sorted(set(pair.after.managed) - set(pair.before.managed)):
            administrator = arn.rpartition("/")[2] in _ADMINISTRATORS
            if administrator or not pair.is_new:
                yield Found(
                    Subject.of(pair.after.managed[arn]),
                    CRITICAL if administrator else HIGH if arn.endswith("FullAccess") else MEDIUM,
                    f"{_name(pair)} gains all that {arn} allows, now and when its owner changes it",
                    "read the policy; statements of your own can be narrower",
                )


@RULES.rule("iam-policy-detached", "A managed policy is taken from a role")
def policy_detached(comparison: Comparison) -> Iterator[Found]:
    """Yield managed policies that a role which stays no longer has."""
    for pair in _pairs(comparison):
        for arn in sorted(set(pair.before.managed) - set(pair.after.managed)) if pair.stays else ():
            yield Found(
                pair.subject(),
                MEDIUM,
                f"{_name(pair)} loses all that {arn} allows: what relies on it fails",
                "make sure that nothing which runs with this role needs it any more",
            )


@RULES.rule("iam-boundary-removed", "A role loses its permissions boundary")
def boundary_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield roles whose permissions are no longer bounded."""
    for step in comparison.steps("aws_iam_role"):
        old, new = step.old("permissions_boundary"), step.new("permissions_boundary")
        if step.before and step.after and old and old != new:
            yield Found(
                Subject.of(step),
                MEDIUM if new else HIGH,
                f"its permissions are {'bounded by another policy' if new else 'no longer bounded'}",
                "restore the boundary, or have who set it agree",
            )


@RULES.rule("iam-new-role", "There is a new role")
def new_role(comparison: Comparison) -> Iterator[Found]:
    """Yield roles that come with this change, and what they may do."""
    for pair in _pairs(comparison):
        role = pair.after.role
        if role and pair.is_new:
            allowed = [grant for grant in pair.after.permissions if grant.effect == "Allow"]
            managed = tuple(f"all that {arn} allows" for arn in sorted(pair.after.managed))
            yield Found(
                Subject.of(role),
                LOW,
                f"a new role {role.body.get('name', role.address)} may do {_all(allowed, managed)}",
                "read what it may do, and who may take it on",
                (*(f"trusts {each}" for each in sentences(_trust(pair.after))), *managed, *sentences(allowed)),
            )


def _trust(identity: Identity) -> list[Grant]:
    return [*grants(identity.role.body.get("assume_role_policy"))] if identity.role else []


def _is_wide(grant: Grant) -> bool:
    name = grant.action.partition(":")[2]
    whole = grant.action in ("*", "*:*") or name == "*" or grant.action.startswith("!")
    return whole or (grant.resource == "*" and not grant.condition and not reads_only(grant.action))


def _as_written(found: Iterable[Grant], identity: Identity) -> list[Grant]:
    """Return the grants of *identity* that the expanded ones in *found* come from."""
    first = next(iter(found), None)
    if first is None:
        return []
    return [g for g in identity.permissions if g[1] == first[1] and g[3:] == first[3:]] or identity.permissions[:1]


def _name(pair: Pair) -> str:
    role = pair.after.role or pair.before.role
    name = role.body.get("name") if role else None
    return f"role {name}" if isinstance(name, str) else f"role {role.address}" if role else "whoever has this policy"


def _all(allowed: list[Grant], managed: tuple[str, ...]) -> str:
    """Return how much a role may do, by statements that can be read and by policies that can only be named."""
    policies = f"what {len(managed)} managed {'policy allows' if len(managed) == 1 else 'policies allow'}"
    parts = [*([_count(allowed)] if allowed else []), *([policies] if managed else [])]
    return " and ".join(parts) or "nothing"


def _count(found: Iterable[Grant]) -> str:
    number = len({grant.action for grant in found})
    return f"{number} action" + ("" if number == 1 else "s")
