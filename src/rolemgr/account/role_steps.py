"""The steps that a role comes into being by, or is changed by: each a call of IAM's and the calls that undo it."""

from collections.abc import Iterator

from rolemgr.account.ownership import State, policy_tags, tag_list
from rolemgr.account.read import AccountPolicy
from rolemgr.account.step import ApiCall, PlanStep, Thing, text_of
from rolemgr.account.wanted import ExistingResources, Wanted
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.model.role import NamedPolicy
from rolemgr.reference.quirks import quota


def policy_steps(wanted: Wanted, policy: NamedPolicy, found: ExistingResources, run: str) -> Iterator[PlanStep]:
    """Yield what makes the managed *policy* have its document: create it, or give it a new version."""
    arn = wanted.policy_arn(policy)
    there = found.policies.get(arn)
    if there is None:
        yield _create_policy(wanted, policy, run)
    elif there.document != policy.document:
        yield from _new_version(there, policy.document, found.versions[arn])


def _create_policy(wanted: Wanted, policy: NamedPolicy, run: str) -> PlanStep:
    arn, role = wanted.policy_arn(policy), wanted.documents.name
    parameters = {
        "PolicyName": policy.name,
        "Path": wanted.documents.path,
        "PolicyDocument": text_of(policy.document),
        "Description": f"Part of role {role}, made by rolemgr",
        "Tags": tag_list(policy_tags(role, run)),
    }
    undo = ApiCall("delete_policy", {"PolicyArn": arn})
    return PlanStep(f"create policy {arn}", ApiCall("create_policy", parameters), (undo,), Thing("policy", arn, arn),
                    f"policy {arn}")  # fmt: skip


def _new_version(policy: AccountPolicy, document: IdentityPolicy, versions: tuple[str, ...]) -> Iterator[PlanStep]:
    """Yield a new default version, and before it the end of the oldest where IAM's quota of versions is full."""
    kept = versions
    if len(versions) >= quota("managed_policy_versions"):
        oldest = min((one for one in versions if one != policy.version), key=version_number)
        kept = tuple(one for one in versions if one != oldest)
        yield PlanStep(f"delete version {oldest} of {policy.arn}, the oldest of {len(versions)}",
                       ApiCall("delete_policy_version", {"PolicyArn": policy.arn, "VersionId": oldest}))  # fmt: skip
    parameters = {"PolicyArn": policy.arn, "PolicyDocument": text_of(document), "SetAsDefault": True}
    undo = (ApiCall(BACK_TO_VERSION, {"PolicyArn": policy.arn, "VersionId": policy.version, "Kept": kept}),)
    yield PlanStep(f"change policy {policy.arn}", ApiCall("create_policy_version", parameters), undo,
                   left=f"a new version of policy {policy.arn}")  # fmt: skip


BACK_TO_VERSION = "back_to_policy_version"
"""No operation of IAM's: make a version the default again, and delete those that are not among the ones kept."""


def version_number(version: str) -> int:
    """Return the number in a version's id: 12 of ``v12``."""
    return int(version[1:].partition(".")[0])


def put_inline(role: str, name: str, document: IdentityPolicy, undo: ApiCall) -> PlanStep:
    """Return the step that gives *role* the inline policy *name*."""
    parameters = {"RoleName": role, "PolicyName": name, "PolicyDocument": text_of(document)}
    return PlanStep(f"put inline policy {name}", ApiCall("put_role_policy", parameters), (undo,),
                    left=f"inline policy {name} of role {role}")  # fmt: skip


def attach(role: str, arn: str) -> PlanStep:
    """Return the step that attaches the managed policy *arn*."""
    parameters = {"RoleName": role, "PolicyArn": arn}
    return PlanStep(f"attach {arn}", ApiCall("attach_role_policy", parameters),
                    (ApiCall("detach_role_policy", parameters),),
                    left=f"attachment of {arn} to role {role}")  # fmt: skip


def detach(role: str, arn: str) -> PlanStep:
    """Return the step that detaches the managed policy *arn*."""
    parameters = {"RoleName": role, "PolicyArn": arn}
    return PlanStep(f"detach {arn}", ApiCall("detach_role_policy", parameters),
                    (ApiCall("attach_role_policy", parameters),),
                    left=f"role {role} without {arn}")  # fmt: skip


def mark(role: str, state: State, before: State | None = None) -> PlanStep:
    """Return the step that tags *role* with how far it is; taken back, it says *before*."""
    undo = (ApiCall("tag_role", {"RoleName": role, "Tags": [before.tag]}),) if before else ()
    return PlanStep(f"tag role {role} as {state.phase}",
                    ApiCall("tag_role", {"RoleName": role, "Tags": [state.tag]}), undo,
                    left=f"role {role} marked as {state.phase}")  # fmt: skip
