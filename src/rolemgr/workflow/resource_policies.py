"""The policy of a resource that other accounts use: what was chosen, composed, and merged into what is there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.compare.compare import compare
from rolemgr.compose.substitute import Values
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.policies import Policies
from rolemgr.export import resource_policy, share
from rolemgr.export.resource_policy import policy_text
from rolemgr.files.write import to_json, to_template
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.layers.resource_policy import ComposedResourcePolicy, compose_resource_policy, merged
from rolemgr.layers.resource_values import resource_values
from rolemgr.layers.share import compose_shares
from rolemgr.layers.values import GivenValue
from rolemgr.model.resource_pattern import ResourcePattern
from rolemgr.model.share import ComposedShares
from rolemgr.reference.quirks import quota
from rolemgr.workflow.choices import catalog_folders
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.policy_files import read_documents

RESOURCE_FORMS: Final = {
    "json": "{name}.json",
    "cloudformation": "{name}.yaml",
    "terraform": "{name}/policy.tf.json",
    "aws-cli": "{name}.sh",
}
"""The forms of a resource's policy, and what each is called in a folder."""


@dataclass(frozen=True)
class ResourceRequest:
    """What was asked for on the command line."""

    kind: str
    resource: str | None = None
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    organization: str | None = None
    parameters: tuple[str, ...] = ()
    merge: str | None = None
    catalog: tuple[str, ...] = ()


class MadeResourcePolicy(NamedTuple):
    """The policy that is to be put at the resource, and what it was composed from."""

    composed: ComposedResourcePolicy
    document: ResourcePolicy
    there: ResourcePolicy | None = None
    """The policy that it was merged into."""

    def has_form(self, form: str) -> bool:
        """Tell whether it can be had in *form*: CloudFormation gives a policy to some kinds of resources alone."""
        return form != "cloudformation" or self.composed.pattern.cloudformation is not None

    def text(self, form: str) -> str:
        """Return it in *form*, one of `RESOURCE_FORMS`; raise InputError for a form that can't have it."""
        made = self.composed
        if form == "json":
            return policy_text(made.pattern, self.document) + "\n"
        return _EXPORTS[form](made.kind, made.pattern, made.values, self.document)

    @property
    def name(self) -> str:
        """What a file of it is called."""
        values = self.composed.values
        return values.get("name", values.get("service", ("policy",)))[0].replace("/", "-")


class MadeShares(NamedTuple):
    """The shares of a resource that has no policy of its owner's, but one of AWS Resource Access Manager's."""

    shares: ComposedShares

    def text(self, form: str) -> str:
        """Return them in *form*, one of `RESOURCE_FORMS`."""
        return _SHARES[form](self.shares)

    @property
    def name(self) -> str:
        """What a file of them is called."""
        return self.shares.name


def make_resource(request: ResourceRequest, outside: Outside) -> MadeResourcePolicy | MadeShares:
    """Return the policy or the shares that *request* asks for; raise as `make_resource_policy` does."""
    catalog = Catalog(catalog_folders(request.catalog))
    is_share = request.kind in catalog.found("shares") and request.kind not in catalog.found("resource_policies")
    return _made_shares(catalog, request, outside) if is_share else make_resource_policy(request, outside)


def _made_shares(catalog: Catalog, request: ResourceRequest, outside: Outside) -> MadeShares:
    if request.merge:
        problem = f"`{request.kind}` is shared by RAM, which keeps the shares that are there"
        raise InputError(SourceLocation("--merge"), problem, "leave it out")
    pattern = catalog.share_pattern(request.kind, SourceLocation("command line"))
    values = resource_values(request.kind, pattern, request.resource, _given(request))
    found = compose_shares(request.kind, pattern, values)
    for text in found.notes:
        outside.say(text)
    return MadeShares(found)


def make_resource_policy(request: ResourceRequest, outside: Outside) -> MadeResourcePolicy:
    """
    Return the policy that *request* asks for; say what it leaves open, and what a merge adds.

    Raises InputError (or Problems) for bad input, and where the policy would let nobody in.
    """
    catalog = Catalog(catalog_folders(request.catalog))
    pattern = catalog.resource_pattern(request.kind, SourceLocation("command line"))
    values = resource_values(request.kind, pattern, request.resource, _given(request))
    composed = compose_resource_policy(request.kind, pattern, values)
    there = _there(request.merge, outside) if request.merge else None
    document = _merged(there, composed, request, outside) if there else composed.document
    size = len(policy_text(pattern.value, document).encode())
    for text in (*composed.notes, f"{size:,} of {quota(pattern.value.quota):,} characters"):
        outside.say(text)
    return MadeResourcePolicy(composed, document, there)


def _given(request: ResourceRequest) -> dict[str, GivenValue]:
    organization = (request.organization,) if request.organization else ()
    short = {
        "readers": ("--reader-role", request.readers),
        "writers": ("--writer-role", request.writers),
        "organization": ("--org-id", organization),
    }
    found = {name: GivenValue(texts, SourceLocation(flag)) for name, (flag, texts) in short.items() if texts}
    for name, one in _parameters(request.parameters):
        if name in found:
            raise InputError(one.where, f"`{name}` is given twice")
        found[name] = one
    return found


def _parameters(texts: tuple[str, ...]) -> Iterator[tuple[str, GivenValue]]:
    where = SourceLocation("--parameter")
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name:
            raise InputError(where, f"`{text}` is not of the form KEY=VALUE[,VALUE...]")
        yield name, GivenValue(tuple(one for one in values.split(",") if one), where)


def _there(file: str, outside: Outside) -> ResourcePolicy:
    documents = read_documents(file, ResourcePolicy, outside)
    if len(documents) != 1:
        raise InputError(SourceLocation("--merge"), f"`{file}` holds {len(documents)} policies", "give one")
    found: ResourcePolicy = documents[0]
    return found


def _merged(
    there: ResourcePolicy, composed: ComposedResourcePolicy, request: ResourceRequest, outside: Outside
) -> ResourcePolicy:
    """Return what is *there* with ours in it; say what comes, and what that lets through by a request."""
    found = merged(there, composed.document)
    for text in (*found.notes, *_difference(there, found.document)):
        outside.say(f"{request.merge}: {text}")
    return found.document


def _difference(there: ResourcePolicy, now: ResourcePolicy) -> Iterator[str]:
    """Yield what the merged policy lets through that the one that is there does not, by what shows it."""
    before, after = Policies(resource=there), Policies(resource=now)
    gained, lost = compare(after, before), compare(before, after)
    for one in gained.differences:
        yield f"lets through: {', '.join(one.actions)} on {one.request.resource} by {one.request.principal}"
    for one in lost.differences:
        yield f"stops: {', '.join(one.actions)} on {one.request.resource} by {one.request.principal}"
    for unknown in (*gained.unknowns, *lost.unknowns):
        yield f"can't tell what changes: {unknown.reason}"
    if not (gained.differences or lost.differences or gained.unknowns or lost.unknowns):
        yield "nothing is let through or stopped that was not before"


_SHARES: Final[Mapping[str, Callable[[ComposedShares], str]]] = {
    "json": lambda made: to_json(share.requests(made)),
    "cloudformation": lambda made: to_template(share.template(made)),
    "terraform": lambda made: to_json(share.module(made)),
    "aws-cli": share.script,
}
_Export = Callable[[str, ResourcePattern, Values, ResourcePolicy], str]
_EXPORTS: Final[Mapping[str, _Export]] = {
    "cloudformation": lambda *made: to_template(resource_policy.template(*made)),
    "terraform": lambda *made: to_json(resource_policy.module(*made)),
    "aws-cli": resource_policy.script,
}
