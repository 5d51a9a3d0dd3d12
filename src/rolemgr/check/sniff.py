"""
Whether a file of any name may hold a policy, told cheaply from how it starts: a folder has pictures and code too.

JSON starts with a bracket, a text or a comment, and names an element of a policy, a template or an answer of the
AWS CLI somewhere; YAML starts with a key, and has such an element as a key. Templates of text for another tool
start with their own brackets. Everything else holds no policy that is read here.
"""

import json
import re
import stat
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from rolemgr.files.source import MAX_BYTES

SUFFIXES: Final = (".json", ".yaml", ".yml", ".template", ".cfn", ".tf", ".tofu", ".hcl", ".tfvars")
"""Names of files that are read whatever is in them."""
_START: Final = 512
_JSON: Final = re.compile(rb'\s*(?:/[/*]|[{\[]\s*["{\]}]|[{%][{%]|\{\s*[A-Za-z]\w*\s*:|"\s*[{\[])')
_JSON_ELEMENT: Final = re.compile(
    rb"""["'\\{,\s](?:Statement|(?:AssumeRole)?PolicyDocument|Resources|resources|resource|planned_values"""
    rb"""|(?:Managed|Attached|AttachedManaged)Polic(?:yArns|ies)|RoleDetailList)\\*["']?\s*:"""
)
_YAML: Final = re.compile(rb"""(?:[ \t]*(?:[#%][^\n]*|---[^\n]*)?\n)*["']?[A-Za-z][\w:-]*["']?[ \t]*:(?:\s|$)""")
_YAML_LINE: Final = re.compile(rb"""\s*(?:[#%]|---|["']?[A-Za-z][\w:-]*["']?[ \t]*:(?:\s|$))""")
"""How YAML's first line may begin: a comment says nothing yet."""
_YAML_ELEMENT: Final = re.compile(
    rb"""^[ \t-]*["']?(?:AWSTemplateFormatVersion|Resources|Statement|PolicyDocument|AssumeRolePolicyDocument"""
    rb"""|ManagedPolicyArns|managedPolicyArns|policyDocument)["']?[ \t]*:""",
    re.MULTILINE,
)
_LINE_END: Final = re.compile(b"\r\n?|\xc2\x85|\xe2\x80[\xa8\xa9]")
_TAR: Final = 257
"""Where a tar archive says that it is one: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html"""
_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def may_hold_policy(path: Path) -> bool:
    """
    Tell whether the regular file at *path* looks as if it held a policy, a role, a template or Terraform's JSON.

    Raises OSError where it can't be read.
    """
    with path.open("rb") as file:
        start = file.read(_START)
        plain = _plain(start)
        if plain.strip() and not (_JSON.match(plain) or _YAML_LINE.match(plain)):
            return False
        text = _plain(start + file.read(MAX_BYTES))
    if _JSON.match(text):
        return bool(_JSON_ELEMENT.search(text))
    return bool(_YAML.match(text) and _YAML_ELEMENT.search(text))


def is_cut(text: str, name: str) -> bool:
    """Tell whether a file of JSON ends before it is closed: what a policy is told by may have stood in the rest."""
    start, last = text.lstrip()[:2], text.rstrip().rpartition("\n")[2].strip()
    is_json = name.lower().endswith(".json") and start[:1] in ("{", "[") and start not in ("{{", "{%")
    return is_json and not last.endswith(("}", "]", "*/")) and not last.startswith("//")


def is_of_a_template(text: str, name: str) -> bool:
    """
    Tell whether what can't be parsed is no YAML yet, or none at all: another tool's template, or JSON that is closed.

    Such a *text* is complete: what it holds no word of is not in it.
    """
    return not name.lower().endswith((".yaml", ".yml")) or any(mark in text for mark in ("{{", "{%", "<%", "${"))


_PLAN_KEYS: Final = ('"planned_values"', '"resource_changes"', '"values"')
_TEMPLATE: Final = re.compile(
    r"""^[ \t{]*["']?AWSTemplateFormatVersion["']?[ \t]*:|\bType["']?[ \t]*:[ \t]*["']?AWS::\w""", re.MULTILINE
)


def template_kind(text: str) -> str | None:
    """Return what *text* is, where that is a template or a plan, which may hold policies and need not."""
    if text.lstrip()[:1] == "{" and '"format_version"' in text and any(key in text for key in _PLAN_KEYS):
        return "Terraform's JSON"
    return "a CloudFormation template" if _TEMPLATE.search(text) else None


def not_readable(path: Path) -> str | None:
    """
    Return why nobody can read what is in the regular file at *path*, None where it is text, or holds no policy.

    Archives, what is compressed or encrypted, and any other file that is not text may hold one. Pictures, fonts and
    programs don't. Raises OSError where it can't be read.
    """
    with path.open("rb") as file:
        start = file.read(_START)
    if reason := _begins(start, "closed"):
        return reason
    if start[_TAR : _TAR + 5] == b"ustar":
        return "a tar archive"
    if 0 not in start or start.startswith(_MARKS) or _begins(start, "other"):
        return None
    return None if set(start[0:32:2]) == {0} or set(start[1:32:2]) == {0} else "a file that is not text"


def _begins(start: bytes, among: str) -> str | None:
    """Return what a file is that begins with *start*, where that is one of the formats *among* those of the table."""
    return next((what for begins, what in _formats()[among] if start.startswith(begins)), None)


@cache
def _formats() -> Mapping[str, Sequence[tuple[bytes, str]]]:
    table = json.loads(files("rolemgr.check").joinpath("file_formats.json").read_text("utf-8"))
    return {name: [(bytes.fromhex(one["begins"]), one["is"]) for one in table[name]] for name in ("closed", "other")}


def _plain(raw: bytes) -> bytes:
    """Return *raw* without the mark at its start, with each end of a line as one, and UTF-16 as the letters in it."""
    for mark in _MARKS:
        raw = raw.removeprefix(mark)
    if 0 in raw[:2]:
        raw = raw.replace(b"\0", b"")
    return _LINE_END.sub(b"\n", raw)


def what_else(path: Path) -> str | None:
    """Return what *path* is where it is not a regular file, as a reason says it; raise OSError for a broken link."""
    mode = path.stat().st_mode
    if stat.S_ISREG(mode):
        return None
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return kinds.get(stat.S_IFMT(mode), "no regular file")
