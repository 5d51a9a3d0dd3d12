"""What a rule found: which rule, how severe, where, in one sentence."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

ANALYZER: Final = "IAM Access Analyzer"
"""Who found what is not ours."""
OF_AWS: Final = "AWS-"
"""What the rule of a finding of AWS's begins with; AWS's issue code follows."""


class Severity(StrEnum):
    """
    How bad a finding is, in IAM Access Analyzer's words, the worst first.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-policy-validation.html
    """

    ERROR = "ERROR"
    SECURITY_WARNING = "SECURITY_WARNING"
    WARNING = "WARNING"
    SUGGESTION = "SUGGESTION"

    def at_least(self, other: "Severity") -> bool:
        """Tell whether this is as bad as *other* or worse."""
        order = list(Severity)
        return order.index(self) <= order.index(other)


class NotJudged(NamedTuple):
    """What can't be known, and so was not judged: where it stands in the file *path*, and why."""

    path: str
    line: int | None
    reason: str


class TypeFromName(NamedTuple):
    """That the policies in the file *path* were judged as of a *type*, as its name suggests and nothing else tells."""

    path: str
    type: str

    def __str__(self) -> str:
        """Return it as a sentence, without the path."""
        return f"judged as of type {self.type}, as its name suggests; --type, or types in rolemgr-check.yaml, decide"


class Finding(NamedTuple):
    """One finding; *path* and *line* are where it stands, *sid*, *action* and *key* what it speaks of."""

    rule: str
    severity: Severity
    message: str
    path: str
    line: int | None = None
    sid: str | None = None
    action: str | None = None
    key: str | None = None
    column: int | None = None
    """Where in its line it begins, from 1; None where the line has nothing of it, or is not known."""
    learn_more: str | None = None
    """AWS's page, of what IAM Access Analyzer found."""

    def data(self) -> dict[str, Any]:
        """Return what programs read of it; of a finding of AWS's also who found it, and AWS's page."""
        told = {name: value for name, value in self._asdict().items() if name not in ("column", "learn_more")}
        return told | ({"by": ANALYZER, "learn_more": self.learn_more} if self.learn_more else {})

    def identity(self) -> tuple[str, str, str, str, str]:
        """
        Return what stays the same when lines move and wordings change: for baselines and fingerprints.

        A path that is not UTF-8 has escapes in it, as no file of UTF-8 can hold its bytes.
        """
        path = self.path.encode("utf-8", "backslashreplace").decode()
        return self.rule, path, self.sid or "", self.action or "", self.key or ""
