"""An audit: every principal judged by evaluation, the ways between them, and what each SageMaker role should be."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Final, Protocol, TypeAlias

from rolemgr.audit.breadth import is_administrator, is_of_sagemaker
from rolemgr.audit.each import NearestPersonas, judge
from rolemgr.audit.endpoints import judge_endpoints
from rolemgr.audit.finding import AuditFinding, ChainStep, about_steps
from rolemgr.audit.gains import Gains
from rolemgr.audit.handed import passing_administrators
from rolemgr.audit.nearest import Nearest
from rolemgr.audit.opened import judge_resources
from rolemgr.audit.paths import Walker
from rolemgr.audit.search import Search
from rolemgr.audit.setting import MOST_REQUESTS, AuditedPrincipal, AuditRun
from rolemgr.audit.shares import Judging, SharedAudit, found_in, passes, shares_of
from rolemgr.audit.studio_roles import Worker, judge_studio
from rolemgr.audit.surroundings import Surroundings
from rolemgr.check.finding import Finding, Severity
from rolemgr.compare.errors import TooComplex
from rolemgr.model.inventory import Inventory, Unjudged

Personas: TypeAlias = Callable[[], Mapping[str, frozenset[str]]]
"""Gives the actions of each persona; it takes a second, so it is asked where somebody needs them."""

DAYS: Final = 90
"""After so many days without use a role is reported."""


def not_in_the_input(inventory: Inventory) -> str:
    """Return which layers *inventory* does not have, and of how many resources it has the policies."""
    return "; ".join((*_lacking(inventory), *_of_resources(len(inventory.resources))))


def _lacking(inventory: Inventory) -> Iterator[str]:
    given = Surroundings(inventory).given
    names = [name for name, known in zip(("SCPs", "RCPs", "policies of resources"), given, strict=True) if not known]
    if names:
        listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        more = "" if given.resources else ", or allow more"
        yield f"{listed} are not in this input: they may deny what is found here{more}"


def _of_resources(count: int) -> Iterator[str]:
    if count:
        whose = "the policy of one resource is" if count == 1 else f"the policies of {count:,} resources are"
        yield f"{whose} in the input: those of others may deny, or allow more"


@dataclass(frozen=True)
class Audit:
    """
    What was found, the worst first; what can't be told; the persona of each SageMaker role; of how many.

    *suppressed* are findings that somebody excuses, with the reason, and *on_suppressions* is what there is to say of
    the excuses themselves; *in_baseline* are those that a baseline has.
    """

    findings: tuple[AuditFinding, ...]
    not_judged: tuple[Unjudged, ...]
    nearest: tuple[Nearest, ...]
    accounts: tuple[str, ...]
    roles: int
    users: int
    of_sagemaker: int
    of_services: int
    as_of: date | None
    days: int
    files: tuple[str, ...]
    studio: tuple[Worker, ...] = ()
    resources: int = 0
    not_in_the_input: str = ""
    suppressed: tuple[tuple[AuditFinding, str], ...] = ()
    on_suppressions: tuple[Finding, ...] = ()
    in_baseline: tuple[AuditFinding, ...] = ()


def audit(
    inventory: Inventory, personas: Personas, *, as_of: date | None = None, days: int = DAYS,
    most_requests: int = MOST_REQUESTS, judging: Judging | None = None,
) -> Audit:  # fmt: skip
    """
    Return what everybody in *inventory* can do that deserves a look.

    *personas* gives the actions of each persona, and is called where there is a role of SageMaker. Without
    *as_of* the newest day that the input names is today: the same input gives the same audit whenever it runs.
    What takes more than *most_requests* of the evaluator is not judged, and said. *judging* has other processes
    judge principals, in shares, and changes nothing of what is found.
    """
    setting = AuditRun(inventory, as_of or inventory.newest, days, most_requests)
    if judging is not None:
        found = _audited(setting, _Elsewhere(personas, judging))
        if not setting.ran_out:
            return found
        setting = AuditRun(inventory, as_of or inventory.newest, days, most_requests)  # which budgets last, one tells
    return _audited(setting, _Here(personas))


class _Judges(Protocol):
    """Judges each principal for itself: what it has, and the persona that it is nearest to."""

    def own(self, setting: AuditRun, walkers: Mapping[str, Walker]) -> None:
        """Find what each subject of *setting* has for itself; those without a walker are administrators."""

    def nearest(self, setting: AuditRun, roles: Sequence[AuditedPrincipal]) -> Iterator[Nearest]:
        """Yield the persona that each of *roles* is nearest to."""


def _audited(setting: AuditRun, judges: _Judges) -> Audit:
    inventory, administrators = setting.inventory, _administrators(setting)
    walkers = {arn: Walker(setting, one) for arn, one in setting.subjects.items() if arn not in administrators}
    ways = _ways(setting, walkers)
    judges.own(setting, walkers)
    search = Search(setting, walkers)
    chains = search.run(list(administrators), ways)
    _escalating(setting, chains)
    passing_administrators(setting, [*administrators, *ways], {**walkers}, {*ways, *chains})
    _to_sagemaker(setting, search, {*administrators, *ways, *chains})
    near = tuple(sorted(judges.nearest(setting, roles_of_sagemaker(setting)), key=attrgetter("role.arn")))
    judge_resources(setting)
    judge_endpoints(setting)
    studio = judge_studio(setting, near)
    principals = inventory.principals.values()
    return Audit(
        findings=tuple(sorted(setting.findings, key=_order)),
        not_judged=(*inventory.not_judged, *setting.all_untold()),
        nearest=near, accounts=inventory.accounts,
        roles=sum(one.kind == "role" for one in principals), users=sum(one.kind == "user" for one in principals),
        of_sagemaker=len(near), of_services=sum(one.is_of_a_service for one in principals),
        as_of=setting.as_of, days=setting.days, files=inventory.files, studio=studio,
        resources=len(inventory.resources), not_in_the_input=not_in_the_input(inventory),
    )  # fmt: skip


class _Here:
    """Judges in this process, one principal after the other."""

    def __init__(self, personas: Personas) -> None:
        self._personas = personas

    def own(self, setting: AuditRun, walkers: Mapping[str, Walker]) -> None:
        """Find what each subject has for itself."""
        for arn, subject in setting.subjects.items():
            judge(setting, subject, walkers.get(arn))

    def nearest(self, setting: AuditRun, roles: Sequence[AuditedPrincipal]) -> Iterator[Nearest]:
        """Yield the persona of each of *roles*; say where it can't be told."""
        if not roles:
            return
        known = NearestPersonas(self._personas())
        for subject in roles:
            try:
                yield known.of(setting, subject)
            except TooComplex as error:
                setting.cannot_tell(subject, "the nearest persona", error)


class _Elsewhere:
    """Has other processes judge, and takes what they found in the order in which this one would have found it."""

    def __init__(self, personas: Personas, judging: Judging) -> None:
        self._personas, self._judging = personas, judging
        self._nearest: list[Nearest] = []

    def own(self, setting: AuditRun, walkers: Mapping[str, Walker]) -> None:
        """Add what the others find of each subject, and what they spent."""
        personas = self._personas() if roles_of_sagemaker(setting) else None
        common = SharedAudit(setting.inventory, setting.as_of, setting.days, setting.most, personas)
        for walker in walkers.values():
            passes(walker)
        shares = shares_of(setting.subjects, setting.subjects.keys() - walkers.keys())
        for answer in self._judging(common, shares):
            for one in found_in(answer, setting.inventory):
                one.add_to(setting)
                self._nearest += [one.nearest] if one.nearest else []

    def nearest(self, setting: AuditRun, roles: Sequence[AuditedPrincipal]) -> Iterator[Nearest]:
        """Yield what the others found of *roles* already."""
        yield from self._nearest


def roles_of_sagemaker(setting: AuditRun) -> list[AuditedPrincipal]:
    """Return the roles that SageMaker may have a use for."""
    return [one for one in setting.subjects.values() if one.holder.kind == "role" and is_of_sagemaker(one)]


def _order(finding: AuditFinding) -> tuple[int, str, str, str]:
    return list(Severity).index(finding.severity), finding.rule.id, finding.principal.arn, finding.message


def _administrators(setting: AuditRun) -> dict[str, None]:
    found: dict[str, None] = {}
    for arn, subject in setting.subjects.items():
        try:
            shown = is_administrator(subject)
        except TooComplex as error:
            setting.cannot_tell(subject, "whether it may do everything", error)
            continue
        if shown:
            found[arn] = None
            setting.find("AU001", subject, "every action that was asked for, on names that no policy knows", shown)
    return found


def _ways(setting: AuditRun, walkers: Mapping[str, Walker]) -> dict[str, ChainStep]:
    found: dict[str, ChainStep] = {}
    for arn, walker in walkers.items():
        try:
            way = Gains(walker).own_way()
        except TooComplex as error:
            setting.cannot_tell(walker.subject, "whether it can give itself every right", error)
            continue
        if way:
            step = found[arn] = way.step
            setting.find("AU002", walker.subject, step.how, step.requests, (step,), about_steps((step,)))
    return found


_BY_STEPS: Final = {1: "AU301", 2: "AU302", 3: "AU303"}


def _escalating(setting: AuditRun, chains: Mapping[str, tuple[ChainStep, ...]]) -> None:
    for arn, steps in chains.items():
        subject = setting.subjects[arn]
        names = [_short(one.whom) for one in steps]
        message = f"-> {' -> '.join(names)}: {'; then '.join(one.how for one in steps)}"
        requests = tuple(request for one in steps for request in one.requests)
        setting.find(_BY_STEPS[len(steps)], subject, message, requests, steps, about_steps(steps))


def _to_sagemaker(setting: AuditRun, search: Search, done: set[str]) -> None:
    """Find who acts in one step as a role that may do everything in SageMaker; *done* have more than that."""
    everything = {one.principal.arn for one in setting.findings if one.rule.id in ("AU003", "AU004")}
    targets = [setting.subjects[one] for one in sorted(everything)]
    what = "whether it can act as an administrator of SageMaker"
    for arn, step in search.one_step(targets, done | everything, what).items():
        message = f"-> {_short(step.whom)}: {step.how}"
        setting.find("AU304", setting.subjects[arn], message, step.requests, (step,), about_steps((step,)))


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
