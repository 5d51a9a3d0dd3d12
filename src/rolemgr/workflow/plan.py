"""From what was chosen to the plan of each role in the account, and what speaks against it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

from rolemgr.account.changes import FileSide, plan_changes
from rolemgr.account.connect import Access, check_account, connect
from rolemgr.account.existing import find_existing
from rolemgr.account.order import trusted_first
from rolemgr.account.ownership import tag_problem
from rolemgr.account.plan import RolePlan, plan_role
from rolemgr.account.read import role_exists
from rolemgr.account.wanted import Wanted
from rolemgr.change.change import AccessChange
from rolemgr.change.fold import MOST_ASKED
from rolemgr.check.finding import Finding, Severity
from rolemgr.compare.budget import Budget
from rolemgr.errors import AwsError, InputError, Refused, RolemgrError, SourceLocation
from rolemgr.files.source import LayeredSource, SourceFile
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.report.new_role import Blocks, may_do
from rolemgr.report.next_steps import next_steps
from rolemgr.report.plan import Planned, RoleNotJudged
from rolemgr.separation.closure import passed_roles
from rolemgr.workflow.account_options import AccessOptions, ApplyOptions
from rolemgr.workflow.check_role import findings_in_force
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.limits_there import limits_there
from rolemgr.workflow.many import Progress
from rolemgr.workflow.outside import Outside, Say
from rolemgr.workflow.remade import lines_of
from rolemgr.workflow.replaced import other_values
from rolemgr.workflow.role import RenderedChoice, render_source

T = TypeVar("T")

_SEVERAL = 10
"""Reading a role takes some half a second; so many roles may be waited for without a word."""


class OneRole(NamedTuple):
    """
    One role of many: the *flags* that choose it, the *source* of each choice, and what is made of them.

    A role of a blueprint is chosen by its place there, and no flags choose it.
    """

    flags: Mapping[str, Any] | None
    source: SourceFile
    chosen: RenderedChoice

    @property
    def arn(self) -> str:
        """The ARN that it has in the account."""
        return self.chosen.role.spec.arn


class Prepared(NamedTuple):
    """The way into the account, the plan of each role, those first that others trust, and roles without one."""

    way: Access | None
    planned: list[Planned]
    refused: list[RoleNotJudged]

    @property
    def problems(self) -> list[RolemgrError]:
        """Why nothing is done: what speaks against each role that is planned."""
        return [found for one in self.planned if (found := problem_of(one))]


def prepare(
    choices: Sequence[Mapping[str, Any]],
    access: AccessOptions,
    options: ApplyOptions,
    run: str,
    outside: Outside,
    progress: Progress,
    *,
    verbose: bool,
    to_file: bool = False,
) -> Prepared:
    """
    Return the way into the account, the plan of each role, those first that others trust, and roles without one.

    Each role is judged for itself. Raises InputError for what is wrong with a single choice, before AWS is asked
    where that can be; AwsError where AWS can't be asked at all. Where the result goes *to_file*, it has all that is
    refused instead: without a way into the account (None) that is every role.
    """
    if options.prune and not options.update:
        raise InputError(SourceLocation("--prune"), "goes with --update")
    way, roles, refused = in_account(choices, access, outside, verbose=verbose, to_file=to_file)
    if way is None:
        return Prepared(None, [], refused)
    examined, unseen = planned_roles(roles, way, options, run, progress)
    if not examined:
        stop_if_alone(len(choices), [*refused, *unseen], to_file=to_file)
    return Prepared(way, examined, [*refused, *unseen])


def planned_roles(
    roles: Sequence[OneRole], way: Access, options: ApplyOptions, run: str, progress: Progress
) -> tuple[list[Planned], list[RoleNotJudged]]:
    """Return the plan of each of *roles* in the account of *way*, those first that others trust, and what has none."""
    by_arn = {one.arn: one for one in roles}
    exists = cache(partial(role_exists, way.iam))
    planned = partial(_planned, way=way, options=options, run=run, is_there=lambda arn: arn in by_arn or exists(arn))
    ordered = trusted_first({arn: one.chosen.documents.trust_policy for arn, one in by_arn.items()})
    return each_examined([by_arn[arn] for arn in ordered], planned, progress)


def _planned(
    one: OneRole, way: Access, options: ApplyOptions, run: str, is_there: Callable[[str], bool | None]
) -> Planned:
    """Return the plan of *one* role, what its findings stop, and which roles that it passes are there."""
    wanted = Wanted(one.chosen.documents, way.account, way.partition)
    plan = plan_role(wanted, find_existing(way.iam, wanted), run, update=options.update, prune=options.prune)
    findings = findings_in_force(one.chosen).findings
    stopping = [] if options.allow_findings else [one for one in findings if _stops(one)]
    passes = passed_roles(one.chosen.catalog, one.chosen.role)
    there = {role: is_there(role.arn) for role in passes if not has_wildcard(as_pattern(role.arn))}
    return Planned(plan, findings, stopping, tuple((role, there.get(role)) for role in passes),
                   tuple(next_steps(one.chosen.role)), _changes(one, plan), _may(one, plan))  # fmt: skip


def _changes(one: OneRole, plan: RolePlan) -> tuple[AccessChange, ...]:
    """Return what changes for the role in the account, by which lines of its file."""
    if plan.drift is None:
        return ()
    limits = limits_there(one.chosen.catalog, one.chosen.role, plan.drift.live)
    file = FileSide(one.chosen.role, lines_of(one.source, one.chosen), one.source.at, Budget(MOST_ASKED), limits)
    return plan_changes(plan.drift, file)


def _may(one: OneRole, plan: RolePlan) -> Blocks:
    """Return what a new role may do."""
    chosen = one.chosen
    return may_do(chosen.role, chosen.documents, chosen.catalog) if plan.action == "create" else ()


def each_examined(
    roles: Sequence[OneRole], examine: Callable[[OneRole], T], progress: Progress
) -> tuple[list[T], list[RoleNotJudged]]:
    """
    Return what *examine* gives for each of *roles*, and those that AWS, or their own input, refuses.

    After an error that concerns all (no credentials, no network) the rest is not asked for, and refused with it.
    """
    examined: list[T] = []
    refused: list[RoleNotJudged] = []
    stop: AwsError | None = None
    for one in _looking_at(roles, progress):
        try:
            if stop:
                raise stop
            examined.append(examine(one))
        except RolemgrError as error:
            stop = error if isinstance(error, AwsError) and error.concerns_all else None
            refused.append(RoleNotJudged(one.arn, error, one.source.name))
    return examined, refused


def stop_if_alone(count: int, refused: Sequence[RoleNotJudged], *, to_file: bool) -> None:
    """Raise the error of the only role that was asked for; a result that goes *to_file* is written all the same."""
    if count == 1 and refused and not to_file:
        raise refused[0].error


def _looking_at(roles: Sequence[T], progress: Progress) -> Iterator[T]:
    """Yield each of *roles*; where there are several, *progress* shows how many of them were read from the account."""
    if len(roles) < _SEVERAL:
        yield from roles
        return
    with progress(len(roles)) as done:
        for one in roles:
            yield one
            done()


def in_account(
    choices: Sequence[Mapping[str, Any]],
    access: AccessOptions,
    outside: Outside,
    *,
    verbose: bool,
    to_file: bool = False,
) -> tuple[Access | None, list[OneRole], list[RoleNotJudged]]:
    """
    Return the way into the account, for each of *choices* the role that it makes there, and the choices that make none.

    Raises as `prepare` does, and has no way where no choice can be read, or the account can't be reached.
    """
    refused: list[RoleNotJudged] = []
    read: list[tuple[Mapping[str, Any], LayeredSource]] = []
    regions: list[str | None] = []
    for flags in choices:
        try:
            source = role_source(flags, outside.environ, outside.read)
            regions.append(_region(source))
            read.append((flags, source))
        except RolemgrError as error:
            name = str(flags["role"] or "the chosen role")
            refused.append(RoleNotJudged(name, error, name))
    try:
        way = connect(access.profile, next(filter(None, regions), None), access.endpoint_url) if read else None
    except RolemgrError as error:
        way = None
        refused += [RoleNotJudged(source.name, error, source.name) for _, source in read]
    if way is None:
        return None, [], refused
    roles, unmade = _rendered(read, way, outside.say, verbose=verbose)
    refused += unmade
    if not roles:
        stop_if_alone(len(choices), refused, to_file=to_file)  # of several the result says why each is refused
    return way, roles, refused


def _region(source: LayeredSource) -> str | None:
    """Return the region that *source* chooses, if any; raise InputError for what is wrong with its choices."""
    spec = parse_model(_in_its_own_account(source), RoleSpec)
    return spec.value.region if "region" in source.data else None


def _in_its_own_account(source: LayeredSource) -> LayeredSource:
    """Return *source* in the account of the policies that it attaches: which one the credentials are of shows later."""
    listed = source.data.get("managed_policy") or []
    named = [source.data.get("boundary"), *(listed if isinstance(listed, list) else [listed])]
    found = [arn.account for one in named if isinstance(one, str) and (arn := Arn.parse(one))]
    account = next(filter(ACCOUNT_ID.fullmatch, found), None)
    return source.with_default("account", account, SourceLocation(source.name)) if account else source


def _rendered(
    read: Sequence[tuple[Mapping[str, Any], LayeredSource]], way: Access, say: Say, *, verbose: bool
) -> tuple[list[OneRole], list[RoleNotJudged]]:  # fmt: skip
    """
    Return each role, for the account and region of the credentials where it names none, and those that can't be made.

    Of two roles of one name neither is made: nobody knows which of them is meant.
    """
    catalogs: dict[tuple[str, ...], Any] = {}
    made: list[OneRole] = []
    refused: list[RoleNotJudged] = []
    for flags, source in read:
        try:
            one = OneRole(flags, source, _one_rendered(source, way, catalogs, say, verbose=verbose, many=len(read) > 1))
            made.append(one)
        except RolemgrError as error:
            refused.append(RoleNotJudged(source.name, error, source.name))
    count = Counter(one.chosen.role.spec.role_name.lower() for one in made)  # IAM tells names apart by more than case
    twins = [one for one in made if count[one.chosen.role.spec.role_name.lower()] > 1]
    refused += [RoleNotJudged(one.source.name, _twin(one), one.source.name) for one in twins]
    return [one for one in made if one not in twins], refused


def _twin(one: OneRole) -> InputError:
    name = one.chosen.role.spec.role_name
    return InputError(one.source.at(("name",)), f"role `{name}` is given twice", "give each a `name`")


def _one_rendered(
    source: LayeredSource, way: Access, catalogs: dict[tuple[str, ...], Any], say: Say, *, verbose: bool, many: bool
) -> RenderedChoice:  # fmt: skip
    full = source.with_default("account", way.account, SourceLocation(f"AWS credentials of {way.caller}"))
    full = full.with_default("region", way.region, SourceLocation("AWS's configuration or by default"))
    for text in other_values(source):
        say(text)
    one = render_source(full, catalogs, say, verbose=verbose, one_of_many=many)
    check_account(way, one.role.spec.account, one.role.spec.partition_name, partial(_place, source))
    _check_tags(one.documents.tags, source)
    return one


def _place(source: LayeredSource, key: str) -> SourceLocation | None:
    return source.at((key,)) if key in source.data else None


def _check_tags(tags: Mapping[str, str], source: LayeredSource) -> None:
    if problem := tag_problem(tags):
        raise InputError(source.at(("tag",)), problem)


def _stops(finding: Finding) -> bool:
    return finding.severity.at_least(Severity.SECURITY_WARNING)


def problem_of(one: Planned) -> RolemgrError | None:
    """Return why nothing is done for *one* role, or None where nothing speaks against it."""
    if one.plan.problem or not one.stopping or one.plan.action not in ("create", "update"):
        return one.plan.problem
    first, more = one.stopping[0], len(one.stopping) - 1
    also = f", and {more} more" if more else ""
    text = f"role {one.plan.wanted.arn}: {first.severity} {first.rule}: {first.message}{also}"
    return Refused(f"{text}; --allow-findings goes on in spite of it")


def refusals(planned: Sequence[Planned], refused: Sequence[RoleNotJudged]) -> list[tuple[str, RolemgrError]]:
    """Return the roles for which nothing is done, each with the reason."""
    found = [(one.plan.wanted.arn, problem) for one in planned if (problem := problem_of(one))]
    return [*found, *((one.role, one.error) for one in refused)]
