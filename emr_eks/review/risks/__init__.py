"""The rules that say what a reviewer should know; one module a theme, one function a rule."""

from __future__ import annotations

from emr_eks.review.compare import Comparison
from emr_eks.review.report import Risk
from emr_eks.review.risks import (
    access,
    capacity,
    controllers,
    exposure,
    iam,
    network,
    ordering,
    outputs,
    protection,
    state,
    teams,
    versions,
    watching,
)
from emr_eks.review.risks.rule import Rule

RULES: tuple[Rule, ...] = tuple(
    rule
    for module in (
        state,
        iam,
        access,
        exposure,
        network,
        protection,
        watching,
        capacity,
        controllers,
        teams,
        outputs,
        versions,
        ordering,
    )
    for rule in module.RULES
)


def find(comparison: Comparison) -> list[Risk]:
    """Return every risk in *comparison*, the most severe first."""
    found = dict.fromkeys(risk for rule in RULES for risk in rule.risks(comparison))
    return sorted(found, key=lambda risk: (-risk.severity.rank, risk.stack, risk.id, risk.address))
