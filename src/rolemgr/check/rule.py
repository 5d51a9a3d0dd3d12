"""A rule: what it looks for, how bad that is, who says so; and the decorators that make one of a function."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import getdoc
from typing import NamedTuple, TypeAlias

from rolemgr.check.document import Document, ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
SAGEMAKER = "https://docs.aws.amazon.com/sagemaker/latest/dg/"
REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
ORGANIZATIONS = "https://docs.aws.amazon.com/organizations/latest/userguide/"


class Hit(NamedTuple):
    """What a rule found: a *message*, its place in the document, and what it speaks of."""

    message: str
    path: DataPath
    action: str | None = None
    key: str | None = None
    sid: str | None = None


StatementRule: TypeAlias = Callable[[Statement], Iterator[Hit]]
DocumentRule: TypeAlias = Callable[[Document], Iterator[Hit]]
GroupRule: TypeAlias = Callable[[list[Document]], Iterator[tuple[Document, Hit]]]


@dataclass(frozen=True)
class Rule:
    """
    A rule of *id*; *name* says it in words, as suppressions and reports may too.

    Which of the three functions is set says what it looks at: one statement, one document, or all policies
    of one role. None of them is set where the reader or the runner finds it.
    """

    id: str
    name: str
    severity: Severity
    title: str
    source: str
    explanation: str
    kinds: frozenset[PolicyType] = frozenset(PolicyType)
    effect: str | None = None
    with_condition: bool = False
    of_statement: StatementRule | None = None
    of_document: DocumentRule | None = None
    of_group: GroupRule | None = None

    def concerns(self, kind: PolicyType, effect: str, conditions: bool) -> bool:
        """Tell whether the rule looks at statements of *effect*, with or without *conditions*, in *kind*."""
        if self.of_statement is None or kind not in self.kinds:
            return False
        return self.effect in (None, effect) and (conditions or not self.with_condition)


ANY = frozenset(PolicyType)
IDENTITY_LIKE = frozenset({PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SCP})
PERMISSIONS = frozenset({PolicyType.IDENTITY})
WITH_PRINCIPAL = frozenset({PolicyType.TRUST, PolicyType.RESOURCE, PolicyType.RCP})


def statement_rule(
    identifier: str,
    name: str,
    severity: Severity,
    title: str,
    source: str,
    *,
    kinds: frozenset[PolicyType] = ANY,
    effect: str | None = None,
    with_condition: bool = False,
) -> Callable[[StatementRule], Rule]:
    """Make the decorated function a rule over single statements; its docstring is the explanation."""

    def made(function: StatementRule) -> Rule:
        return Rule(
            identifier, name, severity, title, source, getdoc(function) or "",
            kinds, effect, with_condition, of_statement=function,
        )  # fmt: skip

    return made


def document_rule(
    identifier: str, name: str, severity: Severity, title: str, source: str, *, kinds: frozenset[PolicyType] = ANY
) -> Callable[[DocumentRule], Rule]:
    """Make the decorated function a rule over whole documents; its docstring is the explanation."""

    def made(function: DocumentRule) -> Rule:
        return Rule(identifier, name, severity, title, source, getdoc(function) or "", kinds, of_document=function)

    return made


def group_rule(identifier: str, name: str, severity: Severity, title: str, source: str) -> Callable[[GroupRule], Rule]:
    """Make the decorated function a rule over the policies of one role together; its docstring is the explanation."""

    def made(function: GroupRule) -> Rule:
        return Rule(identifier, name, severity, title, source, getdoc(function) or "", of_group=function)

    return made


def value_at(statement: Statement, condition: ReadCondition, value: str) -> DataPath:
    """Return the path of *value* where *condition* lists several, else that of the condition."""
    block = statement.raw.get("Condition")
    tests = block.get(condition.operator_text) if isinstance(block, Mapping) else None
    values = tests.get(condition.key) if isinstance(tests, Mapping) else None
    if isinstance(values, list):
        for index, one in enumerate(values):
            if str(one).lower() == value.lower():
                return (*condition.path, index)
    return condition.path


def texts_with_variables(statement: Statement) -> Iterator[tuple[DataPath, str]]:
    """
    Yield each text of *statement* that may have policy variables, after the path where it stands.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse
    """
    yield from ((statement.at(element, text), text) for element, text in statement.written_resources)
    for condition in statement.conditions:
        yield from ((value_at(statement, condition, text), text) for text in condition.values)


def listed(names: list[str] | tuple[str, ...], most: int = 3) -> str:
    """Return *names* as a message shows them: the first few, and how many more there are."""
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


@lru_cache(maxsize=1_024)
def nearest(name: str, known: tuple[str, ...]) -> str | None:
    """Return the *known* name that *name* may have meant, if any is near."""
    from difflib import get_close_matches  # only a wrong name pays for it

    spelt = {one.lower(): one for one in known}
    found = get_close_matches(name.lower(), sorted(spelt), n=1, cutoff=0.75)
    return spelt[found[0]] if found else None


def near(name: str, known: tuple[str, ...]) -> str:
    """Return a hint at the *known* name that *name* may have meant, ready to be appended, or nothing."""
    found = nearest(name, known)
    return f"; did you mean `{found}`?" if found else ""
