"""`--managed-policy` and `--boundary` on the command line: what is refused, what is said, what comes out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.test_architecture import loaded_by

if TYPE_CHECKING:
    from tests.conftest import Run

AWS = "arn:aws:iam::aws:policy/"
OWN = "arn:aws:iam::111122223333:policy/"
FORM = "is not an ARN of a managed policy such as arn:aws:iam::aws:policy/NAME"
REFUSED = {
    "AmazonSageMakerFullAccess": f"`AmazonSageMakerFullAccess` {FORM}; did you mean "
    f"{AWS}AmazonSageMakerFullAccess, or {OWN}AmazonSageMakerFullAccess?",
    "arn:aws:iam::aws:role/x": f"`arn:aws:iam::aws:role/x` {FORM}",
    "arn:aws:iam:us-east-1:aws:policy/x": f"`arn:aws:iam:us-east-1:aws:policy/x` {FORM}",
    "arn:aws:iam::123:policy/x": f"`arn:aws:iam::123:policy/x` {FORM}",
    f"{OWN}": f"`{OWN}` {FORM}",
    f"{OWN}a*": f"`{OWN}a*` {FORM}",
    f"{OWN}a//b": f"`{OWN}a//b` {FORM}",
    f"{OWN}a b": f"`{OWN}a b` {FORM}",
    f"{OWN}{'x' * 129}": f"`{OWN}{'x' * 129}` {FORM}",
    f"{OWN}{'x' * 511}/y": f"`{OWN}{'x' * 511}/y` {FORM}",
    "arn:aws-cn:iam::aws:policy/x": "`arn:aws-cn:iam::aws:policy/x` is in partition aws-cn, the role is in aws",
    "arn:aws:iam::444455556666:policy/x": "`arn:aws:iam::444455556666:policy/x` is of account 444455556666; "
    "IAM attaches AWS's policies and those of 111122223333",
    f"{AWS}aws-service-role/x": f"`{AWS}aws-service-role/x` is for a service-linked role; IAM attaches it to no other",
}


@pytest.mark.parametrize("arn", REFUSED)
def test_an_arn_that_iam_would_not_attach_is_one_line(arn: str, small_catalog: Path, run: "Run") -> None:
    """Either flag names itself, the ARN, and what would be right."""
    ran = run("create", "--persona", "tester", "--catalog", "catalog", "--boundary", arn)
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [f"--boundary: {REFUSED[arn]}"])
    ran = run("create", "--persona", "tester", "--catalog", "catalog", "--managed-policy", arn)
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith("--managed-policy: ")
    assert ran.errors[0].endswith(REFUSED[arn])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("managed_policy:\n  - {own}a\n  - wrong\n", "role.yaml:4: `wrong` is not an ARN"),
        ("managed_policy: wrong\n", "role.yaml:2: `wrong` is not an ARN"),
        ("managed_policy: [{own}a, {own}a]\n", "role.yaml:2: managed policy `{own}a` is given twice"),
        ("managed_policy: 7\n", "role.yaml:2: `managed_policy` must be a list"),
        ("boundary: [{own}a]\n", "role.yaml:2: `boundary` must be text"),
        ("managed_policy: [{own}a]\naccount: 444455556666\n", "role.yaml:2: `{own}a` is of account 111122223333; "),
        ("region: cn-north-1\nboundary: {own}a\n", "role.yaml:3: `{own}a` is in partition aws, the role is in aws-cn"),
        ("managed_polcy: [{own}a]\n", "role.yaml:2: unknown key `managed_polcy`; did you mean managed_policy"),
        ("account: 1\nboundary: {own}a\n", "role.yaml:2: `1` is not an AWS account id of 12 digits"),
    ],
)
def test_a_role_file_names_the_line(text: str, says: str, small_catalog: Path, run: "Run") -> None:
    """An item of the list has its own line; what is wrong already is not compared with."""
    Path("role.yaml").write_text("persona: tester\n" + text.replace("{own}", OWN))
    ran = run("create", "--role", "role.yaml", "--catalog", "catalog")
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert (
        ran.errors[0]
        .replace("in `managed_policy[1]`: ", "")
        .replace("in `managed_policy[0]`: ", "")
        .startswith(says.replace("{own}", OWN))
    )


def test_a_policy_that_breaks_the_separation_is_one_line(run: "Run") -> None:
    """However much it breaks, the flag or the line of the file is named once, and the way out."""
    arn = f"{AWS}AmazonSageMakerFullAccess"
    ran = run("create", "--persona", "data-scientist", "--managed-policy", arn)
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    [line] = ran.errors
    assert line.startswith(
        "--managed-policy: managed policy AmazonSageMakerFullAccess allows what the persona must never"
    )
    assert line.endswith('; leave it out, or give --break-separation "REASON"')
    Path("role.yaml").write_text(f"persona: data-scientist\nmanaged_policy:\n  - {OWN}fine\n  - {arn}\n")
    [line] = run("create", "--role", "role.yaml").errors
    assert line.startswith("role.yaml:4: managed policy AmazonSageMakerFullAccess allows")


def test_a_policy_under_a_wrong_path_names_the_right_arn(run: "Run") -> None:
    """A policy that AWS has under another path would fail only when the role is created."""
    ran = run("create", "--persona", "data-scientist", "--boundary", f"{AWS}service-role/ReadOnlyAccess")
    assert ran.code == 0  # the data does not hold that one
    ran = run("create", "--persona", "data-scientist", "--boundary", f"{AWS}service-role/PowerUserAccess")
    wrong = f"AWS has no managed policy `{AWS}service-role/PowerUserAccess`; did you mean {AWS}PowerUserAccess?"
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [f"--boundary: {wrong}"])


def test_what_is_attached_comes_out_and_is_said(run: "Run") -> None:
    """The result has both keys, stderr says what was added or can't be known, preview shows the ARNs."""
    chosen = ("--persona", "sagemaker-compute", "--managed-policy", f"{AWS}AmazonSageMakerReadOnly",
              "--managed-policy", f"{OWN}extra", "--boundary", f"{OWN}limits")  # fmt: skip
    ran = run("create", *chosen)
    found = json.loads(ran.stdout)
    assert found["ManagedPolicyArns"] == [f"{OWN}extra", f"{AWS}AmazonSageMakerReadOnly"]
    assert found["PermissionsBoundary"] == f"{OWN}limits"
    said = "\n".join(ran.notes)
    assert "managed policy AmazonSageMakerReadOnly (v" in said
    assert f"what managed policy {OWN}extra allows is not known here" in said
    assert f"what permissions boundary {OWN}limits lets through is not judged" in said
    page = run("preview", *chosen, "--color", "never").stdout
    assert "managed policy policy/extra" in page
    assert "managed policy aws:policy/AmazonSageMakerReadOnly" in page
    assert "permissions boundary policy/limits" in page
    data = json.loads(run("preview", *chosen, "--format", "json").stdout)
    assert len([text for text in data["Warnings"] if "managed policy" in text or "boundary" in text]) == 3


def test_the_environment_takes_a_list(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Like every repeatable option, the policies stand separated by white space."""
    monkeypatch.setenv("ROLEMGR_MANAGED_POLICY", f"{OWN}b {OWN}a")
    monkeypatch.setenv("ROLEMGR_BOUNDARY", f"{OWN}limits")
    found = json.loads(run("create", "--persona", "sagemaker-compute").stdout)
    assert (found["ManagedPolicyArns"], found["PermissionsBoundary"]) == ([f"{OWN}a", f"{OWN}b"], f"{OWN}limits")


def test_more_than_iam_attaches_is_one_line(run: "Run") -> None:
    """The quota counts what the user attaches and what the inline quota makes."""
    flags = [text for number in range(21) for text in ("--managed-policy", f"{OWN}p{number}")]
    ran = run("create", "--persona", "sagemaker-compute", *flags)
    assert (ran.code, ran.stdout) == (2, "")
    [line] = ran.errors
    assert line.startswith("the role needs 21 managed policies (21 attached, 0 of its own), IAM attaches")
    noted = run("create", "--persona", "sagemaker-compute", *flags[:24])
    assert "12 managed policies (12 attached, 0 of its own) are over IAM's default quota of 10" in (
        "\n".join(noted.notes)
    )


def test_a_role_without_them_pays_nothing() -> None:
    """What judges attached policies, and their data, load only where a policy is attached."""
    loaded = loaded_by("create", "--persona", "sagemaker-compute")
    late = {"rolemgr.separation.attached", "rolemgr.separation.managed", "rolemgr.reference.managed_policies"}
    assert loaded.isdisjoint(late)
    assert late <= loaded_by("create", "--persona", "sagemaker-compute", "--managed-policy", f"{OWN}extra")


RENDERED = {
    "RoleName": "r",
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
    "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"},
    ]}}],
}  # fmt: skip
ASKED = {"s3:GetObject": "deny", "s3:DeleteObject": "allow", "s3:PutObject": ""}
OBJECT = "arn:aws:s3:::b/k"


def _rendered(**more: object) -> str:
    Path("role.json").write_text(json.dumps({**RENDERED, **more}))
    return "role.json"


@pytest.mark.parametrize("command", ["simulate", "diagnose"])
@pytest.mark.parametrize("action", ASKED)
def test_beside_a_policy_without_a_text_nothing_is_known_but_a_deny(command: str, action: str, run: "Run") -> None:
    """It may allow anything, and deny it: the answer is that this is not known, in JSON too."""
    role = _rendered(ManagedPolicyArns=[f"{OWN}OurOwn"])
    ran = run(command, role, "--action", action, "--resource", OBJECT, "--format", "json")
    found = json.loads(ran.stdout)
    would = ASKED[action]
    assert found["decision"] == ("NotKnown" if would else "ExplicitlyDenied")
    assert ran.code == (1 if would or command == "diagnose" else 0)
    if would:
        assert f"not known: {OWN}OurOwn may {would} it, and its text is not at hand" in ran.stdout


def test_a_boundary_without_a_text_takes_away_and_gives_nothing(run: "Run") -> None:
    """What is denied stays denied; what is allowed may not be."""
    role = _rendered(PermissionsBoundary=f"{OWN}Limits")
    for action, decision in (("s3:GetObject", "NotKnown"), ("s3:DeleteObject", "ImplicitlyDenied")):
        found = json.loads(run("simulate", role, "--action", action, "--resource", OBJECT, "--format", "json").stdout)
        assert found["decision"] == decision
    Path("all.json").write_text('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')
    ran = run("simulate", role, "--action", "s3:GetObject", "--resource", OBJECT, "--boundary-policy", "all.json")
    assert (ran.code, ran.stdout.split()[0]) == (0, "Allowed")


def test_a_policy_of_aws_that_is_attached_is_asked(run: "Run") -> None:
    """Its text is at hand, whether a role file names it or a rendered role."""
    role = _rendered(ManagedPolicyArns=[f"{AWS}AmazonSageMakerFullAccess"])
    model = "arn:aws:sagemaker:us-east-1:111122223333:model/x"
    ran = run("simulate", role, "--action", "sagemaker:CreateModel", "--resource", model, "--expect", "Allowed")
    assert ran.code == 0
    Path("tests.yaml").write_text(
        "policies: role.json\ncases:\n- {name: a model, expect: Allowed, "
        f"request: {{action: 'sagemaker:CreateModel', resource: '{model}'}}}}\n"
    )
    assert run("test", "tests.yaml").code == 0


def test_a_policy_without_a_text_passes_no_test_and_no_expectation(run: "Run") -> None:
    """Of a role file as of a rendered role; a Deny that is there does."""
    _rendered(ManagedPolicyArns=[f"{OWN}OurOwn"])
    Path("role.yaml").write_text(f"persona: sagemaker-compute\nmanaged_policy: ['{OWN}OurOwn']\n")
    asked = ("--action", "s3:DeleteObject", "--resource", OBJECT, "--expect", "ImplicitlyDenied")
    for role in ("role.json", "role.yaml"):
        ran = run("simulate", role, *asked)
        assert (ran.code, ran.stdout.split()[0]) == (1, "NotKnown")
        assert "expected ImplicitlyDenied" in ran.stderr
    case = "- {{name: {0}, request: {{action: 's3:{0}', resource: '{1}'}}, expect: [ImplicitlyDenied, {2}]}}\n"
    cases = case.format("DeleteObject", OBJECT, "Allowed") + case.format("PutObject", OBJECT, "ExplicitlyDenied")
    for subject in ("policies: role.json", "role: role.yaml"):
        Path("tests.yaml").write_text(f"{subject}\ncases:\n{cases}")
        found = json.loads(run("test", "tests.yaml", "--format", "json").stdout)
        assert found["tests"][0]["decision"] == "NotKnown"
        assert any(f"{OWN}OurOwn may allow it" in note for note in found["tests"][0]["notes"])
    assert run("test", "tests.yaml").code == 1


def test_a_report_of_several_roles_says_what_is_attached_and_unknown(run: "Run") -> None:
    """As the report of one does: first of all, and with what each policy adds."""
    Path("roles").mkdir()
    attached = f"['{OWN}OurOwn', '{AWS}AmazonSageMakerReadOnly']"
    Path("roles/a.yaml").write_text(f"persona: sagemaker-compute\nmanaged_policy: {attached}\n")
    Path("roles/b.yaml").write_text("persona: ml-engineer\n")
    page = run("report", "roles", "-o", "-").stdout
    assert "sagemaker-compute: OurOwn is attached and its text not at hand: it may allow anything" in page
    assert f"{OWN}OurOwn" in page
    assert "not known: its text is not at hand, and it may allow anything" in page
    assert "actions more" in page


def test_a_row_of_what_has_no_resource_is_no_star(run: "Run") -> None:
    """A `*` says that a role reaches everything; what AWS has no resource for says nothing of that."""
    Path("a.yaml").write_text("persona: sagemaker-compute\n")
    Path("b.yaml").write_text("persona: ml-engineer\n")
    data = json.loads(run("report", "a.yaml", "b.yaml", "--format", "json").stdout)
    rows = {row["row"] for row in data["matrices"]["resources"]["rows"]}
    assert "* (actions that take no resource)" in rows
