"""What a role can do and can never do, in the words of a review: capabilities by evaluation, separations by title."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from rolemgr.catalog.load import Catalog
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import Effect
from rolemgr.model.persona import Never
from rolemgr.model.role import ComposedRole, NamedPolicy, RoleDocuments
from rolemgr.reference.managed_policies import managed_policy
from rolemgr.reference.services import expand, find_action, normal_key, resource_types
from rolemgr.report.capabilities import capabilities_of, is_allowed
from rolemgr.report.pages.page import Heading
from rolemgr.report.review_attached import attached_can, not_at_hand
from rolemgr.report.review_lines import beside
from rolemgr.report.review_never import in_words, together
from rolemgr.report.review_resources import short_arn
from rolemgr.separation.closure import closure_of, passed_roles, reached
from rolemgr.separation.violations import RenderedRole, sentence, violations

_LIFE: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "deploy endpoints": (
        "endpoints", {"deploy": "CreateEndpoint", "update": "UpdateEndpoint", "delete": "DeleteEndpoint"},
    ),
    "create models": ("models", {"create": "CreateModel", "delete": "DeleteModel"}),
    "register models": ("models in the registry", {"register": "CreateModelPackage", "delete": "DeleteModelPackage"}),
    "author pipelines": (
        "pipelines", {"create": "CreatePipeline", "update": "UpdatePipeline", "delete": "DeletePipeline"},
    ),
    "schedule monitoring": (
        "monitoring", {"schedule": "CreateMonitoringSchedule", "delete": "DeleteMonitoringSchedule"},
    ),
    "write to the Feature Store": ("records of the Feature Store", {"put": "PutRecord", "delete": "DeleteRecord"}),
    "run inference experiments": (
        "inference experiments", {"run": "CreateInferenceExperiment", "delete": "DeleteInferenceExperiment"}
    ),
    "manage alarms": ("alarms", {"put": "cloudwatch:PutMetricAlarm", "delete": "cloudwatch:DeleteAlarms"}),
}  # fmt: skip
"""A capability -> its object, and the actions on it by their verbs: with those that evaluation finds it is told."""
_TOLD_WITH: Final = {"update endpoints": "deploy endpoints"}
"""A capability -> the one that tells it as well, where the role has both."""


def can(role: ComposedRole, documents: RoleDocuments, catalog: Catalog) -> Iterator[str]:
    """
    Yield what the role can do within its limits: guardrails say how a thing is done, not whether.

    What an attached policy adds comes first.
    """
    yield from attached_can(role)
    rendered = _free(role, documents)
    held = held_within_limits(role, documents)
    for name in held:
        if name in _LIFE:
            yield _with_verbs(rendered, *_LIFE[name])
        elif name == "pass a role to SageMaker":
            yield from _passes(role, catalog)
        elif _TOLD_WITH.get(name) not in held:
            yield name


def held_within_limits(role: ComposedRole, documents: RoleDocuments) -> list[str]:
    """Return the capabilities that *role* has, by evaluation of its *documents* without what limits how."""
    found = capabilities_of(_free(role, documents), role.parameters.get("models", ()))
    return [name for name, able in found.items() if able]


def _free(role: ComposedRole, documents: RoleDocuments) -> RenderedRole:
    free = replace(
        documents,
        policies=_without_limits(role, documents.policies),
        managed_policies=_without_limits(role, documents.managed_policies),
    )
    return RenderedRole(role, free)


def _with_verbs(role: RenderedRole, what: str, verbs: Mapping[str, str]) -> str:
    found = [verb for verb, name in verbs.items() if is_allowed(role, name if ":" in name else f"sagemaker:{name}")]
    return f"{', '.join(found)} {what}"


def _passes(role: ComposedRole, catalog: Catalog) -> Iterator[str]:
    passed = [one for one in passed_roles(catalog, role) if not one.idle]
    names = ["itself" if one.arn == role.spec.arn else short_arn(one.arn) for one in passed]
    services = {service for one in passed for service in one.services}
    if names:
        yield f"pass {', '.join(names)} to {'SageMaker' if services == {'sagemaker.amazonaws.com'} else 'AWS services'}"


def _without_limits(role: ComposedRole, policies: tuple[NamedPolicy, ...]) -> tuple[NamedPolicy, ...]:
    """Return *policies* without the Denies of guardrails that hold under a condition."""
    limits = {
        one.sid for one in role.statements
        if one.effect is Effect.DENY and one.conditions and all(origin.kind == "guardrail" for origin in one.origins)
    }  # fmt: skip
    return tuple(
        policy._replace(
            document=policy.document.model_copy(
                update={"statement": tuple(one for one in policy.document.statement if one.sid not in limits)}
            )
        )
        for policy in policies
    )


# --- what it can never do


def cannot(role: ComposedRole, catalog: Catalog, *, whole: bool) -> Iterator[str]:
    """
    Yield what the persona can never do: titles of separations, those with exceptions after them, other entries.

    Beside attached policies those that Denies hold come first: what is merely not granted one of them may allow.
    """
    never = role.persona.never
    if not never:
        yield f"persona {role.persona.id} promises nothing: it has no `never`"
    elif role.spec.break_separation:
        yield "broken for a reason, which LOOK has: what follows is meant, and not kept"
        yield from _told(role, catalog, never, whole=whole)
    elif not role.spec.managed_policy:
        yield from _told(role, catalog, never, whole=whole)
    else:
        held, open_ends = held_by_denies(role)
        unknown = not_at_hand(role)
        if held:
            yield Heading("this role's Denies hold these, whatever is attached:")
            yield from _told(role, catalog, held, whole=whole)
        if open_ends:
            may = (
                f"{', '.join(unknown)} may allow them" if unknown else "nor by AWS's text of today of what is attached"
            )
            yield Heading(f"only not granted{'; ' if unknown else ', '}{may}:")
            yield from _told(role, catalog, open_ends, whole=whole)


def _told(role: ComposedRole, catalog: Catalog, never: Sequence[Never], *, whole: bool) -> Iterator[str]:
    """Yield the entries *never*: titles that stand alone beside one another, then what has more to it."""
    whole_entries = _whole(never)
    forbidden = frozenset(action for one in whole_entries for action in expand(one.forbidden.action))
    names = dict.fromkeys(one.separation for one in never if one.separation)
    of_each = {catalog.separation(name).value.title: [one for one in never if one.separation == name] for name in names}
    told = {title: _exceptions(entries, forbidden) for title, entries in of_each.items()}
    by_itself = _ByItself(role, catalog)
    words = {
        title: f"{without_no(title)}{by_itself(entries)}{_works_as(entries, role, whole=whole)}"
        for title, entries in of_each.items()
    }
    plain = [words[title] for title, found in told.items() if not found]
    own = [
        _own(one, role, by_itself) for one in never
        if not one.separation and not (one in whole_entries and _is_told(one, never, forbidden))
    ]  # fmt: skip
    bare = [text for text in own if " " not in text]
    plain += [in_words(text, whole=True) for text in bare] if whole else []
    yield from plain if whole else beside(plain, len(" ".join(plain)) + 1)
    yield from () if whole else together(bare)
    more = [f"{words[title]}, {_named(found, whole=whole)}" for title, found in told.items() if found]
    more += [in_words(text, whole=whole) for text in own if " " in text]
    yield from sorted(more, key=lambda text: not text.endswith(_MAY))


def without_no(title: str) -> str:
    """Return the *title* of a separation as what can't be done: below CANNOT each "no" would be one too many."""
    return re.sub(r"\b[Nn]o ", "", title) if title.startswith("No ") else title


_MAY: Final = " may)"
"""How an entry ends that roles which this one passes need not keep: those are told first."""
_OTHERS: Final = "sts:AssumeRole"


def _works_as(entries: Sequence[Never], role: ComposedRole, *, whole: bool) -> str:
    """Return that work runs as other roles, where *entries* forbid sessions of them: work needs none."""
    forbids = any(_OTHERS in expand(one.forbidden.action) for one in entries)
    others = {one for one in (*reached(role), *role.acts_as) if one != role.spec.arn}
    told = " (its jobs run as other roles)" if whole else " (its jobs run as the roles of RUNS)"
    return told if forbids and others else ""


def held_by_denies(role: ComposedRole) -> tuple[list[Never], list[Never]]:
    """
    Return the entries of `never` that Denies of *role* hold whatever is attached to it, then the others.

    The judge of separations is asked about a role that everything is allowed beside its Denies.
    """
    from rolemgr.separation.attached import with_attached  # few roles have policies attached

    never = role.persona.never
    everything = managed_policy("AdministratorAccess", role.spec.partition_name)
    if everything is None:
        return [], list(never)
    try:
        broken = [one.never for one in violations(with_attached(role, everything), ())]
    except TooComplex:  # what nobody can tell is not said to hold
        return [], list(never)
    return [one for one in never if one not in broken], [one for one in never if one in broken]


class _ByItself:
    """Says of entries for the role alone which roles in its closure may do what they forbid."""

    def __init__(self, role: ComposedRole, catalog: Catalog) -> None:
        self._role = role
        self._closure = closure_of(catalog, role)

    def __call__(self, entries: Sequence[Never]) -> str:
        """Return the words for *entries*: which roles beside it may, where the judge of separations finds a way."""
        freed = tuple(
            one._replace(forbidden=one.forbidden.model_copy(update={"directly": False}))
            for one in entries if one.forbidden.directly
        )  # fmt: skip
        if not freed:
            return ""
        asked = replace(self._role, persona=replace(self._role.persona, never=freed))
        found = dict.fromkeys(one.through for one in violations(asked, self._closure.known))
        others = [f"role/{name}" for name in found if name != self._role.spec.role_name]
        return f" ({', '.join(others)}{_MAY}" if others else ""


def _own(one: Never, role: ComposedRole, by_itself: _ByItself) -> str:
    if not one.forbidden.directly:
        return _short(sentence(one, role))
    freed = one._replace(forbidden=one.forbidden.model_copy(update={"directly": False}))
    return f"{_short(sentence(freed, role))}{by_itself([one])}"


def _short(text: str) -> str:
    """Return *text* with its ARNs as the page has them."""
    return _ARN.sub(lambda found: short_arn(found[0]), text)


_ARN: Final = re.compile(r"arn:[^\s,]+")


def _whole(never: Sequence[Never]) -> tuple[Never, ...]:
    """Return the entries outside of separations that forbid an action everywhere, without exception."""
    return tuple(
        one for one in never
        if not one.separation and one.forbidden.resource == "*"
        and not (one.forbidden.context or one.forbidden.excepted())
    )  # fmt: skip


def _is_told(one: Never, never: Sequence[Never], forbidden: frozenset[str]) -> bool:
    """Tell whether a separation whose title stands without exceptions forbids all that *one* does."""
    actions = set(expand(one.forbidden.action))
    return any(
        other.separation and other.forbidden.resource == "*" and not other.forbidden.context
        and (not other.forbidden.excepted() or _taken_back(other, forbidden))
        and actions and actions <= set(expand(other.forbidden.action))
        for other in never
    )  # fmt: skip


def _exceptions(entries: Iterable[Never], forbidden: frozenset[str]) -> list[str]:
    """Return the exceptions of *entries* in words, less those that only concern what is *forbidden* all the same."""
    kept = (one for one in entries if not _taken_back(one, forbidden))
    return list(dict.fromkeys(filter(None, (one.forbidden.excepted().removeprefix(", ") for one in kept))))


def _taken_back(one: Never, forbidden: frozenset[str]) -> bool:
    """Tell whether every action that knows the keys of the exceptions of *one* is *forbidden* without exception."""
    keys = {normal_key(key) for key in one.forbidden.except_with}
    if not keys or one.forbidden.except_on or one.forbidden.directly or any(key.startswith("aws:") for key in keys):
        return False
    about = {name for name in expand(one.forbidden.action) if keys & _keys_of(name)}
    return bool(about) and about <= forbidden


def _keys_of(name: str) -> frozenset[str]:
    """Return the condition keys of the action *name*, those of its resource types among them."""
    action = find_action(name)
    if action is None:
        return frozenset()
    types = resource_types(action.service)
    of_types = (types[use.name].condition_keys for use in action.resource_types if use.name in types)
    with_types = (use.condition_keys for use in action.resource_types)
    return action.condition_keys.union(*of_types, *with_types)


_WIDE: Final = 110
"""How many characters of exceptions the page has for a separation."""


def _named(exceptions: Sequence[str], *, whole: bool) -> str:
    """Return *exceptions*; of many those that there is room for, and how many more there are."""
    kept = [
        text for number, text in enumerate(exceptions)
        if whole or not number or len("; ".join(exceptions[: number + 1])) <= _WIDE
    ]  # fmt: skip
    more = len(exceptions) - len(kept)
    return f"{'; '.join(kept)}{f'; and {more} more: --full' if more else ''}"
