"""Patterns of actions in words, for what a role can never do: `sagemaker:Create*Job*` creates jobs of any kind."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rolemgr.reference.service_words import service_word

_ENTRY: Final = re.compile(r"([a-z0-9-]+):(\*|[A-Z][A-Za-z*]*)(.*)", re.DOTALL)
"""An entry of `never` as a sentence: the service, the action or pattern, and what comes behind it."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|\*")
_ABBREVIATIONS: Final = {"Acl": "ACL", "Url": "URL", "Api": "API", "Mlflow": "MLflow", "Ssh": "SSH"}


def in_words(text: str, *, whole: bool = False) -> str:
    """Return the sentence *text* with its action in words; *whole*, with the action behind them in brackets."""
    found = _ENTRY.fullmatch(text)
    if not found:
        return text
    service, name, rest = found.groups()
    raw = f" ({service}:{name})" if whole else ""
    return f"{service_word(service)}: {' '.join(filter(None, _read(name)))}{raw}{rest}"


def together(texts: Iterable[str]) -> Iterator[str]:
    """Yield actions and patterns, which nothing stands behind, as a sentence for each service, verb by verb."""
    services: dict[str, dict[str, list[str]]] = {}
    for text in texts:
        if found := _ENTRY.fullmatch(text):
            verb, what = _read(found[2])
            services.setdefault(service_word(found[1]), {}).setdefault(verb, []).append(what)
    for service, verbs in services.items():
        alike: dict[str, list[str]] = {}
        for verb, objects in verbs.items():
            alike.setdefault(", ".join(objects), []).append(verb)
        told = (f"{', '.join(each)} {what}".strip() for what, each in alike.items())
        yield f"{service}: {'; '.join(told)}"


def _read(name: str) -> tuple[str, str]:
    """Return the verb of an action or pattern, and on what it is: nothing and *anything* for every action."""
    verb, *words = _WORD.findall(name)
    if verb == "*":
        return "", "anything"
    if verb == "Batch" and words[:1] not in ([], ["*"]):
        verb, words = f"batch {words[0]}", words[1:]
    is_open = "*" in words
    told = " ".join(_ABBREVIATIONS.get(word, word.lower()) for word in words if word != "*")
    if not told:
        return verb.lower(), "anything" if is_open else "it"
    if not is_open:
        return verb.lower(), _plural(told)
    is_beginning = words.index("*") == len(words) - 1
    return verb.lower(), f"anything of {_plural(told)}" if is_beginning else f"{_plural(told)} of any kind"


def _plural(text: str) -> str:
    if text.endswith(("s", "ing", "ence")):
        return text
    return f"{text[:-1]}ies" if text.endswith("y") and text[-2] not in "aeiou" else f"{text}s"
