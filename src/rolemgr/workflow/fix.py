"""``check --fix``: which files would change, and how, or why not; the caller writes them."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from rolemgr.check.collect import TypeOf, collect, is_json
from rolemgr.check.document import Document
from rolemgr.check.fix import Fixed, NotFixed, fixed
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import ANSWER_LIMITS, read_text
from rolemgr.iam.documents import PolicyType
from rolemgr.workflow.file_kind import is_role_among_others

_BOM = b"\xef\xbb\xbf"


class FileFix(NamedTuple):
    """What to do with the file *path*: write its new *text*, or nothing where that is None; and what to say."""

    path: str
    text: str | None
    told: str


def fixes(paths: Sequence[str], kind: str | None, types: Sequence[TypeOf]) -> list[FileFix]:
    """
    Return what is mechanical to mend in the policy files and folders *paths*, each proven to decide the same.

    In role files nothing is mechanical. Raises InputError for stdin, and as `rolemgr.check.collect.collect` does.
    """
    if not paths or "-" in paths:
        raise InputError(SourceLocation("--fix"), "goes with files of policies", "name the files, or their folder")
    collected = collect(paths, PolicyType(kind) if kind else None, types, is_role_among_others)
    found = sorted(collected.documents, key=lambda one: one.name)
    return [fix for name, group in groupby(found, lambda one: one.name) for fix in _in_file(name, list(group))]


def _in_file(name: str, documents: list[Document]) -> Iterator[FileFix]:
    text = read_text(Path(name), limits=ANSWER_LIMITS)
    made = fixed(text, documents, as_json=is_json(text, name))
    if isinstance(made, Fixed):
        made = _writable(name) or made
    if isinstance(made, NotFixed):
        yield FileFix(name, None, f"{name}: not fixed: {made.reason}")
    elif made:
        yield FileFix(name, made.text, f"{name}: {'; '.join(made.done)}")


def _writable(name: str) -> NotFixed | None:
    """Return why the file *name* is not written over: where a link leads nobody has looked."""
    path = Path(name)
    if path.is_symlink() or not path.is_file():
        return NotFixed("it is a link, or no file")
    with path.open("rb") as file:
        return NotFixed("it begins with a byte order mark") if file.read(3) == _BOM else None
