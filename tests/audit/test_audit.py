"""What an audit finds in a synthetic account, and what it leaves alone; each request is asked once more."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from tests.audit.accounts import (
    ACCOUNT,
    ADMINISTRATOR,
    BOUNDARY,
    FULL_ACCESS,
    Planted,
    allow,
    deny,
    details,
    document,
    group,
    policy,
    role,
    role_arn,
    synthetic,
    trust_aws,
    trust_service,
    user,
)
from tests.audit.support import audited, found, inventory

from rolemgr.audit.finding import AuditFinding, rules
from rolemgr.audit.rights import ANYTHING, ShownRequest
from rolemgr.audit.run import Audit
from rolemgr.check.finding import Severity
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies


@pytest.fixture(scope="module", params=[1, 2, 3])
def account(request: pytest.FixtureRequest) -> tuple[Audit, list[Planted]]:
    """Return the audit of an account, and its planted faults."""
    text, faults = synthetic(request.param)
    return audited(text), faults


@pytest.mark.sampled(1)
def test_every_planted_fault_is_found(account: tuple[Audit, list[Planted]]) -> None:
    """Sixty faults and more of thirty kinds, in any order of the roles."""
    result, faults = account
    assert {(one.id, one.name) for one in faults} - found(result) == set()
    assert len(faults) >= 60
    assert len({one.id for one in faults}) >= 30
    assert {one.id for one in faults} == {one for one in rules() if one < "AU6"}


def test_innocent_roles_are_left_alone(account: tuple[Audit, list[Planted]]) -> None:
    """Two hundred roles of one job each have no finding above a suggestion."""
    result, _ = account
    blamed = [one for one in result.findings if one.principal.name.startswith(("innocent", "grouped"))]
    assert [one for one in blamed if one.severity is not Severity.SUGGESTION] == []
    assert sum(one.startswith("arn") for one in inventory(synthetic(1)[0]).principals) == result.roles + result.users


def requests_of(finding: AuditFinding) -> Iterator[ShownRequest]:
    """Yield all requests that show *finding*."""
    yield from finding.requests
    yield from (request for step in finding.steps for request in step.requests)


def test_every_request_is_allowed_by_the_evaluator(account: tuple[Audit, list[Planted]]) -> None:
    """ShownRequest anew of the policies of its holder; what others would have to allow in their account is taken for granted."""
    result, _ = account
    for finding in result.findings:
        for asked in requests_of(finding):
            holder = asked.holder
            identity = tuple(one.document for one in holder.policies) if holder else (ANYTHING,)
            boundary = holder.boundary.document if holder and holder.boundary else None
            policies = Policies(identity, boundary, resource=asked.trust)
            assert evaluate(asked.request, policies).decision == "Allowed", (finding, asked)


def test_chains_lead_from_their_principal_to_an_administrator(account: tuple[Audit, list[Planted]]) -> None:
    """Each step starts where the last one ended, and there are as many as the finding says."""
    result, _ = account
    administrators = {one.principal.arn for one in result.findings if one.rule.id == "AU001"} | {"every right"}
    chains = [one for one in result.findings if one.rule.id in ("AU301", "AU302", "AU303")]
    assert len(chains) >= 8
    for one in chains:
        assert len(one.steps) == int(one.rule.id[-1])
        assert one.steps[0].who == one.principal.arn
        assert [step.whom for step in one.steps[:-1]] == [step.who for step in one.steps[1:]]
        assert one.steps[-1].whom in administrators
        assert all(step.requests for step in one.steps)


def test_the_same_input_gives_the_same_audit() -> None:
    """In whatever order the principals stand."""
    text, _ = synthetic(5, 30)
    first, again = audited(text), audited(text)
    assert [(one.rule.id, one.principal.arn, one.message) for one in first.findings] == [
        (one.rule.id, one.principal.arn, one.message) for one in again.findings
    ]


ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DOOR = role("door", allow("*"), trust=trust_aws(ROOT))
JOBS = allow("sagemaker:CreateTrainingJob")
TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


@pytest.mark.parametrize(
    ("statements", "more"),
    [
        pytest.param([], {}, id="assumes-nothing"),
        pytest.param([allow("sts:AssumeRole", role_arn("other"))], {}, id="assumes-another"),
        pytest.param([allow("sts:AssumeRole"), deny("sts:AssumeRole", role_arn("door"))], {}, id="denied"),
        pytest.param([allow("sts:AssumeRole")], {"boundary": BOUNDARY}, id="bounded"),
        pytest.param([allow("iam:PassRole", role_arn("door"), **TO_SAGEMAKER), JOBS], {}, id="sagemaker-is-not-trusted"),
        pytest.param([allow("iam:UpdateAssumeRolePolicy", role_arn("other"))], {}, id="rewrites-another"),
        pytest.param([allow("iam:PutRolePolicy", role_arn("other"))], {}, id="fills-what-it-can-not-become"),
        pytest.param([allow(["iam:PutRolePolicy", "sts:AssumeRole"], role_arn("kept"))], {}, id="fills-a-bounded-role"),
        pytest.param([allow("iam:PutRolePolicy", role_arn("walker"))], {"boundary": BOUNDARY}, id="bounded-itself"),
        pytest.param(
            [allow(["iam:CreateRole", "iam:PutRolePolicy"], role_arn("app-*"),
                   StringEquals={"iam:PermissionsBoundary": BOUNDARY})], {}, id="makes-bounded-roles"),
        pytest.param(
            [allow("sts:AssumeRole", "*", StringEquals={"aws:PrincipalTag/Team": "platform"})], {"tags": {"Team": "ml"}},
            id="another-tag"),
    ],
)  # fmt: skip
def test_no_way_is_made_up(statements: list[dict[str, object]], more: dict[str, object]) -> None:
    """Beside a role that may everything and trusts the account: who can't get at it has no chain."""
    walker = role("walker", *statements, **more)  # type: ignore[arg-type]
    bounding = policy("ml-boundary", allow(["s3:*", "sagemaker:*", "iam:*"]))
    kept = role("kept", trust=trust_aws(ROOT), boundary=BOUNDARY)
    result = audited(details([DOOR, walker, kept, role("other")], policies=[bounding]))
    ids = {one for one, name in found(result) if name == "walker"}
    assert not ids & {"AU001", "AU002", "AU301", "AU302", "AU303"}


@pytest.mark.parametrize(
    ("condition", "tags"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {}),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, {}),
        ({"StringEquals": {"aws:PrincipalTag/Team": "platform"}}, {"Team": "platform"}),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {}),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/walk*"}}, {}),
    ],
)
def test_conditions_that_the_caller_meets_stop_nobody(condition: dict[str, object], tags: dict[str, str]) -> None:
    """The request that is shown names the keys that it needs."""
    walker = role("walker", allow("sts:AssumeRole", "*", **condition), tags=tags)
    assert ("AU301", "walker") in found(audited(details([DOOR, walker])))


def test_a_deny_on_what_the_caller_chooses_is_walked_around() -> None:
    """A Deny without MFA, or outside a region, denies those requests and no others."""
    guard = deny("*", "*", BoolIfExists={"aws:MultiFactorAuthPresent": "false"})
    elsewhere = deny("*", "*", StringNotEquals={"aws:RequestedRegion": "eu-west-1"})
    walker = role("walker", allow("sts:AssumeRole"), guard, elsewhere)
    result = audited(details([DOOR, walker]))
    chain = next(one for one in result.findings if one.rule.id == "AU301")
    assert chain.steps[0].requests[0].request.context["aws:RequestedRegion"] == ("eu-west-1",)


def test_a_users_groups_count() -> None:
    """What a group allows its users may do; the group itself is nobody."""
    result = audited(
        details(users=[user("alice", groups=["admins"])], groups=[group("admins", attached=[ADMINISTRATOR])])
    )
    assert found(result) == {("AU001", "alice")}


def test_full_access_behind_a_deny_is_told_apart() -> None:
    """The policy is attached, and what it grants is evaluated."""
    walled = role("walled", deny("sagemaker:*"), attached=[FULL_ACCESS])
    result = audited(details([walled]))
    finding = next(one for one in result.findings if one.rule.id == "AU003")
    assert "leaves a part" in finding.message
    assert next(iter(result.nearest)).exceeds
    assert not any(one.startswith("sagemaker:") for one in next(iter(result.nearest)).exceeds)


def test_a_persona_is_nearest_to_itself() -> None:
    """A role that `create` renders exceeds its own persona by nothing."""
    from tests.support import rendered, statements_of

    roles = [role(name, *statements_of(rendered(persona=name))) for name in ("data-scientist", "mlops-engineer")]
    for near in audited(details(roles)).nearest:
        assert (near.persona, near.exceeds, near.lacks) == (near.role.name, (), ())


def test_use_is_judged_as_of_the_newest_day_of_the_input() -> None:
    """Or as of the day that is given; a role of which the input does not tell is not judged."""
    silent = role("silent")
    del silent["RoleLastUsed"]
    text = details([role("busy"), role("idle", used="2026-05-01T00:00:00Z"), silent])
    result = audited(text)
    assert result.as_of == date(2026, 11, 20)
    assert found(result) == {("AU401", "idle")}
    assert [one.reason for one in result.not_judged] == ["the input has no RoleLastUsed of it"]
    assert ("AU401", "busy") in found(audited(text, as_of=date(2027, 6, 1)))


def test_an_unknown_boundary_is_said_with_the_finding() -> None:
    """It may deny what the identity policies allow: neither "no" nor "yes"."""
    result = audited(details([role("who", allow("*"), boundary=BOUNDARY)]))
    assert BOUNDARY in result.findings[0].unless
    assert any(BOUNDARY in one.place for one in result.not_judged)


def test_service_linked_roles_are_counted_and_not_judged() -> None:
    """Their policies are AWS's own."""
    own = role("AWSServiceRoleForX", allow("*"))
    own["Arn"] = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    result = audited(details([own]))
    assert (result.of_services, result.findings) == (1, ())


def test_a_trust_of_another_account_of_the_input_is_not_external() -> None:
    """Several files are several accounts of one organization."""
    other = "222222222222"
    one = details([role("reader", trust=trust_aws(f"arn:aws:iam::{other}:root"))])
    two = details([role("caller", trust=trust_service(account=other), account=other)])
    assert found(audited(one, two)) == set()
    assert found(audited(one)) == {("AU102", "reader")}


def test_a_principal_that_is_gone_is_said() -> None:
    """A trust policy with the unique id of a role that was deleted."""
    result = audited(details([role("left", trust=document(*trust_aws("AROAEXAMPLEEXAMPLEEX")["Statement"]))]))
    assert any("AROAEXAMPLEEXAMPLEEX" in one.reason for one in result.not_judged)


def test_more_names_than_are_tried_are_said() -> None:
    """None of the first is allowed, and that is no "no" for those behind them."""
    names = [f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f{number}" for number in range(9)]
    passes = allow("iam:PassRole", role_arn("top"))
    starter = role("starter", passes, allow("lambda:CreateFunction", names), deny("lambda:CreateFunction", names[:8]))
    top = role("top", allow("*"), trust=trust_service("lambda", account=None))
    result = audited(details([starter, top]))
    assert any("lambda:CreateFunction" in one.place and "more than" in one.reason for one in result.not_judged)


def test_a_policy_that_is_called_like_awss_is_not_awss() -> None:
    """A customer may give a policy any name; what it says counts."""
    narrow = policy("AmazonSageMakerFullAccess", allow("sagemaker:ListModels"))
    assert found(audited(details([role("who", attached=[narrow["Arn"]])], policies=[narrow]))) == set()
    of_aws = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    assert ("AU003", "who") in found(audited(details([role("who", attached=[of_aws])])))


def test_the_last_of_many_names_of_roles_is_tried() -> None:
    """Whoever may make a role by the twelfth name in a policy may make it."""
    names = [role_arn(f"r{number}") for number in range(12)]
    maker = role("maker", allow(["iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole"], names))
    maker["RolePolicyList"][0]["PolicyDocument"]["Statement"].append(deny("iam:*", names[:11]))
    assert ("AU002", "maker") in found(audited(details([maker])))


def test_names_of_roles_that_are_not_tried_are_said() -> None:
    """A file that AWS never wrote has a bound, and the bound is told."""
    names = [role_arn(f"r{number}") for number in range(300)]
    result = audited(details([role("maker", allow("iam:CreateRole", names))]))
    assert any("more than 200 names" in one.place for one in result.not_judged)


@pytest.mark.parametrize(("denied", "untold"), [(30, 1), (11, 1), (10, 0), (0, 0)])
def test_resources_that_are_not_tried_for_the_persona_are_said(denied: int, untold: int) -> None:
    """The first twelve are tried: where none of these is allowed, those behind them are no "no"."""
    names = [f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model/m{number}" for number in range(31)]
    who = role("who", allow("sagemaker:DescribeModel", names), deny("sagemaker:*", [*names[:denied], "arn:aws:x:::y"]))
    near = audited(details([who])).nearest[0]
    assert (near.untold, near.allowed) == (untold, 1 - untold)


def test_a_role_that_may_be_made_by_a_late_name_is_said_precisely() -> None:
    """The reason is that names were left out, and not that a condition can't be told."""
    names = [role_arn(f"r{number}") for number in range(300)]
    result = audited(details([role("maker", allow("iam:CreateRole", names))]))
    told = next(one for one in result.not_judged if "more than 200 names" in one.place)
    assert "the others are not asked for" in told.reason
    made = role("maker", allow(["iam:CreateRole", "iam:PutRolePolicy", "sts:AssumeRole"], names))
    assert not any("names" in one.place for one in audited(details([made])).not_judged)


def test_a_group_without_rights_is_joined_for_nothing() -> None:
    """And one with a boundary stays bounded in any group."""
    joins = allow("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/*")
    admins, others = group("admins", attached=[ADMINISTRATOR]), group("others", allow("s3:ListAllMyBuckets"))
    assert found(audited(details(users=[user("who", joins)], groups=[others]))) == set()
    bounded = user("who", joins) | {"PermissionsBoundary": {"PermissionsBoundaryArn": BOUNDARY}}
    bounding = [policy("ml-boundary", allow(["s3:*", "iam:*"]))]
    assert found(audited(details(users=[bounded], groups=[admins], policies=bounding))) == set()
    assert ("AU002", "who") in found(audited(details(users=[user("who", joins)], groups=[admins])))


def test_iam_changes_nothing_in_another_account() -> None:
    """To write who may assume a role, or a user's keys, is a request of one's own account."""
    other = "222222222222"
    walker = role(
        "walker", allow(["iam:*AssumeRolePolicy", "iam:CreateAccessKey", "iam:PutRolePolicy", "sts:AssumeRole"])
    )
    roles = details([role("top", allow("*"), account=other)], [user("root-like", allow("*"), account=other)])
    result = audited(details([walker]), roles)
    assert not {one for one, name in found(result) if name == "walker"} & {"AU301", "AU302", "AU303"}


def test_mlflow_of_a_persona_is_a_suggestion_that_a_parameter_answers() -> None:
    """Our own data scientist opens any MLflow server unless `mlflow_servers` names them."""
    from tests.support import rendered, statements_of

    def ids(**more: Any) -> dict[str, Severity]:
        statements = statements_of(rendered(persona="data-scientist", **more))
        return {one.rule.id: one.severity for one in audited(details([role("ds", *statements)])).findings}

    assert ids() == {"AU207": Severity.SUGGESTION}
    assert ids(parameter={"mlflow_servers": ["team-a"], "mlflow_apps": ["app-a"]}) == {}


def test_a_group_of_which_a_policy_is_not_known_is_said() -> None:
    """It may have every right."""
    joins = allow("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/*")
    dark = group("dark", attached=[f"arn:aws:iam::{ACCOUNT}:policy/not-here"])
    result = audited(details(users=[user("who", joins)], groups=[dark]))
    assert any("in group dark" in one.place and "not known" in one.reason for one in result.not_judged)
