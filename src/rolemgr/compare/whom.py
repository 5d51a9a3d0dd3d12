"""
Whom a difference of a resource policy or a trust policy lets in, in words: those whom its statement names.

A request needs one principal. Where a statement names an account, or everybody, the principal of the request only
stands for them, and nobody has to be of that name.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from rolemgr.compare.callers import STRANGER
from rolemgr.compare.verdicts import Difference
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.errors import LayerError, RequestError
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.principals import Caller, CallerKind, Match, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Conditions, ResourceStatement, TrustStatement

_ANYBODY: Final = "anybody"
_KINDS: Final[Mapping[CallerKind, str]] = {
    CallerKind.SERVICE: "any AWS service",
    CallerKind.PROVIDER: "anybody whom an identity provider vouches for",
    CallerKind.ANONYMOUS: "anybody, without credentials",
}
_ALLOWED: Final = "any principal of account {} that its administrators allow"
_WITHOUT: Final = "any principal of account {}"


def stands_for_many(one: Difference) -> bool:
    """Tell whether the principal of the request only stands for others: nobody named it."""
    return one.request.principal is not None and not one.scenario.itself and not _is_named(one)


def _is_named(one: Difference) -> bool:
    """Tell whether the principal is a service, a provider or a session of a role that the policies name."""
    caller = one.scenario.caller
    if caller.kind is CallerKind.SERVICE:
        return not caller.text.startswith("other")
    if caller.kind is CallerKind.PROVIDER:
        return f":{STRANGER}:" not in caller.text
    return caller.kind is CallerKind.SESSION and bool(_role_of(one, caller))


def _role_of(one: Difference, caller: Caller) -> str:
    """Return the ARN of the role of a session that the policies name, else nothing."""
    roles = (text for text in one.scenario.named if ":role/" in text)
    named = (text for text in roles if (read_caller(text).account, read_caller(text).name) == caller[2:4])
    return next(named, "")


def whom(one: Difference, gives: Policies, takes: Policies) -> str:
    """
    Return who is let in, and under which conditions: nothing where policies name nobody.

    Of those whom the statement of *gives* names these are each one whom *takes* does not let in with the same request.
    """
    if one.request.principal is None:
        return ""
    statement = None if one.scenario.lifted else _statement(one, gives)
    found = _of_statement(one, statement, gives, takes) if statement else ()
    names = tuple(dict.fromkeys(found)) or (asking_in_words(one),)
    where = conditions_in_words(statement.condition) if statement else ""
    return " or ".join(names) + (f", {where}" if where else "")


def _statement(one: Difference, gives: Policies) -> ResourceStatement | TrustStatement | None:
    every = gives.resource.statements() if gives.resource else ()
    at = every[one.statement.statement] if one.statement.statement < len(every) else None
    return at if isinstance(at, ResourceStatement | TrustStatement) else None


def asking_in_words(one: Difference) -> str:
    """Return for whom the principal of the request stands."""
    caller = one.scenario.caller
    if caller.kind is CallerKind.SESSION and not one.scenario.itself and (role := _role_of(one, caller)):
        return f"a session of {role}"
    if not stands_for_many(one):
        return caller.text
    if caller.kind in _KINDS:
        return _KINDS[caller.kind]
    if caller.account == STRANGER:
        return _ANYBODY
    return (_ALLOWED if one.scenario.strength is Match.ACCOUNT else _WITHOUT).format(caller.account)


def _of_statement(
    one: Difference, statement: ResourceStatement | TrustStatement, gives: Policies, takes: Policies
) -> Iterator[str]:  # fmt: skip
    """Yield those whom *statement* names one by one, if all do what the request shows; nobody where it names `*`."""
    listed = statement.principal if isinstance(statement.principal, Mapping) else {}
    names = [name for block in listed.values() for name in block]
    if "*" in names:
        return
    for name in names:
        account = _account(name)
        asking = f"arn:aws:iam::{account}:role/example" if account else name
        if _is_gained(one, asking, gives, takes):
            yield (_ALLOWED.format(account) if account else name)


def _account(name: str) -> str:
    """Return the account that the principal *name* is, nothing where it is another one."""
    arn = Arn.parse(name)
    if arn and arn.resource == "root":
        return arn.account
    return name if ACCOUNT_ID.fullmatch(name) else ""


def _is_gained(one: Difference, asking: str, gives: Policies, takes: Policies) -> bool:
    asked = one.request
    scenario = one.scenario._replace(principal=asking)
    try:
        request = Request.known(asked.action, asked.resource, asked.given_context(), asking, asked.resource_account)
        after, before = (evaluate(request, scenario.around(side)).decision for side in (gives, takes))
    except (RequestError, LayerError):
        return False
    return after == "Allowed" and before != "Allowed"


def conditions_in_words(conditions: Conditions) -> str:
    """Return *conditions* as they stand in a statement: `where aws:SecureTransport is false`."""
    texts = [
        f"{key} {_OPERATORS.get(operator, operator)} {' or '.join(values)}"
        for operator, block in conditions.items()
        for key, values in block.items()
    ]
    return f"where {' and '.join(texts)}" if texts else ""


_OPERATORS: Final = {
    "StringEquals": "is",
    "ArnEquals": "is",
    "Bool": "is",
    "StringLike": "is like",
    "ArnLike": "is like",
}
"""The operators that need no name."""
