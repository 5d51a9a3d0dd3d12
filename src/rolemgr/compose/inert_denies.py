"""
Denies that deny nothing: left out, as every Deny stays inline and takes room there.

A Deny goes only where nothing could allow what it denies. That is so for one that speaks of another account's
resources alone and meets no Allow of the role: access across accounts takes an Allow of the caller's own
policies besides the resource's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
Within the account a bucket or key policy could allow it all the same, and an attached managed policy anywhere.

And it is so for a Deny of an action that another one denies everywhere and under every condition, as `--strict`
does.
"""

from collections.abc import Sequence

from rolemgr.compose.distribute import ANY, Share
from rolemgr.iam.documents import Effect
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.resources import common

_RESOURCE_ACCOUNT = "aws:ResourceAccount"


def without_inert_denies(shares: Sequence[Share], spec: RoleSpec, account: str) -> list[Share]:
    """Return *shares* without the Denies that can deny nothing; *account* is how the shares write the role's own."""
    if spec.managed_policy:
        return list(shares)
    allows = [share for share in shares if share.effect is Effect.ALLOW]
    return [share for share in shares if not _is_inert(share, allows, account)]


def without_doubled_denies(shares: Sequence[Share]) -> list[Share]:
    """Return *shares* without the Denies of actions that another Deny of them denies whole."""
    whole = {share.action for share in shares if _is_whole(share)}
    return [share for share in shares if share.action not in whole or share.effect is Effect.ALLOW or _is_whole(share)]


def _is_whole(share: Share) -> bool:
    return share.effect is Effect.DENY and share.resources == ANY and not share.conditions


def _is_inert(share: Share, allows: Sequence[Share], account: str) -> bool:
    if share.effect is Effect.ALLOW or not _of_other_accounts(share, account):
        return False
    reached = [one for allow in allows if allow.action == share.action for one in allow.resources]
    return all(common(mine, other) is None for mine in share.resources for other in reached)


def _of_other_accounts(share: Share, account: str) -> bool:
    """Tell whether *share* holds for resources of other accounts than *account* only."""
    conditions = {(operator, key): values for operator, block in share.conditions for key, values in block}
    is_present = conditions.get(("Null", _RESOURCE_ACCOUNT)) == ("false",)
    return is_present and conditions.get(("StringNotEquals", _RESOURCE_ACCOUNT)) == (account,)
