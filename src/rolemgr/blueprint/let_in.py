"""
Whom a statement of a placed policy lets in: everybody that it names, and a stranger for each way to name many.

A role that the blueprint has is one; a role of the same account that it does not have, one of an account outside, an
anonymous caller and an AWS service stand for the rest. https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_elements_principal.html
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.principals import read_caller
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import Principals, ResourceStatement, TrustStatement
from rolemgr.model.blueprint import Blueprint
from rolemgr.prove.domains import KeyAssignment

OUTSIDE_ACCOUNT: Final = "999999999999"
"""The account of whoever is in no way part of the blueprint; `outside_account` has another where the file names it."""
OUTSIDE_ORGANIZATION: Final = "o-outside0000"
_STRANGER: Final = "unknown-to-the-blueprint"
_ANONYMOUS: Final = "anonymous"
_WHO: Final = ("aws:principalarn", "aws:principalaccount")


class LetIn(NamedTuple):
    """Somebody whom a policy may let in: the principal, and the condition keys that each request of it has."""

    principal: str
    keys: KeyAssignment
    problem: str = ""
    """Why nobody can tell who that is."""


def outside_account(blueprint: Blueprint) -> str:
    """Return the id of an account that is none of *blueprint*."""
    taken = blueprint.account_ids
    return next(
        one for one in (OUTSIDE_ACCOUNT, *(f"{number:012}" for number in range(len(taken) + 1))) if one not in taken
    )


def let_in(blueprint: Blueprint, statement: ResourceStatement | TrustStatement, partition: str) -> Iterator[LetIn]:
    """Yield those whom *statement* may let in, each once."""
    for text in dict.fromkeys(_named(blueprint, statement, partition)):
        try:
            read_caller(text)
        except RequestError as error:
            yield LetIn(text, {}, f"`{text}` is not a principal that can be asked: {error.problem}")
            continue
        yield LetIn(text, _keys(blueprint, text))


def _named(blueprint: Blueprint, statement: ResourceStatement | TrustStatement, partition: str) -> Iterator[str]:
    if statement.principal is None:  # NotPrincipal: everybody but a few
        yield from _everybody(blueprint, statement, partition)
        return
    for kind, names in _blocks(statement.principal).items():
        for name in names:
            if name == "*":
                yield from _everybody(blueprint, statement, partition)
            elif kind == "AWS":
                yield _one(name, partition)
            else:
                yield name


def _blocks(principal: Principals) -> Mapping[str, tuple[str, ...]]:
    return dict(principal.items()) if isinstance(principal, Mapping) else {"AWS": ("*",)}


def _one(name: str, partition: str) -> str:
    """Return who stands for *name*: for an account a role of it that nobody knows."""
    arn = Arn.parse(name)
    account = name if ACCOUNT_ID.fullmatch(name) else arn.account if arn and arn.resource == "root" else ""
    return _stranger(account, partition) if account else name


def _stranger(account: str, partition: str) -> str:
    return f"arn:{partition}:iam::{account}:role/{_STRANGER}"


def _everybody(blueprint: Blueprint, statement: ResourceStatement | TrustStatement, partition: str) -> Iterator[str]:
    """Yield who stands for everybody; whom the statement's conditions name is among them."""
    yield _ANONYMOUS
    yield _stranger(outside_account(blueprint), partition)
    yield from (_stranger(one.id, partition) for one in blueprint.accounts.values())
    for block in statement.condition.values():
        for key, values in block.items():
            if key.lower() in _WHO:
                yield from (_one(value.replace("*", "example").replace("?", "x"), partition) for value in values)


def _keys(blueprint: Blueprint, principal: str) -> KeyAssignment:
    """Return the condition keys that AWS fills from *principal*."""
    caller = read_caller(principal)
    known: dict[str, tuple[str, ...]] = {"aws:securetransport": ("true",)}
    if caller.account is None:
        service = caller.text != _ANONYMOUS and "." in caller.text
        known |= {"aws:principalisawsservice": (str(service).lower(),), "aws:principalorgid": ()}
        return known if service else {**known, "aws:principalarn": (), "aws:principalaccount": (_ANONYMOUS,)}
    organization = blueprint.organization.id if blueprint.organization else None
    ours = caller.account in blueprint.account_ids
    found = organization if ours else OUTSIDE_ORGANIZATION
    known |= {"aws:principalarn": (principal,), "aws:principalaccount": (caller.account,)}
    return {**known, "aws:principalisawsservice": ("false",), "aws:principalorgid": (found,) if found else ()}
