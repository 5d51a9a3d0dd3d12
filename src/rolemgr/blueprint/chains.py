"""
Which roles of a blueprint each of them reaches, in any account: those that it passes, assumes or acts as.

Asked of the documents, within all layers: ``iam:PassRole`` inside the account, ``sts:AssumeRole`` wherever the other
role's trust policy lets the caller in. https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_evaluation-logic-cross-account.html
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.identity_center import caller_arn
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.sessions import session_tags, with_tags
from rolemgr.blueprint.witness import caller_keys, trust_request, within_layers
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import contains
from rolemgr.prove.proof import RoleToProve
from rolemgr.prove.search import inquiry
from rolemgr.reference.resources import common

PASSING: Final = "iam:PassRole"
ASSUMING: Final = "sts:AssumeRole"


class Reached(NamedTuple):
    """A role that another reaches, the request that does it (None where it acts as it by its work), and from where."""

    role: PlacedRole
    by: PlacedRole
    request: Request | None


class BlueprintClosure(NamedTuple):
    """The roles of the blueprint that one reaches, directly or through others; and patterns of other roles."""

    reached: tuple[Reached, ...]
    unknown: tuple[str, ...]


class Chains:
    """The steps from role to role of a blueprint, each asked once."""

    def __init__(self, blueprint: ComposedBlueprint, around: RoleLayers) -> None:
        """Take the documents of *blueprint*."""
        self._blueprint, self._around = blueprint, around
        self._subjects: dict[str, RoleToProve] = {}
        self._steps: dict[str, tuple[Reached, ...]] = {}

    def closure(self, placed: PlacedRole) -> BlueprintClosure:
        """Return what *placed* reaches. Raises TooComplex where it takes too many steps to tell."""
        found: dict[str, Reached] = {}
        unknown: set[str] = set(self.unknown(placed))
        todo = [placed]
        while todo:
            for step in self.steps(todo.pop()):
                if step.role.place not in found and step.role is not placed:
                    found[step.role.place] = step
                    unknown.update(self.unknown(step.role))
                    todo.append(step.role)
        return BlueprintClosure(tuple(found[place] for place in sorted(found)), tuple(sorted(unknown)))

    def steps(self, placed: PlacedRole) -> tuple[Reached, ...]:
        """Return the roles that *placed* reaches at once."""
        if placed.place not in self._steps:
            self._steps[placed.place] = tuple(self._at_once(placed))
        return self._steps[placed.place]

    def _at_once(self, placed: PlacedRole) -> Iterator[Reached]:
        for other in self._candidates(placed):
            request = self._passing(placed, other) or self._assuming(placed, other)
            if request or any(common(as_pattern(one), other.role.spec.arn) is not None for one in placed.role.acts_as):
                yield Reached(other, placed, request)

    def _candidates(self, placed: PlacedRole) -> Iterator[PlacedRole]:
        """Yield the roles that *placed* may reach: those of its account, and where it may assume roles, of all."""
        everywhere = bool(inquiry(self.subject(placed), ASSUMING).of(Effect.ALLOW))
        there = self._assumable if everywhere else ()
        for other in (*self._by_account[placed.account], *(one for one in there if one.account != placed.account)):
            if other is not placed:
                yield other

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(one.role.spec.arn for one in self._blueprint.roles)

    @cached_property
    def _by_account(self) -> Mapping[str, tuple[PlacedRole, ...]]:
        found: dict[str, list[PlacedRole]] = {}
        for one in self._blueprint.roles:
            found.setdefault(one.account, []).append(one)
        return {account: tuple(roles) for account, roles in found.items()}

    @cached_property
    def _assumable(self) -> tuple[PlacedRole, ...]:
        """The roles whose trust policy lets in more than services and providers."""
        return tuple(one for one in self._blueprint.roles if _lets_in_accounts(one))

    def subject(self, placed: PlacedRole) -> RoleToProve:
        """Return *placed* within its layers, as a search takes it."""
        if placed.place not in self._subjects:
            self._subjects[placed.place] = within_layers(self._blueprint, self._around, placed)
        return self._subjects[placed.place]

    def _passing(self, placed: PlacedRole, other: PlacedRole) -> Request | None:
        """Return a request that passes *other*; roles are passed within their account alone."""
        if placed.role.spec.account != other.role.spec.account:
            return None
        asked, keys = inquiry(self.subject(placed), PASSING), caller_keys(self._blueprint, placed)
        found = asked.allowed(other.role.spec.arn, keys) if asked.of(Effect.ALLOW) else None
        return found and self._confirmed(placed, other, found)

    def _assuming(self, placed: PlacedRole, other: PlacedRole) -> Request | None:
        """Return a request by which *placed* assumes *other*: both sides have a say, and either may name keys."""
        if not _lets_in_accounts(other):
            return None
        keys, arn = caller_keys(self._blueprint, placed), other.role.spec.arn
        trusted = trust_request(self._blueprint, other, ASSUMING, keys)
        if trusted is None:
            return None
        own = inquiry(self.subject(placed), ASSUMING).allowed(arn, {**keys, **_folded(trusted)})
        for context in (own and own.context, trusted.context):
            request = Request(ASSUMING, arn, Context(dict(context))) if context else None
            if request and (found := self._confirmed(placed, other, request)):
                return found
        return None

    def _confirmed(self, placed: PlacedRole, other: PlacedRole, found: Request) -> Request | None:
        """Return the request with its principal where all layers allow it."""
        trust = other.documents.trust_policy if found.action == ASSUMING else None
        policies = self._around.around(placed, other.account, trust)
        request = Request.known(
            found.action, found.resource, dict(found.context), caller_arn(placed.role.spec), other.role.spec.account
        )
        return request if evaluate(request, policies).decision == "Allowed" else None

    def unknown(self, placed: PlacedRole) -> Iterator[str]:
        """Yield the patterns of roles that *placed* may pass, assume or act as, of more than the blueprint's roles."""
        known = self._known
        tags = session_tags(self._blueprint, placed)
        yield from placed.role.acts_as_unknown
        yield from (one for text in placed.role.acts_as for one in with_tags(text, tags) if one not in known)
        for statement in self.subject(placed).statements:
            actions = statement.action or ("*",)
            reaches = any(contains(pattern.lower(), one.lower()) for pattern in actions for one in (PASSING, ASSUMING))
            if statement.effect is Effect.ALLOW and reaches:
                for resource in (one for text in statement.resource or ("*",) for one in with_tags(text, tags)):
                    if resource not in known and (resource == "*" or ":role/" in resource):
                        yield resource


def _lets_in_accounts(placed: PlacedRole) -> bool:
    """Tell whether the role's trust policy speaks of AWS principals: in an Allow by name, or of all but some."""
    principals = (one.principal for one in placed.documents.trust_policy.statement if one.effect is Effect.ALLOW)
    return any(one is None or one == "*" or "AWS" in one for one in principals)


def _folded(request: Request) -> dict[str, tuple[str, ...]]:
    return {key.lower(): values for key, values in request.context.items()}
