"""Limits that people alone can live with, in permission sets: rendered, and proven by the evaluator."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run
from tests.export.support import parsed

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy

OFFICE, ELSEWHERE = "203.0.113.9", "198.51.100.9"
LIMIT = ("--guardrail", "caller-network=203.0.113.0/24,actions:all")
ROLE = ("--persona", "data-scientist", "--account", "111122223333", "--region", "eu-west-1")
MODELS = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x"


@pytest.fixture(autouse=True)
def elsewhere(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def policies_of(template: str) -> tuple[IdentityPolicy, ...]:
    """Return the policies of the permission set in *template*, those of the account too."""
    found: dict[str, Any] = parsed(Path(template).read_text("utf-8"))["Resources"]
    properties = [one["Properties"] for one in found.values()]
    texts = [one.get("InlinePolicy") or one.get("PolicyDocument") for one in properties]
    return tuple(IdentityPolicy.model_validate_json(json.dumps(one)) for one in texts if one)


def decided(policies: tuple[IdentityPolicy, ...], **context: str) -> str:
    """Return the decision on a call of somebody who is signed in through Identity Center."""
    asked = {
        "principal": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x_0123456789abcdef",
        "action": "sagemaker:DescribeTrainingJob", "resource": MODELS,
        "context": {f"aws:{key}": value for key, value in context.items()},
    }  # fmt: skip
    return str(evaluate(Request.from_json_value(asked), Policies(identity=policies)).decision)


def test_a_permission_set_is_bound_to_networks(run: Run) -> None:
    """From the office it works, from elsewhere it does not, and what a service does in the caller's name goes on."""
    ran = run("create", *ROLE, *LIMIT, "--format", "permission-set", "-o", "set.yaml")
    assert ran.code == 0, ran.stderr
    assert "aws sso-admin create-account-assignment" in ran.stderr
    assert "user profile of Studio" not in ran.stderr
    policies = policies_of("set.yaml")
    assert decided(policies, SourceIp=OFFICE) == "Allowed"
    assert decided(policies, SourceIp=ELSEWHERE) == "ExplicitlyDenied"
    assert decided(policies, SourceIp=ELSEWHERE, ViaAWSService="true") == "Allowed"
    assert decided(policies, SourceIp=ELSEWHERE, ViaAWSService="false") == "ExplicitlyDenied"
    assert decided(policies, SourceVpc="vpc-0a1b2c3d") == "ExplicitlyDenied"


def test_without_it_nothing_is_bound(run: Run) -> None:
    """What denies is the guardrail alone."""
    assert run("create", *ROLE, "--format", "permission-set", "-o", "set.yaml").code == 0
    assert decided(policies_of("set.yaml"), SourceIp=ELSEWHERE) == "Allowed"


@pytest.mark.parametrize("form", ["json", "cloudformation", "terraform", "aws-cli", "sagemaker-config"])
def test_a_role_that_services_take_is_still_refused(form: str, run: Run) -> None:
    """In every other form the trust is written, and SageMaker takes the role."""
    ran = run("create", *ROLE, *LIMIT, "--format", form)
    assert ran.code == 2
    assert "is for people, and SageMaker takes this role" in ran.errors[0]
    assert "or --format permission-set" in ran.errors[0]


def test_many_role_files_too(run: Run) -> None:
    """Each is a permission set; a trust of one's own has none."""
    Path("roles").mkdir()
    text = 'persona: {}\naccount: "111122223333"\nregion: eu-west-1\nguardrail: {{caller-network: {{ip_ranges: [203.0.113.0/24], actions: [all]}}}}\n'
    for persona in ("data-scientist", "ml-engineer"):
        Path("roles", f"{persona}.yaml").write_text(text.format(persona), "utf-8")
    ran = run("create", "roles/", "--format", "permission-set", "-o", "sets/")
    assert ran.code == 0, ran.stderr
    for path in Path("sets").iterdir():
        assert decided(policies_of(str(path)), SourceIp=ELSEWHERE) == "ExplicitlyDenied"


def test_an_elevated_permission_set(run: Run) -> None:
    """Both sides have the limit; the role of other forms needs people's trust as before."""
    asked = (
        "elevated",
        *ROLE,
        *LIMIT,
        "--raise",
        "max-runtime=72h",
        "--expires",
        "2027-12-24T18:00Z",
        "--name",
        "ds-up",
    )
    ran = run(*asked, "--format", "permission-set", "-o", "up/")
    assert ran.code == 0, ran.stderr
    [made] = [path for path in Path("up").rglob("*.yaml") if "PermissionSet" in path.read_text("utf-8")]
    assert decided(policies_of(str(made)), SourceIp=ELSEWHERE) == "ExplicitlyDenied"
    assert run(*asked).code == 2
