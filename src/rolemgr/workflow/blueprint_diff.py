"""What one blueprint makes that another does not: role by role, policy by policy, each change by its line."""

import os
from collections.abc import Iterator, Mapping

from rolemgr.blueprint.access import accesses, organization_access
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.levels import LevelLayers
from rolemgr.change.moves import placed
from rolemgr.compare.grants import Grant
from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.revisions import revised
from rolemgr.files.source import BLUEPRINT_LIMITS
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy
from rolemgr.report.diff import FolderDiff, RoleDiff
from rolemgr.report.differences import SideWords
from rolemgr.workflow.blueprint import composed_at
from rolemgr.workflow.blueprint_accounts import choice_of
from rolemgr.workflow.blueprint_given import is_blueprint_text
from rolemgr.workflow.diff_pair import pair, texts_of
from rolemgr.workflow.layers import with_full_access
from rolemgr.workflow.remade import grant_of, remaking
from rolemgr.workflow.settings import BLUEPRINT_FILE
from rolemgr.workflow.sides import DiffSide, RoleFile
from rolemgr.workflow.trees import Trees
from rolemgr.workflow.whole import whole


def blueprints_compared(a: str, b: str, kind: str | None, trees: Trees) -> FolderDiff | None:
    """
    Return what the blueprint *b* makes that *a* does not, and the reverse; None where neither is a blueprint.

    Either may be of a revision of git, or, beside a blueprint, a folder that has one. Raises InputError where one is a
    blueprint and the other is not.
    """
    found = [is_blueprint_at(name, trees) for name in (a, b)]
    if not any(found):
        return None
    blueprint, other = (a, b) if found[0] else (b, a)
    if not all(found):
        inside = _blueprint_of(other, trees)
        if inside is None:
            raise InputError(
                SourceLocation(blueprint), f"is a blueprint, and {other} is none", "give two blueprints, as files"
            )
        a, b = (a, inside) if found[0] else (inside, b)
    _refuse_type(kind)
    return _compared(a, b, trees)


def _compared(a: str, b: str, trees: Trees) -> FolderDiff:
    old, new = composed_at(a, trees), composed_at(b, trees)
    return _diff(_sides(old, a), _sides(new, b), (a, b), tuple(_settings(old, new)))


def with_blueprints(
    found: FolderDiff, olds: Mapping[str, str], news: Mapping[str, str], kind: str | None, trees: Trees
) -> FolderDiff:  # fmt: skip
    """
    Return *found* of two folders with what differs in their blueprints: *olds* and *news*, by path below the folder.

    Raises InputError for a *kind*, where there is nothing but blueprints. One that can't be read is among what is
    refused.
    """
    if not (found.roles or found.added or found.removed or found.refused):
        _refuse_type(kind)
    if len(olds) == len(news) == 1:  # whatever they are called
        olds = dict.fromkeys(news, *olds.values())
    paths = sorted(olds.keys() | news.keys())
    for path in paths:
        head = f"{path}: " if len(paths) > 1 else ""
        try:
            one = _whole_or_compared(olds.get(path), news.get(path), trees)
        except RolemgrError as error:
            found = found._replace(refused=(*found.refused, *((path, text) for text in texts_of(error))))
            continue
        found = found._replace(
            roles=(*found.roles, *(each._replace(title=f"{head}{each.title}") for each in one.roles)),
            added=(*found.added, *(each._replace(title=f"{head}{each.title}") for each in one.added)),
            removed=(*found.removed, *(each._replace(title=f"{head}{each.title}") for each in one.removed)),
            refused=(*found.refused, *((f"{head}{title}", text) for title, text in one.refused)),
            settings=(*found.settings, *(f"{head}{text}" for text in one.settings)),
            blueprints=True,
        )
    return found


def _whole_or_compared(old: str | None, new: str | None, trees: Trees) -> FolderDiff:
    """Return what differs between two blueprints, or of one that a single side has, all that it makes."""
    if old and new:
        return _compared(old, new, trees)
    sides = {name: _sides(composed_at(name, trees), name) for name in (old, new) if name}
    return _diff(sides.get(old or "", {}), sides.get(new or "", {}), (old or "", new or ""), ())


def _refuse_type(kind: str | None) -> None:
    if kind:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with blueprints")


def is_blueprint_at(name: str, trees: Trees) -> bool:
    """Tell whether *name*, a file here or at a revision, is a blueprint; what can't be read is none."""
    if name == "-" or not (revised(name) or os.path.isfile(name)) or trees.is_folder(name):  # noqa: PTH113
        return False  # a pipe can be read once
    try:
        return is_blueprint_text(*trees.read(name, BLUEPRINT_LIMITS))
    except RolemgrError:  # whoever reads it as what else it may be says why
        return False


def _blueprint_of(name: str, trees: Trees) -> str | None:
    """Return the blueprint that the folder *name* has, as `blueprint_of` does, here or at a revision."""
    if name == "-" or not trees.is_folder(name):
        return None
    beside = {path: file for path, file in trees.files(name).items() if "/" not in path}
    own = beside.get(BLUEPRINT_FILE)
    found = [own] if own else [file for file in beside.values() if is_blueprint_at(file, trees)]
    if len(found) > 1:
        raise InputError(SourceLocation(name), f"has {len(found)} blueprints", f"name one, such as {found[0]}")
    return found[0] if found else None


def _diff(
    old: Mapping[str, DiffSide], new: Mapping[str, DiffSide], names: tuple[str, str], settings: tuple[str, ...]
) -> FolderDiff:
    roles: list[RoleDiff] = []
    refused: list[tuple[str, str]] = []
    for title in sorted(old.keys() & new.keys()):
        try:
            roles.append(pair(old[title], new[title], title))
        except RolemgrError as error:
            refused += [(title, text) for text in texts_of(error)]
    return FolderDiff(
        *names, tuple(roles),
        tuple(whole(title, new[title]) for title in sorted(new.keys() - old.keys())),
        tuple(whole(title, old[title]) for title in sorted(old.keys() - new.keys())),
        tuple(refused), settings=settings, blueprints=True,
    )  # fmt: skip


def _sides(found: ComposedBlueprint, name: str) -> dict[str, DiffSide]:
    """Return all that *found* makes, by what it is called; both sides of a comparison call the same thing the same."""
    words = SideWords(name, "", "")
    sides = {one.place: _of_role(found, one, words) for one in found.roles}
    for title, document, kind in _of_resources(found):
        sides[title] = DiffSide(words, Grant(resource=document), frozenset({"resource"}), kind=kind)
    for level in found.layers:
        sides[f"{level.kind.upper()}s of {level.level}"] = _of_level(level, words)
    return sides


def _of_resources(found: ComposedBlueprint) -> Iterator[tuple[str, ResourcePolicy, str]]:
    """Yield what decides at something about who uses it: its policy, the shares of AWS RAM, that of a VPC endpoint."""
    yield from ((f"policy of {one.resource}", one.document, "policy") for one in found.policies)
    yield from ((f"shares of {one.resource}", one.document, "policy") for one in found.shares)
    yield from ((f"policy of VPC endpoint {one.place}", one.document, "endpoint policy") for one in found.endpoints)


def _of_role(found: ComposedBlueprint, one: PlacedRole, words: SideWords) -> DiffSide:
    chosen, source = choice_of(found, one), one.spec.source
    file = RoleFile(source, chosen, remaking(source, chosen))
    return DiffSide(words, grant_of(one.documents), file=file, placed=placed(one.documents.to_properties()))


def _of_level(level: LevelLayers, words: SideWords) -> DiffSide:
    documents = [one.document for one in level.documents.policies]
    kinds = frozenset({str(level.kind)})
    if all(isinstance(one, IdentityPolicy) for one in documents):
        scps = tuple(one for one in documents if isinstance(one, IdentityPolicy))
        return DiffSide(words, Grant(identity=with_full_access(scps, lambda _: None), alone=True), kinds, kind="SCP")
    rcps = [one for one in documents if isinstance(one, ResourceControlPolicy)]
    statements = tuple(statement for one in rcps for statement in one.statement)
    return DiffSide(words, Grant(resource=rcps[0].model_copy(update={"statement": statements})), kinds, kind="RCP")


def _settings(old: ComposedBlueprint, new: ComposedBlueprint) -> Iterator[str]:
    """Yield what the blueprints say differently that no document has: accepted ways out, assignments, accounts."""
    before, after = dict(_stated(old)), dict(_stated(new))
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{name}: {before.get(name, 'none')} -> {after.get(name, 'none')}"


def _stated(found: ComposedBlueprint) -> Iterator[tuple[str, str]]:
    value = found.source.value
    for name, sink in value.accepted_sinks.items():
        roles = ", ".join(sink.roles) or "all roles"
        yield f"accepted_sinks.{name}", f"{sink.reason} ({roles}, until {sink.until or 'for good'})"
    if (center := value.identity_center) is not None:
        yield "identity_center.instance", str(center.instance)
        yield from ((f"identity_center.attributes.{name}", text) for name, text in center.attributes.items())
        yield from (
            (f"identity_center.assignments.{place}", ", ".join(who)) for place, who in center.assignments.items()
        )
    yield from ((f"ous.{name}.id", unit.id) for name, unit in value.ous.items() if unit.id)
    for place, endpoint in value.vpc_endpoints.items():
        yield f"vpc_endpoints.{place}", f"{endpoint.service}{f', {endpoint.id}' if endpoint.id else ''}"
    if value.organization:
        yield "organization.id", value.organization.id
    if reader := organization_access(found.source):
        as_who = ((key, getattr(reader, key)) for key in ("profile", "role", "external_id"))
        yield from ((f"organization.{key}", text) for key, text in as_who if text)
    for account in accesses(found.source):
        unit = value.accounts[account.name].ou
        reached = ", ".join(f"{one.key} {one.value}" for one in account.by)
        yield (
            f"accounts.{account.name}",
            f"{account.id}{f', unit {unit}' if unit else ''}{f', {reached}' if reached else ''}",
        )
