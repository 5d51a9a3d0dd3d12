"""What denies whatever is not told is blamed, and a Deny that turns on it is said to be open."""

from dataclasses import replace

from rolemgr.diagnose.diagnose import judge
from rolemgr.diagnose.diagnosis import KnownLayers
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy

VPC, ARN = "aws:SourceVpc", "aws:PrincipalArn"


def document(*statements: dict[str, object]) -> IdentityPolicy:
    """Return a policy."""
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str) -> dict[str, object]:
    """Return an Allow on everything."""
    return {"Effect": "Allow", "Action": action, "Resource": "*"}


def deny(operator: str, key: str, value: str) -> dict[str, object]:
    """Return a Deny where the condition is met."""
    condition = {operator: {key: value}}
    return {"Sid": "Hangs", "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def asked(identity: str, control: dict[str, object], principal: str) -> tuple[str, tuple[str, ...], set[Layer]]:
    """Return outcome, reasons and the layers that are blamed for a request of the *principal*."""
    policies = Policies((document(allow(identity)),), service_control=((document(allow("*"), control),),))
    request = Request.known("ec2:DescribeVpcs", "*", {}, principal, None)
    found = judge("the request", request, policies, replace(KnownLayers(policies), silent="the message does not"))
    return str(found.decision), found.because, {one.layer for one in found.denied_by}


ROLE, SESSION = "arn:aws:iam::111122223333:role/net-ds", "arn:aws:sts::111122223333:assumed-role/net-ds/s"


def test_a_missing_allow_is_blamed_and_not_a_deny_that_turns_on_what_is_not_told() -> None:
    """Beside a missing Allow a Deny on a key that the message does not have is open, not what denies."""
    decision, because, layers = asked("s3:*", deny("StringNotEquals", VPC, "vpc-1"), ROLE)
    assert decision == "ImplicitlyDenied"
    assert layers == {Layer.IDENTITY}
    assert any(f"`Hangs` denies it too is not known: the message does not tell {VPC}" in one for one in because)


def test_where_all_else_allows_it_is_not_known() -> None:
    """The same Deny alone leaves it open."""
    assert asked("ec2:*", deny("StringNotEquals", VPC, "vpc-1"), ROLE)[0] == "NotKnown"


def test_a_session_s_role_is_not_taken_for_absent() -> None:
    """A Deny that exempts roles by name on some paths does not deny a session of such a name for certain."""
    control = deny("ArnNotLike", ARN, "arn:aws:iam::*:role/net-*")
    decision, _, layers = asked("s3:*", control, SESSION)
    assert (decision, layers) == ("ImplicitlyDenied", {Layer.IDENTITY})
    assert asked("ec2:*", control, SESSION)[0] == "NotKnown"


def test_a_deny_that_is_sure_is_blamed() -> None:
    """A Deny without an open key is what denies, also beside one that hangs."""
    decision, _, layers = asked("s3:*", deny("StringNotEquals", "aws:PrincipalAccount", "444455556666"), ROLE)
    assert (decision, layers) == ("ExplicitlyDenied", {Layer.SERVICE_CONTROL})
