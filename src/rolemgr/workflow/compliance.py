"""The controls that a catalog, roles or a blueprint serve, and the rules of packs that their roles fail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from rolemgr.blueprint.levels import LevelLayers
from rolemgr.catalog.load import Catalog
from rolemgr.compare.errors import TooComplex
from rolemgr.compliance.controls import Compliance, ServingEntry, offered_controls, serving_entries
from rolemgr.compliance.judged_role import JudgedRole
from rolemgr.compliance.of_roles import level_entries, not_serving, role_entries
from rolemgr.compliance.pack_rules import JudgedPackRule, judged, pack_rules
from rolemgr.compliance.rerun import rerun_file, role_rerun_file
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.source import SourceFile
from rolemgr.model.controls import FRAMEWORKS
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.render.documents import render
from rolemgr.separation.attached import broken_by_attached
from rolemgr.separation.closure import closure_of, unknown_notes
from rolemgr.separation.violations import RenderedRole, violations
from rolemgr.workflow.blueprint_accounts import choice_of, roles_picked
from rolemgr.workflow.blueprint_given import GivenBlueprint
from rolemgr.workflow.blueprint_open import OpenBlueprint, open_blueprint
from rolemgr.workflow.choices import catalog_folders
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.prove import chosen_somewhere, require_no_role
from rolemgr.workflow.report import rendered_roles, told_apart
from rolemgr.workflow.role import RenderedChoice
from rolemgr.workflow.role_options import one_role


class FoundCompliance(NamedTuple):
    """The controls that are served, and what is *wrong* with roles that are not among those that were asked."""

    found: Compliance
    wrong: Sequence[InputError] = ()


def wanted_frameworks(frameworks: Sequence[str]) -> tuple[str, ...]:
    """Return *frameworks* in our order, all where none is named; raise UnknownNameError for one that nobody knows."""
    for name in frameworks:
        if name not in FRAMEWORKS:
            raise UnknownNameError(SourceLocation("--framework"), "framework", name, FRAMEWORKS)
    return tuple(name for name in FRAMEWORKS if not frameworks or name in frameworks)


def compliance_of(folders: Sequence[str], frameworks: Sequence[str]) -> Compliance:
    """
    Return what the catalog serves of *frameworks*, of all where none is named.

    Raises UnknownNameError for a framework that nobody here knows, and InputError for a catalog that can't be read.
    """
    wanted = wanted_frameworks(frameworks)
    catalog = Catalog(catalog_folders(folders))
    entries = tuple(serving_entries(catalog, wanted))
    roles = {name: _documents(catalog, name) for name in catalog.found("personas")}
    return Compliance(wanted, entries, _pack_rules(wanted, roles))


def compliance_of_roles(
    chosen: Mapping[str, Any], frameworks: Sequence[str], outside: Outside, *, verbose: bool
) -> FoundCompliance:
    """
    Return what the roles that *chosen* and their fallbacks describe serve; the catalog's where none is chosen.

    A role file that makes no role stops no other. Raises what is wrong where none makes one, and InputError for
    options of a role where none is chosen.
    """
    one = one_role(chosen) if not chosen["role"] else chosen
    if not chosen["role"] and not chosen_somewhere(one, outside.environ):
        require_no_role(one)
        return FoundCompliance(compliance_of(chosen["catalog"], frameworks))
    wanted = wanted_frameworks(frameworks)
    made, wrong = rendered_roles(chosen, outside, verbose=verbose)
    roles = [judged_role(name, found) for name, found in zip(told_apart(made), (one for _, one in made), strict=True)]
    catalogs = [found.catalog for _, found in made]
    return FoundCompliance(served(list(zip(roles, catalogs, strict=True)), catalogs[0], (), wanted), wrong)


def compliance_of_blueprint(given: GivenBlueprint, frameworks: Sequence[str], outside: Outside) -> Compliance:
    """
    Return what the roles of the blueprint that was *given* serve, and the policies of its organization.

    Of roles that differ by their account's id alone, the first is asked for all.
    """
    wanted = wanted_frameworks(frameworks)
    opened = open_blueprint(given, outside)
    found = opened.found
    alike: dict[object, list[str]] = {}
    for one in roles_picked(found, opened.pick):
        alike.setdefault(one.likeness, []).append(one.place)
    firsts = {one.place: one for one in found.roles}
    roles = [
        (judged_role(_with_its_like(places), choice_of(found, firsts[places[0]])), found.catalog)
        for places in alike.values()
    ]
    return served(roles, found.catalog, tuple(_levels(opened)), wanted)


def _with_its_like(places: Sequence[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1:,} like it"


def _levels(opened: OpenBlueprint) -> Iterator[LevelLayers]:
    """Yield the policies of the organization that bind an account which is meant."""
    known = opened.found.source.value.accounts
    names = known.keys() if opened.pick.is_all else {one.account for one in roles_picked(opened.found, opened.pick)}
    above = {()} | {("ous", str(known[name].ou)) for name in names} | {("accounts", name) for name in names}
    yield from (one for one in opened.found.layers if one.path in above)


def served(
    roles: Sequence[tuple[JudgedRole, Catalog]], catalog: Catalog, levels: Sequence[LevelLayers],
    wanted: Sequence[str],
) -> Compliance:  # fmt: skip
    """Return what *roles*, each with its catalog, and *levels*, from *catalog*, serve of the *wanted* frameworks."""
    asked = frozenset(wanted)
    entries = [entry for role, own in roles for entry in role_entries(own, role, asked)]
    for one in levels:
        entries += level_entries(catalog, one.level, one.kind, one.parts, asked)
    documents = {role.name: role.rendered.documents for role, _ in roles}
    catalogs = dict.fromkeys((catalog, *(own for _, own in roles)))
    offered = chain.from_iterable(offered_controls(one, wanted) for one in catalogs)
    idle = (one for role, own in roles for one in not_serving(own, role, asked))
    return Compliance(
        tuple(wanted), tuple(entries), _pack_rules(wanted, documents), tuple(documents),
        tuple(dict.fromkeys(offered)), tuple(idle),
    )  # fmt: skip


def judged_role(name: str, made: RenderedChoice) -> JudgedRole:
    """Return the role that was *made* under *name*, with what of its persona's separations it does not keep."""
    beyond = tuple(unknown_notes(closure_of(made.catalog, made.role)))
    rendered = RenderedRole(made.role, made.documents)
    return JudgedRole(
        name, rendered, dict(_not_kept(made.catalog, made.role)), beyond, tuple(_not_asked(made.documents))
    )


def _not_asked(documents: RoleDocuments) -> Iterator[str]:
    """Yield what decides about the role's requests too, and that no witness was put to."""
    if documents.boundary:
        yield f"the boundary {documents.boundary} was not asked: it may deny the request that is shown as allowed"
    if documents.attached:
        names = ", ".join(documents.attached)
        yield f"the attached {names} were not asked: they may deny the request that is shown as allowed"


def _not_kept(catalog: Catalog, role: ComposedRole) -> Iterator[tuple[str, str]]:
    """Yield the separations that *role* breaks for a reason, or that nobody can tell of, with the reason."""
    names = tuple(dict.fromkeys(one.separation for one in role.persona.never if one.separation))
    for excused in role.persona.excused:
        if excused.never.separation:
            yield excused.never.separation, f"the persona leaves out `{excused.never.forbidden}`: {excused.reason}"
    for broken in broken_by_attached(catalog, role) if role.spec.managed_policy else ():
        of_it = {one.never.separation for one in broken.violations}
        yield from ((name, broken.problem) for name in names if not of_it or name in of_it)
    if not role.spec.break_separation:
        return  # it would not have been made
    try:
        found = violations(role, closure_of(catalog, role).known)
    except TooComplex as error:
        yield from ((name, f"nobody can tell whether it is kept: {error}") for name in names)
        return
    for one in found:
        if one.never.separation:
            yield one.never.separation, f"broken: role `{one.through}` allows {one.action}"


def _pack_rules(wanted: Sequence[str], roles: Mapping[str, RoleDocuments]) -> tuple[JudgedPackRule, ...]:
    return judged((one for one in pack_rules() if not set(wanted).isdisjoint(one.frameworks)), roles)


def _documents(catalog: Catalog, persona: str) -> RoleDocuments:
    return render(compose(catalog, parse_model(SourceFile("example", {"persona": persona}, {}), RoleSpec)))


def rerun_files(found: Compliance) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of a file for `rolemgr test` for each limit that is shown, and for each role."""
    of_roles: dict[JudgedRole, list[ServingEntry]] = {}
    for one in found.limits:
        if one.role:
            of_roles.setdefault(one.role, []).append(one)
        elif text := rerun_file(one):
            level = f"{one.level}-" if one.level else ""
            yield f"{level}{one.kind.replace(' ', '-')}-{one.name}", text
    yield from _of_roles(of_roles.items())


def _of_roles(found: Iterable[tuple[JudgedRole, Sequence[ServingEntry]]]) -> Iterator[tuple[str, str]]:
    for role, entries in found:
        if text := role_rerun_file(role, entries):
            yield f"role-{role.name.replace('/', '-').replace(' ', '-')}", text
