"""Denies that deny nothing are left out; one that may deny anything stays."""

import json
from typing import Any

import pytest
from tests.conftest import Run


def denies(run: Run, *options: str) -> list[dict[str, Any]]:
    """Return the Denies of a data scientist's role that speak of the default bucket."""
    ran = run("create", "--persona", "data-scientist", "--region", "eu-west-1", *options)
    assert ran.code == 0, ran.stderr
    role = json.loads(ran.stdout)
    documents = [one["PolicyDocument"] for kind in ("Policies", "ManagedPolicies") for one in role.get(kind, ())]
    found = [one for document in documents for one in document["Statement"] if one["Effect"] == "Deny"]
    return [one for one in found if "aws:ResourceAccount" in json.dumps(one.get("Condition"))]


@pytest.mark.parametrize(
    ("options", "stays"),
    [
        ((), True),
        (("--bucket", "acme"), False),
        (("--parameter", "data_buckets=acme"), True),
        (("--bucket", "acme", "--managed-policy", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"), True),
    ],
)
def test_the_guard_of_the_default_bucket_stays_where_an_allow_reaches_it(
    options: tuple[str, ...], stays: bool, run: Run
) -> None:
    """Access to another account's bucket takes an Allow here; an attached policy may be that Allow."""
    assert bool(denies(run, *options)) is stays
