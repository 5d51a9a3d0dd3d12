"""Attached managed policies: what they add is said, and what breaks the separation of a persona is refused."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase, translate
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data
from tests.support import DATA, composed, rendered, role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.compose.substitute import fill
from rolemgr.errors import InputError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import ComposedRole
from rolemgr.prove.witness import witnesses
from rolemgr.reference.managed_policies import ManagedPolicy, managed_policy, managed_policy_names
from rolemgr.reference.services import find_action
from rolemgr.separation.attached import (
    added_by,
    attachment_notes,
    attachment_problems,
    separation_notes,
    with_attached,
)
from rolemgr.separation.closure import closure_of
from rolemgr.separation.managed import all_of, allows_of
from rolemgr.separation.violations import RenderedRole, violations

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))
MOTO = json.loads(aws_managed_policies_data)
AWS = "arn:aws:iam::aws:policy/"
FULL = "AmazonSageMakerFullAccess"


def known(name: str, partition: str = "aws") -> ManagedPolicy:
    """Return the policy *name*, which the data must hold."""
    found = managed_policy(name, partition)
    assert found
    return found


def problems(role: ComposedRole, catalog: Catalog = CATALOG) -> list[str]:
    """Return why policies that *role* names are refused."""
    spec = role_spec(**role.spec.model_dump(include={"persona", "managed_policy"}))
    return [error.problem for error in attachment_problems(catalog, role, spec.at)]


def made_up(*statements: dict[str, Any]) -> ManagedPolicy:
    """Return a policy as if AWS had published it."""
    document = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})
    return ManagedPolicy("MadeUp", f"{AWS}MadeUp", "v1", "2026-01-01", document)


def raw_statements(name: str) -> list[dict[str, Any]]:
    """Return the statements of AWS's policy *name* as moto has them, every element a list."""
    found = MOTO[name]["Document"]["Statement"]
    return [
        {
            key: [value] if isinstance(value, str) and key not in ("Effect", "Sid") else value
            for key, value in one.items()
        }
        for one in (found if isinstance(found, list) else [found])
    ]


@cache
def current(name: str) -> bool:
    """Tell whether the installed moto has the policy in the version that the data has."""
    return name in MOTO and bool(MOTO[name]["DefaultVersionId"] == known(name).version)


def test_the_data_says_what_aws_published() -> None:
    """Each policy that moto has in the same version is the same, statement by statement, but for names and order."""
    same = [name for name in managed_policy_names() if current(name)]
    assert same
    for name in same:
        ours = [one.model_dump() for one in known(name).document.statement]
        theirs = [
            one.model_dump() for one in IdentityPolicy.model_validate({"Statement": raw_statements(name)}).statement
        ]
        for one, other in zip(ours, theirs, strict=True):
            assert (set(one["action"] or ()), set(one["not_action"] or ())) == (
                set(other["action"] or ()), set(other["not_action"] or ()),
            )  # fmt: skip
            assert [one[key] for key in ("effect", "resource", "not_resource", "condition")] == [
                other[key] for key in ("effect", "resource", "not_resource", "condition")
            ]
        assert MOTO[name]["Document"]["Version"] == known(name).document.version
        assert known(name).arn == f"arn:aws:iam::aws:policy{MOTO[name]['Path']}{name}"


def test_the_data_stays_small() -> None:
    """What only some runs read is no burden to the package: 67 policies of AWS's take less than a picture."""
    import rolemgr.reference

    file = Path(rolemgr.reference.__file__).parent / "data" / "managed_policies.json"
    assert file.stat().st_size < 327_680


def every_action() -> Iterator[str]:
    """Yield every action of the reference, read without our code."""
    for service in DATA.services.get_service_keys():
        yield from (f"{service}:{name}" for name in DATA.actions.get_actions_for_service(service))


def star_arns(action: str) -> list[str]:
    """Return the ARN formats of the action's types with stars, ``*`` where it has none, read without our code."""
    service, name = action.split(":")
    uses = DATA.actions.get_action_details(service, name)["resourceTypes"]
    formats = [DATA.resources.get_resource_type_details(service, use["name"])["arn"] for use in uses]
    return [
        "".join(part.partition("}")[2] if at else part for at, part in enumerate(one.split("$"))) for one in formats
    ]


@pytest.mark.parametrize("name", [FULL, "PowerUserAccess", "AmazonSageMakerCanvasFullAccess"])
def test_the_expansion_is_that_of_aws_s_own_document(name: str) -> None:
    """The actions are those that a plain reading of moto's document with the raw reference gives."""
    if not current(name):
        pytest.skip("moto has another version of the policy")
    expected = set()
    raw = raw_statements(name)
    tests = [[re.compile(translate(each.lower())) for each in one.get("Action") or one["NotAction"]] for one in raw]
    for action in every_action():
        folded = action.lower()
        for one, patterns in zip(raw, tests, strict=True):
            listed = any(pattern.match(folded) for pattern in patterns)
            if listed is ("Action" in one) and not _all_excepted(action, one.get("NotResource", [])):
                expected.add(action)
    found = {action for one in allows_of(known(name)) for action in one.actions}
    retired = {action for action in found if find_action(action) is None}
    assert found - retired == expected
    assert len(retired) < 20
    assert all("*" not in action for action in retired)


def _all_excepted(action: str, excepted: list[str]) -> bool:
    """Tell whether NotResource names every type of *action*, by the words before the first star."""
    kinds = [arn.split(":", 5)[5].split("/")[0] for arn in excepted]
    mine = [arn.split(":", 5)[5].split("/")[0] for arn in star_arns(action)]
    return bool(kinds) and bool(mine) and all(kind in kinds for kind in mine)


@pytest.mark.parametrize("persona", ["data-scientist", "sagemaker-compute"])
def test_what_full_access_adds_anywhere_is_allowed_by_the_evaluator(persona: str) -> None:
    """Each such action is allowed with the policy, without any context, and not by the role's own policies."""
    made, policy = rendered(persona=persona, no_default_guardrails=True), known(FULL)
    added = added_by(made.role, policy)
    alone = made.policies()
    both = replace(alone, identity=(*alone.identity, policy.document))
    assert len(added.anywhere) > 500
    for action in added.anywhere:
        decided = [
            (evaluate(Request(action, arn.replace("*", "x") if arn != "*" else arn, Context({})), both).decision,
             evaluate(Request(action, arn.replace("*", "x") if arn != "*" else arn, Context({})), alone).decision)
            for arn in all_of(action, "aws")
        ]  # fmt: skip
        assert ("Allowed", "ImplicitlyDenied") in decided, action


def test_what_the_role_denies_is_not_added() -> None:
    """An explicit Deny wins over any attached policy, so what it covers for certain is no addition."""
    role = composed(persona="data-scientist", bucket=["acme"], parameter={"models": ["prod/models"]})
    for prefix, expected in (("models", False), ("other", True)):
        policy = made_up({"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::prod/{prefix}/x"})
        added = added_by(role, policy)
        assert ("s3:DeleteObject" in {*added.actions, *added.widened}) is expected, prefix


def test_what_the_role_has_anyway_is_neither_added_nor_widened() -> None:
    """A policy with nothing but the role's own statements adds nothing."""
    role = composed(persona="data-scientist")
    made = rendered(persona="data-scientist")
    documents = (*made.documents.policies, *made.documents.managed_policies)
    own = [statement for one in documents for statement in one.document.to_json_value()["Statement"]]
    assert added_by(role, made_up(*own)) == ((), (), ())


def test_a_wider_resource_or_no_condition_is_widening() -> None:
    """An action that the role has on named objects only is widened by a policy that has it on all."""
    role = composed(persona="data-scientist", bucket=["acme"])
    wide = made_up({"Effect": "Allow", "Action": ["s3:GetObject", "iam:PassRole"], "Resource": "*"})
    assert added_by(role, wide) == ((), (), ("iam:PassRole", "s3:GetObject"))


def allowed_although_never(role: RenderedRole, policy: ManagedPolicy) -> list[str]:
    """Return what the evaluator allows of the persona's `never` with *policy* attached, by example requests."""
    own, values = role.policies(), role.role.never_values
    both = Policies(identity=(*own.identity, policy.document))
    found = []
    for never in role.role.persona.never:
        entry = never.forbidden
        excepted = [text for pattern in entry.except_on for text in fill(pattern, values)]
        for statement in allows_of(policy):
            own_only = any(fnmatchcase(one, text) for one in statement.resources for text in excepted)
            for action in statement.actions if not own_only else ():
                if fnmatchcase(action.lower(), entry.action.lower()):
                    requests = [
                        request
                        for text in fill(entry.resource, values)
                        for request in witnesses(statement, action, text)
                    ]
                    wanted: dict[str, tuple[str, ...]] = {
                        key: (fill(texts[0], values)[0],) for key, texts in entry.context.items()
                    }
                    wanted |= dict.fromkeys(entry.except_with, ("arn:aws:elsewhere:us-east-1:999999999999:x",))
                    found += [
                        f"{entry}: {action} on {request.resource}"
                        for request in requests
                        if _decision(request, wanted, both) == "Allowed"
                    ]
    return found


def _decision(request: Request, wanted: dict[str, tuple[str, ...]], policies: Policies) -> str:
    kept = {key: value for key, value in request.context.items() if key.lower() not in {one.lower() for one in wanted}}
    return evaluate(replace(request, context=Context({**kept, **wanted})), policies).decision


@pytest.mark.sampled(2)
@pytest.mark.parametrize("persona", PERSONAS)
def test_what_is_not_refused_keeps_the_separation(persona: str) -> None:
    """For each policy of the data: either it is refused, or the evaluator allows nothing that must never be."""
    role = rendered(persona=persona)
    kept = []
    for name in managed_policy_names():
        policy = known(name)
        whole = with_attached(role.role, policy)
        if violations(whole, ()):
            continue
        kept.append(name)
        assert allowed_although_never(role, policy) == [], name
    assert 0 < len(kept) < len(managed_policy_names())


@pytest.mark.sampled(2)
@pytest.mark.parametrize("persona", PERSONAS)
def test_the_judge_of_that_does_find_what_is_refused(persona: str) -> None:
    """The evaluator's examples find something in a policy that is refused, so its silence above says something."""
    assert allowed_although_never(rendered(persona=persona), known(FULL))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("name", [FULL, "AdministratorAccess", "PowerUserAccess", "IAMFullAccess"])
def test_the_wide_policies_break_every_persona(name: str, persona: str) -> None:
    """Nobody's separation survives them, and one line says so."""
    [problem] = problems(composed(persona=persona, managed_policy=[AWS + name]))
    assert problem.startswith(f"managed policy {name} allows what the persona must never be able to do: ")


def test_a_reason_turns_the_refusal_into_a_note() -> None:
    """With --break-separation the role is made, and the notes say what is broken and what is added."""
    role = composed(persona="data-scientist", managed_policy=[AWS + FULL], break_separation="until migrated")
    assert problems(role) == []
    [first, *others] = separation_notes(CATALOG, role)
    assert first.startswith(f"separation broken: managed policy {FULL} allows what")
    assert f"with managed policy {FULL} it reaches arn:aws:iam::*:role/*, and nothing is proven beyond that" in others
    [adds] = attachment_notes(role)
    assert "among them iam:PassRole, s3:PutObject, s3:DeleteObject" in adds


def test_what_a_policy_passes_belongs_to_the_closure() -> None:
    """A policy without any forbidden action that passes every role is refused for what those roles can do."""
    [problem] = problems(
        composed(persona="mlops-engineer", managed_policy=[AWS + "AmazonSageMakerPipelinesIntegrations"])
    )
    assert "allows through role `sagemaker-" in problem
    assert "sagemaker:CreateTrainingJob" in problem


@pytest.mark.parametrize("action", ["sagemaker:StartPipelineExecution", "sagemaker:CreateApp"])
def test_a_policy_that_lets_act_as_a_role_reaches_every_role(action: str) -> None:
    """Whoever starts a pipeline works as its role: a policy that allows it on anything reaches all roles known."""
    role = composed(persona="sagemaker-compute")
    whole = with_attached(role, made_up({"Effect": "Allow", "Action": action, "Resource": "*"}))
    names = {one.spec.role_name for one in closure_of(CATALOG, whole).known}
    assert {"sagemaker-pipeline", "sagemaker-mlops-engineer"} <= names


def test_the_denies_of_the_role_count() -> None:
    """All of S3 does not break the models prefix of an ML engineer: its own Deny stands before it."""
    role = composed(persona="ml-engineer")
    broken = {str(one.never.forbidden) for one in violations(with_attached(role, known("AmazonS3FullAccess")), ())}
    assert "s3:PutObject*Acl" in broken
    assert not {text for text in broken if "PutObject* on" in text or "DeleteObject* on" in text}


NEVER = """
title: Guarded
description: For tests
activity_groups: [work]
never: ["brandnew:*", "s3:BrandNewAction", "sagemaker:CREATEmodel"]
unknown_ok: ["brandnew:*", "s3:BrandNewAction"]
"""
WORK = """
title: Work
description: For tests
statements: [{sid: Read, actions: [s3:GetObject], resources: ["arn:{{ partition }}:s3:::acme/*"]}]
"""


@pytest.mark.parametrize(
    ("action", "element", "broken"),
    [
        ("*", "Action", ["brandnew:*", "s3:BrandNewAction", "sagemaker:CREATEmodel"]),
        ("brandnew:Do*", "Action", ["brandnew:*"]),
        ("S3:BrandNew*", "Action", ["s3:BrandNewAction"]),
        ("s3:Get*", "Action", []),
        ("iam:*", "NotAction", ["brandnew:*", "s3:BrandNewAction", "sagemaker:CREATEmodel"]),
        ("brandnew:*", "NotAction", ["s3:BrandNewAction", "sagemaker:CREATEmodel"]),
        ("s3:*", "NotAction", ["brandnew:*", "sagemaker:CREATEmodel"]),
    ],
)
def test_actions_that_the_reference_does_not_know_yet_are_not_let_through(
    action: str, element: str, broken: list[str], tmp_path: Path
) -> None:
    """A `never` entry for an action newer than the reference holds against a wildcard all the same."""
    for kind, name, text in (("personas", "guarded", NEVER), ("activity_groups", "work", WORK)):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / f"{name}.yaml").write_text(text)
    role = compose(Catalog([tmp_path]), role_spec(persona="guarded"))
    whole = with_attached(role, made_up({"Effect": "Allow", element: action, "Resource": "*"}))
    assert sorted(one.never.forbidden.action for one in violations(whole, ())) == broken


@pytest.mark.parametrize(
    ("arn", "right"),
    [
        (f"{AWS}amazonSagemakerFullAccess", f"{AWS}{FULL}"),
        (f"{AWS}AmazonSageMakerGeospatialFullAccess", f"{AWS}service-role/AmazonSageMakerGeospatialFullAccess"),
        (f"{AWS}service-role/{FULL}", f"{AWS}{FULL}"),
    ],
)
def test_a_known_policy_under_another_arn_is_refused(arn: str, right: str) -> None:
    """The path and the case of an AWS managed policy's ARN are AWS's; the error names the right one, once."""
    for choice in ({"managed_policy": [arn]}, {"boundary": arn}):
        role = composed(persona="data-scientist", **choice)
        [error] = attachment_problems(CATALOG, role, role_spec(persona="data-scientist").at)
        assert isinstance(error, InputError)
        assert (error.problem, error.hint) == (f"AWS has no managed policy `{arn}`", f"did you mean {right}?")


def test_what_is_not_known_is_said() -> None:
    """A policy of the account, one of AWS that the data lacks, and a boundary are named with what that means."""
    own, other = "arn:aws:iam::111122223333:policy/ml/own", f"{AWS}AmazonSageMakerFullAcess"
    role = composed(persona="sagemaker-compute", managed_policy=[own, other], boundary=f"{AWS}PowerUserAccess")
    assert problems(role) == []
    assert list(attachment_notes(role)) == [
        f"what managed policy {own} allows is not known here, and nothing is proven of it",
        f"what managed policy {other} allows is not known here, and nothing is proven of it; did you mean {FULL}?",
        f"what permissions boundary {AWS}PowerUserAccess lets through is not judged: it can only take away",
    ]


def test_read_only_is_a_note_with_its_figures() -> None:
    """What adds reading only is attached, and the note counts it."""
    role = composed(persona="sagemaker-compute", managed_policy=[f"{AWS}AmazonSageMakerReadOnly"])
    assert problems(role) == []
    [text] = attachment_notes(role)
    added = added_by(role, known("AmazonSageMakerReadOnly"))
    assert f" adds {len(added.actions)} actions (0 that write, {len(added.anywhere)} on any resource)" in text
    assert text.startswith("managed policy AmazonSageMakerReadOnly (v11 of 2021-12-01) adds ")
    assert text.endswith("; of the role's limits only its Denies hold for them")


def test_other_partitions_have_their_own_arns() -> None:
    """In China the policy's ARNs are of aws-cn, and the note says where its text is from."""
    policy = known("AmazonSageMakerFeatureStoreAccess", "aws-cn")
    arns = [arn for one in policy.document.statement for arn in one.resource or () if arn != "*"]
    assert arns
    assert {arn.split(":")[1] for arn in (policy.arn, *arns)} == {"aws-cn"}
    role = composed(persona="sagemaker-compute", region="cn-north-1", managed_policy=[policy.arn])
    assert "as in partition aws)" in next(attachment_notes(role))
