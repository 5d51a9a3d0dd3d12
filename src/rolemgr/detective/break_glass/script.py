"""
A bash script that deploys the stacks of break-glass roles with the AWS CLI, account by account, and looks after them.

https://docs.aws.amazon.com/cli/latest/reference/cloudformation/deploy/
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
"""

import shlex

from rolemgr.detective.break_glass.events import STATE
from rolemgr.detective.break_glass.names import BreakGlass

_SCRIPT = """\
#!/usr/bin/env bash
# Deploys {what}. Made by rolemgr break-glass --format aws-cli.
# Needs the AWS CLI and credentials of a keeper of the alarm, in the account that each step is for.
# Usage, in this order:
#   bash deploy.sh users           in account {user_account}
{role_usage}#   bash deploy.sh alarm EMAIL [SECOND_EMAIL]   in account {alarm_account}
#   bash deploy.sh forward         in account {watched_words}, every enabled region
#   bash scp.sh TARGET...          in the organization's management account
#   bash deploy.sh check           in account {watched_words}: exits with 1 where a region does not watch
set -euo pipefail
export AWS_PAGER=''

here=$(cd "$(dirname "${{BASH_SOURCE[0]}}")" && pwd)
home={home}
name={name}

say() {{ printf '%s\\n' "$*" >&2; }}

# Ends unless the credentials are of one of the accounts that are named.
in_account() {{
  local is
  is=$(aws sts get-caller-identity --query Account --output text)
  for account in "$@"; do if [[ $is == "$account" ]]; then return; fi; done
  say "error: these credentials are of account $is, and this step is for account $*"
  exit 2
}}

# Deploys the template $1 in the region $2, with the rest as parameters; nothing deletes the stack by mistake.
# Where somebody asks whether it failed, bash goes on behind a command that did, so each says so itself.
deploy() {{
  local template=$1 region=$2 parameters=()
  shift 2
  if (($#)); then parameters=(--parameter-overrides "$@"); fi
  aws cloudformation deploy --stack-name "$name-$template" --template-file "$here/$template.template.yaml" \\
    --region "$region" --capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset \\
    ${{parameters[@]+"${{parameters[@]}}"}} >&2 || return 1
  aws cloudformation update-termination-protection --enable-termination-protection \\
    --stack-name "$name-$template" --region "$region" --query StackId --output text
}}

# Prints the enabled regions, the home region first: its stack makes the role that the others send as.
regions() {{
  printf '%s\\n' "$home"
  aws ec2 describe-regions --region "$home" --query 'Regions[].RegionName' --output text |
    tr '\\t' '\\n' | {{ grep -Fxv "$home" || true; }} | sort
}}

# Prints whether the region $1 watches: both rules in the only state that sees AssumeRole, and nothing undelivered.
watches() {{
  local region=$1 rule state url waiting
  for rule in {use_rule} {change_rule}; do
    state=$(aws events describe-rule --name "$rule" --region "$region" --query State --output text 2> /dev/null || true)
    if [[ $state != {state} ]]; then
      printf '%s: rule %s is %s\\n' "$region" "$rule" "${{state:-not there}}"
      return 1
    fi
  done
  url=$(aws sqs get-queue-url --queue-name {queue} --region "$region" --query QueueUrl --output text) || return 1
  waiting=$(aws sqs get-queue-attributes --queue-url "$url" --region "$region" \\
    --attribute-names ApproximateNumberOfMessages --query Attributes.ApproximateNumberOfMessages --output text) ||
    return 1
  printf '%s: watches, %s undelivered\\n' "$region" "$waiting"
  [[ $waiting == 0 ]]
}}

each_region() {{
  local region failed=() listed
  listed=$(regions)
  while read -r region; do
    "$@" "$region" < /dev/null || failed+=("$region")
  done <<< "$listed"
  if ((${{#failed[@]}})); then
    say "error: not in ${{failed[*]}}"
    exit 1
  fi
}}

case ${{1:-}} in
  users) in_account {user_account}; deploy users "$home" ;;
{role_steps}  alarm)
    in_account {alarm_account}
    if [[ -z ${{2:-}} ]]; then say 'error: give the e-mail address of people on call'; exit 2; fi
    deploy alarm "$home" "Email=$2" "SecondEmail=${{3:-}}"
    ;;
  forward) in_account {watched}; each_region deploy forward ;;
  check) in_account {watched}; each_region watches ;;
  *) say 'usage: bash deploy.sh users|{role_words}|alarm EMAIL [SECOND_EMAIL]|forward|check'; exit 2 ;;
esac
"""


def deploy_script(made: BreakGlass) -> str:
    """Return the script for *made*; the templates lie beside it."""
    roles = made.emergency_roles
    width = max(16, *(len(one.part) + 1 for one in roles))
    step = """  {part}) in_account {account}; deploy {part} "${{AWS_REGION:-$home}}" ;;\n"""
    one_role = len(roles) == 1
    return _SCRIPT.format(
        what=f"the break-glass role{'' if one_role else 's'} {made.called} and {'its' if one_role else 'their'} alarm",
        role_usage="".join(f"#   bash deploy.sh {one.part:{width}}in account {one.account}\n" for one in roles),
        role_steps="".join(step.format(part=one.part, account=one.account) for one in roles),
        role_words="|".join(one.part for one in roles),
        user_account=made.user_account,
        alarm_account=made.alarm_account,
        watched=" ".join(made.watched),
        watched_words=" and ".join(made.watched),
        home=shlex.quote(made.alarm_region),
        name=shlex.quote(made.name),
        use_rule=shlex.quote(made.use_rule),
        change_rule=shlex.quote(made.change_rule),
        queue=shlex.quote(made.queue),
        state=STATE,
    )
