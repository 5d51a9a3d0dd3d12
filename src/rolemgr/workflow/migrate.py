"""Roles as they are to roles of the catalog: an account, or one role out of any file, and what it used."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from rolemgr.audit.migrate.cluster import Clusters, cluster, of_sagemaker
from rolemgr.audit.migrate.holders import holders_in
from rolemgr.audit.migrate.migration import Migrated, Migration, NewRoleOptions, migrate
from rolemgr.audit.migrate.places import mentions
from rolemgr.audit.migrate.used import UsedFiles, read_used
from rolemgr.audit.read import FILE_LIMITS, LISTS, Reader
from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.source import ANSWER_LIMITS
from rolemgr.files.write import to_yaml
from rolemgr.model.inventory import HeldRole, Inventory
from rolemgr.model.spec import DEFAULT_ACCOUNT
from rolemgr.report.migrate import role_file_data
from rolemgr.workflow.file_kind import is_role_among_others
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import read_source

_MOST_NAMED: Final = 8


class MigrationRequest(NamedTuple):
    """What is asked for: the *files*, the *name* of one role in them, what it *used*, and the role's *options*."""

    files: Sequence[str]
    name: str | None
    used: Sequence[str]
    account: str | None
    options: NewRoleOptions
    catalog: Sequence[str]


Progress: TypeAlias = Callable[[int], AbstractContextManager[Callable[[], None]]]
"""Shows how far the work on so many roles is: gives what is to be called for each that is done."""


def migrated(asked: MigrationRequest, outside: Outside, progress: Progress) -> Migrated | Clusters:
    """
    Return the migration of the role that is asked for, or of all roles of an account.

    Raises InputError (or Problems) for files, names and values that are wrong.
    """
    catalog = Catalog([Path(folder) for folder in asked.catalog])
    known_persona(catalog, asked.options.persona)
    inventory, is_account = read_roles(asked.files, asked.account, outside)
    role = _chosen(inventory, asked, is_account)
    if role is None:
        roles = of_sagemaker(inventory)
        with progress(len(roles)) as done:
            return cluster(catalog, inventory, roles, asked.options, done)
    used = _used(asked.used, outside)
    found = migrate(catalog, role, used, asked.options._replace(is_of_account=is_account))
    aside = () if is_account else inventory.not_judged
    return Migrated(found, tuple(mentions(inventory, role)), aside, is_account, used.unknown if used else ())


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
        if is_account and asked.used:
            raise InputError(SourceLocation("--used"), "says what one role used", "name the role behind the file")
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


def _used(names: Sequence[str], outside: Outside) -> UsedFiles | None:
    return read_used(read_source(name, outside.read) for name in names) if names else None


def role_file(found: Migration) -> str:
    """Return the role file of the new role of *found*, as YAML."""
    return to_yaml(role_file_data(found))
