"""The names that AWS and Kubernetes accept, as field types, and names that fit a limit."""

from __future__ import annotations

import functools
import hashlib
import ipaddress
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, TypeAdapter, ValidationError, WithJsonSchema

from provisioners.spec import broken_rule, holds_token, text, unfit


class Refused(ValueError):  # noqa: N818 - the name says what became of what was asked
    """What a construct was asked for cannot be; the message says where, what, and what to do."""


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
        r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|--x-s3|--table-s3)$)[a-z0-9][a-z0-9-]+[a-z0-9]",
        "must be a bucket name: 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at each end, "
        "and no beginning or end that S3 keeps for itself",
        "for example 'analytics-data-123456789012'",
        max_length=63,
    ),
]
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html; no dots, for TLS's sake."""

ImageRepository = Annotated[
    str,
    text(
        r"[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+",
        "must be the repository of a container image, with its registry and without a tag",
        "for example '123456789012.dkr.ecr.eu-west-1.amazonaws.com/karpenter/controller'",
    ),
]

Region = Annotated[
    str,
    text(r"([a-z]{2}|eusc)(-[a-z]+)+-\d", "must be an AWS region", "for example 'eu-west-1'", max_length=15),
]

AvailabilityZone = Annotated[
    str,
    text(
        r"([a-z]{2}|eusc)(-[a-z]+)+-\d[a-z]",
        "must be the name of an availability zone",
        "for example 'eu-west-1a'; local and wavelength zones hold no EKS control plane",
    ),
]

AccountId = Annotated[
    str, text(r"\d{12}", "must be an AWS account id: 12 digits in quotes", "for example '123456789012'")
]

PrincipalArn = Annotated[
    str,
    text(
        r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+",
        "must be the ARN of an IAM role or user",
        "for example 'arn:aws:iam::123456789012:role/admin'",
    ),
]

PolicyArn = Annotated[
    str,
    text(
        r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+",
        "must be the ARN of a managed IAM policy",
        "for example 'arn:aws:iam::aws:policy/AmazonAthenaFullAccess'",
    ),
]

KeyArn = Annotated[
    str,
    text(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+",
        "must be the ARN of a KMS key, not of an alias",
        "for example 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'",
    ),
]

BucketArn = Annotated[
    str,
    text(
        r"arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]+[a-z0-9](/[^*?${}\s]*)?",
        "must be the ARN of a bucket or of a prefix in one, without wildcards",
        "for example 'arn:aws:s3:::raw-data/sales/'",
    ),
]
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""

DatabaseName = Annotated[
    str,
    text(
        r"[\w.-]+",
        "must be the name of a Glue database: at most 255 ASCII letters, digits, underscores, hyphens and dots",
        "name each database; there are no wildcards",
        max_length=255,
    ),
]

TagKey = Annotated[
    str,
    text(
        r"(?![Aa][Ww][Ss]:)[^\x00-\x1f!-*,;<>?\[-^`{-\x7f]+",
        "must be a tag's key: at most 128 letters, digits, spaces and the characters _ . : / = + - @, "
        "not beginning with 'aws:'",
        "for example 'cost-center'",
        max_length=128,
    ),
]
TagValue = Annotated[
    str,
    text(
        r"[^\x00-\x1f!-*,;<>?\[-^`{-\x7f]*",
        "must be a tag's value: at most 256 letters, digits, spaces and the characters _ . : / = + - @",
        "nothing is filled in here; write the value itself",
        max_length=256,
    ),
]
"""What IAM takes, the strictest: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"""


def _network(value: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(value)
    except ValueError as error:
        hint = "for example '10.0.0.0/16'"
        if "host bits" in str(error):
            hint = f"did you mean '{ipaddress.IPv4Network(value, strict=False)}'?"
        raise unfit(value, "must be an IPv4 network in CIDR notation", hint) from None


def _cidr(value: str) -> str:
    return str(_network(value))


def _vpc_cidr(value: str) -> str:
    network = _network(value)
    if not 16 <= network.prefixlen <= 28:
        raise broken_rule("must be an IPv4 network from /16 to /28", "for example '10.0.0.0/16'")
    return str(network)


_PRIVATE = [*map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))]
"""RFC 1918."""


def _service_cidr(value: str) -> str:
    network = _network(value)
    if not 12 <= network.prefixlen <= 24 or private_range(value) is None:
        raise broken_rule(
            "must be a network from /12 to /24 within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16",
            "for example '172.20.0.0/16'",
        )
    return str(network)


def private_range(cidr: str) -> str | None:
    """Return the private range of RFC 1918 that the network *cidr* lies in, or None."""
    network = ipaddress.IPv4Network(cidr)
    return next((str(each) for each in _PRIVATE if network.subnet_of(each)), None)


def overlap(one: str, other: str) -> bool:
    """Tell whether the networks *one* and *other* share addresses."""
    return ipaddress.IPv4Network(one).overlaps(ipaddress.IPv4Network(other))


def _shape(address: str, prefix: str) -> WithJsonSchema:
    """Return what editors check: the network as text."""
    return WithJsonSchema({"type": "string", "pattern": f"^{address}/{prefix}$"})


_ADDRESS = r"\d+\.\d+\.\d+\.\d+"
_PRIVATE_ADDRESS = r"(10\.\d+|172\.(1[6-9]|2\d|3[01])|192\.168)\.\d+\.\d+"

Cidr = Annotated[str, AfterValidator(_cidr), _shape(_ADDRESS, r"\d+")]
VpcCidr = Annotated[str, AfterValidator(_vpc_cidr), _shape(_ADDRESS, "(1[6-9]|2[0-8])")]
"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html: /16 to /28."""
ServiceCidr = Annotated[str, AfterValidator(_service_cidr), _shape(_PRIVATE_ADDRESS, "(1[2-9]|2[0-4])")]
"""https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html"""


def checked(kind: Any, value: str, where: Where) -> str:
    """Return *value* if it is of the field type *kind*; *where* tells the path of the construct that asks.

    Raises `Refused` that names the construct, the value and the rule.
    """
    try:
        result: str = _adapter(kind).validate_python(value)
    except ValidationError as error:
        problem = error.errors()[0]
        context = problem.get("ctx", {})
        rule, hint = context.get("rule", problem["msg"]), context.get("hint")
        if holds_token(value):
            rule, hint = "must be a literal, known before synthesis", "write the value itself"
        raise Refused(f"{where()}: {rule}, got {value!r}" + (f"; {hint}" if hint else "")) from None
    return result


def checked_if_known(kind: Any, value: str, where: Where) -> str:
    """Return *value* as `checked` does, but let pass what only Terraform will know."""
    return value if holds_token(value) else checked(kind, value, where)


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what checks values of *kind*; making it takes longer than using it."""
    return TypeAdapter(kind)


def fit(name: str, limit: int) -> str:
    """Return *name*, or where it is longer than *limit* its beginning with a digest of the whole."""
    return name if len(name) <= limit else cut(name, name, limit)


def cut(name: str, whole: str, limit: int) -> str:
    """Return the beginning of *name* with a digest of *whole*, which tells it from others, within *limit*."""
    return f"{name[: limit - 9]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def region_of(arn: str) -> str:
    """Return the region that *arn* names, empty for what is everywhere."""
    return arn.split(":")[3]


def same_region(region: str, expected: str, where: Where) -> None:
    """Raise `Refused` unless *region*, where a controller looks, is the *expected* one of its role and its queue."""
    if region != expected and not holds_token(region):
        raise Refused(
            f"{where()}: `region` must be {expected}, that of `access`, got {region!r}; pass the same account's"
        )


_PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}
"""By how the names of their regions begin: https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json"""


def partition_of(region: str) -> str:
    """Return the AWS partition that *region* belongs to."""
    return next((partition for begin, partition in _PARTITIONS.items() if region.startswith(begin)), "aws")
