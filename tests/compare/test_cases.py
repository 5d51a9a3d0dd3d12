"""What AWS's pages say of custom policy checks and public access, as data with the page that says it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from rolemgr.check.custom.checks import read_checks
from rolemgr.check.custom.run import custom_findings
from rolemgr.check.sources import documents, parse
from rolemgr.files.yaml import parse_yaml

CASES: list[dict[str, Any]] = [
    case
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_the_page_says(case: dict[str, Any]) -> None:
    """Where there is a fault there is a finding that tells of it for certain, and where none is there is none."""
    assert case["source"].startswith("https://docs.aws.amazon.com/")
    text = json.dumps({"Version": "2012-10-17", "Statement": case["policy"]})
    check = {"id": "ours", "reason": "AWS says so", **case["ask"]}
    custom = read_checks(parse_yaml(json.dumps({"checks": [check]}), "checks.yaml"))
    found = list(custom_findings(documents(parse(text, "p.json", as_json=True), text, "p.json"), custom))
    assert bool(found) is case["finds"], found
    assert not found or any("can't tell" not in one.message for one in found)
