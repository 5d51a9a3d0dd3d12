"""Which rules count: ``--select`` and ``--ignore`` take ids, names, beginnings of ids, and ``ALL``, as ruff does."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rolemgr.check.finding import OF_AWS, Finding
from rolemgr.check.rules import all_rules
from rolemgr.errors import SourceLocation, UnknownNameError

_ALL = "ALL"
_ALWAYS = "RM100"
"""What can't be read is told whatever is selected: nothing in such a file was judged."""


class Selection(NamedTuple):
    """The rules that are *selected* (none: all) and *ignored*, by id or beginning of ids; the longer one decides."""

    selected: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def has(self, rule: str) -> bool:
        """Tell whether findings of *rule* count."""
        ignored = _longest(self.ignored, rule)
        if rule == _ALWAYS:
            return ignored < len(rule)
        selected = _longest(self.selected, rule) if self.selected else 0
        return selected >= 0 and selected > ignored


def selection_of(select: Sequence[str], ignore: Sequence[str], custom: Sequence[str] = ()) -> Selection:
    """
    Return what the texts of ``--select`` and ``--ignore``, each with commas between rules, choose.

    *custom* are the ids of the user's own checks. Raises UnknownNameError for what no rule has or begins with.
    """
    chosen = tuple(dict.fromkeys(_codes(select, SourceLocation("--select"), custom)))
    left_out = tuple(dict.fromkeys(_codes(ignore, SourceLocation("--ignore"), custom)))
    return Selection(chosen, left_out)


def _codes(texts: Sequence[str], where: SourceLocation, custom: Sequence[str]) -> Iterator[str]:
    for text in texts:
        for name in text.split(","):
            yield _code(name.strip(), where, custom)


def _code(name: str, where: SourceLocation, custom: Sequence[str]) -> str:
    """Return the id, or the beginning of ids, that *name* stands for; the empty text for all."""
    if name.upper() == _ALL:
        return ""
    rules = all_rules()
    for one in custom:
        if one.lower() == name.lower():
            return one
    by_name = next((rule.id for rule in rules.values() if rule.name == name.lower()), None)
    if by_name:
        return by_name
    folded = name.upper()
    if folded.startswith(OF_AWS) or (len(folded) > 1 and any(one.startswith(folded) for one in rules)):
        return folded
    known = [*rules, *(rule.name for rule in rules.values()), *custom]
    raise UnknownNameError(where, "rule", name, known, otherwise="see docs/rules.md")


def _longest(codes: Sequence[str], rule: str) -> int:
    """Return how much of *rule* the most telling of *codes* names; -1 where none does."""
    return max((len(code) for code in codes if rule.startswith(code)), default=-1)


def left_out_note(left_out: Sequence[Finding]) -> str:
    """Return the sentence that counts the findings which a selection leaves out, by rule."""
    counts = Counter(one.rule for one in left_out)
    each = ", ".join(f"{rule} ({count})" if count > 1 else rule for rule, count in sorted(counts.items()))
    many = "s" if len(left_out) > 1 else ""
    return f"{len(left_out)} finding{many} left out by --select or --ignore: {each}"
