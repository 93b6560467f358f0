"""Renames: recognised by structure, followed through references, never guessed."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emr_eks.review import risks
from emr_eks.review.compare import Comparison, compare
from emr_eks.review.model import App, Resource, Stack
from emr_eks.review.report import Action, Risk


def app(resources: dict[str, dict[str, Any]], moved: dict[str, str] | None = None) -> App:
    """Return an app of one stack."""
    found = {}
    for address, body in resources.items():
        kind, _, name = address.partition(".")
        found[address] = Resource("s", kind, name, f"s/{name}", body)
    return App({"s": Stack("s", resources=found, moved=moved or {})})


def actions(comparison: Comparison) -> dict[str, tuple[Action, str | None]]:
    return {step.resource.address: (step.action, step.moved_from) for step in comparison.steps()}


def stacks(**resources: dict[str, dict[str, Any]]) -> App:
    """Return an app of several stacks."""
    found = {}
    for name, bodies in resources.items():
        own = {a: Resource(name, a.split(".")[0], a.split(".")[1], f"{name}/{a}", body) for a, body in bodies.items()}
        outputs = {f"cross-stack-output-{a.replace('.', '')}id": {"value": f"${{{a}.id}}"} for a in bodies}
        found[name] = Stack(name, resources=own, outputs=outputs)
    return App(found)


def across(before: App, after: App) -> list[Risk]:
    return [risk for risk in risks.find(compare(before, after)) if risk.id == "rename-across-stacks"]


VPC = {"cidr_block": "10.0.0.0/16"}


def test_a_rename_is_one_move_and_what_refers_to_it_is_folded() -> None:
    comparison = compare(
        app({"aws_vpc.old": VPC, "aws_subnet.a": {"vpc_id": "${aws_vpc.old.id}"}}),
        app({"aws_vpc.new": VPC, "aws_subnet.a": {"vpc_id": "${aws_vpc.new.id}"}}),
    )
    assert actions(comparison) == {"aws_vpc.new": (Action.move, "aws_vpc.old")}
    assert comparison.stacks[0].follows == 1


def test_a_whole_construct_is_recognised_through_its_references() -> None:
    def tree(prefix: str) -> dict[str, Any]:
        return {
            f"aws_vpc.{prefix}": VPC,
            f"aws_subnet.{prefix}_a": {"vpc_id": f"${{aws_vpc.{prefix}.id}}", "cidr_block": "10.0.0.0/24"},
            f"aws_route_table.{prefix}": {"vpc_id": f"${{aws_vpc.{prefix}.id}}"},
            f"aws_route_table_association.{prefix}_a": {
                "subnet_id": f"${{aws_subnet.{prefix}_a.id}}",
                "route_table_id": f"${{aws_route_table.{prefix}.id}}",
                "depends_on": [f"aws_vpc.{prefix}"],
            },
        }

    assert {each[0] for each in actions(compare(app(tree("old")), app(tree("new")))).values()} == {Action.move}


def test_equal_resources_are_told_apart_by_what_refers_to_them() -> None:
    def pair(prefix: str) -> dict[str, Any]:
        return {
            f"aws_eip.{prefix}_a": {"domain": "vpc"},
            f"aws_eip.{prefix}_b": {"domain": "vpc"},
            f"aws_nat_gateway.{prefix}_a": {"subnet_id": "a", "allocation_id": f"${{aws_eip.{prefix}_a.id}}"},
            f"aws_nat_gateway.{prefix}_b": {"subnet_id": "b", "allocation_id": f"${{aws_eip.{prefix}_b.id}}"},
        }

    found = actions(compare(app(pair("old")), app(pair("new"))))
    assert found["aws_eip.new_a"] == (Action.move, "aws_eip.old_a")
    assert found["aws_eip.new_b"] == (Action.move, "aws_eip.old_b")


def test_what_nothing_tells_apart_is_said_and_not_guessed() -> None:
    base = app({"aws_eip.a": {"domain": "vpc"}, "aws_eip.b": {"domain": "vpc"}})
    comparison = compare(base, app({"aws_eip.c": {"domain": "vpc"}, "aws_eip.d": {"domain": "vpc"}}))
    assert {each[0] for each in actions(comparison).values()} == {Action.create, Action.destroy}
    (ambiguity,) = comparison.stacks[0].ambiguities
    assert ambiguity.gone == ("aws_eip.a", "aws_eip.b")
    assert ambiguity.new == ("aws_eip.c", "aws_eip.d")


def test_one_of_two_that_is_left_is_ambiguous_too() -> None:
    base = app({"aws_eip.a": {"domain": "vpc"}, "aws_eip.b": {"domain": "vpc"}})
    comparison = compare(base, app({"aws_eip.c": {"domain": "vpc"}}))
    assert comparison.stacks[0].ambiguities[0].new == ("aws_eip.c",)


def test_another_argument_makes_another_resource() -> None:
    comparison = compare(app({"aws_vpc.old": VPC}), app({"aws_vpc.new": {"cidr_block": "10.1.0.0/16"}}))
    assert {each[0] for each in actions(comparison).values()} == {Action.create, Action.destroy}


def test_a_declared_move_may_change_what_it_moves() -> None:
    head = app({"aws_vpc.new": {**VPC, "enable_dns_support": True}}, {"aws_vpc.new": "aws_vpc.old"})
    (step,) = compare(app({"aws_vpc.old": VPC}), head).steps()
    assert (step.action, step.moved_from, step.move_declared) == (Action.update, "aws_vpc.old", True)


def test_a_move_that_is_still_declared_after_it_was_made_does_nothing() -> None:
    head = app({"aws_vpc.new": VPC}, {"aws_vpc.new": "aws_vpc.old"})
    assert not [*compare(head, head).steps()]
    assert not [*compare(app({"aws_vpc.new": VPC}), head).steps()]


names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True)


@given(names, st.randoms(use_true_random=False))
def test_any_renaming_of_a_chain_is_all_moves(nodes: list[str], random: Any) -> None:
    new = {name: f"n{index}" for index, name in enumerate(random.sample(nodes, len(nodes)))}

    def chain(rename: dict[str, str]) -> App:
        bodies = {}
        for before, name in zip([None, *nodes], nodes, strict=False):
            parent = {"vpc_id": f"${{aws_vpc.{rename[before]}.id}}"} if before else {}
            bodies[f"aws_vpc.{rename[name]}"] = parent
        return app(bodies)

    comparison = compare(chain({name: name for name in nodes}), chain(new))
    assert {step.resource.address: step.moved_from for step in comparison.steps()} == {
        f"aws_vpc.{new[name]}": f"aws_vpc.{name}" for name in nodes
    }


def test_the_python_of_a_move_is_what_cdktf_turns_into_a_moved_block(tmp_path: Any) -> None:
    """The line that the review prints, run: it makes Terraform's own `moved`."""
    from cdktf import TerraformStack
    from cdktf_cdktf_provider_aws.vpc import Vpc
    from synthesised import stack_of

    from emr_eks.review.moves import python_of

    (step,) = compare(app({"aws_vpc.old": VPC}), app({"aws_vpc.new": VPC})).steps()
    call = re.fullmatch(r'self\.new\.move_from_id\("([^"]+)"\)', python_of(step))
    assert call

    def build(stack: TerraformStack) -> None:
        Vpc(stack, "new", cidr_block="10.0.0.0/16").move_from_id(call.group(1))

    document = stack_of(build, tmp_path)
    assert document.content["moved"] == [{"from": "aws_vpc.old", "to": "aws_vpc.new"}]


TOPIC = {"name": "t"}


def mail(topic: str) -> dict[str, Any]:
    return {"topic_arn": f"${{{topic}.arn}}", "endpoint": "ops@example.com"}


def test_what_comes_in_another_stack_is_no_move_but_told() -> None:
    before = stacks(a={"aws_sns_topic.t": TOPIC, "aws_sns_topic_subscription.s": mail("aws_sns_topic.t")}, b={})
    after = stacks(a={}, b={"aws_sns_topic.u": TOPIC, "aws_sns_topic_subscription.v": mail("aws_sns_topic.u")})
    comparison = compare(before, after)
    assert {step.action for step in comparison.steps()} == {Action.create, Action.destroy}
    topic, subscription = sorted(across(before, after), key=lambda risk: risk.address)
    assert (topic.stack, topic.address) == ("b", "aws_sns_topic.u")
    assert "a/aws_sns_topic.t" in topic.consequence
    assert 'add_override("removed", [{"from": "aws_sns_topic.t", "lifecycle": {"destroy": False}}])' in topic.details[0]
    assert 'import_from("...")' in topic.details[1]
    assert "a/aws_sns_topic_subscription.s" in subscription.consequence


def test_what_a_moved_resource_refers_to_is_the_same_from_everywhere() -> None:
    """The subnet stays: its reader goes to another stack, and reads it through an output there."""
    subnet = {"aws_subnet.n": {"cidr_block": "10.0.0.0/24"}}
    output = "data.terraform_remote_state.cross-stack-reference-input-a.outputs.cross-stack-output-aws_subnetnid"
    reader = {"aws_x.y": {"subnet": "${aws_subnet.n.id}", "depends_on": ["aws_subnet.n"]}}
    (risk,) = across(
        stacks(a={**subnet, **reader}, b={}), stacks(a=subnet, b={"aws_x.y": {"subnet": f"${{{output}}}"}})
    )
    assert risk.address == "aws_x.y"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": {"aws_sns_topic.t": TOPIC}, "b": {}}, {"a": {}, "b": {"aws_sns_topic.t": {"name": "u"}}}),
        ({"a": {"aws_sns_topic.t": TOPIC}, "b": {}}, {"a": {}, "b": {"aws_sqs_queue.t": TOPIC}}),
        (
            {"a": {"aws_sns_topic.t": TOPIC}, "b": {}},
            {"a": {"aws_sns_topic.t": TOPIC}, "b": {"aws_sns_topic.t": TOPIC}},
        ),
        ({"a": {"aws_sns_topic.t": TOPIC}}, {"a": {"aws_sns_topic.u": TOPIC}}),
        ({"old": {"aws_sns_topic.t": TOPIC}}, {"new": {"aws_sns_topic.t": TOPIC}}),
    ],
    ids=["other arguments", "another type", "it stays", "the same stack", "a renamed stack"],
)
def test_nothing_is_told_of_what_is_not_the_same(before: Any, after: Any) -> None:
    assert across(stacks(**before), stacks(**after)) == []


def test_equal_resources_in_other_stacks_are_not_guessed() -> None:
    eip = {"domain": "vpc"}
    before = stacks(a={"aws_eip.x": eip, "aws_eip.y": eip}, b={})
    (risk,) = across(before, stacks(a={}, b={"aws_eip.z": eip}))
    assert risk.details == ("gone: a/aws_eip.x, a/aws_eip.y", "new: b/aws_eip.z")
    assert "cannot be told" in risk.consequence


def test_what_a_removed_stack_held_stays_beside_its_double() -> None:
    before = stacks(a={"aws_sns_topic.t": TOPIC}, b={"aws_vpc.v": VPC})
    (risk,) = across(before, stacks(b={"aws_vpc.v": VPC, "aws_sns_topic.t": TOPIC}))
    assert "that stays, and b creates another" in risk.consequence


def test_a_handover_that_is_written_is_no_risk() -> None:
    before = stacks(a={"aws_sns_topic.t": TOPIC}, b={})
    after = stacks(a={}, b={"aws_sns_topic.t": TOPIC})
    written = {
        "a": replace(after.stacks["a"], forgotten=frozenset({"aws_sns_topic.t"})),
        "b": replace(after.stacks["b"], imported=frozenset({"aws_sns_topic.t"})),
    }
    assert across(before, App(written)) == []
