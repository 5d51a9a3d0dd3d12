"""One role on its way to one that the catalog renders: what it needs, the role for it, what becomes of each need."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from rolemgr.audit.migrate.beyond import beyond
from rolemgr.audit.migrate.choose import Chooser, GroupChoice, first_problem, role_source
from rolemgr.audit.migrate.denies import OldDeny, with_old_denies
from rolemgr.audit.migrate.draft import DraftGroup, drafted
from rolemgr.audit.migrate.grants import Offer, offer
from rolemgr.audit.migrate.infer import Inference, infer
from rolemgr.audit.migrate.judge import Judge, Outcome, Verdict, excess
from rolemgr.audit.migrate.needs import Need, UseEvidence, allowed_needs
from rolemgr.audit.migrate.places import Mention
from rolemgr.audit.migrate.seen import RoleCalls
from rolemgr.audit.migrate.trial import TrialVerdict, TriedRequest, tried
from rolemgr.audit.migrate.trusting import with_old_trust
from rolemgr.audit.migrate.tryout import RoleTrial, new_holder, trial_of, tried_again
from rolemgr.audit.migrate.used import UsedFiles, needs_of
from rolemgr.audit.rights import Rights
from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.compare.verdicts import Comparison
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.iam.arn import REGION, Arn
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import matches
from rolemgr.model.inventory import HeldRole, Unjudged
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import SageMakerTrust

NOW: Final = "2001-01-01T00:00:00Z"
MOST_REQUESTS: Final = 100_000
"""How many requests the old role and the new one may be asked each."""
_TOO_MANY: Final = "it takes more than {:,} requests to tell"
_ADDED: Final = 30
"""What a group weighs more that the persona does not have, where calls say what was used and little of what for."""
_AWS_PATHS: Final = ("/aws-service-role/", "/aws-reserved/")
_ENDING: Final = ".amazonaws.com"
_SAGEMAKER: Final = "sagemaker"
_DEFAULT_REGION: Final = "us-east-1"


class NewRoleOptions(NamedTuple):
    """What the user says of the new role: its *name*, *region*, *persona* and values of *parameters*."""

    name: str | None = None
    region: str | None = None
    persona: str | None = None
    parameters: Mapping[str, tuple[str, ...]] = {}
    is_of_account: bool = False
    added_weight: int = 1
    """What a group weighs more where the persona does not have it."""
    weighs_new: bool = True
    """Whether a group weighs more for what the old role may not do: code has no old role."""
    trusted: frozenset[str] = frozenset()
    """The services that take the role, where the old one has no trust policy that names any."""
    not_of_people: tuple[str, ...] = ()
    """Personas, as patterns, that are for AWS's own work: they come after others that lose as little."""


@dataclass(frozen=True)
class MigrationPlan:
    """
    What *old* needs, and the roles that there could be for it: one for each persona, the best one first.

    *untold* says what of the old role nobody can tell.
    """

    old: HeldRole
    needs: tuple[Need, ...]
    choices: tuple[GroupChoice, ...]
    inference: Inference
    found: Offer
    region: str
    regions: tuple[str, ...]
    """The Regions that the needs name, the one that is named most first."""
    is_used: bool = False
    untold: tuple[str, ...] = ()
    today: frozenset[str] = frozenset()
    """The actions that the old role may do on something."""
    is_of_account: bool = False
    """Whether the old role is one of an account that AWS told of, and not of a file of its own."""
    given: tuple[str, ...] = ()
    """The parameters that the user gave."""

    @property
    def unused(self) -> tuple[str, ...]:
        """The parameters that the user gave, and that no group of the role has."""
        return tuple(name for name in self.given if name not in self.best.data.get("parameter", {}))

    @property
    def wanted(self) -> frozenset[str]:
        """The parameters without a value that keep a group away which allows something that is needed."""
        actions = {one.action for one in self.needs}
        return frozenset(key for group, key in self.found.missing.items() if self.found.groups[group] & actions)

    @property
    def best(self) -> GroupChoice:
        """The role that is taken."""
        return self.choices[0]


@dataclass(frozen=True)
class Migration:
    """
    A *plan*, what becomes of each need, and what the new role may do that nobody needs, by group.

    Where a trail says what was used (*use*), the *trial* has what becomes of each recorded request, and *draft* is the
    group of those that no group grants.
    """

    plan: MigrationPlan
    outcomes: tuple[Outcome, ...]
    excess: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    use: RoleCalls | None = None
    trial: RoleTrial | None = None
    draft: DraftGroup | None = None
    denies: tuple[OldDeny, ...] = ()
    """What becomes of the Denies of the old role."""

    @cached_property
    def beyond(self) -> Comparison:
        """What the new role, with its draft, allows and the old one does not, both within the boundary that stays."""
        more = (self.draft.policy,) if self.draft else ()
        return beyond(self.plan.old, new_holder(self.plan.old, self.plan.best), self.plan.region, more)

    @cached_property
    def drafted(self) -> tuple[TriedRequest, ...]:
        """What becomes of the requests that the new role does not let through once it has the draft too."""
        if self.draft is None or self.trial is None:
            return ()
        open_ones = {one.request: one.seen for one in self.trial.tried if one.verdict is not TrialVerdict.ALLOWED}
        return tried(open_ones, self.plan.old, new_holder(self.plan.old, self.plan.best), (self.draft.policy,))

    @property
    def gained(self) -> frozenset[str]:
        """The actions that the new role may do on something on which the old one may not."""
        return frozenset(action for one in self.beyond.differences for action in one.actions)

    def having(self, verdict: Verdict) -> list[Outcome]:
        """Return the outcomes of one verdict."""
        return [one for one in self.outcomes if one.verdict is verdict]


class Migrated(NamedTuple):
    """One migration, and what in the account names the role; *not_judged* is what could not be read at all."""

    migration: Migration
    mentions: tuple[Mention, ...]
    not_judged: tuple[Unjudged, ...]
    is_account: bool
    unknown: tuple[str, ...] = ()
    """What of the files that say what was used can't be told."""


def migrate(catalog: Catalog, old: HeldRole, files: UsedFiles | None, options: NewRoleOptions) -> Migration:
    """
    Return the migration of *old*, which used what *files* say; None where nobody says what it used.

    Raises InputError (or Problems) for a persona or value that does not fit, and where there is no role at all.
    """
    return finished(catalog, plan(catalog, old, files, options), files.trail if files else None)


def finished(catalog: Catalog, made: MigrationPlan, use: RoleCalls | None) -> Migration:
    """Return what becomes of the needs of *made*, and of each request of *use*; raise as `migrate` does."""
    old, best = made.old, made.best
    if best.role is None or best.documents is None:
        raise first_problem(made.choices, made.wanted)
    trial = trial_of(catalog, old, best, use.requests, use.refused) if use else None
    limited = with_old_denies(catalog, old, trial.choice if trial else best, use.requests if use else None)
    trial = tried_again(catalog, old, trial, limited.choice, use) if trial and use else trial
    best = with_old_trust(catalog, old, limited.choice)
    made = replace(made, choices=(best, *made.choices[1:]))
    new = new_holder(old, best)
    rights = Rights(new, NOW, Budget(MOST_REQUESTS, problem=_TOO_MANY))
    try:
        outcomes = Judge(best, made.found, rights).outcomes(made.needs)
    except TooComplex as error:
        raise InputError(old.where, f"what becomes of {old.name} can't be told: {error}") from error
    outcomes = [_with_others(one, number, made.choices) for number, one in enumerate(outcomes)]
    draft = drafted(old, best, trial.tried) if trial else None
    return Migration(made, tuple(outcomes), excess(best, made.needs, made.found), use, trial, draft, limited.denies)


def _with_others(outcome: Outcome, number: int, choices: Sequence[GroupChoice]) -> Outcome:
    """Return *outcome* with the personas that could have what is lost."""
    if outcome.verdict is not Verdict.LOST:
        return outcome
    others = (one.persona.id for one in choices[1:] if one.role and one.coverings[number].groups)
    return replace(outcome, instead=tuple(sorted(others)))


def plan(
    catalog: Catalog, old: HeldRole, files: UsedFiles | None, options: NewRoleOptions, among: Sequence[str] = ()
) -> MigrationPlan:
    """Return what *old* needs and the roles for it, of the personas *among* or of all; raise as `migrate` does."""
    _check_parameters(catalog, options.parameters)
    allowed, untold = _allowed(old)
    needs = _used(old, files, allowed) if files else allowed
    if not needs:
        if old.unknown and not files:
            gap = old.unknown[0]
            raise InputError(old.where, f"what {old.name} needs is not known", f"{gap.place}: {gap.reason}")
        raise InputError(old.where, f"{old.name} needs nothing", "nothing was used, or it may do nothing")
    regions = _regions(needs)
    region = options.region or next(iter(regions), _DEFAULT_REGION)
    start = start_of(old, region, options)
    spec = parse_model(role_source({**start, "persona": candidates(catalog)[0]}), RoleSpec).value
    if files and files.trail:
        needs = [_of_itself(one, old, spec.arn) for one in needs]
    inference = infer(catalog, spec, needs, old.arn, files.values if files else {})
    values = {**{name: one.values for name, one in inference.found.items()}, **options.parameters}
    found = offer(catalog, spec, values)
    today = frozenset(one.action for one in allowed)
    is_recorded = files is not None and files.trail is not None
    weight = max(options.added_weight, _ADDED) if is_recorded else options.added_weight
    chooser = Chooser(
        catalog, start, needs, weight, today if files and options.weighs_new else None, drafts=is_recorded
    )
    names = [options.persona] if options.persona else among or candidates(catalog)
    choices = [chooser.choose(name, found, values) for name in names]
    trusted = frozenset(_services(old)) or options.trusted
    choices.sort(
        key=lambda one: _order(one, needs, _of_others(one, trusted, options.not_of_people), is_by_weight=weight > 1)
    )
    return MigrationPlan(
        old,
        tuple(needs),
        tuple(choices),
        inference,
        found,
        region,
        regions,
        files is not None,
        untold,
        today,
        options.is_of_account,
        tuple(options.parameters),
    )


def _of_itself(need: Need, old: HeldRole, new: str) -> Need:
    """Return *need* of the *new* role, where it is about the old one: what passed itself goes on to."""
    return need._replace(resource=new) if need.resource == old.arn else need


def _check_parameters(catalog: Catalog, given: Iterable[str]) -> None:
    """Raise UnknownNameError for a parameter that no activity group has."""
    groups = [catalog.activity_group(name).value for name in catalog.found("activity_groups")]
    known = {name for one in groups for name in one.parameters}
    for name in given:
        if name not in known:
            raise UnknownNameError(SourceLocation("--parameter"), "parameter", name, known)


def _allowed(old: HeldRole) -> tuple[list[Need], tuple[str, ...]]:
    try:
        needs, count = allowed_needs(old, Rights(old, NOW, Budget(MOST_REQUESTS, problem=_TOO_MANY)))
    except TooComplex as error:
        raise InputError(old.where, f"what {old.name} may do can't be told: {error}") from error
    untold = (f"whether conditions let {count} actions of {old.name} through can't be told",) if count else ()
    return needs, (*untold, *(f"{one.place}: {one.reason}" for one in old.unknown))


def _used(old: HeldRole, files: UsedFiles, allowed: Sequence[Need]) -> list[Need]:
    try:
        return needs_of(files, old, allowed)
    except TooComplex as error:
        raise InputError(SourceLocation("--used"), f"what {old.name} needs can't be told: {error}") from error


def candidates(catalog: Catalog) -> list[str]:
    """Return the personas of *catalog* but those that are let off their base's `never`: they are for exceptions."""
    return [name for name in sorted(catalog.found("personas")) if not resolve_persona(catalog, name).excused]


def lost(choice: GroupChoice, needs: Sequence[Need]) -> frozenset[str]:
    """Return the actions of *needs* of which no group of *choice* covers anything, but for what no trail shows."""
    kept = {need.action for need, one in zip(needs, choice.coverings, strict=True) if one.groups}
    return frozenset(one.action for one in needs if one.evidence is not UseEvidence.UNTRACED) - kept


def _services(old: HeldRole) -> Iterator[str]:
    """Yield the services that may assume *old*, without the ending of their principals."""
    for one in old.trust.statement if old.trust else ():
        if one.effect is Effect.ALLOW and one.principal and not isinstance(one.principal, str):
            yield from (name.removesuffix(_ENDING) for name in one.principal.get("Service", ()))


def _other_services(choice: GroupChoice, trusted: frozenset[str]) -> int:
    """Return 2 where the persona of *choice* is for none of the services *trusted*, 1 where for others too, else 0."""
    listed = choice.persona.trust
    own = {name for one in listed if isinstance(one, ServiceTrust) for name in one.value.split(",")}
    own |= {_SAGEMAKER} if not listed or any(isinstance(one, SageMakerTrust) for one in listed) else set()
    return (1 if own & trusted else 2) if trusted and own - trusted else 0  # its limits look at what these send


def _of_others(choice: GroupChoice, trusted: frozenset[str], not_of_people: Iterable[str]) -> int:
    """Return how far the persona of *choice* is for others than those who take the role: 0, 1 or 2."""
    lineage = choice.persona.lineage
    is_of_aws = any(matches(pattern, name) for pattern in not_of_people for name in lineage)
    return max(_other_services(choice, trusted), int(is_of_aws))


def _order(choice: GroupChoice, needs: Sequence[Need], other: int, *, is_by_weight: bool) -> tuple[Any, ...]:
    """
    Return how good *choice* is: it exists, loses little, adds little to its persona, takes little away, weighs little.

    Personas that are for others, as far as *other* says, come after those that lose as little.

    What is added is work that is not the persona's; what is taken away only narrows it, and where *is_by_weight*
    counts least.
    """
    missed = len(lost(choice, needs))
    sizes = len(choice.remove), choice.cover.weight
    least = sizes[::-1] if is_by_weight else sizes
    return choice.role is None, missed, other, len(choice.add), *least, choice.persona.id


def start_of(old: HeldRole, region: str, options: NewRoleOptions) -> dict[str, Any]:
    """Return the keys of the role file that follow from the old role."""
    arn = Arn.parse(old.arn)
    path = f"/{arn.resource.removeprefix('role/').rpartition('/')[0]}/".replace("//", "/") if arn else "/"
    tags = {key: value for key, value in sorted(old.tags.items()) if not key.lower().startswith(("aws:", "rolemgr:"))}
    data: dict[str, Any] = {"name": options.name or f"{old.name[:57]}-scoped", "account": old.account, "region": region}
    data |= {"path": path} if path != "/" and not path.startswith(_AWS_PATHS) else {}
    data |= {"boundary": old.boundary_arn} if old.boundary_arn else {}
    return data | ({"tag": tags} if tags else {})


def _regions(needs: Iterable[Need]) -> tuple[str, ...]:
    """Return the Regions in the resources of *needs*, the one that most name first."""
    found = Counter(
        arn.region for one in needs if (arn := Arn.parse(one.resource)) and REGION.fullmatch(arn.region)
    )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-found[one], one)))
