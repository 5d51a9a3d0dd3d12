"""A blueprint that the user names: read, composed, proven, built into files."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedGuard, compose_blueprint
from rolemgr.blueprint.expand import expanded
from rolemgr.blueprint.proofs import prove_composed
from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import BLUEPRINT_LIMITS, LIMITS, SourceFile
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.source import Sourced, parse_model
from rolemgr.workflow.blueprint_accounts import choice_of
from rolemgr.workflow.build_index import index_files
from rolemgr.workflow.exports import FORMS, Exports, exported_text
from rolemgr.workflow.file_kind import FileKind, require_kind
from rolemgr.workflow.layer_policies import layer_files
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.permission_sets import permission_set_files, permission_sets
from rolemgr.workflow.prove import Proven
from rolemgr.workflow.resource_policies import RESOURCE_FORMS, MadeResourcePolicy, MadeShares
from rolemgr.workflow.shared_roles import SharedRole, shared_files, shared_roles
from rolemgr.workflow.trees import Trees
from rolemgr.workflow.views import Views

BUILD_FORMS: Final = ("json", "cloudformation", "terraform", "aws-cli")


class BuiltFile(NamedTuple):
    """A file of a build: its path in the folder, with ``/`` between the parts, and its text."""

    path: str
    text: str


def read_blueprint(name: str, outside: Outside) -> Sourced[Blueprint]:
    """Return the blueprint in the file *name*; raise InputError (or Problems) for what is wrong in it."""
    return blueprint_in(parse_yaml(*outside.read(name, BLUEPRINT_LIMITS), limits=BLUEPRINT_LIMITS))


def blueprint_in(source: SourceFile) -> Sourced[Blueprint]:
    """Return the blueprint that *source* holds; raise InputError (or Problems) for what is wrong in it."""
    require_kind(source, [FileKind.BLUEPRINT])
    return parse_model(source, Blueprint)


def composed_blueprint(name: str, outside: Outside) -> ComposedBlueprint:
    """Return all documents of the blueprint in the file *name*."""
    blueprint = read_blueprint(name, outside)
    folders = [Path(name).parent / one for one in blueprint.value.catalog]
    catalog = Catalog(folders)
    return compose_blueprint(expanded(blueprint, catalog, partial(_role_file, Path(name).parent, outside)), catalog)


def composed_at(name: str, trees: Trees) -> ComposedBlueprint:
    """Return all documents of the blueprint in the file *name*, with role files and catalogs of its revision."""
    blueprint = blueprint_in(parse_yaml(*trees.read(name, LIMITS)))
    beside = trees.tree(name).beside
    catalog = trees.catalog([beside(name, one) for one in blueprint.value.catalog])

    def role_file(file: str, _: SourceLocation) -> SourceFile:
        return parse_yaml(*trees.read(beside(name, file), LIMITS))

    return compose_blueprint(expanded(blueprint, catalog, role_file), catalog)


def _role_file(folder: Path, outside: Outside, name: str, where: SourceLocation) -> SourceFile:
    """Return the role file *name*, which lies in *folder* or below; raise InputError for one that does not."""
    path = folder / name
    if not path.exists():
        raise InputError(where, f"there is no role file `{name}`", f"it is looked for in {folder}")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(where, f"`{name}` is a link that leads out of the blueprint's folder", "copy the file there")
    return parse_yaml(*outside.read(str(path), LIMITS))


def view_of(name: str, outside: Outside) -> Views:
    """Return the blueprint in the file *name* as it is understood, for people and programs."""
    from rolemgr.report.blueprint import blueprint_data, blueprint_tree  # rich, for `show` alone

    found = composed_blueprint(name, outside)
    return Views(partial(blueprint_data, found), partial(blueprint_tree, found))


def prove_blueprint(name: str, outside: Outside) -> Proven:
    """Return the proofs of the blueprint in the file *name*: effective is what it says, and a theft reaches nothing."""
    found = prove_composed(composed_blueprint(name, outside), datetime.now(UTC).date())
    return Proven(f"blueprint {name}", found.proofs, found.compromise)


def built_files(found: ComposedBlueprint, form: str) -> tuple[BuiltFile, ...]:
    """
    Return every document of *found* in *form*, one of `BUILD_FORMS`, sorted by path.

    With them are two pages on what is there. What has no CloudFormation of its own is there as JSON. Raises
    InputError where two files have one path.
    """
    shared = shared_roles(found)
    files = [
        *_shared_files(found, shared, form),
        *_role_files(found, shared, form),
        *(BuiltFile(*one) for one in permission_set_files(found)),
        *_policy_files(found, form),
        *_layer_files(found, form),
    ]
    seen: dict[str, BuiltFile] = {}
    for one in files:
        if one.path in seen and seen[one.path].text != one.text:
            raise InputError(SourceLocation(one.path), "two documents have this path", "name one of them otherwise")
        seen[one.path] = one
    listed = [(path, len(seen[path].text)) for path in sorted(seen)]
    for path, text in index_files(found, form, shared, listed):
        seen[path] = BuiltFile(path, text)
    return tuple(seen[path] for path in sorted(seen))


def _shared_files(found: ComposedBlueprint, shared: tuple[SharedRole, ...], form: str) -> Iterator[BuiltFile]:
    for one in shared:
        yield from (BuiltFile(*file) for file in shared_files(one, form, unit_id(found, one.unit)))


def unit_id(found: ComposedBlueprint, unit: str) -> str | None:
    """Return the id of the organizational *unit*, where the blueprint says it."""
    known = found.source.value.ous.get(unit)
    return known.id if known else None


def _role_files(found: ComposedBlueprint, shared: tuple[SharedRole, ...], form: str) -> Iterator[BuiltFile]:
    elsewhere = {placed.place for one in shared for placed in one.placed}
    elsewhere |= {placed.place for placed in permission_sets(found)}
    for placed in found.roles:
        if placed.place in elsewhere:
            continue
        text = exported_text(choice_of(found, placed), Exports(form)).text
        yield BuiltFile(f"{placed.account}/roles/{FORMS[form].format(name=placed.place.partition('/')[2])}", text)


def _policy_files(found: ComposedBlueprint, form: str) -> Iterator[BuiltFile]:
    for placed in found.policies:
        made = MadeResourcePolicy(placed.composed, placed.document)
        own = form if made.has_form(form) else "json"
        name = f"{placed.kind}-{_name(placed)}"
        yield BuiltFile(f"{placed.account}/resource-policies/{RESOURCE_FORMS[own].format(name=name)}", made.text(own))
    for one in found.endpoints:
        made = MadeResourcePolicy(one.composed, one.document)
        own = form if made.has_form(form) and (form == "json" or one.composed.values.get("endpoint")) else "json"
        path = RESOURCE_FORMS[own].format(name=f"vpc-endpoint-{one.place.partition('/')[2]}")
        yield BuiltFile(f"{one.account}/resource-policies/{path}", made.text(own))
    for share in found.shares:
        path = RESOURCE_FORMS[form].format(name=f"{share.kind}-{_name(share)}")
        yield BuiltFile(f"{share.account}/resource-policies/{path}", MadeShares(share.shares).text(form))


def _name(placed: PlacedGuard) -> str:
    """Return what a file of the policy is called: by the resource, without what its folder says already."""
    return placed.resource.rpartition(":")[2].partition("/")[2].replace("/", "-") or placed.resource.rpartition(":")[2]


def _layer_files(found: ComposedBlueprint, form: str) -> Iterator[BuiltFile]:
    for level in found.layers:
        for one in layer_files(level.name, level.documents, form):
            yield BuiltFile(f"organization/{level.level}/{one.place.format(name=one.name)}", one.text)
