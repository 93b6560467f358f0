"""The rules of EC2NodeClass that concern more than one field, as Karpenter 1.14 and EC2 have them.

https://github.com/aws/karpenter-provider-aws/blob/v1.14.1/pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provisioners.quantity import amount
from provisioners.rules import rule
from provisioners.spec import Problem
from provisioners.volumes import GP3_MIBPS, IOPS_PER_MIBPS, gp3_throughput

if TYPE_CHECKING:
    from provisioners.node_class import (
        AmiSelectorTerm,
        CapacityReservationSelectorTerm,
        ConnectionTracking,
        Ebs,
        EC2NodeClassSpec,
        Kubelet,
        PlacementGroupSelector,
        SecurityGroupSelectorTerm,
        SubnetSelectorTerm,
    )

AMI_FAMILIES = {
    "al2": "AL2",
    "al2023": "AL2023",
    "bottlerocket": "Bottlerocket",
    "windows2019": "Windows2019",
    "windows2022": "Windows2022",
    "windows2025": "Windows2025",
}
"""The families that an alias can name, and what `amiFamily` calls them."""

AL2023_ROOT_DEVICE, AL2023_ROOT_GIB = "/dev/xvda", 20
"""Where EKS' images of Amazon Linux 2023 start from, and how large they are."""

_WITH_IOPS = ("gp3", "io1", "io2")
"""Types of volumes whose I/O operations a second can be given."""
_RESERVED_TAGS = (
    "eks:eks-cluster-name",
    "karpenter.k8s.aws/ec2nodeclass",
    "karpenter.sh/nodeclaim",
    "karpenter.sh/nodepool",
)


def _given(part: Any, *names: str) -> list[str]:
    """Return those of the fields *names* that were said, as YAML spells them."""
    fields = type(part).model_fields
    return [fields[name].alias or name for name in names if getattr(part, name) is not None]


def _selects(term: Any, *names: str) -> Iterator[Problem]:
    if not _given(term, *names):
        yield Problem(
            (), f"must select by at least one of {', '.join(type(term).model_fields[n].alias for n in names)}"
        )


def _alone(term: Any, name: str, *others: str) -> Iterator[Problem]:
    beside = _given(term, *others)
    if _given(term, name) and beside:
        yield Problem(
            (name,),
            f"must stand alone in its term, stands beside {', '.join(beside)}",
            hint="make a term of each",
        )


@rule(since="1.0", layer="cel")
def subnets_selected(term: SubnetSelectorTerm) -> Iterator[Problem]:
    """Select by something."""
    return _selects(term, "id", "tags")


@rule(since="1.0", layer="cel")
def subnet_id_alone(term: SubnetSelectorTerm) -> Iterator[Problem]:
    """Give an id no tags. Karpenter lets this pass when any other term is in order."""
    return _alone(term, "id", "tags")


@rule(since="1.0", layer="cel")
def security_groups_selected(term: SecurityGroupSelectorTerm) -> Iterator[Problem]:
    """Select by something."""
    return _selects(term, "id", "name", "tags")


@rule(since="1.0", layer="cel")
def security_group_id_alone(term: SecurityGroupSelectorTerm) -> Iterator[Problem]:
    """Give an id no name and no tags. Karpenter lets this pass when any other term is in order."""
    return _alone(term, "id", "name", "tags")


@rule(since="1.0", layer="cel")
def security_group_name_alone(term: SecurityGroupSelectorTerm) -> Iterator[Problem]:
    """Give a name no tags. Karpenter lets this pass when any other term is in order."""
    return _alone(term, "name", "tags")


@rule(since="1.0", layer="cel")
def images_selected(term: AmiSelectorTerm) -> Iterator[Problem]:
    """Select by more than an owner, who owns too many images."""
    return _selects(term, "alias", "id", "name", "ssm_parameter", "tags")


@rule(since="1.0", layer="cel")
def image_id_alone(term: AmiSelectorTerm) -> Iterator[Problem]:
    """Give an id nothing else."""
    return _alone(term, "id", "name", "owner", "tags")


@rule(since="1.0", layer="cel")
def image_alias_alone(term: AmiSelectorTerm) -> Iterator[Problem]:
    """Give an alias nothing else."""
    return _alone(term, "alias", "id", "name", "owner", "tags")


@rule(since="1.0", layer="cel")
def image_alias_known(term: AmiSelectorTerm) -> Iterator[Problem]:
    """Write an alias as `family@version`; Windows images have no versions to name."""
    if term.alias is None:
        return
    if not re.fullmatch(r"[a-zA-Z0-9]+@.+", term.alias):
        yield Problem(("alias",), "must be family@version", term.alias, "for example 'al2023@v20261023'")
        return
    family, version = term.alias.split("@", 1)
    if family not in AMI_FAMILIES:
        yield Problem(("alias",), f"must be of a family among {', '.join(AMI_FAMILIES)}", term.alias)
    elif family.startswith("windows") and version != "latest":
        yield Problem(("alias",), "must be of the version latest for Windows", term.alias, f"write '{family}@latest'")


@rule(since="1.0", layer="aws")
def image_release_known(term: AmiSelectorTerm) -> Iterator[Problem]:
    """EKS names its releases of Amazon Linux by a `v` and the day; Karpenter finds no image under another name."""
    family, _, version = (term.alias or "").partition("@")
    if family in ("al2", "al2023") and version and not re.fullmatch(r"latest|v[0-9]{8}", version):
        day = re.fullmatch(r"[0-9]{8}", version)
        yield Problem(
            ("alias",),
            "must be of a release like v20261023, or of latest",
            term.alias,
            f"write '{family}@v{version}'"
            if day
            else "the releases: https://github.com/awslabs/amazon-eks-ami/releases",
        )


@rule(since="1.3", layer="cel")
def reservations_selected(term: CapacityReservationSelectorTerm) -> Iterator[Problem]:
    """Select by more than an owner."""
    return _selects(term, "id", "tags", "instance_match_criteria")


@rule(since="1.3", layer="cel")
def reservation_id_alone(term: CapacityReservationSelectorTerm) -> Iterator[Problem]:
    """Give an id nothing else. Karpenter lets this pass when any other term is in order."""
    return _alone(term, "id", "tags", "owner_id", "instance_match_criteria")


@rule(since="1.0", layer="cel")
def volume_has_size(ebs: Ebs) -> Iterator[Problem]:
    """Give a volume a size of its own or that of its snapshot."""
    if ebs.volume_size is None and ebs.snapshot_id is None:
        yield Problem((), "must set volumeSize or snapshotID", hint="for example volumeSize: 100Gi")


@rule(since="1.5", layer="cel")
def initialization_rate_has_snapshot(ebs: Ebs) -> Iterator[Problem]:
    """Only a volume made from a snapshot is initialized."""
    if ebs.volume_initialization_rate is not None and not ebs.snapshot_id:
        yield Problem(("volumeInitializationRate",), "must be set together with snapshotID", hint="remove it")


@rule(since="1.0", layer="aws")
def throughput_has_iops(ebs: Ebs) -> Iterator[Problem]:
    """EC2 gives a gp3 volume a MiB/s for every four IOPS, up to a limit."""
    most = gp3_throughput(ebs.iops)
    if ebs.volume_type == "gp3" and ebs.throughput is not None and ebs.throughput > most:
        yield Problem(
            ("throughput",),
            f"must be at most a quarter of iops, and never over {GP3_MIBPS}: {most} here",
            ebs.throughput,
            f"write iops: {IOPS_PER_MIBPS * ebs.throughput}, or lower it"
            if ebs.throughput <= GP3_MIBPS
            else "lower it",
        )


@rule(since="1.0", layer="aws")
def figures_are_of_the_volume_type(ebs: Ebs) -> Iterator[Problem]:
    """EC2 takes a volume's figures for the types that have them, and refuses the launch otherwise.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html
    """
    kind = ebs.volume_type or "gp3"
    if ebs.throughput is not None and kind != "gp3":
        yield Problem(("throughput",), f"must be left out: only gp3 has one, not {kind}", ebs.throughput, "remove it")
    if ebs.iops is not None and kind not in _WITH_IOPS:
        rule = f"must be left out: only {', '.join(_WITH_IOPS)} have them, not {kind}"
        yield Problem(("iops",), rule, ebs.iops, "remove them")


@rule(since="1.0", layer="cel")
def image_collection_has_room(kubelet: Kubelet) -> Iterator[Problem]:
    """Image collection starts above where it stops."""
    high, low = kubelet.image_gc_high_threshold_percent, kubelet.image_gc_low_threshold_percent
    if high is not None and low is not None and high <= low:
        yield Problem(("imageGCHighThresholdPercent",), f"must be greater than imageGCLowThresholdPercent, {low}", high)


@rule(since="1.0", layer="cel")
def soft_eviction_has_grace(kubelet: Kubelet) -> Iterator[Problem]:
    """Each soft threshold has a grace period, and the other way about."""
    soft, grace = set(kubelet.eviction_soft or ()), set(kubelet.eviction_soft_grace_period or ())
    for signal in sorted(soft - grace):
        yield Problem(("evictionSoft", signal), "must have a grace period", hint="add it to evictionSoftGracePeriod")
    for signal in sorted(grace - soft):
        yield Problem(("evictionSoftGracePeriod", signal), "must have a threshold", hint="add it to evictionSoft")


@rule(since="1.0", layer="cel")
def reserved_is_not_negative(kubelet: Kubelet) -> Iterator[Problem]:
    """Less than nothing cannot be kept back."""
    for field, reserved in (
        ("kubeReserved", kubelet.kube_reserved),
        ("systemReserved", kubelet.system_reserved),
    ):
        for resource, quantity in (reserved or {}).items():
            if quantity.startswith("-"):
                yield Problem((field, resource), "must not be negative", quantity)


@rule(since="1.13", layer="cel")
def a_timeout_is_set(tracking: ConnectionTracking) -> Iterator[Problem]:
    """Set at least one timeout."""
    names = ("tcp_established_timeout", "udp_stream_timeout", "udp_timeout")
    if not _given(tracking, *names):
        yield Problem((), "must set at least one of tcpEstablishedTimeout, udpStreamTimeout, udpTimeout")


@rule(since="1.11", layer="cel")
def placement_group_selected(selector: PlacementGroupSelector) -> Iterator[Problem]:
    """One placement group, by one of its two names."""
    if len(_given(selector, "name", "id")) != 1:
        yield Problem((), "must set exactly one of name and id")


@rule(since="1.0", layer="cel")
def one_identity(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Nodes have a role, or the instance profile of one."""
    given = _given(spec, "role", "instance_profile")
    if len(given) != 1:
        yield Problem(
            ("role",) if given else (),
            f"must set exactly one of role and instanceProfile, sets {'both' if given else 'none'}",
            hint="with role, Karpenter makes the instance profile itself",
        )


@rule(since="1.0", layer="aws")
def role_is_a_name(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Karpenter puts the role into an instance profile by its name."""
    if spec.role is not None and spec.role.startswith("arn:"):
        name = spec.role.rpartition("/")[2]
        yield Problem(("role",), "must be a role's name, not its ARN", spec.role, f"write role: {name}")


@rule(since="1.0", layer="cel")
def alias_is_the_only_term(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Leave it at the alias, which says all there is to say about the image."""
    for index, term in enumerate(spec.ami_selector_terms):
        if term.alias is not None and len(spec.ami_selector_terms) > 1:
            yield Problem(
                ("amiSelectorTerms", index, "alias"), "must be the only term", term.alias, "remove the others"
            )


@rule(since="1.0", layer="cel")
def family_is_known(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Karpenter writes user data for the family, so it has to know it, and an alias already says it."""
    aliases = [term.alias for term in spec.ami_selector_terms if term.alias is not None]
    if not aliases and spec.ami_family is None:
        yield Problem((), "must set amiFamily when no term is an alias", hint="for example amiFamily: AL2023")
    for alias in aliases:
        family = AMI_FAMILIES.get(alias.split("@", 1)[0])
        if spec.ami_family not in (None, "Custom", family):
            yield Problem(
                ("amiFamily",),
                f"must be {family} or Custom, as the alias {alias} says",
                spec.ami_family,
                "remove it",
            )


@rule(since="1.0", layer="cel")
def one_root_volume(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Start a node from one disk."""
    roots = [i for i, mapping in enumerate(spec.block_device_mappings or ()) if mapping.root_volume]
    for index in roots[1:]:
        yield Problem(
            ("blockDeviceMappings", index, "rootVolume"),
            f"must be set once, is set at index {roots[0]} already",
            True,
        )


@rule(since="1.0", layer="aws")
def image_fits_root_volume(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Make a volume no smaller than the snapshot of the image that it starts from."""
    if not any((term.alias or "").startswith("al2023@") for term in spec.ami_selector_terms):
        return
    for index, mapping in enumerate(spec.block_device_mappings or ()):
        size = mapping.ebs.volume_size if mapping.ebs and mapping.device_name == AL2023_ROOT_DEVICE else None
        if size is not None and amount(size) < AL2023_ROOT_GIB * 2**30:
            yield Problem(
                ("blockDeviceMappings", index, "ebs", "volumeSize"),
                f"must be at least {AL2023_ROOT_GIB}Gi, the size of the image of Amazon Linux 2023",
                size,
            )


@rule(since="1.11", layer="cel")
def primary_interface(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Make the first device of the first card an ordinary interface."""
    interfaces = spec.network_interfaces or ()
    primary = any(
        i.device_index == 0 and i.network_card_index == 0 and i.interface_type == "interface" for i in interfaces
    )
    if interfaces and not primary:
        yield Problem(
            ("networkInterfaces",),
            "must include device 0 of card 0 with interfaceType interface",
            hint="add it",
        )


@rule(since="1.11", layer="cel")
def interfaces_differ(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """No two interfaces share card and device."""
    interfaces = spec.network_interfaces or ()
    places = Counter((i.network_card_index, i.device_index) for i in interfaces)
    for (card, device), count in places.items():
        if count > 1:
            yield Problem(
                ("networkInterfaces",),
                f"must name device {device} of card {card} once, names it {count} times",
            )


@rule(since="1.11", layer="cel")
def one_efa_a_card(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Put at most one EFA device on a network card."""
    cards = Counter(i.network_card_index for i in spec.network_interfaces or () if i.interface_type == "efa-only")
    for card, count in cards.items():
        if count > 1:
            yield Problem(("networkInterfaces",), f"must have at most one efa-only device on card {card}, has {count}")


@rule(since="1.0", layer="cel")
def tags_are_free(spec: EC2NodeClassSpec) -> Iterator[Problem]:
    """Karpenter finds its machines by tags of its own."""
    for key in spec.tags or {}:
        if key in _RESERVED_TAGS or key.startswith("kubernetes.io/cluster"):
            yield Problem(("tags", key), "is a tag that Karpenter sets itself", key, "remove it")


SUBNET_TERM = (subnets_selected, subnet_id_alone)
SECURITY_GROUP_TERM = (security_groups_selected, security_group_id_alone, security_group_name_alone)
AMI_TERM = (images_selected, image_id_alone, image_alias_alone, image_alias_known, image_release_known)
CAPACITY_RESERVATION_TERM = (reservations_selected, reservation_id_alone)
EBS = (volume_has_size, initialization_rate_has_snapshot, throughput_has_iops, figures_are_of_the_volume_type)
KUBELET = (image_collection_has_room, soft_eviction_has_grace, reserved_is_not_negative)
CONNECTION_TRACKING = (a_timeout_is_set,)
PLACEMENT_GROUP = (placement_group_selected,)
NODE_CLASS_SPEC = (
    one_identity,
    role_is_a_name,
    alias_is_the_only_term,
    family_is_known,
    one_root_volume,
    image_fits_root_volume,
    primary_interface,
    interfaces_differ,
    one_efa_a_card,
    tags_are_free,
)
ALL = (
    *SUBNET_TERM,
    *SECURITY_GROUP_TERM,
    *AMI_TERM,
    *CAPACITY_RESERVATION_TERM,
    *EBS,
    *KUBELET,
    *CONNECTION_TRACKING,
    *PLACEMENT_GROUP,
    *NODE_CLASS_SPEC,
)
