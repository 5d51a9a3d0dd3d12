"""What AWS's reference and the catalog say of an action, a condition key, a resource type or a guardrail."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.catalog.profiles import guardrails_of
from rolemgr.compose.guardrails.judges import denies_of, judged_actions, keys_of
from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.arn import Arn
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.guardrail import EVERY_ACTION, GuardrailDeny
from rolemgr.model.query import (
    ActionAnswer,
    ActionOnType,
    Bypass,
    DenyOf,
    GuardrailAnswer,
    InGroup,
    JudgedBy,
    KeyAnswer,
    KeyUse,
    Needed,
    TypeAnswer,
    TypeUse,
    WhoMay,
)
from rolemgr.reference import quirks
from rolemgr.reference.condition_keys import deprecated_keys, find_key, guide_keys, known_values
from rolemgr.reference.dependents import dependents
from rolemgr.reference.names import action_doubt, key_doubt, resource_type_doubt, short_action_doubt
from rolemgr.reference.nearest import nearest_action
from rolemgr.reference.resources import is_of_type
from rolemgr.reference.services import (
    Action,
    ResourceType,
    expand,
    find_action,
    normal_key,
    resource_types,
    service_exists,
)
from rolemgr.reference.support import known_key
from rolemgr.report import query as views
from rolemgr.report.statements import access_level
from rolemgr.workflow.choices import catalog_folders
from rolemgr.workflow.query_personas import Personas
from rolemgr.workflow.views import Views

KINDS = ("action", "key", "resource", "guardrail", "who")


def answer_to(kind: str, name: str, folders: Sequence[str]) -> Views:
    """
    Return the answer to a question of a *kind* of `KINDS` about *name*, over the catalog with *folders*.

    Raises InputError for a name that neither the reference nor the catalog has, with the nearest right ones.
    """
    catalog = Catalog(catalog_folders(folders))
    find, page = _QUESTIONS[kind]
    found = find(catalog, name)
    return Views(partial(views.answer_data, found), partial(page, found))


def action_answer(catalog: Catalog, name: str) -> ActionAnswer:
    """Return what there is to say of the action *name*; raise InputError where the reference has none."""
    action = _action(name)
    judged = tuple(_judges(catalog, action.name))
    groups = tuple(_groups_with(catalog, action.name))
    return ActionAnswer(
        action.name,
        tuple(sorted(action.access_levels)),
        tuple(_types(action)),
        tuple(tuple(sorted(one)) for one in action.alternatives),
        tuple(_keys(action, judged)),
        tuple(Needed(one.action, one.when, one.passed_to) for one in dependents(action.name)),
        judged,
        tuple(_bypasses(catalog, action.name)),
        groups,
        Personas(catalog).who_may(action.name),
    )


def _action(name: str) -> Action:
    found = find_action(name)
    if found is None:
        doubt = action_doubt(name) if ":" in name else short_action_doubt(name)
        assert doubt is not None  # noqa: S101 - what is not found is doubtful
        raise InputError(SourceLocation("action"), doubt.problem, doubt.hint)
    return found


def _types(action: Action) -> Iterator[TypeUse]:
    known = resource_types(action.service)
    for use in action.resource_types:
        kind = known.get(use.name)
        keys = use.condition_keys | (kind.condition_keys if kind else frozenset())
        yield TypeUse(use.name, use.required, str(kind.arn_format) if kind else None, _spelt(keys))


def _spelt(keys: frozenset[str]) -> tuple[str, ...]:
    """Return *keys* as the reference spells them, sorted."""
    return tuple(sorted(found.name if (found := find_key(key)) else key for key in keys))


def _keys(action: Action, judged: Sequence[JudgedBy]) -> Iterator[KeyUse]:
    """Yield the keys that come with *action* itself or with one of its types, not those of every request."""
    with_types = {key for use in _types(action) for key in use.keys}
    names = {*_spelt(action.condition_keys | quirks.unlisted_keys_of(action.name)), *with_types}
    for name in sorted(names, key=str.lower):
        found = find_key(name)
        guardrails = sorted({one.guardrail for one in judged if normal_key(name) in map(normal_key, one.keys)})
        yield KeyUse(name, found.type if found else None, found.multivalued if found else None, tuple(guardrails))


def _judges(catalog: Catalog, action: str) -> Iterator[JudgedBy]:
    for name, number, actions in denies_of(catalog):
        if action in actions or EVERY_ACTION in actions:
            yield _judge(catalog, name, number)


def _judge(catalog: Catalog, name: str, number: int) -> JudgedBy:
    guardrail = catalog.guardrail(name)
    deny = guardrail.value.deny[number]
    return JudgedBy(name, deny.sid, keys_of(deny), guardrail.at("deny", number), _chosen(deny))


def _chosen(deny: GuardrailDeny) -> tuple[str, ...]:
    """Return the values that ask for *deny*, as a user writes them."""
    return tuple(f"{name}:{value}" for name, value in deny.only_where.items())


def _bypasses(catalog: Catalog, action: str) -> Iterator[Bypass]:
    for name in catalog.found("guardrails"):
        guardrail = catalog.guardrail(name)
        for number, one in enumerate(guardrail.value.bypassed_by):
            if one.action == action:
                yield Bypass(name, one.why, guardrail.at("bypassed_by", number))


def _groups_with(catalog: Catalog, action: str) -> Iterator[InGroup]:
    for name in catalog.found("activity_groups"):
        group = catalog.activity_group(name)
        for number, one in enumerate(group.value.statements):
            if action in one.actions:
                yield InGroup(name, str(one.effect), one.sid, one.needs, group.at("statements", number))


def key_answer(catalog: Catalog, name: str) -> KeyAnswer:
    """Return what there is to say of the condition key *name*; raise InputError for one that no data has."""
    if doubt := key_doubt(name):
        raise InputError(SourceLocation("key"), doubt.problem, doubt.hint)
    found = find_key(name)
    spelt, folded = (found.name if found else name), normal_key(name)
    judged = [
        (_how_many(actions), _judge(catalog, guardrail, number))
        for guardrail, number, actions in denies_of(catalog)
        if folded in map(normal_key, keys_of(catalog.guardrail(guardrail).value.deny[number]))
    ]
    return KeyAnswer(
        spelt,
        found.type if found else None,
        found.multivalued if found else None,
        found.present if found else None,
        folded in quirks.global_keys(),
        deprecated_keys().get(spelt.lower()),
        quirks.old_key_names().get(spelt),
        known_values(spelt.lower()),
        tuple(_key_notes(spelt, disputed=bool(found and found.disputed))),
        () if folded in quirks.global_keys() else tuple(_carriers(catalog, spelt)),
        tuple(judged),
        tuple(_groups_asking(catalog, folded)),
    )


def _how_many(actions: Sequence[str]) -> str:
    if EVERY_ACTION in actions:
        return "every action"
    return f"{len(actions)} action{'s' if len(actions) > 1 else ''}"


def _key_notes(spelt: str, *, disputed: bool) -> Iterator[str]:
    if guide := guide_keys().get(spelt.lower()):
        yield f"{guide.note} ({guide.source})"
    if disputed:
        yield "AWS's pages differ on whether a request may have several values of it"
    if find_key(spelt) is None:
        yield "AWS's own policies use it, and its reference does not list it: its type is not known"


def _carriers(catalog: Catalog, key: str) -> Iterator[str]:
    """Yield the actions of the key's own service, and those of the catalog's groups, whose requests can carry *key*."""
    service = key.partition(":")[0].lower()
    own = expand(f"{service}:*") if service_exists(service) else ()
    for name in sorted({*own, *_in_groups(catalog)}):
        action = find_action(name)
        if action and known_key(action, key):
            yield name


def _in_groups(catalog: Catalog) -> set[str]:
    """Return every action that an activity group of *catalog* names."""
    groups = (catalog.activity_group(name).value for name in catalog.found("activity_groups"))
    return {action for group in groups for one in group.statements for action in one.actions}


def _groups_asking(catalog: Catalog, key: str) -> Iterator[InGroup]:
    for name in catalog.found("activity_groups"):
        group = catalog.activity_group(name)
        for number, one in enumerate(group.value.statements):
            if key in {normal_key(asked) for block in one.conditions.values() for asked in block}:
                yield InGroup(name, str(one.effect), one.sid, one.needs, group.at("statements", number))


def type_answers(catalog: Catalog, name: str) -> tuple[TypeAnswer, ...]:
    """
    Return what there is to say of the resource type *name* (``service:type``), or of the types of an ARN.

    Raises InputError for what is neither, with the nearest right names.
    """
    found = list(_types_named(name))
    if not found:
        doubt = resource_type_doubt(name)
        raise InputError(SourceLocation("resource"), doubt.problem, doubt.hint)
    return tuple(_type_answer(catalog, service, kind) for service, kind in found)


def _types_named(name: str) -> Iterator[tuple[str, ResourceType]]:
    if arn := Arn.parse(name):
        for kind in resource_types(arn.service).values():
            if is_of_type(name, arn.service, kind.name):
                yield arn.service, kind
        return
    service, _, short = name.partition(":")
    for kind in resource_types(service.lower()).values():
        if kind.name.lower() == short.lower():
            yield service.lower(), kind


def _type_answer(catalog: Catalog, service: str, kind: ResourceType) -> TypeAnswer:
    allowing: dict[str, set[str]] = {}
    for group in catalog.found("activity_groups"):
        for one in catalog.activity_group(group).value.statements:
            if one.effect == "Allow":
                for action in one.actions:
                    allowing.setdefault(action, set()).add(group)
    actions = (
        ActionOnType(one, access_level(one), use.required, tuple(sorted(allowing.get(one, ()))))
        for one in expand(f"{service}:*")
        if (found := find_action(one))
        for use in found.resource_types
        if use.name == kind.name
    )
    return TypeAnswer(f"{service}:{kind.name}", str(kind.arn_format), _spelt(kind.condition_keys), tuple(actions))


def guardrail_answer(catalog: Catalog, name: str) -> GuardrailAnswer:
    """Return what there is to say of the guardrail *name*; raise UnknownNameError where the catalog has none."""
    guardrail = catalog.guardrail(name, SourceLocation("guardrail"))
    value = guardrail.value
    profiles = tuple(one for one in catalog.found("profiles") if name in guardrails_of(catalog, one))
    return GuardrailAnswer(
        name,
        value.title,
        tuple(map(str, value.scope)),
        guardrail.at(),
        tuple(
            DenyOf(
                deny.sid,
                deny.why,
                deny.needs,
                _conditions(deny),
                judged_actions(value, deny),
                guardrail.at("deny", n),
                _chosen(deny),
            )
            for n, deny in enumerate(value.deny)
        ),
        tuple((one.action, one.why) for one in value.bypassed_by),
        profiles,
        tuple(p for p in catalog.found("personas") if resolve_persona(catalog, p).guardrail_profile in profiles),
    )


def _conditions(deny: GuardrailDeny) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    return tuple(
        (operator, key, tuple(values)) for operator, block in deny.conditions.items() for key, values in block.items()
    )


def who_may(catalog: Catalog, pattern: str) -> WhoMay:
    """
    Return who may do the actions that *pattern* (wildcards allowed) stands for.

    Raises InputError for an action that the reference does not have, and for a pattern that fits none.
    """
    names = expand(pattern) if has_wildcard(pattern) else (_action(pattern).name,)
    if not names:
        near = nearest_action(pattern)
        hint = f"did you mean {near}?" if near else "it is SERVICE:NAME, such as sagemaker:Create*"
        raise InputError(SourceLocation("who"), f"no action matches `{pattern}`", hint)
    personas, named = Personas(catalog), _in_groups(catalog)
    asked = tuple((name, personas.who_may(name)) for name in names if name in named or len(names) == 1)
    return WhoMay(pattern, asked, tuple(name for name in names if name not in named))


_QUESTIONS: Mapping[str, tuple[Callable[[Catalog, str], Any], Callable[[Any], Any]]] = {
    "action": (action_answer, views.action_page),
    "key": (key_answer, views.key_page),
    "resource": (type_answers, views.types_page),
    "guardrail": (guardrail_answer, views.guardrail_page),
    "who": (who_may, views.who_page),
}
