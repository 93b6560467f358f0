"""What stacks and people read from each other."""

from __future__ import annotations

from collections.abc import Iterator

from emr_eks.review.compare import Comparison
from emr_eks.review.model import CROSS_STACK_OUTPUT
from emr_eks.review.references import inputs, references
from emr_eks.review.risks.rule import CRITICAL, HIGH, MEDIUM, Found, Rules, Subject

RULES = Rules()


@RULES.rule("output-removed", "An output is gone")
def removed(comparison: Comparison) -> Iterator[Found]:
    """Yield outputs for people and programs that are no longer there."""
    for stack in comparison.stacks:
        for name in (
            sorted(set(stack.before.outputs) - set(stack.after.outputs)) if stack.before and stack.after else ()
        ):
            if not name.startswith(CROSS_STACK_OUTPUT):
                yield Found(
                    Subject(stack.name, f"output.{name}", stack.name),
                    MEDIUM,
                    f"programs that read the output {name} fail",
                    "keep it until nobody reads it, or tell who does",
                )


@RULES.rule("cross-stack-output-missing", "A stack reads an output that is not there")
def missing(comparison: Comparison) -> Iterator[Found]:
    """Yield outputs that a stack of the head reads and the head does not have: Terraform cannot plan it."""
    for consumer in comparison.sources.stacks.values():
        for producer, output in sorted(inputs(consumer)):
            stack = comparison.sources.stacks.get(producer)
            if stack is None or output not in stack.outputs:
                yield Found(
                    Subject(consumer.name, f"output.{output}", producer),
                    CRITICAL,
                    f"it reads {output} of {producer}, which has no such output: Terraform cannot plan {consumer.name}",
                    "synthesise the whole app again; do not mix stacks of two revisions",
                )


@RULES.rule("cross-stack-output-removed", "What another stack still reads is destroyed first")
def destroyed_first(comparison: Comparison) -> Iterator[Found]:
    """Yield what a deployed stack reads of another, and which that other destroys before the reader is applied."""
    destroyed = {
        (step.resource.stack, step.resource.address): step for step in comparison.steps() if step.action.removes
    }
    order = [*comparison.head.stacks]
    for consumer in comparison.base.stacks.values():
        for producer, output in sorted(inputs(consumer)):
            stack = comparison.base.stacks.get(producer)
            value = stack.outputs.get(output, {}).get("value") if stack else None
            for reference in references(value):
                step = destroyed.get((producer, reference.address))
                if step and consumer.name in order and order.index(producer) < order.index(consumer.name):
                    yield Found(
                        Subject.of(step),
                        HIGH,
                        f"{producer} destroys it while {consumer.name}, applied later, uses it: AWS refuses and the "
                        f"apply hangs until it times out, or {consumer.name} stops working",
                        f"first deploy a change in which {consumer.name} does not use it, then the one that removes it",
                    )
