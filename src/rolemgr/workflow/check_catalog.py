"""``check our-catalog/``: what is wrong with the entries of a catalog folder, and what rules find in its roles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rolemgr.catalog.load import FOLDERS, Catalog, EntryKind
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.check.finding import Finding, NotJudged
from rolemgr.check.role import accepted, at_origin, documents_of
from rolemgr.check.rules.rm0xx import CATALOG_ENTRY
from rolemgr.check.run import check
from rolemgr.compose.guardrails.names import wrong_names
from rolemgr.compose.never_names import wrong_names_in_accepts, wrong_names_in_separations
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, MissingValueError, Problems, RolemgrError
from rolemgr.files.source import SourceFile
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.catalog import group_alone, guardrail_choices, short_forms
from rolemgr.render.documents import render
from rolemgr.separation.kept import kept_promises
from rolemgr.workflow.found import CheckFindings, by_place, custom_findings_in

_ENTRIES = ("personas", "activity_groups", "guardrails", "separations")
_CARRIER = "sagemaker-compute"


class _Lint(NamedTuple):
    """The catalog that is judged, and the files of the user's own checks."""

    catalog: Catalog
    rules: tuple[Path, ...]

    @property
    def own(self) -> frozenset[str]:
        """The files of the user's entries."""
        return frozenset(one.shown for kind in FOLDERS for one in self.catalog.found(kind).values() if not one.builtin)


_Judge = Callable[[_Lint, str, str], Iterator[Finding]]


def is_catalog(path: str) -> bool:
    """Tell whether *path* is a folder with personas, activity groups, guardrails or separations in YAML."""
    return any(file.suffix in (".yaml", ".yml") for kind in _ENTRIES for file in Path(path, kind).glob("*.y*ml"))


def check_catalog(folder: str, rules: tuple[Path, ...]) -> CheckFindings:
    """
    Return what is wrong with the entries of the catalog in *folder*, and what rules find in the roles of them.

    The user's own checks in the files *rules* are asked too.

    Each entry is judged for itself, on top of the built-in catalog: personas and activity groups as roles, guardrails
    and profiles on a role, separations by their names, the other kinds by their form.
    """
    lint = _Lint(Catalog([Path(folder)]), rules)
    catalog = lint.catalog
    findings: list[Finding] = []
    not_judged: list[NotJudged] = []
    names: list[str] = []
    for kind in FOLDERS:
        for name, found in catalog.found(kind).items():
            if not found.builtin:
                names.append(found.shown)
                for one in _judged(lint, kind, name, found.shown):
                    (findings if isinstance(one, Finding) else not_judged).append(one)  # type: ignore[arg-type]
    return CheckFindings(by_place(list(dict.fromkeys(findings))), names, not_judged=list(dict.fromkeys(not_judged)))


def _judged(lint: _Lint, kind: EntryKind, name: str, file: str) -> Iterator[Finding | NotJudged]:
    try:
        yield from _JUDGES.get(kind, _formed(kind))(lint, name, file)
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


def _persona(lint: _Lint, name: str, file: str) -> Iterator[Finding]:
    yield from _of_role(lint, {"persona": name}, file)


def _group(lint: _Lint, name: str, file: str) -> Iterator[Finding]:
    wrong = list(wrong_names_in_accepts(lint.catalog.activity_group(name)))
    yield from (_refused(lint, one, file) for one in wrong)
    yield from _of_role(lint, group_alone(lint.catalog, name), file)


def _of_role(lint: _Lint, choices: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Yield what rules find in the role of *choices* where that stands in the user's own files."""
    spec = Sourced(RoleSpec.model_validate(choices), SourceFile(file, dict(choices), {}))
    role = compose(lint.catalog, spec)
    if not spec.value.break_separation:
        kept_promises(lint.catalog, spec, role)
    groups = {name: lint.catalog.activity_group(name) for name in role.groups}
    documents = documents_of(render(role))
    for finding in (*check(documents), *custom_findings_in(documents, lint.rules)):
        shown = at_origin(finding, role)
        if shown.path in lint.own and not accepted(finding, role, groups):
            yield shown


def _guardrail(lint: _Lint, name: str, file: str) -> Iterator[Finding]:
    if wrong := list(wrong_names(lint.catalog.guardrail(name))):
        yield from (_refused(lint, one, file) for one in wrong)
        return
    for choices in guardrail_choices(lint.catalog, name):
        yield from _of_role(lint, {"persona": _CARRIER, **choices, **short_forms(lint.catalog)}, file)


def _profile(lint: _Lint, name: str, file: str) -> Iterator[Finding]:
    guardrails_of(lint.catalog, name)
    yield from _of_role(lint, {"persona": _CARRIER, "guardrail_profile": [name], **short_forms(lint.catalog)}, file)


def _separation(lint: _Lint, name: str, file: str) -> Iterator[Finding]:
    lint.catalog.separation(name)
    for wrong in wrong_names_in_separations(lint.catalog):
        if wrong.where and wrong.where.file == file:
            yield _refused(lint, wrong, file)


def _formed(kind: EntryKind) -> _Judge:
    """Return the judge of a *kind* that is only read: what it comes to depends on values that nobody gave here."""

    def judge(lint: _Lint, name: str, _file: str) -> Iterator[Finding]:
        _READERS[kind](lint.catalog, name)
        return iter(())

    return judge


_JUDGES: Mapping[EntryKind, _Judge] = {
    "personas": _persona, "activity_groups": _group, "guardrails": _guardrail, "profiles": _profile,
    "separations": _separation,
}  # fmt: skip
_READERS: Mapping[EntryKind, Callable[[Catalog, str], object]] = {
    "scps": lambda catalog, name: catalog.layer_pattern(LayerKind.SCP, name),
    "rcps": lambda catalog, name: catalog.layer_pattern(LayerKind.RCP, name),
    "resource_policies": lambda catalog, name: catalog.resource_pattern(name),
    "shares": lambda catalog, name: catalog.share_pattern(name),
    "detective_controls": lambda catalog, name: catalog.detective_control(name),
    "flows": lambda catalog, name: catalog.flow(name),
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
