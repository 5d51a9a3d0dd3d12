"""The results of policy tests: dots and explanations for people, JSON for programs, JUnit's XML for CI."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from rich.console import Group
from rich.text import Text
from rich.tree import Tree

from rolemgr.diagnose.changes import nearest
from rolemgr.evaluate.explain import Explanation, NearMiss
from rolemgr.evaluate.policies import Layer, StatementRef
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect
from rolemgr.policytest.run import FileResults, Result
from rolemgr.report.statements import origin_text

_NEAREST = 5
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold, not even escaped."""


def failures(files: Sequence[FileResults]) -> int:
    """Return how many tests failed."""
    return sum(not result.passed for file in files for result in file.results)


def results_page(files: Sequence[FileResults]) -> Group:
    """Return a line per file with a dot per test that passed, each failure explained, and a summary."""
    failed = [_failure(result) for file in files for result in file.results if not result.passed]
    return Group(*map(_line, files), Text(), *(part for tree in failed for part in (tree, Text())), _summary(files))


def results_data(files: Sequence[FileResults]) -> dict[str, Any]:
    """Return the results for ``--format json``: every test, and how many passed and failed."""
    tests = [_test_data(result) for file in files for result in file.results]
    failed = failures(files)
    return {"tests": tests, "passed": len(tests) - failed, "failed": failed}


def results_junit(files: Sequence[FileResults]) -> str:
    """
    Return the results as JUnit's XML: a suite per file, a test case per request.

    Without times and host names, so that the same results are the same bytes.
    """
    total = sum(len(file.results) for file in files)
    root = ET.Element("testsuites", name="rolemgr test", tests=str(total), failures=str(failures(files)), errors="0")
    for file in files:
        tests, failed = str(len(file.results)), str(failures([file]))
        suite = ET.SubElement(root, "testsuite", name=_xml(file.name), tests=tests, failures=failed, errors="0")
        for result in file.results:
            _junit_case(suite, file, result)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _junit_case(suite: ET.Element, file: FileResults, result: Result) -> None:
    test = result.test
    case = ET.SubElement(
        suite, "testcase", name=_xml(f"{test.name} [{_asked(test.request)}]"), classname=_xml(file.name),
        file=_xml(test.where.file), line=str(test.where.line or 1),
    )  # fmt: skip
    if not result.passed:
        failure = ET.SubElement(case, "failure", message=_xml(_complaint(result)), type="decision")
        failure.text = _xml("\n".join((f"{test.where}: {test.name}", _asked(test.request), *_decided(result))))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _line(file: FileResults) -> Text:
    marks = [(".", "green") if result.passed else ("F", "bold red") for result in file.results]
    return Text.assemble(f"{file.name} ", *marks)


def _summary(files: Sequence[FileResults]) -> Text:
    failed = failures(files)
    passed = sum(len(file.results) for file in files) - failed
    parts = [(f"{failed} failed", "bold red")] if failed else []
    if passed or not failed:
        parts.append((f"{passed} passed", "green"))
    where = f" in {len(files)} files" if len(files) > 1 else ""
    return Text.assemble(*_joined(parts), where)


def _joined(parts: list[tuple[str, str]]) -> Iterator[str | tuple[str, str]]:
    for number, part in enumerate(parts):
        if number:
            yield ", "
        yield part


def _failure(result: Result) -> Tree:
    """Return what was asked and expected, and what came instead with its reasons."""
    test = result.test
    tree = Tree(Text.assemble(("FAILED ", "bold red"), f"{test.where}: {test.name}"))
    if test.why:
        tree.add(Text(f"why: {test.why}", style="dim"))
    tree.add(Text(f"expected {_expected(result)}"))
    if test.request.principal:
        tree.add(Text(f"asked by {test.request.principal}"))
    for key, values in test.request.given_context().items():
        tree.add(Text(f"with {key} = {', '.join(values)}"))
    if result.explained:
        tree.add(_got(result, result.explained))
    return tree


def _got(result: Result, found: Explanation) -> Tree:
    """Return the decision that was made, the statements that made it, and those that nearly made another."""
    tree = Tree(Text.assemble("got ", (result.decision, "bold"), f"  {_asked(result.test.request)}"))
    for at in found.evaluation.by:
        _add_origins(tree.add(Text(f"by {at}")), at, result)
    for layer, level in found.evaluation.not_allowed_by:
        tree.add(Text(f"the {layer}{'' if level is None else f' of level {level}'} does not allow it"))
    for miss in _near(result, found):
        branch = tree.add(Text(f"{miss.effect} {miss.at} did not match"))
        for reason in miss.reasons:
            branch.add(Text(str(reason)))
        _add_origins(branch, miss.at, result)
    for text in found.notes:
        tree.add(Text(text))
    return tree


def _near(result: Result, found: Explanation) -> list[NearMiss]:
    """Return the statements that came nearest to what was expected: a Deny where it is allowed, else an Allow."""
    if result.decision == "ExplicitlyDenied":
        return []
    return nearest(found.near_misses, Effect.DENY if result.decision == "Allowed" else Effect.ALLOW)[:_NEAREST]


def _add_origins(branch: Tree, at: StatementRef, result: Result) -> None:
    for origin in result.origins.get(at.sid or "", ()) if at.layer is Layer.IDENTITY else ():
        branch.add(origin_text(origin))


def _expected(result: Result) -> str:
    by = f" by {', '.join(f'`{sid}`' for sid in result.test.by)}" if result.test.by else ""
    return " or ".join(result.test.expected) + by


def _complaint(result: Result) -> str:
    return f"expected {_expected(result)}, got {result.decision}"


def _asked(request: Request) -> str:
    return f"{request.action} on {request.resource}"


def _decided(result: Result) -> Iterator[str]:
    yield _complaint(result)
    if result.explained:
        yield from (f"by {at}" for at in result.explained.evaluation.by)
        for miss in _near(result, result.explained):
            yield f"{miss.effect} {miss.at} did not match: {'; '.join(map(str, miss.reasons))}"
        yield from result.explained.notes


def _test_data(result: Result) -> dict[str, Any]:
    test = result.test
    data: dict[str, Any] = {
        "name": test.name,
        "file": test.where.file,
        "line": test.where.line,
        "action": test.request.action,
        "resource": test.request.resource,
        "expected": list(test.expected),
        "decision": result.decision,
        "passed": result.passed,
    }
    if result.explained:
        data["by"] = [str(at) for at in result.explained.evaluation.by]
        data["missing"] = list(result.explained.missing)
        data["notes"] = list(result.explained.notes)
    return data
