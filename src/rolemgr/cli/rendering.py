"""The chosen role, with what there is to say of it on stderr."""

from collections.abc import Mapping, Sequence
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.cli.files import note
from rolemgr.cli.outside import OUTSIDE
from rolemgr.files.source import LayeredSource
from rolemgr.workflow import role
from rolemgr.workflow.role import Chosen, render_spec

__all__ = ["Chosen", "render_chosen", "render_source", "render_spec"]


def render_chosen(flags: Mapping[str, Any], *, verbose: bool, filled_later: Sequence[str] = ()) -> Chosen:
    """Do as `rolemgr.workflow.role.render_chosen`."""
    return role.render_chosen(flags, OUTSIDE, verbose=verbose, filled_later=filled_later)


def render_source(
    source: LayeredSource, catalogs: dict[tuple[str, ...], Catalog], *, verbose: bool,
    filled_later: Sequence[str] = (), one_of_many: bool = False,
) -> Chosen:  # fmt: skip
    """Do as `rolemgr.workflow.role.render_source`."""
    return role.render_source(
        source, catalogs, note, verbose=verbose, filled_later=filled_later, one_of_many=one_of_many
    )
