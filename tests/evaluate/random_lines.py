"""
Random batch lines: requests and policies of every layer, most of them well formed, some odd in one place.

Plain `random` and no Hypothesis: a hundred thousand of them are made in seconds, and a seed gives each again.
"""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from rolemgr.evaluate.explain import explain
from rolemgr.iam.values import READERS
from rolemgr.workflow.batch import answer, asked

HERE, THERE = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HERE}:role/ml/analyst"
PRINCIPALS: Final = (
    ROLE, f"arn:aws:sts::{HERE}:assumed-role/analyst/ann", f"arn:aws:iam::{HERE}:user/ann",
    f"arn:aws:sts::{HERE}:federated-user/ann", f"arn:aws:iam::{HERE}:root", f"arn:aws:iam::{THERE}:role/other",
    f"arn:aws:iam::{HERE}:role/aws-service-role/sagemaker.amazonaws.com/AWSServiceRoleForX",
    f"arn:aws:iam::{HERE}:saml-provider/Okta", "sagemaker.amazonaws.com", "cognito-identity.amazonaws.com", "*",
)  # fmt: skip
NAMED: Final = (
    "*", HERE, THERE, ROLE, f"arn:aws:iam::{HERE}:root", f"arn:aws:iam::{HERE}:user/ann",
    f"arn:aws:sts::{HERE}:assumed-role/analyst/ann", f"arn:aws:sts::{HERE}:federated-user/ann", "AIDAACKCEVSQ6C2EXAMPLE",
)  # fmt: skip
ACTIONS: Final = (
    "s3:GetObject", "s3:DeleteBucketPolicy", "kms:Decrypt", "kms:RetireGrant", "sts:AssumeRole",
    "sts:AssumeRoleWithSAML", "sts:GetCallerIdentity", "sagemaker:CreateTrainingJob", "iam:PassRole",
)  # fmt: skip
PATTERNS: Final = (*ACTIONS, "*", "s3:*", "S3:Get*", "kms:?ecrypt", "sts:Assume*", "*:*", "sagemaker:*Job")
RESOURCES: Final = (
    "*", "arn:aws:s3:::data/k", "arn:aws:s3:::data", f"arn:aws:kms:eu-west-1:{HERE}:key/1", ROLE,
    f"arn:aws:kms:eu-west-1:{THERE}:key/1", f"arn:aws:sagemaker:eu-west-1:{HERE}:training-job/x",
)  # fmt: skip
GLOBS: Final = (
    *RESOURCES,
    "arn:aws:s3:::*",
    "arn:aws:s3:::${aws:PrincipalTag/team}/*",
    "arn:aws:*",
    f"arn:aws:kms:*:{HERE}:*",
)
KEYS: Final = (
    "aws:PrincipalTag/team",
    "aws:principalarn",
    "aws:SourceVpce",
    "k:Many",
    "aws:PrincipalOrgMasterAccountId",
    "k:None",
)
VALUES: Final = (
    "data",
    HERE,
    "true",
    "10",
    "2024-01-01",
    "203.0.113.7",
    ROLE,
    "YQ==",
    "",
    "a*",
    "${k:Many}",
    True,
    3,
    1.5,
)
ODD: Final[tuple[Any, ...]] = (
    "", "\0", "a" * 5000, "*" * 60 + "b", "${", "${*}", "arn:aws:s3:::" + "?*" * 40, "\ud800", "ß\U0001f600", -1, 10**40,
    1e308, None, True, [], {}, [[]], {"AWS": {}}, ["a", 1], "arn:::::", "2012-10-17", [None] * 3,
)  # fmt: skip

Maker = Callable[[Random], Any]


def line(random: Random) -> bytes:
    """Return one line of a batch; about a third of them are odd somewhere, and some are no JSON."""
    text = json.dumps(value(random))
    if random.random() < 0.02:
        cut = random.randrange(len(text))
        text = text[:cut] + random.choice(("", "}", '"', "\\", ",", "\x00", "NaN")) + text[cut + random.randrange(3) :]
    return text.encode("utf-8", "replace") + b"\n"


def well_formed(random: Random) -> bytes:
    """Return a line that is not odd anywhere."""
    return json.dumps(value(random, odd=False)).encode() + b"\n"


def unique_line(random: Random, number: int) -> bytes:
    """
    Return a well-formed line in which every Sid, ARN, tag, account and action pattern holds its *number*.

    So no name occurs in two lines, as in a batch that asks about every role of an organization once.
    """
    made = value(random, odd=False)
    made["request"]["action"] = _numbered(made["request"]["action"], number)
    for place, statement in enumerate(_statements(made)):
        statement["Sid"] = f"Statement{number}At{place}"
        element = "Action" if "Action" in statement else "NotAction"
        statement[element] = _numbered(statement[element], number)
    text = json.dumps(made)
    for account, digits in ((HERE, 100_000_000_000), (THERE, 200_000_000_000)):
        text = text.replace(account, str(digits + number))
    return _NAMES.sub(rf"\g<0>X{number}", text).encode() + b"\n"


def _numbered(actions: Any, number: int) -> Any:
    """Return action patterns with *number* behind each, but for the star alone."""
    if isinstance(actions, list):
        return [_numbered(action, number) for action in actions]
    return actions if actions == "*" else f"{actions}X{number}"


_NAMES: Final = re.compile(r"data\b|team\b|analyst|/ann|/other|k:Many|k:None|key/1|job/x|Okta")
"""The names in what is made here."""


def _statements(inside: Any) -> Iterator[dict[str, Any]]:
    """Yield every statement in a line's value."""
    if isinstance(inside, dict) and "Effect" in inside:
        yield inside
    elif isinstance(inside, dict | list):
        for one in inside.values() if isinstance(inside, dict) else inside:
            yield from _statements(one)


def outcome(text: bytes) -> str:
    """
    Return the decision that answers the line *text*, or ``error``.

    Raises AssertionError where the answer has not the shape that it should have, or is not what is explained.
    """
    found = answer(text)
    said = json.loads(found.text)
    assert found.text.count("\n") == 1
    assert set(said) == {"id", "decision" if found.understood else "error"}
    if not found.understood:
        assert said["error"].isprintable(), said
        return "error"
    told = explain(*asked(text)).evaluation
    assert told.decision == said["decision"], (told, said)
    assert told.decision in {"Allowed", "ExplicitlyDenied", "ImplicitlyDenied"}
    return str(told.decision)


def value(random: Random, *, odd: bool = True) -> dict[str, Any]:
    """Return what a line says; about a third of them are *odd* somewhere."""
    identity, resource = _documents(_statement), _documents(_resource_statement)
    made: dict[str, Any] = {"id": str(random.random()), "request": _request(random)}
    makers: dict[str, Maker] = {
        "identityPolicies": identity,
        "permissionsBoundaries": lambda dice: identity(dice)[:1],
        "sessionPolicies": identity,
        "serviceControlPolicies": lambda dice: [identity(dice) for _ in range(dice.randrange(3))],
        "resourceControlPolicies": lambda dice: [_documents(_control)(dice) for _ in range(dice.randrange(3))],
        "resourcePolicy": lambda dice: (resource(dice) or [None])[0],
        "vpcEndpointPolicies": resource,
    }
    made |= {name: make(random) for name, make in makers.items() if name == "identityPolicies" or random.random() < 0.3}
    if "Assume" in str(made["request"].get("action")) and (document := made.get("resourcePolicy")):
        for statement in document["Statement"]:
            statement.pop("Resource", None)
    return _with_something_odd(made, random) if odd and random.random() < 0.3 else made


def _request(random: Random) -> dict[str, Any]:
    made: dict[str, Any] = {"action": random.choice(ACTIONS), "resource": random.choice(RESOURCES)}
    if random.random() < 0.9:
        made["principal"] = random.choice(PRINCIPALS)
    if random.random() < 0.6:
        made["resourceAccount"] = random.choice((HERE, HERE, THERE))
    made["context"] = {key: _some(VALUES, random) for key in KEYS[:-1] if random.random() < 0.4}
    return made


def _documents(statement: Maker) -> Maker:
    def make(random: Random) -> list[Any]:
        return [_document(statement, random) for _ in range(random.choice((0, 1, 1, 2)))]

    return make


def _document(statement: Maker, random: Random) -> dict[str, Any]:
    made = [statement(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    return {"Version": random.choice(("2012-10-17", "2012-10-17", "2008-10-17")), "Statement": made}


def _statement(random: Random) -> dict[str, Any]:
    made = {
        "Effect": random.choice(("Allow", "Allow", "Deny")),
        random.choice(("Action", "Action", "NotAction")): _some(PATTERNS, random),
        random.choice(("Resource", "Resource", "NotResource")): _some(GLOBS, random),
    }
    if random.random() < 0.5:
        made["Condition"] = dict(_condition(random) for _ in range(random.randrange(3)))
    return made


def _resource_statement(random: Random) -> dict[str, Any]:
    made = _statement(random)
    named = {"AWS": _some(NAMED, random)}
    if random.random() < 0.3:
        named["Service"] = ["sagemaker.amazonaws.com"]
    spares = made["Effect"] == "Deny" and random.random() < 0.5
    made["NotPrincipal" if spares else "Principal"] = random.choice((named, named, "*"))
    return made


def _control(random: Random) -> dict[str, Any]:
    return {**_statement(random), "Principal": "*"}


def _condition(random: Random) -> tuple[str, dict[str, Any]]:
    operator = random.choice(sorted(READERS))
    if random.random() < 0.2:
        return "Null", {random.choice(KEYS): random.choice(("true", "false"))}
    qualifier = random.choice(("", "", "ForAllValues:", "ForAnyValue:"))
    fitting = {"Numeric": ["10", 3], "Date": ["2024-01-01"], "Bool": [True, "false"], "Binary": ["YQ=="],
               "Ip": ["203.0.113.0/24"], "NotIp": ["::/0"], "Arn": [ROLE, "arn:aws:iam::*:role/*"]}  # fmt: skip
    family = next((values for name, values in fitting.items() if operator.startswith(name)), list(VALUES[:9]))
    name = f"{qualifier}{operator}{random.choice(('', '', 'IfExists'))}"
    return name, {random.choice(KEYS): _some(family, random)}


def _some(values: Any, random: Random) -> Any:
    """Return one of *values*, or a list of a few."""
    return random.choice(values) if random.random() < 0.6 else random.choices(values, k=random.randrange(1, 4))


def _with_something_odd(made: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return *made* with one value, somewhere in it, replaced by an odd one, or a key by an odd key."""
    inside: Any = made
    while True:
        steps = list(inside) if isinstance(inside, dict) else range(len(inside)) if isinstance(inside, list) else ()
        if not steps:
            return made
        step = random.choice(steps)
        if random.random() < 0.3 or not isinstance(inside[step], dict | list):
            if isinstance(inside, dict) and random.random() < 0.2:
                inside[str(random.choice(ODD))] = inside.pop(step)
            else:
                inside[step] = random.choice(ODD)
            return made
        inside = inside[step]
