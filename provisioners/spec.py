"""What every Spec has in common: frozen, strict, and honest about all of its problems at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

Path = tuple[str | int, ...]

NOTHING: Any = object()
"""No value was seen; None is one."""
RULES_LATER = object()
"""Validation context of a reader that judges the fields first and asks for `broken_by` afterwards."""
_TOKEN = "{TfToken["
_UNKNOWN = (
    "must be known before synthesis",
    "write the value itself; live objects are arguments of constructs, not parts of a Spec",
)


class Problem(NamedTuple):
    """One thing that is wrong with a Spec, and what to do about it.

    `path` is relative to the Spec that reports it; `reads` names other places that the rule looked at,
    so that a reader of a half-valid file can leave the problem out when one of them was invalid itself.
    """

    path: Path
    rule: str
    got: Any = NOTHING
    hint: str = ""
    reads: tuple[Path, ...] = ()

    def __str__(self) -> str:
        got = "" if self.got is NOTHING else f", got {self.got!r}"
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.rule}{got}{hint}"


class _KeysToo(GenerateJsonSchema):
    """Makes a JSON Schema refuse the keys of a mapping that have not the pattern of its keys."""

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        return {**made, "additionalProperties": False} if "patternProperties" in made else made


class Spec(BaseModel):
    """Plain data, known before synthesis and never a token.

    Subclasses state rules that concern more than one field in `rules`; all of them are reported together.
    Raises pydantic's `ValidationError`; a rule's problems travel in the error's context as `problems`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True, defer_build=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        return super().model_json_schema(*args, **{"schema_generator": _KeysToo, **options})

    def rules(self) -> Iterator[Problem]:
        """Yield what is wrong across this Spec's fields; each field is valid by itself by then."""
        return iter(())

    @model_validator(mode="after")
    def _obey_rules(self, info: ValidationInfo) -> Spec:
        if info.context is not RULES_LATER and (problems := [*broken_by(self)]):
            raise broken_rules(problems)
        return self


def broken_by(spec: Spec) -> Iterator[Problem]:
    """Yield every cross-field problem of *spec* itself; those of the Specs inside are theirs to report."""
    for name, value in spec:
        for path, token in _tokens(value, (name,)):
            rule, hint = _UNKNOWN
            yield Problem(path, rule, token, hint)
    yield from spec.rules()


def holds_token(value: object) -> bool:
    """Tell whether *value* is text with one of cdktf's placeholders, for what only Terraform knows."""
    return isinstance(value, str) and _TOKEN in value


def _tokens(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield cdktf's placeholders in *value* with their places, but for those in other Specs, which look themselves."""
    if holds_token(value):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _tokens(key, path)
            yield from _tokens(each, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield from _tokens(each, (*path, index))


def broken_rules(problems: list[Problem]) -> PydanticCustomError:
    """Return the one error that carries *problems* through pydantic."""
    text = "; ".join(f"{'.'.join(map(str, p.path))}: {p}" if p.path else str(p) for p in problems)
    return PydanticCustomError("rules", "{text}", {"text": text, "problems": problems})


def broken_rule(rule: str, hint: str = "") -> PydanticCustomError:
    """Return the error of one field's validator; the value is added where the error is shown."""
    return PydanticCustomError("rule", "{rule}; {hint}" if hint else "{rule}", {"rule": rule, "hint": hint})


def unfit(value: str, rule: str, hint: str = "") -> PydanticCustomError:
    """Return the error of a *value* that is not as *rule* says; of a token nobody can tell, and that is the error."""
    return broken_rule(*_UNKNOWN) if holds_token(value) else broken_rule(rule, hint)


def text(pattern: str, rule: str, hint: str = "", *, max_length: int | None = None) -> Any:
    """Return the metadata of a string that must match *pattern* as a whole; *rule* says so in words."""
    whole = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if (max_length is not None and len(value) > max_length) or not whole.fullmatch(value):
            raise unfit(value, rule, hint)
        return value

    schema: dict[str, Any] = {"type": "string", "pattern": f"^(?:{pattern})$"}
    if max_length is not None:
        schema["maxLength"] = max_length
    return _Text(check, schema)


class _Text:
    """Carries the check and its JSON Schema into one `Annotated`."""

    def __init__(self, check: Any, schema: dict[str, Any]) -> None:
        self._check, self._schema = check, schema

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return AfterValidator(self._check).__get_pydantic_core_schema__(source, handler)

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        return WithJsonSchema(self._schema).__get_pydantic_json_schema__(core_schema, handler)


Item = TypeVar("Item")
if TYPE_CHECKING:  # where a list may be given, though a tuple is what is kept
    Items = Sequence[Item]
else:
    Items = Annotated[tuple[Item, ...], Strict(False)]
"""A list in YAML or in Python, kept as a tuple; the items themselves stay strict."""

DnsLabel = Annotated[
    str,
    text(
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        "must be a DNS label: at most 63 lower-case letters, digits and hyphens, with a letter or digit at each end",
        "for example 'spark-jobs'",
        max_length=63,
    ),
]
"""RFC 1123 label, as Kubernetes asks of namespaces (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/)."""
