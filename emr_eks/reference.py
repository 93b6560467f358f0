"""The configuration reference in Markdown, made from the Specs' own JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from provisioners.spec import Spec

_HEAD = """# {title}

Generated from the Specs by `make schema`; do not edit. Every key of {file}, with its type and default.
Unknown keys are refused, and so are values of another type: text that looks like a number needs quotes.
"""


def markdown(model: type[Spec], title: str, file: str) -> str:
    """Return the reference of *model*, which *file* holds, and of every Spec inside it, by order of first mention."""
    schema = model.model_json_schema()
    definitions: dict[str, Any] = schema.get("$defs", {})
    sections = [_section(model.__name__, schema)]
    seen = [model.__name__]
    for name in _mentions(schema, definitions):
        if name not in seen:
            seen.append(name)
            sections.append(_section(name, definitions[name]))
    return "\n".join([_HEAD.format(title=title, file=file), *sections])


def _section(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        f"| `{key}` | {_type(part)} | {'**required**' if key in required else _default(part)} "
        f"| {_cell(part.get('description', ''))} |"
        for key, part in schema.get("properties", {}).items()
    ]
    return "\n".join(
        [
            f"## {name}",
            "",
            schema.get("description", ""),
            "",
            "| key | type | default | meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _mentions(schema: Any, definitions: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the Specs that *schema* refers to, and those that they refer to."""
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
        if name in definitions:
            yield name
            yield from _mentions(definitions[name], definitions)
        for key, part in schema.items():
            if key not in ("$defs", "discriminator"):
                yield from _mentions(part, definitions)
    elif isinstance(schema, list):
        for part in schema:
            yield from _mentions(part, definitions)


def _type(part: dict[str, Any]) -> str:
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    for union in ("anyOf", "oneOf"):
        if union in part:
            return " or ".join(dict.fromkeys(_type(each) for each in part[union] if each.get("type") != "null"))
    if part.get("type") == "array":
        return f"list of {_type(part.get('items', {}))}"
    if part.get("type") == "object":
        # A mapping whose keys have a pattern holds its values under that pattern.
        values = part.get("additionalProperties") or next(iter(part.get("patternProperties", {}).values()), None)
        return f"mapping of {_type(values)}" if isinstance(values, dict) else "mapping"
    return {"string": "text", "integer": "whole number", "boolean": "`true` or `false`"}.get(
        part.get("type", ""), "any"
    )


def _default(part: dict[str, Any]) -> str:
    default = part.get("default")
    if default is None or default in ([], {}, ""):
        return "-"
    return f"`{json.dumps(default)}`" if not isinstance(default, dict) else "see there"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
