"""`check`, `preview` and `diff` of a blueprint, as a reviewer runs them."""

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.blueprint.in_accounts import EXAMPLE

if TYPE_CHECKING:
    from tests.conftest import Run


@pytest.fixture
def file() -> str:
    """Return the three-accounts example in this folder."""
    Path("bp.yaml").write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    return "bp.yaml"


def changed(*changes: tuple[str, str]) -> str:
    """Write the example with *changes*."""
    text = EXAMPLE.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    Path("new.yaml").write_text(text, "utf-8")
    return "new.yaml"


def test_the_example_has_no_finding_that_fails(run: "Run", file: str) -> None:
    """All documents are checked: roles, policies of resources, SCPs and RCPs, each at a line of the file."""
    data = json.loads(run("check", file, "--format", "json").stdout)
    assert (data["checked"], data["findings"]) == (18, [])
    assert run("check", file).code == 0


def test_a_finding_stands_at_the_line_that_asks_for_it(run: "Run", file: str) -> None:
    """Of a role by its place; what is not picked is not checked."""
    wide = changed(
        (
            "name: ml-serving",
            "name: ml-serving, trust: [sagemaker?source=none]",
        )
    )
    found = json.loads(run("check", wide, "--format", "json", "--fail-on", "SUGGESTION").stdout)["findings"]
    mine = [one for one in found if one["message"].startswith("production/serving: ")]
    assert mine
    assert {one["line"] for one in mine} == {33}
    other = json.loads(run("check", wide, "--account", "data", "--format", "json").stdout)
    assert (other["findings"], other["checked"]) == ([], 2)
    ran = run("check", file, "--type", "scp")
    assert (ran.code, ran.errors) == (2, ["--type: goes with policy files, not with a blueprint"])


def test_the_preview_begins_with_a_summary(run: "Run", file: str) -> None:
    """Then flows and accounts; one role has its own page."""
    lines = run("preview", file).stdout.splitlines()
    assert lines[:5] == [
        "Blueprint bp.yaml", "organization o-a1b2c3d4e5", "eu-west-1",
        "4 roles in 3 accounts; 6 policies of what these share",
        "6 flows, 4 of them from account to account",
    ]  # fmt: skip
    data = json.loads(run("preview", file, "--account", "production", "--format", "json").stdout)
    assert [[one["place"] for one in account["roles"]] for account in data["accounts"]] == [
        ["production/deployer", "production/serving"]
    ]
    assert data["organization"] == []
    assert run("preview", file, "--role", "ml-serving").stdout.startswith(
        "ml-serving  from persona: SageMaker compute\n"
    )
    for form in ("markdown", "html"):
        assert "modelling/training" in run("preview", file, "--format", form).stdout.replace("<wbr>", "")
    ran = run("preview", file, "--role", "serving")
    assert (ran.code, ran.errors[0][:31]) == (2, "--role: unknown role `serving`;")


def test_a_role_file_needs_no_flag(run: "Run") -> None:
    """As for the commands that take many."""
    Path("r.yaml").write_text("persona: sagemaker-compute\nname: r\n", "utf-8")
    assert run("preview", "r.yaml").stdout == run("preview", "--role", "r.yaml").stdout
    assert run("preview", "r.yaml", "--persona", "x").errors == [
        "--persona: goes without role files; each of these is a role"
    ]


def test_the_same_blueprint_has_no_difference(run: "Run", file: str) -> None:
    """In other order and words too."""
    other = changed(("[train, serve]", "[serve, train]"), ("curated/*", "curated/*  # as before"))
    ran = run("diff", file, other)
    assert (ran.code, ran.stdout) == (0, "no difference in 12 documents\n")


def test_each_difference_is_told_with_its_line(run: "Run", file: str) -> None:
    """Gains of a role and of the policy on the other side, a limit, a policy that is gone, what is accepted."""
    other = changed(
        ("curated/*", "curated/*, raw/*"), ("max-runtime: 12h", "max-runtime: 24h"),
        ("  - production/serving pulls modelling/images\n", ""),
        ("presigned-url: roles are not bound to networks yet", "presigned-url: nobody minds"),
    )  # fmt: skip
    ran = run("diff", file, other)
    assert ran.code == 1
    for text in (
        "+ gains  s3:GetObject on acme-curated/raw/*  by parameter shared_objects",
        "(new.yaml:37)",
        "~ limit  max-runtime 12 h -> 24 h  by guardrail max-runtime (new.yaml:17)",
        "repository/train: the policy is gone, which had",
        "~ accepted_sinks.presigned-url: roles are not bound to networks yet",
    ):
        assert text in ran.stdout
    data = json.loads(run("diff", file, other, "--format", "json").stdout)
    assert (data["same"], len(data["settings"]), len(data["removed"])) == (False, 1, 2)
    assert "Said otherwise in the file" in run("diff", file, other, "--format", "markdown").stdout


def test_what_no_document_has_is_a_difference(run: "Run", file: str) -> None:
    """An account less or as somebody else reached; the exit code says so."""
    ran = run("diff", file, changed(("regions:", "assume: deploy\nregions:")))
    assert (ran.code, ran.stdout.count("assume deploy")) == (1, 3)


@pytest.mark.nightly
def test_shares_and_vpc_endpoints_are_compared(run: "Run", file: str) -> None:
    """What RAM shares, and what an endpoint lets through, is a document too; their services and ids are named."""
    features = "feature_groups: {data/visits: visits}\nvpc_endpoints: {data/api: {service: s3, id: vpce-0a1b2c3d}}\n"
    flow = ("flows:\n", f"{features}flows:\n  - modelling/training reads features of data/visits\n")
    old = Path(changed(flow)).rename("old.yaml")
    fewer = changed(flow, ("{service: s3, id: vpce-0a1b2c3d}", "{service: s3, id: vpce-0a1b2c3e}"))
    assert "s3, vpce-0a1b2c3d -> s3, vpce-0a1b2c3e" in run("diff", str(old), fewer).stdout
    ran = run("diff", str(old), file)
    assert "shares of arn:aws:sagemaker:eu-west-1:111122223333:feature-group/visits: the policy is gone" in ran.stdout
    assert "policy of VPC endpoint data/api: the endpoint policy is gone" in ran.stdout
    assert run("diff", file, changed(("landing_zone:", "profile: root, landing_zone:"))).code == 1


def test_a_blueprint_of_a_revision_is_compared(run: "Run", file: str) -> None:
    """With the role files and the catalog of that revision."""
    Path("roles").mkdir()
    Path("roles/t.yaml").write_text("persona: sagemaker-compute\nname: ml-training\n", "utf-8")
    text = (
        Path(file).read_text("utf-8").replace("{persona: sagemaker-compute, name: ml-training}", "{file: roles/t.yaml}")
    )
    Path(file).write_text(text, "utf-8")
    for args in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "x"]):
        subprocess.run(["git", *args], check=True, capture_output=True)  # noqa: S607 - whatever git there is
    assert run("diff", f"HEAD:{file}", file).code == 0
    Path("roles/t.yaml").write_text("persona: sagemaker-compute\nname: ml-training\nmax_session: 2h\n", "utf-8")
    ran = run("diff", f"HEAD:{file}", file)
    assert (ran.code, "modelling/training" in ran.stdout) == (1, True)


def test_a_blueprint_and_something_else_are_not_compared(run: "Run", file: str) -> None:
    """Nor are its requests lines for a shell."""
    Path("r.yaml").write_text("persona: sagemaker-compute\n", "utf-8")
    assert run("diff", file, "r.yaml").errors == [
        "bp.yaml: is a blueprint, and r.yaml is none; give two blueprints, as files"
    ]
    assert run("diff", file, file, "--explain").errors[0].startswith("--explain: goes with roles and policies")
    assert run("diff", file, file, "--type", "scp").code == 2
