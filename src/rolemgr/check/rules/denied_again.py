"""Which actions of an Allow a Deny of the same role takes away again, and what a statement says."""

from collections.abc import Iterable, Iterator, Sequence

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.patterns import only_stars
from rolemgr.check.rule import Hit
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import opens_variable
from rolemgr.iam.wildcards import action_glob, contains, has_wildcard

_PER_PAIR = 3
"""The steps that it takes to compare two resources, conditions or principals."""


def meaning(statement: Statement) -> object:
    """Return what *statement* says, its Sid and the order of its lists aside: equal for two that say the same."""
    return (
        statement.effect,
        frozenset(statement.principals), frozenset(statement.not_principals),
        frozenset(one.lower() for one in statement.actions), frozenset(one.lower() for one in statement.not_actions),
        frozenset(statement.resources), frozenset(statement.not_resources),
        frozenset(map(_test, statement.conditions)),
    )  # fmt: skip


def _test(condition: ReadCondition) -> object:
    """Return what *condition* tests; a value that a template fills in is like no other."""
    unknown = condition.path if condition.opaque else None
    return condition.operator_text, condition.folded, frozenset(condition.values), unknown


def denied_again(allows: Iterable[Statement], denies: Sequence[Statement]) -> Iterator[Hit]:
    """Yield a hit for each action of *allows* that is denied again, and one where that takes too long to tell."""
    budget = Budget()
    for statement in allows:
        try:
            denied = _denied(statement, denies, budget)
        except TooComplex as error:
            yield Hit(f"can't tell whether this or an Allow behind it is denied again: {error}", statement.path,
                      sid=statement.sid)  # fmt: skip
            return
        for action in denied:
            message = f"`{action}` is denied again on all resources of the Allow"
            yield Hit(message, statement.at("Action", action), action, sid=statement.sid)


def is_certain_deny(statement: Statement) -> bool:
    """Tell whether *statement* is a Deny of which all is known, and that is there in every deployment."""
    return statement.effect == "Deny" and not statement.opaque and "Fn::If" not in statement.path


def _denied(statement: Statement, denies: Sequence[Statement], budget: Budget) -> list[str]:
    """Return the actions of an Allow, as written, that one of *denies* takes away wholly; raise TooComplex."""
    covering = []
    for one in denies:
        pairs = (1 + len(one.resources)) * (1 + len(statement.resources))
        budget.spend(_PER_PAIR * (pairs + len(one.conditions) + len(one.principals)))
        covering += [one] if _always(one, statement) else []
    budget.spend(len(covering) * len(statement.actions))
    return [action for action in statement.actions if any(_names(one, action) for one in covering)]


def _always(deny: Statement, allow: Statement) -> bool:
    """Tell whether *deny* holds for every caller and request for which *allow* does, its actions aside."""
    tests = {_test(one) for one in allow.conditions}
    return (
        _same_principals(deny, allow)
        and all(not one.opaque and _test(one) in tests for one in deny.conditions)
        and _all_resources(deny, allow)
    )


def _same_principals(deny: Statement, allow: Statement) -> bool:
    if deny.not_principals or allow.not_principals:
        return False
    everyone = {one.kind for one in deny.principals if one.value == "*"}
    if "*" in everyone or ("AWS" in everyone and all(one.kind in ("*", "AWS") for one in allow.principals)):
        return True
    return set(allow.principals) <= set(deny.principals)


def _all_resources(deny: Statement, allow: Statement) -> bool:
    if any(map(only_stars, deny.resources)):
        return True
    if (
        "Resource" in allow.opaque
        or allow.not_resources
        or deny.not_resources
        or bool(deny.resources) != bool(allow.resources)
    ):
        return False
    return all(any(_holds(wide, narrow) for wide in deny.resources) for narrow in allow.resources)


def _holds(wide: str, narrow: str) -> bool:
    """Tell whether *wide* matches all that *narrow* does; segment by segment, as IAM reads ARNs."""
    if wide == narrow:
        return True
    one, other = Arn.parse(wide), Arn.parse(narrow)
    if opens_variable(wide) or one is None or other is None:
        return False
    return all(contains(a, b) for a, b in zip(one, other, strict=True))


def _names(deny: Statement, action: str) -> bool:
    """Tell whether *deny* is about every action that *action* stands for."""
    if deny.not_actions:
        return not has_wildcard(action) and not any(action_glob(one)(action.lower()) for one in deny.not_actions)
    if not has_wildcard(action):
        return deny.named(action) is not None
    return any(contains(one.lower(), action.lower()) for one in deny.actions if has_wildcard(one))
