"""All that people read is English as AWS's guides write it: phrases that a native reader stumbles at are kept out."""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import rolemgr

TOP = Path(rolemgr.__file__).parent
MODULES = sorted(TOP.rglob("*.py"))
PROJECT = TOP.parents[1]
FOLDERS = ("personas", "separations", "activity_groups", "guardrails", "examples")
PAGES = sorted(
    [
        *PROJECT.glob("docs/*.md"),
        *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "parameters.yaml")),
        *(path for folder in FOLDERS for path in (PROJECT / folder).rglob("*.yaml")),
        *(path for path in TOP.rglob("*.yaml")),
    ]
)

PHRASES = {
    r"(?<![Tt]here )\b(?:is|are|was|were) no (?!longer\b|more\b|such\b|difference|drift|finding)[a-z]": "is not a ...",
    r"\bthe own\b": "the user's own, the caller's",
    r"s?' affair\b|'s affair\b": "... covers it, ... decides it",
    r"\breckon(?:s|ed|ing)?\b": "treats as",
    r"\b[Bb]e it\b": "also where, even where",
    r"\b(?:gets?|got|getting) round\b": "bypasses",
    r"\bof whom\b": "name who it is about",
    r"\b(?:calls?|called|names?|named|compared|defined|spelt) (?:(?!says?|does?)[a-z]+ )?so(?=[.;:,)]| \()": "this way",
    r"\bfor what of\b": "the caller, the action and the resource's account",
    r"\bsends no run time with it\b": "does not set `sagemaker:MaxRuntimeInSeconds` for this action",
}
"""What a native reader stumbles at, and what to write instead."""

APPROVED = {
    "personas/data-scientist.yaml": "the own spaces and notebooks",  # the role's Description, in reviewed goldens
}
"""A text of a file that stays until the documents that carry it are reviewed again."""


def stumbling(text: str) -> list[str]:
    """Return each phrase that *text* has, line breaks aside, with what to write instead."""
    flat = re.sub(r"\s*\n[ \t#]*", " ", text)
    return [
        f"`{flat[max(0, found.start() - 30) : found.end() + 20]}`: write {better}"
        for phrase, better in PHRASES.items()
        for found in re.finditer(phrase, flat)
    ]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the messages, docstrings and comments in the code at *path*, with their lines."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    with tokenize.open(path) as file:
        yield from (
            (one.start[0], one.string) for one in tokenize.generate_tokens(file.readline) if one.string[:1] == "#"
        )


def test_the_phrases_are_found() -> None:
    """Each phrase is one that the test sees, over a line break too, and good English is none of them."""
    bad = (
        "this is no duration",
        "open the\n    own profile",
        "X's affair",
        "reckons with",
        "be it so",
        "gets round it",
    )
    assert all(map(stumbling, (*bad, "asks of whom", "call models so (name=)", "compared so: text")))
    good = ("there is no role", "it is no longer there", "the docs say so.", "that is so", "the user's own profile")
    assert not [text for text in good if stumbling(text)]


def test_code_has_no_stumbling_phrase() -> None:
    """A message has an actor and a verb and says what to do next; docstrings and comments are read as often."""
    found = [(str(path), line, one) for path in MODULES for line, text in texts(path) for one in stumbling(text)]
    assert found == []


def test_pages_and_catalog_have_no_stumbling_phrase() -> None:
    """Pages for users, and what the catalog says of its entries, are written for people who read AWS's guides."""
    names = {path: str(path.relative_to(PROJECT)) for path in PAGES}
    texts = {name: path.read_text("utf-8").replace(APPROVED.get(name, "\0"), "") for path, name in names.items()}
    assert {name: found for name, text in texts.items() if (found := stumbling(text))} == {}
