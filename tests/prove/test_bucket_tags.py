"""Tags of buckets that access goes by: nobody who is held to them changes them, and every way to do so is found."""

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run
from tests.prove.mutants import CATALOG, write

from rolemgr.catalog.load import Catalog
from rolemgr.prove.bucket_tags import FIXED, bucket_tags_kept, rule_actions
from rolemgr.prove.catalog import prove_role, subject_of
from rolemgr.reference.services import find_action

HELD: dict[str, Any] = {"abac": ["Project"], "tag": {"Project": "churn"}, "abac_buckets": True}
WAYS = ("s3:PutBucketTagging", "s3:PutBucketAbac", "s3:TagResource", "s3:UntagResource")


@pytest.mark.parametrize("persona", sorted(CATALOG.found("personas")))
def test_nobody_changes_what_lets_them_in(persona: str) -> None:
    """For every persona as it is shipped, and for all that it reaches; without the option nothing goes by them."""
    (proof,) = bucket_tags_kept(subject_of(CATALOG, {"persona": persona, **HELD}))
    assert proof.holds
    assert proof.checked >= len(rule_actions())
    assert bucket_tags_kept(subject_of(CATALOG, {"persona": persona})) == ()


@pytest.mark.parametrize("action", WAYS)
def test_a_group_that_changes_them_is_found(action: str, tmp_path: Path) -> None:
    """A mutant a way, on one named bucket, of a role whose separation was given up."""
    statement = {"sid": "Rules", "actions": [action], "resources": ["arn:{{ partition }}:s3:::acme"]}
    write(tmp_path, "activity_groups", "rules", {"title": "T", "description": "T.", "statements": [statement]})
    choices = {"persona": "ml-engineer", "add": ["rules"], "break_separation": "test", **HELD}
    (proof,) = bucket_tags_kept(subject_of(Catalog([tmp_path]), choices))
    found = proof.counter_examples[0]
    assert found.request
    assert (found.request.action, found.request.resource) == (action, "arn:aws:s3:::acme")
    assert [Path(place.file).name for place in found.places] == ["rules.yaml"]


def test_what_is_attached_is_asked_too() -> None:
    """A managed policy of AWS's that may do anything to buckets."""
    choices = {
        "persona": "ml-engineer",
        "managed_policy": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"],
        "break_separation": "test",
    }
    (proof,) = bucket_tags_kept(subject_of(CATALOG, {**choices, **HELD}))
    assert not proof.holds


def test_prove_makes_the_proof() -> None:
    """It is among those of a role."""
    assert FIXED in [proof.name for proof in prove_role(subject_of(CATALOG, {"persona": "business-analyst", **HELD}))]


def test_the_help_of_prove_says_so(run: Run) -> None:
    """Over the whole catalog it is asked in `test_proofs.py`."""
    assert "nobody changes the tags of buckets" in " ".join(run("prove", "--help").stdout.split())


def test_no_other_action_of_buckets_is_about_their_tags() -> None:
    """An operation to take tags away has no action of its own; the reference would show a new one."""
    assert find_action("s3:DeleteBucketTagging") is None
    assert find_action("s3:DeleteBucketAbac") is None
