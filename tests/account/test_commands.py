"""`create --apply`, `plan` and `apply` as a user types them, against a real server over HTTP."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.account.proxy import proxied
from tests.servers import ACCOUNT
from tests.terminal import Session

from rolemgr.account.read import read_role

if TYPE_CHECKING:
    from tests.conftest import Run

ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))
SMALL = ("--persona", "sagemaker-compute", "--bucket", "acme")
ARN = f"arn:aws:iam::{ACCOUNT}:role/sagemaker-compute"


@pytest.fixture(autouse=True)
def aws(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set the environment as somebody has it who works with AWS, with no configuration of this machine."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


def role_file(name: str, text: str = "persona: sagemaker-compute\nbucket: [acme]\n") -> str:
    """Write the role file *name* and return its path."""
    path = Path(f"{name}.yaml")
    path.write_text(f"{text}name: {name}\n", encoding="utf-8")
    return str(path)


# --- what is given


def test_create_apply_gives_the_arn(run: "Run", iam: Any) -> None:
    """The next in line is a script that needs it."""
    ran = run("create", *SMALL, "--apply", "--yes")
    assert (ran.code, ran.stdout) == (0, ARN + "\n")
    assert read_role(iam, "sagemaker-compute") is not None
    assert f"note: account {ACCOUNT}, from AWS credentials of arn:aws:sts::{ACCOUNT}:user/moto" in ran.stderr
    assert "create role " + ARN in ran.stderr
    assert f"note: 1/1 created {ARN}" in ran.stderr


def test_plan_says_where_the_role_that_jobs_run_as_is_missing(run: "Run") -> None:
    """Until it is there, or the same plan makes it; where AWS does not let anybody look, that is said."""
    scientist = role_file("scientist", "persona: data-scientist\nbucket: [acme]\n")
    missing = f"its work in sagemaker.amazonaws.com runs as {ARN}, which the account does not have; `rolemgr create"
    ran = run("plan", scientist)
    assert f"note: {missing}" in ran.stdout
    (planned,) = json.loads(run("plan", scientist, "--format", "json").stdout)["roles"]
    assert [(one["arn"], one["persona"], one["exists"]) for one in planned["passes"]] == [
        (ARN, "sagemaker-compute", False)
    ]
    compute = role_file("sagemaker-compute")
    assert missing not in run("plan", scientist, compute).stdout
    assert run("apply", compute, "--yes").code == 0
    (planned,) = json.loads(run("plan", scientist, "--format", "json").stdout)["roles"]
    assert planned["passes"][0]["exists"] is True


def test_a_passed_role_that_nobody_may_look_up_is_not_called_missing(run: "Run", endpoint: str) -> None:
    """AWS denies GetRole for that role alone: the plan goes on, and says that it does not know."""
    scientist = role_file("scientist", "persona: data-scientist\nbucket: [acme]\n")
    with proxied(endpoint, denying=b"RoleName=sagemaker-compute") as proxy:
        ran = run("plan", scientist, "--endpoint-url", proxy.address)
        told = run("plan", scientist, "--endpoint-url", proxy.address, "--format", "json")
    assert ran.code == told.code == 0, ran.stderr
    assert "and AWS does not say whether it has that" in " ".join(ran.stdout.split())
    assert "does not have" not in ran.stdout
    assert [one["exists"] for one in json.loads(told.stdout)["roles"][0]["passes"]] == [None]


def test_a_new_role_is_followed_by_the_next_step(run: "Run") -> None:
    """The second time nothing is new."""
    scientist = role_file("scientist", "persona: data-scientist\nbucket: [acme]\n")
    ran = run("apply", scientist, "--yes")
    assert ran.code == 0
    assert f"--user-settings ExecutionRole=arn:aws:iam::{ACCOUNT}:role/scientist" in ran.next_steps[0]
    assert run("apply", scientist, "--yes").next_steps == []


def test_create_apply_gives_one_document_where_json_is_asked_for(run: "Run") -> None:
    """The result of each role."""
    ran = run("create", *SMALL, "--apply", "--yes", "--format", "json")
    assert json.loads(ran.stdout) == {
        "account": ACCOUNT,
        "partition": "aws",
        "roles": [{"arn": ARN, "result": "created", "error": None, "left": [], "remains": None}],
    }
    again = json.loads(run("create", *SMALL, "--apply", "--yes", "--format", "json").stdout)
    assert again["roles"][0]["result"] == "unchanged"


def test_the_role_is_never_for_the_example_account(run: "Run", iam: Any) -> None:
    """Where nobody named an account, its ARNs are of the account of the credentials."""
    run("create", *SMALL, "--apply", "--yes")
    assert "111122223333" not in str(read_role(iam, "sagemaker-compute"))


def test_the_plan_is_the_result_of_plan(run: "Run", iam: Any) -> None:
    """On stdout, and nothing is written."""
    ran = run("plan", *SMALL)
    assert ran.code == 0
    assert ran.stdout.startswith(f"account {ACCOUNT} (aws), as arn:aws:sts::{ACCOUNT}:user/moto\n\n+ create role {ARN}")
    assert "inline policies: " in ran.stdout
    assert ran.stdout.endswith("plan: 1 to create\n")
    data = json.loads(run("plan", *SMALL, "--format", "json").stdout)
    assert [(role["arn"], role["action"]) for role in data["roles"]] == [(ARN, "create")]
    assert f"create role {ARN}" in data["roles"][0]["steps"]
    assert read_role(iam, "sagemaker-compute") is None


def test_plan_says_no_where_apply_would(run: "Run") -> None:
    """Exit code 1 for a role that differs; with --update it would go through."""
    run("apply", *SMALL, "--yes")
    assert run("plan", *SMALL).code == 0
    assert run("plan", *SMALL, "--description", "new").code == 1
    ran = run("plan", *SMALL, "--description", "new", "--update")
    assert ran.code == 0
    assert "~ change role" in ran.stdout
    assert "~ value  description " in ran.stdout


def test_plan_fails_on_what_it_is_not_to_do(run: "Run") -> None:
    """`any` for a change at all, `gained` for one that may give more: a new role, a bucket, but not a description."""
    assert [run("plan", *SMALL, "--fail-on", one).code for one in ("any", "gained")] == [1, 1]
    run("apply", *SMALL, "--yes")
    assert [run("plan", *SMALL, "--fail-on", one).code for one in ("any", "gained")] == [0, 0]
    new = ("plan", *SMALL, "--update", "--description", "new", "--fail-on")
    assert [run(*new, one).code for one in ("any", "gained")] == [1, 0]
    less = ("plan", *SMALL, "--update", "--guardrail", "network-isolation", "--remove", "record-runs", "--fail-on")
    assert [run(*less, one).code for one in ("any", "gained")] == [1, 0]
    more = ("plan", *SMALL, "--update", "--bucket", "other", "--fail-on")
    assert [run(*more, one).code for one in ("any", "gained")] == [1, 1]
    assert run("plan", *SMALL, "--update", "--bucket", "other").code == 0


def test_apply_changes_nothing_that_it_is_not_to_do(run: "Run", iam: Any) -> None:
    """With the plan on stderr, and without a question: all or nothing, and the reason."""
    for what in ("any", "gained"):
        ran = run("apply", *SMALL, "--yes", "--fail-on", what)
        assert (ran.code, ran.stdout) == (1, "")
        assert f"error: nothing was changed, for --fail-on {what}: arn:aws:iam::123456789012:role/" in ran.stderr
        assert "+ create role" in ran.stderr
        assert iam.list_roles()["Roles"] == []
    run("apply", *SMALL, "--yes")
    assert run("apply", *SMALL, "--yes", "--fail-on", "any").code == 0
    changed = ("apply", *SMALL, "--update", "--yes", "--fail-on", "gained")
    assert run(*changed, "--bucket", "other").code == 1
    assert "other" not in str(iam.get_role_policy(RoleName="sagemaker-compute", PolicyName="sagemaker-compute"))
    assert run(*changed, "--description", "new").code == 0
    assert iam.get_role(RoleName="sagemaker-compute")["Role"]["Description"] == "new"


def test_update_changes_and_says_so(run: "Run", iam: Any) -> None:
    """The difference is shown, then the ARN."""
    run("apply", *SMALL, "--yes")
    refused = run("apply", *SMALL, "--description", "new", "--yes")
    assert (refused.code, refused.stdout) == (1, "")
    ran = run("apply", *SMALL, "--description", "new", "--update", "--yes")
    assert (ran.code, ran.stdout) == (0, ARN + "\n")
    role = read_role(iam, "sagemaker-compute")
    assert role is not None
    assert role.description == "new"


def test_many_role_files_are_applied_in_one_go(run: "Run", iam: Any) -> None:
    """With progress; an account that the file names is checked."""
    files = [role_file(f"team-{number}") for number in range(3)]
    ran = run("apply", *files, "--account", ACCOUNT, "--yes", "-o", "arns.txt")
    assert ran.code == 0
    assert Path("arns.txt").read_text().splitlines() == [
        f"{ARN[: -len('sagemaker-compute')]}team-{n}" for n in range(3)
    ]
    assert "note: 3/3 created" in ran.stderr


def test_a_trusted_role_is_made_before_the_one_that_trusts_it(run: "Run") -> None:
    """IAM refuses a trust policy with a principal that does not exist."""
    trusting = role_file(
        "a", f"persona: sagemaker-compute\nbucket: [acme]\ntrust: ['role:arn:aws:iam::{ACCOUNT}:role/b']\n"
    )
    ran = run("apply", trusting, role_file("b"), "--yes")
    assert [line.rpartition("/")[2] for line in ran.stdout.splitlines()] == ["b", "a"]


# --- the question, on a terminal


def on_a_terminal(answer: str, *args: str) -> tuple[int, str]:
    """Run `rolemgr` on a terminal on which somebody types *answer*; return the exit code, and stdout."""
    reader, terminal = pty.openpty()
    try:
        os.write(reader, answer.encode())
        done = subprocess.run([ROLEMGR, *args], stdin=terminal, capture_output=True, text=True, check=False)
    finally:
        os.close(reader)
        os.close(terminal)
    assert "role in account 123456789012? [y/N]" in done.stderr
    return done.returncode, done.stdout


def test_no_means_no(iam: Any) -> None:
    """Nothing is written, and the exit code says that it was not done."""
    assert on_a_terminal("n\n", "apply", *SMALL) == (1, "")
    assert read_role(iam, "sagemaker-compute") is None


def test_a_change_is_asked_for_too(iam: Any) -> None:
    """Yes creates, and yes again changes."""
    assert on_a_terminal("y\n", "create", *SMALL, "--apply") == (0, ARN + "\n")
    assert on_a_terminal("n\n", "apply", *SMALL, "--description", "new", "--update") == (1, "")
    assert on_a_terminal("y\n", "apply", *SMALL, "--description", "new", "--update") == (0, ARN + "\n")


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_reading_many_roles_shows_how_far_it_is(command: str) -> None:
    """On a terminal, as reading two hundred roles takes minutes."""
    with Session(command, *(role_file(f"team-{number}") for number in range(10))) as session:
        session.end()
    assert "10/10" in session.shown


# --- what stops it


def test_nobody_to_ask_is_a_usage_error(run: "Run", iam: Any) -> None:
    """Not on a terminal and no --yes: nothing is written."""
    ran = run("create", *SMALL, "--apply")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors == ["nobody can be asked: stdin is not a terminal; look at `rolemgr plan`, then give --yes"]
    assert read_role(iam, "sagemaker-compute") is None


FINDS = ("--persona", "sagemaker-compute", "--bucket", "acme", "--trust", "sagemaker?source=none")


def test_a_finding_stops_it(run: "Run", iam: Any) -> None:
    """A SECURITY_WARNING of `check`: exit code 1; --allow-findings goes on."""
    ran = run("apply", *FINDS, "--yes")
    assert (ran.code, ran.stdout) == (1, "")
    assert "SECURITY_WARNING" in ran.stderr.splitlines()[-1]
    assert ran.stderr.splitlines()[-1].endswith("--allow-findings goes on in spite of it")
    assert read_role(iam, "sagemaker-compute") is None
    assert run("plan", *FINDS).code == 1
    assert run("apply", *FINDS, "--yes", "--allow-findings").code == 0


def test_a_suppressed_finding_does_not_stop_it(run: "Run") -> None:
    """What rolemgr-check.yaml suppresses with a reason is settled."""
    data = json.loads(run("plan", *FINDS, "--format", "json").stdout)
    rule = next(one["rule"] for one in data["roles"][0]["findings"] if one["severity"] == "SECURITY_WARNING")
    Path("rolemgr-check.yaml").write_text(f"suppress:\n  - {{rule: {rule}, reason: it is a test}}\n")
    assert run("apply", *FINDS, "--yes").code == 0


BAD_INPUT = {
    "no-role": (("apply", "--yes"), "no persona is chosen"),
    "file-and-persona": (("apply", "r.yaml", "--persona", "data-scientist", "--yes"), "--persona: goes without role"),
    "file-and-role": (("plan", "r.yaml", "--role", "r.yaml"), "--role: goes without role files"),
    "one-name": (("plan", "r.yaml", "s.yaml", "--name", "x"), "--name: names one role"),
    "missing-file": (("plan", "nothing.yaml"), "nothing.yaml: can't be read: No such file"),
    "prune": (("apply", "r.yaml", "--prune", "--yes"), "--prune: goes with --update"),
    "plan-prune": (("plan", "r.yaml", "--prune"), "--prune: goes with --update"),
    "output": (("apply", "r.yaml", "--yes", "-o", "no/where"), "no/where: can't be written"),
    "endpoint": (("plan", "r.yaml", "--endpoint-url", "nonsense"), "--endpoint-url: `nonsense` is not a URL"),
    "region": (("plan", "r.yaml", "--region", "moon"), "--region: `moon` is not an AWS region"),
    "own-tag": (("plan", "r.yaml", "--tag", "rolemgr:state=x"), "--tag: the tag `rolemgr:state` is rolemgr's own"),
    "yes": (("create", *SMALL, "--yes"), "--yes: goes with --apply"),
    "profile": (("create", *SMALL, "--profile", "x"), "--profile: goes with --apply"),
    "explain": (("create", *SMALL, "--apply", "--yes", "--explain"), "--explain: goes without --apply"),
    "format": (("create", *SMALL, "--apply", "--yes", "--format", "yaml"), "--format: `yaml` goes without --apply"),
}


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line_and_writes_nothing(run: "Run", iam: Any, case: str) -> None:
    """Exit code 2."""
    role_file("r")
    role_file("s")
    args, says = BAD_INPUT[case]
    ran = run(*args)
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith(says)
    assert iam.list_roles()["Roles"] == []


AWS_SAYS_NO: dict[str, tuple[dict[str, str], tuple[str, ...], str]] = {
    "no-credentials": ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, (), "no AWS credentials; give --profile"),
    "no-profile": ({}, ("--profile", "nobody"), "the config profile (nobody) could not be found"),
    "half-credentials": ({"AWS_SECRET_ACCESS_KEY": ""}, (), "the AWS credentials are incomplete"),
    "wrong-account": ({}, ("--account", "111122223333"), "--account: the role is for account 111122223333, the credentials ("),
    "endpoint-down": ({}, ("--endpoint-url", "http://127.0.0.1:9"), "AWS can't be reached: "),
    "no-host": ({}, ("--endpoint-url", "http://nowhere.invalid"), "AWS can't be reached: "),
}  # fmt: skip


@pytest.mark.parametrize("case", AWS_SAYS_NO)
def test_where_aws_says_no_there_is_one_line(run: "Run", iam: Any, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Exit code 3, and nothing is left behind."""
    environment, args, says = AWS_SAYS_NO[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    ran = run("apply", *SMALL, *args, "--yes")
    assert (ran.code, ran.stdout, len(ran.errors)) == (3, "", 1), ran.stderr
    assert ran.errors[0].startswith(says)
    assert iam.list_roles()["Roles"] == []


def test_the_account_of_a_role_file_is_named_with_its_line(run: "Run") -> None:
    """A mismatch is refused before anything is written."""
    path = role_file("r", "persona: sagemaker-compute\naccount: '111122223333'\n")
    ran = run("apply", path, "--yes")
    assert ran.code == 3
    assert ran.errors[0].startswith("r.yaml:2: the role is for account 111122223333, ")
    assert ran.errors[0].endswith("; give the --profile of that account")


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_the_profiles_of_the_account_are_named(command: str, run: "Run", tmp_path: Path) -> None:
    """Those of AWS's configuration that say they are of it, by the role or the account of IAM Identity Center."""
    (tmp_path / "config").write_text(
        "[profile ml]\nrole_arn = arn:aws:iam::111122223333:role/deployer\nsource_profile = x\n"
        "[profile sso]\nsso_account_id = 111122223333\n[profile other]\nsso_account_id = 444455556666\n", "utf-8"
    )  # fmt: skip
    ran = run(command, role_file("r", "persona: sagemaker-compute\naccount: '111122223333'\n"))
    assert ran.code == 3
    assert ran.errors[0].endswith("; give --profile ml or sso, which AWS's configuration has for that account")


def test_another_partition_is_refused(run: "Run") -> None:
    """Credentials of aws can't make a role in China; here the region alone decides, as moto knows all partitions."""
    ran = run("plan", *SMALL, "--region", "cn-north-1", "--format", "json")
    assert json.loads(ran.stdout)["partition"] == "aws-cn"
    first = role_file("r", "persona: sagemaker-compute\nregion: us-east-1\n")
    second = role_file("s", "persona: sagemaker-compute\nregion: cn-north-1\n")
    refused = run("plan", first, second)
    assert refused.code == 3
    assert refused.errors == [
        "s.yaml:2: the role is for partition aws-cn, the credentials are of aws; "
        "give the --region and the credentials of one partition"
    ]


def test_all_that_speaks_against_it_is_said(run: "Run", iam: Any) -> None:
    """A line for each role; what AWS says no to decides the exit code."""
    run("apply", role_file("mine"), "--yes")
    iam.create_role(RoleName="taken", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    ran = run("apply", role_file("taken"), "mine.yaml", "--description", "new", "--yes")
    said = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
    assert ran.code == 3
    assert [line.split()[2].rpartition("/")[2] for line in said] == ["mine", "taken"]


def test_a_role_that_is_given_twice_is_made_from_neither_file(run: "Run", iam: Any) -> None:
    """Nobody knows which of them is meant; the others are made."""
    role_file("r")
    ran = run("apply", "r.yaml", "./r.yaml", role_file("s"), "--yes")
    assert (ran.code, ran.stdout) == (2, f"arn:aws:iam::{ACCOUNT}:role/s\n")
    assert [line.partition(";")[0] for line in ran.stderr.splitlines()[-2:]] == [
        "error: ./r.yaml:3: role `r` is given twice", "error: r.yaml:3: role `r` is given twice",
    ]  # fmt: skip
    assert read_role(iam, "r") is None


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_what_is_wrong_with_one_file_stops_no_other(command: str, run: "Run", iam: Any) -> None:
    """A broken file, one of another account and one of a taken name: each is named, the result has all of them."""
    trust = '{"Version": "2012-10-17", "Statement": []}'
    iam.create_role(RoleName="taken", AssumeRolePolicyDocument=trust)
    Path("broken.yaml").write_text("persona: nobody\n")
    elsewhere = role_file("elsewhere")
    Path(elsewhere).write_text(Path(elsewhere).read_text() + "account: 111122223333\n")
    files = ("broken.yaml", elsewhere, "missing.yaml", role_file("free"), role_file("taken"))
    ran = run(command, *files, *(["--yes"] if command == "apply" else []), "--format", "json", "-o", "out.json")
    assert (ran.code, ran.stdout) == (3, "")
    data = json.loads(Path("out.json").read_text())
    named = {one.get("role") or one["arn"] for one in [*data["roles"], *data.get("refused", [])]}
    arns = {f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("free", "taken")}
    assert named == {"broken.yaml", "elsewhere.yaml", "missing.yaml"} | arns
    for file in ("broken.yaml", "elsewhere.yaml", "missing.yaml"):
        assert sum(line.startswith(f"error: {file}") for line in ran.stderr.splitlines()) == 1
    assert (read_role(iam, "free") is not None) == (command == "apply")
    if command == "apply":
        assert "note: 1 created, 4 refused" in ran.stderr


def test_a_taken_name_stops_no_other(run: "Run", iam: Any) -> None:
    """One role that can't be made is said, and the others are made."""
    trust = '{"Version": "2012-10-17", "Statement": []}'
    iam.create_role(RoleName="taken", AssumeRolePolicyDocument=trust)
    ran = run("apply", role_file("free"), role_file("taken"), "--yes")
    assert (ran.code, ran.stdout) == (3, f"arn:aws:iam::{ACCOUNT}:role/free\n")
    last = ran.stderr.splitlines()[-1]
    assert last.startswith(f"error: role arn:aws:iam::{ACCOUNT}:role/taken exists, not made by rolemgr")
    assert read_role(iam, "free") is not None


# --- the network, and signals, with a process of its own


def command(*args: str, endpoint: str, attempts: int = 1) -> list[str]:
    """Return the command line for a process of its own against *endpoint*."""
    os.environ["AWS_MAX_ATTEMPTS"] = str(attempts)
    return [ROLEMGR, "apply", *args, "--endpoint-url", endpoint, "--yes"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize("action", ["CreateRole", "PutRolePolicy", "TagRole"])
def test_an_answer_that_gets_lost_is_got_over(endpoint: str, iam: Any, action: str) -> None:
    """The connection breaks after the server did the work, and botocore asks again: the role is there once."""
    with proxied(endpoint, losing=frozenset({action})) as proxy:
        done = subprocess.run(
            command(*SMALL, endpoint=proxy.address, attempts=2), capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (0, ARN + "\n"), done.stderr
    assert proxy.calls.count(action) == 2
    role = read_role(iam, "sagemaker-compute")
    assert role is not None
    assert role.state is not None
    assert role.state.phase == "complete"


@pytest.mark.sampled(1)
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_in_the_middle_leaves_nothing(endpoint: str, iam: Any, sent: signal.Signals, code: int) -> None:
    """Ctrl-C, SIGTERM or a closed terminal while IAM is at work: what was made is removed, and that is said."""
    with proxied(endpoint, holding="PutRolePolicy") as proxy:
        given: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command(*SMALL, endpoint=proxy.address), **given) as process:
            assert proxy.held.wait(30)
            process.send_signal(sent)
            proxy.go_on.set()
            out, err = process.communicate(timeout=600)
    assert (process.returncode, out) == (code, "")
    assert f"error: role {ARN}: interrupted; all of it was taken back" in err
    assert "Traceback" not in err
    assert read_role(iam, "sagemaker-compute") is None
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_reader_that_goes_away_leaves_no_half_role(endpoint: str, iam: Any) -> None:
    """`2>&1 | head`: nobody reads the progress any more, and the role is finished."""
    with proxied(endpoint, holding="PutRolePolicy") as proxy:
        given: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command(*SMALL, endpoint=proxy.address), **given) as process:
            assert proxy.held.wait(30)
            assert process.stderr
            process.stderr.close()
            proxy.go_on.set()
            assert process.stdout
            assert process.stdout.read() == ARN + "\n"
    role = read_role(iam, "sagemaker-compute")
    assert role is not None
    assert role.state is not None
    assert role.state.phase == "complete"


def test_what_others_wrote_into_the_account_reaches_no_terminal(run: "Run", iam: Any) -> None:
    """A description may hold a line break, with which it could pretend to be a line of ours."""
    run("apply", *SMALL, "--yes")
    iam.update_role(RoleName="sagemaker-compute", Description="x\nplan: fine")
    ran = run("plan", *SMALL)
    assert ran.code == 1
    assert "~ value  description x\\nplan: fine -> " in ran.stdout
    assert [line for line in ran.stdout.splitlines() if line.startswith("plan: ")] == ["plan: 1 refused"]


def test_one_role_that_fails_does_not_undo_the_others(endpoint: str, run: "Run", iam: Any) -> None:
    """IAM refuses the second of three: the first and the third are there, and it is said which is not."""
    files = [role_file("one"), role_file("two"), role_file("three")]
    trust = '{"Version": "2012-10-17", "Statement": []}'
    with proxied(endpoint, holding="TagRole") as proxy:
        given: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        with subprocess.Popen(command(*files, endpoint=proxy.address), **given) as process:
            assert proxy.held.wait(30)
            iam.create_role(RoleName="two", AssumeRolePolicyDocument=trust)  # by somebody else, meanwhile
            proxy.go_on.set()
            out, err = process.communicate(timeout=600)
    assert process.returncode == 3
    assert [line.rpartition("/")[2] for line in out.splitlines()] == ["one", "three"]
    assert f"error: role arn:aws:iam::{ACCOUNT}:role/two: role arn:aws:iam::{ACCOUNT}:role/two exists, " in err
    assert read_role(iam, "three") is not None
    assert iam.get_role(RoleName="two")["Role"].get("Tags", []) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_what_was_done_is_said_where_it_can_not_be_written(command: str, run: "Run", iam: Any) -> None:
    """The disk fills up behind the change: the roles that are there, and those that are refused, are named on stderr."""
    Path("broken.yaml").write_text("persona: nobody\n")
    words = [command, role_file("made"), "broken.yaml", "-o", "/dev/full", *(["--yes"] if command == "apply" else [])]
    ran = run(*words)
    assert (ran.code, ran.stdout) == (2, "")
    assert "error: /dev/full: can't be written: No space left on device" in ran.stderr
    assert "error: broken.yaml:1: unknown persona `nobody`" in ran.stderr
    if command == "apply":
        assert f"note: created arn:aws:iam::{ACCOUNT}:role/made" in ran.stderr
        assert "note: 1 created, 1 refused" in ran.stderr


@pytest.mark.parametrize("command", ["plan", "apply", "drift"])
def test_the_result_is_written_where_every_role_is_refused(command: str, run: "Run", iam: Any) -> None:
    """No result of another run stays in its place."""
    Path("out.json").write_text("{}")
    twin = role_file("twin")
    words = [
        command,
        twin,
        f"./{twin}",
        "--format",
        "json",
        "-o",
        "out.json",
        *(["--yes"] if command == "apply" else []),
    ]
    assert run(*words).code == 2
    data = json.loads(Path("out.json").read_text())
    named = [one.get("role") or one["arn"] for one in [*data["roles"], *data.get("refused", [])]]
    assert sorted(named) == ["./twin.yaml", "twin.yaml"]
    assert read_role(iam, "twin") is None


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("drift",)], ids=lambda one: one[0])
def test_the_result_of_one_refused_role_is_written_to_its_file(command: tuple[str, ...], run: "Run") -> None:
    """It says why; without -o the error alone is the answer."""
    wrong = role_file("wrong", "persona: data-scientist\naccount: '999999999999'\n")
    ran = run(*command, wrong, "--format", "json", "-o", "result.json")
    assert ran.code == 3
    assert "999999999999" in ran.stderr.splitlines()[-1]
    assert "999999999999" in Path("result.json").read_text()
    assert run(*command, wrong, "--format", "json").stdout == ""


WITHOUT_A_WAY = {
    "unreadable": ("nobody.yaml", "persona: data-scientist\nacount: 1\n", (), 2, "nobody.yaml:2: unknown key `acount`"),
    "no network": ("fine.yaml", None, ("--endpoint-url", "http://127.0.0.1:9"), 3, "AWS can't be reached"),
    "no credentials": ("fine.yaml", None, (), 3, "no AWS credentials"),
}


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("drift",)], ids=lambda one: one[0])
@pytest.mark.parametrize("case", WITHOUT_A_WAY)
def test_the_result_is_written_where_there_is_no_way_into_the_account(
    case: str, command: tuple[str, ...], several: bool, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stood in the file before is gone: each role is there with what it is refused for."""
    name, text, words, code, says = WITHOUT_A_WAY[case]
    files = [f"{number}-{name}" for number in range(1 + several)]
    for number, file in enumerate(files):
        Path(file).write_text(text or f"persona: sagemaker-compute\nname: r{number}\n")
    if case == "no credentials":
        for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    Path("out.json").write_text('{"roles": "of another run"}')
    ran = run(*command, *files, *words, "--format", "json", "-o", "out.json")
    assert (ran.code, ran.stdout) == (code, "")
    assert says in ran.stderr.replace(files[0], name)
    data = json.loads(Path("out.json").read_text())
    assert (data["account"], data["partition"]) == (None, None)
    problems = {one.get("role") or one["arn"]: one.get("problem") or one["error"]
                for one in [*data["roles"], *data.get("refused", [])]}  # fmt: skip
    assert sorted(problems) == files
    assert all(says in text.replace(file, name) for file, text in problems.items())
    assert run(*command, *files, *words, "--format", "json").stdout == ""  # nobody asked for a file


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")], ids=lambda one: one[0])
@pytest.mark.parametrize("key", ["boundary", "managed_policy"])
def test_policies_of_the_credentials_own_account_need_no_account_in_the_file(
    key: str, command: tuple[str, ...], run: "Run", iam: Any
) -> None:
    """Which account the role is in shows when AWS is asked; a policy of another one is refused then."""
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    arn = iam.create_policy(PolicyName="limits", PolicyDocument=document)["Policy"]["Arn"]
    text = f"persona: sagemaker-feature-store\n{key}: {arn}\n"
    assert run(*command, role_file("held", text), "--allow-findings").code == 0
    other = role_file("held", text.replace(ACCOUNT, "999999999999"))
    ran = run(*command, other, "--allow-findings")
    assert ran.code == 2
    assert f"is of account 999999999999; IAM attaches AWS's policies and those of {ACCOUNT}" in ran.stderr


NO_ACCOUNT = {
    "unreadable": ({}, (), 2, "broken.yaml:1: unknown key `colour`"),
    "no-credentials": ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, ("good.yaml",), 3, "no AWS credentials"),
    "no-profile": ({}, ("good.yaml", "--profile", "nobody"), 3, "the config profile (nobody) could not be found"),
    "endpoint-down": ({}, ("good.yaml", "--endpoint-url", "http://127.0.0.1:9"), 3, "AWS can't be reached"),
}  # fmt: skip


@pytest.mark.parametrize("case", NO_ACCOUNT)
@pytest.mark.parametrize(
    "command",
    [
        *(("plan", form) for form in ("text", "json")),
        *(("apply", form) for form in ("text", "json")),
        *(("drift", form) for form in ("text", "json", "sarif", "github")),
    ],
    ids="-".join,
)
def test_the_result_is_written_where_no_account_is_reached(
    command: tuple[str, str], case: str, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every role file is wrong, or nothing connects: the file says so, in each form, and is none of another run."""
    environment, words, code, says = NO_ACCOUNT[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    Path("broken.yaml").write_text("colour: red\n")
    role_file("good")
    Path("out").write_text("of another run")
    which, form = command
    yes = ["--yes"] if which == "apply" else []
    ran = run(which, "broken.yaml", *words, *yes, "--format", form, "-o", "out")
    assert (ran.code, ran.stdout) == (code, ""), ran.stderr
    assert says in ran.stderr
    assert "error: broken.yaml:1: unknown key `colour`" in ran.stderr
    written = Path("out").read_text()
    if command == ("apply", "text"):
        assert written == ""  # the roles that are there, a line each
        return
    assert "unknown key `colour`" in written
    assert says.removeprefix("broken.yaml:1: ") in written
    if form == "json":
        assert json.loads(written)["account"] is None
