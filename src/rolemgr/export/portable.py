"""
A role that is written once and put into any account and region: its documents with holes, checked by filling them.

Policies are packed for the largest texts that holes can take, in any known region, so a template never
breaks a quota where the role for one place would not. Before it is handed out, the holes are filled with the
values that the role was composed for, and what it then allows must be what the role allows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, RolemgrError
from rolemgr.export.parameters import TemplateParameter, template_parameters, with_stand_ins
from rolemgr.export.stand_ins import (
    ACCOUNT,
    BY_REGION,
    DNS_SUFFIX,
    PARTITION,
    REGION,
    STAND_INS,
    AnywhereSpec,
    Filling,
    FixedRegionSpec,
    Hole,
    known_regions,
)
from rolemgr.iam.arn import PARTITIONS, Arn, partition_of
from rolemgr.iam.documents import size_of
from rolemgr.model.role import ComposedRole, ComposedStatement, RoleDocuments
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.model.trust import AccountTrust, GitHubTrust, OidcTrust, SageMakerTrust, SamlTrust
from rolemgr.reference.quirks import quota
from rolemgr.render.documents import render

_NO_ACCOUNT = "0" * 12
_OF_THE_ACCOUNT = (SamlTrust, OidcTrust)
"""Trust in a provider that is in the role's own account."""


@dataclass(frozen=True)
class Portable:
    """A role with *documents* whose texts have holes."""

    role: ComposedRole
    documents: RoleDocuments
    holes: Mapping[str, Hole]
    """What fills each stand-in in the documents."""
    parameters: tuple[TemplateParameter, ...] = ()
    lists: tuple[str, ...] = ()
    """The lists that differ by region and that its texts use."""
    regions: tuple[str, ...] = ()
    """The regions that it may be put into where it uses such lists."""

    @property
    def free(self) -> frozenset[str]:
        """What nobody fixed: some of ``account``, ``region``, ``partition``."""
        return frozenset({ACCOUNT, REGION, PARTITION}.intersection(hole.name for hole in self.holes.values()))

    def by_region(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Return the values of its lists in each region."""
        return {region: {name: BY_REGION[name](region) for name in self.lists} for region in self.regions}

    def properties(self, account: str, region: str, values: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the role as properties for one place, its parameters as given or with *values* by name."""
        texts = _place_texts(account, region)
        for one in self.parameters:
            texts |= one.texts((values or {}).get(one.name, one.value))
        lists = {STAND_INS[name]: BY_REGION[name](region) for name in self.lists}
        filled: dict[str, Any] = Filling(texts, lists).value(self.documents.to_properties())
        return filled


def portable(
    catalog: Catalog, spec: Sourced[RoleSpec], own: RoleDocuments, *,
    parameterize: bool = False, region_chosen: bool = False,
) -> Portable:  # fmt: skip
    """
    Return the role that *spec* describes for any account and region, where it does not fix them.

    *own* are the documents for the place that was assumed. With *parameterize* the names that the user gave
    become parameters; with *region_chosen* the region stays the assumed one too. Raises InputError where the
    role can't be written without a fixed region, or where a policy would be over its quota somewhere.
    """
    free = {ACCOUNT, REGION} - spec.value.model_fields_set - ({REGION} if region_chosen else set())
    whole = free | {PARTITION} if REGION in free and not _in_one_partition(spec.value) else free
    made = _anywhere(catalog, spec, whole, free, parameterize)
    _refuse_stand_ins(own, made.holes)
    if _differs(made, own):
        raise AssertionError("the role for any place is not the role for this one")
    return made


def _anywhere(
    catalog: Catalog, spec: Sourced[RoleSpec], whole: set[str], free: set[str], parameterize: bool
) -> Portable:  # fmt: skip
    """
    Return the role with what is in *whole* left open, else with what is in *free*.

    The two differ by the partition, which any ARN of the user's fixes. Raises InputError where neither can be
    written: the role for one place can, so what is wrong comes of leaving it open.
    """
    try:
        return _portable(catalog, spec, whole, parameterize)
    except RolemgrError as error:
        if whole != free:
            return _anywhere(catalog, spec, free, free, parameterize)
        problem = error.problem if isinstance(error, InputError) else str(error).replace("\n", "; ")
        if any(stand_in in problem for stand_in in STAND_INS.values()):
            problem = "this role says something that only one account and region can fill in"
        more = " and leave out --parameterize" if parameterize else ""
        raise InputError(None, problem, f"fix --account and --region{more}") from error


def _in_one_partition(spec: RoleSpec) -> bool:
    """Tell whether *spec* names its partition: by itself, or in the ARN of a principal that it trusts."""
    open_kinds = (SageMakerTrust, ServiceTrust, AccountTrust, GitHubTrust)
    return spec.partition is not None or not all(isinstance(trust, open_kinds) for trust in spec.trust)


def _refuse_stand_ins(own: RoleDocuments, stand_ins: Iterable[str]) -> None:
    """Raise InputError where a text of the role holds what stands for another: the two could not be told apart."""
    text = json.dumps(own.to_properties())
    if found := next((stand_in for stand_in in stand_ins if stand_in in text), None):
        raise InputError(None, f"`{found}` can't stand in a template: rolemgr uses it itself", "use another")


def _portable(catalog: Catalog, spec: Sourced[RoleSpec], free: set[str], parameterize: bool) -> Portable:
    partition = STAND_INS[PARTITION] if PARTITION in free else spec.value.partition_name
    parameters = template_parameters(spec.value, partition) if parameterize else ()
    role = compose(catalog, Sourced(_without_place(spec.value, free, partition, parameters), spec.source))
    holes = {STAND_INS[name]: Hole(name) for name in free}
    if PARTITION in free:
        holes[STAND_INS[DNS_SUFFIX]] = Hole(DNS_SUFFIX)
    if REGION in free:
        holes |= {STAND_INS[name]: Hole(name) for name in BY_REGION}
    for one in parameters:
        holes |= one.holes()
    return _rendered(role, holes, parameters, spec.value)


def _without_place(
    spec: RoleSpec, free: set[str], partition: str, parameters: tuple[TemplateParameter, ...]
) -> RoleSpec:  # fmt: skip
    """Return *spec* with stand-ins for what is *free*; it was read and checked with its own values before."""
    account = STAND_INS[ACCOUNT] if ACCOUNT in free else spec.account
    attached = partial(_attached, account=account, partition=partition, own=spec.account)
    fields = {
        **{name: getattr(spec, name) for name in RoleSpec.model_fields},
        "account": account,
        "region": STAND_INS[REGION] if REGION in free else spec.region,
        "partition": partition,
        "boundary": attached(spec.boundary) if spec.boundary else None,
        "managed_policy": tuple(map(attached, spec.managed_policy)),
        "trust": tuple(
            trust.model_copy(update={"value": attached(trust.value)}) if isinstance(trust, _OF_THE_ACCOUNT) else trust
            for trust in spec.trust
        ),
        **with_stand_ins(spec, parameters),
    }
    kind = AnywhereSpec if REGION in free else FixedRegionSpec
    return kind.model_construct(spec.model_fields_set, **fields)


def _attached(text: str, *, account: str, partition: str, own: str) -> str:
    """
    Return the ARN *text* of what a role of *account* is tied to; what is of the *own* account moves with it.

    IAM attaches nothing but AWS's policies and those of the role's account, in the role's partition, and
    takes no identity provider of another account.
    """
    arn = Arn.parse(text)
    if arn is None:
        raise AssertionError("a policy or a provider has an ARN")
    return str(arn._replace(partition=partition, account=account if arn.account == own else arn.account))


def _rendered(
    role: ComposedRole, holes: Mapping[str, Hole], parameters: tuple[TemplateParameter, ...], spec: RoleSpec
) -> Portable:  # fmt: skip
    """Return *role* packed for any place, with those *parameters*, and lists by region, that it uses."""
    text = repr(role.statements)
    lists = tuple(name for name in BY_REGION if STAND_INS[name] in holes and STAND_INS[name] in text)
    _require_whole_resources(role, lists)
    known = known_regions(None if STAND_INS[PARTITION] in holes else spec.partition_name)
    regions = tuple(region for region in known if all(BY_REGION[name](region) for name in lists)) if lists else ()
    used = tuple(one for one in parameters if one.stand_in in text)
    places = known if STAND_INS[REGION] in holes else (spec.region,)
    largest = _largest(places, used, dict.fromkeys(lists, regions))
    documents = render(role, partial(_filled_statement, filling=largest))
    _check_trust(documents, largest)
    return Portable(role, documents, holes, used, lists, regions)


def _require_whole_resources(role: ComposedRole, lists: Iterable[str]) -> None:
    """Raise InputError where one of the *lists* stands in anything but a resource, one list in each."""
    stand_ins = [STAND_INS[name] for name in lists]
    for statement in role.statements:
        twice = [text for text in statement.resources if sum(one in text for one in stand_ins) > 1]
        if twice or any(one in json.dumps(statement.conditions) for one in stand_ins):
            problem = f"statement `{statement.sid}` says something else in each region"
            raise InputError(None, problem, "fix --region")


def _largest(
    regions: Iterable[str], parameters: Iterable[TemplateParameter], lists: Mapping[str, Iterable[str]]
) -> Filling:  # fmt: skip
    """Return the longest texts that can fill holes in any of *regions*, and the longest of *lists* in theirs."""
    places = [_place_texts(_NO_ACCOUNT, region) for region in regions]
    texts = {stand_in: max((place[stand_in] for place in places), key=len) for stand_in in places[0]}
    for one in parameters:
        texts |= one.longest_texts()
    values = {STAND_INS[name]: max(map(BY_REGION[name], found), key=len) for name, found in lists.items()}
    return Filling(texts, values)


def _place_texts(account: str, region: str) -> dict[str, str]:
    """Return what fills the stand-ins of a place."""
    partition = partition_of(region)
    values = {ACCOUNT: account, REGION: region, PARTITION: partition, DNS_SUFFIX: PARTITIONS[partition].dns_suffix}
    return {STAND_INS[name]: value for name, value in values.items()}


def _filled_statement(statement: ComposedStatement, *, filling: Filling) -> ComposedStatement:
    """Return *statement* as it is with its holes filled."""
    conditions = tuple(
        (operator, tuple((filling.text(key), tuple(map(filling.text, values))) for key, values in block))
        for operator, block in statement.conditions
    )
    resources = tuple(text for resource in statement.resources for text in filling.texts_of(resource))
    return replace(statement, resources=resources, conditions=conditions)


def _check_trust(documents: RoleDocuments, largest: Filling) -> None:
    size = size_of(largest.value(documents.trust_policy.to_json_value()))
    if size > quota("trust_policy"):
        problem = f"the trust policy of `{documents.name}` may have {size:,} characters"
        raise InputError(None, problem, f"IAM allows {quota('trust_policy'):,}; fix --account and --region")


def _differs(made: Portable, own: RoleDocuments) -> bool:
    """Tell whether *made*, put where *own* was composed for, is anything but it."""
    spec = made.role.spec
    account, region = (_fixed_or_assumed(made, name, getattr(spec, name)) for name in (ACCOUNT, REGION))
    if made.lists and region not in made.regions:
        return False  # its own region is not known
    return meaning(made.properties(account, region)) != meaning(own.to_properties())


def _fixed_or_assumed(made: Portable, name: str, value: str) -> str:
    return str(RoleSpec.model_fields[name].default) if name in made.free else value


def meaning(properties: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what a role's *properties* say, whatever their order and whichever policy says it.

    Each statement is taken apart into one action on one resource; Sids and the number of policies go.
    """
    policies = [one["PolicyDocument"] for kind in ("Policies", "ManagedPolicies") for one in properties.get(kind, ())]
    left = {name: value for name, value in properties.items() if name not in _POLICIES}
    if _BOUNDARY in left:  # how many limits its quota holds is a matter of the longest names
        left[_BOUNDARY] = {**left[_BOUNDARY], "PolicyDocument": None}
    return {
        **left,
        "AssumeRolePolicyDocument": _statements([properties["AssumeRolePolicyDocument"]]),
        "Allows": _statements(policies, "Allow"),
        "Inline Denies": _statements((one["PolicyDocument"] for one in properties.get("Policies", ())), "Deny"),
        "Denies": _statements(policies, "Deny"),
    }


_POLICIES = ("Policies", "ManagedPolicies")
_BOUNDARY = "PermissionsBoundaryPolicy"


def _statements(policies: Iterable[Mapping[str, Any]], effect: str | None = None) -> set[str]:
    """Return the statements of *effect* in *policies*, each on one action and resource, as texts that compare."""
    return {
        text
        for policy in policies
        for statement in policy["Statement"]
        if effect in (None, statement["Effect"])
        for text in _atoms(statement)
    }


def _atoms(statement: Mapping[str, Any]) -> Iterator[str]:
    rest = {name: _ordered(value) for name, value in statement.items() if name not in ("Sid", "Action", "Resource")}
    head = json.dumps(rest, sort_keys=True)
    for action in _listed(statement["Action"]):
        for resource in _listed(statement.get("Resource", "")):
            yield f"{action} {resource} {head}"


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(one) for name, one in value.items()}
    return sorted(value) if isinstance(value, list) else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
