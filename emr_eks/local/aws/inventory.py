"""What exists in the embedded AWS, counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.base_backend import BackendDict

# Only what a platform makes: not AWS's managed policies, nor the default VPC that every region has.
_COUNTERS: dict[str, dict[str, Callable[[Any], int]]] = {
    "autoscaling": {"auto-scaling groups": lambda b: len(b.autoscaling_groups)},
    "budgets": {"budgets": lambda b: sum(len(budgets) for budgets in b.budgets.values())},
    "ec2": {
        "instances": lambda b: sum(i.state == "running" for i in b.all_instances()),
        "launch templates": lambda b: len(b.launch_templates),
        "NAT gateways": lambda b: sum(n.state != "deleted" for n in b.nat_gateways.values()),
        "VPCs": lambda b: sum(not vpc.is_default for vpc in b.vpcs.values()),
    },
    "eks": {
        "clusters": lambda b: len(b.clusters),
        "node groups": lambda b: sum(len(cluster.nodegroups) for cluster in b.clusters.values()),
    },
    "emr-containers": {
        "virtual clusters": lambda b: sum(c.state == "RUNNING" for c in b.virtual_clusters.values()),
        "job runs": lambda b: len(b.job_runs),
        "job templates": lambda b: len(b.job_templates),
    },
    "events": {"rules": lambda b: sum(len(bus.rules) for bus in b.event_buses.values())},
    "iam": {
        "roles": lambda b: len(b.roles),
        "policies": lambda b: sum(":aws:policy/" not in arn for arn in b.managed_policies),
        "instance profiles": lambda b: len(b.instance_profiles),
        "OIDC providers": lambda b: len(b.open_id_providers),
    },
    "kms": {"keys": lambda b: sum(key.key_state != "PendingDeletion" for key in b.keys.values())},
    "logs": {"log groups": lambda b: len(b.groups)},
    "s3": {"buckets": lambda b: len(b.buckets)},
    "sns": {"topics": lambda b: len(b.topics)},
    "sqs": {"queues": lambda b: len(b.queues)},
}


def inventory() -> dict[str, int]:
    """Return how many of each thing there are, over all accounts and regions; what is absent is left out."""
    found: dict[str, int] = {}
    for backends in list(BackendDict._instances):  # type: ignore[misc]  # a class variable of a generic class
        counters = _COUNTERS.get(backends.service_name, {})
        for _, _, backend in backends.iter_backends():
            for name, count in counters.items():
                found[name] = found.get(name, 0) + count(backend)
    return {name: number for name, number in sorted(found.items()) if number}
