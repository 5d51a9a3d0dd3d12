"""The staged path of a migration: generate, test, create, switch, validate, decommission, each with its commands."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rolemgr.audit.migrate.judge import Outcome, Verdict
from rolemgr.audit.migrate.migration import Migration
from rolemgr.audit.migrate.places import Mention, RolePlace, commands, places
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.report.evidence import confidence
from rolemgr.report.who_can import several

_TRIES: Final = 3
_DENY: Final = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'
_DENY_NAME: Final = "rolemgr-decommission"


class PathStep(NamedTuple):
    """One step: what it is, the commands for it, and what else to look at."""

    name: str
    commands: tuple[str, ...]
    notes: tuple[str, ...] = ()


def steps(found: Migration, file: str, mentions: Sequence[Mention]) -> list[PathStep]:
    """Return the steps from the old role of *found* to the new one, whose role file is *file*."""
    path, old = shlex.quote(file), found.plan.old
    role = found.plan.best.role
    name = role.spec.role_name if role else ""
    made = shlex.quote(f"{name}.json")
    return [
        PathStep("generate", (f"rolemgr create --role {path} -o {made}", f"rolemgr preview --role {path}")),
        PathStep("test", tuple(_tests(found, path, made))),
        PathStep("create", (f"rolemgr plan {path}", f"rolemgr apply {path}"), ("beside the old one",)),
        PathStep("switch", (), tuple(_switching(found, mentions))),
        PathStep("validate", tuple(_validating(old.name, path)), (
            "calls that still come as the old role say what is not switched yet",
            "run one of each kind of job, session and deployment as the new role",
            "the old role is out of use once its RoleLastUsed does not move any more",
        )),
        PathStep("decommission", tuple(_leaving(found)), (
            *_seldom(found),
            "the Deny can be taken back, a deleted role can't: wait between for as long as the longest schedule takes",
        )),
    ]  # fmt: skip


def _tests(found: Migration, path: str, made: str) -> Iterator[str]:
    yield f"rolemgr check --role {path}"
    yield f"rolemgr prove --role {path}"
    old, saved = found.plan.old, shlex.quote(f"{found.plan.old.name}.json")
    if found.plan.is_of_account:
        part = shlex.quote(f"policies:{old.name}")
        yield f"rolemgr audit {shlex.quote(old.where.file)} --extract {part} -o {saved}"
        yield f"rolemgr diff {saved} {made} --fail-on gained"
    kept = [one for one in found.outcomes if one.verdict is Verdict.KEPT and not has_wildcard(one.need.resource)]
    for one in kept[:_TRIES]:
        yield _simulated(one, path)


def _simulated(one: Outcome, path: str) -> str:
    return shlex.join([
        "rolemgr", "simulate", "--role", shlex.split(path)[0], "--action", one.need.action, "--resource",
        one.need.resource, *(word for key, values in sorted(one.context.items()) for value in values
                             for word in ("--context", f"{key}={value}")), "--expect", "Allowed",
    ])  # fmt: skip


def _seldom(found: Migration) -> Iterator[str]:
    """Say for how long the calls were recorded, where that may be too short for what runs seldom."""
    if found.use is not None:
        level, why = confidence(found.use)
        if level != "high":
            yield f"{why}: what runs once a month or a quarter may not be among them"


def _switching(found: Migration, mentions: Sequence[Mention]) -> Iterator[str]:
    yield "every place below that names the old role"
    yield "code, notebooks and settings of the SDK that name it: what starts jobs names their role"
    for (who, call), seen in sorted(found.use.passed_by.items()) if found.use else ():
        yield f"{who} passes it by {call}: {several(seen.times, 'call')}, first {seen.where}"
    for one in mentions:
        yield f"{one.holder.arn}: {one.place} names it ({one.what})"


def _validating(old: str, path: str) -> Iterator[str]:
    yield f"rolemgr replay TRAIL --with {path} --principal {shlex.quote(old)}"
    yield f"rolemgr drift {path}"
    yield f"rolemgr diagnose --role {path} 'MESSAGE OF AN ACCESS DENIED'"
    yield shlex.join(["aws", "iam", "get-role", "--role-name", old, "--query", "Role.RoleLastUsed"])


def _leaving(found: Migration) -> Iterator[str]:
    role = ["--role-name", found.plan.old.name]
    yield shlex.join(["aws", "iam", "put-role-policy", *role, "--policy-name", _DENY_NAME, "--policy-document", _DENY])
    yield shlex.join(["aws", "iam", "delete-role-policy", *role, "--policy-name", _DENY_NAME]) + "  # takes it back"
    for one in found.plan.old.policies:
        if one.arn:
            yield shlex.join(["aws", "iam", "detach-role-policy", *role, "--policy-arn", one.arn])
        else:
            yield shlex.join(["aws", "iam", "delete-role-policy", *role, "--policy-name", one.name])
    yield shlex.join(["aws", "iam", "list-instance-profiles-for-role", *role])
    yield shlex.join(["aws", "iam", "delete-role", *role])


class PlaceToChange(NamedTuple):
    """A place that may name the old role, and the commands that find and change it."""

    place: RolePlace
    commands: tuple[str, ...]


def places_to_change(found: Migration) -> list[PlaceToChange]:
    """Return all places of the table with the ARNs of the old and the new role of *found*."""
    role = found.plan.best.role
    new = role.spec.arn if role else ""
    return [PlaceToChange(one, tuple(commands(one, found.plan.old.arn, new))) for one in places()]
