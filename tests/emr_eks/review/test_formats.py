"""The formats: each says what the report says, none shows a secret, the comment fits."""

from __future__ import annotations

import base64
import json
import re
import shutil
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest

from emr_eks.review import reporting, risks
from emr_eks.review.compare import compare
from emr_eks.review.formats import html, markdown, sarif, text
from emr_eks.review.formats import json as json_format
from emr_eks.review.model import App, Resource, Stack, read
from emr_eks.review.report import Report, StackReport, Suppressed

WRITERS = {"text": text, "markdown": markdown, "json": json_format, "sarif": sarif, "html": html}
PASSWORD, RANDOM = "hunter2-and-more", "q8Zx71LmN0pRt5Vw2Yb4Kd6F"
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


def user_data(password: str) -> str:
    return base64.b64encode(f"#!/bin/bash\nexport DB_PASSWORD={password}\n".encode()).decode()


USER_DATA = user_data(PASSWORD)


def app(resources: dict[str, dict[str, Any]], name: str = "s", **parts: Any) -> App:
    found = {}
    for address, body in resources.items():
        kind, _, own = address.partition(".")
        found[address] = Resource(name, kind, own, f"{name}/{own}", body)
    return App({name: Stack(name, resources=found, **parts)})


def report(before: App, after: App) -> Report:
    comparison = compare(before, after)
    return reporting.report(comparison, risks.find(comparison), (), mode="offline", base="a", head="b")


@pytest.fixture(scope="module")
def changed(folder_of: Any, synthesised: Any, draft: Any, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Return the report of a change that has something of everything, a construct with another name too."""
    before = shutil.copytree(folder_of(draft.default()), tmp_path_factory.mktemp("renamed") / "cdktf.out")
    network = before / "stacks" / "emr-on-eks-network" / "cdk.tf.json"
    network.write_text(network.read_text("utf-8").replace("nat-us-east-1a", "gateway"), "utf-8")

    def edit(each: Any) -> None:
        platform = each.platform
        platform["vpc"]["nat_gateways"] = "per_az"
        platform["cluster"] = {"version": "1.36", "logs": ["api"]}
        platform["node_groups"]["managed-ondemand"]["instance_types"] = ["m7i.xlarge"]
        platform["teams"] = {"etl": {"job_role": {"write_databases": ["staging"]}}}

    return report(read(before), synthesised(draft.default().edited(edit)))


def large(resources: int, risky: bool = True) -> Report:
    """Return a report of many changes, each of them a risk."""
    kind = "aws_kms_key" if risky else "aws_x"
    bodies = {f"{kind}.key_{index}": {"description": "d" * 200, "n": index} for index in range(resources)}
    return report(app(bodies), app({}))


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_names_every_risk(changed: Report, name: str) -> None:
    written = WRITERS[name].write(changed)
    assert changed.risks
    for risk in changed.risks:
        assert risk.id in written
        assert risk.path in written


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_can_say_that_nothing_changes(default_app: App, name: str) -> None:
    assert WRITERS[name].write(report(default_app, default_app))


# -- secrets -----------------------------------------------------------------------------------------------------------

SECRETS: dict[str, dict[str, Any]] = {
    "known argument": {"aws_secretsmanager_secret_version.s": {"secret_string": PASSWORD}},
    "known block": {"helm_release.s": {"set_sensitive": [{"name": "x", "value": PASSWORD}]}},
    "kubernetes secret": {"kubernetes_secret_v1.s": {"data": {"plain": PASSWORD}}},
    "secret as a manifest": {"kubernetes_manifest.s": {"manifest": {"kind": "Secret", "stringData": {"a": PASSWORD}}}},
    "password anywhere": {"aws_x.s": {"nested": [{"master_password": PASSWORD}]}},
    "random under a key": {"aws_x.s": {"webhook_token": RANDOM}},
    "named like a variable": {"aws_x.s": {"environment": [{"name": "DB_PASSWORD", "value": PASSWORD}]}},
    "inside JSON": {"aws_x.s": {"content": json.dumps({"deep": {"apiKey": RANDOM}})}},
    "inside YAML": {"aws_x.s": {"values": [f"db:\n  password: {PASSWORD}\n"]}},
    "Spark's own": {"aws_x.s": {"parameters": f"--conf spark.hadoop.fs.s3a.secret.key={RANDOM} --conf spark.x=1"}},
    "user data of a node": {"aws_launch_template.s": {"user_data": USER_DATA}},
    "AWS key": {"aws_x.s": {"note": f"use {AWS_KEY}"}},
    "web token": {"aws_x.s": {"note": TOKEN}},
    "private key": {"aws_x.s": {"note": PEM}},
    "in a URL": {"aws_x.s": {"repository": f"https://user:{RANDOM}@example.com/x"}},
}
SHOWN = ("hunter2", RANDOM, AWS_KEY, TOKEN, "MIIEowIBAAKCAQEA")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_in_no_format(secret: str, name: str) -> None:
    with_secret = app(SECRETS[secret])
    other = json.loads(
        json.dumps(SECRETS[secret])
        .replace("hunter2", "hunter3")
        .replace(RANDOM[:8], "Zz99Yy88")
        .replace(USER_DATA, user_data("hunter3-and-more"))
    )
    for before, after in (
        (app({}), with_secret),
        (with_secret, app({})),
        (with_secret, app(other)),
        (app(other), with_secret),
    ):
        written = WRITERS[name].write(report(before, after))
        assert not [each for each in (*SHOWN, "hunter3", "Zz99Yy88") if each in written]
        assert USER_DATA not in written, "base64 hides nothing"


def test_a_secret_that_changes_is_said_to_change() -> None:
    before, after = ({"aws_x.s": {"password": value}} for value in (PASSWORD, "another-one"))
    (edit,) = report(app(before), app(after)).stacks[0].changes[0].edits
    assert (edit.before, edit.after) == ("(sensitive)", "(sensitive, changed)")


def test_what_is_no_secret_is_shown() -> None:
    body = {
        "http_tokens": "required",
        "secret_name": "database-credentials",
        "key_arn": "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666",
        "token_url": "https://oidc.eks.us-east-1.amazonaws.com/id/ABCDEF0123456789",
        "kms_key_id": "${aws_kms_key.data-key_6D03DE4A.arn}",
        "public_access_cidrs": ["203.0.113.0/24"],
    }
    assert report(app({}), app({"aws_x.s": body})).stacks[0].changes[0].body == body


def test_sensitive_outputs_are_hidden() -> None:
    before, after = ({"o": {"value": value, "sensitive": True}} for value in ("one-value", "two-value"))
    written = json_format.write(report(app({}, outputs=before), app({}, outputs=after)))
    assert "-value" not in written


# -- Markdown ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 30, 150, 300, 2_000])
@pytest.mark.parametrize("risky", [True, False])
def test_a_comment_fits_whatever_changes(count: int, risky: bool) -> None:
    written = markdown.write(large(count, risky))
    assert len(written) <= 65_536
    assert written.splitlines()[0] == "<!-- emr-eks-review -->"
    assert f"**{count} to destroy**" in written or count == 0
    if len(markdown._whole(large(count, risky))) > 65_536:
        assert "[!NOTE]" in written, "what was left out must be said"


def test_a_small_change_is_shown_whole(changed: Report) -> None:
    written = markdown.write(changed)
    assert "[!NOTE]" not in written
    assert 'move_from_id("aws_eip.vpc_gateway-address_A863D36C")' in written
    assert written.count("<details>") == written.count("</details>")
    assert written.count("```") % 2 == 0


@pytest.mark.parametrize(
    ("stack", "table"),
    [
        ({}, ["| stack | resources |", "|---|---|", "| `a` | no resource changes |"]),
        (
            {"follows": 1, "rewritten": 2},
            [
                "| stack | resources | remarks |",
                "|---|---|---|",
                "| `a` | no resource changes | 1 reference is only spelled differently; 2 resources are "
                "written differently and mean the same |",
            ],
        ),
    ],
)
def test_the_table_of_stacks_has_no_empty_column(stack: dict[str, int], table: list[str]) -> None:
    stacks = (StackReport.model_validate({"name": "a", "status": "changed", **stack}),)
    written = markdown.write(Report(base="b", head="h", stacks=stacks))
    assert [line for line in written.splitlines() if line.startswith("|")] == table


def test_values_cannot_leave_their_block() -> None:
    evil = "```\n</details><script>alert(1)</script> @everyone | [x](http://evil) `code`"
    before, after = app({"aws_kms_key.k": {"description": evil}}), app({})
    written = markdown.write(report(before, after))
    inside = re.findall(r"^```diff\n(.*?)^```$", written, re.MULTILINE | re.DOTALL)
    assert len(inside) == 1
    assert "<script>" not in written.replace(inside[0], "")
    page = html.write(report(before, after))
    assert "<script>alert" not in page


# -- JSON and SARIF ----------------------------------------------------------------------------------------------------


def test_json_keeps_to_the_published_schema(changed: Report, root: Any) -> None:
    published = json.loads((root / "docs" / "review.schema.json").read_text("utf-8"))
    assert published == json.loads(json_format.schema()), "run `make schema`"
    jsonschema.validate(json.loads(json_format.write(changed)), published)
    jsonschema.validate(json.loads(json_format.write(large(3))), published)


def test_sarif_has_a_result_a_risk_and_a_rule_a_result(changed: Report) -> None:
    accepted = Suppressed(risk=changed.risks[0], reason="agreed with the team", expires="2027-01-01")
    (run,) = json.loads(sarif.write(changed.model_copy(update={"suppressed": (accepted,)})))["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= rules
    assert len(run["results"]) == len(changed.risks) + 1
    assert [result for result in run["results"] if result.get("suppressions")]
    prints = [result["partialFingerprints"]["riskHash/v1"] for result in run["results"][:-1]]
    assert len(set(prints)) == len(prints), "code scanning takes equal fingerprints for one alert"


TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LOCATION = {
    "type": "object",
    "required": ["physicalLocation"],
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation", "region"],
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    # Relative to the repository, and without what a URI must escape.
                    "properties": {"uri": {"type": "string", "pattern": r"^[\w.~/%-]+$"}},
                },
                "region": {"required": ["startLine"], "properties": {"startLine": {"type": "integer", "minimum": 1}}},
            },
        },
        "logicalLocations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {each: {"type": "string"} for each in ("name", "fullyQualifiedName", "kind")},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["message", "ruleId", "level", "locations"],
    "properties": {
        "ruleId": {"type": "string"},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1, "maxItems": 1000},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                },
                "additionalProperties": False,
            },
        },
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {
                                    "name": {"type": "string", "minLength": 1},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {"required": ["id"], "properties": {"shortDescription": TEXT}},
                                    },
                                },
                            }
                        },
                    },
                    "results": {"type": "array", "items": RESULT, "maxItems": 25_000},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""What the specification asks of the parts that the review writes, in our words: sections 3.13, 3.14, 3.19, 3.27 to
3.29 and 3.35 of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and what GitHub asks besides
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
No Python package of the index ships the published schema."""


def test_sarif_is_what_the_specification_says(changed: Report) -> None:
    risky = changed.risks[0].model_copy(update={"file": "my platforms/platform.yaml", "line": 12})
    accepted = Suppressed(risk=risky, reason="agreed with the team", expires="2027-01-01")
    for each in (
        changed,
        changed.model_copy(update={"risks": (risky,), "suppressed": (accepted,)}),
        large(3),
        large(0),
    ):
        jsonschema.Draft202012Validator(SARIF).validate(json.loads(sarif.write(each)))


def test_sarif_points_at_the_line_that_a_risk_stems_from(changed: Report) -> None:
    risky = changed.risks[0].model_copy(update={"file": "my platforms/platform.yaml", "line": 12})
    known, unknown = (
        json.loads(sarif.write(changed.model_copy(update={"risks": (each,)})))["runs"][0]["results"][0]["locations"][0]
        for each in (risky, changed.risks[0])
    )
    assert known["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20platforms/platform.yaml"},
        "region": {"startLine": 12},
    }
    assert unknown["physicalLocation"] == {
        "artifactLocation": {"uri": "platform.yaml"},
        "region": {"startLine": 1},
    }


# -- text and HTML -----------------------------------------------------------------------------------------------------


def test_colour_is_asked_for(changed: Report) -> None:
    assert "\033[" not in text.write(changed)
    assert "\033[1;31mCRITICAL" in text.write(changed, colour=True)


class Page(HTMLParser):
    """Collects what the page refers to, and which elements are open."""

    def __init__(self) -> None:
        super().__init__()
        self.external: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        for name, value in attrs:
            if name in ("src", "href") and not str(value).startswith(("#", "data:")):
                self.external.append(str(value))
            if name == "id":
                self.ids.append(str(value))
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone_and_is_well_formed(changed: Report) -> None:
    page = Page()
    page.feed(html.write(changed))
    assert page.external == []
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)


def test_the_picture_marks_what_changes(changed: Report) -> None:
    network = next(stack for stack in changed.stacks if stack.name.endswith("-network"))
    tiles = {tile.name: tile.kind for tile in html.tiles(network)}
    assert tiles["vpc/nat-us-east-1b"] == "create"
    assert tiles["vpc/nat-us-east-1a"] == "move"
    assert tiles["vpc/public"] == "", "beside what changes, what stays is shown"
    teams = next(stack for stack in changed.stacks if stack.name.endswith("-teams"))
    tiles = {tile.name: tile.kind for tile in html.tiles(teams)}
    assert (
        tiles["team/analytics"],
        tiles["team/etl"],
        tiles["bucket/Resource" if "bucket/Resource" in tiles else "bucket"],
    ) == ("destroy", "create", "")


def test_where_nothing_changes_one_tile_stands_for_all() -> None:
    paths = ("karpenter/Queue", "karpenter/NodeRole/Resource", "vpc/nat/Eip", "vpc/public/a/Resource")
    found = {f"aws_x.{i}": Resource("s", "aws_x", str(i), f"s/{path}", {"a": 1}) for i, path in enumerate(paths)}
    after = {**found, "aws_x.2": Resource("s", "aws_x", "2", "s/vpc/nat/Eip", {"a": 2})}
    (stack,) = report(App({"s": Stack("s", resources=found)}), App({"s": Stack("s", resources=after)})).stacks
    assert [(tile.sign, tile.name) for tile in html.tiles(stack)] == [
        ("", "karpenter"),
        ("~", "vpc/nat"),
        ("", "vpc/public"),
    ]
