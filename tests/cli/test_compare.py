"""`rolemgr compare`: roles, policies, inventories and AWS's own side by side; forms and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run

TOP = Path(__file__).resolve().parents[2]
ACCOUNT_FILE = str(TOP / "examples" / "audit" / "account.json")
READS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}],
}


@pytest.fixture(autouse=True)
def elsewhere(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def file(name: str, data: Any) -> str:
    """Return the path of a file with *data*."""
    Path(name).write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return name


def test_a_persona_beside_aws_and_role_manager(run: Run) -> None:
    """The role first, the reference last at 0; JSON has the same figures as the page."""
    words = ("--persona", "business-analyst", "AmazonSageMakerReadOnly", "role-manager:data-scientist")
    ran, data = run("compare", *words), json.loads(run("compare", *words, "--format", "json").stdout)
    assert ran.code == 0, ran.stderr
    names = [one["name"] for one in data["policies"]]
    assert names == [
        "sagemaker-business-analyst", "AmazonSageMakerReadOnly", "role-manager:data-scientist",
        "AmazonSageMakerFullAccess",
    ]  # fmt: skip
    lines = ran.stdout.splitlines()[1:5]
    for line, one in zip(lines, data["policies"], strict=True):
        assert line.split()[:2] == [one["name"], f"{one['score']:.1f}"]
    assert data["policies"][-1]["score"] == 0
    assert any("Canvas Kendra access" in text for text in data["policies"][2]["not_counted"])


def test_the_rows_add_up_to_the_points(run: Run) -> None:
    """Each point of the score has its action, type, breadth and statement."""
    file("reads.json", READS)
    found = json.loads(run("compare", "reads.json", "--rows", "--format", "json").stdout)["policies"][0]
    assert found["rows"] == [
        {"action": "s3:GetObject", "type": "object", "level": "Read", "resource": "arn:aws:s3:::acme/*",
         "breadth": "prefix", "conditioned": False, "points": 0.2, "by": "policy 1: Read"}
    ]  # fmt: skip
    assert (found["name"], found["points"], found["data"]["reads objects"]) == ("reads.json", 0.2, "prefix")
    persona = json.loads(run("compare", "--persona", "ml-engineer", "--rows", "--format", "json").stdout)["policies"][0]
    assert sum(row["points"] for row in persona["rows"]) == pytest.approx(persona["points"], abs=0.1)
    assert (
        "0.200  s3:GetObject on object  Read, prefix  policy 1: Read" in run("compare", "reads.json", "--rows").stdout
    )


def test_a_role_file_its_rendered_role_and_the_chosen_role_are_the_same(run: Run) -> None:
    """However a role is given, its score is the same."""
    file("role.yaml", "persona: business-analyst\nname: ba\naccount: '111122223333'\nregion: us-east-1\n")
    run("create", "role.yaml", "-o", "ba.json")
    ran = run("compare", "--role", "role.yaml", "role.yaml", "ba.json", "--format", "json")
    rows = json.loads(ran.stdout)["policies"]
    assert len({row["points"] for row in rows[:3]}) == 1
    assert [row["name"] for row in rows[:2]] == ["ba (role.yaml)", "ba (role.yaml)"]  # the same file, chosen and named


def test_roles_of_an_account_by_name_and_what_is_not_known(run: Run) -> None:
    """A policy of unknown text is in no figure: it is said, and exits with 1."""
    ran = run("compare", ACCOUNT_FILE, "--principal", "churn-ds", "--principal", "ds-legacy", "--format", "json")
    assert ran.code == 0, ran.stderr
    scores = {one["name"]: one["score"] for one in json.loads(ran.stdout)["policies"]}
    assert scores["churn-ds"] > 99
    assert scores["ds-legacy"] == 0
    unknown = run("compare", ACCOUNT_FILE, "--principal", "vendor")
    assert unknown.code == 1
    assert "not judged: " in unknown.stdout
    assert "SupportUser" in unknown.stdout
    wrong = run("compare", ACCOUNT_FILE, "--principal", "churn-d")
    assert wrong.code == 2
    assert "did you mean churn-ds" in wrong.stderr


def test_a_boundary_and_an_attached_policy_are_told(run: Run) -> None:
    """An attached policy of AWS's counts, the account's own is not known, and a boundary only takes away."""
    aws, own = "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly", "arn:aws:iam::111122223333:policy/ours"
    bare = json.loads(run("compare", "--persona", "security-auditor", "--format", "json").stdout)["policies"][0]
    ran = run("compare", "--persona", "security-auditor", "--managed-policy", aws, "--managed-policy", own,
              "--break-separation", "a test", "--boundary", own, "--account", "111122223333", "--format", "json")  # fmt: skip
    found = json.loads(ran.stdout)
    assert ran.code == 1
    assert found["policies"][0]["points"] > bare["points"]
    assert own in found["not_judged"][0]
    assert "boundary" in found["policies"][0]["not_counted"][0]


def test_fail_under(run: Run) -> None:
    """A score below what is asked for exits with 1; the reference is not asked."""
    file("reads.json", READS)
    assert run("compare", "reads.json", "--fail-under", "99").code == 0
    assert run("compare", "reads.json", "AmazonSageMakerReadOnly", "--fail-under", "99").code == 1


def test_pages_have_the_figures(run: Run) -> None:
    """Markdown and HTML have the table; the ending of -o chooses the form."""
    file("reads.json", READS)
    assert "| `reads.json` | 99.9 | 0.2 |" in run("compare", "reads.json", "--format", "markdown", "--rows").stdout
    assert run("compare", "reads.json", "-o", "page.html").code == 0
    assert "<td" in Path("page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("compare",), "nothing is compared"),
        (("compare", "AmazonSageMakerReadOnli"), "did you mean AmazonSageMakerReadOnly"),
        (("compare", "role-manager:mlop"), "did you mean mlops"),
        (("compare", "gone.json"), "gone.json"),
        (("compare", "AmazonSageMakerReadOnly", "--add", "run-training-jobs"), "--add"),
        (("score",), "it is `rolemgr compare` here"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, words: tuple[str, ...], said: str) -> None:
    """Exit code 2, and the nearest right thing."""
    ran = run(*words)
    assert ran.code == 2
    assert said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
