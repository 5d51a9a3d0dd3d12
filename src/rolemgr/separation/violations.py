"""
Separation of personas: what a persona must never be able to do, asked of the composed role.

For every `never` entry, each Allow of the role that speaks of one of its actions is asked whether it could
match, whatever the condition keys that the entry does not name may be (`rolemgr.separation.certainty`). The
question goes to the role itself and to every role in its closure: those that it can pass to a service,
assume, or act as. "Could" is the careful side: a violation may be one that another layer prevents, but
what is accepted keeps the promise.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from rolemgr.compare.budget import Budget, Measured
from rolemgr.compare.errors import TooComplex
from rolemgr.compose.never_values import excepting_texts
from rolemgr.compose.substitute import UnknownPlaceholderError, fill, in_words, names_in
from rolemgr.errors import InputError
from rolemgr.evaluate.request import Context
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import action_glob, contains, has_wildcard
from rolemgr.model.catalog import Forbidden
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedRole, ComposedStatement, Origin, RoleDocuments
from rolemgr.separation.certainty import ReachQuestion, held_within, overlap, surely_denied
from rolemgr.separation.one_request import refused_slashes

if TYPE_CHECKING:
    from rolemgr.evaluate.policies import Policies

_PER_CONDITION, _PER_RESOURCE = 8, 32
"""The steps that it takes to ask one condition, or one resource, of a statement."""
_WAY_OUT = 'undo the add or remove that brings it about, or give --break-separation "REASON"'


class RenderedRole(NamedTuple):
    """A role as composed, for its origins, and its documents, for what the evaluator says of them."""

    role: ComposedRole
    documents: RoleDocuments

    def policies(self) -> "Policies":
        """Return all its identity policies, for the evaluator."""
        from rolemgr.evaluate.policies import Policies  # the careful question above does without

        documents = (*self.documents.policies, *self.documents.managed_policies)
        return Policies(identity=tuple(policy.document for policy in documents))


class Violation(NamedTuple):
    """An action that a `never` entry forbids and the role *through* could be allowed, and by what."""

    never: Never
    forbidden: str
    """The entry with its placeholders filled."""
    action: str
    resource: str
    """An example of the resources in question."""
    through: str
    origins: tuple[Origin, ...]

    def as_error(self) -> InputError:
        """Return the violation as the error that refuses the role: both files, both lines."""
        granted = ", ".join(str(origin.location) for origin in self.origins)
        problem = f"the persona must never be able to do `{self.forbidden}`"
        allowed = f"role `{self.through}` allows {self.action} by {granted}"
        return InputError(self.never.where, f"{problem}, but {allowed}", _WAY_OUT)


class _FilledEntry(NamedTuple):
    """What a `never` entry forbids, with its placeholders filled; two that forbid the same are equal."""

    action: str
    within: tuple[str, ...]
    context: tuple[tuple[str, tuple[str, ...]], ...]
    except_on: tuple[str, ...]
    except_with: tuple[tuple[str, tuple[str, ...]], ...]

    def contexts(self) -> Iterable[Context]:
        """Return a context for each combination of the values of its keys, of many none before it is needed."""
        many = prod(len(values) for _, values in self.context) > _KEPT_CONTEXTS
        return _contexts(self.context) if many else _few_contexts(self.context)


_Context = tuple[tuple[str, tuple[str, ...]], ...]
_KEPT_CONTEXTS: Final = 16
"""Of how many combinations the contexts are kept, as they are asked for of each action and role."""


def _contexts(found: _Context) -> Iterator[Context]:
    keys = [key for key, _ in found]
    for choice in product(*(values for _, values in found)):
        yield Context({key: (one,) for key, one in zip(keys, choice, strict=True)})


@lru_cache(maxsize=1024)
def _few_contexts(found: _Context) -> tuple[Context, ...]:
    return tuple(_contexts(found))


class _Breach(NamedTuple):
    """What of a role a `never` entry forbids, as a `Violation` tells it."""

    action: str
    resource: str
    origins: tuple[Origin, ...]


def violations(asked: ComposedRole, closure: Sequence[ComposedRole]) -> tuple[Violation, ...]:
    """
    Return what *asked*, or a role of its *closure*, could do although the persona of *asked* must never.

    Raises as `each_violation` does.
    """
    return tuple(each_violation(asked, closure))


def each_violation(
    asked: ComposedRole, closure: Sequence[ComposedRole], budget: Budget | None = None
) -> Iterator[Violation]:
    """
    Yield what *asked*, or a role of its *closure*, could do although the persona of *asked* must never.

    At most one for each entry and role. Entries marked `directly` are asked of the role itself only.
    Raises UnknownNameError, at the persona's line, for a placeholder that nothing fills, and TooComplex where
    it takes more steps than *budget* has.
    """
    budget = budget or Budget()
    entries = [(never, _filled(never, asked.never_values)) for never in asked.persona.never]
    for never, entry in entries:
        for role in (asked, *(() if never.forbidden.directly else closure)):
            breach = next(_broken(entry, role, budget), None) if role is asked else _reached(entry, role, budget)
            if breach:
                text, (action, resource, origins) = entry_text(never, asked), breach
                yield Violation(never, text, action, resource, role.spec.role_name, origins)


def _reached(entry: _FilledEntry, role: ComposedRole, budget: Budget) -> _Breach | None:
    """Return the first breach of *entry* by *role*, in a closure, for the same steps whether it was found before."""
    found = _first_of(role)(entry)
    if found.problem or not budget.has(found.steps):
        return next(_broken(entry, role, budget), None)  # it raises at the step at which it would have
    budget.spend(found.steps)
    return found.answer


@lru_cache(maxsize=64)
def _first_of(role: ComposedRole) -> Callable[[_FilledEntry], Measured[_Breach]]:
    """Return what finds the first breach of an entry by *role*, if any, once: many roles reach the same one."""

    @lru_cache(maxsize=1024)
    def first(entry: _FilledEntry) -> Measured[_Breach]:
        own = Budget()
        try:
            return Measured(next(_broken(entry, role, own), None), "", own.spent)
        except TooComplex as error:
            return Measured(None, str(error), own.spent)

    return first


def _broken(entry: _FilledEntry, candidate: ComposedRole, budget: Budget) -> Iterator[_Breach]:
    """Yield a breach for each Allow of *candidate* that could match what *entry* forbids."""
    granted, denied = _by_action(candidate)
    budget.spend(len(granted) // 8 + 1)
    for action in _matching(entry.action, candidate):
        denies = denied.get(action, ())
        for allow, question in _questions_of(granted[action], entry, action, refused_slashes(denies)):
            budget.spend(_PER_CONDITION * (1 + len(allow.conditions)) + _PER_RESOURCE * len(allow.resources))
            for resource, example in overlap(allow, question):
                budget.spend(_PER_RESOURCE * (1 + sum(len(deny.resources) for deny in denies)))
                if not _excepted(entry, allow, denies, resource, question):
                    origins = tuple(origin for origin in allow.origins if action in origin.actions)
                    yield _Breach(action, example, origins)


def _excepted(
    entry: _FilledEntry,
    allow: ComposedStatement,
    denies: Sequence[ComposedStatement],
    resource: str,
    question: ReachQuestion,
) -> bool:
    """Tell whether a Deny, or an exception of *entry*, takes *resource* of *allow* out of what is forbidden."""
    if any(contains(pattern, resource) for pattern in entry.except_on):
        return True
    if any(held_within(key, patterns, allow, denies, resource, question) for key, patterns in entry.except_with):
        return True
    return surely_denied(denies, resource, question)


def _questions_of(
    allows: Sequence[ComposedStatement], entry: _FilledEntry, action: str, without_slash: frozenset[str]
) -> Iterator[tuple[ComposedStatement, ReachQuestion]]:
    """Yield each of *allows* with each question of *entry*, none of them before it is needed."""
    for known in entry.contexts():
        for allow, within in product(allows, entry.within):
            yield allow, ReachQuestion(action, within, known, without_slash)


def _matching(pattern: str, role: ComposedRole) -> Sequence[str]:
    """Return the actions that *role* allows and *pattern* stands for, whatever their case."""
    folded = pattern.lower()
    if not has_wildcard(folded):
        return _spellings(role).get(folded, ())
    matches, service = action_glob(pattern), folded.partition(":")[0]
    if has_wildcard(service):
        return [action for action in _by_action(role)[0] if matches(action.lower())]
    return [action for one, action in _allowed_by_service(role).get(service, ()) if matches(one)]


@lru_cache(maxsize=64)
def _spellings(role: ComposedRole) -> Mapping[str, Sequence[str]]:
    """Return the actions that *role* allows by themselves in lower case."""
    found: dict[str, list[str]] = {}
    for action in _by_action(role)[0]:
        found.setdefault(action.lower(), []).append(action)
    return found


@lru_cache(maxsize=64)
def _allowed_by_service(role: ComposedRole) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the actions that *role* allows by service, each behind itself in lower case."""
    found: dict[str, list[tuple[str, str]]] = {}
    for action in _by_action(role)[0]:
        folded = action.lower()
        found.setdefault(folded.partition(":")[0], []).append((folded, action))
    return found


_Statements = Mapping[str, Sequence[ComposedStatement]]


@lru_cache(maxsize=64)
def _by_action(role: ComposedRole) -> tuple[_Statements, _Statements]:
    """Return the Allows and the Denies of *role* by action, a Deny of many actions under each that is granted."""
    found: dict[Effect, dict[str, list[ComposedStatement]]] = {Effect.ALLOW: {}, Effect.DENY: {}}
    for statement in role.unfolded:
        for action in statement.actions:
            found[statement.effect].setdefault(action, []).append(statement)
    granted, denied = found[Effect.ALLOW], found[Effect.DENY]
    folded = {action: action.lower() for action in granted}
    for pattern in [one for one in denied if has_wildcard(one)]:
        matches = action_glob(pattern)
        for action in [one for one, low in folded.items() if matches(low)]:
            denied.setdefault(action, []).extend(denied[pattern])
    return granted, denied


def _filled(never: Never, values: Mapping[str, tuple[str, ...]]) -> _FilledEntry:
    """Return the entry with placeholders filled."""
    forbidden = never.forbidden
    return _FilledEntry(
        forbidden.action,
        _fill(never, (forbidden.resource,), values),
        tuple((key, _fill(never, found, values)) for key, found in forbidden.context.items()),
        _fill(never, forbidden.except_on, values),
        tuple((key, _fill(never, found, values)) for key, found in forbidden.except_with.items()),
    )


def entry_text(never: Never, role: ComposedRole) -> str:
    """Return the entry in words, the placeholders filled with the values of *role*."""
    return in_words(str(_each_named(never, role)), role.never_values)


def sentence(never: Never, role: ComposedRole) -> str:
    """Return the entry as `entry_text` does, with its exceptions behind it where *role* has a value for one."""
    forbidden = _each_named(never, role)
    if not any(names_in(text) == () or fill(text, role.never_values) for text in excepting_texts(forbidden)):
        forbidden = forbidden.model_copy(update={"exception": None, "except_on": (), "except_with": {}})
    return in_words(f"{forbidden}{forbidden.excepted()}", role.never_values)


def _each_named(never: Never, role: ComposedRole) -> Forbidden:
    """Return what is forbidden with each resource that its parameters name whole, one for each value."""
    text = never.forbidden.resource
    values = {name: role.never_values.get(name, ("?",)) for name in names_in(text)}
    resources = fill(text, values) or (text,)
    return never.forbidden.model_copy(update={"resource": " or ".join(resources)})


def _fill(never: Never, texts: tuple[str, ...], values: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return *texts* with their placeholders filled; raise UnknownNameError where the persona's file is wrong."""
    try:
        return tuple(found for text in texts for found in fill(text, values))
    except UnknownPlaceholderError as error:
        raise error.at(never.where, values) from error
