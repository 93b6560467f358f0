"""Documents of the old kinds among others: converted as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from provisioners.legacy.convert import Converter
from provisioners.legacy.launch_template import LaunchTemplate
from provisioners.legacy.models import AWSNodeTemplate, Provisioner
from provisioners.source import Document, InvalidFile, Located, validate

_MODELS: Mapping[tuple[str, str], type[Provisioner] | type[AWSNodeTemplate]] = {
    ("karpenter.sh/v1alpha5", "Provisioner"): Provisioner,
    ("karpenter.k8s.aws/v1alpha1", "AWSNodeTemplate"): AWSNodeTemplate,
}


def upgrade(
    documents: Sequence[Document],
    *,
    cluster_name: str,
    problems: list[Located],
    launch_templates: Mapping[str, LaunchTemplate] | None = None,
) -> tuple[list[Document], list[Located]]:
    """Return *documents* with those of the old kinds converted to v1, and what the conversion changes.

    A converted document keeps its places in the file, as far as they are there. What is wrong joins *problems*.
    """
    upgraded = [document for document in documents if not is_old(document)]
    old: list[tuple[Document, Provisioner | AWSNodeTemplate]] = []
    for document in documents:
        model = _model(document)
        if model is not None:
            try:
                old.append((document, validate(model, document)))
            except InvalidFile as invalid:
                problems += invalid.problems
    converter = Converter([item for _, item in old], cluster_name=cluster_name, launch_templates=launch_templates)
    changes: list[Located] = []
    for document, item in old:
        converted = converter.convert(item)
        upgraded += [replace(document, data=manifest) for manifest in converted.manifests]
        changes += [document.located(each.path, each.words) for each in converted.changes]
    return upgraded, changes


def is_old(document: Document) -> bool:
    """Tell whether *document* is of one of the old kinds."""
    return _model(document) is not None


def _model(document: Document) -> type[Provisioner] | type[AWSNodeTemplate] | None:
    data = document.data if isinstance(document.data, dict) else {}
    return _MODELS.get((str(data.get("apiVersion")), str(data.get("kind"))))
