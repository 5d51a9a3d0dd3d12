"""
What holds of every request under every combination of layers.

Policies are drawn as JSON values by layer, so that a property can add to one layer, take one away, or put
them in another order, and compare the decisions.
"""

from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from rolemgr.evaluate.decision import Evaluation, evaluate
from rolemgr.evaluate.explain import explain
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.principals import CallerKind, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import IdentityPolicy, ResourcePolicy

HERE, THERE = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HERE}:role/analyst"
SESSION = f"arn:aws:sts::{HERE}:assumed-role/analyst/ann"
USER = f"arn:aws:iam::{HERE}:user/ann"
FEDERATED = f"arn:aws:sts::{HERE}:federated-user/ann"
ROOT = f"arn:aws:iam::{HERE}:root"
KEY = f"arn:aws:kms:eu-west-1:{HERE}:key/1"

IN_THE_ACCOUNT = (ROLE, SESSION, USER, FEDERATED, ROOT)
PRINCIPALS = st.sampled_from([*IN_THE_ACCOUNT, "sagemaker.amazonaws.com", "*"])
NAMED = st.sampled_from(["*", HERE, ROOT, ROLE, SESSION, USER, FEDERATED, f"arn:aws:iam::{HERE}:role/other", THERE])
ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "kms:Decrypt"])
PATTERNS = st.sampled_from(["*", "s3:*", "S3:Get*", "kms:*", "s3:PutObject"])
RESOURCES = st.sampled_from(["arn:aws:s3:::a/x", "arn:aws:s3:::b/y", KEY])
GLOBS = st.sampled_from(["*", "arn:aws:s3:::a/*", "arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:aws:kms:*"])
CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"aws:PrincipalTag/team": "a"}},
        {"StringNotEquals": {"aws:PrincipalTag/team": "a"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"aws:SourceVpce": "true"}},
    ]
)
EFFECTS = ("Allow", "Allow", "Deny")
IDENTITY_LIKE = ("identity", "boundary", "session", "scp")
RESOURCE_LIKE = ("resource", "rcp", "vpce")
LAYERS = IDENTITY_LIKE + RESOURCE_LIKE


@st.composite
def identity_statements(draw: st.DrawFn, effects: tuple[str, ...] = EFFECTS) -> dict[str, Any]:
    """Draw a statement of an identity policy, boundary, session policy or SCP."""
    return {
        "Effect": draw(st.sampled_from(effects)),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(PATTERNS),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(GLOBS),
        "Condition": draw(CONDITIONS),
    }


@st.composite
def resource_statements(draw: st.DrawFn, effects: tuple[str, ...] = EFFECTS) -> dict[str, Any]:
    """Draw a statement of a resource or VPC endpoint policy; NotPrincipal only in a Deny."""
    drawn = draw(identity_statements(effects))
    element = "NotPrincipal" if drawn["Effect"] == "Deny" and draw(st.booleans()) else "Principal"
    listed = draw(st.lists(NAMED, min_size=1, max_size=3))
    service = {"Service": "sagemaker.amazonaws.com"} if draw(st.booleans()) else {}
    return {**drawn, element: draw(st.sampled_from(["*", {"AWS": listed, **service}]))}


def controls(effects: tuple[str, ...] = EFFECTS) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a statement of an RCP, which names everyone."""
    return identity_statements(effects).map(lambda drawn: {**drawn, "Principal": "*"})


def statements_of(layer: str, effects: tuple[str, ...] = EFFECTS) -> st.SearchStrategy[dict[str, Any]]:
    """Return what draws a statement of *layer*."""
    if layer in IDENTITY_LIKE:
        return identity_statements(effects)
    return controls(effects) if layer == "rcp" else resource_statements(effects)


Written = dict[str, list[dict[str, Any]]]
"""The statements of each layer; a layer that is not there has no policy."""


@st.composite
def layered(draw: st.DrawFn) -> Written:
    """Draw statements for some of the layers, identity policies always."""
    names = ["identity", *draw(st.lists(st.sampled_from(LAYERS[1:]), unique=True, max_size=4))]
    return {name: draw(st.lists(statements_of(name), max_size=3)) for name in names}


def policies(written: Mapping[str, list[dict[str, Any]]]) -> Policies:
    """Return the layers of *written*, a document each."""

    def identity(name: str) -> tuple[IdentityPolicy, ...]:
        if name not in written:
            return ()
        return (IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": written[name]}),)

    def resource(name: str) -> tuple[ResourcePolicy, ...]:
        if name not in written:
            return ()
        return (ResourcePolicy.model_validate({"Version": "2012-10-17", "Statement": written[name]}),)

    return Policies(
        identity=identity("identity"),
        permissions_boundary=next(iter(identity("boundary")), None),
        session=identity("session"),
        service_control=(identity("scp"),) if "scp" in written else (),
        resource_control=(resource("rcp"),) if "rcp" in written else (),
        resource=next(iter(resource("resource")), None),
        vpc_endpoints=resource("vpce"),
    )


REQUESTS = st.builds(
    lambda action, resource, principal, account, team, tls: Request.from_json_value(
        {
            "action": action,
            "resource": resource,
            "principal": principal,
            "resourceAccount": account,
            "context": {"aws:PrincipalTag/team": team, "aws:SecureTransport": tls},
        }
    ),
    ACTIONS,
    RESOURCES,
    PRINCIPALS,
    st.sampled_from([HERE, THERE]),
    st.sampled_from(["a", "b", []]),
    st.sampled_from(["true", "false"]),
)


def decide(request: Request, written: Mapping[str, list[dict[str, Any]]]) -> Evaluation:
    """Return the decision on *request* under the layers of *written*."""
    return evaluate(request, policies(written))


def outside(request: Request) -> bool:
    """Tell whether the principal is in no account, so that SCPs do not speak of it."""
    return read_caller(request.principal).account is None


@given(layered(), REQUESTS, st.sampled_from(LAYERS))
def test_an_explicit_deny_in_any_layer_wins(written: Written, request: Request, layer: str) -> None:
    """With a Deny of everything in any layer that has a say, no request is decided otherwise."""
    assume(not (layer == "scp" and outside(request)))
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    everyone = {"Principal": "*"} if layer in RESOURCE_LIKE else {}
    denied = {**written, layer: [*written.get(layer, []), {**deny, **everyone}]}
    assert decide(request, denied).decision == "ExplicitlyDenied"


@given(st.data(), layered(), REQUESTS, st.sampled_from(LAYERS))
def test_adding_a_deny_never_allows(data: st.DataObject, written: Written, request: Request, layer: str) -> None:
    """
    One more Deny, in a policy that is there, leaves the decision or makes it an explicit deny.

    Its Principal, NotPrincipal, NotAction, NotResource and conditions may be any.
    """
    assume(layer in written)
    deny = data.draw(statements_of(layer, ("Deny",)))
    before, after = decide(request, written), decide(request, {**written, layer: [deny, *written[layer]]})
    assert after.decision in {before.decision, "ExplicitlyDenied"}


@given(st.data(), layered(), REQUESTS, st.sampled_from(LAYERS))
def test_adding_an_allow_never_denies(data: st.DataObject, written: Written, request: Request, layer: str) -> None:
    """
    One more Allow, in a policy that is there, leaves the decision or makes it Allowed.

    IAM has no NotPrincipal with Allow; NotAction, NotResource and negated conditions make no difference. A
    policy that was not there may deny by being there: a level of SCPs, a boundary, a key policy.
    """
    assume(layer in written)
    allow = data.draw(statements_of(layer, ("Allow",)))
    before, after = decide(request, written), decide(request, {**written, layer: [*written[layer], allow]})
    assert after.decision in {before.decision, "Allowed"}
    assert (before.decision == "ExplicitlyDenied") == (after.decision == "ExplicitlyDenied")


@given(layered(), REQUESTS, st.sampled_from(["boundary", "session", "scp", "rcp", "vpce"]))
def test_every_layer_around_only_narrows(written: Written, request: Request, layer: str) -> None:
    """
    What is allowed under a boundary, session policy, SCP, RCP or endpoint policy is allowed without it.

    But for the session policy of a federated user, who without one has no permissions.
    """
    federated = read_caller(request.principal).kind is CallerKind.FEDERATED_USER
    assume(layer in written and not (layer == "session" and federated))
    without = {name: found for name, found in written.items() if name != layer}
    if decide(request, written).decision == "Allowed":
        assert decide(request, without).decision == "Allowed"


@given(layered(), REQUESTS)
def test_what_is_allowed_across_accounts_is_allowed_within(written: Written, request: Request) -> None:
    """Both sides' Allow is more than one's: the same request within the account is allowed too."""
    context = request.context
    across = Request(request.action, request.resource, context, request.principal, THERE)
    within = Request(request.action, request.resource, context, request.principal, HERE)
    if evaluate(across, policies(written)).decision == "Allowed":
        assert evaluate(within, policies(written)).decision == "Allowed"


@given(layered(), REQUESTS, st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(written: Written, request: Request, random: Any) -> None:
    """Statements may stand in any order in each layer."""
    mixed = {name: random.sample(found, len(found)) for name, found in written.items()}
    assert decide(request, mixed).decision == decide(request, written).decision


@given(layered(), REQUESTS)
def test_case_does_not_matter_where_aws_ignores_it(written: Written, request: Request) -> None:
    """Actions and condition keys in capitals make the same request."""
    context = {key.upper(): list(values) for key, values in request.context.items()}
    shouted = Request.from_json_value(
        {
            "action": request.action.upper(),
            "resource": request.resource,
            "principal": request.principal,
            "resourceAccount": request.resource_account,
            "context": context,
        }
    )
    assume("kms" not in request.action)  # the service's name is in the key's ARN too, where case counts
    assert decide(shouted, written) == decide(request, written)


@given(layered(), REQUESTS)
def test_evaluate_and_explain_agree(written: Written, request: Request) -> None:
    """The deciding statements are among those that match, and every other statement has a reason."""
    answer, told = decide(request, written), explain(request, policies(written))
    assert told.evaluation == answer
    assert set(answer.by) <= set(told.matched)
    asked = sum(len(found) for name, found in written.items() if not (name == "scp" and outside(request)))
    assert len(told.matched) + len(told.near_misses) == asked
    assert all(miss.reasons for miss in told.near_misses)


@given(layered(), REQUESTS)
def test_an_implicit_deny_names_a_layer_that_lacks_an_allow(written: Written, request: Request) -> None:
    """To an implicit deny there is always a layer to mend, and mending all of them allows."""
    answer = decide(request, written)
    assert (answer.decision == "ImplicitlyDenied") == bool(answer.not_allowed_by)
    assume(answer.not_allowed_by and read_caller(request.principal).kind is not CallerKind.FEDERATED_USER)
    names = {
        "identity policy": "identity", "permissions boundary": "boundary", "session policy": "session",
        "service control policy": "scp", "resource policy": "resource", "VPC endpoint policy": "vpce",
    }  # fmt: skip
    mended = dict(written)
    for layer, _ in answer.not_allowed_by:
        name = names[layer.value]
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        everyone = {"Principal": "*"} if name in RESOURCE_LIKE else {}
        mended[name] = [*mended.get(name, []), {**allow, **everyone}]
    assert decide(request, mended).decision == "Allowed"
