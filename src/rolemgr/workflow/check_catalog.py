"""``check our-catalog/``: what is wrong with the entries of a catalog folder, and what rules find in its roles."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from rolemgr.catalog.folders import FOLDERS, SHARED, EntryKind
from rolemgr.catalog.load import Catalog
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.check.config import find_rule
from rolemgr.check.finding import Finding, NotJudged
from rolemgr.check.role import Reason, accepted, at_origin, documents_of
from rolemgr.check.rule import listed
from rolemgr.check.rules.rm0xx import CATALOG_ENTRY, CATALOG_SCOPE, CATALOG_WEAKER
from rolemgr.check.run import check
from rolemgr.compose.choices import builtins
from rolemgr.compose.guardrails.judges import keys_of, left_out
from rolemgr.compose.guardrails.names import wrong_names
from rolemgr.compose.never_names import taken_on_trust, wrong_names_in_accepts, wrong_names_in_separations
from rolemgr.compose.parameters import Declared, resolve
from rolemgr.compose.questions import wrong_values_of_shared
from rolemgr.compose.role import compose
from rolemgr.detective.names import wrong_names as wrong_names_of_control
from rolemgr.errors import InputError, MissingValueError, Problems, RolemgrError, gathering
from rolemgr.files.source import FileError, SourceFile, read_text
from rolemgr.layers.lint import wrong_in_pattern
from rolemgr.layers.resource_names import wrong_names as wrong_names_of_resource
from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.guardrail import Guardrail
from rolemgr.model.layer_pattern import LayerKind, LayerPattern
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.catalog import group_alone, guardrail_choices, short_forms, with_examples
from rolemgr.render.documents import render
from rolemgr.separation.kept import kept_promises
from rolemgr.separation.lost import lost_promises
from rolemgr.workflow.check_layer_pattern import found_in_pattern
from rolemgr.workflow.found import CheckFindings, by_place, custom_findings_in

_OURS = ("personas", "activity_groups", "guardrails", "separations")
_CARRIER = "sagemaker-compute"


class _Accepted(NamedTuple):
    """A finding that an entry of the catalog accepts, and why."""

    finding: Finding
    reason: Reason


_Told: TypeAlias = Finding | NotJudged | _Accepted


class _Lint(NamedTuple):
    """The catalog that is judged, and the files of the user's own checks."""

    catalog: Catalog
    rules: tuple[Path, ...]

    @property
    def own(self) -> frozenset[str]:
        """The files of the user's entries."""
        shared = (file.source.name for file in self.catalog.shared_files[1:])
        entries = (one for kind in FOLDERS for one in self.catalog.found(kind).values() if not one.builtin)
        return frozenset((*shared, *(one.shown for one in entries)))


_Judge = Callable[[_Lint, str, str], Iterator[_Told]]


def is_catalog(path: str) -> bool:
    """
    Tell whether *path* is a folder with entries of a catalog in YAML.

    A folder `scps` or `flows` may be anybody's: its files are entries where they have a title.
    """
    found = ((kind, file) for kind in FOLDERS for file in Path(path, FOLDERS[kind]).glob("*.y*ml"))
    files = [(kind, file) for kind, file in found if file.suffix in (".yaml", ".yml")]
    if any(kind in _OURS or _has_key(file, "title") for kind, file in files):
        return True
    return any(_has_key(Path(path, f"{SHARED}{end}"), "parameters") for end in (".yaml", ".yml"))


def catalog_around(path: str) -> str | None:
    """
    Return the catalog folder that the entry, or the folder of entries, *path* is of; None where it is of none.

    Pre-commit hooks and editors give the files that changed, one by one.
    """
    place = Path(path)
    for folder in list(place.parents)[:_DEEP]:
        kind = place.relative_to(folder).as_posix()
        of_kind = any(kind == one or kind.startswith(f"{one}/") for one in FOLDERS.values())
        if of_kind and _holds_entries(place) and is_catalog(str(folder)):
            return str(folder)
    return None


_DEEP = 3
"""So far below its catalog lies an entry at most: `guardrails/profiles/NAME.yaml`."""


def _holds_entries(place: Path) -> bool:
    files = place.rglob("*.y*ml") if place.is_dir() else (place,)
    return any(one.suffix in (".yaml", ".yml") and _has_key(one, "title") for one in files)


def check_entries(path: str, folder: str, rules: tuple[Path, ...]) -> CheckFindings:
    """Return what `check_catalog` finds in the entry, or the folder of entries, *path* of the catalog *folder*."""
    whole = check_catalog(folder, rules)

    def within(name: str) -> bool:
        return Path(name) == Path(path) or Path(path) in Path(name).parents

    return whole._replace(
        findings=[one for one in whole.findings if within(one.path)],
        names=[one for one in whole.names if within(one)],
        accepted=[(one, why) for one, why in whole.accepted if within(one.path)],
        not_judged=[one for one in whole.not_judged if within(one.path)],
    )


def _has_key(file: Path, key: str) -> bool:
    """Tell whether a line of *file* begins with *key*; one that can't be read is judged as what else it may be."""
    try:
        return re.search(rf"^{key}:", read_text(file), re.MULTILINE) is not None
    except FileError:
        return False


def check_catalog(folder: str, rules: tuple[Path, ...]) -> CheckFindings:
    """
    Return what is wrong with the entries of the catalog in *folder*, and what rules find in the roles of them.

    The user's own checks in the files *rules* are asked too.

    Each entry is judged for itself, on top of the built-in catalog: personas and activity groups as roles, guardrails
    and profiles on a role, separations by their names and by what they replace, what is for policies around roles by
    its names, shares and flows by their form. Files that look like entries and are not read are found too.
    """
    lint = _Lint(Catalog([Path(folder)]), rules)
    catalog = lint.catalog
    told: list[_Told] = [*_unread(lint), *_shared(lint)]
    names = [file.source.name for file in catalog.shared_files[1:]]
    for kind in FOLDERS:
        for name, found in catalog.found(kind).items():
            if not found.builtin:
                names.append(found.shown)
                told += _judged(lint, kind, name, found.shown)
    told = list(dict.fromkeys(told))
    meant = [one for one in told if isinstance(one, _Accepted)]
    return CheckFindings(
        by_place([one for one in told if isinstance(one, Finding)]),
        names,
        [(one.finding, one.reason.text) for one in meant],
        tuple(dict.fromkeys((*map(_accepting, meant), *_excuses(catalog)))),
        not_judged=[one for one in told if isinstance(one, NotJudged)],
    )


def _accepting(one: _Accepted) -> str:
    """Return the note on what an entry accepts, as `check` of a role has it."""
    return f"{one.finding.rule} on {one.finding.action} is accepted by {one.reason.where}: {one.reason.text}"


def _excuses(catalog: Catalog) -> Iterator[str]:
    """Yield a note for each name that the user's `never` takes though AWS is not known to have it."""
    own: dict[str, list[str]] = {
        kind: [name for name, one in catalog.found(kind).items() if not one.builtin] for kind in FOLDERS
    }
    for read, kind in ((catalog.persona, "personas"), (catalog.separation, "separations")):
        for name in own[kind]:
            with suppress(RolemgrError):  # which is told of the entry itself
                yield from taken_on_trust(read(name))


def _shared(lint: _Lint) -> Iterator[_Told]:
    """Yield what is wrong with the shared parameters that the folder declares."""
    problems: list[InputError] = []
    with gathering(problems):
        for file in lint.catalog.shared_files[1:]:
            problems += wrong_values_of_shared(file)
        shared = lint.catalog.shared_parameters.items()
        declared = {name: Declared(name, one.parameter, one.where) for name, one in shared}
        usual = {name: one for name, one in declared.items() if one.parameter.default is not None}
        resolve(usual, {}, builtins(RoleSpec.model_validate({"persona": _CARRIER})))
    yield from (_refused(lint, one, f"{SHARED}.yaml") for one in problems if one.where and one.where.file in lint.own)


def _unread(lint: _Lint) -> Iterator[Finding]:
    """Yield a finding for each file that looks like an entry and is not read: it is believed in and not there."""
    for path, hint in lint.catalog.unread:
        yield Finding(CATALOG_ENTRY.id, CATALOG_ENTRY.severity, f"the file is not read; {hint}", path)


def _judged(lint: _Lint, kind: EntryKind, name: str, file: str) -> Iterator[_Told]:
    try:
        yield from (_JUDGES.get(kind) or _formed(kind))(lint, name, file)
    except MissingValueError as error:
        line = error.where.line if error.where and error.where.file == file else None
        yield NotJudged(file, line, f"a role of it needs a value: {error.problem}")
    except (InputError, Problems) as error:
        yield from (_refused(lint, one, file) for one in (error.problems if isinstance(error, Problems) else [error]))
    except RolemgrError as error:
        yield NotJudged(file, None, str(error))


def _refused(lint: _Lint, error: InputError, file: str) -> Finding:
    """Return the finding that an entry is refused, at the line that is to blame where that is in the user's files."""
    where, text = error.where, str(InputError(None, error.problem, error.hint))
    if where and where.file in lint.own:
        return Finding(CATALOG_ENTRY.id, CATALOG_ENTRY.severity, text, where.file, where.line)
    told = f"{text} ({where})" if where and where.line else text
    return Finding(CATALOG_ENTRY.id, CATALOG_ENTRY.severity, told, file)


def _persona(lint: _Lint, name: str, file: str) -> Iterator[_Told]:
    yield from _weaker(lint, "personas", name, file)
    try:
        yield from list(_of_role(lint, {"persona": name}, file))
    except (MissingValueError, Problems) as error:
        every = error.problems if isinstance(error, Problems) else (error,)
        if not all(isinstance(one, MissingValueError) for one in every):
            raise
        yield from _of_role(lint, with_examples(lint.catalog, name), file)


def _group(lint: _Lint, name: str, file: str) -> Iterator[_Told]:
    group = lint.catalog.activity_group(name)
    wrong = [*wrong_names_in_accepts(group), *_wrong_rules(group)]
    yield from (_refused(lint, one, file) for one in wrong)
    yield from _of_role(lint, group_alone(lint.catalog, name), file)


def _wrong_rules(entry: Sourced[ActivityGroup] | Sourced[Guardrail] | Sourced[LayerPattern]) -> list[InputError]:
    """Return an error for each rule under `accepts` of *entry* that there is none of: it would excuse nothing."""
    problems: list[InputError] = []
    rules = [one.rule for one in entry.value.accepts]
    for index, rule in enumerate(rules):
        with gathering(problems):
            find_rule(rule, entry.at("accepts", index, "rule"))
    return problems


def _of_layer(kind: LayerKind) -> _Judge:
    """Return the judge of SCPs or RCPs: by their names, and then by the policies that they become."""

    def judge(lint: _Lint, name: str, file: str) -> Iterator[_Told]:
        pattern = lint.catalog.layer_pattern(kind, name)
        if wrong := [*wrong_in_pattern(lint.catalog, kind, name), *_wrong_rules(pattern)]:
            yield from (_refused(lint, one, file) for one in wrong)
            return
        try:
            found = list(found_in_pattern(lint.catalog, kind, name))
        except (InputError, Problems) as error:  # each of its statements is right by itself
            yield NotJudged(file, None, f"its policies can't be made with example values: {error}")
            return
        yield from (_Accepted(finding, reason) if reason else finding for finding, reason in found)

    return judge


def _of_role(lint: _Lint, choices: Mapping[str, Any], file: str) -> Iterator[_Told]:
    """Yield what rules find in the role of *choices* where that stands in the user's own files."""
    spec = Sourced(RoleSpec.model_validate(choices), SourceFile(file, dict(choices), {}))
    role = compose(lint.catalog, spec)
    if not spec.value.break_separation:
        kept_promises(lint.catalog, spec, role)
    groups = {name: lint.catalog.activity_group(name) for name in role.groups}
    documents = documents_of(render(role))
    for finding in (*check(documents), *custom_findings_in(documents, lint.rules)):
        shown = at_origin(finding, role)
        if shown.path in lint.own:
            reason = accepted(finding, role, groups)
            yield _Accepted(shown, reason) if reason else shown


def _guardrail(lint: _Lint, name: str, file: str) -> Iterator[_Told]:
    guardrail = lint.catalog.guardrail(name)
    if wrong := [*wrong_names(guardrail), *_wrong_rules(guardrail)]:
        yield from (_refused(lint, one, file) for one in wrong)
        return
    yield from _left_out(guardrail, file)
    for choices in guardrail_choices(lint.catalog, name):
        yield from _of_role(lint, {"persona": _CARRIER, **choices, **short_forms(lint.catalog)}, file)


def _left_out(guardrail: Sourced[Guardrail], file: str) -> Iterator[Finding]:
    """Yield a finding for each Deny whose keys come with more actions than its scope has."""
    for index, deny in enumerate(guardrail.value.deny):
        if names := left_out(guardrail.value, deny):
            keys, rule = keys_of(deny), CATALOG_SCOPE
            text = (
                f"the scope of Deny `{deny.sid}` leaves out {listed(names)}, where `{' and '.join(keys)}` may be sent"
            )
            line = guardrail.at("deny", index, "actions").line
            yield Finding(rule.id, rule.severity, text, file, line, deny.sid, names[0], keys[0])


def _profile(lint: _Lint, name: str, file: str) -> Iterator[_Told]:
    guardrails_of(lint.catalog, name)
    yield from _of_role(lint, {"persona": _CARRIER, "guardrail_profile": [name], **short_forms(lint.catalog)}, file)


def _separation(lint: _Lint, name: str, file: str) -> Iterator[Finding]:
    lint.catalog.separation(name)
    for wrong in wrong_names_in_separations(lint.catalog):
        if wrong.where and wrong.where.file == file:
            yield _refused(lint, wrong, file)
    yield from _weaker(lint, "separations", name, file)


def _weaker(lint: _Lint, kind: Literal["personas", "separations"], name: str, file: str) -> Iterator[Finding]:
    """Yield a finding where an entry takes the place of another, and forbids less than that."""
    found = lint.catalog.found(kind)[name]
    if found.overrides and (lost := lost_promises(Catalog(), lint.catalog, kind, name)):
        listed = ", ".join(map(str, lost[:_SHOWN])) + (f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else "")
        text = f"it takes the place of {found.overrides} for all who use that, and no longer forbids {listed}"
        yield Finding(CATALOG_WEAKER.id, CATALOG_WEAKER.severity, text, file)


_SHOWN = 5


def _formed(kind: EntryKind) -> _Judge:
    """Return the judge of a *kind* that is only read: what it comes to depends on values that nobody gave here."""

    def judge(lint: _Lint, name: str, file: str) -> Iterator[Finding]:
        wrong = _READERS[kind](lint.catalog, name)
        yield from (_refused(lint, one, file) for one in wrong)

    return judge


def _read_alone(_entry: object) -> Iterable[InputError]:
    """Return nothing of an entry whose names are judged by the blueprint that uses it."""
    return ()


_JUDGES: Mapping[EntryKind, _Judge] = {
    "personas": _persona, "activity_groups": _group, "guardrails": _guardrail, "profiles": _profile,
    "separations": _separation, "scps": _of_layer(LayerKind.SCP), "rcps": _of_layer(LayerKind.RCP),
}  # fmt: skip
_READERS: Mapping[EntryKind, Callable[[Catalog, str], Iterable[InputError]]] = {
    "resource_policies": lambda catalog, name: wrong_names_of_resource(catalog.resource_pattern(name)),
    "shares": lambda catalog, name: wrong_names_of_resource(catalog.share_pattern(name)),
    "detective_controls": lambda catalog, name: wrong_names_of_control(catalog, catalog.detective_control(name)),
    "flows": lambda catalog, name: _read_alone(catalog.flow(name)),
}


def together(parts: Sequence[CheckFindings]) -> CheckFindings:
    """Return all *parts* as one."""
    return CheckFindings(
        [finding for part in parts for finding in part.findings],
        [name for part in parts for name in part.names],
        [one for part in parts for one in part.accepted],
        wrong=tuple(one for part in parts for one in part.wrong),
        not_judged=[one for part in parts for one in part.not_judged],
        types=[one for part in parts for one in part.types],
        asked=[one for part in parts for one in part.asked],
    )
