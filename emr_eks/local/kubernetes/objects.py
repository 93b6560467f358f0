"""The objects of a local cluster, one file each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

BUILT_IN_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


class Conflict(Exception):  # noqa: N818 - it is what the API server answers, 409
    """What a cluster would refuse."""


class StoredObject(NamedTuple):
    """A Kubernetes object, or a Helm release, that Terraform applied."""

    api_version: str
    kind: str
    namespace: str
    name: str
    validated: str
    """`yes`, or why it was not checked."""
    source: str
    """The Terraform type that it was written as."""
    manifest: dict[str, Any]


class ObjectStore:
    """A folder of objects; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self) -> list[StoredObject]:
        """Return every object, by kind, namespace and name."""
        files = sorted(self._folder.glob("*.json"))
        found = [StoredObject(**json.loads(file.read_text("utf-8"))) for file in files]
        return sorted(found, key=lambda each: each[1:4])

    def has(self, api_version: str, kind: str, namespace: str, name: str) -> bool:
        """Tell whether the object is there."""
        return self._file(api_version, kind, namespace, name).exists()

    def create(self, new: StoredObject) -> None:
        """Store a new object. Raises `Conflict` when it is there already, or its namespace is not."""
        if new.namespace and not self._has_namespace(new.namespace):
            raise Conflict(f'namespaces "{new.namespace}" not found')
        file = self._file(*new[:4])
        draft = self._draft(file, new)
        try:
            os.link(draft, file)  # fails when the file is there, whoever made it
        except FileExistsError:
            raise Conflict(f'{new.kind} "{new.name}" already exists') from None
        finally:
            draft.unlink()

    def replace(self, new: StoredObject) -> None:
        """Store the new form of an object."""
        file = self._file(*new[:4])
        self._draft(file, new).replace(file)

    def delete(self, api_version: str, kind: str, namespace: str, name: str) -> None:
        """Remove an object. Raises `Conflict` for a namespace that still holds some.

        A real cluster would delete what is inside too; here a wrong order of destruction shall show.
        """
        if (api_version, kind) == ("v1", "Namespace"):
            inside = [f"{each.kind} {each.name}" for each in self.list() if each.namespace == name]
            if inside:
                raise Conflict(f'namespace "{name}" still holds {", ".join(inside)}')
        self._file(api_version, kind, namespace, name).unlink(missing_ok=True)

    def _has_namespace(self, name: str) -> bool:
        return name in BUILT_IN_NAMESPACES or self.has("v1", "Namespace", "", name)

    def _file(self, api_version: str, kind: str, namespace: str, name: str) -> Path:
        # Underscores separate: no part of an object's identity may hold one.
        return self._folder / (
            "_".join(quote(part, safe="") for part in (kind, api_version, namespace, name)) + ".json"
        )

    def _draft(self, file: Path, content: StoredObject) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.{os.getpid()}.{id(content)}")
        draft.write_text(json.dumps(content._asdict(), indent=2), "utf-8")
        return draft


def identity(manifest: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return apiVersion, kind, namespace and name of an object."""
    metadata = manifest.get("metadata") or {}
    return (
        str(manifest.get("apiVersion", "")),
        str(manifest.get("kind", "")),
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
    )
