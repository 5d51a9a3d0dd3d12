"""Rules of AWS Config: as AWS lists them, filled from guardrails, in the regions that have them, with their remedies."""

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from botocore.session import get_session
from botocore.stub import Stubber
from tests.detective.support import CATALOG, KEY, NAMES, Recorder, Watch, chosen, made, of_type, values

from rolemgr.detective.controls import NamedControl
from rolemgr.detective.packs import accelerator_config, conformance_pack, rules_of
from rolemgr.detective.rules import NAME_PREFIX
from rolemgr.iam.arn import partition_of
from rolemgr.reference.config_rules import config_regions, config_rules

LISTED: Any = json.loads(
    gzip.decompress((files("moto.config") / "resources" / "aws_managed_rules.json.gz").read_bytes())
)["ManagedRules"]
REGIONS = {
    region["description"]: name
    for partition in get_session().get_component("data_loader").load_data("endpoints")["partitions"]
    for name, region in partition["regions"].items()
}
WITH_RULES = [name for name in NAMES if CATALOG.detective_control(name).value.config_rules]
USED = {use.rule for name in WITH_RULES for use in CATALOG.detective_control(name).value.config_rules}


def test_every_managed_rule_for_sagemaker_is_there_and_used_once() -> None:
    """AWS's list, as moto has it, knows no other; a rule in two controls would be made twice in one stack."""
    of_sagemaker = {name for name in LISTED if name.startswith("SAGEMAKER_")}
    assert of_sagemaker <= config_rules().keys()
    assert len(config_rules()) == len(of_sagemaker) + 2
    assert config_rules().keys() == USED
    assert sum(len(CATALOG.detective_control(name).value.config_rules) for name in WITH_RULES) == len(USED)


@pytest.mark.parametrize("name", sorted(config_rules()))
def test_a_rule_is_as_aws_lists_it(name: str) -> None:
    """Resource types, trigger, parameters and regions, read anew from the list."""
    rule, listed = config_rules()[name], LISTED[name]
    assert list(rule.resource_types) == listed["Resource Types"].split(", ")
    assert rule.periodic is (listed["Trigger type"] == "Periodic")
    assert rule.parameters == {one["Name"]: not one["Optional"] for one in listed["Parameters"]}
    kind, _, text = listed["AWS Region"].removesuffix(" Region").partition(" except ")
    named = {REGIONS[one] for one in (text or kind.removeprefix("Only available in ")).split(", ")}
    assert {region for region in config_regions() if rule.is_in(region) is not bool(text)} == named


@pytest.mark.parametrize("name", WITH_RULES)
def test_a_parameter_is_one_of_the_rule_s_and_none_that_must_be_is_missing(name: str) -> None:
    """With everything chosen, and with nothing: a rule without a parameter that it needs is refused by AWS."""
    for given in (values(*sorted(CATALOG.found("guardrails"))), values(guardrails=())):
        for one in rules_of([NamedControl(name, CATALOG.detective_control(name))], given):
            assert one.parameters.keys() <= one.rule.parameters.keys()
            assert {key for key, required in one.rule.parameters.items() if required} <= one.parameters.keys()
            assert all(text and "{{" not in text for text in one.parameters.values())


def rule_of(stack: dict[str, Any], identifier: str) -> Any:
    """Return the properties of the one rule in *stack* of *identifier*."""
    rules = of_type(stack, "AWS::Config::ConfigRule").values()
    [found] = [one for one in rules if one["Source"]["SourceIdentifier"] == identifier]
    return found


def test_parameters_come_from_the_guardrails() -> None:
    """Subnets and keys as they were chosen, in the form that the rule's page wants: separated by commas."""
    stack = made("config-guardrails", given=values("notebook-vpc", "volume-kms-key"))
    inside = rule_of(stack, "SAGEMAKER_NOTEBOOK_INSTANCE_INSIDE_VPC")
    assert inside["InputParameters"] == {"SubnetIds": "subnet-0a1b2c3d"}
    assert rule_of(stack, "SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED")["InputParameters"] == {"kmsKeyArns": KEY}
    assert "SAGEMAKER_MODEL_ISOLATION_ENABLED" not in json.dumps(stack)


def test_without_guardrails_every_rule_is_there_with_aws_s_defaults() -> None:
    """A parameter that may be left out is."""
    stack = made("config-guardrails", given=values(guardrails=()))
    assert len(of_type(stack, "AWS::Config::ConfigRule")) == 24
    assert "InputParameters" not in rule_of(stack, "SAGEMAKER_NOTEBOOK_INSTANCE_INSIDE_VPC")


def test_tag_keys_are_the_rule_s() -> None:
    """All of them, as one text."""
    stack = made("config-tags")
    for rule in of_type(stack, "AWS::Config::ConfigRule").values():
        assert rule["InputParameters"] == {"requiredKeyTags": "Project,Cost Center"}


def test_broad_policies_are_named_in_any_partition() -> None:
    """AmazonSageMakerFullAccess and its kin, by ARNs that CloudFormation fills."""
    rule = rule_of(made("broad-managed-policies"), "IAM_POLICY_BLACKLISTED_CHECK")
    text = rule["InputParameters"]["policyArns"]["Fn::Sub"]
    assert "arn:${AWS::Partition}:iam::aws:policy/AmazonSageMakerFullAccess" in text.split(",")
    names = {one.rpartition("/")[2] for one in text.split(",")}
    known = json.loads((files("rolemgr.reference.data") / "managed_policy_names.json").read_text("utf-8"))
    assert names <= set(json.dumps(known).replace('"', " ").replace(",", " ").replace("/", " ").split())


@pytest.mark.parametrize("name", WITH_RULES)
def test_a_rule_is_made_where_its_region_has_it(name: str) -> None:
    """The condition of each rule, decided for each region, says what AWS's list says."""
    stack = made(name, given=values(*sorted(CATALOG.found("guardrails"))))
    for resource in stack["Resources"].values():
        if resource["Type"] == "AWS::Config::ConfigRule":
            rule = config_rules()[resource["Properties"]["Source"]["SourceIdentifier"]]
            [find, yes] = stack["Conditions"][resource["Condition"]]["Fn::Equals"]
            table, _, column = find["Fn::FindInMap"]
            found = {region for region, row in stack["Mappings"][table].items() if row[column] == yes}
            assert found == {region for region in config_regions() if rule.is_in(region)}


def test_findings_of_our_rules_are_told_and_no_others() -> None:
    """By the prefix of their names; a resource that is in order again is none."""
    one = Watch(made("mutable-image-tags"), "ConfigFindings")

    def change(rule: str, result: str) -> dict[str, Any]:
        detail = {
            "messageType": "ComplianceChangeNotification",
            "configRuleName": rule,
            "resourceType": "AWS::ECR::Repository",
            "resourceId": "team/image",
            "newEvaluationResult": {"complianceType": result},
        }
        kind = "Config Rules Compliance Change"
        return {
            "source": "aws.config",
            "detail-type": kind,
            "account": "1",
            "region": "r",
            "time": "t",
            "detail": detail,
        }

    ours = f"{NAME_PREFIX}ecr-private-tag-immutability-enabled"
    assert one.says(change(ours, "NON_COMPLIANT")) == "Config Rules Compliance Change: team/image"
    assert one.says(change(ours, "COMPLIANT")) is None
    assert one.says(change("securityhub-x", "NON_COMPLIANT")) is None
    names = [
        rule["ConfigRuleName"]
        for name in WITH_RULES
        for rule in of_type(made(name), "AWS::Config::ConfigRule").values()
    ]
    assert all(name.startswith(NAME_PREFIX) and len(name) <= 128 for name in names)


def script(stack: dict[str, Any]) -> Any:
    """Return the handler of the one runbook in *stack*, and the input that it gets besides the resource's id."""
    [document] = of_type(stack, "AWS::SSM::Document").values()
    [step] = document["Content"]["mainSteps"]
    module: dict[str, Any] = {}
    exec(compile(step["inputs"]["Script"].replace("import boto3\n", ""), "script", "exec"), module)  # noqa: S102
    name = next(one for one in ("stop_notebook", "immutable_tags", "detach_policies") if one in module)
    return module[name], step["inputs"]["InputPayload"]


@cache
def a_client() -> Any:
    """Return botocore's client of SageMaker, which is stubbed."""
    return get_session().create_client("sagemaker", region_name="eu-west-1")


@pytest.mark.parametrize("resource", ["nb", "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb"])
@pytest.mark.parametrize(("status", "stops"), [("InService", True), ("Stopped", False), ("Pending", False)])
def test_the_remedy_of_a_notebook_stops_it_where_it_runs(resource: str, status: str, stops: bool) -> None:
    """By its name, whether AWS Config says its name or its ARN."""
    sagemaker = a_client()
    run, payload = script(made("config-guardrails", given=values("root-access", remediate=True)))
    assert payload == {"ResourceId": "{{ ResourceId }}"}
    with Stubber(sagemaker) as stub:
        stub.add_response(
            "describe_notebook_instance", {"NotebookInstanceStatus": status}, {"NotebookInstanceName": "nb"}
        )
        if stops:
            stub.add_response("stop_notebook_instance", {}, {"NotebookInstanceName": "nb"})
        assert run({"ResourceId": resource}, lambda _: sagemaker).startswith(
            "nb is being stopped" if stops else "nb is "
        )
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("resource", ["team/image", "arn:aws:ecr:eu-west-1:111122223333:repository/team/image"])
def test_the_remedy_of_a_repository_makes_its_tags_immutable(resource: str) -> None:
    """A repository's name may have slashes."""
    run, _ = script(made("mutable-image-tags", given=values(remediate=True)))
    recorder = Recorder()
    run({"ResourceId": resource}, recorder)
    wanted = {"repositoryName": "team/image", "imageTagMutability": "IMMUTABLE"}
    assert recorder.asked == [("ecr.put_image_tag_mutability", wanted)]
    model = get_session().get_service_model("ecr").operation_model("PutImageTagMutability").input_shape
    assert wanted["imageTagMutability"] in model.members["imageTagMutability"].enum
    assert wanted.keys() <= model.members.keys()


class _Pages:
    def __init__(self, arns: list[str]) -> None:
        self._arns = arns

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        """Return two pages."""
        return [{"AttachedPolicies": [{"PolicyArn": arn}]} for arn in self._arns]


@pytest.mark.parametrize(("prefix", "kind"), [("AROA", "role"), ("AIDA", "user"), ("AGPA", "group")])
def test_the_remedy_of_a_policy_detaches_what_is_on_the_list_alone(prefix: str, kind: str) -> None:
    """From whom the rule found, by the name that AWS Config recorded; what else is attached stays."""
    run, payload = script(made("broad-managed-policies", given=values(remediate=True)))
    broad = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    listed = payload["Policies"]["Fn::Sub"].replace("${AWS::Partition}", "aws")
    assert broad in listed
    recorder = Recorder(
        answers={
            "config.get_resource_config_history": {"configurationItems": [{"resourceName": "ds"}]},
            "iam.get_paginator": _Pages([broad, "arn:aws:iam::111122223333:policy/ours"]),
        }
    )
    event = {"ResourceId": f"{prefix}EXAMPLE", "Policies": listed}
    client = lambda service: _Positional(recorder, service)  # noqa: E731
    assert run(event, client) == f"{broad} was detached from ds"
    assert recorder.asked[-1] == (f"iam.detach_{kind}_policy", {"PolicyArn": broad, f"{kind.capitalize()}Name": "ds"})
    assert recorder.asked[0][1]["resourceType"] == f"AWS::IAM::{kind.capitalize()}"
    assert sum(operation.startswith("iam.detach") for operation, _ in recorder.asked) == 1


def test_the_role_of_that_remedy_detaches_nothing_else() -> None:
    """Who could change its runbook would otherwise take any policy off anybody, and its Denies with it."""
    found = made("broad-managed-policies", given=values(remediate=True))
    policies = [one for role in of_type(found, "AWS::IAM::Role").values() for one in role["Policies"]]
    statements = [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]
    detaching = [one for one in statements if "Detach" in str(one["Action"])]
    assert len(detaching) == 3
    for one in detaching:
        listed = [arn["Fn::Sub"].rpartition("/")[2] for arn in one["Condition"]["ArnEquals"]["iam:PolicyARN"]]
        assert {"AdministratorAccess", "AmazonSageMakerFullAccess"} <= set(listed)


class _Positional:
    """A client whose `get_paginator` takes its argument by place."""

    def __init__(self, recorder: Recorder, service: str) -> None:
        self._client = recorder(service)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        return (lambda operation: found(operation=operation)) if name == "get_paginator" else found


@pytest.mark.parametrize("name", WITH_RULES)
def test_nothing_is_mended_unasked(name: str) -> None:
    """Without `--remediate` there is no runbook, no role for it and no remediation."""
    stack = made(name)
    assert not of_type(stack, "AWS::Config::RemediationConfiguration")
    assert not of_type(stack, "AWS::SSM::Document")


def test_a_remediation_names_its_rule_its_runbook_and_its_role() -> None:
    """Each by reference; the runbook has the parameters that it is given."""
    stack = made("config-guardrails", given=values("root-access", "direct-internet-access", remediate=True))
    found = of_type(stack, "AWS::Config::RemediationConfiguration")
    assert len(found) == 2
    for one in found.values():
        assert stack["Resources"][one["ConfigRuleName"]["Ref"]]["Type"] == "AWS::Config::ConfigRule"
        content = stack["Resources"][one["TargetId"]["Ref"]]["Properties"]["Content"]
        assert one["Parameters"].keys() == content["parameters"].keys()
        [role] = one["Parameters"]["AutomationAssumeRole"]["StaticValue"]["Values"]
        assert stack["Resources"][role["Fn::GetAtt"][0]]["Type"] == "AWS::IAM::Role"


def filled(*names: str) -> Any:
    """Return the filled rules of the controls *names* with every guardrail chosen."""
    controls = [NamedControl(name, CATALOG.detective_control(name)) for name in names]
    return rules_of(controls, values(*(one.name for one in chosen())))


def test_a_conformance_pack_has_rules_and_parameters_alone() -> None:
    """In the form of AWS's page: each parameter is named after its rule, and each reference has one."""
    pack = conformance_pack(filled(*WITH_RULES), "aws-us-gov", None)
    assert pack.keys() == {"Parameters", "Resources"}
    assert {one["Type"] for one in pack["Resources"].values()} == {"AWS::Config::ConfigRule"}
    assert len(pack["Resources"]) == 37
    references = {
        one["Ref"]
        for rule in pack["Resources"].values()
        for one in rule["Properties"].get("InputParameters", {}).values()
    }
    assert references == pack["Parameters"].keys()
    assert len(references) <= 60
    assert "${" not in json.dumps(pack)
    assert "arn:aws-us-gov:iam::aws:policy/AmazonSageMakerFullAccess" in json.dumps(pack)
    assert len(json.dumps(pack, separators=(",", ":"))) <= 51_200


@pytest.mark.parametrize("region", config_regions())
def test_a_pack_for_a_region_has_the_rules_of_that_region(region: str) -> None:
    """A rule that a region lacks would fail the whole pack there."""
    pack = conformance_pack(filled(*WITH_RULES), partition_of(region), region)
    found = {one["Properties"]["Source"]["SourceIdentifier"] for one in pack["Resources"].values()}
    assert found == {name for name, rule in config_rules().items() if rule.is_in(region)}


def test_the_accelerator_gets_each_rule_once_without_the_regions_that_lack_it() -> None:
    """A set for each set of regions; nobody is a target until the user says so."""
    sets = accelerator_config(filled(*WITH_RULES), "aws")["awsConfig"]["ruleSets"]
    rules = [rule["identifier"] for one in sets for rule in one["rules"]]
    assert sorted(rules) == sorted(config_rules())
    for one in sets:
        assert one["deploymentTargets"]["organizationalUnits"] == []
        for rule in one["rules"]:
            lacking = {region for region in config_regions() if not config_rules()[rule["identifier"]].is_in(region)}
            assert set(one["deploymentTargets"].get("excludedRegions", ())) == lacking
