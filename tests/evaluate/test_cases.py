"""Cases from AWS's documentation, as data: what is decided, by which statements, which keys were absent."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self, cast

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import Decision, evaluate
from rolemgr.evaluate.explain import explain
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import guard_of
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy, TrustPolicy
from rolemgr.workflow.batch import answer, carefully

Statements = list[dict[str, Any]]


class Strict(BaseModel):
    """A part of a case file, in which a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LayerStatements(Strict):
    """The statements of the documents of each layer."""

    identity: list[Statements] = []
    permissions_boundary: Statements | None = None
    session: list[Statements] = []
    service_control: list[list[Statements]] = []
    resource_control: list[list[Statements]] = []
    resource: Statements | None = None
    trust: Statements | None = None
    vpc_endpoints: list[Statements] = []


class CaseRequest(Strict):
    """A request for an S3 object by nobody in particular, unless the file or the case says another."""

    action: str = "s3:GetObject"
    resource: str = "arn:aws:s3:::amzn-s3-demo-bucket/key"
    context: dict[str, Any] = {}
    principal: str | None = None
    resource_account: str | None = None

    def beside(self, usual: "CaseRequest") -> Request:
        """Return the request, with what it does not say as in the *usual* one of its file."""
        said = {**usual.model_dump(exclude_unset=True), **self.model_dump(exclude_unset=True)}
        whole = CaseRequest.model_validate(said)
        fields = whole.model_dump(exclude={"resource_account"})
        return Request.from_json_value({**fields, "resourceAccount": whole.resource_account})


class Expected(Strict):
    """A decision with what the case wants to say about it, or a part of an error's message; *notes* are parts too."""

    decision: Decision | None = None
    by: list[str] | None = None
    missing: list[str] | None = None
    not_allowed_by: list[str] | None = None
    notes: list[str] | None = None
    error: str | None = None

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if (self.decision is None) == (self.error is None):
            raise ValueError("a case expects a decision or an error")
        return self


class Case(Strict):
    """
    One request against policies.

    They are written as one of: *policies* by layer, the *statements* of one identity policy, or just a
    *condition*, which stands for the statement `Tested` on everything (a Deny has `AllowAll` beside it).
    """

    name: str
    source: str | None = Field(default=None, pattern="^https://docs.aws.amazon.com/")
    version: Literal["2012-10-17", "2008-10-17"] = "2012-10-17"
    effect: Literal["Allow", "Deny"] = "Allow"
    condition: dict[str, dict[str, Any]] | None = None
    statements: Statements | None = None
    policies: LayerStatements | None = None
    request: CaseRequest = CaseRequest()
    expect: Expected

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if [self.condition, self.statements, self.policies].count(None) != 2:
            raise ValueError("a case has exactly one of condition, statements, policies")
        return self

    def layers(self) -> Policies:
        """Return the policies of the case."""
        layers = self.policies or LayerStatements(identity=[self._identity()])
        boundary = layers.permissions_boundary
        return Policies(
            identity=tuple(map(self._document, layers.identity)),
            permissions_boundary=None if boundary is None else self._document(boundary),
            session=tuple(map(self._document, layers.session)),
            service_control=tuple(tuple(map(self._document, level)) for level in layers.service_control),
            resource_control=tuple(tuple(map(self._resource, level)) for level in layers.resource_control),
            resource=self._of_the_resource(layers),
            vpc_endpoints=tuple(map(self._resource, layers.vpc_endpoints)),
        )

    def line(self, usual: CaseRequest) -> bytes:
        """Return the case as a line of a batch."""
        layers = self.policies or LayerStatements(identity=[self._identity()])
        request = self.request.beside(usual)
        asked = {"action": request.action, "resource": request.resource, "context": request.given_context()}
        whole = {
            "request": asked | {"principal": request.principal, "resourceAccount": request.resource_account},
            "identityPolicies": self._written(layers.identity),
            "permissionsBoundaries": self._written([layers.permissions_boundary]),
            "sessionPolicies": self._written(layers.session),
            "serviceControlPolicies": [self._written(level) for level in layers.service_control],
            "resourceControlPolicies": [self._written(level) for level in layers.resource_control],
            "resourcePolicy": next(iter(self._written([layers.trust or layers.resource])), None),
            "vpcEndpointPolicies": self._written(layers.vpc_endpoints),
        }
        return json.dumps(whole, default=str).encode()

    def _written(self, documents: Sequence[Statements | None]) -> list[dict[str, Any]]:
        return [{"Version": self.version, "Statement": one} for one in documents if one is not None]

    def _identity(self) -> Statements:
        if self.statements is not None:
            return self.statements
        everything = {"Action": "*", "Resource": "*"}
        tested = {"Sid": "Tested", "Effect": self.effect, "Condition": self.condition, **everything}
        return [tested] if self.effect == "Allow" else [{"Sid": "AllowAll", "Effect": "Allow", **everything}, tested]

    def _document(self, statements: Statements) -> IdentityPolicy:
        return IdentityPolicy.model_validate({"Version": self.version, "Statement": statements})

    def _resource(self, statements: Statements) -> ResourcePolicy:
        return ResourcePolicy.model_validate({"Version": self.version, "Statement": statements})

    def _of_the_resource(self, layers: LayerStatements) -> ResourcePolicy | TrustPolicy | None:
        if layers.trust is not None:
            return TrustPolicy.model_validate({"Version": self.version, "Statement": layers.trust})
        return None if layers.resource is None else self._resource(layers.resource)


class CaseFile(Strict):
    """The cases of one topic, the page that they come from unless they name their own, and the usual request."""

    source: str = Field(pattern="^https://docs.aws.amazon.com/")
    request: CaseRequest = CaseRequest()
    cases: list[Case]


FILES = sorted(Path(__file__).parent.glob("cases/*.yaml"))
CASES = [
    pytest.param(case, file.request, id=f"{path.stem}: {case.name}")
    for path in FILES
    for file in [CaseFile.model_validate(read_yaml(path).data)]
    for case in file.cases
]


@pytest.mark.parametrize(("case", "usual"), CASES)
def test_a_case_is_decided_as_aws_documents_it(case: Case, usual: CaseRequest) -> None:
    """Each case of the documentation is decided as it says, for the reasons that it says."""
    if case.expect.error is not None:
        with pytest.raises(RolemgrError) as caught:
            evaluate(case.request.beside(usual), case.layers())
        assert case.expect.error in str(caught.value)
        return
    told = explain(case.request.beside(usual), case.layers())
    answer = told.evaluation
    lacking = [str(layer) if level is None else f"{layer} {level}" for layer, level in answer.not_allowed_by]
    found = Expected(
        decision=answer.decision,
        by=[str(at.sid) for at in answer.by],
        missing=list(told.missing),
        not_allowed_by=lacking,
    )
    wanted = case.expect.model_dump(exclude_none=True, exclude={"notes"})
    assert {name: getattr(found, name) for name in wanted} == wanted
    for part in case.expect.notes or ():
        assert any(part in note for note in told.notes), told.notes


def test_a_batch_decides_each_case_likewise() -> None:
    """Each case as a line: the quick way decides as the careful one, and both as the case expects."""
    told = 0
    for one in CASES:
        case, usual = cast("tuple[Case, CaseRequest]", one.values)
        try:
            line = case.line(usual)
        except RolemgrError:
            continue  # there is no such request, and so no line
        _answered(case, usual, line)
        told += 1
    assert told > 400


def _answered(case: Case, usual: CaseRequest, line: bytes) -> None:
    found = answer(line)
    assert found == answer(line, carefully), case
    said = json.loads(found.text)
    if case.expect.error is not None:
        assert case.expect.error in said["error"], case
    elif _is_told(case, usual):
        assert said["decision"] == case.expect.decision, case


def _is_told(case: Case, usual: CaseRequest) -> bool:
    """Tell whether a line means the case: one without the policy of a key or a role means that it has none."""
    policies = case.layers()
    guarded = guard_of(case.request.beside(usual)) is not None
    return policies.resource is not None if guarded else not isinstance(policies.resource, TrustPolicy)


def test_there_are_enough_cases() -> None:
    """The bar that the requirement sets."""
    assert len(CASES) >= 400


def test_no_two_cases_have_the_same_name() -> None:
    """A case is found by its name."""
    names = Counter(param.id for param in CASES)
    assert [name for name, count in names.items() if count > 1] == []
