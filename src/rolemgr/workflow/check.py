"""Rules, and the user's own checks, over policy files; what is excused, and by what."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from rolemgr.check.aws import asked_of
from rolemgr.check.collect import Collected, Piped, TypeOf, collect
from rolemgr.check.config import CheckConfig
from rolemgr.check.finding import Severity, TypeFromName
from rolemgr.check.run import check
from rolemgr.check.selection import Selection, left_out_note
from rolemgr.errors import InputError, RolemgrError, SourceLocation, raise_all
from rolemgr.files.source import LIMITS
from rolemgr.iam.documents import PolicyType
from rolemgr.workflow.blueprint_given import blueprint_of, is_blueprint_text
from rolemgr.workflow.file_kind import is_role_among_others
from rolemgr.workflow.found import CheckFindings, by_place, custom_findings_in
from rolemgr.workflow.outside import Outside, Say
from rolemgr.workflow.role_options import given_flag, many_roles, one_role, with_role_files
from rolemgr.workflow.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from rolemgr.workflow.many import Progress


class HasSeverity(Protocol):
    """A finding of check or audit, as far as the exit code asks."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""


class CheckRequest(NamedTuple):
    """
    What is checked: files and folders, of a *kind* that somebody may say, or what *chosen* describes.

    Where it is *live*, AWS is asked about it too: then a Region beside policy files is the one that is asked.
    """

    paths: Sequence[str]
    chosen: Mapping[str, Any]
    kind: str | None
    live: bool = False


def found_in(
    given: CheckRequest, config: CheckConfig, rules: tuple[Path, ...], outside: Outside, progress: "Progress",
    *, verbose: bool,
) -> CheckFindings:  # fmt: skip
    """Return what the rules, and those in the files *rules*, find in files, in the chosen role, or in each of many."""
    paths, chosen, kind, live = given
    if paths:
        return _in_files(given, _Judging(config.types, rules, outside, progress, verbose))
    if kind:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a role")
    if many_roles(chosen):
        from rolemgr.workflow.check_many_roles import check_role_files  # one role pays for no pool of processes

        return check_role_files(chosen, rules, outside, progress, verbose=verbose, live=live)
    from rolemgr.workflow.check_role import check_role  # files need neither catalog nor templates

    return check_role(one_role(chosen), rules, outside, verbose=verbose, live=live)


CATALOG_FOLDERS = (
    "personas", "separations", "activity_groups", "guardrails", "scps", "rcps", "resource_policies", "shares",
    "detective_controls", "flows",
)  # fmt: skip
"""What `catalog.load` has at a catalog's top, here for runs over policies, which load no catalog."""


class _Judging(NamedTuple):
    """By what files are judged: the *config*, the *rules* of the user, and how to say how far it is."""

    types: Sequence[TypeOf]
    rules: tuple[Path, ...]
    outside: Outside
    progress: "Progress"
    verbose: bool


def _in_files(given: CheckRequest, judging: _Judging) -> CheckFindings:
    """
    Return what the rules, and the user's own, find in the files, folders, catalogs and role files of *given*.

    The type of policies is what *given* says, or the configuration of their path, or told from the file. Says what
    holds no policy and was not searched. Raises InputError where a role is chosen beside policies, and for a file
    that can't be read.
    """
    around = {path: folder for path in given.paths if (folder := _catalog_of(path))}
    catalogs = list(around)
    if catalogs:
        from rolemgr.workflow.check_catalog import check_catalog, check_entries, together  # policies need no catalog

        if given.live:
            problem = f"{catalogs[0]} is a catalog, whose entries are not policies yet"
            raise InputError(SourceLocation("--live"), problem, "give roles, policies or a blueprint")
        _refuse_role_options(given)
        whole = [path for path in catalogs if around[path] == path]
        judged = [check_catalog(path, judging.rules) for path in whole]
        judged += [check_entries(path, around[path], judging.rules) for path in catalogs if path not in whole]
        parts = [_told(one, judging.outside) for one in judged]
        if beside := [one for path in catalogs if (one := blueprint_of(path, judging.outside))]:
            parts.append(_in_blueprints(beside, Collected(), given, judging))
        if rest := [path for path in given.paths if path not in catalogs]:
            parts.append(_in_files(given._replace(paths=rest), judging))
        return together(parts)
    paths, kind, types = _piped(given, judging)
    if piped := next((one for one in paths if isinstance(one, Piped) and _is_role(*one)), None):
        return _in_piped_role(piped, given, judging)
    blueprints: list[str] = []
    collected = collect(paths, kind, types, partial(_is_role_or_blueprint, blueprints=blueprints))
    collected.roles = [name for name in collected.roles if name not in blueprints]
    for text in _aside(collected):
        judging.outside.say(text)
    of_blueprints = _in_blueprints(blueprints, collected, given, judging) if blueprints else None
    if of_blueprints and not collected.size:
        raise_all([] if of_blueprints.names else of_blueprints.wrong)
        return of_blueprints
    in_policies = _in_policies(collected, judging.rules, live=given.live)
    if of_exports := _of_exports(collected, in_policies):
        judging.outside.say(of_exports)
    found = _with_roles(in_policies, collected, given, judging)
    if not of_blueprints:
        return found
    from rolemgr.workflow.check_catalog import together  # policies need no catalog

    return together([found, of_blueprints])


def _told(found: CheckFindings, outside: Outside) -> CheckFindings:
    """Return *found*, its notes told to *outside*."""
    for text in found.notes:
        outside.say(text)
    return found


def _in_blueprints(
    names: Sequence[str], collected: Collected, given: CheckRequest, judging: _Judging
) -> CheckFindings:  # fmt: skip
    """
    Return what is found in the blueprints *names* of folders, and what is wrong with some.

    Options pick accounts and roles of one that stands there alone; beside other files they are refused.
    """
    flag = given_flag(given.chosen)
    if flag and (collected.size or len(names) > 1):
        hint = f"name the blueprint: `rolemgr check {quote(names[0])} {flag} ...`"
        raise InputError(SourceLocation(flag), "goes with one blueprint, and other files stand beside it", hint)
    if given.kind and not collected.size:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a blueprint")
    from rolemgr.workflow.blueprint_check import check_blueprint_files  # policies need neither catalog nor blueprint

    return check_blueprint_files(names, given.chosen, judging.rules, judging.outside, live=given.live)


def _piped(given: CheckRequest, judging: _Judging) -> tuple[list[str | Piped], PolicyType | None, Sequence[TypeOf]]:
    """Return the files to collect, stdin as its text, with the type of the policies in them."""
    read = judging.outside.read
    paths = [path if path != "-" else Piped(*read("-", LIMITS)) for path in given.paths]
    return paths, PolicyType(given.kind) if given.kind else None, judging.types


def _in_piped_role(piped: Piped, given: CheckRequest, judging: _Judging) -> CheckFindings:
    """Return what is found in the role file that came from stdin, under the chosen options."""
    if len(given.paths) > 1:
        where = SourceLocation(piped.name)
        raise InputError(where, "is a role file, which goes alone", "give the others in another run")
    if given.kind:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a role")
    from rolemgr.workflow.check_role import check_role  # files need neither catalog nor templates

    chosen = one_role(with_role_files(given.paths, given.chosen))
    read = judging.outside.read
    outside = judging.outside._replace(read=lambda name, limits: piped if name == "-" else read(name, limits))
    return check_role(chosen, judging.rules, outside, verbose=judging.verbose, live=given.live)


def _is_role_or_blueprint(text: str, name: str, blueprints: list[str]) -> bool:
    """Tell whether *text* is a role file or a blueprint, which is added to *blueprints* too."""
    try:
        if is_blueprint_text(text, name):
            blueprints.append(name)
            return True
    except RolemgrError:
        return False  # what is not YAML is said by whoever looks for policies in it
    return _is_role(text, name)


def _is_role(text: str, name: str) -> bool:
    """Tell whether *text* is a role file; the settings of a folder are not one, though they have the same keys."""
    return Path(name).name != SETTINGS_FILE and is_role_among_others(text, name)


def _in_policies(collected: Collected, rules: tuple[Path, ...], *, live: bool) -> CheckFindings:
    documents = collected.documents
    found = [*collected.unreadable, *check(documents), *custom_findings_in(documents, rules)]
    names = [name for name, _ in dict.fromkeys((one.name, one.place) for one in documents if not one.missing)]
    from_names = [TypeFromName(one.name, one.kind) for one in documents if one.suggested]
    asked = list(asked_of(documents)) if live else []
    types = list(dict.fromkeys(from_names))
    return CheckFindings(by_place(found), names, not_judged=collected.not_judged, types=types, asked=asked)


def _of_exports(collected: Collected, found: CheckFindings) -> str | None:
    """
    Return where the reasons for findings in exports of roles are told; None where there are none.

    An export does not carry them, and anybody can write what it says of itself: no finding is left out for that.
    """
    paths = {one.path for one in found.findings}
    exports = [name for name in dict.fromkeys(collected.exports) if name in paths or name in _unjudged(collected)]
    if not exports:
        return None
    few = ", ".join(exports[:3]) + (f" and {len(exports) - 3} more" if exports[3:] else "")
    says = "says that rolemgr made it" if len(exports) == 1 else "say that rolemgr made them"
    return (
        f"{few} {says} of a role file: `rolemgr check ROLE.yaml` tells which of these findings the catalog accepts, "
        "and why; here all are shown"
    )


def _unjudged(collected: Collected) -> set[str]:
    return {one.path for one in collected.not_judged}


def _with_roles(
    found: CheckFindings, collected: Collected, given: CheckRequest, judging: _Judging
) -> CheckFindings:  # fmt: skip
    """Return *found* of policies with what is found in the role files among them, under the chosen options."""
    if not collected.roles or collected.size > len(collected.roles):
        _refuse_role_options(given)
    if not collected.roles:
        return found
    if given.kind and not found.names:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a role")
    from rolemgr.workflow.check_catalog import together  # policies need no catalog
    from rolemgr.workflow.check_many_roles import check_role_files

    chosen = with_role_files(collected.roles, given.chosen)
    of_roles = check_role_files(
        chosen, judging.rules, judging.outside, judging.progress, verbose=judging.verbose, live=given.live
    )
    return together([found, of_roles])


def _refuse_role_options(given: CheckRequest) -> None:
    if flag := given_flag({**given.chosen, "region": None} if given.live else given.chosen):
        raise InputError(SourceLocation(flag), "goes with a role, not with policy files")


def _catalog_of(path: str) -> str | None:
    """Return the catalog folder that *path* is, or is an entry of; None where it is neither."""
    if _is_catalog(path):
        return path
    if not {one.partition("/")[0] for one in CATALOG_FOLDERS}.intersection(Path(path).parts):
        return None
    from rolemgr.workflow.check_catalog import catalog_around

    return catalog_around(path)


def _is_catalog(path: str) -> bool:
    """Tell whether *path* is a catalog folder; most are files, or have none of its folders, and load nothing."""
    if not any(Path(path, one).is_dir() for one in CATALOG_FOLDERS) and not any(Path(path).glob("parameters.y*ml")):
        return False
    from rolemgr.workflow.check_catalog import is_catalog

    return is_catalog(path)


def _aside(collected: Collected) -> list[str]:
    """Return what there is to say of files without a policy, and of folders that are left out."""
    notes = []
    if empty := collected.empty:
        more = f" and {len(empty) - 5} more" if empty[5:] else ""
        held = "holds" if len(empty) == 1 else "hold"
        notes.append(
            f"{', '.join(empty[:5])}{more} {held} no policy and {'is' if len(empty) == 1 else 'are'} passed over"
        )
    if collected.skipped:
        notes.append(f"{collected.skipped} {'file holds' if collected.skipped == 1 else 'files hold'} no policy")
    if folders := collected.folders:
        more = f" and {len(folders) - 5} more" if folders[5:] else ""
        notes.append(f"not searched unless named: {', '.join(folders[:5])}{more}")
    return notes


def selected(found: CheckFindings, chosen: Selection, say: Say) -> CheckFindings:
    """Return *found* without the findings of rules that *chosen* leaves out, which are counted in a note."""
    kept = [one for one in found.findings if chosen.has(one.rule)]
    if left_out := [one for one in found.findings if not chosen.has(one.rule)]:
        say(left_out_note(left_out))
    return found._replace(findings=kept)


def as_baseline(found: CheckFindings) -> dict[str, Any]:
    """Return the baseline that has all that is *found*."""
    from rolemgr.check.baseline import baseline_data  # only a baseline pays for it

    return baseline_data(found.findings)


def beyond_baseline(found: CheckFindings, path: str) -> CheckFindings:
    """Return *found* without what the baseline at *path* has."""
    from rolemgr.check.baseline import new_ones, read_baseline  # only a baseline pays for it
    from rolemgr.files.json import read_json

    return found._replace(findings=new_ones(found.findings, read_baseline(read_json(Path(path)))))


def fails(fail_on: Sequence[str], findings: Iterable[HasSeverity], not_judged: Sequence[object]) -> bool:
    """Tell whether a finding is as bad as *fail_on* says, or something is not judged where that is asked for."""
    wanted = [Severity(one.upper()) for one in fail_on if one != "not-judged"] or [Severity.SECURITY_WARNING]
    if not_judged and "not-judged" in fail_on:
        return True
    return any(finding.severity.at_least(worst) for finding in findings for worst in wanted)
