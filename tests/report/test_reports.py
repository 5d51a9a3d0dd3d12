"""A report: its page has the facts of its data and no others, says what it leaves out, and tells roles apart rightly."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.audit.accounts import ACCOUNT, allow, details, role
from tests.audit.support import audited
from tests.report.hostile import HOSTILE
from tests.report.test_html import ATTRIBUTES, TAGS, Read, data_of
from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.report.origins import origins_of
from rolemgr.report.pages.grid import MOST_COLUMNS, MOST_ROWS, Grid, GridMark, GridRow, grid_data
from rolemgr.report.pages.html import html
from rolemgr.report.pages.of_findings import place_of
from rolemgr.report.pages.of_report_audit import audit_report, audit_report_data
from rolemgr.report.role_grids import RoleColumn, capability_grid, guardrail_grid, level_grid, resource_grid

if TYPE_CHECKING:
    from tests.conftest import Run

TOP = Path(__file__).resolve().parents[2]
ABOUT = {
    "catalog": (),
    "role": ("examples/data-scientist-in-a-vpc/role.yaml",),
    "roles": ("examples/regulated-ml-engineer", "examples/feature-store-writer", "examples/deploy-from-github"),
    "blueprint": ("examples/blueprint-three-accounts/blueprint.yaml",),
    "audit": ("examples/audit/account.json",),
}


@pytest.fixture(autouse=True)
def at_the_top(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where the examples are."""
    monkeypatch.chdir(TOP)


@pytest.mark.parametrize("kind", ABOUT)
def test_a_page_has_the_facts_of_its_data_and_no_others(kind: str, run: "Run") -> None:
    """Each matrix cell by cell, each statement with its origins, each finding; nothing is asked of anybody."""
    page = run("report", *ABOUT[kind], "--format", "html")
    data = json.loads(run("report", *ABOUT[kind], "--format", "json").stdout)
    assert (page.code, page.errors, data["report"]) == (0, [], kind)
    for one in data["audit"]["nearest"] if kind == "audit" else ():  # of what a role would lose a page has some
        one["would_lose_more"] += max(0, len(one["would_lose"]) - 20)
        del one["would_lose"][20:]
    assert json.loads(data_of(page.stdout)) == data
    assert matrices(page.stdout) == {told(one) for one in data["matrices"].values() if one["rows"]}
    text = words_of(page.stdout)
    for one in statements(data):
        assert one["sid"] in text
        for origin in one.get("from", ()):
            assert f"{origin['kind']} {origin['name']}" in text
            assert place_of(origin["file"], origin["line"]) in text
            assert all(name in text for name in origin["parameters"])
    for one in data.get("left_open", ()):
        assert " ".join(one["why"].split()) in text
    for finding in data["audit"]["findings"] if kind == "audit" else ():
        assert finding["id"] in text
    assert not re.search(r"""(?:src|href|action)=|url\(|@import""", page.stdout.partition('id="data"')[0])


def statements(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return all statements of a report."""
    return [*data.get("statements", ()), *(one for each in data.get("roles", ()) for one in each["statements"])]


def words_of(page: str) -> str:
    """Return the text that a reader of *page* sees, on one line."""
    body = page.partition("<body>")[2].partition('<script type="application/json"')[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", "", body.replace("<br>", "\n"))).split())


def matrices(page: str) -> set[tuple[object, ...]]:
    """Return the matrices of *page* as sets of (row, column, cell)."""
    found: set[tuple[object, ...]] = set()
    for table in re.findall(r'<table class="grid".*?</table>', page, re.DOTALL):
        columns = [unescape(one) for one in re.findall(r'<th scope="col"><span>(.*?)</span>', table)]
        cells = set()
        rows = re.findall(r'<tr><th scope="row" data-key="(.*?)">.*?</th>(.*?)</tr>', table)
        for head, rest in rows:
            texts = [unescape(one) for one in re.findall(r"<td[^>]*>(.*?)</td>", rest)]
            cells |= {(unescape(head), name, one) for name, one in zip(columns, texts, strict=True) if one}
        found.add((tuple(columns), frozenset(cells)))
    return found


def told(matrix: Mapping[str, Any]) -> tuple[object, ...]:
    """Return *matrix* of a report's data as `matrices` has it."""
    cells = {(row["row"], name, cell) for row in matrix["rows"] for name, cell in row["cells"].items()}
    return (tuple(matrix["columns"]), frozenset(cells))


def columns(*names: str, **more: Any) -> list[RoleColumn]:
    """Return the roles of these personas as columns."""
    catalog = Catalog()
    made = {name: rendered(catalog, persona=name, account=ACCOUNT, region="eu-west-1", **more) for name in names}
    return [RoleColumn(name, one.role, one.documents, catalog) for name, one in made.items()]


def cells(grid: Grid) -> dict[str, dict[str, str]]:
    """Return what stands in *grid*, by row and column."""
    return {one["row"]: one["cells"] for one in grid_data(grid)["rows"]}


def test_capabilities_tell_personas_apart() -> None:
    """As the catalog promises: who trains does not deploy, and who deploys does not train."""
    found = cells(capability_grid(columns("data-scientist", "mlops-engineer")))
    assert found["run training jobs"] == {"data-scientist": "✓"}
    assert found["deploy endpoints"] == {"mlops-engineer": "✓"}
    assert "administer HyperPod clusters" not in found  # nobody of these


def test_resources_have_the_access_levels_that_statements_give() -> None:
    """A bucket that is listed, its objects read and written; nothing of actions beside resources of no type of theirs."""
    roles = columns("data-scientist", "business-analyst", bucket=["acme-churn"])
    found = cells(resource_grid(roles))
    assert found["arn:aws:s3:::acme-churn"]["data-scientist"] == "R L"
    assert set(found["arn:aws:s3:::acme-churn/*"]["data-scientist"].split()) >= {"W", "R"}
    levels = cells(level_grid(roles[0].role))
    assert levels.keys() == {name for name, row in found.items() if "data-scientist" in row}
    assert levels["arn:aws:s3:::acme-churn"] == {"Read": "1", "List": "1"}


def test_guardrails_tell_what_they_narrow_and_what_they_leave_open() -> None:
    """A training job by its instance type; an AutoML job sends none, and is denied where the role is strict."""
    [role_] = columns("ml-engineer", guardrail={"instance-types": ["ml.m5.*"]}, no_default_guardrails=True)
    found = cells(guardrail_grid([role_.role]))
    assert found["sagemaker:CreateTrainingJob"] == {"instance-types": "✓"}
    assert found["sagemaker:CreateEndpointConfig"] == {"instance-types": "~"}
    open_ = {action for action, row in found.items() if row == {"instance-types": "!"}}
    assert "sagemaker:CreateInferenceComponent" in open_ or open_
    [strict] = columns(
        "ml-engineer", guardrail={"instance-types": ["ml.m5.*"]}, no_default_guardrails=True, strict=True
    )
    assert {cells(guardrail_grid([strict.role]))[action]["instance-types"] for action in open_} == {"✗"}
    both = cells(guardrail_grid([strict.role, role_.role]))  # the worst that holds in any of them
    assert all(both[action] == {"instance-types": "!"} for action in open_)


def test_a_statement_names_the_parameters_that_fill_it() -> None:
    """Those of the group's own statement, and of a guardrail's Deny; no other of the group."""
    [one] = columns("data-scientist", bucket=["acme"])
    found = {
        (origin.name, origin.sid): origin
        for statement in one.role.statements
        for origin in origins_of(statement, one.catalog)
    }
    training = next(each for (name, _), each in found.items() if name == "run-training-jobs" and each.parameters)
    assert set(training.parameters) <= set(one.catalog.activity_group("run-training-jobs").value.parameters)
    assert any(each.kind == "guardrail" and each.parameters for each in found.values())
    assert all(each.file and each.line for each in found.values())


def test_a_grid_says_what_it_has_no_room_for() -> None:
    """How many of how many, and the command that has all; the rest is as it was."""
    names = tuple(f"c{number}" for number in range(MOST_COLUMNS + 5))
    whole = Grid("Row", names, tuple(GridRow(f"r{number}", names) for number in range(MOST_ROWS + 7)))
    shown = whole.within()
    assert (len(shown.rows), len(shown.columns), len(shown.rows[0].texts)) == (MOST_ROWS, MOST_COLUMNS, MOST_COLUMNS)
    assert list(whole.left_out("rolemgr report x")) == [
        f"the first {MOST_ROWS:,} of {MOST_ROWS + 7:,} rows; all of them: `rolemgr report x`",
        f"the first {MOST_COLUMNS} of {MOST_COLUMNS + 5} columns; all of them: `rolemgr report x`",
    ]
    assert list(shown.left_out("x")) == []


def test_a_legend_has_the_marks_that_are_used() -> None:
    """And a cell has the tone of its first mark in the order of the marks, the worst first."""
    grid = Grid("Row", ("a",), (GridRow("r", ("R W",)),), (GridMark("W", "write", "look"), GridMark("R", "read"),
                                                          GridMark("L", "list")))  # fmt: skip
    assert grid.legend == ("`W` write", "`R` read")
    assert [grid.tone(cell) for cell in ("R W", "R", "", "?")] == ["look", "", "", ""]


@pytest.mark.nightly
def test_an_audit_of_many_stays_usable() -> None:
    """The page is bounded and says so; its JSON form has everything."""
    some = audited(details([role("r", allow(["s3:*", "iam:*"]))]))
    names = [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(MOST_ROWS + 40)]
    found = replace(some, nearest=(), findings=tuple(
        replace(one, principal=replace(one.principal, arn=arn)) for one in some.findings for arn in names))  # fmt: skip
    assert len(found.findings) > MOST_ROWS
    page = html(audit_report(found, ["account.json"], "rolemgr report account.json --format json -o report.json"))
    assert len(page) < 4_000_000
    assert f"the first {MOST_ROWS} of {MOST_ROWS + 40} rows; all of them: <code>rolemgr report account.json" in page
    inside = json.loads(data_of(page))
    assert len(inside["matrices"]["principals"]["rows"]) == MOST_ROWS
    data = audit_report_data(found)
    assert len(data["audit"]["findings"]) == len(found.findings)
    assert len(data["matrices"]["principals"]["rows"]) == MOST_ROWS + 40
    counts = [int(n.replace(",", "")) for row in data["matrices"]["principals"]["rows"] for n in row["cells"].values()]
    assert sum(counts) == len(found.findings)


def test_names_of_an_account_do_nothing_on_the_page() -> None:
    """Whatever a role is called: it is shown in the matrix too, and makes no element."""
    names = [*(one for one in HOSTILE if one.strip()), "x" * 10_000]
    found = audited(details([{**role("r", allow("*")), "RoleName": one, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{number}{one}"}
                             for number, one in enumerate(names)]))  # fmt: skip
    assert len({one.principal.arn for one in found.findings}) > 10
    page = html(audit_report(found, ["account.json"], "rolemgr report account.json"))
    read = Read(page)
    assert {tag for tag, _ in read.tags} <= TAGS
    assert {name for _, attributes in read.tags for name in attributes} <= ATTRIBUTES
    assert len(read.named("script")) == 2
    heads = [one for one in read.named("th") if one["scope"] == "row"]
    assert len(heads) == len({one.principal.arn for one in found.findings})
