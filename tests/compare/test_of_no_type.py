"""A pair of an action and a resource of none of its types is no difference: AWS never asks for it; it is a note."""

import json

import pytest
from tests.conftest import Run
from tests.support import write

from rolemgr.compare.compare import compare
from rolemgr.compare.of_no_type import of_no_type
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import IdentityPolicy

BUCKET, OBJECTS = "arn:aws:s3:::acme", "arn:aws:s3:::acme/*"


def policy(*statements: tuple[list[str], list[str]]) -> IdentityPolicy:
    """Return a policy of Allows of actions on resources."""
    rows = [{"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in statements]
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": rows})


APART = policy((["s3:GetObject"], [OBJECTS]), (["s3:ListBucket"], [BUCKET]))
JOINED = policy((["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS]))


def test_joining_and_taking_apart_is_no_difference() -> None:
    """Proven both ways."""
    for one, other in ((APART, JOINED), (JOINED, APART)):
        assert compare(Policies(identity=(one,)), Policies(identity=(other,))).proven


@pytest.mark.parametrize(
    "wider",
    [
        policy((["s3:GetObject", "s3:ListBucket"], [BUCKET + "*", OBJECTS])),
        policy((["s3:GetObject", "s3:ListBucket"], ["*"])),
        policy((["s3:GetObject", "s3:ListBucket", "s3:Unheard"], [BUCKET, OBJECTS])),
        policy((["s3:GetObject", "s3:ListBucket", "s3:PutObject"], [BUCKET, OBJECTS])),
    ],
)
def test_what_may_be_asked_for_is_a_difference(wider: IdentityPolicy) -> None:
    """A wildcard that may be an object, `*`, an action that nobody knows, another action."""
    found = compare(Policies(identity=(wider,)), Policies(identity=(APART,)))
    assert found.differences or found.unknowns
    assert compare(Policies(identity=(APART,)), Policies(identity=(wider,))).proven


def test_the_pairs_are_counted_with_an_example() -> None:
    """Those that one side names and the other does not."""
    found = of_no_type((JOINED,), (APART,))
    assert found is not None
    assert (found.pairs, found.more, found.action, found.resource) == (2, False, "s3:GetObject", BUCKET)
    assert of_no_type((APART,), (JOINED,)) is None


def test_diff_says_so(run: Run) -> None:
    """As a note, and in the data; the exit code is that of no difference."""
    files = [write(f"{name}.json", one.to_json_value()) for name, one in (("a", APART), ("b", JOINED))]
    ran = run("diff", *files)
    assert ran.code == 0
    assert (
        f"note: harmless: 2 pairs of an action and a resource that AWS never asks for (such as s3:GetObject on {BUCKET})"
        in ran.stdout
    )
    data = json.loads(run("diff", *files, "--format", "json").stdout)
    assert data["of_no_type"] == {"gained": {"pairs": 2, "action": "s3:GetObject", "resource": BUCKET}}
