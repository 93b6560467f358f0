"""What a rule is: a name, a sentence, and a function that looks at a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from emr_eks.review.compare import Comparison, Step
from emr_eks.review.model import Resource
from emr_eks.review.report import Risk, Severity

LOW, MEDIUM, HIGH, CRITICAL = Severity


class Subject(NamedTuple):
    """What a risk is about."""

    stack: str
    address: str
    path: str

    @classmethod
    def of(cls, about: Step | Resource) -> Subject:
        """Return the subject that a step or a resource is."""
        resource = about.resource if isinstance(about, Step) else about
        return cls(resource.stack, resource.address, resource.path)


class Found(NamedTuple):
    """What a rule found; the consequence is one sentence without a full stop, as is the next step."""

    subject: Subject
    severity: Severity
    consequence: str
    next_step: str
    details: tuple[str, ...] = ()


Find = Callable[[Comparison], Iterator[Found]]


class Rule(NamedTuple):
    """A rule of the review."""

    id: str
    title: str
    find: Find

    def risks(self, comparison: Comparison) -> Iterator[Risk]:
        """Yield what the rule finds in *comparison*."""
        for found in self.find(comparison):
            stack, address, path = found.subject
            yield Risk(
                id=self.id,
                severity=found.severity,
                stack=stack,
                address=address,
                path=path,
                consequence=found.consequence,
                next_step=found.next_step,
                details=found.details,
            )


class Rules(list[Rule]):
    """The rules of one theme, in the order in which they are written."""

    def rule(self, id: str, title: str) -> Callable[[Find], Find]:
        """Add the function that follows as a rule."""

        def add(find: Find) -> Find:
            self.append(Rule(id, title, find))
            return find

        return add
