"""
AWS's custom policy checks: CheckNoNewAccess, CheckAccessNotGranted, CheckNoPublicAccess.

AWS charges for each call. Whoever calls this has asked the user first.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/what-is-access-analyzer.html#what-is-access-analyzer-pricing
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from rolemgr.account.connect import Access
from rolemgr.account.failures import ask, aws_errors, member
from rolemgr.errors import AwsError

PRICING: Final = "https://aws.amazon.com/iam/access-analyzer/pricing/"
ABOUT_ONE: Final = frozenset({"ValidationException", "InvalidParameterException", "UnprocessableEntityException"})
"""The error codes by which AWS refuses one question, and not whoever asks."""
_NAMESPACE: Final = "access-analyzer"
_CALLS: Final = {
    "CheckNoNewAccess": "check_no_new_access",
    "CheckAccessNotGranted": "check_access_not_granted",
    "CheckNoPublicAccess": "check_no_public_access",
}
_MOST_TEXT: Final = 2_000


class CheckAnswer(NamedTuple):
    """
    Whether AWS says that a policy *passes* a check, and its *message* where it does not.

    *statement* is the place of the first statement that AWS names, counted from 0.
    """

    passes: bool
    message: str = ""
    statement: int | None = None


def check_answer(way: Access, operation: str, parameters: Mapping[str, Any]) -> CheckAnswer:
    """Return what AWS answers to *operation*; raise AwsError, of a code in `ABOUT_ONE` for this question alone."""
    call = getattr(way.client("accessanalyzer", way.region), _CALLS[operation])
    with aws_errors(_NAMESPACE):
        answer = ask(call, **parameters)
    result = member(answer, "result")
    if result not in ("PASS", "FAIL"):
        raise AwsError(f"the answer to {operation} is none of AWS's: its result is neither PASS nor FAIL")
    if result == "PASS":
        return CheckAnswer(passes=True)
    reasons = [one for one in answer.get("reasons") or () if isinstance(one, dict)]
    texts = [str(answer.get("message") or ""), *(str(one.get("description") or "") for one in reasons)]
    message = " ".join(" ".join(filter(None, dict.fromkeys(texts))).split())[:_MOST_TEXT]
    places = [one["statementIndex"] for one in reasons if isinstance(one.get("statementIndex"), int)]
    return CheckAnswer(passes=False, message=message, statement=places[0] if places else None)
