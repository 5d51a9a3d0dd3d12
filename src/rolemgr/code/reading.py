"""What reading code has found so far, and the limits that it keeps to."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from rolemgr.code.sources import UntoldCode
from rolemgr.code.values import Value
from rolemgr.compare.budget import Budget
from rolemgr.errors import SourceLocation

MOST_STEPS: Final = 1_000_000
"""How many expressions and statements of one file are read, those of functions each time that they are called."""
MOST_DEPTH: Final = 60
MOST_CALLS_WITHIN: Final = 12
MOST_TIMES: Final = 40
_TOO_LONG: Final = "it takes more than {:,} steps to read"


@dataclass(frozen=True)
class CodeCall:
    """
    A call of AWS that the code makes: *where*, as what it is written (*name*), and its API *operations*.

    An operation is ``CLIENT.Operation`` as botocore has them. *arguments* are those of the call and of the object
    that it is called on. *by* says who makes it: ``caller`` the code itself, ``pipeline`` a pipeline when it runs,
    ``job`` a job that runs the function. *guessed* where only the name of the method tells.
    """

    where: SourceLocation
    name: str
    operations: tuple[str, ...]
    arguments: Mapping[str, Value]
    by: str = "caller"
    guessed: bool = False
    open: bool = False
    """Whether it may have more arguments than the code tells."""


@dataclass
class Reading:
    """The calls of a file and what can't be told, in the order of the code."""

    name: str
    calls: list[CodeCall] = field(default_factory=list)
    untold: dict[UntoldCode, None] = field(default_factory=dict)
    budget: Budget = field(default_factory=lambda: Budget(MOST_STEPS, problem=_TOO_LONG))
    by: str = "caller"

    def at(self, node: ast.AST) -> SourceLocation:
        """Return where *node* stands."""
        return SourceLocation(self.name, getattr(node, "lineno", None))

    def call(
        self, node: ast.AST, name: str, operations: Iterable[str], arguments: Mapping[str, Value], *,
        by: str | None = None, guessed: bool = False, is_open: bool = False,
    ) -> None:  # fmt: skip
        """Note a call of AWS; a call that is read twice is one."""
        made = tuple(dict.fromkeys(operations))
        if made:
            self.calls.append(CodeCall(self.at(node), name, made, dict(arguments), by or self.by, guessed, is_open))

    def cannot_tell(self, node: ast.AST, what: str, why: str) -> None:
        """Note what can't be told."""
        self.untold[UntoldCode(self.at(node), what, why)] = None
