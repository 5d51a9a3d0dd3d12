#!/usr/bin/env bash
# Deploys the break-glass role sagemaker-mlops-emergency and its alarm. Made by rolemgr break-glass --format aws-cli.
# Needs the AWS CLI and credentials of a keeper of the alarm, in the account that each step is for.
# Usage, in this order:
#   bash deploy.sh users           in account 444455556666
#   bash deploy.sh role            in account 123456789012
#   bash deploy.sh alarm EMAIL [SECOND_EMAIL]   in account 777788889999
#   bash deploy.sh forward         in account 123456789012 and 444455556666, every enabled region
#   bash scp.sh TARGET...          in the organization's management account
#   bash deploy.sh check           in account 123456789012 and 444455556666: exits with 1 where a region does not watch
set -euo pipefail
export AWS_PAGER=''

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=eu-west-1
name=break-glass

say() { printf '%s\n' "$*" >&2; }

# Ends unless the credentials are of one of the accounts that are named.
in_account() {
  local is
  is=$(aws sts get-caller-identity --query Account --output text)
  for account in "$@"; do if [[ $is == "$account" ]]; then return; fi; done
  say "error: these credentials are of account $is, and this step is for account $*"
  exit 2
}

# Deploys the template $1 in the region $2, with the rest as parameters; nothing deletes the stack by mistake.
# Where somebody asks whether it failed, bash goes on behind a command that did, so each says so itself.
deploy() {
  local template=$1 region=$2 parameters=()
  shift 2
  if (($#)); then parameters=(--parameter-overrides "$@"); fi
  aws cloudformation deploy --stack-name "$name-$template" --template-file "$here/$template.template.yaml" \
    --region "$region" --capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset \
    ${parameters[@]+"${parameters[@]}"} >&2 || return 1
  aws cloudformation update-termination-protection --enable-termination-protection \
    --stack-name "$name-$template" --region "$region" --query StackId --output text
}

# Prints the enabled regions, the home region first: its stack makes the role that the others send as.
regions() {
  printf '%s\n' "$home"
  aws ec2 describe-regions --region "$home" --query 'Regions[].RegionName' --output text |
    tr '\t' '\n' | { grep -Fxv "$home" || true; } | sort
}

# Prints whether the region $1 watches: both rules in the only state that sees AssumeRole, and nothing undelivered.
watches() {
  local region=$1 rule state url waiting
  for rule in break-glass-use break-glass-change; do
    state=$(aws events describe-rule --name "$rule" --region "$region" --query State --output text 2> /dev/null || true)
    if [[ $state != ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS ]]; then
      printf '%s: rule %s is %s\n' "$region" "$rule" "${state:-not there}"
      return 1
    fi
  done
  url=$(aws sqs get-queue-url --queue-name break-glass-undelivered --region "$region" --query QueueUrl --output text) || return 1
  waiting=$(aws sqs get-queue-attributes --queue-url "$url" --region "$region" \
    --attribute-names ApproximateNumberOfMessages --query Attributes.ApproximateNumberOfMessages --output text) ||
    return 1
  printf '%s: watches, %s undelivered\n' "$region" "$waiting"
  [[ $waiting == 0 ]]
}

each_region() {
  local region failed=() listed
  listed=$(regions)
  while read -r region; do
    "$@" "$region" < /dev/null || failed+=("$region")
  done <<< "$listed"
  if ((${#failed[@]})); then
    say "error: not in ${failed[*]}"
    exit 1
  fi
}

case ${1:-} in
  users) in_account 444455556666; deploy users "$home" ;;
  role) in_account 123456789012; deploy role "${AWS_REGION:-$home}" ;;
  alarm)
    in_account 777788889999
    if [[ -z ${2:-} ]]; then say 'error: give the e-mail address of people on call'; exit 2; fi
    deploy alarm "$home" "Email=$2" "SecondEmail=${3:-}"
    ;;
  forward) in_account 123456789012 444455556666; each_region deploy forward ;;
  check) in_account 123456789012 444455556666; each_region watches ;;
  *) say 'usage: bash deploy.sh users|role|alarm EMAIL [SECOND_EMAIL]|forward|check'; exit 2 ;;
esac
