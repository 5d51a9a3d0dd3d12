"""Roles and policies side by side: each read as what it is, and measured against AmazonSageMakerFullAccess."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any, Final

from rolemgr.audit.measure.measure import REFERENCE, AccessMeasure, ComparedRoles, measure, reference_measure
from rolemgr.errors import InputError, SourceLocation, UnknownNameError
from rolemgr.files.source import LIMITS
from rolemgr.iam.arn import is_aws_managed
from rolemgr.model.inventory import HeldRole
from rolemgr.model.role import NamedPolicy
from rolemgr.reference.managed_policies import managed_policy, managed_policy_names
from rolemgr.reference.role_manager import role_manager_output, role_manager_personas
from rolemgr.workflow.choices import names_a_role
from rolemgr.workflow.file_kind import is_role_text
from rolemgr.workflow.given_files import expanded
from rolemgr.workflow.many import matching_files
from rolemgr.workflow.migrate import read_roles
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role import attached_to, render_asked
from rolemgr.workflow.role_options import given_flag

ROLE_MANAGER: Final = "role-manager:"
"""What stands before the name of a persona of SageMaker Role Manager."""
_ENDINGS: Final = (".json", ".yaml", ".yml", ".tf")
_BOUNDARY: Final = "what its permissions boundary takes away is not counted"


def compared(
    names: Sequence[str], principals: Sequence[str], chosen: Mapping[str, Any], outside: Outside, *, verbose: bool
) -> ComparedRoles:
    """
    Return the measures of the role that is *chosen*, and of what *names* mean: files, AWS's policies, Role Manager's.

    Of an inventory all roles are meant, or *principals* alone. Raises InputError for what can't be read or is unknown.
    """
    sides = _Sides(principals, outside, verbose=verbose)
    is_chosen = bool(chosen["persona"] or chosen["role"]) if names else names_a_role(chosen, outside.environ)
    if is_chosen:
        sides.add_role_file(chosen)
    elif flag := given_flag(chosen):
        raise InputError(SourceLocation(flag), "changes a role that is chosen", "give --persona or --role beside it")
    for name in expanded(names):
        sides.add(name)
    sides.require_principals()
    if not sides.found:
        raise InputError(None, "nothing is compared", "give --persona NAME, a role file, or a policy")
    return ComparedRoles(
        tuple(one for one in _told_apart(sides) if one.name != REFERENCE), reference_measure(), tuple(sides.not_judged)
    )


def _told_apart(sides: "_Sides") -> Iterator[AccessMeasure]:
    """Yield what was found, with the file behind a name that several have."""
    names = Counter(one.name for one in sides.found)
    for one, source in zip(sides.found, sides.sources, strict=True):
        yield replace(one, name=f"{one.name} ({source})") if names[one.name] > 1 and source else one


class _Sides:
    """Collects what is compared, in the order in which it is named."""

    def __init__(self, principals: Sequence[str], outside: Outside, *, verbose: bool) -> None:
        self._principals, self._outside, self._verbose = principals, outside, verbose
        self._known: set[str] = set()
        self.found: list[AccessMeasure] = []
        self.sources: list[str] = []
        """Of each the file that it is of; nothing where it is of none."""
        self.not_judged: list[str] = []

    def add(self, name: str) -> None:
        """Add what *name* means: a file, a folder of role files, a policy of AWS's, a persona of Role Manager's."""
        if os.path.isdir(name):  # noqa: PTH112 - never raises
            for file in matching_files([name], self._outside):
                self.add_role_file({"role": file})
        elif name == "-" or os.path.lexists(name) or name.endswith(_ENDINGS):
            self._add_file(name)
        else:
            self._take(_published(name), "")

    def add_role_file(self, chosen: Mapping[str, Any]) -> None:
        """Add the role that *chosen* says."""
        made = render_asked(chosen, self._outside, verbose=self._verbose)
        documents, known = made.documents, attached_to(made.role)
        policies = [NamedPolicy(one.name, one.document) for one in (*documents.policies, *documents.managed_policies)]
        policies += [NamedPolicy(arn.rpartition("/")[2], document) for arn, document in known.items()]
        unknown = [_unknown_policy(arn) for arn in made.role.spec.managed_policy if arn not in known]
        bounded = bool(made.role.spec.boundary or documents.own_boundary)
        self._take(measure(documents.name, policies, unknown, [_BOUNDARY] if bounded else []), chosen["role"] or "")

    def _take(self, one: AccessMeasure, source: object) -> None:
        self.found.append(one)
        self.sources.append(str(source))

    def require_principals(self) -> None:
        """Raise UnknownNameError for a principal that no file has."""
        for name in self._principals:
            if name not in self._known:
                raise UnknownNameError(SourceLocation("--principal"), "role or user", name, self._known)

    def _add_file(self, name: str) -> None:
        if name.endswith((".yaml", ".yml")) and is_role_text(*self._outside.read(name, LIMITS)):
            self.add_role_file({"role": name})
            return
        inventory, is_account = read_roles([name], None, self._outside)
        of_holders = {gap for holder in inventory.principals.values() for gap in holder.unknown}
        self.not_judged += [
            f"{_place(one.path, one.line)}: {one.place}: {one.reason}"
            for one in inventory.not_judged
            if one not in of_holders
        ]
        for holder in inventory.principals.values():
            self._known |= {holder.arn, holder.name}
            is_meant = not self._principals or not {holder.arn, holder.name}.isdisjoint(self._principals)
            if is_meant and not holder.is_of_a_service:
                is_file = not is_account and holder.name == PurePath(name).stem
                self._take(_of_holder(holder, name if is_file else holder.name), name)


def _place(path: str, line: int | None) -> str:
    return f"{path}:{line}" if line else path


def _published(name: str) -> AccessMeasure:
    """Return the measure of AWS's managed policy *name*, or of a persona of Role Manager's."""
    if name.startswith(ROLE_MANAGER):
        return _of_role_manager(name.removeprefix(ROLE_MANAGER))
    policy = managed_policy(name.rpartition("/")[2], "aws")
    if policy is None:
        known = (*managed_policy_names(), *(f"{ROLE_MANAGER}{one}" for one in role_manager_personas()))
        hint = "a file, a policy of AWS's whose text is here, or role-manager:data-scientist"
        raise UnknownNameError(None, "file or policy", name, known, otherwise=hint)
    return measure(policy.name, [NamedPolicy(policy.name, policy.document)])


def _of_role_manager(persona: str) -> AccessMeasure:
    if persona not in role_manager_personas():
        raise UnknownNameError(None, "persona of Role Manager", persona, role_manager_personas())
    activities = role_manager_output(persona)
    policies = [NamedPolicy(one.name, one.document) for one in activities if one.document]
    unknown = [f"{one.name}: {one.unpublished}; it is not counted" for one in activities if not one.document]
    return measure(f"{ROLE_MANAGER}{persona}", policies, beside=unknown)


def _unknown_policy(arn: str) -> str:
    whose = "AWS's, and its text is not here" if is_aws_managed(arn) else "the account's own"
    return f"what {arn} allows is not known: it is {whose}"


def _of_holder(holder: HeldRole, name: str) -> AccessMeasure:
    policies = [NamedPolicy(one.name, one.document) for one in holder.policies]
    unknown = [f"{one.place}: {one.reason}" for one in holder.unknown]
    return measure(name, policies, unknown, [_BOUNDARY] if holder.boundary_arn or holder.boundary else [])
