"""The action, or the pattern of actions, that a misspelt one may have meant."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from itertools import accumulate
from typing import Final

from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.services import action_names, expand, service_exists, services

_ALIKE: Final = 0.75
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|[^A-Za-z]+")
_LONGEST: Final = 128
_MOST_TEXTS: Final = 4
"""What is longer, or has more stars, is not looked into: names of actions are short, and so are slips."""


@lru_cache(maxsize=1024)
def nearest_action(action: str) -> str | None:
    """
    Return the pattern nearest to *action*, which matches no action: of a service that exists, and matching some.

    It differs in the prefix alone, or in the words of the name; None where nothing is near.
    """
    prefix, _, name = action.partition(":")
    if not name or len(action) > _LONGEST or has_wildcard(prefix):
        return None
    service = prefix.lower() if service_exists(prefix.lower()) else _near(prefix, _spelt(services()))
    if service is None:
        return None
    candidates = (name, _respelt(name, service), _near(name.replace("*", "").replace("?", ""), _names(service)))
    return next((f"{service}:{one}" for one in candidates if one and _is_there(service, one)), None)


def _is_there(service: str, name: str) -> bool:
    return bool(expand(f"{service}:{name}")) if has_wildcard(name) else name.lower() in action_names(service)


def _respelt(name: str, service: str) -> str | None:
    """Return the pattern *name* with each text between its stars as actions of *service* have it; None for none."""
    texts = name.split("*")
    if "?" in name or not 1 < len(texts) <= _MOST_TEXTS:
        return None
    last = len(texts) - 1
    found = [
        _near(text, _pieces(service, is_first=number == 0, is_last=number == last)) if text else ""
        for number, text in enumerate(texts)
    ]
    return None if None in found else "*".join(map(str, found))


@lru_cache(maxsize=16)
def _names(service: str) -> Mapping[str, str]:
    return _spelt(spelt.partition(":")[2] for spelt in action_names(service).values())


@lru_cache(maxsize=16)
def _pieces(service: str, *, is_first: bool, is_last: bool) -> Mapping[str, str]:
    """Return runs of words in the names of actions: those at their beginning, their end, or anywhere."""
    found: dict[str, None] = {}
    for name in _names(service).values():
        ends = [0, *accumulate(map(len, _WORD.findall(name)))]
        starts, stops = [0] if is_first else ends[:-1], [len(name)] if is_last else ends[1:]
        found |= dict.fromkeys(name[start:stop] for start in starts for stop in stops if start < stop)
    return _spelt(found)


def _spelt(names: Iterable[str]) -> Mapping[str, str]:
    """Return *names* by their lower case, in order."""
    return {one.lower(): one for one in sorted(names)}


def _near(text: str, known: Mapping[str, str]) -> str | None:
    """Return the one of *known* that is most like *text*, without regard to case; None where none is like it."""
    folded = text.lower()
    if folded in known:
        return known[folded]
    least, most = len(text) * _ALIKE / (2 - _ALIKE), len(text) * (2 - _ALIKE) / _ALIKE  # others are never so alike
    found = get_close_matches(folded, [one for one in known if least <= len(one) <= most], n=1, cutoff=_ALIKE)
    return known[found[0]] if found else None
