"""`rolemgr create --format`: what is printed, what is said, what is refused."""

import json
from pathlib import Path

import pytest
from tests.conftest import Run

from rolemgr.export.formats import FORMATS
from rolemgr.workflow.exports import FORMS

FIXED = ("create", "--persona", "data-scientist", "--account", "123456789012", "--region", "eu-west-1")
FREE = ("create", "--persona", "data-scientist")


def test_every_format_of_the_help_is_one() -> None:
    """The names are written twice, so that help loads no format."""
    assert list(FORMS) == ["json", "yaml", *FORMATS]


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "stackset"])
def test_same_role_same_bytes_in_a_file_or_on_stdout(form: str, run: Run) -> None:
    """The result is all that is on stdout, and ends in a line break."""
    first, second = run(*FIXED, "--format", form), run(*FIXED, "--format", form, "-o", "out")
    assert (first.code, first.errors, second.stdout) == (0, [], "")
    assert Path("out").read_text(encoding="utf-8") == first.stdout
    assert first.stdout.endswith("\n")


@pytest.mark.parametrize(
    ("form", "account", "region"),
    [
        ("cloudformation", False, False), ("stackset", False, False), ("terraform", False, False),
        ("aws-cli", False, True), ("sagemaker-config", True, True), ("json", True, True),
    ],
)  # fmt: skip
def test_only_what_is_assumed_is_said_to_be(form: str, account: bool, region: bool, run: Run) -> None:
    """A template has the account of its stack, so no example account is taken for it."""
    notes = " ".join(run(*FREE, "--format", form).notes)
    assert ("AWS's example account" in notes) == account
    assert ("region us-east-1; choose" in notes) == region


def test_a_region_of_the_environment_is_fixed_and_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has AWS_REGION set gets templates for that region, and reads it."""
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    ran = run(*FREE, "--format", "cloudformation")
    assert "region eu-north-1, from AWS_REGION" in ran.notes
    assert "arn:aws:sagemaker:eu-north-1:${AWS::AccountId}" in ran.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--format", "json", "--parameterize"), "--parameterize: does not go with --format json; it goes with"
         " cloudformation, stackset, terraform"),
        (("--format", "terraform", "--explain"), "--explain: does not go with --format terraform; it goes with json,"
         " yaml, cloudformation"),
        (("--format", "terraform", "--organizational-unit", "r-a1b2"), "--organizational-unit: does not go with"
         " --format terraform; it goes with stackset"),
        (("--format", "yaml", "--sso-instance", "x"), "--sso-instance: does not go with --format yaml; it goes with"
         " permission-set"),
        (("--format", "stackset", "--account", "123456789012"), "--account: a stack set goes into any number of"
         " accounts, so none can be fixed; leave it out, or give --account none where `rolemgr.yaml` has one"),
        (("--format", "permission-set"), "a permission set's policies name the account that it is for, and none is"
         " chosen; give --account; make one permission set an account"),
        (("--format", "permission-set", "--account", "123456789012", "--trust", "sagemaker"), "--trust: a permission"
         " set has no trust policy: Identity Center writes it"),
        (("--format", "permission-set", "--account", "123456789012", "--sso-instance", "x"), "--sso-instance: `x` is"
         " not an ARN of an instance such as arn:aws:sso:::instance/ssoins-1234567890abcdef; aws sso-admin list-instances"
         " has it"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(args: tuple[str, ...], says: str, run: Run) -> None:
    """One line that says what does go, and nothing is written."""
    ran = run(*FREE, *args, "-o", "out")
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [says])
    assert not Path("out").exists()


def test_a_role_file_fixes_what_it_names(run: Run) -> None:
    """Account and region of a role file are literal in a template."""
    Path("role.yaml").write_text("persona: sagemaker-compute\naccount: '123456789012'\nregion: cn-north-1\n")
    ran = run("create", "--role", "role.yaml", "--format", "terraform")
    made = json.loads(ran.stdout)
    assert "data" not in made
    assert "arn:aws-cn:sagemaker:cn-north-1:123456789012:" in ran.stdout


def test_a_catalog_that_names_a_region_s_list_elsewhere_must_fix_it(run: Run) -> None:
    """A condition on the accounts of AWS's images differs by region, and no template can say it."""
    for folder in ("personas", "activity_groups"):
        (Path("catalog") / folder).mkdir(parents=True)
    Path("catalog/personas/p.yaml").write_text("title: P\ndescription: p\nactivity_groups: [g]\n")
    Path("catalog/activity_groups/g.yaml").write_text(
        "title: G\ndescription: g\nstatements:\n  - sid: Pull\n    actions: [ecr:BatchGetImage]\n"
        "    resources: ['arn:{{ partition }}:ecr:{{ region }}:*:repository/*']\n"
        "    conditions: {StringEquals: {'aws:ResourceAccount': '{{ aws_image_accounts }}'}}\n"
    )
    chosen = ("create", "--persona", "p", "--catalog", "catalog", "--format", "cloudformation")
    assert run(*chosen).errors == [
        "statement `Pull` says something else in each region; fix --account and --region"
    ]  # fmt: skip
    assert run(*chosen, "--region", "eu-west-1").code == 0


@pytest.mark.parametrize(("form", "name"), [("cloudformation", "role.yaml"), ("terraform", "role.tf.json")])
def test_check_reads_what_is_exported(form: str, name: str, run: Run) -> None:
    """`rolemgr check` judges the policies of a template and a module: clean as made, and not after a change."""
    chosen = ("create", "--persona", "data-scientist", "--subnet", "subnet-0a", "--format", form, "-o", name)
    assert run(*chosen).code == 0
    clean = run("check", name)
    assert clean.code == 0
    assert "1 finding in 3 policies: 1 SUGGESTION" in clean.stdout
    assert "RM703" in clean.stdout
    text = Path(name).read_text(encoding="utf-8")
    Path(name).write_text(text.replace("sagemaker:DescribeTrainingJob", "sagemaker:DescribeTrainingJab"))
    found = run("check", name, "--fail-on", "ERROR")
    assert found.code == 1
    assert "sagemaker:DescribeTrainingJab" in found.stdout


def test_what_is_of_one_place_is_told(run: Run) -> None:
    """A subnet of one region in a template for any, unless it is a parameter or the place is fixed."""
    chosen = (*FREE, "--subnet", "subnet-0a", "--format", "cloudformation")
    told = "what --subnet named is of one account and region: fix these with --account and --region, or make parameters"
    assert [note for note in run(*chosen).notes if note.startswith(told)]
    for more in (("--parameterize",), ("--account", "123456789012", "--region", "eu-west-1")):
        assert [note for note in run(*chosen, *more).notes if "is of one account" in note] == []


ONE_STORE = tuple(
    word
    for name in ("offline_store", "monitoring_inputs", "monitoring_reports")
    for word in ("--parameter", f"{name}=b-0/{name}")
)
"""Else each bucket has protected prefixes of its own, whose Denies don't fit inline."""


def test_a_template_that_needs_more_policies_than_the_role_says_so(run: Run) -> None:
    """Room is kept for the longest values of its parameters."""
    buckets = [word for number in range(70) for word in ("--bucket", f"b-{number}")]
    notes = run(
        "create", "--persona", "ml-engineer", *buckets, *ONE_STORE, "--format", "cloudformation", "--parameterize"
    ).notes
    assert [note for note in notes if "managed policies beside the inline one" in note]
