"""Karpenter's own verdict on a manifest: its CRD's schema and CEL rules, judged as the API server does.

Stricter than the server in one thing: an unknown key is an error, as with `kubectl --validate=strict`, where
the server would drop it. Rules that compare with an object's former state are left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "karpenter-crds"

_FILES = {
    "NodePool": "karpenter.sh_nodepools.yaml",
    "EC2NodeClass": "karpenter.k8s.aws_ec2nodeclasses.yaml",
    "Provisioner": "karpenter.sh_provisioners.yaml",
    "AWSNodeTemplate": "karpenter.k8s.aws_awsnodetemplates.yaml",
}
_API_VERSIONS = {"Provisioner": "v1alpha5", "AWSNodeTemplate": "v1alpha1"}
_RANGES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_KEEPS = (
    *("type", "enum", "pattern", "required", "format"),
    *("minimum", "maximum", "minItems", "maxItems"),
    *("minLength", "maxLength", "minProperties", "maxProperties"),
)
_NAME = r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]"
_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_QUALIFIED = rf"^({_DOMAIN}/)?{_NAME}\Z"
_METADATA = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "maxLength": 253, "pattern": rf"^{_DOMAIN}\Z"},
        "labels": {
            "type": "object",
            "propertyNames": {"pattern": _QUALIFIED},
            "additionalProperties": {"type": "string", "pattern": rf"^({_NAME})?\Z"},
        },
        "annotations": {
            "type": "object",
            "propertyNames": {"pattern": _QUALIFIED},
            "additionalProperties": {"type": "string"},
        },
    },
}

_FORMATS = FormatChecker(formats=())
_FORMATS.checks("date-time")(
    lambda value: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)", str(value)) is not None
)


def judge(version: str, manifest: Any) -> list[str]:
    """Return what the CRD of Karpenter *version* has against *manifest*; skip the test without one."""
    crd = _crd(version, manifest["kind"])
    data = _defaulted(crd["schema"], _without_nulls(crd["schema"], manifest))
    structural = [f"{error.json_path}: {error.message}" for error in crd["validator"].iter_errors(data)]
    # The server does not go on to the CEL rules after a structural error.
    return structural or [f"{path}: {message}" for path, message in _broken_rules(crd["schema"], data, "$")]


@functools.cache
def _crd(version: str, kind: str) -> dict[str, Any]:
    path = DATA / version / _FILES[kind]
    if not path.exists():
        pytest.skip(f"no CRD of Karpenter {version} at {path}")
    definition = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    api = _API_VERSIONS.get(kind, "v1")
    served = next(each for each in definition["spec"]["versions"] if each["name"] == api)
    schema = served["schema"]["openAPIV3Schema"]
    schema["properties"].pop("status", None)
    schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
    schema["properties"]["apiVersion"] = {
        "type": "string",
        "enum": [f"{definition['spec']['group']}/{api}"],
    }
    schema["properties"]["kind"] = {"type": "string", "enum": [kind]}
    json_schema = _json_schema(schema)
    json_schema["properties"]["metadata"] = _METADATA
    return {
        "schema": schema,
        "validator": Draft202012Validator(json_schema, format_checker=_FORMATS),
    }


def _json_schema(node: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema that says what the structural schema *node* says."""
    result = {key: node[key] for key in _KEEPS if key in node}
    if "pattern" in result:
        # In Go, '$' is the very end; in Python, also the place before a last line break.
        result["pattern"] = re.sub(r"\$(?=$|\)|\|)", r"\\Z", result["pattern"])
    if node.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    if node.get("format") in _RANGES:
        low, high = _RANGES[node["format"]]
        result["minimum"] = max(low, result.get("minimum", low))
        result["maximum"] = min(high, result.get("maximum", high))
    if node.get("nullable"):
        result["type"] = [result["type"], "null"]
    if node.get("x-kubernetes-list-type") == "set":
        result["uniqueItems"] = True
    if "properties" in node:
        result["properties"] = {key: _json_schema(value) for key, value in node["properties"].items()}
        result["type"] = "object"
        result["additionalProperties"] = bool(node.get("x-kubernetes-preserve-unknown-fields", False))
    if isinstance(node.get("additionalProperties"), dict):
        result["additionalProperties"] = _json_schema(node["additionalProperties"])
    if "items" in node:
        result["items"] = _json_schema(node["items"])
    return result


def _children(schema: dict[str, Any], data: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the steps into *data* that the schema knows, and the schema of what is there."""
    if isinstance(data, dict):
        for key in data:
            known = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
            if isinstance(known, dict):
                yield key, known
    elif isinstance(data, list) and "items" in schema:
        for index in range(len(data)):
            yield index, schema["items"]


def _without_nulls(schema: dict[str, Any], data: Any) -> Any:
    """Drop the nulls of fields that cannot be null, as the server does before it validates."""
    inside = dict(_children(schema, data))
    if isinstance(data, dict):
        return {
            key: _without_nulls(inside.get(key, {}), value)
            for key, value in data.items()
            if value is not None or key not in inside or inside[key].get("nullable")
        }
    if isinstance(data, list):
        return [_without_nulls(inside.get(index, {}), value) for index, value in enumerate(data)]
    return data


def _defaulted(schema: dict[str, Any], data: Any) -> Any:
    if isinstance(data, dict):
        missing = {
            key: value["default"]
            for key, value in schema.get("properties", {}).items()
            if "default" in value and key not in data
        }
        data = {**data, **missing}
        inside = dict(_children(schema, data))
        return {key: _defaulted(inside.get(key, {}), value) for key, value in data.items()}
    if isinstance(data, list):
        return [_defaulted(schema.get("items", {}), value) for value in data]
    return data


def _broken_rules(schema: dict[str, Any], data: Any, path: str) -> Iterator[tuple[str, str]]:
    for each in schema.get("x-kubernetes-validations", ()):
        if "oldSelf" not in each["rule"] and not _holds(each["rule"], data):
            yield path, each["message"]
    for step, inside in _children(schema, data):
        yield from _broken_rules(inside, data[step], f"{path}.{step}")


def _holds(rule: str, data: Any) -> bool:
    """Tell whether the CEL *rule* is true of *data*; one that cannot be computed is not, as on the server."""
    return _compiled(rule).eval(data={"self": data}).value() is True


@functools.cache
def _compiled(rule: str) -> Any:
    return _environment().compile(rule)


@functools.cache
def _environment() -> Any:
    cel = pytest.importorskip("cel_expr_python.cel", reason="no CEL engine: cel-expr-python needs Python 3.11")
    text = cel.Type.STRING
    # Kubernetes adds these two to CEL: https://kubernetes.io/docs/reference/using-api/cel/.
    find = cel.Overload("string_find", text, [text, text], True, _find)
    split = cel.Overload("string_split", cel.Type.List(text), [text, text], True, lambda value, by: value.split(by))
    return cel.NewEnv(
        variables={"self": cel.Type.DYN},
        functions=[cel.FunctionDecl("find", [find]), cel.FunctionDecl("split", [split])],
    )


def _find(value: str, pattern: str) -> str:
    found = re.search(pattern, value)
    return found.group() if found else ""
