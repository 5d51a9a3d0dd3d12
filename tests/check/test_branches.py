"""Templates in every branch, Terraform's documents, and what is hidden in plain sight."""

import json
from typing import Any

from rolemgr.check.branches import families, told_once, when
from rolemgr.check.collect import from_text
from rolemgr.check.custom.checks import read_checks
from rolemgr.check.custom.run import custom_findings
from rolemgr.check.finding import Finding, Severity
from rolemgr.check.run import check
from rolemgr.check.sources import find
from rolemgr.files.yaml import parse_yaml

ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}


def rules(data: Any) -> set[str]:
    """Return the ids of the rules that find something in *data*."""
    return {one.rule for one in check(from_text(json.dumps(data), "x.json", as_json=True))}


def managed(document: Any, **more: Any) -> Any:
    """Return a template with *document* as a managed policy."""
    return {"Resources": {"M": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}}, **more}


def test_each_branch_is_judged() -> None:
    """Around a document, a statement, an element, a value; nested too."""
    inner = {"Fn::If": ["C", READ, {"Fn::If": ["D", ALL, {"Ref": "AWS::NoValue"}]}]}
    assert "RM601" in rules(managed({"Version": "2012-10-17", "Statement": [inner]}))
    whole = {
        "Fn::If": ["C", {"Version": "2012-10-17", "Statement": [READ]}, {"Version": "2012-10-17", "Statement": ALL}]
    }
    assert "RM601" in rules(managed(whole))
    split = {**ALL, "Action": {"Fn::Select": [0, {"Fn::Split": [",", "*,s3:GetObject"]}]}}
    assert "RM601" in rules(managed({"Version": "2012-10-17", "Statement": [split]}))
    looped = {"Fn::ForEach::L": ["X", ["A", "B"], {"P${X}": managed({"Statement": [ALL]})["Resources"]["M"]}]}
    assert "RM601" in rules({"Resources": looped})


def test_many_conditions_and_large_loops_end() -> None:
    """What is too much is said, and nothing hangs."""
    chosen = [{"Fn::If": [f"C{number}", ALL, READ]} for number in range(40)]
    found = list(find(managed({"Version": "2012-10-17", "Statement": chosen})))
    assert any("are not" in getattr(one, "reason", "") for one in found)


def test_terraform_documents_and_jsonencode() -> None:
    """A data source's statements are a policy; so is what jsonencode writes."""
    block = {"actions": ["*"], "resources": ["*"]}
    data = {"aws_iam_policy_document": {"d": {"statement": block}}}
    policy = {"aws_iam_policy": {"p": {"policy": "${data.aws_iam_policy_document.d.json}"}}}
    assert "RM601" in rules({"data": data, "resource": policy})
    text = '${jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })}'
    assert "RM601" in rules({"resource": {"aws_iam_role": {"r": {"inline_policy": {"policy": text}}}}})


def test_an_endpoint_policy_is_not_public() -> None:
    """It grants nothing by itself."""
    policy = {"Version": "2012-10-17", "Statement": [{**ALL, "Principal": "*"}]}
    endpoint = {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"PolicyDocument": policy}}
    assert "RM605" not in rules({"Resources": {"E": endpoint}})


def branched(*statements: Any, **more: Any) -> list[str]:
    """Return the rule and message of each finding in a managed policy of *statements*."""
    return [f"{one.rule} {one.message}" for one in found_in(managed({"Statement": list(statements)}, **more))]


def found_in(data: Any) -> list[Any]:
    """Return what is found in *data*."""
    return list(check(from_text(json.dumps(data), "x.json", as_json=True)))


def test_a_finding_of_one_branch_says_which() -> None:
    """What holds in all of them says nothing of branches, and each is told once."""
    other = {**READ, "Action": "s3:PutObject"}
    twice = [line for line in branched(READ, {"Fn::If": ["Prod", READ, other]}) if line.startswith("RM113")]
    assert len(twice) == 1
    assert twice[0].endswith(", if the condition `Prod` is true")
    sides = [line for line in branched({"Fn::If": ["Prod", other, ALL]}) if line.startswith("RM601")]
    assert [line.rpartition(", ")[2] for line in sides] == ["if the condition `Prod` is false"]
    both = [line for line in branched(ALL, {"Fn::If": ["Prod", READ, other]}) if line.startswith("RM601")]
    assert len(both) == 1
    assert "Prod" not in both[0]


def test_a_finding_of_several_conditions_names_them() -> None:
    """By the truths that its ways share; else by an example."""
    nested = {"Fn::If": ["A", {"Fn::If": ["B", ALL, READ]}, READ]}
    (found,) = (line for line in branched(nested) if line.startswith("RM601"))
    assert found.endswith(", if the conditions `A` is true, `B` is true")
    actions = [{"Fn::If": [name, ["sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"][at], "s3:ListBucket"]}
               for at, name in enumerate("AB")]  # fmt: skip
    lines = branched({"Effect": "Allow", "Action": actions, "Resource": "*"})
    (registers,) = (line for line in lines if line.startswith("RM911"))
    assert registers.endswith(", if the conditions `A` is true, `B` is true")


def test_one_finding_for_what_differs_in_numbers_alone() -> None:
    """A policy over its quota in each of its ways is one finding."""
    large, larger = (Finding("RM501", Severity.ERROR, f"{size:,} characters", "x.json", 3) for size in (6200, 7000))
    assert list(told_once([[large], [larger]], [{"A": True}, {"A": False}])) == [large]
    elsewhere = larger._replace(line=4)
    messages = [one.message for one in told_once([[large], [elsewhere]], [{"A": True}, {"A": False}])]
    assert messages == [
        "6,200 characters, if the condition `A` is true",
        "7,000 characters, if the condition `A` is false",
    ]


def test_a_custom_check_tells_a_finding_once() -> None:
    """And says in which branch it holds where that is not all of them."""
    custom = read_checks(parse_yaml(json.dumps({"checks": [
        {"id": "ours", "reason": "no deletes", "access_not_granted": {"actions": ["s3:DeleteObject"]}}]}), "c.yaml"))  # fmt: skip
    deletes = {**READ, "Action": "s3:DeleteObject"}
    choice = {"Fn::If": ["C", {**READ, "Action": "s3:PutObject"}, READ]}
    for statements, end in (([deletes, choice], "no deletes"), ([{"Fn::If": ["C", READ, deletes]}], "`C` is false")):
        data = managed({"Version": "2012-10-17", "Statement": statements})
        (found,) = custom_findings(from_text(json.dumps(data), "x.json", as_json=True), custom)
        assert found.message.endswith(end)


def test_a_policy_of_aws_is_in_each_way_of_its_role() -> None:
    """What a role may do together is judged of its branches too."""
    acts = {"Effect": "Allow", "Action": {"Fn::If": ["C", "s3:ListBucket", "iam:PassRole"]}, "Resource": "*"}
    role = {"AssumeRolePolicyDocument": {}, "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": acts}}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}  # fmt: skip
    documents = from_text(
        json.dumps({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": role}}}), "x.json", as_json=True
    )
    (family,) = families(documents)
    assert [[bool(one.attached) for one in group].count(True) for group in family.groups] == [1, 1]


def test_ways_without_a_common_condition_are_counted() -> None:
    """The words are right for any set of ways."""
    ways = [{"A": True, "B": True}, {"A": True, "B": False}, {"A": False, "B": True}, {"A": False, "B": False}]
    assert when([0, 1], ways) == "if the condition `A` is true"
    assert when([2], ways) == "if the conditions `A` is false, `B` is true"
    assert when([1, 2], ways) == "in 2 of 4 ways that the conditions can come out, such as `A` is true, `B` is false"
