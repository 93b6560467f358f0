"""Structs are sent with what they were given, which is all that Node would keep of them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import jsii._kernel
import pytest
from cdktf import TerraformOutputConfig, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.security_group import SecurityGroupConfig, SecurityGroupIngress, SecurityGroupTimeouts

from constructs_lib.accelerator import _structs

make_reference: Any = jsii._kernel._make_reference_for_native
of_jsii: Any = make_reference.__wrapped__
INGRESS = SecurityGroupIngress(from_port=0, to_port=443, self_attribute=False, description="", cidr_blocks=[])
CONFIG = SecurityGroupConfig(
    ingress=[INGRESS],
    tags={"Name": "a"},
    timeouts={"create": "5m"},
    lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
)


def kept_by_node(value: Any) -> Any:
    """Return what Node keeps of what jsii sends: no null of a struct."""
    if isinstance(value, dict):
        return {name: kept_by_node(each) for name, each in value.items() if each is not None}
    return [kept_by_node(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("value", [INGRESS, CONFIG, [CONFIG, "text", 1], {"a": [INGRESS]}, "text", None, True, []])
def test_what_is_sent_is_what_node_keeps(value: Any) -> None:
    sent = make_reference(jsii.kernel, value)
    assert repr(sent) == repr(kept_by_node(sent)), "a null is sent"
    assert repr(sent) == repr(kept_by_node(of_jsii(jsii.kernel, value))), "another order, or not the same"


def test_zeros_and_empty_values_are_sent() -> None:
    assert make_reference(jsii.kernel, INGRESS)["$jsii.struct"]["data"] == {
        "cidrBlocks": [],
        "description": "",
        "fromPort": 0,
        "selfAttribute": False,
        "toPort": 443,
    }


class Computed(SecurityGroupTimeouts):
    """A struct of somebody's own, that computes an argument."""

    @property
    def create(self) -> str:
        return "7m"


def test_what_a_class_of_somebody_computes_is_sent() -> None:
    assert make_reference(jsii.kernel, Computed())["$jsii.struct"]["data"] == {"create": "7m", "delete": None}


@pytest.mark.parametrize("make", [make_reference, of_jsii])
def test_a_null_for_a_required_argument_is_an_error(make: Any) -> None:
    with pytest.raises(AssertionError, match="Required property 'value' is missing"):
        make(jsii.kernel, TerraformOutputConfig(value=None))


def test_a_jsii_of_another_make_is_left_alone() -> None:
    def other(value: Any) -> Any: ...

    module = ModuleType("kernel")
    vars(module)["_make_reference_for_native"] = other
    _structs.prepare(module)
    assert vars(module) == {**vars(ModuleType("kernel")), "_make_reference_for_native": other}
    empty = ModuleType("kernel")
    _structs.prepare(empty)
    assert vars(empty) == vars(ModuleType("kernel"))
