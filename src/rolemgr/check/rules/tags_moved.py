"""RM906 and RM712: access by tags that the caller can set, on resources or on itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple, TypeAlias

from rolemgr.check.document import Document, ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import is_administrator, limits_nothing
from rolemgr.check.patterns import actions_of, fits_type, meet
from rolemgr.check.rule import IAM, SAGEMAKER, Hit, group_rule, listed, texts_with_variables
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.variables import known_variables_in, opens_variable
from rolemgr.iam.wildcards import has_wildcard, matches_action
from rolemgr.reference import quirks
from rolemgr.reference.services import find_action

_RESOURCE_TAG = ":resourcetag/"
_REQUEST_TAG = "aws:requesttag/"
_TAG_KEYS = "aws:tagkeys"
_PRINCIPAL_TAG = "aws:principaltag/"


class TagGuard(NamedTuple):
    """A tag by whose *key* access goes, and the *values* that give it; none where any will do, or not one."""

    key: str
    values: frozenset[str]


_Guarded: TypeAlias = Mapping[str, Sequence[tuple[Statement, TagGuard]]]
_EVERY: Final = "*"


@group_rule(
    "RM906", "tags-can-be-moved", Severity.SECURITY_WARNING, "access goes by tags that the caller can change",
    SAGEMAKER + "security_iam_id-based-policy-examples.html",
)  # fmt: skip
def tags_can_be_moved(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The policies of the role (or this policy, where it stands alone) give access to resources by their tags, and also
    let the caller set or delete those tags (sagemaker:AddTags, ec2:CreateTags): tag first, then use.

    So is a Deny of what lacks a tag, or has one: the tag takes it off.

    Condition AddTags on sagemaker:TaggingAction or ec2:CreateAction (tags on create), or on aws:ResourceTag (of what
    is the caller's already). aws:RequestTag and aws:TagKeys limit nothing where they allow the very tag that guards;
    leave DeleteTags out, or deny it for the tag (ForAnyValue:StringEquals aws:TagKeys).
    """
    granting = [one for one in documents if one.kind is PolicyType.IDENTITY]
    guarded = _by_service(each for one in granting for each in one.statements)
    denied = [each for one in granting for each in one.statements if each.effect == "Deny"]
    budget = Budget()
    for document in granting if guarded else ():
        for statement in document.allows:
            try:
                found = list(_moving(statement, guarded, denied, budget))
            except TooComplex as error:
                message = f"can't tell whether this or an Allow behind it moves tags that access goes by: {error}"
                yield document, Hit(message, statement.path, sid=statement.sid)
                return
            for action, key in found:
                how = "without a condition" if not statement.conditions else "whose conditions let that tag through"
                message = f"`{action}` {how}, while access goes by aws:ResourceTag/{key}"
                yield document, Hit(message, statement.at("Action", statement.named(action)), action, sid=statement.sid)


def _guards(statement: Statement) -> Iterator[TagGuard]:
    """Yield the tags of resources by which *statement* gives access or denies it, but for those that AWS alone sets."""
    for condition in statement.conditions:
        _, found, key = condition.folded.partition(_RESOURCE_TAG)
        if found and condition.operator and not key.startswith(_OF_AWS):
            gives = condition.true_where_absent is (statement.effect == "Deny") and condition.operator.base != "Null"
            yield TagGuard(key, frozenset(condition.values if gives else ()))


_OF_AWS = "aws:"
"""
What the keys of tags begin with that nobody else sets or deletes.

https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html#tag-conventions
"""


def _moving(
    statement: Statement, guarded: _Guarded, denied: Sequence[Statement], budget: Budget
) -> Iterator[tuple[str, str]]:
    """Yield the actions by which *statement* moves a tag that guards, with its key; raise TooComplex."""
    if is_administrator(statement) or "Condition" in statement.opaque:
        return
    for service in sorted(_services(statement) if _EVERY in guarded else guarded.keys()):
        guards = (*guarded.get(service, ()), *guarded.get(_EVERY, ()))
        for action in _tagging(service) if _speaks_of(statement, service) else ():
            if not statement.named(action) or any(_denies_tags(one, action) for one in denied):
                continue
            for one, guard in guards:
                if _gives(action, guard) and not _limits(statement, guard) and _meet_on(action, statement, one, budget):
                    yield action, guard.key
                    break


def _by_service(statements: Iterable[Statement]) -> _Guarded:
    """Return the guards of *statements* by their service, those of several services under a star."""
    found: dict[str, list[tuple[Statement, TagGuard]]] = {}
    for statement in statements:
        guards = list(_guards(statement))
        services = _services(statement) if guards else frozenset()
        for service in {_EVERY if has_wildcard(one) else one for one in services}:
            found.setdefault(service, []).extend((statement, one) for one in guards)
    return found


def _services(statement: Statement) -> frozenset[str]:
    return frozenset(action.lower().partition(":")[0] for action in statement.actions)


def _speaks_of(statement: Statement, service: str) -> bool:
    services = _services(statement)
    return service in services or any(map(has_wildcard, services))


@cache
def _tagging(service: str) -> tuple[str, ...]:
    """Return the actions of *service* that set or delete tags and do nothing else."""
    actions = actions_of(f"{service}:*") if not has_wildcard(service) else ()
    return tuple(one.name for one in actions if "Tagging" in one.access_levels and "Tag" in one.name)


def _gives(action: str, guard: TagGuard) -> bool:
    """
    Tell whether *action* may make a resource pass *guard*: a tag that is deleted passes one that wants no value.

    SageMaker's projects go by their tag alone, so there a tag that others lose is told too.
    """
    deletes = any(word in action for word in ("Untag", "Delete", "Remove"))
    return not deletes or not guard.values or action.startswith("sagemaker:")


def _denies_tags(statement: Statement, action: str) -> bool:
    """Tell whether the Deny *statement* is about what tags *action* sets, or on what."""
    if not statement.speaks_of(action):
        return False
    about = (_TAG_KEYS, _REQUEST_TAG, _RESOURCE_TAG, *quirks.keys_that("at_creation"))
    keys = [one.folded for one in statement.conditions]
    return not keys or "Condition" in statement.opaque or any(part in key for key in keys for part in about)


def _meet_on(action: str, statement: Statement, other: Statement, budget: Budget) -> bool:
    """Tell whether a resource that *action* tags can be one of both statements; raise TooComplex."""
    if statement.not_resources or other.not_resources:
        return True
    ones, others = (_by_type(action, tuple(one.resources)) for one in (statement, other))
    return any(
        meet(one, two, budget)
        for name in sorted(ones.keys() & others.keys())
        for one in ones[name]
        for two in others[name]
    )


@lru_cache(maxsize=4096)
def _by_type(action: str, resources: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return *resources* by the types of *action* that they can be of; each is asked for once of many pairs."""
    known = find_action(action)
    names = [use.name for use in known.resource_types] if known else []
    found = {name: tuple(one for one in resources if known and fits_type(one, known, name)) for name in names}
    return {name: ones for name, ones in found.items() if ones}


def _limits(statement: Statement, guard: TagGuard) -> bool:
    """Tell whether a condition of *statement* keeps the caller from giving any resource the tag of *guard*."""
    return any(not _is_no_limit(one, guard) for one in statement.conditions)


def _is_no_limit(condition: ReadCondition, guard: TagGuard) -> bool:
    if condition.folded.startswith((_TAG_KEYS, _REQUEST_TAG)):
        return _lets_through(condition, guard)
    if _RESOURCE_TAG in condition.folded:
        return bool(condition.true_where_absent) and bool(guard.values)  # else of a tag that is there already
    return condition.folded in quirks.keys_that("how_or_when") or limits_nothing(condition)


def _lets_through(condition: ReadCondition, guard: TagGuard) -> bool:
    """Tell whether *condition*, on the tags of the request, goes with the tag of *guard*; not where nobody knows."""
    operator = condition.operator
    if operator is None or condition.opaque:
        return False
    if condition.folded == _TAG_KEYS:
        among = any(matches_action(value, guard.key) for value in condition.values)
        return operator.base == "Null" or among is not operator.negated or operator.qualifier == "ForAnyValue"
    if condition.folded != f"{_REQUEST_TAG}{guard.key}" or operator.base == "Null" or not guard.values:
        return True
    among = bool(guard.values & set(condition.values)) or any(map(has_wildcard, (*condition.values, *guard.values)))
    return among is not operator.negated


_SETS = ("iam:TagRole", "iam:TagUser")
_TAKES = ("iam:UntagRole", "iam:UntagUser")


@group_rule(
    "RM712", "tags-itself", Severity.WARNING, "access goes by tags that the caller can give itself",
    IAM + "access_iam-tags.html",
)  # fmt: skip
def tags_itself(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The policies of the role (or this policy, where it stands alone) look at aws:PrincipalTag, and let roles or users
    be tagged (iam:TagRole, iam:TagUser): a caller that is among them gives itself the tag.

    Leave the tagging of principals to a platform role, or deny it for the tag
    (ForAnyValue:StringEquals aws:TagKeys). Nothing here tells which role the caller has: a name of another is reported
    too.
    """
    granting = [one for one in documents if one.kind is PolicyType.IDENTITY]
    keys = sorted({key for document in granting for one in document.statements for key in _looks_at(one)})
    denied = [each for one in granting for each in one.statements if each.effect == "Deny"]
    for document in granting if keys else ():
        for statement in document.allows:
            for action, key in _tags_principals(statement, keys, denied):
                where = listed(statement.resources, 2) if statement.resources else "all but some"
                message = f"`{action}` on {where}, while access goes by aws:PrincipalTag/{key}"
                yield document, Hit(message, statement.at("Action", statement.named(action)), action, sid=statement.sid)


def _looks_at(statement: Statement) -> Iterator[str]:
    """Yield the keys of the principal's tags that *statement* goes by, in a condition or as a variable."""
    for condition in statement.conditions_on(_PRINCIPAL_TAG):
        yield condition.folded.removeprefix(_PRINCIPAL_TAG)
    for _, text in texts_with_variables(statement):
        for variable in known_variables_in(text) if opens_variable(text) else ():
            if variable.key.startswith(_PRINCIPAL_TAG):
                yield variable.key.removeprefix(_PRINCIPAL_TAG)


def _tags_principals(
    statement: Statement, keys: Sequence[str], denied: Sequence[Statement]
) -> Iterator[tuple[str, str]]:
    """Yield the actions by which *statement* sets or takes one of the tags *keys* of principals, each with its key."""
    if is_administrator(statement) or "Condition" in statement.opaque:
        return
    for action in (*_SETS, *_TAKES):
        if not statement.named(action) or any(_denies_tags(one, action) for one in denied):
            continue
        if key := next((one for one in keys if not _limits(statement, TagGuard(one, frozenset()))), None):
            yield action, key
