"""Policy tests in YAML, found in files and folders, and run."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from rolemgr.errors import InputError, SourceLocation, gathering, raise_all
from rolemgr.files.folders import walked
from rolemgr.files.source import LIMITS
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.policy_tests import PolicyTests
from rolemgr.model.refusals import names_for
from rolemgr.model.source import Sourced, parse_model
from rolemgr.policytest.run import FileResults, run_tests
from rolemgr.workflow.choices import with_settings_beside
from rolemgr.workflow.file_kind import FileKind, refuse_known_kinds
from rolemgr.workflow.given_files import expanded
from rolemgr.workflow.outside import Outside

_TEST_KEYS = ("cases", "calls")
_TOP_KEY = re.compile(r"""^["']?([A-Za-z_]+)["']?\s*:""", re.MULTILINE)
_LEFT_OUT = ("node_modules", "__pycache__")


def run_files(paths: Sequence[str], outside: Outside) -> list[FileResults]:
    """
    Return the results of all test files in *paths*; say which YAML files there hold no tests.

    Raises InputError (or Problems) for what is wrong in any of them before one result is there.
    """
    texts = list(_texts(expanded(paths), outside))
    if not texts:
        raise InputError(None, "no policy test is found", "a test file has `cases` or `calls`; see `rolemgr test -h`")
    problems: list[InputError] = []
    results = []
    for text, name in texts:
        with gathering(problems):
            results.append(run_tests(_parsed(text, name), with_settings_beside))
    raise_all(problems)
    return results


def _parsed(text: str, name: str) -> Sourced[PolicyTests]:
    source = parse_yaml(text, name)
    if not _holds_tests(text):
        refuse_known_kinds(source, FileKind.TESTS)
    return parse_model(source, PolicyTests)


def _texts(paths: Sequence[str], outside: Outside) -> Iterator[tuple[str, str]]:
    """Yield the text and name of each test file in *paths*; what is named itself is taken for one."""
    for path in paths:
        if path != "-" and not Path(path).exists():
            raise InputError(SourceLocation(path), "there is no such file or folder")
        if path != "-" and Path(path).is_dir():
            yield from _texts_below(Path(path), outside)
        else:
            yield outside.read(path, LIMITS)


def _texts_below(folder: Path, outside: Outside) -> Iterator[tuple[str, str]]:
    others: list[str] = []
    for path in _yaml_files(folder):
        text, name = outside.read(str(path), LIMITS)
        if _holds_tests(text):
            yield text, name
        else:
            others.append(name)
    if others:
        more = f" and {len(others) - 1} more YAML files" if others[1:] else ""
        outside.say(f"{others[0]}{more}: no tests there (neither `cases` nor `calls`), left out")


def _yaml_files(folder: Path) -> Iterator[Path]:
    for where, folders, files in walked(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        yield from (Path(where, name) for name in sorted(files) if name.endswith((".yaml", ".yml")))


def _holds_tests(text: str) -> bool:
    """
    Tell whether *text* looks like a test file, by its keys that stand at the margin.

    A misspelt `cases` counts, and so does what people write for it beside the other keys of a test file, so that its
    tests are not left out unseen but refused by the line.
    """
    keys = set(_TOP_KEY.findall(text))
    if any(key in _TEST_KEYS or get_close_matches(key.lower(), _TEST_KEYS, n=1, cutoff=0.8) for key in keys):
        return True
    called = {key for key in keys if key.lower() in names_for(_TEST_KEYS[0])}
    return bool(called) and keys - called <= set(PolicyTests.model_fields)
