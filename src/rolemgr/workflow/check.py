"""Rules, and the user's own checks, over policy files; what is excused, and by what."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from rolemgr.check.collect import Collected, Piped, TypeOf, collect
from rolemgr.check.config import CheckConfig
from rolemgr.check.finding import Severity, TypeFromName
from rolemgr.check.run import check
from rolemgr.check.selection import Selection, left_out_note
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import LIMITS
from rolemgr.iam.documents import PolicyType
from rolemgr.workflow.found import CheckFindings, by_place, custom_findings_in
from rolemgr.workflow.outside import Outside, Say
from rolemgr.workflow.role_options import given_flag, many_roles, one_role

if TYPE_CHECKING:
    from rolemgr.workflow.many import Progress


class HasSeverity(Protocol):
    """A finding of check or audit, as far as the exit code asks."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""


class CheckRequest(NamedTuple):
    """What is checked: files and folders, of a *kind* that somebody may say, or what *chosen* describes."""

    paths: Sequence[str]
    chosen: Mapping[str, Any]
    kind: str | None


def found_in(
    given: CheckRequest, config: CheckConfig, rules: tuple[Path, ...], outside: Outside, progress: "Progress",
    *, verbose: bool,
) -> CheckFindings:  # fmt: skip
    """Return what the rules, and those in the files *rules*, find in files, in the chosen role, or in each of many."""
    paths, chosen, kind = given
    if paths:
        return check_files(paths, chosen, kind, config.types, rules, outside)
    if kind:
        raise InputError(SourceLocation("--type"), "goes with policy files, not with a role")
    if many_roles(chosen):
        from rolemgr.workflow.check_many_roles import check_role_files  # one role pays for no pool of processes

        return check_role_files(chosen, rules, outside, progress, verbose=verbose)
    from rolemgr.workflow.check_role import check_role  # files need neither catalog nor templates

    return check_role(one_role(chosen), rules, outside, verbose=verbose)


def check_files(
    paths: Sequence[str], chosen: Mapping[str, Any], kind: str | None, types: Sequence[TypeOf],
    rules: tuple[Path, ...], outside: Outside,
) -> CheckFindings:  # fmt: skip
    """
    Return what the rules, and those in the files *rules*, find in the files, folders and catalogs *paths*.

    Their type is *kind*, or what *types* say of their path, or told from the file. Says what holds no policy and was
    not searched.

    Raises InputError where a role is *chosen* as well, and for a file that can't be read.
    """
    if flag := given_flag(chosen):
        raise InputError(SourceLocation(flag), "goes with a role, not with policy files")
    catalogs = [path for path in paths if _is_catalog(path)]
    if catalogs:
        from rolemgr.workflow.check_catalog import check_catalog, together  # policies need no catalog

        parts = [check_catalog(path, rules) for path in catalogs]
        if rest := [path for path in paths if path not in catalogs]:
            parts.append(check_files(rest, chosen, kind, types, rules, outside))
        return together(parts)
    given = [path if path != "-" else Piped(*outside.read("-", LIMITS)) for path in paths]
    collected = collect(given, PolicyType(kind) if kind else None, types)
    for text in _aside(collected):
        outside.say(text)
    documents = collected.documents
    found = [*collected.unreadable, *check(documents), *custom_findings_in(documents, rules)]
    names = [name for name, _ in dict.fromkeys((one.name, one.place) for one in documents if not one.missing)]
    from_names = [TypeFromName(one.name, one.kind) for one in documents if one.suggested]
    return CheckFindings(by_place(found), names, not_judged=collected.not_judged, types=list(dict.fromkeys(from_names)))


def _is_catalog(path: str) -> bool:
    """Tell whether *path* is a catalog folder; most are files, or have none of its folders, and load nothing."""
    if not any(Path(path, one).is_dir() for one in ("personas", "activity_groups", "guardrails", "separations")):
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
