"""A stack's plan as `terraform show -json` prints it: what Terraform will do, with the values that it knows.

The format: https://developer.hashicorp.com/terraform/internals/json-format. Values that the plan marks as sensitive
are replaced here, by the expression in the sources or by a word, before anything else sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emr_eks.review.embedded import decoded
from emr_eks.review.model import App, Body, Resource, Stack, load_json
from emr_eks.review.redact import CHANGED, HIDDEN
from emr_eks.review.report import Action
from provisioners.source import InvalidFile, Located

UNKNOWN = "(known after apply)"
_MAJOR = 1
_SHOW = "`terraform show -json PLANFILE`"
_INDEX = re.compile(r"\[[^\]]*\]")
_ACTIONS: dict[tuple[str, ...], Action | None] = {
    ("no-op",): None,
    ("create",): Action.create,
    ("read",): None,
    ("update",): Action.update,
    ("delete",): Action.destroy,
    ("delete", "create"): Action.replace,
    ("create", "delete"): Action.replace_create_first,
    ("forget",): Action.forget,
    ("create", "forget"): Action.create,
}
_REASONS = {
    "delete_because_no_resource_config": "it is no longer in the sources",
    "delete_because_no_move_target": "the target of its move is not in the sources",
    "delete_because_wrong_repetition": "it no longer has this index",
    "delete_because_count_index": "its index is beyond the count",
    "delete_because_each_key": "its key is gone",
    "replace_because_tainted": "an earlier apply left it half-made (tainted)",
    "replace_because_cannot_update": "the provider cannot change it in place",
    "replace_by_request": "the plan was asked to replace it",
    "replace_by_triggers": "something that replaces it changes (replace_triggered_by)",
}


@dataclass(frozen=True)
class Planned:
    """What the plan does to one resource; `action` is None when it does nothing."""

    action: Action | None
    before: Resource | None
    after: Resource | None
    moved_from: str | None
    reasons: tuple[str, ...]
    replace_paths: frozenset[tuple[str, ...]]
    unknown: frozenset[str]
    """Arguments at the top whose new value is known only after the apply."""


@dataclass(frozen=True)
class Plan:
    """The plan of one stack."""

    stack: str
    resources: tuple[Planned, ...]
    drift: tuple[Planned, ...]
    outputs: dict[str, tuple[Any, Any]]
    deferred: tuple[str, ...]

    def side(self, name: str) -> dict[str, Resource]:
        """Return the resources `before` or `after`, by address."""
        found = (getattr(each, name) for each in self.resources)
        return {resource.address: resource for resource in found if resource is not None}


def read(file: Path, head: App, base: App | None) -> Plan:
    """Return the plan in *file*, of whichever stack of *head* it is.

    Raises `InvalidFile` for what is no plan, a plan of a format that is not known, and one of another app.
    """
    content = load_json(file, made_by=f"print it with {_SHOW}")
    reader = _Reader(file)
    version = content.get("format_version") if isinstance(content, dict) else None
    if not isinstance(version, str) or "configuration" not in content:
        raise reader.problem((), "is no plan; print one with " + _SHOW)
    if version.partition(".")[0] != str(_MAJOR):
        raise reader.problem(
            ("format_version",), f"must be {_MAJOR}.x, got {version!r}; a newer emr-eks may know this format"
        )
    reader.require_whole(content)
    stack = reader.stack_of(content, head)
    old = base.stacks.get(stack.name) if base else None
    return Plan(
        stack.name,
        tuple(reader.changes(content, "resource_changes", stack, old)),
        tuple(reader.changes(content, "resource_drift", stack, old)),
        dict(reader.outputs(content)),
        tuple(reader.deferred(content)),
    )


class _Reader:
    """Takes a plan apart, and says where it is not what Terraform writes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def problem(self, path: tuple[str | int, ...], message: str) -> InvalidFile:
        return InvalidFile([Located(str(self._file), 0, 0, path, message)])

    def require_whole(self, content: Body) -> None:
        """Raise for a plan that says of no resource, or not of every one, what happens to it."""
        if content.get("errored") is True:
            raise self.problem((), "is a plan that an error ended, and leaves out what came after it; plan again")
        if "resource_changes" not in content and "deferred_changes" not in content and self._manages(content):
            raise self.problem((), "says nothing of what will change; plan without -refresh-only")

    def _manages(self, content: Body) -> bool:
        root = _mapping_or_nothing(_mapping_or_nothing(content["configuration"]).get("root_module"))
        return any(each.get("mode", "managed") == "managed" for each in self._list(root, "resources"))

    def stack_of(self, content: Body, head: App) -> Stack:
        """Return the stack whose resources and outputs the plan was made from."""
        root = self._mapping(
            self._mapping(content["configuration"], "configuration").get("root_module", {}), "root_module"
        )
        planned = {str(each.get("address")) for each in self._list(root, "resources")} | {
            f"output.{name}" for name in self._mapping(root.get("outputs", {}), "outputs")
        }
        nearest, most = None, 0
        for stack in head.stacks.values():
            known = {
                *stack.resources,
                *(f"data.{each}" for each in stack.data),
                *(f"output.{name}" for name in stack.outputs),
            }
            if known == planned:
                return stack
            if len(known & planned) > most:
                nearest, most = (stack.name, known), len(known & planned)
        if nearest is None:
            raise self.problem((), f"is the plan of none of the stacks {', '.join(head.stacks) or '(there are none)'}")
        name, known = nearest
        raise self.problem(
            (),
            f"is not the plan of {name} as it is in --head: {_some(planned - known, 'only in the plan')}; "
            f"{_some(known - planned, 'only in the sources')}; plan the revision that is reviewed",
        )

    def changes(self, content: Body, section: str, stack: Stack, old: Stack | None) -> Iterator[Planned]:
        for index, entry in enumerate(self._list(content, section)):
            if entry.get("mode", "managed") == "managed":
                yield self._planned(entry, (section, index), stack, old)

    def _planned(self, entry: Body, path: tuple[str | int, ...], stack: Stack, old: Stack | None) -> Planned:
        change, address = entry.get("change"), entry.get("address")
        if not isinstance(change, dict) or not isinstance(address, str) or not isinstance(entry.get("type"), str):
            raise self.problem(path, "must have an address, a type and a change")
        actions = change.get("actions")
        if not isinstance(actions, list) or [*map(str, actions)] != actions or tuple(actions) not in _ACTIONS:
            raise self.problem((*path, "change", "actions"), f"must be actions of Terraform's, got {actions!r}")
        previous = entry.get("previous_address")
        previous = previous if isinstance(previous, str) else None
        sources = stack.resources.get(_INDEX.sub("", address))
        past = old.resources.get(_INDEX.sub("", str(previous or address))) if old else None
        shown = _shown(_marked(change), past.body if past else {}, sources.body if sources else {})
        before, after = _written(*shown, {*(past.body if past else ()), *(sources.body if sources else ())})
        action = _ACTIONS[tuple(actions)]
        if change.get("importing"):
            action = Action.import_
        elif action is None and previous:
            action = Action.move
        place = (sources or past or Resource("", "", "", f"{stack.name}/{address}", {})).path
        reason = _REASONS.get(str(entry.get("action_reason")))
        return Planned(
            action,
            _resource(stack, entry, previous or address, place, before),
            _resource(stack, entry, address, place, after),
            previous,
            (reason,) if reason else (),
            frozenset(_keys(each) for each in change.get("replace_paths") or () if isinstance(each, list)),
            frozenset(
                k for k, v in _mapping_or_nothing(change.get("after_unknown")).items() if v not in (False, [], {})
            ),
        )

    def outputs(self, content: Body) -> Iterator[tuple[str, tuple[Any, Any]]]:
        for name, change in self._mapping(content.get("output_changes", {}), "output_changes").items():
            change = self._mapping(change, "output_changes")
            if change.get("actions") != ["no-op"]:
                yield name, _shown(change, {}, {})

    def deferred(self, content: Body) -> Iterator[str]:
        put_off = self._list(content, "deferred_changes")
        if content.get("complete") is False and not put_off:
            yield "whatever is not listed: the plan is of a part of the stack, as with -target"
        for entry in put_off:
            change = _mapping_or_nothing(entry.get("resource_change"))
            yield f"{change.get('address', '?')}: {str(entry.get('reason', 'no reason given')).replace('_', ' ')}"

    def _mapping(self, value: Any, name: str) -> Body:
        if not isinstance(value, dict):
            raise self.problem((name,), "must be a mapping, as Terraform writes it")
        return value

    def _list(self, parent: Body, name: str) -> list[Body]:
        found = parent.get(name) or []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self.problem((name,), "must be a list of mappings, as Terraform writes it")
        return found


def _resource(stack: Stack, entry: Body, address: str, path: str, body: Any) -> Resource | None:
    if not isinstance(body, dict):
        return None
    kind = entry["type"]
    return Resource(stack.name, kind, address.partition(f"{kind}.")[2] or address, path, decoded(body))


def _written(before: Any, after: Any, written: set[str]) -> tuple[Any, Any]:
    """Return both bodies with what the sources say or the plan changes; the rest is what AWS has filled in.

    A role as it is read back, for one, repeats its inline policies, which resources of their own describe.
    """
    if not written:
        return before, after
    both = isinstance(before, dict) and isinstance(after, dict)
    changed = {key for key in after if before.get(key) != after[key] != UNKNOWN} if both else set()
    kept = {*written, *changed, "tags_all"}
    return _only(before, kept), _only(after, kept)


def _only(body: Any, keys: set[str]) -> Any:
    return {key: value for key, value in body.items() if key in keys} if isinstance(body, dict) else body


def _marked(change: Body) -> Body:
    """Return *change*, in which a resource that is sensitive as a whole is so in each of its arguments."""
    marks = {}
    for side in ("before", "after"):
        arguments, mark = change.get(side), f"{side}_sensitive"
        if change.get(mark) is True and isinstance(arguments, dict):
            marks[mark] = dict.fromkeys(arguments, True)
    return {**change, **marks}


def _shown(change: Body, past: Body, sources: Body) -> tuple[Any, Any]:
    """Return both values of a change, with expressions for what is unknown or sensitive."""
    before, after = change.get("before"), change.get("after")
    hidden = change.get("before_sensitive", False), change.get("after_sensitive", False)
    return _merged(before, after, hidden, change.get("after_unknown", False), past, sources)


def _merged(before: Any, after: Any, hidden: tuple[Any, Any], unknown: Any, past: Any, sources: Any) -> tuple[Any, Any]:
    """Return both values; *past* and *sources* are what the sources say there, before and after."""
    if True in hidden:
        return _masked(before, after, unknown, past, sources)
    if unknown is True:
        return before, _expression(sources) or UNKNOWN
    if before is not None and after is not None and _shape(before) is not _shape(after):
        # A manifest's values have any type, and another one after.
        old, _ = _merged(before, None, (hidden[0], False), False, past, None)
        _, new = _merged(None, after, (False, hidden[1]), unknown, None, sources)
        return old, new
    if isinstance(before, dict) or isinstance(after, dict):
        keys: list[Any] = sorted(
            {*_mapping_or_nothing(before), *_mapping_or_nothing(after), *_mapping_or_nothing(unknown)}
        )
    elif isinstance(before, list) or isinstance(after, list) or isinstance(unknown, list):
        keys = [*range(max(len(each) for each in (before, after, unknown) if isinstance(each, list)))]
    else:
        return before, after
    pairs = {key: _merged_at(key, before, after, hidden, unknown, past, sources) for key in keys}
    return _rebuilt(before, pairs, 0), _rebuilt(after, pairs, 1)


def _shape(value: Any) -> type:
    return type(value) if isinstance(value, dict | list) else object


def _merged_at(
    key: Any, before: Any, after: Any, hidden: tuple[Any, Any], unknown: Any, past: Any, sources: Any
) -> tuple[Any, Any]:
    marks = _at(hidden[0], key), _at(hidden[1], key)
    return _merged(_at(before, key), _at(after, key), marks, _at(unknown, key), _at(past, key), _at(sources, key))


def _rebuilt(value: Any, pairs: dict[Any, tuple[Any, Any]], side: int) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [
            pairs[index][side] for index in range(len(pairs)) if index < len(value) or pairs[index][side] is not None
        ]
    return {key: pair[side] for key, pair in pairs.items() if key in value or pair[side] is not None}


def _masked(before: Any, after: Any, unknown: Any, past: Any, sources: Any) -> tuple[Any, Any]:
    """Return words, or what the sources say, for values that must not be shown."""
    new = _expression(sources) or HIDDEN
    if before is None or (after is None and unknown is not True):
        return (None if before is None else _expression(past) or HIDDEN), (None if after is None else new)
    if before == after:
        return new, new
    old = _expression(past) or HIDDEN
    return old, (new if new != old else CHANGED)


def _expression(sources: Any) -> Any:
    """Return what the sources say, if it is made of references: a literal there may be the secret itself."""
    if isinstance(sources, str):
        return sources if "${" in sources else None
    if isinstance(sources, list) and sources and all(_expression(each) for each in sources):
        return sources
    return None


def _at(value: Any, key: Any) -> Any:
    """Return what is at *key*; a block that the sources write without a list is its own first item."""
    if isinstance(value, dict):
        return value if isinstance(key, int) else value.get(key)
    if isinstance(value, list):
        if isinstance(key, int):
            return value[key] if key < len(value) else None
        return _at(value[0], key) if len(value) == 1 else None
    return None


def _mapping_or_nothing(value: Any) -> Body:
    return value if isinstance(value, dict) else {}


def _keys(path: list[Any]) -> tuple[str, ...]:
    return tuple(str(step) for step in path if not isinstance(step, int))


def _some(names: set[str], where: str, most: int = 3) -> str:
    shown = ", ".join(sorted(names)[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{shown}{more} {where}" if names else f"nothing {where}"
