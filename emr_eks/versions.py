"""`emr-eks versions`: the table of versions that the project knows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from constructs_lib._versions import (
    AS_OF,
    DEFAULT_KARPENTER,
    DEFAULT_KUBERNETES,
    DEFAULT_RELEASE,
    EKS_SUPPORT,
    EMR_FEATURES,
    KARPENTER_SINCE,
)
from emr_eks import tables


def facts() -> dict[str, Any]:
    """Return the table as data; a date is null where AWS has not said."""
    return {
        "as_of": AS_OF.isoformat(),
        "defaults": {"kubernetes": DEFAULT_KUBERNETES, "karpenter": DEFAULT_KARPENTER, "emr": DEFAULT_RELEASE},
        "kubernetes": {
            version: {
                "standard_support_ends": _day(support.standard),
                "extended_support_ends": _day(support.extended),
                "karpenter_since": ".".join(map(str, KARPENTER_SINCE[version])),
            }
            for version, support in EKS_SUPPORT.items()
        },
        "emr": {feature: {"since": [f"emr-{each}" for each in since]} for feature, since in EMR_FEATURES.items()},
    }


def as_json() -> str:
    """Return the table for programs."""
    return json.dumps(facts(), indent=2)


def show() -> None:
    """Print the table for people."""
    known = facts()
    tables.show(
        ["Kubernetes on EKS", "standard support ends", "extended support ends", "Karpenter since"],
        [
            [version, *(each or "not announced" for each in row.values())]
            for version, row in known["kubernetes"].items()
        ],
    )
    tables.show(["jobs may use", "EMR since"], [[name, ", ".join(row["since"])] for name, row in known["emr"].items()])
    print(f"As of {known['as_of']}. By default: {', '.join(known['defaults'].values())}.")


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
