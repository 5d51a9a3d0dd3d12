"""Stacks of controls: valid, within the quotas, with roles that may do what they do and no more."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from botocore.session import get_session
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends
from tests.detective.support import CATALOG, NAMES, ROLE, Watch, event, made, of_type, shaped, values
from tests.support import PARTITION_REGIONS, faults

from rolemgr.detective.values import TrustedBy
from rolemgr.files.write import to_json, to_template, to_yaml

FULL = values(*sorted(CATALOG.found("guardrails")), stop=True, remediate=True)


@cache
def variants() -> dict[str, Any]:
    """Return the stacks that the tests judge: each control by itself, all together, and all with all that they can do."""
    return {
        **{name: made(name) for name in NAMES},
        "all": made(*NAMES),
        "all, everything": made(*NAMES, given=FULL),
        "nothing chosen": made("config-guardrails", "external-access", "data-events", given=values(
            guardrails=(), trusts=(), buckets=(), unused=(),
        )),
    }  # fmt: skip


VARIANTS = [*NAMES, "all", "all, everything", "nothing chosen"]


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("variant", "write"), [("all", to_template), ("all, everything", to_json), ("nothing chosen", to_yaml)]
)
def test_templates_are_valid(variant: str, write: Callable[[Any], str]) -> None:
    """CloudFormation's own linter has no error and no warning, in a region of each partition."""
    regions = list(PARTITION_REGIONS.values()) if write is to_json else ["eu-west-1"]
    config = ManualArgs(regions=regions, ignore_checks=["I"])
    assert [str(match) for match in lint(write(variants()[variant]), config=config)] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_stacks_keep_to_the_quotas(variant: str) -> None:
    """Patterns within EventBridge's default, code and texts within CloudFormation's and Lambda's."""
    stack = variants()[variant]
    for rule in of_type(stack, "AWS::Events::Rule").values():
        assert len(json.dumps(rule["EventPattern"])) <= 2048
        assert len(rule["Description"]) <= 512
    for function in of_type(stack, "AWS::Lambda::Function").values():
        assert len(function["Description"]) <= 256
        subject = function["Environment"]["Variables"]["SUBJECT"]
        assert len(subject) < 100
        assert subject.isascii()
    assert len(stack["Description"].encode()) <= 1024
    assert len(stack["Resources"]) <= 500
    assert len(to_json(stack).encode()) <= 1_000_000
    for name in (*stack["Resources"], *stack.get("Outputs", {}), *stack.get("Parameters", {})):
        assert name.isalnum()
        assert len(name) <= 255


@pytest.mark.parametrize("name", NAMES)
def test_one_control_by_itself_is_deployed_without_a_bucket(name: str) -> None:
    """Only where many guardrails are chosen a template has more than CloudFormation takes as text."""
    assert len(to_yaml(variants()[name]).encode()) <= 51_200


def resolved(value: Any) -> Any:
    """Return *value* with its intrinsic functions as CloudFormation resolves them in an account."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    match value:
        case {"Fn::Sub": text}:
            parts = {"Partition": "aws", "Region": "eu-west-1", "AccountId": "111122223333"}
            for name, part in parts.items():
                text = text.replace(f"${{AWS::{name}}}", part)
            return text.replace("${DataEventsBucket.Arn}", "arn:aws:s3:::stack-bucket")
        case {"Fn::If": [_, chosen, _]}:
            return resolved(chosen)
        case {"Ref": "Topic"}:
            return "arn:aws:sns:eu-west-1:111122223333:stack-Topic"
        case {"Fn::GetAtt": [name, "Arn"]} if name.endswith("FunctionLogs"):
            return f"arn:aws:logs:eu-west-1:111122223333:log-group:stack-{name}:*"
        case {"Fn::GetAtt": ["DataEventsBucket", "Arn"]}:
            return "arn:aws:s3:::stack-bucket"
    return {key: resolved(one) for key, one in value.items()} if isinstance(value, dict) else value


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def granted(role: dict[str, Any]) -> set[tuple[str, str]]:
    """Return each action that *role* is allowed, with each resource."""
    return {
        (action, resource)
        for policy in role["Policies"]
        for statement in resolved(policy["PolicyDocument"]["Statement"])
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


@pytest.mark.parametrize("variant", ["all", "all, everything"])
def test_a_function_may_log_and_publish_and_stop_where_it_does(variant: str) -> None:
    """Nothing beyond its own log group, the topic, and stopping jobs of the kinds that it watches."""
    roles = of_type(variants()[variant], "AWS::IAM::Role")
    for name, role in roles.items():
        if not name.endswith("FunctionRole"):
            continue
        assert "ManagedPolicyArns" not in role
        logs, topic = resolved({"Fn::GetAtt": [f"{name.removesuffix('Role')}Logs", "Arn"]}), resolved({"Ref": "Topic"})
        own = {("logs:CreateLogStream", logs), ("logs:PutLogEvents", logs), ("sns:Publish", topic)}
        more = granted(role) - own
        assert own <= granted(role)
        assert all(action.startswith("sagemaker:Stop") and variant == "all, everything" for action, _ in more)
        assert all(resource.startswith("arn:aws:sagemaker:eu-west-1:111122223333:") for _, resource in more)


def test_statements_are_right_by_the_reference() -> None:
    """Each action of each role exists and takes a resource of the kind that it is granted on."""
    for role in of_type(variants()["all, everything"], "AWS::IAM::Role").values():
        for policy in role["Policies"]:
            for statement in resolved(policy["PolicyDocument"]["Statement"]):
                listed = statement | {name: _listed(statement[name]) for name in ("Action", "Resource")}
                assert list(faults(listed)) == []


def test_our_own_check_has_no_finding(run: Any) -> None:
    """The roles, the runbooks' roles and the bucket policy, judged as anybody's are."""
    with open("all.json", "w", encoding="utf-8") as file:  # noqa: PTH123 - the test's own folder
        file.write(to_json(variants()["all, everything"]))
    ran = run("check", "all.json", "--fail-on", "SUGGESTION", "--format", "json")
    assert json.loads(ran.stdout)["findings"] == []
    assert ran.code == 0


def test_only_its_rule_calls_a_function() -> None:
    """EventBridge may call it for this rule in this account, and nobody else is let in."""
    stack = variants()["all"]
    permissions = of_type(stack, "AWS::Lambda::Permission")
    assert permissions.keys() == {f"{name}Permission" for name in of_type(stack, "AWS::Events::Rule")}
    for name, permission in permissions.items():
        assert permission["Principal"] == "events.amazonaws.com"
        assert permission["SourceArn"] == {"Fn::GetAtt": [name.removesuffix("Permission"), "Arn"]}
        assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_whoever_works_for_the_stack_is_trusted_alone(variant: str) -> None:
    """Lambda for functions; Systems Manager, for this account, for runbooks."""
    for name, role in of_type(variants()[variant], "AWS::IAM::Role").items():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        service = "lambda" if name.endswith("FunctionRole") else "ssm"
        assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
        assert service == "lambda" or resolved(statement["Condition"]["ArnLike"]) == {
            "aws:SourceArn": "arn:aws:ssm:*:111122223333:automation-execution/*"
        }
        assert service == "lambda" or statement["Condition"]["StringEquals"] == {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"}
        }


def test_a_template_belongs_to_its_reader() -> None:
    """Changing one changes no other."""
    made("on-demand-jobs")["Parameters"].clear()
    assert made("on-demand-jobs") == variants()["on-demand-jobs"]


def test_the_code_in_the_template_runs_as_lambda_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inlined module, alone and with the template's own settings, publishes on a topic that moto keeps."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    happened = {
        "on-demand-jobs": event("CreateTrainingJob", {"trainingJobName": "t"}),
        "untagged-resources": event("CreateEndpoint", {"endpointName": "e"}),
        "outside-guardrails": event("CreateTrainingJob", shaped("CreateTrainingJob", {"TrainingJobName": "t"})),
        "external-access": finding_event("Access Analyzer Finding", status="ACTIVE", isDeleted=False, resource="r"),
    }
    with mock_aws():
        topic = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].create_topic("findings").arn
        for name, one in happened.items():
            [properties] = of_type(made(name), "AWS::Lambda::Function").values()
            for key, value in properties["Environment"]["Variables"].items():
                monkeypatch.setenv(key, value if isinstance(value, str) else topic)
            module: dict[str, Any] = {}
            exec(compile(properties["Code"]["ZipFile"], "index.py", "exec"), module)  # noqa: S102 - as Lambda does
            assert module[properties["Handler"].removeprefix("index.")](one, None)
        sent = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].topics[topic].sent_notifications
        assert len(sent) == len(happened)


def finding_event(kind: str, source: str = "aws.access-analyzer", **detail: Any) -> dict[str, Any]:
    """Return the event of another service's finding, as AWS documents its shape."""
    return {
        "version": "0", "source": source, "detail-type": kind, "account": "111122223333", "region": "eu-west-1",
        "time": "2026-03-02T09:30:00Z", "resources": [], "detail": detail,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("control", "happened", "found"),
    [
        ("external-access", finding_event("Access Analyzer Finding", status="ACTIVE", isDeleted=False, resource="arn:b"), "Access Analyzer Finding: arn:b"),
        ("external-access", finding_event("Access Analyzer Finding", status="ARCHIVED", isDeleted=False, resource="arn:b"), None),
        ("external-access", finding_event("Access Analyzer Finding", status="ACTIVE", isDeleted=True, resource="arn:b"), None),
        ("unused-access", finding_event("Unused Access Finding for IAM entities", status="ACTIVE", isDeleted=False, resource="arn:r"), "Unused Access Finding for IAM entities: arn:r"),
        ("unused-access", finding_event("Access Analyzer Finding", status="ACTIVE", isDeleted=False, resource="arn:b"), None),
        ("ai-threats", finding_event("GuardDuty Finding", "aws.guardduty", type="Impact:IAMUser/CostHarvesting", resource={"x": 1}), "GuardDuty Finding: Impact:IAMUser/CostHarvesting"),
        ("ai-threats", finding_event("GuardDuty Finding", "aws.guardduty", type="Recon:IAMUser/X", resource={}), None),
    ],
)  # fmt: skip
def test_what_aws_s_own_analyzers_find_is_told(control: str, happened: dict[str, Any], found: str | None) -> None:
    """New findings, and none that were archived, deleted or of another kind."""
    ids = "".join(word.capitalize() for word in control.split("-"))
    assert Watch(variants()[control], ids).says(happened) == found


def analyzer(control: str, given: Any = None) -> Any:
    """Return the properties of the analyzer of *control*."""
    [found] = of_type(made(control, given=given), "AWS::AccessAnalyzer::Analyzer").values()
    return found


def archived(rule: dict[str, Any], finding: dict[str, Any]) -> bool:
    """Tell whether an archive rule archives a finding: every criterion must hold, by one of its values."""
    return all(str(finding.get(one["Property"])) in one["Eq"] for one in rule["Filter"])


@pytest.mark.parametrize(
    ("change", "meant"),
    [
        ({}, True),
        ({"principal.AWS": "999988887777"}, False),
        ({"resource": "arn:aws:iam::111122223333:role/other"}, False),
        ({"resource": "arn:aws:s3:::b", "resourceType": "AWS::S3::Bucket"}, False),
        ({"isPublic": "true"}, False),
    ],
)
def test_only_what_a_role_file_means_is_archived(change: dict[str, str], meant: bool) -> None:
    """The role, by the principal that it trusts; another principal, another resource or everybody stays a finding."""
    finding = {
        "resource": ROLE, "resourceType": "AWS::IAM::Role", "principal.AWS": "444455556666", "isPublic": "false",
    } | change  # fmt: skip
    assert any(archived(rule, finding) for rule in analyzer("external-access")["ArchiveRules"]) is meant


def test_archive_rules_are_in_the_grammar_of_the_service() -> None:
    """Names and criteria as the API takes them; without a trust there is none."""
    trusts = (TrustedBy("arn:aws:iam::111122223333:role/a/" + "x" * 64, ("444455556666",)),)
    model = get_session().get_service_model("accessanalyzer")
    pattern = model.shape_for("Name").metadata["pattern"]
    for rule in analyzer("external-access", values(trusts=trusts))["ArchiveRules"]:
        assert re.fullmatch(pattern, rule["RuleName"])
        assert len(rule["RuleName"]) <= model.shape_for("Name").metadata["max"]
    assert "ArchiveRules" not in analyzer("external-access", values(trusts=()))
    assert analyzer("unused-access")["AnalyzerConfiguration"] == {"UnusedAccessConfiguration": {"UnusedAccessAge": 90}}
    assert analyzer("unused-access")["Type"] in model.shape_for("Type").enum
    assert analyzer("external-access")["Type"] in model.shape_for("Type").enum


def test_the_trail_logs_data_events_alone() -> None:
    """Each type by a selector of its own, the buckets by the beginning of their objects' ARNs."""
    [trail] = of_type(variants()["data-events"], "AWS::CloudTrail::Trail").values()
    selectors = trail["AdvancedEventSelectors"]
    for one in selectors:
        assert one["FieldSelectors"][0] == {"Field": "eventCategory", "Equals": ["Data"]}
        [kind] = [field["Equals"] for field in one["FieldSelectors"] if field["Field"] == "resources.type"]
        assert len(kind) == 1
    assert len(selectors) == 9
    [objects] = [one for one in selectors if one["Name"] == "Training data"]
    assert resolved(objects["FieldSelectors"][2]) == {
        "Field": "resources.ARN",
        "StartsWith": ["arn:aws:s3:::acme-churn/"],
    }
    with mock_aws():
        client = get_session().create_client("cloudtrail", region_name="eu-west-1")
        buckets = get_session().create_client("s3", region_name="us-east-1")
        buckets.create_bucket(Bucket="log")
        client.create_trail(Name="rolemgr-data-events", S3BucketName="log")
        asked = client.put_event_selectors(TrailName="rolemgr-data-events", AdvancedEventSelectors=resolved(selectors))
        assert len(asked["AdvancedEventSelectors"]) == len(selectors)


def test_cloudtrail_alone_writes_to_the_bucket_for_this_trail() -> None:
    """Both statements name the trail; whoever comes without encryption is denied."""
    [policy] = of_type(variants()["data-events"], "AWS::S3::BucketPolicy").values()
    [acl, write, plain] = resolved(policy["PolicyDocument"]["Statement"])
    trail = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/rolemgr-data-events"
    for statement in (acl, write):
        assert statement["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == trail
    assert write["Resource"] == "arn:aws:s3:::stack-bucket/AWSLogs/111122223333/*"
    assert plain["Effect"] == "Deny"
    [found] = of_type(variants()["data-events"], "AWS::CloudTrail::Trail").values()
    assert found["TrailName"] == trail.rpartition("/")[2]


def test_guardduty_s_feature_is_one_of_the_api_s() -> None:
    """By botocore's model; the detector is not made where the account has one."""
    [detector] = of_type(variants()["ai-threats"], "AWS::GuardDuty::Detector").values()
    known = get_session().get_service_model("guardduty").shape_for("DetectorFeature").enum
    assert {one["Name"] for one in detector["Features"]} <= set(known)
    stack = variants()["ai-threats"]
    assert stack["Conditions"][stack["Resources"]["AiThreatsDetector"]["Condition"]] == {
        "Fn::Equals": [{"Ref": "Detector"}, "new"]
    }
