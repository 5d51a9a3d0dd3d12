export AWS_PAGER='' AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
BUCKET=sagemaker-$AWS_REGION-$ACCOUNT
KEY=$(aws kms describe-key --key-id=alias/aws/s3 --query KeyMetadata.Arn --output text)
IMAGE=683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3
trusted=$(printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":"sts:AssumeRole"}]}' "$ACCOUNT")
aws iam create-role --role-name=rolemgr-live-check --assume-role-policy-document="$trusted"

# A policy, and a call that is made by a role that has it and nothing else.
try() {
  aws iam put-role-policy --role-name=rolemgr-live-check --policy-name=try --policy-document="$1"
  shift
  sleep 20
  keys=$(aws sts assume-role --role-arn="arn:aws:iam::$ACCOUNT:role/rolemgr-live-check" --role-session-name=live --query='Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output=text)
  (
    AWS_ACCESS_KEY_ID=$(printf '%s' "$keys" | cut -f1)
    AWS_SECRET_ACCESS_KEY=$(printf '%s' "$keys" | cut -f2)
    AWS_SESSION_TOKEN=$(printf '%s' "$keys" | cut -f3)
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    unset AWS_PROFILE
    "$@"
  )
}

# A training job of a role that is not there: it never starts.
train() {
  aws sagemaker create-training-job --training-job-name=rolemgr-live --role-arn="arn:aws:iam::$ACCOUNT:role/rolemgr-live-not-there" --algorithm-specification="TrainingImage=$IMAGE,TrainingInputMode=File" --resource-config=InstanceType=ml.m5.large,InstanceCount=1,VolumeSizeInGB=1 --stopping-condition=MaxRuntimeInSeconds=60 "$@"
}
