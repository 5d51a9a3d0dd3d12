"""
Compose a role from a persona, its activity groups and what the user chose.

Pure: same catalog and spec, same role. Statements that came apart by distribution are merged where that
changes nothing, and each keeps the catalog lines that it came from.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.any_account import in_account, without_account
from rolemgr.compose.choices import builtins, given_values, own_defaults, unused_short_forms
from rolemgr.compose.distribute import ANY, Distributed, Share, distribute
from rolemgr.compose.groups import Groups, chosen_groups, clashes
from rolemgr.compose.guardrails.choice import ChosenGuardrail, chosen_guardrails
from rolemgr.compose.inert_denies import without_doubled_denies, without_inert_denies
from rolemgr.compose.join import join
from rolemgr.compose.limits import with_limits
from rolemgr.compose.never_names import wrong_names_in_never
from rolemgr.compose.never_values import never_values
from rolemgr.compose.notes import excuses, notes_on, notes_on_limits, replaced_limits
from rolemgr.compose.parameters import declared_parameters, misfit, regions_of_keys, resolve
from rolemgr.compose.questions import notes_on_values
from rolemgr.compose.substitute import UnknownPlaceholderError, fill
from rolemgr.compose.tagged_buckets import bucket_denies, chosen_buckets, notes_on_tagged_buckets
from rolemgr.compose.trust import compose_trust, trust_notes
from rolemgr.errors import InputError, RolemgrError, gathering, raise_all
from rolemgr.iam.documents import Effect
from rolemgr.model.catalog import ActivityGroup, EntryId, ParameterType
from rolemgr.model.persona import ResolvedPersona
from rolemgr.model.role import ComposedRole, Origin
from rolemgr.model.service_trust import ServiceTrust
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec, default_role_name
from rolemgr.reference.quirks import acting_actions

_DESCRIPTION_LENGTH = 1000
_NOT_IN_DESCRIPTIONS = re.compile(r"[^\t\n\r\x20-\x7e\u00a1-\u00ff]")
"""IAM takes ASCII and Latin-1 in a role's description; catalogs may hold a dash or quotation mark beyond."""


def compose(catalog: Catalog, spec: Sourced[RoleSpec]) -> ComposedRole:
    """
    Return the role that *spec* describes, from the entries of *catalog*.

    Raises InputError (or Problems), with file and line, for names that nothing defines, values that do not
    fit, and catalog entries that the reference contradicts.
    """
    persona = resolve_persona(catalog, spec.value.persona, spec.at("persona"))
    raise_all([*wrong_names_in_never(catalog, persona)])
    spec = _trusting(persona, spec)
    _require_services(persona, spec)
    _require_tags(spec)
    _require_own_name(catalog, spec)
    groups = chosen_groups(catalog, persona, spec)
    clashing = clashes(catalog, groups)
    if clashing and not spec.value.break_separation:
        raise_all(clashing)
    declared = own_defaults(persona, spec.value, declared_parameters(tuple(groups.values())))
    given = given_values(spec, declared)
    parameters = resolve(declared, given, builtins(spec.value))
    values = {**builtins(spec.value), **parameters, **regions_of_keys(declared, parameters)}
    guardrails = chosen_guardrails(catalog, persona, spec)
    catalog_notes = (
        *(clash.problem for clash in clashing),
        *notes_on(catalog, persona, spec.value.region, groups, given),
    )
    role = _composed(persona, groups, spec, parameters, values, guardrails)
    on_values = notes_on_values(spec, groups.values(), declared, given)
    doubts = tuple(dict.fromkeys((*(text for one in guardrails for text in one.notes), *on_values)))
    of_never = never_values(catalog, persona, {**builtins(role.spec), **role.parameters})
    notes = (
        *unused_short_forms(spec, declared, role.guardrails),
        *doubts,
        *excuses(persona, of_never),
        *catalog_notes,
        *replaced_limits(catalog, role),
        *notes_on_limits(role),
        *role.notes,
        *notes_on_tagged_buckets(parameters, spec.value),
        *trust_notes(spec.value),
    )
    return replace(role, notes=notes, doubts=doubts, never_values=of_never)


def _trusting(persona: ResolvedPersona, spec: Sourced[RoleSpec]) -> Sourced[RoleSpec]:
    """Return *spec* with the trust of its *persona*, where the user names nobody."""
    if not persona.trust or "trust" in spec.value.model_fields_set:
        return spec
    fields = {name: getattr(spec.value, name) for name in spec.value.model_fields} | {"trust": persona.trust}
    return Sourced(type(spec.value).model_construct(spec.value.model_fields_set, **fields), spec.source)


def _require_services(persona: ResolvedPersona, spec: Sourced[RoleSpec]) -> None:
    """Raise InputError (or Problems) where a service is trusted that nobody knows, or otherwise than AWS shows."""
    theirs = spec.value.trust is persona.trust
    if any(isinstance(trust, ServiceTrust) for trust in spec.value.trust):
        from rolemgr.compose.service_trust import wrong_services  # few roles trust one

        wrong = [*wrong_services(spec)]
        raise_all([InputError(persona.trust_place, one.problem, one.hint) for one in wrong] if theirs else wrong)


def _require_tags(spec: Sourced[RoleSpec]) -> None:
    """Raise InputError (or Problems) where a trust can't bring the tags that the role asks its callers for."""
    if spec.value.abac or chosen_buckets(spec.value):
        from rolemgr.compose.abac.tags import missing_tags  # most roles have no tag keys

        raise_all(missing_tags(spec))


def _require_own_name(catalog: Catalog, spec: Sourced[RoleSpec]) -> None:
    """
    Raise InputError where the role would be called what another persona's role is called by default.

    A caller who passes that role would pass this one.
    """
    for other in catalog.found("personas"):
        if other != spec.value.persona and default_role_name(other) == spec.value.role_name:
            where = spec.at("name") if spec.value.name else spec.at("persona")
            problem = f"`{spec.value.role_name}` is the name of persona `{other}`'s role"
            raise InputError(where, problem, "give another --name")


def _composed(
    persona: ResolvedPersona, groups: Groups, spec: Sourced[RoleSpec], parameters: Mapping[str, tuple[str, ...]],
    values: Mapping[str, tuple[str, ...]], guardrails: Sequence[ChosenGuardrail],
) -> ComposedRole:  # fmt: skip
    parts = _distributed_anywhere(groups, values)
    shares = [share for part in parts for share in part.shares]
    (account,) = without_account(values)["account"]
    limited = with_limits(without_inert_denies(shares, spec.value, account), guardrails, spec)
    statements = join((*without_doubled_denies(limited.shares), *bucket_denies(shares, spec, account), *_end(spec)))
    return ComposedRole(
        spec=spec.value,
        persona=persona,
        groups=tuple(groups),
        parameters=parameters,
        statements=tuple(in_account(statement, spec.value.account) for statement in statements),
        trust=compose_trust(spec.value),
        description=_description(persona, spec.value),
        acts_as=tuple(arn for group in groups.values() for arn in _acting_as(group, values)),
        acts_as_unknown=tuple(text for name, group in groups.items() for text in _acting_unsaid(name, group)),
        not_narrowed=tuple(key for part in parts for key in part.not_narrowed),
        guardrails=limited.guardrails,
        not_by_tag=limited.not_by_tag,
        notes=limited.notes,
    )


def _end(spec: Sourced[RoleSpec]) -> Iterator[Share]:
    """
    Yield the Deny of everything from the moment on at which the role ends.

    Sessions that began before end with it, as IAM judges each request.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-currenttime
    """
    if spec.value.expires:
        origin = Origin(spec.at("expires"), "expires", "Expired", ("*",), "end of the role")
        over = (("DateGreaterThanEquals", (("aws:CurrentTime", (spec.value.expires,)),)),)
        yield Share("*", ANY, (), over, Effect.DENY, origin)


def _description(persona: ResolvedPersona, spec: RoleSpec) -> str:
    """Return what the role says of itself; a broken separation is said first, so that nothing cuts it off."""
    text = spec.description or f"{persona.title}: {persona.description}"
    broken = f"Separation broken: {spec.break_separation}. " if spec.break_separation else ""
    return _NOT_IN_DESCRIPTIONS.sub("-", broken + text)[:_DESCRIPTION_LENGTH]


def _acting_as(group: Sourced[ActivityGroup], values: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for place, text in enumerate(group.value.acts_as):
        try:
            filled = fill(text, values)
        except UnknownPlaceholderError as error:
            raise error.at(group.at("acts_as", place), values) from error
        for arn in filled:
            if problem := misfit(ParameterType.ROLE_ARN, arn, values["partition"][0]):
                raise InputError(group.at("acts_as", place), problem)
        yield from filled


def _acting_unsaid(name: EntryId, group: Sourced[ActivityGroup]) -> Iterator[str]:
    """Yield what *group* lets its holder act as without saying which role that is."""
    if group.value.acts_as:
        return
    for index, statement in enumerate(group.value.statements):
        for action in sorted(acting_actions().intersection(statement.actions)):
            if statement.effect is Effect.ALLOW:
                yield f"the role behind {action} ({group.at('statements', index)}; `{name}` has no acts_as)"


def _distributed_anywhere(groups: Groups, values: Mapping[str, tuple[str, ...]]) -> list[Distributed]:
    """Return the shares of every statement of *groups*, with a stand-in for the account in them."""
    try:
        return _distributed(groups, without_account(values))
    except RolemgrError:
        return _distributed(groups, values)  # which says what is wrong in the words of the role


def _distributed(groups: Groups, values: Mapping[str, tuple[str, ...]]) -> list[Distributed]:
    """Return the shares of every statement of *groups*; raise for all that is wrong in them at once."""
    parts: list[Distributed] = []
    problems: list[InputError] = []
    for name, group in groups.items():
        for index in range(len(group.value.statements)):
            with gathering(problems):
                parts.append(distribute(group, name, index, values))
    raise_all(problems)
    return parts
