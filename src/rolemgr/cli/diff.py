"""`rolemgr diff`: what one role or policy allows that another does not, and the reverse."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from rolemgr.cli.console import output_option
from rolemgr.cli.files import is_file, write_output
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.compare.grants import Grant
    from rolemgr.files.source import SourceFile

KINDS = ("identity", "trust", "resource", "scp", "rcp", "boundary", "endpoint")
_VALUES = ("Path", "Description", "MaxSessionDuration", "ManagedPolicyArns", "PermissionsBoundary", "Tags")
"""What a role has besides its policies, and its name, which is not compared."""
_OF_ROLE = frozenset({"identity", "trust"})
_OF_ROLE_FILES = ("persona", "add", "trust")


@click.command("diff")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--type", "kind", type=click.Choice(KINDS), help="The type of policy files; told from each file unless given."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html", "github"]), default="text",
    help="The form of the result: text, JSON, Markdown for a pull request, one HTML page, or GitHub's annotations.",
)  # fmt: skip
@click.option(
    "--fail-on", type=click.Choice(["any", "gained"]), default="any", show_default=True,
    help="What exits with 1: any difference, or only what B may give beyond A.",
)  # fmt: skip
@output_option
def diff_command(a: str, b: str, kind: str | None, form: str, fail_on: str, output: str | None) -> None:
    """
    Say what B allows that A does not, and the reverse, by meaning.

    Order, case of actions, Sids, one statement or five are no difference. A and B are policies, roles as
    `create` writes them, or role files (YAML with a persona); - is stdin. Of roles the permissions and the
    trust are compared, the rest as values. Each difference comes with a request that shows it, as a
    `rolemgr simulate` line. What can't be told is said, and counts as a difference. Exits with 0 where
    there is none, with 1 where there is; with --fail-on gained, with 1 only where B may give what A does not.
    Nothing touches AWS.

    \b
    Examples:
      rolemgr diff old.json new.json
      rolemgr create --persona data-scientist | rolemgr diff role.json - --fail-on gained
      rolemgr diff old.json new.json --format markdown
      rolemgr diff bucket-policy.json other-bucket-policy.json --type resource --format json
    """
    from rolemgr.compare.grants import changes

    if a == b == "-":
        raise InputError(SourceLocation("<stdin>"), "can be A or B, not both")
    old, new = _read(a, kind), _read(b, kind)
    found = changes(old.grant, new.grant) if old.types & new.types else None
    if not found or not found.parts:
        types = f"{new.name} has {_type_text(new)}, {old.name} has {_type_text(old)}; see --type"
        raise InputError(SourceLocation(b), f"is of another type than {a}", types)
    write_output(_report_text(form, found, old, new), output)
    if not (found.gives_no_more if fail_on == "gained" else found.same):
        sys.exit(1)


class _Input(NamedTuple):
    """One side: how messages call it, what it grants, the words that make `simulate` ask it, its types of policies."""

    name: str
    grant: "Grant"
    ask: str
    types: frozenset[str] = _OF_ROLE


def _type_text(side: _Input) -> str:
    return " and ".join(f"{name} policies" for name in sorted(side.types))


def _report_text(form: str, found: Any, old: _Input, new: _Input) -> str:
    from rolemgr.files.write import to_json
    from rolemgr.report.differences import changes_annotations, changes_data, changes_text
    from rolemgr.report.pages.forms import FORMS, page_text
    from rolemgr.report.pages.of_changes import changes_page

    if form == "json":
        return to_json(changes_data(found, old.name, new.name))
    if form == "github":
        return changes_annotations(found, old.name, new.name, is_file=is_file)
    if form in FORMS:
        return page_text(changes_page(found, old.name, new.name, {old.name: old.ask, new.name: new.ask}), form)
    return changes_text(found, old.name, new.name, {old.name: old.ask, new.name: new.ask})


def _read(name: str, kind: str | None) -> _Input:
    """Return the role or policy in the file *name*."""
    import shlex

    from rolemgr.cli.policies import read_source

    source = read_source(name)
    ask = f"rolemgr simulate {shlex.quote(name)}"
    data = source.data
    if isinstance(data, dict) and any(key in data for key in _OF_ROLE_FILES) and "Statement" not in data:
        return _Input(name, _of_role_file(name), f"rolemgr create --role {shlex.quote(name)} | rolemgr simulate -")
    if not kind and (role := _of_role(source)):
        return _Input(source.name, _readable(role, source), ask)
    told = _told(source, kind)
    types = frozenset({"identity" if told in ("boundary", "session") else told})
    return _Input(source.name, _readable(_of_policy(source, told), source), ask, types)


def _readable(grant: "Grant", source: "SourceFile") -> "Grant":
    """Return *grant*; raise InputError, naming the file, for a policy that IAM would not accept."""
    from rolemgr.evaluate.errors import LayerError, PolicyError
    from rolemgr.evaluate.policies import groups_of

    try:
        for policies in grant.parts().values():
            groups_of(policies)
    except (PolicyError, LayerError) as error:
        raise InputError(source.at(), error.problem, error.hint) from error
    return grant


def _of_role_file(name: str) -> "Grant":
    from rolemgr.cli.options import role_source
    from rolemgr.cli.rendering import render_source
    from rolemgr.compare.grants import Grant

    if name == "-":
        raise InputError(SourceLocation("<stdin>"), "is a role file", "give its name, or the role that `create` makes")
    made = render_source(role_source({"role": name}), {}, verbose=False, one_of_many=True).documents
    documents = (*made.policies, *made.managed_policies)
    return Grant(
        identity=tuple(policy.document for policy in documents),
        trust=made.trust_policy,
        values=_values(made.to_properties()),
        alone=not made.attached,
    )


def _of_role(source: "SourceFile") -> "Grant | None":
    """Return what the role in *source* grants, as far as the file tells; None where it holds no role's policies."""
    from rolemgr.cli.policies import documents_of, policies_of
    from rolemgr.compare.grants import Grant
    from rolemgr.iam.documents import TrustPolicy
    from rolemgr.iam.role_document import has_policies, owners
    from rolemgr.iam.uses import kinds_in

    kinds = kinds_in(source)
    role = next(owners(source.data), None) if kinds else None
    if not kinds & {"trust", "identity"}:
        return None
    path = role.path if role else ()
    holds = bool(kinds & {"identity", "managed"})
    none = () if has_policies(source.part(path).data) else None  # `get-role` does not tell of its policies
    return Grant(
        identity=tuple(policy.value for policy in policies_of(source)) if holds else none,
        trust=_only(source, documents_of(source, TrustPolicy), "trust policies") if "trust" in kinds else None,
        values=_values(source.part(path).data),
        alone=_is_whole(source.part(path).data, kinds),
    )


def _is_whole(data: Mapping[str, Any], kinds: set[str]) -> bool:
    """Tell whether the role in *data* is there with all of its policies: it has a trust policy, and none attached."""
    from rolemgr.iam.role_document import attachments, has_policies

    return "trust" in kinds and has_policies(data) and all(one.is_boundary for one in attachments(data))


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a role has besides its policies, as `create` writes it; the path that IAM gives is none."""
    from rolemgr.iam.role_document import attachments

    named = list(attachments(data))
    written = {
        **data,
        "ManagedPolicyArns": [one.arn for one in named if not one.is_boundary],
        "PermissionsBoundary": next((one.arn for one in named if one.is_boundary), None),
    }
    found = {name: written[name] for name in _VALUES if written.get(name) and (name, written[name]) != ("Path", "/")}
    return {name: _ordered(value) for name, value in found.items()}


def _ordered(value: Any) -> Any:
    """Return a list of tags or ARNs in an order of its own: theirs means nothing."""
    return sorted(value, key=str) if isinstance(value, list) else value


def _told(source: "SourceFile", kind: str | None) -> str:
    """Return the type of the policies in *source*: the one that is given, the answer's, or that of its content."""
    from rolemgr.check.kinds import kind_of
    from rolemgr.iam.role_document import document_at, places

    if kind:
        return kind
    found = list(places(source.data)) if isinstance(source.data, dict) and "Statement" not in source.data else []
    if found and found[0].kind == "session":
        return "session"
    if found and found[0].type:
        return found[0].type.value
    first = source.data[0] if isinstance(source.data, list) and source.data else source.data
    return kind_of(document_at(source, found[0].path).data if found else first, source.name).value


def _of_policy(source: "SourceFile", told: str) -> "Grant":
    """Return what the policy grants; an SCP as what it lets through, with what AWS attaches beside it."""
    from rolemgr.cli.layers import with_full_access
    from rolemgr.cli.policies import documents_of, policies_of
    from rolemgr.compare.grants import Grant
    from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy, TrustPolicy
    from rolemgr.iam.uses import Use

    match told:
        case "trust":
            return Grant(trust=_only(source, documents_of(source, TrustPolicy), "trust policies"))
        case "resource":
            return Grant(resource=_only(source, documents_of(source, ResourcePolicy)))
        case "rcp":
            return Grant(resource=_only(source, documents_of(source, ResourceControlPolicy), "RCPs"))
        case "endpoint":
            return Grant(resource=_only(source, documents_of(source, ResourcePolicy, Use.ENDPOINT)))
        case "scp":
            return Grant(identity=with_full_access(tuple(documents_of(source, IdentityPolicy, Use.SCP))), alone=True)
        case "boundary":
            return Grant(identity=tuple(documents_of(source, IdentityPolicy, Use.BOUNDARY)))
        case "session":
            return Grant(identity=tuple(documents_of(source, IdentityPolicy, Use.SESSION)))
        case _:
            return Grant(identity=tuple(policy.value for policy in policies_of(source)))


def _only(source: "SourceFile", documents: list[Any], called: str = "policies of a resource") -> Any:
    if len(documents) != 1:
        raise InputError(source.at(), f"holds {len(documents)} {called}", "compare them one by one")
    return documents[0]
