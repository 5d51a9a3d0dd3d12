"""What serves controls in a role, its guardrails and separations, and at a level of a blueprint, the patterns."""

from collections.abc import Iterator, Sequence

from rolemgr.catalog.load import Catalog
from rolemgr.compliance.controls import NotServing, ServingEntry, serves
from rolemgr.compliance.judged_role import JudgedRole
from rolemgr.compliance.limits import rendered_part
from rolemgr.compliance.role_witnesses import denies_of, guardrail_witnesses
from rolemgr.compliance.separations import separation_witnesses
from rolemgr.compliance.witnesses import witnesses
from rolemgr.model.layer import LayerPart
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import GuardrailInForce

_NOTHING = "the role has no action that it could limit"


def role_entries(catalog: Catalog, role: JudgedRole, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    """Yield what *role* serves of the *wanted* frameworks, each entry of *catalog* with its witnesses."""
    yield from _guardrails(catalog, role, wanted)
    yield from _separations(catalog, role, wanted)


def not_serving(catalog: Catalog, role: JudgedRole, wanted: frozenset[str]) -> Iterator[NotServing]:
    """Yield the entries that *role* has, that would serve the *wanted* frameworks, and that limit nothing in it."""
    for one in role.rendered.role.guardrails:
        is_idle = not denies_of(role.rendered, one.name)
        if is_idle and serves(catalog.guardrail(one.name).value.controls, wanted):
            yield NotServing(role.name, "guardrail", one.name, _NOTHING)
    for name, why in role.not_kept.items():
        if serves(catalog.separation(name).value.controls, wanted):
            yield NotServing(role.name, "separation", name, why)


def level_entries(
    catalog: Catalog, level: str, kind: LayerKind, parts: Sequence[LayerPart], wanted: frozenset[str]
) -> Iterator[ServingEntry]:
    """Yield what the policies of one *kind* at a *level* serve of the *wanted* frameworks, part by part."""
    known = catalog.found("scps" if kind is LayerKind.SCP else "rcps")
    for part in (one for one in parts if one.name in known):
        value = catalog.layer_pattern(kind, part.name).value
        if serves(value.controls, wanted):
            limit = rendered_part(kind.value, kind, part)
            yield ServingEntry(
                str(kind), part.name, value.title, value.controls, limit.sids, limit, None, witnesses(limit),
                value.left_open, level=level,
            )  # fmt: skip


def _guardrails(catalog: Catalog, role: JudgedRole, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    for one in role.rendered.role.guardrails:
        value = catalog.guardrail(one.name).value
        denies = denies_of(role.rendered, one.name)
        if denies and serves(value.controls, wanted):
            sids = tuple(dict.fromkeys(deny.sid for deny in denies))
            found = guardrail_witnesses(role.rendered, denies)
            left = (*_left_open(one), *role.not_asked)
            yield ServingEntry(
                "guardrail", one.name, value.title, value.controls, sids, None, None, found, left, role
            )  # fmt: skip


def _left_open(one: GuardrailInForce) -> Iterator[str]:
    """Yield what the guardrail does not limit in the role; under --strict what would bypass it is denied."""
    if not one.strict:
        yield from (f"{left.action}: {left.why}" for left in one.bypassed_by)
    yield from (f"{left.action}, where the request leaves the key out: {left.why}" for left in one.not_where_absent)


def _separations(catalog: Catalog, role: JudgedRole, wanted: frozenset[str]) -> Iterator[ServingEntry]:
    never = role.rendered.role.persona.never
    for name in dict.fromkeys(one.separation for one in never if one.separation):
        value = catalog.separation(name).value
        if name not in role.not_kept and serves(value.controls, wanted):
            found = separation_witnesses(role.rendered, name)
            forbidden = tuple(str(one) for one in value.never)
            yield ServingEntry(
                "separation", name, value.title, value.controls, forbidden, None, None, found,
                (*role.beyond, *role.not_asked), role,
            )  # fmt: skip
