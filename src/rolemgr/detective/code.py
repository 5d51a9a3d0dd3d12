"""
The source of a control's Lambda function: one module, of those in `rolemgr.detective.functions`.

Their imports of each other are left out, for all stand in one file, and the tables that a function judges by are
written over the empty ones that it declares.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FUNCTIONS = Path(__file__).with_name("functions")
_CALLS_ENTRY = """\
import os

import boto3


def handler(event, _context):
    return handle(event, find, os.environ, boto3.client)
"""
_FINDINGS_ENTRY = """\
import os

import boto3


def handler(event, _context):
    return tell(event, os.environ, boto3.client)
"""
_OWN_IMPORT = re.compile(r"^from rolemgr\.detective\.functions\.([a-z_]+) import .*\n", re.MULTILINE)


def function_code(function: str, tables: Mapping[str, Any], *, calls: bool) -> str:
    """
    Return the source of *function* with its *tables*, as one module.

    *calls* says whether it judges calls that CloudTrail tells of, and not the events of another service.
    """
    used = _OWN_IMPORT.findall(function_source(function))
    names = [*(["publish"] if calls else []), *used, function]
    parts = [_OWN_IMPORT.sub("", function_source(name)).strip("\n") for name in names]
    filled = [f"{name} = {_literal(value)}" for name, value in tables.items()]
    entry = _CALLS_ENTRY if calls else _FINDINGS_ENTRY
    return "\n\n\n".join([*parts, *filled, entry])


def _literal(value: Any) -> str:
    """Return *value* as Python writes it, an entry a line: a reviewer reads it, and CloudFormation counts its size."""
    if isinstance(value, Mapping):
        return "".join(["{\n", *(f"    {key!r}: {one!r},\n" for key, one in value.items()), "}"])
    return "".join(["(\n", *(f"    {one!r},\n" for one in value), ")"])


def function_source(function: str) -> str:
    """Return the source of one function's own module."""
    return (_FUNCTIONS / f"{function.replace('-', '_')}.py").read_text("utf-8")


def remedy_scripts() -> list[str]:
    """Return the names of the scripts that a remedy may have, sorted."""
    return sorted(
        name.replace("_", "-") for name in re.findall(r"^def ([a-z_]+)", function_source("remedies"), re.MULTILINE)
    )


def remedy_code(script: str) -> str:
    """Return the source of the runbook script *script*, whose handler is ``handler``."""
    whole = function_source("remedies")
    name = script.replace("-", "_")
    found = re.search(rf"^def {name}\(.*?(?=^def |\Z)", whole, re.MULTILINE | re.DOTALL)
    if found is None:
        raise AssertionError(f"there is no script {script}")
    head = "import re\nfrom collections.abc import Callable, Mapping\nfrom typing import Any\n\nimport boto3\n"
    entry = f"def handler(event, _context):\n    return {name}(event, boto3.client)\n"
    return f"{head}\n\n{found[0].strip()}\n\n\n{entry}"
