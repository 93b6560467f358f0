"""Whether an object is what the API server would take."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

YES = "yes"
_KARPENTER = ("karpenter.sh/", "karpenter.k8s.aws/")


class Invalid(Exception):  # noqa: N818 - it is what the API server answers, 422
    """What the API server would say."""


def check(manifest: dict[str, Any], kubernetes_version: str, definitions: Path | None) -> str:
    """Return `yes`, or why the object could not be checked. Raises `Invalid` with every problem.

    Unknown fields are problems too, as with `kubectl --validate=strict`. *definitions* is a folder of custom
    resource definitions.
    """
    if is_custom(manifest):
        return _check_custom(manifest, definitions)
    import kubernetes_validate
    from jsonschema import ValidationError

    try:
        kubernetes_validate.validate(manifest, kubernetes_version, strict=True)
    except ValidationError as error:
        where = ".".join(map(str, error.path))
        raise Invalid(f"{where or manifest['kind']}: {error.message}") from None
    except kubernetes_validate.SchemaNotFoundError:
        return (
            f"Kubernetes {kubernetes_version} has no {manifest['kind']} of {manifest['apiVersion']} that is known here"
        )
    return YES


def is_custom(manifest: dict[str, Any]) -> bool:
    """Tell whether the object is of a kind that Karpenter defines."""
    return str(manifest.get("apiVersion", "")).startswith(_KARPENTER)


def _check_custom(manifest: dict[str, Any], definitions: Path | None) -> str:
    group, _, version = manifest["apiVersion"].partition("/")
    schema = _definitions(definitions).get((group, version, manifest["kind"])) if definitions else None
    if schema is None:
        return f"no definition of {manifest['kind']} at hand; EMR_EKS_CRDS names a folder of them"
    import jsonschema

    body = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
    errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(body), key=str)
    if errors:
        raise Invalid("; ".join(f"{error.json_path.removeprefix('$.')}: {error.message}" for error in errors))
    return YES


@functools.cache
def _definitions(folder: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the schemas of the custom resource definitions in *folder*, by group, version and kind."""
    import yaml

    found = {}
    for file in sorted(folder.glob("*.yaml")):
        for definition in yaml.safe_load_all(file.read_text("utf-8")):
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = _strict(version["schema"]["openAPIV3Schema"])
                for key in ("apiVersion", "kind", "metadata"):
                    schema["properties"].pop(key, None)
                found[spec["group"], version["name"], spec["names"]["kind"]] = schema
    return found


def _strict(schema: Any) -> Any:
    """Return a CRD's schema as JSON Schema in which unknown fields are errors."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = dict(_translated(schema))
    if "properties" in strict and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    return strict


def _translated(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key == "properties":
            yield key, {name: _strict(each) for name, each in value.items()}
        elif key == "x-kubernetes-int-or-string":
            yield "type", ["integer", "string"]
        elif not key.startswith("x-kubernetes-") and key not in ("description", "default", "format"):
            yield key, _strict(value)
