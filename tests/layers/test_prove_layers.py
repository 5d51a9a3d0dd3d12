"""The proofs over layers: they hold for what is rendered, and each part of it that is gone or other breaks one."""

import copy
import json
import random
import shlex
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run
from tests.layers import test_boundary, test_resource_policies
from tests.layers.layers_support import (
    BREAK_GLASS,
    CATALOG,
    EVERYTHING,
    EXAMPLES,
    PATTERNS,
    composed_layer,
    documents_of,
    examples_for,
)
from tests.nightly import examples

from rolemgr.compare.budget import Budget
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy
from rolemgr.layers.boundary import ceiling_of
from rolemgr.model.layer import ComposedLayer, OrganizationPolicy
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.prove.boundary import BoundedRole, prove_boundary
from rolemgr.prove.organization import LayerToProve, changing, prove_organization
from rolemgr.prove.proof import Proof
from rolemgr.prove.resource_policy import prove_resource_policy
from rolemgr.render.boundary import filled_boundary

EXEMPT = (BREAK_GLASS, "arn:aws:iam::*:role/stacksets-exec-*")
GUARDED = ["protect-break-glass", "protect-roles", "kms-key-protection", "iam-lockdown", "no-sharing", "no-root"]


@cache
def layer(kind: LayerKind, *names: str) -> ComposedLayer:
    """Return *names* with a value for every parameter, also for those that may have none."""
    given = examples_for(kind, *names)
    for name in names:
        declared = CATALOG.layer_pattern(kind, name).value.parameters
        given |= {one: EXAMPLES[one] for one in declared if one in EXAMPLES}
    given |= {"log_groups": ["arn:*:logs:*:*:log-group:trail"]} if "log_groups" in given else {}
    guardrail = {"vpc": ["subnet-0a1b2c3d", "sg-0a1b2c3d"]} if kind is LayerKind.SCP and len(names) > 1 else {}
    return composed_layer(kind, *names, exempt=EXEMPT if kind is LayerKind.SCP else (), guardrail=guardrail, **given)


def proofs(composed: ComposedLayer, documents: tuple[OrganizationPolicy, ...], *, rendered: bool = True) -> list[Proof]:
    """Return the proofs of *documents*."""
    return [*prove_organization(LayerToProve(CATALOG, composed, documents, are_rendered=rendered))]


def rendered_documents(composed: ComposedLayer) -> tuple[OrganizationPolicy, ...]:
    """Return the policies that *composed* is rendered to."""
    return tuple(one.document for one in documents_of(composed, 9 if composed.kind is LayerKind.SCP else 4).policies)


def broken(found: list[Proof] | tuple[Proof, ...]) -> set[str]:
    """Return the names of the proofs that fail by a counterexample."""
    return {one.name for one in found if one.counter_examples}


SETS = [(LayerKind.SCP, tuple(GUARDED)), (LayerKind.SCP, ("kms-required", "approved-regions", "no-role-templates")),
        (LayerKind.RCP, tuple(PATTERNS[LayerKind.RCP]))]  # fmt: skip


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("kind", "names"), SETS, ids=str)
def test_what_is_rendered_is_proven(kind: LayerKind, names: tuple[str, ...]) -> None:
    """Every proof holds, none is empty but that of what a set does not have."""
    composed = layer(kind, *names)
    found = proofs(composed, rendered_documents(composed))
    assert [(one.name, one.counter_examples, one.untold) for one in found if not one.holds] == []
    assert all(one.checked > 20 for one in found)


def mutants(statement: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each way to spoil *statement*: gone, an action or resource less, a condition gone or other, one more exempt."""
    yield "gone", []
    for part in ("Action", "Resource"):
        listed = statement.get(part, [])
        if isinstance(listed, list) and len(listed) > 1:
            for place in {0, len(listed) - 1}:
                yield f"{part} {listed[place]} gone", [{**statement, part: listed[:place] + listed[place + 1 :]}]
    for operator, block in statement.get("Condition", {}).items():
        rest = {one: other for one, other in statement["Condition"].items() if one != operator}
        less = {**statement, "Condition": rest}
        yield (
            f"{operator} gone",
            [less if rest else {name: value for name, value in less.items() if name != "Condition"}],
        )
        for key in block:
            spoiled = copy.deepcopy(statement)
            values = block[key] if isinstance(block[key], list) else [block[key]]
            spoiled["Condition"][operator][key] = other_values(operator, key, values)
            yield f"{operator} {key} other", [spoiled]


def other_values(operator: str, key: str, values: list[str]) -> list[str]:
    """Return values that say something else than *values*: one more exempt, the other truth, another name."""
    if key == "aws:PrincipalArn":
        return [*values, "arn:aws:iam::*:role/eve"]
    if "IpAddress" in operator:
        return ["198.51.100.0/24"]
    if operator.startswith("Numeric"):
        return ["0"]
    flipped = {"true": "false", "false": "true"}
    return [flipped.get(one, "arn:aws:x:::other" if "Arn" in operator else "other") for one in values[:1]] + values[1:]


FOR_EVERYBODY = {"RootUser"}
"""A Deny of all actions takes seconds to compare."""
SAMPLED = examples(1, 20)
"""How many of the ways to spoil a set are tried: all of them take a minute."""


def spoiled(composed: ComposedLayer) -> Iterator[tuple[str, ComposedLayer, OrganizationPolicy]]:
    """Yield each Deny of *composed* alone, with a policy that says something else."""
    model = IdentityPolicy if composed.kind is LayerKind.SCP else ResourceControlPolicy
    for part in composed.parts:
        for deny in part.denies:
            alone = replace(composed, parts=(part._replace(denies=(deny,)),), guardrails=(), protects=())
            [whole] = rendered_documents(alone)
            [statement] = whole.to_json_value()["Statement"]
            for what, statements in mutants(statement) if deny.sid not in FOR_EVERYBODY else ():
                document = {"Version": "2012-10-17", "Statement": statements}
                yield f"{deny.sid}: {what}", alone, model.model_validate(document)


@pytest.mark.parametrize(("kind", "names"), SETS, ids=str)
def test_each_part_of_a_rendered_policy_counts(kind: LayerKind, names: tuple[str, ...]) -> None:
    """Whatever is taken away or altered in a statement breaks a proof about it."""
    every = list(spoiled(layer(kind, *names)))
    some = random.Random(str(names)).sample(every, SAMPLED)  # noqa: S311 - a sample, and no secret
    assert [what for what, alone, document in some if not broken(proofs(alone, (document,)))] == []
    assert len(every) > SAMPLED


def test_what_is_attached_is_proven_of_what_was_asked_for() -> None:
    """A policy that denies more holds the limits; one that lets the exempt do less does not, nor one that lists."""
    composed = layer(LayerKind.SCP, "no-full-access")
    documents = rendered_documents(composed)
    more = policy({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*", "Condition": not_exempt(EXEMPT)})
    assert all(one.holds for one in proofs(composed, (*documents, more), rendered=False))
    less = policy({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"})
    assert broken(proofs(composed, (*documents, less), rendered=False)) == {"let through"}
    wider = policy(
        {"Effect": "Deny", "Action": "iam:Attach*", "Resource": "*", "Condition": not_exempt(("arn:*:iam::*:role/*",))}
    )
    assert "limits" in broken(proofs(composed, (wider,), rendered=False))
    listing = policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    [found] = [one for one in proofs(composed, (*documents, listing), rendered=False) if one.name == "let through"]
    assert "allows, and so denies what it does not name" in found.untold[0].problem


def policy(*statements: dict[str, Any]) -> IdentityPolicy:
    """Return an SCP."""
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})


def not_exempt(arns: tuple[str, ...]) -> dict[str, Any]:
    """Return the condition that exempts *arns*."""
    return {"ArnNotLike": {"aws:PrincipalArn": list(arns)}}


def test_a_way_into_what_is_protected_is_found() -> None:
    """Without any one of the actions on an alarm, and for somebody who is a keeper too, the proof fails."""
    composed = layer(LayerKind.SCP, "protect-break-glass")
    [whole] = rendered_documents(composed)
    statements = whole.to_json_value()["Statement"]
    alarms = next(one for one in statements if one["Sid"] == "BreakGlassAlarms")
    for action in ("cloudwatch:PutAlarmMuteRule", "cloudwatch:SetAlarmState"):
        less = {**alarms, "Action": [one for one in alarms["Action"] if one != action]}
        found = ways_in(composed, policy(*(less if one is alarms else one for one in statements)))
        assert [action in one.problem for one in found.counter_examples] == [True]
    wider = {**alarms, "Condition": not_exempt(("arn:*:iam::*:role/platform/*",))}
    found = ways_in(composed, policy(*(wider if one is alarms else one for one in statements)))
    assert found.counter_examples


def ways_in(composed: ComposedLayer, document: IdentityPolicy) -> Proof:
    """Return the proof that nobody changes what is protected."""
    alone = replace(composed, parts=composed.parts[:1], guardrails=())
    [found] = [one for one in proofs(alone, (document,), rendered=False) if one.name == "ways in"]
    return found


def test_a_resource_that_nobody_knows_is_not_proven() -> None:
    """An ARN of a service that the reference has not, or of a type that no action changes, can't be told."""
    assert [*changing("arn:aws:nosuch:::thing")] == []
    composed = layer(LayerKind.SCP, "protect-roles")
    odd = composed.protects[0]._replace(resources=("arn:aws:nosuch:us-east-1:111122223333:thing",))
    found = ways_in(replace(composed, protects=(odd,)), policy())
    assert [one.problem for one in found.untold] == [
        "can't tell who changes arn:aws:nosuch:us-east-1:111122223333:thing (protect-exempt): the reference has no "
        "action that would"
    ]


def test_too_many_steps_are_told() -> None:
    """A proof that runs out of steps says so, and does not hold."""
    composed = layer(LayerKind.SCP, "protect-roles")
    documents = tuple(one for one in rendered_documents(composed))
    subject = LayerToProve(CATALOG, composed, documents, budget=Budget(10))
    assert not any(one.holds for one in prove_organization(subject) if one.name == "ways in")


# --- boundaries and resource policies


@pytest.mark.sampled(1)
@pytest.mark.parametrize("persona", ["data-scientist", "sagemaker-pipeline"])
def test_a_boundary_is_proven(persona: str) -> None:
    """It holds as rendered; without an action of the role, or with one that is forbidden, it does not."""
    role, documents = test_boundary.role_of(persona)
    bounded = BoundedRole(role, test_boundary.own(documents))
    document = filled_boundary(ceiling_of([role])).document
    assert all(one.holds and one.checked for one in prove_boundary([bounded], document))
    raw = document.to_json_value()["Statement"]
    assert broken(prove_boundary([bounded], policy(*raw[1:]))) == {"within"}
    wide = {"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}
    assert broken(prove_boundary([bounded], policy(*raw, wide))) == {"ceiling"}


@pytest.mark.parametrize("kind", test_resource_policies.KINDS)
def test_a_resource_policy_is_proven(kind: str) -> None:
    """It holds as rendered; a statement twice, a stranger and a lost statement are found."""
    document = test_resource_policies.example(kind).document
    is_endpoint = kind == "vpc-endpoint"
    assert all(one.holds for one in prove_resource_policy(document, is_endpoint=is_endpoint))
    twice = document.model_copy(update={"statement": (*document.statement, document.statement[0])})
    if not is_endpoint:  # as above, of all actions
        assert broken(prove_resource_policy(twice)) == {"removal"}


def test_a_stranger_and_a_lost_statement_are_found() -> None:
    """An Allow for everybody, and a merge that drops what was there."""
    document = test_resource_policies.example("bucket").document
    anybody = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObjectTagging",
        "Resource": "arn:aws:s3:::acme-curated/*",
    }
    raw = document.to_json_value()["Statement"]
    wide = ResourcePolicy.model_validate({"Version": "2012-10-17", "Statement": [*raw, anybody]})
    assert "strangers" in broken(prove_resource_policy(wide))
    assert broken(prove_resource_policy(document, there=wide)) == {"kept"}
    assert not broken(prove_resource_policy(document, there=document))


# --- the command


def test_the_command_proves(run: Run, tmp_path: Path) -> None:
    """Text unless JSON is asked for; 1 where a proof fails, with a request that `simulate` answers in the same way."""
    args = ("scp", "no-full-access", "--exempt", BREAK_GLASS)
    ran = run(*args, "--prove")
    assert ran.code == 0
    assert "rolemgr-scp, 1 policy: proven" in ran.stdout
    spoilt = json.loads(run(*args).stdout)
    spoilt[0]["Statement"] = [one for one in spoilt[0]["Statement"] if one["Sid"] != "ExemptRoles"]
    file = tmp_path / "scps.json"
    file.write_text(json.dumps(spoilt))
    ran = run(*args, "--prove", "--attached", str(file), "--format", "json")
    assert ran.code == 1
    failed = [one for one in json.loads(ran.stdout)["proofs"] if not one["holds"]]
    assert {one["name"] for one in failed} == {"limits", "ways in"}
    (tmp_path / "administrator.json").write_text(json.dumps(EVERYTHING))
    words = shlex.split(failed[0]["counter_examples"][0]["simulate"])[1:]
    words[words.index("administrator.json")] = str(tmp_path / "administrator.json")
    assert run(*words, "--expect", "Allowed").code == 0


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["scp", "no-root", "--prove", "--format", "terraform"], "`terraform` does not go with --prove"),
        (["scp", "no-root", "--attached", "x.json"], "goes with --prove"),
        (["rcp", "secure-transport", "--format", "text"], "`text` goes with --prove"),
        (["scp", "no-root", "--prove", "--attached", "missing.json"], "missing.json"),
        (["boundary", "--persona", "data-scientist", "--attached", "x.json"], "goes with --prove"),
        (["resource-policy", "bucket", "--format", "text"], "`text` goes with --prove"),
    ],
)
def test_wrong_options_are_one_line(run: Run, args: list[str], problem: str) -> None:
    """Exit 2, and no result."""
    ran = run(*args)
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in ran.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["boundary", "--persona", "data-scientist", "--prove"],
        ["resource-policy", "topic", "--resource", "arn:aws:sns:eu-west-1:444455556666:ml", "--writer-role",
         "arn:aws:iam::111122223333:role/sagemaker-compute", "--prove"],
        ["rcp", "secure-transport", "--prove"],
    ],
    ids=str,
)  # fmt: skip
def test_the_other_commands_prove(run: Run, args: list[str]) -> None:
    """As above."""
    ran = run(*args)
    assert (ran.code, "proven" in ran.stdout) == (0, True)
