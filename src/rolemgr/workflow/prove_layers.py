"""Proofs over the layers around a role: what was asked for, held against the policies that are to hold it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.iam.documents import IdentityPolicy, ResourceControlPolicy
from rolemgr.iam.uses import Use
from rolemgr.model.layer import OrganizationPolicy
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.prove.boundary import BoundedRole, prove_boundary
from rolemgr.prove.organization import LayerToProve, prove_organization
from rolemgr.prove.proof import together
from rolemgr.prove.resource_policy import prove_resource_policy
from rolemgr.workflow.boundary import BoundaryRequest, make_boundary, make_each_boundary
from rolemgr.workflow.layer_policies import LayerRequest, make_layer
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.policy_files import read_documents
from rolemgr.workflow.prove import Proven, as_given
from rolemgr.workflow.resource_policies import MadeResourcePolicy, ResourceRequest, make_resource

_ADMINISTRATOR = "administrator.json"
"""What the command lines of counterexamples call a policy that allows everything."""
_EVERYBODY = "everybody.json"
"""The same of a resource's policy that lets everybody in, which an RCP is asked under."""


def prove_layer(request: LayerRequest, attached: Sequence[str], outside: Outside) -> Proven:
    """
    Return the proofs that SCPs or RCPs hold what *request* asks for: those of the files *attached*, or the rendered.

    Raises as `make_layer` does, and InputError for a file that holds no such policy.
    """
    made = make_layer(request, outside)
    documents = tuple(one.document for one in made.documents.policies)
    is_scp = made.composed.kind is LayerKind.SCP
    if attached:
        documents = _attached(attached, IdentityPolicy if is_scp else ResourceControlPolicy, Use.SCP, outside, is_scp)
    if attached and request.merge:
        raise InputError(SourceLocation("--merge"), "goes without --attached", "give the one or the other")
    files = attached or (f"{request.kind}s.json",)
    lets_in = () if is_scp else ("--resource-policy", _EVERYBODY)
    flags = (_ADMINISTRATOR, *lets_in, *(word for file in files for word in (f"--{request.kind}", file)))
    subject = LayerToProve(
        made.catalog, made.composed, documents, flags, not (attached or request.merge), made.setting.kms_key_names
    )  # fmt: skip
    return Proven(f"{made.name}, {_counted(len(documents))}", prove_organization(subject))


def _attached(
    files: Sequence[str], kind: Any, use: Use, outside: Outside, is_scp: bool
) -> tuple[OrganizationPolicy, ...]:
    found = (read_documents(file, kind, outside, use if is_scp else None) for file in files)
    return tuple(document for documents in found for document in documents)


def _counted(policies: int) -> str:
    return f"{policies} {'policy' if policies == 1 else 'policies'}"


def prove_bounds(request: BoundaryRequest, attached: Sequence[str], outside: Outside, *, verbose: bool) -> Proven:
    """
    Return the proofs that a boundary bounds the roles of *request* and takes nothing from them.

    The boundary is that of the file *attached*, or the rendered one. Raises as `make_boundary` does.
    """
    made = make_boundary(request, outside, verbose=verbose)
    boundary = made.filled.document
    if attached:
        documents = [one for file in attached for one in read_documents(file, IdentityPolicy, outside, Use.BOUNDARY)]
        if len(documents) != 1:
            raise InputError(SourceLocation("--attached"), f"there can be one boundary, not {len(documents)}")
        boundary = documents[0]
    flags = (*as_given(request.chosen), "--boundary-policy", *(attached or ("boundary.json",)))
    roles = [BoundedRole(one.role, one.policies().identity) for one in made.roles]
    return Proven(f"boundary {made.policy.name}", prove_boundary(roles, boundary, flags))


def prove_bounds_each(
    request: BoundaryRequest, files: Sequence[str], attached: Sequence[str], outside: Outside, *, verbose: bool
) -> Proven:
    """
    Return the proofs of `prove_bounds` over the boundary of each of *files*, together.

    Raises InputError (or Problems) for what is wrong with any, and for a boundary *attached* to all of them.
    """
    if attached:
        problem = "is the boundary of one role, and several role files are given"
        raise InputError(SourceLocation("--attached"), problem, "prove them one by one")
    around = outside._replace(say=once(outside.say))
    made, wrong = make_each_boundary(request, files, around, verbose=verbose)
    raise_all(wrong)
    asked = (replace(request, chosen={**request.chosen, "role": one.file}) for one in made)
    quiet = outside._replace(say=lambda _: None)
    found = [prove_bounds(one, (), quiet, verbose=False) for one in asked]
    return Proven(f"{len(found)} boundaries", together([proof for one in found for proof in one.proofs]))


def prove_resource(request: ResourceRequest, outside: Outside) -> Proven:
    """Return the proofs of the policy that *request* asks for; raise as `make_resource_policy` does."""
    made = make_resource(request, outside)
    if not isinstance(made, MadeResourcePolicy):
        problem = f"`{request.kind}` is shared by RAM, which writes its policy itself"
        raise InputError(SourceLocation("--prove"), problem, "leave it out")
    there = made.there
    flags = (_ADMINISTRATOR, "--resource-policy", "policy.json")
    is_endpoint = made.composed.pattern.judged_by is None
    proofs = prove_resource_policy(made.document, there, flags, is_endpoint=is_endpoint)
    return Proven(f"{request.kind} {made.name}", proofs)
