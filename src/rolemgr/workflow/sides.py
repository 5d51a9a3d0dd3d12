"""One side of a comparison: a role file, a role or policies that were written, here or at a revision of git."""

import shlex
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rolemgr.change.causes import Explained
from rolemgr.change.fold import Counterpart
from rolemgr.change.moves import PlacedStatement, placed
from rolemgr.change.units import Remake
from rolemgr.check.kinds import kind_of
from rolemgr.compare.grants import Grant
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import groups_of
from rolemgr.files.revisions import revised
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy, TrustPolicy
from rolemgr.iam.role_document import attachments, document_at, has_policies, owners, places
from rolemgr.iam.uses import Use, kinds_in
from rolemgr.report.differences import SideWords
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.file_kind import FileKind, file_kind, refuse_unjudged_kinds
from rolemgr.workflow.layers import with_full_access
from rolemgr.workflow.outside import Say
from rolemgr.workflow.policy_files import documents_of, policies_of, read_source
from rolemgr.workflow.role_values import values_of
from rolemgr.workflow.trees import Trees

if TYPE_CHECKING:
    from rolemgr.workflow.role import RenderedChoice

_OF_ROLE = frozenset({"identity", "trust"})


class RoleFile(NamedTuple):
    """A role file: its choices, the role that they make, and what makes another role of other choices."""

    source: SourceFile
    chosen: "RenderedChoice"
    remake: Remake


class DiffSide(NamedTuple):
    """One side: how messages call it, what it grants, how it is asked, its types of policies, its role file."""

    words: SideWords
    grant: Grant
    types: frozenset[str] = _OF_ROLE
    file: RoleFile | None = None
    explained: Explained | None = None
    """Where the statements of a role come from that an earlier release made."""
    placed: Mapping[str, PlacedStatement] = MappingProxyType({})
    """Of a role, in which policy each statement stands."""
    kind: str = "role"
    """What it is, in words: a role, a policy, an SCP."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.words.name

    @property
    def counterpart(self) -> Counterpart:
        """The side as changes are told of it."""
        return Counterpart(self.grant, self.file.chosen.role if self.file else self.explained)


def read_side(name: str, kind: str | None, trees: Trees) -> DiffSide:
    """
    Return the role or policy in the file *name*; *kind* is the type of policies.

    Raises InputError for what can't be read.
    """
    source = read_source(name, trees.read)
    data = source.data
    if is_role_file(data):
        return _of_role_file(name, trees)
    refuse_unjudged_kinds(source)
    words = _words_of_document(source.name if name == "-" else name)
    say = trees.outside.say
    if not kind and (role := role_in(source, say)):
        return DiffSide(words, readable(role, source), placed=placed(data), kind="role" if role.trust else "policy")
    told = _told(source, kind)
    types = frozenset({"identity" if told in ("boundary", "session") else told})
    noted = partial(trees.note, source.name) if told == "scp" else say
    return DiffSide(words, readable(_of_policy(source, told, noted), source), types, kind=KINDS.get(told, "policy"))


KINDS: Final = {
    "trust": "trust policy", "resource": "resource policy", "rcp": "RCP", "scp": "SCP", "endpoint": "endpoint policy",
    "boundary": "boundary", "session": "session policy",
}  # fmt: skip
"""How messages call a policy of each type that is not an identity policy."""


def is_role_file(data: Any) -> bool:
    """Tell whether *data* is that of a role file."""
    return file_kind(data) is FileKind.ROLE


def holds_anything(name: str, trees: Trees) -> bool:
    """Tell whether the file *name* holds a role file, a role or policies; raise InputError where it can't be read."""
    source = read_source(name, trees.read)
    data = source.data
    return is_role_file(data) or bool(kinds_in(source)) or _has_statements(data)


def _has_statements(data: Any) -> bool:
    listed = data if isinstance(data, list) else [data]
    return any(isinstance(one, dict) and "Statement" in one for one in listed)


def _words_of_document(name: str) -> SideWords:
    """Return how a document is asked; one of a revision goes through git."""
    file = f"<({_shown_by_git(name)})" if _is_revised(name) else shlex.quote(name)
    return SideWords(name, f"rolemgr simulate {file}", file)


def _words_of_role_file(name: str) -> SideWords:
    chosen = f"--role {shlex.quote(name)}"
    made = f"{_shown_by_git(name)} | rolemgr create --role -" if _is_revised(name) else f"rolemgr create {chosen}"
    return SideWords(name, f"{made} | rolemgr simulate -", f"<({made})")


def _is_revised(name: str) -> bool:
    return name != "<stdin>" and revised(name) is not None


def _shown_by_git(name: str) -> str:
    return f"git cat-file blob {shlex.quote(name)}"


def readable(grant: Grant, source: SourceFile) -> Grant:
    """Return *grant*; raise InputError, naming the file, for a policy that IAM would not accept."""
    try:
        for policies in grant.parts().values():
            groups_of(policies)
    except (PolicyError, LayerError) as error:
        raise InputError(source.at(), error.problem, error.hint) from error
    return grant


# --- a role file


def _of_role_file(name: str, trees: Trees) -> DiffSide:
    if name == "-":
        raise InputError(SourceLocation("<stdin>"), "is a role file", "give its name, or the role that `create` makes")
    from rolemgr.workflow.remade import grant_of  # policy files need neither catalog nor templates

    file = read_role_file(name, trees)
    documents = file.chosen.documents
    return DiffSide(_words_of_role_file(name), grant_of(documents), file=file, placed=placed(documents.to_properties()))


def read_role_file(name: str, trees: Trees) -> RoleFile:
    """Return the role file *name* with the settings and catalogs of where it lies; say what was assumed."""
    from rolemgr.workflow.remade import remaking  # as above
    from rolemgr.workflow.role import render_source

    outside = trees.outside
    source = role_source({"role": name}, outside.environ, trees.read, trees.tree(name))
    folders = source.data.get("catalog") or ()
    listed = [folders] if isinstance(folders, str) else folders
    valid = isinstance(listed, list | tuple) and all(isinstance(one, str) and one for one in listed)
    known = {tuple(listed): trees.catalog(listed)} if valid else {}
    for folder in listed if valid and _is_revised(name) else ():
        if not _is_revised(folder):
            outside.say(f"{name}: catalog {folder} is read as it is now, and not at the revision")
    chosen = render_source(source, known, partial(trees.note, source.name), verbose=False, by_file_alone=True)
    return RoleFile(source, chosen, remaking(source, chosen))


def role_in(source: SourceFile, say: Say) -> Grant | None:
    """Return what the role in *source* grants, as far as the file tells; None where it holds no role's policies."""
    kinds = kinds_in(source)
    role = next(owners(source.data), None) if kinds else None
    if not kinds & {"trust", "identity"}:
        return None
    path = role.path if role else ()
    holds = bool(kinds & {"identity", "managed"})
    none = () if has_policies(source.part(path).data) else None  # `get-role` does not tell of its policies
    return Grant(
        identity=tuple(policy.value for policy in policies_of(source, say)) if holds else none,
        trust=_only(source, documents_of(source, TrustPolicy, say), "trust policies") if "trust" in kinds else None,
        values=values_of(source.part(path).data),
        alone=_is_whole(source.part(path).data, kinds),
    )


def _is_whole(data: Mapping[str, Any], kinds: set[str]) -> bool:
    """Tell whether the role in *data* is there with all of its policies: it has a trust policy, and none attached."""
    return "trust" in kinds and has_policies(data) and all(one.is_boundary for one in attachments(data))


def _told(source: SourceFile, kind: str | None) -> str:
    """Return the type of the policies in *source*: the one that is given, the answer's, or that of its content."""
    if kind:
        return kind
    found = list(places(source.data)) if isinstance(source.data, dict) and "Statement" not in source.data else []
    if found and found[0].kind == "session":
        return "session"
    if found and found[0].type:
        return found[0].type.value
    first = source.data[0] if isinstance(source.data, list) and source.data else source.data
    return kind_of(document_at(source, found[0].path).data if found else first, source.name).value


def _of_policy(source: SourceFile, told: str, say: Say) -> Grant:
    """Return what the policy grants; an SCP as what it lets through, with what AWS attaches beside it."""
    match told:
        case "trust":
            return Grant(trust=_only(source, documents_of(source, TrustPolicy, say), "trust policies"))
        case "resource":
            return Grant(resource=_only(source, documents_of(source, ResourcePolicy, say)))
        case "rcp":
            return Grant(resource=_only(source, documents_of(source, ResourceControlPolicy, say), "RCPs"))
        case "endpoint":
            return Grant(resource=_only(source, documents_of(source, ResourcePolicy, say, Use.ENDPOINT)))
        case "scp":
            return Grant(
                identity=with_full_access(tuple(documents_of(source, IdentityPolicy, say, Use.SCP)), say), alone=True
            )
        case "boundary":
            return Grant(identity=tuple(documents_of(source, IdentityPolicy, say, Use.BOUNDARY)))
        case "session":
            return Grant(identity=tuple(documents_of(source, IdentityPolicy, say, Use.SESSION)))
        case _:
            return Grant(identity=tuple(policy.value for policy in policies_of(source, say)))


def _only(source: SourceFile, documents: list[Any], called: str = "policies of a resource") -> Any:
    if len(documents) != 1:
        raise InputError(source.at(), f"holds {len(documents)} {called}", "compare them one by one")
    return documents[0]
