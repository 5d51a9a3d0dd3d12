"""
Random tampering with one statement of a rendered role: drift against requests by brute force.

The judge is the evaluator, asked with requests made of the statements' own actions, resources and values; it
knows nothing of the comparison.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest
from tests.support import ALL_LIMITS, rendered

from rolemgr.account.meaning import ComparedPolicy, Meant, permissions
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import expand, find_action

ROLES: Mapping[str, Mapping[str, Any]] = {
    "data-scientist": {"persona": "data-scientist", "bucket": ["acme"]},
    "sagemaker-pipeline": {"persona": "sagemaker-pipeline", "bucket": ["acme"]},
    "largest": ALL_LIMITS,
}
ADDED = ("s3:DeleteObject", "iam:PassRole", "sagemaker:CreateEndpoint", "s3:Get*", "sagemaker:*", "kms:Decrypt")
ASKED = 400
SEEDS = range(36)


@cache
def documents(name: str) -> tuple[Any, ...]:
    """Return the permissions policies of a role as JSON values."""
    made = rendered(**ROLES[name]).documents
    return tuple(policy.document.to_json_value() for policy in (*made.policies, *made.managed_policies))


def tampered(rng: random.Random, statement: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what somebody makes of *statement*: one thing changed, or the same in other words."""
    made = {**statement, "Action": list(statement["Action"]), "Resource": list(statement["Resource"])}
    return rng.choice(WAYS)(rng, made)


def _less(rng: random.Random, made: dict[str, Any]) -> list[dict[str, Any]]:
    made["Action"].pop(rng.randrange(len(made["Action"])))
    return [made] if made["Action"] else []


def _more(rng: random.Random, made: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**made, "Action": [*made["Action"], rng.choice(ADDED)]}]


def _elsewhere(rng: random.Random, made: dict[str, Any]) -> list[dict[str, Any]]:
    place = rng.randrange(len(made["Resource"]))
    text = made["Resource"][place]
    made["Resource"][place] = "arn:aws:s3:::elsewhere/*" if "$" in text else re.sub(r"[^:]*$", "elsewhere/*", text)
    return [made]


def _other_value(rng: random.Random, made: dict[str, Any]) -> list[dict[str, Any]]:
    operator = rng.choice(list(made.get("Condition", {"Null": {"": ""}})))
    if operator.startswith(("Bool", "Null", "Numeric", "Date")):
        return [made]
    block = made["Condition"][operator]
    return [{**made, "Condition": {**made["Condition"], operator: {**block, rng.choice(list(block)): "another"}}}]


def _other_effect(_: random.Random, made: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**made, "Effect": "Deny" if made["Effect"] == "Allow" else "Allow"}]


def _split(_: random.Random, made: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**made, "Sid": f"{made['Sid']}{n}", "Action": one} for n, one in enumerate(made["Action"])]


WAYS: tuple[Callable[[random.Random, dict[str, Any]], list[dict[str, Any]]], ...] = (
    _less, _more, _elsewhere, _other_value, _other_effect, _split,
    lambda _, __: [],
    lambda _, made: [{**made, "Resource": "*"}],
    lambda _, made: [{key: value for key, value in made.items() if key != "Condition"}],
    lambda _, made: [{**made, "Action": [action.upper() for action in made["Action"]]}],
)  # fmt: skip


def requests(rng: random.Random, about: Sequence[dict[str, Any]], every: Sequence[dict[str, Any]]) -> Iterator[Request]:
    """Yield requests at what the statements *about* say, with contexts that *every* statement looks at."""
    actions = sorted({name for one in about for text in _texts(one["Action"]) for name in _named(text)})
    for _ in range(ASKED if actions else 0):
        action = rng.choice(actions)
        speaking = [one for one in every if any(action in _named(text) for text in _texts(one["Action"]))]
        resource = _concrete(rng, rng.choice([text for one in (*about, *speaking) for text in _texts(one["Resource"])]))
        if not _is_real(action, resource):
            continue
        context: dict[str, Any] = {}
        for key, values in _keys((*about, *speaking)).items():
            chosen = rng.choice([*values, None, values[0]])
            if chosen is not None:
                context[key] = _concrete(rng, chosen)
        yield Request(action, resource, context_of(context))


def _is_real(action: str, resource: str) -> bool:
    """Tell whether AWS asks for *action* on such a resource: a training job is never asked for on a key."""
    known = find_action(action)
    return known is None or (bool(types_of(resource, known)) if resource != "*" else not known.resource_types)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@cache
def _named(text: str) -> tuple[str, ...]:
    return tuple(expand(text)) or (text,)


def _concrete(rng: random.Random, text: str) -> str:
    filled = re.sub(r"\$\{[^}]*\}", "churn", text)
    return re.sub(r"[*?]", lambda _: rng.choice(("x", "models", "churn")), filled) if filled != "*" else "*"


def _keys(statements: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in statements:
        for operator, block in one.get("Condition", {}).items():
            for key, values in block.items():
                found.setdefault(key, ["strange"]).extend(_texts(values) if operator != "Null" else [])
    return found


def policies(listed: Sequence[IdentityPolicy]) -> Policies:
    """Return identity policies as the evaluator takes them."""
    return Policies(identity=tuple(listed))


def allows(side: Policies, request: Request) -> bool:
    """Return the evaluator's answer."""
    return evaluate(request, side).decision == "Allowed"


@pytest.mark.sampled(12)
@pytest.mark.parametrize("seed", SEEDS)
def test_drift_is_found_exactly_where_requests_differ(seed: int) -> None:
    """Every request that differs is told in its direction, and every one that is shown differs."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    raw = documents(rng.choice(list(ROLES)))
    place = rng.randrange(len(raw))
    old = rng.choice(raw[place]["Statement"])
    new = tampered(rng, old)
    changed = {**raw[place], "Statement": [*new, *(one for one in raw[place]["Statement"] if one is not old)]}
    wanted = [IdentityPolicy.model_validate(one) for one in raw]
    live = [IdentityPolicy.model_validate(changed if index == place else one) for index, one in enumerate(raw)]
    found = list(
        permissions([ComparedPolicy("live", one) for one in live], [ComparedPolicy("file", one) for one in wanted])
    )
    for one in found:
        assert one.unknown or _shows(one, policies(live), policies(wanted))
    told = {one.way for one in found}
    every = [one for document in (*raw, changed) for one in document["Statement"]]
    for request in requests(rng, [*new, old], every):
        there, here = allows(policies(live), request), allows(policies(wanted), request)
        assert there == here or ("gained" if there else "lost") in told, request


def _shows(one: Meant, live: Policies, wanted: Policies) -> bool:
    """Tell whether the request of *one* is decided as it says."""
    assert one.shown is not None
    answers = allows if not one.shown.scenario.lifted else _lets_others_allow
    there, here = answers(live, one.shown.request), answers(wanted, one.shown.request)
    return (there, here) == ((True, False) if one.way == "gained" else (False, True))


def _lets_others_allow(side: Policies, request: Request) -> bool:
    """Tell whether nothing denies *request*, so that another policy may allow it."""
    return evaluate(request, side).decision != "ExplicitlyDenied"


def test_denies_behind_denies_end_with_the_budget() -> None:
    """Each round finds one Deny that no longer holds; where there are too many, the rest can't be told."""
    allow = {"Sid": "A", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    denies = [
        {**allow, "Sid": f"D{number}", "Effect": "Deny",
         "Condition": {"StringEquals": {"aws:PrincipalTag/k": f"x{number}"}}}
        for number in range(30)
    ]  # fmt: skip
    live, wanted = (
        [ComparedPolicy("one", IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements}))]
        for statements in ([allow], [allow, *denies])
    )
    assert [one.unknown for one in permissions(live, wanted)] == [""] * 30
    few = list(permissions(live, wanted, steps=5_000))
    assert 0 < len(few) < 31
    assert "it takes more than 5,000 steps to compare" in [one.unknown for one in few]
