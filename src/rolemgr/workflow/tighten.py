"""A role, the trail of what it used, and the smaller role: proven not to be wider, with tests of what was used."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, Final, NamedTuple

from rolemgr.compare.compare import compare
from rolemgr.compare.verdicts import Comparison
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.decision import Evaluation
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Policies
from rolemgr.files.write import to_json, to_yaml
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.iam.role_document import owners
from rolemgr.reference.services import expand
from rolemgr.usage.recorded import Used, recorded_use
from rolemgr.usage.tighten import Tightened, tighten
from rolemgr.workflow.file_kind import FileKind, file_kind
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import policies_of, read_source
from rolemgr.workflow.trails import Buckets, records_in, trail_files

_MOST_CASES: Final = 2_000


class TightenRequest(NamedTuple):
    """Which *role* (a file), by which *trails*, whose calls count, and the actions to *keep*."""

    role: str
    trails: Sequence[str]
    principals: Sequence[str]
    keep: Sequence[str]


class TightenedRole(NamedTuple):
    """The smaller role, the proof that it is not wider, and what was used and is no longer allowed: nothing."""

    found: Tightened
    proof: Comparison
    lost: tuple[Used, ...]
    names: tuple[str, ...]


def tightened(
    asked: TightenRequest, outside: Outside, stdin: BinaryIO, buckets: Buckets, done: Callable[[str], None]
) -> TightenedRole:
    """
    Return the role of *asked* with what it used.

    Raises InputError (or Problems) for what can't be read, for a role that nobody names, and where it made no call.
    """
    for pattern in asked.keep:
        if not expand(pattern):
            raise InputError(SourceLocation("--keep"), f"`{pattern}` is not an action, nor a pattern of some")
    documents, names = _role(asked, outside)
    layers = PartlyKnownLayers(Policies(identity=documents))
    records = records_in(trail_files(asked.trails, stdin, buckets), done)
    use = recorded_use(records, layers, names)
    if not use.calls:
        hint = f"{use.events:,} events were read; --principal NAME says whose calls count"
        raise InputError(SourceLocation(asked.trails[0]), f"has no call of {', '.join(names)}", hint)
    found = tighten(documents, use, asked.keep)
    new = Policies(identity=found.new)
    return TightenedRole(found, compare(new, Policies(identity=documents)), tuple(_lost(found, layers)), names)


def _role(asked: TightenRequest, outside: Outside) -> tuple[tuple[IdentityPolicy, ...], tuple[str, ...]]:
    """Return the policies in the file of the role, and whose calls count."""
    source = read_source(asked.role, outside.read)
    if file_kind(source.data) is FileKind.ROLE:
        from rolemgr.workflow.choices import role_source  # other files need neither catalog nor templates
        from rolemgr.workflow.role import render_source

        made = render_source(
            role_source({"role": asked.role}, outside.environ, outside.read), {}, outside.say,
            verbose=False, by_file_alone=True,
        )  # fmt: skip
        documents = [one.document for one in (*made.documents.policies, *made.documents.managed_policies)]
        return tuple(documents), tuple(asked.principals) or (made.role.spec.arn,)
    documents = [one.value for one in policies_of(source, outside.say)]
    if not documents:
        raise InputError(SourceLocation(source.name), "has no identity policy")
    owner = next(owners(source.data), None) if isinstance(source.data, dict) else None
    names = tuple(asked.principals) or ((owner.name,) if owner and owner.name else ())
    if not names:
        hint = "give --principal NAME, the role that has these policies"
        raise InputError(SourceLocation(source.name), "does not say whose policies these are", hint)
    return tuple(documents), names


def _lost(found: Tightened, old: PartlyKnownLayers) -> Iterator[Used]:
    """Yield what was used, may have been allowed by the old policies, and is denied by the new ones."""
    new = PartlyKnownLayers(Policies(identity=found.new))
    for one in found.use.used:
        before = old.decide(one.request(), one.unknown, is_open=one.is_open)
        after = new.decide(one.request(), one.unknown, is_open=one.is_open)
        if any(_goes(one_of, other) for one_of, other in ((before.best, after.best), (before.worst, after.worst))):
            yield one


def _goes(before: Evaluation, after: Evaluation) -> bool:
    return before.decision == "Allowed" and after.decision != "Allowed"


def policy_text(found: TightenedRole) -> str:
    """Return the new policies as JSON: one document, or a list of those that still have a statement."""
    documents = [one.to_json_value() for one in found.found.new if one.statement]
    return to_json(documents[0] if len(documents) == 1 else documents)


def tests_text(found: TightenedRole, policy_file: str) -> str:
    """Return policy tests of what was used and is certain to be allowed, for the policies in *policy_file*, as YAML."""
    new = PartlyKnownLayers(Policies(identity=found.found.new))
    cases: list[dict[str, Any]] = []
    for one in found.found.use.used:
        if one.is_open or new.decide(one.request(), one.unknown, is_open=False).worst.decision != "Allowed":
            continue
        request: dict[str, Any] = {"action": one.action, "resource": one.resource}
        if one.context:
            request["context"] = {key: list(values) for key, values in sorted(one.context.items())}
        cases.append({"name": f"{one.action} on {one.resource}", "request": request, "expect": "Allowed"})
        if len(cases) == _MOST_CASES:
            break
    title = f"What {', '.join(found.names)} used, {found.found.use.first} to {found.found.use.last}"
    return to_yaml({"title": title, "policies": [policy_file], "cases": cases})
