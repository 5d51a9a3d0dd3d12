"""
Policies of resources, and S3 Block Public Access, as the AWS CLI prints them.

Some answers name their resource (a secret, an endpoint, a topic, a queue); all others are placed by an index
(`rolemgr.model.inventory_file`). An error that says that there is no policy is an answer too.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from rolemgr.audit.parse import Documents
from rolemgr.errors import SourceLocation
from rolemgr.files.json import parse_json
from rolemgr.files.source import ANSWER_LIMITS, FileError
from rolemgr.iam.arn import ACCOUNT_ID, Arn
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.model.inventory_layers import HeldResource, PublicAccessBlock, Unjudged

POLICY_KEYS: Final = ("Policy", "policyText", "ResourcePolicy", "PolicyInJson", "policy")
"""Where these answers have the policy of a resource: `iam/cli_answers.json` names the operations."""
BLOCK: Final = "PublicAccessBlockConfiguration"
NONE: Final = "none"
_ERROR: Final = re.compile(r"An error occurred \((\w+)\) when calling the (\w+) operation")
_MOST_OF_AN_ERROR: Final = 4_096
_MOST_STATEMENTS: Final = 600
"""The largest policy of these services, a KMS key's with 32 KiB, holds no more: each request is asked of all."""


class Answer(NamedTuple):
    """What a file says: its *data*, None where AWS says that there is none, or why nobody can tell (*problem*)."""

    data: Mapping[str, Any] | None
    at: SourceLocation
    problem: str = ""


def answer_in(text: str, name: str) -> Answer:
    """Return what *text*, the output of one command with its errors, says."""
    at = SourceLocation(name)
    if not text.strip():
        return Answer(None, at, "the file is empty: keep what the command says, too (2>&1)")
    error = _ERROR.search(text[:_MOST_OF_AN_ERROR]) if not text.lstrip().startswith("{") else None
    if error:
        code, operation = error.groups()
        return Answer(None, at, "" if (operation, code) in _none() else f"{operation} answered {code}")
    try:
        data = parse_json(text, name, ANSWER_LIMITS)
    except FileError as refused:
        return Answer(None, refused.where or at, f"it {refused.problem}")
    if not isinstance(data.data, dict):
        return Answer(None, at, "it is not an answer of the AWS CLI")
    return Answer(data.data, data.at())


@cache
def _none() -> frozenset[tuple[str, str]]:
    table = json.loads(Path(__file__).with_name("no_policy.json").read_bytes())
    return frozenset((one["operation"], one["code"]) for one in table["codes"])


class Resources:
    """Takes resources, in any order; one that comes twice counts once, and that is said."""

    def __init__(self, documents: Documents, aside: list[Unjudged]) -> None:
        self._documents, self._aside = documents, aside
        self.found: dict[str, HeldResource] = {}
        self.blocks: dict[str, PublicAccessBlock] = {}

    def say(self, at: SourceLocation, place: str, reason: str) -> Unjudged:
        """Note that *place* is not judged, and return the note."""
        unjudged = Unjudged(at.file, at.line, place, reason)
        self._aside.append(unjudged)
        return unjudged

    def add(
        self, arn: str, account: str | None, policy: Answer | None, block: Answer | None, at: SourceLocation
    ) -> None:
        """Take the resource *arn*, with the answers about its policy and its Block Public Access."""
        parts = Arn.parse(arn)
        owner = parts.account if parts and ACCOUNT_ID.fullmatch(parts.account) else account
        if owner is None or parts is None:
            self.say(at, arn, "its ARN does not say which account owns it: give `account`")
            return
        if account not in (None, owner):
            self.say(at, arn, f"`account` says {account}, and the ARN {owner}: the ARN counts")
        unknown: list[Unjudged] = []
        document, where = self._policy(arn, policy, at, unknown)
        found = HeldResource(arn, owner, where, document, self._block(arn, block), tuple(unknown))
        before = self.found.setdefault(arn, found)
        if before is not found and (before.policy != found.policy or before.account != found.account):
            self.say(where, arn, f"it came before with another policy, at {before.where}: that one counts")

    def _policy(
        self, arn: str, answer: Answer | None, at: SourceLocation, unknown: list[Unjudged]
    ) -> tuple[ResourcePolicy | None, SourceLocation]:
        place = f"the policy of {arn}"
        if answer is None:
            unknown.append(self.say(at, place, "it is not in the input"))
            return None, at
        if answer.data is None:
            if answer.problem:
                unknown.append(self.say(answer.at, place, answer.problem))
            return None, answer.at
        problem, value = _of(answer.data, arn)
        document = problem or self._documents.read(value, ResourcePolicy)
        if isinstance(document, ResourcePolicy) and len(document.statement) > _MOST_STATEMENTS:
            document = f"it has {len(document.statement):,} statements, more than AWS takes"
        if isinstance(document, str):
            unknown.append(self.say(answer.at, place, document))
            return None, answer.at
        return document, answer.at

    def _block(self, of: str, answer: Answer | None) -> PublicAccessBlock | None:
        """Return the Block Public Access that *answer* tells: nothing is blocked where AWS says that there is none."""
        if answer is None:
            return None
        place = f"Block Public Access of {of}"
        if answer.data is None:
            if not answer.problem:
                return PublicAccessBlock(answer.at)
            self.say(answer.at, place, answer.problem)
            return None
        told = answer.data.get(BLOCK)
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        if not isinstance(told, dict) or any(not isinstance(told.get(name, False), bool) for name in names):
            self.say(answer.at, place, f"it has no {BLOCK}")
            return None
        return PublicAccessBlock(answer.at, *(told.get(name, False) for name in names))

    def block_account(self, account: str, answer: Answer) -> None:
        """Take the Block Public Access of a whole account."""
        found = self._block(f"account {account}", answer)
        if found:
            self.blocks.setdefault(account, found)


def _of(data: Mapping[str, Any], arn: str) -> tuple[str, Any]:
    """Return what is wrong with the answer *data* about *arn*, and the policy in it; a bare document is one."""
    named = data.get("ARN", data.get("EndpointArn"))
    if isinstance(named, str) and named != arn:
        return f"the answer is about {named}", None
    repository = data.get("repositoryName")
    if isinstance(repository, str) and not arn.endswith(f":{data.get('registryId')}:repository/{repository}"):
        return f"the answer is about repository {repository} of {data.get('registryId')}", None
    if "Statement" in data:
        return "", data
    attributes = data.get("Attributes")
    around = attributes if isinstance(attributes, dict) else data
    value = next((around[key] for key in POLICY_KEYS if key in around), None)
    return ("the answer has no policy" if value is None else ""), value
