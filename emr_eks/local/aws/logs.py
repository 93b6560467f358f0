"""CloudWatch Logs: another key for a log group that is there, which moto lacks.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
"""

from __future__ import annotations

from moto.logs import models, responses, urls
from moto.logs.exceptions import ResourceNotFoundException

from emr_eks.local.aws.extension import extend


class LogsBackend(models.LogsBackend):
    """Moto's backend, whose log groups may change their keys."""

    def encrypt(self, group: str, key: str | None) -> None:
        """Let a log group be encrypted with another key, or with none of the account's."""
        if group not in self.groups:
            raise ResourceNotFoundException
        self.groups[group].kms_key_id = key


class LogsResponse(responses.LogsResponse):
    """Moto's responses, and those to the operations that moto lacks."""

    def associate_kms_key(self) -> str:
        """AssociateKmsKey."""
        return self._encrypt(self._get_param("kmsKeyId"))

    def disassociate_kms_key(self) -> str:
        """DisassociateKmsKey."""
        return self._encrypt(None)

    def _encrypt(self, key: str | None) -> str:
        self.logs_backend.encrypt(self._get_param("logGroupName"), key)  # type: ignore[attr-defined]  # it is ours
        return "{}"


def install() -> None:
    """Answer Logs' calls in moto's place."""
    extend(models.logs_backends, LogsBackend, urls, LogsResponse)
