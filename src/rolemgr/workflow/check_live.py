"""
IAM Access Analyzer beside our rules: ValidatePolicy for each document that `check` reads, which costs nothing.

Its custom policy checks, which AWS charges for, are asked where the user accepts so many calls (`check_paid`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rolemgr.account.connect import Access, connect
from rolemgr.account.policy_validation import ABOUT_THE_POLICY, AwsPolicyFinding, validated
from rolemgr.check.aws import AskedDocument
from rolemgr.check.finding import Finding, NotJudged
from rolemgr.errors import AwsError, InputError, SourceLocation
from rolemgr.iam.documents import PolicyType
from rolemgr.workflow.account_options import AccessOptions
from rolemgr.workflow.check_paid import PaidAsking, accepted_plan
from rolemgr.workflow.found import CheckFindings, by_place
from rolemgr.workflow.outside import Say

if TYPE_CHECKING:
    from rolemgr.check.custom.checks import Custom
    from rolemgr.workflow.many import Progress


class PaidChecks(NamedTuple):
    """The user's own checks, and how many calls that AWS charges for they accept; None where they did not say."""

    customs: "Sequence[Custom]"
    most: int | None


NOTHING_PAID = PaidChecks((), None)


class LiveFindings(NamedTuple):
    """What is *found* with what AWS finds beside it; *error* says why AWS was not asked about all of it."""

    found: CheckFindings
    error: AwsError | None = None


def with_aws(
    found: CheckFindings, access: AccessOptions, region: str | None, say: Say, progress: "Progress",
    paid: PaidChecks = NOTHING_PAID,
) -> LiveFindings:  # fmt: skip
    """
    Return *found* with what IAM Access Analyzer in the *region* finds in the same documents.

    What is *paid* for is settled before anything is asked: raises InputError where it is more than is accepted.

    A document that AWS refuses, or that nobody knows before it is deployed, is not judged. Raises AwsError where AWS
    answers about none; where it breaks off later, what it said before is kept, and the rest is not judged.
    """
    if not found.asked:
        raise InputError(SourceLocation("--live"), "nothing here is a policy document for AWS to validate")
    plan = accepted_plan(found, paid.customs, paid.most, say)
    way = connect(access.profile, region, access.endpoint_url)
    asking = _Asking(way, say, len(found.asked))
    with progress(len(found.asked)) as done:
        for one in found.asked:
            asking.about(one)
            done()
    of_aws, not_judged, error = asking.findings, [*found.not_judged, *asking.not_judged], asking.error
    if plan:
        checks = PaidAsking(way, plan, error)
        checks.ask()
        of_aws, not_judged, error = [*of_aws, *checks.findings], [*not_judged, *checks.not_judged], checks.error
    return LiveFindings(
        found._replace(findings=by_place([*found.findings, *of_aws]), not_judged=not_judged, asked=()), error
    )


class _Asking:
    """Asks AWS about one document after the other, and about the same text once."""

    def __init__(self, way: Access, say: Say, count: int) -> None:
        self._way = way
        self._known: dict[tuple[PolicyType, str], Sequence[AwsPolicyFinding] | str] = {}
        self.findings: list[Finding] = []
        self.not_judged: list[NotJudged] = []
        self.error: AwsError | None = None
        many = f"{count:,} policy is" if count == 1 else f"{count:,} policies are"
        say(f"{many} sent to IAM Access Analyzer in {way.region} as {way.caller} (ValidatePolicy, free of charge)")

    def about(self, one: AskedDocument) -> None:
        """Add what AWS finds in *one*, or why it is not judged."""
        if not one.text:
            self.not_judged.append(one.unknown)
            return
        answer = self._answer(one)
        if isinstance(answer, str):
            where = one.document
            self.not_judged.append(NotJudged(where.name, where.line_of(()), f"not by AWS: {answer}"))
            return
        for each in answer:
            more = f" (and {each.more} more places)" if each.more else ""
            self.findings.append(
                one.finding(each.type, each.code, f"{each.message}{more}", each.link, each.path, each.line)
            )

    def _answer(self, one: AskedDocument) -> Sequence[AwsPolicyFinding] | str:
        """Return what AWS finds, or why it finds nothing."""
        key = (one.document.kind, one.text)
        if key not in self._known and self.error:
            return f"AWS was not asked any more, after: {self.error}"
        if key not in self._known:
            try:
                self._known[key] = validated(self._way, one.document.kind, one.text, one.resources)
            except AwsError as error:
                if error.code == ABOUT_THE_POLICY:
                    self._known[key] = str(error)
                elif not self._known:
                    raise
                else:
                    self.error = error
                    return str(error)
        return self._known[key]
