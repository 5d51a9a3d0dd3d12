"""The plan and the drift of a blueprint as pages: the summary, then each account, then the organization."""

from collections.abc import Iterator

from rolemgr.check.finding import Severity
from rolemgr.report.blueprint_accounts import PolicyNotJudged
from rolemgr.report.blueprint_drift import (
    AccountDrift,
    BlueprintDrift,
    LayerDrift,
    LevelDrift,
    blueprint_drift_data,
    summary_of,
)
from rolemgr.report.blueprint_plan import POLICY_TEXTS, AccountPlan, BlueprintPlan, blueprint_plan_data, counted_plan
from rolemgr.report.drift import RULES
from rolemgr.report.pages.of_drift import drift_page as page_of_roles_drift
from rolemgr.report.pages.of_findings import TONES, place_of
from rolemgr.report.pages.of_plan import plan_page as page_of_roles_plan
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone


def plan_page(plan: BlueprintPlan) -> Page:
    """Return the page on the plan of a blueprint."""
    sections = [part for one in plan.accounts for part in _planned(one)]
    sections += [part for one in plan.levels or () for part in _level(one)]
    bad = any(_speaks_against(one) for one in plan.accounts)
    facts = [Fact(counted_plan(plan), Tone.BAD if bad else Tone.PLAIN)]
    return Page("Plan", (plan.file,), tuple(facts), tuple(sections), blueprint_plan_data(plan))


def _speaks_against(one: AccountPlan) -> bool:
    return (
        bool(one.errors)
        or any(each.problem for each in one.policies)
        or any(each.plan.problem or each.stopping for each in one.roles)
    )


def _planned(one: AccountPlan) -> Iterator[Section]:
    yield _account(one)
    if one.error:
        return
    yield from page_of_roles_plan(one.way, one.roles, one.refused).sections
    for policy in one.policies:
        entries = (
            *([str(policy.problem)] if policy.problem else []), *(f"note: {note}" for note in policy.notes),
            *(policy.steps or ("nothing to do",)),
        )  # fmt: skip
        tone = Tone.BAD if policy.problem else Tone.LOOK if policy.action == "update" else Tone.PLAIN
        yield Section(f"{POLICY_TEXTS[policy.action]} {policy.target.arn}", entries, tone=tone)
    yield from _unread(one.unread)


def _account(one: AccountPlan | AccountDrift) -> Section:
    """Return whose account it is, who looked at it and what there is to know, or why nobody could."""
    title = f"Account {one.access.name} {one.access.id}"
    if one.error:
        return Section(title, (f"not judged: {one.error}",), tone=Tone.BAD)
    caller = (f"as {one.way.caller}",) if one.way else ()
    return Section(title, (*caller, *(f"note: {note}" for note in one.notes)))


def _unread(unread: tuple[PolicyNotJudged, ...]) -> Iterator[Section]:
    if unread:
        rows = tuple((Code(one.target.arn), str(one.error)) for one in unread)
        yield Section("Policies that are not judged", table=Table(("Resource", "Why"), rows), tone=Tone.BAD)


def drift_page(drift: BlueprintDrift) -> Page:
    """Return the page on the drift of a blueprint."""
    sections = [part for one in drift.accounts for part in _drifted(one)]
    sections += [part for one in drift.levels or () for part in _level(one)]
    drifted = any(one.drifted for one in drift.accounts) or drift.layer_drifts
    tone = Tone.BAD if drifted or drift.errors else Tone.GOOD
    return Page("Drift", (drift.file,), (Fact(summary_of(drift), tone),), tuple(sections), blueprint_drift_data(drift))


def _drifted(one: AccountDrift) -> Iterator[Section]:
    yield _account(one)
    if one.error:
        return
    yield from page_of_roles_drift(one.way, one.roles, one.refused).sections
    for policy in one.policies:
        if policy.drifts:
            yield _differences(f"Policy of {policy.target.arn}", policy.drifts)
    same = tuple(policy.target.arn for policy in one.policies if not policy.drifts)
    if same:
        yield Section("Policies that are as the blueprint says", same)
    yield from _unread(one.unread)


def _level(one: LevelDrift) -> Iterator[Section]:
    title = f"{one.kind.upper()}s of {one.level}"
    if one.error:
        yield Section(title, (f"not known: {one.error}",), tone=Tone.BAD)
    elif one.drifts:
        yield _differences(title, one.drifts)
    else:
        yield Section(title, ("as the blueprint says", *one.notes), tone=Tone.GOOD)


def _differences(title: str, drifts: tuple[LayerDrift, ...]) -> Section:
    rows = tuple(
        (one.severity.value, (RULES[one.kind].id, one.kind), one.what, place_of(one.where.file, one.where.line))
        for one in drifts
    )
    worst = list(Severity)[min(list(Severity).index(one.severity) for one in drifts)]
    return Section(title, table=Table(("Severity", "Rule", "Difference", "Place in the file"), rows), tone=TONES[worst])
