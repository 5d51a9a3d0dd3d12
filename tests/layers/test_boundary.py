"""Boundaries: within one a role is the same, and beyond it nobody gets, whatever is attached to the role."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from tests.support import composed, rendered

from rolemgr.catalog.load import Catalog
from rolemgr.check.document import Document
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.compare.compare import compare
from rolemgr.errors import InputError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityPolicy, PolicyType
from rolemgr.iam.wildcards import action_glob
from rolemgr.layers.action_patterns import action_patterns, beyond
from rolemgr.layers.boundary import ceiling_of, opened_by_others
from rolemgr.model.role import ComposedRole, ComposedStatement, RoleDocuments
from rolemgr.reference.quirks import quota
from rolemgr.reference.services import expand, find_action
from rolemgr.render.boundary import FilledBoundary, filled_boundary
from rolemgr.render.statements import permissions_policy
from rolemgr.separation.violations import violations

PERSONAS = sorted(Catalog().found("personas"))
PROFILES = sorted(Catalog().found("profiles"))
KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-55555555555"
LIMITS: dict[str, Any] = {
    "bucket": ["acme-data"],
    "subnet": ["subnet-0a1b2c3d"],
    "security_group": ["sg-0a1b2c3d"],
    "volume_key": [f"{KEY}6"],
    "data_key": [f"{KEY}7"],
}
ADMINISTRATOR = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
NEEDS_NO_ALLOW = {"sts:GetCallerIdentity", "sts:GetSessionToken"}
"""Nobody needs a permission for them, and a boundary stops neither."""
CHOICES = [(persona, ()) for persona in PERSONAS] + [
    (persona, (profile,)) for persona in PERSONAS for profile in PROFILES
]


@cache
def role_of(persona: str, profiles: tuple[str, ...] = (), **more: Any) -> tuple[ComposedRole, RoleDocuments]:
    """Return the role of *persona* with limits, and its documents."""
    found = rendered(persona=persona, guardrail_profile=list(profiles), **LIMITS, **more)
    return found.role, found.documents


def own(documents: RoleDocuments) -> tuple[IdentityPolicy, ...]:
    """Return all identity policies of a role."""
    return tuple(one.document for one in (*documents.policies, *documents.managed_policies))


def lost(documents: RoleDocuments, boundary: IdentityPolicy) -> tuple[object, ...]:
    """Return what the role has and has no more within *boundary*, and what nobody can tell."""
    policies = own(documents)
    found = compare(Policies(identity=policies), Policies(identity=policies, permissions_boundary=boundary))
    return (*found.differences, *found.unknowns)


@pytest.mark.sampled(12)
@pytest.mark.parametrize(("persona", "profiles"), CHOICES, ids=str)
def test_within_its_boundary_a_role_loses_nothing(persona: str, profiles: tuple[str, ...]) -> None:
    """Proven over all actions, for every persona and profile; and the boundary is within its quota."""
    role, documents = role_of(persona, profiles)
    filled = filled_boundary(ceiling_of([role]))
    assert lost(documents, filled.document) == ()
    assert filled.document.size() <= quota("permissions_boundary")


@pytest.mark.sampled(10)
@pytest.mark.parametrize("persona", [one for one in PERSONAS if one != "pipeline-scheduler"])  # it has one, by name
def test_a_boundary_without_an_action_takes_it(persona: str) -> None:
    """The proof has teeth: leave an action out, and those of its service that stand in one pattern with it."""
    role, documents = role_of(persona)
    ceiling = ceiling_of([role])
    whole = ceiling.granted.difference(ceiling.scoped, *(part.scoped for part in ceiling.parts))  # not by where
    taken = "s3:GetObject" if "s3:GetObject" in whole else min(whole)
    alike = {taken} if taken == "s3:GetObject" else {one for one in ceiling.granted if one[:5] == taken[:5]}
    smaller = ceiling._replace(granted=ceiling.granted - alike)
    assert lost(documents, filled_boundary(smaller).document)


@pytest.mark.parametrize("deny", ["s3:GetObject", "s3:*"])
def test_a_boundary_with_a_deny_of_its_own_takes_it(deny: str) -> None:
    """As above, for a Deny that the role does not have."""
    role, documents = role_of("data-scientist")
    filled = filled_boundary(ceiling_of([role]))
    more = {"Effect": "Deny", "Action": deny, "Resource": "*"}
    raw = filled.document.to_json_value()
    harder = IdentityPolicy.model_validate({**raw, "Statement": [*raw["Statement"], more]})
    assert lost(documents, harder)


def forbidden_outright(role: ComposedRole, granted: frozenset[str]) -> Iterator[str]:
    """Yield the actions that the persona of *role* must never have, and that it has on no resource."""
    for never in role.persona.never:
        yield from (one for one in expand(never.forbidden.action) if one not in granted)


@pytest.mark.sampled(10)
@pytest.mark.parametrize(("persona", "profiles"), CHOICES, ids=str)
def test_nothing_attached_gives_what_the_persona_must_never_have(persona: str, profiles: tuple[str, ...]) -> None:
    """With AdministratorAccess attached, no action that is forbidden outright comes through, and none of IAM."""
    role, _ = role_of(persona, profiles)
    ceiling = ceiling_of([role])
    bounded = Policies(identity=(ADMINISTRATOR,), permissions_boundary=filled_boundary(ceiling).document)
    others = {*expand("iam:*"), *expand("sts:*"), *expand("organizations:*")} - ceiling.granted
    for action in {*forbidden_outright(role, ceiling.granted), *others} - NEEDS_NO_ALLOW:
        request = Request.known(action, "*", {}, role.spec.arn, None)
        assert evaluate(request, bounded).decision != "Allowed", action


def by_name(filled: FilledBoundary, ceiling: Any) -> tuple[ComposedStatement, ...]:
    """Return the statements of a boundary with every action by name, as the question of separation asks them."""
    scoped = ceiling.scoped.union(*(part.scoped for part in filled.held))
    opened = tuple(sorted(ceiling.granted - scoped))
    found = ceiling.statements(filled.held, tight=False)
    return tuple(replace(one, actions=opened) if one.sid == "Ceiling" else one for one in found)


@pytest.mark.sampled(10)
@pytest.mark.parametrize(("persona", "profiles"), CHOICES, ids=str)
def test_what_is_held_keeps_the_separation_by_itself(persona: str, profiles: tuple[str, ...]) -> None:
    """A role that has all that its boundary lets through breaks only such promises as are named as left out."""
    role, _ = role_of(persona, profiles)
    ceiling = ceiling_of([role])
    filled = filled_boundary(ceiling)
    widest = replace(role, statements=by_name(filled, ceiling))
    left_out = {action for part in filled.left_out for action in part.scoped}
    broken = {one.action for one in violations(widest, ())}
    assert broken <= left_out


@pytest.mark.sampled(12)
@pytest.mark.parametrize("persona", PERSONAS)
def test_what_hands_out_rights_is_only_as_the_role_has_it(persona: str) -> None:
    """iam:PassRole and its like stand in no statement on all resources without a condition."""
    role, _ = role_of(persona)
    ceiling = ceiling_of([role])
    opened = {
        (one.resources, one.conditions, action)
        for one in role.statements if one.effect is Effect.ALLOW for action in one.actions
    }  # fmt: skip
    for statement in filled_boundary(ceiling).statements:
        for action in statement.actions if statement.effect is Effect.ALLOW and statement.resources == ("*",) else ():
            names = ceiling.scoped.intersection(expand(action) or (action,))
            assert all((("*",), statement.conditions, name) in opened for name in names), (persona, action)


@pytest.mark.sampled(12)
@pytest.mark.parametrize("persona", PERSONAS)
def test_all_is_held_or_named(persona: str) -> None:
    """Every guardrail and every Deny is in the boundary, or among what is left out."""
    role, _ = role_of(persona, ("regulated", "cost"))
    filled = filled_boundary(ceiling_of([role]))
    named = {sid for part in (*filled.held, *filled.left_out) for sid in (one.sid for one in part.denies)}
    assert named == {one.sid for one in role.statements if one.effect is Effect.DENY}
    text = filled.document.to_json()
    held = {sid for part in filled.held for sid in (one.sid for one in part.denies)}
    assert all(f'"{sid}"' in text for sid in held)


def test_cost_gives_way_to_data() -> None:
    """Where the quota is full, what keeps data in is held before what keeps costs down."""
    role, _ = role_of("data-scientist", ("isolated", "cost"))
    filled = filled_boundary(ceiling_of([role]))
    assert "network-isolation" in {part.name for part in filled.held}
    assert "max-runtime" in {part.name for part in filled.left_out}


# --- patterns of actions


def nothing(_action: str) -> bool:
    """Forbid no action."""
    return False


@pytest.mark.parametrize("persona", PERSONAS)
def test_patterns_stand_for_what_is_granted_or_looks(persona: str) -> None:
    """Each granted action is there; what else there is only lists and describes, and is nowhere forbidden."""
    role = composed(persona=persona)
    ceiling = ceiling_of([role])
    patterns = action_patterns(ceiling.granted, nothing, tight=True)
    reached = {one for pattern in patterns for one in (expand(pattern) or (pattern,))}
    assert ceiling.granted <= reached
    for action in beyond(patterns, ceiling.granted):
        found = find_action(action)
        assert found is not None
        assert found.access_levels <= {"List", "Read"}, action
        assert action.partition(":")[2].startswith(("Describe", "List")), action


def test_no_pattern_stands_for_a_forbidden_action() -> None:
    """One forbidden action among those that look is enough for names one by one."""
    granted = ["sagemaker:DescribeModel", "sagemaker:DescribeEndpoint"]
    assert action_patterns(granted, nothing) == ("sagemaker:Describe*",)
    kept_out = action_glob("sagemaker:DescribeUserProfile")
    assert action_patterns(granted, lambda one: kept_out(one.lower())) == tuple(sorted(granted))


def test_changing_actions_are_named_where_there_is_room() -> None:
    """A pattern of theirs is for a tight place, and stands for nothing else even there."""
    granted = ["sagemaker:StopTrainingJob", "sagemaker:StopTransformJob", "sagemaker:StopPipelineExecution"]
    assert action_patterns(granted, nothing) == tuple(sorted(granted))
    assert action_patterns(granted, nothing, tight=True) == tuple(sorted(granted))
    models = ["sagemaker-mlflow:LogModel", "sagemaker-mlflow:LogMetric"]
    assert action_patterns([*expand("sagemaker-mlflow:Log*")], nothing, tight=True) == ("sagemaker-mlflow:Log*",)
    assert action_patterns(models, nothing, tight=True) == tuple(sorted(models))


def test_an_unknown_action_is_named_and_handed_to_nobody() -> None:
    """What the reference lacks may hand out rights: it stays as the role has it."""
    role = composed(persona="sagemaker-feature-store")
    first = role.statements[0]
    odd = replace(role, statements=(replace(first, actions=("sagemaker:TurnTheLightsOn",)), *role.statements[1:]))
    ceiling = ceiling_of([odd])
    assert "sagemaker:TurnTheLightsOn" in ceiling.scoped
    statements = ceiling.statements((), tight=False)
    assert [one.resources for one in statements if "sagemaker:TurnTheLightsOn" in one.actions] == [first.resources]


# --- several roles

ALONE = "security-auditor"
"""Who reads the set-up of everything fills a boundary alone."""
SHARING = [persona for persona in PERSONAS if persona != ALONE]


def test_what_has_no_room_in_one_boundary_is_refused() -> None:
    """With its size, and what can be done about it."""
    with pytest.raises(InputError, match=r"has [0-9,]+ characters, IAM allows 6,144; .*make two roles"):
        filled_boundary(ceiling_of([role_of(persona)[0] for persona in ("data-engineer", ALONE)]))


@pytest.mark.sampled(12)
@pytest.mark.parametrize("pair", list(combinations(SHARING, 2)), ids="+".join)
def test_a_shared_boundary_takes_nothing_from_any(pair: tuple[str, str]) -> None:
    """A Deny of one role is in it only where it takes nothing from another."""
    found = [role_of(persona) for persona in pair]
    filled = filled_boundary(ceiling_of([role for role, _ in found]))
    assert [lost(documents, filled.document) for _, documents in found] == [(), ()]
    assert filled.document.size() <= quota("permissions_boundary")


def test_what_others_of_a_shared_boundary_open_is_told() -> None:
    """A data scientist deploys nothing, and the boundary of an ML engineer does not see to that."""
    roles = [composed(persona=one) for one in ("data-scientist", "ml-engineer")]
    [(persona, actions)] = opened_by_others(roles)
    assert persona == "data-scientist"
    assert "sagemaker:CreateEndpoint" in actions
    assert not list(opened_by_others(roles[:1]))


# --- what can't be


def test_too_large_a_role_has_no_boundary() -> None:
    """One that names too much is refused, with its size."""
    role = composed(persona="data-scientist")
    passing = next(one for one in role.statements if "iam:PassRole" in one.actions)
    many = tuple(f"arn:aws:iam::111122223333:role/ml/role-with-a-long-name-{number}" for number in range(120))
    large = replace(role, statements=(*role.statements, replace(passing, resources=many)))
    with pytest.raises(InputError, match=r"has [0-9,]+ characters, IAM allows 6,144"):
        filled_boundary(ceiling_of([large]))


@pytest.mark.sampled(12)
@pytest.mark.parametrize("persona", PERSONAS)
def test_check_finds_no_fault_in_a_boundary(persona: str) -> None:
    """No error and no warning on security; as documents of their own, without the role around."""
    role, _ = role_of(persona, ("regulated", "cost"))
    raw = filled_boundary(ceiling_of([role])).document.to_json_value()
    found = check([read(Document("boundary.json", PolicyType.BOUNDARY, raw, lambda _: None))])
    assert [one for one in found if one.severity in ("ERROR", "SECURITY_WARNING")] == []


def test_the_document_is_the_statements() -> None:
    """What is measured and compared is what is written."""
    filled = filled_boundary(ceiling_of([composed(persona="data-scientist")]))
    assert filled.document == permissions_policy(filled.statements)
