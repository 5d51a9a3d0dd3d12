"""Stolen sessions: the sinks are AWS's, each layer that closes one is named, and what is open is said or accepted."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import get_session
from tests.blueprint.faulty import of_text, three_accounts, with_fault
from tests.nightly import some

from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.blueprint.compromise import Compromise, SinkAnswer, compromise
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.sinks import network, sinks, strange_address
from rolemgr.files.json import strict_json
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import find_action
from rolemgr.report.blueprint_proofs import blueprint_proofs_data, request_line

BY_TAG = """\
regions: [eu-west-1]
accounts: {ml: {id: "123456789012"}}
keys: {ml/churn-key: 1234abcd-12ab-34cd-56ef-1234567890ab, ml/fraud-key: 1234abcd-12ab-34cd-56ef-1234567890ac}
abac: [Project]
projects:
  churn: {account: ml, bucket: ml/acme-churn, key: ml/churn-key}
  fraud: {account: ml, bucket: ml/acme-fraud, key: ml/fraud-key}
roles:
  ml/people: {persona: data-scientist, trust: ["saml:arn:aws:iam::123456789012:saml-provider/Okta?session-tags=Project"]}
"""


def reached(found: ComposedBlueprint) -> Compromise:
    """Return what stolen sessions of *found* reach."""
    return compromise(found, RoleLayers(found))


def fault(*changes: dict[str, Any]) -> ComposedBlueprint:
    """Return the example with *changes*."""
    return with_fault({"changes": changes})


def test_every_sink_is_of_aws() -> None:
    """Its actions and condition keys are in AWS's reference, or operations of botocore; each has a source."""
    operations = {f"sagemaker:{name}" for name in get_session().get_service_model("sagemaker").operation_names}
    for sink in sinks():
        assert all(find_action(action) or action in operations for action in sink.actions), sink.name
        assert all(find_key(key) for context in sink.contexts for key in context), sink.name
        assert sink.closes
        assert (sink.target == "outside") is (sink.resource is not None), sink.name
    assert all(find_key(key) for key in network())
    assert len({sink.name for sink in sinks()}) == len(sinks()) >= 35


def test_the_thief_is_in_no_network_that_a_policy_names() -> None:
    """An address outside of all ranges; where they hold all of them, the first."""
    assert strange_address([]) == "198.51.100.7"
    assert strange_address(["198.51.100.0/24", "192.0.2.7"]) == "203.0.113.7"
    assert strange_address(["${aws:PrincipalTag/range}", "0.0.0.0/0"]) == "198.51.100.7"


def test_with_all_layers_on_no_sink_is_open_and_each_has_its_layer() -> None:
    """The example of the faults; every sink of every role says what closes it."""
    found = reached(three_accounts())
    assert not [one for one in found.answers if one.open or one.untold]
    assert all(one.closed_by for one in found.answers)
    assert {(one.place, one.sink.name) for one in found.answers} == {
        (placed.place, sink.name) for placed in three_accounts().roles for sink in sinks()
    }
    by = {one.sink.name: one.closed_by for one in found.answers if one.place == "modelling/data-scientist"}
    assert by["studio-session"][-1] == "scp rolemgr-scp `ExpectedNetworks`"
    assert "rcp rolemgr-rcp `ExpectedNetworks`" in by["presigned-url"]
    assert any(text.startswith("role modelling/data-scientist `VpcSubnets") for text in by["job-with-internet"])
    assert by["snapshot-sharing"] == ("role: no statement allows it",)


def test_a_deny_that_closes_a_sink_alone_opens_it_when_it_goes() -> None:
    """And one that is called superfluous opens none: removed one by one, from the SCPs and RCPs."""
    whole = three_accounts()
    idle = {str(one) for one in reached(whole).idle}
    for level in whole.layers:
        for statement in some(level.documents.policies[0].document.statements(), 8):
            name = f"{level.kind} {level.documents.policies[0].name} `{statement.sid}`"
            found = reached(fault({"layer": f"{level.level} {level.kind}", "without": statement.sid}))
            assert any(one.open for one in found.answers) is (name not in idle), name


def test_a_boundary_closes_what_it_does_not_allow() -> None:
    """The same statement in the role alone stays closed; with the boundary open it is open."""
    grant = {"role": "modelling/training", "with": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}}
    bound = {**grant, "document": "boundary"}
    (closed,) = [
        one
        for one in reached(fault(grant)).answers
        if (one.place, one.sink.name) == ("modelling/training", "foreign-queue")
    ]
    assert closed.closed_by == ("boundary: no statement allows it",)
    opened = [one for one in reached(fault(grant, bound)).answers if one.open]
    assert [(one.place, one.sink.name) for one in opened] == [("modelling/training", "foreign-queue")]
    assert opened[0].open[0].resource == "arn:aws:sqs:eu-west-1:999999999999:stolen"


def test_another_account_of_the_blueprint_has_a_say() -> None:
    """What a role may push to another account's repository, the repository's policy does not let in."""
    allow = {
        "Effect": "Allow",
        "Action": ["ecr:PutImage", "ecr:BatchGetImage"],
        "Resource": "arn:aws:ecr:eu-west-1:444444444444:repository/train",
    }
    found = fault(
        {"role": "modelling/pipeline", "with": allow}, {"role": "modelling/pipeline", "document": "boundary", "with": {**allow, "Resource": "*"}},
        {"layer": "organization rcp", "without": "ExpectedNetworks"},
    )  # fmt: skip
    (pulls,) = [one for one in reached(found).answers if _is(one, "modelling/pipeline", "image-from-anywhere")]
    assert not any("444444444444" in request.resource for request in pulls.open)
    assert any("444444444444" in text for text in pulls.closed_by)
    assert not pulls.untold


def test_the_target_s_policy_is_asked_with_the_keys_that_it_names() -> None:
    """A grant that another account's key lets pass through S3 alone is asked for with that key."""
    key = {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*"}
    mine = {**key, "Resource": "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
    theirs = {
        **key,
        "Principal": {"AWS": "arn:aws:iam::222222222222:role/ml-training"},
        "Condition": {"StringEquals": {"kms:GrantOperations": "Decrypt"}},
    }
    found = fault(
        {"role": "modelling/training", "with": mine}, {"role": "modelling/training", "document": "boundary", "with": key},
        {"policy": "567890ab", "with": theirs}, {"layer": "organization rcp", "without": "ExpectedNetworks"},
    )  # fmt: skip
    (grants,) = [one for one in reached(found).answers if _is(one, "modelling/training", "key-grant")]
    assert grants.open


def test_a_policy_that_the_blueprint_does_not_make_is_not_known() -> None:
    """It may let the role in, so that nobody can tell."""
    allow = {
        "Effect": "Allow",
        "Action": "ecr:BatchGetImage",
        "Resource": "arn:aws:ecr:eu-west-1:444444444444:repository/secret",
    }
    found = fault(
        {"role": "modelling/training", "with": allow}, {"layer": "organization rcp", "without": "ExpectedNetworks"}
    )  # fmt: skip
    (pulls,) = [one for one in reached(found).answers if _is(one, "modelling/training", "image-from-anywhere")]
    assert pulls.untold == (
        "ecr:BatchGetImage: the policy of arn:aws:ecr:eu-west-1:444444444444:repository/secret is not the blueprint's",
    )


def _is(one: SinkAnswer, place: str, sink: str) -> bool:
    return (one.place, one.sink.name) == (place, sink)


def test_roles_and_buckets_that_a_tag_chooses_are_those_of_the_projects() -> None:
    """No role is unknown for the variable in its name; the bucket behind a variable is read from anywhere."""
    found = {one.sink.name: one for one in reached(of_text(BY_TAG)).answers if one.place == "ml/people"}
    assert not found["another-role"].open
    assert not found["foreign-bucket"].open
    assert found["data-from-anywhere"].open


def test_the_json_has_every_sink_and_lines_for_simulate() -> None:
    """Programs read what closes each; a counterexample's request is a line that `simulate --requests` takes."""
    found = reached(fault({"layer": "organization rcp", "without": "ExpectedNetworks"}))
    data = blueprint_proofs_data((), found)
    assert len(data["stolen_session"]) == len(list(found.answers))
    opened = [one for one in data["stolen_session"] if one["open"]]
    assert {one["sink"] for one in opened} == {"data-from-anywhere", "presigned-url", "image-from-anywhere"}
    assert {"layer": "rcp rolemgr-rcp", "sid": "OldTls"} in data["superfluous_denies"]


@pytest.mark.parametrize("several", [False, True])
def test_a_request_is_one_line(several: bool) -> None:
    """With one value or a list for each condition key, and without what is not known."""
    from rolemgr.evaluate.request import Context, Request
    from rolemgr.prove.proof import CounterExample

    values = ("a", "b") if several else ("a",)
    request = Request("s3:GetObject", "*", Context({"aws:TagKeys": values}))
    line = request_line(CounterExample("x", (), request)) or ""
    assert "\n" not in line
    assert strict_json(line) == {
        "action": "s3:GetObject",
        "resource": "*",
        "context": {"aws:TagKeys": ["a", "b"] if several else "a"},
    }
    assert json.loads(line)
    assert request_line(CounterExample("x", (), None)) is None


def test_what_is_attached_counts() -> None:
    """AWS's managed policy of a role is among what its stolen session has; one that nobody knows is said."""
    found = three_accounts()
    placed = found.roles[2]
    spec = placed.role.spec.model_copy(update={"managed_policy": ("arn:aws:iam::aws:policy/AmazonEC2FullAccess",)})
    wider = placed.altered(role=replace(placed.role, spec=spec))
    whole = replace(found, roles=(*found.roles[:2], wider, *found.roles[3:]))
    (one,) = [one for one in reached(whole).answers if (one.place, one.sink.name) == (placed.place, "snapshot-sharing")]
    assert one.closed_by == ("boundary: no statement allows it",)


def test_a_permission_set_has_the_names_of_identity_center() -> None:
    """A network for roles of the path of one's own does not bind the role that Identity Center makes."""
    provider = "saml:arn:aws:iam::222222222222:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
    found = with_fault({"changes": [{"file": {"roles > modelling/data-scientist > trust": [provider]}}]})
    opened = {
        one.sink.name: one.open
        for one in reached(found).answers
        if one.place == "modelling/data-scientist" and one.open
    }
    assert set(opened) >= {"data-from-anywhere", "studio-session"}
    assert "/AWSReservedSSO_ml-scientist_" in str(opened["studio-session"][0].principal)
