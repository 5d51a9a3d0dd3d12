"""What the managed policies that are attached to a role give it, beside the role's own, in the words of a review."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rolemgr.evaluate.request import Context
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedRole, ComposedStatement
from rolemgr.reference.resources import common
from rolemgr.report.capabilities import BESIDE_PERSONAS, CAPABILITIES, WITHIN
from rolemgr.report.review_resources import WRITING, short_arn, some_of, verbs_of
from rolemgr.report.statements import access_level
from rolemgr.separation.certainty import ReachQuestion, surely_denied

if TYPE_CHECKING:
    from rolemgr.reference.managed_policies import ManagedPolicy
    from rolemgr.separation.attached import Added

_SERVICES: Final = 4
"""How many services of a policy are named."""
_REACHING: Final = {"iam:PassRole": "pass", "sts:AssumeRole": "assume"}


def attached_use(role: ComposedRole, *, writing: bool, whole: bool) -> Iterator[str]:
    """Yield for each attached policy what it lets the role change, or read besides: services, patterns and verbs."""
    for name, statements in _attached(role):
        if statements is None:
            if whole:  # the page has it once, under its title
                yield f"{name} (attached)  its text is not at hand: it may {'write' if writing else 'read'} anything"
            continue
        net = NetOfDenies(role)
        by_service: dict[str, dict[str, set[str]]] = {}
        for one in statements:
            for action in one.actions:
                if (access_level(action) in WRITING) is writing and action not in _REACHING:
                    for resource in net.of(action, one.resources):
                        patterns = by_service.setdefault(action.partition(":")[0], {})
                        patterns.setdefault(short_arn(resource), set()).add(action)
        if by_service:
            yield f"{name} (attached)  {_services(by_service, whole=whole)}; {net.in_words(whole=whole)}"
        elif net.taken:
            yield f"{name} (attached)  nothing: this role's Denies take all of it"


class NetOfDenies:
    """What is left of an attached policy's Allows under the role's Denies: what these take, and what they narrow."""

    def __init__(self, role: ComposedRole) -> None:
        self._denies = [one for one in role.unfolded if one.effect is Effect.DENY]
        self.taken: dict[str, None] = {}
        """The actions that are denied on a resource as a whole."""
        self.narrowed: dict[str, None] = {}
        """The actions that are denied in part, or under a condition."""

    def of(self, action: str, resources: Sequence[str]) -> Iterator[str]:
        """Yield those of *resources* on which *action* is not denied as a whole."""
        speaking = [one for one in self._denies if action in one.actions]
        question = ReachQuestion(action, "*", Context({}))
        for resource in resources:
            if surely_denied(speaking, resource, question):
                self.taken[action] = None
                continue
            if any(common(one, resource) is not None for deny in speaking for one in deny.resources):
                self.narrowed[action] = None
            yield resource

    def in_words(self, *, whole: bool) -> str:
        """Return what the Denies do to what was asked about."""
        if self.narrowed:
            return f"its Denies narrow {some_of(list(self.narrowed), whole=whole)}"
        return "net of its Denies" if self.taken else "its Denies take nothing of it"


def _services(found: dict[str, dict[str, set[str]]], *, whole: bool) -> str:
    order = sorted(found, key=lambda name: (_place(name), -sum(map(len, found[name].values())), name))
    most = len(order) if whole else _SERVICES
    told = [f"{name} {_patterns(found[name], whole=whole)}" for name in order[:most]]
    rest = order[most:]
    return f"{', '.join(told)}{f' and {len(rest)} more services' if rest else ''}"


_FIRST: Final = ("iam", "s3", "secretsmanager", "kms", "sagemaker")
"""What a reviewer wants to see first."""


def _place(service: str) -> int:
    return _FIRST.index(service) if service in _FIRST else len(_FIRST)


def _patterns(found: dict[str, set[str]], *, whole: bool) -> str:
    """Return the widest patterns of a service, with the verbs of all that is allowed there."""
    order = sorted(found, key=lambda text: (text != "*", -len(found[text]), len(text)))
    kept = order[:1] if order[0] == "*" else order if whole else order[:2]
    verbs = verbs_of((action for actions in found.values() for action in actions), whole=whole)
    more = f" and {len(order) - len(kept)} more" if len(order) > len(kept) and order[0] != "*" else ""
    return f"{' '.join(kept)}{more} ({verbs})"


def attached_reach(role: ComposedRole) -> Iterator[str]:
    """Yield which roles an attached policy lets the role pass or assume, and where nobody knows."""
    for name, statements in _attached(role):
        if statements is None:
            yield f"{name}, attached and unknown, may let it pass and assume any role"
            continue
        for action, verb in _REACHING.items():
            found = dict.fromkeys(
                short_arn(resource) for one in statements if action in one.actions for resource in one.resources
            )
            if found:
                yield f"{name}, attached, lets it {verb} {' or '.join(found)}"


def not_at_hand(role: ComposedRole) -> tuple[str, ...]:
    """Return the attached policies whose text nobody here has: of what the role can never do they may allow all."""
    return tuple(name for name, statements in _attached(role) if statements is None)


def unknown_warning(role: ComposedRole) -> Iterator[str]:
    """Yield the line under the title for policies of unknown text: whatever the page says, they may allow more."""
    if unknown := not_at_hand(role):
        are = "is attached and its text" if len(unknown) == 1 else "are attached and their text"
        it = "it" if len(unknown) == 1 else "they"
        yield f"UNKNOWN  {', '.join(unknown)} {are} not at hand: {it} may allow anything"


def attached_lines(role: ComposedRole) -> Iterator[tuple[str, str]]:
    """Yield each policy that is attached to the role, by its ARN, with what it adds, or that nobody here knows that."""
    known = {policy.arn: added for policy, added in _added(role)}
    for arn in sorted(role.spec.managed_policy):
        added = known.get(arn)
        if added is None:
            yield arn, "not known: its text is not at hand, and it may allow anything"
            continue
        counts = f"{len(added.actions)} actions more, {len(added.anywhere)} of them on any resource"
        yield arn, f"{_words(added) or 'nothing that is told apart'} ({counts})"
    if role.spec.boundary:
        yield role.spec.boundary, "the permissions boundary: what it lets through is not judged, and it adds nothing"


def attached_can(role: ComposedRole) -> Iterator[str]:
    """Yield what each attached policy of known text adds to what the role can do, the most telling first."""
    for policy, added in _added(role):
        if words := _words(added):
            yield f"{words}, by {policy.name}"


def attached_looks(role: ComposedRole) -> Iterator[str]:
    """Yield what each attached policy of known text adds, as a line that deserves a look; consequences first."""
    for policy, added in _added(role):
        if words := _words(added):
            writes = sum(access_level(action) in WRITING for action in added.actions)
            counts = f"adds {len(added.actions)} actions, {writes} that write, {len(added.anywhere)} on any resource"
            text = f"{policy.name} ({policy.version} of {policy.updated}): {words} ({counts})"
            yield f"{text}; of this role's limits only Denies hold for it"


def _added(role: ComposedRole) -> "Iterator[tuple[ManagedPolicy, Added]]":
    if not role.spec.managed_policy:
        return
    from rolemgr.separation.attached import added_by, known_policy  # few roles have them

    for arn in sorted(role.spec.managed_policy):
        if policy := known_policy(role, arn):
            yield policy, added_by(role, policy)


_THINGS: Final = 3


def _words(added: "Added") -> str:
    """Return what is *added* as capabilities, else by the names of the actions that say most."""
    from rolemgr.separation.attached import telling

    actions = {*added.actions, *added.widened}
    ways = (*BESIDE_PERSONAS.items(), *CAPABILITIES.items())
    found = [name for name, shows in ways if name not in WITHIN and actions.intersection(shows)]
    found = found or telling(actions)
    more = f" and {len(found) - _THINGS} more" if len(found) > _THINGS else ""
    return f"{', '.join(found[:_THINGS])}{more}"


def _attached(role: ComposedRole) -> Iterator[tuple[str, Sequence[ComposedStatement] | None]]:
    """Yield each attached policy by name with what it allows; None where its text is not at hand."""
    if not role.spec.managed_policy:
        return
    from rolemgr.separation.attached import attached_statements  # few roles have them

    known = attached_statements(role)
    for arn in sorted(role.spec.managed_policy):
        yield arn.rpartition("/")[2], known.get(arn)
