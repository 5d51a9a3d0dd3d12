"""The controls that a catalog serves: entries with their witnesses, and the rules of packs that its personas fail."""

from collections.abc import Iterator, Sequence

from rolemgr.catalog.load import Catalog
from rolemgr.compliance.controls import Compliance, serving_entries
from rolemgr.compliance.pack_rules import judged, pack_rules
from rolemgr.compliance.rerun import rerun_file
from rolemgr.compose.role import compose
from rolemgr.errors import SourceLocation, UnknownNameError
from rolemgr.files.source import SourceFile
from rolemgr.model.controls import FRAMEWORKS
from rolemgr.model.role import RoleDocuments
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render
from rolemgr.workflow.choices import catalog_folders


def compliance_of(folders: Sequence[str], frameworks: Sequence[str]) -> Compliance:
    """
    Return what the catalog serves of *frameworks*, of all where none is named.

    Raises UnknownNameError for a framework that nobody here knows, and InputError for a catalog that can't be read.
    """
    for name in frameworks:
        if name not in FRAMEWORKS:
            raise UnknownNameError(SourceLocation("--framework"), "framework", name, FRAMEWORKS)
    wanted = tuple(name for name in FRAMEWORKS if not frameworks or name in frameworks)
    catalog = Catalog(catalog_folders(folders))
    entries = tuple(serving_entries(catalog, wanted))
    rules = (one for one in pack_rules() if not set(wanted).isdisjoint(one.frameworks))
    roles = {name: _documents(catalog, name) for name in catalog.found("personas")}
    return Compliance(wanted, entries, judged(rules, roles))


def _documents(catalog: Catalog, persona: str) -> RoleDocuments:
    return render(compose(catalog, parse_model(SourceFile("example", {"persona": persona}, {}), RoleSpec)))


def rerun_files(found: Compliance) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of a file for `rolemgr test` for each limit that is shown."""
    for one in found.limits:
        text = rerun_file(one)
        if text is not None:
            yield f"{one.kind.replace(' ', '-')}-{one.name}", text
