"""SQS: setting some attributes of a queue leaves its policy alone."""

from __future__ import annotations

from typing import Any

from moto.sqs import models, urls

from emr_eks.local.aws.extension import correct


class SQSBackend(models.SQSBackend):
    """Moto's backend, where SetQueueAttributes changes what it names and nothing else."""

    def set_queue_attributes(self, queue_name: str, attributes: dict[str, Any]) -> models.Queue:
        """Set attributes; https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html."""
        policy = self.get_queue(queue_name).policy
        queue = super().set_queue_attributes(queue_name, attributes)
        if "Policy" not in attributes:
            queue.policy = policy
        return queue


def install() -> None:
    """Correct moto's SQS."""
    correct(models.sqs_backends, SQSBackend, urls)
