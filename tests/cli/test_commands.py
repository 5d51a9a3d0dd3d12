"""Every command: its help, its streams, its forms, its output file."""

import gc
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from rolemgr.catalog.load import Catalog
from rolemgr.cli.main import COMMANDS, GROUPS, main
from rolemgr.files.write import to_json
from rolemgr.files.yaml import parse_yaml, read_yaml

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

ROLE = ("--persona", "tester", "--catalog", "catalog")
JSON_COMMANDS = (
    ("create", *ROLE),
    ("create", *ROLE, "--explain"),
    ("preview", *ROLE, "--format", "json"),
    ("list", "personas", "--catalog", "catalog", "--format", "json"),
    ("list", "separations", "--catalog", "catalog", "--format", "json"),
    ("list", "activity-groups", "--catalog", "catalog", "--format", "json"),
    ("show", "persona", "tester", "--catalog", "catalog", "--format", "json"),
    ("show", "separation", "no-deployment", "--format", "json"),
    ("show", "activity-group", "run-jobs", "--catalog", "catalog", "--format", "json"),
    ("simulate", *ROLE, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k", "--format", "json"),
    ("schema", "role"),
)  # fmt: skip


def command(name: str) -> click.Command:
    """Return the command *name*."""
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


def result(ran: "Ran") -> Any:
    """Return the JSON document on stdout of a command that went well."""
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str, run: "Run") -> None:
    """`--help` and `-h` say what the command does, show it used, and end well."""
    ran = run(name, "--help")
    assert (ran.code, ran.stderr) == (0, "")
    assert f"  rolemgr {name} " in ran.stdout.split("Example", 1)[1]
    assert run(name, "-h") == ran


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_is_the_first_line_of_the_long_one(name: str, run: "Run") -> None:
    """`rolemgr --help`, which imports no command, says of each what its own help says."""
    text = COMMANDS[name][1]
    assert command(name).get_short_help_str(limit=200) == text
    assert f"{name:<{max(map(len, COMMANDS))}}  {text}" in run("--help").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    """No option stands in the help by its name alone."""
    options = [option for option in command(name).params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_help_names_each_command_once(run: "Run") -> None:
    """The list of commands is the list of what works."""
    groups = run("--help").stdout.partition("Make a role:\n")[2].splitlines()
    assert [line.split()[0] for line in groups if line.startswith("  ")] == [
        one for names in GROUPS.values() for one in names
    ]
    assert sorted(one for names in GROUPS.values() for one in names) == sorted(COMMANDS)


def test_without_arguments_the_help_is_shown_as_an_error(run: "Run") -> None:
    """Nothing was asked: the help goes to stderr, the exit code is that of wrong usage."""
    ran = run()
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == run("--help").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_the_command_s_own_options_first_and_common_ones_last(name: str, run: "Run") -> None:
    """What is special about a command is not below thirty options that many have; `help NAME` says the same."""
    text = run(name, "--help").stdout
    assert run("help", name).stdout == text
    sections = [line for line in text.splitlines() if line and line[0] != " " and line.endswith(":")]
    order = ["Options:", "AWS:", "Options that choose a role:", "Common options:"]
    assert sections == [one for one in order if one in sections]
    common = text.partition("Common options:")[2]
    assert all(one in common for one in ("--quiet", "--color", "--help"))


def test_help_takes_the_width_of_the_terminal(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Wide lines on a wide terminal, up to what can be read."""
    longest = {}
    for width in ("60", "100", "300"):
        monkeypatch.setenv("COLUMNS", width)
        longest[width] = max(map(len, run("check", "--help").stdout.splitlines()))
    assert longest["60"] < 80 < longest["100"] < longest["300"] <= 120  # examples are not folded


def test_help_of_what_is_no_command(run: "Run") -> None:
    """The nearest, as for the command itself; the commands' version is the option's."""
    assert run("help", "crate").errors == ["unknown command `crate`; did you mean create, migrate?"]
    assert run("help").stdout == run("--help").stdout
    assert run("version").stdout == run("--version").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_stderr_has_colour_where_it_is_asked_for(name: str, run: "Run") -> None:
    """Every command takes --color; what it says of errors has it, and stdout is another matter."""
    ran = run(name, "--color", "always", "--no-such-option")
    assert ran.code == 2
    assert "\x1b[" in ran.stderr
    assert "\x1b[" not in run(name, "--color", "never", "--no-such-option").stderr


@pytest.mark.sampled(12)
@pytest.mark.parametrize("persona", list(Catalog().found("personas")))
def test_a_bare_create_says_three_lines_at_most(persona: str, run: "Run") -> None:
    """What was assumed, what limits can't narrow, what is next; -v says all of it, -q nothing."""
    ran = run("create", "--persona", persona)
    assert len(ran.stderr.splitlines()) <= 3
    assert ran.notes[0].endswith("choose yours with --account and --region")
    assert ran.next_steps
    assert len(run("create", "--persona", persona, "-v").notes) >= len(ran.notes)
    assert run("create", "--persona", persona, "-q").stderr == ""


def test_version(run: "Run") -> None:
    """`--version` is one line."""
    ran = run("--version")
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("rolemgr, version ")


@pytest.mark.parametrize("args", JSON_COMMANDS, ids=" ".join)
def test_stdout_is_one_json_document(args: tuple[str, ...], small_catalog: Path, run: "Run") -> None:
    """What another program reads is the result and nothing else; notes and next steps are on stderr, one a line."""
    ran = run(*args)
    assert result(ran)
    assert ran.stdout.endswith("\n")
    assert all(line.startswith(("note: ", "next: ")) for line in ran.stderr.splitlines())


@pytest.mark.parametrize("args", JSON_COMMANDS, ids=" ".join)
def test_running_twice_gives_the_same_bytes(args: tuple[str, ...], small_catalog: Path, run: "Run") -> None:
    """No clock, no random name, nothing left over from the run before."""
    assert run(*args) == run(*args)


RESULTS = (
    *JSON_COMMANDS,
    ("preview", *ROLE),
    ("list", "personas", "--catalog", "catalog"),
    ("list", "activity-groups", "--matrix"),
    ("show", "persona", "tester", "--catalog", "catalog"),
    ("simulate", *ROLE, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k"),
)


@pytest.mark.parametrize("args", RESULTS, ids=" ".join)
def test_every_result_can_go_to_a_file(args: tuple[str, ...], small_catalog: Path, run: "Run") -> None:
    """Data or page, `-o` takes it from stdout into a file, and `-o -` is stdout."""
    shown = run(*args)
    written = run(*args, "-o", "result")
    assert (written.code, written.stdout, written.stderr) == (0, "", shown.stderr)
    assert Path("result").read_text(encoding="utf-8") == shown.stdout
    assert run(*args, "-o", "-") == shown


@pytest.mark.parametrize("args", [("preview", *ROLE), ("list", "activity-groups")], ids=" ".join)
def test_a_page_in_a_file_does_not_depend_on_the_terminal(
    args: tuple[str, ...], small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no colour and its own width, whatever the flags and the environment say of a terminal."""
    plain = run(*args).stdout
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(*args, "--color", "always", "-o", "page").code == 0
    assert Path("page").read_text(encoding="utf-8") == plain


def test_an_output_file_is_replaced_whole(small_catalog: Path, run: "Run") -> None:
    """What another program has open stays as it was; mode and links are kept, and nothing is left lying about."""
    Path("out").mkdir()
    Path("out/role.json").write_text("old")
    Path("out/role.json").chmod(0o640)
    Path("link.json").symlink_to("out/role.json")
    with Path("out/role.json").open() as before:
        assert run("create", *ROLE, "-o", "link.json").code == 0
        assert before.read() == "old"
    assert Path("link.json").is_symlink()
    assert json.loads(Path("out/role.json").read_text())["RoleName"] == "sagemaker-tester"
    assert Path("out/role.json").stat().st_mode & 0o777 == 0o640
    assert list(Path("out").iterdir()) == [Path("out/role.json")]


def test_a_device_is_written_to_not_replaced(small_catalog: Path, run: "Run") -> None:
    """`-o /dev/null` throws the result away, and leaves the device."""
    assert run("create", *ROLE, "-o", os.devnull).code == 0
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_output_file_has_the_bytes_of_stdout(form: str, small_catalog: Path, run: "Run") -> None:
    """`-o` takes the result from stdout into a file, and `-o -` is stdout."""
    shown = run("create", *ROLE, "--format", form)
    written = run("create", *ROLE, "--format", form, "-o", "role.out")
    assert (written.code, written.stdout, written.stderr) == (0, "", shown.stderr)
    assert Path("role.out").read_bytes() == shown.stdout.encode()
    assert run("create", *ROLE, "--format", form, "-o", "-") == shown


def test_yaml_says_what_json_says(small_catalog: Path, run: "Run") -> None:
    """The two forms of a role differ in form only, tags and explanation included."""
    options = (*ROLE, "--explain", "--tag", "On=yes", "--tag", "Code=012", "--tag", "Empty=")
    as_json = result(run("create", *options))
    assert parse_yaml(run("create", *options, "--format", "yaml").stdout, "role.yaml").data == as_json


def test_a_rendered_role_can_be_asked_again(small_catalog: Path, run: "Run") -> None:
    """What `create` writes, in either form, `simulate` reads, from a file or stdin, and decides alike."""
    asked = ("--action", "s3:GetObject", "--resource", "arn:aws:s3:::data-111122223333/k", "--format", "json")
    direct = result(run("simulate", *ROLE, *asked))
    assert direct["decision"] == "Allowed"
    text = run("create", *ROLE).stdout
    run("create", *ROLE, "--format", "yaml", "-o", "role.yaml")
    assert result(run("simulate", "role.yaml", *asked))["decision"] == "Allowed"
    assert result(run("simulate", "-", *asked, stdin=text))["decision"] == "Allowed"


REQUESTS = (
    ("s3:GetObject", "arn:aws:s3:::sagemaker-us-east-1-111122223333/k"),
    ("iam:PassRole", "arn:aws:iam::111122223333:role/admin"),
    ("sagemaker:CreateEndpoint", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn"),
    ("sagemaker:ListTrainingJobs", "*"),
    ("sagemaker:DescribeModelPackage", "arn:aws:sagemaker:us-east-1:111122223333:model-package/churn/1"),
)
PERSONAS = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "personas").glob("*.yaml"))


@pytest.mark.sampled(8)
@pytest.mark.parametrize("persona", PERSONAS)
def test_a_written_role_decides_as_its_persona_does(persona: str, run: "Run") -> None:
    """No part of what `create` writes is overlooked, also where Allows went to managed policies."""
    assert run("create", "--persona", persona, "-o", "role.json").code == 0
    for action, resource in REQUESTS:
        asked = ("--action", action, "--resource", resource, "--format", "json")
        written, direct = (result(run("simulate", *who, *asked)) for who in (["role.json"], ["--persona", persona]))
        assert (written["decision"], written["missing"]) == (direct["decision"], direct["missing"])


def statement(action: str) -> dict[str, Any]:
    """Return a policy document that allows *action* on everything."""
    allow = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"PolicyDocument": {"Version": "2012-10-17", "Statement": [allow]}}


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_managed_policies_of_a_role_are_judged(action: str, run: "Run") -> None:
    """A role's inline and managed documents allow together."""
    role = {"Policies": [statement("s3:GetObject")], "ManagedPolicies": [statement("s3:PutObject")]}
    Path("role.json").write_text(to_json(role))
    asked = ("--action", action, "--resource", "arn:aws:s3:::b/k", "--expect", "Allowed")
    assert run("simulate", "role.json", *asked).code == 0


def test_what_a_role_only_names_is_said_to_be_left_out(run: "Run") -> None:
    """ARNs of managed policies and of a permissions boundary are no documents: a note each, and nothing is allowed."""
    arns = {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/x"], "PermissionsBoundary": "arn:aws:iam::aws:policy/y"}
    Path("role.json").write_text(to_json({"Policies": [statement("s3:GetObject")], **arns}))
    ran = run("simulate", "role.json", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k")
    assert (ran.code, ran.stdout.partition(" ")[0]) == (1, "NotKnown")
    assert [note.split(" is ")[0].split(": ")[1] for note in ran.notes] == ["ManagedPolicyArns", "PermissionsBoundary"]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_stdin_may_be_either_form(form: str, small_catalog: Path, run: "Run") -> None:
    """A role piped from `create` is read, whatever its form."""
    text = "\n" + run("create", *ROLE, "--format", form).stdout
    asked = ("--action", "s3:GetObject", "--resource", "arn:aws:s3:::data-111122223333/k", "--expect", "Allowed")
    assert run("simulate", "-", *asked, stdin=text).code == 0


def test_an_unknown_action_is_noted(small_catalog: Path, run: "Run") -> None:
    """AWS adds actions before the reference does: without an expectation there is an answer and a note."""
    ran = run("simulate", *ROLE, "--action", "s3:GetObjekt")
    assert ran.code == 0
    assert ran.stdout.startswith("ImplicitlyDenied")
    assert any("unknown action `s3:GetObjekt`" in note for note in ran.notes)


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        (
            "--context",
            "sagemaker:VpcSubnets=subnet-1",
            "--context: AWS does not send `sagemaker:VpcSubnets` with s3:Get",
        ),
        ("--context", "aws:RequestedRegion=us-est-1", "--context: unknown region `us-est-1`; did you mean"),
        ("--context", "aws:PrincipalTags/Project=x", "--context: unknown condition key `aws:PrincipalTags/Project`"),
        ("--resource", "arn:awss:s3:::data/k", "--resource: unknown partition `awss`; did you mean aws"),
        ("--resource", "arn:aws:s3:::data", "--resource: `arn:aws:s3:::data` is not a resource of s3:GetObject"),
        ("--principal", "sagmaker.amazonaws.com", "--principal: unknown service principal `sagmaker.amazonaws.com`"),
    ],
)
def test_each_unknown_name_of_a_request_is_noted(option: str, value: str, says: str, run: "Run") -> None:
    """A note where one asks, an error where an answer is expected, and neither where the name is said to be right."""
    write_all()
    asked = {"--action": "s3:GetObject", "--resource": "arn:aws:s3:::data/k", option: value}
    words = ["simulate", "all.json", *(word for pair in asked.items() for word in pair)]
    ran = run(*words)
    assert ran.code == 0
    assert any(note.startswith(says) for note in ran.notes), ran.notes
    assert run(*words, "--expect", "Allowed").errors[0].startswith(says)
    excused = run(*words, "--unknown-ok", says.split("`")[1], "--expect", "Allowed")
    assert f"error: {says}" not in excused.stderr


def test_what_aws_refuses_itself_is_said_beside_the_decision(run: "Run") -> None:
    """Loudly on stderr, in the tree and in the JSON; the decision stays that of the policies."""
    write_all()
    asked = ("--action", "iam:CreatePolicyVersion", "--resource", "arn:aws:iam::aws:policy/ReadOnlyAccess")
    ran = run("simulate", "all.json", *asked, "--format", "json")
    assert json.loads(ran.stdout)["decision"] == "Allowed"
    assert "AWS lets nobody change an AWS managed policy" in json.loads(ran.stdout)["notes"][-1]
    assert any(note.startswith("AWS lets nobody") for note in ran.notes)


def test_an_rcp_beyond_its_reach_is_noted(run: "Run") -> None:
    """SageMaker's resources are not among those that resource control policies reach."""
    write_all()
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    Path("rcp.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}), "utf-8")
    ran = run("simulate", "all.json", "--action", "sagemaker:ListModels", "--rcp", "rcp.json")
    assert any(note.startswith("--rcp: resource control policies do not reach sagemaker") for note in ran.notes)


def write_all() -> None:
    """Write a policy that allows everything."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    Path("all.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}), "utf-8")


@pytest.mark.parametrize(("expected", "code"), [("Allowed", 0), ("ImplicitlyDenied", 1), ("ExplicitlyDenied", 1)])
def test_an_expectation_that_is_not_met_is_exit_code_1(
    expected: str, code: int, small_catalog: Path, run: "Run"
) -> None:
    """The command ran, and the answer is no."""
    asked = ("--action", "s3:GetObject", "--resource", "arn:aws:s3:::data-111122223333/k")
    assert run("simulate", *ROLE, *asked, "--expect", expected).code == code


def test_explanation_points_at_lines_that_hold_the_sid(small_catalog: Path, run: "Run") -> None:
    """Every statement of the role comes from catalog lines on which its origin's Sid really stands."""
    role = result(run("create", *ROLE, "--explain"))
    statements = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    origins = role["Metadata"]["Statements"]
    assert [statement["Sid"] for statement in statements] == list(origins)
    for origin in (one for found in origins.values() for one in found):
        line = Path(origin["File"]).read_text().splitlines()[origin["Line"] - 1]
        assert line == f"  - sid: {origin['Sid']}"
        assert Path(origin["File"]).stem == origin["ActivityGroup"]


def test_explanation_of_a_built_in_role_points_into_its_catalog(run: "Run") -> None:
    """Built-in files are named from the top of the catalog, which in a checkout is the repository."""
    top = Path(__file__).resolve().parents[2]
    role = result(run("create", "--persona", "data-scientist", "--explain"))
    for origin in (one for found in role["Metadata"]["Statements"].values() for one in found):
        line = (top / origin["File"]).read_text().splitlines()[origin["Line"] - 1]
        assert line.strip() == f"- sid: {origin['Sid']}"


def test_a_role_has_the_shape_of_cloudformation(small_catalog: Path, run: "Run") -> None:
    """Without `--explain` there is nothing beyond the properties of AWS::IAM::Role, and nothing empty."""
    role = result(run("create", *ROLE))
    assert list(role) == [
        "RoleName", "Path", "Description", "MaxSessionDuration", "AssumeRolePolicyDocument", "Policies",
    ]  # fmt: skip
    tagged = result(run("create", *ROLE, "--tag", "B=2", "--tag", "A=1"))
    assert tagged["Tags"] == [{"Key": "A", "Value": "1"}, {"Key": "B", "Value": "2"}]


def test_all_choices_reach_the_role(small_catalog: Path, run: "Run") -> None:
    """Name, path, description, session, account, region, trust, parameters and buckets are where they belong."""
    role = result(
        run(
            "create", *ROLE, "--name", "churn", "--path", "/ml/", "--description", "Churn", "--max-session", "2h",
            "--account", "123456789012", "--region", "cn-north-1", "--trust", "sagemaker?source=account",
            "--parameter", "job_names=churn-*,x", "--bucket", "acme-b", "--bucket", "acme-a",
            "--pass-role", "arn:aws-cn:iam::123456789012:role/jobs", "--add", "run-jobs",
        )
    )  # fmt: skip
    assert (role["RoleName"], role["Path"], role["Description"], role["MaxSessionDuration"]) == (
        "churn", "/ml/", "Churn", 7200,
    )  # fmt: skip
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    by_sid = {one["Sid"]: one for one in role["Policies"][0]["PolicyDocument"]["Statement"]}
    assert by_sid["ListBuckets"]["Resource"] == ["arn:aws-cn:s3:::acme-a", "arn:aws-cn:s3:::acme-b"]
    assert by_sid["PassRoles"]["Resource"] == ["arn:aws-cn:iam::123456789012:role/jobs"]
    assert by_sid["PassRoles"]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com.cn"}}
    assert by_sid["TrainingJobs"]["Resource"] == [
        f"arn:aws-cn:sagemaker:cn-north-1:123456789012:training-job/{name}" for name in ("churn-*", "x")
    ]


def test_a_role_file_and_flags_give_the_same_role(small_catalog: Path, run: "Run") -> None:
    """The keys of a role file are the flags' names; from stdin they are the same again."""
    flags = run(
        "create", *ROLE, "--name", "churn", "--account", "123456789012", "--region", "eu-west-1",
        "--bucket", "acme", "--parameter", "job_names=a,b", "--tag", "Project=churn", "--trust", "sagemaker?source=arn",
    )  # fmt: skip
    text = to_json(
        {
            "persona": "tester", "catalog": ["catalog"], "name": "churn", "account": "123456789012",
            "region": "eu-west-1", "bucket": ["acme"], "parameter": {"job_names": ["a", "b"]},
            "tag": {"Project": "churn"}, "trust": [{"kind": "sagemaker", "source": "arn"}],
        }
    )  # fmt: skip
    Path("role.yaml").write_text(text)
    assert result(run("create", "--role", "role.yaml")) == result(flags)
    assert result(run("create", "--role", "-", stdin=text)) == result(flags)


def test_a_catalog_in_a_role_file_lies_beside_that_file(small_catalog: Path, run: "Run") -> None:
    """A relative folder is found from wherever the role file is used."""
    Path("roles").mkdir()
    Path("roles/churn.yaml").write_text("persona: tester\ncatalog: [../catalog]\n")
    assert result(run("create", "--role", "roles/churn.yaml"))["RoleName"] == "sagemaker-tester"


def test_a_short_form_that_finds_nothing_to_act_on_is_a_note(small_catalog: Path, run: "Run") -> None:
    """The role is rendered, and stderr says which option did nothing."""
    ran = run("create", *ROLE, "--remove", "read-files", "--bucket", "acme")
    assert ran.code == 0
    assert any(note.startswith("--bucket: nothing in this role uses it") for note in ran.notes)


def test_what_was_assumed_is_said(small_catalog: Path, run: "Run") -> None:
    """Account and region are noted where nobody chose them, and only there."""
    (note,) = run("create", *ROLE).notes
    assert (
        note
        == "account 111122223333 is AWS's example account, region us-east-1; choose yours with --account and --region"
    )
    assert [note.split()[0] for note in run("create", *ROLE, "-v").notes[:2]] == ["account", "region"]
    assert run("create", *ROLE, "--account", "123456789012", "--region", "eu-west-1").notes == []


def test_list_and_show_say_whose_an_entry_is(small_catalog: Path, run: "Run") -> None:
    """A user's entry in place of a built-in one names both files, as text and as JSON."""
    name = "run-training-jobs"
    (small_catalog / "activity_groups" / f"{name}.yaml").write_text(
        (small_catalog / "activity_groups/run-jobs.yaml").read_text()
    )
    table = run("list", "activity-groups", "--catalog", "catalog").stdout.splitlines()
    listed = result(run("list", "activity-groups", "--catalog", "catalog", "--format", "json"))
    entries = {entry["id"]: entry for entry in listed}
    ours, theirs = f"catalog/activity_groups/{name}.yaml", f"activity_groups/{name}.yaml"
    assert (entries[name]["file"], entries[name]["builtin"], entries[name]["overrides"]) == (ours, False, theirs)
    assert (entries["run-jobs"]["builtin"], "overrides" in entries["run-jobs"]) == (False, False)
    assert any(entry["builtin"] for entry in listed)
    assert list(entries) == sorted(entries)
    rows = {row.split()[0]: row for row in table[1:]}
    assert rows[name].endswith(f"  {ours}, instead of {theirs}")
    assert rows["run-jobs"].endswith("  catalog/activity_groups/run-jobs.yaml")
    assert rows["use-mlflow"].endswith("  built-in")
    shown = run("show", "activity-group", name, "--catalog", "catalog").stdout
    assert f"{ours} (yours), instead of {theirs}" in " ".join(shown.replace("│", "").replace("├──", "").split())
    assert (
        result(run("show", "activity-group", name, "--catalog", "catalog", "--format", "json"))["overrides"] == theirs
    )


def test_show_gives_an_entry_as_its_file_has_it(small_catalog: Path, run: "Run") -> None:
    """The JSON of an entry is what stands in its file, where that lies, and what it comes to."""
    shown = result(run("show", "persona", "tester", "--catalog", "catalog", "--format", "json"))
    assert shown == {
        "id": "tester", "file": "catalog/personas/tester.yaml", "builtin": False,
        **read_yaml(small_catalog / "personas/tester.yaml").data,
        "resolved": {"ActivityGroups": ["read-files", "run-jobs"], "Never": [], "LetOff": [], "Indirect": []},
    }  # fmt: skip


def test_show_profile_says_what_it_chooses_and_who_has_it(run: "Run") -> None:
    """Each guardrail with its line and its values, or the short form that they come from."""
    shown = run("show", "profile", "regulated").stdout
    assert "its values from --volume-key" in shown
    assert "guardrails/profiles/regulated.yaml:12" in shown
    assert "ml-engineer" in run("show", "profile", "cost").stdout
    data = result(run("show", "profile", "cost", "--format", "json"))
    assert (data["id"], data["guardrails"]["max-runtime"]) == ("cost", ["24h"])
    ran = run("show", "profile", "costs")
    assert (ran.code, ran.errors) == (2, ["unknown profile `costs`; did you mean cost?"])


def test_preview_shows_all_that_an_approver_needs(small_catalog: Path, run: "Run") -> None:
    """Persona, groups, each statement with its origin, trust, tags and the size of each document."""
    shown = run("preview", *ROLE, "--tag", "Project=churn", "--full").stdout
    wanted = (
        "sagemaker-tester", "arn:aws:iam::111122223333:role/sagemaker-tester", "run-jobs  Run jobs", "TrainingJobs",
        "catalog/activity_groups/run-jobs.yaml:12", "sagemaker:CreateTrainingJob", "iam:PassedToService",
        "aws:SourceAccount", "Project=churn", "inline ", "10,240", "trust ",
    )  # fmt: skip
    assert [text for text in wanted if text not in shown] == []


def test_a_policy_that_is_asked_is_looked_at(run: "Run") -> None:
    """A statement on a name that nobody has takes no part in the decision, whatever its author believes."""
    statement = {"Effect": "Allow", "Action": "s3:GetObjct", "Resource": "*"}
    Path("p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "utf-8")
    ran = run("simulate", "p.json", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::acme/k")
    assert ran.code == 0
    assert any(note.startswith("p.json: statement 0: unknown action `s3:GetObjct`; did you mean") for note in ran.notes)


def test_many_unknown_names_of_a_policy_are_counted(run: "Run") -> None:
    """The first few are enough to see what is wrong."""
    statement = {"Effect": "Allow", "Action": [f"s3:Nothing{number}" for number in range(9)], "Resource": "*"}
    Path("p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), "utf-8")
    ran = run("simulate", "p.json", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::acme/k")
    assert len([note for note in ran.notes if "unknown action" in note]) == 5
    assert "p.json: 4 more names there are not known; `rolemgr check` lists them" in ran.notes


def test_a_command_leaves_the_collection_of_garbage_as_it_was(run: "Run") -> None:
    """Of a process that runs many commands nothing is kept for ever: what is frozen is never freed."""
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    assert run("list", "personas").code == 0
    assert run("show", "persona", "nobody").code == 2
    assert gc.get_threshold() == threshold
    assert gc.get_freeze_count() <= frozen
