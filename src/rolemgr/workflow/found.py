"""What is checked by, and what was found: configuration, the user's own checks, findings and what excuses them."""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rolemgr.check.config import CONFIG_FILE, CheckConfig, apply, read_config, rules_files
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding, NotJudged, TypeFromName
from rolemgr.check.selection import Selection, selection_of
from rolemgr.errors import InputError
from rolemgr.files.source import SourceFile
from rolemgr.report.check import CheckReport

if TYPE_CHECKING:
    from rolemgr.check.aws import AskedDocument
    from rolemgr.check.custom.checks import Custom


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
    source = config_source(config)
    files = (*map(Path, rules), *(rules_files(source) if source else ()))
    return Checks(source, files, _customs(files), config)


def selection(select: Sequence[str], ignore: Sequence[str], customs: "Sequence[Custom]") -> Selection:
    """Return what ``--select`` and ``--ignore`` choose; raise UnknownNameError for a rule that nobody has."""
    return selection_of(select, ignore, [one.check.id for one in customs])


class CheckFindings(NamedTuple):
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
    asked: "Sequence[AskedDocument]" = ()
    """What AWS is to be asked about, where it is."""

    def report(self, customs: "Sequence[Custom]") -> CheckReport:
        """Return what is shown of it; *customs* explain their findings."""
        reasons = [*self.accepted, *self.suppressed]
        refused = places_of(self.wrong)
        return CheckReport(self.findings, reasons, len(self.names), customs, self.not_judged, self.types, refused)


def places_of(wrong: Iterable[InputError]) -> list[NotJudged]:
    """Return what is *wrong* with files as places that are not judged, for the forms of findings."""
    return [
        NotJudged(one.where.file, one.where.line, str(InputError(None, one.problem, one.hint)))
        for one in wrong
        if one.where
    ]


def by_place(findings: Sequence[Finding]) -> list[Finding]:
    """Return *findings* by file and line, each file's where its first one stood."""
    order: dict[str, int] = {}
    for finding in findings:
        order.setdefault(finding.path, len(order))
    return sorted(findings, key=lambda one: (order[one.path], one.line or 0))


def excused(found: CheckFindings, config: CheckConfig) -> CheckFindings:
    """Return *found* without what *config* suppresses today, which stands beside it."""
    kept, suppressed = apply(found.findings, config.suppressions, found.names, datetime.now(UTC).date())
    return found._replace(findings=kept, suppressed=[(finding, one.reason) for finding, one in suppressed])


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


def config_source(name: str | None) -> SourceFile | None:
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
