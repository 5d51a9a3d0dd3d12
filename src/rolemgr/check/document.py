"""
A policy document as far as it can be read: statements of plain tuples, and where each stands.

Unlike `rolemgr.iam.documents`, which refuses what IAM refuses, nothing is refused here: an element that
can't be read is left out, and `opaque` names the elements of which not all is known (a function of a
template fills them in), so that no rule concludes anything from their absence.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from rolemgr.files.source import DataPath
from rolemgr.iam.breadth import together
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.operators import Operator
from rolemgr.iam.wildcards import matches, matches_action

GRANTING = frozenset({PolicyType.IDENTITY, PolicyType.TRUST, PolicyType.RESOURCE})
"""Kinds whose Allow gives access; an SCP or a boundary only bounds what others give."""


class ReadCondition(NamedTuple):
    """One operator with one key; *operator* is None where IAM has no such operator."""

    operator_text: str
    operator: Operator | None
    key: str
    values: tuple[str, ...]
    path: DataPath
    opaque: bool = False

    @property
    def true_where_absent(self) -> bool | None:
        """
        Whether it holds for a request without the key; None where that is not known.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
        """
        if self.operator is None or (self.operator.base == "Null" and self.opaque):
            return None
        return self.operator.true_where_absent(self.values)

    @property
    def folded(self) -> str:
        """The key in lower case."""
        return self.key.lower()


class Principal(NamedTuple):
    """A principal and its kind: ``AWS``, ``Service``, ``Federated``, ``CanonicalUser``, or ``*`` alone."""

    kind: str
    value: str


@dataclass(eq=False)
class Statement:
    """One statement; an element that is absent or can't be read is empty."""

    policy: "Document"
    path: DataPath
    raw: Mapping[str, Any]
    sid: str | None = None
    effect: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    not_principals: tuple[Principal, ...] = ()
    conditions: tuple[ReadCondition, ...] = ()
    opaque: frozenset[str] = frozenset()

    def at(self, element: str, value: str | None = None) -> DataPath:
        """Return the path of *element*, or of *value* where it stands in a list there."""
        place = self._places(element).get(value) if value is not None else None
        return (*self.path, element) if place is None else (*self.path, element, place)

    @property
    def written_actions(self) -> Iterator[tuple[str, str]]:
        """Each action or pattern behind the element in which it stands: Action or NotAction."""
        yield from (("Action", action) for action in self.actions)
        yield from (("NotAction", action) for action in self.not_actions)

    @property
    def written_resources(self) -> Iterator[tuple[str, str]]:
        """Each resource behind the element in which it stands: Resource or NotResource."""
        yield from (("Resource", resource) for resource in self.resources)
        yield from (("NotResource", resource) for resource in self.not_resources)

    def _places(self, element: str) -> dict[str, int]:
        """Return where in the list that *element* is each of its texts stands first."""
        if element not in self._placed:
            given = self.raw.get(element)
            listed = reversed(list(enumerate(given))) if isinstance(given, list) else ()
            self._placed[element] = {one: at for at, one in listed if isinstance(one, str)}
        return self._placed[element]

    @cached_property
    def wide_actions(self) -> tuple[str, ...]:
        """The actions, and what they come to together: who asks for their breadth asks for these."""
        return (*self.actions, *together(self.actions))

    @cached_property
    def wide_resources(self) -> tuple[str, ...]:
        """The resources, and what they come to together: who asks for their breadth asks for these."""
        return (*self.resources, *together(self.resources))

    @cached_property
    def _placed(self) -> dict[str, dict[str, int]]:
        return {}

    @cached_property
    def _by_name(self) -> tuple[dict[str, str], dict[str, list[tuple[str, str]]]]:
        """
        The actions without a wildcard by their lower-case name, and the patterns by their service.

        Patterns that leave the service open stand under the empty text, each beside its lower-case form.
        """
        exact: dict[str, str] = {}
        patterns: dict[str, list[tuple[str, str]]] = {}
        for pattern in self.actions:
            folded = pattern.lower()
            if "*" in folded or "?" in folded:
                service = folded.partition(":")[0]
                is_open = "*" in service or "?" in service
                patterns.setdefault("" if is_open else service, []).append((folded, pattern))
            else:
                exact[folded] = pattern
        return exact, patterns

    def named(self, action: str) -> str | None:
        """Return the action or pattern in Action that stands for *action* (as the reference spells it)."""
        exact, patterns = self._by_name
        folded = action.lower()
        if folded in exact or not patterns:
            return exact.get(folded)
        for service in (folded.partition(":")[0], ""):
            for lowered, pattern in patterns.get(service, ()):
                if _matches(lowered, folded):
                    return pattern
        return None

    def speaks_of(self, action: str) -> bool:
        """Tell whether *action* is among what Action names, or not among what NotAction leaves out."""
        if self.not_actions:
            return not any(matches_action(pattern, action) for pattern in self.not_actions)
        return self.named(action) is not None

    def conditions_on(self, *keys: str) -> Iterator[ReadCondition]:
        """Yield the conditions on any of *keys* (lower case; one that ends in a slash is a beginning)."""
        beginnings = tuple(key for key in keys if key.endswith("/"))
        for condition in self.conditions:
            if condition.folded in keys or (beginnings and condition.folded.startswith(beginnings)):
                yield condition


@lru_cache(maxsize=65_536)
def _matches(pattern: str, action: str) -> bool:
    head = pattern.partition("*")[0].partition("?")[0]
    return action.startswith(head) and matches(pattern, action)


class Problem(NamedTuple):
    """What the reader could not read: which grammar rule it breaks, how, and where."""

    rule: str
    message: str
    path: DataPath
    sid: str | None = None
    key: str | None = None


@dataclass(eq=False)
class Document:
    """
    A policy document that was found in *name*; *line_of* gives the line of a path within it.

    Documents of one *group* decide together: the policies of one role. *text* is the policy as it would be
    saved, where white space counts.
    """

    name: str
    kind: PolicyType
    raw: Any
    line_of: Callable[[DataPath], int | None]
    group: str = ""
    text: str | None = None
    template: bool = False
    inline: bool = False
    attached: str = ""
    """The ARN of AWS's managed policy whose text this is: its wording is AWS's, what it allows the role's."""
    version: str | None = None
    statements: tuple[Statement, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    unknown: list[tuple[DataPath, str]] = field(default_factory=list)
    """What of it a template fills in later, so that nobody can judge it: the path, and what it is."""
    place: DataPath = ()
    """Where it stands in the file."""
    variant: int = 0
    """Which of the *ways* in which a template's conditions can come out; a finding of several is told once."""
    ways: Sequence[Mapping[str, bool]] = ()
    """The truth of each condition in each way; empty outside of templates."""
    suggested: bool = False
    """Whether the name of the file alone says of which type it is."""
    held: bool = False
    """Whether roles of the file hold it: it acts in their groups, where a *copy* stands, and not by itself."""
    copy: bool = False
    """Whether the document that it copies is judged by itself elsewhere."""
    column_of: Callable[[DataPath], int | None] = lambda _: None
    """Gives the column in its line at which a path stands, from 1."""
    missing: str = ""
    """Of an attached policy without a text: why nobody knows what it says."""
    beside: Sequence["Document"] = ()
    """The policies that were made to be attached with it, itself among them; empty where it stands alone."""

    @cached_property
    def condition_keys(self) -> frozenset[str]:
        """The keys that its conditions are about, in lower case."""
        return frozenset(condition.folded for one in self.statements for condition in one.conditions)

    @cached_property
    def denies_together(self) -> tuple[Statement, ...]:
        """The statements that deny, of the document and of those that are attached with it."""
        return tuple(one for one in self.statements_together if one.effect == "Deny")

    @property
    def statements_together(self) -> Iterator[Statement]:
        """The statements of the document and of those that are attached with it."""
        return (one for each in self.beside or (self,) for one in each.statements)

    @cached_property
    def allows(self) -> tuple[Statement, ...]:
        """The statements that allow."""
        return tuple(statement for statement in self.statements if statement.effect == "Allow")
