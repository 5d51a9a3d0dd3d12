"""What personas must never be able to do, to look at: separations, and the `never` of a persona or a role."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.errors import SourceLocation
from rolemgr.model.catalog import EntryId, IndirectWay
from rolemgr.model.persona import Excused, Never, ResolvedPersona
from rolemgr.report.entries import add_branch, entry_data, file_cell, root, table
from rolemgr.separation.never_words import in_words


def separations_table(catalog: Catalog) -> Table:
    """Return the separations of *catalog*: id, title, the personas that they hold for, file."""
    found = table("Separation", "Title", "Personas", "File")
    for name, file in catalog.found("separations").items():
        title = catalog.separation(name).value.title
        found.add_row(name, title, ", ".join(_holders(catalog, name)) or "-", file_cell(file))
    return found


def separations_data(catalog: Catalog) -> list[dict[str, Any]]:
    """Return the separations of *catalog* for ``--format json``."""
    return [
        {**entry_data(file), "title": catalog.separation(name).value.title, "personas": _holders(catalog, name)}
        for name, file in catalog.found("separations").items()
    ]


def separation_tree(catalog: Catalog, name: str) -> Tree:
    """Return the separation *name* as a tree; raise UnknownNameError if there is none."""
    separation = catalog.separation(name)
    tree = root(name, separation.value.title, separation.value.why, catalog.found("separations")[name])
    places = (separation.at("never", number) for number in range(len(separation.value.never)))
    entries = [Never(forbidden, place) for forbidden, place in zip(separation.value.never, places, strict=True)]
    tree.add(never_branch(catalog, "Never", entries, partial(in_words, catalog)))
    add_branch(tree, "Personas that it holds for", _holders(catalog, name))
    add_branch(tree, "Sources", separation.value.sources)
    return tree


def separation_data(catalog: Catalog, name: str) -> dict[str, Any]:
    """Return the separation *name* for ``--format json``: its fields as in its file, and where it lies."""
    fields = catalog.separation(name).value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return {**entry_data(catalog.found("separations")[name]), **fields, "personas": _holders(catalog, name)}


def never_branch(catalog: Catalog, head: str, never: Sequence[Never], say: Callable[[Never], str]) -> Tree:
    """Return *never* under *head*: each separation with its reason, then what is the persona's own."""
    branch = Tree(Text(head, style="bold"))
    for name, entries in groupby(never, key=lambda one: one.separation):
        inner = branch.add(_head(catalog, name)) if name else branch
        for one in entries:
            inner.add(Text.assemble(say(one), (f"  {one.where}", "dim")))
    return branch


def _head(catalog: Catalog, name: EntryId) -> Text:
    separation = catalog.separation(name).value
    return Text.assemble((name, "bold"), f"  {separation.title}: {separation.why}")


def never_data(catalog: Catalog, never: Iterable[Never], say: Callable[[Never], str]) -> list[dict[str, Any]]:
    """Return each of *never* for ``--format json``: its sentence, its action, its separation if any, its place."""
    return [
        {
            "Says": say(one),
            "Action": one.forbidden.action,
            **({"Separation": one.separation, "Why": catalog.separation(one.separation).value.why}
               if one.separation else {}),
            "Where": str(one.where),
        }
        for one in never
    ]  # fmt: skip


def let_off_data(excused: Iterable[Excused], say: Callable[[Never], str]) -> list[dict[str, str]]:
    """Return for ``--format json`` what a persona is let off, with the reason that its file gives."""
    return [{"Says": say(one.never), "Reason": one.reason, "Where": str(one.where)} for one in excused]


def indirect_ways(
    catalog: Catalog, groups: Iterable[tuple[EntryId, SourceLocation | None]]
) -> Iterator[tuple[EntryId, IndirectWay]]:
    """Yield each indirect way of *groups* (name and place), after the group that it leads through."""
    for name, place in groups:
        for way in catalog.activity_group(name, place).value.indirect:
            yield name, way


def indirect_data(
    catalog: Catalog, groups: Iterable[tuple[EntryId, SourceLocation | None]]
) -> list[dict[str, str]]:  # fmt: skip
    """Return the indirect ways of *groups* for ``--format json``."""
    return [{"Action": way.action, "Through": name, "How": way.how} for name, way in indirect_ways(catalog, groups)]


def separations_of(persona: ResolvedPersona) -> list[EntryId]:
    """Return the separations that hold for *persona*, those that it inherits among them."""
    return sorted({never.separation for never in persona.never if never.separation})


def _holders(catalog: Catalog, separation: str) -> list[str]:
    return [
        name
        for name in catalog.found("personas")
        if separation in separations_of(resolve_persona(catalog, name))
    ]  # fmt: skip
