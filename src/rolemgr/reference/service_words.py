"""Services as people write them: S3, SageMaker, CloudWatch."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path


def service_word(service: str) -> str:
    """Return *service*, a prefix of actions, as a word: of one that nobody wrote down its parts with capitals."""
    return _data().get(service) or "".join(part.capitalize() for part in service.split("-"))


@cache
def _data() -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads((Path(__file__).parent / "data" / "service_words.json").read_bytes())
    return found
