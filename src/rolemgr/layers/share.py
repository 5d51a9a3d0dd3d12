"""
The shares of AWS Resource Access Manager for one resource: to roles and accounts of the organization alone.

A share that does not say may go outside, which is RAM's default: here each says that it may not, unless the accounts
outside are named one by one.
https://docs.aws.amazon.com/ram/latest/APIReference/API_CreateResourceShare.html
"""

from collections.abc import Iterator

from rolemgr.compose.substitute import UnknownPlaceholderError, Values, fill
from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.arn import Arn
from rolemgr.model.share import ComposedShares, ResourceShare
from rolemgr.model.share_pattern import SharePattern
from rolemgr.model.source import Sourced


def compose_shares(kind: str, pattern: Sourced[SharePattern], values: Values) -> ComposedShares:
    """
    Return the shares of *pattern*, which the user calls *kind*, filled with *values*.

    Raises InputError where nobody would be let in, where a principal is of the resource's own account, and for an
    account outside that no principal is of.
    """
    made = tuple(_shares(pattern, values))
    people = [name for name in pattern.value.parameters if name != pattern.value.outside]
    if not made:
        raise InputError(None, f"the shares of `{kind}` would let nobody in", f"give one of {', '.join(people)}")
    _require_others(made, values)
    _require_used(made, pattern.value, values)
    notes = (*_notes(made), *pattern.value.left_open)
    return ComposedShares(kind, pattern.value.title, made, notes, values["name"][0], values["region"][0])


def _shares(pattern: Sourced[SharePattern], values: Values) -> Iterator[ResourceShare]:
    outside = set(values[pattern.value.outside])
    for index, one in enumerate(pattern.value.shares):
        try:
            principals = tuple(sorted({text for each in one.principals for text in fill(each, values)}))
            resources = tuple(text for each in one.resources for text in fill(each, values))
            [name] = fill(one.name, values)
        except UnknownPlaceholderError as error:
            raise error.at(pattern.at("shares", index), values) from error
        if principals:
            permission = f"arn:{values['partition'][0]}:ram::aws:permission/{one.permission}"
            is_open = any(account_of(principal) in outside for principal in principals)
            yield ResourceShare(name, resources, principals, permission, is_open)


def account_of(principal: str) -> str:
    """Return the account of a principal: an account id, or the ARN of a role."""
    arn = Arn.parse(principal)
    return arn.account if arn else principal


def _require_others(made: tuple[ResourceShare, ...], values: Values) -> None:
    own = values["account"][0]
    for principal in (one for share in made for one in share.principals):
        if account_of(principal) == own:
            problem = f"`{principal}` is of the resource's own account, whose policies suffice"
            raise InputError(SourceLocation("command line"), problem, "leave it out")


def _require_used(made: tuple[ResourceShare, ...], pattern: SharePattern, values: Values) -> None:
    used = {account_of(one) for share in made for one in share.principals}
    for account in values[pattern.outside]:
        if account not in used:
            where = SourceLocation("--parameter")
            raise InputError(where, f"{pattern.outside}: nobody of {account} is shared with", "name a role of it")


def _notes(made: tuple[ResourceShare, ...]) -> Iterator[str]:
    for share in made:
        if share.is_open:
            accounts = ", ".join(sorted({account_of(one) for one in share.principals}))
            yield (
                f"{share.name} may go outside the organization: RAM no longer holds its principals to it, so whoever "
                f"may change the share can add others to {accounts}"
            )
