"""How long AWS still supports what a platform runs on. Pure: today's date is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from constructs_lib._versions import EKS_SUPPORT, Support
from provisioners.source import Located

if TYPE_CHECKING:
    from stacks.platform import Platform

SOON = timedelta(days=90)


class Findings(NamedTuple):
    """What cannot be on the day asked about, and what soon cannot."""

    problems: list[Located]
    warnings: list[Located]


def check(platform: Platform, today: date) -> Findings:
    """Return whether EKS supports the platform's Kubernetes on the day *today*, and for how much longer."""
    spec = platform.spec
    version, where = spec.kubernetes_version, "existing_cluster" if spec.existing_cluster else "cluster"
    extended = bool(spec.existing_cluster) or spec.cluster.support_type == "EXTENDED"
    support = EKS_SUPPORT[version]
    findings = Findings([], [])
    end = support.extended if extended else support.standard
    if end and end <= today:
        rule = f"is no longer supported: {_kind(extended)} support of Kubernetes {version} on EKS ended on {end}"
        findings.problems.append(_located(platform, where, f"{rule}; use {_newest(today)}"))
    else:
        findings.warnings.extend(_located(platform, where, text) for text in _ending(version, support, extended, today))
    return findings


def _ending(version: str, support: Support, extended: bool, today: date) -> Iterator[str]:
    for kind, end in (("standard", support.standard), ("extended", support.extended)):
        if end and today < end <= today + SOON and (extended or kind == "standard"):
            after = (
                "after that EKS asks a higher price for it"
                if kind == "standard" and extended
                else "then EKS upgrades the cluster by itself"
            )
            yield (
                f"{kind} support of Kubernetes {version} on EKS ends on {end}, {(end - today).days} days from now; "
                f"{after}: plan the upgrade"
            )


def _kind(extended: bool) -> str:
    return "extended" if extended else "standard"


def _newest(today: date) -> str:
    """Return the versions that standard support covers on *today*, for a hint."""
    return " or ".join(
        version for version, support in EKS_SUPPORT.items() if support.standard is None or support.standard > today
    )


def _located(platform: Platform, where: str, message: str) -> Located:
    return platform.document.located((where, "version"), message)
