"""Serve a stand-in to the Terraform that started this: `python -m emr_eks.local.kubernetes kubernetes`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import tf.provider
from tf.runner import run_provider

from emr_eks.local.kubernetes import CACHE, CRDS, KUBERNETES_VERSION, OBJECTS
from emr_eks.local.kubernetes.objects import ObjectStore
from emr_eks.local.kubernetes.provider import Cluster, StandIn
from emr_eks.local.kubernetes.schema import PROVIDERS, schema_of


def main() -> int:
    """Serve until Terraform has had enough."""
    if sys.argv[1:] not in [[name] for name in PROVIDERS] or not {OBJECTS, CACHE, KUBERNETES_VERSION} <= set(
        os.environ
    ):
        print("This is a plugin: Terraform starts it, through `emr-eks local`.", file=sys.stderr)
        return 2
    definitions = os.environ.get(CRDS)
    cluster = Cluster(
        ObjectStore(Path(os.environ[OBJECTS])),
        os.environ[KUBERNETES_VERSION],
        Path(definitions) if definitions else None,
    )
    schema = schema_of(sys.argv[1], Path(os.environ[CACHE]))
    # `run_provider` brings the handshake and the sockets, and makes its own servicer, which knows fewer types.
    tf.provider.ProviderServicer = lambda _: StandIn(schema, cluster)
    run_provider(None, sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
