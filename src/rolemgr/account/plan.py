"""
What has to be done for a role to be in an account: pure, from what is there and what is wanted.

A role comes into being in an order in which it never has more than it should: its managed policies, which
give nothing before they are attached, and the boundary that is made with it; the role with boundary and tags;
the inline policy, which holds every Deny; the attachments. Then it is read back, and only after that it is
marked as complete.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rolemgr.account.difference import sentences
from rolemgr.account.drift import RoleDrift, find_drift
from rolemgr.account.ownership import State, tag_list
from rolemgr.account.read import AccountRole
from rolemgr.account.role_steps import attach, policy_steps, put_inline
from rolemgr.account.step import ApiCall, PlanStep, Thing, text_of
from rolemgr.account.update import plan_update
from rolemgr.account.wanted import ExistingResources, Wanted
from rolemgr.errors import AwsError, Refused, RolemgrError
from rolemgr.iam.arn import is_aws_managed

Action: TypeAlias = Literal["create", "update", "unchanged", "refuse"]


@dataclass(frozen=True)
class RolePlan:
    """What is to be done for one role, and why nothing is where that is so."""

    wanted: Wanted
    action: Action
    steps: tuple[PlanStep, ...] = ()
    cleanup: tuple[PlanStep, ...] = ()
    """What is taken away after the role is complete: what no longer belongs to it."""
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: RolemgrError | None = None
    drift: RoleDrift | None = None
    """How the role in the account differs from the wanted one, as it is compared."""

    @property
    def does(self) -> bool:
        """Whether it does anything, now or with --update."""
        return self.action in ("create", "update") or bool(self.differences)

    @property
    def may_give(self) -> bool:
        """Whether the role may be able to do more afterwards; of one that is new, whatever it may do is more."""
        if self.drift is None:
            return self.action == "create"
        of_drift = len(sentences(self.drift))
        return not of_drift or len(self.differences) > of_drift or any(one.may_give for one in self.drift.drifts)


def plan_role(
    wanted: Wanted, found: ExistingResources, run: str, *, update: bool = False, prune: bool = False
) -> RolePlan:
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
    drift = find_drift(found.role, wanted.documents, {})
    differences = (*sentences(drift), *_of_its_boundary(wanted, found))
    if state and state.phase == "complete" and not differences:
        return RolePlan(wanted, "unchanged")
    if problem := _not_without_asking(found.role, differences, update=update):
        return RolePlan(wanted, "refuse", differences=differences, problem=problem, drift=drift)
    made = plan_update(wanted, found, run, prune=prune)
    if isinstance(made, RolemgrError):
        return RolePlan(wanted, "refuse", differences=differences, problem=made, drift=drift)
    notes = (*_half_made_notes(name, state), *shared, *made.notes, *_left_boundary(wanted, found.role))
    return RolePlan(wanted, "update", made.steps, made.cleanup, differences, notes, drift=drift)


def _taken(wanted: Wanted, found: ExistingResources) -> AwsError | None:
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


def _left_over(wanted: Wanted, found: ExistingResources, *, update: bool) -> AwsError | None:
    """Return what to say of policies of ours without their role, which a run that was cut short leaves."""
    if found.role or update or not found.policies:
        return None
    commands = " && ".join(ApiCall("delete_policy", {"PolicyArn": arn}).command for arn in found.policies)
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


def _left_boundary(wanted: Wanted, role: AccountRole) -> Iterator[str]:
    """Yield that the policy of a boundary that no longer bounds *role* stays: nobody knows whom else it bounds."""
    old = role.boundary
    if old and old != wanted.documents.boundary and not is_aws_managed(old):
        command = ApiCall("delete_policy", {"PolicyArn": old}).command
        yield (
            f"{old} no longer bounds {role.name} and stays in the account: where `aws iam list-entities-for-policy "
            f"--policy-arn {old}` names nobody, {command} takes it away, its older versions first"
        )


def _of_its_boundary(wanted: Wanted, found: ExistingResources) -> Iterator[str]:
    """Yield that the boundary that is made with the role says something else than the file."""
    own, arn = wanted.documents.own_boundary, wanted.documents.boundary
    there = found.policies.get(arn) if arn else None
    if own and there and there.document != own.document:
        yield f"the permissions boundary {arn} says something else than the file"


def _shared(wanted: Wanted, found: ExistingResources) -> Iterator[str]:
    """Yield which managed policies will change for others too: somebody attached the role's own to them."""
    attached = {*(policy.arn for policy in found.role.attached), found.role.boundary} if found.role else set()
    for policy in wanted.own_policies:
        arn = wanted.policy_arn(policy)
        there = found.policies.get(arn)
        others = there.attachments - (arn in attached) if there else 0
        if there and others > 0 and there.document != policy.document:
            yield f"policy {arn} is attached to {others} more than this role, or bounds them: it changes for them too"


def _creation(wanted: Wanted, found: ExistingResources, run: str) -> Iterator[PlanStep]:
    documents = wanted.documents
    for policy in wanted.own_policies:
        yield from policy_steps(wanted, policy, found, run)
    yield _create_role(wanted, run)
    for inline in documents.policies:
        undo = ApiCall("delete_role_policy", {"RoleName": documents.name, "PolicyName": inline.name})
        yield put_inline(documents.name, inline.name, inline.document, undo)
    for arn in wanted.attachments:
        yield attach(documents.name, arn)


def _create_role(wanted: Wanted, run: str) -> PlanStep:
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
    undo = ApiCall("delete_role", {"RoleName": documents.name})
    made = Thing("role", documents.name, wanted.arn)
    return PlanStep(
        f"create role {wanted.arn}", ApiCall("create_role", parameters), (undo,), made, f"role {wanted.arn}"
    )
