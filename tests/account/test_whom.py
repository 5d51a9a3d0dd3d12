"""Whom drift of a trust policy or of a resource's policy is about: those whom the statement names, on the real thing."""

from typing import Any

import pytest
from tests.servers import ACCOUNT

from rolemgr.account.document_drift import DocumentDrift, document_drift
from rolemgr.account.meaning import Meant, in_words, trust
from rolemgr.compare.place import place_of
from rolemgr.compare.whom import stands_for_many
from rolemgr.iam.documents import ResourcePolicy, TrustPolicy

Json = dict[str, Any]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ml/acme-mlops"
LAKE = "arn:aws:s3:::acme-lake"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
READER = "arn:aws:iam::333344445555:role/ml/train"
OKTA: Json = {
    "Effect": "Allow",
    "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Okta"},
    "Action": "sts:AssumeRoleWithSAML",
    "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
}
OWN = f"any principal of account {ACCOUNT} that its administrators allow"


def assumed(principal: Any, **condition: Json) -> Json:
    """Return a statement that lets *principal* assume the role."""
    more = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}


def document(kind: Any, *statements: Json) -> Any:
    """Return the policy of a *kind* with *statements*."""
    return kind.model_validate({"Version": "2012-10-17", "Statement": list(statements)})


def gained(statement: Json) -> Meant:
    """Return what *statement* in the trust policy gives beside that of the file."""
    found = list(trust(document(TrustPolicy, OKTA, statement), document(TrustPolicy, OKTA), ROLE))
    assert [one.way for one in found] == ["gained"], found
    return found[0]


@pytest.mark.parametrize(
    ("statement", "who", "stands"),
    [
        (assumed({"AWS": ACCOUNT}), OWN, True),
        (assumed({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), OWN, True),
        (assumed({"AWS": "444455556666"}), OWN.replace(ACCOUNT, "444455556666"), True),
        (assumed({"AWS": "*"}), "anybody", True),
        (assumed({"AWS": READER}), READER, False),
        (assumed({"Service": "lambda.amazonaws.com"}), "lambda.amazonaws.com", False),
        (
            assumed({"AWS": "*"}, StringEquals={"aws:PrincipalAccount": "${aws:ResourceAccount}"}),
            f"{OWN}, where aws:PrincipalAccount is ${{aws:ResourceAccount}}",
            True,
        ),
        (
            assumed("*", StringEquals={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}),
            "anybody, where aws:PrincipalOrgID is o-a1b2c3d4e5",
            True,
        ),
        (
            assumed({"AWS": ["444455556666", READER]}, StringEquals={"sts:ExternalId": "e"}),
            f"{OWN.replace(ACCOUNT, '444455556666')} or {READER}, where sts:ExternalId is e",
            False,
        ),
    ],
)
def test_who_gets_in_is_whom_the_statement_names(statement: Json, who: str, stands: bool) -> None:
    """Nobody assumes a role without credentials, and the request is about the role itself in its account."""
    one = gained(statement)
    assert one.who == who
    assert who in in_words(one)
    assert one.shown is not None
    request = one.shown.request
    assert (request.resource, request.resource_account) == (ROLE, ACCOUNT)
    assert (request.principal != "anonymous", stands_for_many(one.shown)) == (True, stands)
    assert ("in their place" in in_words(one)) is stands


def test_of_two_accounts_only_the_new_one_gets_in() -> None:
    """A statement that was widened names both."""
    before, after = assumed({"AWS": "444455556666"}), assumed({"AWS": ["444455556666", "555566667777"]})
    [one] = trust(document(TrustPolicy, after), document(TrustPolicy, before), ROLE)
    assert one.who == OWN.replace(ACCOUNT, "555566667777")


# --- resources

READ: Json = {"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": READER}, "Action": "s3:GetObject",
              "Resource": f"{LAKE}/churn/*"}  # fmt: skip
LIST: Json = {"Sid": "List", "Effect": "Allow", "Principal": {"AWS": READER}, "Action": "s3:ListBucket",
              "Resource": LAKE}  # fmt: skip
TLS: Json = {"Sid": "OnlyOverTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
             "Resource": [LAKE, f"{LAKE}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
ROOT: Json = {"Sid": "OwnAccount", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
              "Action": "kms:*", "Resource": "*"}  # fmt: skip


def drifts(there: list[Json], wanted: list[Json], arn: str = LAKE) -> list[DocumentDrift]:
    """Return how the policy of the resource *arn* differs."""
    live, file = (document(ResourcePolicy, *side) for side in (there, wanted))
    found = list(document_drift("the policy", live, file, place_of(arn, ACCOUNT)))
    for one in found:
        assert one.request is None or one.request.resource_account == ACCOUNT
        assert one.request is None or one.request.resource.startswith(arn)
        assert "999999999999" not in one.what
        assert "role/example" not in one.what
    return found


def test_a_deny_that_is_gone_is_one_line_that_names_it() -> None:
    """What the Allows give is in the file: they are not to blame."""
    [one] = drifts([READ, LIST], [READ, LIST, TLS])
    assert one.way == "gained"
    assert "its Deny, statement `OnlyOverTls`, is gone" in one.what
    assert one.what.endswith("where aws:SecureTransport is false")
    assert "`Read`" not in one.what
    [added] = drifts([READ, LIST, TLS], [READ, LIST])
    assert (added.way, "denies by statement `OnlyOverTls` what the file does not" in added.what) == ("lost", True)
    [changed] = drifts([READ, LIST, {**TLS, "Action": "s3:Get*"}], [READ, LIST, TLS])
    assert "its Deny, statement `OnlyOverTls`, is changed" in changed.what


def test_an_account_and_everybody_are_told_as_such() -> None:
    """In words and as data; what AWS may add is said beside the actions of today."""
    [other] = drifts([ROOT, {**ROOT, "Sid": "Other", "Principal": {"AWS": "999988887777"}}], [ROOT], KEY)
    assert other.who == "any principal of account 999988887777 that its administrators allow"
    assert (other.stands_for_others, "and what AWS may add" in other.what, "kms:x" in other.what) == (True, True, False)
    public = {**READ, "Sid": "Public", "Principal": "*"}
    [one] = drifts([READ, TLS, public], [READ, TLS])
    assert (one.who, " to anybody, which" in one.what) == ("anybody", True)


def test_who_calls_kms_is_of_the_account_that_it_says() -> None:
    """A stranger has another kms:CallerAccount, and KMS takes no unsigned request."""
    condition = {"StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    via = {**ROOT, "Sid": "Via", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt", "Condition": condition}
    [one] = drifts([ROOT, via], [ROOT], KEY)
    assert one.who.startswith(f"any principal of account {ACCOUNT}, where kms:CallerAccount is {ACCOUNT} and")


def test_what_lets_in_the_own_account_alone_gives_nothing_to_a_bucket() -> None:
    """Identity policies are enough there; a key needs its policy, so that losing it is drift."""
    own = {**ROOT, "Action": "s3:*", "Resource": [LAKE, f"{LAKE}/*"]}
    assert drifts([READ, own], [READ]) == []
    found = drifts([{**ROOT, "Principal": {"AWS": READER}}], [ROOT], KEY)
    assert {one.way for one in found} == {"gained", "lost"}
    assert next(one.who for one in found if one.way == "lost") == OWN
