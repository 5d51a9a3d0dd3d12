"""Roles that rolemgr made in an account and that the blueprint does not have: named, and left alone."""

from collections.abc import Iterator

from rolemgr.account.details import role_tags
from rolemgr.account.ownership import state_of
from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.errors import AwsError
from rolemgr.workflow.blueprint_accounts import ReachedAccount


def left_roles(found: ComposedBlueprint, account: ReachedAccount) -> tuple[str, ...]:
    """Return a sentence on roles of *account* that rolemgr made and *found* does not have, if any, or if unknown."""
    return tuple(_sentences(found, account))


def _sentences(found: ComposedBlueprint, account: ReachedAccount) -> Iterator[str]:
    assert account.way  # noqa: S101 - who calls has reached it
    known = {one.role.spec.arn.lower() for one in found.roles if one.account == account.name}
    try:
        made = [arn for arn, tags in role_tags(account.way) if state_of(tags)]
    except AwsError as error:
        yield f"whether the account has roles of rolemgr's that the blueprint does not have is not known: {error}"
        return
    left = sorted(arn for arn in made if arn.lower() not in known)
    if left:
        yield f"made by rolemgr, not in this blueprint, and left alone: {', '.join(left)}"
