"""AWS's custom policy checks beside the user's own; how many calls are paid for is settled before any is made."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rolemgr.account.connect import Access
from rolemgr.account.custom_policy_checks import ABOUT_ONE, PRICING, CheckAnswer, check_answer
from rolemgr.check.finding import Finding, NotJudged
from rolemgr.check.paid import PaidCall, PaidPlan, PaidQuestion, paid_plan
from rolemgr.errors import AwsError, InputError, SourceLocation
from rolemgr.workflow.found import CheckFindings
from rolemgr.workflow.outside import Say

if TYPE_CHECKING:
    from rolemgr.check.custom.checks import Custom

_OPTION = "--paid-calls"
_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html"


def accepted_plan(found: CheckFindings, customs: "Sequence[Custom]", most: int | None, say: Say) -> PaidPlan | None:
    """
    Return the calls that AWS charges for, of which the user accepts *most*; None where the user did not ask for any.

    Says what they would be, and raises InputError where they are more than that: before anything was asked of AWS.
    """
    if most is None and not customs:
        return None
    if not customs:
        raise InputError(SourceLocation(_OPTION), "asks about custom checks, and there are none", "give --rules FILE")
    plan = paid_plan(found.asked, customs)
    count = plan.calls
    calls = f"{count:,} {'call' if count == 1 else 'calls'}"
    if most is None:
        if count:
            note = f"it charges for each of {calls}; {_OPTION} {count} accepts it"
            say(f"AWS is not asked about the custom checks: {note}")
        return None
    if count > most:
        problem = f"{calls} of AWS's custom policy checks, each of which it charges for, and {most:,} accepted"
        raise InputError(SourceLocation(_OPTION), problem, f"{_OPTION} {count} accepts it; prices: {PRICING}")
    if plan.unlike:
        say(f"AWS has no custom policy check like {', '.join(plan.unlike)}")
    say(f"{calls} of AWS's custom policy checks, each of which it charges for ({PRICING})")
    return plan


class PaidAsking:
    """Asks AWS each question of a plan; what is the same is asked, and paid for, once."""

    def __init__(self, way: Access, plan: PaidPlan, error: AwsError | None) -> None:
        """Take the *way* to AWS and an accepted *plan*; after an *error* nothing is asked any more."""
        self._way, self._plan = way, plan
        self._known: dict[PaidCall, CheckAnswer | str] = {}
        self.findings: list[Finding] = []
        self.not_judged: list[NotJudged] = list(plan.not_judged)
        self.error = error

    def ask(self) -> None:
        """Ask all; what AWS answers no more is not judged."""
        for one in self._plan.questions:
            answer = self._answer(one.call, one.parameters)
            if isinstance(answer, str):
                where = one.asked.document
                reason = f"not by AWS, about {one.custom.check.id}: {answer}"
                self.not_judged.append(NotJudged(where.name, where.line_of(()), reason))
            else:
                self.findings += _findings(one, answer)

    def _answer(self, call: PaidCall, parameters: Mapping[str, Any]) -> CheckAnswer | str:
        if call in self._known:
            return self._known[call]
        if self.error:
            return f"AWS was not asked any more, after: {self.error}"
        try:
            self._known[call] = check_answer(self._way, call.operation, parameters)
        except AwsError as error:
            if error.code not in ABOUT_ONE:
                self.error = error
                return str(error)
            self._known[call] = str(error)
        return self._known[call]


def _findings(one: PaidQuestion, answer: CheckAnswer) -> Iterator[Finding]:
    """Yield the finding where AWS says that the policy fails, with the severity and the reason of the user's check."""
    if answer.passes:
        return
    check = one.custom.check
    path = _path(one, answer.statement)
    message = f"{one.call.operation} fails: {answer.message} ({check.reason})"
    yield one.asked.finding(check.severity, check.id, message, _SOURCE, path, None)


def _path(one: PaidQuestion, place: int | None) -> tuple[str | int, ...]:
    statements = one.asked.document.raw.get("Statement") if isinstance(one.asked.document.raw, dict) else None
    if place is None or not isinstance(statements, list) or not 0 <= place < len(statements):
        return ()
    return ("Statement", place)
