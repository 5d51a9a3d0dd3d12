"""Whether requests carry the condition keys that a statement looks at."""

from collections.abc import Iterator
from functools import lru_cache

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.patterns import actions_of
from rolemgr.check.rules.reference_known import exact_actions, looked_through
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.providers import in_session, is_provider_key
from rolemgr.reference.services import Action
from rolemgr.reference.support import known_key

_RESOURCE_TAG = "aws:resourcetag/"
_TAG_KEYS = (_RESOURCE_TAG, "aws:requesttag/", "aws:tagkeys")


def is_by_tag(condition: ReadCondition) -> bool:
    """Tell whether *condition* is about tags: of the resource, of the request, or their keys."""
    return condition.folded.startswith(_TAG_KEYS)


@lru_cache(maxsize=65_536)
def carries(action: Action, key: str) -> bool:
    """Tell whether a request for *action* can carry the condition *key*, on any of its resource types."""
    found = find_key(key)
    if found is None:
        return False
    return in_session(key) or known_key(action, found.name) or known_key(action, key)


def judged(condition: ReadCondition) -> bool:
    """
    Tell whether the reference says which actions carry the key of *condition*.

    It does not for global keys, and for those of identity providers that stay in the session: its
    holder sends them with every request. Their other keys come with AssumeRoleWithSAML or WithWebIdentity alone.
    """
    if find_key(condition.key) is None or in_session(condition.key):
        return False
    return not condition.folded.startswith("aws:") or is_by_tag(condition)


def is_of_own_service(condition: ReadCondition, action: Action) -> bool:
    """Tell whether key and action are of one service, or the key is a tag key."""
    prefix = condition.folded.partition(":")[0]
    return prefix in ("aws", action.service) or is_provider_key(condition.key)


def is_sagemakers(condition: ReadCondition, action: str) -> bool:
    """
    Tell whether key and action are SageMaker's own (or the key a tag's).

    There the reference was compared with the API and the guide, and the quirks mend it; what it says of
    other services is a good hint, but their own policies show that it is not complete.
    """
    return action.lower().startswith("sagemaker:") and condition.folded.startswith(("sagemaker:", "aws:"))


def actions_lacking(statement: Statement, condition: ReadCondition) -> Iterator[tuple[str, Action]]:
    """Yield the exact actions of *statement* whose requests never carry the key of *condition*."""
    for name, action in exact_actions(statement):
        if not carries(action, condition.key):
            yield name, action


def dead_patterns(statement: Statement, condition: ReadCondition) -> list[str]:
    """Return the patterns of *statement* none of whose actions carries the key."""
    found = []
    for pattern in statement.actions:
        actions = actions_of(pattern) if has_wildcard(pattern) and looked_through(pattern) else ()
        if actions and not any(carries(action, condition.key) for action in actions):
            found.append(pattern)
    return found


def whole_statement_lacking(statement: Statement, condition: ReadCondition) -> list[str]:
    """
    Return the actions and patterns of *statement* where none of them carries the key of *condition*, else nothing.

    Of tags of resources SageMaker's actions alone are told: of others the reference does not list all that have them.
    Other keys are told of actions of their own service.
    """
    lacking = {*(name for name, _ in actions_lacking(statement, condition)), *dead_patterns(statement, condition)}
    if not lacking.issuperset(statement.actions):
        return []
    if condition.folded.startswith(_RESOURCE_TAG) and not all(is_sagemakers(condition, name) for name in lacking):
        return []
    prefix = condition.folded.partition(":")[0]
    if prefix != "aws" and not all(name.lower().startswith(f"{prefix}:") for name in lacking):
        return []
    return [name for name in statement.actions if name in lacking]


def actions_blocked(statement: Statement, condition: ReadCondition) -> Iterator[tuple[str, Action]]:
    """Yield the actions that never carry the key of a Deny: the exact ones, and one for each pattern."""
    yield from actions_lacking(statement, condition)
    if not condition.folded.startswith("sagemaker:"):
        return
    for pattern in statement.actions:
        if has_wildcard(pattern):
            lacking = (action for action in actions_of(pattern) if not carries(action, condition.key))
            if found := next(lacking, None):
                yield pattern, found


def can_match(statement: Statement, action: Action) -> bool:
    """Tell whether no other condition of a Deny rules *action* out by a key that it never carries."""
    others = (one for one in statement.conditions if judged(one) and one.true_where_absent is False)
    return all(carries(action, one.key) for one in others)


def demands(statement: Statement, *keys: str) -> bool:
    """Tell whether *statement* holds only where one of *keys* is there, by a condition such as ``Null: false``."""
    return any(one.true_where_absent is False for one in statement.conditions_on(*keys))


def names_of(key: str) -> tuple[str, ...]:
    """Return *key*, lower case, and the other name of a KMS condition key that has two."""
    renamed = quirks.renamed_keys()
    return (key, *(old for old, new in renamed.items() if new == key), *filter(None, [renamed.get(key)]))
