"""
What hangs on what nobody told: a condition key, or the resource, that a message does not have is unknown, not absent.

A statement hangs where everything else of it matches and only unknown keys are left to say. Read against the
caller (a Deny that hangs matches, an Allow does not) and for the caller, the policies either agree, and so the
decision is certain, or the answer is "not known".
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from rolemgr.evaluate.conditions import TestedCondition
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Layer, Policies, PolicyGroup, StatementRef, groups_of
from rolemgr.evaluate.principals import read_caller
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import exemptions
from rolemgr.evaluate.statement import ReadStatement, names, takes_action, takes_resource
from rolemgr.iam.documents import Effect, PolicyDocument, StatementElement
from rolemgr.iam.variables import Variable, as_pattern, known_variables_in
from rolemgr.iam.wildcards import text_glob
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import find_action
from rolemgr.reference.support import known_key


class Hanging(NamedTuple):
    """
    A statement that hangs on unknown *keys*, as it writes them; *holds* where it matches without them.

    *on_resource* tells that it hangs on the resource too, of which nobody told.
    """

    at: StatementRef
    effect: Effect
    keys: tuple[str, ...]
    conditions: tuple[TestedCondition, ...]
    holds: bool
    on_resource: bool = False


def hanging(
    request: Request, policies: Policies, absent: frozenset[str] = frozenset(), *, any_resource: bool = False
) -> tuple[Hanging, ...]:
    """
    Return the statements whose match turns on condition keys that *request* does not have.

    *absent* are keys, in lower case, that it is known not to have had; *any_resource* says that the request's
    resource is not known, so that a statement of certain resources hangs on it.
    """
    caller, bounded = read_caller(request.principal), policies.permissions_boundary is not None
    exempt = exemptions(request, caller)
    found: list[Hanging] = []
    for group in groups_of(policies):
        for at, statement in group.statements() if group.layer not in exempt else ():
            if takes_action(statement, request.folded_action) and names(statement, caller, bounded=bounded):
                found += _hangs(at, statement, request, absent, any_resource)
    return tuple(found)


def _hangs(
    at: StatementRef, statement: ReadStatement, request: Request, absent: frozenset[str], any_resource: bool
) -> Iterator[Hanging]:
    opened = {key for key in _all_asked(statement) if key.lower() not in absent and _open(key, request)}
    unknown = tuple(one for one in statement.conditions if opened.intersection(_keys_of(one)))
    certain = (one for one in statement.conditions if one not in unknown)
    resource = tuple(key for key in _in_resource(statement, request) if key in opened)
    there, elsewhere = takes_resource(statement, request), any_resource and not statement.everywhere
    if not all(one.holds(request.context) for one in certain) or not (there or resource or elsewhere):
        return
    keys = (*resource, *(key for one in unknown for key in _keys_of(one) if key in opened))
    if keys or elsewhere:
        holds = there and all(one.holds(request.context) for one in unknown)
        yield Hanging(at, statement.effect, _once(keys), unknown, holds, elsewhere)


def _in_resource(statement: ReadStatement, request: Request) -> Iterator[str]:
    """Yield the variables on which it turns whether one of the statement's resources is the request's."""
    listed = takes_resource(statement, request) is (statement.resource_element == "Resource")
    if listed or not statement.resource_variables:
        return

    def fill(variable: Variable) -> str:
        values = request.context.folded.get(variable.key, ())
        return values[0] if len(values) == 1 else "*"

    for text in statement.resources:
        if text_glob(as_pattern(text, fill))(request.resource):
            yield from (one.spelling for one in known_variables_in(text))


def _all_asked(statement: ReadStatement) -> Iterator[str]:
    yield from statement.resource_variables
    for condition in statement.conditions:
        yield from _keys_of(condition)


def _keys_of(condition: TestedCondition) -> tuple[str, ...]:
    return (condition.key, *condition.variables)


def _once(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({key.lower(): key for key in reversed(keys)}.values())[::-1]


def _open(key: str, request: Request) -> bool:
    """Tell whether *request* may have had *key*, which nobody told: a key that its action never has is absent."""
    if key.lower() in request.context.folded:
        return False
    action = find_action(request.action)
    return action is None or find_key(key) is None or known_key(action, key)


def certain(request: Request, policies: Policies, hangs: tuple[Hanging, ...]) -> bool:
    """Tell whether *request* is allowed, or denied, whatever the keys are that *hangs* turn on."""
    worst = evaluate(request, _read(policies, hangs, Effect.DENY)).decision
    best = evaluate(request, _read(policies, hangs, Effect.ALLOW)).decision
    return (worst == "Allowed") is (best == "Allowed")


def _read(policies: Policies, hangs: tuple[Hanging, ...], matching: Effect) -> Policies:
    """Return *policies* in which those of *hangs* with the effect *matching* match, and the others do not."""
    at: dict[tuple[Layer, int | None, int], set[int]] = {}
    for one in hangs:
        at.setdefault((one.at.layer, one.at.level, one.at.policy), set()).add(one.at.statement)
    read = {
        (group.layer, group.level): tuple(
            _document(document, at.get((group.layer, group.level, number), set()), matching)
            for number, document in enumerate(_documents(policies, group))
        )
        for group in groups_of(policies)
    }
    return _replaced(policies, read)


def _document(document: PolicyDocument, hangs: set[int], matching: Effect) -> PolicyDocument:
    kept = []
    for place, statement in enumerate(document.statements()):
        if place not in hangs:
            kept.append(statement)
        elif statement.effect is matching:
            kept.append(_bare(statement))
    return document.model_copy(update={"statement": tuple(kept)}) if hangs else document


def _bare(statement: StatementElement) -> StatementElement:
    """Return *statement*, all else of which matches, without its conditions and on any resource."""
    update: dict[str, object] = {"condition": {}}
    if hasattr(statement, "resource"):
        update |= {"resource": ("*",), "not_resource": None}
    return statement.model_copy(update=update)


def _documents(policies: Policies, group: PolicyGroup) -> tuple[PolicyDocument, ...]:
    name = _FIELDS[group.layer.name]
    found = getattr(policies, name)
    if group.level is not None:
        found = found[group.level]
    return found if isinstance(found, tuple) else (found,)


_FIELDS = {
    "IDENTITY": "identity", "RESOURCE": "resource", "TRUST": "resource", "PERMISSIONS_BOUNDARY": "permissions_boundary",
    "SESSION": "session", "SERVICE_CONTROL": "service_control", "RESOURCE_CONTROL": "resource_control",
    "VPC_ENDPOINT": "vpc_endpoints",
}  # fmt: skip
_ALONE = ("resource", "permissions_boundary")


def _replaced(policies: Policies, read: dict[tuple[Layer, int | None], tuple[PolicyDocument, ...]]) -> Policies:
    update: dict[str, object] = {}
    for (layer, level), documents in read.items():
        name = _FIELDS[layer.name]
        if name in _ALONE:
            update[name] = documents[0]
        elif level is None:
            update[name] = documents
        else:
            update[name] = (*update.get(name, ()), documents)  # type: ignore[misc]
    return replace(policies, **update)  # type: ignore[arg-type]
