"""Rules, and the user's own checks, over policy files; what is excused, and by what."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rolemgr.check.collect import Collected, Piped, TypeOf, collect
from rolemgr.check.config import CONFIG_FILE, CheckConfig, apply, read_config, rules_files
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding, NotJudged, Severity, TypeFromName
from rolemgr.check.run import check
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import LIMITS, SourceFile
from rolemgr.iam.documents import PolicyType
from rolemgr.report.check import CheckReport
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role_options import given_flag, many_roles, one_role

if TYPE_CHECKING:
    from rolemgr.check.custom.checks import Custom
    from rolemgr.workflow.many import Progress


class Checks(NamedTuple):
    """The configuration in force, and the user's own checks with their *files*."""

    source: SourceFile | None
    files: tuple[Path, ...]
    customs: "Sequence[Custom]"
    given: str | None = None
    """The name that somebody gave of the configuration."""

    @property
    def name(self) -> str:
        """What messages call the configuration."""
        return self.given or CONFIG_FILE

    def config(self) -> CheckConfig:
        """Return what the configuration says; raise InputError for what is wrong with it."""
        return read_config(self.source, [one.check.id for one in self.customs]) if self.source else CheckConfig()


def read_checks(config: str | None, rules: Sequence[str]) -> Checks:
    """Return what the file *config*, or the nearest ``rolemgr-check.yaml``, and the files *rules* have checked."""
    source = _config_source(config)
    files = (*map(Path, rules), *(rules_files(source) if source else ()))
    return Checks(source, files, _customs(files), config)


class Found(NamedTuple):
    """Findings, and the file of each policy; what is excused, with the reasons; notes on it."""

    findings: list[Finding]
    names: list[str]
    accepted: Sequence[tuple[Finding, str]] = ()
    """What the catalog accepts in a role."""
    notes: tuple[str, ...] = ()
    wrong: tuple[InputError, ...] = ()
    """What is wrong with role files, which stops the others from nothing."""
    not_judged: Sequence[NotJudged] = ()
    types: Sequence[TypeFromName] = ()
    suppressed: Sequence[tuple[Finding, str]] = ()
    """What the configuration excuses."""

    def report(self, customs: "Sequence[Custom]") -> CheckReport:
        """Return what is shown of it; *customs* explain their findings."""
        reasons = [*self.accepted, *self.suppressed]
        refused = [
            NotJudged(one.where.file, one.where.line, str(InputError(None, one.problem, one.hint)))
            for one in self.wrong
            if one.where
        ]
        return CheckReport(self.findings, reasons, len(self.names), customs, self.not_judged, self.types, refused)


class Checked(NamedTuple):
    """What is checked: files and folders, of a *kind* that somebody may say, or what *chosen* describes."""

    paths: Sequence[str]
    chosen: Mapping[str, Any]
    kind: str | None


def found_in(
    given: Checked, config: CheckConfig, rules: tuple[Path, ...], outside: Outside, progress: "Progress",
    *, verbose: bool,
) -> Found:  # fmt: skip
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
) -> Found:  # fmt: skip
    """
    Return what the rules, and those in the files *rules*, find in the files and folders *paths*.

    Their type is *kind*, or what *types* say of their path, or told from the file. Says what holds no policy and was
    not searched.

    Raises InputError where a role is *chosen* as well, and for a file that can't be read.
    """
    if flag := given_flag(chosen):
        raise InputError(SourceLocation(flag), "goes with a role, not with policy files")
    given = [path if path != "-" else Piped(*outside.read("-", LIMITS)) for path in paths]
    collected = collect(given, PolicyType(kind) if kind else None, types)
    for text in _aside(collected):
        outside.say(text)
    documents = collected.documents
    found = [*collected.unreadable, *check(documents), *custom_findings_in(documents, rules)]
    names = [name for name, _ in dict.fromkeys((one.name, one.place) for one in documents if not one.missing)]
    from_names = [TypeFromName(one.name, one.kind) for one in documents if one.suggested]
    return Found(by_place(found), names, not_judged=collected.not_judged, types=list(dict.fromkeys(from_names)))


def _aside(collected: Collected) -> list[str]:
    """Return what there is to say of files without a policy, and of folders that are left out."""
    notes = []
    if collected.skipped:
        notes.append(f"{collected.skipped} {'file holds' if collected.skipped == 1 else 'files hold'} no policy")
    if folders := collected.folders:
        more = f" and {len(folders) - 5} more" if folders[5:] else ""
        notes.append(f"not searched unless named: {', '.join(folders[:5])}{more}")
    return notes


def by_place(findings: Sequence[Finding]) -> list[Finding]:
    """Return *findings* by file and line, each file's where its first one stood."""
    order: dict[str, int] = {}
    for finding in findings:
        order.setdefault(finding.path, len(order))
    return sorted(findings, key=lambda one: (order[one.path], one.line or 0))


def excused(found: Found, config: CheckConfig) -> Found:
    """Return *found* without what *config* suppresses today, which stands beside it."""
    kept, suppressed = apply(found.findings, config.suppressions, found.names, datetime.now(UTC).date())
    return found._replace(findings=kept, suppressed=[(finding, one.reason) for finding, one in suppressed])


def as_baseline(found: Found) -> dict[str, Any]:
    """Return the baseline that has all that is *found*."""
    from rolemgr.check.baseline import baseline_data  # only a baseline pays for it

    return baseline_data(found.findings)


def beyond_baseline(found: Found, path: str) -> Found:
    """Return *found* without what the baseline at *path* has."""
    from rolemgr.check.baseline import new_ones, read_baseline  # only a baseline pays for it
    from rolemgr.files.json import read_json

    return found._replace(findings=new_ones(found.findings, read_baseline(read_json(Path(path)))))


def fails(fail_on: Sequence[str], found: Found) -> bool:
    """Tell whether a finding is as bad as *fail_on* says, or something is not judged where that is asked for."""
    wanted = [Severity(one.upper()) for one in fail_on if one != "not-judged"] or [Severity.SECURITY_WARNING]
    if found.not_judged and "not-judged" in fail_on:
        return True
    return any(finding.severity.at_least(worst) for finding in found.findings for worst in wanted)


def custom_findings_in(documents: Sequence[Document], files: tuple[Path, ...]) -> list[Finding]:
    """Return what the user's own checks in *files* find in *documents*."""
    if not (customs := _customs(files)):
        return []
    from rolemgr.check.custom.run import custom_findings  # few users have checks of their own

    return list(custom_findings(documents, customs))


def _customs(files: tuple[Path, ...]) -> "list[Custom]":
    """Return the custom checks of *files*."""
    if not files:
        return []
    from rolemgr.check.custom.checks import read_checks, refuse_twins
    from rolemgr.files.yaml import read_yaml

    return refuse_twins([custom for path in files for custom in read_checks(read_yaml(path))])


def _config_source(name: str | None) -> SourceFile | None:
    """Return the configuration file *name*, or the nearest ``rolemgr-check.yaml``, or None."""
    path = Path(name) if name is not None else _nearest(CONFIG_FILE)
    if path is None:
        return None
    from rolemgr.files.yaml import read_yaml  # only a configuration pays for it

    return read_yaml(path)


def _nearest(name: str) -> Path | None:
    here = Path.cwd()
    found = next((folder / name for folder in (here, *here.parents) if (folder / name).is_file()), None)
    return Path(os.path.relpath(found)) if found else None
