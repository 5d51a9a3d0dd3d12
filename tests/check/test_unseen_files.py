"""A policy in a file of a folder whose name, encoding or shape is unusual: read, or said to be not judged."""

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.check.support import rules

from rolemgr.check.collect import Collected, collect
from rolemgr.check.left_over import left_over
from rolemgr.check.run import check
from rolemgr.check.sniff import may_hold_policy
from rolemgr.check.sources import look_into
from rolemgr.errors import InputError

ADMIN: dict[str, Any] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TEXT = json.dumps(ADMIN)
SAFE = TEXT.replace("Allow", "Deny")
YAML = "Version: '2012-10-17'\nStatement:\n- {Effect: Allow, Action: '*', Resource: '*'}\n"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
ROLE = json.dumps({"RoleName": "r", "ManagedPolicyArns": [ADMINISTRATOR]})


def in_folder(folder: Path, name: str, content: bytes) -> Collected:
    """Return what a folder with the file *name* of *content*, beside a policy that is fine, holds."""
    (folder / "safe.json").write_text(SAFE)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return collect([str(folder)])


@pytest.mark.parametrize("cut", [1, 2, 6, 20, 24, 30])
def test_json_that_ends_before_it_is_closed_is_not_judged(tmp_path: Path, cut: int) -> None:
    """However early: what tells a policy may have stood in the rest."""
    found = in_folder(tmp_path, "a.json", TEXT[:cut].encode())
    (one,) = [*(each.path for each in found.not_judged), *(each.path for each in found.unreadable)]
    assert one.endswith("a.json")
    assert not found.skipped


@pytest.mark.parametrize(
    "text", ['{"a": 1,}', '{"a": 1,} // one\n// two', "{{ a }}", "{% if a %}x{% endif %}", "[1,] /* x */"]
)
def test_json_of_other_tools_is_passed_over(tmp_path: Path, text: str) -> None:
    """With comments, commas and templates that are no JSON, and nothing that a policy has."""
    found = in_folder(tmp_path, "a.json", text.encode())
    assert (found.skipped, found.not_judged, found.unreadable) == (1, [], [])


@pytest.mark.parametrize(
    "content",
    [
        YAML.replace("\n", "\r").encode(),
        YAML.replace("\n", "\r\n").encode(),
        YAML.replace("\n", "\x85").encode(),
        b" " * 600 + TEXT.encode(),
        json.dumps(TEXT).encode(),
        ROLE.encode(),
        json.dumps({"RoleDetailList": [json.loads(ROLE)]}).encode(),
        json.dumps({"AttachedPolicies": [{"PolicyArn": ADMINISTRATOR}]}).encode(),
    ],
)
def test_a_file_without_an_ending_is_read(tmp_path: Path, content: bytes) -> None:
    """Whatever ends its lines, however it starts, and whichever answer of the AWS CLI it is."""
    found = in_folder(tmp_path, "policy", content)
    assert "RM601" in [one.rule for one in check(found.documents)]
    assert not found.skipped


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("policy", TEXT.encode("utf-16-le")),
        ("policy", TEXT.encode("utf-16")),
        ("policy", b"// why\n" + TEXT.encode()),
        ("policy", b"{Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}"),
        ("policy", b"x:\n  Statement:\n  - {Effect: Allow, Action: '*', Resource: '*'}\n"),
        ("policy.json.j2", b"{% if x %}" + TEXT.encode() + b"{% endif %}"),
        ("policy.json", TEXT.replace("Sta", "S\\u0074a").replace("]}", "],}").encode()),
        ("policy.yaml", b"{Version: '2012-10-17', Statement: [{Effect: Allow, Action: '*', Resource: '*'}]"),
        ("role.yaml", f"a: &a {{ManagedPolicyArns: ['{ADMINISTRATOR}']}}\nb: {{<<: *a}}\n".encode()),
        ("terragrunt.hcl", b"inputs = { policy = jsonencode({}) }"),
        ("x.tfvars", b'policy = "{}"'),
        ("list.json", json.dumps([json.loads(ROLE)]).encode()),
        ("x.yaml", f"spec: {{managedPolicyArns: ['{ADMINISTRATOR}']}}\n".encode()),
        ("x.yml", b"provider:\n  iamRoleStatements:\n  - {Effect: Allow, Action: '*', Resource: '*'}\n"),
    ],
)
def test_what_can_not_be_read_is_said(tmp_path: Path, name: str, content: bytes) -> None:
    """Not counted among the files that hold no policy."""
    found = in_folder(tmp_path, name, content)
    assert [Path(one.path).name for one in found.not_judged] == [name]
    assert not found.skipped


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("values.yaml", b"image: {{ .Values.image }}\nimagePullPolicy: Always\n"),
        ("x.json", b'{"a": 1,}'),
        ("app.py", f"policy = {TEXT}".encode()),
        ("photo", b"\x89PNG\r\n\x1a\n"),
        ("main.tfvars", b'region = "us-east-1"'),
    ],
)
def test_what_holds_no_policy_is_counted(tmp_path: Path, name: str, content: bytes) -> None:
    """Files of other tools, broken or not, and code."""
    found = in_folder(tmp_path, name, content)
    assert (found.skipped, found.not_judged) == (1, [])


def test_modules_of_node_are_named(tmp_path: Path) -> None:
    """A policy may be put there on purpose."""
    found = in_folder(tmp_path, "node_modules/policy.json", TEXT.encode())
    assert [Path(one).name for one in found.folders] == ["node_modules"]


def test_elements_in_lower_case_are_an_error() -> None:
    """A policy all the same, of which AWS takes nothing."""
    found, _ = look_into(TEXT.lower(), "x.json", as_json=True)
    assert {one.rule for one in check(found)} == {"RM101"}


@pytest.mark.parametrize(
    "more", [{"IsTruncated": True, "Marker": "x"}, {"IsTruncated": True}, {"NextToken": "x"}, {"Marker": "x"}]
)
def test_a_page_of_several_is_said(more: dict[str, object]) -> None:
    """What is on the other pages is not judged."""
    role = {"RoleName": "r", "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": json.loads(SAFE)}]}
    answer = {"RoleDetailList": [role], **more}
    _, unknown = look_into(json.dumps(answer), "x.json", as_json=True)
    assert [one.reason for one in unknown] == ["the answer goes on: this is one page of several"]


def test_an_old_version_is_called_one() -> None:
    """Its default version is judged; the others can come back."""
    versions = [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": ADMIN},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": json.loads(SAFE)},
    ]
    policy = {"PolicyName": "p", "Arn": "arn:aws:iam::111122223333:policy/p", "PolicyVersionList": versions}
    _, unknown = look_into(json.dumps({"Policies": [policy]}), "x.json", as_json=True)
    assert [one.reason for one in unknown] == ["a version that is not in force, until somebody makes it the default"]


def test_wording_of_awss_own_policies_is_awss() -> None:
    """In an answer that has their texts too: what they give counts, a name that is gone is not the reader's to mend."""
    text = {**ADMIN, "Statement": [*ADMIN["Statement"], {"Effect": "Allow", "Action": "gone:Get*", "Resource": "*"}]}
    version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": text}
    policies = [
        {"PolicyName": "p", "Arn": f"arn:aws:iam::{owner}:policy/p", "PolicyVersionList": [version]}
        for owner in ("aws", "111122223333")
    ]
    first, second = (look_into(json.dumps({"Policies": [one]}), "x.json", as_json=True) for one in policies)
    assert {one.rule for one in check(first[0])} & {"RM201", "RM601"} == {"RM601"}
    assert {one.rule for one in check(second[0])} & {"RM201", "RM601"} == {"RM201", "RM601"}
    assert first[1] == second[1] == []


@pytest.mark.parametrize(("kind", "malformed"), [("resource", False), ("identity", True)])
def test_the_short_form_of_an_api_is_well_formed(kind: str, malformed: bool) -> None:
    """API Gateway writes it out in the policy of an API, and nowhere else."""
    statement = {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/GET/pets"}
    whose = {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}} if kind == "resource" else {}
    found = rules({"Version": "2012-10-17", "Statement": [{**statement, **whose}]}, kind)
    assert ("RM105" in found) == malformed


def _archives() -> dict[str, bytes]:
    """Return files that hold an administrator, by the tool that closes them."""
    made: dict[str, bytes] = {"gzip": gzip.compress(TEXT.encode()), "bzip2": bz2.compress(TEXT.encode())}
    made["xz"] = lzma.compress(TEXT.encode())
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("policy.json", TEXT)
    made["zip"] = held.getvalue()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        one = tarfile.TarInfo("policy.json")
        one.size = len(TEXT)
        tar.addfile(one, io.BytesIO(TEXT.encode()))
    return {**made, "tar": held.getvalue()}


FORMATS = json.loads(files("rolemgr.check").joinpath("file_formats.json").read_text("utf-8"))


@pytest.mark.parametrize("tool", sorted(_archives()))
@pytest.mark.parametrize("name", ["archive", "policies.json", "plan.tfplan"])
def test_an_archive_is_said_to_be_not_judged(tmp_path: Path, tool: str, name: str) -> None:
    """It is not counted among the files without a policy: nobody looked."""
    found = in_folder(tmp_path, name, _archives()[tool])
    (told,) = found.not_judged
    assert tool in told.reason
    assert not found.skipped


@pytest.mark.parametrize("one", FORMATS["closed"], ids=lambda one: one["begins"])
def test_what_begins_as_closed_is_said(tmp_path: Path, one: dict[str, str]) -> None:
    """Each entry of the table, which names its source."""
    found = in_folder(tmp_path, "x", bytes.fromhex(one["begins"]) + b"\n\0\1")
    assert [told.reason for told in found.not_judged] == [f"is {one['is']}: what is in it is not read"]
    assert one["source"].startswith("https://")


@pytest.mark.parametrize("one", FORMATS["other"], ids=lambda one: one["begins"])
def test_a_picture_or_a_program_holds_no_policy(tmp_path: Path, one: dict[str, str]) -> None:
    """A folder may be full of them: they are counted, as code is."""
    found = in_folder(tmp_path, "x", bytes.fromhex(one["begins"]) + b"\0\1\2\xff" * 20)
    assert (found.not_judged, found.skipped) == ([], 1)
    assert one["source"].startswith("https://")


@pytest.mark.parametrize("content", [b"\1\2\3\0" * 40, TEXT.encode() + b"\0" * 8, b"SQLite format 3\0"])
def test_what_is_not_text_is_said(tmp_path: Path, content: bytes) -> None:
    """Nobody knows what it is for."""
    assert len(in_folder(tmp_path, "x", content).not_judged) == 1


def test_text_of_another_encoding_is_counted(tmp_path: Path) -> None:
    """A note in Latin-1, or in UTF-16 without a mark, holds no policy."""
    for content in ("caf\xe9".encode("latin-1"), "hello there".encode("utf-16-le"), b""):
        found = in_folder(tmp_path, "note.txt", content)
        assert (found.not_judged, found.skipped) == ([], 1)


NAMED = TEXT.replace('"Effect"', '"Sid": "café", "Effect"')


@pytest.mark.parametrize(
    "raw",
    [NAMED.encode("utf-16"), TEXT.encode("utf-16-le"), NAMED.encode("latin-1"), NAMED[:60].encode()],
    ids=["utf-16", "utf-16 without its mark", "latin-1", "cut"],
)
def test_a_policy_that_is_not_text_is_no_pass(raw: bytes, tmp_path: Path) -> None:
    """A shell's redirection writes UTF-16: the policy is there, and a folder says so as a named file does."""
    found = in_folder(tmp_path, "admin.json", raw)
    assert [(one.rule, one.severity.name) for one in found.unreadable] == [("RM100", "ERROR")]


def test_comments_and_blank_lines_take_no_time(tmp_path: Path) -> None:
    """A settings file that is all comments: each line is read once, where its blank lines were tried in all ways."""
    lines = "# Settings\n" + "".join(f"\n# option_{number} = default\n" for number in range(2_000))
    (tmp_path / "settings.conf").write_text(f"{lines}\nvalue = 1\n")
    assert not may_hold_policy(tmp_path / "settings.conf")
    (tmp_path / "policy.conf").write_text(f"{lines}\nStatement: []\n")
    assert may_hold_policy(tmp_path / "policy.conf")


def test_left_over_text_is_found_in_one_pass() -> None:
    """Names that begin as a placeholder and never end, and accounts of a thousand capitals."""
    assert left_over("arn:aws:s3:::x<a" + " " * 200_000) is None
    assert left_over(f"arn:aws:s3::{'A' * 200_000}*:x") is None
    assert left_over("arn:aws:s3:::<your name>/*") == "<your name>"
    assert left_over("arn:aws:iam::YourAccount:role/x") == "YourAccount"


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    """It is named, and not opened to see what it may be."""
    os.mkfifo(tmp_path / "policy.json")
    with pytest.raises(InputError):
        collect([str(tmp_path / "policy.json")])
    with pytest.raises(InputError):
        collect([str(tmp_path / "nothing.json")])
