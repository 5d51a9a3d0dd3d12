"""
The accounts of a blueprint, each reached for itself: one that can't be reached leaves the others whole.

An account is touched only where STS says that the credentials are of the id that the blueprint gives it.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rolemgr.account.connect import Access, AssumedRole, connect
from rolemgr.account.ownership import tag_problem
from rolemgr.account.resource_policies import PolicyTarget, can_be_read
from rolemgr.blueprint.access import AccountAccess, accesses
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedPolicy, PlacedRole
from rolemgr.errors import AwsError, InputError, RolemgrError, SourceLocation, UnknownNameError
from rolemgr.iam.arn import Arn
from rolemgr.report.blueprint_accounts import UnsharedThing
from rolemgr.report.plan import RoleNotJudged
from rolemgr.workflow.account_options import AccessOptions
from rolemgr.workflow.left_statements import unshared
from rolemgr.workflow.permission_sets import permission_sets
from rolemgr.workflow.plan import OneRole
from rolemgr.workflow.role import RenderedChoice


class Picked(NamedTuple):
    """What of a blueprint is meant: accounts and roles by name; all of them where nothing is named."""

    accounts: frozenset[str] | None = None
    roles: frozenset[str] | None = None

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return self.accounts is None and self.roles is None


class WantedPolicy(NamedTuple):
    """The policy of a resource that an account is to have, and where the blueprint asks for it."""

    target: PolicyTarget
    placed: PlacedPolicy
    where: SourceLocation


class WantedAccount(NamedTuple):
    """What an account is to have: roles, the policies of what it shares, and what it has by other ways, in words."""

    access: AccountAccess
    roles: tuple[OneRole, ...]
    policies: tuple[WantedPolicy, ...]
    notes: tuple[str, ...] = ()
    unshared: tuple[UnsharedThing, ...] = ()
    """What it has that no flow of another account is about: an earlier one may have left something there."""


class ReachedAccount(NamedTuple):
    """An account with the way into it, or the *error* why there is none; what is *refused* before AWS is asked."""

    wanted: WantedAccount
    way: Access | None
    error: RolemgrError | None = None
    refused: tuple[RoleNotJudged, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the blueprint."""
        return self.wanted.access.name


_ALL: Final = Picked()


def picked(found: ComposedBlueprint, accounts: Sequence[str], roles: Sequence[str]) -> Picked:
    """
    Return what *accounts*, by name or id, and *roles*, by place or by the name that they have in AWS, mean of *found*.

    Raises UnknownNameError for a name of nothing.
    """
    known = found.source.value.accounts
    by_id = {one.id: name for name, one in known.items()}
    for text in accounts:
        if text not in known and text not in by_id:
            raise UnknownNameError(SourceLocation("--account"), "account", text, known)
    places = [place for text in roles for place in _places(found, text)]
    return Picked(
        frozenset(by_id.get(text, text) for text in accounts) if accounts else None,
        frozenset(places) if roles else None,
    )


def _places(found: ComposedBlueprint, text: str) -> list[str]:
    places = [one.place for one in found.roles if text in (one.place, one.role.spec.role_name)]
    if not places:
        known = [each for one in found.roles for each in (one.place, one.role.spec.role_name)]
        raise UnknownNameError(SourceLocation("--role"), "role", text, known)
    return places


def roles_picked(found: ComposedBlueprint, pick: Picked = _ALL) -> tuple[PlacedRole, ...]:
    """Return the roles of *found* that *pick* means; raise InputError where it means none."""
    roles = tuple(
        one
        for one in found.roles
        if (pick.accounts is None or one.account in pick.accounts) and (pick.roles is None or one.place in pick.roles)
    )
    if not roles and pick.roles is not None:
        raise InputError(SourceLocation("--role"), "is of another account than --account names")
    return roles


def choice_of(found: ComposedBlueprint, placed: PlacedRole) -> RenderedChoice:
    """Return the role *placed* as a rendered choice, which is what a role file becomes."""
    return RenderedChoice(found.catalog, placed.role, placed.documents, placed.spec, placed.notes)


def accounts_of(found: ComposedBlueprint, pick: Picked = _ALL) -> tuple[WantedAccount, ...]:
    """
    Return what each account that *pick* means is to have.

    One that is to have nothing may still have what an earlier blueprint made: it is left out where roles are picked.
    """
    by_account: dict[str, list[PlacedRole]] = {}
    for one in roles_picked(found, pick):
        by_account.setdefault(one.account, []).append(one)
    things = unshared(found) if pick.roles is None else {}
    return tuple(
        _account(found, access, by_account.get(access.name, ()), pick)._replace(unshared=things.get(access.name, ()))
        for access in accesses(found.source)
        if (pick.accounts is None or access.name in pick.accounts) and (pick.roles is None or access.name in by_account)
    )


def _account(
    found: ComposedBlueprint, access: AccountAccess, roles: Sequence[PlacedRole], pick: Picked
) -> WantedAccount:
    elsewhere = {one.place for one in permission_sets(found)}
    policies = [one for one in found.policies if one.account == access.name and pick.roles is None]
    notes = (
        *(f"{one.place} is a permission set of Identity Center: `rolemgr build` makes it, and nothing here looks at it"
          for one in roles if one.place in elsewhere),
        *(f"the policy of {one.resource} is of a kind that is not looked at here" for one in policies
          if not can_be_read(one.kind)),
        *(f"the shares of {one.resource} are not looked at here: `rolemgr build` makes them" for one in found.shares
          if one.account == access.name and pick.roles is None),
        *(f"the policy of VPC endpoint {one.place} is not looked at here: `rolemgr build` makes it"
          for one in found.endpoints if one.account == access.name and pick.roles is None),
    )  # fmt: skip
    return WantedAccount(
        access,
        tuple(OneRole(None, one.spec.source, choice_of(found, one)) for one in roles if one.place not in elsewhere),
        tuple(
            WantedPolicy(PolicyTarget(one.kind, one.resource, _region(one.resource, access)), one, one.flows[0].where)
            for one in policies
            if can_be_read(one.kind)
        ),
        notes,
    )


def _region(resource: str, access: AccountAccess) -> str:
    """Return the region of *resource*; a bucket's ARN has none, and its account's is asked."""
    arn = Arn.parse(resource)
    return arn.region if arn and arn.region else access.region


def reached(wanted: Sequence[WantedAccount], options: AccessOptions) -> Iterator[ReachedAccount]:
    """Yield each of the *wanted* accounts with the way into it, or why there is none."""
    for one in wanted:
        try:
            way = way_into(one.access, options)
        except RolemgrError as error:
            yield ReachedAccount(one, None, error)
            continue
        roles = tuple(role for role in one.roles if not tag_problem(role.chosen.documents.tags))
        refused = tuple(_refused(role) for role in one.roles if role not in roles)
        yield ReachedAccount(one._replace(roles=roles), way, None, refused)


def _refused(one: OneRole) -> RoleNotJudged:
    problem = tag_problem(one.chosen.documents.tags) or ""
    return RoleNotJudged(one.arn, InputError(one.source.at(("tag",)), problem), one.source.name)


def way_into(access: AccountAccess, options: AccessOptions) -> Access:
    """
    Return the way into the account that *access* says; an option wins over the profile of the file.

    Raises AwsError where the credentials are not of that account, or there are none.
    """
    assume = AssumedRole(access.role, access.external_id) if access.role else None
    way = connect(options.profile or access.profile, access.region, options.endpoint_url, assume)
    if (way.account, way.partition) != (access.id, access.partition):
        whose = f"the credentials ({way.caller}) are of {way.account} ({way.partition})"
        raise AwsError(
            f"the file says {access.id} ({access.partition}), and {whose}: nothing is touched",
            "say `profile` or `assume` of the account in the blueprint", where=access.where,
        )  # fmt: skip
    return way
