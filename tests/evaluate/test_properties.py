"""What holds of every policy and every request."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.nightly import examples

from rolemgr.errors import RolemgrError
from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.explain import explain
from rolemgr.evaluate.policies import Policies, StatementRef, groups_of
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.iam.values import READERS

SERVICES = ["s3", "kms"]
NAMES = ["GetObject", "PutObject", "Decrypt"]
ACTIONS = st.sampled_from([f"{service}:{name}" for service in SERVICES for name in NAMES])
ACTION_PATTERNS = st.sampled_from(["*", "s3:*", "S3:Get*", "kms:?ecrypt", "s3:PutObject", "kms:GetObject", "*:Put*"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::a/x", "arn:aws:s3:::b/y", "arn:aws:kms:eu-west-1:111122223333:key/1"])
RESOURCE_PATTERNS = st.sampled_from(
    ["*", "arn:aws:s3:::a/*", "arn:aws:s3:::${k:One}/*", "arn:aws:kms:*:*:key/?", "arn:aws:s3:*", "arn:aws:s3:::b/y"]
)
KEYS = st.sampled_from(["k:One", "k:Two", "K:one"])
VALUES = st.sampled_from(["a", "b", "A", "*", "10", "2", "true", "2024-01-01", "203.0.113.7", "arn:aws:s3:::a", ""])
STRING_VALUES = st.sampled_from(["a", "b*", "?", "${k:Two}", "${k:One, 'a'}", "${*}", "10", ""])
VALUES_OF = {
    "String": STRING_VALUES,
    "Numeric": st.sampled_from(["2", "10", "-1.5", 3]),
    "Date": st.sampled_from(["2024-01-01", "2023", "1704067200"]),
    "Bool": st.sampled_from(["true", "false", True]),
    "Binary": st.sampled_from(["YQ==", ""]),
    "Ip": st.sampled_from(["203.0.113.0/24", "::/0"]),
    "NotIp": st.sampled_from(["203.0.113.0/24", "::/0"]),
    "Arn": st.sampled_from(["arn:aws:s3:::*", "arn:aws:s3:::${k:Two}"]),
}
NEGATIONS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}


@st.composite
def condition_blocks(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Draw one well-formed operator with one key and a few values."""
    key = draw(KEYS)
    if draw(st.integers(0, 4)) == 0:
        return {"Null": {key: draw(st.sampled_from(["true", "false"]))}}
    name = draw(st.sampled_from(sorted(READERS)))
    family = next(family for family in VALUES_OF if name.startswith(family))
    qualifier = draw(st.sampled_from(["", "ForAllValues:", "ForAnyValue:"]))
    suffix = draw(st.sampled_from(["", "IfExists"]))
    values = draw(st.lists(VALUES_OF[family], min_size=1, max_size=3))
    return {f"{qualifier}{name}{suffix}": {key: values}}


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> dict[str, Any]:
    """Draw one well-formed identity statement."""
    blocks = draw(st.lists(condition_blocks(), max_size=2))
    return {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "NotAction"])): draw(st.lists(ACTION_PATTERNS, min_size=1, max_size=2)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(st.lists(RESOURCE_PATTERNS, min_size=1, max_size=2)),
        "Condition": {name: block for part in blocks for name, block in part.items()},
    }


REQUESTS = st.builds(
    lambda action, resource, one, two: Request.from_json_value(
        {"action": action, "resource": resource, "context": {"k:One": one, "k:Two": two}}
    ),
    ACTIONS,
    RESOURCES,
    st.lists(VALUES, max_size=2),
    st.lists(VALUES, max_size=2),
)
STATEMENTS = st.lists(statements(), max_size=4)


def _document(written: list[dict[str, Any]]) -> IdentityPolicy:
    return IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": written})


def _decide(request: Request, *documents: list[dict[str, Any]]) -> Evaluation:
    return evaluate(request, Policies(identity=tuple(map(_document, documents))))


@given(STATEMENTS, REQUESTS)
def test_an_explicit_deny_always_wins(written: list[dict[str, Any]], request: Request) -> None:
    """With a Deny on everything beside it, no policy allows anything."""
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    assert _decide(request, [*written, deny]).decision == "ExplicitlyDenied"
    assert _decide(request, [deny], written).decision == "ExplicitlyDenied"


@given(STATEMENTS, statements(effects=("Deny",)), REQUESTS)
def test_adding_a_deny_never_allows(written: list[dict[str, Any]], deny: dict[str, Any], request: Request) -> None:
    """A request that is not allowed stays so with one more Deny, and an explicit deny stays explicit."""
    before, after = _decide(request, written), _decide(request, [deny, *written])
    assert after.decision in {before.decision, "ExplicitlyDenied"}


@given(STATEMENTS, statements(effects=("Allow",)), REQUESTS)
def test_adding_an_allow_never_denies(written: list[dict[str, Any]], allow: dict[str, Any], request: Request) -> None:
    """A request keeps its decision with one more Allow, or becomes allowed."""
    before, after = _decide(request, written), _decide(request, [allow, *written])
    assert after.decision in {before.decision, "Allowed"}
    assert (before.decision == "ExplicitlyDenied") == (after.decision == "ExplicitlyDenied")


@given(STATEMENTS, STATEMENTS, REQUESTS)
def test_evaluate_and_explain_agree(
    written: list[dict[str, Any]], bound: list[dict[str, Any]], request: Request
) -> None:
    """Exactly the statements without a near miss match, and the deciding ones are among them."""
    policies = Policies(identity=(_document(written),), permissions_boundary=_document(bound))
    answer, told = evaluate(request, policies), explain(request, policies)
    assert told.evaluation == answer
    assert len(told.matched) + len(told.near_misses) == len(written) + len(bound)
    if answer.decision == "ExplicitlyDenied":
        assert set(answer.by) <= set(told.matched)
    else:
        assert not any(at in told.matched for at in _denies(policies))
    if answer.decision == "Allowed":
        assert answer.by == told.matched


def _denies(policies: Policies) -> list[StatementRef]:
    return [
        group.ref(index, place, statement)
        for group in groups_of(policies)
        for index, policy in enumerate(group.policies)
        for place, statement in policy.statements
        if statement.effect == "Deny"
    ]


@given(STATEMENTS, REQUESTS, st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(written: list[dict[str, Any]], request: Request, random: Any) -> None:
    """Statements may stand in any order, in one document or in several."""
    mixed = written[:]
    random.shuffle(mixed)
    decision = _decide(request, written).decision
    assert _decide(request, mixed).decision == decision
    assert _decide(request, *([statement] for statement in mixed)).decision == decision


@given(STATEMENTS, REQUESTS)
def test_the_case_of_the_action_does_not_matter(written: list[dict[str, Any]], request: Request) -> None:
    """A request in capitals is the same request."""
    shouted = Request(request.action.upper(), request.resource, request.context)
    assert _decide(shouted, written) == _decide(request, written)


@given(STATEMENTS, REQUESTS)
def test_the_case_of_condition_keys_does_not_matter(written: list[dict[str, Any]], request: Request) -> None:
    """A context in capitals is the same context."""
    context = {key.upper(): list(values) for key, values in request.context.items()}
    shouted = Request.from_json_value({"action": request.action, "resource": request.resource, "context": context})
    assert _decide(shouted, written) == _decide(request, written)


@given(STATEMENTS, STATEMENTS, REQUESTS)
def test_other_layers_only_narrow(written: list[dict[str, Any]], other: list[dict[str, Any]], request: Request) -> None:
    """What is allowed under a boundary, a session policy or an SCP is allowed without it."""
    alone = _decide(request, written).decision
    document, identity = _document(other), (_document(written),)
    for policies in (
        Policies(identity=identity, permissions_boundary=document),
        Policies(identity=identity, session=(document,)),
        Policies(identity=identity, service_control=((document,),)),
    ):
        if evaluate(request, policies).decision == "Allowed":
            assert alone == "Allowed"


@given(st.data(), st.sampled_from(sorted(NEGATIONS)), KEYS, REQUESTS)
def test_a_negated_operator_is_the_opposite_of_the_positive_one(
    data: st.DataObject, positive: str, key: str, request: Request
) -> None:
    """Without qualifier and IfExists, an operator and its negation never both hold or both fail."""
    family = next(family for family in VALUES_OF if positive.startswith(family))
    tested = {key: data.draw(st.lists(VALUES_OF[family], min_size=1, max_size=3))}
    assert _holds(request, {positive: tested}) is not _holds(request, {NEGATIONS[positive]: tested})


def _holds(request: Request, condition: dict[str, Any]) -> bool:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    return _decide(request, [statement]).decision == "Allowed"


ODD_TEXT = st.text(st.sampled_from("aZ0:*?${}', .\n\\[(+|^Ωß\U0001f600"), max_size=12)
ODD_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.lists(st.one_of(ACTION_PATTERNS, ODD_TEXT), min_size=1, max_size=2),
        "Resource": st.lists(st.one_of(RESOURCE_PATTERNS, ODD_TEXT), min_size=1, max_size=2),
        "Condition": st.dictionaries(
            st.one_of(st.sampled_from(sorted(READERS)), ODD_TEXT),
            st.dictionaries(st.one_of(KEYS, ODD_TEXT), st.lists(st.one_of(VALUES, ODD_TEXT), max_size=3), max_size=2),
            max_size=2,
        ),
    }
)


@settings(max_examples=examples(45, 300))
@given(
    st.lists(ODD_STATEMENTS, max_size=3),
    st.sampled_from(["2012-10-17", "2008-10-17"]),
    ODD_TEXT,
    st.dictionaries(ODD_TEXT, st.lists(ODD_TEXT, max_size=2), max_size=3),
)
def test_odd_input_is_decided_or_refused(
    written: list[dict[str, Any]], version: str, resource: str, context: dict[str, list[str]]
) -> None:
    """Whatever policy and request say, there is a decision or one clean error."""
    document = IdentityPolicy.model_validate({"Version": version, "Statement": written})
    try:
        request = Request.from_json_value({"action": "s3:GetObject", "resource": resource, "context": context})
        outcome: str = explain(request, Policies(identity=(document,))).evaluation.decision
    except RolemgrError as error:
        outcome = str(error)
    assert outcome in {"Allowed", "ExplicitlyDenied", "ImplicitlyDenied"} or outcome.isprintable()
