"""Policy files that a user names: IAM documents, lists of them, or whole roles as `create` writes them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from rolemgr.errors import InputError
from rolemgr.evaluate.missing import NONE_MISSING, MissingPolicies
from rolemgr.evaluate.policies import read_policy
from rolemgr.files.json import parse_json
from rolemgr.files.source import ANSWER_LIMITS, LIMITS, SourceFile
from rolemgr.iam.documents import IdentityPolicy, PolicyDocument
from rolemgr.iam.uses import Use, beyond, documents_in, elsewhere, unjudged, unquoted
from rolemgr.model.source import Sourced, parse_model
from rolemgr.reference.managed_policies import policy_at
from rolemgr.workflow.file_kind import refuse_unjudged_kinds
from rolemgr.workflow.outside import Outside, Reader, Say

Document = TypeVar("Document", bound=PolicyDocument)


class HeldPolicies(NamedTuple):
    """
    What a principal has: the *policies* in files, those of AWS *attached* by their ARN, and what is *missing*.

    AWS's policies are those that the reference has the text of.
    """

    policies: tuple[Sourced[IdentityPolicy], ...] = ()
    attached: Mapping[str, IdentityPolicy] = MappingProxyType({})
    missing: MissingPolicies = NONE_MISSING

    @property
    def documents(self) -> tuple[IdentityPolicy, ...]:
        """The policies whose text is at hand: those of the files first."""
        return (*(one.value for one in self.policies), *self.attached.values())


def read_identity_policies(names: Sequence[str], outside: Outside) -> HeldPolicies:
    """
    Return the identity policies that the files *names* (``-`` is stdin) hold and attach, in order.

    A file holds what `rolemgr.iam.role_document.documents_in` reads; JSON unless it ends in ``.yaml`` or
    ``.yml``, stdin JSON where it starts as JSON does. Says which parts of a role are not judged.
    Raises InputError with the line for what is none of it, or breaks IAM's grammar.
    """
    found = [held_in(read_source(name, outside.read), outside.say) for name in names]
    missing = MissingPolicies(
        tuple(dict.fromkeys(arn for one in found for arn in one.missing.identity)),
        tuple(dict.fromkeys(arn for one in found for arn in one.missing.boundaries)),
    )
    attached = {arn: document for one in found for arn, document in one.attached.items()}
    return HeldPolicies(tuple(policy for one in found for policy in one.policies), attached, missing)


def held_in(source: SourceFile, say: Say) -> HeldPolicies:
    """Return the identity policies that *source* holds and attaches; say what of it is not judged."""
    policies = _own_policies(source, say)
    found = list(elsewhere(source))
    known = {one.name: policy_at(one.name) for one in found if not one.is_boundary}
    attached = {arn: policy.document for arn, policy in known.items() if policy}
    for path, text in dict.fromkeys((one.path, one.text) for one in found if one.name not in attached):
        say(f"{source.at(path)}: {text}")
    for arn, policy in known.items():
        if policy:
            say(f"{source.name}: {arn} is attached, by AWS's text {policy.version} of {policy.updated}")
    identity = (one.name for one in found if not one.is_boundary and one.name not in attached)
    boundaries = (one.name for one in found if one.is_boundary)
    missing = MissingPolicies(tuple(dict.fromkeys(identity)), tuple(dict.fromkeys(boundaries)))
    return HeldPolicies(tuple(policies), attached, missing)


def without_boundary(missing: MissingPolicies, layers: Mapping[str, Any]) -> MissingPolicies:
    """Return what is *missing* beside the *layers* that are given: a boundary's policy may be among them."""
    return missing._replace(boundaries=()) if layers["boundary_policy"] else missing


def read_documents(name: str, kind: type[Document], outside: Outside, use: Use | None = None) -> list[Document]:
    """
    Return the policy documents in the file *name*: one, or a list of them as `scp` and `rcp` write it.

    A role that `create` wrote is taken for its trust policy where one is wanted; *use* says more than *kind*
    what for. Raises InputError with the line for anything else, and for a list without a document.
    """
    return documents_of(read_source(name, outside.read), kind, outside.say, use)


def documents_of(source: SourceFile, kind: type[Document], say: Say, use: Use | None = None) -> list[Document]:
    """Return the policy documents in *source*, as `read_documents` does."""
    documents = [_readable(parse_model(part, kind)).value for part in documents_in(source, kind, use)]
    _say_what_is_aside(source, say)
    return documents


def _readable(policy: Sourced[Document]) -> Sourced[Document]:
    """Return *policy*; raise InputError, with its file, for what its operators can't read."""
    try:
        read_policy(policy.value)
    except InputError as error:
        raise InputError(policy.at("Statement"), error.problem, error.hint) from error
    return policy


def read_source(name: str, read: Reader) -> SourceFile:
    """Return the file *name* as data: JSON or YAML where its name says so, else by how it begins."""
    folded = name.lower()
    is_yaml, is_json = folded.endswith((".yaml", ".yml")), folded.endswith(".json")
    text, shown = read(name, LIMITS if is_yaml else ANSWER_LIMITS)
    if is_json or (not is_yaml and (text.lstrip()[:1] in ("{", "[", '"') or not text.strip())):
        return unquoted(parse_json(text, shown, ANSWER_LIMITS))
    from rolemgr.files.yaml import parse_yaml  # only a YAML file pays for it

    return unquoted(parse_yaml(text, shown))


def policies_of(source: SourceFile, say: Say) -> list[Sourced[IdentityPolicy]]:
    """Return the identity policies that *source* itself holds; say what of it is not judged."""
    documents = _own_policies(source, say)
    for path, text in dict.fromkeys(beyond(source)):
        say(f"{source.at(path)}: {text}")
    return documents


def _own_policies(source: SourceFile, say: Say) -> list[Sourced[IdentityPolicy]]:
    refuse_unjudged_kinds(source)
    documents = [_readable(parse_model(part, IdentityPolicy)) for part in documents_in(source, IdentityPolicy)]
    _say_what_is_aside(source, say)
    return documents


def _say_what_is_aside(source: SourceFile, say: Say) -> None:
    """Note what an answer holds in the place of a policy, and nobody judges."""
    for aside in unjudged(source):
        say(f"{source.at(aside.path)}: {aside.place} is not judged: {aside.reason}")
