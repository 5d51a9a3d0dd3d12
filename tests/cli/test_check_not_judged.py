"""What `check` can't judge is said, in every form; it fails only where that is asked for."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

GOOD = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]}
SAM = {
    "Resources": {
        "M": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Policies": [
            {"Version": "2012-10-17", **GOOD}, {"S3ReadPolicy": {"BucketName": "b"}}]}},
        "R": {"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Ref": "Given"}}},
    }
}  # fmt: skip


def test_it_is_said_in_every_form(run: "Run") -> None:
    """With file, line and reason; the exit code is 1 only under --fail-on not-judged."""
    name = write("sam.json", SAM)
    ran = run("check", name, "--format", "json")
    reasons = [one["reason"] for one in json.loads(ran.stdout)["not_judged"]]
    assert (ran.code, len(reasons)) == (0, 2)
    assert "S3ReadPolicy" in reasons[0]
    assert "`Given`" in reasons[1]
    assert "2 places not judged" in run("check", name).stdout
    assert run("check", name, "--format", "github").stdout.count("::notice ") == 2
    sarif = json.loads(run("check", name, "--format", "sarif").stdout)
    assert len(sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"]) == 2
    assert run("check", name, "--fail-on", "not-judged").code == 1


def test_hcl_and_links_in_a_folder(run: "Run") -> None:
    """HCL is named, a link that leads back is followed once; alone, HCL is an error."""
    write("p/good.json", GOOD)
    Path("p/main.tf").write_text('resource "aws_iam_policy" "p" {}', "utf-8")
    Path("p/back").symlink_to(".", target_is_directory=True)
    found = json.loads(run("check", "p", "--format", "json").stdout)
    assert found["checked"] == 1
    assert [one["path"] for one in found["not_judged"]] == ["p/main.tf"]
    assert run("check", "p/main.tf").code == 2


def test_a_type_from_the_name_of_the_file_is_said(run: "Run") -> None:
    """In every form, once a file; --type and the configuration decide without a word."""
    name = write("boundary-ml.json", {"Version": "2012-10-17", **GOOD})
    said = "judged as of type boundary, as its name suggests; --type, or types in rolemgr-check.yaml, decide"
    assert f"{name}: {said}\n" in run("check", name).stdout
    assert json.loads(run("check", name, "--format", "json").stdout)["types_from_names"] == [
        {"path": name, "type": "boundary"}
    ]
    assert (
        f"::notice file={name},line=1,title=type from the name::{said}"
        in run("check", name, "--format", "github").stdout
    )
    sarif = json.loads(run("check", name, "--format", "sarif").stdout)
    (notification,) = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert (notification["level"], notification["message"]["text"]) == ("note", said)
    assert run("check", name, "--type", "boundary").stdout == "no finding in 1 policy\n"
    write("rolemgr-check.yaml", f"types: [{{path: {name}, type: boundary}}]")
    assert run("check", name).stdout == "no finding in 1 policy\n"


def test_a_policy_where_none_is_known_is_named(run: "Run") -> None:
    """What it is for nobody can tell: a stack policy looks the same. It is not passed over."""
    write("p/good.json", GOOD)
    write("p/config.json", {"Name": "x", "StackPolicy": GOOD})
    write("p/roles.json", [{"RoleName": "r", "Policies": [{"PolicyName": "p", "PolicyDocument": GOOD}]}])
    write("p/text.yaml", {"bucket": {"policy": json.dumps(GOOD)}})
    found = json.loads(run("check", "p", "--format", "json").stdout)
    assert [(one["path"], one["line"] is not None) for one in found["not_judged"]] == [
        ("p/config.json", True), ("p/roles.json", True), ("p/text.yaml", True),
    ]  # fmt: skip
    assert (
        run("check", "p/config.json")
        .errors[0]
        .endswith("not judged: looks like a policy, in a file of no shape that is known")
    )
