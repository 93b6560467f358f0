"""Who may do what: the policies of an app, gathered by the role or the resource that they speak of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from emr_eks.review.model import Resource
from emr_eks.review.paths import blocks, strings
from emr_eks.review.policy import Grant, grants
from emr_eks.review.references import references_in

IAM_TYPES = (
    "aws_iam_group_policy",
    "aws_iam_policy",
    "aws_iam_policy_attachment",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_iam_user_policy",
)
_INLINE = {"aws_iam_role_policy": "role", "aws_iam_user_policy": "user", "aws_iam_group_policy": "group"}

Key = tuple[str, str]
"""Stack, and the address of a role or policy, or the name of a role that is not in the app."""


@dataclass
class Identity:
    """What one role may do, and who may take it on."""

    role: Resource | None = None
    permissions: list[Grant] = field(default_factory=list)
    origins: dict[Grant, Resource] = field(default_factory=dict)
    managed: dict[str, Resource] = field(default_factory=dict)
    """ARNs of attached policies that are not in the app, and what attaches them."""

    def add(self, found: Iterable[Grant], origin: Resource) -> None:
        """Add the grants of a policy."""
        for grant in found:
            self.permissions.append(grant)
            self.origins.setdefault(grant, origin)


def identities(resources: Iterable[Resource]) -> dict[Key, Identity]:
    """Return every role in *resources* with all its permissions; policies that nothing attaches stand alone."""
    known = {(resource.stack, resource.address): resource for resource in resources}
    names = {str(each.body.get("name")): key for key, each in known.items() if each.type == "aws_iam_role"}
    found: dict[Key, Identity] = defaultdict(Identity)
    attached: set[Key] = set()
    for key, resource in known.items():
        if resource.type == "aws_iam_role":
            found[key].role = resource
            for inline in blocks(resource.body.get("inline_policy")):
                found[key].add(grants(inline.get("policy")), resource)
            for arn in strings(resource.body.get("managed_policy_arns")):
                found[key].managed[arn] = resource
        elif resource.type in _INLINE:
            owner = _target(resource, resource.body.get(_INLINE[resource.type]), names)
            found[owner].add(grants(resource.body.get("policy")), resource)
        elif resource.type == "aws_iam_role_policy_attachment":
            role = _target(resource, resource.body.get("role"), names)
            policy = _target(resource, resource.body.get("policy_arn"), {})
            if policy in known:
                attached.add(policy)
                found[role].add(grants(known[policy].body.get("policy")), known[policy])
            else:
                found[role].managed[policy[1]] = resource
    for key, resource in known.items():
        if resource.type == "aws_iam_policy" and key not in attached:
            found[key].add(grants(resource.body.get("policy")), resource)
    return dict(found)


def _target(resource: Resource, value: Any, names: dict[str, Key]) -> Key:
    """Return what *value* refers to; a role may also be called by its name."""
    text = str(value)
    for reference in references_in(text):
        return reference.stack or resource.stack, reference.address
    return names.get(text, (resource.stack, text))


def resource_policies(resource: Resource) -> Iterator[tuple[str, Any]]:
    """Yield name and document of each policy that says who may use *resource* itself."""
    if resource.type in IAM_TYPES:
        return
    for name in ("policy", "access_policy"):
        document = resource.body.get(name)
        if isinstance(document, dict) and "Statement" in document:
            yield name, document
