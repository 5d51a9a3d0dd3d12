"""`rolemgr diff` of role files: each change by the line that makes it, actions folded by resource, limits by name."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

BASE: dict[str, Any] = {
    "persona": "data-scientist", "account": "123456789012", "region": "eu-west-1", "name": "churn",
    "bucket": ["acme-churn"], "guardrail": {"max-runtime": "12h"},
}  # fmt: skip


def role(name: str, **more: Any) -> str:
    """Write the role file *name* of `BASE` with *more*, a key that is None left out, and return its path."""
    data = {key: value for key, value in {**BASE, **more}.items() if value is not None}
    Path(name).write_text(yaml.safe_dump(data, sort_keys=False), "utf-8")
    return name


def line_of(file: str, text: str) -> int:
    """Return the line of *file* that has *text*."""
    return next(number for number, line in enumerate(Path(file).read_text("utf-8").splitlines(), 1) if text in line)


CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a bucket": ({"bucket": ["acme-churn", "acme-extra"]}, "+ gains  s3:", "by bucket acme-extra", "acme-extra"),
    "a group": ({"add": ["invoke-endpoints"]}, "+ gains  sagemaker:InvokeEndpoint", "by add invoke-endpoints", "invoke"),
    "a group less": ({"remove": ["use-mlflow"]}, "- loses  sagemaker:CallMlflowAppApi", "by remove use-mlflow", "use-ml"),
    "a wider limit": ({"guardrail": {"max-runtime": "24h"}}, "~ limit  max-runtime 12 h -> 24 h, wider for ",
                      "by guardrail max-runtime", "24h"),
    "a narrower limit": ({"guardrail": {"max-runtime": "1h"}}, "~ limit  max-runtime 12 h -> 1 h, narrower for ",
                         "by guardrail max-runtime", "1h"),
    "a parameter": ({"parameter": {"job_names": ["churn-*"]}}, "- loses  sagemaker:",
                    "by parameter job_names churn-*", "job_names"),
    "a session": ({"max_session": "2h"}, "~ value  MaxSessionDuration 1 h -> 2 h", "by max_session", "max_session"),
    "a tag": ({"tag": {"Team": "ml"}}, "~ value  tag Team none -> ml", "by tag Team", "Team"),
    "trust": ({"trust": ["sagemaker", "role:arn:aws:iam::999988887777:role/x"]},
              "+ gains  sts:AssumeRole by arn:aws:iam::999988887777:role/x, in the trust policy",
              "by trust role:arn:aws:iam::999988887777:role/x", "role/x"),
}  # fmt: skip
"""What is changed in the role file, how the line begins, its cause, and what the line of the file has."""


@pytest.mark.parametrize("name", CASES)
def test_a_change_says_by_which_line(name: str, run: "Run") -> None:
    """Of the new file, both in text and as data."""
    more, begins, cause, text = CASES[name]
    if name == "a parameter" and "job_names" in str(
        run("preview", "--persona", "data-scientist", "--format", "json").stdout
    ):
        more = {"parameter": {"job_names": ["churn-*"]}}
        cause, text = cause.replace("training_", ""), "job_names"
    old, new = role("old.yaml"), role("new.yaml", **more)
    ran = run("diff", old, new)
    assert ran.code == 1
    [*found] = [line.strip() for line in ran.stdout.splitlines() if line.strip().startswith(begins)]
    assert found, ran.stdout
    number = line_of(new, text)
    assert all(line.endswith(f"  {cause} (new.yaml:{number})") for line in found), found
    data = json.loads(run("diff", old, new, "--format", "json").stdout)["changes"]
    assert {(one["file"], one["line"]) for row in data for one in row["by"]} == {("new.yaml", number)}


def test_annotations_stand_at_the_line_that_causes_them(run: "Run") -> None:
    """A reviewer sees them beside it: what is gained is an error, what is lost a warning."""
    new = role("new.yaml", bucket=["acme-churn", "acme-extra"], guardrail={"max-runtime": "1h"})
    found = run("diff", role("old.yaml"), new, "--format", "github").stdout.splitlines()
    gained, limit = (line_of(new, text) for text in ("acme-extra", "1h"))
    assert found[0].startswith(f"::error file=new.yaml,line={gained}::+ gains s3:")
    assert found[-1].startswith(f"::warning file=new.yaml,line={limit}::~ limit max-runtime 12 h -> 1 h, narrower for ")


def test_what_a_line_gave_is_told_by_the_old_file(run: "Run") -> None:
    """A bucket that is gone has no line in the new one."""
    old, new = role("old.yaml", bucket=["acme-churn", "acme-extra"]), role("new.yaml")
    ran = run("diff", old, new)
    assert f"  by bucket acme-extra, gone (old.yaml:{line_of(old, 'acme-extra')})\n" in ran.stdout
    assert "- loses  s3:AbortMultipartUpload, " in ran.stdout


def test_two_lines_that_are_needed_are_both_named(run: "Run") -> None:
    """A group on a bucket, and neither of the two alone."""
    old = role("old.yaml", persona="sagemaker-compute", guardrail=None, bucket=["acme"], remove=["write-work"])
    new = role("new.yaml", persona="sagemaker-compute", guardrail=None, bucket=["acme", "acme-extra"])
    lines = [line for line in run("diff", old, new).stdout.splitlines() if "s3:PutObject" in line]
    causes = {line.partition("  by ")[2] for line in lines if "acme-extra" in line.partition("  by ")[0]}
    assert causes == {"bucket acme-extra (new.yaml:7) and remove write-work, gone (old.yaml:8)"}


def test_a_limit_hides_no_other_gain(run: "Run") -> None:
    """Names that are open now are told beside the limit, though one request may show both."""
    old = role("old.yaml", parameter={"job_names": ["churn-*"]})
    new = role("new.yaml", parameter={"job_names": ["churn-*", "fraud-*"]}, guardrail={"max-runtime": "24h"})
    shown = run("diff", old, new).stdout
    assert "~ limit  max-runtime 12 h -> 24 h" in shown
    [line] = [line for line in shown.splitlines() if "+ gains  sagemaker:CreateTrainingJob" in line]
    assert "training-job/fraud-*" in line
    assert "parameter job_names churn-* -> churn-*,fraud-* (new.yaml:" in line
    only = run("diff", role("a.yaml"), role("b.yaml", guardrail={"max-runtime": "24h"})).stdout
    assert ("gains" in only, "wider for sagemaker:CreateHyperParameterTuningJob" in only) == (False, True)


def test_work_is_bounded(run: "Run") -> None:
    """Of a role file with many lines that another lacks the key is the cause, and not each of them."""
    small: dict[str, Any] = {"persona": "sagemaker-compute", "guardrail": None}
    old, new = role("old.yaml", **small), role("new.yaml", **small, bucket=[f"acme-{number}" for number in range(70)])
    data = json.loads(run("diff", old, new, "--format", "json").stdout)
    causes = [(cause["field"], cause["new"], cause["line"]) for row in data["changes"] for cause in row["by"]]
    assert set(causes) == {("bucket", None, line_of(new, "bucket"))}


def test_nothing_is_left_out(run: "Run") -> None:
    """Each difference of the data is the evidence of a change: every action that is gained or lost is in a line."""
    old = role("old.yaml")
    new = role("new.yaml", persona="ml-engineer", bucket=["acme-churn", "acme-extra"], guardrail={"max-runtime": "1h"})
    data = json.loads(run("diff", old, new, "--format", "json").stdout)
    for way in ("gained", "lost"):
        proven = {action for part in data["parts"] for one in part[way] for action in one["actions"]}
        told = {
            action
            for row in data["changes"]
            if row["change"] in ("gains", "loses", "limit")
            for action in row["actions"]
        }
        assert proven <= told
    assert {row["change"] for row in data["changes"]} >= {"gains", "limit"}


def test_what_stays_denied_is_no_gain(run: "Run") -> None:
    """What a Deny of the same side takes out of a pattern stands behind it, for the actions that it denies alone."""
    old, new = role("old.yaml"), role("new.yaml", bucket=["acme-churn", "acme-extra"])
    shown = run("diff", old, new).stdout
    (writes,) = [line for line in shown.splitlines() if "s3:PutObject" in line]
    assert " on acme-extra/* except feature-store/, " in writes
    assert ", models/, " in writes
    (reads,) = [line for line in shown.splitlines() if "s3:GetObject" in line]
    assert "s3:GetObject on acme-extra/*  by " in reads
    rows = json.loads(run("diff", old, new, "--format", "json").stdout)["changes"]
    (row,) = [row for row in rows if "s3:PutObject" in row["actions"]]
    assert "arn:aws:s3:::acme-extra/models/*" in row["except"]
    for denied in row["except"]:
        asked = ["--action", "s3:PutObject", "--resource", denied.replace("*", "x")]
        assert run("simulate", "--role", new, *asked).stdout.startswith("ExplicitlyDenied")


def test_exceptions_of_several_patterns_are_whole(run: "Run") -> None:
    """Each says of which bucket it is; a Deny with a condition is none."""
    allow = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}
    deny = {"Effect": "Deny", "Action": "s3:Put*", "Resource": "arn:aws:s3:::a/models/*"}
    held = {**deny, "Resource": "arn:aws:s3:::b/x/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    for name, rows in (("old.json", []), ("new.json", [allow, deny, held])):
        Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": rows}))
    (line,) = [line for line in run("diff", "old.json", "new.json").stdout.splitlines() if "gains" in line]
    assert line.strip().startswith("+ gains  s3:PutObject on a/*, b/* except a/models/*")


def test_of_plain_policies_no_cause_is_invented(run: "Run") -> None:
    """Nobody knows why a policy says what it does."""
    made = run("create", "--role", role("old.yaml")).stdout
    Path("old.json").write_text(made, "utf-8")
    Path("new.json").write_text(
        run("create", "--role", role("new.yaml", bucket=["acme-churn", "x-y-z"])).stdout, "utf-8"
    )
    data = json.loads(run("diff", "old.json", "new.json", "--format", "json").stdout)
    assert data["changes"]
    assert [row["by"] for row in data["changes"]] == [[]] * len(data["changes"])


def test_a_catalog_that_changed_is_the_cause_where_no_line_is(run: "Run", user_catalog: "UserCatalog") -> None:
    """The same role file over two catalogs: the statement's own line."""
    arn = "arn:{{{{ partition }}}}:sqs:{{{{ region }}}}:{{{{ account }}}}:q"
    group = f"title: T\ndescription: D.\nstatements:\n  - {{{{sid: Q, actions: [{{}}], resources: '{arn}'}}}}\n"
    user_catalog({"activity_groups/mine.yaml": group.format("sqs:SendMessage")})
    Path("catalog").rename("before")
    user_catalog({"activity_groups/mine.yaml": group.format("sqs:SendMessage, sqs:ReceiveMessage")})
    old, new = role("old.yaml", add=["mine"], catalog="before"), role("new.yaml", add=["mine"], catalog="catalog")
    assert (
        "+ gains  sqs:ReceiveMessage on q  by activity group mine (catalog/activity_groups/mine.yaml:4)\n"
        in run("diff", old, new).stdout
    )


def test_names_in_a_role_file_are_texts(run: "Run") -> None:
    """A tag's value and a description may come from a pull request."""
    hostile = "x ##[error]a `b` <b> @octocat"
    new = role("new.yaml", description=hostile)
    for form in ("text", "markdown", "html", "github"):
        shown = run("diff", role("old.yaml"), new, "--format", form).stdout.partition('id="data"')[0]
        assert "##[" not in shown or form in ("markdown", "html")
        assert "<b>" not in shown or form in ("text", "github", "markdown")
    text = run("diff", "old.yaml", new, "--format", "markdown").stdout
    assert "`<b>` `@octocat`" in text


def test_an_end_is_one_line(run: "Run") -> None:
    """It denies everything from a moment on; losses are those of before, and their causes are theirs alone."""
    old, new = role("old.yaml"), role("new.yaml", expires="2026-12-24T18:00Z", remove=["use-mlflow"])
    lines = run("diff", old, new).stdout.splitlines()
    ends = next(line for line in lines if "~ value  ends none -> 2026-12-24T18:00:00Z, every request is denied" in line)
    assert ends.endswith(f"by expires (new.yaml:{line_of('new.yaml', 'expires')})")
    losses = [line for line in lines if line.startswith("  - loses")]
    assert losses
    assert all("by remove use-mlflow" in line and "expires" not in line for line in losses)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (None, "2026-12-24T18:00Z", 0), ("2026-12-24T18:00Z", "2026-12-23T18:00Z", 0),
        ("2026-12-24T18:00Z", "2026-12-25T18:00Z", 1), ("2026-12-24T18:00Z", None, 1),
    ],
)  # fmt: skip
def test_a_later_end_gives_more(old: str | None, new: str | None, code: int, run: "Run") -> None:
    """`--fail-on gained` is content with an earlier end alone; any other end is a difference."""
    files = role("old.yaml", expires=old), role("new.yaml", expires=new)
    assert run("diff", *files, "--fail-on", "gained").code == code
    assert run("diff", *files).code == 1


def test_the_worst_gain_comes_first_and_whole(run: "Run") -> None:
    """Trust, then what deletes; a whole account is told as one."""
    old, new = (
        role("old.yaml"),
        role("new.yaml", bucket=["acme-churn", "x-y-z"], trust=["sagemaker", "account:999988887777"]),
    )
    gains = [line for line in run("diff", old, new).stdout.splitlines() if line.startswith("  + gains")]
    assert (
        "any principal of 999988887777 that its administrators allow, under no condition, in the trust policy"
        in gains[0]
    )
    assert "s3:DeleteObject" in gains[1]
    assert not any(" more on " in line for line in gains)
