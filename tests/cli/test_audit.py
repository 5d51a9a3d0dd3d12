"""`rolemgr audit`: one page, JSON, one principal, the lines that show it, exit codes; the example and the guide."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.audit.accounts import ACCOUNT, allow, details, role, synthetic, trust_aws
from tests.audit.example import example
from tests.conftest import Run

TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / "examples" / "audit"


@pytest.fixture(autouse=True)
def at_the_top(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where a reader of the example does."""
    monkeypatch.chdir(TOP)


def saved(folder: Path, text: str, name: str = "account.json") -> str:
    """Return the path of a file with *text*."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "audit.txt"),
        (["--of", "deployer"], "deployer.txt"),
        (["--of", "deployer", "--format", "json"], "deployer.json"),
    ],
)
def test_the_example_is_what_its_command_prints(run: Run, update_golden: bool, arguments: list[str], name: str) -> None:
    """The account of the example, its page, one role in full, and the JSON."""
    account = FOLDER / "account.json"
    if update_golden:
        account.write_text(example(), encoding="utf-8")
    assert account.read_text(encoding="utf-8") == example()
    ran = run("audit", "examples/audit/account.json", *arguments)
    assert (ran.code, ran.errors) == (1, [])
    if update_golden:
        (FOLDER / name).write_text(ran.stdout, encoding="utf-8")
    assert (FOLDER / name).read_text(encoding="utf-8") == ran.stdout


def test_roles_of_one_name_in_two_accounts_are_two(run: Run, tmp_path: Path) -> None:
    """Counted by what IAM knows them by; a name that is too long for the line is left for a shorter one."""
    text = details([role("admin", allow("*")), role("a" * 60, allow("*"))])
    saved(tmp_path, text, "one.json")
    saved(tmp_path, text.replace(ACCOUNT, "999988887777"), "two.json")
    line = next(one for one in run("audit", str(tmp_path)).stdout.splitlines() if "AU001" in one)
    assert line.split() == ["4", "AU001", "may", "do", "everything", "admin,", "..."]


def test_the_page_is_one_page(run: Run, tmp_path: Path) -> None:
    """Also of an account with every kind of finding: eighty columns, and few enough lines."""
    lines = run("audit", saved(tmp_path, synthetic(1)[0])).stdout.splitlines()
    assert len(lines) <= 80
    path = str(tmp_path)
    assert [line for line in lines if len(line) > 80 and path not in line] == []


@pytest.mark.nightly
@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("bash"), reason="the lines are for a shell")
def test_the_lines_of_a_finding_answer_allowed(run: Run, tmp_path: Path) -> None:
    """Each line that is printed runs, and says what the audit says."""
    account = saved(tmp_path, synthetic(1, 5)[0])
    bash = str(shutil.which("bash"))
    tool = Path(sys.executable).with_name("rolemgr")
    for name in ("two-by-pass", "self-unbound", "open-to-partner", "one-by-name"):
        lines = re.findall(r"^ +(.*rolemgr simulate .*)$", run("audit", account, "--of", name).stdout, re.MULTILINE)
        assert lines
        for line in lines:
            command = re.sub(r"\brolemgr (?=audit|simulate)", f"{tool} ", line)
            done = subprocess.run([bash, "-c", command], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stdout.split()[:1]) == (0, ["Allowed"]), (line, done.stderr)


def test_secrets_are_not_printed(run: Run, tmp_path: Path) -> None:
    """An external id stays in the trust policy."""
    account = saved(tmp_path, synthetic(1, 5)[0])
    for more in ([], ["--format", "json"], ["--of", "partner-by-id"]):
        assert "s3cr3t" not in run("audit", account, *more).stdout


@pytest.mark.parametrize(
    ("severity", "code"), [("SUGGESTION", 1), ("WARNING", 1), ("SECURITY_WARNING", 0), ("ERROR", 0)]
)
def test_fail_on_decides_the_exit_code(run: Run, tmp_path: Path, severity: str, code: int) -> None:
    """A warning fails where warnings do."""
    account = saved(tmp_path, details([role("reader", trust=trust_aws("arn:aws:iam::444455556666:root"))]))
    assert run("audit", account, "--fail-on", severity).code == code


def test_not_judged_may_fail_too(run: Run, tmp_path: Path) -> None:
    """Who wants to know that everything was read says so."""
    account = saved(tmp_path, details([{**role("odd"), "RolePolicyList": ["nonsense"]}]))
    assert run("audit", account).code == 0
    assert run("audit", account, "--fail-on", "not-judged").code == 1
    assert run("audit", account, "--fail-on", "not-judged", "--of", "odd").code == 1


def test_one_role_has_its_own_alone_that_is_not_judged(run: Run, tmp_path: Path) -> None:
    """`role/odd` is not `role/oddity`, in whose ARN its own stands."""
    account = saved(tmp_path, details([role("odd"), {**role("oddity"), "RolePolicyList": ["nonsense"]}]))
    assert run("audit", account, "--fail-on", "not-judged", "--of", "odd").code == 0
    assert run("audit", account, "--fail-on", "not-judged", "--of", "oddity").code == 1


def test_a_file_that_breaks_off_is_no_green_run(run: Run, tmp_path: Path) -> None:
    """What stands before is judged; the error and the exit code say that the rest is not."""
    whole = details([role("first"), role("second")])
    ran = run("audit", saved(tmp_path, whole[: whole.index("second")]))
    assert ran.code == 2
    assert "1 role" in ran.stdout
    assert "0 of 1 files" in ran.stderr


def test_a_folder_is_many_accounts(run: Run, tmp_path: Path) -> None:
    """One file that is none stops no other, is named, and the exit code says so."""
    saved(tmp_path, details([role("one")]), "a.json")
    saved(tmp_path, details([role("two", account="222222222222")]), "b.json")
    assert "2 accounts: 2 roles" in run("audit", str(tmp_path)).stdout
    saved(tmp_path, '{"Statement": []}', "c.json")
    ran = run("audit", str(tmp_path))
    assert ran.code == 2
    assert "2 accounts: 2 roles" in ran.stdout
    assert any("c.json" in line for line in ran.errors)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--as-of", "soon"], "is not a day"),
        (["--of", "nobody"], "unknown role or user `nobody`"),
        (["--extract", "everything:one"], "is not PART:NAME"),
        (["--extract", "boundary:one"], "has no boundary"),
        (["--format", "text", "-o", "page.json"], "is named as JSON"),
        (["--format", "csv", "-o", "page.json"], "is named as JSON"),
        (["--format", "asff"], "asff needs --region"),
        (["--region", "eu-west-1"], "goes with --format asff"),
        (["--format", "asff", "--region", "cn-north-1"], "of the partition aws-cn"),
        (["--baseline", "no.json"], "no.json: can't be read"),
        (["--config", "no.yaml"], "no.yaml: can't be read"),
    ],
)
def test_wrong_usage_is_one_line(run: Run, tmp_path: Path, arguments: list[str], word: str) -> None:
    """And exits with 2."""
    ran = run("audit", saved(tmp_path, details([role("one")])), *arguments)
    assert (ran.code, ran.stdout) == (2, "")
    assert word in ran.errors[0]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("form", ["json", "sarif", "github", "html", "markdown", "csv", "asff"])
def test_each_form_goes_to_a_file_and_fails_as_the_page_does(run: Run, tmp_path: Path, form: str) -> None:
    """The exit code is that of the findings, whatever the form; `--of` leaves those of one role."""
    account = saved(tmp_path, details([role("boss", allow("*")), role("other", allow("*"))]))
    more = ["--region", "eu-west-1"] if form == "asff" else []
    ran = run("audit", account, "--format", form, *more, "--of", "boss", "-o", str(tmp_path / f"out.{form}"))
    assert (ran.code, ran.stdout, ran.errors) == (1, "", [])
    text = (tmp_path / f"out.{form}").read_text("utf-8")
    assert "role/boss" in text
    assert "role/other" not in text
    assert run("audit", account, "--format", form, *more, "--fail-on", "ERROR").code == 0


def test_nothing_to_audit_is_an_error(run: Run, tmp_path: Path) -> None:
    """A file of something else, an empty account, a folder without files."""
    assert run("audit", saved(tmp_path, "{}")).code == 2
    assert run("audit", saved(tmp_path, details())).code == 2
    (tmp_path / "empty").mkdir()
    assert run("audit", str(tmp_path / "empty")).code == 2


def test_names_from_the_input_can_do_nothing_to_a_terminal(run: Run, tmp_path: Path) -> None:
    """An account is written by others."""
    wild = role("wild", allow("*"))
    wild["Arn"] = f"arn:aws:iam::{ACCOUNT}:role/wild\x1b[31m\nred"
    ran = run("audit", saved(tmp_path, details([wild])))
    assert "\x1b" not in ran.stdout


def test_json_has_each_request_as_simulate_reads_it(run: Run, tmp_path: Path) -> None:
    """With the line that asks it once more."""
    ran = run("audit", saved(tmp_path, synthetic(1, 5)[0]), "--format", "json")
    data = json.loads(ran.stdout)
    chain = next(one for one in data["findings"] if one["rule"] == "AU303")
    assert [len(step["requests"]) for step in chain["steps"]] == [1, 1, 1]
    assert chain["steps"][0]["requests"][0]["request"]["action"] == "sts:AssumeRole"
    assert data["counts"]["findings"] == len(data["findings"])


@pytest.mark.parametrize("form", ["sarif", "github"])
def test_a_file_that_can_not_be_read_is_in_the_forms_of_ci(
    form: str, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The run did not succeed: without that its results would pass for all that there is."""
    monkeypatch.chdir(tmp_path)
    Path("account.json").write_text((FOLDER / "account.json").read_text())
    Path("broken.json").write_text('{"RoleDetailList": [')
    ran = run("audit", "account.json", "broken.json", "--format", form)
    assert ran.code == 2
    if form == "github":
        assert "::error file=broken.json,line=1,title=not judged::" in ran.stdout
        return
    [invocation] = json.loads(ran.stdout)["runs"][0]["invocations"]
    [error] = [one for one in invocation["toolExecutionNotifications"] if one["level"] == "error"]
    assert not invocation["executionSuccessful"]
    assert error["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "broken.json"
