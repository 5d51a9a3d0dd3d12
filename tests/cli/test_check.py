"""`rolemgr check`: files, folders, stdin, roles; forms and exit codes; suppressions and baselines."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-churn/*"}
GOOD = {"Version": "2012-10-17", "Statement": [READ]}
BAD = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Train", **READ, "Action": "sagemaker:CreateTrainJob", "Resource": "*"}],
}
WARNED = {"Version": "2012-10-17", "Statement": [{**READ, "Action": "s3:ListBucket"}]}


def test_a_finding_at_the_threshold_is_exit_code_1(run: "Run") -> None:
    """Errors and security warnings fail by default; a warning only where it is asked for."""
    bad, warned = write("bad.json", BAD), write("warned.json", WARNED)
    assert run("check", bad).code == 1
    assert run("check", warned).code == 0
    assert run("check", warned, "--fail-on", "warning").code == 1
    assert run("check", bad, "--fail-on", "ERROR").code == 1


def test_the_result_is_on_stdout_and_nothing_else(run: "Run") -> None:
    """JSON is one document, with the lines of the file."""
    ran = run("check", write("p/bad.json", BAD), "--format", "json")
    (finding,) = json.loads(ran.stdout)["findings"]
    assert finding["line"] == 7
    assert (finding["rule"], finding["sid"], finding["path"]) == ("RM202", "Train", "p/bad.json")
    assert ran.stderr == ""


def test_a_folder_is_searched_and_what_is_no_policy_is_counted(run: "Run") -> None:
    """Policies lie among other files; hidden folders and dependencies are not looked at, and those are named."""
    write("org/a/good.json", GOOD)
    write(
        "org/b/good.yaml", "Version: '2012-10-17'\nStatement: {Effect: Allow, Action: 's3:ListBucket', Resource: '*'}\n"
    )
    write("org/package.json", {"name": "x"})
    write("org/loose.json", '{"x": 1,}')
    write("org/.git/bad.json", BAD)
    write("org/node_modules/x/bad.json", BAD)
    ran = run("check", "org")
    assert (ran.code, ran.stdout) == (0, "no finding in 2 policies\n")
    assert ran.notes == ["2 files hold no policy", "not searched unless named: org/node_modules"]


def test_a_broken_policy_in_a_folder_is_found_and_the_others_are_checked(run: "Run") -> None:
    """A file that was to be a policy is not passed over."""
    write("org/good.json", GOOD)
    write("org/broken.json", json.dumps(BAD)[:-1])
    ran = run("check", "org", "--format", "json")
    assert [one["rule"] for one in json.loads(ran.stdout)["findings"]] == ["RM100"]
    assert ran.code == 1


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("nowhere.json",), "nowhere.json: can't be read: No such file or directory"),
        (("empty",), "empty: holds no policy; known are policy documents, roles, role files, CloudFormation templates and Terraform's JSON"),
        (("other.json",), "other.json: holds no policy; known are policy documents, roles, role files, CloudFormation templates and Terraform's JSON"),
        (("broken.json",), "broken.json:1: is not valid JSON: expecting property name enclosed in double quotes"),
        (("other.json", "other.json"), "other.json: holds no policy; known are policy documents, roles, role files, CloudFormation templates and Terraform's JSON"),
        (("good.json", "empty"), "empty: holds no policy; known are policy documents, roles, role files, CloudFormation templates and Terraform's JSON"),
        (("good.json", "--select", "RM777"), "--select: unknown rule `RM777`; did you mean"),
        (("good.json", "--ignore", "pass-any-rol"), "--ignore: unknown rule `pass-any-rol`; did you mean pass-any-role"),
        (("good.json", "--select", ""), "--select: unknown rule ``; see docs/rules.md"),
        (("-", "--fix"), "--fix: goes with files of policies; name the files, or their folder"),
        (("--persona", "data-scientist", "--fix"), "--fix: goes with files of policies, not with --persona"),
        (("good.json", "--persona", "x"), "--persona: goes with a role, not with policy files"),
        (("--type", "scp", "--persona", "x"), "--type: goes with policy files, not with a role"),
        (("--explain", "RM777"), "--explain: unknown rule `RM777`; did you mean"),
        (("good.json", "--config", "no.yaml"), "no.yaml: can't be read: No such file or directory"),
        (("good.json", "--baseline", "no.json"), "no.json: can't be read: No such file or directory"),
    ],
)  # fmt: skip
def test_what_can_not_be_checked_is_exit_code_2(args: tuple[str, ...], error: str, run: "Run") -> None:
    """Input that yields nothing to check is never a green run."""
    Path("empty").mkdir()
    write("good.json", GOOD)
    write("other.json", {"name": "x"})
    write("broken.json", "{")
    ran = run("check", *args)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith(error)


def test_a_pipe_in_a_folder_is_named_and_not_opened(run: "Run") -> None:
    """Nobody may ever write to it; one that is named is read, as a shell's <(...) is."""
    write("org/good.json", GOOD)
    os.mkfifo("org/pipe.json")
    lines = run("check", "org").stdout.splitlines()
    assert lines == [
        "org/pipe.json: not judged: is a pipe, and in a folder only files are read",
        "no finding in 1 policy; 1 place not judged",
    ]


def test_stdin_is_a_file(run: "Run") -> None:
    """A dash reads a policy from the pipe, in JSON or YAML."""
    assert run("check", "-", stdin=json.dumps(GOOD)).stdout == "no finding in 1 policy\n"
    text = "Version: '2012-10-17'\nStatement: {Effect: Allow, Action: 's3:GetObjcet', Resource: '*'}\n"
    assert run("check", "-", stdin=text).code == 1


def test_a_role_as_create_writes_it_is_checked(run: "Run") -> None:
    """The output of one command is the input of the other."""
    write("role.json", run("create", "--persona", "data-scientist").stdout)
    ran = run("check", "role.json")
    assert ran.code == 0
    assert "RM703" in ran.stdout  # who opens MLflow works as its server's role; of the text alone nobody accepted it
    assert ran.stdout.endswith("1 finding in 3 policies: 1 SUGGESTION\n")


def test_a_finding_in_a_role_without_a_file_names_the_line_of_the_catalog(run: "Run") -> None:
    """Nothing of the user's is at fault, so that the finding is at the role and the message says which line it is."""
    ran = run("check", "--persona", "data-scientist", "--remove", "open-studio", "--add", "sign-in-to-studio", "--format", "json",
              "--break-separation", "a trial")  # fmt: skip
    found = json.loads(ran.stdout)
    assert found["checked"] >= 2
    assert {(one["rule"], one["path"], one["line"]) for one in found["findings"]} == {
        ("RM703", "role sagemaker-data-scientist", None)
    }
    assert all("(activity_groups/sign-in-to-studio.yaml:" in one["message"] for one in found["findings"])


ROLE_FILE = """persona: data-scientist
name: ds
remove: [open-studio]
add:
  - sign-in-to-studio
break_separation: a trial
"""


@pytest.mark.parametrize("many", [False, True], ids=["alone", "among many"])
def test_annotations_and_sarif_point_at_the_role_file(run: "Run", tmp_path: Path, many: bool) -> None:
    """At the line that chose the group, or the persona; the catalog's files are none of the user's repository."""
    (tmp_path / "a.yaml").write_text(ROLE_FILE)
    (tmp_path / "b.yaml").write_text("persona: sagemaker-compute\nname: compute\n")
    role = f"{tmp_path}/*.yaml" if many else f"{tmp_path}/a.yaml"
    notes = run("check", "--role", role, "--format", "github").stdout.splitlines()
    assert notes
    assert all(f"file={tmp_path}/a.yaml,line=5,title=RM703" in line.replace("%3A", ":") for line in notes)
    results = json.loads(run("check", "--role", role, "--format", "sarif").stdout)["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert {(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places} == {
        ((tmp_path / "a.yaml").as_uri(), 5),
        ((tmp_path / "a.yaml").as_uri(), 1),  # suppressed: the persona's own group accepts it
    }


def test_what_is_no_file_is_no_file_of_an_annotation(run: "Run") -> None:
    """A role that flags chose, stdin, a pipe: GitHub would show what is said of them nowhere."""
    flags = (
        "--persona",
        "data-scientist",
        "--remove",
        "open-studio",
        "--add",
        "sign-in-to-studio",
        "--break-separation",
        "x",
    )
    unknown = {"Resources": {"M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": BAD}},
                             "N": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Ref": "P"}}}}}  # fmt: skip
    for args, stdin, name in ((flags, "", "role sagemaker-data-scientist"), (("-",), json.dumps(unknown), "<stdin>")):
        lines = run("check", *args, "--format", "github", stdin=stdin).stdout.splitlines()
        assert lines
        assert not any("file=" in line or "line=" in line for line in lines)
        assert all(f"::{name}" in line for line in lines)
        run_ = json.loads(run("check", *args, "--format", "sarif", stdin=stdin).stdout)["runs"][0]
        notes = [one for each in run_.get("invocations", ()) for one in each["toolExecutionNotifications"]]
        places = [one["locations"][0] for one in (*run_["results"], *notes)]
        assert len(places) >= len(lines)  # what is suppressed is in the log too
        assert all(place == {"logicalLocations": [{"fullyQualifiedName": name}]} for place in places)


def test_a_finding_from_an_own_catalog_stays_at_its_file(run: "Run", tmp_path: Path) -> None:
    """A group of the user's own is a file of the user's, and is where it is mended."""
    folder = tmp_path / "mine" / "activity_groups"
    folder.mkdir(parents=True)
    (folder / "read-secrets.yaml").write_text(
        "title: Read secrets\ndescription: Read them.\nstatements:\n  - sid: Secrets\n"
        "    actions: [kms:Decrypt]\n    resources: ['arn:aws:kms:us-east-1:111122223333:key/*']\n"
    )
    ran = run(
        "check",
        "--persona",
        "sagemaker-compute",
        "--add",
        "read-secrets",
        "--catalog",
        str(tmp_path / "mine"),
        "--format",
        "json",
    )
    found = {(one["rule"], one["path"], one["line"]) for one in json.loads(ran.stdout)["findings"]}
    assert ("RM610", f"{folder}/read-secrets.yaml", 4) in found


def test_what_the_catalog_accepts_is_said_and_no_finding(run: "Run") -> None:
    """Pipelines run as the roles that they have; who narrows the names has nothing to accept."""
    ran = run("check", "--persona", "ml-engineer", "--fail-on", "suggestion")
    assert (ran.code, ran.stdout) == (0, "no finding in 4 policies\n")
    assert "note: RM703 on sagemaker:UpdatePipeline is accepted by activity_groups/author-pipelines.yaml:" in ran.stderr
    sarif = json.loads(run("check", "--persona", "ml-engineer", "--format", "sarif").stdout)
    suppressed = [one["suppressions"][0]["justification"] for one in sarif["runs"][0]["results"]]
    assert len(suppressed) == 3
    assert ["pipeline_names" in text for text in suppressed].count(True) == 2
    assert ["MLflow" in text for text in suppressed].count(True) == 1
    named = run("check", "--persona", "ml-engineer", "--parameter", "pipeline_names=churn-*")
    assert "accepted by activity_groups/author-pipelines.yaml" not in named.stderr


def test_the_type_is_given_or_told(run: "Run") -> None:
    """A flag wins over the configuration, that over the file's name."""
    large = {"Version": "2012-10-17", "Statement": [{**READ, "Resource": "arn:aws:s3:::b/" + "x" * 7_000}]}
    name = write("org/guard.json", large)
    assert run("check", name).code == 0
    assert run("check", name, "--type", "boundary").code == 1
    write("rolemgr-check.yaml", "types: [{path: 'org/*', type: boundary}]\n")
    assert run("check", name).code == 1
    assert run("check", name, "--type", "scp").code == 0


def test_suppressions_have_reasons_and_unused_ones_are_reported(run: "Run") -> None:
    """The configuration lies here or above; what it excuses is counted."""
    name = write("bad.json", BAD)
    entries = "  - {rule: unknown-action, reason: soon renamed}\n  - {rule: RM901, reason: gone}\n"
    write("rolemgr-check.yaml", f"suppress:\n{entries}")
    ran = run("check", name, "--format", "json")
    assert [(one["rule"], one["path"], one["line"]) for one in json.loads(ran.stdout)["findings"]] == [
        ("RM001", "rolemgr-check.yaml", 3)
    ]
    assert ran.notes == ["1 finding suppressed by rolemgr-check.yaml"]
    assert ran.code == 0


def test_an_expired_suppression_excuses_nothing(run: "Run") -> None:
    """The finding is back, and the suppression is named."""
    write("c.yaml", "suppress: [{rule: unknown-action, reason: soon renamed, expires: 2020-01-01}]\n")
    ran = run("check", write("bad.json", BAD), "--config", "c.yaml", "--format", "json")
    assert [one["rule"] for one in json.loads(ran.stdout)["findings"]] == ["RM202", "RM002"]
    assert ran.code == 1


def test_a_baseline_is_written_and_hides_what_it_holds(run: "Run") -> None:
    """The first run of a check in an old repository is green, the next mistake is not."""
    name = write("bad.json", BAD)
    ran = run("check", name, "--write-baseline", "base.json")
    assert (ran.code, ran.stdout) == (0, "")
    assert run("check", name, "--baseline", "base.json").stdout == "no finding in 1 policy\n"
    write(name, {**BAD, "Statement": [*BAD["Statement"], {**READ, "Action": "s3:GetObjcet"}]})
    assert run("check", name, "--baseline", "base.json").code == 1


def test_sarif_and_annotations_are_forms_of_the_result(run: "Run") -> None:
    """What CI reads."""
    name = write("bad.json", BAD)
    log = json.loads(run("check", name, "--format", "sarif").stdout)
    assert log["runs"][0]["results"][0]["ruleId"] == "RM202"
    assert run("check", name, "--format", "github").stdout.startswith(
        "::error file=bad.json,line=7,title=RM202 unknown-action::"
    )


@pytest.mark.parametrize("name", ["RM901", "several-checks-in-one-deny"])
def test_a_rule_is_explained_by_id_and_name(name: str, run: "Run") -> None:
    """What it finds, why, who says so, and an example of each kind."""
    text = run("check", "--explain", name).stdout
    assert text.startswith("RM901 several-checks-in-one-deny (SECURITY_WARNING)\n")
    assert "https://docs.aws.amazon.com/" in text
    assert "Found in a policy of type scp" in text
    assert max(len(line) for line in text.splitlines() if "https" not in line and not line.startswith("    ")) <= 80


def test_text_has_no_colour_in_a_file(run: "Run") -> None:
    """A file has the same bytes whatever the terminal is."""
    run("check", write("bad.json", BAD), "-o", "out.txt", "--color", "always")
    assert "\x1b" not in Path("out.txt").read_text()
    assert "\x1b[" in run("check", "bad.json", "--color", "always").stdout


def test_a_misspelt_pattern_is_told_with_the_right_one(run: "Run") -> None:
    """By each command that takes patterns of actions."""
    write("p.json", {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["sagemaker:CreateTraningJob*", "sagemakr:ListModels"], "Resource": "*"}]})  # fmt: skip
    found = json.loads(run("check", "p.json", "--format", "json").stdout)["findings"]
    said = {one["rule"]: one["message"] for one in found}
    assert (
        said["RM203"] == "`sagemaker:CreateTraningJob*` matches no action; did you mean `sagemaker:CreateTrainingJob*`?"
    )
    assert said["RM201"].endswith("; did you mean `sagemaker:ListModels`?")
    for words in (("who-can", "sagemaker:Discribe*", "account.json"), ("query", "who", "sagemaker:Discribe*")):
        assert run(*words).errors[0].endswith("`sagemaker:Discribe*`; did you mean sagemaker:Describe*?")


def test_what_stands_twice_is_at_the_line_of_the_second(run: "Run") -> None:
    """Of a Sid and of a key, in JSON and YAML, also deep in an answer of AWS; the first is named."""
    write("sid.json", f'{_HEAD}\n{{"Sid": "A", {_ONE}}},\n{{{_TWO},\n"Sid": "A"}}]}}')
    found = json.loads(run("check", "sid.json", "--format", "json").stdout)["findings"]
    assert [(one["line"], one["message"]) for one in found if one["rule"] == "RM103"] == [
        (4, "the Sid `A` is taken by statement 1")
    ]
    write("sid.yaml", "Version: '2012-10-17'\nStatement:\n- Sid: A\n  Effect: Allow\n  Action: s3:GetObject\n"
                      "  Resource: '*'\n- Effect: Allow\n  Action: s3:PutObject\n  Resource: '*'\n  Sid: A\n")  # fmt: skip
    found = json.loads(run("check", "sid.yaml", "--format", "json").stdout)["findings"]
    assert [one["line"] for one in found if one["rule"] == "RM103"] == [10]
    write("key.json", f'{_HEAD}\n{{{_ONE},\n"Effect": "Deny"}}]}}')
    assert run("check", "key.json").errors == ["key.json:3: repeats the key `Effect` of line 2"]
    write("key.yaml", "Version: '2012-10-17'\nStatement:\n- Effect: Allow\n  Action: s3:GetObject\n  Effect: Deny\n")
    assert run("check", "key.yaml").errors == ["key.yaml:5: repeats the key `Effect` of line 3"]
    write("account.json", '{"RoleDetailList": [\n{"RoleName": "r",\n"Arn": "a",\n"RoleName": "s"}],\n"Policies": []}')
    assert "account.json:4: repeats the key `RoleName` of line 2" in run("audit", "account.json").stderr


_HEAD = '{"Version": "2012-10-17", "Statement": ['
_ONE = '"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"'
_TWO = _ONE.replace("Get", "Put")
