"""Platforms that tests edit as people do, part by part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from conftest import DEFAULT, ROOT

POOLS = {file.stem: yaml.safe_load(file.read_text("utf-8")) for file in (ROOT / "provisioners").glob("*.yaml")}


@dataclass
class Draft:
    """A platform that can be edited: platform.yaml, and the manifests in `provisioners/` by file."""

    platform: dict[str, Any]
    pools: dict[str, Any]

    @classmethod
    def default(cls) -> Draft:
        """Return the platform that the project builds by default."""
        return cls(_copy(DEFAULT), _copy(POOLS))

    def edited(self, *edits: Callable[[Draft], object]) -> Draft:
        """Return a copy with the edits made to it."""
        draft = Draft(_copy(self.platform), _copy(self.pools))
        for edit in edits:
            edit(draft)
        return draft

    def write(self, folder: Path) -> Path:
        """Write the files; return the platform's."""
        (folder / "provisioners").mkdir(parents=True)
        for name, content in self.pools.items():
            documents = content if isinstance(content, list) else [content]
            (folder / "provisioners" / f"{name}.yaml").write_text(
                yaml.dump_all(documents, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8"
            )
        file = folder / "platform.yaml"
        file.write_text(yaml.dump(self.platform, Dumper=yaml.CSafeDumper, sort_keys=False), "utf-8")
        return file


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value
