"""Which versions of EKS, Karpenter and EMR exist and go together, as of `AS_OF`: the one place that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, NamedTuple

from provisioners.spec import text

AS_OF = date(2026, 11, 21)

KubernetesVersion = Literal["1.31", "1.32", "1.33", "1.34", "1.35", "1.36"]

KarpenterVersion = Annotated[
    str,
    text(
        r"1\.\d+\.\d+",
        "must be a release of Karpenter 1.x, written in full",
        "for example '1.14.1'; older ones run on no Kubernetes that EKS still has, and `emr-eks provisioners convert` "
        "turns their Provisioners into node pools",
    ),
]

ReleaseLabel = Annotated[
    str,
    text(
        r"emr-(spark-)?\d+\.\d+\.\d+-(latest|\d{8})",
        "must be a release label of EMR on EKS",
        "for example 'emr-7.13.0-latest'",
        max_length=64,
    ),
]
"""https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-releases.html"""

DEFAULT_KUBERNETES: KubernetesVersion = "1.35"
DEFAULT_KARPENTER = "1.14.1"
DEFAULT_RELEASE = "emr-7.13.0-latest"


class Support(NamedTuple):
    """When a Kubernetes version on EKS loses support; `None` where AWS has not said."""

    standard: date | None
    extended: date | None


EKS_SUPPORT: dict[str, Support] = {
    "1.31": Support(date(2025, 11, 26), date(2026, 11, 26)),
    "1.32": Support(date(2026, 3, 23), date(2027, 3, 23)),
    "1.33": Support(date(2026, 7, 29), date(2027, 7, 29)),
    "1.34": Support(date(2026, 12, 2), date(2027, 12, 2)),
    "1.35": Support(date(2027, 3, 27), date(2028, 3, 27)),
    "1.36": Support(None, None),
}
"""https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"""

KARPENTER_SINCE: dict[str, tuple[int, int, int]] = {
    "1.31": (1, 0, 5),
    "1.32": (1, 2, 0),
    "1.33": (1, 5, 0),
    "1.34": (1, 6, 0),
    "1.35": (1, 9, 0),
    "1.36": (1, 13, 0),
}
"""The first Karpenter for each Kubernetes: https://karpenter.sh/docs/upgrading/compatibility/"""

V1ALPHA5_UNTIL = (0, 33)
"""The first Karpenter without Provisioners; with NodePools v1 since 1.0."""
V1ALPHA5_KUBERNETES: dict[tuple[int, int], tuple[str, str]] = {
    (0, 21): ("1.21", "1.24"),
    (0, 25): ("1.21", "1.25"),
    (0, 28): ("1.23", "1.27"),
    (0, 31): ("1.23", "1.28"),
}
"""The first and last Kubernetes of Karpenters with Provisioners, from the Karpenter on; of older ones nobody says.

https://github.com/aws/karpenter-provider-aws/blob/v1.0.2/hack/docs/compatibilitymatrix_gen/compatibility.yaml
"""


def numbers(version: str) -> tuple[int, ...]:
    """Return *version*, dotted numbers, as a tuple that compares."""
    return tuple(int(part) for part in version.split("."))


def too_old(karpenter: str, kubernetes: str) -> str | None:
    """Return the rule that a Karpenter too old for the version of Kubernetes breaks, or None."""
    since = KARPENTER_SINCE.get(kubernetes, ())
    if numbers(karpenter) >= since:
        return None
    return f"must be at least {'.'.join(map(str, since))} for Kubernetes {kubernetes}"


EMR_FEATURES: Mapping[str, tuple[str, ...]] = {
    "EMR on EKS": ("5.32.0", "6.2.0"),
    "decommissioning of executors": ("6.3.0",),
    "dynamic allocation": ("6.2.0",),
    "pod identity for jobs": ("7.3.0",),
    "pod templates": ("5.33.0", "6.3.0"),
    "retries of jobs": ("6.9.0",),
    "reuse of volumes": ("6.6.0",),
    "shuffle tracking unasked (Spark 3.4)": ("6.12.0",),
    "waiting for volumes to reuse (Spark 3.4)": ("6.12.0",),
}
"""What jobs may use, and the first release of each major version that has it; so has every later one.

https://docs.aws.amazon.com/emr/latest/EMR-on-EKS-DevelopmentGuide/emr-eks-releases.html
"""


def release_has(label: str, feature: str) -> bool:
    """Tell whether the EMR release *label* has *feature*, a key of `EMR_FEATURES`."""
    match = re.match(r"emr-(?:spark-)?([0-9.]+)-", label)
    assert match, f"{label} is no release label"
    release = numbers(match[1])
    firsts = sorted(numbers(first) for first in EMR_FEATURES[feature])
    of_major = [first for first in firsts if first[0] == release[0]]
    return release >= of_major[0] if of_major else release > firsts[-1]
