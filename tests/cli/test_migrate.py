"""`rolemgr migrate`: one role, an account, templates; the role file, the printed commands, exit codes."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

TOP = Path(__file__).resolve().parents[2]
ACCOUNT_FILE = str(TOP / "examples" / "audit" / "account.json")
NEEDED: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob",
         "Resource": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-2026-11-02-10-11-12-333"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-churn/a.csv"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/churn-compute"},
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def file(name: str, data: Any) -> str:
    """Return the path of a file with *data*."""
    Path(name).write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return name


def of_two_roles(*more: str) -> str:
    """Return a file of the account with two of its roles, and *more*: who migrates all of them waits for long."""
    data = json.loads(Path(ACCOUNT_FILE).read_text("utf-8"))
    names = ("churn-ds", "churn-compute", *more)
    data["RoleDetailList"] = [one for one in data["RoleDetailList"] if one["RoleName"] in names]
    return file("two.json", data)


def test_the_role_file_makes_the_role_and_the_commands_run(run: Run) -> None:
    """Everything of rolemgr's own that is printed, but what asks AWS, runs and says yes."""
    persona = ("--persona", "data-scientist")
    ran = run("migrate", ACCOUNT_FILE, "ds-legacy", "--used", file("needed.json", NEEDED), *persona, "-o", "ds.yaml")
    assert ran.code == 0, ran.stderr
    assert ran.stdout.startswith("ds-legacy -> ds-legacy-scoped    ")
    lines = [line.strip() for line in ran.stdout.splitlines() if line.startswith("   rolemgr ")]
    offline = [
        shlex.split(line) for line in lines if line.split()[1] in ("create", "preview", "check", "prove", "simulate")
    ]
    assert sum(words[1] == "simulate" for words in offline) == 3
    for words in offline:
        done = run(*words[1:])
        # the account's role that it passes is nobody's role file: what that may do can't be told
        assert done.code == 0 or (words[1] == "prove" and "1 of 6 proofs can't be told" in done.stdout), words
    made = json.loads(Path("ds-legacy-scoped.json").read_text("utf-8"))
    assert made["RoleName"] == "ds-legacy-scoped"
    again = run("migrate", ACCOUNT_FILE, "ds-legacy", "--used", "needed.json", *persona, "-o", "two.yaml")
    assert Path("two.yaml").read_bytes() == Path("ds.yaml").read_bytes()
    assert again.stdout.replace("two.yaml", "ds.yaml") == ran.stdout


def test_json_has_every_need_with_what_becomes_of_it(run: Run) -> None:
    """And all places, with the commands of the AWS CLI, and who names the old role."""
    chosen = ("--persona", "sagemaker-compute", "--format", "json")
    data = json.loads(run("migrate", ACCOUNT_FILE, "churn-compute", *chosen).stdout)
    assert data["role"] == "arn:aws:iam::111122223333:role/churn-compute"
    assert sum(data["counts"].values()) == len(data["needs"])
    assert data["cover"]["exact"]
    assert {"principal": "arn:aws:iam::111122223333:role/churn-ds", "place": "own, statement 2",
            "what": "iam:PassRole"} in data["named_by"]  # fmt: skip
    places = {(one["service"], one["create"]): one for one in data["places"]}
    assert places["sagemaker", "CreateUserProfile"]["in_place"]
    assert not places["sagemaker", "CreateFeatureGroup"]["in_place"]
    assert [one["step"] for one in data["steps"]] == [
        "generate", "test", "create", "switch", "validate", "decommission",
    ]  # fmt: skip


def test_what_was_used_and_is_lost_exits_with_1(run: Run) -> None:
    """With the reason, and the statement that asks for it."""
    needed = {"Version": "2012-10-17", "Statement": [*NEEDED["Statement"], {
        "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}]}  # fmt: skip
    persona = ("--persona", "data-scientist")
    ran = run("migrate", ACCOUNT_FILE, "ds-legacy", *persona, "--used", file("needed.json", needed))
    assert ran.code == 1
    assert "1 actions beyond the catalog: dynamodb 1" in ran.stdout


def test_an_account_onto_few_personas(run: Run) -> None:
    """
    The roles of SageMaker; what nobody can tell of them counts for the exit code.

    What is printed as the next command is one that runs.
    """
    ran = run("migrate", of_two_roles("vendor"), "--format", "json")
    data = json.loads(ran.stdout)
    assert {one["role"].rpartition("/")[2] for one in data["roles"]} == {"churn-ds", "churn-compute"}
    assert {one["persona"] for one in data["roles"]} == set(data["personas"])
    assert data["not_judged"]
    assert ran.code == 1
    page = run("migrate", file := of_two_roles(), "--persona", "sagemaker-compute").stdout
    assert page.startswith("2 roles of SageMaker onto ")
    [line] = [line for line in page.splitlines() if line.startswith("next: ")]
    assert line.split()[1:3] == ["rolemgr", "migrate"]
    assert line.split()[-1] == file


TEMPLATE = {
    "Parameters": {"Bucket": {"Type": "String"}},
    "Resources": {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "ManagedPolicyArns": [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonSageMakerReadOnly"}],
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "s3:GetObject", "Resource": {"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}}]}}],
        }},
    },
}  # fmt: skip


def test_a_role_of_a_template(run: Run) -> None:
    """With the managed policy that it attaches; what the template fills in is any value."""
    data = json.loads(
        run("migrate", file("t.json", TEMPLATE), "--persona", "data-scientist", "--format", "json").stdout
    )
    assert data["role"].endswith(":role/Role")
    assert {one["resource"] for one in data["needs"] if one["action"] == "s3:GetObject"} == {"arn:aws:s3:::*/*"}
    assert any(one["action"] == "sagemaker:ListTags" for one in data["needs"])


def test_markdown_is_a_page_of_it(run: Run) -> None:
    """The summary, then the parts."""
    persona = ("--persona", "sagemaker-compute")
    page = run("migrate", "churn-compute", of_two_roles(), *persona, "--format", "markdown").stdout
    assert page.startswith("## Migration of churn-compute\n")
    assert "### 1. generate" in page
    assert run("migrate", of_two_roles(), *persona, "--format", "markdown").stdout.startswith("## Migration\n")


def test_the_role_stands_before_the_file_or_behind(run: Run) -> None:
    """Before it as in `can`."""
    file = of_two_roles()
    more = ("--persona", "sagemaker-compute", "--format", "json")
    first = run("migrate", "churn-compute", file, *more)
    assert first == run("migrate", file, "churn-compute", *more)
    assert json.loads(first.stdout)["role"].endswith(":role/churn-compute")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ds-legacy",), "FILE: `ds-legacy` is not a file"),
        (("ds-legacy", "churn-ds", ACCOUNT_FILE), "ROLE: `ds-legacy` and `churn-ds` are not files"),
        ((ACCOUNT_FILE, "ds-legac"), "unknown role `ds-legac`; did you mean ds-legacy?"),
        ((ACCOUNT_FILE, "--used", "x.json"), "--used: says what one role used"),
        (("two.json", "--persona", "sagemaker-compute", "-o", "x.yaml"), "--output: takes the file of one role"),
        ((ACCOUNT_FILE, "ds-legacy", "-o", "x.json"), "x.json: is named as JSON, and the result is YAML"),
        ((ACCOUNT_FILE, "ds-legacy", "--persona", "data-scientst"), "unknown persona `data-scientst`; did you mean"),
        ((ACCOUNT_FILE, "ds-legacy", "--region", "mars"), "--region: `mars` is not an AWS region"),
        ((ACCOUNT_FILE, "ds-legacy", "--name", "a/b"), "--name: `a/b` is not a role name"),
        (
            (ACCOUNT_FILE, "ds-legacy", "--parameter", "job_nmes=x"),
            "unknown parameter `job_nmes`; did you mean job_names",
        ),
        ((ACCOUNT_FILE, "ds-legacy", "--parameter", "x"), "--parameter: `x` is not of the form KEY=VALUE"),
        ((ACCOUNT_FILE, "ds-legacy", "--account", "111122223333"), "--account: goes with a role or policy"),
        (("nothing.json",), "nothing.json: can't be read"),
    ],
    ids=lambda one: one[-1] if isinstance(one, tuple) else "",
)
def test_wrong_input_is_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, nothing on stdout, nothing written."""
    of_two_roles()
    ran = run("migrate", *words)
    assert ran.code == 2
    assert ran.stdout == ""
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert not Path("x.yaml").exists()


def test_a_file_of_nothing_is_an_error(run: Run) -> None:
    """A resource policy, and a report of what was used that is of no shape."""
    bucket = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}  # fmt: skip
    ran = run("migrate", file("b.json", bucket))
    assert ran.code == 2
    assert "holds no identity policy" in ran.stderr
    ran = run("migrate", ACCOUNT_FILE, "ds-legacy", "--used", file("u.json", {"x": 1}))
    assert ran.code == 2


def test_a_role_of_a_file_is_called_by_its_name(run: Run) -> None:
    """Whatever path and key the name stands behind."""
    trust = {"Version": "2012-10-17", "Statement": []}
    role = {"RoleName": "churn", "Path": "/ml/", "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": "p", "PolicyDocument": NEEDED}]}  # fmt: skip
    ran = run("migrate", file("role.json", role), "churn", "--persona", "data-scientist", "--format", "json")
    assert json.loads(ran.stdout)["role"] == "arn:aws:iam::111122223333:role/churn", ran.stderr
