"""Recorded calls against the policies in files: SCPs, RCPs, boundaries, whole roles, a blueprint."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final, NamedTuple, TypeAlias

from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies
from rolemgr.evaluate.policies import Layer
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy
from rolemgr.iam.uses import Use, documents_in, kinds_in
from rolemgr.model.inventory import HeldRole, Inventory
from rolemgr.model.inventory_layers import ControlPolicy
from rolemgr.usage.layers_asked import UNTOLD, AskedPolicies, GivenPolicy, ReplayedPolicies, asked_policies
from rolemgr.usage.replay import Replay, replay
from rolemgr.workflow.file_kind import FileKind, file_kind
from rolemgr.workflow.given_files import expanded, files_below
from rolemgr.workflow.layers import context_of, with_full_access
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import documents_of, held_in, read_source
from rolemgr.workflow.role_options import is_directory
from rolemgr.workflow.trails import Buckets, OpenTrail, records_in, trail_files

_KINDS: Final = ("scp", "rcp", "boundary", "policy", "role", "blueprint")
_LAYERS: Final = {
    "scp": Layer.SERVICE_CONTROL,
    "rcp": Layer.RESOURCE_CONTROL,
    "boundary": Layer.PERMISSIONS_BOUNDARY,
    "policy": Layer.IDENTITY,
}
_USES: Final[Mapping[str, tuple[Any, Use]]] = {
    "scp": (IdentityPolicy, Use.SCP),
    "rcp": (ResourceControlPolicy, Use.RCP),
    "boundary": (IdentityPolicy, Use.BOUNDARY),
}


Replaying: TypeAlias = Callable[[Iterator[OpenTrail], ReplayedPolicies], Replay]
"""Reads files of a trail and asks policies about what is in them: in this process, or by others."""


class ReplayRequest(NamedTuple):
    """Which *trails* are replayed *with* which files, for which *principals*, with which condition keys known."""

    trails: Sequence[str]
    files: Sequence[str]
    principals: Sequence[str]
    context: Sequence[str]


class _Found(NamedTuple):
    """What files say: documents for everybody, and those of roles by their ARN."""

    given: list[GivenPolicy]
    roles: dict[str, list[GivenPolicy]]
    missing: dict[str, MissingPolicies]
    """What has no text, by the ARN of the role that has it; of policies for everybody under an empty name."""


def replayed(asked: ReplayRequest, outside: Outside, stdin: BinaryIO, buckets: Buckets, replaying: Replaying) -> Replay:
    """
    Return what becomes of the calls in the trails, which *replaying* reads, under the policies in the files.

    Says how each file was taken. Raises InputError (or Problems) for what can't be read, and where the trails have no
    event at all.
    """
    policies = read_policies(asked, outside)
    found = replaying(trail_files(asked.trails, stdin, buckets), policies)
    if not found.events:
        first = found.unread[0] if found.unread else None
        where, problem = (first.where, first.problem) if first else (SourceLocation(asked.trails[0]), "is empty")
        raise InputError(where, problem, "no event of CloudTrail was found in all that was given")
    if not found.judged and not found.unknown_operations and UNTOLD not in found.not_judged:
        _say_that_nobody_called(found, asked, policies, outside)
    return found


def _say_that_nobody_called(
    found: Replay, asked: ReplayRequest, policies: ReplayedPolicies, outside: Outside
) -> None:  # fmt: skip
    """
    Raise InputError where nobody called whom ``--principal`` names, or whom role files or a blueprint are about.

    Nothing was asked then, and "nothing would be denied" would be no answer. Says where policies for everybody met
    nobody.
    """
    if asked.principals:
        hint = f"{found.events:,} events were read; give the name or ARN of a role or user that called"
        raise InputError(SourceLocation("--principal"), f"{', '.join(asked.principals)} made no call", hint)
    if policies.of:
        few = list(policies.of)[:_FEW]
        more = f" and {len(policies.of) - _FEW} more" if len(policies.of) > _FEW else ""
        problem = f"nothing was replayed: no call in the trail is of {', '.join(few)}{more}"
        raise InputError(None, problem, _who_called(found, policies))
    outside.say("nothing was replayed: no call in the trail is of a principal that these policies are about")


def _who_called(found: Replay, policies: ReplayedPolicies) -> str:
    """Return who called instead, those first that have the name of a role that was meant."""
    names = {arn.rpartition("/")[2] for arn in policies.of}
    callers = sorted(found.other_callers, key=lambda one: (one.rpartition("/")[2] not in names, one))
    if not callers:
        return f"{found.events:,} events were read; look at the account and the path of the role"
    few = ", ".join(callers[:_FEW]) + (" and others" if callers[_FEW:] else "")
    return f"the trail has calls of {few}: look at the account and the path of the role, or give --principal NAME"


def replayed_here(files: Iterator[OpenTrail], policies: ReplayedPolicies) -> Replay:
    """Return what becomes of the calls in *files*, read in this process."""
    return replay(records_in(files, lambda _: None), policies)


def read_policies(asked: ReplayRequest, outside: Outside) -> ReplayedPolicies:
    """Return the policies in the files of *asked*, and whom they are about; raise as `replayed` does."""
    context = {key: tuple(filter(None, values)) for key, values in context_of(asked.context).items()}
    found = _Found([], {}, {})
    files = [one for text in asked.files for one in _files_of(text, outside)]
    for kind, name in files:
        source = read_source(name, outside.read)
        kind = kind or _told_kind(source)
        if kind == "blueprint":
            if len(files) > 1:
                hint = "give it alone: it has roles and layers"
                raise InputError(SourceLocation(source.name), "is a blueprint, and says all by itself", hint)
            return _of_blueprint(name, asked, context, outside)
        _take(found, kind, name, source, outside)
    return _put_together(found, asked, context, outside)


def _files_of(text: str, outside: Outside) -> list[tuple[str | None, str]]:
    """
    Return the files that *text* (a file, a folder or a pattern, perhaps with a kind) means, each with the kind.

    Of a folder those that hold roles or policies; which do not is said. Raises InputError where there is none.
    """
    kind, name = _kind_and_name(text)
    found: list[tuple[str | None, str]] = []
    for one in expanded((name,)):
        if not is_directory(one):
            found.append((kind, one))
            continue
        passed: list[tuple[str | None, str]] = []
        for inner in files_below(one, (".json", ".yaml", ".yml")):
            (passed if kind is None and _holds_nothing(inner, outside) else found).append((kind, inner))
        if passed:
            few = ", ".join(inner for _, inner in passed[:_FEW])
            more = f" and {len(passed) - _FEW} more" if passed[_FEW:] else ""
            outside.say(f"{one}: passed over {few}{more}, which hold no role and no policy")
    if not found:
        raise InputError(SourceLocation(name), "holds no role and no policy to replay with", "name the files")
    return found


def _holds_nothing(name: str, outside: Outside) -> bool:
    """Tell whether the file *name* of a folder holds no role and no policy; raise InputError where it can't be read."""
    source = read_source(name, outside.read)
    kind = file_kind(source.data)
    return kind in (FileKind.TESTS, FileKind.INVENTORY) or (kind is None and not kinds_in(source))


_FEW: Final = 3


def _kind_and_name(text: str) -> tuple[str | None, str]:
    kind, equals, name = text.partition("=")
    return (kind, name) if equals and kind in _KINDS and name else (None, text)


def _told_kind(source: SourceFile) -> str:
    """Return what kind of file *source* is; raise InputError for one that has no policies."""
    kind = file_kind(source.data)
    if kind is FileKind.BLUEPRINT:
        return "blueprint"
    if kind in (FileKind.ROLE, FileKind.RENDERED) or (kind is None and "identity" in kinds_in(source)):
        return "role"
    if kind in (FileKind.TESTS, FileKind.INVENTORY):
        raise InputError(SourceLocation(source.name), f"has no policies to replay with, but {kind}")
    return _told_layer([one.data for one in documents_in(source, IdentityPolicy)] if kind is None else _listed(source))


def _listed(source: SourceFile) -> list[Any]:
    return source.data if isinstance(source.data, list) else [source.data]


def _told_layer(documents: Sequence[Any]) -> str:
    """Return which layer *documents* are of: an RCP has a Principal, and an SCP allows everything or nothing."""
    statements = [one for document in documents for one in _statements(document)]
    if any("Principal" in one for one in statements):
        return "rcp"
    allows = [one for one in statements if one.get("Effect") == "Allow"]
    every = all(one.get("Action") in ("*", ["*"]) and one.get("Resource") in ("*", ["*"]) for one in allows)
    return "scp" if every and len(allows) < len(statements) else "policy"


def _statements(document: Any) -> list[dict[str, Any]]:
    found = document.get("Statement", ()) if isinstance(document, dict) else ()
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _take(found: _Found, kind: str, name: str, source: SourceFile, outside: Outside) -> None:
    """Add what the file *source* says, which is of *kind*; say how it was taken."""
    if kind == "role" and file_kind(source.data) is FileKind.ROLE:
        arn, given, missing = _of_role_file(name, outside)
        found.roles.setdefault(arn, []).extend(given)
        found.missing[arn] = missing
        return
    if kind in ("policy", "role"):
        held = held_in(source, outside.say)
        found.given.extend(GivenPolicy(Layer.IDENTITY, one.value, source.name) for one in held.policies)
        found.given.extend(GivenPolicy(Layer.IDENTITY, one, arn) for arn, one in held.attached.items())
        before = found.missing.get("", NONE_MISSING)
        found.missing[""] = MissingPolicies(
            (*before.identity, *held.missing.identity), (*before.boundaries, *held.missing.boundaries)
        )
        return
    document_kind, use = _USES[kind]
    found_documents = documents_of(source, document_kind, outside.say, use)
    outside.say(f"{source.name}: read as a {use.value}; policy={name} would say otherwise")
    found.given.extend(GivenPolicy(_LAYERS[kind], one, source.name) for one in found_documents)


def _of_role_file(name: str, outside: Outside) -> tuple[str, list[GivenPolicy], MissingPolicies]:
    """Return the ARN of the role that a role file describes, its policies, and those without a text."""
    from rolemgr.workflow.choices import role_source  # policy files need neither catalog nor templates
    from rolemgr.workflow.role import attached_to, missing_of, render_source

    source = role_source({"role": name}, outside.environ, outside.read)
    made = render_source(source, {}, outside.say, verbose=False, one_of_many=True, by_file_alone=True)
    documents = made.documents
    given = [
        GivenPolicy(Layer.IDENTITY, one.document, f"{name}, {one.name}")
        for one in (*documents.policies, *documents.managed_policies)
    ]
    given += [GivenPolicy(Layer.IDENTITY, one, arn) for arn, one in attached_to(made.role).items()]
    if documents.own_boundary:
        own = documents.own_boundary
        given.append(GivenPolicy(Layer.PERMISSIONS_BOUNDARY, own.document, f"{name}, {own.name}"))
    return made.role.spec.arn, given, missing_of(made)


def _put_together(
    found: _Found, asked: ReplayRequest, context: Mapping[str, tuple[str, ...]], outside: Outside
) -> ReplayedPolicies:
    """Return who is asked about what: a role file about its role, or whom --principal names; all else about all."""
    limits = _with_full_access(found.given)
    if not found.roles:
        if any(one.layer is Layer.IDENTITY for one in limits) and not asked.principals:
            outside.say("each caller is taken to have these policies; --principal NAME keeps to one")
        everybody = asked_policies(limits, missing=found.missing.get("", NONE_MISSING))
        return ReplayedPolicies(everybody, only=tuple(asked.principals), context=context)
    if asked.principals:
        if len(found.roles) > 1:
            raise InputError(SourceLocation("--principal"), "goes with one role file", "each has its own name")
        [(arn, policies)] = found.roles.items()
        everybody = asked_policies([*policies, *limits], missing=found.missing[arn])
        return ReplayedPolicies(everybody, only=tuple(asked.principals), context=context)
    of = {
        arn: asked_policies([*policies, *limits], missing=found.missing[arn]) for arn, policies in found.roles.items()
    }
    for arn in of:
        outside.say(f"calls of {arn} are replayed; --principal NAME replays those of another role")
    return ReplayedPolicies(None, of, context=context)


def _with_full_access(given: Sequence[GivenPolicy]) -> list[GivenPolicy]:
    """Return *given* with the SCP that AWS attaches everywhere, where the SCPs only deny."""
    scps = [one for one in given if one.layer is Layer.SERVICE_CONTROL]
    documents = tuple(one.document for one in scps if isinstance(one.document, IdentityPolicy))
    added = with_full_access(documents, lambda _: None)[len(documents) :] if documents else ()
    return [*given, *(GivenPolicy(Layer.SERVICE_CONTROL, one, "FullAWSAccess") for one in added)]


def _of_blueprint(
    name: str, asked: ReplayRequest, context: Mapping[str, tuple[str, ...]], outside: Outside
) -> ReplayedPolicies:
    """Return the roles of a blueprint under all its layers, and its SCPs and RCPs for all others there."""
    from rolemgr.workflow.blueprint import composed_blueprint  # few replays have one
    from rolemgr.workflow.blueprint_inventory import inventory_of_blueprint

    inventory = inventory_of_blueprint(composed_blueprint(name, outside))
    for one in inventory.not_judged:
        outside.say(f"{one.path}: {one.place} is not judged: {one.reason}")
    accounts = {one.account for one in inventory.principals.values()} | inventory.organization.service_control.keys()
    return ReplayedPolicies(
        None,
        {arn: _of_holder(one, inventory, name) for arn, one in inventory.principals.items()},
        tuple(asked.principals),
        context,
        {one: asked_policies([], _levels(inventory, one, name)) for one in accounts if _levels(inventory, one, name)},
    )


def _of_holder(holder: HeldRole, inventory: Inventory, name: str) -> AskedPolicies:
    given = [
        GivenPolicy(Layer.IDENTITY, one.document, f"{name}, {one.name} of {holder.name}") for one in holder.policies
    ]
    if holder.boundary:
        source = f"{name}, {holder.boundary.name}"
        given.append(GivenPolicy(Layer.PERMISSIONS_BOUNDARY, holder.boundary.document, source))
    return asked_policies(given, _levels(inventory, holder.account, name), _missing_of(holder))


def _missing_of(holder: HeldRole) -> MissingPolicies:
    """Return the policies of *holder* that the inventory has no text of."""
    bounding = f"permissions boundary {holder.boundary_arn}"
    identity = tuple(one.place for one in holder.unknown if not one.place.startswith(bounding))
    is_open = holder.boundary_arn is not None and holder.boundary is None
    return MissingPolicies(identity, (bounding,) if is_open else ())


def _levels(inventory: Inventory, account: str, name: str) -> dict[Layer, list[list[GivenPolicy]]]:
    """Return the SCPs and RCPs over *account*, by level."""
    organization = inventory.organization
    found = {}
    for layer, above in (
        (Layer.SERVICE_CONTROL, organization.service_control),
        (Layer.RESOURCE_CONTROL, organization.resource_control),
    ):
        levels = [[_given(layer, one, name) for one in level] for level in above.get(account, ()) if level]
        if levels:
            found[layer] = levels
    return found


def _given(layer: Layer, one: ControlPolicy, name: str) -> GivenPolicy:
    return GivenPolicy(layer, one.document, f"{name}, {one.name}")
