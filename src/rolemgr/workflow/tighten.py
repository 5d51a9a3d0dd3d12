"""A role, the trail of what it used, and the smaller role: proven not to be wider, with tests of what was used."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Final, Literal, NamedTuple, TypeAlias

from rolemgr.compare.compare import compare
from rolemgr.compare.grants import Grant
from rolemgr.compare.verdicts import Comparison
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.missing import MissingPolicies
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Policies
from rolemgr.files.source import LayeredSource, SourceFile
from rolemgr.files.write import to_json, to_yaml
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.iam.role_document import owners
from rolemgr.reference.services import expand
from rolemgr.report.diff import RoleDiff
from rolemgr.report.differences import SideWords
from rolemgr.report.tighten import TightenedRole
from rolemgr.usage.access_reports import AccessReport, read_reports, role_last_used
from rolemgr.usage.evidence import gaps
from rolemgr.usage.guardrails import guardrail_keys
from rolemgr.usage.kept import KeepReasons, keep_reasons
from rolemgr.usage.recorded import RecordedUse, ToldApart
from rolemgr.usage.role_file import TightenedFile, TrialRole, tighten_file
from rolemgr.usage.tighten import Tightened, denied, lost_uses, tighten
from rolemgr.workflow.diff_pair import pair
from rolemgr.workflow.file_kind import FileKind, file_kind
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import held_in, read_source
from rolemgr.workflow.role import RenderedChoice, missing_of, render_source
from rolemgr.workflow.sides import DiffSide, RoleFile
from rolemgr.workflow.trails import Buckets, trail_files
from rolemgr.workflow.use_shares import UseReading

_MOST_CASES: Final = 2_000
_MOST_TOLD: Final = 3_000
"""Of more unused actions than these, which take some seconds, it is not told what is lost."""
TightenBy: TypeAlias = Literal["groups", "statements"]


class TightenRequest(NamedTuple):
    """
    Which *role*, by which *trails*, whose calls count, the actions to *keep*, and *by* what it is cut.

    The role is a file, or the name of one in the *inventory* of an account. *evidence* are AWS's reports of its use.
    """

    role: str
    trails: Sequence[str]
    principals: Sequence[str]
    keep: Sequence[str]
    by: TightenBy | None = None
    evidence: Sequence[str] = ()
    inventory: Sequence[str] = ()


class _GivenFile(NamedTuple):
    """A role file, and what it makes."""

    source: LayeredSource
    made: RenderedChoice


class _GivenRole(NamedTuple):
    """The policies of the role, whose calls count, and its role file where it has one."""

    documents: tuple[IdentityPolicy, ...]
    names: tuple[str, ...]
    file: _GivenFile | None = None
    untold: tuple[str, ...] = ()
    reports: tuple[AccessReport, ...] = ()


LiveEvidence: TypeAlias = Callable[[Sequence[str]], Iterable[SourceFile]]
"""Gives what an account tells of the use of the principals that names mean."""


def _none(_names: Sequence[str]) -> Iterable[SourceFile]:
    return ()


def tightened(
    asked: TightenRequest, outside: Outside, stdin: BinaryIO, buckets: Buckets, reading: UseReading,
    live: LiveEvidence = _none,
) -> TightenedRole:  # fmt: skip
    """
    Return the role of *asked* with what it used, as *reading* the trails tells it; *live* gives more evidence.

    Raises InputError (or Problems) for what can't be read, for a role that nobody names, and where it made no call.
    """
    for pattern in asked.keep:
        if not expand(pattern):
            raise InputError(SourceLocation("--keep"), f"`{pattern}` is not an action, nor a pattern of some")
    given = _held_role(asked, outside) if asked.inventory else _role(asked, outside)
    sources = (*(read_source(name, outside.read) for name in asked.evidence), *live(given.names))
    reports = (*given.reports, *read_reports(sources, given.names))
    if asked.by == "groups" and given.file is None:
        hint = f"`rolemgr migrate {asked.role} --used FILE` finds groups for other roles"
        raise InputError(SourceLocation("--by"), "groups are those of a role file, and this is none", hint)
    policies = Policies(identity=given.documents)
    is_by_name = _is_by_groups(asked, given)
    keys = guardrail_keys(given.file.made.catalog) if given.file and is_by_name else frozenset[str]()
    told_apart = ToldApart(PartlyKnownLayers(policies), keys, is_by_name)
    use = reading(trail_files(asked.trails, stdin, buckets), told_apart, given.names)
    if not use.calls:
        raise _no_call(asked, given, use)
    made = _smaller(asked, given, use, PartlyKnownLayers(policies), keep_reasons(asked.keep, reports, use))
    untold = (*given.untold, *gaps(use), *(text for one in reports for text in one.untold))
    return made._replace(untold=untold)


def _is_by_groups(asked: TightenRequest, given: _GivenRole) -> bool:
    return given.file is not None and asked.by != "statements"


def _no_call(asked: TightenRequest, given: _GivenRole, use: RecordedUse) -> InputError:
    hint = f"{use.events:,} events were read; --principal NAME says whose calls count"
    if not use.events and use.unread:
        return InputError(use.unread[0].where, use.unread[0].problem, hint)
    return InputError(SourceLocation(asked.trails[0]), f"has no call of {', '.join(given.names)}", hint)


def _role(asked: TightenRequest, outside: Outside) -> _GivenRole:
    """Return the role in the file that is asked for, and whose calls count."""
    source = read_source(asked.role, outside.read)
    if file_kind(source.data) is FileKind.ROLE:
        from rolemgr.workflow.choices import role_source  # other files need neither catalog nor templates

        layered = role_source({"role": asked.role}, outside.environ, outside.read)
        made = render_source(layered, {}, outside.say, verbose=False, by_file_alone=True)
        documents = tuple(one.document for one in (*made.documents.policies, *made.documents.managed_policies))
        names = tuple(asked.principals) or (made.role.spec.arn,)
        return _GivenRole(documents, names, _GivenFile(layered, made), _untold(missing_of(made)))
    held = held_in(source, outside.say)
    documents = held.documents
    if not documents:
        raise InputError(SourceLocation(source.name), "has no identity policy")
    owner = next(owners(source.data), None) if isinstance(source.data, dict) else None
    names = tuple(asked.principals) or ((owner.name,) if owner and owner.name else ())
    if not names:
        hint = "give --principal NAME, the role that has these policies"
        raise InputError(SourceLocation(source.name), "does not say whose policies these are", hint)
    return _GivenRole(documents, names, untold=_untold(held.missing))


def _untold(missing: MissingPolicies) -> tuple[str, ...]:
    """
    Return what the smaller role is made without: it may allow what is called unused.

    A permissions boundary gives nothing, and what was used went through it: it changes neither part of the answer.
    """
    return tuple(f"{name}: its text is not at hand, and it is not made smaller" for name in missing.identity)


def _held_role(asked: TightenRequest, outside: Outside) -> _GivenRole:
    """Return the role of the inventory that is asked for by its name or ARN."""
    from rolemgr.workflow.migrate import role_of_account  # it takes the catalog

    held = role_of_account(asked.inventory, asked.role, outside)
    documents = tuple(one.document for one in held.policies)
    if not documents:
        raise InputError(held.where, f"{held.name} has no permissions policy that can be read")
    untold = [f"{SourceLocation(one.path, one.line)}: {one.place}: {one.reason}" for one in held.unknown]
    day = held.usage.last_used if held.usage else None
    reports = (role_last_used(held.where.file or asked.inventory[0], day.isoformat()),) if day else ()
    return _GivenRole(documents, tuple(asked.principals) or (held.arn,), untold=tuple(untold), reports=reports)


_BY_USER: Final = "--by statements says so"
_NO_FILE: Final = "the role is not a role file, so that it has statements and no activity groups"
_IN_TERMS: Final = "the role is a role file, so that its groups and values are cut down"
_NOT_PROVEN: Final = "that a smaller role file is not wider could not be proven"


def _smaller(
    asked: TightenRequest, given: _GivenRole, use: RecordedUse, old: PartlyKnownLayers, reasons: KeepReasons
) -> TightenedRole:
    """Return the smaller role: in the words of its file where that is proven to be no wider, else by statements."""
    way = _BY_USER if given.file else _NO_FILE
    if given.file and _is_by_groups(asked, given):
        file = tighten_file(given.file.made.catalog, given.file.source, use, reasons)
        if isinstance(file, TightenedFile):
            proof = compare(file.new.policies, file.old.policies)
            if proof.proven:
                return _in_terms(asked.role, given, given.file, file, proof, old)._replace(reasons=reasons)
        way = file if isinstance(file, str) else _NOT_PROVEN
    found = tighten(given.documents, use, reasons)
    new = Policies(identity=found.new)
    lost = tuple(lost_uses(use.used, old, PartlyKnownLayers(new)))
    proof = compare(new, Policies(identity=given.documents))
    return TightenedRole(
        found, None, way, use, proof, lost, given.names, _policy_difference(asked, found),
        tuple(denied(use.used, old)), reasons,
    )  # fmt: skip


def _in_terms(
    name: str, given: _GivenRole, own: _GivenFile, file: TightenedFile, proof: Comparison, old: PartlyKnownLayers
) -> TightenedRole:
    lost = tuple(lost_uses(file.use.used, old, PartlyKnownLayers(file.new.policies)))
    keys = own.source.file.data if own.source.file else {}
    keys = {key: value for key, value in {**keys, **file.changes}.items() if value is not None}
    return TightenedRole(
        None, file, _IN_TERMS, file.use, proof, lost, given.names, _file_difference(name, own, file),
        tuple(denied(file.use.used, old)), role_keys=keys,
    )  # fmt: skip


def _policy_difference(asked: TightenRequest, found: Tightened) -> RoleDiff | None:
    """Return what the smaller policies do not allow any more; None where that takes too long to tell."""
    if any(one.others for one in found.unused) or sum(len(one.actions) for one in found.unused) > _MOST_TOLD:
        return None
    old, new = (
        DiffSide(SideWords(name, "", ""), Grant(identity=documents), frozenset({"identity"}))
        for name, documents in ((asked.role, found.old), (f"smaller {asked.role}", found.new))
    )
    return pair(old, new, asked.role)


def _file_difference(name: str, own: _GivenFile, file: TightenedFile) -> RoleDiff:
    smaller = f"smaller {name}"
    place = SourceLocation(smaller)
    there = {key: value for key, value in file.changes.items() if value is not None}
    source = replace(own.source, data={key: file.new.data[key] for key in file.new.data if key not in there})
    for key, value in there.items():
        source = source.with_value(key, value, place)
    return pair(_side(name, own, own.source, file.old), _side(smaller, own, source, file.new), name)


def _side(name: str, own: _GivenFile, source: LayeredSource, one: TrialRole) -> DiffSide:
    from rolemgr.workflow.remade import grant_of, remaking  # policies need no templates

    chosen = RenderedChoice(own.made.catalog, one.role, one.documents, one.spec)
    file = RoleFile(source, chosen, remaking(source, chosen))
    return DiffSide(SideWords(name, "", ""), grant_of(one.documents), file=file)


def policy_text(found: TightenedRole) -> str:
    """Return the new policies as JSON: one document, or a list of those that still have a statement."""
    documents = [one.to_json_value() for one in found.documents if one.statement]
    return to_json(documents[0] if len(documents) == 1 else documents)


def role_file_text(found: TightenedRole, output: str) -> str:
    """Return the smaller role file as YAML; raise InputError where the role was cut statement by statement."""
    if found.role_keys is None:
        raise InputError(SourceLocation(output), "would hold policies, which are JSON", f"name it .json: {found.way}")
    return to_yaml(found.role_keys)


def tests_text(found: TightenedRole, output: str, tests: str) -> str | None:
    """
    Return policy tests of what was used and is certain to be allowed, as YAML for the file *tests*.

    They ask the role file or the policies in *output*. None where nothing is certain.
    """
    new = PartlyKnownLayers(Policies(identity=found.documents))
    cases: list[dict[str, Any]] = []
    for one in found.use.used:
        if one.is_open or new.decide(one.request(), one.unknown, is_open=False).worst.decision != "Allowed":
            continue
        request: dict[str, Any] = {"action": one.action, "resource": one.resource}
        if one.context:
            request["context"] = {key: list(values) for key, values in sorted(one.context.items())}
        cases.append({"name": f"{one.action} on {one.resource}", "request": request, "expect": "Allowed"})
        if len(cases) == _MOST_CASES:
            break
    if not cases:
        return None
    title = f"What {', '.join(found.names)} used, {found.use.first} to {found.use.last}"
    file = os.path.relpath(output, os.path.dirname(tests) or ".")  # noqa: PTH120 - a path from one file to the other
    is_role = output.endswith((".yaml", ".yml"))
    return to_yaml({"title": title, **({"role": file} if is_role else {"policies": [file]}), "cases": cases})
