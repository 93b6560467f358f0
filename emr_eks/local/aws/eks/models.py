"""What EKS keeps: attributes are named as in the API, in snake case, so that moto serializes them."""

from __future__ import annotations

import base64
import datetime
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.core.utils import utcnow
from moto.eks.models import Cluster as MotoCluster
from moto.moto_api._internal import mock_random

Tags = dict[str, str]


@dataclass
class Update:
    """A change of a cluster, node group or add-on; it has always succeeded by the time it is seen."""

    type: str
    params: list[dict[str, str]]
    nodegroup_name: str | None = None
    addon_name: str | None = None
    id: str = field(default_factory=lambda: str(mock_random.uuid4()))
    status: str = "Successful"
    created_at: datetime.datetime = field(default_factory=utcnow)
    errors: list[Any] = field(default_factory=list)


@dataclass
class PodIdentityAssociation:
    """The role of one service account."""

    cluster_name: str
    namespace: str
    service_account: str
    role_arn: str
    association_arn: str
    association_id: str
    tags: Tags
    owner_arn: str | None = None
    disable_session_tags: bool = False
    target_role_arn: str | None = None
    external_id: str | None = None
    policy: str | None = None
    created_at: datetime.datetime = field(default_factory=utcnow)
    modified_at: datetime.datetime = field(default_factory=utcnow)


@dataclass
class Addon:
    """An add-on of a cluster."""

    cluster_name: str
    addon_name: str
    addon_version: str
    addon_arn: str
    tags: Tags
    namespace: str
    service_account_role_arn: str | None = None
    configuration_values: str | None = None
    pod_identity_associations: list[str] = field(default_factory=list)
    status: str = "ACTIVE"
    owner: str = "aws"
    publisher: str = "eks"
    health: dict[str, Any] = field(default_factory=lambda: {"issues": []})
    created_at: datetime.datetime = field(default_factory=utcnow)
    modified_at: datetime.datetime = field(default_factory=utcnow)

    @property
    def namespace_config(self) -> dict[str, str]:
        """The namespace in the API's own shape."""
        return {"namespace": self.namespace}


@dataclass
class AssociatedAccessPolicy:
    """An access policy and where in the cluster it holds."""

    policy_arn: str
    access_scope: dict[str, Any]
    associated_at: datetime.datetime = field(default_factory=utcnow)
    modified_at: datetime.datetime = field(default_factory=utcnow)


@dataclass
class AccessEntry:
    """A principal that the cluster knows."""

    cluster_name: str
    principal_arn: str
    kubernetes_groups: list[str]
    access_entry_arn: str
    tags: Tags
    username: str
    type: str
    made_by_eks: bool = False
    policies: dict[str, AssociatedAccessPolicy] = field(default_factory=dict)
    created_at: datetime.datetime = field(default_factory=utcnow)
    modified_at: datetime.datetime = field(default_factory=utcnow)


@dataclass
class Nodegroup:
    """A managed node group; its nodes are instances of the auto-scaling group in `resources`."""

    cluster_name: str
    nodegroup_name: str
    nodegroup_arn: str
    uuid: str
    node_role: str
    subnets: list[str]
    scaling_config: dict[str, int]
    version: str
    release_version: str
    ami_type: str
    capacity_type: str
    instance_types: list[str] | None
    disk_size: int | None
    labels: dict[str, str]
    taints: list[dict[str, str]]
    tags: Tags
    update_config: dict[str, Any]
    launch_template: dict[str, str] | None = None
    remote_access: dict[str, Any] | None = None
    node_repair_config: dict[str, Any] | None = None
    status: str = "ACTIVE"
    health: dict[str, Any] = field(default_factory=lambda: {"issues": []})
    created_at: datetime.datetime = field(default_factory=utcnow)
    modified_at: datetime.datetime = field(default_factory=utcnow)

    @property
    def auto_scaling_group(self) -> str:
        """The name of the auto-scaling group, and of the launch template that EKS makes for it."""
        return f"eks-{self.nodegroup_name}-{self.uuid}"

    @property
    def resources(self) -> dict[str, Any]:
        """What EKS made for this group."""
        return {"autoScalingGroups": [{"name": self.auto_scaling_group}]}


class Cluster(MotoCluster):
    """Moto's cluster, with everything that a platform sets and with identifiers that look like AWS's."""

    def __init__(self, region_name: str, access: dict[str, Any], settings: dict[str, Any], **moto: Any) -> None:
        super().__init__(region_name=region_name, **moto)
        identifier = mock_random.get_random_hex(32).upper()
        self.endpoint = f"https://{identifier}.gr7.{region_name}.eks.amazonaws.com"
        self.identity = {"oidc": {"issuer": f"https://oidc.eks.{region_name}.amazonaws.com/id/{identifier}"}}
        self.certificate_authority = {"data": certificate_authority()}
        self.access_config = access
        self.upgrade_policy = settings.get("upgradePolicy") or {"supportType": "EXTENDED"}
        self.zonal_shift_config = settings.get("zonalShiftConfig")
        self.deletion_protection = settings.get("deletionProtection") or False
        self.compute_config = settings.get("computeConfig")
        self.storage_config = settings.get("storageConfig")
        self.control_plane_scaling_config = settings.get("controlPlaneScalingConfig")
        self.kube_api_server_config = settings.get("kubeApiServerConfig")
        self.kube_scheduler_config = settings.get("kubeSchedulerConfig")
        self.kube_controller_manager_config = settings.get("kubeControllerManagerConfig")
        self.health: dict[str, Any] = {"issues": []}
        self.nodegroups: dict[str, Any] = {}
        self.addons: dict[str, Addon] = {}
        self.access_entries: dict[str, AccessEntry] = {}
        self.associations: dict[str, PodIdentityAssociation] = {}
        self.updates: dict[str, Update] = {}

    @property
    def knows_access_entries(self) -> bool:
        """Whether the API decides who may do what in the cluster."""
        return bool(self.access_config["authenticationMode"] != "CONFIG_MAP")


def certificate_authority() -> str:
    """Return a new certificate authority as EKS gives it: the base64 of a PEM certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode()
