"""Where policies are found: documents, roles, templates, plans; and of which type they are."""

import json
import re
from importlib.resources import files
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.test_read import ANYTHING, POLICIES

from rolemgr.check.collect import from_text
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.run import check
from rolemgr.check.sources import find
from rolemgr.errors import InputError
from rolemgr.iam.documents import PolicyType

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-churn/*"}
POLICY = {"Version": "2012-10-17", "Statement": [READ]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BUCKET = {"Version": "2012-10-17", "Statement": [{**READ, "Principal": "*"}]}


def in_yaml(text: str, name: str = "x.yaml") -> list[Document]:
    """Return the documents in the YAML *text*."""
    return from_text(dedent(text), name, as_json=False)


def found(text: str) -> list[Finding]:
    """Return what the rules find in the YAML *text*."""
    return list(check(in_yaml(text)))


@pytest.mark.parametrize(
    ("data", "name", "kinds"),
    [
        (POLICY, "policy.json", ["identity"]),
        (TRUST, "trust.json", ["trust"]),
        (BUCKET, "bucket.json", ["resource"]),
        (POLICY, "org/scps/deny.json", ["scp"]),
        (POLICY, "ml-scp.json", ["scp"]),
        (BUCKET, "perimeter-rcp.json", ["rcp"]),
        (POLICY, "boundaries/ml.json", ["boundary"]),
        (POLICY, "describe.json", ["identity"]),
        ([POLICY, POLICY], "scp.json", ["scp", "scp"]),
        ({"PolicyName": "x", "PolicyDocument": POLICY}, "x.json", ["identity"]),
        ({"PolicyVersion": {"Document": POLICY}}, "x.json", ["identity"]),
        ({"Role": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}}, "x.json", ["trust"]),
        (
            {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Policies": [{"PolicyName": "p", "PolicyDocument": POLICY}],
             "ManagedPolicies": [{"ManagedPolicyName": "m", "PolicyDocument": POLICY}]},
            "role.json", ["trust", "identity", "identity"],
        ),
    ],
)  # fmt: skip
def test_the_type_is_told_from_content_and_name(data: Any, name: str, kinds: list[str]) -> None:
    """A Principal tells trust and resource policies; names tell SCPs, RCPs and boundaries."""
    assert [document.kind for document in from_text(json.dumps(data), name, as_json=True)] == kinds


ANY = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}
NOBODY = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole"}}


@pytest.mark.parametrize(
    ("data", "name", "kind", "suggested"),
    [
        (POLICY, "scp-base.json", "scp", True),
        (POLICY, "boundary-ml.json", "boundary", True),
        (POLICY, "policy.json", "identity", False),
        (POLICY, "org/rcp/x.json", "identity", False),  # an RCP has a Principal
        (TRUST, "trust.json", "trust", False),  # its content tells
        (ANY, "trust-ml.json", "trust", True),
        (ANY, "ml.json", "resource", False),
        (NOBODY, "ml-trust-policy.json", "trust", True),
        ({"Statement": {**NOBODY["Statement"], "Principal": "*", "Resource": "*"}}, "assume-role.json", "trust", True),
        (BUCKET, "trust.json", "resource", False),  # its content tells otherwise
        (POLICY, "trust.json", "identity", False),
        (BUCKET, "vpc-endpoint-s3.json", "endpoint", True),
        (BUCKET, "bucket-vpc-endpoint.json", "resource", False),
        (BUCKET, "rcp.json", "rcp", True),
        (BUCKET, "scp.json", "resource", False),
        ({"Resources": {"R": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": POLICY}}}}, "scp.json", "identity", False),
    ],
)  # fmt: skip
def test_a_type_that_the_name_alone_tells_is_marked(data: Any, name: str, kind: str, suggested: bool) -> None:
    """Content comes first; the name decides where it can't tell."""
    (document,) = from_text(json.dumps(data), name, as_json=True)
    assert (document.kind, document.suggested) == (kind, suggested)
    assert not from_text(json.dumps(data), name, as_json=True, kind=PolicyType.IDENTITY)[0].suggested


@pytest.mark.parametrize(
    "data", [{}, [], {"a": 1}, {"Version": "3", "services": {}}, "text", 7, {"Resources": {"a": 1}}]
)
def test_what_is_no_policy_is_not_taken_for_one(data: Any) -> None:
    """A docker file or a package file in a folder is skipped."""
    assert list(find(data)) == []


def test_nothing_to_check_is_an_error() -> None:
    """A green run always means that something was checked."""
    with pytest.raises(InputError, match="holds no policy"):
        from_text("{}", "x.json", as_json=True)


TEMPLATE = """\
Parameters:
  Bucket: {Type: String}
Resources:
  Compute:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: !Sub "sagemaker.${AWS::URLSuffix}"}
            Action: sts:AssumeRole
            Condition:
              StringEquals: {"aws:SourceAccount": !Ref AWS::AccountId}
      Policies:
        - PolicyName: data
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [s3:GetObject, s3:ListBucket]
                Resource: [!Sub "arn:${AWS::Partition}:s3:::${Bucket}/*", !GetAtt Data.Arn]
              - Effect: Allow
                Action: iam:PassRole
                Resource: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"
                Condition: !If [Narrow, {StringEquals: {"iam:PassedToService": sagemaker.amazonaws.com}}, !Ref AWS::NoValue]
              - !If
                - Emergency
                - {Sid: Emergency, Effect: Allow, Action: sagemaker:CreateTrainJob, Resource: "*"}
                - !Ref AWS::NoValue
  DataPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {AWS: !GetAtt Compute.Arn}
            Action: s3:GetObject
            Resource: !Join ["", ["arn:aws:s3:::", !Ref Bucket, "/*"]]
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: !Ref PolicyFromElsewhere
  Everyone:
    Type: AWS::SQS::QueuePolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: "*", Action: sqs:SendMessage, Resource: "*"}]
"""


def test_a_template_is_judged_by_what_stands_in_it() -> None:
    """Each finding is on its line; what a function fills in makes none."""
    lines = TEMPLATE.splitlines()
    findings = [(one.rule, lines[(one.line or 0) - 1].strip()) for one in found(TEMPLATE)]
    assert findings == [
        ("RM607", 'Resource: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"'),
        ("RM202", '- {Sid: Emergency, Effect: Allow, Action: sagemaker:CreateTrainJob, Resource: "*"}'),
        ("RM608", "Action: iam:PassRole"),  # where Narrow is false, nothing limits it
        ("RM605", 'Statement: [{Effect: Allow, Principal: "*", Action: sqs:SendMessage, Resource: "*"}]'),
    ]


def test_types_in_a_template_are_those_of_its_resources() -> None:
    """A property says what its policy is."""
    assert [one.kind for one in in_yaml(TEMPLATE) if not one.variant] == ["trust", "identity", "resource", "resource"]


def test_a_template_in_json_is_read_in_the_long_form() -> None:
    """`Fn::Sub` and `Ref` in JSON are what the tags are in YAML."""
    statement = {"Effect": "Allow", "Action": {"Ref": "Actions"}, "Resource": {"Fn::Sub": "arn:aws:s3:::${Bucket}/*"}}
    resource = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": statement}},
    }
    documents = from_text(json.dumps({"Resources": {"P": resource}}), "x.json", as_json=True)
    assert list(check(documents)) == []


def test_the_policies_of_one_role_in_a_template_act_together() -> None:
    """PassRole in one inline policy serves the job in the other."""
    job = {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"}
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/compute",
               "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}  # fmt: skip
    policies = [{"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [one]}}
                for name, one in (("jobs", job), ("pass", passing))]  # fmt: skip
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST, "Policies": policies}}
    both = from_text(json.dumps({"Resources": {"R": role}}), "x.json", as_json=True)
    assert "RM609" not in {one.rule for one in check(both)}
    role["Properties"]["Policies"].pop()  # type: ignore[index]
    alone = from_text(json.dumps({"Resources": {"R": role}}), "x.json", as_json=True)
    assert "RM609" in {one.rule for one in check(alone)}


def test_inline_policies_of_a_role_share_a_quota() -> None:
    """Two policies that fit by themselves do not fit together."""
    big = {**READ, "Resource": [f"arn:aws:s3:::acme-churn/{number:06}/*" for number in range(180)]}
    policies = [{"PolicyName": name, "PolicyDocument": {"Version": "2012-10-17", "Statement": [big]}} for name in "ab"]
    role = {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Policies": policies}
    assert "RM504" in {one.rule for one in check(from_text(json.dumps(role), "role.json", as_json=True))}
    role["Policies"] = policies[:1]
    assert "RM504" not in {one.rule for one in check(from_text(json.dumps(role), "role.json", as_json=True))}


PLAN = {
    "planned_values": {
        "root_module": {
            "resources": [
                {"address": "aws_iam_role.r", "type": "aws_iam_role", "values": {
                    "assume_role_policy": json.dumps(TRUST),
                    "inline_policy": [{"name": "p", "policy": json.dumps(POLICY)}]}},
                {"address": "aws_instance.i", "type": "aws_instance", "values": {"policy": "x"}},
            ],
            "child_modules": [{"resources": [
                {"address": "module.m.aws_s3_bucket_policy.b", "type": "aws_s3_bucket_policy", "values": {"policy": json.dumps(BUCKET)}},
                {"address": "aws_organizations_policy.s", "type": "aws_organizations_policy", "values": {"content": json.dumps(POLICY)}},
            ]}],
        }
    }
}  # fmt: skip


def test_a_terraform_plan_is_read_through_its_modules() -> None:
    """Policies are strings there; each finding is on the line of the string."""
    text = json.dumps(PLAN, indent=1)
    documents = from_text(text, "plan.json", as_json=True)
    assert [one.kind for one in documents] == ["trust", "identity", "resource", "scp"]
    (public,) = (one for one in check(documents) if one.rule == "RM605")
    assert public.line is not None
    assert "Principal" in text.splitlines()[public.line - 1]


def test_terraform_json_configuration_is_read() -> None:
    """`.tf.json` files hold policies as text; what an expression builds is unknown and skipped."""
    data = {"resource": {"aws_iam_policy": {"p": {"policy": json.dumps(POLICY)}, "q": {"policy": "${jsonencode(local.p)}"}},
                         "aws_iam_role": {"r": [{"assume_role_policy": json.dumps(TRUST)}]}}}  # fmt: skip
    assert [one.kind for one in from_text(json.dumps(data), "main.tf.json", as_json=True)] == ["identity", "trust"]


def test_duplicate_keys_are_refused_with_their_line() -> None:
    """AWS keeps one of two keys, and nobody sees which."""
    with pytest.raises(InputError, match=r"x\.json:3: repeats the key `Effect`"):
        from_text('{"Statement": {\n"Effect": "Deny",\n"Effect": "Allow"}}', "x.json", as_json=True)


def test_lines_in_yaml_are_those_of_the_file() -> None:
    """A finding in YAML stands on its line too."""
    text = "Version: '2012-10-17'\nStatement:\n  - Effect: Allow\n    Action:\n      - s3:GetObject\n      - s3:GetObjcet\n    Resource: 'arn:aws:s3:::acme/*'\n"
    assert [(one.rule, one.line) for one in found(text)] == [("RM202", 6)]


TYPES = st.sampled_from(
    ["AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Organizations::Policy", "aws_iam_role", "aws_iam_policy"]
)
NAMES = st.sampled_from(
    ["PolicyDocument", "AssumeRolePolicyDocument", "Policies", "Content", "Type", "policy", "inline_policy"]
)
DOCUMENTS = POLICIES | POLICIES.map(json.dumps) | ANYTHING | st.lists(POLICIES | ANYTHING, max_size=2)
VALUES = st.dictionaries(NAMES, DOCUMENTS, max_size=3) | ANYTHING
RESOURCES = st.fixed_dictionaries({"Type": TYPES, "type": TYPES, "Properties": VALUES, "values": VALUES}) | ANYTHING
NAMED = st.dictionaries(TYPES, RESOURCES, max_size=2) | ANYTHING
MODULES = st.fixed_dictionaries(
    {}, optional={"resources": st.lists(RESOURCES, max_size=2) | ANYTHING, "child_modules": ANYTHING}
)
PLANS = st.fixed_dictionaries({"root_module": MODULES | ANYTHING}) | ANYTHING
FILES = (
    st.fixed_dictionaries({"Resources": NAMED})
    | st.fixed_dictionaries({"planned_values": PLANS})
    | st.fixed_dictionaries({"resource": st.dictionaries(TYPES, NAMED, max_size=2)})
    | VALUES
)


@given(FILES)
def test_no_file_makes_the_search_crash(data: Any) -> None:
    """Templates and plans of any shape are looked through, and what is found in them has a line."""
    try:
        documents = from_text(json.dumps(data), "x.json", as_json=True)
    except InputError:
        return
    assert all(finding.line == 1 for finding in check(documents))


def test_the_list_of_properties_names_its_sources_with_their_versions() -> None:
    """So that ``tools/policy_properties.py --check`` can be asked of the same ones."""
    text = files("rolemgr.check.reader").joinpath("policy_properties.json").read_text("utf-8")
    sources = {side: told["source"] for side, told in json.loads(text).items()}
    assert re.search(r"registry of 20\d\d-\d\d-\d\dT\S+, in cfn-lint \d+\.\d+", sources["cloudformation"])
    assert re.search(r"registry\.terraform\.io/hashicorp/aws \d+\.\d+\.\d+$", sources["terraform"])
