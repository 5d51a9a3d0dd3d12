"""
The names in a file of policy tests: a misspelt one would let its test pass, or fail, for the wrong reason.

So each is an error with its line, all of a file at once. What AWS has added since the reference was written
is named once under `unknown_ok`, which in turn must be needed.
"""

from collections.abc import Iterator
from typing import NamedTuple

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import DataPath
from rolemgr.model.policy_tests import AskedFor, PolicyTests
from rolemgr.model.source import Sourced
from rolemgr.reference.requests import Questioned, key_doubts, principal_doubts, questioned

_EXCUSE = "name it under `unknown_ok` where AWS has it"


class Asked(NamedTuple):
    """A request of the file, where it stands, and whether it is about the caller's side alone."""

    path: DataPath
    request: AskedFor
    one_sided: bool = False


def requests_of(tests: PolicyTests) -> Iterator[Asked]:
    """Yield every request of *tests* in the order of its lists: cases, then each call's and its twin's."""
    for index, case in enumerate(tests.cases):
        yield Asked(("cases", index, "request"), case.request)
    for index, call in enumerate(tests.calls):
        for number, asked in enumerate(call.requests):
            yield Asked(("calls", index, "requests", number), asked, one_sided=True)
        if call.twin:
            yield Asked(("calls", index, "twin", "request"), call.twin.request, one_sided=True)


def wrong_names(tests: Sourced[PolicyTests]) -> Iterator[InputError]:
    """Yield an error, with its line, for each name in *tests* that AWS is not known to have."""
    used: set[str] = set()
    for where, one in _doubts(tests):
        if one.doubt.form:
            yield InputError(where, one.doubt.problem, one.doubt.hint)
        elif one.doubt.name in tests.value.unknown_ok:
            used.add(one.doubt.name)
        else:
            yield InputError(where, one.doubt.problem, f"{one.doubt.hint}; or {_EXCUSE}" if one.doubt.hint else _EXCUSE)
    for index, name in enumerate(tests.value.unknown_ok):
        if name not in used:
            problem = f"`{name}` needs no excuse: nothing in this file is unknown by that name"
            yield InputError(tests.at("unknown_ok", index), problem, "leave it out")


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
