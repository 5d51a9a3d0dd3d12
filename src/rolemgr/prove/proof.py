"""
What every proof is about and what it answers: a role, and whether a claim holds for all of its requests.

A claim that does not hold comes with requests that break it, each ready for `rolemgr simulate`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeAlias

from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.compare.errors import TooComplex
from rolemgr.errors import SourceLocation
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.model.flags import words_of
from rolemgr.model.role import ComposedRole, ComposedStatement, Origin
from rolemgr.reference.services import expand
from rolemgr.separation.violations import RenderedRole

Decide: TypeAlias = Callable[[Request, Policies], Evaluation]
"""AWS's evaluation logic, as the proofs ask it."""

MOST_STEPS: Final = 20_000_000
"""The steps of all proofs about a role: over ten times what the largest role of the built-in catalog takes."""
_TOO_LONG: Final = "it takes more than {:,} steps to prove"


@dataclass(frozen=True, eq=False)
class RoleToProve:
    """A role to be proven: its catalog, its documents, and what chooses it on the command line."""

    catalog: Catalog
    rendered: RenderedRole
    flags: tuple[str, ...]
    decide: Decide = evaluate
    beside: tuple[ComposedRole, ...] = ()
    """The roles that are proven with it: what it passes is looked up among them."""
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS, problem=_TOO_LONG))
    """The steps of all proofs about the role, also about what `dataclasses.replace` makes of it."""

    @property
    def name(self) -> str:
        """The flags as one text, which messages call the role by."""
        return " ".join(self.flags)

    @property
    def documents(self) -> tuple[IdentityPolicy, ...]:
        """The permissions policies of the role, inline ones first."""
        documents = self.rendered.documents
        return tuple(policy.document for policy in (*documents.policies, *documents.managed_policies))

    @cached_property
    def policies(self) -> Policies:
        """All permissions policies of the role, for the evaluator."""
        return Policies(identity=self.documents)

    @cached_property
    def statements(self) -> tuple[IdentityStatement, ...]:
        """The statements of all documents."""
        return tuple(statement for document in self.documents for statement in document.statement)

    @cached_property
    def granted(self) -> tuple[str, ...]:
        """The actions that an Allow of the role names or has a pattern for, sorted."""
        patterns = {text for one in self.statements if one.effect is Effect.ALLOW for text in one.action or ()}
        globs = {text for text in patterns if "*" in text or "?" in text}
        expanded = (action for text in globs for action in expand(text if text.strip("*") else "*:*"))
        return tuple(sorted({*(patterns - globs), *expanded}))

    @cached_property
    def _composed(self) -> Mapping[str, ComposedStatement]:
        return {statement.sid: statement for statement in self.rendered.role.statements}

    def origins(self, sid: str | None) -> tuple[Origin, ...]:
        """Return the catalog lines behind the statement *sid*, also where packing made it a part."""
        found = self._composed.get(sid or "") or self._composed.get((sid or "").rpartition("Part")[0])
        return found.origins if found else ()

    def allowed(self, request: Request) -> bool:
        """Tell whether the role is allowed *request*."""
        return self.decide(request, self.policies).decision == "Allowed"


class CounterExample(NamedTuple):
    """What breaks a claim: *problem* in words, the role by its *flags*, the request, and the catalog's lines."""

    problem: str
    flags: tuple[str, ...]
    request: Request | None = None
    places: tuple[SourceLocation, ...] = ()


class Untold(NamedTuple):
    """What can't be told of a claim, with the reason: *problem* in words, the role by its *flags*."""

    problem: str
    flags: tuple[str, ...]


Answer: TypeAlias = CounterExample | Untold | None
"""What was found of one request: that it breaks the claim, that nobody can tell, or nothing."""
Judged: TypeAlias = tuple[str, Answer]
"""The claim that was asked, by name, and the answer."""


class Proof(NamedTuple):
    """Whether a claim holds, how many requests were asked, what breaks it, and what can't be told."""

    name: str
    claim: str
    checked: int
    counter_examples: tuple[CounterExample, ...] = ()
    untold: tuple[Untold, ...] = ()
    supposed: tuple[str, ...] = ()
    """What was taken for granted of others, in words."""

    @property
    def holds(self) -> bool:
        """Whether nothing breaks the claim, and all of it was told."""
        return not self.counter_examples and not self.untold

    def and_of_another(self, other: "Proof") -> "Proof":
        """Return the proof of the same claim of both roles."""
        examples = self.counter_examples + other.counter_examples
        supposed = tuple(dict.fromkeys((*self.supposed, *other.supposed)))
        checked = self.checked + other.checked
        return Proof(self.name, self.claim, checked, examples, self.untold + other.untold, supposed)


def proofs_of(claims: Mapping[str, str], judged: Iterable[Judged]) -> tuple[Proof, ...]:
    """Return a proof for each of *claims* by name; *judged* are the requests asked for each, with the answers."""
    answers: dict[str, list[Answer]] = {name: [] for name in claims}
    for name, answer in judged:
        answers[name].append(answer)
    return tuple(proof_of(name, claim, answers[name]) for name, claim in claims.items())


def proof_of(name: str, claim: str, answers: Iterable[Answer]) -> Proof:
    """Return the proof *name* of *claim* by the *answers* to all that was asked."""
    every = list(answers)
    untold = [one for one in every if isinstance(one, Untold)]
    broken = [one for one in every if isinstance(one, CounterExample)]
    return Proof(name, claim, len(every) - len(untold), tuple(broken), tuple(dict.fromkeys(untold)))


def told(subject: RoleToProve, what: str, asked: Callable[[], CounterExample | None]) -> Answer:
    """Return what *asked* answers; where that takes too many steps, that nobody can tell *what*."""
    try:
        return asked()
    except TooComplex as error:
        return Untold(f"can't tell whether {what}: {error}", subject.flags)


def all_told(subject: RoleToProve, claims: Mapping[str, str], judged: Iterable[Judged]) -> Iterator[Judged]:
    """Yield from *judged*; where they end because they take too many steps, what can't be told of each of *claims*."""
    try:
        yield from judged
    except TooComplex as error:
        for name, what in claims.items():
            yield name, Untold(f"can't tell whether {what}: {error}", subject.flags)


def together(proofs: Iterable[Proof]) -> tuple[Proof, ...]:
    """Return the *proofs* of several roles as one for each claim; what breaks several alike is shown once."""
    found: dict[str, Proof] = {}
    for proof in proofs:
        old = found.get(proof.name, proof._replace(checked=0, counter_examples=(), untold=(), supposed=()))
        examples = {one.problem: one for one in (*proof.counter_examples, *old.counter_examples)}
        untold = {one.problem: one for one in (*proof.untold, *old.untold)}
        found[proof.name] = old._replace(
            checked=old.checked + proof.checked,
            counter_examples=tuple(examples.values()),
            untold=tuple(untold.values()),
            supposed=tuple(dict.fromkeys((*old.supposed, *proof.supposed))),
        )
    return tuple(found.values())


def places(origins: Iterable[Origin]) -> tuple[SourceLocation, ...]:
    """Return the places of *origins*, each once."""
    return tuple(dict.fromkeys(origin.location for origin in origins))


_IN_FLAGS = (
    "persona", "name", "path", "account", "region", "partition", "add", "remove", "parameter", "bucket", "pass_role",
    "subnet", "security_group", "data_key", "volume_key", "guardrail", "guardrail_profile", "no_default_guardrails",
    "strict", "kms_key_names", "abac", "abac_buckets", "tag", "break_separation", "expires", "catalog",
)  # fmt: skip
"""The keys of a role file that decide what the role's permissions policies say."""


def flags_of(choices: Mapping[str, Any]) -> tuple[str, ...]:
    """Return *choices*, keys of a role file, as words of the command line; others than the above are left out."""
    return words_of(choices, _IN_FLAGS)
