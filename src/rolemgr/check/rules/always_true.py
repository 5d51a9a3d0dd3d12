"""RM315: conditions of an Allow that hold for every request, whoever sends it and whatever it is about."""

from collections.abc import Iterator

from rolemgr.check.document import GRANTING, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.limits_nothing import always_holds, is_administrator
from rolemgr.check.rule import IAM, Hit, statement_rule
from rolemgr.iam.documents import PolicyType


@statement_rule(
    "RM315", "condition-always-holds", Severity.SECURITY_WARNING, "a condition of an Allow holds for every request",
    IAM + "reference_policies_elements_condition_operators.html", effect="Allow", with_condition=True, kinds=GRANTING,
)  # fmt: skip
def condition_always_holds(statement: Statement) -> Iterator[Hit]:
    """
    `Null aws:PrincipalArn false`, `IpAddress 0.0.0.0/0` or its two halves, `StringLike aws:RequestedRegion *`: every
    request has the key, or need not have it, and the value takes in all that it can be.

    It looks like a limit, and is none: say a value that some requests lack, or remove it. Networks that are all leave
    out at most what comes through a VPC endpoint. `StringLike *` on a key that requests may lack demands the key, and
    is not reported; nor is aws:SecureTransport, which is a limit of its own.
    """
    if is_administrator(statement):
        return  # RM601 says so
    signed = statement.policy.kind is PolicyType.IDENTITY
    for condition in statement.conditions:
        if always_holds(condition, signed=signed):
            whom = "address" if condition.operator and condition.operator.base == "IpAddress" else "request"
            message = f"{condition.operator_text} on `{condition.key}` holds for every {whom}: nothing is limited"
            yield Hit(message, condition.path, key=condition.key)
