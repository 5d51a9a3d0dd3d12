"""
Which roles of a blueprint each of them reaches, in any account: those that it passes, assumes or acts as.

Asked of the documents, within all layers: ``iam:PassRole`` inside the account, ``sts:AssumeRole`` wherever the other
role's trust policy lets the caller in. https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_evaluation-logic-cross-account.html
"""

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from rolemgr.blueprint.alike import AlikeRoles, alike
from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.placed import STAND_IN
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.sessions import session_tags, with_tags
from rolemgr.blueprint.witness import caller_keys, trust_request, within_layers
from rolemgr.compare.errors import TooComplex
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


class BlueprintClosure(NamedTuple):
    """The roles of the blueprint that one reaches, directly or through others; and patterns of other roles."""

    reached: tuple[PlacedRole, ...]
    unknown: tuple[str, ...]


class Chains:
    """
    The steps from role to role of a blueprint, each asked once.

    Inside an account a step is the same for all roles that are alike (`rolemgr.blueprint.alike`).
    """

    def __init__(self, blueprint: ComposedBlueprint, around: RoleLayers) -> None:
        """Take the documents of *blueprint*."""
        self._blueprint, self._around = blueprint, around
        self._steps: dict[tuple[str, str], bool] = {}
        self._unknown: dict[str, tuple[str, ...]] = {}
        self.subject = lru_cache(maxsize=256)(self._subject)

    @cached_property
    def _alike(self) -> AlikeRoles:
        return alike(self._blueprint)

    def groups(self) -> tuple[tuple[PlacedRole, ...], ...]:
        """Return the roles in groups of those that are alike and reach roles that are alike."""
        found: dict[tuple[str, ...], list[PlacedRole]] = {}
        for placed in self._blueprint.roles:
            try:
                reached = self._reached(placed)
            except TooComplex:
                found[placed.place,] = [placed]
                continue
            found.setdefault((self._alike.first(placed).place, *self._kinds(placed, reached)), []).append(placed)
        return tuple(map(tuple, found.values()))

    def _kinds(self, placed: PlacedRole, reached: tuple[PlacedRole, ...]) -> tuple[str, ...]:
        """Return which roles of its own account *placed* reaches, by the first ones like them; others as they are."""
        return tuple(
            sorted(
                f"{STAND_IN}{self._alike.first(one).place}" if one.account == placed.account else one.place
                for one in reached
            )
        )

    def closure(self, placed: PlacedRole) -> BlueprintClosure:
        """Return what *placed* reaches. Raises TooComplex where it takes too many steps to tell."""
        reached = self._reached(placed)
        unknown = {text for one in (placed, *reached) for text in self.unknown(one)}
        return BlueprintClosure(reached, tuple(sorted(unknown)))

    def _reached(self, placed: PlacedRole) -> tuple[PlacedRole, ...]:
        found: dict[str, PlacedRole] = {}
        todo = [placed]
        while todo:
            for step in self.steps(todo.pop()):
                if step.place not in found and step is not placed:
                    found[step.place] = step
                    todo.append(step)
        return tuple(found[place] for place in sorted(found))

    def steps(self, placed: PlacedRole) -> Iterator[PlacedRole]:
        """Yield the roles that *placed* reaches at once."""
        for other in self._candidates(placed):
            if self._reaches(placed, other):
                yield other

    def _reaches(self, placed: PlacedRole, other: PlacedRole) -> bool:
        if placed.account != other.account:
            key = (placed.place, other.place)
        else:
            # Those of another account stand in for both; a role is never asked about itself.
            key = (self._alike.first(placed).place, f"{STAND_IN}{self._alike.first(other).place}")
        if key not in self._steps:
            self._steps[key] = self._at_once(placed, other)
        return self._steps[key]

    def _at_once(self, placed: PlacedRole, other: PlacedRole) -> bool:
        if self._passing(placed, other) or self._assuming(placed, other):
            return True
        return any(common(as_pattern(one), other.arn) is not None for one in placed.role.acts_as)

    def _candidates(self, placed: PlacedRole) -> Iterator[PlacedRole]:
        """Yield the roles that *placed* may reach: those of its account, and of others those that it may assume."""
        yield from (one for one in self._by_account[placed.account] if one is not placed)
        for other in self._assumed(placed):
            if other.account != placed.account:
                yield other

    def _assumed(self, placed: PlacedRole) -> Iterator[PlacedRole]:
        """Yield the roles that an Allow of *placed* may be about and that trust more than services and providers."""
        first = self._alike.first(placed)
        if first.place not in self._patterns:
            self._patterns[first.place] = tuple(self._assumable_patterns(first))
        patterns = [one.replace(STAND_IN, placed.account_id) for one in self._patterns[first.place]]
        whole = {self._assumable[one].place: self._assumable[one] for one in patterns if one in self._assumable}
        wild = [one for one in patterns if "*" in one or "?" in one]
        if wild:
            found = (one for one in self._assumable.values() if any(contains(text, one.arn) for text in wild))
            whole |= {one.place: one for one in found}
        yield from (whole[place] for place in sorted(whole))

    @cached_property
    def _patterns(self) -> dict[str, tuple[str, ...]]:
        return {}

    def _assumable_patterns(self, first: PlacedRole) -> Iterator[str]:
        """Yield what the Allows of ``sts:AssumeRole`` are about, variables as stars; the account as `STAND_IN`."""
        for allow in inquiry(self.subject(first), ASSUMING).of(Effect.ALLOW):
            statement = allow.statement
            for text in statement.resource or ("*",):
                yield as_pattern(text).replace(f":{first.account_id}:", f":{STAND_IN}:")

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(one.arn for one in self._blueprint.roles)

    @cached_property
    def _by_account(self) -> Mapping[str, tuple[PlacedRole, ...]]:
        found: dict[str, list[PlacedRole]] = {}
        for one in self._blueprint.roles:
            found.setdefault(one.account, []).append(one)
        return {account: tuple(roles) for account, roles in found.items()}

    @cached_property
    def _assumable(self) -> Mapping[str, PlacedRole]:
        """The roles whose trust policy lets in more than services and providers, by ARN."""
        lets_in = {one.place: _lets_in_accounts(one) for one in self._alike.firsts()}
        return {one.arn: one for one in self._blueprint.roles if lets_in[self._alike.first(one).place]}

    def _subject(self, placed: PlacedRole) -> RoleToProve:
        """Return *placed* within its layers, as a search takes it."""
        return within_layers(self._blueprint, self._around, placed)

    def _passing(self, placed: PlacedRole, other: PlacedRole) -> Request | None:
        """Return a request that passes *other*; roles are passed within their account alone."""
        if placed.account_id != other.account_id:
            return None
        asked, keys = inquiry(self.subject(placed), PASSING), caller_keys(self._blueprint, placed)
        found = asked.allowed(other.arn, keys) if asked.of(Effect.ALLOW) else None
        return found and self._confirmed(placed, other, found)

    def _assuming(self, placed: PlacedRole, other: PlacedRole) -> Request | None:
        """Return a request by which *placed* assumes *other*: both sides have a say, and either may name keys."""
        if not _lets_in_accounts(other):
            return None
        keys, arn = caller_keys(self._blueprint, placed), other.arn
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
        request = Request.known(found.action, found.resource, dict(found.context), placed.caller_arn, other.account_id)
        return request if evaluate(request, policies).decision == "Allowed" else None

    def unknown(self, placed: PlacedRole) -> tuple[str, ...]:
        """Return the patterns of roles that *placed* may pass, assume or act as, of more than the blueprint's roles."""
        first = self._alike.first(placed)
        if first.place not in self._unknown:
            self._unknown[first.place] = tuple(self._unknown_to(first))
        mine = f":{placed.account_id}:"
        return tuple(one.replace(f":{first.account_id}:", mine) for one in self._unknown[first.place])

    def _unknown_to(self, placed: PlacedRole) -> Iterator[str]:
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
