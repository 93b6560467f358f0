"""The embedded AWS: moto server on loopback, with what an EMR-on-EKS platform needs and moto lacks.

`python -m emr_eks.local.aws` runs it. Importing this package costs nothing: moto is imported by `install`,
which only the server and the tests call.
"""

from __future__ import annotations


def install() -> None:
    """Register every extension and correction with moto; to be called once, before the first request."""
    from emr_eks.local.aws import autoscaling, budgets, ec2, eks, emrcontainers, logs, region, s3, sqs

    for part in (autoscaling, budgets, ec2, eks, emrcontainers, logs, region, s3, sqs):
        part.install()
