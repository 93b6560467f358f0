"""The names that AWS and Kubernetes accept, as field types, and names that fit a limit."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter, ValidationError, WithJsonSchema

from provisioners.spec import broken_rule, text

Where = Callable[[], str]
"""Tells a construct's path. Asked only when there is a problem to tell: the answer takes two questions to Node."""

ClusterName = Annotated[
    str,
    text(
        r"[A-Za-z0-9][A-Za-z0-9_-]*",
        "must be an EKS cluster name: at most 100 letters, digits, hyphens and underscores, "
        "beginning with a letter or digit",
        "for example 'analytics-dev'",
        max_length=100,
    ),
]
"""https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html"""

RoleName = Annotated[
    str,
    text(
        r"[\w+=,.@-]+",
        "must be an IAM role name: at most 64 ASCII letters, digits and the characters _+=,.@-",
        "for example 'analytics-job'",
        max_length=64,
    ),
]
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""

BucketName = Annotated[
    str,
    text(
        r"(?!xn--|sthree-)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9]([a-z0-9-]*[a-z0-9])",
        "must be a bucket name: 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at each end",
        "for example 'analytics-data-123456789012'",
        max_length=63,
    ),
    AfterValidator(lambda name: _at_least(name, 3)),
]
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; no dots, for TLS's sake."""

Region = Annotated[
    str,
    text(r"[a-z]{2}(-[a-z]+)+-\d", "must be an AWS region", "for example 'eu-west-1'"),
]

AvailabilityZone = Annotated[
    str,
    text(
        r"[a-z]{2}(-[a-z]+)+-\d[a-z]",
        "must be the name of an availability zone",
        "for example 'eu-west-1a'; local and wavelength zones hold no EKS control plane",
    ),
]

AccountId = Annotated[
    str, text(r"\d{12}", "must be an AWS account id: 12 digits in quotes", "for example '123456789012'")
]

Arn = Annotated[
    str,
    text(
        r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|aws)?:\S+",
        "must be an ARN",
        "for example 'arn:aws:iam::123456789012:role/admin'",
    ),
]


def _network(value: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(value)
    except ValueError as error:
        hint = "the host bits must be zero" if "host bits" in str(error) else "for example '10.0.0.0/16'"
        raise broken_rule("must be an IPv4 network in CIDR notation", hint) from None


def _cidr(value: str) -> str:
    return str(_network(value))


def _vpc_cidr(value: str) -> str:
    network = _network(value)
    if not 16 <= network.prefixlen <= 28:
        raise broken_rule("must be an IPv4 network from /16 to /28", "for example '10.0.0.0/16'")
    return str(network)


_CIDR_SCHEMA = WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+/\d+$"})

Cidr = Annotated[str, AfterValidator(_cidr), _CIDR_SCHEMA]
VpcCidr = Annotated[str, AfterValidator(_vpc_cidr), _CIDR_SCHEMA]
"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html: /16 to /28."""


def _at_least(value: str, length: int) -> str:
    if len(value) < length:
        raise broken_rule(f"must have at least {length} characters")
    return value


def checked(kind: Any, value: str, where: Where) -> str:
    """Return *value* if it is of the field type *kind*; *where* tells the path of the construct that asks.

    Raises `ValueError` that names the construct, the value and the rule.
    """
    try:
        result: str = _adapter(kind).validate_python(value)
    except ValidationError as error:
        rule = error.errors()[0]
        hint = rule.get("ctx", {}).get("hint")
        raise ValueError(f"{where()}: {rule['msg']}, got {value!r}" + (f"; {hint}" if hint else "")) from None
    return result


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what checks values of *kind*; making it takes longer than using it."""
    return TypeAdapter(kind)


def fit(name: str, limit: int) -> str:
    """Return *name*, or where it is longer than *limit* its beginning with a digest of the whole."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def partition_of(region: str) -> str:
    """Return the AWS partition that *region* belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
