"""`rolemgr check` of a folder: each file is read, or an error, or named as not judged, or counted; stdin is a file."""

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

BAD = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
GOOD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}],
}
YAML = "Version: '2012-10-17'\nStatement:\n  - {Effect: Allow, Action: '*', Resource: '*'}\n"
TEMPLATE = """\
# whose
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  M: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}}}
"""
SAM = {
    "Resources": {"F": {"Type": "AWS::Serverless::Function", "Properties": {"Policies": [BAD, {"S3ReadPolicy": {}}]}}}
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("policy", json.dumps(BAD)),
        ("policy.JSON", json.dumps(BAD)),
        ("policy.txt", "\ufeff" + json.dumps(BAD, indent=1)),
        ("policy.json.bak", json.dumps([BAD])),
        ("policy.conf", YAML),
        ("stack.template", TEMPLATE),
        ("stack.cfn", TEMPLATE),
        ("stack.yaml.in", TEMPLATE),
        ("prod.tfstate", json.dumps({"version": 4, "lineage": "l", "resources": [
            {"mode": "managed", "type": "aws_iam_policy", "name": "p",
             "instances": [{"attributes": {"policy": json.dumps(BAD)}}]}]})),
    ],
)  # fmt: skip
def test_a_policy_is_known_by_its_content(name: str, text: str, run: "Run") -> None:
    """Whatever the file is called."""
    write("org/good.json", GOOD)
    write(f"org/{name}", text)
    found = json.loads(run("check", "org", "--format", "json").stdout)
    assert {one["path"] for one in found["findings"] if one["rule"] == "RM601"} == {f"org/{name}"}
    assert found["checked"] == 2


def test_pictures_and_code_are_counted_in_one_line(run: "Run") -> None:
    """A repository stays readable."""
    write("org/good.json", GOOD)
    write("org/README.md", "# Policies\n\n```yaml\nResources:\n  A: 1\n```\n")
    write("org/main.py", '"""A policy."""\n\nPOLICY = {"Statement": []}\n')
    write("org/setup.cfg", "[tool]\nStatement: 1\n")
    write("org/app.js", 'const p = {"Statement": []}\n')
    Path("org/logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
    Path("org/empty").touch()
    ran = run("check", "org")
    assert ran.stdout == "no finding in 1 policy\n"
    assert ran.notes == ["6 files hold no policy"]


def test_what_should_be_a_policy_and_can_not_be_read_is_named(run: "Run") -> None:
    """Over the size, not UTF-8, broken, a link to nothing or to itself."""
    write("org/good.json", GOOD)
    write("org/huge", json.dumps(BAD, indent=1) + " " * 1_100_000)
    Path("org/latin").write_bytes(json.dumps(BAD).encode().replace(b'"Effect"', b'"\xe9ffect"'))
    Path("org/wide.txt").write_bytes(json.dumps(BAD).encode("utf-16"))
    write("org/broken.j2", json.dumps(BAD)[:-1])
    Path("org/nowhere").symlink_to("missing.json")
    Path("org/itself").symlink_to("itself")
    ran = run("check", "org", "--format", "json")
    told = {one["path"]: one["reason"] for one in json.loads(ran.stdout)["not_judged"]}
    assert "larger than" in told.pop("org/huge")
    assert "not UTF-8" in told.pop("org/latin")
    assert "not UTF-8" in told.pop("org/wide.txt")
    assert "not valid JSON" in told.pop("org/broken.j2")
    assert sorted(told) == ["org/itself", "org/nowhere"]
    assert run("check", "org", "--fail-on", "not-judged").code == 1


def test_a_folder_that_is_not_searched_is_named(run: "Run") -> None:
    """What a tool has put there is read when it is asked for; a link that leads round is followed once."""
    write("org/good.json", GOOD)
    write("org/cdk.out/bad.template.json", TEMPLATE)
    write("org/.github/bad.json", BAD)
    write("org/.git/bad.json", BAD)
    write("else/bad.json", BAD)
    Path("org/else").symlink_to("../else", target_is_directory=True)
    Path("else/back").symlink_to("../org", target_is_directory=True)
    ran = run("check", "org", "--format", "json")
    assert ran.notes == ["not searched unless named: org/.github, org/cdk.out"]
    assert {one["path"] for one in json.loads(ran.stdout)["findings"]} == {"org/else/bad.json"}


def test_hcl_is_said_whatever_it_is_called(run: "Run") -> None:
    """Terraform's language, and OpenTofu's."""
    write("org/good.json", GOOD)
    for name in ("main.tf", "main.tofu", "MAIN.TF"):
        write(f"org/{name}", 'data "aws_iam_Policy_document" "d" {}')
    write("org/versions.tf", "terraform {}")
    ran = run("check", "org", "--format", "json")
    assert [one["reason"][:4] for one in json.loads(ran.stdout)["not_judged"]] == ["HCL;"] * 3
    assert ran.notes == ["1 file holds no policy"]


def test_stdin_says_what_it_does_not_judge(run: "Run") -> None:
    """As of a file: the same findings, the same places not judged, RM100 beside what can be read."""
    name = write("sam.json", SAM)
    of_file = json.loads(run("check", name, "--format", "json").stdout)
    piped = json.loads(run("check", "-", "--format", "json", stdin=Path(name).read_text("utf-8")).stdout)
    assert json.loads(json.dumps(of_file).replace(name, "<stdin>")) == piped
    assert piped["not_judged"]
    assert run("check", "-", "--fail-on", "not-judged", stdin=json.dumps(SAM)).code == 1
    good = write("good.json", GOOD)
    broken = run("check", "-", good, "--format", "json", stdin=json.dumps(BAD)[:-1])
    assert [one["rule"] for one in json.loads(broken.stdout)["findings"]] == ["RM100"]
    only = {"Resources": {"F": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Ref": "Given"}}}}}
    ran = run("check", "-", stdin=json.dumps(only))
    assert (ran.code, ran.errors[0].split(": ")[1]) == (2, "not judged")


def test_several_documents_of_a_file_are_each_judged(run: "Run") -> None:
    """With their lines; the same name in two templates is two roles."""
    template = TEMPLATE.partition("\n")[2]
    write("org/all.yaml", f"---\n{YAML}---\n---\n{template}---\n{template}...\n")
    found = json.loads(run("check", "org", "--format", "json").stdout)
    assert found["checked"] == 3
    assert [one["line"] for one in found["findings"] if one["rule"] == "RM601"] == [4, 9, 13]
    write("org/all.yaml", f"{YAML}---\nStatement: [\n")
    broken = json.loads(run("check", "org/all.yaml", "--format", "json", "--fail-on", "ERROR").stdout or "{}")
    assert broken == {}  # a file that is not YAML has nothing to judge


@pytest.mark.parametrize("written", [json.dumps(GOOD), ""])
def test_a_pipe_is_read_and_one_without_a_writer_is_an_error(written: str, run: "Run") -> None:
    """A shell's <(...) works; nothing waits for ever."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text(written, "utf-8"))
    if written:
        writer.start()
    ran = run("check", "pipe")
    if written:
        writer.join(10)
        assert ran.stdout == "no finding in 1 policy\n"
    else:
        assert (ran.code, ran.errors) == (2, ["pipe: can't be read: nobody writes to this pipe"])


def test_a_device_is_an_error(run: "Run") -> None:
    """One that never ends too."""
    assert run("check", "/dev/zero").code == 2
    assert run("check", "/dev/null").code == 2


def test_yaml_that_ends_before_a_word_of_a_policy_is_not_passed_over(run: "Run", tmp_path: Path) -> None:
    """Nobody knows what the rest of it said; the template of another tool is whole."""
    (tmp_path / "ok.json").write_text(json.dumps(GOOD).replace('"*"', '"arn:aws:s3:::acme/*"'))
    (tmp_path / "cut.yaml").write_text("a: b\n  c: [d\nStatem")
    (tmp_path / "chart.yaml").write_text("{{- if .Values.x }}\nkind: [\n")
    ran = run("check", ".")
    assert "cut.yaml:2: not judged: is not valid YAML" in ran.stdout
    assert "chart.yaml" not in ran.stdout
    assert run("check", ".", "--fail-on", "not-judged").code == 1


def test_the_sum_says_of_how_many_files_nothing_is_known(run: "Run", tmp_path: Path) -> None:
    """That nothing was found is not all there is to say beside an error."""
    (tmp_path / "ok.json").write_text(json.dumps(GOOD).replace('"*"', '"arn:aws:s3:::acme/*"'))
    (tmp_path / "role.yaml").write_text("persona: data-scientist\nbukket: x\nsidd: y\n")  # two errors, one file
    ran = run("check", ".")
    assert (ran.code, ran.stdout) == (2, "no finding in 1 policy; 1 file not checked: see the error\n")
