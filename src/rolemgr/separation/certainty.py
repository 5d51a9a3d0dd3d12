"""
What is certain about a statement when only some condition keys are known.

A single example request proves nothing: another value of another key may pass where the example did not.
So a `never` entry is asked with the keys that it names as *known* and all others as free. An Allow counts
unless a known key contradicts it. A Deny counts only where it holds for certain: its resources contain
everything in question, and each of its conditions is decided by known keys alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rolemgr.evaluate.conditions import TestedCondition, known_operator, read_conditions
from rolemgr.evaluate.request import Context
from rolemgr.iam.variables import as_pattern, known_variables_in, opens_variable
from rolemgr.iam.wildcards import contains, matches_folded_action
from rolemgr.model.role import ComposedStatement
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.quirks import several_values
from rolemgr.separation.one_request import Meeting, meeting

_HOLDS_WITHIN = {"StringEquals", "StringLike", "ArnEquals", "ArnLike"}
_KEEPS_WITHIN = {"StringNotEquals", "StringNotLike", "ArnNotEquals", "ArnNotLike"}


class ReachQuestion(NamedTuple):
    """What is asked: an action, on resources *within* a glob, with the *known* condition keys."""

    action: str
    within: str
    known: Context
    without_slash: frozenset[str] = frozenset()
    """The caller's tags whose values hold no slash, as a Deny refuses those (`rolemgr.separation.one_request`)."""


def overlap(allow: ComposedStatement, question: ReachQuestion) -> Iterator[tuple[str, str]]:
    """
    Yield each resource of *allow* that can be in question, with an example of both.

    Nothing where a known condition key contradicts the statement.
    """
    if _contradicted(allow, question):
        return
    for resource in allow.resources:
        example = _meeting(resource, question).example
        if example is not None:
            yield resource, example


def _meeting(resource: str, question: ReachQuestion) -> Meeting:
    return meeting(
        resource, question.within, question.without_slash, lambda text: _freed(text, question.known)
    )  # fmt: skip


def surely_denied(denies: Sequence[ComposedStatement], resource: str, question: ReachQuestion) -> bool:
    """Tell whether one of *denies* holds for certain on all of *resource* that is in question."""
    return any(_covers(deny, resource, question) and _certain(deny, question) for deny in denies)


def held_within(
    key: str, patterns: Sequence[str], allow: ComposedStatement, denies: Sequence[ComposedStatement],
    resource: str, question: ReachQuestion,
) -> bool:  # fmt: skip
    """
    Tell whether *allow* can be used only with values of *key* that *patterns* contain.

    Either the Allow itself compares the key, by a positive operator without IfExists, with nothing else; or it
    demands that a key of several values is absent, so that there is none outside; or a Deny on all that is in
    question denies every other value of it where it is present.
    """
    if any(_allows_only(condition, allow, key, patterns, question.action) for condition in _conditions(allow)):
        return True
    return any(_covers(deny, resource, question) and _keeps(deny, key, patterns, question.action) for deny in denies)


def _freed(resource: str, known: Context) -> str:
    """Return *resource* with the known variables filled in and the others as stars."""
    return as_pattern(resource, lambda variable: _one(known, variable.key) or "*")


def _one(known: Context, key: str) -> str | None:
    values = known.get(key, ())
    return values[0] if len(values) == 1 else None


def _contradicted(allow: ComposedStatement, question: ReachQuestion) -> bool:
    """Tell whether a condition of *allow* is decided by known keys, and false."""
    return any(
        _decided(condition, question, False) and not condition.holds(question.known) for condition in _conditions(allow)
    )


def _certain(deny: ComposedStatement, question: ReachQuestion) -> bool:
    """Tell whether all conditions of *deny* are decided by known keys, and true."""
    return all(
        _decided(condition, question, True) and condition.holds(question.known) for condition in _conditions(deny)
    )


def _decided(condition: TestedCondition, question: ReachQuestion, answer: bool) -> bool:
    """Tell whether *answer*, where the known keys give it, is the answer to every request that has them."""
    known = question.known
    given = condition.key in known and all(_one(known, name) is not None for name in condition.variables)
    return given and _stays(condition, question, answer)


def _stays(condition: TestedCondition, question: ReachQuestion, answer: bool) -> bool:
    """Tell whether further values of the key can't change *answer*: of several values the known ones are some."""
    several = _takes_several(condition.key, question.action)
    if not question.known.get(condition.key, ()) or not several or condition.operator == "Null":
        return True
    return known_operator(condition.operator).qualifier == ("ForAnyValue" if answer else "ForAllValues")


def _covers(deny: ComposedStatement, resource: str, question: ReachQuestion) -> bool:
    """
    Tell whether *deny* speaks of the action on everything that is both in *resource* and in question.

    A variable that *resource* and *deny* share has one value in a request, and none where *resource* names nothing.
    """
    folded = question.action.lower()
    if not any(matches_folded_action(pattern, folded) for pattern in deny.actions):
        return False
    inner, within = _freed(resource, question.known), _freed(question.within, question.known)
    bounds = _meeting(resource, question).bounds if opens_variable(resource + question.within) else ()
    for text in deny.resources:
        if any(contains(text, bound) for bound in bounds):
            return True
        unknown = any(_one(question.known, one.key) is None for one in known_variables_in(text))
        outer = _freed(text, question.known)
        if not unknown and (contains(outer, inner) or contains(outer, within)):
            return True
    return False


def _allows_only(
    condition: TestedCondition, allow: ComposedStatement, key: str, patterns: Sequence[str], action: str
) -> bool:
    if condition.key.lower() != key.lower():
        return False
    if condition.operator == "Null":
        found = find_key(key)  # the absence of a single value, an owner's, says nothing good
        return condition.values == ("true",) and found is not None and found.multivalued
    operator = known_operator(condition.operator)
    if operator.if_exists or operator.qualifier == "ForAnyValue" or operator.base not in _HOLDS_WITHIN:
        return False
    if operator.qualifier is None:  # of several values one that is right is enough for it
        return not _takes_several(key, action) and _within(condition.values, patterns)
    return _null(allow, key, "false") and _within(condition.values, patterns)


def _keeps(deny: ComposedStatement, key: str, patterns: Sequence[str], action: str) -> bool:
    """Tell whether *deny* has no other condition than that *key* is outside of values within *patterns*."""
    others = [one for one in _conditions(deny) if one.operator != "Null" or one.key.lower() != key.lower()]
    if len(others) != 1 or others[0].key.lower() != key.lower():
        return False
    operator = known_operator(others[0].operator)
    if operator.if_exists or operator.base not in _KEEPS_WITHIN or _null(deny, key, "true"):
        return False
    if operator.qualifier == "ForAnyValue":  # it lets an absent key pass, which only of several values is none outside
        return _is_several(key) and _within(others[0].values, patterns)
    held = operator.qualifier is None and not _takes_several(
        key, action
    )  # of several one good value excuses the others
    return held and not _null(deny, key, "false") and _within(others[0].values, patterns)


def _takes_several(key: str, action: str) -> bool:
    """Tell whether a request for *action* may have several values of *key*: a key that nobody knows may."""
    found = find_key(key)
    return found is None or found.multivalued or key.lower() in several_values(action)


def _is_several(key: str) -> bool:
    found = find_key(key)
    return found is not None and found.multivalued


def _within(values: Sequence[str], patterns: Sequence[str]) -> bool:
    return all(any(contains(pattern, value) for pattern in patterns) for value in values)


def _null(statement: ComposedStatement, key: str, wanted: str) -> bool:
    """Tell whether *statement* asks that *key* be absent (*wanted* is "true") or present ("false")."""
    found = (one for one in _conditions(statement) if one.operator == "Null" and one.key.lower() == key.lower())
    return any(one.values == (wanted,) for one in found)


def _conditions(statement: ComposedStatement) -> tuple[TestedCondition, ...]:
    return _read(statement.conditions)


@lru_cache(maxsize=4096)
def _read(conditions: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]) -> tuple[TestedCondition, ...]:
    element: Mapping[str, Mapping[str, tuple[str, ...]]] = {operator: dict(block) for operator, block in conditions}
    return read_conditions(element, variables=True)
