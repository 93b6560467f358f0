"""The objects of a local cluster, one file each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
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
        found = []
        for file in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):  # deleted since, by another thread or process
                found.append(StoredObject(**json.loads(file.read_text("utf-8"))))
        return sorted(found, key=lambda each: (*each[1:4], each.api_version))

    def has(self, api_version: str, kind: str, namespace: str, name: str) -> bool:
        """Tell whether the object is there."""
        if (api_version, kind) == ("v1", "Namespace") and name in BUILT_IN_NAMESPACES:
            return True
        return self._file(api_version, kind, namespace, name).exists()

    def create(self, new: StoredObject) -> None:
        """Store a new object. Raises `Conflict` when it is there already, or its namespace is not."""
        if new.namespace and not self.has("v1", "Namespace", "", new.namespace):
            raise Conflict(f'namespaces "{new.namespace}" not found')
        if self.has(*new[:4]):
            raise Conflict(f'{new.kind} "{new.name}" already exists')
        file = self._file(*new[:4])
        draft = self._draft(file, new)
        try:
            os.link(draft, file)  # fails when another process was faster
        except FileExistsError:
            raise Conflict(f'{new.kind} "{new.name}" already exists') from None
        finally:
            draft.unlink()

    def replace(self, new: StoredObject) -> None:
        """Store the new form of an object. Raises `Conflict` when it is not there."""
        file = self._file(*new[:4])
        if not file.exists():
            raise Conflict(f'{new.kind} "{new.name}" not found')
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

    def _file(self, api_version: str, kind: str, namespace: str, name: str) -> Path:
        # Commas separate: a quoted part holds none.
        return self._folder / (
            ",".join(quote(part, safe="") for part in (kind, api_version, namespace, name)) + ".json"
        )

    def _draft(self, file: Path, content: StoredObject) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, even if we are killed; a draft that stays behind is no object.
        draft = file.with_name(f"{file.name}.{os.getpid()}.{id(content)}")
        draft.write_text(json.dumps(content._asdict(), indent=2), "utf-8")
        return draft


def identity(manifest: Any) -> tuple[str, str, str, str]:
    """Return apiVersion, kind, namespace and name of an object, empty where it has none."""
    manifest = manifest if isinstance(manifest, Mapping) else {}
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    return (
        str(manifest.get("apiVersion", "")),
        str(manifest.get("kind", "")),
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or ""),
    )
