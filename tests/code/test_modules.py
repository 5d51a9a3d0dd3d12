"""Modules that lie beside the code: found as Python finds them, and read where they are imported."""

import posixpath
from collections.abc import Mapping

import pytest

from rolemgr.code.modules import find_module
from rolemgr.code.reader import CodeReading, read_calls
from rolemgr.code.sources import CodeFile, read_code

MAKE = "import boto3\nclient = boto3.client('sagemaker')\n"


class Folder:
    """Files by their paths, as text."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, path: str) -> CodeFile | None:
        """Return the file at *path*; None where there is none."""
        path = posixpath.normpath(path)
        return read_code(self._files[path], path) if path in self._files else None

    def has_folder(self, path: str) -> bool:
        """Tell whether a file lies in the folder *path*."""
        return any(one.startswith(f"{posixpath.normpath(path)}/") for one in self._files)


def beside(code: str, files: Mapping[str, str], name: str = "work/run.py") -> CodeReading:
    """Return what *code*, beside *files*, calls."""
    return read_calls(read_code(code, name), folder=Folder(files))


HELPER = MAKE + "def go(name):\n    client.delete_model(ModelName=name)\n"
IMPORTS = {
    "a module": ("import helper\nhelper.go('m')", {"work/helper.py": HELPER}),
    "by another name": ("import helper as h\nh.go('m')", {"work/helper.py": HELPER}),
    "a function of it": ("from helper import go as g\ng('m')", {"work/helper.py": HELPER}),
    "a star": ("from helper import *\ngo('m')", {"work/helper.py": HELPER}),
    "within a function": ("def f():\n    from helper import go\n    go('m')\nf()", {"work/helper.py": HELPER}),
    "of a package": ("from pkg.helper import go\ngo('m')", {"work/pkg/__init__.py": "", "work/pkg/helper.py": HELPER}),
    "of a folder": ("import pkg.helper\npkg.helper.go('m')", {"work/pkg/helper.py": HELPER}),
    "a module of a package": ("from pkg import helper\nhelper.go('m')", {"work/pkg/helper.py": HELPER}),
    "what a package hands on": ("from pkg import go\ngo('m')",
                                {"work/pkg/__init__.py": "from .helper import go", "work/pkg/helper.py": HELPER}),
    "through two": ("from one import go\ngo('m')", {"work/one.py": "from two import go", "work/two.py": HELPER}),
    "in a circle": ("import one\none.run('m')", {
        "work/one.py": "import two\ndef run(name):\n    two.go(name)", "work/two.py": f"import one\n{HELPER}"}),
    "a class": ("from helper import T\nT('m').go()", {"work/helper.py": MAKE + (
        "class T:\n    def __init__(self, name):\n        self.name = name\n"
        "    def go(self):\n        client.delete_model(ModelName=self.name)")}),
    "what a function sets for its module": ("import helper\nhelper.init()\nhelper.go('m')", {"work/helper.py": (
        "import boto3\nclient = None\ndef init():\n    global client\n    client = boto3.client('sagemaker')\n"
        "def go(name):\n    client.delete_model(ModelName=name)")}),
    "by its name as text": ("import importlib\nimportlib.import_module('helper').go('m')", {"work/helper.py": HELPER}),
    "of a folder that is added": ("import sys\nsys.path.append('src')\nimport helper\nhelper.go('m')",
                                  {"work/src/helper.py": HELPER}),
    "before one of Python's own": ("import calendar\ncalendar.go('m')", {"work/calendar.py": HELPER}),
}  # fmt: skip


@pytest.mark.parametrize("case", IMPORTS)
def test_what_lies_beside_is_read(case: str) -> None:
    """With the arguments of the call, at the line of the module."""
    code, files = IMPORTS[case]
    found = beside(code, files)
    assert [(one.operations, one.where.file) for one in found.calls] == [
        (("sagemaker.DeleteModel",), next(path for path, text in files.items() if "delete_model" in text))
    ]
    assert getattr(found.calls[0].arguments["ModelName"], "pattern", "") == "m"
    assert found.untold == ()


def test_only_what_is_called_of_a_module_is_read() -> None:
    """Functions that nobody calls, and what it does as a script, are not the code's."""
    helper = f"{HELPER}def other():\n    client.delete_endpoint()\nif __name__ == '__main__':\n    other()\n"
    assert [one.operations for one in beside("import helper\nhelper.go('m')", {"work/helper.py": helper}).calls] == [
        ("sagemaker.DeleteModel",)
    ]


POOLS = {
    "a pool": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as p:\n    p.submit(ask, c, 'm')",
    "a thread": "from threading import Thread\nThread(target=ask, args=(c, 'm')).start()",
    "a thread by names": "from threading import Thread\nThread(target=ask, args=(), kwargs={'c': c, 'm': 'm'}).start()",
    "a loop of events": "import asyncio\nasyncio.to_thread(ask, c, 'm')",
}


@pytest.mark.parametrize("case", POOLS)
def test_a_function_that_is_handed_over_is_read(case: str) -> None:
    """With what comes behind it, also where it is of a module beside."""
    helper = "def ask(c, m):\n    c.delete_model(ModelName=m)\n"
    code = f"import boto3\nfrom helper import ask\nc = boto3.client('sagemaker')\n{POOLS[case]}"
    (call,) = [one for one in beside(code, {"work/helper.py": helper}).calls if "delete" in one.name]
    assert call.operations == ("sagemaker.DeleteModel",)
    assert call.where.file == "work/helper.py"


def test_what_a_module_does_when_it_is_imported_is_read() -> None:
    """Once, however often it is imported."""
    found = beside("import helper\nfrom helper import client", {"work/helper.py": f"{MAKE}client.list_models()\n"})
    assert [(one.operations, str(one.where)) for one in found.calls] == [
        (("sagemaker.ListModels",), "work/helper.py:3")
    ]


NOT_THERE = {
    "no file": ("import helper\nhelper.go()", {}),
    "a part of the path": ("import pkg.helper", {"work/pkg/__init__.py": ""}),
    "a file elsewhere": ("import helper\nhelper.go()", {"helper.py": HELPER}),
    "above the folder": ("from ..helper import go", {"other.py": HELPER}),
}


@pytest.mark.parametrize("case", NOT_THERE)
def test_what_is_not_there_is_not_known(case: str) -> None:
    """And is said, with its line."""
    code, files = NOT_THERE[case]
    assert any(one.what.startswith("import ") for one in beside(code, files).untold)


def test_a_name_that_the_module_does_not_set_is_not_known() -> None:
    """Where it is called: something else may set it."""
    found = beside("import boto3\nfrom helper import nope\nnope()", {"work/helper.py": "x = 1\n"})
    assert [one.why for one in found.untold] == ["what it calls is not known: `nope` is not set in helper"]


def test_what_is_wrong_in_a_module_is_said() -> None:
    """With its file."""
    found = beside("import helper", {"work/helper.py": "def f(:\n"})
    assert [str(one.where) for one in found.untold] == ["work/helper.py:1"]


def test_a_folder_hides_no_installed_module() -> None:
    """Python takes a folder without ``__init__.py`` only where it finds nothing else."""
    folder = Folder({"boto3/x.py": "", "json/x.py": "", "mine/x.py": "", "sys.py": ""})
    assert [bool(find_module(folder, [""], one)) for one in ("boto3", "json", "mine", "sys")] == [
        False, False, True, False,
    ]  # fmt: skip


def test_modules_that_import_each_other_without_end_come_to_one() -> None:
    """More modules than the limit are not read, and said."""
    files = {f"work/m{at}.py": f"import m{at + 1}\n" for at in range(250)}
    found = beside("import m0", files)
    assert any("not among the files" in one.why for one in found.untold)
