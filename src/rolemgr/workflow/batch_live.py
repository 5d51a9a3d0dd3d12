"""AWS's policy simulator beside the answers to a batch: the same lines, each with what AWS says of it."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from rolemgr.account.connect import Access
from rolemgr.account.decision_comparison import beside_aws
from rolemgr.errors import AwsError
from rolemgr.report.decision_live import live_data
from rolemgr.workflow.batch import BatchAnswers, asked, offline_answers

ABOUT_ONE: Final = frozenset({"InvalidInput", "PolicyEvaluation"})
"""
The error codes by which AWS refuses one request, and not whoever asks.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
"""


class LiveBatch:
    """
    Answers the lines of a batch, each with AWS's verdict under ``live``.

    After it, *error* says why AWS was not asked about all of it, and *unlike* how many lines AWS does not agree with.
    """

    def __init__(self, way: Access) -> None:
        """Take the *way* to AWS."""
        self._way = way
        self.error: AwsError | None = None
        self.unlike = 0

    def answers(self, lines: BinaryIO) -> Iterator[BatchAnswers]:
        """Yield the answers to *lines* one at a time, in order; a line that is not understood is not sent."""
        for line, found in offline_answers(lines):
            text = found.text
            if found.understood:
                live = self._live(line)
                self.unlike += live["verdict"] != "agrees"
                text = f"{text.rstrip()[:-1]}, {json.dumps({'live': live})[1:]}\n"
            yield BatchAnswers(text, 1, not found.understood)

    def _live(self, line: bytes) -> dict[str, Any]:
        """Return what AWS says of the request in *line*, or why it says nothing."""
        if self.error:
            return _unknown(f"AWS was not asked any more, after: {self.error}")
        try:
            return live_data(beside_aws(self._way, *asked(line)), {})
        except AwsError as error:
            if error.code not in ABOUT_ONE:
                self.error = error
            return _unknown(str(error))


def _unknown(reason: str) -> dict[str, Any]:
    """Return the verdict where AWS did not answer, in the shape of any other."""
    return {"verdict": "unknown", "answers": [], "notAsked": [reason], "notes": []}
