"""IAM policies as plain data: statements, documents, and the limits of IAM."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from constructs_lib._names import Refused, Where

MANAGED_POLICY_LIMIT = 6144
INLINE_POLICIES_LIMIT = 10240
TRUST_POLICY_LIMIT = 2048
MAX_TRUST_POLICY_LIMIT = 4096
"""Characters without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html

AWS raises the quota of trust policies, up to the larger figure, on request.
"""

LATER = "${TfToken[LATER]}"
"""Stands for what only synthesis will know, in a policy that is measured before; `size` takes it for a token."""
_TOKEN = re.compile(r"\$\{TfToken\[[^\]]*\]\}")
_LONGEST_TOKEN_VALUE = "x" * 128
_ACCOUNT = re.compile(rf"(?<=[:-]){_TOKEN.pattern}(?=[:-])")
_ACCOUNT_ID = "0" * 12
"""What a token between two colons of an ARN stands for, where its region is written out, or two hyphens of a name."""

GRANT_LESS = "grant fewer things to this role, or move some to another"


@dataclass(frozen=True)
class Statement:
    """One statement of an IAM policy; lists are sorted, since IAM reads them as sets."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[str] = ()
    principals: Mapping[str, Sequence[str] | str] = field(default_factory=dict)
    conditions: Mapping[str, Mapping[str, str | Sequence[str]]] = field(default_factory=dict)
    effect: str = "Allow"

    def to_json(self) -> dict[str, Any]:
        """Return the statement as IAM spells it, without what it does not have."""
        spelt = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": {
                kind: names if names == "*" else _one_or_sorted(names) for kind, names in self.principals.items()
            },
            "Action": _one_or_sorted(self.actions),
            "Resource": _one_or_sorted(self.resources),
            "Condition": {
                operator: {key: _one_or_sorted(values) for key, values in keys.items()}
                for operator, keys in self.conditions.items()
            },
        }
        return {key: value for key, value in spelt.items() if value}


def _one_or_sorted(values: str | Sequence[str]) -> str | list[str]:
    if isinstance(values, str):
        return values
    if len(values) == 1:
        return values[0]
    # The order of tokens says nothing and changes with unrelated edits, so theirs stays as given.
    return list(dict.fromkeys(values)) if any(map(_TOKEN.search, values)) else sorted(set(values))


def sid(text: str) -> str:
    """Return *text* as a part of a statement id, which has letters and digits only; different texts stay different."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    digest = "" if words == [text] else hashlib.sha256(text.encode()).hexdigest()[:6]
    return "".join(word[0].upper() + word[1:] for word in words) + digest


def document(statements: Iterable[Statement], *, id: str | None = None) -> str:
    """Return the policy of *statements* as compact JSON, in the order given."""
    head = {"Version": "2012-10-17"} | ({"Id": id} if id else {})
    return json.dumps(head | {"Statement": [statement.to_json() for statement in statements]}, separators=(",", ":"))


def size(policy: str) -> int:
    """Return how many characters *policy* has at most: a token counts as the longest value seen in its place."""
    return len(_TOKEN.sub(_LONGEST_TOKEN_VALUE, _ACCOUNT.sub(_ACCOUNT_ID, policy)))


def check_size(policy: str, limit: int, where: Where, *, what: str = "policy", hint: str = GRANT_LESS) -> str:
    """Return *policy* if it keeps to *limit*; raises `Refused` that tells *where* it belongs, and *hint*."""
    length = size(policy)
    if length > limit:
        raise Refused(f"{where()}: the {what} must have at most {limit} characters, got {length}; {hint}")
    return policy


def trust(service: str, *, actions: Sequence[str] = ("sts:AssumeRole",), conditions: Any = None) -> str:
    """Return the trust policy of a role that the AWS *service* assumes."""
    return document([Statement("AssumeRole", actions, principals={"Service": [service]}, conditions=conditions or {})])


def pod_identity_trust(account_id: str) -> str:
    """Return the trust of a role for EKS Pod Identity, which also tags the session.

    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    """
    return trust(
        "pods.eks.amazonaws.com",
        actions=("sts:AssumeRole", "sts:TagSession"),
        conditions={"StringEquals": {"aws:SourceAccount": account_id}},
    )


def service_account_trust(oidc_provider_arn: str, oidc_issuer: str, namespace: str, service_account: str) -> str:
    """Return the trust of a role for exactly one service account of the cluster with that OIDC issuer.

    https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
    """
    return document(
        [
            Statement(
                "AssumeRoleWithWebIdentity",
                ["sts:AssumeRoleWithWebIdentity"],
                principals={"Federated": [oidc_provider_arn]},
                conditions={
                    "StringEquals": {
                        f"{oidc_issuer}:aud": "sts.amazonaws.com",
                        f"{oidc_issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}",
                    }
                },
            )
        ]
    )
