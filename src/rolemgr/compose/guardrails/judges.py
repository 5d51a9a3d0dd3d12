"""Which Denies of a guardrail its values ask for, and which actions they judge."""

from collections.abc import Iterator

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.outside import outside_scope
from rolemgr.compose.substitute import Values
from rolemgr.model.guardrail import ALL_ACTIONS, EVERY_ACTION, Guardrail, GuardrailDeny
from rolemgr.reference import quirks
from rolemgr.reference.services import Action, find_action
from rolemgr.reference.support import supports


def is_wanted(deny: GuardrailDeny, values: Values) -> bool:
    """Tell whether the *values* of its guardrail leave *deny* a meaning."""
    needed = all(values.get(need) for need in deny.needs)
    some = not deny.any_of or any(values.get(one) for one in deny.any_of)
    chosen = all(value in values.get(name, ()) for name, value in deny.only_where.items())
    return needed and some and chosen and all(int(values[name][0]) < limit for name, limit in deny.only_below.items())


def judges_all(guardrail: Guardrail, values: Values) -> bool:
    """Tell whether *guardrail* with *values* is about every action of every service."""
    return any(one.actions == ALL_ACTIONS and is_wanted(one, values) for one in guardrail.deny)


def judged_actions(guardrail: Guardrail, deny: GuardrailDeny) -> tuple[str, ...]:
    """Return the actions that *deny* judges: listed, ``*``, or those of *guardrail*'s scope that support its keys."""
    if deny.actions == ALL_ACTIONS:
        return (EVERY_ACTION,)
    if not isinstance(deny.actions, str):
        return tuple(sorted(deny.actions))
    scope = {action for one in guardrail.scope for action in quirks.scope_actions(one)}
    keys = keys_of(deny)
    return tuple(name for name in sorted(scope) if (found := find_action(name)) and _supports_all(found, keys))


def left_out(guardrail: Guardrail, deny: GuardrailDeny) -> tuple[str, ...]:
    """Return the actions that carry the keys of *deny*, on what it judges, and that *guardrail*'s scope leaves out."""
    if deny.actions != "supported":
        return ()
    return tuple(outside_scope(guardrail, judged_actions(guardrail, deny), keys_of(deny)))


def keys_of(deny: GuardrailDeny) -> tuple[str, ...]:
    """Return the condition keys that *deny* asks, with their placeholders, sorted."""
    return tuple(sorted({key for block in deny.conditions.values() for key in block}))


def denies_of(catalog: Catalog) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Yield each Deny of each guardrail of *catalog*: the guardrail, the Deny's number, the actions that it judges."""
    for name in catalog.found("guardrails"):
        value = catalog.guardrail(name).value
        for number, deny in enumerate(value.deny):
            yield name, number, judged_actions(value, deny)


def _supports_all(action: Action, keys: tuple[str, ...]) -> bool:
    return all(supports(action, (), key) for key in keys)
