"""
What is read from code against what the SDK really calls: recorded by tools/sdk_truth.py, botocore answering by itself.

Recall must be all, by activity group; precision 0.9 or more. What AWS may refuse without harm does not count.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from rolemgr.catalog.load import Catalog
from rolemgr.code.operations import actions_of
from rolemgr.code.reader import read_calls
from rolemgr.code.sdk_table import tables
from rolemgr.code.sources import read_code
from rolemgr.iam.documents import Effect

HERE = Path(__file__).parent
ROWS = json.loads((Path(read_calls.__code__.co_filename).parent / "data" / "sagemaker_rows.json").read_text("utf-8"))
TRUTH = json.loads((HERE / "truth.json").read_text("utf-8"))


def cases(version: str) -> dict[str, str]:
    """Return the cases of a *version* of the SDK by their names."""
    found: dict[str, str] = {}
    name = ""
    for line in (HERE / "cases" / f"sagemaker_{version}.txt").read_text("utf-8").splitlines():
        if line.startswith("# --- "):
            name = line.removeprefix("# --- ")
        else:
            found[name] = f"{found.get(name, '')}{line}\n"
    return found


def smallest_groups() -> dict[str, str]:
    """Return the smallest activity group that grants each action."""
    catalog = Catalog([])
    sized: dict[str, tuple[int, str]] = {}
    for name in catalog.found("activity_groups"):
        statements = catalog.activity_group(name).value.statements
        actions = {action for one in statements if one.effect is Effect.ALLOW for action in one.actions}
        sized.update({one: min(sized.get(one, (len(actions), name)), (len(actions), name)) for one in actions})
    return {action: name for action, (_, name) in sized.items()}


def groups(operations: Iterable[str], of: dict[str, str]) -> set[str]:
    """Return the groups for *operations*."""
    counted = (one for one in operations if one not in ROWS["tolerated"])
    return {of[action] for one in counted for action in actions_of(one) if action in of}


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_all_that_the_sdk_calls_is_found_and_little_else(version: str) -> None:
    """By group, over all cases; nothing of them is unknown."""
    of, hits, read = smallest_groups(), 0, 0
    for name, code in cases(version).items():
        found = read_calls(read_code(code, f"{name}.py"))
        assert not found.untold, name
        mine = groups((one for call in found.calls if call.by == "caller" for one in call.operations), of)
        real = groups(TRUTH[version][name], of)
        assert real <= mine, (name, real - mine)
        hits, read = hits + len(real & mine), read + len(mine)
    assert hits / read >= 0.9


def test_rows_name_what_the_source_has() -> None:
    """Each class and method that a row is about is in the SDK's source, and so are the operations that it calls."""
    for table in tables():
        for owner, rows in table.rows.items():
            for method in rows if owner not in ("", "*", "shared") else ():
                known = {name for one in table.lineage(owner) for name in table.classes.get(one, {}).get("methods", {})}
                is_added = method in ("attributes", "__init__", "predict_async", "best_estimator", "attach")
                assert owner in table.classes, owner
                assert method in known or is_added, (owner, method)
