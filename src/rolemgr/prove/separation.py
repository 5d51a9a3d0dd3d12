"""
Separation of personas: what a persona must never be able to do, asked of the role that was rendered.

For every `never` entry, each Allow of the role that speaks of one of its actions is asked with a request
made to fit both; the evaluator decides, Denies included. The question goes to the role itself and to every
role in its closure: those that it can pass to a service, and those whose work it can start.
"""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice, product
from typing import NamedTuple

from rolemgr.compose.substitute import UnknownPlaceholderError, fill
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.model.persona import Never
from rolemgr.model.policy import Effect
from rolemgr.model.role import ComposedRole, ComposedStatement, Origin, RoleDocuments
from rolemgr.prove.witness import witnesses


class RenderedRole(NamedTuple):
    """A role as composed, and its documents."""

    role: ComposedRole
    documents: RoleDocuments

    def policies(self) -> Policies:
        """Return all its identity policies, for the evaluator."""
        documents = (*self.documents.policies, *self.documents.managed_policies)
        return Policies(identity=tuple(policy.document for policy in documents))


class Violation(NamedTuple):
    """A request that a `never` entry forbids and the role *through* allows, and the statement that does it."""

    never: Never
    request: Request
    through: str
    origins: tuple[Origin, ...]

    def as_error(self) -> InputError:
        """Return the violation as the error that refuses the role: both files, both lines."""
        granted = ", ".join(str(origin.location) for origin in self.origins)
        problem = f"the persona must never be able to do `{self.never.forbidden}`"
        allowed = f"role `{self.through}` allows {self.request.action} by {granted}"
        return InputError(self.never.where, f"{problem}, but {allowed}", _WAY_OUT)


_WAY_OUT = 'undo the add or remove that brings it about, or give --break-separation "REASON"'


def violations(asked: RenderedRole, closure: Sequence[RenderedRole]) -> tuple[Violation, ...]:
    """
    Return what *asked*, or a role of its *closure*, allows although the persona of *asked* must never do it.

    At most one for each entry and role. Entries marked `directly` are asked of the role itself only.
    """
    values = asked.role.never_values
    return tuple(
        violation
        for never in asked.role.persona.never
        for candidate in (asked, *(() if never.forbidden.directly else closure))
        for violation in islice(_broken(never, candidate, values), 1)
    )


def _broken(never: Never, candidate: RenderedRole, values: Mapping[str, tuple[str, ...]]) -> Iterator[Violation]:
    policies = candidate.policies()
    for statement, action in _speaking_of(never, candidate.role):
        for request in _requests(never, statement, action, values):
            if evaluate(request, policies).decision == "Allowed":
                origins = tuple(origin for origin in statement.origins if action in origin.actions)
                yield Violation(never, request, candidate.documents.name, origins)


def _speaking_of(never: Never, role: ComposedRole) -> Iterator[tuple[ComposedStatement, str]]:
    pattern = never.forbidden.action.lower()
    granted = _granted(role)
    wild = "*" in pattern or "?" in pattern
    for action in fnmatch.filter(granted, pattern) if wild else {pattern} & granted.keys():
        yield from granted[action]


@lru_cache(maxsize=16)
def _granted(role: ComposedRole) -> Mapping[str, Sequence[tuple[ComposedStatement, str]]]:
    """Return the Allows of *role* by lower-case action, with the action as spelt."""
    granted: dict[str, list[tuple[ComposedStatement, str]]] = {}
    for statement in role.statements:
        for action in statement.actions if statement.effect is Effect.ALLOW else ():
            granted.setdefault(action.lower(), []).append((statement, action))
    return granted


def _requests(
    never: Never, statement: ComposedStatement, action: str, values: Mapping[str, tuple[str, ...]]
) -> Iterator[Request]:
    """Yield requests that match *statement* and are what *never* speaks of: its resource, its context."""
    context = {key: _filled(never, found, values) for key, found in never.forbidden.context.items()}
    for within in _filled(never, (never.forbidden.resource,), values):
        for request in witnesses(statement, action, within):
            for choice in product(*context.values()):
                yield _with_context(request, dict(zip(context, choice, strict=True)))


def _filled(never: Never, texts: tuple[str, ...], values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return *texts* with their placeholders filled; raise UnknownNameError where the persona's file is wrong."""
    try:
        return tuple(found for text in texts for found in fill(text, values))
    except UnknownPlaceholderError as error:
        raise UnknownNameError(never.where, "placeholder", str(error), values) from error


def _with_context(request: Request, given: Mapping[str, str]) -> Request:
    """Return *request* with the values *given* for condition keys, in place of its own for the same keys."""
    named = {key.lower() for key in given}
    kept = {key: values for key, values in request.context.items() if key.lower() not in named}
    return replace(request, context=Context({**kept, **{key: (value,) for key, value in given.items()}}))
