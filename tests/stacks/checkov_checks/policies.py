"""Lets Checkov look into the policies of Terraform JSON, and tells which resources it looked at.

Its checks of IAM, KMS and SQS policies expect data, which its reader of HCL makes of a policy in a string and its
reader of Terraform JSON does not: there they find nothing, whatever a policy allows.
"""

from __future__ import annotations

import json
import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from checkov.terraform.checks.resource.registry import resource_registry

_POLICIES = ("assume_role_policy", "policy")
_EXPRESSION = re.compile(r"\$\{[^}]*\}")


class Seen(BaseResourceCheck):
    """Passes for every resource, so that the report names each one that Checkov looked at."""

    def __init__(self) -> None:
        super().__init__("Resource was looked at", "EMR_EKS_SEEN", (CheckCategories.CONVENTION,), ("*",))

    def scan_resource_conf(self, conf: dict[str, list[Any]]) -> CheckResult:
        return CheckResult.PASSED


def _with_data(configuration: dict[str, Any]) -> dict[str, Any]:
    policies = {name: [_data(configuration[name][0])] for name in _POLICIES if name in configuration}
    return configuration | policies


def _data(policy: str) -> Any:
    # Terraform's expressions may hold quotes of their own.
    return json.loads(_EXPRESSION.sub(lambda found: found.group().replace('"', "'"), policy))


_details = resource_registry.extract_entity_details


def _details_with_data(entity: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    kind, name, configuration = _details(entity)
    return kind, name, _with_data(configuration)


resource_registry.extract_entity_details = _details_with_data
Seen()
