"""Decisions on requests of which not all is known: what is certain holds, whatever the rest turns out to be."""

import random
from collections import Counter
from itertools import product

from tests.nightly import examples

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.documents import IdentityPolicy

ROLE = "arn:aws:iam::111122223333:role/r"
KEYS = {"aws:ResourceTag/a": ("x", "y", None), "aws:PrincipalTag/b": ("x", "z", None)}
RESOURCES = ("arn:aws:s3:::one/x", "arn:aws:s3:::one/y/z", "arn:aws:s3:::two/x", "arn:aws:s3:::two/")


def _policy(draw: random.Random) -> IdentityPolicy:
    resources = (
        "*",
        "arn:aws:s3:::one/*",
        "arn:aws:s3:::*/x",
        "arn:aws:s3:::one/${aws:PrincipalTag/b}",
        "arn:aws:s3:::tw?/*",
    )
    conditions: tuple[dict[str, dict[str, str]], ...] = (
        {}, {"StringEquals": {"aws:ResourceTag/a": "x"}}, {"StringNotEquals": {"aws:PrincipalTag/b": "x"}},
        {"Null": {"aws:ResourceTag/a": "true"}}, {"StringLikeIfExists": {"aws:PrincipalTag/b": "z*"}},
        {"StringEquals": {"aws:ResourceTag/a": "${aws:PrincipalTag/b}"}},
    )  # fmt: skip
    statements = [
        {"Effect": draw.choice(("Allow", "Deny")), "Action": "s3:GetObject", "Condition": draw.choice(conditions),
         draw.choice(("Resource", "Resource", "NotResource")): draw.sample(resources, draw.randint(1, 2))}
        for _ in range(draw.randint(1, 5))
    ]  # fmt: skip
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": statements})


def test_what_is_certain_holds_for_all_that_may_be() -> None:
    """Every value of the unknown keys, and every resource that the open one stands for, decides alike."""
    seen: Counter[tuple[bool, str]] = Counter()
    for seed in range(examples(80, 5_000)):
        draw = random.Random(seed)  # noqa: S311 - a draw, no secret
        policies = Policies(identity=(_policy(draw),))
        layers = PartlyKnownLayers(policies)
        unknown = [one for one in KEYS if draw.random() < 0.6]
        known = {one: draw.choice(values) for one, values in KEYS.items() if one not in unknown}
        pattern = draw.choice(("arn:aws:s3:::one/*", "arn:aws:s3:::*", *RESOURCES))
        is_open = pattern.endswith("*")
        told = Context({key: (value,) for key, value in known.items() if value})
        asked = Request("s3:GetObject", pattern, told, ROLE)
        found = layers.decide(asked, frozenset(map(str.lower, unknown)), is_open=is_open)
        resources = [one for one in RESOURCES if one.startswith(pattern.rstrip("*"))] if is_open else [pattern]
        decided = set()
        for resource, *values in product(resources, *(KEYS[one] for one in unknown)):
            context = {**known, **dict(zip(unknown, values, strict=True))}
            full = Request(
                "s3:GetObject", str(resource), Context({key: (one,) for key, one in context.items() if one}), ROLE
            )
            decided.add(evaluate(full, policies).decision == "Allowed")
        if found.certain:
            assert decided == {found.worst.decision == "Allowed"}, seed
        else:
            assert found.turning
            assert found.keys or found.on_resource
        seen[found.certain, found.worst.decision] += 1
    assert len(seen) == 5, seen
