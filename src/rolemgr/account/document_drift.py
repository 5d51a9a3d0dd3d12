"""
How a policy in an account, or in the organization, differs from the one that a file makes, by what they mean.

What one Deny makes is one difference, however many statements and principals it is about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from rolemgr.account.resource_plan import in_words, same_statements
from rolemgr.compare.action_groups import Focus
from rolemgr.compare.compare import compare
from rolemgr.compare.documents import comparable
from rolemgr.compare.place import ComparedPlace
from rolemgr.compare.verdicts import Difference
from rolemgr.compare.whom import asking_in_words, conditions_in_words, stands_for_many, whom
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies, StatementRef
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, PolicyDocument, StatementElement

Way: TypeAlias = Literal["gained", "lost"]


class DocumentDrift(NamedTuple):
    """What one side allows and the other does not: *way* is toward the account; *unknown* where that can't be told."""

    way: Way
    what: str
    request: Request | None = None
    unknown: bool = False
    who: str = ""
    """Whom it is about, in words, where principals are named."""
    stands_for_others: bool = False
    """Whether the principal of the request stands for those whom a statement names."""


@dataclass(frozen=True)
class _Side:
    """One side: its *document*, and the *policies* that are compared of it."""

    document: PolicyDocument
    policies: Policies

    def statement(self, at: StatementRef) -> StatementElement | None:
        """Return the statement of the compared policies that stands there; None for one that there is not."""
        resource = self.policies.resource
        documents: tuple[PolicyDocument, ...] = (resource,) if resource else self.policies.identity
        every = documents[at.policy].statements() if at.policy < len(documents) else ()
        return every[at.statement] if at.statement < len(every) else None


class _OneWay(NamedTuple):
    """What *giving* allows that *other* does not; messages call the policy *title*."""

    title: str
    way: Way
    giving: _Side
    other: _Side
    at: ComparedPlace | None

    def drifts(self) -> Iterator[DocumentDrift]:
        """Yield what each Deny of the other side makes, then what each Allow does; last what can't be told."""
        found = compare(self.giving.policies, self.other.policies, Focus(at=self.at))
        by_deny: dict[StatementRef, list[Difference]] = {}
        for one in found.differences:
            for at in _denying(one):
                by_deny.setdefault(at, []).append(one)
        yield from (self._of_deny(self.other.statement(at), every) for at, every in by_deny.items())
        allowed = [one for one in found.differences if not _denying(one)]
        today = {one.statement for one in allowed if not one.future}
        future = {one.statement for one in allowed if one.future}
        for one in allowed:
            if not (one.future and one.statement in today):
                yield self._drift(self._of_allow(one, and_future=one.statement in future), one)
        for unknown in found.unknowns:
            more = "more" if self.way == "gained" else "less"
            what = f"can't tell whether {self.title} allows {more}: {unknown.reason}"
            yield DocumentDrift(self.way, what, unknown=True)

    def _of_deny(self, deny: StatementElement | None, every: Sequence[Difference]) -> DocumentDrift:
        shown = next((one for one in every if not (one.future or one.doubts)), every[0])
        actions = tuple(dict.fromkeys(action for one in every if not one.future for action in one.actions))
        where = conditions_in_words(deny.condition) if deny else ""
        about = f"{_several(actions) if actions else _future(shown)} on {shown.request.resource}"
        about += f", {where}" if where else ""
        name = in_words(deny) if deny else "a statement"
        what = f"denies by {name} what the file does not: {about}"
        if self.way == "gained":
            state = "is changed" if deny and self._has_deny(deny) else "is gone"
            what = f"no longer denies all that the file does: its Deny, {name}, {state}: {about}"
        who = asking_in_words(shown) if shown.request.principal else ""
        return self._drift(f"{self.title} {what}{_doubts(shown)}", shown)._replace(who=who)

    def _has_deny(self, deny: StatementElement) -> bool:
        """Tell whether the side that gives has a Deny of the Sid of *deny*."""
        same = (one for one in self.giving.document.statements() if one.effect is Effect.DENY)
        return any(one.sid == deny.sid and deny.sid is not None for one in same)

    def _of_allow(self, one: Difference, *, and_future: bool) -> str:
        who = self._who(one)
        action = _future(one) if one.future else _several(one.actions)
        action += ", and what AWS may add," if and_future and not one.future else ""
        asked = f"{action} on {one.request.resource}{f' to {who}' if who else ''}"
        statement = f"statement `{one.statement.sid}` of " if one.statement.sid else ""
        if self.way == "gained":
            return f"{statement}{self.title} allows {asked}, which the file does not allow{_doubts(one)}"
        return f"{self.title} does not allow {asked}, which {statement}the file does{_doubts(one)}"

    def _who(self, one: Difference) -> str:
        return whom(one, self.giving.policies, self.other.policies)

    def _drift(self, what: str, one: Difference) -> DocumentDrift:
        return DocumentDrift(
            self.way, what, one.request, who=self._who(one), stands_for_others=stands_for_many(one)
        )  # fmt: skip


def document_drift(
    title: str, there: PolicyDocument, wanted: PolicyDocument, at: ComparedPlace | None = None
) -> Iterator[DocumentDrift]:
    """
    Yield what the document *there*, which messages call *title*, allows beyond the *wanted* one, and the reverse.

    *at* is the resource that it stands at, where it is of one.
    """
    if same_statements(there, wanted):
        return
    try:
        live = _Side(there, comparable((there,), (wanted,)))
        file = _Side(wanted, comparable((wanted,), (there,)))
        yield from _OneWay(title, "gained", live, file, at).drifts()
        yield from _OneWay(title, "lost", file, live, at).drifts()
    except (PolicyError, LayerError) as error:
        yield DocumentDrift("gained", f"can't tell what {title} allows: {error}", unknown=True)


def _denying(one: Difference) -> tuple[StatementRef, ...]:
    """Return the Denies of the other side that deny *one*: none where it has just no Allow for it."""
    return one.before.by if one.before.decision == "ExplicitlyDenied" else ()


def _several(actions: Sequence[str]) -> str:
    return f"{actions[0]}{f' and {len(actions) - 1} more actions' if len(actions) > 1 else ''}"


def _future(one: Difference) -> str:
    return f"actions that AWS may add, such as one of the name {one.actions[0]},"


def _doubts(one: Difference) -> str:
    return "".join(f"; doubtful: {doubt}" for doubt in one.doubts)
