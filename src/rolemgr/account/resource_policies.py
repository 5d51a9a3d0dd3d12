"""
The policies of resources in an account: read, and put in the place of what is there.

What there is, is one of three: the resource has this policy, the resource has none, or there is no such resource.
Whatever else AWS answers leaves it open, and is raised.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from rolemgr.account.connect import Access
from rolemgr.account.failures import ask, aws_errors, code_of, member
from rolemgr.account.step import text_of
from rolemgr.errors import AwsError
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.iam.wildcards import has_wildcard


class ErrorWords(NamedTuple):
    """How AWS says that something is not there: its error *code*, and what the message *says* where that tells."""

    code: str
    says: str = ""

    def fits(self, error: Exception) -> bool:
        """Tell whether *error* says so."""
        return code_of(error) == self.code and self.says in str(error)


class ResourceApi(NamedTuple):
    """How the policies of a kind of resource are read and put; see ``resource_apis.json``."""

    title: str
    service: str
    read: str
    put: str
    parameters: Mapping[str, str]
    found: str
    given: str
    no_policy: ErrorWords | None
    no_resource: ErrorWords
    rights: Sequence[str]
    always_there: str = ""
    """The page on the policy that AWS gives a new one, where it does: nobody wrote it."""


class PolicyTarget(NamedTuple):
    """Whose policy it is: a resource of a *kind*, by its *arn*, in a region."""

    kind: str
    arn: str
    region: str

    @property
    def title(self) -> str:
        """What messages call the policy."""
        return f"{apis()[self.kind].title} of {self.name}"

    @property
    def name(self) -> str:
        """The resource's own name: of a bucket all of what its ARN names, else what is behind the kind."""
        resource = str(Arn.parse(self.arn).resource) if Arn.parse(self.arn) else self.arn  # type: ignore[union-attr]
        return resource if self.kind == "bucket" else resource.partition("/")[2] or resource


class ResourcePolicyThere(NamedTuple):
    """
    What an account has: the *document* of the policy, and its *text*, which is compared before it is replaced.

    Both are None where the resource has no policy; *missing* says that there is no such resource.
    """

    document: ResourcePolicy | None = None
    text: str | None = None
    missing: bool = False


@cache
def apis() -> Mapping[str, ResourceApi]:
    """Return how the policies of each kind of resource are read and put."""
    table = json.loads(Path(__file__).with_name("resource_apis.json").read_bytes())["kinds"]
    return {kind: _api(row) for kind, row in table.items()}


def _api(row: Mapping[str, Any]) -> ResourceApi:
    words = {key: ErrorWords(**row[key]) if row[key] else None for key in ("no_policy", "no_resource")}
    return ResourceApi(**{key: value for key, value in {**row, **words}.items() if key != "sources"})


def can_be_read(kind: str) -> bool:
    """Tell whether policies of this *kind* of resource can be read here."""
    return kind in apis()


def read_resource_policy(way: Access, target: PolicyTarget) -> ResourcePolicyThere:
    """
    Return the policy that the resource *target* has in the account of *way*.

    Raises AwsError where AWS refuses, or does not answer, for a policy that is none, and for a name that is a pattern.
    """
    from botocore.exceptions import ClientError

    api = apis()[target.kind]
    if has_wildcard(target.name):
        raise AwsError(f"the {target.title} can't be looked at: the name is a pattern", "name each of them")
    with aws_errors(api.service):
        try:
            answer = ask(getattr(_client(way, api, target), api.read), **_parameters(api, target, way))
        except ClientError as error:
            if api.no_resource.fits(error):
                return ResourcePolicyThere(missing=True)
            if api.no_policy and api.no_policy.fits(error):
                return ResourcePolicyThere()
            raise
        text = str(member(answer, api.found))
    return ResourcePolicyThere(_parsed(text, target), text)


def put_resource_policy(way: Access, target: PolicyTarget, document: ResourcePolicy) -> None:
    """Give the resource *target* the policy *document* in the place of the one that it has; raise AwsError."""
    api = apis()[target.kind]
    with aws_errors(api.service):
        given = {**_parameters(api, target, way), api.given: text_of(document)}
        ask(getattr(_client(way, api, target), api.put), **given)


def _client(way: Access, api: ResourceApi, target: PolicyTarget) -> Any:
    return way.client(api.service, target.region)


def _parameters(api: ResourceApi, target: PolicyTarget, way: Access) -> dict[str, str]:
    places = {"{name}": target.name, "{arn}": target.arn, "{account}": way.account}
    return {key: places.get(text, text) for key, text in api.parameters.items()}


def _parsed(text: str, target: PolicyTarget) -> ResourcePolicy:
    """Return *text* as a policy; raise AwsError where it is none that can be judged."""
    try:
        return ResourcePolicy.model_validate_json(text)
    except ValidationError as error:
        problem = f"the {target.title} is not a policy that rolemgr understands: {error.errors()[0]['msg']}"
        raise AwsError(problem) from error
