"""The options that give `simulate` the layers around the identity policies, and the files behind them read."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from rolemgr.cli.files import note
from rolemgr.errors import InputError, SourceLocation

if TYPE_CHECKING:
    from rolemgr.evaluate.policies import Policies
    from rolemgr.evaluate.request import Request
    from rolemgr.iam.documents import IdentityPolicy, PolicyDocument

Command = TypeVar("Command", bound=Callable[..., Any])


class _LayerOption(NamedTuple):
    """One option: its *key* among the chosen layers, what its help says, whether it can be repeated."""

    key: str
    help: str
    many: bool = True

    @property
    def flag(self) -> str:
        return "--" + self.key.replace("_", "-")


LAYER_OPTIONS: Final = (
    _LayerOption("boundary_policy", "The permissions boundary.", many=False),
    _LayerOption("session_policy", "A session policy; of several, any may allow."),
    _LayerOption("scp", "A service control policy; all that are given are those of one level, the account's."),
    _LayerOption("rcp", "A resource control policy."),
    _LayerOption("resource_policy", "The resource's policy: of a bucket, a key; a role's trust policy.", many=False),
    _LayerOption("vpc_endpoint_policy", "The policy of the VPC endpoint that the request passes."),
)


def layer_options(command: Command) -> Command:
    """Give *command* the options of the layers, handed to it together as the mapping *layers*."""

    def collected(**values: Any) -> Any:
        layers = {option.key: values.pop(option.key) for option in LAYER_OPTIONS}
        return command(layers=layers, **values)

    decorated: Any = collected
    collected.__doc__ = command.__doc__
    if hasattr(command, "__click_params__"):
        decorated.__click_params__ = command.__click_params__
    for option in reversed(LAYER_OPTIONS):
        text = f"{option.help[:-1]}; repeatable." if option.many else option.help
        decorated = click.option(option.flag, option.key, metavar="FILE", multiple=option.many, help=text)(decorated)
    result: Command = decorated
    return result


def given(layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *layers* for which a file is given."""
    return {key: value for key, value in layers.items() if value}


_MOST_NOTED = 5


def note_names(file: str, document: "PolicyDocument") -> None:
    """Note the first few names in a policy of *file* that AWS is not known to have: they match no request."""
    from rolemgr.reference.documents import document_doubts

    found = [f"{file}: statement {index}: {doubt}" for index, doubt in document_doubts(document)]
    for text in found[:_MOST_NOTED]:
        note(text)
    if more := found[_MOST_NOTED:]:
        note(f"{file}: {len(more)} more names there are not known; `rolemgr check` lists them")


def policies_around(
    identity: "tuple[IdentityPolicy, ...]", layers: Mapping[str, Any], request: "Request"
) -> "Policies":
    """
    Return *identity* policies with the other *layers* around them, as they decide about *request*.

    Says on stderr what is taken for granted. Raises InputError, with the line, for a file that holds no such
    policy.
    """
    from rolemgr.cli.policies import read_documents
    from rolemgr.evaluate.policies import Policies
    from rolemgr.evaluate.requirements import Guard, guard_of
    from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy, ResourcePolicy, TrustPolicy
    from rolemgr.iam.uses import Use

    def read(key: str, kind: Any, use: Use | None = None) -> tuple[Any, ...]:
        found = layers[key]
        names = found if isinstance(found, tuple) else (found,) if found else ()
        documents = [(name, document) for name in names for document in read_documents(name, kind, use)]
        for name, document in documents:
            note_names(name, document)
        return tuple(document for _, document in documents)

    guard = guard_of(request)
    resource = read("resource_policy", TrustPolicy if guard is Guard.ROLE else ResourcePolicy)
    if guard and not resource:
        what = "key" if guard is Guard.KEY else "role trust"
        note(f"the {what} policy is taken to leave access to IAM policies; give it with --resource-policy")
    scps, rcps = read("scp", IdentityPolicy, Use.SCP), read("rcp", ResourceControlPolicy)
    return Policies(
        identity=identity,
        permissions_boundary=_only("boundary_policy", read("boundary_policy", IdentityPolicy, Use.BOUNDARY)),
        session=read("session_policy", IdentityPolicy, Use.SESSION),
        service_control=(with_full_access(scps),) if scps else (),
        resource_control=(rcps,) if rcps else (),
        resource=_only("resource_policy", resource),
        vpc_endpoints=read("vpc_endpoint_policy", ResourcePolicy, Use.ENDPOINT),
    )


def _only(key: str, documents: tuple[Any, ...]) -> Any:
    if len(documents) > 1:
        raise InputError(SourceLocation("--" + key.replace("_", "-")), f"there can be one, not {len(documents)}")
    return documents[0] if documents else None


def with_full_access(scps: "tuple[IdentityPolicy, ...]") -> "tuple[IdentityPolicy, ...]":
    """
    Return *scps*, where they only deny with the SCP beside them that AWS attaches everywhere.

    Without it they would deny everything, which nobody asks about.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    """
    from rolemgr.iam.documents import Effect, IdentityPolicy

    if any(statement.effect is Effect.ALLOW for scp in scps for statement in scp.statement):
        return scps
    note("no --scp allows anything: FullAWSAccess, which AWS attaches to every level, is taken to be there")
    allow = {"Sid": "FullAWSAccess", "Effect": "Allow", "Action": "*", "Resource": "*"}
    return (*scps, IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [allow]}))


def context_of(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return the context of ``KEY=VALUE`` texts; a repeated key has several values. Raises InputError."""
    context: dict[str, list[str]] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or ":" not in key:
            problem = f"`{text}` is not of the form KEY=VALUE"
            raise InputError(SourceLocation("--context"), problem, "such as aws:RequestTag/Project=churn")
        context.setdefault(key, []).append(value)
    return context
