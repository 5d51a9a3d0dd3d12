"""Roles to migrate, with the built-in catalog."""

from functools import cache
from typing import Any

from rolemgr.audit.migrate.migration import Migration, NewRoleOptions, migrate
from rolemgr.audit.migrate.used import UsedFiles, read_used
from rolemgr.catalog.load import Catalog
from rolemgr.errors import SourceLocation
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole
from rolemgr.reference.managed_policies import managed_policy

ACCOUNT = "111122223333"


@cache
def catalog() -> Catalog:
    """Return the built-in catalog, read once."""
    return Catalog()


def statement(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    """Return an Allow."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def role(*documents: dict[str, Any], name: str = "old", **more: Any) -> HeldRole:
    """Return a role with *documents* as its inline policies."""
    held = tuple(HeldPolicy(f"p{at}", IdentityPolicy.model_validate(one)) for at, one in enumerate(documents))
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return HeldRole("role", arn, name, ACCOUNT, SourceLocation("account.json", 7), held, **more)


def with_managed(name: str) -> HeldRole:
    """Return a role to which AWS's policy *name* is attached."""
    found = managed_policy(name, "aws")
    assert found is not None
    held = (HeldPolicy(name, found.document, found.arn, "reference", found.version),)
    return HeldRole("role", f"arn:aws:iam::{ACCOUNT}:role/old", "old", ACCOUNT, SourceLocation("account.json", 7), held)


def used(*files: dict[str, Any]) -> UsedFiles:
    """Return what *files* say was used."""
    return read_used(SourceFile(f"used-{at}.json", one, {}) for at, one in enumerate(files))


def migrated(old: HeldRole, *files: dict[str, Any], **options: Any) -> Migration:
    """Return the migration of *old*, which used what *files* say."""
    return migrate(catalog(), old, used(*files) if files else None, NewRoleOptions(**options))
