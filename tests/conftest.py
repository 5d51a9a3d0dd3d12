"""What every test starts from: a clean environment, an empty working folder, the command line in-process."""

import contextlib
import gc
import io
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, settings
from tests.nightly import drawn, examples, without_the_rest

from rolemgr.cli.main import main

# A busy machine is no failure.
settings.register_profile(
    "steady", max_examples=examples(15, 100), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

_OURS = ("AWS_", "ROLEMGR_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")

# Containers often forbid bytecode beside its source. Each of our many processes would then compile all that it imports.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(Path(__file__).parents[1] / ".cache/bytecode")
    sys.dont_write_bytecode = False


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-golden``, which rewrites the golden files from what is rendered now."""
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files")


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make tests of the drawn combinations alone (`tests/nightly.py`): most are not, and each would be made, and left."""
    mark = metafunc.definition.get_closest_marker("sampled")
    if mark and not metafunc.config.getoption("--update-golden"):
        metafunc._calls[:] = drawn(metafunc.definition.nodeid, metafunc._calls, *mark.args)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what waits for the night."""
    named = any("::" in argument for argument in config.args)
    kept = list(items) if config.getoption("--update-golden") else without_the_rest(items, named)
    among = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in among])
    items[:] = kept


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what collection made out of all later searches for garbage: it stays until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


_FOLDERS = itertools.count()


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty folder; pytest's own fixture looks through the folders of all tests before for each."""
    hundreds, rest = divmod(next(_FOLDERS), 100)
    folder = tmp_path_factory.getbasetemp() / f"{hundreds:03}" / f"{rest:02}"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def monkeypatch() -> Iterator[pytest.MonkeyPatch]:
    """Return pytest's own; roles that `tests.support` keeps are forgotten where a part of rolemgr is replaced."""
    with pytest.MonkeyPatch.context() as patch:
        replace, replaced = patch.setattr, []

        def forgetting(target: Any, *rest: Any, **options: Any) -> None:
            name = target if isinstance(target, str) else getattr(target, "__module__", None) or target.__name__
            if name.startswith("rolemgr"):
                replaced.append(name)
                _forget()
            replace(target, *rest, **options)

        vars(patch)["setattr"] = forgetting
        yield patch
    if replaced:
        _forget()


def _forget() -> None:
    if support := sys.modules.get("tests.support"):
        support.forget()


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Tell whether the golden files are to be rewritten."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in an empty folder, without the variables that rolemgr or its terminal library read."""
    for name in [name for name in os.environ if name.startswith(_OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: its exit code, and what it wrote, each stream apart."""

    code: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        """The errors on stderr, a line each; raise ValueError where a line is no error, note or next step."""
        lines = self.stderr.splitlines()
        if strange := [line for line in lines if not line.startswith(("error: ", "note: ", "next: "))]:
            raise ValueError(f"neither error, note nor next step: {strange}")
        return [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]

    @property
    def next_steps(self) -> list[str]:
        """What is left to do, as stderr says."""
        lines = [line.removeprefix("next: ") for line in self.stderr.splitlines() if line.startswith("next: ")]
        return [step for line in lines for step in re.split(r"(?:^|; )\(\d\) ", line) if step]

    @property
    def notes(self) -> list[str]:
        """The notes on stderr."""
        return [line.removeprefix("note: ") for line in self.stderr.splitlines() if line.startswith("note: ")]


Run: TypeAlias = Callable[..., Ran]
UserCatalog: TypeAlias = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def run() -> Run:
    """Run `rolemgr` with the given arguments in this process; whatever is no clean end is raised."""

    def run_main(*args: str, stdin: str | bytes = b"") -> Ran:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        with _streams(given) as (out, err):
            code = _exit_code(args)
        return Ran(code, out.decoded(), err.decoded())

    return run_main


class _Stream(io.TextIOWrapper):
    """A text stream over bytes, as a process has them, so that what can't be encoded fails here too."""

    def __init__(self, data: bytes = b"") -> None:
        self._raw = io.BytesIO(data)
        super().__init__(self._raw, encoding="utf-8", newline="\n")

    def decoded(self) -> str:
        """Return what was written."""
        self.flush()
        return self._raw.getvalue().decode("utf-8")


@contextlib.contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[_Stream, _Stream]]:
    out, err, before = _Stream(), _Stream(), sys.stdin
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        sys.stdin = _Stream(stdin)
        try:
            yield out, err
        finally:
            sys.stdin = before


def _exit_code(args: tuple[str, ...]) -> int:
    try:
        main(list(args), prog_name="rolemgr")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    raise AssertionError("main returned instead of ending the process")


@pytest.fixture
def user_catalog() -> UserCatalog:
    """Write the folder ``catalog/`` from texts by path below it, and return its relative path."""

    def write(files: Mapping[str, str]) -> Path:
        folder = Path("catalog")
        for kind in ("personas", "activity_groups"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(dedent(text), encoding="utf-8")
        return folder

    return write
