"""Documents of the old kinds among others: converted as they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from provisioners.legacy import NODE_TEMPLATE, PROVISIONER, is_old, kind_of
from provisioners.legacy.convert import Converter
from provisioners.legacy.launch_template import LaunchTemplate
from provisioners.legacy.models import AWSNodeTemplate, Provisioner
from provisioners.source import Document, InvalidFile, Located, validate

_MODELS: Mapping[tuple[str, str], type[Provisioner] | type[AWSNodeTemplate]] = {
    PROVISIONER: Provisioner,
    NODE_TEMPLATE: AWSNodeTemplate,
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
        if model := _MODELS.get(kind_of(document)):
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
