import * as aws from "@pulumi/aws";

const role = new aws.iam.Role("churn-data-scientist", {
    name: "churn-data-scientist",
    path: "/",
    description: "Data scientists of the churn team.",
    maxSessionDuration: 3600,
    assumeRolePolicy: JSON.stringify({
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "SageMaker",
          "Effect": "Allow",
          "Principal": {
            "Service": "sagemaker.amazonaws.com"
          },
          "Action": [
            "sts:AssumeRole"
          ],
          "Condition": {
            "StringEquals": {
              "aws:SourceAccount": "123456789012"
            },
            "ArnLike": {
              "aws:SourceArn": "arn:aws:sagemaker:eu-west-1:123456789012:*"
            }
          }
        }
      ]
    }),
    tags: {
        "Project": "churn",
    },
});

new aws.iam.RolePolicy("churn-data-scientist", {
    name: "churn-data-scientist",
    role: role.name,
    policy: JSON.stringify({
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "SeeOwnRoleAndSeeExecutionRole",
          "Effect": "Allow",
          "Action": [
            "iam:GetRole"
          ],
          "Resource": [
            "arn:aws:iam::123456789012:role/churn-data-scientist",
            "arn:aws:iam::123456789012:role/sagemaker-compute"
          ]
        },
        {
          "Sid": "PullImages",
          "Effect": "Allow",
          "Action": [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer"
          ],
          "Resource": [
            "arn:aws:ecr:eu-west-1:123456789012:repository/*",
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
            "arn:aws:ecr:eu-west-1:763104351884:repository/*",
            "arn:aws:ecr:eu-west-1:802834080501:repository/*",
            "arn:aws:ecr:eu-west-1:819792524951:repository/*",
            "arn:aws:ecr:eu-west-1:929884845733:repository/*",
            "arn:aws:ecr:eu-west-1:999678624901:repository/*"
          ]
        },
        {
          "Sid": "SeeFeatureTables",
          "Effect": "Allow",
          "Action": [
            "glue:GetPartitions",
            "glue:GetTable"
          ],
          "Resource": [
            "arn:aws:glue:eu-west-1:123456789012:catalog",
            "arn:aws:glue:eu-west-1:123456789012:database/sagemaker_featurestore",
            "arn:aws:glue:eu-west-1:123456789012:table/sagemaker_featurestore/*"
          ]
        },
        {
          "Sid": "TagProcessingJobsOnCreateAndTagSpacesOnCreateAndOthers",
          "Effect": "Allow",
          "Action": [
            "sagemaker:AddTags"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:app/${sagemaker:DomainId}/*/*/*",
            "arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/*",
            "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/*",
            "arn:aws:sagemaker:eu-west-1:123456789012:space/${sagemaker:DomainId}/*",
            "arn:aws:sagemaker:eu-west-1:123456789012:training-job/*"
          ],
          "Condition": {
            "Null": {
              "sagemaker:TaggingAction": "false"
            }
          }
        },
        {
          "Sid": "OwnPrivateSpacesApp",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CreateApp",
            "sagemaker:DeleteApp"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:app/${sagemaker:DomainId}/*/*/*"
          ],
          "Condition": {
            "ArnLike": {
              "sagemaker:OwnerUserProfileArn": "arn:aws:sagemaker:eu-west-1:123456789012:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"
            },
            "StringEquals": {
              "sagemaker:SpaceSharingType": "Private"
            }
          }
        },
        {
          "Sid": "OwnPrivateSpaces",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CreateSpace",
            "sagemaker:DeleteSpace",
            "sagemaker:UpdateSpace"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:space/${sagemaker:DomainId}/*"
          ],
          "Condition": {
            "ArnLike": {
              "sagemaker:OwnerUserProfileArn": "arn:aws:sagemaker:eu-west-1:123456789012:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"
            },
            "StringEquals": {
              "sagemaker:SpaceSharingType": "Private"
            }
          }
        },
        {
          "Sid": "OwnTensorBoard",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CreateApp",
            "sagemaker:DeleteApp"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:app/${sagemaker:DomainId}/${sagemaker:UserProfileName}/TensorBoard/*",
            "arn:aws:sagemaker:eu-west-1:123456789012:app/${sagemaker:DomainId}/${sagemaker:UserProfileName}/tensorboard/*"
          ],
          "Condition": {
            "Null": {
              "sagemaker:OwnerUserProfileArn": "true"
            }
          }
        },
        {
          "Sid": "ConnectToOwnSpace",
          "Effect": "Allow",
          "Action": [
            "sagemaker:StartSession"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:space/${sagemaker:DomainId}/*"
          ],
          "Condition": {
            "ArnLike": {
              "aws:ResourceTag/sagemaker:user-profile-arn": "arn:aws:sagemaker:eu-west-1:123456789012:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"
            }
          }
        },
        {
          "Sid": "TuningJobs",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CreateHyperParameterTuningJob",
            "sagemaker:DescribeHyperParameterTuningJob",
            "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
            "sagemaker:StopHyperParameterTuningJob"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:hyper-parameter-tuning-job/*"
          ]
        },
        {
          "Sid": "MlflowExperimentsAndMlflowModelsAndMlflowTraces",
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
            "sagemaker-mlflow:UpdateRun",
            "sagemaker:CreatePresignedMlflowTrackingServerUrl",
            "sagemaker:DescribeMlflowTrackingServer"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-tracking-server/*"
          ]
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
          "Resource": [
            "*"
          ]
        },
        {
          "Sid": "InstanceTypes",
          "Effect": "Deny",
          "Action": [
            "sagemaker:CreateHyperParameterTuningJob",
            "sagemaker:CreateProcessingJob",
            "sagemaker:CreateTrainingJob"
          ],
          "Resource": [
            "*"
          ],
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
          "Resource": [
            "*"
          ],
          "Condition": {
            "Null": {
              "sagemaker:InstanceTypes": "true"
            }
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
          "Resource": [
            "*"
          ],
          "Condition": {
            "NumericGreaterThan": {
              "sagemaker:MaxRuntimeInSeconds": "86400"
            }
          }
        },
        {
          "Sid": "FeaturesAreReadOnlyAndModelsAreReadOnlyAndOthers",
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
          "Sid": "KeepOwnerTag",
          "Effect": "Deny",
          "Action": [
            "sagemaker:AddTags"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:space/*"
          ],
          "Condition": {
            "ForAnyValue:StringEqualsIgnoreCase": {
              "aws:TagKeys": "sagemaker:user-profile-arn"
            },
            "Null": {
              "sagemaker:TaggingAction": "true"
            }
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
          "Resource": [
            "*"
          ],
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
          "Sid": "VpcSubnets",
          "Effect": "Deny",
          "Action": [
            "sagemaker:CreateHyperParameterTuningJob",
            "sagemaker:CreateProcessingJob",
            "sagemaker:CreateTrainingJob"
          ],
          "Resource": [
            "*"
          ],
          "Condition": {
            "ForAnyValue:StringNotEquals": {
              "sagemaker:VpcSubnets": "subnet-0a1b2c3d"
            }
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
          "Resource": [
            "*"
          ],
          "Condition": {
            "Null": {
              "sagemaker:VpcSubnets": "true"
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
          "Resource": [
            "*"
          ],
          "Condition": {
            "ForAnyValue:StringNotEquals": {
              "sagemaker:VpcSecurityGroupIds": "sg-0a1b2c3d"
            }
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
          "Resource": [
            "*"
          ],
          "Condition": {
            "Null": {
              "sagemaker:VpcSecurityGroupIds": "true"
            }
          }
        }
      ]
    }),
});

const managed1 = new aws.iam.Policy("churn-data-scientist-1", {
    name: "churn-data-scientist-1",
    path: "/",
    policy: JSON.stringify({
      "Version": "2012-10-17",
      "Statement": [
        {
          "Sid": "OpenOwnProfile",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CreatePresignedDomainUrl",
            "sagemaker:DescribeUserProfile"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"
          ]
        },
        {
          "Sid": "SeeOwnDomain",
          "Effect": "Allow",
          "Action": [
            "sagemaker:DescribeDomain"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:domain/${sagemaker:DomainId}"
          ]
        },
        {
          "Sid": "ReadDataAndReadFeatureFilesAndFindQueryResults",
          "Effect": "Allow",
          "Action": [
            "s3:GetBucketLocation",
            "s3:ListBucket"
          ],
          "Resource": [
            "arn:aws:s3:::acme-churn"
          ]
        },
        {
          "Sid": "WriteWork",
          "Effect": "Allow",
          "Action": [
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:PutObject"
          ],
          "Resource": [
            "arn:aws:s3:::acme-churn/*"
          ]
        },
        {
          "Sid": "SeeFeatureGroupsAndReadFeatures",
          "Effect": "Allow",
          "Action": [
            "sagemaker:BatchGetRecord",
            "sagemaker:DescribeFeatureGroup",
            "sagemaker:GetRecord",
            "sagemaker:ListRecords"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:feature-group/*"
          ]
        },
        {
          "Sid": "QueryFeatures",
          "Effect": "Allow",
          "Action": [
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:GetWorkGroup",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution"
          ],
          "Resource": [
            "arn:aws:athena:eu-west-1:123456789012:workgroup/primary"
          ]
        },
        {
          "Sid": "TablesOfDataFrames",
          "Effect": "Allow",
          "Action": [
            "glue:CreateTable"
          ],
          "Resource": [
            "arn:aws:glue:eu-west-1:123456789012:catalog",
            "arn:aws:glue:eu-west-1:123456789012:database/sagemaker_featurestore",
            "arn:aws:glue:eu-west-1:123456789012:table/sagemaker_featurestore/dataframe_*"
          ]
        },
        {
          "Sid": "SeeFeatureDatabases",
          "Effect": "Allow",
          "Action": [
            "glue:GetDatabase"
          ],
          "Resource": [
            "arn:aws:glue:eu-west-1:123456789012:catalog",
            "arn:aws:glue:eu-west-1:123456789012:database/default",
            "arn:aws:glue:eu-west-1:123456789012:database/sagemaker_featurestore"
          ]
        },
        {
          "Sid": "WriteQueryResults",
          "Effect": "Allow",
          "Action": [
            "s3:AbortMultipartUpload",
            "s3:GetObject",
            "s3:PutObject"
          ],
          "Resource": [
            "arn:aws:s3:::acme-churn/athena/*"
          ]
        },
        {
          "Sid": "ReadSageMakerLogs",
          "Effect": "Allow",
          "Action": [
            "logs:DescribeLogStreams",
            "logs:FilterLogEvents",
            "logs:GetLogEvents"
          ],
          "Resource": [
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/*"
          ]
        },
        {
          "Sid": "ReadModels",
          "Effect": "Allow",
          "Action": [
            "s3:GetObject"
          ],
          "Resource": [
            "arn:aws:s3:::acme-churn/models/*"
          ]
        },
        {
          "Sid": "ProcessingJobs",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CreateProcessingJob",
            "sagemaker:DescribeProcessingJob",
            "sagemaker:StopProcessingJob"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/*"
          ]
        },
        {
          "Sid": "PassExecutionRole",
          "Effect": "Allow",
          "Action": [
            "iam:PassRole"
          ],
          "Resource": [
            "arn:aws:iam::123456789012:role/sagemaker-compute"
          ],
          "Condition": {
            "StringEquals": {
              "iam:PassedToService": "sagemaker.amazonaws.com"
            }
          }
        },
        {
          "Sid": "SeeSpacesOfDomain",
          "Effect": "Allow",
          "Action": [
            "sagemaker:DescribeApp"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:app/${sagemaker:DomainId}/*/*/*"
          ]
        },
        {
          "Sid": "SeeSpacesOfDomainSpace",
          "Effect": "Allow",
          "Action": [
            "sagemaker:DescribeSpace"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:space/${sagemaker:DomainId}/*"
          ]
        },
        {
          "Sid": "StudioLogs",
          "Effect": "Allow",
          "Action": [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents"
          ],
          "Resource": [
            "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/studio*"
          ]
        },
        {
          "Sid": "TrainingJobsAndTuningTrainingJobs",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CreateTrainingJob",
            "sagemaker:DescribeTrainingJob",
            "sagemaker:ListTags",
            "sagemaker:StopTrainingJob"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:training-job/*"
          ]
        },
        {
          "Sid": "OpenMlflow",
          "Effect": "Allow",
          "Action": [
            "sagemaker:CallMlflowAppApi",
            "sagemaker:CreatePresignedMlflowAppUrl",
            "sagemaker:DescribeMlflowApp"
          ],
          "Resource": [
            "arn:aws:sagemaker:eu-west-1:123456789012:mlflow-app/*"
          ]
        }
      ]
    }),
});

new aws.iam.RolePolicyAttachment("churn-data-scientist-1", {
    role: role.name,
    policyArn: managed1.arn,
});
