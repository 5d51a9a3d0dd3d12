"""Messages that people met (`denials.yaml`) are read, and whatever is done to a message, reading it ends well."""

import contextlib
import random
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.diagnose.test_denial import FORMS

from rolemgr.diagnose.denial import parse_denial
from rolemgr.diagnose.denial_message import Denial
from rolemgr.errors import InputError

CASES = yaml.safe_load(Path(__file__).with_name("denials.yaml").read_text(encoding="utf-8"))
MUTATIONS = 1_000


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: list(values) for key, values in value.items()}
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_message_that_people_met_is_read(case: dict[str, Any]) -> None:
    """Who, what, on what, and what else the message tells."""
    found = parse_denial(case["message"])
    says = dict(case["says"])
    kind = says.pop("kind", "REQUEST")
    assert found.kind.name == kind
    assert {key: _plain(getattr(found, key)) for key in says} == says


def mutated(text: str, chance: random.Random) -> str:
    """Return *text* with a piece of it doubled, cut out, moved or replaced."""
    for _ in range(chance.randint(1, 4)):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        piece = text[start:end]
        change = chance.choice(["", piece * chance.randint(2, 40), piece[::-1], chance.choice(['"', "{", "\0", "é", ":", "arn:", "\ud7ff", "*"])])  # fmt: skip
        text = (text[:start] + change + text[end:])[:40_000]
    return text


def test_a_mutated_message_is_read_or_refused() -> None:
    """Each of a thousand, from a fixed seed, is a Denial or an InputError, and none takes long."""
    chance = random.Random(11)  # noqa: S311 - the same texts each time
    messages = [form.message for form in FORMS] + [case["message"] for case in CASES]
    slowest = 0.0
    for _ in range(MUTATIONS):
        text = mutated(chance.choice(messages), chance)
        start = time.process_time()
        with contextlib.suppress(InputError):
            assert isinstance(parse_denial(text), Denial), text
        slowest = max(slowest, time.process_time() - start)
    assert slowest < 2
