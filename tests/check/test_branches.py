"""Templates in every branch, Terraform's documents, and what is hidden in plain sight."""

import json
from typing import Any

from rolemgr.check.collect import from_text
from rolemgr.check.run import check
from rolemgr.check.sources import find

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
