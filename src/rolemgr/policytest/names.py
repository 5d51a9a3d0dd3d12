"""
The names in a file of policy tests: a misspelt one would let its test pass, or fail, for the wrong reason.

So each is an error with its line, all of a file at once. What AWS has added since the reference was written
is named once under `unknown_ok`, which in turn must be needed.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rolemgr.errors import InputError, Problems, SourceLocation
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import IdentityPolicy, PolicyDocument, ResourcePolicy, TrustPolicy
from rolemgr.model.policy_tests import AskedFor, PolicyTests
from rolemgr.model.source import Sourced
from rolemgr.policytest.files import documents_at
from rolemgr.reference.documents import document_doubts
from rolemgr.reference.names import Doubt
from rolemgr.reference.requests import Questioned, key_doubts, principal_doubts, questioned

_EXCUSE = "name it under `unknown_ok` where AWS has it"


class RequestInFile(NamedTuple):
    """A request of the file, where it stands, and whether it is about the caller's side alone."""

    path: DataPath
    request: AskedFor
    one_sided: bool = False


def requests_of(tests: PolicyTests) -> Iterator[RequestInFile]:
    """Yield every request of *tests* in the order of its lists: cases, then each call's and its twin's."""
    for index, case in enumerate(tests.cases):
        yield RequestInFile(("cases", index, "request"), case.request)
    for index, call in enumerate(tests.calls):
        for number, asked in enumerate(call.requests):
            yield RequestInFile(("calls", index, "requests", number), asked, one_sided=True)
        if call.twin:
            yield RequestInFile(("calls", index, "twin", "request"), call.twin.request, one_sided=True)


def wrong_names(tests: Sourced[PolicyTests]) -> Iterator[InputError]:
    """Yield an error, with its line, for each name in *tests* that AWS is not known to have."""
    used: set[str] = set()
    for where, one in _doubts(tests):
        if one.doubt.form:
            yield InputError(where, one.doubt.problem, one.doubt.hint)
        elif one.doubt.name in tests.value.unknown_ok:
            used.add(one.doubt.name)
        else:
            yield _error(where, one.doubt.problem, one.doubt.hint)
    for found in policy_doubts(tests):
        if found.doubt.name in tests.value.unknown_ok:
            used.add(found.doubt.name)
        elif found.inline:
            problem = f"statement {found.statement}: {found.doubt.problem}"
            yield _error(tests.at(*found.path), problem, found.doubt.hint)
    for index, name in enumerate(tests.value.unknown_ok):
        if name not in used:
            problem = f"`{name}` needs no excuse: nothing in this file is unknown by that name"
            yield InputError(tests.at("unknown_ok", index), problem, "leave it out")


def notes_on_policies(tests: Sourced[PolicyTests]) -> Iterator[str]:
    """Yield a note for each name, in the policy files that *tests* names, that AWS is not known to have."""
    for one in policy_doubts(tests):
        if not one.inline and one.doubt.name not in tests.value.unknown_ok:
            name = tests.source.part(one.path).data
            yield f"{tests.at(*one.path)}: {name}, statement {one.statement}: {one.doubt}"


def _error(where: SourceLocation, problem: str, hint: str | None) -> InputError:
    return InputError(where, problem, f"{hint}; or {_EXCUSE}" if hint else _EXCUSE)


class PolicyDoubt(NamedTuple):
    """A doubt about a statement of a policy, which stands in the test file itself or in a file that it names."""

    path: DataPath
    statement: int
    doubt: Doubt
    inline: bool


def policy_doubts(tests: Sourced[PolicyTests]) -> Iterator[PolicyDoubt]:
    """Yield the doubts about the names in every policy of *tests*; a policy that can't be read is another's error."""
    for path, model in _policies(tests):
        inline = not isinstance(tests.source.part(path).data, str)
        for document in _read(tests, path, model):
            for index, doubt in document_doubts(document):
                yield PolicyDoubt(path, index, doubt, inline)


_MODELS: Mapping[str, type[PolicyDocument]] = {
    "policies": IdentityPolicy,
    "boundary_policy": IdentityPolicy,
    "session_policy": IdentityPolicy,
    "scp": IdentityPolicy,
    "rcp": ResourcePolicy,
    "resource_policy": ResourcePolicy,
    "vpc_endpoint_policy": ResourcePolicy,
}


def _policies(tests: Sourced[PolicyTests]) -> Iterator[tuple[DataPath, type[PolicyDocument]]]:
    data = tests.source.data
    for key, model in _MODELS.items():
        for path in _flat((key,), data.get(key)):
            yield path, model
    for index, case in enumerate(tests.value.cases):
        if case.resource_policy is not None:
            yield ("cases", index, "resource_policy"), ResourcePolicy


def _flat(path: DataPath, value: object) -> Iterator[DataPath]:
    """Yield where the policies at *path* stand: one, a list, or a list of the levels' lists."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _flat((*path, index), entry)
    elif value is not None:
        yield path


def _read(tests: Sourced[PolicyTests], path: DataPath, model: type[PolicyDocument]) -> tuple[PolicyDocument, ...]:
    """Return the policies at *path*; where resource policies are, a role's trust policy may be."""
    for kind in (model, TrustPolicy) if model is ResourcePolicy else (model,):
        try:
            return documents_at(tests.source, path, kind)
        except (InputError, Problems):
            continue  # the evaluation that asks the policies says what is wrong with them
    return ()


def _doubts(tests: Sourced[PolicyTests]) -> Iterator[tuple[SourceLocation, Questioned]]:
    value = tests.value
    for key, values in value.context.items():
        for doubt in key_doubts(key, values):
            yield tests.at("context", key), Questioned("context", doubt, key)
    for doubt in principal_doubts(value.principal):
        yield tests.at("principal"), Questioned("principal", doubt)
    for asked in requests_of(value):
        request = asked.request
        for one in questioned(request.action, request.resource, request.context, request.principal):
            place = (one.part,) if one.key is None else (one.part, one.key)
            yield tests.at(*asked.path, *place), one
