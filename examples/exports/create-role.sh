#!/usr/bin/env bash
# Makes IAM role churn-data-scientist. Made by rolemgr create --format aws-cli.
# Needs the AWS CLI and credentials that may create roles. A role of this name that exists is left as it is.
# What was made is taken back where a step fails. The ARN goes to stdout.
set -euo pipefail
export AWS_PAGER='' AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1

role=churn-data-scientist
work=$(mktemp -d)
made=()
trying=

say() { printf '%s\n' "$*" >&2; }

iam() { aws iam "$@" --output text; }

# Removes a thing; that it is not there is as good.
gone() {
  local said
  said=$(iam "$@" 2>&1) || [[ $said == *NoSuchEntity* ]] || { say "$said"; return 1; }
}

take_back() {
  local what id left=()
  for ((place = ${#made[@]} - 1; place >= 0; place--)); do
    read -r what id <<< "${made[place]}"
    case $what in
      attachment) gone detach-role-policy --role-name="$role" --policy-arn="$id" || left+=("$what $id") ;;
      policy) gone delete-policy --policy-arn="$id" || left+=("$what $id") ;;
      inline) gone delete-role-policy --role-name="$role" --policy-name="$id" || left+=("$what $id") ;;
      role) gone delete-role --role-name="$role" || left+=("$what $id") ;;
      *) ;;
    esac
  done
  if ((${#left[@]})); then say "error: could not be removed: ${left[*]}"; fi
}

finish() {
  local status=$?
  trap - EXIT
  if [[ $trying ]]; then say "unless AWS said no, look whether $trying is there: its answer may be lost"; fi
  if ((status)) && ((${#made[@]})); then
    trap '' INT TERM
    say 'a step failed; taking back what was made'
    take_back
  fi
  rm -rf "$work"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

account=$(aws sts get-caller-identity --query Account --output text)
if [[ ! $account =~ ^[0-9]{12}$ ]]; then say "error: no account id: $account"; exit 1; fi

document() { sed "s/<ACCOUNT>/$account/g" > "$work/$1.json"; }

document role << 'JSON'
{
  "RoleName": "churn-data-scientist",
  "Path": "/",
  "Description": "Data scientists of the churn team.",
  "MaxSessionDuration": 3600,
  "Tags": [
    {
      "Key": "Project",
      "Value": "churn"
    }
  ]
}
JSON

document trust << 'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "SageMaker",
      "Effect": "Allow",
      "Principal": {"Service": "sagemaker.amazonaws.com"},
      "Action": ["sts:AssumeRole"],
      "Condition": {
        "StringEquals": {"aws:SourceAccount": "<ACCOUNT>"},
        "ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:*"}
      }
    }
  ]
}
JSON

document inline << 'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AthenaQueries",
      "Effect": "Allow",
      "Action": [
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "athena:GetWorkGroup",
        "athena:StartQueryExecution",
        "athena:StopQueryExecution"
      ],
      "Resource": ["arn:aws:athena:eu-west-1:<ACCOUNT>:workgroup/primary"]
    },
    {
      "Sid": "ECRImages",
      "Effect": "Allow",
      "Action": [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer"
      ],
      "Resource": [
        "arn:aws:ecr:eu-west-1:131013547314:repository/*",
        "arn:aws:ecr:eu-west-1:141502667606:repository/*",
        "arn:aws:ecr:eu-west-1:224300973850:repository/*",
        "arn:aws:ecr:eu-west-1:245179582081:repository/*",
        "arn:aws:ecr:eu-west-1:438346466558:repository/*",
        "arn:aws:ecr:eu-west-1:462105765813:repository/*",
        "arn:aws:ecr:eu-west-1:468650794304:repository/*",
        "arn:aws:ecr:eu-west-1:470317259841:repository/*",
        "arn:aws:ecr:eu-west-1:520713654638:repository/*",
        "arn:aws:ecr:eu-west-1:571004829621:repository/*",
        "arn:aws:ecr:eu-west-1:658645717510:repository/*",
        "arn:aws:ecr:eu-west-1:685385470294:repository/*",
        "arn:aws:ecr:eu-west-1:<ACCOUNT>:repository/*",
        "arn:aws:ecr:eu-west-1:763104351884:repository/*",
        "arn:aws:ecr:eu-west-1:802834080501:repository/*",
        "arn:aws:ecr:eu-west-1:819792524951:repository/*",
        "arn:aws:ecr:eu-west-1:929884845733:repository/*",
        "arn:aws:ecr:eu-west-1:999678624901:repository/*"
      ]
    },
    {
      "Sid": "GlueDataFrameTables",
      "Effect": "Allow",
      "Action": ["glue:CreateTable"],
      "Resource": [
        "arn:aws:glue:eu-west-1:<ACCOUNT>:catalog",
        "arn:aws:glue:eu-west-1:<ACCOUNT>:database/sagemaker_featurestore",
        "arn:aws:glue:eu-west-1:<ACCOUNT>:table/sagemaker_featurestore/dataframe_*"
      ]
    },
    {
      "Sid": "GlueFeatureDatabases",
      "Effect": "Allow",
      "Action": ["glue:GetDatabase"],
      "Resource": [
        "arn:aws:glue:eu-west-1:<ACCOUNT>:catalog",
        "arn:aws:glue:eu-west-1:<ACCOUNT>:database/default",
        "arn:aws:glue:eu-west-1:<ACCOUNT>:database/sagemaker_featurestore"
      ]
    },
    {
      "Sid": "GlueFeatureTables",
      "Effect": "Allow",
      "Action": [
        "glue:GetPartitions",
        "glue:GetTable"
      ],
      "Resource": [
        "arn:aws:glue:eu-west-1:<ACCOUNT>:catalog",
        "arn:aws:glue:eu-west-1:<ACCOUNT>:database/sagemaker_featurestore",
        "arn:aws:glue:eu-west-1:<ACCOUNT>:table/sagemaker_featurestore/*"
      ]
    },
    {
      "Sid": "IAMPassToSageMaker",
      "Effect": "Allow",
      "Action": ["iam:PassRole"],
      "Resource": ["arn:aws:iam::<ACCOUNT>:role/sagemaker-compute"],
      "Condition": {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
      }
    },
    {
      "Sid": "IAMRoles",
      "Effect": "Allow",
      "Action": ["iam:GetRole"],
      "Resource": [
        "arn:aws:iam::<ACCOUNT>:role/churn-data-scientist",
        "arn:aws:iam::<ACCOUNT>:role/sagemaker-compute"
      ]
    },
    {
      "Sid": "LogsSageMaker",
      "Effect": "Allow",
      "Action": [
        "logs:DescribeLogStreams",
        "logs:FilterLogEvents",
        "logs:GetLogEvents"
      ],
      "Resource": ["arn:aws:logs:eu-west-1:<ACCOUNT>:log-group:/aws/sagemaker/*"]
    },
    {
      "Sid": "LogsStudio",
      "Effect": "Allow",
      "Action": [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents"
      ],
      "Resource": ["arn:aws:logs:eu-west-1:<ACCOUNT>:log-group:/aws/sagemaker/studio*"]
    },
    {
      "Sid": "MLflowWork",
      "Effect": "Allow",
      "Action": [
        "sagemaker-mlflow:CreateExperiment",
        "sagemaker-mlflow:CreateModelVersion",
        "sagemaker-mlflow:CreateRegisteredModel",
        "sagemaker-mlflow:CreateRun",
        "sagemaker-mlflow:DeleteExperiment",
        "sagemaker-mlflow:DeleteLoggedModel",
        "sagemaker-mlflow:DeleteLoggedModelTag",
        "sagemaker-mlflow:DeleteModelVersion",
        "sagemaker-mlflow:DeleteModelVersionTag",
        "sagemaker-mlflow:DeleteRegisteredModel",
        "sagemaker-mlflow:DeleteRegisteredModelAlias",
        "sagemaker-mlflow:DeleteRegisteredModelTag",
        "sagemaker-mlflow:DeleteRun",
        "sagemaker-mlflow:DeleteTag",
        "sagemaker-mlflow:DeleteTraceTag",
        "sagemaker-mlflow:DeleteTraces",
        "sagemaker-mlflow:EndTrace",
        "sagemaker-mlflow:FinalizeLoggedModel",
        "sagemaker-mlflow:GetDownloadURIForModelVersionArtifacts",
        "sagemaker-mlflow:GetExperiment",
        "sagemaker-mlflow:GetExperimentByName",
        "sagemaker-mlflow:GetLatestModelVersions",
        "sagemaker-mlflow:GetLoggedModel",
        "sagemaker-mlflow:GetMetricHistory",
        "sagemaker-mlflow:GetModelVersion",
        "sagemaker-mlflow:GetModelVersionByAlias",
        "sagemaker-mlflow:GetRegisteredModel",
        "sagemaker-mlflow:GetRun",
        "sagemaker-mlflow:GetTraceInfo",
        "sagemaker-mlflow:ListArtifacts",
        "sagemaker-mlflow:ListLoggedModelArtifacts",
        "sagemaker-mlflow:LogBatch",
        "sagemaker-mlflow:LogInputs",
        "sagemaker-mlflow:LogLoggedModelParams",
        "sagemaker-mlflow:LogMetric",
        "sagemaker-mlflow:LogModel",
        "sagemaker-mlflow:LogOutputs",
        "sagemaker-mlflow:LogParam",
        "sagemaker-mlflow:RenameRegisteredModel",
        "sagemaker-mlflow:RestoreExperiment",
        "sagemaker-mlflow:RestoreRun",
        "sagemaker-mlflow:SearchExperiments",
        "sagemaker-mlflow:SearchLoggedModels",
        "sagemaker-mlflow:SearchModelVersions",
        "sagemaker-mlflow:SearchRegisteredModels",
        "sagemaker-mlflow:SearchRuns",
        "sagemaker-mlflow:SearchTraces",
        "sagemaker-mlflow:SetExperimentTag",
        "sagemaker-mlflow:SetLoggedModelTags",
        "sagemaker-mlflow:SetModelVersionTag",
        "sagemaker-mlflow:SetRegisteredModelAlias",
        "sagemaker-mlflow:SetRegisteredModelTag",
        "sagemaker-mlflow:SetTag",
        "sagemaker-mlflow:SetTraceTag",
        "sagemaker-mlflow:StartTrace",
        "sagemaker-mlflow:TransitionModelVersionStage",
        "sagemaker-mlflow:UpdateExperiment",
        "sagemaker-mlflow:UpdateModelVersion",
        "sagemaker-mlflow:UpdateRegisteredModel",
        "sagemaker-mlflow:UpdateRun"
      ],
      "Resource": ["arn:aws:sagemaker:eu-west-1:<ACCOUNT>:mlflow-tracking-server/*"]
    },
    {
      "Sid": "S3DataRead",
      "Effect": "Allow",
      "Action": [
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:ListBucket"
      ],
      "Resource": [
        "arn:aws:s3:::acme-churn",
        "arn:aws:s3:::acme-churn/*",
        "arn:aws:s3:::acme-churn/athena/*",
        "arn:aws:s3:::acme-churn/models/*"
      ]
    },
    {
      "Sid": "S3DataWrite",
      "Effect": "Allow",
      "Action": [
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:PutObject"
      ],
      "Resource": ["arn:aws:s3:::acme-churn/*"]
    },
    {
      "Sid": "S3ResultsWrite",
      "Effect": "Allow",
      "Action": [
        "s3:AbortMultipartUpload",
        "s3:PutObject"
      ],
      "Resource": ["arn:aws:s3:::acme-churn/athena/*"]
    },
    {
      "Sid": "NoResourceLevelPermissions",
      "Effect": "Allow",
      "Action": [
        "cloudwatch:GetMetricData",
        "cloudwatch:GetMetricStatistics",
        "ecr:GetAuthorizationToken",
        "sagemaker-mlflow:AccessUI",
        "sagemaker:ListApps",
        "sagemaker:ListDomains",
        "sagemaker:ListFeatureGroups",
        "sagemaker:ListHyperParameterTuningJobs",
        "sagemaker:ListMlflowApps",
        "sagemaker:ListMlflowTrackingServers",
        "sagemaker:ListProcessingJobs",
        "sagemaker:ListSpaces",
        "sagemaker:ListTrainingJobs",
        "sagemaker:ListUserProfiles"
      ],
      "Resource": ["*"]
    },
    {
      "Sid": "InstanceTypes",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob"
      ],
      "Resource": ["*"],
      "Condition": {
        "ForAnyValue:StringNotLike": {
          "sagemaker:InstanceTypes": [
            "ml.g4dn.xlarge",
            "ml.m5.2xlarge",
            "ml.m5.large",
            "ml.m5.xlarge",
            "ml.p3.2xlarge"
          ]
        }
      }
    },
    {
      "Sid": "InstanceTypesMissing",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob"
      ],
      "Resource": ["*"],
      "Condition": {
        "Null": {"sagemaker:InstanceTypes": "true"}
      }
    },
    {
      "Sid": "MaxRuntime",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob"
      ],
      "Resource": ["*"],
      "Condition": {
        "NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "86400"}
      }
    },
    {
      "Sid": "S3ReadOnlyDeny",
      "Effect": "Deny",
      "Action": [
        "s3:AbortMultipartUpload",
        "s3:BypassGovernanceRetention",
        "s3:DeleteObject",
        "s3:DeleteObjectAnnotation",
        "s3:DeleteObjectTagging",
        "s3:DeleteObjectVersion",
        "s3:DeleteObjectVersionAnnotation",
        "s3:DeleteObjectVersionTagging",
        "s3:InitiateReplication",
        "s3:ObjectOwnerOverrideToBucketOwner",
        "s3:PutObject",
        "s3:PutObjectAcl",
        "s3:PutObjectAnnotation",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
        "s3:PutObjectTagging",
        "s3:PutObjectVersionAcl",
        "s3:PutObjectVersionAnnotation",
        "s3:PutObjectVersionTagging",
        "s3:ReplicateDelete",
        "s3:ReplicateObject",
        "s3:ReplicateObjectAnnotation",
        "s3:ReplicateTags",
        "s3:UpdateObjectEncryption"
      ],
      "Resource": [
        "arn:aws:s3:::acme-churn/feature-store/*",
        "arn:aws:s3:::acme-churn/model-monitor/baselining/*",
        "arn:aws:s3:::acme-churn/model-monitor/monitoring/*",
        "arn:aws:s3:::acme-churn/models/*",
        "arn:aws:s3:::acme-churn/monitoring/*",
        "arn:aws:s3:::acme-churn/pipelines/*"
      ]
    },
    {
      "Sid": "SageMakerOwnerTagDeny",
      "Effect": "Deny",
      "Action": ["sagemaker:AddTags"],
      "Resource": ["arn:aws:sagemaker:eu-west-1:<ACCOUNT>:space/*"],
      "Condition": {
        "ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": "sagemaker:user-profile-arn"},
        "Null": {"sagemaker:TaggingAction": "true"}
      }
    },
    {
      "Sid": "StudioInstanceTypes",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateApp",
        "sagemaker:CreateSpace",
        "sagemaker:UpdateSpace"
      ],
      "Resource": ["*"],
      "Condition": {
        "ForAnyValue:StringNotLike": {
          "sagemaker:InstanceTypes": [
            "ml.m5.large",
            "ml.r5.large",
            "ml.t3.large",
            "ml.t3.medium",
            "system"
          ]
        }
      }
    },
    {
      "Sid": "VpcSecurityGroups",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob"
      ],
      "Resource": ["*"],
      "Condition": {
        "ForAnyValue:StringNotEquals": {"sagemaker:VpcSecurityGroupIds": "sg-0a1b2c3d"}
      }
    },
    {
      "Sid": "VpcSecurityGroupsMissing",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob"
      ],
      "Resource": ["*"],
      "Condition": {
        "Null": {"sagemaker:VpcSecurityGroupIds": "true"}
      }
    },
    {
      "Sid": "VpcSubnets",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob"
      ],
      "Resource": ["*"],
      "Condition": {
        "ForAnyValue:StringNotEquals": {"sagemaker:VpcSubnets": "subnet-0a1b2c3d"}
      }
    },
    {
      "Sid": "VpcSubnetsMissing",
      "Effect": "Deny",
      "Action": [
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob"
      ],
      "Resource": ["*"],
      "Condition": {
        "Null": {"sagemaker:VpcSubnets": "true"}
      }
    }
  ]
}
JSON

document policy-1 << 'JSON'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "SageMakerOwnApps",
      "Effect": "Allow",
      "Action": [
        "sagemaker:CreateApp",
        "sagemaker:DeleteApp"
      ],
      "Resource": [
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:app/${sagemaker:DomainId}/${sagemaker:UserProfileName}/TensorBoard/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:app/${sagemaker:DomainId}/${sagemaker:UserProfileName}/tensorboard/*"
      ],
      "Condition": {
        "Null": {"sagemaker:OwnerUserProfileArn": "true"}
      }
    },
    {
      "Sid": "SageMakerOwnSessions",
      "Effect": "Allow",
      "Action": ["sagemaker:StartSession"],
      "Resource": ["arn:aws:sagemaker:eu-west-1:<ACCOUNT>:space/${sagemaker:DomainId}/*"],
      "Condition": {
        "ArnLike": {"aws:ResourceTag/sagemaker:user-profile-arn": "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"}
      }
    },
    {
      "Sid": "SageMakerOwnSpaces",
      "Effect": "Allow",
      "Action": [
        "sagemaker:CreateApp",
        "sagemaker:CreateSpace",
        "sagemaker:DeleteApp",
        "sagemaker:DeleteSpace",
        "sagemaker:UpdateSpace"
      ],
      "Resource": [
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:app/${sagemaker:DomainId}/*/*/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:space/${sagemaker:DomainId}/*"
      ],
      "Condition": {
        "ArnLike": {"sagemaker:OwnerUserProfileArn": "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"},
        "StringEquals": {"sagemaker:SpaceSharingType": "Private"}
      }
    },
    {
      "Sid": "SageMakerTagsOnCreate",
      "Effect": "Allow",
      "Action": ["sagemaker:AddTags"],
      "Resource": [
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:app/${sagemaker:DomainId}/*/*/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:hyper-parameter-tuning-job/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:processing-job/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:space/${sagemaker:DomainId}/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:training-job/*"
      ],
      "Condition": {
        "Null": {"sagemaker:TaggingAction": "false"}
      }
    },
    {
      "Sid": "SageMakerTagsRead",
      "Effect": "Allow",
      "Action": ["sagemaker:ListTags"],
      "Resource": ["arn:aws:sagemaker:eu-west-1:<ACCOUNT>:training-job/*"]
    },
    {
      "Sid": "SageMakerWork",
      "Effect": "Allow",
      "Action": [
        "sagemaker:BatchGetRecord",
        "sagemaker:CallMlflowAppApi",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreatePresignedDomainUrl",
        "sagemaker:CreatePresignedMlflowAppUrl",
        "sagemaker:CreatePresignedMlflowTrackingServerUrl",
        "sagemaker:CreateProcessingJob",
        "sagemaker:CreateTrainingJob",
        "sagemaker:DescribeApp",
        "sagemaker:DescribeDomain",
        "sagemaker:DescribeFeatureGroup",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeMlflowApp",
        "sagemaker:DescribeMlflowTrackingServer",
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeSpace",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeUserProfile",
        "sagemaker:GetRecord",
        "sagemaker:ListRecords",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        "sagemaker:StopHyperParameterTuningJob",
        "sagemaker:StopProcessingJob",
        "sagemaker:StopTrainingJob"
      ],
      "Resource": [
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:app/${sagemaker:DomainId}/*/*/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:domain/${sagemaker:DomainId}",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:feature-group/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:hyper-parameter-tuning-job/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:mlflow-app/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:mlflow-tracking-server/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:processing-job/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:space/${sagemaker:DomainId}/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:training-job/*",
        "arn:aws:sagemaker:eu-west-1:<ACCOUNT>:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"
      ]
    }
  ]
}
JSON

say "making role $role in account $account"
trying="role $role"
arn=$(iam create-role --cli-input-json "file://$work/role.json" \
  --assume-role-policy-document="file://$work/trust.json" --query Role.Arn)
trying=
made+=("role $arn")
made+=('inline churn-data-scientist')
iam put-role-policy --role-name="$role" --policy-name=churn-data-scientist --policy-document="file://$work/inline.json"

trying=policy\ churn-data-scientist-sagemaker
policy=$(iam create-policy --policy-name=churn-data-scientist-sagemaker --path=/ \
  --policy-document="file://$work/policy-1.json" --query Policy.Arn)
trying=
made+=("policy $policy" "attachment $policy")
iam attach-role-policy --role-name="$role" --policy-arn="$policy"

printf '%s\n' "$arn"
