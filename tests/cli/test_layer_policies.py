"""`rolemgr scp` and `rolemgr rcp`: what is printed, what is said, what is refused."""

import json
from pathlib import Path

import pytest
from tests.conftest import Run

REGIONS = ("scp", "approved-regions", "--parameter", "regions=eu-west-1")


def test_a_list_of_policies_goes_to_stdout_and_notes_to_stderr(run: Run) -> None:
    """One document a line; who is never bound is said, and how full they are."""
    done = run(*REGIONS, "--guardrail", "instance-types=ml.m5.*")
    assert done.code == 0
    [policy] = json.loads(done.stdout)
    assert {one["Effect"] for one in policy["Statement"]} == {"Deny"}
    assert any(
        "SCPs never bind the organization's management account; service-linked roles" in one for one in done.notes
    )
    assert any("instance-types: by-passed by" in one for one in done.notes)
    assert any("judged only where the request carries its key are sagemaker:CreateData" in one for one in done.notes)
    assert "characters; 9 slots are free" in done.notes[-1]


def test_an_exemption_without_effect_is_said(run: Run) -> None:
    """The option is not ignored without a word."""
    arn = "arn:aws:iam::111122223333:role/break-glass"
    done = run("rcp", "secure-transport", "--exempt", arn)
    assert "secure-transport: nobody is exempt of it, by its meaning" in done.notes
    assert any("an SCP has to guard it" in one for one in done.notes)
    assert not any("no-full-access: nobody" in one for one in run("scp", "no-full-access", "--exempt", arn).notes)


def test_a_role_of_identity_center_is_exempt_with_a_note(run: Run) -> None:
    """No SCP binds whoever makes the roles of permission sets."""
    arn = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_BreakGlass_*"
    said = f"exempt {arn}: whoever may change or assign the permission set decides who has it, and what it may do"
    assert said in run("scp", "no-full-access", "--exempt", arn).notes


def test_a_pattern_that_stops_stack_sets_says_so(run: Run) -> None:
    """Until they are let through."""
    asked = ("scp", "iam-lockdown", "--parameter", "administrators=arn:*:iam::*:role/platform/admin")
    said = "iam-lockdown: stack sets can't make roles any more where this holds"
    assert any(one.startswith(said) for one in run(*asked).notes)
    assert not any(one.startswith(said) for one in run(*asked, "--landing-zone", "stacksets").notes)


@pytest.mark.parametrize(
    ("form", "place"),
    [("json", "rolemgr-scp.json"), ("cloudformation", "rolemgr-scp.yaml"), ("terraform", "rolemgr-scp/policies.tf.json"),
     ("aws-cli", "rolemgr-scp.sh"), ("lza", "organization-config.yaml")],
)  # fmt: skip
def test_each_form_goes_into_a_folder(form: str, place: str, run: Run) -> None:
    """Under the name that belongs to it."""
    assert run(*REGIONS, "--format", form, "-o", "out/").code == 0
    assert Path("out", place).is_file()


def test_policies_are_checked_and_evaluated_as_they_come(run: Run) -> None:
    """What `scp` writes, `check` judges and `simulate` takes."""
    assert run(*REGIONS, "-o", "scp.json").code == 0
    assert run("check", "scp.json", "--type", "scp").code == 0
    asked = ("simulate", "--persona", "data-scientist", "--scp", "scp.json", "--action", "sagemaker:ListTrainingJobs")
    denied = run(*asked, "--context", "aws:RequestedRegion=us-east-1", "--expect", "ExplicitlyDenied")
    assert denied.code == 0, denied.errors
    assert run(*asked, "--context", "aws:RequestedRegion=eu-west-1", "--expect", "Allowed").code == 0


def test_rcps_have_no_guardrails_and_no_landing_zone(run: Run) -> None:
    """They bind callers of all accounts."""
    assert run("rcp", "secure-transport").code == 0
    assert run("rcp", "secure-transport", "--guardrail", "vpc").code == 2
    assert run("rcp", "secure-transport", "--landing-zone", "lza").code == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("scp",), "no pattern and no guardrail is chosen; see `rolemgr list scps`"),
        (("scp", "approved-region"), "did you mean approved-regions"),
        (("scp", "approved-regions"), "needs regions"),
        ((*REGIONS, "--parameter", "regions=eu-west-1"), "`regions` is given twice"),
        ((*REGIONS, "--parameter", "regions"), "is not of the form KEY=VALUE"),
        ((*REGIONS, "--landing-zone", "controltower"), "did you mean control-tower"),
        ((*REGIONS, "--free-slots", "10"), "is not 1 to 9"),
        ((*REGIONS, "--name", "a'b"), "letters, digits, hyphens, underscores"),
        ((*REGIONS, "--exempt", "arn:aws:iam::*:role/*"), "exempts nearly every role"),
        ((*REGIONS, "--format", "lza"), "give -o FOLDER/"),
        ((*REGIONS, "--format", "aws-cli", "-o", "x.json"), "is named as JSON"),
        (("scp", "mandatory-five-in-one-deny"), "take `mandatory-five`"),
        (("scp", "--guardrail", "spot-only"), "can't be a guardrail"),
        (("scp", "--guardrail", "instance-types"), "needs types"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_2(args: tuple[str, ...], said: str, run: Run) -> None:
    """Nothing goes to stdout."""
    done = run(*args)
    assert (done.code, done.stdout) == (2, "")
    assert said in done.errors[-1]


@pytest.mark.parametrize(
    "args", [("list", "scps"), ("list", "rcps"), ("show", "scp", "iam-lockdown"), ("show", "rcp", "networks")]
)
def test_patterns_can_be_looked_at(args: tuple[str, ...], run: Run) -> None:
    """As a page and as data."""
    assert run(*args).stdout
    assert json.loads(run(*args, "--format", "json").stdout)


def test_a_guardrail_for_people_is_refused_in_an_scp(run: Run) -> None:
    """It would bind the roles of services too; the pattern that names roles is told."""
    chosen = "caller-network=203.0.113.0/24"
    done = run("scp", "--guardrail", f"{chosen},actions:all")
    assert (done.code, done.stdout) == (2, "")
    assert "`caller-network,actions:all` is for people, and this binds the roles of services too" in done.stderr
    assert "`rolemgr scp expected-networks-all-services` names the roles" in done.stderr
    assert run("scp", "--guardrail", chosen).code == 0
