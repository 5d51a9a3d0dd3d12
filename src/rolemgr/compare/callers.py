"""The principals that policies tell apart: each that they name, what acts as it, and reserved ones for all others."""

from collections.abc import Iterable, Iterator
from typing import Final

from rolemgr.compare.statements import CompiledStatement
from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.principals import read_caller
from rolemgr.iam.arn import ACCOUNT_ID, Arn

STRANGER: Final = "999999999999"
"""The account that stands for all that no policy names."""


ELSEWHERE: Final = "000000000000"
"""The account of a resource whose policy lets callers in from other accounts."""


def callers_of(statements: Iterable[CompiledStatement], home: str = "") -> Iterator[str]:
    """Yield one principal for each that the statements can tell apart, and those of the account *home*."""
    listed = [statement.principals for statement in statements if statement.principals]
    taken = frozenset(text for named in listed for text in named.listed)
    example, stranger, other = (_free(name, taken) for name in ("example", "stranger", "other"))
    yield f"arn:aws:iam::{STRANGER}:role/{stranger}"
    yield f"arn:aws:iam::{STRANGER}:user/{stranger}"
    yield f"arn:aws:sts::{STRANGER}:federated-user/{stranger}"
    yield f"arn:aws:iam::{STRANGER}:root"
    yield "anonymous"
    for named in listed:
        for text in sorted(named.arns, key=lambda arn: (arn.endswith(":root"), arn)):
            yield from _part_of(text, example)
        for account in sorted(named.accounts):
            yield from _in_account(account, example)
        yield from sorted(one for one in named.services if one != "*")
        yield from sorted(one for one in named.providers if one != "*")
    for account in (*_accounts_in_conditions(statements), *filter(None, (home,))):
        yield from _in_account(account, example)
    yield from (f"{other}.amazonaws.com", f"arn:aws:iam::{STRANGER}:saml-provider/{stranger}")


def _free(name: str, taken: Iterable[str]) -> str:
    """Return *name*, with a number where it is part of one that is *taken*: it stands for all that are not."""
    names = (name, *(f"{name}{number}" for number in range(len(tuple(taken)) + 1)))
    return next(one for one in names if not any(one in text for text in taken))


def can_ask(text: str) -> bool:
    """Tell whether the principal *text* of a policy can ask for something, as far as is known here."""
    try:
        read_caller(text)
    except RequestError:
        return False
    return True


def names_unknown(statements: Iterable[CompiledStatement]) -> str:
    """Return why somebody whom the policies name can't be asked for, such as CloudFront's own users; or nothing."""
    unknown = [text for text in dict.fromkeys(callers_of(statements)) if not can_ask(text)]
    return f"nobody knows what `{unknown[0]}` may ask for" if unknown else ""


def names_strangers(statements: Iterable[CompiledStatement]) -> str:
    """Return why those whom nobody names can't be asked for: an account that stands for them is named; or nothing."""
    named = {
        account
        for statement in statements
        if statement.principals
        for account in _accounts_of(statement.principals.arns)
    }
    both = sorted({STRANGER, ELSEWHERE} & named)
    return f"account {both[0]} is named, which stands here for all that are not" if both else ""


def _accounts_of(arns: Iterable[str]) -> Iterator[str]:
    asked = (text for text in arns if not text.startswith("arn:") or can_ask(text))
    return (read_caller(text).account or "" if text.startswith("arn:") else text for text in asked)


def _in_account(account: str, name: str) -> Iterator[str]:
    yield f"arn:aws:iam::{account}:role/{name}"
    yield f"arn:aws:iam::{account}:user/{name}"
    yield f"arn:aws:sts::{account}:assumed-role/{name}/session"
    yield f"arn:aws:sts::{account}:federated-user/{name}"
    yield f"arn:aws:iam::{account}:root"


def _part_of(text: str, example: str) -> Iterator[str]:
    """Yield the principal *text*, what acts as it, and what it is part of."""
    arn = Arn.parse(text)
    if arn is None:
        return
    if not text.endswith(":root"):
        yield text
    kind, _, name = arn.resource.partition("/")
    last = name.rpartition("/")[2]
    if kind == "role":
        yield f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{last}/session"
    elif kind == "user":
        yield f"arn:{arn.partition}:sts::{arn.account}:federated-user/{last}"
    elif kind == "assumed-role":
        role = name.partition("/")[0]
        yield f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{role}/another"
        yield f"arn:{arn.partition}:iam::{arn.account}:role/{role}"
    yield from _in_account(arn.account, example)


def _accounts_in_conditions(statements: Iterable[CompiledStatement]) -> Iterator[str]:
    """Yield the accounts that conditions on the principal name."""
    for statement in statements:
        for condition in statement.conditions:
            if condition.key.startswith("aws:principal") or condition.key == "kms:calleraccount":
                for text in sorted(atom.text for atom in condition.atoms):
                    arn = Arn.parse(text)
                    account = arn.account if arn else text
                    if ACCOUNT_ID.fullmatch(account):
                        yield account
