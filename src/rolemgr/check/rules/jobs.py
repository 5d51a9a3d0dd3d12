"""The kinds of job that are as good as one another, and which of them a limit leaves open."""

from collections.abc import Sequence

from rolemgr.check.document import Document, ReadCondition, Statement
from rolemgr.check.rules.carried import carries
from rolemgr.iam.documents import PolicyType
from rolemgr.reference.services import find_action

JOBS = (
    "sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob", "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTransformJob",
)  # fmt: skip
"""What starts compute of the caller's choice, each as good as the other."""


def left_open(condition: ReadCondition, names: Sequence[str], documents: list[Document]) -> list[str]:
    """Return the kinds of job that carry the key of *condition* and that no Deny by it is about, though another is."""
    if not condition.folded.startswith("sagemaker:"):
        return []
    jobs = [name for name in JOBS if (action := find_action(name)) and carries(action, condition.key)]
    denies = [one for document in documents for one in document.statements if one.effect == "Deny"]
    closed = [name for name in jobs if any(_is_about(one, name, names) for one in denies)]
    if not closed:
        return []
    return [name for name in jobs if name not in closed and _is_possible(name, documents)]


def _is_about(statement: Statement, action: str, names: Sequence[str]) -> bool:
    """Tell whether a Deny is about *action* by a condition on *names*, or without any."""
    if not (statement.named(action) or statement.not_actions):
        return False
    return not statement.conditions or bool(list(statement.conditions_on(*names)))


def _is_possible(action: str, documents: list[Document]) -> bool:
    """Tell whether *action* is allowed by the policies of a role; an SCP is about roles that it does not know."""
    return any(
        document.kind is PolicyType.SCP or any(one.named(action) for one in document.allows) for document in documents
    )
