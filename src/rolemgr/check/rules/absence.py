"""Whether a request may leave a key out, and whether a Deny by it can be bypassed so."""

from collections.abc import Iterator

from rolemgr.check.document import Document, ReadCondition, Statement
from rolemgr.check.rule import Hit, listed
from rolemgr.check.rules.carried import demands, names_of
from rolemgr.check.rules.reference_known import exact_actions
from rolemgr.iam.wildcards import contains
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.services import Action


def harmless(statement: Statement, condition: ReadCondition, action: Action) -> str | None:
    """Return why a request for *action* may lack the key, or None where it must carry it."""
    name = condition.folded
    if demands(statement, name):
        return None
    key = name.partition("/")[0] + "/" if "/" in name else name
    if reason := quirks.absence_reason(action.name, key):
        return reason
    must = quirks.must_carry(action.name, key)
    if must is None:
        return None
    if must.not_with_local_nvme and not list(statement.conditions_on("sagemaker:instancetypes")):
        return "instance types with local disks refuse it, and it is not asked for with serverless"
    asked = [one.lower() for block in must.only_if.values() for one in block]
    if asked and not list(statement.conditions_on(*asked)):
        return f"it goes with {listed(asked)}, which the statement does not look at"
    return None


def open_by_absence(
    statement: Statement, condition: ReadCondition, all_of_them: list[Statement], closed: dict[object, bool]
) -> Iterator[str]:
    """
    Yield the actions of a Deny that must carry the key of *condition*, and are let through without it.

    *closed* keeps what was found of an action and a key over all statements.
    """
    if condition.operator is None or condition.operator.base == "Null" or not _needs_key(statement, condition):
        return
    names = names_of(condition.folded)
    for name, action in exact_actions(statement):
        if not _must_carry(action, condition):
            continue
        if (action.name, names) not in closed:
            closed[action.name, names] = _is_closed(action, names, all_of_them)
        if not closed[action.name, names]:
            yield name


def _is_closed(action: Action, names: tuple[str, ...], statements: list[Statement]) -> bool:
    """Tell whether *statements* let no request for *action* through that lacks the key of *names*."""
    if any(_closed(one, action, names) for one in statements):
        return True
    allowing = [one for one in statements if one.effect == "Allow" and one.named(action.name)]
    return bool(allowing) and all(demands(one, *names) for one in allowing)


def _needs_key(statement: Statement, condition: ReadCondition) -> bool:
    """Tell whether the Deny holds only for requests that carry the key of *condition*."""
    return condition.folded.startswith("sagemaker:") and demands(statement, condition.folded)


def _must_carry(action: Action, condition: ReadCondition) -> bool:
    must = quirks.must_carry(action.name, condition.folded)
    if must is None:
        return False
    caps = [int(value) for value in condition.values if value.isdigit()]
    return must.only_below is None or not caps or min(caps) < must.only_below


def _closed(statement: Statement, action: Action, names: tuple[str, ...]) -> bool:
    """Tell whether *statement* denies *action* where the key of *names* is absent, or altogether."""
    if statement.effect != "Deny" or not statement.speaks_of(action.name):
        return False
    if not statement.conditions:
        return "Condition" not in statement.opaque
    return any(one.true_where_absent for one in statement.conditions_on(*names)) and not demands(statement, *names)


_OF_MFA = ("aws:multifactorauthpresent", "aws:multifactorauthage")
"""
Both are there for sessions with MFA alone, and never with an access key.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
"""


def absent_and_free(statements: list[Statement], together: list[Statement]) -> Iterator[tuple[Document, Hit]]:
    """
    Yield a hit for each Deny of *statements* by the want of what a global key says, that holds only with the key.

    None where a Deny of those *together* with it holds without.
    """
    for statement in statements:
        for condition in statement.conditions if statement.effect == "Deny" else ():
            keys = _OF_MFA if condition.folded in _OF_MFA else (condition.folded,)
            if not _wants(condition) or _denied_without(statement, keys, together):
                continue
            message = (
                f"a request without `{condition.key}` bypasses this Deny ({condition.operator_text}); also deny"
                " requests that omit the key"
            )
            yield statement.policy, Hit(message, condition.path, key=condition.key, sid=statement.sid)


def _wants(condition: ReadCondition) -> bool:
    """Tell whether *condition*, of a Deny, is about the want of what a global key says, where the key may be absent."""
    operator, key = condition.operator, find_key(condition.folded)
    if operator is None or condition.true_where_absent is not False or operator.base == "Null":
        return False
    if key is None or not key.name.lower().startswith("aws:") or key.present in ("always", "principal"):
        return False
    if key.type == "Bool" and not operator.negated:
        return {value.lower() for value in condition.values} == {"false"}
    if operator.negated:
        return key.multivalued and condition.folded != "aws:tagkeys"
    return condition.folded in _OF_MFA and "Greater" in operator.base


def _denied_without(statement: Statement, keys: tuple[str, ...], statements: list[Statement]) -> bool:
    """Tell whether *statements* let nothing through that lacks *keys* and that *statement* is about."""
    if demands(statement, *keys) and any(one.operator_text == "Null" for one in statement.conditions_on(*keys)):
        return True  # by its own `Null: false` it is about requests with the key
    if any(_denies_absence(one, keys) and _as_wide(one, statement) for one in statements):
        return True
    allowing = [one for one in statements if one.effect == "Allow"]
    return bool(allowing) and all(demands(one, *keys) for one in allowing)


def _denies_absence(statement: Statement, keys: tuple[str, ...]) -> bool:
    absent = any(one.true_where_absent for one in statement.conditions_on(*keys))
    return statement.effect == "Deny" and absent and not demands(statement, *keys)


def _as_wide(wide: Statement, narrow: Statement) -> bool:
    """Tell whether *wide* speaks of all actions of *narrow*."""
    if narrow.not_actions:
        return set(wide.not_actions) <= set(narrow.not_actions) and bool(wide.not_actions or "*" in wide.actions)
    return all(
        wide.speaks_of(one) or any(contains(each.lower(), one.lower()) for each in wide.actions)
        for one in narrow.actions
    )
