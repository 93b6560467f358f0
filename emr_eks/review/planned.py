"""Joins plans with the reading of the sources: the plan says what happens, the sources where and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from emr_eks.review.compare import Comparison, StackComparison, Step, normal
from emr_eks.review.differences import Difference, differences
from emr_eks.review.model import CROSS_STACK_OUTPUT, App, Stack
from emr_eks.review.plan import UNKNOWN, Plan, Planned
from emr_eks.review.references import resolver
from emr_eks.review.report import Action
from emr_eks.review.report import Difference as Disagreement


def joined(offline: Comparison | None, head: App, plans: Iterable[Plan]) -> Comparison:
    """Return the comparison in which the stacks that have a plan are as the plan says.

    Without *offline* the stacks that have no plan are left out: nothing is known of what they are changed from.
    """
    by_stack = {plan.stack: plan for plan in plans}
    before: dict[str, Stack] = dict(offline.base.stacks) if offline else {}
    after = dict(head.stacks) if offline else {name: head.stacks[name] for name in head.stacks if name in by_stack}
    found: list[StackComparison] = []
    known = {stack.name: stack for stack in offline.stacks} if offline else {}
    for name, plan in by_stack.items():
        before[name] = replace(before.get(name, head.stacks[name]), resources=plan.side("before"))
        after[name] = replace(head.stacks[name], resources=plan.side("after"))
    for name in [*known, *(name for name in after if name not in known)]:
        if name in by_stack:
            found.append(_stack(by_stack[name], known.get(name), before[name], after[name], head))
        else:
            found.append(known[name])
    moves, across = (offline.moves, offline.across) if offline else ({}, ())
    return Comparison(App(before), App(after), tuple(found), moves, head, across)


def _stack(plan: Plan, offline: StackComparison | None, before: Stack, after: Stack, head: App) -> StackComparison:
    resolve = resolver(head)
    steps = [step for each in plan.resources if (step := _step(each, resolve))]
    found = offline or StackComparison(plan.stack, before, after)
    return replace(
        found,
        before=before,
        after=after,
        steps=tuple(sorted(steps, key=lambda step: (step.resource.path, step.resource.address))),
        outputs=tuple(_outputs(plan)),
        recognised=found.recognised,
        rewritten=0,
        follows=0,
        planned=True,
        drift=tuple(_drift(plan, head.stacks[plan.stack], resolve)),
        deferred=plan.deferred,
        disagreements=tuple(_disagreements(plan, offline, head.stacks[plan.stack], resolve)) if offline else (),
    )


def _drift(plan: Plan, sources: Stack, resolve: Callable[[str], str]) -> Iterator[Step]:
    """Yield what was changed outside Terraform, of the arguments that the sources speak of; AWS fills in the others."""
    for each in plan.drift:
        step = _step(each, resolve)
        if step and step.action is Action.destroy:
            yield step
        elif step:
            written = sources.resources.get(step.resource.address)
            edits = tuple(edit for edit in step.differences if written and edit.path[0] in written.body)
            if edits:
                yield replace(step, differences=edits)


def _step(planned: Planned, resolve: Callable[[str], str]) -> Step | None:
    if planned.action is None:
        return None
    before = normal(planned.before, resolve) if planned.before else None
    after = normal(planned.after, resolve) if planned.after else None
    edits: list[Difference] = []
    if before and after:
        edits = [each for each in differences(after.type, before.body, after.body) if each.after != UNKNOWN]
    return Step(
        planned.action,
        None if planned.action in (Action.create, Action.import_) else before,
        after,
        tuple(edits),
        planned.moved_from,
        move_declared=planned.moved_from is not None,
        reasons=planned.reasons,
        replacing=planned.replace_paths,
    )


def _outputs(plan: Plan) -> Iterator[Difference]:
    for name, (before, after) in sorted(plan.outputs.items()):
        if not name.startswith(CROSS_STACK_OUTPUT):
            yield from (
                each._replace(path=(name, *each.path))
                for each in differences("output", {"value": before}, {"value": after})
            )


def _disagreements(
    plan: Plan, offline: StackComparison, sources: Stack, resolve: Callable[[str], str]
) -> Iterator[Disagreement]:
    """Yield where the plan does something else than the sources say, and why."""
    read = {step.resource.address: step for step in offline.steps}
    renamed = {step.moved_from for step in offline.recognised} | {s.resource.address for s in offline.recognised}
    drifted = {step.resource.address for step in _drift(plan, sources, resolve)}
    tagged = 0
    for each in plan.resources:
        resource = each.after or each.before
        assert resource is not None, "a plan speaks of something"
        step = read.get(resource.address)
        said, does = _word(step.action if step else None), _word(each.action)
        if said == does:
            continue
        if (said, does) == ("nothing", "update") and _only_tags(each):
            tagged += 1
            continue
        here = resource.address
        why = _why(each, said, does, drifted=here in drifted, renamed=here in renamed)
        yield Disagreement(address=here, offline=said, plan=does, why=why)
    if tagged:
        why = "the provider's default tags change, which the sources have in one place"
        yield Disagreement(address=f"{tagged} resources", offline="nothing", plan="update", why=why)
    planned = {r.address for each in plan.resources for r in (each.before, each.after) if r}
    for address in sorted({*read} - planned):
        why = "it is in neither the state nor the plan: the base was not deployed"
        if plan.deferred:
            why = "the plan leaves it out, or puts it off"
        yield Disagreement(address=address, offline=_word(read[address].action), plan="nothing", why=why)


def _why(planned: Planned, said: str, does: str, *, drifted: bool, renamed: bool) -> str:
    if renamed:
        return "it is a rename without a move: Terraform takes it for two resources"
    if drifted:
        return "it was changed outside Terraform"
    if does == "create":
        return "it is not in the state: the base was not deployed, or not all of it"
    if does == "destroy":
        return "it is in the state, and not in the base: another revision was deployed"
    if does == "nothing":
        return "the state has it so already: the change was deployed, or the provider sees none"
    if does == "replace":
        paths = ", ".join(sorted(".".join(path) for path in planned.replace_paths)) or "a reason of its own"
        return f"the provider replaces it for {paths}, which the review's table does not have"
    if said == "replace":
        return "the provider changes it in place, where the review's table says that it is replaced"
    if planned.unknown - {"tags_all"}:
        return f"{', '.join(sorted(planned.unknown))}: known only after the apply"
    return "the state is not as the base says: another revision was deployed, or a default of the provider has changed"


def _only_tags(planned: Planned) -> bool:
    if planned.before is None or planned.after is None:
        return False
    found = {each.path[0] for each in differences(planned.after.type, planned.before.body, planned.after.body)}
    return found <= {"tags_all", "tags"}


def _word(action: Action | None) -> str:
    if action is None:
        return "nothing"
    return "replace" if action.replaces else action.value
