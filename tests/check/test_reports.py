"""The forms of findings: text, JSON, SARIF 2.1.0, GitHub's annotations."""

import json
import os
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from rolemgr.check.finding import Finding, Severity
from rolemgr.check.rules import all_rules
from rolemgr.report.check import CheckReport, explained
from rolemgr.report.findings import annotations, findings_data
from rolemgr.report.findings_text import FindingsView, _fixes, findings_text
from rolemgr.report.sarif import RuleText, sarif

ONE = Finding("RM202", Severity.ERROR, "`sagemaker:X` is no action", "a dir/p.json", 3, "Train", "sagemaker:X")
TWO = Finding(
    "RM607", Severity.SECURITY_WARNING, "iam:PassRole on `*`: name the roles", "a dir/p.json", 9, None, "iam:PassRole"
)
THREE = Finding("RM703", Severity.SUGGESTION, "50% of\nit", "q.yaml", None, "Run\x1b[31m")
TEXTS = {
    rule.id: RuleText(rule.id, rule.name, rule.title, rule.explanation, rule.source, rule.severity)
    for rule in all_rules().values()
}

NPM = "ROLEMGR_TEST_NPM"
SCHEMA = Path(os.environ.get(NPM, "."), "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json")
TEXT: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "$schema": {"type": "string", "format": "uri"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "additionalProperties": False,
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {"$ref": "#/$defs/driver"}}},
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                "originalUriBaseIds": {"type": "object", "additionalProperties": {
                    "type": "object", "required": ["description"], "properties": {"description": TEXT},
                    "additionalProperties": False,
                }},
                "invocations": {"type": "array", "items": {"$ref": "#/$defs/invocation"}},
            },
            "additionalProperties": False,
        },
        "invocation": {
            "type": "object",
            "required": ["executionSuccessful"],
            "properties": {
                "executionSuccessful": {"type": "boolean"},
                "toolExecutionNotifications": {"type": "array", "items": {
                    "type": "object", "required": ["message"], "additionalProperties": False,
                    "properties": {
                        "level": LEVEL, "message": TEXT,
                        "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                    },
                }},
            },
            "additionalProperties": False,
        },
        "driver": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "semanticVersion": {"type": "string"},
                "informationUri": {"type": "string"},
                "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}},
            },
            "additionalProperties": False,
        },
        "rule": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"}, "name": {"type": "string"}, "shortDescription": TEXT, "fullDescription": TEXT,
                "help": {"type": "object", "required": ["text"], "additionalProperties": False,
                         "properties": {"text": {"type": "string"}, "markdown": {"type": "string"}}},
                "helpUri": {"type": "string", "pattern": "^https://"}, "properties": {"type": "object"},
                "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
            },
            "additionalProperties": False,
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "properties": {
                "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": -1}, "level": LEVEL, "message": TEXT,
                "locations": {"type": "array", "items": {"$ref": "#/$defs/location"}},
                "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                "suppressions": {"type": "array", "items": {
                    "type": "object", "required": ["kind"], "additionalProperties": False,
                    "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}},
                }},
                "properties": {"type": "object"},
            },
            "additionalProperties": False,
        },
        "location": {
            "type": "object",
            "properties": {"logicalLocations": {"type": "array", "items": {
                "type": "object", "additionalProperties": False, "properties": {"fullyQualifiedName": {"type": "string"}},
            }}, "physicalLocation": {
                "type": "object",
                "required": ["artifactLocation"],
                "properties": {
                    "artifactLocation": {"type": "object", "additionalProperties": False, "properties": {
                        "uri": {"type": "string", "pattern": "^[^ ]*$"}, "uriBaseId": {"const": "%SRCROOT%"},
                    }},
                    "region": {"type": "object", "additionalProperties": False, "properties": {
                        "startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1},
                    }},
                },
                "additionalProperties": False,
            }},
            "additionalProperties": False,
        },
    },
}  # fmt: skip
"""The part of SARIF's schema that our logs use, by sections 3.13 to 3.58 of the standard; nothing else is allowed."""


def test_sarif_is_of_the_standard_s_shape() -> None:
    """What code scanning reads has the required properties, and none that the standard does not know."""
    log = sarif([ONE, TWO], [(THREE, "SEC-1")], TEXTS, "0.1.0")
    Draft202012Validator.check_schema(SARIF)
    assert [error.message for error in Draft202012Validator(SARIF).iter_errors(log)] == []


@pytest.mark.skipif(not SCHEMA.is_file(), reason=f"there is no @microsoft/jest-sarif in the folder that {NPM} names")
def test_sarif_is_of_the_standard_s_schema() -> None:
    """The schema of the standard itself, as Microsoft's package of matchers has it."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    for log in (sarif([ONE, TWO._replace(column=5)], [(THREE, "SEC-1")], TEXTS, "0.1.0"), sarif([], [], TEXTS, "0")):
        assert [error.message for error in Draft4Validator(schema).iter_errors(log)] == []


def test_sarif_rules_have_what_code_scanning_asks_for() -> None:
    """Help in both forms, with the source, and descriptions of the length that GitHub takes."""
    long = TEXTS["RM202"]._replace(explanation="word " * 1_000, example="```json\n{}\n```")
    [rule] = sarif([ONE], [], {**TEXTS, "RM202": long}, "0.1.0")["runs"][0]["tool"]["driver"]["rules"]
    assert len(rule["fullDescription"]["text"]) == 1_024
    assert rule["help"]["text"].endswith(f"See {long.source}")
    assert rule["help"]["text"].startswith(long.explanation)
    assert f"[Source]({long.source})" in rule["help"]["markdown"]
    assert rule["help"]["markdown"].endswith("```json\n{}\n```")


def test_sarif_paths_begin_at_the_folder_of_the_run_or_stand_alone() -> None:
    """A relative path has its base; an absolute one is a URI; what is not a file has neither."""

    def place(path: str, **more: Any) -> Any:
        run = sarif([ONE._replace(path=path, **more)], [], TEXTS, "0", is_file=lambda name: name != "role x")["runs"][0]
        return run["results"][0]["locations"][0], "originalUriBaseIds" in run

    near, has_base = place("a dir/p.json", column=7)
    assert near["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20dir/p.json", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 3, "startColumn": 7},
    }  # fmt: skip
    assert has_base
    far, has_base = place("/tmp/a b.json")  # noqa: S108 - no file is made
    assert far["physicalLocation"]["artifactLocation"] == {"uri": "file:///tmp/a%20b.json"}
    assert not has_base
    assert place("role x") == ({"logicalLocations": [{"fullyQualifiedName": "role x"}]}, False)


def test_sarif_results_point_at_their_rules() -> None:
    """The index of a result's rule is its place in the list; only rules that found something are there."""
    run = sarif([ONE, TWO], [(THREE, "SEC-1")], TEXTS, "0.1.0")["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["RM202", "RM607", "RM703"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert [result.get("suppressions") for result in run["results"]] == [
        None, None, [{"kind": "external", "justification": "SEC-1"}],
    ]  # fmt: skip


def test_sarif_fingerprints_do_not_move_with_lines() -> None:
    """A finding is the same one after an edit above it."""
    first, moved = (sarif([one], [], TEXTS, "0")["runs"][0]["results"][0] for one in (ONE, ONE._replace(line=99)))
    assert first["partialFingerprints"] == moved["partialFingerprints"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20dir/p.json"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (None, None), (["Homepage, https://example.com/rolemgr"], "https://example.com/rolemgr"),
        (["Homepage, https://example.com", "Documentation, https://docs.example.com"], "https://docs.example.com"),
        (["Homepage, javascript:alert(1)"], None), (["Funding, https://example.com"], None),
    ],
)  # fmt: skip
def test_sarif_names_the_pages_of_the_package(
    rows: list[str] | None, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `informationUri`, where the metadata of what is installed has them."""
    texts = Message()
    for row in rows or ():
        texts["Project-URL"] = row
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: texts)
    log = sarif([ONE], [], TEXTS, "0.1.0")
    assert log["runs"][0]["tool"]["driver"].get("informationUri") == found


def test_annotations_escape_what_github_would_read() -> None:
    """Percent signs, line ends, colons and commas can't end a property or a message."""
    text = annotations([ONE._replace(path="a,b:c.json"), THREE], {"RM202": "unknown-action", "RM703": "x"})
    assert text.splitlines() == [
        "::error file=a%2Cb%3Ac.json,line=3,title=RM202 unknown-action::`sagemaker:X` is no action",
        "::notice file=q.yaml,line=1,title=RM703 x::50%25 of%0Ait",
    ]


def test_json_has_the_keys_that_programs_rely_on() -> None:
    """The contract: these keys and no others."""
    data = findings_data([ONE], 4)
    assert data == {
        "findings": [
            {"rule": "RM202", "severity": "ERROR", "message": "`sagemaker:X` is no action", "path": "a dir/p.json", "line": 3,
             "sid": "Train", "action": "sagemaker:X", "key": None},
        ],
        "checked": 4,
        "not_judged": [],
    }  # fmt: skip


def test_text_names_file_line_severity_rule_and_statement() -> None:
    """One line that editors and grep know; what a terminal would obey is shown and not sent."""
    text = findings_text([ONE._replace(column=9), TWO, THREE], 3, view=FindingsView({"RM202": "unknown-action"}))
    assert text.splitlines() == [
        "a dir/p.json:3:9: RM202 unknown-action ERROR `sagemaker:X` is no action (statement Train)",
        f"    fix: {_fixes()['RM202']}",
        "a dir/p.json:9: RM607 SECURITY_WARNING iam:PassRole on `*`: name the roles",
        "    fix: name the role in Resource, and the service in a condition on iam:PassedToService",
        "q.yaml: RM703 SUGGESTION 50% of\\nit (statement Run\\x1b[31m)",
        f"    fix: {_fixes()['RM703']}",
        "3 findings in 3 policies: 1 ERROR, 1 SECURITY_WARNING, 1 SUGGESTION",
    ]


OURS = ONE._replace(rule="SEC-9")
"""A finding of a check of the user's own, which has no fix of ours."""


def shown_below(source: str, column: int, width: int = 80) -> list[str]:
    """Return the lines of source and caret below a finding at *column* of the line *source*."""
    view = FindingsView({}, lambda path, line: source if (path, line) == ("a dir/p.json", 3) else None, width)
    return findings_text([OURS._replace(column=column)], 1, view=view).splitlines()[1:-1]


def test_the_caret_stands_below_what_the_finding_is_about() -> None:
    """The line as it is, a caret in its column."""
    assert shown_below('  "Action": "sagemaker:X"', 13) == [
        '   3 |   "Action": "sagemaker:X"',
        "     |             ^",
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("column", [1, 200, 1990, 2000])
def test_of_a_long_line_the_part_around_the_column_is_shown(width: int, column: int) -> None:
    """A minified policy is one line: what has room is shown, and the caret still points at its character."""
    source = "".join(chr(ord("a") + at % 26) for at in range(2000))
    line, caret = shown_below(source, column, width)
    assert len(line) <= width
    assert line[caret.index("^")] == source[column - 1]


def test_a_source_that_a_terminal_or_ci_would_obey_is_shown_harmless() -> None:
    """Escapes are blanks and commands are broken, in as many columns."""
    line, caret = shown_below('\t"\x1b[31mAction": "##[error]x"', 15)
    assert line == '   3 |  " [31mAction": "#?[error]x"'
    assert caret.index("^") == 7 + 14
    assert findings_text([ONE._replace(path="::error::x")], 1).startswith("./::error::x:3: ")


@pytest.mark.parametrize("column", [None, 400])
def test_without_a_column_or_beyond_the_line_there_is_no_caret(column: int | None) -> None:
    """A file that changed since it was read is not pointed into."""
    view = FindingsView({}, lambda _path, _line: "x")
    assert len(findings_text([OURS._replace(column=column)], 1, view=view).splitlines()) == 2


def test_every_rule_has_a_fix_in_a_line() -> None:
    """One sentence that says what to do, of each rule and of no other; a rule that goes takes its sentence with it."""
    assert set(_fixes()) == set(all_rules())
    for rule, text in _fixes().items():
        assert 10 < len(text) <= 150, rule
        assert text[0].islower(), rule
        assert text[-1] not in ".;:,", rule


def test_explain_and_sarif_have_the_fix() -> None:
    """What the terminal says below a finding stands there too."""
    assert f"To mend it: {_fixes()['RM607']}."[:70] in " ".join(explained("RM607", ()).split())
    text = CheckReport([ONE], [], 1).text("sarif", "0", is_file=lambda _: True, view=FindingsView())
    rules = {one["id"]: one for one in json.loads(text)["runs"][0]["tool"]["driver"]["rules"]}
    assert rules
    for name in rules:
        assert _fixes()[name] in rules[name]["help"]["markdown"]
        assert _fixes()[name] in rules[name]["help"]["text"]


def test_colour_is_asked_for() -> None:
    """Without it there is no escape in the text."""
    assert "\x1b" not in findings_text([ONE], 1)
    assert "\x1b[1;31m" in findings_text([ONE], 1, view=FindingsView(color=True))


@pytest.mark.parametrize(("checked", "line"), [(1, "no finding in 1 policy"), (3, "no finding in 3 policies")])
def test_a_green_run_says_how_much_it_checked(checked: int, line: str) -> None:
    """Nothing found is told from nothing checked."""
    assert findings_text([], checked) == f"{line}\n"
