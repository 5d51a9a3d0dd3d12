"""Attached policies and the boundary in a role's documents, and the quota that they count against."""

from typing import Any

import pytest
from tests.support import rendered

from rolemgr.errors import InputError
from rolemgr.render.documents import attachments
from rolemgr.report.preview import warnings

OWN = "arn:aws:iam::111122223333:policy/"


def many(count: int) -> list[str]:
    """Return the ARNs of so many policies of the account."""
    return [f"{OWN}p{number}" for number in range(count)]


def properties(**choices: Any) -> dict[str, Any]:
    """Return the properties of a compute role with *choices*."""
    return rendered(persona="sagemaker-compute", **choices).documents.to_properties()


def test_both_keys_are_absent_where_nothing_is_chosen() -> None:
    """A role without them looks as it always did."""
    assert {"ManagedPolicyArns", "PermissionsBoundary"}.isdisjoint(properties())


def test_both_keys_hold_what_was_chosen_sorted() -> None:
    """The order in which policies are given never matters."""
    found = properties(managed_policy=[f"{OWN}b", f"{OWN}a"], boundary=f"{OWN}limits")
    assert (found["ManagedPolicyArns"], found["PermissionsBoundary"]) == ([f"{OWN}a", f"{OWN}b"], f"{OWN}limits")
    assert found == properties(managed_policy=[f"{OWN}a", f"{OWN}b"], boundary=f"{OWN}limits")


def test_up_to_the_default_quota_nothing_is_said() -> None:
    """Ten attached policies are what any account allows; the boundary takes no place among them."""
    made = rendered(persona="sagemaker-compute", managed_policy=many(10), boundary=f"{OWN}limits")
    assert made.documents.managed_policies == ()
    assert attachments(made.documents) is None


def test_over_the_default_quota_both_kinds_are_counted() -> None:
    """The note says how many were attached and how many the inline quota made, and preview warns of it."""
    made = rendered(persona="sagemaker-compute", managed_policy=many(10), **LARGE)
    overflow = len(made.documents.managed_policies)
    assert overflow > 0
    text = attachments(made.documents)
    assert text == (
        f"{10 + overflow} managed policies (10 attached, {overflow} of its own) are over IAM's default "
        "quota of 10 a role: it must be raised"
    )
    assert text in list(warnings(made.role, made.documents))


LARGE: dict[str, Any] = {
    "parameter": {"offline_store": ["acme/features"]},
    "bucket": [f"bucket-of-a-long-name-{number:03}-{'x' * 36}" for number in range(60)],
}


def test_over_the_maximum_it_is_refused() -> None:
    """Twenty is what IAM takes at most, both kinds together; none attached by the user is another sentence."""
    assert len(properties(managed_policy=many(20))["ManagedPolicyArns"]) == 20
    with pytest.raises(InputError, match=r"needs 21 managed policies \(21 attached, 0 of its own\)"):
        rendered(persona="sagemaker-compute", managed_policy=many(21))
    with pytest.raises(InputError, match=r"\(20 attached, [1-9][0-9]* of its own\), IAM attaches 20"):
        rendered(persona="sagemaker-compute", managed_policy=many(20), **LARGE)


def test_denies_over_many_places_say_which_groups_and_what_helps() -> None:
    """Each bucket has protected prefixes of its own, which all stand inline; one place instead of many fits."""
    many_buckets = LARGE["bucket"]
    with pytest.raises(InputError, match=r"most in .*protect-features.*name fewer places with --parameter") as caught:
        rendered(persona="sagemaker-compute", bucket=many_buckets)
    assert "rolemgr show activity-group protect-features" in str(caught.value)
    rendered(persona="sagemaker-compute", **LARGE)
