"""Reading and auditing a text in one call, with the personas of the built-in catalog composed once."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from rolemgr.audit.personas import persona_actions
from rolemgr.audit.read import Reader
from rolemgr.audit.run import Audit, audit
from rolemgr.catalog.load import Catalog
from rolemgr.model.inventory import Inventory


@cache
def personas() -> Mapping[str, frozenset[str]]:
    """Return the actions of each persona."""
    return persona_actions(Catalog())


def inventory(*texts: str) -> Inventory:
    """Return what *texts*, files of one name each, say."""
    reader = Reader()
    for number, text in enumerate(texts):
        reader.take(text, f"page-{number}.json")
    return reader.inventory()


def audited(*texts: str, as_of: date | None = None, **more: Any) -> Audit:
    """Return the audit of *texts*."""
    return audit(inventory(*texts), personas, as_of=as_of, **more)


def found(result: Audit) -> set[tuple[str, str]]:
    """Return each finding's id and the name of its principal."""
    return {(one.rule.id, one.principal.name) for one in result.findings}
