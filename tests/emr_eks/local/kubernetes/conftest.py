"""The schemas of both stand-ins, derived once for all tests."""

from __future__ import annotations

from typing import Any

import pytest

from emr_eks.local.kubernetes.schema import PROVIDERS, schema_of


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what each stand-in serves."""
    cache = tmp_path_factory.mktemp("schemas")
    return {name: schema_of(name, cache) for name in PROVIDERS}


@pytest.fixture(scope="session")
def schemas(served: dict[str, Any]) -> dict[str, Any]:
    """Return every resource type's block."""
    return {kind: block for each in served.values() for kind, block in each["resources"].items()}
