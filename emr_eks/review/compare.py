"""Two apps compared: what Terraform will do to each resource, as far as the sources tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from emr_eks.review import facts, renames
from emr_eks.review.differences import Difference, differences
from emr_eks.review.embedded import decoded
from emr_eks.review.model import CROSS_STACK_OUTPUT, App, Resource, Stack
from emr_eks.review.paths import Path, at, dotted, listed, matches
from emr_eks.review.references import (
    account_of,
    inputs,
    places,
    references,
    references_in,
    resolver,
    rewritten,
    with_moves,
)
from emr_eks.review.renames import Across, Key, Renames
from emr_eks.review.report import Action, Ambiguity
from emr_eks.review.report import Difference as Disagreement

EMPTY = Stack("")


@dataclass(frozen=True)
class Step:
    """What happens to one resource. The bodies are decoded, and nothing in them is hidden yet."""

    action: Action
    before: Resource | None
    after: Resource | None
    differences: tuple[Difference, ...] = ()
    moved_from: str | None = None
    move_declared: bool = False
    likely: bool = False
    reasons: tuple[str, ...] = ()
    replacing: frozenset[Path] = frozenset()
    """Paths whose change forces the replacement."""

    @property
    def resource(self) -> Resource:
        """The resource after the step, or before it when there is none after."""
        found = self.after or self.before
        assert found is not None, "a step is about something"
        return found

    @property
    def is_recognised_move(self) -> bool:
        """Whether this is a rename that nobody has declared: Terraform would destroy and create."""
        return self.moved_from is not None and not self.move_declared

    def old(self, path: str) -> Any:
        """Return the value at the dotted *path* before."""
        return at(self.before.body, path) if self.before else None

    def new(self, path: str) -> Any:
        """Return the value at the dotted *path* after."""
        return at(self.after.body, path) if self.after else None

    def forces(self, path: Path) -> bool:
        """Tell whether the change at *path* makes Terraform replace the resource."""
        return any(matches(path, ".".join(step for step in each if step[0] != "[")) for each in self.replacing)

    def changes(self, path: str) -> bool:
        """Tell whether something at or below the dotted *path* differs."""
        return any(matches(each.path, path) for each in self.differences)


@dataclass(frozen=True)
class StackComparison:
    """One stack before and after; either may be missing, but not both."""

    name: str
    before: Stack | None
    after: Stack | None
    steps: tuple[Step, ...] = ()
    meta: tuple[Step, ...] = ()
    """Changes of what speaks to Terraform only, such as `lifecycle`: nothing happens in the cloud."""
    outputs: tuple[Difference, ...] = ()
    settings: tuple[Difference, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()
    follows: int = 0
    rewritten: int = 0
    waits_for: tuple[str, ...] = ()
    recognised: tuple[Step, ...] = ()
    """Renames that nobody has declared."""
    planned: bool = False
    """Whether the steps are a plan's; the rest below is then known too."""
    drift: tuple[Step, ...] = ()
    deferred: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def stack(self) -> Stack:
        """The stack after, or before when it is gone."""
        found = self.after or self.before
        assert found is not None, "a stack is on one side at least"
        return found


@dataclass(frozen=True)
class Comparison:
    """Two apps, and what happens between them, stack by stack in deploy order; removed stacks come last."""

    base: App
    head: App
    stacks: tuple[StackComparison, ...]
    moves: dict[Key, str] = field(default_factory=dict)
    """What has another address now: (stack, old address) to new address."""
    sources: App = field(default_factory=lambda: App({}))
    """The head as it is written: a plan's values no longer say what they were read from."""
    across: tuple[Across, ...] = ()
    """What goes from one stack and comes in another, by the sources."""

    def steps(self, *types: str) -> Iterator[Step]:
        """Yield what happens to resources of *types*, or to all; nothing does to those that Terraform forgets."""
        for stack in self.stacks:
            for step in stack.steps:
                if step.action is not Action.forget and (not types or step.resource.type in types):
                    yield step

    def old(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of *types* before, decoded, with the addresses that they have after."""
        resolve = resolver(self.base, account_of(self.base, self.head))
        for resource in self.base.resources(*types):
            moved = self.moves.get((resource.stack, resource.address))
            name = moved.partition(".")[2] if moved else resource.name
            yield replace(normal(resource, resolve, self.moves), name=name)

    def new(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of *types* after, decoded."""
        resolve = resolver(self.head, account_of(self.base, self.head))
        return (normal(resource, resolve) for resource in self.head.resources(*types))


def compare(base: App, head: App) -> Comparison:
    """Return what happens to each resource when *head* is deployed over *base*."""
    return _Comparer(base, head).run()


class _Comparer:
    def __init__(self, base: App, head: App) -> None:
        self._base, self._head = base, head
        self._declared = dict(_declared_moves(base, head))
        self._renames = self._recognised()
        self._moves: dict[Key, str] = {**self._renames.moves, **self._declared}
        self._first = created_first(head)
        self._move_targets = {(stack, new) for (stack, _), new in self._moves.items()}
        account = account_of(base, head)
        self._resolve_base, self._resolve_head = resolver(base, account), resolver(head, account)

    def run(self) -> Comparison:
        removed = [name for name in reversed(self._base.stacks) if name not in self._head.stacks]
        found = [self._stack(name) for name in [*self._head.stacks, *removed]]
        steps = _Cascade(self._head, [step for stack in found for step in stack.steps], self._first).run()
        by_stack: dict[str, list[Step]] = defaultdict(list)
        for step in steps:
            by_stack[step.resource.stack].append(step)
        stacks = tuple(_completed(each, by_stack[each.name]) for each in found)
        return Comparison(self._base, self._head, stacks, self._moves, self._head, self._across(steps))

    def _across(self, steps: Iterable[Step]) -> tuple[Across, ...]:
        gone: dict[Key, Resource] = {}
        new: dict[Key, Resource] = {}
        for step in steps:
            resource = step.resource
            # A stack that is no longer in the app is forgotten; what `removed` forgets is somebody's intention.
            if step.action is Action.destroy or (
                step.action is Action.forget and resource.stack not in self._head.stacks
            ):
                gone[resource.stack, resource.address] = resource
            elif step.action is Action.create:
                new[resource.stack, resource.address] = resource
        both = {resource.type for resource in gone.values()} & {resource.type for resource in new.values()}
        return renames.across(
            *({k: _without_terraform(r) for k, r in side.items() if r.type in both} for side in (gone, new))
        )

    def _recognised(self) -> Renames:
        """Match what is gone with what is new, where both sides of a stack have such a type."""
        gone, new = {}, {}
        for name, after in self._head.stacks.items():
            before = self._base.stacks.get(name)
            if before:
                handled = {old for (stack, old) in self._declared if stack == name}
                targets = {new for (stack, _), new in self._declared.items() if stack == name}
                lost = [r for a, r in before.resources.items() if a not in after.resources and a not in handled]
                came = [r for a, r in after.resources.items() if a not in before.resources and a not in targets]
                both = {r.type for r in lost} & {r.type for r in came}
                gone.update({(name, r.address): r for r in lost if r.type in both})
                new.update({(name, r.address): r for r in came if r.type in both})
        return renames.find(gone, new)

    def _stack(self, name: str) -> StackComparison:
        before, after = self._base.stacks.get(name), self._head.stacks.get(name)
        if after is None or before is None:
            action = Action.forget if after is None else Action.create
            resources = (after or before or EMPTY).resources.values()
            resolve = self._resolve_head if after else self._resolve_base
            steps = tuple(_one_sided(action, resource, resolve) for resource in resources)
            waits = tuple(self._waits_for(after, steps)) if after else ()
            return StackComparison(name, before, after, steps, waits_for=waits)
        found = _Steps()
        for address in sorted({*before.resources, *after.resources}):
            self._resource(name, before, after, address, found)
        outputs, followed = self._outputs(name, before, after)
        return StackComparison(
            name,
            before,
            after,
            tuple(found.steps),
            tuple(found.meta),
            outputs,
            tuple(self._settings(name, before, after)),
            tuple(self._renames.ambiguities.get(name, ())),
            found.follows + followed,
            found.rewritten,
            tuple(self._waits_for(after, found.steps)),
        )

    def _resource(self, stack: str, before: Stack, after: Stack, address: str, found: _Steps) -> None:
        old, new = before.resources.get(address), after.resources.get(address)
        moved_to = self._moves.get((stack, address))
        if old and moved_to:
            self._pair(stack, old, after.resources[moved_to], found, moved_from=address)
            old = None
        if old and new:
            self._pair(stack, old, new, found)
        elif old:
            action = Action.forget if address in after.forgotten else Action.destroy
            found.steps.append(_one_sided(action, old, self._resolve_base))
        elif new and (stack, address) not in self._move_targets:
            action = Action.import_ if address in after.imported else Action.create
            found.steps.append(_one_sided(action, new, self._resolve_head))

    def _pair(self, stack: str, old: Resource, new: Resource, found: _Steps, moved_from: str | None = None) -> None:
        if old.body == new.body and not moved_from:
            return
        before, after = normal(old, self._resolve_base, self._moves), normal(new, self._resolve_head)
        edits = [*differences(new.type, before.body, after.body)] if before.body != after.body else []
        real, meta = _without_meta(edits, after)
        step = Step(
            self._action(new, real),
            before,
            after,
            tuple(real),
            moved_from,
            (stack, old.address) in self._declared,
            likely=any(_forces(new.type, each) for each in real),
            replacing=frozenset(each.path for each in real if _forces(new.type, each)),
        )
        if meta:
            found.meta.append(replace(step, differences=tuple(meta)))
        if moved_from and not real:
            found.steps.append(replace(step, action=Action.move))
        elif real:
            found.steps.append(step)
        elif before.body == after.body:
            found.follows += 1
        elif not meta:
            found.rewritten += 1

    def _action(self, resource: Resource, edits: Iterable[Difference]) -> Action:
        replaced = any(_forces(resource.type, each) for each in edits)
        return _replacement(resource, self._first) if replaced else Action.update

    def _outputs(self, name: str, before: Stack, after: Stack) -> tuple[tuple[Difference, ...], int]:
        found: list[Difference] = []
        followed = 0
        for output in sorted({*before.outputs, *after.outputs}):
            old, new = before.outputs.get(output), after.outputs.get(output)
            if output.startswith(CROSS_STACK_OUTPUT) or old == new:
                continue
            if old is not None and new is not None:
                old = self._part(name, old, self._resolve_base, self._moves)
                new = self._part(name, new, self._resolve_head)
                if old == new:
                    followed += 1
                    continue
            found += [replace_path(each, output) for each in differences("output", old or {}, new or {})]
        return tuple(found), followed

    def _settings(self, name: str, before: Stack, after: Stack) -> Iterator[Difference]:
        for section, old, new in (
            ("terraform", before.terraform, after.terraform),
            ("provider", before.providers, after.providers),
        ):
            if old != new:
                old = self._part(name, old, self._resolve_base, self._moves)
                new = self._part(name, new, self._resolve_head)
                yield from (replace_path(each, section) for each in differences(section, old, new))

    def _part(
        self, name: str, value: Any, resolve: Callable[[str], str], moves: Mapping[Key, str] = MappingProxyType({})
    ) -> Any:
        return normal(Resource(name, "", "", "", {"value": value}), resolve, moves).body["value"]

    def _waits_for(self, stack: Stack, steps: Iterable[Step]) -> Iterator[str]:
        """Say which stacks must be applied before Terraform can plan *stack*: it reads what is not there yet."""
        missing: dict[str, list[str]] = defaultdict(list)
        for producer, output in sorted(inputs(stack)):
            known = self._base.stacks.get(producer)
            if known is None or output not in known.outputs:
                missing[producer].append(output)
        for producer, outputs in missing.items():
            yield f"{producer}: it reads {len(outputs)} of its outputs that are not in its state yet"
        manifests = [s for s in steps if s.action is Action.create and s.resource.type == "kubernetes_manifest"]
        kinds = sorted(
            {str(step.new("manifest.kind")) for step in manifests if "/" in str(step.new("manifest.apiVersion"))}
        )
        for name in stack.dependencies if kinds else ():
            if name not in self._base.stacks and [*self._head.stacks[name].of_type("helm_release")]:
                yield f"{name}: its charts define the kinds {', '.join(kinds)}"


class _Steps:
    """What was found in one stack so far."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.meta: list[Step] = []
        self.follows = 0
        self.rewritten = 0


class _Cascade:
    """Follows new values through references: what refers to a replaced resource changes too."""

    def __init__(self, head: App, steps: Iterable[Step], first: Container[Key]) -> None:
        self._head, self._first = head, first
        self._steps: dict[Key, Step] = {}
        self._others: list[Step] = []
        for step in steps:
            if step.after and step.action is not Action.create:
                self._steps[step.after.stack, step.after.address] = step
            else:
                self._others.append(step)
        self._new = {(step.after.stack, step.after.address) for step in self._others if step.after}

    def run(self) -> list[Step]:
        waiting = [key for key, step in self._steps.items() if step.action is not Action.move]
        readers = self._readers() if waiting else {}
        while waiting:
            key = waiting.pop()
            for reader, path, attribute in readers.get(key, ()):
                if reader not in self._new and self._gets_new_value(self._steps[key], attribute):
                    waiting += self._follow(reader, path, key, attribute)
        return [*self._steps.values(), *self._others]

    def _readers(self) -> dict[Key, list[tuple[Key, Path, str]]]:
        """Return who reads each changed resource, where, and which attribute."""
        found: dict[Key, list[tuple[Key, Path, str]]] = defaultdict(list)
        resolve = resolver(self._head)
        for resource in self._head.resources():
            for path, text in places(resource.body):
                if path[0] not in facts.META:
                    for reference in references_in(resolve(text)):
                        target = reference.stack or resource.stack, reference.address
                        found[target].append(((resource.stack, resource.address), path, reference.attribute))
        return found

    def _gets_new_value(self, step: Step, attribute: str) -> bool:
        """Tell whether *attribute* is another after *step*: configured and changed, or the cloud's and replaced."""
        assert step.after is not None, "only what stays is followed"
        if attribute in facts.RENEWED_BY_UPDATE.get(step.after.type, ()):
            return True
        if at(step.after.body, attribute) is not None:
            # What is configured may have been followed here itself: a bucket's name, say, read from its encryption.
            return step.changes(attribute) or any(dotted(path) == attribute for path in step.replacing)
        return step.action.replaces

    def _follow(self, reader: Key, path: Path, cause: Key, attribute: str) -> list[Key]:
        """Note that *reader* changes at *path* because of *cause*; return it when what reads it must be looked at."""
        resource = self._head.stacks[reader[0]].resources[reader[1]]
        source = cause[1] if cause[0] == reader[0] else "/".join(cause)
        reason = f"{dotted(path)} reads {attribute or 'something'} of {source}"
        step = self._steps.get(reader)
        if step is None:
            body = replace(resource, body=decoded(resource.body))
            step = Step(Action.update, body, body, likely=True)
        elif reason in step.reasons:
            return []
        forced = facts.forces_replacement(resource.type, path, True)
        action = step.action
        if forced and not action.replaces:
            action = _replacement(resource, self._first)
        elif action is Action.move:
            action = Action.update
        replacing = step.replacing | {path} if forced else step.replacing
        known = reader in self._steps
        self._steps[reader] = replace(
            step, action=action, reasons=(*step.reasons, reason), replacing=replacing, likely=True
        )
        return [reader] if not known or action is not step.action else []


def normal(
    resource: Resource, resolve: Callable[[str], str], moves: Mapping[Key, str] = MappingProxyType({})
) -> Resource:
    """Return the resource with embedded documents as data, and references that both sides write alike."""

    def change(text: str) -> str:
        text = resolve(text)
        return with_moves(text, resource.stack, moves) if moves else text

    return replace(resource, body=decoded(rewritten(resource.body, change)))


def _declared_moves(base: App, head: App) -> Iterator[tuple[Key, str]]:
    """Yield the moves that the head declares and that there is something to move for."""
    for name, stack in head.stacks.items():
        known = base.stacks.get(name, EMPTY).resources
        for new, old in stack.moved.items():
            if old in known and new in stack.resources and new not in known:
                yield (name, old), new


def _one_sided(action: Action, resource: Resource, resolve: Callable[[str], str]) -> Step:
    whole = normal(resource, resolve)
    if action in (Action.create, Action.import_):
        return Step(action, None, whole)
    return Step(action, whole, None)


def _without_terraform(resource: Resource) -> Resource:
    """Return the resource without the arguments that speak to Terraform: they differ from stack to stack."""
    return replace(resource, body={key: value for key, value in resource.body.items() if key not in facts.META})


def _without_meta(edits: Iterable[Difference], after: Resource) -> tuple[list[Difference], list[Difference]]:
    """Return the differences that Terraform acts on, and those that only speak to it; ignored ones are neither."""
    ignored = [str(each).replace("[0]", "") for each in listed(at(after.body, "lifecycle.ignore_changes"))]
    real, meta = [], []
    for each in edits:
        if each.path and each.path[0] in facts.META:
            meta.append(each)
        elif "all" not in ignored and not any(matches(each.path, pattern) for pattern in ignored):
            real.append(each)
    return real, meta


def _forces(kind: str, edit: Difference) -> bool:
    return facts.forces_replacement(kind, edit.path, edit.after)


def created_first(app: App) -> set[Key]:
    """Return what Terraform creates before it destroys the old one: what asks for it, and all that this refers to.

    https://developer.hashicorp.com/terraform/language/meta-arguments#create_before_destroy
    """
    asking = [r for r in app.resources() if at(r.body, "lifecycle.create_before_destroy") is True]
    found: set[Key] = set()
    while asking:
        resource = asking.pop()
        found.add((resource.stack, resource.address))
        siblings = app.stacks[resource.stack].resources
        for reference in references(resource.body):
            if reference.address in siblings and (resource.stack, reference.address) not in found:
                asking.append(siblings[reference.address])
    return found


def _replacement(resource: Resource, first: Container[Key]) -> Action:
    return Action.replace_create_first if (resource.stack, resource.address) in first else Action.replace


def replace_path(difference: Difference, head: str) -> Difference:
    """Return *difference* one level further down, in *head*."""
    return difference._replace(path=(head, *difference.path))


def _completed(stack: StackComparison, steps: Iterable[Step]) -> StackComparison:
    """Return *stack* with all its steps, by construct path."""
    found = tuple(sorted(steps, key=_place))
    return replace(stack, steps=found, recognised=tuple(step for step in found if step.is_recognised_move))


def _place(step: Step) -> tuple[str, str]:
    return step.resource.path, step.resource.address
