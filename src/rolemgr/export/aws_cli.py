"""
A bash script that makes the role with the AWS CLI, and takes back what it made where it can't finish.

The region stands in the policies as it was chosen. The account is asked of the credentials where none is
fixed, and compared with them where one is: IAM would take a role of the wrong account's ARNs without a word.
Every text goes through a quoted here-document or a shell quote, and to the AWS CLI in files, so neither of
them reads anything into it.
https://docs.aws.amazon.com/cli/latest/reference/iam/create-role.html
"""

import json
import shlex
from collections.abc import Iterator
from typing import Any

from rolemgr.errors import InputError
from rolemgr.export.portable import Portable
from rolemgr.export.stand_ins import ACCOUNT, Hole, parts
from rolemgr.files.write import to_json

_ACCOUNT = "<ACCOUNT>"
"""What stands for the account in the script's documents until it runs; like stand-ins, it does not end as it begins."""

_HEAD = """\
#!/usr/bin/env bash
# Makes IAM role {name}. Made by rolemgr create --format aws-cli.
# Needs the AWS CLI and credentials that may create roles. A role of this name that exists is left as it is.
# What was made is taken back where a step fails. The ARN goes to stdout.
set -euo pipefail
export AWS_PAGER='' AWS_REGION={region} AWS_DEFAULT_REGION={region}

role={name}
work=$(mktemp -d)
made=()
trying=

say() {{ printf '%s\\n' "$*" >&2; }}

iam() {{ aws iam "$@" --output text; }}

# Removes a thing; that it is not there is as good.
gone() {{
  local said
  said=$(iam "$@" 2>&1) || [[ $said == *NoSuchEntity* ]] || {{ say "$said"; return 1; }}
}}

take_back() {{
  local what id left=()
  for ((place = ${{#made[@]}} - 1; place >= 0; place--)); do
    read -r what id <<< "${{made[place]}}"
    case $what in
      attachment) gone detach-role-policy --role-name="$role" --policy-arn="$id" || left+=("$what $id") ;;
      policy) gone delete-policy --policy-arn="$id" || left+=("$what $id") ;;
      inline) gone delete-role-policy --role-name="$role" --policy-name="$id" || left+=("$what $id") ;;
      role) gone delete-role --role-name="$role" || left+=("$what $id") ;;
      *) ;;
    esac
  done
  if ((${{#left[@]}})); then say "error: could not be removed: ${{left[*]}}"; fi
}}

finish() {{
  local status=$?
  trap - EXIT
  if [[ $trying ]]; then say "unless AWS said no, look whether $trying is there: its answer may be lost"; fi
  if ((status)) && ((${{#made[@]}})); then
    trap '' INT TERM
    say 'a step failed; taking back what was made'
    take_back
  fi
  rm -rf "$work"
  exit "$status"
}}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"""

_CALLER = """
account=$(aws sts get-caller-identity --query Account --output text)
if [[ ! $account =~ ^[0-9]{12}$ ]]; then say "error: no account id: $account"; exit 1; fi
"""

_SAME_ACCOUNT = """\
if [[ $account != {account} ]]; then
  say "error: the credentials are of account $account, the role is for {account}"
  exit 1
fi
"""

_DOCUMENT = """
document() { sed "s/<ACCOUNT>/$account/g" > "$work/$1.json"; }
"""

_ROLE = """
say "making role $role in account $account"
trying="role $role"
arn=$(iam create-role --cli-input-json "file://$work/role.json" \\
  --assume-role-policy-document="file://$work/trust.json" --query Role.Arn)
trying=
made+=("role $arn")
"""

_INLINE = """\
made+=({inline_entry})
iam put-role-policy --role-name="$role" --policy-name={inline} --policy-document="file://$work/inline.json"
"""

_BOUNDARY = """
trying=policy\\ {name}
boundary=$(iam create-policy --policy-name={name} --path={path} \\
  --policy-document="file://$work/boundary.json" --query Policy.Arn)
trying=
made+=("policy $boundary")
"""

_POLICY = """
trying=policy\\ {name}
policy=$(iam create-policy --policy-name={name} --path={path} \\
  --policy-document="file://$work/policy-{number}.json" --query Policy.Arn)
trying=
made+=("policy $policy" "attachment $policy")
iam attach-role-policy --role-name="$role" --policy-arn="$policy"
"""

_ATTACH = """
made+=("attachment "{arn})
iam attach-role-policy --role-name="$role" --policy-arn={arn}
"""

_TAIL = """
printf '%s\\n' "$arn"
"""


def script(made: Portable) -> str:
    """
    Return the script that makes the role *made*, whose region is fixed.

    Raises InputError where a text of the role is what stands for the account in scripts.
    """
    documents = made.documents
    if _ACCOUNT in json.dumps(documents.to_properties()):
        raise InputError(None, f"`{_ACCOUNT}` can't stand in a script: rolemgr uses it itself", "use another text")
    return "".join(_sections(made))


def _sections(made: Portable) -> Iterator[str]:
    documents = made.documents
    yield _HEAD.format(name=shlex.quote(documents.name), region=made.role.spec.region)
    yield _CALLER
    if ACCOUNT not in made.free:
        yield _SAME_ACCOUNT.format(account=made.role.spec.account)
    yield _DOCUMENT
    yield _document("role", _parameters(made), made)
    yield _document("trust", documents.trust_policy.to_json_value(), made)
    for inline in documents.policies:
        yield _document("inline", inline.document.to_json_value(), made)
    for number, policy in enumerate(documents.managed_policies, start=1):
        yield _document(f"policy-{number}", policy.document.to_json_value(), made)
    if own := documents.own_boundary:
        yield _document("boundary", own.document.to_json_value(), made)
        yield _BOUNDARY.format(name=shlex.quote(own.name), path=shlex.quote(documents.path))
    yield _ROLE
    for inline in documents.policies:
        name = inline.name
        yield _INLINE.format(inline=shlex.quote(name), inline_entry=shlex.quote(f"inline {name}"))
    for number, policy in enumerate(documents.managed_policies, start=1):
        yield _POLICY.format(name=shlex.quote(policy.name), path=shlex.quote(documents.path), number=number)
    for arn in documents.attached:
        yield _ATTACH.format(arn=_argument(arn, made))
    yield _TAIL


def _parameters(made: Portable) -> dict[str, Any]:
    """Return the parameters of CreateRole but for the trust policy, which has a file of its own to be read in."""
    properties = made.documents.to_properties()
    names = ("RoleName", "Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags")
    return {name: properties[name] for name in names if name in properties}


def _document(name: str, value: Any, made: Portable) -> str:
    """
    Return the lines that write a JSON *value* to a file.

    The here-document is quoted, and no line of JSON is its end: a line break inside a text is escaped.
    """
    text = to_json(value).rstrip("\n")
    filled = "".join(_ACCOUNT if isinstance(part, Hole) else part for part in parts(text, made.holes))
    return f"\ndocument {name} << 'JSON'\n{filled}\nJSON\n"


def _argument(text: str, made: Portable) -> str:
    """Return *text* as one word of the shell."""
    found = parts(text, made.holes)
    return "".join('"$account"' if isinstance(part, Hole) else shlex.quote(part) for part in found)
