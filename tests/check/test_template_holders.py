"""Who holds a managed policy of a template: by its own word or the role's, in one branch or in all."""

import json
from typing import Any

import pytest
from tests.check.test_attached import JOB, PASS, PASS_ANY, custom, document, found, not_judged, rules


def template(**resources: Any) -> Any:
    """Return a template of *resources*."""
    return {"Resources": resources}


def made(kind: str, condition: str | None = None, **properties: Any) -> Any:
    """Return a resource of IAM."""
    more = {"Condition": condition} if condition else {}
    return {"Type": f"AWS::IAM::{kind}", "Properties": properties, **more}


def inline(statement: Any) -> Any:
    """Return the inline policies of a holder."""
    return [{"PolicyName": "own", "PolicyDocument": document(statement)}]


JOBS = made("ManagedPolicy", PolicyDocument=document(JOB))
PASSES = made("ManagedPolicy", PolicyDocument=document(PASS_ANY))


def test_policies_name_their_roles() -> None:
    """One policy of several roles acts in each of them."""
    roles: dict[str, Any] = {"Roles": [{"Ref": "R"}, {"Ref": "S"}]}
    jobs = made("ManagedPolicy", PolicyDocument=document(JOB), **roles)
    passes = made("Policy", PolicyName="p", PolicyDocument=document(PASS_ANY), Roles=[{"Ref": "S"}])
    apart = made("Policy", PolicyName="p", PolicyDocument=document(PASS_ANY), Roles=[{"Ref": "T"}])
    of = {"R": made("Role"), "S": made("Role"), "T": made("Role")}
    assert {"RM704", "RM609"} <= rules(template(J=jobs, P=passes, **of))
    alone = rules(template(J=jobs, P=apart, **of))
    assert "RM704" not in alone
    assert "RM609" in alone


@pytest.mark.parametrize("kind", ["Role", "User", "Group"])
def test_each_holder_attaches_by_reference(kind: str) -> None:
    """Two policies of one holder act together; the finding in a shared text is told once."""
    holder = made(kind, ManagedPolicyArns=[{"Ref": "J"}, {"Fn::GetAtt": ["P", "PolicyArn"]}])
    assert "RM704" in rules(template(H=holder, J=JOBS, P=PASSES))
    other = made(kind, ManagedPolicyArns=[{"Ref": "J"}, {"Ref": "P"}])
    twice = [rule for rule, _ in found(template(H=holder, I=other, J=JOBS, P=PASSES))]
    assert twice.count("RM704") == 1
    assert twice.count("RM607") == 1
    assert not_judged(template(H=holder, J=JOBS, P=PASSES)) == []


def test_a_policy_is_known_by_its_name_too() -> None:
    """In an ARN of the account, or as the name of a role; not where AWS's policy is called so."""
    jobs = made("ManagedPolicy", ManagedPolicyName="jobs", PolicyDocument=document(JOB))
    arn = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/jobs"}
    role = made("Role", ManagedPolicyArns=[arn], Policies=inline(PASS_ANY))
    assert "RM704" in rules(template(R=role, J=jobs))
    aws = made("Role", ManagedPolicyArns=["arn:aws:iam::aws:policy/jobs"], Policies=inline(PASS_ANY))
    assert "RM704" not in rules(template(R=aws, J=jobs))
    named = made("Role", RoleName="r", Policies=inline(PASS_ANY))
    assert "RM704" in rules(template(R=named, J={**jobs, "Properties": {**jobs["Properties"], "Roles": ["r"]}}))
    assert "RM704" not in rules(template(R=named, J={**jobs, "Properties": {**jobs["Properties"], "Roles": ["s"]}}))


def test_an_attachment_in_one_branch_counts_there() -> None:
    """Around one of the list, around the list, around the policy; and the other branch is judged too."""
    one = {"Fn::If": ["C", {"Ref": "P"}, {"Ref": "AWS::NoValue"}]}
    whole = {"Fn::If": ["C", [{"Ref": "P"}], []]}
    for arns in ([one], whole):
        role = made("Role", ManagedPolicyArns=arns, Policies=inline(JOB))
        assert {"RM704", "RM609"} <= rules(template(R=role, P=PASSES))
    conditional = made("Policy", "C", PolicyName="p", PolicyDocument=document(PASS), Roles=[{"Ref": "R"}])
    assert "RM609" in rules(template(R=made("Role", Policies=inline(JOB)), P=conditional))
    always = made("Policy", PolicyName="p", PolicyDocument=document(PASS), Roles=[{"Ref": "R"}])
    assert "RM609" not in rules(template(R=made("Role", Policies=inline(JOB)), P=always))


@pytest.mark.parametrize(
    "arns",
    [
        [{"Ref": "Parameter"}],
        {"Ref": "Parameters"},
        [{"Fn::ImportValue": "x"}],
        [{"Fn::GetAtt": ["Stack", "Outputs.Policy"]}],
        {"Fn::If": ["C", ["arn:aws:iam::111122223333:policy/x"], []]},
        [{"Fn::If": ["C", "arn:aws:iam::111122223333:policy/x", {"Ref": "AWS::NoValue"}]}],
    ],
    ids=json.dumps,
)
def test_what_only_the_deployment_attaches_is_not_judged(arns: Any) -> None:
    """A custom check can't tell, and it is said why."""
    role = made("Role", ManagedPolicyArns=arns, Policies=inline(JOB))
    data = template(R=role, Stack={"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x"}})
    assert not_judged(data)
    wanted = {"access_not_granted": {"actions": ["s3:DeleteBucket"]}}
    assert any("can't tell" in one for one in custom(data, **wanted))
    assert custom(template(R=made("Role", Policies=inline(JOB))), **wanted) == []


def test_users_and_their_groups() -> None:
    """By the user's list or by an addition; of a group that is not in the file nobody can tell."""
    group = made("Group", ManagedPolicyArns=[{"Ref": "P"}])
    listed = made("User", Groups=[{"Ref": "G"}], Policies=inline(JOB))
    assert "RM704" in rules(template(U=listed, G=group, P=PASSES))
    added = made("UserToGroupAddition", GroupName={"Ref": "G"}, Users=[{"Ref": "U"}])
    plain = made("User", Policies=inline(JOB))
    assert "RM704" in rules(template(U=plain, G=group, P=PASSES, A=added))
    assert "RM704" not in rules(template(U=plain, G=group, P=PASSES))
    own = made("Group", Policies=inline(PASS_ANY))
    assert "RM704" in rules(template(U=plain, G=own, A=added))
    outside = made("User", Groups=["g"], Policies=inline(JOB))
    assert "RM609" not in rules(template(U=outside))
    assert any("group" in one for one in not_judged(template(U=outside)))


def test_a_policy_that_only_bounds_gives_nothing() -> None:
    """As a boundary of everything it is no administrator; attached it is one."""
    wide = made("ManagedPolicy", PolicyDocument=document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    bound = made("Role", PermissionsBoundary={"Ref": "B"}, Policies=inline(PASS))
    assert "RM601" not in rules(template(R=bound, B=wide))
    assert "RM601" in rules(template(R=bound, S=made("Role", ManagedPolicyArns=[{"Ref": "B"}]), B=wide))
    assert "RM601" in rules(template(B=wide))


def test_a_functions_policies_of_sam() -> None:
    """AWS's by their names, those of the template by reference; of SAM's own templates nobody can tell."""

    def function(*policies: Any) -> Any:
        return template(F={"Type": "AWS::Serverless::Function", "Properties": {"Policies": list(policies)}}, P=PASSES)

    assert "RM601" in rules(function("AdministratorAccess"))
    assert "RM704" in rules(function({"Ref": "P"}, document(JOB)))
    assert "RM704" not in rules(function(document(JOB)))
    assert not_judged(function({"Ref": "P"}, document(JOB))) == []
    assert not_judged(function({"DynamoDBCrudPolicy": {"TableName": "t"}}))
    assert not_judged(function("OurOwnPolicy"))
