"""Wrong trust on the command line and in role files: exit code 2, one line each, nothing on stdout."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

SAML = "arn:aws:iam::111122223333:saml-provider/Okta"
CASES = [
    ("lambda", "--trust: `trust[0]` is `lambda`; use one of sagemaker, service, account, user, role, saml, oidc, github"),
    ("acount:1", "--trust: `trust[0]` is `acount`; use one of sagemaker, service, account"),
    (f"saml:{SAML}?sesion-tags=a", "--trust: unknown key `trust[0].sesion_tags`; did you mean session_tags"),
    (f"saml:{SAML}?external-id=abc",
     "--trust: in `trust[0]`: `external_id` is not for saml, only for account, user, role: sts:ExternalId comes only with"),
    (f"saml:{SAML}?mfa=yes", "--trust: in `trust[0]`: `mfa` is not for saml, only for account, user, role:"),
    ("account:444455556666?source=arn",
     "--trust: in `trust[0]`: `source` is not for account, only for sagemaker, service: aws:SourceArn and aws:SourceAccount"),
    ("sagemaker?session-tags=Project",
     "--trust: in `trust[0]`: `session_tags` is not for sagemaker, only for account, user, role, saml, oidc, github:"),
    ("sagemaker:arn", "--trust: in `trust[0]`: `value` is not for sagemaker"),
    ("github", "--trust: in `trust[0]`: github needs to be told whom: github:ORG/REPO"),
    ("account:444455556666?mfa=yes&mfa=no",
     "--trust: in `trust[0]`: `account:444455556666?mfa=yes&mfa=no` gives an option twice"),
    ("account:444455556666?kind=sagemaker", "--trust: in `trust[0]`: `account:444455556666?kind="),
    ("account:444455556666?mfa=maybe", "--trust: `trust[0]` must be true or false"),
    ("account:444455556666?external-id=\x1b[31m",
     "--trust: in `trust[0]`: `\\x1b[31m` is not an external id"),
]  # fmt: skip


@pytest.mark.parametrize(("trust", "says"), CASES)
def test_a_flag(trust: str, says: str, small_catalog: Path, run: "Run") -> None:
    """The flag, what is wrong, and what would be right."""
    ran = run("create", "--persona", "tester", "--trust", trust, "--catalog", str(small_catalog))
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("trust:\n- kind: saml\n  value: x\n  mfa: true\n", "role.yaml:5: in `trust[0].mfa`: `mfa` is not for saml"),
        ("trust:\n- sagemaker\n- kind: github\n  value: acme\n", "role.yaml:5: in `trust[1].value`: `acme` is not a repo"),
        ("trust:\n- kind: account\n  value: 12\n", "role.yaml:4: in `trust[0].value`: `12` is not an AWS account id"),
        ("trust: github:acme/ml?ref=a&environment=b\n", "role.yaml:2: `sub` of a job holds its environment or its ref"),
        ("trust:\n- kind: oidc\n  value: x\n", "role.yaml:3: in `trust[0]`: oidc needs `sub`"),
        ("trust:\n- value: x\n", "role.yaml:3: in `trust[0]`: `kind` is missing"),
        ("trust:\n- 7\n", "role.yaml:3: `trust[0]` must be a mapping"),
        ("trust: []\n", "role.yaml:2: `trust` is empty"),
        ("trust: [sagemaker, sagemaker]\n", "role.yaml:2: trust of one kind is given twice"),
        ("region: cn-north-1\ntrust:\n- role:arn:aws:iam::111122223333:role/x\n",
         "role.yaml:4: in `trust[0]`: `arn:aws:iam::111122223333:role/x` is in partition aws, the role is in aws-cn"),
    ],
)  # fmt: skip
def test_a_role_file(text: str, says: str, small_catalog: Path, run: "Run") -> None:
    """The line of the key that is wrong."""
    Path("role.yaml").write_text("persona: tester\n" + text)
    ran = run("create", "--role", "role.yaml", "--catalog", str(small_catalog))
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith(says), ran.errors


def test_more_than_the_quota_holds(small_catalog: Path, run: "Run") -> None:
    """IAM's 2,048 characters are kept, and who needs more is told that the quota can be raised."""
    many = [part for number in range(9) for part in ("--trust", f"github:acme/repository-{number}?environment=prod")]
    ran = run("create", "--persona", "tester", "--catalog", str(small_catalog), *many)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith("the trust policy of `sagemaker-tester` has ")
    assert ran.errors[0].endswith("IAM allows 2,048 unless the account's quota is raised")
