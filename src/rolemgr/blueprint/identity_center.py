"""
Roles that people sign in to through Identity Center: those that trust its provider, and what a blueprint says of it.

Identity Center makes the role of a permission set itself, under a name of its own in each account, so no policy of
another account can name it beforehand.
https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rolemgr.blueprint.flows import ExpandedFlow
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import SamlTrust

_PROVIDER: Final = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:saml-provider/AWSSSO_[A-Za-z0-9._-]+")


def is_permission_set(spec: RoleSpec) -> bool:
    """Tell whether the role of *spec* trusts the provider of Identity Center, and nobody else."""
    return all(isinstance(one, SamlTrust) and _PROVIDER.fullmatch(one.value) for one in spec.trust)


def caller_arn(spec: RoleSpec) -> str:
    """
    Return the ARN that requests of the role have: of a permission set an example of the roles made of it.

    Identity Center ends their names in 16 characters of its own choice.
    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    if not spec.trust or not is_permission_set(spec):
        return spec.arn
    place = f"arn:{spec.partition_name}:iam::{spec.account}:role/aws-reserved/sso.amazonaws.com/{spec.region}"
    return f"{place}/AWSReservedSSO_{spec.role_name}_0123456789abcdef"


def wrong_in_identity_center(
    blueprint: Sourced[Blueprint], specs: Iterable[tuple[str, RoleSpec]], flows: Iterable[ExpandedFlow]
) -> Iterator[InputError]:
    """Yield what can't be of the roles at each place: assigned to nobody's permission set, named from elsewhere."""
    sets = {place: spec for place, spec in specs if is_permission_set(spec)}
    center = blueprint.value.identity_center
    for place in center.assignments if center else ():
        where = blueprint.at("identity_center", "assignments", place)
        if place not in blueprint.value.roles:
            yield UnknownNameError(where, "role", place, blueprint.value.roles)
        elif place not in sets:
            hint = "say `trust: [saml:arn:aws:iam::ACCOUNT:saml-provider/AWSSSO_..._DO_NOT_DELETE]`"
            yield InputError(where, f"`{place}` does not trust Identity Center's provider alone", hint)
    yield from _named_by_place(blueprint, sets, flows)
    for place, spec in sets.items():
        missing = [key for key in spec.abac if key not in spec.tag and center and key not in center.attributes]
        if missing:
            problem = f"sessions of `{place}` bring the tag {missing[0]}, and nothing says where that comes from"
            hint = f"say `attributes: {{{missing[0]}: ...}}`"
            yield InputError(blueprint.at("identity_center"), problem, hint)


def _named_by_place(
    blueprint: Sourced[Blueprint], sets: Mapping[str, RoleSpec], flows: Iterable[ExpandedFlow]
) -> Iterator[InputError]:
    """Yield what would put the name of a permission set in a policy: the roles that are made of it have others."""
    for flow in flows:
        if flow.role in sets and flow.target.kind == "role":
            problem = f"`{flow.role}` is a permission set, and no trust policy can name its role"
            yield InputError(flow.where, problem, "let a role of jobs do it")
        elif flow.role in sets and (flow.crosses or any(map(flow.elsewhere, flow.pattern.value.policies))):
            problem = f"`{flow.role}` is a permission set, and no policy of another account can name its role"
            yield InputError(flow.where, problem, "let a role of jobs do it")
    for path, layers in blueprint.value.layers_at():
        for number, one in enumerate(layers.exempt):
            if one.role in sets:
                pattern = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_NAME_*"
                where = blueprint.at(*path, "layers", "exempt", number)
                problem = f"`{one.role}` is a permission set, and its role has a name that Identity Center chooses"
                yield InputError(where, problem, f"say who is exempt by ARN, as {pattern}")
