"""
Records what notebooks really call of AWS, for `benchmarks/code.py`: botocore answers by itself, nothing is sent.

    python tools/notebook_truth.py FOLDER RECORDS [--with TEXT] [--without TEXT] [--seed N --half 0|1 --skip N --most N]

Run it in an environment that has the SageMaker SDK. Each notebook under FOLDER runs in a process and a folder of its
own, statement by statement. A statement that fails (a file that is not there, a network that there is not) is left out
with all that it called, also where the notebook catches that, and so are shell commands; RECORDS gets a file for each
notebook: the code that ran, which is what a reader has to read, the modules of its folder that it imported, and the
operations that it called. Without --half all notebooks run; --with and --without are patterns of their text. Modules
that are not installed are stand-ins that take anything. It runs other people's code: use it where that may do no harm.
"""

import argparse
import ast
import builtins
import contextlib
import importlib.abc
import importlib.machinery
import json
import os
import random
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import botocore.client
import botocore.loaders
import botocore.session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.sdk_truth import called, recorded

SECONDS = 6
"""How long a statement may take of the processor."""
NOTEBOOK_SECONDS = 30
MOST_WAITING = 90
"""How long a statement may take by the clock: it may wait for what does not come."""
AGAIN = 2
"""How many seconds later it is interrupted again: on its way out it may wait for its threads."""
MOST_FILES = 3
WARM = (
    "sagemaker",
    "sagemaker-runtime",
    "sagemaker-featurestore-runtime",
    "s3",
    "sts",
    "iam",
    "logs",
    "ecr",
    "cloudwatch",
)
"""The clients whose models are read once, for all notebooks."""
REAL = frozenset({"sagemaker", "sagemaker_core", "boto3", "botocore", "s3transfer"})
"""Modules that no stand-in may take the place of."""
MAGIC = re.compile(r"^(\s*)(?:[\w, ]+=\s*)?([%!?].*|[\w.]+\?{1,2}\s*)$")


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a stand-in for each module that is not installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a stand-in; None for what has to be real."""
        top = name.partition(".")[0]
        if top in REAL or top in sys.stdlib_module_names or top.startswith("_"):
            return None
        caller: types.FrameType | None = sys._getframe(1)
        while caller and "importlib" in caller.f_code.co_filename:
            caller = caller.f_back
        asks = caller.f_globals.get("__name__", "") if caller else ""
        is_ours = asks == "__main__" or isinstance(sys.modules.get(top), StandIn)
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if is_ours else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """Return the stand-in."""
        return StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing."""


class StandIn(types.ModuleType):
    """A module all of whose names are stand-ins."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = MagicMock(name=f"{self.__name__}.{name}")
        setattr(self, name, made)
        return made


def no_network(*_: Any, **__: Any) -> None:
    """Refuse a connection at once."""
    raise OSError("there is no network")


def statements(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the statements of the Python cells of a notebook, each with its text."""
    data = json.loads(path.read_text("utf-8"))
    blocks = data.get("cells") or [one for sheet in data.get("worksheets", ()) for one in sheet.get("cells", ())]
    for block in blocks:
        if block.get("cell_type") == "code":
            source = block.get("source", block.get("input", ""))
            yield from _statements(source if isinstance(source, str) else "".join(source))


def _statements(code: str) -> Iterator[tuple[str, ast.stmt]]:
    first, _, rest = code.lstrip().partition("\n")
    if first.startswith("%%"):
        if first[2:].split()[:1] not in (["time"], ["timeit"], ["capture"], ["local"]):
            return
        code = rest
    for text in (code, _without_magics(code)):
        with contextlib.suppress(SyntaxError, ValueError):
            yield from ((ast.get_source_segment(text, one) or "", one) for one in _decorated(ast.parse(text)))
            return


def _decorated(tree: ast.Module) -> Iterator[ast.stmt]:
    for one in tree.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and one.decorator_list:
            one.lineno = min(each.lineno for each in one.decorator_list)  # the segment begins at the decorator
            one.col_offset = 0
        yield one


def _without_magics(code: str) -> str:
    lines, continues = [], False
    for line in code.split("\n"):
        found = MAGIC.match(line)
        timed = re.sub(r"^(\s*)%time(?:it)?\s+(?!-)", r"\1", line)
        kept = timed if timed != line else f"{found[1]}pass" if found else line
        lines.append("" if continues else kept)
        continues = (continues or (bool(found) and timed == line)) and line.rstrip().endswith("\\")
    return "\n".join(lines)


class OutOfTime(BaseException):
    """A statement takes too long."""


def _out_of_time(*_: Any) -> None:
    raise OutOfTime


class _Catching(ast.NodeTransformer):
    """Makes the handlers of a notebook say that they caught something: most of what is meant to run did not."""

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        """Put the call of `_caught` first."""
        self.generic_visit(node)
        call = ast.Expr(ast.Call(ast.Name("_caught_here", ast.Load()), [], []))
        node.body.insert(0, ast.fix_missing_locations(ast.copy_location(call, node)))
        return node


caught: list[BaseException] = []


def _caught() -> None:
    problem = sys.exc_info()[1]
    if problem and not isinstance(problem, ImportError):
        caught.append(problem)


def _run(node: ast.stmt, names: dict[str, Any]) -> BaseException | None:
    """Run a statement; return what it failed with, and add to `recorded` what it called."""
    caught.clear()
    node = _Catching().visit(node)
    names["_caught_here"] = _caught
    signal.setitimer(signal.ITIMER_PROF, SECONDS, AGAIN)
    signal.setitimer(signal.ITIMER_REAL, MOST_WAITING, AGAIN)
    try:
        exec(compile(ast.Module([node], []), "<cell>", "exec"), names)  # noqa: S102 - it is what this is for
    except BaseException as error:
        return error
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return caught[0] if caught else None


def _used(kept: list[str]) -> list[str]:
    """Return *kept* without the functions and classes that nothing else names: they did not run."""
    trees = [ast.parse(one) for one in kept]
    while True:
        named = Counter(
            name for tree in trees for node in ast.walk(tree)
            if (name := getattr(node, "id", None) or getattr(node, "attr", None)) and name not in _defined(tree)
        )  # fmt: skip
        left = [number for number, tree in enumerate(trees) if not _defined(tree) or _defined(tree) & named.keys()]
        if len(left) == len(trees):
            return kept
        kept, trees = [kept[number] for number in left], [trees[number] for number in left]


def _defined(tree: ast.Module) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {one.name for one in tree.body if isinstance(one, kinds)}


def _made(name: Any) -> bool:
    """Make an empty file for one that a shell or a download would have made; tell whether there is one now."""
    path = Path(os.fsdecode(name or "")).resolve()
    if not path.is_relative_to(Path.cwd()) or path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return True


def ran(path: Path) -> dict[str, Any]:
    """Run the notebook at *path* in the current folder; return the code that ran and the operations that it called."""
    names: dict[str, Any] = {"__name__": "__main__", "display": print, "get_ipython": _kernel}
    kept: list[str] = []
    calls: list[str] = []
    failed: list[str] = []
    for text, node in statements(path):
        recorded.clear()
        problem = _run(node, names)
        for _ in range(MOST_FILES):
            if not isinstance(problem, FileNotFoundError) or not _made(problem.filename):
                break
            problem = _run(node, names)
        if problem:
            failed.append(f"{type(problem).__name__}: {problem}"[:200])
        else:
            kept.append(text)
            calls += recorded
        if time.process_time() > NOTEBOOK_SECONDS:
            break
    return {"code": "\n".join(_used(kept)), "calls": sorted(set(calls)), "failed": failed, "kept": len(kept)}


def beside(folder: Path) -> dict[str, str]:
    """Return the text of the modules in *folder* that are imported, by their paths in it."""
    found = {}
    for one in [*sys.modules.values()]:
        path = Path(getattr(one, "__file__", None) or "/")
        if path.suffix == ".py" and path.is_relative_to(folder):
            found[str(path.relative_to(folder))] = path.read_text("utf-8", "replace")
    return found


def isolate() -> None:
    """Let nothing out of this process: no network, no waiting, no processes, no questions."""
    setting = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    os.environ |= {**setting, "AWS_EC2_METADATA_DISABLED": "true", "MPLBACKEND": "Agg"}
    botocore.client.BaseClient._make_api_call = called
    for owner, name in ((socket.socket, "connect"), (socket, "getaddrinfo"), (os, "system")):
        setattr(owner, name, no_network)
    time.sleep = lambda _: None
    builtins.input = lambda *_: ""
    with contextlib.suppress(ImportError):  # what the SDK shows in a notebook asks AWS for more than in a terminal
        vars(__import__("IPython"))["get_ipython"] = _kernel
    sys.addaudithook(_no_processes)
    sys.meta_path.append(StandIns())
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.signal(signal.SIGPROF, _out_of_time)
    botocore.loaders.JSONFileLoader.load_file = cache(botocore.loaders.JSONFileLoader.load_file)


def _kernel() -> MagicMock:
    """Return what `get_ipython` gives in a notebook, as far as the SDK looks at it."""
    return MagicMock(config={"IPKernelApp": {}})


def _no_processes(event: str, _: Any) -> None:
    if event in ("subprocess.Popen", "os.posix_spawn", "os.system", "os.exec"):
        raise OSError("no process is started here")


def record(notebook: Path, folder: Path, out: Path) -> None:
    """Run *notebook* in a child, in a copy of its folder, and write what it did to *out*."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "work"
        shutil.copytree(notebook.parent, copy, ignore=shutil.ignore_patterns("*.gz", "*.zip"))
        os.chdir(copy)
        sys.path.insert(0, str(copy))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        made = {"notebook": str(notebook.relative_to(folder)), **ran(notebook), "beside": beside(copy.resolve())}
        out.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
    os._exit(0)


def _is_asked_for(text: str, having: str, without: str) -> bool:
    return bool(re.search(having, text)) and not re.search(without, text)


def main() -> None:
    """Record the notebooks of a half of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=lambda text: Path(text).resolve())
    parser.add_argument("records", type=lambda text: Path(text).resolve())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--half", type=int, choices=(0, 1))
    parser.add_argument("--with", dest="having", default="")
    parser.add_argument("--without", default="(?!)")
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--most", type=int, default=1_000)
    asked = parser.parse_args()
    found = sorted(asked.folder.rglob("*.ipynb"))
    random.Random(asked.seed).shuffle(found)  # noqa: S311 - a sample, no secret
    asked.records.mkdir(parents=True, exist_ok=True)
    isolate()
    loader = botocore.session.get_session().get_component("data_loader")
    for name in WARM:
        for kind in ("service-2", "endpoint-rule-set-1", "paginators-1", "waiters-2"):
            with contextlib.suppress(botocore.exceptions.BotoCoreError):
                loader.load_service_model(name, kind)
    for name in ("sagemaker", "pandas", "numpy", "sklearn", "matplotlib.pyplot", "IPython.display"):
        with contextlib.suppress(ImportError):
            __import__(name)
    mine = found if asked.half is None else found[asked.half :: 2]
    mine = [one for one in mine if _is_asked_for(one.read_text("utf-8"), asked.having, asked.without)]
    for number, one in enumerate(mine[asked.skip :][: asked.most]):
        out = asked.records / f"{number:03}.json"
        if not out.exists():
            record(one, asked.folder, out)


if __name__ == "__main__":
    main()
