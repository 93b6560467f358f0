"""Risks that the team has accepted: a file in the repository, each entry with a reason and an end."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

from emr_eks.review.report import Risk, Severity, Suppressed
from emr_eks.review.risks import RULES
from provisioners.source import Document, read, validate
from provisioners.spec import Items, Problem, Spec, broken_rule

DEFAULT_FILE = Path("review-suppressions.yaml")


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise broken_rule("must be a day", "for example 2027-03-31") from None
    return value


class Suppression(Spec):
    """One accepted risk."""

    id: str = Field(description="The rule's id.", examples=["stateful-replaced"])
    address: str = Field(
        description="The address, the construct path, or a pattern of either with `*`.",
        examples=["aws_nat_gateway.vpc_nat_AA9AB814"],
    )
    reason: Annotated[str, Field(min_length=10)] = Field(description="Why this is right, for whoever reads it later.")
    expires: Annotated[date, BeforeValidator(_day)] = Field(
        description="The last day on which it holds.", examples=["2027-03-31"]
    )

    def rules(self) -> Iterator[Problem]:
        known = {rule.id for rule in RULES}
        if self.id not in known:
            yield Problem(("id",), "must be the id of a rule", self.id, "docs/review.md lists them")

    def fits(self, risk: Risk) -> bool:
        """Tell whether *risk* is the one that was accepted."""
        names = (risk.address, risk.path, f"{risk.stack}/{risk.address}")
        return self.id == risk.id and any(fnmatch.fnmatchcase(name, self.address) for name in names)


class Suppressions(Spec):
    """The file of accepted risks."""

    suppressions: Items[Suppression] = Field(default=(), description="Each accepted risk.")


class Judged(NamedTuple):
    """The risks that are left, those that were accepted, and what is wrong with the file by now."""

    risks: list[Risk]
    suppressed: list[Suppressed]


def load(file: Path) -> tuple[Suppressions, Document]:
    """Read the file. Raises `InvalidFile` with every problem."""
    document = read(file, tolerant=True)
    return validate(Suppressions, document), document


def judge(risks: Iterable[Risk], accepted: Suppressions, document: Document, today: date) -> Judged:
    """Take out what was accepted; entries that have expired or fit nothing become risks themselves."""
    left, suppressed = [], []
    used: set[int] = set()
    for risk in risks:
        fitting = [i for i, each in enumerate(accepted.suppressions) if each.fits(risk)]
        # An entry that has ended does not stand before one that holds.
        entry = next((i for i in fitting if accepted.suppressions[i].expires >= today), None)
        used.update(fitting[:1] if entry is None else [entry])
        if entry is None:
            left.append(risk)
        else:
            each = accepted.suppressions[entry]
            suppressed.append(Suppressed(risk=risk, reason=each.reason, expires=each.expires.isoformat()))
    for index, each in enumerate(accepted.suppressions):
        if each.expires < today:
            left.append(_about(document, index, each, f"it ended on {each.expires}", "decide again, or take it out"))
        elif index not in used:
            left.append(_about(document, index, each, "nothing fits it any more", "take it out"))
    return Judged(left, suppressed)


def _about(document: Document, index: int, entry: Suppression, what: str, next_step: str) -> Risk:
    place = document.located(("suppressions", index), "")
    return Risk(
        id="suppression-stale",
        severity=Severity.low,
        stack="",
        address=entry.address,
        path=f"{place.file}:{place.line}:{place.column}",
        file=place.file,
        line=place.line,
        consequence=f"the suppression of {entry.id} does nothing: {what}",
        next_step=next_step,
    )
