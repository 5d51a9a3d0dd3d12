"""
What a role in an account allows that a wanted one does not, and the reverse, told by what the policies mean.

Each side is a list of named policies. What is found names the statement that gives it, or the Deny that takes
it, and has a request that shows it; what can't be told is found too.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, TypeAlias, TypeVar

from rolemgr.account.telling import most_telling
from rolemgr.compare.action_groups import Focus
from rolemgr.compare.budget import MOST_STEPS, Budget
from rolemgr.compare.compare import compare
from rolemgr.compare.lifted import lifted
from rolemgr.compare.place import ComparedPlace, place_of
from rolemgr.compare.statements import CompiledPolicies, CompiledStatement
from rolemgr.compare.verdicts import Difference, Unknown
from rolemgr.compare.whom import stands_for_many, whom
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies, StatementRef, read_policy
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect, IdentityPolicy, TrustPolicy
from rolemgr.reference.services import action_names, services

Way: TypeAlias = Literal["gained", "lost"]
Part: TypeAlias = Literal["permissions", "trust"]
D = TypeVar("D", IdentityPolicy, TrustPolicy)

TRUST: Final = "the trust policy"
_BROAD: Final = 60
"""A statement with more actions is first asked for a few that the other side has not: all would take minutes."""


class ComparedPolicy(NamedTuple):
    """A policy that a role has, and what messages call it; *whole* says that it is found or missed as one."""

    name: str
    document: IdentityPolicy
    whole: bool = False


class StatementPlace(NamedTuple):
    """A statement: the policy that it is in, by name, and its Sid, or its number from 0; None is all of them."""

    policy: str
    statement: str | int | None = None

    def __str__(self) -> str:
        if self.statement is None:
            return self.policy
        shown = f"`{self.statement}`" if isinstance(self.statement, str) else str(self.statement)
        return f"statement {shown} of {self.policy}"


@dataclass(frozen=True)
class Meant:
    """
    Access that one side gives and the other does not.

    *allowed_by* are the statements that give it, *denied_by* those of the other side that deny it: none where
    it has just no Allow for it. *shown* has a request; it is None where *unknown* says why nothing could be told.
    """

    part: Part
    way: Way
    allowed_by: tuple[StatementPlace, ...]
    denied_by: tuple[StatementPlace, ...] = ()
    actions: tuple[str, ...] = ()
    shown: Difference | None = None
    unknown: str = ""
    names: int = 0
    """How many actions a broad statement names that the other side has not: of these *actions* alone were asked."""
    patterns: tuple[str, ...] = ()
    """The actions as the broad statement has them."""
    others: tuple[Difference, ...] = ()
    """The differences that were made one, *shown* among them."""
    who: str = ""
    """Whom a trust policy lets in, in words."""

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All that shows it."""
        return self.others or ((self.shown,) if self.shown else ())


class _NumberedStatements(NamedTuple):
    """One side, each statement under a Sid of its own by which its *places* are found again."""

    policies: Policies
    places: Mapping[str, StatementPlace]
    whole: frozenset[str]
    """The names of the policies that are found or missed as one."""

    @classmethod
    def of(cls, held: Sequence[ComparedPolicy]) -> "_NumberedStatements":
        """Return the side of named policies."""
        for one in held:
            read_policy(one.document)  # what IAM would not accept is said by the Sid that it has
        places = {
            f"{number}:{at}": StatementPlace(one.name, at if statement.sid is None else statement.sid)
            for number, one in enumerate(held)
            for at, statement in enumerate(one.document.statement)
        }
        documents = tuple(_numbered(number, one.document) for number, one in enumerate(held))
        return cls(Policies(identity=documents), places, frozenset(one.name for one in held if one.whole))

    @classmethod
    def of_trust(cls, document: TrustPolicy) -> "_NumberedStatements":
        """Return the side of a trust policy."""
        read_policy(document)
        places = {
            f"0:{at}": StatementPlace(TRUST, at if one.sid is None else one.sid)
            for at, one in enumerate(document.statement)
        }
        return cls(Policies(resource=_numbered(0, document)), places, frozenset())

    def place(self, at: StatementRef) -> StatementPlace:
        """Return where a statement stands; of a policy that is whole, the policy."""
        found = self.places[str(at.sid)]
        return StatementPlace(found.policy) if found.policy in self.whole else found

    def keeping(self, kept: Callable[[str, Effect], bool]) -> Policies:
        """Return the policies with those statements alone of which *kept* says so by number and effect."""
        return Policies(
            identity=tuple(
                document.model_copy(
                    update={"statement": tuple(one for one in document.statement if kept(str(one.sid), one.effect))}
                )
                for document in self.policies.identity
            )
        )


def _numbered(number: int, document: D) -> D:
    statements = (one.model_copy(update={"sid": f"{number}:{at}"}) for at, one in enumerate(document.statements()))
    return document.model_copy(update={"statement": tuple(statements)})


class _OneWay(NamedTuple):
    """What *giving* allows that *other* does not."""

    part: Part
    way: Way
    giving: _NumberedStatements
    other: _NumberedStatements
    budget: Budget
    """The steps of all comparisons that one answer takes: a Deny may stand behind each that was found."""
    at: ComparedPlace | None = None
    """The role whose trust policies they are."""

    def answers(self) -> Iterator[Meant]:
        """Yield what is found, what differs for one reason made one, and what could not be told."""
        gathered: dict[object, Meant] = {}
        for meant in self._found():
            key = (meant.denied_by or meant.allowed_by, meant.unknown)
            gathered[key] = _both(gathered[key], meant) if key in gathered else meant
        yield from gathered.values()

    def _found(self) -> Iterator[Meant]:
        """Yield what broad statements newly name, what all others allow, then what is no longer denied."""
        told = yield from self._of_broad()
        rest = self.giving.keeping(lambda sid, _: sid not in told) if told else self.giving.policies
        found = list(self._of_all(rest, frozenset()))
        yield from found
        if self.part == "permissions":
            yield from self._of_denies({place for one in found for place in one.denied_by})

    def _of_denies(self, told: Collection[StatementPlace]) -> Iterator[Meant]:
        """Yield what the other side's Denies, but those *told*, deny alone: another policy may allow it."""
        found = lifted(self.giving.policies.identity, self.other.policies.identity, (), within=self.budget)
        for one in found.differences:
            if (place := self.other.place(one.statement)) not in told:
                yield Meant(self.part, self.way, (), (place,), one.actions, one)
        yield from map(self._untold, found.unknowns)

    def _of_all(self, rest: Policies, told: frozenset[str]) -> Iterator[Meant]:
        """
        Yield what the policies *rest* give, the other side taken without the Denies that are *told* already.

        One request shows one Deny that does not hold; others may stand behind it, so that it is asked again.
        """
        other = self.other.keeping(lambda sid, _: sid not in told) if told else self.other.policies
        found = compare(rest, other, Focus(at=self.at), within=self.budget)
        yield from map(self._meant, found.differences)
        yield from map(self._untold, found.unknowns)
        shown = {str(at.sid) for one in found.differences for at in _denies(one)}
        if shown and self.part == "permissions":
            yield from self._of_all(rest, told | shown)

    def _of_broad(self) -> Generator[Meant, None, frozenset[str]]:
        """Yield what broad statements show, a policy that is whole once; return all that is told by that."""
        told: set[str] = set()
        others = _allows(self.other.policies)
        for statement in _allows(self.giving.policies) if self.part == "permissions" else ():
            sid = str(statement.at.sid)
            fresh = [] if sid in told else _fresh(statement, others)
            if len(fresh) > self._most(statement) and (one := self._broad(sid, fresh)):
                told |= self._with_all_of_its_policy(sid)
                yield replace(self._meant(one), names=len(fresh), patterns=self._patterns(statement))
        return frozenset(told)

    def _with_all_of_its_policy(self, sid: str) -> set[str]:
        """Return *sid*, or where its policy is whole, all that stands in it."""
        policy = self.giving.places[sid].policy
        if policy not in self.giving.whole:
            return {sid}
        denies = {
            str(one.at.sid) for one in CompiledPolicies(self.giving.policies).statements if one.effect is Effect.DENY
        }
        return {other for other, place in self.giving.places.items() if place.policy == policy} - denies

    def _meant(self, one: Difference) -> Meant:
        denied_by = tuple(dict.fromkeys(map(self.other.place, _denies(one))))
        who = whom(one, self.giving.policies, self.other.policies)
        return Meant(self.part, self.way, (self.giving.place(one.statement),), denied_by, one.actions, one, who=who)

    def _untold(self, one: Unknown) -> Meant:
        places = (self.giving.place(one.statement),) if one.statement else ()
        return Meant(self.part, self.way, places, actions=one.actions, unknown=one.reason)

    def _patterns(self, statement: CompiledStatement) -> tuple[str, ...]:
        """Return the actions as *statement* has them; none of one with NotAction, and of a policy that is whole."""
        alone = self.giving.place(statement.at).statement is not None
        return statement.actions if alone and statement.takes.listed else ()

    def _most(self, statement: CompiledStatement) -> int:
        """Return how many new actions a statement may name and still be compared action by action."""
        return 0 if self.giving.place(statement.at).statement is None else _BROAD

    def _broad(self, sid: str, fresh: Sequence[str]) -> Difference | None:
        """Return what the broad statement *sid* gives, if one of its most telling *fresh* actions shows it."""
        alone = self.giving.keeping(lambda other, effect: other == sid or effect is Effect.DENY)
        found = compare(alone, self.other.policies, Focus(actions=most_telling(fresh)), within=self.budget).differences
        return next((one for one in found if not one.doubts), None)


def _denies(one: Difference) -> tuple[StatementRef, ...]:
    """Return the statements of the other side that deny the request."""
    return one.before.by if one.before.decision == "ExplicitlyDenied" else ()


def permissions(
    live: Sequence[ComparedPolicy], wanted: Sequence[ComparedPolicy], steps: int = MOST_STEPS
) -> Iterator[Meant]:
    """
    Yield what the policies *live* allow and those *wanted* do not, then the reverse.

    What takes more than *steps* of one way is something that can't be told.
    """
    first, second = [held.document for held in live], [held.document for held in wanted]
    if not (all(one in second for one in first) and all(one in first for one in second)):
        yield from _both_ways(
            "permissions", lambda: (_NumberedStatements.of(live), _NumberedStatements.of(wanted)), steps
        )


def trust(live: TrustPolicy, wanted: TrustPolicy, role: str) -> Iterator[Meant]:
    """Yield whom the trust policy *live* lets assume the *role* and the one *wanted* does not, then the reverse."""
    if live != wanted:
        arn = Arn.parse(role)
        yield from _both_ways(
            "trust",
            lambda: (_NumberedStatements.of_trust(live), _NumberedStatements.of_trust(wanted)),
            MOST_STEPS,
            place_of(role, arn.account) if arn else None,
        )


def _both_ways(
    part: Part,
    sides: Callable[[], tuple[_NumberedStatements, _NumberedStatements]],
    steps: int,
    at: ComparedPlace | None = None,
) -> Iterator[Meant]:
    """Yield what is found both ways; a policy that can't be evaluated is something that can't be told."""
    try:
        live, wanted = sides()
        yield from list(_OneWay(part, "gained", live, wanted, Budget(steps), at).answers())
        yield from list(_OneWay(part, "lost", wanted, live, Budget(steps), at).answers())
    except (PolicyError, LayerError) as error:
        yield Meant(part, "gained", (), unknown=str(error))


def _both(first: Meant, second: Meant) -> Meant:
    """Return two findings about the same as one; a request without doubts shows it best."""
    if first.shown and second.shown and first.shown.future is not second.shown.future:
        return second if first.shown.future else first  # what there is today says enough
    shown = second.shown if first.shown and first.shown.doubts and second.shown else first.shown
    lead, rest = (first, second) if shown is first.shown else (second, first)
    return replace(
        first,
        allowed_by=tuple(dict.fromkeys((*lead.allowed_by, *rest.allowed_by))),
        actions=tuple(dict.fromkeys((*lead.actions, *rest.actions))),
        shown=shown,
        names=max(first.names, second.names),
        others=(*first.differences, *second.differences),
        who=" or ".join(dict.fromkeys(filter(None, (lead.who, rest.who)))),
    )


# --- broad statements: all that they name would take minutes, so that a few new actions are asked first


def _allows(policies: Policies) -> list[CompiledStatement]:
    return [statement for statement in CompiledPolicies(policies).statements if statement.effect is Effect.ALLOW]


def _fresh(statement: CompiledStatement, others: Sequence[CompiledStatement]) -> list[str]:
    """Return the actions that *statement* names by a pattern or a NotAction, and none of *others* names."""
    if statement.takes.listed and not any("*" in text or "?" in text for text in statement.actions):
        return []
    return [
        spelt
        for service in services()
        for name, spelt in action_names(service).items()
        if statement.takes.take(folded := f"{service}:{name}") and not any(other.takes.take(folded) for other in others)
    ]


# --- in words

_LISTED = 6


def in_words(meant: Meant) -> str:
    """Return *meant* as a sentence: what the account has more than the file, or less."""
    if meant.unknown:
        return _unknown(meant)
    things = "lets in whom" if meant.part == "trust" else "allows what"
    where, reason = _joined(meant.allowed_by), _joined(meant.denied_by)
    access = _access(meant)
    if meant.denied_by and not meant.allowed_by:
        said_by = "no longer denied" if meant.way == "gained" else "newly denied"
        return f"{said_by}: {access}, which {reason} in the {'file' if meant.way == 'gained' else 'account'} denies"
    if meant.way == "gained" and meant.denied_by:
        return f"no longer denied: {access}, which {reason} in the file denies and {where} in the account allows"
    if meant.way == "gained":
        return f"{where} {things} the file does not: {access}"
    if meant.denied_by:
        return f"{reason} denies what {where} in the file allows: {access}"
    return f"missing: {access}, which {where} in the file allows"


def _unknown(meant: Meant) -> str:
    whole = f"{TRUST} allows" if meant.part == "trust" else "its policies allow"
    where = f"{_joined(meant.allowed_by)} allows" if meant.allowed_by else whole
    about = f" ({_several(meant.actions)})" if meant.actions else ""
    what = "what the file does not" if meant.way == "gained" else "in the file what the account does not"
    return f"can't tell whether {where} {what}{about}: {meant.unknown}"


def _access(meant: Meant) -> str:
    """Return what may be done, with one request as an example, and whether AWS would ever see it."""
    if meant.shown is None:
        return _several(meant.actions)
    new = "actions that AWS may add, such as one of the name " if meant.shown.future else ""
    more = f", and more of the {meant.names:,} actions that it names" if meant.names > len(meant.actions) else ""
    doubts = "".join(f"; doubtful: {doubt}" for doubt in meant.shown.doubts)
    who = f" by {meant.who}" if meant.who else ""
    return f"{new}{_several(meant.actions)}{more}{who} (such as {_example(meant.shown)}){doubts}"


def _example(shown: Difference) -> str:
    """Return the request, without the condition keys that the ARNs in it say already."""
    request = shown.request
    context = ", ".join(f"{key}={' '.join(values)}" for key, values in request.given_context().items())
    who = f" by {_asking(shown)}" if request.principal else ""
    note = f", {shown.scenario.note}" if shown.scenario.note else ""
    return f"{request.action} on {request.resource}{who}{f' with {context}' if context else ''}{note}"


def _asking(shown: Difference) -> str:
    """Return who asks; one that stands for others says so."""
    text = str(shown.request.principal)
    return f"{text} in their place" if stands_for_many(shown) else text


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _joined(places: Sequence[StatementPlace]) -> str:
    return _several([str(place) for place in places])
