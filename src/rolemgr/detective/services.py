"""
Controls that are settings of AWS's own services: Access Analyzer, a trail of data events, GuardDuty.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-accessanalyzer-analyzer.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudtrail-trail.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-guardduty-detector.html
"""

import re
from collections.abc import Iterator
from typing import Any

from rolemgr.detective.stack import Json, StackPart, arn, document, logical, ref
from rolemgr.detective.values import ControlValues
from rolemgr.model.detective_control import AnalyzerUse, DetectorUse, TrailUse


def analyzer_part(control: str, use: AnalyzerUse, values: ControlValues) -> StackPart:
    """Return the part of the stack with the analyzer of *control*, and archive rules for what is meant to be."""
    age = {"UnusedAccessConfiguration": {"UnusedAccessAge": use.age_days}}
    rules = list(_intended(values)) if use.age_days is None else list(_idle(values))
    properties = {
        "Type": use.type,
        **({"AnalyzerConfiguration": age} if use.age_days is not None else {}),
        **({"ArchiveRules": rules} if rules else {}),
    }
    return StackPart(
        {f"{logical(control)}Analyzer": {"Type": "AWS::AccessAnalyzer::Analyzer", "Properties": properties}}
    )


def _intended(values: ControlValues) -> Iterator[Json]:
    """
    Yield an archive rule for each role and kind of principal that its file lets in from outside.

    All criteria of a rule must hold: the role itself, the principals by name, and not everybody.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-filter-keys.html
    """
    for trust in values.trusts:
        for key, principals in (("principal.AWS", trust.principals), ("principal.Federated", trust.federated)):
            if principals:
                yield {
                    "RuleName": _rule_name(trust.role, key),
                    "Filter": [
                        {"Property": "resource", "Eq": [trust.role]},
                        {"Property": "resourceType", "Eq": ["AWS::IAM::Role"]},
                        {"Property": key, "Eq": list(principals)},
                        {"Property": "isPublic", "Eq": ["false"]},
                    ],
                }


def _idle(values: ControlValues) -> Iterator[Json]:
    if values.unused:
        yield {"RuleName": "meant_to_lie_idle", "Filter": [{"Property": "resource", "Eq": list(values.unused)}]}


def _rule_name(role: str, key: str) -> str:
    """Return a name that Access Analyzer takes: a letter first, then letters, digits and ``_.-``, 255 at most."""
    return f"meant_{re.sub('[^A-Za-z0-9_.-]', '-', role.rpartition(':role/')[2])[:230]}_{key.partition('.')[2]}"


def trail_part(control: str, use: TrailUse, values: ControlValues) -> StackPart:
    """
    Return the part with a trail that logs data events alone, and the bucket that it writes to.

    Management events are left to the trail that is there: a second copy of them is charged.
    """
    ids = logical(control)
    trail_arn = f"arn:${{AWS::Partition}}:cloudtrail:${{AWS::Region}}:${{AWS::AccountId}}:trail/{_TRAIL}"
    source = {"StringEquals": {"aws:SourceArn": {"Fn::Sub": trail_arn}}}
    resources: Json = {
        f"{ids}Bucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                },
                "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "BlockPublicPolicy": True,
                    "IgnorePublicAcls": True,
                    "RestrictPublicBuckets": True,
                },
                "VersioningConfiguration": {"Status": "Enabled"},
            },
        },
        f"{ids}BucketPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": ref(f"{ids}Bucket"), "PolicyDocument": _bucket_policy(ids, source)},
        },
        f"{ids}Trail": {
            "Type": "AWS::CloudTrail::Trail",
            "DependsOn": [f"{ids}BucketPolicy"],
            "Properties": {
                "TrailName": _TRAIL,
                "S3BucketName": ref(f"{ids}Bucket"),
                "IsLogging": True,
                "IsMultiRegionTrail": False,
                "IncludeGlobalServiceEvents": False,
                "EnableLogFileValidation": True,
                "AdvancedEventSelectors": list(_selectors(use, values)),
            },
        },
    }
    outputs = {f"{ids}Trail": {"Description": "The trail of data events.", "Value": arn(f"{ids}Trail")}}
    return StackPart(resources, outputs)


_TRAIL = "rolemgr-data-events"


def _bucket_policy(ids: str, source: Json) -> Json:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"""
    service = {"Service": "cloudtrail.amazonaws.com"}
    bucket = arn(f"{ids}Bucket")
    logs = {"Fn::Sub": f"${{{ids}Bucket.Arn}}/AWSLogs/${{AWS::AccountId}}/*"}
    return document(
        {
            "Sid": "AclCheck",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:GetBucketAcl",
            "Resource": bucket,
            "Condition": source,
        },
        {
            "Sid": "Write",
            "Effect": "Allow",
            "Principal": service,
            "Action": "s3:PutObject",
            "Resource": logs,
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **source["StringEquals"]}},
        },
        {
            "Sid": "SecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, {"Fn::Sub": f"${{{ids}Bucket.Arn}}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )


def _selectors(use: TrailUse, values: ControlValues) -> Iterator[Json]:
    """Yield a selector for each type, as each takes one, and one for the objects of the buckets."""
    for one in use.types:
        yield _selector(one.rpartition("::")[2], [_field("resources.type", "Equals", [one])])
    if use.buckets and values.buckets:
        starts = [{"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{_beginning(bucket)}"} for bucket in values.buckets]
        fields = [
            _field("resources.type", "Equals", ["AWS::S3::Object"]),
            _field("resources.ARN", "StartsWith", starts),
        ]
        yield _selector("Training data", fields)


def _beginning(bucket: str) -> str:
    """Return how the objects of *bucket* begin: of a pattern what stands before its first wildcard or variable."""
    plain = re.split(r"[*?$]", bucket, maxsplit=1)[0]
    return f"{bucket}/" if plain == bucket else plain


def _selector(name: str, fields: list[Json]) -> Json:
    return {"Name": name, "FieldSelectors": [_field("eventCategory", "Equals", ["Data"]), *fields]}


def _field(name: str, operator: str, texts: list[Any]) -> Json:
    return {"Field": name, operator: texts}


def detector_part(control: str, use: DetectorUse) -> StackPart:
    """Return the part with GuardDuty's detector, which is not made where the user says that there is one."""
    ids = logical(control)
    features = [{"Name": name, "Status": "ENABLED"} for name in use.features]
    resource = {
        "Type": "AWS::GuardDuty::Detector",
        "Condition": f"{ids}Detector",
        "Properties": {"Enable": True, "Features": features},
    }
    parameters = {
        "Detector": {
            "Type": "String",
            "Default": "new",
            "AllowedValues": ["existing", "new"],
            "Description": "Whether the account has a GuardDuty detector in this region, which is then left as it is.",
        }
    }
    conditions = {f"{ids}Detector": {"Fn::Equals": [ref("Detector"), "new"]}}
    return StackPart({f"{ids}Detector": resource}, {}, parameters, conditions)
