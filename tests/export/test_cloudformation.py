"""A template makes the role that is rendered for its account and region, wherever it is put."""

import json
import re
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from tests.export.conftest import Server
from tests.export.support import (
    ACCOUNT,
    CATALOG,
    NASTY,
    REGIONS,
    direct,
    exported,
    meaning,
    parsed,
    partition_of,
    resolved,
    role_of,
)
from tests.nightly import some
from tests.support import ALL_LIMITS, KEY

from rolemgr.errors import InputError
from rolemgr.export.formats import Options
from rolemgr.export.stand_ins import known_regions

PERSONAS = sorted(CATALOG.found("personas"))
PARAMETERIZED = Options(parameterize=True)
GIVEN: dict[str, Any] = {
    "bucket": ["acme-a", "acme-b"],
    "subnet": ["subnet-0a", "subnet-0b"],
    "security_group": ["sg-0c"],
}
KEYS: dict[str, Any] = {"data_key": [KEY], "volume_key": [KEY]}
FIXED: dict[str, dict[str, Any]] = {"bare": {}, "account": {"account": ACCOUNT}, "region": {"region": "eu-west-1"},
         "both": {"account": ACCOUNT, "region": "ap-southeast-1"}, "partition": {"partition": "aws"}}  # fmt: skip


def template(options: Options | None = None, **choices: Any) -> dict[str, Any]:
    """Return the template of the role that *choices* compose to."""
    return parsed(exported("cloudformation", options, **choices).text)


def test_regions_of_the_tests_are_those_that_are_known() -> None:
    """A region that the data gains is tested too."""
    assert known_regions() == REGIONS


@pytest.mark.sampled(4)
@pytest.mark.parametrize("persona", PERSONAS)
def test_template_is_the_role_in_every_region(persona: str) -> None:
    """In all known regions and an account that nobody named: what is rendered directly, field by field."""
    made = template(persona=persona)
    for region in REGIONS:
        wanted = direct(persona=persona, account=ACCOUNT, region=region)
        assert meaning(resolved(made, ACCOUNT, region)) == meaning(wanted), region


@pytest.mark.parametrize("fixed", FIXED)
@pytest.mark.parametrize("persona", ["ml-engineer", "sagemaker-compute"])
def test_what_is_fixed_stays(persona: str, fixed: str) -> None:
    """Account, region or both given: those are literal, the others are the stack's own."""
    chosen: dict[str, Any] = {"persona": persona, **GIVEN, **FIXED[fixed]}
    made = template(**chosen)
    text = json.dumps(made)
    assert ("AWS::AccountId" not in text) == ("account" in chosen)
    assert ("AWS::Region" not in text) == ("region" in chosen)
    assert ("AWS::Partition" not in text) == bool({"region", "partition"} & chosen.keys())
    for region in [chosen["region"]] if "region" in chosen else REGIONS[::7]:
        if "partition" in chosen and partition_of(region) != "aws":
            continue
        wanted = direct(**{"account": ACCOUNT, "region": region, **chosen})
        assert meaning(resolved(made, ACCOUNT, region)) == meaning(wanted), region


def test_parameters_take_the_place_of_what_was_given() -> None:
    """Other buckets, keys, subnets and groups, in another partition: the role that names those."""
    made = template(PARAMETERIZED, persona="ml-engineer", **GIVEN, **KEYS)
    key = "arn:aws-cn:kms:cn-north-1:246813579024:key/mrk-1234abcd12ab34cd56ef1234567890ab"
    values = {"Bucket1": "other-a", "Bucket2": "other-b", "DataKey": key, "Subnet1": "subnet-1a",
              "Subnet2": "subnet-1b", "SecurityGroup": "sg-1c"}  # fmt: skip
    assert made["Parameters"].keys() == values.keys()
    wanted = direct(
        persona="ml-engineer", account=ACCOUNT, region="cn-north-1", bucket=["other-a", "other-b"], data_key=[key],
        volume_key=[key], subnet=["subnet-1a", "subnet-1b"], security_group=["sg-1c"],
    )  # fmt: skip
    assert meaning(resolved(made, ACCOUNT, "cn-north-1", **values)) == meaning(wanted)


def test_parameters_default_to_what_was_given() -> None:
    """Without values the role is the one that was described, and no value is left in its policies."""
    made = template(PARAMETERIZED, **ALL_LIMITS)
    wanted = direct(**{**ALL_LIMITS, "account": ACCOUNT, "region": "eu-west-1"})
    assert meaning(resolved(made, ACCOUNT, "eu-west-1")) == meaning(wanted)
    assert not any(text in json.dumps(made["Resources"]) for text in ("subnet-0a", "sg-0b", KEY, "acme"))


def test_own_policies_move_with_the_account() -> None:
    """The account's boundary and policies are those of the stack's account; AWS's are those of its partition."""
    chosen: dict[str, Any] = {"persona": "sagemaker-compute", "boundary": "arn:aws:iam::111122223333:policy/ml/limits",
              "managed_policy": ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess",
                                 "arn:aws:iam::111122223333:policy/extra"]}  # fmt: skip
    found = resolved(template(**chosen), ACCOUNT, "us-gov-west-1")
    assert found["PermissionsBoundary"] == f"arn:aws-us-gov:iam::{ACCOUNT}:policy/ml/limits"
    assert sorted(found["ManagedPolicyArns"]) == [
        f"arn:aws-us-gov:iam::{ACCOUNT}:policy/extra",
        "arn:aws-us-gov:iam::aws:policy/CloudWatchReadOnlyAccess",
    ]


def test_a_name_that_looks_like_a_place_is_left_alone() -> None:
    """The example account, a region and a partition in the name of a bucket are part of that name."""
    bucket = "acme-111122223333-us-east-1-aws"
    found = resolved(template(persona="sagemaker-compute", bucket=[bucket]), ACCOUNT, "eu-west-1")
    resources = json.dumps(found)
    assert f"arn:aws:s3:::{bucket}/*" in resources
    assert "111122223333" not in resources.replace(bucket, "")


@pytest.mark.parametrize("limits", [False, True])
@pytest.mark.parametrize("persona", ["ml-engineer", "sagemaker-pipeline", "data-scientist"])
def test_quotas_hold_in_every_region_and_with_the_longest_names(persona: str, limits: bool) -> None:
    """No region's name, list of accounts or parameter makes a policy too large for IAM."""
    more = {**ALL_LIMITS, "abac": [], "persona": persona} if limits else {"bucket": ["acme"]}
    made = template(PARAMETERIZED, **{"persona": persona, **more})
    longest = {name: _longest(one) for name, one in made["Parameters"].items()}
    for region in REGIONS:
        found = resolved(made, ACCOUNT, region, **longest)
        assert sum(_size(one) for one in found["Policies"]) <= 10_240, region
        assert [one["ManagedPolicyName"] for one in found["ManagedPolicies"] if _size(one) > 6_144] == []


def _longest(parameter: dict[str, Any]) -> str:
    """Return the longest value that *parameter* may have, a key's in the region with the longest name."""
    head = f"arn:aws:kms:{max(REGIONS, key=len)}:{ACCOUNT}:key/" if ":kms:" in parameter["AllowedPattern"] else ""
    return head.ljust(parameter["MaxLength"], "x")


def _size(policy: dict[str, Any]) -> int:
    return len(json.dumps(policy["PolicyDocument"], separators=(",", ":")))


LINTED: dict[str, tuple[dict[str, Any], Options | None]] = {"bare": ({}, None), "fixed": ({"account": ACCOUNT, "region": "eu-west-1"}, None),
          "parameterized": (GIVEN | KEYS, PARAMETERIZED), "managed": ({"inline": "no"}, None),
          "by tag": ({"bucket": ["acme", "acme-${aws:PrincipalTag/Project}"], "tag": {"Project": "x"}}, PARAMETERIZED)}  # fmt: skip


@pytest.mark.sampled(2)
@pytest.mark.parametrize("variant", LINTED)
def test_the_linter_finds_nothing(variant: str) -> None:
    """
    No error and no warning from CloudFormation's own linter, for any persona.

    The resources of all stand in one template, which takes the linter half the time.
    """
    chosen, options = LINTED[variant]
    whole: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}
    personas = some(PERSONAS, 12)
    for persona in personas:
        made = template(options, **{"persona": persona, **chosen})
        if len(json.dumps(made.get("Mappings"))) >= len(json.dumps(whole.get("Mappings"))):
            whole |= {name: made[name] for name in ("Mappings", "Parameters") if name in made}
        whole["Resources"] |= _renamed(made["Resources"], persona.title().replace("-", ""))
    assert len(whole["Resources"]) > len(personas)
    assert _findings(json.dumps(whole)) == []


def _renamed(resources: dict[str, Any], prefix: str) -> dict[str, Any]:
    text = re.sub(r'\{"Ref": "(Role|Policy\d)"\}', rf'{{"Ref": "{prefix}\1"}}', json.dumps(resources))
    return {f"{prefix}{name}": one for name, one in json.loads(text).items()}


def _findings(text: str) -> list[str]:
    return [str(match) for match in lint(text, config=ManualArgs(regions=["eu-west-1"], ignore_checks=["I"]))]


def test_the_linter_reads_the_text_that_is_printed() -> None:
    """The YAML itself, with an explanation among its metadata, is a template."""
    assert _findings(exported("cloudformation", Options(explain=True), persona="sagemaker-compute").text) == []


@pytest.mark.sampled(1)
@pytest.mark.parametrize("region", ["us-west-2", "ap-southeast-1"])
def test_cloudformation_makes_the_role(aws: Server, region: str) -> None:
    """
    Stacks over HTTP: the roles of all personas in the account are those that are rendered for it.

    moto's AWS::Partition is ``aws`` everywhere, so the other partitions are left to our own resolver.
    """
    stacks, iam = aws.client("cloudformation", region), aws.client("iam", region)
    for persona in PERSONAS:
        text = exported("cloudformation", persona=persona, path="/ml/", tag={"Project": "a b"}).text
        stack = stacks.create_stack(StackName=persona, TemplateBody=text, Capabilities=["CAPABILITY_NAMED_IAM"])
        wanted = direct(
            persona=persona, path="/ml/", tag={"Project": "a b"}, account=ACCOUNT, region=region
        )  # fmt: skip
        assert meaning(role_of(iam, wanted["RoleName"])) == meaning(wanted)
        outputs = stacks.describe_stacks(StackName=stack["StackId"])["Stacks"][0]["Outputs"]
        assert {one["OutputKey"]: one["OutputValue"] for one in outputs}["RoleName"] == wanted["RoleName"]


def test_cloudformation_makes_a_role_with_everything(aws: Server) -> None:
    """Parameters, boundary, attached policies, trust, tags, and a description that tries to break out."""
    trust = [{"kind": "github", "value": "acme/ml", "environment": "prod"}, {"kind": "sagemaker"}]
    iam, stacks = aws.client("iam", "eu-west-1"), aws.client("cloudformation", "eu-west-1")
    extra = iam.create_policy(PolicyName="limits", PolicyDocument=json.dumps(NOTHING))["Policy"]["Arn"]
    chosen = {**ALL_LIMITS, "kms_key_names": "arn", "abac": [], "description": NASTY, "name": "all+=,.@-_1", "max_session": "2h", "trust": trust,
              "boundary": extra.replace(ACCOUNT, "111122223333"),
              "managed_policy": ["arn:aws:iam::aws:policy/IAMReadOnlyAccess"]}  # fmt: skip
    text = exported("cloudformation", PARAMETERIZED, **{**chosen, "break_separation": "x"}).text
    given = [{"ParameterKey": "Bucket", "ParameterValue": "other"}]
    stacks.create_stack(
        StackName="all", TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"]
    )  # fmt: skip
    wanted = direct(
        **{**chosen, "bucket": ["other"], "boundary": extra, "account": ACCOUNT, "region": "eu-west-1"},
        break_separation="x",
    )
    wanted.pop("ManagedPolicyArns")  # which moto's CloudFormation does not attach
    assert meaning(role_of(iam, "all+=,.@-_1")) == meaning(wanted)


NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


def test_explanation_names_what_fills_the_holes() -> None:
    """The metadata has the origin of each statement, and no stand-in."""
    text = exported("cloudformation", Options(explain=True), persona="sagemaker-compute").text
    metadata = parsed(text)["Metadata"]["Rolemgr"]
    assert metadata["Parameters"]["work_buckets"] == ["sagemaker-<AWS::Region>-<AWS::AccountId>"]
    assert metadata["Statements"]["ECRImages"][0]["File"] == "activity_groups/pull-images.yaml"
    assert "zz-" not in text


@pytest.mark.parametrize("bucket", ["zz-partition", "zz-bucket-000z"])
def test_a_text_that_is_a_stand_in_is_refused(bucket: str) -> None:
    """What could not be told from a hole is an error, and no template."""
    with pytest.raises(InputError, match="rolemgr uses it itself"):
        exported("cloudformation", PARAMETERIZED, persona="sagemaker-compute", bucket=[bucket])
