"""What the guardrails of a catalog judge, whatever their values: for `rolemgr query`."""

from collections.abc import Iterator

from rolemgr.catalog.load import Catalog
from rolemgr.model.guardrail import Guardrail, GuardrailDeny
from rolemgr.reference import quirks
from rolemgr.reference.services import Action, find_action
from rolemgr.reference.support import supports


def judged_actions(guardrail: Guardrail, deny: GuardrailDeny) -> tuple[str, ...]:
    """Return the actions that *deny* judges: listed, or all of the scope of *guardrail* that support its keys."""
    if not isinstance(deny.actions, str):
        return tuple(sorted(deny.actions))
    scope = {action for one in guardrail.scope for action in quirks.scope_actions(one)}
    keys = keys_of(deny)
    return tuple(name for name in sorted(scope) if (found := find_action(name)) and _supports_all(found, keys))


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
