"""Whether a request may leave a key out, and whether a Deny by it can be bypassed so."""

from collections.abc import Iterator

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.rule import listed
from rolemgr.check.rules.carried import demands, names_of
from rolemgr.check.rules.reference_known import exact_actions
from rolemgr.reference import quirks
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
