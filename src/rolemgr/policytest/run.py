"""
Run policy tests: compose the role that a file is about, ask every request, compare with what is expected.

What passes is decided by the quick path of the evaluator alone; a failure is explained. Nothing is taken from
the environment or the working folder, so that a test means the same everywhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, SourceLocation, gathering, raise_all
from rolemgr.evaluate.decision import Decision, Evaluation
from rolemgr.evaluate.explain import Explanation, explain
from rolemgr.evaluate.known import known_keys
from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies, Outcome
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.evaluate.requirements import Guard, guard_of
from rolemgr.evaluate.session_roles import evaluate_session
from rolemgr.files.source import DataPath, LayeredSource, SourceFile
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    PolicyDocument,
    ResourceControlPolicy,
    ResourcePolicy,
    TrustPolicy,
)
from rolemgr.iam.uses import Use
from rolemgr.model.policy_tests import DENIED, PolicyTests
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.policytest.files import document_at, documents_at, identity_policies_at, missing_at, read_beside
from rolemgr.policytest.names import RequestInFile, notes_on_policies, requests_of, wrong_names
from rolemgr.reference.managed_policies import policy_at
from rolemgr.reference.organizations import beyond_rcps
from rolemgr.reference.protected import protected
from rolemgr.render.documents import render

P = TypeVar("P", bound=PolicyDocument)
Origins = Mapping[str, tuple[Origin, ...]]
Statements = Mapping[str, ComposedStatement]


Complete: TypeAlias = Callable[[SourceFile], SourceFile]


def as_it_is(source: SourceFile) -> SourceFile:
    """Return the role file *source* as it is: nothing is set for it elsewhere."""
    return source


class PolicyTest(NamedTuple):
    """One request, where it is written, the decisions that will do, and the Sids that must decide."""

    name: str
    where: SourceLocation
    request: Request
    expected: tuple[Decision, ...]
    by: tuple[str, ...]
    why: str | None
    policies: Policies
    missing: MissingPolicies = NONE_MISSING
    """What decides too and has no text: it passes for no answer that it may turn."""


class Result(NamedTuple):
    """What came of a test; a failed one is *explained*, with the catalog lines of the role's statements."""

    test: PolicyTest
    decision: Outcome
    passed: bool
    explained: Explanation | None
    origins: Origins


class FileResults(NamedTuple):
    """The results of one file, in its order, and what the decisions were made without."""

    name: str
    results: tuple[Result, ...]
    notes: tuple[str, ...]


class _Subject(NamedTuple):
    """Whom a file asks: identity policies, the role's ARN and its statements by Sid where it is a role."""

    identity: tuple[IdentityPolicy, ...]
    arn: str | None
    statements: Statements
    notes: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    boundary: IdentityPolicy | None = None
    """The permissions boundary that is made with the role."""
    missing: MissingPolicies = NONE_MISSING


def run_tests(tests: Sourced[PolicyTests], complete: Complete = as_it_is) -> FileResults:
    """
    Return the results of every test in the file *tests*; *complete* adds to a role file what it leaves out.

    Raises InputError (or Problems), with the line, for a role that can't be composed, a policy that can't be
    read, and a request that nobody could send.
    """
    problems = list(wrong_names(tests))
    subject = _Subject((), None, {}, ())
    with gathering(problems):
        subject = _subject(tests, complete)
    for asked in requests_of(tests.value):
        with gathering(problems):
            _request(tests, asked, subject)
    policies = Policies()
    with gathering(problems):
        policies = _policies(tests, subject)
    raise_all(problems)
    listed = [*_cases(tests, subject, policies), *_calls(tests, subject, policies)]
    notes = (*subject.notes, *notes_on_policies(tests), *_beside(tests, policies, listed))
    return FileResults(tests.source.name, tuple(_result(test, subject.statements) for test in listed), notes)


def _result(test: PolicyTest, statements: Statements) -> Result:
    try:
        session = evaluate_session(test.request, test.policies)
        evaluation = session.evaluation
        decision = "NotKnown" if session.turns else test.missing.outcome(test.request, evaluation)
        origins = (
            {sid: one.origins_of(test.request.action, test.request.resource) for sid, one in statements.items()}
            if test.by or decision not in test.expected
            else {}
        )
        passed = decision in test.expected and set(test.by) <= _deciding(evaluation, origins)
        explained = None if passed else explain(test.request, test.policies, test.missing)
    except InputError as error:
        raise _at(test.where, error) from error
    return Result(test, decision, passed, explained, origins)


def _deciding(evaluation: Evaluation, origins: Origins) -> set[str]:
    """Return the Sids that decided, as rendered and as the catalog's files have them."""
    sids = {at.sid for at in evaluation.by if at.sid}
    return sids | {origin.sid for sid in sids for origin in origins.get(sid, ())}


def _at(where: SourceLocation, error: InputError) -> InputError:
    return error if error.where else InputError(where, error.problem, error.hint)


def _beside(tests: Sourced[PolicyTests], policies: Policies, listed: Sequence[PolicyTest]) -> Iterator[str]:
    """Yield what the decisions do not show: what AWS refuses itself, and RCPs that do not reach the service."""
    for test in listed:
        request = test.request
        if found := protected(request.action, request.resource, request.context, request.principal):
            yield f"{test.where}: {request.action} on {request.resource}: {found}"
        if policies.resource_control and (doubt := beyond_rcps(request.action)):
            yield f"{tests.at('rcp')}: {doubt}"


def _cases(tests: Sourced[PolicyTests], subject: _Subject, policies: Policies) -> Iterator[PolicyTest]:
    for index, case in enumerate(tests.value.cases):
        path: DataPath = ("cases", index)
        request = _request(tests, RequestInFile((*path, "request"), case.request), subject)
        place = (*path, "resource_policy") if case.resource_policy is not None else _shared_policy(tests)
        own = _with_resource_policy(tests, place, policies, request) if place else policies
        missing = subject.missing
        yield PolicyTest(case.name, tests.at(*path), request, case.expect, case.by, case.why, own, missing)


def _shared_policy(tests: Sourced[PolicyTests]) -> DataPath | None:
    return ("resource_policy",) if tests.value.resource_policy is not None else None


def _calls(tests: Sourced[PolicyTests], subject: _Subject, policies: Policies) -> Iterator[PolicyTest]:
    """
    Yield the requests of each call, which must be allowed, and its twin, which must not.

    A call is about the caller's side. What the owner of a resource in another account allows is taken for
    granted there, unless the request says whose the resource is.
    """
    missing = subject.missing
    for index, call in enumerate(tests.value.calls):
        for number, asked in enumerate(call.requests):
            path: DataPath = ("calls", index, "requests", number)
            request = _request(tests, RequestInFile(path, asked, one_sided=True), subject)
            yield PolicyTest(call.call, tests.at(*path), request, ("Allowed",), (), None, policies, missing)
        if twin := call.twin:
            path = ("calls", index, "twin", "request")
            request = _request(tests, RequestInFile(path, twin.request, one_sided=True), subject)
            yield PolicyTest(f"{call.call}: twin", tests.at(*path), request, DENIED, (), twin.why, policies, missing)


def _request(tests: Sourced[PolicyTests], where: RequestInFile, subject: _Subject) -> Request:
    asked = where.request
    principal = asked.principal or tests.value.principal or subject.arn
    try:
        context = _merged(tests.value.context, asked.context)
        if where.one_sided and asked.resource_account is None:
            return Request(asked.action, asked.resource, Context(context, known_keys(principal, None)), principal)
        return Request.known(asked.action, asked.resource, context, principal, asked.resource_account)
    except InputError as error:
        raise _at(tests.at(*where.path, "action"), error) from error


def _merged(shared: Mapping[str, tuple[str, ...]], own: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the keys of *shared* that *own* does not have in any case, and those of *own*."""
    taken = {key.lower() for key in own}
    return {key: values for key, values in shared.items() if key.lower() not in taken} | dict(own)


def _policies(tests: Sourced[PolicyTests], subject: _Subject) -> Policies:
    """Return the policies of every layer that the file names."""
    value, source = tests.value, tests.source
    boundary = value.boundary_policy is not None
    return Policies(
        identity=subject.identity,
        permissions_boundary=document_at(source, ("boundary_policy",), IdentityPolicy, Use.BOUNDARY)
        if boundary
        else subject.boundary,
        session=_listed(source, "session_policy", IdentityPolicy, Use.SESSION) if value.session_policy else (),
        service_control=tuple(map(_with_full_access, _levels(source, "scp", IdentityPolicy, Use.SCP)))
        if value.scp
        else (),
        resource_control=_levels(source, "rcp", ResourceControlPolicy, Use.RCP) if value.rcp else (),
        vpc_endpoints=_listed(source, "vpc_endpoint_policy", ResourcePolicy, Use.ENDPOINT)
        if value.vpc_endpoint_policy
        else (),
    )


def _with_resource_policy(
    tests: Sourced[PolicyTests], path: DataPath, policies: Policies, request: Request
) -> Policies:
    """Return *policies* with the resource policy at *path*, a role's trust policy where a role is assumed."""
    if guard_of(request) is Guard.ROLE:
        return replace(policies, resource=document_at(tests.source, path, TrustPolicy))
    return replace(policies, resource=document_at(tests.source, path, ResourcePolicy))


_FULL_ACCESS = IdentityPolicy.model_validate(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "FullAWSAccess", "Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
)


def _with_full_access(level: tuple[IdentityPolicy, ...]) -> tuple[IdentityPolicy, ...]:
    """
    Return the SCPs of *level*, where they only deny with the one beside them that AWS attaches everywhere.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    allows = any(statement.effect is Effect.ALLOW for scp in level for statement in scp.statement)
    return level if allows else (*level, _FULL_ACCESS)


def _listed(source: SourceFile, key: str, model: type[P], use: Use) -> tuple[P, ...]:
    """Return the policies under *key*: of one file, or of a list of them."""
    return tuple(one for place in _places(key, source.data[key]) for one in documents_at(source, place, model, use))


def _places(key: str, value: object) -> list[DataPath]:
    """Return where the policies under *key* stand: one alone, or a list of them."""
    return [(key, index) for index in range(len(value))] if isinstance(value, list) else [(key,)]


def _levels(source: SourceFile, key: str, model: type[P], use: Use) -> tuple[tuple[P, ...], ...]:
    """Return the policies of each level; those that stand side by side are of one."""
    value = source.data[key]
    if not isinstance(value, list) or not any(isinstance(entry, list) for entry in value):
        return (_listed(source, key, model, use),)
    places = [[(key, index, *rest) for (_, *rest) in _places(key, entry)] for index, entry in enumerate(value)]
    return tuple(tuple(one for place in level for one in documents_at(source, place, model, use)) for level in places)


def _subject(tests: Sourced[PolicyTests], complete: Complete) -> _Subject:
    value = tests.value
    if value.policies:
        places = _places("policies", tests.source.data["policies"])
        identity = tuple(policy for place in places for policy in identity_policies_at(tests.source, place))
        found = [missing_at(tests.source, place) for place in places]
        missing = MissingPolicies(
            tuple(dict.fromkeys(arn for one, _ in found for arn in one.identity)),
            tuple(dict.fromkeys(arn for one, _ in found for arn in one.boundaries)),
        )
        notes = tuple(text for _, texts in found for text in texts)
        return _Subject(identity, None, {}, notes, missing=_unbounded(missing, tests))
    if not (value.persona or value.role):
        return _Subject((), None, {}, ())
    composed = _composed(_role_file(tests, complete))
    raise_all([InputError(None, text) for text in composed.doubts if text.startswith(f"{tests.source.name}:")])
    return composed._replace(missing=_unbounded(composed.missing, tests))


def _unbounded(missing: MissingPolicies, tests: Sourced[PolicyTests]) -> MissingPolicies:
    """Return what is *missing* where the file of *tests* may give the text of the boundary."""
    return missing._replace(boundaries=()) if tests.value.boundary_policy is not None else missing


def _composed(spec: Sourced[RoleSpec]) -> _Subject:
    role = compose(_catalog(_folders(spec)), spec)
    documents = render(role)
    known = {arn: policy_at(arn) for arn in documents.attached}
    attached = {arn: policy.document for arn, policy in known.items() if policy}
    policies = (*documents.policies, *documents.managed_policies)
    statements = {statement.sid: statement for statement in role.statements}
    own = documents.own_boundary
    missing = MissingPolicies(
        tuple(arn for arn in documents.attached if arn not in attached),
        tuple(filter(None, (None if own else documents.boundary,))),
    )
    notes = tuple(f"{spec.source.name}: decided without {arn}: its text is not at hand" for arn in missing.names)
    identity = (*(policy.document for policy in policies), *attached.values())
    bounding = own.document if own else None
    return _Subject(identity, role.spec.arn, statements, (*role.doubts, *notes), role.doubts, bounding, missing)


def _role_file(tests: Sourced[PolicyTests], complete: Complete) -> Sourced[RoleSpec]:
    """Return the role that *tests* describes, each value with the line that it stands on."""
    role = tests.value.role
    source = SourceFile(tests.source.name, {}, {})
    if isinstance(role, str):
        source = read_beside(tests.source, ("role",), role)
    elif role:
        source = tests.source.part(("role",))
    if not isinstance(source.data, dict):
        raise InputError(source.at(), "a role file must hold a mapping")
    source = complete(source)
    if tests.value.persona:
        data = {**source.data, "persona": tests.value.persona}
        lines = {**source.lines, ("persona",): 0}
        source = LayeredSource(source.name, data, lines, {"persona": tests.at("persona")}, source)
    return parse_model(source, RoleSpec)


def _folders(spec: Sourced[RoleSpec]) -> tuple[Path, ...]:
    return tuple(Path(spec.source.name).parent / folder for folder in spec.value.catalog)


@lru_cache(maxsize=8)
def _catalog(folders: tuple[Path, ...]) -> Catalog:
    return Catalog(folders)
