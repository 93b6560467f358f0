"""Turns pydantic's errors into findings: where in the file, which rule, what next, in plain words.

A union makes pydantic report the errors of every branch; here the branch that fits the value speaks alone.
The way from an error's location to the place in the file follows pydantic's core schema
(https://docs.pydantic.dev/latest/api/pydantic_core_schema/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from provisioners._yaml import scalar
from provisioners.spec import NOTHING, Path, Problem

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "nothing",
}
_RULES = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must be at least {min_length} characters long",
    "string_too_long": "must be at most {max_length} characters long",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "value_error": "{error}",
    "assertion_error": "{error}",
    "rule": "{rule}",
}

_SYNONYMS = {"amd64": "x86_64", "aarch64": "arm64", "one": "single"}
"""What looks like one choice and means another."""
_ONE = re.compile(r"\b1 (entries|characters)")

_Error = tuple[tuple[str | int, ...], ErrorDetails]
"""What is left of the location, and the error."""


class Finding(NamedTuple):
    """One thing wrong at one place.

    `places` are what the rule looked at, `expected` is set where the value's type or choice is wrong, `meant` is
    the key that an unknown one resembles.
    """

    path: Path
    rule: str
    got: Any = NOTHING
    hint: str = ""
    places: tuple[Path, ...] = ()
    about: Literal["value", "key", "missing", "rules"] = "value"
    expected: str = ""
    example: Any = NOTHING
    meant: Path | None = None


class Schema:
    """A model's core schema, opened step by step."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._root: Any = model.__pydantic_core_schema__
        self._named = {named["ref"]: named for named in self._root.get("definitions", ())}

    def findings(self, errors: list[ErrorDetails]) -> list[Finding]:
        """Return what *errors*, all of one validation, say about the data."""
        return [*self._explain(self._root, (), [(error["loc"], error) for error in errors])]

    def spelled(self, path: Path) -> Path:
        """Return *path*, given in names of fields, in the names that the file uses."""
        schema, spelling = self._root, []
        for step in path:
            schema = self._open(schema) if schema else None
            if schema and schema["type"] in ("union", "tagged-union"):
                schema = next((each for each in map(self._open, _choices(schema)) if self._inside(each, step)), None)
            if schema and schema["type"] == "model":
                step = next((spelling for name, spelling, _ in _fields(schema) if name == step), step)
            schema = self._inside(schema, step) if schema else None
            spelling.append(step)
        return tuple(spelling)

    def _open(self, schema: Any) -> Any:
        """Return what remains of *schema* without the wrappers that add nothing to a location."""
        while True:
            if schema["type"] == "definition-ref":
                schema = self._named[schema["schema_ref"]]
            elif schema["type"] in ("json-or-python", "lax-or-strict"):
                schema = schema.get("python_schema") or schema["strict_schema"]
            elif schema["type"] == "chain":
                schema = schema["steps"][0]
            elif "schema" in schema and (schema["type"] != "model" or schema.get("root_model")):
                schema = schema["schema"]
            else:
                return schema

    def _inside(self, schema: Any, step: str | int) -> Any:
        """Return the schema of what *step* leads to, or None where it is not known."""
        if schema["type"] == "model":
            return next((inner for *names, inner in _fields(schema) if step in names), None)
        if schema["type"] == "dict":
            return schema.get("values_schema")
        items = schema.get("items_schema")
        if isinstance(items, list):
            return items[min(step, len(items) - 1)] if items and isinstance(step, int) else None
        return items

    def _explain(self, schema: Any, path: Path, errors: list[_Error]) -> Iterator[Finding]:
        schema = self._open(schema) if schema else {"type": "any"}
        deeper: dict[str | int, list[_Error]] = {}
        for rest, error in errors:
            if rest:
                deeper.setdefault(rest[0], []).append((rest[1:], error))
            else:
                yield from self._here(schema, path, error)
        if schema["type"] == "union" and deeper:
            yield from self._union(schema, path, [*deeper.values()])
            return
        for step, group in deeper.items():
            rest, kind = group[0][0], group[0][1]["type"]
            if schema["type"] == "tagged-union":
                yield from self._explain(schema["choices"].get(step), path, group)
            elif schema["type"] == "model" and not rest and kind in ("extra_forbidden", "missing"):
                yield (_missing if kind == "missing" else _unknown)(schema, path, str(step))
            elif schema["type"] == "dict":
                yield from self._entry(schema, (*path, step), group)
            else:
                yield from self._explain(self._inside(schema, step), (*path, step), group)

    def _entry(self, schema: Any, path: Path, errors: list[_Error]) -> Iterator[Finding]:
        """Yield what is wrong with the key and with the value of a mapping's entry."""
        of_key: list[_Error] = [((), error) for rest, error in errors if rest == ("[key]",)]
        for finding in self._explain(schema.get("keys_schema"), path, of_key):
            yield finding._replace(rule=f"key {finding.rule}", about="key")
        of_value = [each for each in errors if each[0] != ("[key]",)]
        yield from self._explain(schema.get("values_schema"), path, of_value)

    def _union(self, schema: Any, path: Path, groups: list[list[_Error]]) -> Iterator[Finding]:
        """Let the branch speak that fits best; pydantic reports the branches in their order."""
        choices = _choices(schema)
        if len(groups) != len(choices):
            choices = [None] * len(groups)
        branches = [[*self._explain(*pair)] for pair in ((c, path, g) for c, g in zip(choices, groups, strict=True))]
        wrong = [next((f for f in branch if f.expected and f.path == path), None) for branch in branches]
        fitting = [branch for branch, misfit in zip(branches, wrong, strict=True) if misfit is None]
        if fitting:
            strangers = [sum(f.about in ("key", "missing") for f in branch) for branch in fitting]
            yield from fitting[strangers.index(min(strangers))]
            return
        misfits = [misfit for misfit in wrong if misfit]
        expected = " or ".join(dict.fromkeys(misfit.expected for misfit in misfits))
        hint = next((misfit.hint for misfit in misfits if misfit.hint), "")
        yield misfits[0]._replace(rule=f"must be {expected}", expected=expected, hint=hint)

    def _here(self, schema: Any, path: Path, error: ErrorDetails) -> Iterator[Finding]:
        kind, value, context = error["type"], error["input"], error.get("ctx", {})
        if kind == "rules":
            for problem in context["problems"]:
                yield self.finding(problem, path)
        elif kind in ("literal_error", "enum"):
            expected = schema.get("expected") or schema.get("members") or [context.get("expected")]
            yield _choice(path, value, [getattr(each, "value", each) for each in expected])
        elif kind in ("union_tag_invalid", "union_tag_not_found"):
            key = schema.get("discriminator")
            place = (*path, key) if isinstance(key, str) else path
            if kind == "union_tag_invalid" and isinstance(value, dict) and key in value:
                # What was meant stands in for it, so that the rest is judged too.
                meant = _meant(value[key], [*schema["choices"]])
                yield _choice(place, value[key], [*schema["choices"]])._replace(example=meant or NOTHING)
            else:
                yield Finding(place, "is required", hint=f"add one of {_listed(schema['choices'])}", about="missing")
        elif kind == "too_short" and len(value) >= context["min_length"]:
            return  # Entries that were invalid did not count.
        elif kind == "missing":
            yield Finding(path, "is required", hint="add it", about="missing")
        elif kind in _EXPECTED:
            expected = _EXPECTED[kind]
            yield Finding(path, f"must be {expected}", value, _retyped(expected, value), expected=expected)
        else:
            rule = _RULES[kind].format(**_rounded(context)) if kind in _RULES else _adapted(error["msg"])
            yield Finding(path, _ONE.sub(_singular, rule), value, str(context.get("hint", "")))

    def finding(self, problem: Problem, path: Path) -> Finding:
        """Return what the *problem* of the Spec at *path* says about the file."""
        place, *reads = (self.spelled((*path, *each)) for each in (problem.path, *problem.reads))
        places = reads if reads and not problem.path else [place, *reads]
        return Finding(place, problem.rule, problem.got, problem.hint, tuple(places), about="rules")


def _choices(schema: Any) -> list[Any]:
    choices = schema["choices"]
    each = choices.values() if isinstance(choices, Mapping) else choices
    return [choice[0] if isinstance(choice, tuple) else choice for choice in each]


def _fields(model: Any) -> list[tuple[str, str, Any]]:
    """Return every field of the schema of a *model*: its name in Python, its name in the file, its schema."""
    inner = model["schema"]
    while inner["type"] != "model-fields" and "schema" in inner:
        inner = inner["schema"]
    return [(name, _spelling(name, field), field["schema"]) for name, field in inner.get("fields", {}).items()]


def _spelling(name: str, field: Any) -> str:
    alias = field.get("validation_alias", name)
    return alias if isinstance(alias, str) else name


def _unknown(schema: Any, path: Path, key: str) -> Finding:
    known = [spelling for _, spelling, _ in _fields(schema)]
    like = _alike(key, known)
    hint = f"did you mean {like!r}?" if like else f"known here: {', '.join(known)}" if known else "remove it"
    return Finding((*path, key), "unknown key", hint=hint, about="key", meant=(*path, like) if like else None)


def _missing(schema: Any, path: Path, key: str) -> Finding:
    names = {spelling: name for name, spelling, _ in _fields(schema)}
    field: FieldInfo | None = schema["cls"].model_fields.get(names.get(key, key))
    meaning = f" ({field.description.rstrip('.')})" if field and field.description else ""
    example = field.examples[0] if field and field.examples else NOTHING
    hint = "add it" if example is NOTHING else f"add for example '{key}: {_flow(example)}'"
    return Finding((*path, key), f"is required{meaning}", hint=hint, about="missing", example=example)


def _choice(path: Path, value: Any, expected: list[Any]) -> Finding:
    one_of = _listed(expected) if len(expected) == 1 else f"one of {_listed(expected)}"
    like = _meant(value, expected)
    hint = f"did you mean {like!r}?" if like else _requoted(value, expected)
    return Finding(path, f"must be {one_of}", value, hint, expected=one_of)


def _meant(value: Any, expected: list[Any]) -> str | None:
    """Return the one of *expected* that the text *value* was meant to be, most likely."""
    if not (isinstance(value, str) and re.search("[A-Za-z]", value)):
        return None
    return _alike(_SYNONYMS.get(value.lower(), value), [each for each in expected if isinstance(each, str)])


def _retyped(expected: str, value: Any) -> str:
    """Return the next step where little stands between the value and its type: quotes, a dash, a bracket."""
    if value is None:
        return {"a mapping": "write {} for the defaults", "a list": "write [] for none"}.get(expected, "write a value")
    if expected == "text" and isinstance(value, (bool, int, float)):
        return "put it in quotes"
    if expected == "a list" and isinstance(value, (bool, int, float, str)):
        return "start each entry with '- '"
    plain = scalar(value)[0] if isinstance(value, str) else None
    types = {"a whole number": (int,), "a number": (int, float), "true or false": (bool,)}
    return "remove the quotes" if type(plain) in types.get(expected, ()) else ""


def _requoted(value: Any, expected: list[Any]) -> str:
    """Return the next step where the quotes alone make the difference."""
    if isinstance(value, str):
        return "remove the quotes" if _same(scalar(value)[0], [e for e in expected if e != value]) else ""
    quoted = [scalar(each)[0] for each in expected if isinstance(each, str)]
    return "put it in quotes" if _same(value, quoted) else ""


def _same(value: Any, others: list[Any]) -> bool:
    return any(type(value) is type(other) and value == other for other in others)


def _alike(word: str, known: list[str]) -> str | None:
    """Return the one of *known* that *word* was meant, most likely; case and separators count little."""
    folded = {_folded(each): each for each in reversed(known)}
    return next((folded[each] for each in get_close_matches(_folded(word[:80]), folded, 1)), None)


def _folded(word: str) -> str:
    return re.sub("[-_ ]", "", word).lower()


def _adapted(message: str) -> str:
    """Return pydantic's own sentence in the voice of the others."""
    words = message.replace("Input should", "must", 1)
    return words[:1].lower() + words[1:]


def _rounded(bounds: dict[str, Any]) -> dict[str, Any]:
    """Return *bounds* as their author wrote them: pydantic turns the 0 of a number into 0.0."""
    return {name: int(each) if isinstance(each, float) and each.is_integer() else each for name, each in bounds.items()}


def _singular(found: re.Match[str]) -> str:
    return "1 entry" if found[1] == "entries" else "1 character"


def _listed(words: Iterable[Any]) -> str:
    return ", ".join(map(repr, words))


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=1_000, sort_keys=False)
    return text.removesuffix("...\n").strip()
