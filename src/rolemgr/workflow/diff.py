"""What one role or policy allows that another does not: both sides read, and compared."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rolemgr.check.kinds import kind_of
from rolemgr.compare.grants import Changes, Grant, changes
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import groups_of
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy, TrustPolicy
from rolemgr.iam.role_document import attachments, document_at, has_policies, owners, places
from rolemgr.iam.uses import Use, kinds_in
from rolemgr.report.differences import changes_annotations, changes_data, changes_text
from rolemgr.report.pages.forms import FORMS, page_text
from rolemgr.report.pages.of_changes import changes_page
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.layers import with_full_access
from rolemgr.workflow.outside import Outside, Say
from rolemgr.workflow.policy_files import documents_of, policies_of, read_source

_VALUES = ("Path", "Description", "MaxSessionDuration", "ManagedPolicyArns", "PermissionsBoundary", "Tags")
"""What a role has besides its policies, and its name, which is not compared."""
_OF_ROLE = frozenset({"identity", "trust"})
_OF_ROLE_FILES = ("persona", "add", "trust")


class DiffSide(NamedTuple):
    """One side: how messages call it, what it grants, the words that make `simulate` ask it, its types of policies."""

    name: str
    grant: Grant
    ask: str
    types: frozenset[str] = _OF_ROLE


class Compared(NamedTuple):
    """What changes from the *old* side to the *new* one."""

    changes: Changes
    old: DiffSide
    new: DiffSide

    def data(self) -> dict[str, Any]:
        """Return it for programs."""
        return changes_data(self.changes, self.old.name, self.new.name)

    def text(self, form: str, is_file: Callable[[str], bool]) -> str:
        """Return it for people in the *form* that they chose; annotations are of what *is_file*."""
        found, old, new = self
        if form in FORMS:
            return page_text(changes_page(found, old.name, new.name, {old.name: old.ask, new.name: new.ask}), form)
        if form == "github":
            return changes_annotations(found, old.name, new.name, is_file=is_file)
        return changes_text(found, old.name, new.name, {old.name: old.ask, new.name: new.ask})


def compared(a: str, b: str, kind: str | None, outside: Outside) -> Compared:
    """
    Return what the file *b* allows that *a* does not, and the reverse; *kind* is the type of policy files.

    Raises InputError for what can't be read, and for two sides of different types.
    """
    if a == b == "-":
        raise InputError(SourceLocation("<stdin>"), "can be A or B, not both")
    old, new = _read(a, kind, outside), _read(b, kind, outside)
    found = changes(old.grant, new.grant) if old.types & new.types else None
    if not found or not found.parts:
        types = f"{new.name} has {_type_text(new)}, {old.name} has {_type_text(old)}; see --type"
        raise InputError(SourceLocation(b), f"is of another type than {a}", types)
    return Compared(found, old, new)


def _type_text(side: DiffSide) -> str:
    return " and ".join(f"{name} policies" for name in sorted(side.types))


def _read(name: str, kind: str | None, outside: Outside) -> DiffSide:
    """Return the role or policy in the file *name*."""
    source = read_source(name, outside.read)
    ask = f"rolemgr simulate {shlex.quote(name)}"
    data = source.data
    if isinstance(data, dict) and any(key in data for key in _OF_ROLE_FILES) and "Statement" not in data:
        return DiffSide(
            name, _of_role_file(name, outside), f"rolemgr create --role {shlex.quote(name)} | rolemgr simulate -"
        )
    if not kind and (role := _of_role(source, outside.say)):
        return DiffSide(source.name, _readable(role, source), ask)
    told = _told(source, kind)
    types = frozenset({"identity" if told in ("boundary", "session") else told})
    return DiffSide(source.name, _readable(_of_policy(source, told, outside.say), source), ask, types)


def _readable(grant: Grant, source: SourceFile) -> Grant:
    """Return *grant*; raise InputError, naming the file, for a policy that IAM would not accept."""
    try:
        for policies in grant.parts().values():
            groups_of(policies)
    except (PolicyError, LayerError) as error:
        raise InputError(source.at(), error.problem, error.hint) from error
    return grant


def _of_role_file(name: str, outside: Outside) -> Grant:
    from rolemgr.workflow.role import render_source  # policy files need neither catalog nor templates

    if name == "-":
        raise InputError(SourceLocation("<stdin>"), "is a role file", "give its name, or the role that `create` makes")
    source = role_source({"role": name}, outside.environ, outside.read)
    made = render_source(source, {}, outside.say, verbose=False, one_of_many=True).documents
    documents = (*made.policies, *made.managed_policies)
    return Grant(
        identity=tuple(policy.document for policy in documents),
        trust=made.trust_policy,
        values=_values(made.to_properties()),
        alone=not made.attached,
    )


def _of_role(source: SourceFile, say: Say) -> Grant | None:
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
        values=_values(source.part(path).data),
        alone=_is_whole(source.part(path).data, kinds),
    )


def _is_whole(data: Mapping[str, Any], kinds: set[str]) -> bool:
    """Tell whether the role in *data* is there with all of its policies: it has a trust policy, and none attached."""
    return "trust" in kinds and has_policies(data) and all(one.is_boundary for one in attachments(data))


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a role has besides its policies, as `create` writes it; the path that IAM gives is none."""
    named = list(attachments(data))
    elements = {
        **data,
        "ManagedPolicyArns": [one.arn for one in named if not one.is_boundary],
        "PermissionsBoundary": next((one.arn for one in named if one.is_boundary), None),
    }
    found = {name: elements[name] for name in _VALUES if elements.get(name) and (name, elements[name]) != ("Path", "/")}
    return {name: _ordered(value) for name, value in found.items()}


def _ordered(value: Any) -> Any:
    """Return a list of tags or ARNs in an order of its own: theirs means nothing."""
    return sorted(value, key=str) if isinstance(value, list) else value


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
