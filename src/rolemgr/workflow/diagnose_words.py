"""What stands on the command line of `diagnose`, told apart by content: AWS's message, and whose policies are asked."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.errors import InputError, RolemgrError, SourceLocation
from rolemgr.files.json import parse_json
from rolemgr.files.source import ANSWER_LIMITS, LIMITS, FileError, Limits, SourceFile
from rolemgr.iam.uses import kinds_in
from rolemgr.workflow.asked_files import AskedPrincipal, asked_of
from rolemgr.workflow.file_kind import file_kind, is_role_text, refuse_unjudged_kinds
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.role_options import is_directory, is_pattern, matches_of, with_role_files

_FILE_NAME: Final = re.compile(r"[^\s:]{1,255}\.(?:ya?ml|json|txt|log)")
"""What was meant as the name of a file: a message has spaces, an encoded one no ending."""
_YAML: Final = (".yaml", ".yml")


class DiagnoseWords(NamedTuple):
    """The *message*, the *policies* or the *chosen* role that are asked, and an outside that has read them already."""

    message: str | None
    policies: Sequence[str]
    chosen: Mapping[str, Any]
    outside: Outside


def told_apart(
    words: Sequence[str], policies: Sequence[str], chosen: Mapping[str, Any], outside: Outside
) -> DiagnoseWords:  # fmt: skip
    """
    Return what *words* are: one message (text, a file or ``-``), a role file or *policies*, more of them perhaps.

    Each file is read once, so that a pipe may be one. Raises InputError for a second message, for several roles, for
    a file of another kind, and for one that is not there.
    """
    files = _ReadOnce(outside)
    reading = outside._replace(read=files.read)
    messages: list[str] = []
    asked: list[str] = []
    for word in (one for given in words for one in _unfolded(given)):
        (asked if is_directory(word) or _is_asked(word, files) else messages).append(word)
    if len(messages) > 1:
        shown = [one if _may_be_read(one) else f"{one[:30]}..." for one in messages[:2]]
        raise InputError(None, f"there are two messages, `{shown[0]}` and `{shown[1]}`", "one is diagnosed in a run")
    if asked == ["-"] and _is_role(*files.read("-", LIMITS)):
        who = [AskedPrincipal("", (), with_role_files(("-",), chosen) | {"role": "-"})]
    else:
        who = asked_of(asked, chosen, reading) if asked else []
    if len(who) > 1:
        raise InputError(SourceLocation(who[1].name), f"is one of {len(who)} roles, and one is asked", "name one")
    found = who[0] if who else None
    return DiagnoseWords(
        messages[0] if messages else None, (*policies, *(found.policies if found else ())),
        found.chosen if found else chosen, reading,
    )  # fmt: skip


class _ReadOnce:
    """Reads each file once: stdin and pipes give their text a single time."""

    def __init__(self, outside: Outside) -> None:
        self._read, self._texts = outside.read, dict[str, tuple[str, str]]()

    def read(self, name: str, limits: Limits) -> tuple[str, str]:
        """Return the text of *name*, and what messages call it; raise FileError where it is over *limits*."""
        if name not in self._texts:
            self._texts[name] = self._read(name, limits)
        text, shown = self._texts[name]
        if len(text) > limits.bytes:
            raise FileError(SourceLocation(shown), f"is larger than {limits.bytes:,} bytes")
        return text, shown


def _unfolded(word: str) -> Sequence[str]:
    """Return the files that the pattern *word* matches; a message may have stars too, and then is none."""
    if re.search(r"\s", word) or not is_pattern(word):
        return (word,)
    return matches_of(word) or (word,)


def _may_be_read(word: str) -> bool:
    if word == "-":
        return True
    try:
        path = Path(word)
        return path.is_file() or path.is_fifo()  # <(command) is a pipe
    except (OSError, ValueError):  # a message is longer than any name, or holds what no name may
        return False


def _is_asked(word: str, files: _ReadOnce) -> bool:
    """Tell whether *word* is a file whose policies are asked, and not a message."""
    if not _may_be_read(word):
        if _FILE_NAME.fullmatch(word) and not os.path.lexists(word):
            raise InputError(SourceLocation(word), "there is no such file")
        return False
    text, shown = files.read(word, LIMITS if word.endswith(_YAML) else ANSWER_LIMITS)
    source = _source(text, shown, word)
    if source is None:
        return False
    refuse_unjudged_kinds(source)
    return file_kind(source.data) is not None or bool(kinds_in(source))


def _source(text: str, shown: str, word: str) -> SourceFile | None:
    """Return *text* as data where it may be of policies or of a role; raise InputError for broken ones."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(text, shown, ANSWER_LIMITS)
        except FileError:
            if '"Statement"' in text and '"eventName"' not in text:
                raise
            return None
    if not word.endswith(_YAML) and not (word == "-" and _is_role(text, shown)):
        return None
    from rolemgr.files.yaml import parse_yaml  # a message needs none

    return parse_yaml(text, shown)


def _is_role(text: str, shown: str) -> bool:
    """Tell whether *text* from stdin is a role file; a message is not YAML of one."""
    try:
        return is_role_text(text, shown)
    except RolemgrError:
        return False
