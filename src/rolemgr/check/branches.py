"""
What holds in each way that a template's conditions can come out is told once, and what holds in some says in which.

A role of a template is judged once for each way (`rolemgr.check.reader.conditions`). A finding is the same in two
of them where it is of the same rule at the same place and its sentence differs in numbers only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from rolemgr.check.document import Document
from rolemgr.check.finding import Finding

MOST_PAIRS: Final = 4_000_000
"""Pairs of statements that are looked at for one role; the quotas of IAM let a role have some hundred statements."""
Way: TypeAlias = Mapping[str, bool]
"""Which conditions are true in one way."""
_NUMBER = re.compile(r"[\d,]+")


class Family(NamedTuple):
    """The documents of one role in each of the *ways* in which its template's conditions can come out, in order."""

    groups: list[list[Document]]
    ways: Sequence[Way] = ()

    @property
    def is_too_large(self) -> bool:
        """Whether it has more statements than can be judged together, which takes each with each other."""
        sizes = (sum(len(one.statements) for one in group) for group in self.groups)
        return sum(size * size for size in sizes) > MOST_PAIRS


def families(documents: Iterable[Document]) -> list[Family]:
    """Return *documents* by the role that they are of, any other alone; a policy of AWS is in each way of its role."""
    roles: dict[object, list[Document]] = {}
    for document in documents:
        key: object = (document.name, document.group) if document.group else document
        roles.setdefault(key, []).append(document)
    return [_family(of_role) for of_role in roles.values()]


def _family(documents: list[Document]) -> Family:
    ways = next((one.ways for one in documents if one.ways), ())
    everywhere = [one for one in documents if not one.ways]
    if len(ways) < 2:
        return Family([documents], ways)
    groups = [[*(one for one in documents if one.ways and one.variant == at), *everywhere] for at in range(len(ways))]
    return Family(groups, ways)


def told_once(found: Sequence[Iterable[Finding]], ways: Sequence[Way]) -> Iterator[Finding]:
    """Yield the findings of each way in *found*, each once; one that holds in some of *ways* says in which."""
    if len(found) == 1:
        yield from found[0]
        return
    first: dict[Finding, Finding] = {}
    holds: dict[Finding, list[int]] = {}
    for at, findings in enumerate(found):
        for finding in findings:
            key = finding._replace(message=_NUMBER.sub("#", finding.message))
            first.setdefault(key, finding)
            holds.setdefault(key, []).append(at)
    texts: dict[tuple[int, ...], str] = {}  # many findings hold in the same ways, and each way is long
    for key, told in first.items():
        where = tuple(sorted(set(holds[key])))
        if where not in texts:
            texts[where] = "" if len(where) == len(ways) else f", {when(where, ways)}"
        yield told._replace(message=told.message + texts[where])


def when(where: Sequence[int], ways: Sequence[Way]) -> str:
    """Return in words which of *ways* the indexes *where* are: by the conditions that they alone share, if some are."""
    chosen = [ways[at] for at in where]
    shared = {name: truth for name, truth in chosen[0].items() if all(way[name] is truth for way in chosen)}
    for name, truth in shared.items():
        if sum(way[name] is truth for way in ways) == len(chosen):
            return f"if the condition {_condition_text({name: truth})}"
    if shared and sum(shared.items() <= way.items() for way in ways) == len(chosen):
        return f"if the conditions {_condition_text(shared)}"
    return (
        f"in {len(chosen)} of {len(ways)} ways that the conditions can come out, such as {_condition_text(chosen[0])}"
    )


def _condition_text(way: Way) -> str:
    return ", ".join(f"`{name}` is {str(truth).lower()}" for name, truth in way.items())
