"""AWS's managed policies, which nobody wrote for us: each against itself, one action less, and one more."""

import copy
import json
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rolemgr.compare.compare import compare
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import IdentityPolicy

POLICIES: dict[str, Any] = json.loads(aws_managed_policies_data)
SOME = sorted(POLICIES)[::40]
"""One in forty: all of them take minutes, and answer alike."""
ADDED = {"Effect": "Allow", "Action": "iam:CreateVirtualMFADevice", "Resource": "arn:aws:iam::*:mfa/added"}


def identity(document: Any) -> Policies:
    """Return the policy of *document*."""
    return Policies(identity=(IdentityPolicy.model_validate(document),))


def document_of(name: str) -> Any:
    """Return a copy of a policy, its statements a list."""
    document = copy.deepcopy(POLICIES[name]["Document"])
    if isinstance(document["Statement"], dict):
        document["Statement"] = [document["Statement"]]
    return document


@pytest.mark.parametrize("name", SOME)
def test_a_managed_policy_beside_itself(name: str) -> None:
    """It allows what it allows, also with its statements turned round."""
    document = document_of(name)
    turned = {**document, "Statement": document["Statement"][::-1]}
    assert compare(identity(document), identity(turned)).proven
    assert compare(identity(turned), identity(document)).proven


@pytest.mark.parametrize("name", SOME)
def test_a_managed_policy_beside_an_altered_one(name: str) -> None:
    """An action that is gone is less and is found; one that is added is more, unless it was allowed."""
    document = document_of(name)
    less = copy.deepcopy(document)
    for statement in less["Statement"]:
        if (
            statement["Effect"] == "Allow"
            and isinstance(statement.get("Action"), list)
            and len(statement["Action"]) > 1
        ):
            del statement["Action"][0]
            assert compare(identity(document), identity(less)).differences
            break
    assert compare(identity(less), identity(document)).proven
    more = {**document, "Statement": [*document["Statement"], ADDED]}
    found = compare(identity(more), identity(document))
    assert not found.unknowns
    assert {action for one in found.differences for action in one.actions} <= {ADDED["Action"]}
    assert compare(identity(document), identity(more)).proven
