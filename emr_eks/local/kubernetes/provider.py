"""The stand-in provider: Terraform's plugin protocol over a store of objects.

Terraform's core does most of the work: it checks the configuration against the schema and merges it with what was
there before. What is left is to say what will only be known after apply, to check the object, and to keep it.
https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any, NamedTuple

import tf.provider
from tf.gen import tfplugin_pb2 as pb
from tf.types import Unknown
from tf.utils import Diagnostics, read_dynamic_value, to_dynamic_value

from emr_eks.local.kubernetes.manifests import kind_of, manifest_of, parts_of
from emr_eks.local.kubernetes.objects import Conflict, ObjectStore, StoredObject, identity
from emr_eks.local.kubernetes.schema import Block
from emr_eks.local.kubernetes.validation import YES, Invalid, check, is_karpenters

MANIFEST = "kubernetes_manifest"
RELEASE = "helm_release"
_NESTING = pb.Schema.NestedBlock.NestingMode
_INSIDE = pb.Schema.Object.NestingMode
# What a computed attribute holds once the object is there; nothing here changes it later.
_COMPUTED = {"generation": 1, "resource_version": "1", "status": "deployed"}

Values = dict[str, Any]


class Cluster(NamedTuple):
    """What the objects are kept in and checked against."""

    store: ObjectStore
    kubernetes_version: str
    definitions: Path | None


class StandIn(tf.provider.ProviderServicer):  # type: ignore[misc]  # tf has no types
    """Answers Terraform's calls for one provider."""

    def __init__(self, schema: dict[str, Any], cluster: Cluster) -> None:
        self._schema, self._cluster = schema, cluster
        resources = {name: _schema(block) for name, block in schema["resources"].items()}
        self._offered = pb.GetProviderSchema.Response(provider=_schema(schema["provider"]), resource_schemas=resources)

    def GetProviderSchema(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's names
        return self._offered

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ConfigureProvider.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ValidateResourceConfig.Response()

    def UpgradeResourceState(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(json=request.raw_state.json))

    def ReadResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        state = read_dynamic_value(request.current_state)
        there = state is not None and self._cluster.store.has(*identity(self._manifest(request.type_name, state)))
        return pb.ReadResource.Response(new_state=request.current_state if there else to_dynamic_value(None))

    def PlanResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802
        prior, planned = read_dynamic_value(request.prior_state), read_dynamic_value(request.proposed_new_state)
        diagnostics, replaced = Diagnostics(), []
        if planned is not None:
            if prior is None:
                _leave_open(self._block(request.type_name), planned)
            changes = prior is not None and _argument(prior, "manifest") != _argument(planned, "manifest")
            if request.type_name == MANIFEST and (prior is None or changes):
                planned["object"] = Unknown
            if not _has_unknown(planned, ignoring=_computed_names(self._block(request.type_name))):
                self._check(request.type_name, planned, diagnostics)
            if prior is not None and not diagnostics.has_errors():
                replaced = self._moved(request.type_name, prior, planned)
        return pb.PlanResourceChange.Response(
            planned_state=to_dynamic_value(planned), requires_replace=replaced, diagnostics=diagnostics.to_pb()
        )

    def ApplyResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802
        prior, planned = read_dynamic_value(request.prior_state), read_dynamic_value(request.planned_state)
        diagnostics = Diagnostics()
        try:
            if planned is None:
                self._cluster.store.delete(*identity(self._manifest(request.type_name, prior)))
            else:
                self._keep(request.type_name, planned, is_new=prior is None, diagnostics=diagnostics)
        except Conflict as conflict:
            diagnostics.add_error("the cluster would refuse this", detail=str(conflict))
        if diagnostics.has_errors():
            return pb.ApplyResourceChange.Response(new_state=request.prior_state, diagnostics=diagnostics.to_pb())
        return pb.ApplyResourceChange.Response(new_state=to_dynamic_value(planned))

    def ImportResourceState(self, request: Any, context: Any) -> Any:  # noqa: N802
        diagnostics = Diagnostics().add_error(
            "the local cluster has nothing to import",
            detail=f"every object in it was applied by Terraform; take the import of {request.id!r} out, and deploy",
        )
        return pb.ImportResourceState.Response(diagnostics=diagnostics.to_pb())

    def _keep(self, resource_type: str, planned: Values, *, is_new: bool, diagnostics: Diagnostics) -> None:
        validated = self._check(resource_type, planned, diagnostics)
        if diagnostics.has_errors():
            return
        manifest = self._manifest(resource_type, planned)
        api_version, kind, namespace, name = identity(manifest)
        new = StoredObject(api_version, kind, namespace, name, validated, resource_type, manifest)
        if is_new:
            if resource_type == RELEASE and planned.get("create_namespace"):
                self._make_namespace(namespace)
            self._cluster.store.create(new)
        else:
            self._cluster.store.replace(new)
        is_inside = namespace and resource_type != RELEASE
        _fill(self._block(resource_type), planned, id=f"{namespace}/{name}" if is_inside else name)
        if resource_type == MANIFEST and planned["object"] is Unknown:
            planned["object"] = planned["manifest"]

    def _make_namespace(self, name: str) -> None:
        """Make a namespace unless it is there; as with Helm, it outlives the release."""
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        if not self._cluster.store.has(*identity(manifest)):
            self._cluster.store.create(StoredObject("v1", "Namespace", "", name, YES, RELEASE, manifest))

    def _check(self, resource_type: str, planned: Values, diagnostics: Diagnostics) -> str:
        """Return `yes` or why nothing could be checked; adds what is wrong to *diagnostics*."""
        if resource_type == RELEASE:
            return "charts are not rendered here"
        if resource_type != MANIFEST and not kind_of(resource_type):
            return f"{resource_type} is not translated into an object here"
        manifest = self._manifest(resource_type, planned)
        _, kind, _, name = identity(manifest)
        try:
            validated = check(manifest, self._cluster.kubernetes_version, self._cluster.definitions)
        except Invalid as invalid:
            diagnostics.add_error(f"{kind or 'object'} {name!r} is not valid", detail=str(invalid))
            return ""
        if is_karpenters(manifest) and not self._has_definitions():
            diagnostics.add_error(
                "API did not recognize GroupVersionKind from manifest (CRD may not be installed)",
                detail=f'no matches for kind "{kind}" in "{manifest["apiVersion"]}"; a chart of Karpenter comes first',
            )
        return validated

    def _has_definitions(self) -> bool:
        """Tell whether a chart that brings Karpenter's definitions is installed."""
        applied = [each for each in self._cluster.store.list() if (each.source, each.kind) == (RELEASE, "Release")]
        charts = {each.manifest["spec"]["chart"].rpartition("/")[2] for each in applied}
        return not charts.isdisjoint(("karpenter", "karpenter-crd"))

    def _manifest(self, resource_type: str, values: Values) -> Any:
        """Return the object that *values* stand for; of a `kubernetes_manifest` it may be anything, or unknown."""
        if resource_type == MANIFEST:
            return _argument(values, "manifest")
        if resource_type == RELEASE:
            metadata = {"name": values["name"], "namespace": values.get("namespace") or "default"}
            said = {key: value for key, value in values.items() if value is not None and value is not Unknown}
            return {"apiVersion": "helm.sh/v3", "kind": "Release", "metadata": metadata, "spec": said}
        return manifest_of(resource_type, self._block(resource_type), values)

    def _moved(self, resource_type: str, prior: Values, planned: Values) -> list[Any]:
        """Return the paths of what names the object, where it changes: another object, so a new one."""
        before, after = self._manifest(resource_type, prior), self._manifest(resource_type, planned)
        if after is Unknown or identity(before) == identity(after):
            return []
        step = pb.AttributePath.Step
        if resource_type == MANIFEST:
            return [pb.AttributePath(steps=[step(attribute_name="manifest")])]
        if resource_type == RELEASE:
            return [pb.AttributePath(steps=[step(attribute_name=key)]) for key in ("name", "namespace")]
        # Objects without a namespace have no such argument, and Terraform refuses a path that is not there.
        old, new = prior["metadata"][0], planned["metadata"][0]
        moved = [key for key in ("name", "namespace") if old.get(key) != new.get(key)]
        metadata = [step(attribute_name="metadata"), step(element_key_int=0)]
        return [pb.AttributePath(steps=[*metadata, step(attribute_name=key)]) for key in moved]

    def _block(self, resource_type: str) -> Block:
        block: Block = self._schema["resources"][resource_type]
        return block


def _schema(block: Block) -> Any:
    return pb.Schema(version=0, block=_block(block))


def _block(block: Block) -> Any:
    return pb.Schema.Block(
        attributes=[_attribute(name, each) for name, each in block["attributes"].items()],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                nesting=_NESTING.SINGLE if each["nesting"] == "single" else _NESTING.LIST,
                min_items=int(each["required"]) if each["nesting"] == "list" else 0,
                max_items=each["max"] if each["nesting"] == "list" else 0,
                block=_block(each["block"]),
            )
            for name, each in block["blocks"].items()
        ],
    )


def _attribute(name: str, attribute: dict[str, Any]) -> Any:
    flags = {key: attribute[key] for key in ("required", "optional", "computed")}
    if "nested" not in attribute:
        return pb.Schema.Attribute(name=name, type=json.dumps(attribute["type"]).encode(), **flags)
    inside = pb.Schema.Object(
        attributes=[_attribute(key, each) for key, each in attribute["nested"].items()],
        nesting=_INSIDE.LIST if attribute["many"] else _INSIDE.SINGLE,
    )
    return pb.Schema.Attribute(name=name, nested_type=inside, **flags)


def _leave_open(block: Block, values: Values) -> None:
    """Mark what only the provider sets, and has not yet, as known after apply."""
    for name, attribute in block["attributes"].items():
        if attribute["computed"] and values.get(name) is None:
            values[name] = Unknown
    for name, nested in block["blocks"].items():
        for part in parts_of(values.get(name)):
            _leave_open(nested["block"], part)


def _fill(block: Block, values: Values, *, id: str) -> None:
    """Set what was left open."""
    for name in block["attributes"]:
        if values.get(name) is Unknown and name != "object":
            values[name] = {**_COMPUTED, "id": id, "uid": str(uuid.uuid4())}.get(name)
    for name, nested in block["blocks"].items():
        for part in parts_of(values.get(name)):
            _fill(nested["block"], part, id=id)


def _computed_names(block: Block) -> set[str]:
    names = {name for name, attribute in block["attributes"].items() if attribute["computed"]}
    return names.union(*(_computed_names(nested["block"]) for nested in block["blocks"].values()))


def _has_unknown(value: Any, ignoring: set[str]) -> bool:
    if isinstance(value, dict):
        return any(_has_unknown(each, ignoring) for key, each in value.items() if key not in ignoring)
    if isinstance(value, list):
        return any(_has_unknown(each, ignoring) for each in value)
    # Terraform may say of an unknown value what it will not be; msgpack has that as an extension too.
    return value is Unknown or type(value).__name__ == "ExtType"


def _argument(values: Values, name: str) -> Any:
    """Return an argument of any shape, which comes with its type before it."""
    value = values.get(name)
    return value[1] if isinstance(value, list) and len(value) == 2 and isinstance(value[0], bytes) else value
