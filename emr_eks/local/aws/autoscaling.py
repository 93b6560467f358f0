"""Auto Scaling: a lifecycle hook that names no queue has none."""

from __future__ import annotations

from typing import Any

from moto.autoscaling import models, urls

from emr_eks.local.aws.extension import correct


class AutoScalingBackend(models.AutoScalingBackend):
    """Moto's backend, which gives every hook the same queue and role; those of platforms have EventBridge instead."""

    def create_lifecycle_hook(self, *args: Any, **kwargs: Any) -> models.LifecycleHook:
        """Put a hook; https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html."""
        hook = super().create_lifecycle_hook(*args, **kwargs)
        hook.role_arn = hook.notification_target_arn = None  # type: ignore[assignment]  # moto has them always set
        return hook


def install() -> None:
    """Correct moto's Auto Scaling."""
    correct(models.autoscaling_backends, AutoScalingBackend, urls)
