"""Working together: the team's shared spaces, one's own prefix, data by S3 Access Grants; and nothing of others."""

from functools import cache
from typing import Any

import pytest
from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.compose.trust import compose_trust
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import violations

CATALOG = Catalog()
A = "arn:aws:sagemaker:us-east-1:111122223333"
AVA: dict[str, Any] = {"sagemaker:DomainId": "d-abc", "sagemaker:UserProfileName": "ava"}
SHARED: dict[str, Any] = {**AVA, "sagemaker:SpaceSharingType": "Shared", "sagemaker:InstanceTypes": ["ml.t3.medium"]}
OF_LEAD: dict[str, Any] = {**SHARED, "sagemaker:OwnerUserProfileArn": f"{A}:user-profile/d-abc/lea"}
NAMED: dict[str, Any] = {**AVA, "aws:SourceIdentity": "ava", "aws:ResourceAccount": "111122223333"}
GIVEN = {"team_spaces": ["team-churn-*"], "own_prefixes": ["acme-people/home"]}
GROUPS = ["work-in-team-spaces", "write-own-prefix", "use-access-grants"]
OWN = "arn:aws:s3:::acme-people/home"


@cache
def policies() -> Policies:
    """Return what a data scientist may who works together with a team."""
    return rendered(persona="data-scientist", add=GROUPS, parameter=GIVEN).policies()


REQUESTS: list[tuple[str, str, str, dict[str, Any], bool]] = [
    ("starts JupyterLab in the team's space", "sagemaker:CreateApp", f"{A}:app/d-abc/team-churn-1/jupyterlab/default", OF_LEAD, True),
    ("stops it again", "sagemaker:DeleteApp", f"{A}:app/d-abc/team-churn-1/jupyterlab/default", OF_LEAD, True),
    ("another team's space", "sagemaker:CreateApp", f"{A}:app/d-abc/team-fraud-1/jupyterlab/default", OF_LEAD, False),
    ("a private space of the same name", "sagemaker:CreateApp", f"{A}:app/d-abc/team-churn-lea/jupyterlab/default", {**OF_LEAD, "sagemaker:SpaceSharingType": "Private"}, False),
    ("the team's space of another domain", "sagemaker:CreateApp", f"{A}:app/d-xyz/team-churn-1/jupyterlab/default", OF_LEAD, False),
    ("changes the team's space for all", "sagemaker:UpdateSpace", f"{A}:space/d-abc/team-churn-1", OF_LEAD, False),
    ("makes a shared space", "sagemaker:CreateSpace", f"{A}:space/d-abc/team-churn-9", SHARED, False),
    ("connects from outside", "sagemaker:StartSession", f"{A}:space/d-abc/team-churn-1", AVA, False),
    ("claims the space by a tag", "sagemaker:AddTags", f"{A}:space/d-abc/team-churn-1", {**AVA, "aws:TagKeys": ["sagemaker:user-profile-arn"]}, False),
    ("writes the own prefix", "s3:PutObject", f"{OWN}/ava/notes.md", NAMED, True),
    ("reads it", "s3:GetObject", f"{OWN}/ava/notes.md", NAMED, True),
    ("writes another's", "s3:PutObject", f"{OWN}/mia/notes.md", NAMED, False),
    ("one that begins alike", "s3:PutObject", f"{OWN}/ava2/notes.md", NAMED, False),
    ("without a source identity", "s3:PutObject", f"{OWN}/ava/notes.md", {**AVA, "aws:ResourceAccount": "111122223333"}, False),
    ("the variable itself as a name", "s3:PutObject", OWN + "/${aws:SourceIdentity}/x", {**AVA, "aws:ResourceAccount": "111122223333"}, False),
    ("asks Access Grants", "s3:GetDataAccess", "arn:aws:s3:us-east-1:111122223333:access-grants/default", AVA, True),
    ("those of another account", "s3:GetDataAccess", "arn:aws:s3:us-east-1:444455556666:access-grants/default", AVA, False),
    ("gives itself a grant", "s3:CreateAccessGrant", "arn:aws:s3:us-east-1:111122223333:access-grants/default", AVA, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "action", "resource", "context", "allowed"), REQUESTS, ids=[one[0] for one in REQUESTS]
)
def test_what_is_the_teams_and_what_is_not(
    what: str, action: str, resource: str, context: dict[str, Any], allowed: bool
) -> None:
    """Whoever works in a team's space reaches that, the own prefix, and what was granted; nobody else's."""
    principal = "arn:aws:sts::111122223333:assumed-role/sagemaker-data-scientist/SageMaker"
    found = evaluate(
        Request(action, resource, context_of({"aws:PrincipalAccount": "111122223333", **context}), principal),
        policies(),
    )
    assert (found.decision == "Allowed") is allowed, what


def test_the_separation_holds_and_without_the_group_excepts_nothing() -> None:
    """Named spaces are what `own-studio-only` lets by; a role that names none may be in no shared one."""
    for chosen in ({"add": GROUPS, "parameter": GIVEN}, {}):
        role = rendered(CATALOG, persona="data-scientist", **chosen)
        assert violations(role.role, closure_of(CATALOG, role.role).known) == ()
    assert rendered(CATALOG, persona="data-scientist").role.never_values["team_spaces"] == ()


def test_the_role_of_the_spaces_is_judged_as_one_that_it_reaches() -> None:
    """Everybody in a shared space acts as its role."""
    given = {**GIVEN, "team_roles": ["arn:aws:iam::111122223333:role/sagemaker-mlops-engineer"]}
    role = rendered(CATALOG, persona="data-scientist", add=GROUPS, parameter=given, break_separation="a test")
    found = violations(role.role, closure_of(CATALOG, role.role).known)
    assert "sagemaker:CreateEndpoint*" in {one.never.forbidden.action for one in found}


def test_trust_lets_studio_set_identity_and_context() -> None:
    """Both groups rest on what the role's trust lets Studio bring along."""
    role = rendered(CATALOG, persona="data-scientist", trust=["sagemaker?source-identity=yes&set-context=yes"]).role
    actions = {action for one in compose_trust(role.spec) for action in one.actions}
    assert {"sts:SetSourceIdentity", "sts:SetContext"} <= actions
