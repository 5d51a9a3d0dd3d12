"""
Where AWS keeps the ARN of a role, and how each place is changed: a table, ``places.json``, from botocore's models.

Jobs that ran do not count: what starts them names the role anew, and so code and schedules must.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import printable
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.inventory import HeldRole, Inventory

_DEEPEST: Final = 2
_FIRST: Final = ("sagemaker", "codepipeline", "stepfunctions", "events", "scheduler")


class RolePlace(NamedTuple):
    """
    A kind of resource that names a role: *what* it is, the *members* of the *create* operation's input that hold it.

    *update* changes it in place, None where nothing does; *how* says what else there is to know or to do.
    """

    what: str
    service: str
    create: str
    members: tuple[str, ...]
    update: str | None
    list: str | None
    describe: str | None
    how: str = ""
    update_members: tuple[str, ...] = ()
    wants: Mapping[str, Sequence[str]] = {}
    """What each of `list`, `describe` and `update` must be told, by botocore's models."""
    whole: bool = False
    """Whether the update wants all that the resource has, and takes away or resets what it is not told."""
    source: str = ""
    """AWS's page for what *how* says, where it is more than that no operation changes the role."""


class Mention(NamedTuple):
    """A policy of the account that names the old role: whose it is, where in it, and what for."""

    holder: HeldRole
    place: str
    what: str


@cache
def table() -> Any:
    """Return the table."""
    return json.loads(Path(__file__).with_name("places.json").read_bytes())


@cache
def places() -> tuple[RolePlace, ...]:
    """Return the places, those of machine learning first."""
    rows = map(_row, table()["places"])
    return tuple(sorted(rows, key=lambda one: _FIRST.index(one.service) if one.service in _FIRST else len(_FIRST)))


def _row(data: Mapping[str, Any]) -> RolePlace:
    return RolePlace(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})  # type: ignore[arg-type]


def commands(place: RolePlace, old: str, new: str) -> Iterator[str]:
    """Yield the AWS CLI commands that list *place*, show one, and put the *new* role in the place of *old*."""
    if place.list:
        yield _command(place, place.list, "list")
    if place.describe:
        yield f"{_command(place, place.describe, 'describe')}  # does it name {printable(old)}?"
    if place.update:
        yield _update(place, place.update, new)


def _command(place: RolePlace, operation: str, kind: str, without: str = "") -> str:
    wants = (f"--{_dashed(one)} {_placeholder(one)}" for one in place.wants.get(kind, ()) if one != without)
    return " ".join(("aws", place.service, _dashed(operation), *wants))


def _update(place: RolePlace, operation: str, new: str) -> str:
    """Return the command that names the *new* role, in place where a word can; else with all that is there."""
    member, *inner = (place.update_members or place.members)[0].split(".")
    is_plain = not place.whole and len(inner) < _DEEPEST and "[" not in member and "{" not in member
    if not is_plain:
        names = ", ".join(one.split(".")[-1] for one in (place.update_members or place.members)[:1])
        return f"aws {place.service} {_dashed(operation)} --cli-input-json file://changed.json  # {names}: {new}"
    value = shlex.quote(f"{inner[0]}={new}" if inner else new)
    return f"{_command(place, operation, 'update', member)} --{_dashed(member)} {value}"


def _dashed(name: str) -> str:
    """Return the command or option of the AWS CLI for *name*, an operation or member of botocore's."""
    head = re.sub(r"(.)([A-Z][a-z]+)", r"\1-\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", head).lower()


def _placeholder(name: str) -> str:
    return _dashed(name).replace("-", "_").upper()


def mentions(inventory: Inventory, old: HeldRole) -> Iterator[Mention]:
    """Yield the policies of *inventory* that name *old* by its ARN: as a resource, or as who may assume a role."""
    for one in inventory.principals.values():
        if one is old:
            continue
        for policy in one.policies:
            for number, statement in enumerate(policy.document.statement, start=1):
                if old.arn in (*(statement.resource or ()), *(statement.not_resource or ())):
                    actions = ", ".join(statement.action or ("all actions but some",))
                    yield Mention(one, f"{policy.name}, statement {statement.sid or number}", actions)
        for number, each in enumerate(one.trust.statement if one.trust else (), start=1):
            if old.arn in _principals(each.principal):
                effect = "may assume it" if each.effect is Effect.ALLOW else "may not assume it"
                yield Mention(one, f"trust policy, statement {each.sid or number}", effect)


def _principals(principal: Any) -> tuple[str, ...]:
    if principal is None or isinstance(principal, str):
        return ()
    return tuple(value for value in principal.get("AWS", ()) if not has_wildcard(value))
