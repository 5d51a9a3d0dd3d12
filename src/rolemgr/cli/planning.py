"""From what was chosen on the command line to the plan of each role in the account, and what speaks against it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rolemgr.cli.access import AccessOptions
from rolemgr.cli.options import role_source
from rolemgr.errors import InputError, Refused, RolemgrError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.account.connect import Access
    from rolemgr.check.finding import Finding
    from rolemgr.cli.rendering import Chosen
    from rolemgr.files.source import LayeredSource
    from rolemgr.report.plan import Planned

T = TypeVar("T")

_SEVERAL = 10
"""Reading a role takes some half a second; so many roles may be waited for without a word."""


class ApplyOptions(NamedTuple):
    """How roles are brought into an account."""

    update: bool = False
    prune: bool = False
    allow_findings: bool = False
    yes: bool = False


def prepare(
    choices: Sequence[Mapping[str, Any]], access: AccessOptions, options: ApplyOptions, run: str, *, verbose: bool
) -> "tuple[Access, list[Planned]]":
    """
    Return the way into the account, and the plan of each role, those first that others trust.

    Raises InputError for what is wrong with the choices, before AWS is asked where that can be; AwsError
    where AWS can't be asked, or a role is for another account.
    """
    from rolemgr.account.look import look
    from rolemgr.account.order import trusted_first
    from rolemgr.account.plan import Wanted, plan_role
    from rolemgr.cli.check import findings_in_force
    from rolemgr.report.plan import Planned

    if options.prune and not options.update:
        raise InputError(SourceLocation("--prune"), "goes with --update")
    way, _, chosen = in_account(choices, access, verbose=verbose)
    wanted = {one.role.spec.arn: Wanted(one.documents, way.account, way.partition) for one in chosen}
    planned = []
    ordered = trusted_first({arn: one.documents.trust_policy for arn, one in zip(wanted, chosen, strict=True)})
    for arn in looking_at(ordered):
        found = look(way.iam, wanted[arn])
        plan = plan_role(wanted[arn], found, run, update=options.update, prune=options.prune)
        findings = findings_in_force(next(one for one in chosen if one.role.spec.arn == arn))
        stopping = [] if options.allow_findings else [one for one in findings if _stops(one)]
        planned.append(Planned(plan, findings, stopping))
    return way, planned


def looking_at(roles: Sequence[T]) -> Iterator[T]:
    """Yield each of *roles*; where there are several, a terminal shows how many of them were read from the account."""
    from rolemgr.cli.many import progress

    if len(roles) < _SEVERAL:
        yield from roles
        return
    with progress(len(roles)) as done:
        for one in roles:
            yield one
            done()


def in_account(
    choices: Sequence[Mapping[str, Any]], access: AccessOptions, *, verbose: bool
) -> "tuple[Access, list[LayeredSource], list[Chosen]]":
    """
    Return the way into the account, and for each of *choices* what was chosen and the role that it makes there.

    Raises as `prepare` does.
    """
    from rolemgr.account.connect import connect

    sources = [role_source(flags, os.environ) for flags in choices]
    regions = [_region(source) for source in sources]
    way = connect(access.profile, next(filter(None, regions), None), access.endpoint_url)
    return way, sources, _rendered(sources, way, verbose=verbose)


def _region(source: "LayeredSource") -> str | None:
    """Return the region that *source* chooses, if any; raise InputError for what is wrong with its choices."""
    from rolemgr.model.source import parse_model
    from rolemgr.model.spec import RoleSpec

    spec = parse_model(source, RoleSpec)
    return spec.value.region if "region" in source.data else None


def _rendered(sources: "Sequence[LayeredSource]", way: "Access", *, verbose: bool) -> "list[Chosen]":
    """Return each role, for the account and region of the credentials where it names none."""
    from rolemgr.account.connect import check_account
    from rolemgr.cli.rendering import render_source

    catalogs: dict[tuple[str, ...], Any] = {}
    found: dict[str, Chosen] = {}  # IAM tells names apart by more than case
    for source in sources:
        credentials = SourceLocation(f"AWS credentials of {way.caller}")
        full = source.with_default("account", way.account, credentials)
        full = full.with_default("region", way.region, SourceLocation("AWS's configuration or by default"))
        one = render_source(full, catalogs, verbose=verbose, one_of_many=len(sources) > 1)
        spec = one.role.spec
        check_account(way, spec.account, spec.partition_name, partial(_place, source))
        _check_tags(one.documents.tags, source)
        if spec.role_name.lower() in found:
            raise InputError(source.at(("name",)), f"role `{spec.role_name}` is given twice", "give each a `name`")
        found[spec.role_name.lower()] = one
    return list(found.values())


def _place(source: "LayeredSource", key: str) -> SourceLocation | None:
    return source.at((key,)) if key in source.data else None


def _check_tags(tags: Mapping[str, str], source: "LayeredSource") -> None:
    from rolemgr.account.ownership import tag_problem

    if problem := tag_problem(tags):
        raise InputError(source.at(("tag",)), problem)


def _stops(finding: "Finding") -> bool:
    from rolemgr.check.finding import Severity

    return finding.severity.at_least(Severity.SECURITY_WARNING)


def problems(planned: "Sequence[Planned]") -> list[RolemgrError]:
    """Return why nothing is done: what speaks against each role."""
    found = [one.plan.problem for one in planned if one.plan.problem]
    for one in planned:
        if one.stopping and one.plan.action in ("create", "update"):
            first, more = one.stopping[0], len(one.stopping) - 1
            also = f", and {more} more" if more else ""
            text = f"role {one.plan.wanted.arn}: {first.severity} {first.rule}: {first.message}{also}"
            found.append(Refused(f"{text}; --allow-findings goes on in spite of it"))
    return found
