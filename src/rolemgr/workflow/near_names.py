"""The name that somebody may have meant, among those that the catalog has."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from rolemgr.catalog.load import Catalog
from rolemgr.workflow.settings import find_settings


def near_persona(name: str, catalogs: Sequence[str]) -> str | None:
    """
    Return the persona that *name* is, or is near, of the built-in ones and those of the folders *catalogs*.

    Without any it is those that ``rolemgr.yaml`` names.
    """
    settings = find_settings(Path.cwd())
    listed = settings.data.get("catalog") if settings else None
    folders = [Path(one) for one in catalogs or (listed if isinstance(listed, list) else ()) if isinstance(one, str)]
    known = Catalog([one for one in folders if one.is_dir()]).found("personas")
    return name if name in known else next(iter(get_close_matches(name, known, n=1)), None)
