"""Commands that show that a role works, as a script for a POSIX shell, and for programs."""

import shlex
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from rolemgr.errors import printable
from rolemgr.iam.arn import partition_of
from rolemgr.report.smoke_job import SmokeJob, guard_text, job_data, job_text

_HEAD = """\
#!/bin/sh
# Shows that IAM role {name} works. Made by rolemgr smoke, which runs nothing: read it, then run it with sh.
# Needs the AWS CLI. Each call reads, or names what is not there, so that nothing is made and nothing is left behind;
# only the training job at the end, where there is one, makes something, and runs only where you ask for it.
# Calls of AWS's APIs for lists and descriptions are free of charge; S3 charges for each of its requests, well below
# a cent in all.
# Ends with 0 where all is as expected, 1 where something is not, 2 where something can't be told.
set -eu
export AWS_PAGER='' AWS_REGION={region} AWS_DEFAULT_REGION={region}
role={name}
account={account}
wrong=0
untold=0

# Runs a call that must be allowed. What is not there is not found by whoever may look.
allowed() {{
  shows=$1
  shift
  if answer=$(aws --no-paginate "$@" 2>&1 >/dev/null); then
    echo "ok      $shows: aws $1 $2 is allowed"
    return
  fi
  case $answer in
    *AccessDenied* | *UnauthorizedOperation* | *'not authorized'* | *'(403)'*)
      echo "WRONG   $shows: aws $1 $2 is denied: $answer"
      wrong=1
      ;;
    *NotFound* | *NoSuch* | *NotExist* | *'not find'* | *'not found'* | *'not exist'* | *'(404)'*)
      echo "ok      $shows: aws $1 $2 is allowed, and finds nothing"
      ;;
    *)
      echo "?       $shows: aws $1 $2: $answer"
      untold=1
      ;;
  esac
}}

# Runs a call that must be denied; where it is not, it still does nothing.
denied() {{
  shows=$1
  shift
  if answer=$(aws --no-paginate "$@" 2>&1 >/dev/null); then
    echo "WRONG   $shows: aws $1 $2 is allowed"
    wrong=1
    return
  fi
  case $answer in
    *AccessDenied* | *UnauthorizedOperation* | *'not authorized'* | *'(403)'*)
      echo "ok      $shows: aws $1 $2 is denied"
      ;;
    *NotFound* | *NoSuch* | *NotExist* | *'not find'* | *'not found'* | *'not exist'* | *'(404)'*)
      echo "WRONG   $shows: aws $1 $2 is allowed, and finds nothing"
      wrong=1
      ;;
    *)
      echo "?       $shows: aws $1 $2: $answer"
      untold=1
      ;;
  esac
}}
"""
_WHO = """
# The calls below must be made as the role, and as nobody else.
caller=$(aws sts get-caller-identity --query Arn --output text)
case $caller in
  *":sts::$account:assumed-role/$role/"*) ;;
  *)
    echo "these are the credentials of $caller, and not of role $role in account $account" >&2
    exit 2
    ;;
esac
"""
_ASSUMED = """
# The role's credentials, for as long as this may take; the caller's come back with the end of this script.
credentials=$(aws {command} --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)
AWS_ACCESS_KEY_ID=$(printf '%s' "$credentials" | cut -f1)
AWS_SECRET_ACCESS_KEY=$(printf '%s' "$credentials" | cut -f2)
AWS_SESSION_TOKEN=$(printf '%s' "$credentials" | cut -f3)
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
unset AWS_PROFILE credentials
"""
_MFA = """
# The role asks for MFA: set both before this script runs.
: "${MFA_SERIAL:?the ARN of your MFA device}" "${MFA_CODE:?the code that it shows}"
"""
_WITH_MFA = ' --serial-number "$MFA_SERIAL" --token-code "$MFA_CODE"'
_NOT_ASSUMED = """
# No user or role may assume it, but AWS's services or an identity provider: run this where it is in use, such as in a
# notebook or Studio space that runs as it, or signed in by the identity provider.
"""
_END = """
if [ "$wrong" -ne 0 ]; then exit 1; fi
if [ "$untold" -ne 0 ]; then exit 2; fi
"""


class SmokeCall(NamedTuple):
    """
    A call of the AWS CLI: the *action* on a *resource* that it asks for, its *command*, and what is expected.

    *shows* is the activity group or separation that it is about.
    """

    expect: Literal["allowed", "denied"]
    shows: str
    action: str
    resource: str
    command: tuple[str, ...]


class SmokeTest(NamedTuple):
    """What shows that the role *arn* works: how it is *assumed*, the calls, and what no call shows, with the reason."""

    name: str
    arn: str
    account: str
    region: str
    assume: tuple[str, ...]
    """The command that assumes it; none where no user or role may, but AWS's services or an identity provider."""
    mfa: bool
    calls: tuple[SmokeCall, ...]
    not_shown: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()
    job: SmokeJob | None = None
    """The smallest training job that the role may run."""


def smoke_text(found: SmokeTest) -> str:
    """Return the script; what a shell would read into a text is quoted."""
    quoted = {key: shlex.quote(getattr(found, key)) for key in ("name", "account", "region")}
    parts = [_HEAD.format(**quoted), guard_text(found.job)]
    if found.assume:
        parts += [_MFA] if found.mfa else []
        command = shlex.join(found.assume) + (_WITH_MFA if found.mfa else "")
        parts.append(_ASSUMED.format(command=command))
    else:
        parts.append(_NOT_ASSUMED)
    return "".join([*parts, _WHO, *_calls(found), job_text(found.job) if found.job else "", _END])


def _calls(found: SmokeTest) -> Iterator[str]:
    for expect, title in (("allowed", "Each activity group"), ("denied", "What it must never do")):
        chosen = [one for one in found.calls if one.expect == expect]
        if chosen:
            yield f"\n# {title}.\n"
        for one in chosen:
            yield f"# {_comment(one.action)} on {_comment(one.resource)}\n"
            yield f"{expect} {shlex.join((one.shows, *one.command))}\n"
    if found.not_shown:
        yield "\n# No call that does no harm shows these:\n"
        yield from (f"# - {_comment(name)}: {_comment(why)}\n" for name, why in found.not_shown)
    yield from (f"# {_comment(one)}\n" for one in found.notes)


def _comment(text: str) -> str:
    """Return *text* for one line of a comment."""
    return printable(text)


def smoke_data(found: SmokeTest) -> dict[str, Any]:
    """Return the same for programs: commands as lists of words, behind ``aws``."""
    return {
        "role": found.arn,
        "account": found.account,
        "partition": partition_of(found.region),
        "region": found.region,
        "assume": {"command": ["aws", *found.assume], "mfa": found.mfa} if found.assume else None,
        "calls": [
            {
                "expect": one.expect, "shows": one.shows, "action": one.action, "resource": one.resource,
                "command": ["aws", *one.command],
            }
            for one in found.calls
        ],
        "training_job": job_data(found.job) if found.job else None,
        "not_shown": [{"shows": name, "reason": why} for name, why in found.not_shown],
        "notes": list(found.notes),
    }  # fmt: skip
