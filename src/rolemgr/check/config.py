"""
`rolemgr-check.yaml`: which files are of which type, and which findings are excused, why, and until when.

    types:
      - {path: "org/scps/*.json", type: scp}
    rules: [checks.yaml]           # custom policy checks, as with --rules
    suppress:
      - rule: pass-any-role        # or RM607
        path: "legacy/*"
        sid: PassRoles
        reason: the old pipeline goes in March (SEC-123)
        expires: 2027-03-31
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rolemgr.check.collect import TypeOf, path_matches
from rolemgr.check.finding import OF_AWS, Finding
from rolemgr.check.rule import Rule
from rolemgr.check.rules import all_rules
from rolemgr.check.suppressions import about_excuse, sorted_out
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.source import SourceFile
from rolemgr.model.check_config import CheckConfigFile, SuppressionEntry
from rolemgr.model.source import Sourced, parse_model

CONFIG_FILE = "rolemgr-check.yaml"


@dataclass(frozen=True)
class Suppression:
    """An excuse for the findings of *rule*, in paths that match *path*, in statements named *sid*."""

    rule: str
    reason: str
    where: SourceLocation
    path: str | None = None
    sid: str | None = None
    expires: date | None = None

    def speaks_of(self, finding: Finding) -> bool:
        """Tell whether it is meant for *finding*, also where it is expired."""
        if finding.rule != self.rule or (self.sid is not None and finding.sid != self.sid):
            return False
        return self.path is None or path_matches(finding.path, self.path)


@dataclass(frozen=True)
class CheckConfig:
    """What a configuration file says."""

    types: tuple[TypeOf, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


def read_config(source: SourceFile, custom: Sequence[str] = ()) -> CheckConfig:
    """
    Return what *source* says; *custom* are the ids of custom checks, which it may suppress too.

    Raises InputError, or Problems where there are several, with the line for an unknown key, rule, type or day.
    """
    parsed = parse_model(source, CheckConfigFile)
    types = [TypeOf(one.path, one.type) for one in parsed.value.types]
    entries = enumerate(parsed.value.suppress)
    return CheckConfig(tuple(types), tuple(_suppression(parsed, place, one, custom) for place, one in entries))


def rules_files(source: SourceFile) -> list[Path]:
    """Return the files of custom checks that *source* names, relative to where it lies; raise InputError for none."""
    parsed = parse_model(source, CheckConfigFile)
    found = [Path(source.name).parent / name for name in parsed.value.rules]
    for index, place in enumerate(found):
        if not place.is_file():
            name = parsed.value.rules[index]
            raise InputError(parsed.at("rules", index), f"there is no file `{name}` beside this one")
    return found


def find_rule(name: str, where: SourceLocation | None, custom: Sequence[str] = ()) -> Rule:
    """Return the rule of the id or name *name*, in any case; raise UnknownNameError for none (hints: *custom* too)."""
    for rule in all_rules().values():
        if name.lower() in (rule.id.lower(), rule.name):
            return rule
    known = [*all_rules(), *(rule.name for rule in all_rules().values()), *custom]
    raise UnknownNameError(where, "rule", name, known, otherwise="see docs/rules.md")


def apply(
    findings: Sequence[Finding], suppressions: Sequence[Suppression], checked: Sequence[str], today: date
) -> tuple[list[Finding], list[tuple[Finding, Suppression]]]:
    """
    Return the findings that remain, and those that are suppressed with what suppresses them.

    Suppressions that have expired, or suppress nothing in the *checked* paths, are findings themselves.
    """
    found = sorted_out(findings, suppressions, Suppression.speaks_of, today)
    expired = [
        about_excuse("RM002", one, f"the suppression of {one.rule} expired on {one.expires}", one.sid)
        for one in found.expired
    ]
    unused = [
        about_excuse("RM001", one, f"the suppression of {one.rule} suppresses nothing", one.sid)
        for one in found.unused
        if one.path is None or any(path_matches(name, one.path) for name in checked)
    ]
    by_line = sorted([*expired, *unused], key=lambda one: one.line or 0)
    return [*found.kept, *by_line], found.suppressed


def _suppression(
    parsed: Sourced[CheckConfigFile], place: int, entry: SuppressionEntry, custom: Sequence[str]
) -> Suppression:
    rule = _rule_id(entry.rule, parsed.at("suppress", place, "rule"), custom)
    return Suppression(
        rule, entry.reason, parsed.at("suppress", place), path=entry.path, sid=entry.sid, expires=entry.expires
    )


def _rule_id(name: str, where: SourceLocation, custom: Sequence[str]) -> str:
    own = next((one for one in custom if one.lower() == name.lower()), None)
    if name.upper().startswith(OF_AWS):  # AWS alone knows its issue codes
        return own or name.upper()
    return own or find_rule(name, where, custom).id
