"""`--format markdown` and `--format html` of the commands that make something to be reviewed."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

ROLE = ("--persona", "tester", "--account", "123456789012", "--region", "eu-west-1")
GROUP = """\
title: "| </details> <script>alert(2)</script> @octocat"
description: Starts training jobs.
statements:
  - {sid: Jobs, actions: sagemaker:CreateTrainingJob, resources: "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:training-job/*"}
"""


def data_of(page: str) -> object:
    """Return the data that the HTML *page* carries."""
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


@pytest.fixture
def hostile_catalog(user_catalog: "UserCatalog") -> str:
    """Write a catalog as a pull request may bring it, whose texts are HTML and Markdown."""
    persona = (
        'title: "</title><script>alert(1)</script> **@octocat** `x` https://evil.example"\n'
        "description: D.\nactivity_groups: [run]\n"
    )
    return str(user_catalog({"personas/tester.yaml": persona, "activity_groups/run.yaml": GROUP}))


def test_preview_as_a_page(run: "Run", hostile_catalog: str) -> None:
    """The data of the page are those of `--format json`; no text of the catalog is an element of it."""
    given = ("preview", "--catalog", hostile_catalog, *ROLE)
    page = run(*given, "--format", "html")
    assert (page.code, page.errors) == (0, [])
    assert data_of(page.stdout) == json.loads(run(*given, "--format", "json").stdout)
    assert "alert(1)</script>" not in page.stdout.partition('id="data"')[0]
    text = run(*given, "--format", "markdown").stdout
    assert "`</title><script>alert(1)</script>` `**@octocat**` `x` `https://evil.example`" in text
    assert "| run | <code>&#124;</code> `</details>` `<script>alert(2)</script>` `@octocat` |" in text


def test_preview_writes_a_file(run: "Run", hostile_catalog: str) -> None:
    """With the same bytes as on stdout."""
    given = ("preview", "--catalog", hostile_catalog, *ROLE, "--format", "html")
    assert run(*given, "-o", "role.html").code == 0
    assert Path("role.html").read_text("utf-8") == run(*given).stdout
    wrong = run(*given, "-o", "role.json")
    assert (wrong.code, Path("role.json").exists()) == (2, False)
    assert wrong.errors == [
        "role.json: is named as JSON, and the result is HTML; give another name, or another --format"
    ]


POLICY = """\
{"Version": "2012-10-17", "Statement": [
 {"Sid": "A<b>", "Effect": "Allow", "Action": ["s3:<script>alert(1)</script>", "iam:PassRole"], "Resource": "*"}]}
"""
TEMPLATE = """\
{"Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Fn::Transform": {}}}}}}
"""
NAME = "`x` <b>@octocat | [l](y).json"


@pytest.fixture
def policies() -> None:
    """Write a policy with findings, under a name that is Markdown and HTML, and what can't be judged."""
    Path("p").mkdir()
    Path("p", NAME).write_text(POLICY, "utf-8")
    Path("p/template.json").write_text(TEMPLATE, "utf-8")


@pytest.mark.usefixtures("policies")
def test_check_as_a_page(run: "Run") -> None:
    """The data are those of JSON, the exit code stays, and no file name or policy is more than a text."""
    page = run("check", "p", "--format", "html")
    assert page.code == 1
    assert data_of(page.stdout) == json.loads(run("check", "p", "--format", "json").stdout)
    assert "<script>alert" not in page.stdout
    assert "<b>" not in page.stdout


@pytest.mark.usefixtures("policies")
def test_check_as_markdown_has_all_findings_and_what_is_not_judged(run: "Run") -> None:
    """The worst first; a column's line in a name adds no cell; what is not judged is in the summary."""
    text = run("check", "p", "--format", "markdown").stdout
    data = json.loads(run("check", "p", "--format", "json").stdout)
    rows = [line for line in text.splitlines() if re.match(r"\| (`?)(ERROR|SECURITY_WARNING|WARNING)\1 \| RM", line)]
    assert len(rows) == len(data["findings"]) > 2
    assert {row.count("|") for row in rows} == {6}
    assert [row.split(" ")[1] for row in rows][:1] == ["ERROR"]
    assert all("`x`" not in row or "@octocat" in row for row in rows)
    assert re.search(r"- ⚠️ 1 place not judged, which may hold findings\n", text)
    assert "`p/template.json:1`" in text


def test_check_without_a_finding_says_so(run: "Run") -> None:
    """A page on nothing is a page all the same."""
    policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sagemaker:ListModels","Resource":"*"}}'
    ran = run("check", "-", "--format", "markdown", stdin=policy)
    assert (ran.code, ran.stdout) == (0, "## Check of policies\n\n- ✅ no finding in 1 policy\n")


@pytest.mark.usefixtures("policies")
def test_check_says_what_is_suppressed(run: "Run") -> None:
    """A page that is handed on does not pass over what the configuration excuses, and says why."""
    Path("rolemgr-check.yaml").write_text("suppress:\n- {rule: RM607, reason: 'for | <b> now'}\n", "utf-8")
    text = run("check", "p", "--format", "markdown").stdout
    assert "\n- 1 finding suppressed or accepted, with reasons below\n" in text
    [row] = [line for line in text.splitlines() if "RM607" in line]
    assert row.endswith("| for <code>&#124;</code> `<b>` now |")
    assert text.index("Suppressed or accepted") < text.index("RM607")


OLD = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"}}'
NEW = """\
{"Version": "2012-10-17", "Statement": [
 {"Sid": "More", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme/<b>|`x`"},
 {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::${aws:username}-${aws:userid}",
  "Condition": {"StringLike": {"aws:username": "${aws:userid}*${aws:PrincipalTag/x}"}}}]}
"""
"""One difference, and one statement of which the comparison can't tell."""


@pytest.fixture
def two() -> tuple[str, str]:
    """Write two policies that differ."""
    Path("old.json").write_text(OLD, "utf-8")
    Path("<b> new.json").write_text(NEW, "utf-8")
    return "old.json", "<b> new.json"


def test_diff_as_a_page(run: "Run", two: tuple[str, str]) -> None:
    """Data and exit code are those of the other forms."""
    page, data = run("diff", *two, "--format", "html"), run("diff", *two, "--format", "json")
    assert (page.code, page.errors) == (data.code, data.errors) == (1, [])
    assert data_of(page.stdout) == json.loads(data.stdout)
    assert "<b>" not in page.stdout


def test_diff_as_markdown_names_every_difference_and_what_is_not_known(run: "Run", two: tuple[str, str]) -> None:
    """A row for each, with the line that asks; the summary counts them; both ways."""
    text, data = (
        run("diff", *two, "--format", "markdown").stdout,
        json.loads(run("diff", *two, "--format", "json").stdout),
    )
    rows = [line for line in text.splitlines() if line.startswith("| permissions ")]
    [part] = data["parts"]
    assert len(rows) == len(part["gained"]) + len(part["lost"]) + len(part["unknown"]) > 2
    assert part["unknown"]
    assert "- ⚠️ can't tell: 1 place where access may be gained or lost\n" in text
    assert {row.count("|") for row in rows} == {6}
    assert text.startswith("## Difference in access\n\nfrom `old.json` · to `<b> new.json`\n\n- ⚠️ gains access: ")
    assert "loses access: 1 change\n" in text
    assert "<b>|" not in text
    assert run("diff", "old.json", "old.json", "--format", "markdown").stdout.endswith(
        "- ✅ no difference: permissions allow the same (1 action compared)\n"
    )


def test_diff_says_that_more_is_ruled_out(run: "Run", two: tuple[str, str]) -> None:
    """Only where it is proven; what a file does not have is not known."""
    Path("none.json").write_text('{"Version":"2012-10-17","Statement":[]}', "utf-8")
    text = run("diff", "old.json", "none.json", "--format", "markdown").stdout
    assert "- loses access: 1 change\n- ✅ proven to give nothing more\n" in text
    assert "proven" not in run("diff", *two, "--format", "markdown").stdout


@pytest.mark.parametrize(
    ("name", "begins"), [("x.html", "<!DOCTYPE html>"), ("x.MD", "## "), ("x.json", "{"), ("x.txt", ""), ("x.htm", "<!DOC")]
)  # fmt: skip
def test_the_ending_of_the_file_names_the_form(run: "Run", two: tuple[str, str], name: str, begins: str) -> None:
    """In every command that has the forms; a form that is given wins, and text is for every other ending."""
    role = ("--persona", "sagemaker-compute", *ROLE[2:])
    for words in (("diff", *two), ("preview", *role), ("check", *two)):
        assert run(*words, "-o", name).stdout == ""
        made = Path(name).read_text("utf-8")
        assert made.startswith(begins)
        assert begins or not made.startswith(("<!DOC", "## ", "{"))
    run("diff", *two, "-o", name, "--format", "github")
    assert Path(name).read_text("utf-8").startswith("::")


def test_preview_as_data_has_the_blocks_of_the_page(run: "Run") -> None:
    """Who, runs, can, cannot, writes, reads, limits, look, size; keys, network, tags; and what check finds."""
    given = (
        "--persona", "data-scientist", *ROLE[2:], "--bucket", "acme", "--tag", "Team=ml", "--subnet", "subnet-0a",
        "--security-group", "sg-0a", "--volume-key", "arn:aws:kms:eu-west-1:123456789012:key/k",
    )  # fmt: skip
    data = json.loads(run("preview", *given, "--format", "json").stdout)
    review = data["Review"]
    assert list(review) == [
        "Who", "RunsAs", "Can", "Cannot", "Writes", "Reads", "Limits", "Attached", "Settings", "Look", "Size", "Check",
    ]  # fmt: skip
    assert review["Who"][-1] == "no other principal; the work of others may run as it, as told below"
    assert "run training jobs" in review["Can"]
    assert any(text.startswith("s3  acme/* (put, delete, abort) except ") for text in review["Writes"])
    assert any(text.startswith("max-runtime ") for text in review["Limits"])
    assert (data["Tags"], data["Keys"]) == ({"Team": "ml"}, {"Data": [], "Volume": [given[-1]]})
    assert data["Network"] == {"Subnets": ["subnet-0a"], "SecurityGroups": ["sg-0a"]}
    assert (data["Findings"], data["Suppressed"]) == ([], 0)
    assert all(not text[:1].isdigit() for text in review["Look"])
