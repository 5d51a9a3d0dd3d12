"""
What is said of a role beside its documents: assumptions, replacements, excuses, and what moved.

A note is one sentence for the person at the terminal; it changes nothing.
"""

from collections.abc import Iterable, Iterator

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.shared import taken
from rolemgr.compose.never_values import excepting_texts, protected_texts
from rolemgr.compose.substitute import Values, in_words, names_in
from rolemgr.model.catalog import EntryId
from rolemgr.model.persona import Never, ResolvedPersona
from rolemgr.model.role import ComposedRole, GuardrailInForce
from rolemgr.reference.data import image_accounts

_OWN_ROOM = {"work_buckets", "data_buckets"}
"""Parameters that every role has its own values for."""


def notes_on(
    catalog: Catalog, persona: ResolvedPersona, region: str, groups: Iterable[EntryId], chosen: Iterable[str]
) -> Iterator[str]:
    """Yield the notes on a role of *persona* and *groups* in *region*; the user gave the parameters *chosen*."""
    yield from _without_images(region)
    yield from (f"{path} is not read; {hint}" for path, hint in catalog.unread)
    yield from _replaced(catalog, persona, groups)
    yield from _moved(persona, chosen)


def _without_images(region: str) -> Iterator[str]:
    """Yield a note for a region without image accounts."""
    if not image_accounts(region):
        yield f"no AWS-owned image account is known in region {region}, so none can be pulled from"


def _replaced(catalog: Catalog, persona: ResolvedPersona, groups: Iterable[EntryId]) -> Iterator[str]:
    """Yield a note for each entry of the role that a user's catalog puts in place of another."""
    names = tuple(groups)
    used = [catalog.found("personas")[name] for name in persona.lineage]
    held = sorted({never.separation for never in persona.never if never.separation})
    used += [catalog.found("separations")[name] for name in held]
    for found in (*used, *(catalog.found("activity_groups")[name] for name in names)):
        if found.overrides:
            yield f"{found.shown} is used in place of {found.overrides}"
    for name in sorted(taken(map(catalog.activity_group, names))):
        shared = catalog.shared_parameters[name]
        if shared.overrides:
            yield f"parameter `{name}` of {shared.where} is used in place of {shared.overrides}"


def replaced_limits(catalog: Catalog, role: ComposedRole) -> Iterator[str]:
    """Yield a note for each guardrail or profile in force that a user's catalog puts in place of ours."""
    default = () if role.spec.no_default_guardrails else (role.persona.guardrail_profile,)
    profiles = {name for name in (*default, *role.spec.guardrail_profile) if name}
    used = [catalog.found("guardrails")[one.name] for one in role.guardrails]
    for found in (*used, *(catalog.found("profiles")[name] for name in sorted(profiles))):
        if found.overrides:
            yield f"{found.shown} is used in place of {found.overrides}"


def excuses(persona: ResolvedPersona, values: Values) -> Iterator[str]:
    """Yield a note for each `never` entry that the persona is let off; *values* are what its `never` may name."""
    for excuse in persona.excused:
        yield f"let off `{in_words(str(excuse.never.forbidden), values)}` by {excuse.where}: {excuse.reason}"


def _moved(persona: ResolvedPersona, chosen: Iterable[str]) -> Iterator[str]:
    """Yield a note for each chosen parameter that the persona's `never` speaks of: what is protected moves with it."""
    named = {name for never in persona.never for text in _texts(never) for name in names_in(text)}
    for name in sorted(named.intersection(chosen) - _OWN_ROOM):
        yield f"`never` protects `{name}`: give the other roles the same value, or theirs protects another place"


def notes_on_limits(role: ComposedRole) -> Iterator[str]:
    """Yield the notes on a role's guardrails: what was left out, has no effect, or is bypassed."""
    default = role.persona.guardrail_profile
    if role.spec.no_default_guardrails and default:
        yield f"no default guardrails: profile {default} of persona {role.persona.id} is left out"
    for one in role.guardrails:
        if not one.actions and not one.by.startswith("profile"):
            yield f"{one.where}: guardrail {one.name} finds nothing to act on in this role"
        yield from _left_open(one)
        yield from _unusable_keys(one, role)
    yield from _through_others(role)


def _left_open(guardrail: GuardrailInForce) -> Iterator[str]:
    """Yield a note on the actions that *guardrail* can't narrow, and one on those that its scope leaves out."""
    for outside in (False, True):
        names = [one.action for one in guardrail.bypassed_by if one.outside is outside]
        them = "it" if len(names) == 1 else "them"
        answer = "denied, as --strict asks" if guardrail.strict else f"--strict denies {them}"
        if names and outside:
            why = f"{'supports' if len(names) == 1 else 'support'} its keys: the guardrail's scope leaves {them} out"
            yield f"guardrail {guardrail.name} does not narrow {', '.join(names)}, which {why}; {answer}"
        elif names:
            yield f"guardrail {guardrail.name} can't narrow {', '.join(names)}; {answer}"


def _unusable_keys(guardrail: GuardrailInForce, role: ComposedRole) -> Iterator[str]:
    """Yield a note for each KMS key that a guardrail demands and no parameter of the role lets anybody use."""
    usable = {value for values in role.parameters.values() for value in values}
    for parameter, values in guardrail.values.items():
        for value in values:
            if ":kms:" in value and value not in usable and guardrail.actions:
                yield (
                    f"guardrail {guardrail.name} demands {value} ({parameter}), which the role may not use itself;"
                    " --volume-key and --data-key grant that"
                )
            if ":kms:" in value and value.split(":")[3] != role.spec.region:
                yield f"guardrail {guardrail.name}: {value} is a key of another region than {role.spec.region}"


def _through_others(role: ComposedRole) -> Iterator[str]:
    """Yield a note where chosen guardrails do not reach what the role starts as another role."""
    others = sorted(set(role.acts_as) - {role.spec.arn})
    chosen = role.spec.guardrail or role.spec.guardrail_profile or role.spec.subnet or role.spec.volume_key
    if chosen and others and any(one.actions for one in role.guardrails):
        them = "that role's own do: give it the same" if len(others) == 1 else "those roles' own do: give them the same"
        yield f"this role's limits do not hold for what it starts as {', '.join(others)}; {them}"


def _texts(never: Never) -> Iterator[str]:
    yield from protected_texts(never.forbidden)
    yield from excepting_texts(never.forbidden)
