"""Roles as they are to roles of the catalog: an account, or one role out of any file, and what it used."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from rolemgr.audit.migrate.cluster import Clusters, cluster, moved_to, of_sagemaker
from rolemgr.audit.migrate.holders import holders_in
from rolemgr.audit.migrate.migration import Migrated, Migration, NewRoleOptions, migrate
from rolemgr.audit.migrate.places import mentions
from rolemgr.audit.migrate.seen import TrailRequest, keys_to_ask
from rolemgr.audit.migrate.trial import TrialVerdict
from rolemgr.audit.migrate.used import read_used
from rolemgr.audit.read import FILE_LIMITS, LISTS, Reader
from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.source import ANSWER_LIMITS
from rolemgr.files.write import to_yaml
from rolemgr.model.inventory import HeldRole, Inventory, Unjudged
from rolemgr.model.spec import DEFAULT_ACCOUNT
from rolemgr.report.migrate_file import role_file_text
from rolemgr.workflow.file_kind import is_role_among_others
from rolemgr.workflow.migrate_trail import TrailSource, is_trail, trail_of_one, trail_of_roles
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import read_source

_MOST_NAMED: Final = 8
_MOST_CASES: Final = 2_000
_PRINCIPAL: Final = "aws:principalarn"


class MigrationRequest(NamedTuple):
    """What is asked for: the *files*, the *name* of one role in them, what it *used*, and the role's *options*."""

    files: Sequence[str]
    name: str | None
    used: Sequence[str]
    account: str | None
    options: NewRoleOptions
    catalog: Sequence[str]
    principal: str | None = None
    """Whose calls in a trail count, where the file of the role does not say it."""


Progress: TypeAlias = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""Shows how far the work on so many roles is: gives what is to be called for each that is done."""


def migrated(
    asked: MigrationRequest, outside: Outside, source: TrailSource, progress: Progress
) -> Migrated | Clusters:  # fmt: skip
    """
    Return the migration of the role that is asked for, or of all roles of an account.

    Raises InputError (or Problems) for files, names and values that are wrong.
    """
    catalog = Catalog([Path(folder) for folder in asked.catalog])
    known_persona(catalog, asked.options.persona)
    inventory, is_account = read_roles(asked.files, asked.account, outside)
    role = _chosen(inventory, asked, is_account)
    if role is None:
        return _of_account(catalog, asked, source, inventory, progress)
    return _of_one(catalog, asked, outside, source, inventory, role, is_account=is_account)


def _of_account(
    catalog: Catalog, asked: MigrationRequest, source: TrailSource, inventory: Inventory, progress: Progress
) -> Clusters:  # fmt: skip
    roles = of_sagemaker(inventory)
    uses, unread = None, tuple[str, ...]()
    if asked.used:
        found, unread = trail_of_roles(asked.used, source, roles, keys_to_ask(catalog, roles))
        uses = found.uses
    with progress(len(roles)) as done:
        made = cluster(catalog, inventory, roles, asked.options, done, uses)
    aside = (Unjudged(asked.used[0], None, "recorded calls", text) for text in unread)
    return replace(made, not_judged=(*made.not_judged, *aside))


def account_files(found: Clusters, catalog_folders: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """
    Yield the place in a folder, the name and the text of the role file of each role of *found*.

    Roles of several accounts are in folders of their own. What can't be made was said before.
    """
    catalog = Catalog([Path(folder) for folder in catalog_folders])
    accounts = {one.plan.old.account for one in found.roles}
    for one in found.roles:
        made = one.migration or moved_to(catalog, one, None)
        place = f"{one.plan.old.account}/{{name}}.yaml" if len(accounts) > 1 else "{name}.yaml"
        yield place, str(made.plan.best.data["name"]), role_file_text(Migrated(made, (), (), is_account=True))


def _of_one(
    catalog: Catalog, asked: MigrationRequest, outside: Outside, source: TrailSource, inventory: Inventory,
    role: HeldRole, *, is_account: bool,
) -> Migrated:  # fmt: skip
    trails = [name for name in asked.used if is_trail(name)]
    others = [read_source(name, outside.read) for name in asked.used if name not in trails]
    used, unread = read_used(others) if asked.used else None, tuple[str, ...]()
    if asked.principal and not trails:
        raise InputError(SourceLocation("--principal"), "says whose calls of a trail count", "give one with --used")
    new = role
    if used and trails:
        keys = keys_to_ask(catalog, (role,))
        new, use, unread = trail_of_one(
            trails, source, role, keys, principal=asked.principal, is_of_account=is_account
        )  # fmt: skip
        used = replace(used, trail=use)
    found = migrate(catalog, new, used, asked.options._replace(is_of_account=is_account))
    aside = () if is_account else inventory.not_judged
    unknown = (*(used.unknown if used else ()), *unread)
    return Migrated(found, tuple(mentions(inventory, role)), aside, is_account, unknown)


def known_persona(catalog: Catalog, name: str | None) -> None:
    """Raise UnknownNameError for a persona *name* that *catalog* does not have."""
    known = catalog.found("personas")
    if name is not None and name not in known:
        raise UnknownNameError(SourceLocation("--persona"), "persona", name, known)


def read_roles(names: Sequence[str], account: str | None, outside: Outside) -> tuple[Inventory, bool]:
    """Return the roles in the files *names*, and whether they are accounts; of another file there may be one only."""
    reader = Reader()
    for name in names:
        text, shown = outside.read(name, FILE_LIMITS)
        if any(f'"{key}"' in text for key in LISTS):
            reader.take(text, shown)
        elif len(names) > 1:
            raise InputError(SourceLocation(shown), "is not an account", "give one role or policy at a time")
        else:
            text, shown = (text, shown) if name == "-" else outside.read(name, ANSWER_LIMITS)
            is_yaml = name.endswith((".yaml", ".yml")) or (name == "-" and text.lstrip()[:1] not in ("{", "[", '"'))
            if is_yaml and is_role_among_others(text, shown):
                raise InputError(SourceLocation(shown, 1), "is a role file already", "give a role as AWS has it")
            return holders_in(text, shown, account or DEFAULT_ACCOUNT, as_json=not is_yaml), False
    if account is not None:
        raise InputError(SourceLocation("--account"), "goes with a role or policy that does not name one")
    if reader.broken:
        raise reader.broken[0]
    return reader.inventory(), True


def role_of_account(names: Sequence[str], name: str, outside: Outside) -> HeldRole:
    """
    Return the role *name* (or its ARN) of the account that the files *names* tell of.

    Raises InputError for files that are not those of an account, and for a name that no role or several have.
    """
    inventory, is_account = read_roles(names, None, outside)
    if not is_account:
        hint = "give what `aws iam get-account-authorization-details` prints"
        raise InputError(SourceLocation(names[0]), "is not an account", hint)
    return _named(inventory, name, names[0])


def _chosen(inventory: Inventory, asked: MigrationRequest, is_account: bool) -> HeldRole | None:
    """Return the role that is asked for; None where all of an account are."""
    roles = [one for one in inventory.principals.values() if one.kind == "role" and not one.is_of_a_service]
    if not roles:
        raise InputError(SourceLocation(asked.files[0]), "has no role")
    if asked.name is None:
        if is_account and not all(is_trail(name) for name in asked.used):
            raise InputError(SourceLocation("--used"), "says what one role used", "name the role behind the file")
        if is_account and asked.principal:
            raise InputError(SourceLocation("--principal"), "is about one role", "name the role before FILE")
        if is_account or len(roles) == 1:
            return None if is_account else roles[0]
        names = ", ".join(one.name for one in roles[:_MOST_NAMED])
        raise InputError(SourceLocation(asked.files[0]), f"holds {len(roles)} roles", f"name one: {names}")
    return _named(inventory, asked.name, asked.files[0])


def _named(inventory: Inventory, name: str, file: str) -> HeldRole:
    """Return the role of the *name* or ARN; raise InputError, with its *file*, where none has it or several do."""
    roles = [one for one in inventory.principals.values() if one.kind == "role" and not one.is_of_a_service]
    found = [one for one in roles if name in (one.arn, one.name)]
    if len(found) > 1:
        hint = f"give its ARN, such as {found[0].arn}"
        raise InputError(SourceLocation(file), f"`{name}` is in several accounts", hint)
    if not found:
        raise UnknownNameError(SourceLocation(file), "role", name, {one.name for one in roles})
    return found[0]


def role_file(found: Migrated, draft: str | None = None) -> str:
    """Return the role file of the new role of *found*, with its evidence; *draft* is the folder of its own groups."""
    return role_file_text(found, draft)


def draft_file(found: Migration) -> tuple[str, str] | None:
    """Return the path in a catalog, and the text, of the group that *found* drafts; None where there is none."""
    if found.draft is None:
        return None
    return f"activity_groups/{found.draft.name}.yaml", to_yaml(found.draft.data())


def tests_text(found: Migration, role: str) -> str:
    """
    Return policy tests of the role file *role* as YAML: what was recorded and is certain to stay allowed.

    Raises InputError where nothing was recorded.
    """
    cases: list[dict[str, Any]] = []
    for one in found.trial.having(TrialVerdict.ALLOWED) if found.trial else ():
        if not one.request.is_open and len(cases) < _MOST_CASES:
            cases.append(_case(one.asked))
    if not cases or found.use is None:
        raise InputError(SourceLocation("--tests"), "gets no test", "tests are of recorded calls: --used TRAIL")
    title = f"What {found.plan.old.name} used, {found.use.first} to {found.use.last}"
    return to_yaml({"title": title, "role": role, "cases": cases})


def _case(one: TrailRequest) -> dict[str, Any]:
    told = {key: list(values) for key, values in one.told if values and key != _PRINCIPAL}
    request: dict[str, Any] = {"action": one.action, "resource": one.resource} | ({"context": told} if told else {})
    return {"name": f"{one.action} on {one.resource}", "request": request, "expect": "Allowed"}
