"""
From what code calls to roles: who runs it needs the calls, the roles that it passes need what jobs and pipelines do.

Each is made a role that may do just that, which `migrate` then takes to activity groups as it takes any other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from rolemgr.audit.migrate.migration import Migration, NewRoleOptions, migrate
from rolemgr.audit.migrate.needs import named
from rolemgr.audit.migrate.used import UsedFiles
from rolemgr.catalog.load import Catalog
from rolemgr.code.requests import CodeRequest, parameters
from rolemgr.code.sources import UntoldCode
from rolemgr.errors import RolemgrError
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole

_MOST_RESOURCES: Final = 100
"""An action on more resources than these is needed on any."""
_ADDED: Final = 30
"""What a group weighs more that the persona does not have: code says little of why it needs what it does."""
_SAGEMAKER: Final = frozenset({"sagemaker"})
"""Code has no trust policy. It runs in notebooks and jobs of SageMaker, or its author could as well run it there."""
CALLER: Final = "caller"


class CodeRoleKey(NamedTuple):
    """Whose role it is: ``caller``, ``job`` or ``pipeline``, and the ARN that the code passes, where it is known."""

    by: str
    role: str | None = None


@dataclass(frozen=True)
class CodeRole:
    """The role of one of those who make requests: the *requests*, and the *migration*; or why there is none."""

    key: CodeRoleKey
    requests: tuple[CodeRequest, ...]
    migration: Migration | None
    problem: str = ""


@dataclass(frozen=True)
class CodeMigration:
    """The roles that code needs, the caller's first; what of the code can't be told; how many *files* it is."""

    roles: tuple[CodeRole, ...]
    untold: tuple[UntoldCode, ...]
    files: tuple[str, ...]

    @property
    def caller(self) -> CodeRole | None:
        """The role of who runs the code; None where it calls nothing itself."""
        return next((one for one in self.roles if one.key.by == CALLER), None)


def code_roles(
    catalog: Catalog, requests: Sequence[CodeRequest], options: NewRoleOptions, account: str, *,
    partition: str = "aws",
) -> tuple[CodeRole, ...]:  # fmt: skip
    """Return the roles for *requests*: the caller's by *options*, those that are passed by the personas for them."""
    groups: dict[CodeRoleKey, list[CodeRequest]] = {}
    for one in requests:
        is_caller = one.by == CALLER
        role = None if is_caller or one.role == "*" else one.role
        groups.setdefault(CodeRoleKey(one.by, role), []).append(one)
    ordered = sorted(groups, key=lambda one: (one.by != CALLER, one.by, one.role or ""))
    return tuple(_role(catalog, key, groups[key], options, account, partition) for key in ordered)


def _role(
    catalog: Catalog, key: CodeRoleKey, requests: Sequence[CodeRequest], options: NewRoleOptions, account: str,
    partition: str,
) -> CodeRole:  # fmt: skip
    name = _name(key, options)
    mine = options._replace(name=name, added_weight=_ADDED, weighs_new=False, trusted=_SAGEMAKER)
    if key.by == CALLER:
        mine = mine._replace(not_of_people=tuple(parameters()["not_of_people"]))
    else:
        mine = mine._replace(persona=parameters()["personas"][key.by], parameters={})
    documents = [*_documents(requests)]
    holder = HeldRole(
        "role", f"arn:{partition}:iam::{account}:role/{name}", name, account, requests[0].call.where,
        tuple(HeldPolicy(where, document) for where, document in documents),
    )  # fmt: skip
    try:
        made = migrate(catalog, holder, UsedFiles(tuple(named(documents)), told=_told(requests)), mine)
    except RolemgrError as error:
        return CodeRole(key, tuple(requests), None, str(error))
    return CodeRole(key, tuple(requests), made)


def _told(requests: Iterable[CodeRequest]) -> Mapping[str, frozenset[str]]:
    """Return the resources of *requests* that are values of a parameter, by its name."""
    found: dict[str, set[str]] = {}
    for one in requests:
        if one.tells:
            found.setdefault(one.tells, set()).add(one.resource)
    return {name: frozenset(resources) for name, resources in found.items()}


def _name(key: CodeRoleKey, options: NewRoleOptions) -> str:
    if key.role:
        return key.role.rpartition("/")[2][:64].replace("*", "x")
    return f"{(options.name or 'code')[:54]}-{key.by}" if key.by != CALLER else options.name or "code-caller"


def _documents(requests: Sequence[CodeRequest]) -> Iterator[tuple[str, IdentityPolicy]]:
    """Yield a policy for each call that makes *requests*, with what messages call it."""
    wide = {action for action, found in _resources(requests).items() if len(found) > _MOST_RESOURCES}
    by_call: dict[str, dict[tuple[str, str, tuple[str, ...]], None]] = {}
    for one in requests:
        resource = "*" if one.action in wide else one.resource
        name = f"{one.call.where} {one.call.name}"
        by_call.setdefault(name, {})[one.action, resource, one.passed_to] = None
    for name, found in by_call.items():
        statements = [_statement(*one) for one in found]
        yield name, IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})


def _resources(requests: Iterable[CodeRequest]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in requests:
        found.setdefault(one.action, set()).add(one.resource)
    return found


def _statement(action: str, resource: str, passed_to: tuple[str, ...]) -> dict[str, object]:
    made: dict[str, object] = {"Effect": "Allow", "Action": action, "Resource": resource}
    if passed_to:
        made["Condition"] = {"StringEquals": {"iam:PassedToService": list(passed_to)}}
    return made
