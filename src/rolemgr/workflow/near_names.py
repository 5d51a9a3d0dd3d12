"""The name that somebody may have meant, among those that the catalog has."""

from collections.abc import Sequence
from difflib import get_close_matches

from rolemgr.catalog.load import Catalog
from rolemgr.workflow.choices import catalog_folders


def near_persona(name: str, catalogs: Sequence[str]) -> str | None:
    """Return the persona that *name* is, or is near, of the built-in ones and those of the folders *catalogs*."""
    known = Catalog([one for one in catalog_folders(catalogs) if one.is_dir()]).found("personas")
    return name if name in known else next(iter(get_close_matches(name, known, n=1)), None)
