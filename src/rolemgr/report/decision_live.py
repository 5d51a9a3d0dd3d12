"""What AWS's policy simulator says beside our decision."""

from typing import TYPE_CHECKING, Any

from rolemgr.account.decision_comparison import CUSTOM, AwsAnswer, AwsComparison
from rolemgr.errors import printable
from rolemgr.evaluate.policies import StatementRef
from rolemgr.report.decision import add_origins, reference

if TYPE_CHECKING:
    from rich.tree import Tree

    from rolemgr.report.decision import Origins

_ON = {CUSTOM: "on these policies", "SimulatePrincipalPolicy": "on what is attached in the account"}
_STYLES = {"agrees": "bold green", "differs": "bold red", "unknown": "bold yellow"}


def live_data(found: AwsComparison, origins: "Origins") -> dict[str, Any]:
    """Return what AWS says for ``--format json``: the verdict, each answer, and what AWS was not asked about."""
    return {
        "verdict": found.verdict,
        "answers": [_answer(one, origins) for one in found.answers],
        "notAsked": list(found.not_asked),
        "notes": list(found.notes),
    }


def _answer(one: AwsAnswer, origins: "Origins") -> dict[str, Any]:
    told = {
        "allowedByOrganizations": one.aws.by_organization, "allowedByPermissionsBoundary": one.aws.by_boundary,
    }  # fmt: skip
    return {
        "call": one.call,
        "verdict": one.verdict,
        "decision": one.aws.decision,
        "compared": one.ours.decision,
        "by": [reference(at, origins) if isinstance(at, StatementRef) else {"source": at} for at in one.by],
        "missing": list(one.aws.missing),
        **{name: value for name, value in told.items() if value is not None},
        "reasons": list(one.reasons),
    }


def add_live(tree: "Tree", found: AwsComparison, origins: "Origins") -> None:
    """Add to the page of a decision what AWS says of it."""
    from rich.text import Text  # only a page pays for what draws it

    for one in found.answers:
        branch = tree.add(Text.assemble((f"AWS {one.verdict}", _STYLES[one.verdict]), f": {_head(one)}"))
        for at in one.by:
            inner = branch.add(Text(f"by {at}" if isinstance(at, StatementRef) else f"by {printable(at)}"))
            if isinstance(at, StatementRef):
                add_origins(inner, at, origins)
        for reason in one.reasons:
            branch.add(Text(printable(reason)))
        if one.aws.missing and one.verdict == "agrees":
            branch.add(Text(printable(f"AWS had no value of {', '.join(one.aws.missing)}")))
    for text in found.not_asked:
        tree.add(Text.assemble(("not known", _STYLES["unknown"]), f": {printable(text)}"))
    for text in found.notes:
        tree.add(Text(printable(text)))


def _head(one: AwsAnswer) -> str:
    return f"{one.call} {_ON[one.call]} says {one.aws.decision}"
