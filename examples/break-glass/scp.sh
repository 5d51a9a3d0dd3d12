#!/usr/bin/env bash
# Makes policies of an organization. Made by rolemgr scp --format aws-cli.
# Needs the AWS CLI and credentials of the management account, or of one that it delegates policies to.
# Usage: bash SCRIPT [--update] [TARGET...]
#   TARGET is a root (r-...), an organizational unit (ou-...) or an account that the policies are attached to.
#   A policy of such a name that is there is left as it is, and the script ends; --update gives it the new text.
set -euo pipefail
export AWS_PAGER=''

update=
if [[ ${1:-} == --update ]]; then update=yes; shift; fi
for target in "$@"; do
  if [[ ! $target =~ ^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|[0-9]{12})$ ]]; then
    printf 'error: %s is neither a root, an organizational unit nor an account\n' "$target" >&2
    exit 2
  fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

organizations() { aws organizations "$@" --output text; }

# Prints the id of the policy $1, or nothing.
id_of() {
  local found
  found=$(organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='$1'].Id")
  if [[ $found != None ]]; then printf '%s' "$found"; fi
}

# Makes the policy $1 with the description $2 of the text in the file $3, and attaches it to the rest.
policy() {
  local name=$1 description=$2 text=$3 id target attached
  shift 3
  id=$(id_of "$name")
  if [[ -z $id ]]; then
    id=$(organizations create-policy --type SERVICE_CONTROL_POLICY --name "$name" --description "$description" \
      --content "file://$text" --query Policy.PolicySummary.Id)
  elif [[ $update ]]; then
    organizations update-policy --policy-id "$id" --description "$description" --content "file://$text" \
      --query Policy.PolicySummary.Id > /dev/null
  else
    printf 'error: there is a policy %s (%s) already; --update gives it the new text\n' "$name" "$id" >&2
    exit 1
  fi
  for target in "$@"; do
    attached=$(organizations list-policies-for-target --target-id "$target" --filter SERVICE_CONTROL_POLICY \
      --query "Policies[?Id=='$id'].Id")
    if [[ -z $attached || $attached == None ]]; then
      organizations attach-policy --policy-id "$id" --target-id "$target"
    fi
  done
  printf '%s %s\n' "$name" "$id"
}

printf '%s' '{"Version":"2012-10-17","Statement":[{"Sid":"LeaveOrganization","Effect":"Deny","Action":["organizations:LeaveOrganization"],"Resource":["*"]},{"Sid":"BreakGlassRole","Effect":"Deny","Action":["iam:AttachRolePolicy","iam:CreateRole","iam:DeleteRole","iam:DeleteRolePermissionsBoundary","iam:DeleteRolePolicy","iam:DetachRolePolicy","iam:PassRole","iam:PutRolePermissionsBoundary","iam:PutRolePolicy","iam:TagRole","iam:UntagRole","iam:UpdateAssumeRolePolicy","iam:UpdateRole","iam:UpdateRoleDescription"],"Resource":["arn:aws:iam::123456789012:role/break-glass-forward","arn:aws:iam::123456789012:role/sagemaker-mlops-emergency","arn:aws:iam::444455556666:role/break-glass-forward"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassPolicies","Effect":"Deny","Action":["iam:CreatePolicy","iam:CreatePolicyVersion","iam:DeletePolicy","iam:DeletePolicyVersion","iam:SetDefaultPolicyVersion"],"Resource":["arn:aws:iam::123456789012:policy/sagemaker-mlops-emergency-sagemaker","arn:aws:iam::123456789012:policy/sagemaker-mlops-emergency-sagemaker-2","arn:aws:iam::444455556666:policy/break-glass-users"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"KeepersOfTheAlarm","Effect":"Deny","Action":["iam:AttachRolePolicy","iam:CreateRole","iam:DeleteRole","iam:DeleteRolePermissionsBoundary","iam:DeleteRolePolicy","iam:DetachRolePolicy","iam:PassRole","iam:PutRolePermissionsBoundary","iam:PutRolePolicy","iam:TagRole","iam:UntagRole","iam:UpdateAssumeRolePolicy","iam:UpdateRole","iam:UpdateRoleDescription"],"Resource":["arn:aws:iam::*:role/security/watch"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"ProvidersOfKeepers","Effect":"Deny","Action":["iam:AddClientIDToOpenIDConnectProvider","iam:DeleteOpenIDConnectProvider","iam:DeleteSAMLProvider","iam:UpdateOpenIDConnectProviderThumbprint","iam:UpdateSAMLProvider"],"Resource":["arn:*:iam::*:oidc-provider/*","arn:*:iam::*:saml-provider/*"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassAlarms","Effect":"Deny","Action":["cloudwatch:DeleteAlarms","cloudwatch:DisableAlarmActions","cloudwatch:PutAlarmMuteRule","cloudwatch:PutCompositeAlarm","cloudwatch:PutLogAlarm","cloudwatch:PutMetricAlarm","cloudwatch:SetAlarmState"],"Resource":["arn:aws:cloudwatch:*:777788889999:alarm:break-glass-alarm-undelivered"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassRules","Effect":"Deny","Action":["events:DeleteRule","events:DisableRule","events:EnableRule","events:PutRule","events:PutTargets","events:RemoveTargets"],"Resource":["arn:aws:events:*:123456789012:rule/break-glass-*","arn:aws:events:*:444455556666:rule/break-glass-*","arn:aws:events:*:777788889999:rule/break-glass-*","arn:aws:events:*:777788889999:rule/break-glass/break-glass-*"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassBuses","Effect":"Deny","Action":["events:DeleteEventBus","events:UpdateEventBus"],"Resource":["arn:aws:events:*:777788889999:event-bus/break-glass"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassBusPolicies","Effect":"Deny","Action":["events:PutPermission","events:RemovePermission"],"Resource":["*"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"},"StringEquals":{"aws:PrincipalAccount":"777788889999"}}},{"Sid":"BreakGlassTopics","Effect":"Deny","Action":["sns:AddPermission","sns:CreateTopic","sns:DeleteTopic","sns:PutDataProtectionPolicy","sns:RemovePermission","sns:SetSubscriptionAttributes","sns:SetTopicAttributes","sns:Subscribe","sns:Unsubscribe"],"Resource":["arn:aws:sns:*:777788889999:break-glass"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassQueues","Effect":"Deny","Action":["sqs:AddPermission","sqs:ChangeMessageVisibility","sqs:DeleteMessage","sqs:DeleteQueue","sqs:PurgeQueue","sqs:RemovePermission","sqs:SetQueueAttributes","sqs:StartMessageMoveTask"],"Resource":["arn:aws:sqs:*:123456789012:break-glass-undelivered","arn:aws:sqs:*:444455556666:break-glass-undelivered","arn:aws:sqs:*:777788889999:break-glass-alarm-undelivered"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassTrails","Effect":"Deny","Action":["cloudtrail:DeleteTrail","cloudtrail:PutEventConfiguration","cloudtrail:PutEventSelectors","cloudtrail:StopLogging","cloudtrail:UpdateTrail"],"Resource":["arn:aws:cloudtrail:eu-west-1:777788889999:trail/organization"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}},{"Sid":"BreakGlassUsers","Effect":"Deny","Action":["iam:AddUserToGroup","iam:AttachUserPolicy","iam:ChangePassword","iam:CreateAccessKey","iam:CreateLoginProfile","iam:CreateServiceSpecificCredential","iam:CreateUser","iam:DeactivateMFADevice","iam:DeleteAccessKey","iam:DeleteLoginProfile","iam:DeleteServiceSpecificCredential","iam:DeleteSigningCertificate","iam:DeleteSSHPublicKey","iam:DeleteUser","iam:DeleteUserPermissionsBoundary","iam:DeleteUserPolicy","iam:DetachUserPolicy","iam:EnableMFADevice","iam:PutUserPermissionsBoundary","iam:PutUserPolicy","iam:RemoveUserFromGroup","iam:ResetServiceSpecificCredential","iam:ResyncMFADevice","iam:TagUser","iam:UntagUser","iam:UpdateAccessKey","iam:UpdateLoginProfile","iam:UpdateServiceSpecificCredential","iam:UpdateSigningCertificate","iam:UpdateSSHPublicKey","iam:UpdateUser","iam:UploadSigningCertificate","iam:UploadSSHPublicKey"],"Resource":["arn:aws:iam::444455556666:user/break-glass/mia","arn:aws:iam::444455556666:user/break-glass/otto"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/security/watch"}}}]}' > "$work/1.json"
policy break-glass-scp 'Made by rolemgr: stay-in-organization, protect-break-glass' "$work/1.json" "$@"
