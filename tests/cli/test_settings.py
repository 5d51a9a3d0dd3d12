"""Where a value comes from: flag, role file, environment, rolemgr.yaml, default; and `-v` says it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

LAYERS = ("--account", "role.yaml:2", "ROLEMGR_ACCOUNT", "rolemgr.yaml:1")
ACCOUNTS = tuple(f"{number}" * 12 for number in range(1, 5))


@pytest.mark.parametrize("top", range(len(LAYERS) + 1))
def test_the_first_place_wins(top: int, small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """With the places above it empty, each place wins over all below it; the last is the default."""
    args = ["create", "-v", "--catalog", "catalog", "--role", "role.yaml"]
    Path("role.yaml").write_text("persona: tester\n" + (f"account: '{ACCOUNTS[1]}'\n" if top <= 1 else ""))
    if top <= 2:
        monkeypatch.setenv("ROLEMGR_ACCOUNT", ACCOUNTS[2])
    if top <= 3:
        Path("rolemgr.yaml").write_text(f"account: '{ACCOUNTS[3]}'\n")
    ran = run(*args, *(["--account", ACCOUNTS[0]] if top == 0 else []))
    assert ran.code == 0, ran.stderr
    account = ([*ACCOUNTS, "111122223333"])[top]
    assert f":{account}:training-job/*" in ran.stdout
    origin = f"account from {LAYERS[top]}" if top < len(LAYERS) else "account by default"
    assert any(note.startswith(origin) for note in ran.notes)


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-1", "ROLEMGR_REGION": "eu-west-3"}, "eu-west-3"),
        ({}, "us-east-1"),
    ],
)
def test_region_from_the_environment(
    variables: dict[str, str], region: str, small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS's own variables come after rolemgr's, and stderr says so."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ran = run("create", "--persona", "tester", "--catalog", "catalog")
    assert f"arn:aws:sagemaker:{region}:" in ran.stdout
    said = [note for note in ran.notes if "region" in note]
    assert bool(said) == ("ROLEMGR_REGION" not in variables)
    assert all(region in note for note in said)


def test_lists_and_pairs_from_the_environment(small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeatable options are separated by white space."""
    monkeypatch.setenv("ROLEMGR_CATALOG", "catalog")
    monkeypatch.setenv("ROLEMGR_PERSONA", "tester")
    monkeypatch.setenv("ROLEMGR_BUCKET", "acme-a acme-b")
    monkeypatch.setenv("ROLEMGR_TAG", "Project=churn Stage=dev")
    monkeypatch.setenv("ROLEMGR_PARAMETER", "job_names=a,b")
    role = json.loads(run("create").stdout)
    assert role["Tags"] == [{"Key": "Project", "Value": "churn"}, {"Key": "Stage", "Value": "dev"}]
    resources = {one["Sid"]: one["Resource"] for one in role["Policies"][0]["PolicyDocument"]["Statement"]}
    assert resources["ListBuckets"] == ["arn:aws:s3:::acme-a", "arn:aws:s3:::acme-b"]
    assert [arn.rpartition("/")[2] for arn in resources["TrainingJobs"]] == ["a", "b"]
    assert run("show", "persona", "tester").code == 0


def test_settings_are_found_in_a_folder_above(
    small_catalog: Path, run: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest rolemgr.yaml, in this folder or a parent, holds; only one is read."""
    Path("rolemgr.yaml").write_text("persona: tester\nname: above\n")
    Path("a/b").mkdir(parents=True)
    monkeypatch.chdir("a/b")
    catalog = ("--catalog", str(tmp_path / "catalog"))
    assert json.loads(run("create", *catalog).stdout)["RoleName"] == "above"
    Path("../rolemgr.yaml").write_text("persona: tester\n")
    assert json.loads(run("create", *catalog).stdout)["RoleName"] == "sagemaker-tester"


@pytest.mark.parametrize(
    "command", [("create", "--persona", "tester"), ("show", "persona", "tester"), ("list", "personas")]
)
def test_a_catalog_in_the_settings_lies_beside_them(
    command: tuple[str, ...], small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative folder in rolemgr.yaml is found from every folder below, by every command that reads catalogs."""
    Path("rolemgr.yaml").write_text("catalog: [catalog]\n")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    ran = run(*command)
    assert ran.code == 0, ran.stderr
    assert "ester" in ran.stdout


@pytest.mark.parametrize("command", [("create", "--persona", "tester"), ("list", "personas")])
def test_one_catalog_needs_no_list(command: tuple[str, ...], small_catalog: Path, run: "Run") -> None:
    """A single folder stands for a list of one, as every other repeatable key."""
    Path("rolemgr.yaml").write_text("catalog: catalog\n")
    assert "tester" in run(*command).stdout


def test_one_value_needs_no_list_in_a_role_file(small_catalog: Path, run: "Run") -> None:
    """Nor does a catalog, an added or a removed group, in a role file, which lies elsewhere than we do."""
    Path("roles").mkdir()
    Path("roles/role.yaml").write_text("persona: tester\ncatalog: ../catalog\nadd: run-jobs\nremove: read-files\n")
    ran = run("create", "--role", "roles/role.yaml")
    assert ran.code == 0, ran.stderr
    assert "s3:GetObject" not in ran.stdout


def test_a_role_file_in_the_settings(small_catalog: Path, run: "Run") -> None:
    """Whoever always renders one role writes its file into the settings once."""
    Path("rolemgr.yaml").write_text("role: role.yaml\n")
    Path("role.yaml").write_text("persona: tester\ncatalog: [catalog]\n")
    assert json.loads(run("create").stdout)["RoleName"] == "sagemaker-tester"


def test_verbose_speaks_of_every_option_in_the_users_words(small_catalog: Path, run: "Run") -> None:
    """`-v` shows no Python: values as they would be typed, options by name."""
    notes = run("create", "-v", "--persona", "tester", "--catalog", "catalog").notes
    assert any(note == "persona from --persona" for note in notes)
    strange = [note for note in notes if any(sign in note for sign in ("()", "{}", "None", "kind=", "'"))]
    assert [note for note in strange if not note.startswith("account 1")] == []


def test_verbose_changes_nothing_else(small_catalog: Path, run: "Run") -> None:
    """The result is the same with and without."""
    args: tuple[Any, ...] = ("create", "--persona", "tester", "--catalog", "catalog")
    assert run(*args, "-v").stdout == run(*args).stdout


def test_what_of_another_place_no_longer_holds_is_told(small_catalog: Path, run: "Run") -> None:
    """A team that sets one tag in its role file loses the platform's: somebody must see that, whatever command runs."""
    Path("rolemgr.yaml").write_text("tag: {CostCenter: '4711', Team: churn}\nguardrail_profile: [cost]\nstrict: true\n")
    Path("a.yaml").write_text("persona: data-scientist\ntag: {Team: fraud}\nguardrail_profile: []\nstrict: false\n")
    lost = [
        "`guardrail_profile` of a.yaml:3 replaces that of rolemgr.yaml:2, so this no longer holds: `cost`",
        "`tag` of a.yaml:2 replaces that of rolemgr.yaml:1, so this no longer holds: `CostCenter`",
        "`strict` of a.yaml:4 replaces that of rolemgr.yaml:3, so this no longer holds: `True`",
    ]
    for command in ("create", "preview", "check"):
        notes = [note.removeprefix("a.yaml: ") for note in run(command, "a.yaml").notes]
        assert [note for note in notes if "replaces" in note] == lost, command
    flag = run("create", "a.yaml", "--tag", "Owner=me").notes
    assert "`tag` of --tag replaces that of a.yaml:2, so this no longer holds: `Team`" in flag


def test_what_is_kept_or_set_anew_needs_no_word(small_catalog: Path, run: "Run") -> None:
    """The same names with other values are somebody's choice."""
    Path("rolemgr.yaml").write_text("tag: {Team: churn}\nregion: eu-west-1\nguardrail: {max-runtime: 2h}\n")
    Path("a.yaml").write_text(
        "persona: data-scientist\ntag: {Team: fraud, A: b}\nregion: eu-west-2\nguardrail: {max-runtime: 3h}\n"
    )
    assert not [note for note in run("create", "a.yaml").notes if "replaces" in note]
