"""
Who may do an action: the principals of an inventory by themselves, through others, and those outside of it.

Each is shown by a request that the evaluator allows, and by the statements that decide about it. Who may only on
conditions is listed apart, and so is everybody about whom it can't be told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from rolemgr.audit.contexts import Choice
from rolemgr.audit.deciding import Deciders, DecidingStatement
from rolemgr.audit.examples import concrete, of_action, of_kind, strange
from rolemgr.audit.opened import say_sessions
from rolemgr.audit.outsiders import Outsider, outsiders_on, speaking_of
from rolemgr.audit.rights import NO, RightsAnswer, ShownRequest, tags_of
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.audit.through import Through, ways_to
from rolemgr.audit.trust import sessions_trusted
from rolemgr.compare.errors import TooComplex
from rolemgr.evaluate.principals import Match, blocks_of, match, read_caller, read_principals
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.requirements import Guard, guard_of
from rolemgr.iam.documents import Principals
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.inventory import HeldRole, Inventory, Unjudged
from rolemgr.model.inventory_layers import HeldResource
from rolemgr.reference.resources import in_common, types_of
from rolemgr.reference.services import find_action, resource_types

_MOST_ASKED: Final = 64
MOST_PATTERNS: Final = 12
"""How many resources that the policies of one principal name are asked about."""


class PrincipalGrant(NamedTuple):
    """
    How *holder* may do *action*: on *pattern* (as its policies name it, or the resource that was asked for).

    *certain* says that it needs no condition to be met; *by* are the statements that decide about the request *shown*.
    *unless* says what of the principal is not known and could deny it.
    """

    holder: HeldRole
    action: str
    pattern: str
    certain: bool
    shown: ShownRequest
    by: tuple[DecidingStatement, ...]
    unless: str = ""


@dataclass(frozen=True)
class WhoCan:
    """
    The answers for one *action*; *untold* is what can't be told.

    *changing* are those who come to it by changing policies: who gives it to itself, and who becomes one of these.
    """

    action: str
    resource: str | None
    grants: tuple[PrincipalGrant, ...]
    through: tuple[Through, ...]
    changing: tuple[Through, ...]
    outside: tuple[Outsider, ...]
    untold: tuple[Unjudged, ...]

    def of(self, *, certain: bool) -> Mapping[str, list[PrincipalGrant]]:
        """Return the grants by principal, of those who have one that is *certain*, or of all others."""
        found: dict[str, list[PrincipalGrant]] = {}
        for one in self.grants:
            found.setdefault(one.holder.arn, []).append(one)
        return {arn: grants for arn, grants in found.items() if any(one.certain for one in grants) is certain}

    @property
    def is_anybody(self) -> bool:
        """Whether anybody can: by itself, on conditions, through others, by changing policies, or from outside."""
        return bool(self.grants or self.through or self.changing or self.outside)


@dataclass(frozen=True)
class _Question:
    """What is asked, and what is found out once for all principals."""

    setting: AuditRun
    deciders: Deciders
    action: str
    resource: str | None
    kinds: tuple[str, ...]
    """The types of resources that the action takes."""
    opened: tuple[tuple[HeldResource, Principals, str], ...]
    """The resources whose policies speak of the action, whom they name, and a resource that they are about."""

    def may_be(self, pattern: str) -> bool:
        """Tell whether what *pattern* matches may be a resource of the action."""
        known = find_action(self.action)
        return known is not None and bool(types_of(pattern, known))


def who_can(inventory: Inventory, action: str, resource: str | None = None) -> WhoCan:
    """
    Return who may do *action*, an action of the reference, on *resource* (an ARN, wildcards allowed), or on something.

    Service-linked roles are not asked about. What takes more than the budget of an audit is not judged, and said.
    """
    setting = AuditRun(inventory, inventory.newest, 0)
    question = _question(setting, action, resource)
    grants = [grant for one in setting.subjects.values() for grant in _grants(question, one)]
    held = {one.holder.arn for one in grants}
    outside = outsiders_on(setting, question.deciders, action, resource)
    _not_known(setting, held)
    ways = ways_to(setting, held, lambda actor: tuple(one.shown for one in islice(_grants(question, actor), 1)))
    untold = tuple(dict.fromkeys(setting.all_untold()))
    return WhoCan(action, resource, tuple(grants), ways.through, ways.changing, outside, untold)


def _question(setting: AuditRun, action: str, resource: str | None) -> _Question:
    known = find_action(action)
    types = resource_types(known.service) if known else {}
    required = known.required_types if known else frozenset()
    named = (use.name for use in known.resource_types if use.name in types) if known else ()
    kinds = sorted(named, key=lambda name: (name not in required, len(name), name))  # the plain one first: object
    opened = [(held, one.principal or {}, sample) for held, one, sample in speaking_of(setting, action)]
    return _Question(setting, Deciders(setting.inventory), action, resource, tuple(kinds), tuple(opened))


def _grants(question: _Question, subject: AuditedPrincipal) -> Iterator[PrincipalGrant]:
    setting, action = question.setting, question.action
    try:
        for place, (pattern, resource) in enumerate(_candidates(question, subject)):
            if place == _MOST_ASKED:
                reason = f"more than {_MOST_ASKED} resources are named, and no more are asked about"
                setting.cannot_tell(subject, f"{action} on all of them", reason)
                return
            certain, answer = _answer(setting, subject, action, resource)
            if answer.shown:
                by = question.deciders.of(answer.shown, subject.rights.policies_for(answer.shown))
                yield PrincipalGrant(subject.holder, action, pattern, certain, answer.shown, by, subject.unless)
                if subject.rights.names.strange in resource and certain:
                    return  # on anything of the kind: what its policies name besides is part of it
    except TooComplex as error:
        setting.cannot_tell(subject, f"whether {action} is allowed", error)


def _answer(setting: AuditRun, subject: AuditedPrincipal, action: str, resource: str) -> tuple[bool, RightsAnswer]:
    """Return whether no condition need be met, and the answer: without choosing anything, then with."""
    rights, role = subject.rights, None
    if guard_of(Request(action, resource)) is Guard.ROLE:
        role = setting.inventory.principals.get(resource)
    if role is not None and role.trust is None:
        rights.cannot_tell(f"{action} on {role.arn}, whose trust policy is not known, ")
        return False, NO
    trust, trust_of, tags = (role.trust, role.arn, tags_of(role)) if role else (None, None, None)
    answer = NO
    for choice in (Choice.NONE, Choice.ANY):
        sure = choice is Choice.NONE
        answer = rights.ask(action, resource, tags, trust=trust, trust_of=trust_of, choice=choice, note=not sure)
        if answer.shown:
            return sure, answer
    return False, answer


def _candidates(question: _Question, subject: AuditedPrincipal) -> Iterator[tuple[str, str]]:
    """Yield what to ask about, with the pattern that it stands for: anything, then what policies name."""
    resource = question.resource
    if resource is not None and not has_wildcard(resource):
        yield resource, resource
        return
    if resource is not None:
        yield from ((resource, one) for one in _like(question, subject, resource))
    elif not question.kinds:
        yield "*", "*"
    for kind in question.kinds if resource is None else ():
        yield (
            f"any {kind}",
            strange(question.action, kind, subject.partition, subject.account, name=subject.rights.names.strange),
        )
    yield from _named(question, subject)
    yield from _opened(question, subject)


def _like(question: _Question, subject: AuditedPrincipal, resource: str) -> Iterator[str]:
    """Yield what *resource*, which has wildcards, matches, with a name that no policy knows: one for each type."""
    strange = subject.rights.names.strange
    made = concrete(resource, subject.partition, subject.account, strange)
    if made is None or question.may_be(made):
        yield made or resource
        return
    yield from of_action(resource, question.action, subject.partition, subject.account, strange)


def _named(question: _Question, subject: AuditedPrincipal) -> Iterator[tuple[str, str]]:
    """Yield what the policies of *subject* name; that there is more than is asked about is said."""
    action, found = question.action, dict[str, str]()
    example = subject.rights.names.example
    named = subject.rights.named(action, question.resource)
    for made, pattern in named.patterns.items():
        if not made.strip("*"):
            continue
        before = len(found)
        for kind in question.kinds:
            if one := of_kind(made, action, kind, subject.partition, subject.account, example):
                found.setdefault(one, pattern)
        if len(found) == before and question.may_be(made):
            question.setting.cannot_tell(subject, f"{action} on `{pattern}`", "no example of it is found to ask about")
    yield from ((pattern, made) for made, pattern in islice(found.items(), MOST_PATTERNS))
    if len(found) > MOST_PATTERNS:
        reason = f"its policies name {len(found)} resources, and {MOST_PATTERNS} are asked about"
        question.setting.cannot_tell(subject, f"{action} on all that is named", reason)
    if not named.complete:
        reason = "of what its patterns have in common only a part is asked about"
        question.setting.cannot_tell(subject, f"{action} on all that is named", reason)


def _opened(question: _Question, subject: AuditedPrincipal) -> Iterator[tuple[str, str]]:
    """Yield resources whose own policies let *subject* do the action without its policies."""
    caller, resource = read_caller(subject.holder.arn), question.resource
    for held, principals, sample in question.opened:
        say_sessions(question.setting, subject, held, principals)
        named = read_principals("Principal", blocks_of(principals), denies=False)
        if match(named, caller, bounded=False) <= Match.ACCOUNT:
            continue  # named by the account, or not at all: its own policies decide
        if resource is None or in_common(as_pattern(sample), as_pattern(resource)):
            yield held.arn, sample


_POLICIES: Final = (
    "policy ",
    "inline policy ",
    "group ",
    "an attached policy",
    "a group",
    "the inline",
    "the attached",
)
"""How `Unjudged.place` begins for what might allow something: a policy or a group, not a boundary, a day or a tag."""


def _not_known(setting: AuditRun, held: set[str]) -> None:
    """Say of each principal that may not which of its policies are not known, and of others who may become them."""
    for arn, subject in setting.subjects.items():
        if arn in held:
            sessions_trusted(setting, subject)
        if arn not in held:
            setting.untold += [one for one in subject.holder.unknown if one.place.startswith(_POLICIES)]
