"""What every stack has: its backend, its providers and its tags."""

from __future__ import annotations

from typing import Any

from cdktf import LocalBackend, S3Backend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_helm.provider import (
    HelmProvider,
    HelmProviderKubernetes,
    HelmProviderKubernetesExec,
)
from cdktf_cdktf_provider_kubernetes.provider import KubernetesProvider, KubernetesProviderExec
from constructs import Construct

from constructs_lib import block_guard
from constructs_lib._literal import literal
from constructs_lib.account import Account
from constructs_lib.cluster import EksClusterLike, ExistingCluster
from stacks.platform import PlatformSpec, S3State, stack_name


class PlatformStack(TerraformStack):
    """A stack of the platform; each talks to the clouds it must and to no others."""

    def __init__(self, scope: Construct, platform: PlatformSpec, name: str) -> None:
        block_guard.install()
        super().__init__(scope, stack_name(platform, name))
        self.platform = platform
        self._add_backend(name)

    def add_aws(self) -> Account:
        """Add the AWS provider, and return the account that it works in."""
        AwsProvider(
            self,
            "aws",
            region=self.platform.region,
            allowed_account_ids=[self.platform.account_id] if self.platform.account_id else None,
            default_tags=[AwsProviderDefaultTags(tags=self.tags)],
        )
        # The bindings ask for exactly the version that they were made from; what we emit is known to older ones too.
        self.require_aws_provider("5.100.0")
        return Account(self, "account", region=self.platform.region, account_id=self.platform.account_id)

    def require_aws_provider(self, version: str) -> None:
        """Let Terraform take no AWS provider older than *version*."""
        self.add_override("terraform.required_providers.aws.version", f">= {version}, < 7.0.0")

    def add_kubernetes(self, cluster: EksClusterLike) -> None:
        """Add the Kubernetes provider, which signs in with the AWS CLI's short-lived token."""
        KubernetesProvider(
            self,
            "kubernetes",
            host=cluster.endpoint,
            cluster_ca_certificate=cluster.certificate_authority,
            exec=[KubernetesProviderExec(**self._sign_in(cluster))],
        )

    def add_helm(self, cluster: EksClusterLike) -> None:
        """Add the Helm provider, which signs in like the Kubernetes one."""
        HelmProvider(
            self,
            "helm",
            kubernetes=HelmProviderKubernetes(
                host=cluster.endpoint,
                cluster_ca_certificate=cluster.certificate_authority,
                exec=HelmProviderKubernetesExec(**self._sign_in(cluster)),
            ),
        )

    def add_output(self, name: str, value: object, description: str) -> None:
        """Add an output whose name is part of the platform's interface."""
        TerraformOutput(self, name, value=value, description=description, static_id=True)

    def cluster_of(self, built: EksClusterLike | None, account: Account | None = None) -> EksClusterLike:
        """Return the cluster that the platform built, or refer to the existing one that it names."""
        if built:
            return built
        existing = self.platform.existing_cluster
        assert existing is not None, "a platform without a cluster is refused when it is read"
        return ExistingCluster(self, "cluster", spec=existing, account=account or self.add_aws())

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource."""
        return {"Platform": self.platform.name, **literal(self.platform.tags)}

    def _sign_in(self, cluster: EksClusterLike) -> dict[str, Any]:
        return {
            "api_version": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            # JSON, whatever the caller's profile prints: it is all that the providers read.
            "args": [
                *("eks", "get-token", "--cluster-name", cluster.id),
                *("--region", self.platform.region, "--output", "json"),
            ],
        }

    def _add_backend(self, name: str) -> None:
        state, platform = self.platform.state, self.platform.name
        if isinstance(state, S3State):
            S3Backend(
                self,
                bucket=state.bucket,
                key=f"{state.key_prefix.strip('/')}/{platform}/{name}.tfstate".lstrip("/"),
                region=state.region,
                kms_key_id=state.kms_key_id,
                encrypt=True,
            )
            # cdktf 0.21 does not know S3's own locking.
            self.add_override("terraform.backend.s3.use_lockfile", True)
        else:
            # Terraform runs in cdktf.out/stacks/<stack>; the file lies beside cdktf.json, whatever that folder's path.
            LocalBackend(self, path=f"../../../terraform.{stack_name(self.platform, name)}.tfstate")
