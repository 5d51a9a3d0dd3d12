"""Packing keeps every grant and every limit, and keeps every Deny inline."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nightly import examples

from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.documents import Effect
from rolemgr.model.role import ComposedStatement, Origin
from rolemgr.render.packing import pack

ORIGIN = Origin(SourceLocation("activity_groups/x.yaml", 1), "x", "X")


def statement(sid: str, effect: Effect, actions: int, resources: int) -> ComposedStatement:
    """Return a statement of so many actions and resources."""
    names = tuple(f"s3:Action{sid}{i}" for i in range(actions))
    return ComposedStatement(sid, effect, names, tuple(f"r{i}" for i in range(resources)), (), (ORIGIN,))


def measure(statement: ComposedStatement) -> int:
    """Measure a statement by the characters of its actions and resources."""
    return sum(len(text) for text in (*statement.actions, *statement.resources))


def size(statements: Sequence[ComposedStatement]) -> int:
    """Measure the statements of a policy, and the commas between them."""
    return sum(map(measure, statements)) + max(len(statements) - 1, 0)


def grants(statements: tuple[ComposedStatement, ...]) -> set[tuple[Effect, str, str]]:
    """Return every effect on every action and resource that *statements* speak of."""
    return {
        (one.effect, action, resource) for one in statements for action in one.actions for resource in one.resources
    }


SHAPES = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=20)


@settings(max_examples=examples(25, 200))
@given(allows=SHAPES, denies=st.integers(0, 2), inline=st.integers(100, 400), managed=st.integers(60, 200))
def test_packing_is_lossless_and_within_the_quotas(
    allows: list[tuple[int, int]], denies: int, inline: int, managed: int
) -> None:
    """What the policies say together is what was to be said; each fits; every Deny is in the first."""
    statements = tuple(statement(f"A{i}", Effect.ALLOW, *shape) for i, shape in enumerate(allows))
    statements += tuple(statement(f"D{i}", Effect.DENY, 1, 1) for i in range(denies))
    first, *rest = (
        part.statements
        for part in pack([(one, measure(one)) for one in statements], measure, inline=inline, managed=managed)
    )
    assert grants(first).union(*map(grants, rest)) == grants(statements)
    assert size(first) <= inline
    assert all(size(part) <= managed for part in rest)
    assert not any(one.effect is Effect.DENY for part in rest for one in part)


def test_denies_that_do_not_fit_inline_are_an_error() -> None:
    """A Deny is never moved to where it can be detached."""
    with pytest.raises(
        InputError, match=r"the Deny statements have 500 characters, and the inline policy holds 100; most in x 500"
    ):
        pack([(statement("D", Effect.DENY, 50, 1), 500)], measure, inline=100, managed=200)


def allow(sid: str, service: str, actions: int) -> ComposedStatement:
    """Return an Allow of so many actions of a service."""
    names = tuple(f"{service}:Action{i}" for i in range(actions))
    return ComposedStatement(sid, Effect.ALLOW, names, ("*",), (), (ORIGIN,))


def test_what_moves_is_whole_and_called_for_what_it_holds() -> None:
    """SageMaker first; then MLflow; then all others; the policies of each kind are filled in order."""
    statements = [
        allow("A", "s3", 8),
        allow("B", "sagemaker", 8),
        allow("C", "sagemaker", 8),
        allow("D", "sagemaker-mlflow", 8),
    ]
    sized = [(one, measure(one)) for one in statements]
    held = {
        inline: {
            part.name: [one.sid for one in part.statements] for part in pack(sized, measure, inline=inline, managed=200)
        }
        for inline in (1000, 300, 150, 50)
    }
    assert held == {
        1000: {"": ["A", "B", "C", "D"]},
        300: {"": ["A", "D"], "sagemaker": ["B"], "sagemaker-2": ["C"]},
        150: {"": ["A"], "sagemaker": ["D"], "sagemaker-2": ["B"], "sagemaker-3": ["C"]},
        50: {"": [], "sagemaker": ["D"], "sagemaker-2": ["B"], "sagemaker-3": ["C"], "others": ["A"]},
    }
