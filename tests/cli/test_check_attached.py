"""`check` of a chosen role says what is attached to it and not known."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Run

ROLE = ("check", "--persona", "sagemaker-compute", "--account", "111122223333")
AWS = "arn:aws:iam::aws:policy/"


def test_what_is_attached_to_a_chosen_role_and_not_known_is_said(run: "Run") -> None:
    """A policy of the account, and its boundary; AWS's known ones are judged instead."""
    ours = "arn:aws:iam::111122223333:policy/"
    ran = run(*ROLE, "--managed-policy", f"{ours}p", "--boundary", f"{ours}b", "--format", "json")
    reasons = [one["reason"] for one in json.loads(ran.stdout)["not_judged"]]
    assert [f"{ours}p" in reasons[0], f"{ours}b" in reasons[1], len(reasons)] == [True, True, 2]
    assert run(*ROLE, "--managed-policy", f"{ours}p", "--fail-on", "not-judged").code == 1
    known = run(*ROLE, "--managed-policy", f"{AWS}AmazonS3ReadOnlyAccess", "--format", "json")
    assert json.loads(known.stdout)["not_judged"] == []
    assert "RM604" in {one["rule"] for one in json.loads(known.stdout)["findings"]}
