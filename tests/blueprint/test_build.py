"""`rolemgr build`: what it writes, what it leaves alone, one template for accounts that are alike, ends of exemptions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.files.yaml import parse_yaml
from rolemgr.iam.documents import IdentityPolicy

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

Build: TypeAlias = Callable[..., "Ran"]
THREE = """\
regions: [eu-west-1]
accounts:
  one: {id: "111111111111", ou: ml}
  two: {id: "222222222222", ou: ml}
  data: {id: "333333333333"}
ous:
  ml: {id: ou-a1b2-c3d4e5f6, roles: {training: {persona: sagemaker-compute, name: training}}}
buckets: {data/curated: acme-curated}
roles:
  two/analyst: {persona: business-analyst}
flows: []
"""


@pytest.fixture
def build(run: "Run") -> Build:
    """Build a blueprint of a text into `out`."""

    def made(text: str, *options: str) -> "Ran":
        Path("bp.yaml").write_text(text, "utf-8")
        ran = run("build", "bp.yaml", "-o", "out", *options)
        assert (ran.code, ran.errors) == (0, [])
        return ran

    return made


def files() -> dict[str, bytes]:
    """Return what is in the folder of the build, by path."""
    return {path.relative_to("out").as_posix(): path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}


def test_a_second_build_changes_nothing(build: Build) -> None:
    """Neither the bytes nor the time of a file."""
    build(THREE)
    before, times = files(), {path: path.stat().st_mtime_ns for path in Path("out").rglob("*.json")}
    again = build(THREE)
    assert again.notes == ["out: 0 files written, 5 unchanged"]
    assert files() == before
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_build_is_the_same_from_anywhere(build: Build, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that the command is called in does not get into the files."""
    more = "flows: [one/training reads data/curated]\nguardrail: {max-runtime: 1h}"
    build(THREE.replace("flows: []", more))
    text = Path("out/index.md").read_text("utf-8")
    assert "`bp.yaml:12`: guardrail max-runtime finds nothing" in text
    assert "`one/training` reads `data/curated` | across accounts | `bp.yaml:11`" in text
    before = files()
    Path("a").mkdir()
    monkeypatch.chdir("a")
    assert run("build", "../bp.yaml", "-o", "../out").code == 0
    monkeypatch.chdir("..")
    assert files() == before
    Path("bp.yaml").rename("a/bp.yaml")  # `a/` is the end of `data/`, too
    assert run("build", "a/bp.yaml", "-o", "out").code == 0
    assert files() == before


def test_only_what_changes_is_written_and_what_is_left_is_named(build: Build) -> None:
    """A role that is no longer there leaves its file, until --prune."""
    build(THREE)
    smaller = THREE.replace(
        "  two/analyst: {persona: business-analyst}\n", "  two/other: {persona: sagemaker-compute}\n"
    )
    ran = build(smaller)
    assert ran.notes == [
        "out/two/roles/analyst.json is of an earlier build; --prune deletes it",
        "out: 3 files written, 2 unchanged",
    ]
    assert "two/roles/analyst.json" in files()
    assert "1 deleted" in build(smaller, "--prune").notes[-1]
    assert "two/roles/analyst.json" not in files()
    assert build(smaller).notes == ["out: 0 files written, 5 unchanged"]


def test_files_of_others_are_left_alone(build: Build) -> None:
    """What no build wrote is not deleted, for the list of an earlier build does not have it."""
    build(THREE)
    Path("out/mine.txt").write_text("mine", "utf-8")
    build(THREE, "--prune")
    assert Path("out/mine.txt").exists()


def test_a_list_that_leads_out_is_refused(build: Build, run: "Run") -> None:
    """Before anything is deleted."""
    build(THREE)
    Path("precious").write_text("x", "utf-8")
    Path("out/rolemgr-build.json").write_text('{"files": ["../precious"]}', "utf-8")
    ran = run("build", "bp.yaml", "-o", "out", "--prune")
    assert (ran.code, Path("precious").exists()) == (2, True)


def _filled(value: Any, account: str) -> Any:
    """Return a value of a template as CloudFormation makes it in *account*."""
    if isinstance(value, list):
        return [_filled(one, account) for one in value]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": "AWS::AccountId"}:
        return account
    if list(value) == ["Fn::Sub"]:
        return value["Fn::Sub"].replace("${AWS::AccountId}", account).replace("${!", "${")
    return {name: _filled(one, account) for name, one in value.items()}


@pytest.mark.parametrize(("name", "account"), [("one", "111111111111"), ("two", "222222222222")])
def test_alike_accounts_share_one_template(name: str, account: str, build: Build) -> None:
    """Filled for an account it is, policy by policy, the role that the account would have a file of."""
    build(THREE)
    assert not Path(f"out/{name}/roles/training.json").exists()
    shared = parse_yaml(Path("out/organization/ou-ml/roles/training.yaml").read_text("utf-8"), "t", tags=True).data
    found = _filled(shared["Resources"], account)
    build(THREE.replace("flows: []", f"  {name}/training: {{max_session: 2h}}\nflows: []"))
    own = json.loads(Path(f"out/{name}/roles/training.json").read_text("utf-8"))
    role = found["Role"]["Properties"]
    assert role["AssumeRolePolicyDocument"] == own["AssumeRolePolicyDocument"]
    assert _sorted(role["Policies"]) == _sorted(own["Policies"])
    policies = [one["Properties"]["PolicyDocument"] for key, one in found.items() if key.startswith("Policy")]
    assert _sorted(policies) == _sorted([one["PolicyDocument"] for one in own.get("ManagedPolicies", [])])


def _sorted(value: Any) -> Any:
    """Return *value* with its lists of texts in one order: the account's id may stand in another place of them."""
    if isinstance(value, list):
        return sorted(value) if all(isinstance(one, str) for one in value) else [_sorted(one) for one in value]
    return {name: _sorted(one) for name, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(("form", "name"), [
    ("json", "training.yaml"), ("cloudformation", "training.yaml"), ("terraform", "training/role.tf.json"),
    ("aws-cli", "training.sh"),
])  # fmt: skip
def test_the_shared_file_names_no_account(form: str, name: str, build: Build) -> None:
    """In each form, and there is none of it in the accounts' folders."""
    build(THREE, "--format", form)
    text = Path("out/organization/ou-ml/roles", name).read_text("utf-8")
    assert "111111111111" not in text
    assert "222222222222" not in text
    assert [path for path in files() if "training" in path and not path.startswith("organization/ou-ml/")] == []


def test_the_stack_set_is_for_the_unit(build: Build) -> None:
    """Its name has the unit's, and the unit's id is what it goes to."""
    build(THREE)
    found = parse_yaml(Path("out/organization/ou-ml/roles/training-stackset.yaml").read_text("utf-8"), "t", tags=True)
    assert found.data["Parameters"]["OrganizationalUnits"]["Default"] == "ou-a1b2-c3d4e5f6"
    assert found.data["Resources"]["StackSet"]["Properties"]["StackSetName"] == "training-ml"


@pytest.mark.parametrize("more", [
    "  two/training: {max_session: 2h}\n", "  two/training: {tag: {a: b}}\n",
    "flows: [one/training reads data/curated]\n",
])  # fmt: skip
def test_what_differs_has_a_file_of_its_own(more: str, build: Build) -> None:
    """One account that has another role than the others is enough: a stack set would bring the same to all."""
    build(THREE.replace("flows: []\n", more))
    assert {"one/roles/training.json", "two/roles/training.json"} <= files().keys()
    assert not any(path.startswith("organization/ou-ml") for path in files())


ENDS = """\
organization: {id: o-a1b2c3d4e5}
regions: [eu-west-1]
accounts: {a: {id: "111111111111"}}
roles:
  a/deployer: {persona: mlops-engineer, name: deployer}
  a/other: {persona: mlops-engineer, name: other}
layers:
  scp: [approved-regions]
  exempt: [{role: a/deployer, reason: moving, until: 2027-01-01T00:00Z}, "arn:aws:iam::*:role/platform/always"]
"""


@pytest.mark.parametrize(("name", "time", "decision"), [
    ("deployer", "2026-12-31T23:59:59Z", "Allowed"), ("deployer", "2027-01-01T00:00:00Z", "ExplicitlyDenied"),
    ("other", "2026-12-31T23:59:59Z", "ExplicitlyDenied"), ("platform/always", "2028-01-01T00:00:00Z", "Allowed"),
])  # fmt: skip
def test_an_exemption_ends_by_the_scp_itself(name: str, time: str, decision: str, build: Build) -> None:
    """From its end on, and not before; one without an end stays; who is not exempt is bound throughout."""
    build(ENDS)
    scp = IdentityPolicy.model_validate_json(Path("out/organization/organization/rolemgr-scp.json").read_text("utf-8"))
    everything = IdentityPolicy.model_validate(
        {"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}]}
    )
    arn = f"arn:aws:iam::111111111111:role/{name}"
    context = {"aws:RequestedRegion": ["us-east-1"], "aws:CurrentTime": [time]}
    endpoint = "arn:aws:sagemaker:us-east-1:111111111111:endpoint/x"
    request = Request.known("sagemaker:UpdateEndpoint", endpoint, context, arn, "111111111111")
    found = evaluate(request, Policies(identity=(everything,), service_control=((everything, scp),)))
    assert found.decision == decision


def test_the_page_says_why_and_until_when(build: Build) -> None:
    """An exemption is there to be seen by who approves it."""
    build(ENDS)
    text = Path("out/index.md").read_text("utf-8")
    assert "exempt `arn:aws:iam::111111111111:role/deployer` until `2027-01-01T00:00:00Z`:" in text
    assert "exempt `arn:aws:iam::111111111111:role/deployer`: moving" in text
