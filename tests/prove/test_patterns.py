"""
What `never` entries answer about patterns, against the evaluator asked for every request of a small alphabet.

A `?` may stand for a letter of a variable's value, a `*` for none; actions have wildcards in the service too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nightly import examples
from tests.separation.test_certainty import found

from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.iam.wildcards import contains
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.reference.services import expand
from rolemgr.separation.certainty import ReachQuestion, overlap, surely_denied

GET = "s3:GetObject"
BUCKET = "arn:aws:s3:::k/"
NAMES = ("", "a", "b", "ab", "a/b", "ba")
TEXTS = tuple("".join(letters) for size in range(4) for letters in product("ab/", repeat=size))
PIECES = ("a", "b", "/", "?", "*", "a", "b", "${aws:username}", "${aws:username, 'ab'}")
patterns = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map(lambda pieces: BUCKET + "".join(pieces))
plain = st.lists(st.sampled_from(PIECES[:7]), min_size=1, max_size=4).map(lambda pieces: BUCKET + "".join(pieces))


def statement(effect: Effect, *resources: str) -> ComposedStatement:
    """Return a statement on *resources* as a role has it."""
    return ComposedStatement("S", effect, (GET,), resources, (), (Origin(SourceLocation("x"), "g", "S", (GET,)),))


def policy(effect: str, resources: Sequence[str]) -> dict[str, object]:
    """Return the same as a policy has it."""
    return {"Effect": effect, "Action": GET, "Resource": list(resources)}


def allowed(statements: Sequence[dict[str, object]], resource: str, name: str | None) -> bool:
    """Tell whether the evaluator allows *resource* to whoever is called *name*."""
    document = IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})
    context = Context({} if name is None else {"aws:username": (name,)})
    return evaluate(Request(GET, resource, context), Policies(identity=(document,))).decision == "Allowed"


def requests(known: str | None) -> Iterator[tuple[str, str | None]]:
    """Yield every resource with every name of the caller, or the one that is *known*."""
    names = (known,) if known is not None else (None, *NAMES)
    yield from product((BUCKET + text for text in TEXTS), names)


def could(allow: str, deny: str | None, within: str, except_on: str | None, known: str | None) -> bool:
    """Tell what the careful question answers: whether *allow* could be what an entry forbids."""
    question = ReachQuestion(GET, within, Context({} if known is None else {"aws:username": (known,)}))
    denies = [statement(Effect.DENY, deny)] if deny else []
    return any(
        not surely_denied(denies, resource, question) and not (except_on and contains(except_on, resource))
        for resource, _ in overlap(statement(Effect.ALLOW, allow), question)
    )


@settings(max_examples=examples(30, 250), deadline=None)
@given(patterns, st.none() | patterns, patterns, st.none() | patterns, st.none() | st.sampled_from(NAMES[1:]))
def test_what_is_allowed_is_never_passed_over(
    allow: str, deny: str | None, within: str, except_on: str | None, known: str | None
) -> None:
    """Where a single request shows that the promise is broken, the careful question says so."""
    statements = [policy("Allow", [allow]), *([policy("Deny", [deny])] if deny else [])]
    if could(allow, deny, within, except_on, known):
        return
    for resource, name in requests(known):
        if allowed(statements, resource, name) and allowed([policy("Allow", [within])], resource, name):
            assert except_on, (resource, name)
            assert allowed([policy("Allow", [except_on])], resource, name), (resource, name)


@settings(max_examples=examples(15, 100), deadline=None)
@given(plain, plain)
def test_without_variables_the_question_is_exact(allow: str, within: str) -> None:
    """Two patterns of two letters that have a text in common have a short one."""
    shown = (
        any(
            allowed([policy("Allow", [allow])], resource, None) and allowed([policy("Allow", [within])], resource, None)
            for resource in (BUCKET + "".join(letters) for size in range(7) for letters in product("ab/", repeat=size))
        )
        if len(allow) + len(within) < 2 * len(BUCKET) + 6
        else could(allow, None, within, None, None)
    )
    assert could(allow, None, within, None, None) is shown


GRANTED = (
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3:PutObject",
    "sqs:GetQueueUrl",
    "ssm:GetParameter",
    "sts:GetSessionToken",
)
letters = st.sampled_from(("keep", "keep", "keep", "?", "*", "swap"))


@settings(max_examples=examples(25, 200), deadline=None)
@given(st.sampled_from(GRANTED), st.lists(letters, min_size=30, max_size=30), st.integers(0, 12), st.booleans())
def test_action_patterns_are_read_as_the_evaluator_reads_them(
    name: str, changes: list[str], cut: int, open_ended: bool
) -> None:
    """A wildcard in the service too (`s?:Get*`), any case, and a star for the rest."""
    kept = name if cut < 6 else name[: len(name) - cut + 5]
    made: Mapping[str, Callable[[str], str]] = {
        "keep": str,
        "swap": str.swapcase,
        "?": lambda _: "?",
        "*": lambda _: "*",
    }
    pattern = "".join(":" if char == ":" else made[change](char) for char, change in zip(kept, changes, strict=False))
    pattern = pattern + "*" * open_ended
    if ":" not in pattern or pattern.endswith(":"):
        return
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": pattern, "Resource": "*"}]}
    policies = Policies(identity=(IdentityPolicy.model_validate(document),))
    asked = {one for one in GRANTED if evaluate(Request(one, "*"), policies).decision == "Allowed"}
    assert set(expand(pattern)) & set(GRANTED) == asked


@pytest.mark.parametrize(
    ("entry", "broken"),
    [("s?:Get*", True), ("S?:gET*", True), ("s3:?etObject", True), ("*:Get?bject", True), ("??:*", True),
     ("s?:Put*", False), ("s3:GetObject?", False), ("?s3:GetObject", False)],
)  # fmt: skip
def test_never_with_wildcards_anywhere(entry: str, broken: bool, tmp_path: Path) -> None:
    """Each means what it would mean in a policy."""
    allow = "{sid: A, actions: [s3:GetObject], resources: ['arn:{{ partition }}:s3:::b/*']}"
    excused = f"{{action: '{entry}'}}\nunknown_ok: ['{entry}']"
    assert bool(found(tmp_path, excused, [allow])) is broken


@pytest.mark.parametrize("pattern", ["s?:Get", "s?:Get*Qqq"])
def test_a_never_that_stands_for_no_action_is_refused(pattern: str, tmp_path: Path) -> None:
    """It would forbid nothing."""
    allow = "{sid: A, actions: [s3:GetObject], resources: ['arn:{{ partition }}:s3:::b/*']}"
    with pytest.raises(InputError, match="unknown_ok"):
        found(tmp_path, f"'{pattern}'", [allow])


@pytest.mark.parametrize("pattern", ["s?:Get*", "s3:?etObject"])
def test_a_group_s_own_actions_have_no_wildcards(pattern: str, tmp_path: Path) -> None:
    """Only names that AWS has, so that what a role may do stands in the file."""
    allow = f"{{sid: A, actions: ['{pattern}'], resources: ['arn:{{{{ partition }}}}:s3:::b/*']}}"
    with pytest.raises(InputError):
        found(tmp_path, "s3:GetObject", [allow])


def test_a_variable_in_an_entry_has_any_value(tmp_path: Path) -> None:
    """Also none, and one with a slash in it."""
    never = "{action: s3:GetObject, resource: 'arn:{{ partition }}:s3:::b/a${aws:username}'}"
    for name, broken in (("a", True), ("ab/c", True), ("b", False)):
        (tmp_path / name).mkdir(parents=True)
        allow = f"{{sid: A, actions: [s3:GetObject], resources: ['arn:{{{{ partition }}}}:s3:::b/{name}']}}"
        assert bool(found(tmp_path / name, never, [allow])) is broken


def test_a_variable_s_value_may_be_what_a_question_mark_takes(tmp_path: Path) -> None:
    """`b?b` is whatever the caller is called: bob."""
    never = "{action: s3:GetObject, resource: 'arn:{{ partition }}:s3:::b/b?b'}"
    allow = "{sid: A, actions: [s3:GetObject], resources: ['arn:{{ partition }}:s3:::b/${aws:username}']}"
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    assert found(tmp_path / "one", never, [allow]) == {GET}
    assert found(tmp_path / "two", never, [allow.replace("username}", "username}/c")]) == set()
