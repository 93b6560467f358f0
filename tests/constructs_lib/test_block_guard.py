"""Keys that CDKTF drops without a word are told; everything else is left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jsii
import pytest
from cdktf import App, LocalExecProvisioner, TerraformStack
from cdktf_cdktf_provider_aws.lexv2_models_bot_version import Lexv2ModelsBotVersion
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA as Encryption,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationRuleA as EncryptionRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA as EncryptionDefault,
)
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupIngress, SecurityGroupTimeouts
from cdktf_cdktf_provider_kubernetes.manifest import Manifest
from cdktf_cdktf_provider_kubernetes.network_policy_v1 import (
    NetworkPolicyV1,
    NetworkPolicyV1Metadata,
    NetworkPolicyV1Spec,
    NetworkPolicyV1SpecIngress,
    NetworkPolicyV1SpecIngressPorts,
)
from constructs import Construct
from synthesised import stack_of

from constructs_lib import block_guard
from constructs_lib.block_guard import LostKeys
from stacks._stack import PlatformStack
from stacks.platform import Platform

GUARDED = ("create", "invoke", "set")
Build = Callable[[Construct], Any]


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the guard that some other test's stack has installed."""
    for name in GUARDED:
        monkeypatch.setattr(jsii, name, getattr(jsii.kernel, name))


@pytest.fixture
def guarded(unguarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    block_guard.install()


class Case(NamedTuple):
    """The same block given as a dict that loses *key* and as a struct, and the place that the error names."""

    key: str
    where: str
    struct: str
    with_dict: Build
    with_struct: Build


def group(scope: Construct, **arguments: Any) -> SecurityGroup:
    return SecurityGroup(scope, "thing", **arguments)


def policy(scope: Construct, port: Any) -> NetworkPolicyV1:
    return NetworkPolicyV1(
        scope,
        "thing",
        metadata=NetworkPolicyV1Metadata(name="policy"),
        spec=NetworkPolicyV1Spec(
            pod_selector={},
            policy_types=["Ingress"],
            ingress=[NetworkPolicyV1SpecIngress(ports=[port])],
        ),
    )


class OwnIngress(NetworkPolicyV1SpecIngress):
    """A struct that somebody derived, with arguments of its own."""

    def __init__(self, port: Any) -> None:
        super().__init__(ports=[port])


def policy_of_own_struct(scope: Construct, port: Any) -> NetworkPolicyV1:
    spec = NetworkPolicyV1Spec(pod_selector={}, policy_types=["Ingress"], ingress=[OwnIngress(port)])
    return NetworkPolicyV1(scope, "thing", metadata=NetworkPolicyV1Metadata(name="policy"), spec=spec)


class LooksBack:
    """Something that only instances have."""

    def __get__(self, instance: object, owner: type) -> int:
        if instance is None:
            raise RuntimeError("not of the class")
        return 1


class OwnGroup(SecurityGroup):
    """A construct that somebody derived, with a method of the bindings written anew."""

    before = LooksBack()

    def put_ingress(self, value: Any) -> None:
        super().put_ingress(value)


def encryption(scope: Construct, rule: Any) -> Encryption:
    return Encryption(scope, "thing", bucket="bucket", rule=[rule])


CASES = {
    "constructor": Case(
        "from_port",
        "ingress[0].from_port",
        "cdktf_cdktf_provider_aws.security_group.SecurityGroupIngress(from_port=...)",
        lambda scope: group(scope, ingress=[{"from_port": 443, "protocol": "tcp"}]),
        lambda scope: group(scope, ingress=[SecurityGroupIngress(from_port=443, protocol="tcp")]),
    ),
    "put method": Case(
        "from_port",
        "put_ingress[1].from_port",
        "SecurityGroupIngress(from_port=...)",
        lambda scope: group(scope).put_ingress([SecurityGroupIngress(protocol="udp"), {"from_port": 443}]),
        lambda scope: group(scope).put_ingress(
            [SecurityGroupIngress(protocol="udp"), SecurityGroupIngress(from_port=443)]
        ),
    ),
    "put method of a derived construct": Case(
        "from_port",
        "put_ingress[0].from_port",
        "SecurityGroupIngress(from_port=...)",
        lambda scope: OwnGroup(scope, "thing").put_ingress([{"from_port": 443}]),
        lambda scope: OwnGroup(scope, "thing").put_ingress([SecurityGroupIngress(from_port=443)]),
    ),
    # What the setter of a list of blocks does once `python -O` has taken its type check away.
    "property": Case(
        "from_port",
        "internal_value[0].from_port",
        "SecurityGroupIngress(from_port=...)",
        lambda scope: jsii.set(group(scope).ingress, "internalValue", [{"from_port": 443}]),
        lambda scope: jsii.set(group(scope).ingress, "internalValue", [SecurityGroupIngress(from_port=443)]),
    ),
    "list in a struct in a list": Case(
        "end_port",
        "spec.ingress[0].ports[0].end_port",
        "cdktf_cdktf_provider_kubernetes.network_policy_v1.NetworkPolicyV1SpecIngressPorts(end_port=...)",
        lambda scope: policy(scope, {"port": "80", "end_port": 90}),
        lambda scope: policy(scope, NetworkPolicyV1SpecIngressPorts(port="80", end_port=90)),
    ),
    "list in a derived struct": Case(
        "end_port",
        "spec.ingress[0].ports[0].end_port",
        "cdktf_cdktf_provider_kubernetes.network_policy_v1.NetworkPolicyV1SpecIngressPorts(end_port=...)",
        lambda scope: policy_of_own_struct(scope, {"port": "80", "end_port": 90}),
        lambda scope: policy_of_own_struct(scope, NetworkPolicyV1SpecIngressPorts(port="80", end_port=90)),
    ),
    "block whose every key is lost": Case(
        "apply_server_side_encryption_by_default",
        "rule[0].apply_server_side_encryption_by_default",
        "S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=...)",
        lambda scope: encryption(scope, {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}),
        lambda scope: encryption(
            scope,
            EncryptionRule(apply_server_side_encryption_by_default=EncryptionDefault(sse_algorithm="AES256")),
        ),
    ),
    "block in a key that survives": Case(
        "kms_master_key_id",
        "rule[0].applyServerSideEncryptionByDefault.kms_master_key_id",
        "S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(kms_master_key_id=...)",
        lambda scope: encryption(
            scope, {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kms_master_key_id": "key"}}
        ),
        lambda scope: encryption(
            scope,
            EncryptionRule(
                apply_server_side_encryption_by_default=EncryptionDefault(
                    sse_algorithm="aws:kms", kms_master_key_id="key"
                )
            ),
        ),
    ),
    "one of several structs": Case(
        "working_dir",
        "provisioners[0].working_dir",
        "cdktf.LocalExecProvisioner(working_dir=...)",
        lambda scope: group(scope, provisioners=[{"type": "local-exec", "command": "true", "working_dir": "there"}]),
        lambda scope: group(
            scope, provisioners=[LocalExecProvisioner(type="local-exec", command="true", working_dir="there")]
        ),
    ),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def written(build: Build, folder: Path) -> str:
    """Return what *build* makes of the resource `thing` of a team."""
    resources = stack_of(lambda stack: build(Construct(stack, "team")), folder).content["resource"]
    return json.dumps(resources)


@each_case
@pytest.mark.usefixtures("unguarded")
def test_without_the_guard_the_key_is_lost_without_a_word(case: Case, tmp_path: Path) -> None:
    assert f'"{case.key}": ' in written(case.with_struct, tmp_path / "struct")
    lost = written(case.with_dict, tmp_path / "dict")
    assert f'"{case.key}": ' not in lost or f'"{case.key}": null' in lost


@each_case
@pytest.mark.usefixtures("guarded")
def test_the_guard_names_the_construct_the_key_and_the_struct(case: Case, tmp_path: Path) -> None:
    with pytest.raises(LostKeys) as error:
        written(case.with_dict, tmp_path)
    first, *others = str(error.value).splitlines()
    assert first.startswith("test/team/thing: ")
    assert len(others) == 1, "one key is lost, the others are not"
    assert others[0].startswith(f"  {case.where}: use ")
    assert others[0].endswith(case.struct)


@each_case
@pytest.mark.usefixtures("guarded")
def test_the_struct_that_is_named_does_not_lose_it(case: Case, tmp_path: Path) -> None:
    assert f'"{case.key}": ' in written(case.with_struct, tmp_path)


@pytest.mark.usefixtures("guarded")
def test_all_keys_are_told_at_once_and_a_misspelt_one_as_such(tmp_path: Path) -> None:
    rules = [{"from_port": 1, "to_port": 2}, {"protocl": "tcp"}]
    with pytest.raises(LostKeys) as error:
        written(lambda scope: group(scope, ingress=rules), tmp_path)
    said = [line.strip().partition(": ")[::2] for line in str(error.value).splitlines()[1:]]
    assert [where for where, _ in said] == ["ingress[0].from_port", "ingress[0].to_port", "ingress[1].protocl"]
    assert said[2][1] == "no argument of cdktf_cdktf_provider_aws.security_group.SecurityGroupIngress"


@pytest.mark.usefixtures("guarded")
def test_a_map_of_blocks_is_told_in_python_not_by_javascript(tmp_path: Path) -> None:
    locales: Any = {"en_US": {"source_bot_version": "DRAFT"}}
    with pytest.raises(LostKeys, match=r"locale_specification\['en_US'\]\.source_bot_version: use .*Lexv2Models"):
        written(
            lambda scope: Lexv2ModelsBotVersion(scope, "thing", bot_id="bot", locale_specification=locales), tmp_path
        )


@pytest.mark.usefixtures("guarded")
def test_a_resource_that_was_refused_leaves_no_trace(tmp_path: Path) -> None:
    def build(scope: Construct) -> None:
        with pytest.raises(LostKeys):
            group(scope, ingress=[{"from_port": 1}])
        group(scope, ingress=[SecurityGroupIngress(from_port=1)])

    assert '"from_port": 1' in written(build, tmp_path)


HARMLESS: dict[str, tuple[Build, str]] = {
    "keys as JavaScript spells them": (
        lambda scope: group(scope, ingress=[{"fromPort": 443, "toPort": 444, "protocol": "tcp"}]),
        '"from_port": 443',
    ),
    "dict for a single block": (lambda scope: group(scope, timeouts={"create": "7m"}), '"create": "7m"'),
    "dict for a single block of a struct in a list": (
        lambda scope: encryption(
            scope, EncryptionRule(apply_server_side_encryption_by_default={"sse_algorithm": "AES256"})
        ),
        '"sse_algorithm": "AES256"',
    ),
    "dict for a single block with several words": (
        lambda scope: group(scope, lifecycle={"prevent_destroy": True}),
        '"prevent_destroy": true',
    ),
    "single block by its put method": (lambda scope: group(scope).put_timeouts(delete="8m"), '"delete": "8m"'),
    "tags": (lambda scope: group(scope, tags={"cost_center": "a_b"}), '"cost_center": "a_b"'),
    "what is not given": (
        lambda scope: group(scope, ingress=[{"from_port": None, "protocol": "tcp"}]),
        '"protocol": "tcp"',
    ),
    "free-form maps in lists": (
        lambda scope: Manifest(scope, "thing", manifest={"spec": {"list_of": [{"some_key": [{"other_key": 1}]}]}}),
        '"other_key": 1',
    ),
    "struct assigned to a property": (
        lambda scope: setattr(group(scope).timeouts, "internal_value", SecurityGroupTimeouts(create="9m")),
        '"create": "9m"',
    ),
    "override": (
        lambda scope: group(scope).add_override("ingress", [{"from_port": 443}]),
        '"from_port": 443',
    ),
}
each_harmless = pytest.mark.parametrize(("build", "kept"), HARMLESS.values(), ids=HARMLESS.keys())


@each_harmless
@pytest.mark.usefixtures("guarded")
def test_what_survives_is_not_refused(build: Build, kept: str, tmp_path: Path) -> None:
    assert kept in written(build, tmp_path)


def test_the_stacks_of_a_platform_are_guarded(unguarded: None, platform: Platform, tmp_path: Path) -> None:
    def build(stack: TerraformStack) -> None:
        group(PlatformStack(App.of(stack), platform.spec, "extra"), ingress=[{"from_port": 443}])

    with pytest.raises(LostKeys, match=r"ingress\[0\]\.from_port"):
        stack_of(build, tmp_path)


@pytest.mark.usefixtures("unguarded")
def test_a_plain_program_is_not_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [getattr(jsii, name) for name in GUARDED]
    monkeypatch.setenv("EMR_EKS_PLAIN", "1")
    block_guard.install()
    assert [getattr(jsii, name) for name in GUARDED] == before


@pytest.mark.usefixtures("guarded")
def test_installing_again_changes_nothing() -> None:
    before = [getattr(jsii, name) for name in GUARDED]
    block_guard.install()
    assert [getattr(jsii, name) for name in GUARDED] == before
