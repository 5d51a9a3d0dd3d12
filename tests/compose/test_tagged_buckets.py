"""Buckets that a tag of the caller names: each session reaches its own, and no value of the tag gets further."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.request import Request, context_of
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import RenderedRole, violations

CATALOG = Catalog()
BY_TAG = "acme-${aws:PrincipalTag/Project}"
TAG = {"Project": "churn"}
PERSONAS = sorted(CATALOG.found("personas"))
ACCOUNT = "111122223333"


def role_of(persona: str = "data-scientist", **choices: Any) -> RenderedRole:
    """Return the role of *persona* whose bucket is by tag."""
    return rendered(CATALOG, **{"persona": persona, "bucket": [BY_TAG], "tag": TAG, **choices})


ROLE = role_of()


def decision(action: str, arn: str, tag: str | None, owner: str = ACCOUNT, role: RenderedRole = ROLE) -> str:
    """Return what a session with the *tag* gets on what *owner* has."""
    context = {"aws:ResourceAccount": owner} | ({"aws:PrincipalTag/Project": tag} if tag is not None else {})
    return evaluate(Request(f"s3:{action}", arn, context_of(context)), role.policies()).decision


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_persona_keeps_its_promises(persona: str) -> None:
    """Also through the roles that it passes, whose buckets are by tag too."""
    role = role_of(persona).role
    assert violations(role, closure_of(CATALOG, role).known) == ()


def test_each_session_reaches_its_own_bucket() -> None:
    """Thirty people in six projects share one role."""
    projects = ("churn", "fraud", "pricing", "search", "speech", "vision")
    for mine in projects:
        for bucket in projects:
            allowed = "Allowed" if bucket == mine else "ImplicitlyDenied"
            for action, key in (("GetObject", "/a"), ("PutObject", "/a/b"), ("ListBucket", "")):
                assert decision(action, f"arn:aws:s3:::acme-{bucket}{key}", mine) == allowed


def test_a_session_without_the_tag_reaches_none() -> None:
    """A variable without a value names nothing."""
    assert decision("GetObject", "arn:aws:s3:::acme-churn/a", None) == "ImplicitlyDenied"
    assert decision("GetObject", "arn:aws:s3:::acme-/a", None) == "ImplicitlyDenied"


def test_a_slash_in_the_tag_gets_nowhere() -> None:
    """With `churn/models` as the tag the bucket would end early, and the Denies behind it with it."""
    for action in ("GetObject", "PutObject", "DeleteObject"):
        for arn in ("acme-churn/models/a", "acme-churn/models/models/a", "acme-churn/a"):
            assert decision(action, f"arn:aws:s3:::{arn}", "churn/models") == "ExplicitlyDenied"


def test_a_bucket_that_somebody_else_made_first_gets_nothing() -> None:
    """Its name can be guessed from the tag."""
    for action in ("GetObject", "PutObject"):
        assert decision(action, "arn:aws:s3:::acme-churn/a", "churn", owner="999988887777") == "ExplicitlyDenied"


@given(tag=st.text("ab/*?.:-_@ ${}", max_size=12), bucket=st.text("ab-.", min_size=1, max_size=8),
       key=st.text("ab/-", min_size=1, max_size=8))  # fmt: skip
def test_no_value_of_the_tag_reaches_another_bucket(tag: str, bucket: str, key: str) -> None:
    """Stars and question marks of a value are literal, and of no bucket is a part reached."""
    reached = decision("GetObject", f"arn:aws:s3:::acme-{bucket}/{key}", tag) == "Allowed"
    assert reached == (tag == bucket)


@given(tag=st.text("models/-", max_size=16), key=st.text("models/", max_size=10))
def test_no_value_of_the_tag_writes_the_models_prefix(tag: str, key: str) -> None:
    """Of any project, the own one or another."""
    for bucket in {"x", tag.partition("/")[0]}:
        assert decision("PutObject", f"arn:aws:s3:::acme-{bucket}/models/{key}", tag) != "Allowed"


@pytest.mark.parametrize(
    ("bucket", "says"),
    [
        ("${aws:PrincipalTag/Project}", "a tag of the caller stands in it once, behind a beginning"),
        ("acme${aws:PrincipalTag/Project}", "behind a beginning"),
        ("a-${aws:PrincipalTag/Project}", "behind a beginning"),
        ("acme-${aws:username}", "behind a beginning"),
        ("acme-${aws:PrincipalTag/Project, 'all'}", "behind a beginning"),
        ("acme-${aws:PrincipalTag/A}-${aws:PrincipalTag/B}", "behind a beginning"),
        ("acme-${aws:PrincipalTag/aws:x}", "behind a beginning"),
        ("acme-${aws:PrincipalTag/Project}-", "behind a beginning"),
        ("acme-${aws:PrincipalTag/Project", "behind a beginning"),
        ("acme-${*}", "behind a beginning"),
        ("acme-*", "is not a bucket name"),
        ("acme-${aws:PrincipalTag/Team}", "SageMaker's sessions carry the role's own tags, and the role has no tag"),
        ("acme-${aws:PrincipalTag/project}", "tag key `project` is spelt `Project` under --tag"),
    ],
)
def test_what_can_t_be_a_bucket_by_tag_is_refused(bucket: str, says: str) -> None:
    """A name that is all the caller's, one that everybody without a tag has, a tag that no session brings."""
    with pytest.raises(RolemgrError, match="(?s)" + says.replace("(", r"\(")):
        role_of(bucket=[bucket])


def test_a_prefix_may_lie_in_a_bucket_by_tag() -> None:
    """The models of each project, in its own bucket."""
    role = role_of(parameter={"models": [f"{BY_TAG}/approved"]})
    assert decision("PutObject", "arn:aws:s3:::acme-churn/approved/a", "churn", role=role) == "ExplicitlyDenied"
    assert decision("PutObject", "arn:aws:s3:::acme-churn/models/a", "churn", role=role) == "Allowed"


def test_it_is_said_who_holds_the_lock() -> None:
    """The tag opens the bucket, so who sets it decides; a value that no bucket can have is named."""
    notes = [note for note in role_of(tag={"Project": "Churn"}).role.notes if "bucket" in note]
    assert any("whoever sets the tag Project" in note and "begins with acme-" in note for note in notes)
    assert any("no bucket can be called acme-Churn" in note for note in notes)


def test_the_denies_come_with_such_a_bucket_alone() -> None:
    """They have no place in other roles."""
    words = ("TagHoldsASlash", "BucketOfAnotherAccount")
    for role, count in ((ROLE, 2), (role_of(bucket=["acme-churn"]), 0)):
        assert sum(one.sid.startswith(words) for one in role.role.statements) == count
