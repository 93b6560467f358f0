"""The schema of a Terraform provider, as far as its CDKTF binding tells it.

A binding's assembly says of each argument its name, its type, whether it is required, and (in its documentation)
whether it is a block. It does not tell sets from lists, nor whether an optional argument has a default.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROVIDERS = ("helm", "kubernetes")
_META = ("alias",)
_TYPES = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}

Block = dict[str, Any]
"""`{"attributes": {name: attribute}, "blocks": {name: {"nesting", "max", "required", "block"}}}`, where an attribute
has a `type` in Terraform's JSON notation or `nested` attributes, and `required`, `optional` and `computed`."""


def schema_of(provider: str, cache: Path) -> dict[str, Any]:
    """Return `{"provider": Block, "resources": {type: Block}}`, derived once and then read from *cache*."""
    binding = importlib.metadata.version(f"cdktf-cdktf-provider-{provider}")
    # Another binding or another way to read it, another file.
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    file = cache / f"{provider}-{binding}-{code}.json"
    if not file.exists():
        derived = json.dumps(_derived(provider))
        cache.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(derived, "utf-8")
        draft.replace(file)
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


def version_of(provider: str) -> str:
    """Return the version of the Terraform provider that its binding was made from."""
    version: str = json.loads(_packed(provider, "package/package.json"))["cdktf"]["provider"]["version"]
    return version


def _packed(provider: str, member: str) -> bytes:
    """Return a file of the binding's own archive; its Python modules are not imported."""
    spec = importlib.util.find_spec(f"cdktf_cdktf_provider_{provider}")
    assert spec
    assert spec.submodule_search_locations
    (archive,) = Path(spec.submodule_search_locations[0], "_jsii").glob("*.tgz")
    with tarfile.open(archive) as files:
        content = files.extractfile(member)
        assert content
        return content.read()


def _derived(provider: str) -> dict[str, Any]:
    types = json.loads(_packed(provider, "package/.jsii"))["types"]
    derived: dict[str, Any] = {"provider": {}, "resources": {}}
    for name, kind in types.items():
        base = kind.get("base")
        configuration = f"{name}Config"
        if base == "cdktf.TerraformProvider":
            derived["provider"] = _Structure(types, configuration, None).block()
        elif base == "cdktf.TerraformResource":
            derived["resources"][_resource_type(kind)] = _Structure(types, configuration, name).block()
    return derived


def _resource_type(kind: dict[str, Any]) -> str:
    """Return the Terraform type of a resource's class, which its documentation names."""
    found = re.search(r"\{@link \S+ (\w+)\}", kind["docs"]["summary"] + kind["docs"].get("remarks", ""))
    assert found, kind["fqn"]
    return found[1]


class _Structure:
    """One struct of the assembly, and the class that reads it back, where there is one."""

    def __init__(self, types: dict[str, Any], struct: str, reader: str | None) -> None:
        self._types, self._struct, self._reader = types, struct, reader

    def block(self) -> Block:
        block: Block = {"attributes": {}, "blocks": {}}
        for argument in self._types[self._struct].get("properties", ()):
            name, kind, many = _name(argument), *_element(argument["type"])
            required = not argument.get("optional")
            inner = self._inner(kind)
            if name in _META:
                continue
            if inner and _is_block(argument, name):
                nesting = "single" if name == "timeouts" else "list"
                block["blocks"][name] = {
                    "nesting": nesting,
                    "max": 0 if many else 1,
                    "required": required,
                    "block": inner.block(),
                }
            else:
                block["attributes"][name] = {
                    **(
                        {"nested": inner.block()["attributes"], "many": many}
                        if inner
                        else {"type": _type(argument["type"])}
                    ),
                    "required": required,
                    "optional": not required,
                    # `id` and a manifest's `object` may be given, but nobody does.
                    "computed": not required and name in ("id", "object"),
                }
        for name, type in self._computed():
            block["attributes"].setdefault(name, {"type": type, "required": False, "optional": False, "computed": True})
        return block

    def _inner(self, kind: Any) -> _Structure | None:
        struct = kind.get("fqn") if isinstance(kind, dict) else None
        if struct not in self._types:
            return None
        reader = f"{struct}OutputReference"
        return _Structure(self._types, struct, reader if reader in self._types else None)

    def _computed(self) -> Iterator[tuple[str, Any]]:
        """Yield what only the provider sets: the reader has it, and nothing to put in."""
        properties = {each["name"]: each for each in self._types.get(self._reader or "", {}).get("properties", ())}
        for name, member in properties.items():
            kind = member["type"].get("fqn", "cdktf.StringMap")
            simple = kind == "cdktf.StringMap" and not member.get("static") and name != "internalValue"
            if simple and f"{name}Input" not in properties and not name.endswith("Input"):
                yield _snake(name), _type(member["type"])


def _is_block(member: dict[str, Any], name: str) -> bool:
    return str(member.get("docs", {}).get("summary", "")).startswith(f"{name} block.")


def _name(member: dict[str, Any]) -> str:
    """Return the argument's name in Terraform, which its documentation links to."""
    found = re.search(r"\{@link \S+ \w+#(\w+)\}", json.dumps(member.get("docs", {})))
    return found[1] if found else _snake(member["name"])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _element(type: dict[str, Any]) -> tuple[Any, bool]:
    """Return what a type is made of, and whether it holds many of them."""
    for union in type.get("union", {}).get("types", ()):
        if union.get("fqn") != "cdktf.IResolvable":
            return _element(union)
    if type.get("collection", {}).get("kind") == "array":
        return type["collection"]["elementtype"], True
    return type, False


def _type(type: dict[str, Any]) -> Any:
    """Return a type in Terraform's JSON notation."""
    if "union" in type:
        kinds = [_type(each) for each in type["union"]["types"] if each.get("fqn") != "cdktf.IResolvable"]
        return kinds[0] if kinds else "dynamic"
    if "collection" in type:
        element = _type(type["collection"]["elementtype"])
        # A value of any shape is no map of anythings: its parts differ.
        if element == "dynamic":
            return "dynamic"
        return ["list" if type["collection"]["kind"] == "array" else "map", element]
    if type.get("fqn") == "cdktf.StringMap":
        return ["map", "string"]
    return _TYPES.get(type.get("primitive", "any"), "dynamic")
