"""`drift` and `plan` tell a guardrail with other values as `diff` does: by name, with both values, against a server."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.account.test_commands import aws, role_file
from tests.nightly import WHOLE, some
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.compose.guardrails.denies import GuardrailContext
from rolemgr.compose.guardrails.read_back import read_back
from rolemgr.iam.documents import Effect, IdentityPolicy, IdentityStatement
from rolemgr.prove.catalog import variants
from rolemgr.render.statements import permissions_policy

if TYPE_CHECKING:
    from tests.conftest import Run

__all__ = ["aws"]

CATALOG = Catalog()
FILE = "persona: data-scientist\nbucket: [acme]\nguardrail:\n  max-runtime: {}\n"
JOBS = "sagemaker:CreateHyperParameterTuningJob, sagemaker:CreateProcessingJob, sagemaker:CreateTrainingJob"


def lines(text: str, sign: str = "~") -> list[str]:
    """Return the lines of *text* with the *sign* of a change."""
    return [one.strip() for one in text.splitlines() if one.strip().startswith(f"{sign} ")]


def applied(run: "Run", value: str) -> str:
    """Return the file of a role that is in the account, with a longest run of *value*."""
    path = role_file("r", FILE.format(value))
    assert run("apply", path, "--yes").code == 0
    return path


@pytest.mark.parametrize(
    ("there", "file", "words", "rule"),
    [
        ("48h", "24h", "max-runtime 24 h -> 48 h, wider for", "SECURITY_WARNING DR110"),
        ("24h", "48h", "max-runtime 48 h -> 24 h, narrower for", "WARNING DR112"),
    ],
)
def test_another_limit_is_told_by_name(run: "Run", there: str, file: str, words: str, rule: str) -> None:
    """`drift` from the file to the account, with the severity that it had; `plan` the other way round, once."""
    path = applied(run, there)
    role_file("r", FILE.format(file))
    ran = run("drift", path)
    assert ran.code == 1
    (told,) = lines(ran.stdout)
    assert told.startswith(f"~ limit  {words} {JOBS}")
    assert f"{rule} (r.yaml:" in told
    assert lines(ran.stdout, "+") == lines(ran.stdout, "-") == []
    planned = run("plan", path, "--update")
    old, new = (f"{value.rstrip('h')} h" for value in (there, file))
    effect = "narrower" if there > file else "wider"
    (told,) = lines(planned.stdout)[1:]  # the first is the role
    assert told.startswith(
        f"~ limit  max-runtime {old} -> {new}, {effect} for {JOBS}  by guardrail max-runtime (r.yaml:"
    )
    assert lines(planned.stdout, "+") == lines(planned.stdout, "-") == []


def test_the_data_have_both_values(run: "Run") -> None:
    """As `diff` has them, beside the finding."""
    path = applied(run, "48h")
    role_file("r", FILE.format("24h"))
    (role,) = json.loads(run("drift", path, "--format", "json").stdout)["roles"]
    (change,) = role["findings"][0]["changes"]
    kept = {key: change[key] for key in ("change", "name", "old", "new", "effect")}
    assert kept == {"change": "limit", "name": "max-runtime", "old": ["24 h"], "new": ["48 h"], "effect": "wider"}


def edited(iam: Any, change: Any) -> None:
    """Change the statements of the role in the account."""
    policy = iam.get_role_policy(RoleName="r", PolicyName="r")["PolicyDocument"]
    change(policy["Statement"])
    iam.put_role_policy(RoleName="r", PolicyName="r", PolicyDocument=json.dumps(policy))


def test_a_limit_that_is_gone_or_new(run: "Run", iam: Any) -> None:
    """`none` stands for the side that has not the guardrail; the catalog knows those that the file has not."""
    path = applied(run, "24h")
    edited(iam, lambda found: found.remove(next(one for one in found if one["Sid"] == "MaxRuntime")))
    (told,) = lines(run("drift", path).stdout)
    assert told.startswith("~ limit  max-runtime 24 h -> none, wider for ")
    role_file("r", FILE.format("24h") + "  network-isolation: []\n")
    assert run("apply", path, "--update", "--yes").code == 0
    role_file("r", FILE.format("24h"))
    (told,) = lines(run("plan", path, "--update").stdout)[1:]
    assert told.startswith("~ limit  network-isolation in force -> none, wider for ")


def test_every_limit_is_told_where_one_request_shows_several(run: "Run") -> None:
    """Of the file and the account; a limit that lets other values through is wider and narrower."""
    path = applied(run, "24h")
    role_file("r", FILE.format("12h") + "  instance-types: [ml.m5.*, ml.g5.xlarge]\n  network-isolation: []\n")
    was = "ml.g4dn.xlarge,ml.m5.2xlarge,ml.m5.large,ml.m5.xlarge,ml.p3.2xlarge"
    planned = [one.partition(" for ")[0] for one in lines(run("plan", path, "--update").stdout)[1:]]
    assert sorted(planned) == [
        f"~ limit  instance-types {was} -> ml.g5.xlarge,ml.m5.*, wider and narrower",
        "~ limit  max-runtime 24 h -> 12 h, narrower",
        "~ limit  network-isolation none -> in force, narrower",
    ]
    told = {one.split()[2]: one for one in lines(run("drift", path).stdout)}
    assert set(told) == {"instance-types", "max-runtime", "network-isolation"}
    assert told["network-isolation"].startswith("~ limit  network-isolation in force -> none, wider for ")


def test_a_statement_that_somebody_wrote_over_is_no_limit(run: "Run", iam: Any) -> None:
    """Its values are not the guardrail's: what it lets through is told as access."""
    path = applied(run, "24h")

    def less(found: list[dict[str, Any]]) -> None:
        next(one for one in found if one["Sid"] == "MaxRuntime")["Action"].remove("sagemaker:CreateTrainingJob")

    edited(iam, less)
    shown = run("drift", path).stdout
    assert lines(shown) == []
    (told,) = lines(shown, "+")
    assert told.startswith("+ gains  sagemaker:CreateTrainingJob")


def test_a_statement_that_was_written_over_is_not_told_as_another_limit(run: "Run", iam: Any) -> None:
    """It keeps its Sid and denies more, beside a limit that differs."""
    path = applied(run, "24h")
    role_file("r", FILE.format("24h") + "  instance-types: [ml.m5.*]\n")

    def more(found: list[dict[str, Any]]) -> None:
        one = next(one for one in found if one["Sid"] == "MaxRuntime")
        one["Action"] = [*one["Action"], "sagemaker:StopTrainingJob"]
        one.pop("Condition")

    edited(iam, more)
    shown = run("drift", path).stdout
    assert [one.split()[2] for one in lines(shown)] == ["instance-types"]
    lost = " ".join(lines(shown, "-"))
    assert "sagemaker:StopTrainingJob" in lost
    assert "sagemaker:CreateTrainingJob" in lost


def test_what_else_is_gained_is_not_hidden_by_a_limit(run: "Run", iam: Any) -> None:
    """An Allow that the file has not is told as access, beside the limit that differs."""
    path = applied(run, "48h")
    role_file("r", FILE.format("24h"))
    more = {"Sid": "More", "Effect": "Allow", "Action": ["sagemaker:CreateAutoMLJobV2"], "Resource": ["*"]}
    edited(iam, lambda found: found.append(more))
    shown = run("drift", path).stdout
    assert any(one.startswith("~ limit  max-runtime 24 h -> 48 h") for one in lines(shown))
    assert any(one.startswith("+ gains  sagemaker:CreateAutoMLJobV2 on *") for one in lines(shown, "+"))


TOLD_AS_ACCESS = {("unified-studio-user", "studio-vpc")}
"""Roles whose Denies don't tell the guardrail's values: its change is told as what is gained and lost."""


def test_values_of_every_guardrail_are_read_back() -> None:
    """From all roles that proofs are about."""
    judged = 0
    for choices in some(variants(CATALOG), 4):
        role = composed(CATALOG, **choices)
        there = [one for one in permissions_policy(role.statements).statements() if isinstance(one, IdentityStatement)]
        granted = frozenset(name for one in there if one.effect is Effect.ALLOW for name in one.action or ())
        setting = GuardrailContext(granted, role.spec.kms_key_names, strict=False)
        for one in role.guardrails:
            found = read_back(one.name, CATALOG.guardrail(one.name), there, [setting])
            if (role.persona.id, one.name) not in TOLD_AS_ACCESS:
                assert (found is not None) is bool(one.actions), one.name
            judged += found is not None
            assert found is None or {key: sorted(value) for key, value in found.values.items()} == {
                key: sorted(value) for key, value in one.values.items()
            }
    assert judged > (300 if WHOLE else 75)


def test_what_is_left_of_a_guardrail_is_not_read() -> None:
    """One of its two statements has no value by itself: what is gone with the other is told as access."""
    role = composed(CATALOG, persona="mlops-engineer")
    every = permissions_policy(role.statements).statement
    left = [one for one in every if one.sid != "MaxRuntime"]
    assert any(one.sid == "MaxRuntimeMissing" for one in left)
    assert (
        read_back("max-runtime", CATALOG.guardrail("max-runtime"), left, [GuardrailContext(None, "both", False)])
        is None
    )


@pytest.mark.parametrize(
    "other",
    [
        {"Action": ["sagemaker:CreateTrainingJob"]},
        {"Resource": ["arn:aws:sagemaker:us-east-1:111122223333:training-job/a*"]},
        {"Condition": {"NumericGreaterThanEquals": {"sagemaker:MaxRuntimeInSeconds": "86400"}}},
        {"Condition": {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": ["86400", "3600"]}}},
        {"Condition": {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "a day"}}},
    ],
)
def test_what_is_not_the_guardrail_s_statement_is_not_read(other: dict[str, Any]) -> None:
    """Fewer actions, other resources, another operator, two values of one, no number."""
    actions = JOBS.split(", ")
    row = {
        "Sid": "MaxRuntime", "Effect": "Deny", "Action": actions, "Resource": ["*"],
        "Condition": {"NumericGreaterThan": {"sagemaker:MaxRuntimeInSeconds": "86400"}},
    }  # fmt: skip

    def read(one: dict[str, Any]) -> Any:
        there = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": [one]}).statement
        setting = GuardrailContext(frozenset(actions), "both", strict=False)
        return read_back("max-runtime", CATALOG.guardrail("max-runtime"), there, [setting])

    assert read(row).values == {"seconds": ("86400",)}
    assert read({**row, **other}) is None


def test_two_limits_are_told_each_by_its_own_denies(run: "Run") -> None:
    """A transform job has instance types and no longest run time, whatever request shows both limits."""
    file = "persona: ml-engineer\nbucket: [acme]\nguardrail: {{max-runtime: {}, instance-types: {}}}\n"
    path = role_file("r", file.format("12h", "[ml.m5.*]"))
    assert run("apply", path, "--yes").code == 0
    role_file("r", file.format("48h", "[ml.m5.*, ml.g5.*]"))
    told = {one.split()[2]: one for one in lines(run("plan", path, "--update").stdout) if " limit  " in one}
    assert "wider for" in told["max-runtime"]
    assert "sagemaker:CreateTransformJob" not in told["max-runtime"]
    assert "sagemaker:CreateTransformJob" in told["instance-types"]
