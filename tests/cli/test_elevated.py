"""`rolemgr elevated`: higher ceilings by approval until a moment, as one role, one difference and one exemption."""

import json
from pathlib import Path

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.conftest import Run
from tests.layers.layers_support import decided

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.documents import IdentityPolicy, TrustPolicy

BASE = """\
persona: ml-engineer
name: churn-engineer
account: "111122223333"
region: eu-west-1
bucket: [acme-churn]
guardrail: {instance-types: ["ml.m5.*"], max-runtime: [24h]}
trust: [sagemaker]
"""
END = "2026-12-24T18:00:00Z"
ROLE = "arn:aws:iam::111122223333:role/churn-engineer-elevated"
GITHUB = "github:acme@1/ml@2?environment=elevated"
ASKED = ("elevated", "--role", "base.yaml", "--raise", "max-runtime=72h", "--expires", END)
SCP = (
    "--scp",
    "instance-ceilings",
    "--scp-parameter",
    "types=ml.m5.*",
    "--exempt",
    "arn:aws:iam::*:role/platform/admin",
)


@pytest.fixture(autouse=True)
def base(clean_environment: None) -> None:
    """Write the role of every day."""
    Path("base.yaml").write_text(BASE)


def test_text_tells_the_difference_and_who_approves(run: Run) -> None:
    """In the language of `diff`, and the cause is the option."""
    done = run(*ASKED, "--trust", GITHUB)
    assert (done.code, done.errors) == (0, [])
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        f"elevated  {ROLE}",
        "  every day    arn:aws:iam::111122223333:role/churn-engineer",
        f"  until        {END}: then everything is denied, open sessions too",
        "  approved by  the required reviewers of environment elevated of acme@1/ml@2",
    ]
    [change] = [line for line in lines if line.startswith("  ~ ")]
    assert change.startswith("  ~ limit  max-runtime 24 h -> 72 h, wider for sagemaker:CreateHyperParameterTuningJob")
    assert change.endswith("by guardrail max-runtime (--raise)")
    assert "who reviews the environment elevated of acme@1/ml@2 is set in GitHub" in done.stderr


def test_a_guardrail_of_people_alone_goes_with_their_trust(run: Run) -> None:
    """The difference is taken of roles of people too, where both sides have a limit that no service could live with."""
    people = BASE.replace("[sagemaker]", "['role:arn:aws:iam::111122223333:role/people']")
    limits = 'caller-network: {ip_ranges: [203.0.113.0/24], actions: [all]}, instance-types: ["ml.m5.*"]'
    Path("base.yaml").write_text(people.replace('instance-types: ["ml.m5.*"]', limits))
    done = run(*ASKED, "--trust", GITHUB)
    assert (done.code, done.errors) == (0, [])
    assert "  ~ limit  max-runtime 24 h -> 72 h" in done.stdout


def test_a_ceiling_that_is_another_is_said(run: Run) -> None:
    """Higher for one thing and lower for another: the values of every day were left out."""
    done = run(
        "elevated", "--role", "base.yaml", "--raise", "instance-types=ml.p4d.24xlarge", *ASKED[5:], "--trust", GITHUB
    )
    assert done.code == 0
    assert any(
        note.startswith("--raise instance-types: some of what may be done every day may not") for note in done.notes
    )


def job(seconds: str, moment: str) -> dict[str, object]:
    """Return a training job of a length, at a moment."""
    context = {
        "sagemaker:MaxRuntimeInSeconds": seconds, "sagemaker:InstanceTypes": ["ml.m5.xlarge"], "aws:CurrentTime": moment,
        "aws:RequestedRegion": "eu-west-1",
    }  # fmt: skip
    resource = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn"
    return {"principal": ROLE, "action": "sagemaker:CreateTrainingJob", "resource": resource, "context": context}


def test_the_role_may_more_until_its_end(run: Run) -> None:
    """The role of every day may not; after the end it may nothing; what is above the new ceiling stays denied."""
    made = json.loads(run(*ASKED, "--trust", GITHUB, "--format", "json").stdout)
    every_day = json.loads(run("create", "--role", "base.yaml").stdout)

    def may(role: dict[str, object], request: dict[str, object]) -> bool:
        held = [*role["Policies"], *role.get("ManagedPolicies", ())]  # type: ignore[misc]
        policies = Policies(identity=tuple(IdentityPolicy.model_validate(one["PolicyDocument"]) for one in held))
        return evaluate(Request.from_json_value(request), policies).decision == "Allowed"

    before, after = "2026-12-24T17:59:59Z", END
    assert not may(every_day, job("259200", before))
    assert may(every_day, job("86400", before))
    assert may(made["Role"], job("259200", before))
    assert not may(made["Role"], job("259201", before))
    assert not may(made["Role"], job("3600", after))
    assert made["Until"] == END
    assert [one["name"] for one in made["Changes"]["changes"]] == ["max-runtime"]


def test_a_run_is_taken_by_its_environment_and_found_by_its_name(run: Run) -> None:
    """A run outside the environment, and a session of another name, are refused."""
    made = json.loads(run(*ASKED, "--trust", GITHUB, "--format", "json").stdout)["Role"]
    trust = TrustPolicy.model_validate(made["AssumeRolePolicyDocument"])
    provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    key = "token.actions.githubusercontent.com"

    def taken(environment: str, session: str) -> bool:
        context = {
            f"{key}:aud": "sts.amazonaws.com", f"{key}:sub": f"repo:acme@1/ml@2:environment:{environment}",
            "sts:RoleSessionName": session,
        }  # fmt: skip
        asked = {"principal": provider, "action": "sts:AssumeRoleWithWebIdentity", "resource": ROLE, "context": context}
        return evaluate(Request.from_json_value(asked), Policies(resource=trust)).decision == "Allowed"

    assert taken("elevated", "elevated-42")
    assert not taken("elevated", "deploy-42")
    assert not taken("prod", "elevated-42")


@pytest.mark.parametrize(
    "kind", ["role:arn:aws:iam::444455556666:role/broker", "saml:arn:aws:iam::111122223333:saml-provider/Okta"]
)
def test_who_can_set_a_source_identity_has_to(kind: str, run: Run) -> None:
    """The tool, and the SAML provider: without one nobody gets in."""
    made = json.loads(run(*ASKED, "--trust", kind, "--format", "json").stdout)
    [first, second] = made["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert first["Condition"]["Null"] == {"sts:SourceIdentity": "false"}
    assert second["Action"] == ["sts:SetSourceIdentity"]
    assert made["RoleFile"]["trust"] == [f"{kind}?source-identity=required"]
    assert "sourceIdentity" in made["Approval"]


def test_scps_let_it_go_until_its_end(run: Run) -> None:
    """The same moment as the role's own end; others are bound all along."""
    made = json.loads(run(*ASKED, "--trust", GITHUB, *SCP, "--format", "json").stdout)
    scps = [IdentityPolicy.model_validate(one) for one in made["ServiceControlPolicies"]]
    large = {"sagemaker:InstanceTypes": ["ml.p5.48xlarge"]}
    for principal, moment, expected in (
        (ROLE, "2026-12-24T17:59:59Z", "Allowed"),
        (ROLE, END, "ExplicitlyDenied"),
        ("arn:aws:iam::111122223333:role/churn-engineer", "2026-12-24T17:59:59Z", "ExplicitlyDenied"),
    ):
        asked = {"principal": principal, "action": "sagemaker:CreateTrainingJob"}
        assert decided({**asked, "context": {**large, "aws:CurrentTime": moment}}, scps=scps) == expected


def test_the_role_file_makes_the_same_role(run: Run) -> None:
    """What git reviews is what is deployed, and `diff` finds the ceiling alone beside name, trust and end."""
    assert run(*ASKED, "--trust", GITHUB, *SCP, "-o", "out/").code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "APPROVAL.md", "elevated.yaml", "role.template.yaml", "scp.template.yaml",
    ]  # fmt: skip
    made = json.loads(run(*ASKED, "--trust", GITHUB, "--format", "json").stdout)["Role"]
    assert json.loads(run("create", "--role", "out/elevated.yaml").stdout) == made
    told = run("diff", "base.yaml", "out/elevated.yaml").stdout
    assert "~ limit  max-runtime 24 h -> 72 h" in told
    for name in ("role.template.yaml", "scp.template.yaml"):
        found = lint(
            Path("out", name).read_text(), config=ManualArgs(regions=["eu-west-1"], ignore_checks=["I", "W3002"])
        )
        assert [str(one) for one in found] == []
    page = Path("out/APPROVAL.md").read_text()
    assert (
        f"At {END} the role's own Deny on `aws:CurrentTime` denies everything, open sessions too, and the SCPs" in page
    )
    assert 'role-session-name: "elevated-${{ github.run_id }}"' in page


def test_a_permission_set_is_assigned_by_a_tool(run: Run) -> None:
    """It has no trust and no role file, which would trust SageMaker; SCPs know its roles by their pattern."""
    done = run(*ASKED, "--name", "churn-elevated", *SCP, "--format", "permission-set", "-o", "out/")
    assert (done.code, done.errors) == (0, [])
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "APPROVAL.md",
        "permission-set.yaml",
        "scp.template.yaml",
    ]
    pattern = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_churn-elevated_" + "?" * 16
    assert pattern in Path("out/scp.template.yaml").read_text()
    assert END in Path("out/permission-set.yaml").read_text()
    assert "an eligibility policy says who may ask for it" in Path("out/APPROVAL.md").read_text()
    scps = parse_yaml(Path("out/scp.template.yaml").read_text(), "scp", tags=True).data["Resources"].values()
    texts = [IdentityPolicy.model_validate_json(one["Properties"]["Content"]) for one in scps]
    asked = {"action": "sagemaker:CreateTrainingJob", "context": {"aws:CurrentTime": "2026-12-01T00:00:00Z"}}
    made = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_churn-elevated_0123456789abcdef"
    assert decided({**asked, "principal": made}, scps=texts) == "Allowed"
    assert decided({**asked, "principal": f"{made}0"}, scps=texts) == "ExplicitlyDenied"


@pytest.mark.parametrize("form", ["terraform", "aws-cli"])
def test_other_forms(form: str, run: Run) -> None:
    """Each with the SCPs in the same form."""
    assert run(*ASKED, "--trust", GITHUB, *SCP, "--format", form, "-o", "out/").code == 0
    found = {path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file()}
    files = {"terraform": {"role/role.tf.json", "scp/policies.tf.json"}, "aws-cli": {"create-role.sh", "scp.sh"}}
    assert found == {"APPROVAL.md", "elevated.yaml", *files[form]}


def test_what_goes_into_commands_is_quoted(run: Run) -> None:
    """GitHub lets environments have any name."""
    made = run(*ASKED, "--trust", 'github:acme@1/ml@2?environment=a $(x) "b"', "--format", "json")
    page = json.loads(made.stdout)["Approval"]
    assert "gh api repos/acme/ml/environments/a%20%24%28x%29%20%22b%22\n" in page
    assert 'environment: "a $(x) \\"b\\""\n' in page


ROLE_OF = ("elevated", "--role", "base.yaml")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((*ASKED,), "--trust: is missing: by whose approval it is taken"),
        ((*ROLE_OF, "--raise", "max-runtime=72h", "--trust", GITHUB), "--expires: is missing: when it ends"),
        ((*ROLE_OF, "--trust", GITHUB, "--expires", END), "--raise: is missing: which ceiling is higher"),
        ((*ASKED, "--trust", "sagemaker"), "`sagemaker` is approved by nobody"),
        ((*ASKED, "--trust", "account:444455556666"), "is approved by nobody: an account's administrators"),
        ((*ASKED, "--trust", "user:arn:aws:iam::444455556666:user/x"), "`rolemgr break-glass` is for users"),
        ((*ASKED, "--trust", "github:acme/ml"), "names no environment"),
        ((*ASKED, "--trust", GITHUB, "--raise", "max-runtim=1h"), "unknown guardrail of the role `max-runtim`; did you mean"),
        ((*ASKED, "--trust", GITHUB, "--raise", "max-runtime=1h"), "--raise: `max-runtime` is given twice"),
        ((*ASKED, "--trust", GITHUB, "--raise", "vpc"), "--raise: `vpc` is not of the form NAME=VALUE"),
        ((*ROLE_OF, "--raise", "max-runtime=24h", "--trust", GITHUB, "--expires", END), "raises nothing: max-runtime as"),
        ((*ROLE_OF, "--raise", "max-runtime=1h", "--trust", GITHUB, "--expires", END), "becomes narrower than every day"),
        ((*ASKED, "--trust", GITHUB, "--exempt", "arn:aws:iam::*:role/x"), "--exempt: goes with --scp PATTERN"),
        ((*ASKED, "--trust", GITHUB, "--free-slots", "3"), "--free-slots: goes with --scp PATTERN"),
        ((*ASKED, "--trust", GITHUB, *SCP, "--exempt", ROLE), "is exempt for good by"),
        ((*ASKED, "--trust", GITHUB, "--format", "permission-set", "-o", "out/"), "Identity Center writes the trust policy"),
        ((*ASKED, "--format", "permission-set"), "`permission-set` is several files; give -o FOLDER/"),
        ((*ASKED, "--trust", GITHUB, "-o", "x.json"), "is named as JSON, and the result is text"),
    ],
)  # fmt: skip
def test_wrong_use_is_said(args: tuple[str, ...], said: str, run: Run) -> None:
    """One line or more; nothing is rendered, and nothing written."""
    done = run(*args)
    assert (done.code, done.stdout) == (2, "")
    assert any(said in error for error in done.errors), done.errors
    assert not Path("out").exists()
