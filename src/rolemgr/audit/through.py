"""
Who comes to an action that its policies do not give: through others, or by changing what it or others may do.

A change counts for what it gives: a permissions boundary that stays on and the SCPs of the account bound whoever
writes policies as they bound everybody, so that what these deny nobody comes to.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from rolemgr.audit.finding import ChainStep
from rolemgr.audit.gains import Gains
from rolemgr.audit.paths import Walker
from rolemgr.audit.rights import ANYTHING, Settled, ShownRequest
from rolemgr.audit.search import Search
from rolemgr.audit.setting import AuditedPrincipal, AuditRun
from rolemgr.audit.targets import Way, own_ways
from rolemgr.compare.errors import TooComplex
from rolemgr.iam.documents import Effect
from rolemgr.model.inventory import HeldPolicy, HeldRole

_ANY_POLICY: Final = HeldPolicy("any policy", ANYTHING)
_BOUNDARY: Final = "iam:permissionsboundary"
_WHETHER: Final = "whether it can give itself what is asked for"
May: TypeAlias = Callable[[AuditedPrincipal], tuple[ShownRequest, ...]]
"""Returns a request by which a principal, as it is or would be, may do what is asked for; none where it may not."""


class Through(NamedTuple):
    """
    How *holder*, who may not by itself, comes to what is asked for: the *steps*.

    *unless* says what of whoever works in the end is not known and could deny it.
    """

    holder: HeldRole
    steps: tuple[ChainStep, ...]
    unless: str = ""


class WaysTo(NamedTuple):
    """Who comes to it *through* somebody who can; and who by *changing* policies, or through somebody who can that."""

    through: tuple[Through, ...]
    changing: tuple[Through, ...]


def ways_to(setting: AuditRun, held: set[str], may: May) -> WaysTo:
    """Return how those who are not *held*, who may, come to it in up to three steps."""
    walkers = {arn: Walker(setting, one, unnamed=True) for arn, one in setting.subjects.items() if arn not in held}
    goal = "one of those who may"
    chains = Search(setting, walkers, goal).run(sorted(held), {}) if held else {}
    others = {arn: one for arn, one in walkers.items() if arn not in chains}
    found = dict(_changing(setting, others, may))
    unless = {arn: setting.subjects[arn].working_as(way.actor).unless for arn, way in found.items()}
    steps = {arn: way.step for arn, way in found.items()}
    reaching = Search(setting, others, goal).run((), steps) if steps else {}
    changing = {**{arn: (step,) for arn, step in steps.items()}, **reaching}
    return WaysTo(
        tuple(Through(setting.subjects[arn].holder, one) for arn, one in sorted(chains.items())),
        tuple(Through(setting.subjects[arn].holder, one, unless[one[-1].who]) for arn, one in sorted(changing.items())),
    )


def _changing(setting: AuditRun, walkers: Mapping[str, Walker], may: May) -> Iterator[tuple[str, Way]]:
    """Yield who can give itself what is asked for, each with the first way."""
    actors = _Actors(setting, may)
    for arn, walker in walkers.items():
        try:
            way = actors.way_of(walker)
        except TooComplex as error:
            setting.cannot_tell(walker.subject, _WHETHER, error)
            continue
        if way:
            yield arn, way


class _Actors:
    """Whether those whose policies somebody writes may then do what is asked for; each is asked about once."""

    name = "what is asked for"

    def __init__(self, setting: AuditRun, may: May) -> None:
        self._setting, self._may = setting, may
        self._known: dict[tuple[str, str | None], tuple[bool, bool]] = {}

    def way_of(self, walker: Walker) -> Way | None:
        """Return the first way of the principal that gives it what is asked for; raises TooComplex."""
        subject, setting = walker.subject, self._setting
        own = own_ways(subject, setting.groups_of(subject), bounded=True)
        found = next((way for way in own if self._gives(subject, way)), None)
        if found:
            return found
        targets = (one for one in setting.of_account(subject) if self._is_enough(subject, one))
        filling = Gains(walker).filling(targets, bounded=True)
        found = next((way for way in filling if way.writes or self._gives(subject, way)), None)
        return found or next(Gains(walker).tagged_ways(self), None)

    def of(self, subject: AuditedPrincipal) -> Way | None:
        """Return how *subject*, with the tags that it has, may do it, or gives itself what lets it."""
        if shown := self._may(subject):
            return Way(
                ChainStep(subject.holder.arn, subject.holder.arn, "may do it", shown), subject.holder, writes=False
            )
        own = own_ways(subject, self._setting.groups_of(subject), bounded=True)
        return next((way for way in own if self._gives(subject, way)), None)

    def _gives(self, subject: AuditedPrincipal, way: Way) -> bool:
        actor = subject.working_as(way.actor)
        return self._is_enough(subject, actor) if way.writes else self._answer(subject, actor)[0]

    def _is_enough(self, subject: AuditedPrincipal, actor: AuditedPrincipal) -> bool:
        """Tell whether *actor* may do it once *subject* writes its policies; that it can't be told is said of this."""
        key = actor.holder.arn, actor.holder.boundary_arn
        if key not in self._known:
            self._known[key] = self._answer(subject, self._filled(actor))
        found, untold = self._known[key]
        if untold:
            subject.rights.cut_off(_WHETHER, "whether conditions let it through can't be told")
        return found

    def _answer(self, subject: AuditedPrincipal, actor: AuditedPrincipal) -> tuple[bool, bool]:
        """Return whether *actor* may, and whether that can't be told."""
        found = bool(self._may(actor))
        untold = not found and bool(actor.rights.untold or actor.rights.cuts)
        if untold:
            subject.rights.cut_off(_WHETHER, "whether conditions let it through can't be told")
        return found, untold

    def _filled(self, actor: AuditedPrincipal) -> AuditedPrincipal:
        """
        Return *actor* with any policy, and without the Denies of its own that it may then take away.

        Who writes a policy gives the right to take the others away, unless one of them, or an SCP, denies that.
        """
        kept = (_ANY_POLICY, *actor.holder.policies)
        while True:
            changed = actor.working_as(replace(actor.holder, policies=kept))
            left = tuple(one for one in kept if not (_denies(one) and self._can_be_removed(changed, one)))
            if len(left) == len(kept):
                return changed
            kept = left

    def _can_be_removed(self, actor: AuditedPrincipal, policy: HeldPolicy) -> bool:
        """Tell whether *actor* may take *policy* off itself, write another in its place, or leave its group."""
        holder, rights = actor.holder, actor.rights
        kind = "Role" if holder.kind == "role" else "User"
        context: Settled = {_BOUNDARY: holder.boundary_arn}
        if policy.group:
            groups = (one for one in self._setting.groups_of(actor) if one.name == policy.group)
            return any(rights.ask("iam:RemoveUserFromGroup", one.arn) for one in groups)
        if policy.arn:
            return bool(rights.ask(f"iam:Detach{kind}Policy", holder.arn, {**context, "iam:policyarn": policy.arn}))
        actions = (f"iam:Delete{kind}Policy", f"iam:Put{kind}Policy")
        return any(rights.ask(one, holder.arn, context) for one in actions)


def _denies(policy: HeldPolicy) -> bool:
    return any(one.effect is Effect.DENY for one in policy.document.statement)
