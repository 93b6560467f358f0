"""Takes secrets out of what is shown. There is no switch to show them."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

HIDDEN = "(sensitive)"
CHANGED = "(sensitive, changed)"

_KNOWN: dict[str, tuple[str, ...]] = {
    "aws_db_instance": ("password",),
    "aws_iam_access_key": ("secret", "ses_smtp_password_v4"),
    "aws_rds_cluster": ("master_password",),
    "aws_secretsmanager_secret_version": ("secret_string", "secret_binary"),
    "aws_ssm_parameter": ("value", "value_wo"),
    "helm_release": ("set_sensitive", "repository_password"),
    "kubernetes_secret": ("data", "binary_data"),
    "kubernetes_secret_v1": ("data", "binary_data", "data_wo"),
    "random_password": ("result",),
    "tls_private_key": ("private_key_pem", "private_key_openssh"),
}
"""Arguments that are secret whatever they look like."""

_SECRET_NAME = (
    r"(?:pass(?:word|wd|phrase)|secret|token|credential|private[_.-]?key|api[_.-]?key|access[_.-]?key|auth[_.-]?key"
    r"|client[_.-]?key|encryption[_.-]?key|signature|session[_.-]?key|account[_.-]?key|bearer|connection[_.-]?string)"
)
_SECRET_KEY = re.compile(_SECRET_NAME, re.IGNORECASE)
_ALWAYS = re.compile(
    r"(?:\A|[_.-])(?:pass(?:word|wd|phrase)|client_?secret|private_?key|secret_?(?:access_?)?key)\Z", re.IGNORECASE
)
_NAME_OF_SECRET = re.compile(r"(?:name|arn|id|ref|path|type|url|uri|version|file)s?\Z", re.IGNORECASE)
_INLINE = re.compile(
    rf"(?P<key>[\w.-]*{_SECRET_NAME}[\w.-]*[\"']?\s*(?:[=:]|\s)\s*[\"']?)(?P<value>[^\s\"',;&]{{8,}})", re.IGNORECASE
)
_TELLING = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"  # AWS access keys
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)",  # user and password in a URL
    re.DOTALL,
)
_INDEX = re.compile(r"\[\d*\]")
_REFERENCE = re.compile(r"\A\$\{[^{}]*\}\Z")


def redacted(kind: str, value: Any, path: tuple[str, ...] = (), marks: Any = False) -> Any:
    """Return *value*, which stands at *path* of a resource of type *kind*, without what is secret in it.

    *marks* is the part of a plan's `before_sensitive` or `after_sensitive` that speaks of *value*.
    """
    if marks is True or _is_known(kind, path):
        return HIDDEN if value not in (None, "", [], {}) else value
    if isinstance(value, dict):
        name = _named(value)
        return {
            _text(str(key)): redacted(
                kind, each, (*path, name if name and key == "value" else str(key)), _inside(marks, key)
            )
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [redacted(kind, each, path, _inside(marks, index)) for index, each in enumerate(value)]
    if isinstance(value, str):
        return HIDDEN if _is_secret(path, value) else _text(value)
    return value


def redacted_pair(
    kind: str, path: tuple[str, ...], before: Any, after: Any, marks: tuple[Any, Any] = (False, False)
) -> Any:
    """Return both values without what is secret; two secrets that differ still say so."""
    old, new = redacted(kind, before, path, marks[0]), redacted(kind, after, path, marks[1])
    return old, (CHANGED if old == new == HIDDEN else new)


def _inside(marks: Any, key: Any) -> Any:
    if isinstance(marks, dict):
        return marks.get(key, False)
    if isinstance(marks, list) and isinstance(key, int):
        return marks[key] if key < len(marks) else False
    return False


def _is_known(kind: str, path: tuple[str, ...]) -> bool:
    keys = [step for step in path if not step.startswith("[")]
    return (bool(keys) and keys[0] in _KNOWN.get(kind, ())) or _is_kubernetes_secret(kind, keys)


def _is_kubernetes_secret(kind: str, keys: list[str]) -> bool:
    return kind == "kubernetes_manifest" and keys[:1] == ["manifest"] and keys[1:2] in (["data"], ["stringData"])


def _named(item: dict[str, Any]) -> str | None:
    """Return the name in `{name: DB_PASSWORD, value: ...}`, which says what the value is."""
    name = item.get("name", item.get("key"))
    return name if isinstance(name, str) and "value" in item else None


def _is_secret(path: tuple[str, ...], value: str) -> bool:
    key = _key(path)
    if not value or _REFERENCE.match(value) or not _SECRET_KEY.search(key):
        return False
    if _ALWAYS.search(key):
        return True
    return not _NAME_OF_SECRET.search(key) and _looks_random(value)


def _key(path: tuple[str, ...]) -> str:
    """Return the last name in *path*; the `value` of a list item is called as the item is."""
    names = [step.strip("[]") for step in path if not _INDEX.fullmatch(step)]
    if names[-1:] == ["value"] and len(names) > 1 and path[-2].startswith("["):
        return names[-2]
    return names[-1] if names else ""


def _looks_random(value: str) -> bool:
    """Tell whether *value* is long, has no spaces, and its letters are as mixed as those of a key."""
    if len(value) < 12 or " " in value or value.startswith(("arn:", "${", "/")):
        return False
    counts = Counter(value)
    entropy = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^A-Za-z0-9]"))
    return entropy > 2.8 and kinds >= 2


def _text(value: str) -> str:
    """Return *value* without the secrets that give themselves away."""
    if len(value) < 12:
        return value
    value = _TELLING.sub(HIDDEN, value)
    if not _SECRET_KEY.search(value):
        return value
    return _INLINE.sub(lambda found: found["key"] + HIDDEN if _looks_random(found["value"]) else found.group(), value)
