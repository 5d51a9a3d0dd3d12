"""Small policies that overlap in many ways, requests at their edges, and a judge that knows nothing of regions."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of
from rolemgr.iam.documents import IdentityPolicy

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:GetObject*", "s3:*Object", "S3:getobject", "s3:GetObjectAc?")
OF_DENIES = (*ACTIONS, "s3:*", "*")
RESOURCES = (
    "*", "arn:aws:s3:::a/*", "arn:aws:s3:::a/b*", "arn:aws:s3:::*/b", "arn:aws:s3:::a/?", "arn:aws:s3:::a/b",
    "arn:aws:s3:::*", "arn:aws:*:::a/*", "arn:aws:s3:::*a*b*", "arn:aws:s3:*", "arn:aws:s3:::a/${aws:username}",
    "arn:aws:s3:::${aws:PrincipalTag/t}/*", "arn:aws:s3:::a/${aws:username, 'b'}*",
)  # fmt: skip
ONE_VALUE = {
    "s3:prefix": ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"),
    "s3:max-keys": ("NumericEquals", "NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"),
    "aws:SourceIp": ("IpAddress", "NotIpAddress"),
    "aws:SecureTransport": ("Bool",),
    "aws:PrincipalArn": ("ArnLike", "ArnNotLike", "ArnEquals", "StringLike"),
    "aws:CurrentTime": ("DateLessThan", "DateGreaterThanEquals"),
    "aws:username": ("StringEquals", "StringLike", "StringNotEquals"),
    "aws:PrincipalTag/t": ("StringEquals", "StringNotEquals"),
}
VALUES: Mapping[str, Sequence[str]] = {
    "s3:prefix": ("a", "A", "b", "a*", "*b", "?", "*", "${aws:username}", "${aws:PrincipalTag/t}"),
    "s3:max-keys": ("1", "5", "10"),
    "aws:SourceIp": ("10.0.0.0/8", "10.1.0.0/16", "203.0.113.0/24", "2001:db8::/32", "10.1.2.3/32"),
    "aws:SecureTransport": ("true", "false"),
    "aws:PrincipalArn": (
        "arn:aws:iam::1:role/*", "arn:aws:iam::*:role/a", "arn:aws:iam::1:role/a", "arn:aws:iam::1:user/*",
    ),
    "aws:CurrentTime": ("2026-01-01T00:00:00Z", "2027-01-01"),
    "aws:username": ("a", "b", "b*"),
    "aws:PrincipalTag/t": ("a", "b", "${aws:username}"),
    "aws:TagKeys": ("a", "b", "A", "c*"),
}  # fmt: skip
SETS = ("ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotLike", "ForAllValues:StringLike",
        "ForAnyValue:StringLike", "ForAllValues:StringNotEquals")  # fmt: skip

ASKED: Mapping[str, Sequence[Any]] = {
    "s3:prefix": ("a", "A", "b", "ab", "c", "aab", "Ab"),
    "s3:max-keys": ("0", "1", "3", "5", "7", "10", "11"),
    "aws:SourceIp": ("10.0.0.1", "10.1.2.3", "10.1.9.9", "203.0.113.9", "8.8.8.8", "2001:db8::1", "2001:db9::1"),
    "aws:SecureTransport": ("true", "false"),
    "aws:PrincipalArn": (
        "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b", "arn:aws:iam::2:role/a", "arn:aws:iam::1:user/a",
    ),
    "aws:CurrentTime": ("2025-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2028-01-01T00:00:00Z"),
    "aws:username": ("a", "b", "bc", "x"),
    "aws:PrincipalTag/t": ("a", "b", "x"),
    "aws:TagKeys": (["a"], ["b"], ["a", "b"], ["A"], ["cc"], ["a", "x"], ["x"], ["a", "b", "cc"]),
}  # fmt: skip
RESOURCES_ASKED = (
    "arn:aws:s3:::a/b", "arn:aws:s3:::a/c", "arn:aws:s3:::a/bb", "arn:aws:s3:::c/b", "arn:aws:s3:::c/d",
    "arn:aws:s3:::b/b", "arn:aws:s3:::x/b", "arn:aws:s3:::a/x", "arn:aws:s3:us-east-1:1:accesspoint/a/object/b",
    "arn:aws:s3:::a/", "arn:aws:s3:::aa/bab",
)  # fmt: skip


def rng_of(seed: int) -> random.Random:
    """Return the generator of *seed*: the same policies and requests every time."""
    return random.Random(seed)  # noqa: S311 - nothing is kept secret by it


def condition(rng: random.Random) -> dict[str, dict[str, Any]]:
    """Return a Condition element of one to three conditions."""
    made: dict[str, dict[str, Any]] = {}
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        if rng.random() < 0.2:
            key, operator = "aws:TagKeys", rng.choice(SETS)
        else:
            key = rng.choice(list(ONE_VALUE))
            operator = rng.choice(ONE_VALUE[key]) + rng.choice(("", "", "IfExists"))
        if rng.random() < 0.15:
            made.setdefault("Null", {})[key] = rng.choice(("true", "false"))
            continue
        values = rng.sample(VALUES[key], rng.choice((1, 1, 2)))
        if operator.startswith("Numeric") or not operator.startswith(("String", "Arn", "For")):
            values = [value for value in values if "$" not in value]
        made.setdefault(operator, {})[key] = values
    return made


def statement(rng: random.Random) -> dict[str, Any]:
    """Return an Allow or a Deny."""
    made: dict[str, Any] = {"Effect": rng.choice(("Allow", "Allow", "Deny"))}
    denies = made["Effect"] == "Deny"  # an Allow of all actions is slow to compare, and nothing else
    actions = rng.sample(OF_DENIES if denies else ACTIONS, rng.choice((1, 1, 2)))
    made["NotAction" if denies and rng.random() < 0.2 else "Action"] = actions
    made["NotResource" if rng.random() < 0.15 else "Resource"] = rng.sample(RESOURCES, rng.choice((1, 1, 2, 3)))
    if found := condition(rng):
        made["Condition"] = found
    return made


def document(rng: random.Random, most: int = 4) -> dict[str, Any]:
    """Return a policy document."""
    version = rng.choice(("2012-10-17",) * 9 + ("2008-10-17",))
    return {"Version": version, "Statement": [statement(rng) for _ in range(rng.randint(1, most))]}


def changed(rng: random.Random, raw: dict[str, Any]) -> dict[str, Any]:
    """Return *raw* with one thing changed, so that the two are close to each other."""
    statements = [dict(one) for one in raw["Statement"]]
    place = rng.randrange(len(statements))
    fresh = statement(rng)
    part = rng.choice(("Resource", "Condition", "drop", "add", "whole"))
    if part == "drop" and len(statements) > 1:
        del statements[place]
    elif part in ("add", "drop"):
        statements.append(fresh)
    elif part == "whole":
        statements[place] = fresh
    elif part == "Condition":
        statements[place]["Condition"] = condition(rng)
    else:
        statements[place].pop("Resource", statements[place].pop("NotResource", None))
        statements[place] |= {name: fresh[name] for name in ("Resource", "NotResource") if name in fresh}
    return {**raw, "Statement": statements}


def policies(
    *raw: dict[str, Any], boundary: dict[str, Any] | None = None, scp: dict[str, Any] | None = None
) -> Policies:
    """Return the identity policies *raw*, with a boundary and one SCP where they are given."""
    return Policies(
        identity=tuple(map(IdentityPolicy.model_validate, raw)),
        permissions_boundary=IdentityPolicy.model_validate(boundary) if boundary else None,
        service_control=((IdentityPolicy.model_validate(scp),),) if scp else (),
    )


def pair(rng: random.Random) -> tuple[Policies, Policies]:
    """Return two sets of policies: mostly close to each other, sometimes bounded."""
    first = document(rng)
    second = changed(rng, first) if rng.random() < 0.7 else document(rng)
    bounds = [document(rng, 2) if rng.random() < 0.15 else None for _ in range(2)]
    scps = [document(rng, 2) if rng.random() < 0.1 else None for _ in range(2)]
    return policies(first, boundary=bounds[0], scp=scps[0]), policies(second, boundary=bounds[1], scp=scps[1])


def keys_in(*both: Policies) -> list[str]:
    """Return the condition keys, and keys of variables, in the policies."""
    text = str([document.to_json_value() for one in both for document in _documents(one)])
    return [key for key in ASKED if key in text]


def _documents(one: Policies) -> Iterator[Any]:
    yield from one.identity
    if one.permissions_boundary:
        yield one.permissions_boundary
    for level in one.service_control:
        yield from level


def requests(rng: random.Random, keys: Sequence[str], most: int) -> Iterator[Request]:
    """Yield every request of the small alphabet over *keys*, or *most* of them by chance where they are more."""
    choices = [
        ("s3:GetObject", "s3:PutObject", "s3:GetObjectAcl"),
        RESOURCES_ASKED,
        *((None, *ASKED[key]) for key in keys),
    ]
    total = 1
    for choice in choices:
        total *= len(choice)
    drawn: Iterator[tuple[Any, ...]] = (
        product(*choices) if total <= most else (tuple(map(rng.choice, choices)) for _ in range(most))
    )
    for action, resource, *values in drawn:
        context = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        yield Request(action, resource, context_of(context))


def allowed(request: Request, by: Policies) -> bool:
    """Return the evaluator's answer."""
    return evaluate(request, by).decision == "Allowed"
