"""Composes the app: platform.yaml -> stacks. `cdktf synth` runs this; `python main.py` gives the same."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdktf import App, TerraformStack

    from constructs_lib._job_template import TeamJob
    from constructs_lib.cluster import Cluster
    from constructs_lib.cluster_autoscaler import ClusterAutoscalerAccess
    from constructs_lib.karpenter_access import KarpenterAccess
    from constructs_lib.node_termination_handler import NodeTerminationHandlerAccess
    from constructs_lib.vpc import Network
    from stacks.platform import Platform


def build(app: App, platform: Platform) -> None:
    """Add the platform's stacks to *app*; each waits for the one before, and is destroyed before it."""
    # Imported here, because cdktf starts Node: a platform.yaml with a mistake is answered without it.
    from constructs_lib.vpc import ExistingVpc
    from stacks.addons import AddonsStack
    from stacks.cluster import ClusterStack
    from stacks.network import NetworkStack
    from stacks.node_pools import NodePoolsStack
    from stacks.teams import TeamsStack

    spec = platform.spec
    stacks: list[TerraformStack] = []
    network: Network | None = ExistingVpc(spec.existing_vpc) if spec.existing_vpc else None
    cluster: Cluster | None = None
    karpenter: KarpenterAccess | None = None
    autoscaler: ClusterAutoscalerAccess | None = None
    termination_handler: NodeTerminationHandlerAccess | None = None
    if spec.vpc:
        network_stack = NetworkStack(app, spec, spec.vpc)
        stacks.append(network_stack)
        network = network_stack.vpc
    if network:
        cluster_stack = ClusterStack(app, spec, network)
        stacks.append(cluster_stack)
        cluster = cluster_stack.cluster
        karpenter, autoscaler = cluster_stack.karpenter, cluster_stack.autoscaler
        termination_handler = cluster_stack.termination_handler
    if karpenter or autoscaler or termination_handler or spec.priorities:
        stacks.append(
            AddonsStack(
                app,
                spec,
                cluster,
                karpenter=karpenter,
                autoscaler=autoscaler,
                termination_handler=termination_handler,
            )
        )
    if platform.pools.node_pools:
        stacks.append(NodePoolsStack(app, spec, platform.pools, cluster))
    if spec.teams:
        stacks.append(TeamsStack(app, platform, cluster, job_templates=_job_templates(platform)))
    for before, after in pairwise(stacks):
        after.add_dependency(before)


def _job_templates(platform: Platform) -> Mapping[str, Mapping[str, TeamJob]]:
    """Return the jobs that Terraform makes templates of, by team and name. Raises `InvalidFile`."""
    if not any(team.job_templates for team in platform.spec.teams.values()):
        return {}
    # Job files are the command line's, which a platform without templates need not have.
    from emr_eks.job.template import job_templates

    return job_templates(platform)


def main() -> int:
    """Synthesise the platform in the file that EMR_EKS_PLATFORM names, by default platform.yaml."""
    from constructs_lib import accelerator

    node = os.environ.get("JSII_NODE", "node")
    has_node = shutil.which(node) is not None
    # Node starts while Python reads the platform. Only what is needed for certain: a mistake is answered at once.
    if has_node:
        accelerator.load_ahead("cdktf")
    from constructs_lib._names import Refused
    from provisioners.source import InvalidFile
    from stacks.platform import load

    try:
        platform = load(Path(os.environ.get("EMR_EKS_PLATFORM", "platform.yaml")))
    except InvalidFile as invalid:
        print(invalid, file=sys.stderr)
        return 2
    for advice in platform.advice:
        print(f"warning: {advice}", file=sys.stderr)
    if not has_node:
        print(f"{node} is not found: CDK for Terraform needs Node 20 or newer, https://nodejs.org/", file=sys.stderr)
        return 2
    accelerator.load_ahead("cdktf_cdktf_provider_aws", "cdktf_cdktf_provider_helm", "cdktf_cdktf_provider_kubernetes")
    from cdktf import App

    app = App()
    try:
        build(app, platform)
    except (InvalidFile, Refused) as refused:
        print(refused, file=sys.stderr)
        return 2
    app.synth()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ModuleNotFoundError as missing:
        if missing.name not in ("cdktf", "constructs", "jsii", "pydantic", "yaml"):
            raise
        told = f"{sys.executable} has no {missing.name}: run `make setup`, and put .venv/bin first on the PATH"
        print(told, file=sys.stderr)
        sys.exit(2)
