"""The steps from the choices to a role and its documents."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.evaluate.missing import MissingPolicies
from rolemgr.files.source import LayeredSource, SourceFile
from rolemgr.model.role import ComposedRole, RoleDocuments
from rolemgr.model.source import Sourced
from rolemgr.model.spec import DEFAULT_ACCOUNT, RoleSpec, of_permission_set, read_spec
from rolemgr.model.times import is_over
from rolemgr.reference.quirks import quota
from rolemgr.render.documents import attachments, render
from rolemgr.separation.kept import kept_promises
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.outside import Outside, Say
from rolemgr.workflow.role_options import ROLE_OPTIONS

if TYPE_CHECKING:
    from rolemgr.iam.documents import IdentityPolicy


class RenderedChoice(NamedTuple):
    """The catalog in force, the role composed from it, its documents, and what there is to say of them."""

    catalog: Catalog
    role: ComposedRole
    documents: RoleDocuments
    spec: Sourced[RoleSpec]
    notes: tuple[str, ...] = ()


def render_chosen(
    flags: Mapping[str, Any], outside: Outside, *, verbose: bool, filled_later: Sequence[str] = ()
) -> RenderedChoice:
    """
    Compose and render the role that *flags* and their fallbacks describe; say what was assumed.

    Of what is *filled_later* (``account``, ``region``, ``trust``), by whoever takes the role in, nothing is assumed.
    Raises InputError (or Problems) for bad input, and for a role that breaks the separation of its persona without a
    reason given.
    """
    source = role_source(flags, outside.environ, outside.read)
    return render_source(source, {}, outside.say, verbose=verbose, filled_later=filled_later)


def render_source(
    source: SourceFile, catalogs: dict[tuple[str, ...], Catalog], say: Say, *, verbose: bool,
    filled_later: Sequence[str] = (), one_of_many: bool = False, by_file_alone: bool = False,
) -> RenderedChoice:  # fmt: skip
    """
    Do as `render_chosen`, for choices that are read; *catalogs* keeps what was read, for the next role.

    Of *one_of_many* each note says which role file it is about. *by_file_alone*: the command has no option for what a
    role file leaves out, so no note names one.
    """
    spec = for_its_form(read_spec(source), filled_later)
    folders = tuple(spec.value.catalog)
    catalog = catalogs.get(folders) or catalogs.setdefault(folders, Catalog([Path(folder) for folder in folders]))
    found = render_spec(catalog, spec)
    about = f"{source.name}: " if one_of_many else ""
    taken = assumed(source, filled_later)
    if by_file_alone:
        taken = [_IN_FILE.sub(r"by `\1:` in the role file", text) for text in taken]
    for text in (
        *taken,
        *replaced(source),
        *_over(source, spec.value),
        *found.notes,
        *(origins(source, spec.value) if verbose else ()),
    ):
        say(f"{about}{text}")
    return found


def render_asked(chosen: Mapping[str, Any], outside: Outside, *, verbose: bool) -> RenderedChoice:
    """
    Do as `render_chosen`, for commands that ask what a role may do and make none.

    How its documents are packed is said where they are made, looked at or judged.
    """
    say = outside.say
    return render_chosen(
        chosen, outside._replace(say=lambda text: None if OVERFLOW in text else say(text)), verbose=verbose
    )


def _over(source: SourceFile, spec: RoleSpec) -> Iterator[str]:
    """Yield that the role has ended before it began: a wrong year is easily typed."""
    if spec.expires and is_over(spec.expires, datetime.now(UTC)):
        place = source.at(("expires",))
        yield f"{place}: {spec.expires} is over, so the role denies everything from the first second on"


def for_its_form(spec: Sourced[RoleSpec], filled_later: Sequence[str]) -> Sourced[RoleSpec]:
    """Return *spec* as that of a permission set where Identity Center fills the trust in, else as it is."""
    return of_permission_set(spec) if "trust" in filled_later else spec


def render_spec(catalog: Catalog, spec: Sourced[RoleSpec]) -> RenderedChoice:
    """
    Compose and render the role that *spec* describes, from the entries of *catalog*; say nothing.

    Raises as `render_chosen` does.
    """
    role = compose(catalog, spec)
    documents = render(role)
    separation = kept_promises(catalog, spec, role)
    notes = (*role.notes, *map(str, role.not_narrowed), *_overflow(documents), *_bounded(documents), *separation)
    return RenderedChoice(catalog, role, documents, spec, notes)


def attached_to(role: ComposedRole) -> "Mapping[str, IdentityPolicy]":
    """Return the documents of AWS's managed policies attached to *role*, by ARN, where they are known."""
    if not role.spec.managed_policy:
        return {}
    from rolemgr.separation.attached import attached_documents  # few roles have them

    return attached_documents(role)


def missing_of(found: RenderedChoice) -> MissingPolicies:
    """Return the policies of the role that nobody here has the text of."""
    known = attached_to(found.role)
    boundary = None if found.documents.own_boundary else found.documents.boundary
    return MissingPolicies(
        tuple(arn for arn in found.documents.attached if arn not in known), (boundary,) if boundary else ()
    )


EXAMPLE_ACCOUNT = f"account {DEFAULT_ACCOUNT} is AWS's example account; choose yours with --account"
FIRST_REGION = "region us-east-1; choose another with --region"
_IN_FILE = re.compile(r"with --(account|region)$")
OVERFLOW = "the inline policy is full"
"""How the note begins that a role has managed policies of its own."""


def _overflow(documents: RoleDocuments) -> list[str]:
    """Return what to say where the inline quota does not hold all statements, or many policies are attached."""
    many = attachments(documents)
    notes = [many] if many else []
    if not documents.managed_policies:
        return notes
    names = ", ".join(policy.name for policy in documents.managed_policies)
    if not documents.policies:
        denies = ", ".join(policy.name for policy in documents.deny_policies)
        kept = f"; whoever detaches {denies} lifts the role's Denies" if denies else ""
        return [f"nothing is inline: the role is in managed policies ({names}){kept}", *notes]
    return [f"{OVERFLOW}: Allows moved to managed policies ({names}); every Deny stays inline", *notes]


def _bounded(documents: RoleDocuments) -> list[str]:
    """Return what to say of the boundary that is made with the role."""
    own = documents.own_boundary
    if own is None:
        return []
    size, limit = own.document.size(), quota("permissions_boundary")
    notes = [f"boundary {own.name}: {size:,} of {limit:,} characters; it gives nothing and is attached to nobody"]
    if own.left_out:
        notes.append(f"no room in the boundary, so only the role's own policies hold: {'; '.join(own.left_out)}")
    return notes


def assumed(source: SourceFile, filled_later: Sequence[str] = ()) -> list[str]:
    """Return what the role takes for granted because nobody said otherwise, of what is not *filled_later*."""
    notes = []
    if "account" not in {*source.data, *filled_later}:
        notes.append(EXAMPLE_ACCOUNT)
    if "region" not in {*source.data, *filled_later}:
        notes.append(FIRST_REGION)
    found = [key for key in ("account", "region") if key in source.data and str(source.at((key,))).startswith("AWS")]
    return [*notes, *(f"{key} {source.data[key]}, from {source.at((key,))}" for key in found)]


def replaced(source: SourceFile) -> tuple[str, ...]:
    """Return what limits of another place no longer hold because of *source*."""
    return source.replaced if isinstance(source, LayeredSource) else ()


def origins(source: SourceFile, spec: RoleSpec) -> Iterator[str]:
    """Yield where each setting came from."""
    for option in ROLE_OPTIONS:
        if option.key in source.data:
            yield f"{option.key} from {source.at((option.key,))}"
        elif option.key in RoleSpec.model_fields:
            yield f"{option.key} by default: {_value_text(getattr(spec, option.key))}"


def _value_text(value: Any) -> str:
    """Return a default as the user would write it."""
    if isinstance(value, tuple):
        return ", ".join(getattr(one, "kind", str(one)) for one in value) or "none"
    return str(value) if value else "none"
