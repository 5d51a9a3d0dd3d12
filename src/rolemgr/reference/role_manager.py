"""
What SageMaker Role Manager's personas come to: the policies of the activities that each preselects.

Role Manager is closed to new customers; its output is what many teams have. It is filled in here with named example
resources, the narrowest that it takes; a few activities are published nowhere, and what they grant is not known.
https://docs.aws.amazon.com/sagemaker/latest/dg/role-manager-personas.html
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.iam.documents import IdentityPolicy
from rolemgr.reference.managed_policies import managed_policy

_FILLED: Final = {
    "AccountId": "111122223333",
    "ECRRepoArns": "arn:aws:ecr:us-east-1:111122223333:repository/example",
    "GlueDbNames": "example",
    "PassRoles": "arn:aws:iam::111122223333:role/sagemaker-compute",
    "Region": "us-east-1",
    "S3Buckets": "sagemaker-us-east-1-111122223333",
}
_PLACE: Final = re.compile(r"\[\[(\w+)\]\]|\{\{(\w+)\}\}")


class MlActivity(NamedTuple):
    """An activity of Role Manager's: its *document*, or None and the reason why nobody knows it."""

    name: str
    source: str
    document: IdentityPolicy | None
    unpublished: str = ""


@cache
def role_manager_personas() -> tuple[str, ...]:
    """Return the names of Role Manager's personas."""
    return tuple(_table()["personas"])


@cache
def role_manager_output(persona: str) -> tuple[MlActivity, ...]:
    """Return the activities that *persona* preselects; raise KeyError for a persona that Role Manager has not."""
    return tuple(_activity(name) for name in _table()["personas"][persona])


def _activity(name: str) -> MlActivity:
    raw = _table()["activities"][name]
    if "unpublished" in raw:
        return MlActivity(name, raw["source"], None, raw["unpublished"])
    if "managed_policy" in raw:
        policy = managed_policy(raw["managed_policy"], "aws")
        if policy is None:
            raise KeyError(raw["managed_policy"])
        return MlActivity(name, raw["source"], policy.document)
    text = json.dumps({"Version": "2012-10-17", "Statement": raw["statements"]})
    text = _PLACE.sub(lambda found: _FILLED[found[1] or found[2]], text)
    return MlActivity(name, raw["source"], IdentityPolicy.model_validate_json(text))


@cache
def _table() -> Any:
    return json.loads((Path(__file__).parent / "data" / "role_manager_policies.json").read_bytes())
