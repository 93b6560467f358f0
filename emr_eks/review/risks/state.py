"""What cannot be brought back: data, addresses, and what serves jobs now."""

from __future__ import annotations

from collections.abc import Iterator

from emr_eks.review import facts
from emr_eks.review.compare import Comparison, StackComparison, Step
from emr_eks.review.moves import handover, python_of
from emr_eks.review.paths import dotted
from emr_eks.review.references import references, resolver, rewritten
from emr_eks.review.renames import Key
from emr_eks.review.report import Action, Severity
from emr_eks.review.risks.rule import CRITICAL, HIGH, LOW, MEDIUM, Found, Rules, Subject

RULES = Rules()


@RULES.rule("stateful-destroyed", "Something that holds state is destroyed")
def stateful_destroyed(comparison: Comparison) -> Iterator[Found]:
    """Yield the resources of stateful types that go for good."""
    spared = _keys_of_what_goes(comparison)
    for step in comparison.steps(*facts.STATEFUL):
        if step.action is Action.destroy:
            severity, loss = _loss(step)
            if step.resource.type == "aws_kms_key" and (step.resource.stack, step.resource.address) in spared:
                severity, loss = MEDIUM, "what it encrypted is destroyed in the same change"
            yield Found(
                Subject.of(step),
                severity,
                f"it is destroyed: {loss}",
                "take out what is still needed, or keep it: `terraform state rm` before, or restore the code",
            )


@RULES.rule("stateful-replaced", "Something that holds state is destroyed and created anew")
def stateful_replaced(comparison: Comparison) -> Iterator[Found]:
    """Yield the resources of stateful types that are replaced by empty ones."""
    for step in comparison.steps(*facts.STATEFUL):
        if step.action.replaces:
            severity, loss = _loss(step)
            changed = ", ".join(sorted({dotted(path) for path in step.replacing}))
            # Without a path, the plan's own reasons are told below: tainted, or asked for.
            cause = f"a change of {changed} makes Terraform replace it" if changed else "Terraform replaces it"
            yield Found(
                Subject.of(step),
                severity,
                f"{cause} ({step.action.value}): {loss}",
                "build the new one beside it under another id and move over, or undo the change",
                step.reasons,
            )


@RULES.rule("rename-without-move", "A resource has another address and no move says so")
def rename_without_move(comparison: Comparison) -> Iterator[Found]:
    """Yield the renames that Terraform would take for a destroy and a create."""
    for step in (step for stack in comparison.stacks for step in stack.recognised):
        if step.moved_from:
            severity = _loss(step)[0] if step.resource.type in facts.STATEFUL else MEDIUM
            yield Found(
                Subject.of(step),
                severity,
                f"it is {step.moved_from} under another address: without a move that is destroyed and this created",
                f"add `{python_of(step)}` to the construct, or restore its id",
            )


@RULES.rule("rename-ambiguous", "Resources have other addresses, and which is which cannot be told")
def rename_ambiguous(comparison: Comparison) -> Iterator[Found]:
    """Yield what could be renames, but of several that are the same."""
    for stack in comparison.stacks:
        for each in stack.ambiguities:
            stateful = each.type in facts.STATEFUL
            yield Found(
                _of_address(stack, each.new[0]),
                HIGH if stateful else MEDIUM,
                f"{len(each.gone)} gone and {len(each.new)} new {each.type} are the same but for their address; "
                "without moves they are destroyed and created",
                "say which is which with `move_from_id(...)`",
                (f"gone: {', '.join(each.gone)}", f"new: {', '.join(each.new)}"),
            )


@RULES.rule("rename-across-stacks", "A resource goes from one stack and comes in another")
def rename_across(comparison: Comparison) -> Iterator[Found]:
    """Yield what looks the same in another stack: no move leads from one state to another."""
    renamed = _renamed_stacks(comparison).items()
    for gone, new in comparison.across:
        first, there = new[0], gone[0]
        if (there.stack, first.stack) in renamed:
            continue
        severity = Severity(facts.STATEFUL[first.type].severity) if first.type in facts.STATEFUL else MEDIUM
        stays = there.stack not in comparison.head.stacks
        meaning = f"that stays, and {first.stack} creates another" if stays else "that is destroyed and this created"
        if len(gone) == len(new) == 1:
            yield Found(
                Subject.of(first),
                severity,
                f"it is the same as {there.stack}/{there.address}, which goes: no move leads from one state to "
                f"another, so {meaning}",
                "leave it in its stack, or hand it over: `removed` there and `import` here, or `terraform state mv`",
                handover(there, first),
            )
        else:
            yield Found(
                Subject.of(first),
                severity,
                f"{len(gone)} gone and {len(new)} new {first.type} in other stacks are the same, and which is which "
                f"cannot be told: {meaning}",
                "leave them in their stacks, or hand each over: `removed` there and `import` here",
                tuple(
                    f"{word}: {', '.join(f'{each.stack}/{each.address}' for each in side)}"
                    for word, side in (("gone", gone), ("new", new))
                ),
            )


@RULES.rule("stack-removed", "A stack is no longer in the app")
def stack_removed(comparison: Comparison) -> Iterator[Found]:
    """Yield the stacks that cdktf will leave as they are, with nobody to manage them."""
    gone = {name for name in comparison.base.stacks if name not in comparison.head.stacks}
    renamed = _renamed_stacks(comparison)
    for stack in comparison.stacks:
        if stack.name in gone - set(renamed):
            yield Found(
                Subject(stack.name, stack.name, stack.name),
                HIGH,
                f"cdktf does not destroy a stack that is gone from the app: its {len(stack.steps)} resources stay, "
                "cost money, and nobody manages them",
                f"run `cdktf destroy {stack.name}` from the base revision before merging, if they are to go",
            )


@RULES.rule("stack-renamed", "A stack has another name, and so another state")
def stack_renamed(comparison: Comparison) -> Iterator[Found]:
    """Yield the stacks that are another's resources under a new name."""
    for old, new in _renamed_stacks(comparison).items():
        yield Found(
            Subject(new, new, new),
            CRITICAL,
            f"it holds what {old} held, but the state is under the old name: everything would be created again, "
            "beside what is there",
            f"keep the name, or move the state of {old} first",
        )


def _renamed_stacks(comparison: Comparison) -> dict[str, str]:
    """Return the removed stacks by the new one that holds the same addresses; ids of cdktf leave the stack out."""
    base, head = comparison.base.stacks, comparison.head.stacks
    gone, new = [name for name in base if name not in head], [name for name in head if name not in base]
    found: dict[str, str] = {}
    for old in gone:
        same = [name for name in new if base[old].resources and set(base[old].resources) == set(head[name].resources)]
        if len(same) == 1:
            found[old] = same[0]
    return found


def _loss(step: Step) -> tuple[Severity, str]:
    held = facts.STATEFUL[step.resource.type]
    if step.resource.type == "aws_cloudwatch_log_group" and step.old("skip_destroy") is True:
        return LOW, "the group and its logs stay in CloudWatch, but nobody manages them (skip_destroy)"
    if step.resource.type == "aws_s3_bucket" and step.old("force_destroy") is not True:
        return CRITICAL, "the apply stops while the bucket holds anything (force_destroy is off)"
    return Severity(held.severity), held.loss


def _keys_of_what_goes(comparison: Comparison) -> set[Key]:
    """Return the KMS keys of which all that they encrypted is destroyed too, and nothing left behind in AWS."""
    if not any(step.action is Action.destroy for step in comparison.steps("aws_kms_key")):
        return set()
    gone = {(s.resource.stack, s.resource.address) for s in comparison.steps() if s.action is Action.destroy}
    resolve = resolver(comparison.base)
    used: set[Key] = set()
    needed: set[Key] = set()
    for resource in comparison.base.resources():
        if resource.type != "aws_kms_alias":
            stays = (resource.stack, resource.address) not in gone or resource.body.get("skip_destroy") is True
            for each in references(rewritten(resource.body, resolve)):
                (needed if stays else used).add((each.stack or resource.stack, each.address))
    return used - needed


def _of_address(stack: StackComparison, address: str) -> Subject:
    resource = stack.stack.resources.get(address)
    return Subject(stack.name, address, resource.path if resource else stack.name)
