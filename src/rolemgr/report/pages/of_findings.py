"""What `check` found, as a page."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rolemgr.check.finding import Finding, NotJudged, Severity, TypeFromName
from rolemgr.report.findings import findings_data, summary
from rolemgr.report.pages.page import Bar, Code, Fact, Page, Section, Table, Tone, counted

TONES: Mapping[Severity, Tone] = {
    Severity.ERROR: Tone.BAD,
    Severity.SECURITY_WARNING: Tone.BAD,
    Severity.WARNING: Tone.LOOK,
    Severity.SUGGESTION: Tone.PLAIN,
}


def findings_page(
    findings: Sequence[Finding], checked: int, not_judged: Sequence[NotJudged] = (),
    types: Sequence[TypeFromName] = (), names: Mapping[str, str] | None = None,
    suppressed: Sequence[tuple[Finding, str]] = (), refused: Sequence[NotJudged] = (),
) -> Page:  # fmt: skip
    """
    Return the page on *findings* in so many *checked* policies, and on the rest; *names* are the rules' by id.

    *suppressed* are the findings that the catalog accepts or the configuration suppresses, with the reason; *refused*
    are role files that make no role.
    """
    sections = (
        Section("By severity", bars=tuple(_bars(findings))),
        findings_section(findings, names or {}),
        Section("Refused role files", table=_not_judged(refused), tone=Tone.BAD),
        Section("Not judged", table=_not_judged(not_judged), tone=Tone.LOOK),
        Section("Suppressed or accepted", table=_suppressed(suppressed), folded=True),
        Section("Types that names of files suggest", tuple(f"{one.path}: {one}" for one in types)),
    )
    shown = tuple(one for one in sections if not one.is_empty)
    return Page("Check of policies", (), tuple(_facts(findings, checked, not_judged, suppressed)), shown,
                findings_data(findings, checked, not_judged, types, refused))  # fmt: skip


def findings_section(findings: Sequence[Finding], names: Mapping[str, str]) -> Section:
    """Return *findings* as a table, the worst first; *names* are the rules' by id."""
    order = list(Severity)
    worst_first = sorted(findings, key=lambda one: order.index(one.severity))
    rows = tuple(
        (one.severity.value, (one.rule, names[one.rule]) if one.rule in names else one.rule, one.message,
         place_of(one.path, one.line), one.sid or "")
        for one in worst_first
    )  # fmt: skip
    return Section("Findings", table=Table(("Severity", "Rule", "Finding", "Place", "Statement"), rows))


def worst_tone(findings: Sequence[Finding]) -> Tone:
    """Return how the worst of *findings* is meant; that there is none is good."""
    order = list(Severity)
    return min(((order.index(one.severity), TONES[one.severity]) for one in findings), default=(0, Tone.GOOD))[1]


def place_of(path: str, line: int | None) -> Code:
    """Return the place as an editor opens it."""
    return Code(f"{path}{f':{line}' if line else ''}")


def _facts(
    findings: Sequence[Finding], checked: int, not_judged: Sequence[NotJudged],
    suppressed: Sequence[tuple[Finding, str]],
) -> Iterator[Fact]:  # fmt: skip
    yield Fact(summary(findings, checked), worst_tone(findings))
    if not_judged:
        yield Fact(f"{counted(len(not_judged), 'place')} not judged, which may hold findings", Tone.LOOK)
    if suppressed:
        yield Fact(f"{counted(len(suppressed), 'finding')} suppressed or accepted, with reasons below")


def _bars(findings: Sequence[Finding]) -> Iterator[Bar]:
    counts = Counter(one.severity for one in findings)
    for severity in Severity:
        if counts[severity]:
            yield Bar(severity.value, counts[severity], len(findings), "findings")


def _not_judged(places: Sequence[NotJudged]) -> Table:
    return Table(("Place", "Why"), tuple((place_of(one.path, one.line), one.reason) for one in places))


def _suppressed(suppressed: Sequence[tuple[Finding, str]]) -> Table:
    rows = tuple(
        (one.severity.value, one.rule, one.message, place_of(one.path, one.line), reason) for one, reason in suppressed
    )
    return Table(("Severity", "Rule", "Finding", "Place", "Reason"), rows)
