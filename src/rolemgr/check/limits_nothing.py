"""
What limits nothing: the one judge of breadth, whom every rule about it asks.

A resource, an action or a condition can be written so that it looks like a limit and is none: `arn:aws:*`,
`role/?*`, `*:*`, aws:SecureTransport, a date that has passed, a key that nobody has to have. Which keys a
request always has is data (`rolemgr.reference.quirks`); wildcards, operators and values are read by
`rolemgr.iam`.

Where a template fills a value in later, it may be a limit: nothing is concluded from it.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from rolemgr.check.document import ReadCondition, Statement
from rolemgr.check.patterns import is_every_one
from rolemgr.check.rights import RIGHTS
from rolemgr.iam.arn import PARTITIONS, Arn
from rolemgr.iam.breadth import are_narrow, collapsed, is_open, together, widened
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.values import read_date, read_number
from rolemgr.iam.variables import around_variables, known_variables_in
from rolemgr.iam.wildcards import contains, has_wildcard, matches_action
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import find_key, known_values
from rolemgr.reference.services import find_action

_EVERY_ARN = tuple(f"arn:{partition}:*:*:*:*" for partition in PARTITIONS)
_ANY_ACCOUNT = "?" * 12
_ANY_PRINCIPAL = ("arn:aws:iam::*:role/*", "arn:aws:sts::*:assumed-role/*/*", "arn:aws:iam::*:user/*")


@lru_cache(maxsize=16_384)
def is_star(resource: str) -> bool:
    """Tell whether *resource* matches the `*` on which AWS asks for actions without resources: `*`, `**`, `?*`."""
    return bool(resource) and not resource.strip("*?") and resource.count("?") < 2


@lru_cache(maxsize=16_384)
def is_everything(resource: str) -> bool:
    """Tell whether *resource* is any resource of any service: `*`, `arn:*`, `arn:aws:*`, `*:*`, `arn:aws:*:*:*:*`."""
    wide = _widened(resource)
    return any(contains(wide, one) for one in _EVERY_ARN)


def _widened(resource: str) -> str:
    """Return *resource* with `*` for what is as open: runs of wildcards, an account of twelve question marks."""
    arn = Arn.parse(widened(resource))
    if arn is None:
        return widened(resource)
    account = "*" if arn.account == _ANY_ACCOUNT or is_open(arn.account) else arn.account
    region = "*" if is_open(arn.region) else arn.region
    return str(arn._replace(account=account, region=region))


@lru_cache(maxsize=16_384)
def is_any_name(resource: str) -> bool:
    """Tell whether *resource* leaves the name open: ``*``, ``arn:...:*``, ``arn:...:role/?*``, ``.../profile/*/*``."""
    if is_everything(resource):
        return True
    arn = Arn.parse(_widened(resource))
    if arn is None:
        return False
    _, slash, rest = arn.resource.partition("/")
    name = rest if slash else arn.resource.rpartition(":")[2]
    return not name or is_open(name)


@lru_cache(maxsize=16_384)
def is_anywhere(resource: str) -> bool:
    """Tell whether *resource* leaves name and account open: any resource of any account, as far as it says."""
    if is_everything(resource):
        return True
    arn = Arn.parse(_widened(resource))
    return is_any_name(resource) and arn is not None and not arn.account.strip("*")


@lru_cache(maxsize=16_384)
def is_every_action(pattern: str) -> bool:
    """Tell whether the action *pattern* is every action of every service: `*`, `*:*`, `**`, `?*`."""
    return contains(widened(pattern), "*:*")


def allows_every_action(statement: Statement) -> bool:
    """Tell whether *statement* speaks of every action, or of all but some that keep nobody from giving rights."""
    if any(map(is_every_action, statement.wide_actions)):
        return True
    return bool(statement.not_actions) and any(
        not any(matches_action(pattern, action) for pattern in statement.not_actions) for action in _GIVING
    )


_GIVING = tuple(action for actions in RIGHTS.values() for action in actions if "Boundary" not in action)


def on_everything(statement: Statement) -> bool:
    """Tell whether *statement* is about every resource, or about all but some that leave the roles in."""
    if any(map(is_everything, statement.wide_resources)):
        return True
    left_out = map(_widened, statement.not_resources)
    return bool(statement.not_resources) and not any(contains(one, "arn:aws:iam::*:role/*") for one in left_out)


def is_administrator(statement: Statement) -> bool:
    """Tell whether *statement* allows everything on everything: what RM601 finds, so that other rules need not."""
    return (
        statement.effect == "Allow"
        and allows_every_action(statement)
        and on_everything(statement)
        and "Condition" not in statement.opaque
        and all(limits_no_administrator(one) for one in statement.conditions)
    )


def is_unlimited(statement: Statement) -> bool:
    """Tell whether *statement* has no condition that limits anything."""
    return "Condition" not in statement.opaque and all(map(limits_nothing, statement.conditions))


def says_not_on_what(statement: Statement) -> bool:
    """
    Tell whether no condition of *statement* says on what, or for whom, it allows; how and when may be said.

    What the caller writes itself into the call says neither, in a policy of the caller's; nor does the account, which
    is as wide as a star for the name.
    """
    no_limits = quirks.keys_that("how_or_when")
    if statement.policy.kind is PolicyType.IDENTITY:
        no_limits |= quirks.keys_that("caller_chooses") | quirks.keys_that("of_the_account")
    return "Condition" not in statement.opaque and all(
        one.folded in no_limits or limits_nothing(one) for one in statement.conditions
    )


def open_resource(statement: Statement, name: str) -> str | None:
    """Return the resource of *statement* that is every one of a type that the action *name* takes, if any."""
    action = find_action(name)
    return next((one for one in statement.wide_resources if action and is_every_one(one, action)), None)


def limits_no_administrator(condition: ReadCondition) -> bool:
    """
    Tell whether *condition* does not limit a caller that may do everything.

    What holds without its key then holds for all services that do not send the key; and the resources of the
    role's account are all that there is to administrate.
    """
    if limits_nothing(condition):
        return True
    if condition.operator is None or (condition.operator.negated and _is_always_there(condition.folded)):
        return False
    if condition.true_where_absent and not _is_always_there(condition.folded):
        return True
    return not condition.operator.negated and condition.folded in quirks.keys_that("of_the_account")


def limits_nothing(condition: ReadCondition) -> bool:
    """
    Tell whether *condition* holds for anyone who calls in the usual way, or leaves something out of the request.

    A negated condition names what is not meant, and lets all the rest through: in an Allow that limits nothing,
    but for tags, accounts and regions, by which whole groups of resources can be left out.
    """
    if condition.operator is None or condition.opaque:
        return False
    if condition.operator.base == "Null":
        return _null_limits_nothing(condition)
    if condition.operator.negated:
        is_true = condition.true_where_absent or _is_always_there(condition.folded)
        return is_true and not _leaves_groups_out(condition.folded)
    if condition.true_where_absent and _may_be_left_out(condition.folded):
        return True
    return condition.folded in quirks.keys_that("of_the_holder") or _admits_the_usual(condition)


def _null_limits_nothing(condition: ReadCondition) -> bool:
    answers = {value.lower() for value in condition.values}
    if {"true", "false"} <= answers or ("false" in answers and _is_always_there(condition.folded)):
        return True
    if "false" in answers and condition.folded in quirks.absent_where_none():
        return True  # any boundary will do, as with `*`
    return "true" in answers and not _is_always_there(condition.folded) and _may_be_left_out(condition.folded)


def always_holds(condition: ReadCondition, *, signed: bool) -> bool:
    """
    Tell whether *condition* is sure to hold, whatever the request: what it tests is there, and any value will do.

    Where it is not *signed*, as in a resource's own policy, keys of the principal may be absent. Addresses count as
    there: what comes through a VPC endpoint has others under other keys.
    """
    if condition.operator is None or condition.opaque or not condition.values or condition.operator.negated:
        return False
    known = find_key(condition.folded)
    there = known is not None and known.present in (("always", "principal") if signed else ("always",))
    answers = {value.lower() for value in condition.values}
    base = condition.operator.base
    if base == "Null":
        return {"true", "false"} <= answers or (there and answers == {"false"})
    if base == "IpAddress":
        return any(one.prefixlen == 0 for one in collapsed(condition.values))
    if not (there or condition.true_where_absent):
        return False
    if base == "Bool":
        return {"true", "false"} <= answers
    return (base.endswith("Like") or base.startswith("Arn")) and any(map(_is_whatever, condition.values))


def _is_whatever(value: str) -> bool:
    """Tell whether the pattern *value* matches any text, any ARN, or any account."""
    return is_star(value) or (value.startswith("arn:") and is_everything(value)) or value == _ANY_ACCOUNT


@lru_cache(maxsize=4_096)
def _is_always_there(key: str) -> bool:
    """Tell whether every request of a principal has *key*: a caller of a role's policy has signed it."""
    known = find_key(key)
    return known is not None and known.present in ("always", "principal")


def _leaves_groups_out(key: str) -> bool:
    return key.startswith("aws:resource") or ":resourcetag/" in key or key == "aws:requestedregion"


@lru_cache(maxsize=4_096)
def _may_be_left_out(key: str) -> bool:
    """Tell whether a caller need not have *key*: not that of a resource, nor one that a service fills in itself."""
    if key in quirks.absent_where_none():
        return True
    return key.startswith("aws:") and not key.startswith("aws:resource") and not _is_always_there(key)


def _admits_the_usual(condition: ReadCondition) -> bool:
    """Tell whether the values of a positive *condition* take in what nearly every request has."""
    base = condition.operator.base if condition.operator else ""
    if base in ("IpAddress", "NotIpAddress"):
        return bool(condition.values) and not are_narrow(condition.values)
    if base.startswith(("Date", "Numeric")):
        return condition.folded in _CLOCKS and any(_is_timeless(base, value) for value in condition.values)
    if base == "Bool":
        return _admits_bool(condition)
    return _admits_text(condition, as_pattern=base.endswith("Like") or base.startswith("Arn"))


_CLOCKS = ("aws:currenttime", "aws:epochtime", "aws:tokenissuetime")
_LONG = timedelta(days=3_650)


def _is_timeless(base: str, value: str) -> bool:
    """Tell whether a time that must be after *value*, or before it, is one that has passed, or is ten years ahead."""
    try:
        limit = read_number(value) if base.startswith("Numeric") else read_date(value)
    except ValueError:
        return False
    now = datetime.now(UTC)
    if "Greater" in base:
        return limit <= Decimal(int(now.timestamp()))
    return "Less" in base and limit > Decimal(int((now + _LONG).timestamp()))


def _admits_bool(condition: ReadCondition) -> bool:
    answers = {value.lower() for value in condition.values}
    usual = quirks.usual_values(condition.folded)
    return _is_always_there(condition.folded) and (answers >= {"true", "false"} or bool(answers & set(usual)))


def _admits_text(condition: ReadCondition, *, as_pattern: bool) -> bool:
    if as_pattern and any(map(_is_any_value, (*condition.values, *together(condition.values)))):
        return True
    if condition.folded in _OF_POLICIES and any(_admits_administrator(one, as_pattern) for one in condition.values):
        return True
    if _is_always_there(condition.folded) and any(_is_itself(value, condition.folded) for value in condition.values):
        return True
    folded = {value.lower() for value in condition.values}
    usual = quirks.usual_values(condition.folded)
    if usual and condition.folded == "aws:principaltype":
        return any(one.lower() in folded for one in usual)
    known = known_values(condition.folded)
    return bool(known) and {one.lower() for one in known} <= folded


_OF_POLICIES = ("iam:policyarn", "iam:permissionsboundary")
"""Keys that hold the ARN of a policy, which limits as much as the policy does."""
_ADMINISTRATOR = tuple(f"arn:{partition}:iam::aws:policy/AdministratorAccess" for partition in PARTITIONS)


def _admits_administrator(value: str, as_pattern: bool) -> bool:
    """Tell whether the policies that *value* names have AWS's administrator among them: then any right may be given."""
    return value in _ADMINISTRATOR or (as_pattern and any(contains(_widened(value), one) for one in _ADMINISTRATOR))


def _is_itself(value: str, key: str) -> bool:
    """Tell whether *value* is the variable of *key*: what a request has is like itself."""
    around = around_variables(value)
    return (
        len(around) == 3
        and not around[0]
        and not around[2]
        and any(one.key == key for one in known_variables_in(value))
    )


@lru_cache(maxsize=16_384)
def _is_any_value(value: str) -> bool:
    """Tell whether the pattern *value* takes in any value, or any principal."""
    if not has_wildcard(value):
        return False
    wide = _widened(value)
    return is_open(wide) or is_everything(value) or any(contains(wide, one) for one in _ANY_PRINCIPAL)
