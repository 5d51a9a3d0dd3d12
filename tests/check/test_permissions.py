"""Resources that grant without a policy document: everybody, a service of anyone, or somebody is never silent."""

import json
from importlib.resources import files
from typing import Any

import pytest

from rolemgr.check.reader.properties import _listed
from rolemgr.check.run import check
from rolemgr.check.sources import look_into

TABLE = json.loads(files("rolemgr.check.reader").joinpath("permissions.json").read_text("utf-8"))
ACCOUNT = "111122223333"
NARROW = {
    "aws:PrincipalOrgID": "o-exampleorgid",
    "aws:SourceAccount": ACCOUNT,
    "aws:SourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/nightly",
    "lambda:EventSourceToken": "amzn1.ask.skill.example",
}


def judged(data: Any) -> tuple[list[tuple[str, int | None]], list[tuple[int | None, str]]]:
    """Return the rules with their lines that find something in *data*, and what is not judged."""
    found, unknown = look_into(json.dumps(data, indent=1), "x.json", as_json=True)
    return [(one.rule, one.line) for one in check(found)], [(one.line, one.reason) for one in unknown]


def rules(data: Any) -> set[str]:
    """Return the rules that find something in *data*, but for what grows and what lacks a condition of use."""
    return {rule for rule, _ in judged(data)[0]}


def template(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a template with a resource of type *kind*."""
    return {"Resources": {"R": {"Type": kind, "Properties": properties}}}


def configuration(kind: str, **arguments: Any) -> dict[str, Any]:
    """Return Terraform's JSON with a resource of type *kind*."""
    return {"resource": {kind: {"r": arguments}}}


def plan(kind: str, unknown: dict[str, bool] | None = None, **values: Any) -> dict[str, Any]:
    """Return a plan with a resource of type *kind*, of which *unknown* is known after apply."""
    address = f"{kind}.r"
    resource = {"address": address, "mode": "managed", "type": kind, "name": "r", "values": values}
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [resource]}},
        "resource_changes": [{"address": address, "change": {"after_unknown": unknown or {}}}],
    }


def made(side: str, kind: str, **values: Any) -> list[dict[str, Any]]:
    """Return the files in which a resource of type *kind* can stand."""
    if side == "cloudformation":
        return [template(kind, **values)]
    return [configuration(kind, **values), plan(kind, **values)]


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return the properties with *value* at *path*."""
    for step in reversed(path.split("/")):
        value = [value] if step == "[]" else {step: value}
    return dict(value)


STATEMENTS = [(side, kind) for side in ("cloudformation", "terraform") for kind in TABLE[side]["statements"]]
GRANTS = [
    (side, kind, one)
    for side in ("cloudformation", "terraform")
    for kind, listed in TABLE[side]["grants"].items()
    for one in listed
]


@pytest.mark.parametrize(("side", "kind"), STATEMENTS)
def test_everybody_in_a_permission_is_found(side: str, kind: str) -> None:
    """A permission to everybody is the statement that AWS writes for it."""
    form = TABLE[side]["statements"][kind]
    for data in made(side, kind, **{form["principal"]: "*", form["action"]: "lambda:InvokeFunction"}):
        assert "RM605" in rules(data)


@pytest.mark.parametrize(("side", "kind"), STATEMENTS)
def test_a_service_for_anyone_in_a_permission_is_found(side: str, kind: str) -> None:
    """A service without its source may be anybody's deputy."""
    form = TABLE[side]["statements"][kind]
    given = {form["principal"]: "events.amazonaws.com", form["action"]: "lambda:InvokeFunction"}
    for data in made(side, kind, **given):
        assert "RM801" in rules(data)


@pytest.mark.parametrize(("side", "kind"), STATEMENTS)
def test_a_named_account_is_no_finding(side: str, kind: str) -> None:
    """Whom a permission names is known."""
    form = TABLE[side]["statements"][kind]
    for data in made(side, kind, **{form["principal"]: ACCOUNT, form["action"]: "lambda:InvokeFunction"}):
        assert judged(data) == ([], [])


@pytest.mark.parametrize(
    ("side", "kind", "name"),
    [
        (side, kind, name)
        for side, kind in STATEMENTS
        for name, (_, key) in TABLE[side]["statements"][kind].get("conditions", {}).items()
        if key in NARROW
    ],
)
def test_what_narrows_a_permission_counts(side: str, kind: str, name: str) -> None:
    """Each property that AWS turns into a condition is one here."""
    form = TABLE[side]["statements"][kind]
    key = form["conditions"][name][1]
    everybody = key == "aws:PrincipalOrgID"
    principal = "*" if everybody else "events.amazonaws.com"
    given = {form["principal"]: principal, form["action"]: "lambda:InvokeFunction", name: NARROW[key]}
    for data in made(side, kind, **given):
        assert judged(data)[0] == []


@pytest.mark.parametrize("auth", ["NONE", "AWS_IAM"])
def test_the_type_of_a_function_url_narrows_nobody(auth: str) -> None:
    """NONE is public, and with AWS_IAM anybody's account may sign the request."""
    given = {"Principal": "*", "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": auth}
    assert rules(template("AWS::Lambda::Permission", **given)) == {"RM605"}


def test_the_condition_of_an_event_bus_counts() -> None:
    """A bus has one condition, as operator, key and value."""
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-exampleorgid"}
    given = {"StatementId": "Org", "Action": "events:PutEvents", "Principal": "*"}
    assert rules(template("AWS::Events::EventBusPolicy", **given)) == {"RM605"}
    assert judged(template("AWS::Events::EventBusPolicy", **given, Condition=condition)) == ([], [])
    block = {name.lower(): value for name, value in condition.items()}
    arguments = {"statement_id": "Org", "principal": "*", "condition": [block]}
    for data in made("terraform", "aws_cloudwatch_event_permission", **arguments):
        assert judged(data) == ([], [])


def test_a_source_that_is_known_after_apply_is_no_missing_source() -> None:
    """What a plan does not know yet is not absent; what is computed and not given is."""
    given = {"principal": "events.amazonaws.com", "action": "lambda:InvokeFunction"}
    assert judged(plan("aws_lambda_permission", {"source_arn": True}, **given)) == ([], [])
    assert rules(plan("aws_lambda_permission", {"id": True}, **given)) == {"RM801"}
    later = plan("aws_lambda_permission", {"principal": True}, action="lambda:InvokeFunction")
    assert judged(later)[0] == []
    assert judged(later)[1]


@pytest.mark.parametrize(
    "principal", ["events.amazonaws.com", {"Fn::Sub": "events.${AWS::URLSuffix}"}, {"Fn::Join": ["", ["events.", {"Ref": "AWS::URLSuffix"}]]}]
)  # fmt: skip
def test_a_service_is_known_however_it_is_written(principal: Any) -> None:
    """The suffix of the partition does not hide a service."""
    given = {"Principal": principal, "Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "F"}}
    assert rules(template("AWS::Lambda::Permission", **given)) == {"RM801"}
    given["SourceArn"] = {"Fn::GetAtt": ["Rule", "Arn"]}
    assert judged(template("AWS::Lambda::Permission", **given)) == ([], [])


def test_a_principal_that_a_parameter_decides_is_said() -> None:
    """Nobody knows whom a parameter names."""
    data = template("AWS::Lambda::Permission", Principal={"Ref": "Who"}, Action="lambda:InvokeFunction")
    found, unknown = judged(data)
    assert not found
    assert [reason for _, reason in unknown] == ["Principal is `Who`, known only when deployed"]


def test_a_finding_stands_at_the_principal() -> None:
    """Also where a condition of the template chooses it."""
    data = template("AWS::Lambda::Permission", FunctionName="f", Action="lambda:InvokeFunction", Principal="*")
    lines = json.dumps(data, indent=1).splitlines()
    where = next(index for index, line in enumerate(lines, 1) if "Principal" in line)
    assert judged(data)[0] == [("RM605", where)]
    looped = {"Fn::If": ["Open", "*", ACCOUNT]}
    chosen = template("AWS::Lambda::Permission", Action="lambda:InvokeFunction", Principal=looped)
    assert rules(chosen) == {"RM605"}


@pytest.mark.parametrize(("side", "kind", "grant"), GRANTS)
def test_a_grant_is_never_silent(side: str, kind: str, grant: dict[str, Any]) -> None:
    """What lets everybody in is found; what lets in whom it names is said, and a private one is neither."""
    assert grant["source"].startswith("https://")
    for value in grant.get("everyone", {}):
        for data in made(side, kind, **nested(grant["at"], value)):
            found, unknown = judged(data)
            assert [rule for rule, _ in found] == ["RM605"]
            assert found[0][1]
            assert not unknown
    for data in made(side, kind, **nested(grant["at"], "private")):
        found, unknown = judged(data)
        assert not found
        assert [reason for _, reason in unknown] == (
            [f"{grant['others']}: that is not a policy"] if "others" in grant else []
        )
    named = [f"{grant['others']}: that is not a policy"] if "others" in grant else []
    for who, where in (
        (({"Ref": "Who"}, "`Who`"), ({"Fn::GetAtt": ["Role", "Arn"]}, "")) if side == "cloudformation" else ()
    ):
        found, unknown = judged(template(kind, **nested(grant["at"], who)))
        open_to_all = (
            [f"whom it lets in is {where}, known only when deployed"] if "everyone" in grant and where else named
        )
        assert not found
        assert [reason for _, reason in unknown] == open_to_all


@pytest.mark.parametrize("side", ["cloudformation", "terraform"])
def test_no_type_is_in_both_lists(side: str) -> None:
    """A permission that is a policy document is read as one, but for the bus, which has two forms."""
    policies = _listed()[side]["properties"]
    assert not (set(TABLE[side]["statements"]) & set(policies)) - {"AWS::Events::EventBusPolicy"}


def test_what_sam_gives_to_all_functions_is_seen() -> None:
    """Globals take the URL of a function, and the trust policy of its role."""
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
    for given in ({"FunctionUrlConfig": {"AuthType": "NONE"}}, {"AssumeRolePolicyDocument": trust}):
        data = {**template("AWS::Serverless::Function"), "Globals": {"Function": given}}
        found, _ = judged(data)
        assert [rule for rule, _ in found] == ["RM605"]
        assert found[0][1]
    allowed = {"Auth": {"ResourcePolicy": {"AwsAccountWhitelist": [ACCOUNT]}}}
    found, unknown = judged({**template("AWS::Serverless::Api"), "Globals": {"Api": allowed}})
    assert not found
    assert [reason for _, reason in unknown] == ["SAM makes a policy of `AwsAccountWhitelist` when it is deployed"]
