"""
What has to be done for a role to be in an account: pure, from what is there and what is wanted.

A role comes into being in an order in which it never has more than it should: its managed policies, which
give nothing before they are attached; the role with boundary and tags; the inline policy, which holds every
Deny; the attachments. Then it is read back, and only after that it is marked as complete.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rolemgr.account.difference import describe_difference
from rolemgr.account.ownership import State, policy_tags, tag_list
from rolemgr.account.read import AccountPolicy, AccountRole
from rolemgr.account.step import Call, Step, Thing, text_of
from rolemgr.errors import AwsError, Refused, RolemgrError
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import NamedPolicy, RoleDocuments
from rolemgr.reference.quirks import quota

Action: TypeAlias = Literal["create", "update", "unchanged", "refuse"]


@dataclass(frozen=True)
class Wanted:
    """A role as it should be in an account, with the ARNs that it will have there."""

    documents: RoleDocuments
    account: str
    partition: str

    @property
    def arn(self) -> str:
        """The role's ARN."""
        return f"arn:{self.partition}:iam::{self.account}:role{self.documents.path}{self.documents.name}"

    def policy_arn(self, policy: NamedPolicy) -> str:
        """Return the ARN of one of its managed policies."""
        return f"arn:{self.partition}:iam::{self.account}:policy{self.documents.path}{policy.name}"

    @property
    def attachments(self) -> tuple[str, ...]:
        """The ARNs of all that is attached: its own managed policies first."""
        return (*map(self.policy_arn, self.documents.managed_policies), *self.documents.attached)


@dataclass(frozen=True)
class Found:
    """What an account has under the names that a wanted role takes."""

    role: AccountRole | None = None
    foreign: str | None = None
    """The ARN of a role of this name that rolemgr did not make."""
    policies: Mapping[str, AccountPolicy] = field(default_factory=dict)
    """By ARN, the managed policies that stand where the role's own go."""
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By ARN, the versions that a managed policy of ours has."""
    missing: tuple[str, ...] = ()
    """ARNs of policies that the role names and the account has not."""


@dataclass(frozen=True)
class RolePlan:
    """What is to be done for one role, and why nothing is where that is so."""

    wanted: Wanted
    action: Action
    steps: tuple[Step, ...] = ()
    cleanup: tuple[Step, ...] = ()
    """What is taken away after the role is complete: what no longer belongs to it."""
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: RolemgrError | None = None


def plan_role(wanted: Wanted, found: Found, run: str, *, update: bool = False, prune: bool = False) -> RolePlan:
    """
    Return what *run* is to do so that the account, which has *found*, has the role that is *wanted*.

    A role that exists is changed with *update* alone, and only one that rolemgr made; what is on it and not
    in the file is taken away with *prune* alone.
    """
    name = wanted.documents.name
    if taken := _taken(wanted, found) or _left_over(wanted, found, update=update):
        return RolePlan(wanted, "refuse", problem=taken)
    shared = tuple(_shared(wanted, found))
    if found.role is None:
        return RolePlan(wanted, "create", steps=tuple(_creation(wanted, found, run)), notes=shared)
    state = found.role.state
    differences = describe_difference(found.role, wanted.documents)
    if state and state.phase == "complete" and not differences:
        return RolePlan(wanted, "unchanged")
    if problem := _not_without_asking(found.role, differences, update=update):
        return RolePlan(wanted, "refuse", differences=differences, problem=problem)
    from rolemgr.account.update import plan_update

    made = plan_update(wanted, found, run, prune=prune)
    if isinstance(made, RolemgrError):
        return RolePlan(wanted, "refuse", differences=differences, problem=made)
    notes = (*_half_made_notes(name, state), *shared, *made.notes)
    return RolePlan(wanted, "update", made.steps, made.cleanup, differences, notes)


def _taken(wanted: Wanted, found: Found) -> AwsError | None:
    """Return why the role can't be made at all: a name is somebody else's, or a policy that it names is not there."""
    name = wanted.documents.name
    if found.foreign:
        return AwsError(f"role {found.foreign} exists, not made by rolemgr",
                        "choose another --name; rolemgr never changes it")  # fmt: skip
    for arn, policy in found.policies.items():
        if not policy.belongs_to(name):
            return AwsError(f"policy {arn} exists, not made by rolemgr for this role", "choose another --name")
    if found.missing:
        return AwsError(f"{', '.join(found.missing)} does not exist", "make it first, or leave it out")
    return None


def _left_over(wanted: Wanted, found: Found, *, update: bool) -> AwsError | None:
    """Return what to say of policies of ours without their role, which a run that was cut short leaves."""
    if found.role or update or not found.policies:
        return None
    commands = " && ".join(Call("delete_policy", {"PolicyArn": arn}).command for arn in found.policies)
    return AwsError(f"a run that was cut short left policies of role {wanted.documents.name}, or is still making it",
                    f"finish it with `rolemgr apply --update`, or remove them: {commands}")  # fmt: skip


def _not_without_asking(role: AccountRole, differences: tuple[str, ...], *, update: bool) -> RolemgrError | None:
    if update:
        return None
    state = role.state
    if state and state.phase != "complete":
        what = "half-made" if state.phase == "creating" else "half-changed"
        return AwsError(f"role {role.arn} is {what}: run {state.run} is at it, or was killed",
                        "if no run is at it, `rolemgr apply --update` finishes it")  # fmt: skip
    return Refused(f"role {role.arn} is rolemgr's and differs: {differences[0]}"
                   + (f", and {len(differences) - 1} more" if len(differences) > 1 else "")
                   + "; `rolemgr apply --update` changes it")  # fmt: skip


def _half_made_notes(name: str, state: State | None) -> Iterator[str]:
    if state and state.phase != "complete":
        yield f"{name} was left while {state.phase} by run {state.run}, or is still being worked on: this finishes it"


def _shared(wanted: Wanted, found: Found) -> Iterator[str]:
    """Yield which managed policies will change for others too: somebody attached the role's own to them."""
    attached = {policy.arn for policy in found.role.attached} if found.role else set()
    for policy in wanted.documents.managed_policies:
        arn = wanted.policy_arn(policy)
        there = found.policies.get(arn)
        others = there.attachments - (arn in attached) if there else 0
        if there and others > 0 and there.document != policy.document:
            yield f"policy {arn} is attached to {others} more than this role: it changes for them too"


def _creation(wanted: Wanted, found: Found, run: str) -> Iterator[Step]:
    documents = wanted.documents
    for policy in documents.managed_policies:
        yield from policy_steps(wanted, policy, found, run)
    yield _create_role(wanted, run)
    for inline in documents.policies:
        undo = Call("delete_role_policy", {"RoleName": documents.name, "PolicyName": inline.name})
        yield put_inline(documents.name, inline.name, inline.document, undo)
    for arn in wanted.attachments:
        yield attach(documents.name, arn)


def _create_role(wanted: Wanted, run: str) -> Step:
    documents = wanted.documents
    parameters = {
        "RoleName": documents.name,
        "Path": documents.path,
        "Description": documents.description,
        "MaxSessionDuration": documents.max_session,
        "AssumeRolePolicyDocument": text_of(documents.trust_policy),
        "Tags": [State("creating", run).tag, *tag_list(documents.tags)],
    }
    if documents.boundary:
        parameters["PermissionsBoundary"] = documents.boundary
    undo = Call("delete_role", {"RoleName": documents.name})
    made = Thing("role", documents.name, wanted.arn)
    return Step(f"create role {wanted.arn}", Call("create_role", parameters), (undo,), made, f"role {wanted.arn}")


def policy_steps(wanted: Wanted, policy: NamedPolicy, found: Found, run: str) -> Iterator[Step]:
    """Yield what makes the managed *policy* have its document: create it, or give it a new version."""
    arn = wanted.policy_arn(policy)
    there = found.policies.get(arn)
    if there is None:
        yield _create_policy(wanted, policy, run)
    elif there.document != policy.document:
        yield from _new_version(there, policy.document, found.versions[arn])


def _create_policy(wanted: Wanted, policy: NamedPolicy, run: str) -> Step:
    arn, role = wanted.policy_arn(policy), wanted.documents.name
    parameters = {
        "PolicyName": policy.name,
        "Path": wanted.documents.path,
        "PolicyDocument": text_of(policy.document),
        "Description": f"Part of role {role}, made by rolemgr",
        "Tags": tag_list(policy_tags(role, run)),
    }
    undo = Call("delete_policy", {"PolicyArn": arn})
    return Step(f"create policy {arn}", Call("create_policy", parameters), (undo,), Thing("policy", arn, arn),
                f"policy {arn}")  # fmt: skip


def _new_version(policy: AccountPolicy, document: IdentityPolicy, versions: tuple[str, ...]) -> Iterator[Step]:
    """Yield a new default version, and before it the end of the oldest where IAM's quota of versions is full."""
    kept = versions
    if len(versions) >= quota("managed_policy_versions"):
        oldest = min((one for one in versions if one != policy.version), key=version_number)
        kept = tuple(one for one in versions if one != oldest)
        yield Step(f"delete version {oldest} of {policy.arn}, the oldest of {len(versions)}",
                   Call("delete_policy_version", {"PolicyArn": policy.arn, "VersionId": oldest}))  # fmt: skip
    parameters = {"PolicyArn": policy.arn, "PolicyDocument": text_of(document), "SetAsDefault": True}
    undo = (Call(BACK_TO_VERSION, {"PolicyArn": policy.arn, "VersionId": policy.version, "Kept": kept}),)
    yield Step(f"change policy {policy.arn}", Call("create_policy_version", parameters), undo,
               left=f"a new version of policy {policy.arn}")  # fmt: skip


BACK_TO_VERSION = "back_to_policy_version"
"""No operation of IAM's: make a version the default again, and delete those that are not among the ones kept."""


def version_number(version: str) -> int:
    """Return the number in a version's id: 12 of ``v12``."""
    return int(version[1:].partition(".")[0])


def put_inline(role: str, name: str, document: IdentityPolicy, undo: Call) -> Step:
    """Return the step that gives *role* the inline policy *name*."""
    parameters = {"RoleName": role, "PolicyName": name, "PolicyDocument": text_of(document)}
    return Step(f"put inline policy {name}", Call("put_role_policy", parameters), (undo,),
                left=f"inline policy {name} of role {role}")  # fmt: skip


def attach(role: str, arn: str) -> Step:
    """Return the step that attaches the managed policy *arn*."""
    parameters = {"RoleName": role, "PolicyArn": arn}
    return Step(f"attach {arn}", Call("attach_role_policy", parameters), (Call("detach_role_policy", parameters),),
                left=f"attachment of {arn} to role {role}")  # fmt: skip


def detach(role: str, arn: str) -> Step:
    """Return the step that detaches the managed policy *arn*."""
    parameters = {"RoleName": role, "PolicyArn": arn}
    return Step(f"detach {arn}", Call("detach_role_policy", parameters), (Call("attach_role_policy", parameters),),
                left=f"role {role} without {arn}")  # fmt: skip


def mark(role: str, state: State, before: State | None = None) -> Step:
    """Return the step that tags *role* with how far it is; taken back, it says *before*."""
    undo = (Call("tag_role", {"RoleName": role, "Tags": [before.tag]}),) if before else ()
    return Step(f"tag role {role} as {state.phase}", Call("tag_role", {"RoleName": role, "Tags": [state.tag]}), undo,
                left=f"role {role} marked as {state.phase}")  # fmt: skip
