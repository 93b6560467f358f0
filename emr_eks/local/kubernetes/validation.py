"""Whether an object is what the API server would take."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from emr_eks.local.kubernetes.objects import identity

YES = "yes"
_KARPENTER = ("karpenter.sh", "karpenter.k8s.aws")
# https://kubernetes.io/docs/reference/kubernetes-api/; all others come from custom resource definitions.
_BUILT_IN = (
    "",
    "apps",
    "autoscaling",
    "batch",
    "policy",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
)
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


class Invalid(Exception):  # noqa: N818 - it is what the API server answers, 422
    """What the API server would say."""


def check(manifest: dict[str, Any], kubernetes_version: str, definitions: Path | None) -> str:
    """Return `yes`, or why the object could not be checked. Raises `Invalid` when the API server would refuse it.

    Unknown fields are refused too, as with `kubectl --validate=strict`. Of a built-in kind the first problem is told,
    of a custom one all. The rules written in CEL are not run. *definitions* is a folder of custom resource definitions.
    """
    _check_identity(manifest)
    if _group(manifest) in _BUILT_IN:
        return _check_built_in(manifest, kubernetes_version)
    # A definition leaves out the metadata, which are the same for every kind.
    _check_built_in({"apiVersion": "v1", "kind": "ConfigMap", "metadata": manifest["metadata"]}, kubernetes_version)
    return _check_custom(manifest, definitions)


def is_karpenters(manifest: dict[str, Any]) -> bool:
    """Tell whether the object is of a kind that Karpenter defines."""
    return _group(manifest) in _KARPENTER


def _group(manifest: dict[str, Any]) -> str:
    return str(manifest["apiVersion"]).rpartition("/")[0]


def _check_identity(manifest: Any) -> None:
    """Check what every object has."""
    if not isinstance(manifest, dict):
        raise Invalid(f"an object has apiVersion, kind and metadata; this is {manifest!r}")
    missing = [key for key in ("apiVersion", "kind") if not isinstance(manifest.get(key), str) or not manifest[key]]
    _, kind, _, name = identity(manifest)
    if not name:
        missing.append("metadata.name")
    if missing:
        raise Invalid(f"{', '.join(missing)}: a text is needed")
    # Names of roles and bindings may hold anything but a slash.
    if not _group(manifest).startswith("rbac.") and (len(name) > 253 or not _NAME.fullmatch(name)):
        raise Invalid(f"metadata.name: {kind} {name!r} is no lower-case DNS name of at most 253 characters")


def _check_built_in(manifest: dict[str, Any], kubernetes_version: str) -> str:
    from jsonschema import ValidationError
    from kubernetes_validate.utils import SchemaNotFoundError, VersionNotSupportedError

    try:
        _validate_built_in()(manifest, kubernetes_version, strict=True)
    except ValidationError as error:
        where = ".".join(map(str, error.path))
        raise Invalid(f"{where or manifest['kind']}: {error.message}") from None
    except SchemaNotFoundError:
        raise Invalid(
            f"Kubernetes {kubernetes_version} has no kind {manifest['kind']} in {manifest['apiVersion']}"
        ) from None
    except VersionNotSupportedError as error:
        return str(error.message)
    return YES


@functools.cache
def _validate_built_in() -> Callable[..., str]:
    """Return kubernetes_validate's function, which by itself would read megabytes of schemas for each object."""
    from kubernetes_validate import utils

    utils.schema_contents, utils.all_versions = map(functools.cache, (utils.schema_contents, utils.all_versions))
    validate: Callable[..., str] = utils.validate
    return validate


def _check_custom(manifest: dict[str, Any], definitions: Path | None) -> str:
    group, _, version = manifest["apiVersion"].partition("/")
    known = _definitions(definitions) if definitions else {}
    schema = known.get((group, version, manifest["kind"]))
    if schema is None and any(each[0] == group for each in known):
        kinds = ", ".join(sorted(f"{each[2]} ({each[1]})" for each in known if each[0] == group))
        raise Invalid(f"{group} has no kind {manifest['kind']} in version {version}; it has {kinds}")
    if schema is None:
        where = f"in {definitions}" if definitions else "at hand; EMR_EKS_CRDS names a folder of them"
        return f"no definition of {manifest['kind']} {where}"
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
            if not isinstance(definition, dict) or definition.get("kind") != "CustomResourceDefinition":
                continue
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = _strict(version["schema"]["openAPIV3Schema"])
                for key in ("apiVersion", "kind", "metadata"):
                    schema.get("properties", {}).pop(key, None)
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
