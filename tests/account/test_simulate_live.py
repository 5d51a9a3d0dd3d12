"""`simulate --live`: AWS's policy simulator beside our decision, over real HTTP, by botocore's models."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.account.fake_iam import ACCOUNT
from tests.fake_aws import CALLER, Answering, AskedCall, AwsRefusal, FakeAws, fake_aws, model

from rolemgr.account import policy_simulation
from rolemgr.evaluate.policies import Layer

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

ROLE = f"arn:aws:iam::{ACCOUNT}:role/churn"
OBJECT = "arn:aws:s3:::acme/a.csv"
ALLOW = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{OBJECT}"}
DENY = {"Sid": "NoTraining", "Effect": "Deny", "Action": "sagemaker:*", "Resource": "*"}
ASK = ("--action", "s3:GetObject", "--resource", OBJECT)
NOT_THERE = AwsRefusal(404, "NoSuchEntity", "The role with name churn cannot be found.")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have credentials in the environment, one attempt a call, a folder of one's own, and policies in it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.chdir(tmp_path)
    write("read.json", DENY, ALLOW)


def write(name: str, *statements: Mapping[str, Any]) -> None:
    """Write a policy of *statements*."""
    Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), "utf-8")


def result(decision: str, **more: Any) -> dict[str, Any]:
    """Return a result of the simulator, on the resource, as AWS answers it since there is one result an action."""
    part = {"EvalResourceName": OBJECT, "EvalResourceDecision": decision, **more}
    return {
        "EvalActionName": "s3:GetObject", "EvalResourceName": "arn:${Partition}:s3:::${BucketName}/${KeyName}",
        "EvalDecision": decision, "ResourceSpecificResults": [part],
    }  # fmt: skip


def statement(source: str, line: int) -> dict[str, Any]:
    """Return a statement that decided, on a *line* of a policy, from 1."""
    return {"SourcePolicyId": source, "EndPosition": {"Line": line, "Column": 9}}


def answers(decision: str, **more: Any) -> Answering:
    """Answer each simulation with one *decision*."""
    return lambda _: {"EvaluationResults": [result(decision, **more)], "IsTruncated": False}


def simulate(run: "Run", server: FakeAws, *args: str) -> "Ran":
    """Run `simulate --live` against *server*."""
    return run("simulate", *args, "--live", "--endpoint-url", server.address)


def flat(page: str) -> str:
    """Return a tree as one line, without what draws it."""
    return re.sub(r"[\s│├└─]+", " ", page)


def test_agreement_is_shown_with_the_statements_of_both(run: "Run") -> None:
    """AWS's statement is told by ours, by the policy's number and the line of it; free of charge, said first."""
    by = [statement("PolicyInputList.1", 3)]
    with fake_aws(answers("allowed", MatchedStatements=by)) as server:
        ran = simulate(run, server, "read.json", *ASK)
    assert ran.code == 0
    assert "AWS agrees: SimulateCustomPolicy on these policies says Allowed" in flat(ran.stdout)
    assert ran.stdout.count("by identity policy (policy 0): `Read`") == 2
    assert f"policy simulator in {ACCOUNT} as {CALLER}, free of charge" in ran.stderr
    [call] = server.calls[1:]
    assert call.parameters["ActionNames"] == ["s3:GetObject"]
    assert call.parameters["ResourceArns"] == [OBJECT]
    [text] = call.parameters["PolicyInputList"]
    assert [one["Sid"] for one in json.loads(text)["Statement"]] == ["NoTraining", "Read"]
    assert json.loads(text.splitlines()[2])["Sid"] == "Read"


def test_a_difference_is_told_with_both_reasons(run: "Run") -> None:
    """And ends with 1, in JSON too."""
    by = [statement("PolicyInputList.1", 2)]
    with fake_aws(answers("explicitDeny", MatchedStatements=by)) as server:
        ran = simulate(run, server, "read.json", *ASK)
        data = simulate(run, server, "read.json", *ASK, "--format", "json")
    assert (ran.code, data.code) == (1, 1)
    assert "AWS differs: SimulateCustomPolicy on these policies says ExplicitlyDenied" in flat(ran.stdout)
    assert "rolemgr says Allowed (identity policy (policy 0): `Read`)" in flat(ran.stdout)
    aws = json.loads(data.stdout)["aws"]
    assert aws["verdict"] == "differs"
    assert aws["answers"][0]["by"] == [{"layer": "identity policy", "policy": 0, "statement": 0, "sid": "NoTraining"}]


def test_what_is_attached_in_the_account_is_asked_too(run: "Run") -> None:
    """Where the principal is a role of it: an SCP and a boundary that only AWS knows are told."""

    def answer(call: AskedCall) -> Mapping[str, Any]:
        if call.operation == "SimulateCustomPolicy":
            return {"EvaluationResults": [result("allowed")]}
        boundary = {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}
        organization = {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}
        return {"EvaluationResults": [{**result("implicitDeny", **boundary), **organization}]}

    with fake_aws(answer) as server:
        ran = simulate(run, server, "read.json", *ASK, "--principal", ROLE)
    assert server.operations() == ["SimulateCustomPolicy", "SimulatePrincipalPolicy"]
    assert server.calls[-1].parameters["PolicySourceArn"] == ROLE
    assert ran.code == 1
    assert "AWS differs: SimulatePrincipalPolicy on what is attached in the account says ImplicitlyDenied" in flat(
        ran.stdout
    )
    assert "AWS says that an SCP of the organization does not allow it" in flat(ran.stdout)
    assert "AWS says that the permissions boundary does not allow it" in flat(ran.stdout)
    assert "`rolemgr drift` compares that with files" in flat(ran.stdout)


def test_a_role_that_is_not_there_yet_is_asked_by_its_policies(run: "Run") -> None:
    """A role file: its policies, boundary and context go to the simulator; that it is not there is said."""
    text = f'persona: sagemaker-compute\nname: churn\naccount: "{ACCOUNT}"\nbucket: [acme-churn]\n'
    Path("role.yaml").write_text(text, "utf-8")

    def answer(call: AskedCall) -> Mapping[str, Any] | AwsRefusal:
        if call.operation == "SimulatePrincipalPolicy":
            return NOT_THERE
        return {"EvaluationResults": [{**result("implicitDeny"), "EvalActionName": "s3:DeleteBucket"}]}

    bucket = ("--action", "s3:DeleteBucket", "--resource", "arn:aws:s3:::acme-churn")
    with fake_aws(answer) as server:
        ran = simulate(run, server, "role.yaml", *bucket)
    assert ran.code == 0, ran.stderr
    assert "is not in account 123456789012 yet: SimulatePrincipalPolicy has nothing to say" in " ".join(
        ran.stdout.split()
    )
    assert server.calls[1].parameters["CallerArn"].endswith(":role/churn")


def test_context_goes_in_aws_types_but_what_it_fills_in(run: "Run") -> None:
    """Each key with AWS's word for its type; aws:PrincipalAccount is the simulator's own."""
    context = ("aws:TagKeys=a", "aws:SecureTransport=true", "aws:SourceIp=192.0.2.1", "aws:RequestTag/k=v")
    with fake_aws(answers("allowed")) as server:
        simulate(run, server, "read.json", *ASK, "--principal", ROLE, *(f"--context={one}" for one in context))
    entries = {one["ContextKeyName"]: one for one in server.calls[1].parameters["ContextEntries"]}
    types = {name: one["ContextKeyType"] for name, one in entries.items()}
    assert types["aws:TagKeys"] == "stringList"
    assert (types["aws:SecureTransport"], types["aws:SourceIp"], types["aws:RequestTag/k"]) == (
        "boolean",
        "ip",
        "string",
    )
    assert entries["aws:PrincipalArn"]["ContextKeyValues"] == [ROLE]
    assert "aws:PrincipalAccount" not in entries
    known = model("iam").operation_model("SimulateCustomPolicy").input_shape.members["ContextEntries"].member.members
    words = policy_simulation._table()["key_types"].values()
    assert {f"{one}{many}" for one in words for many in ("", "List")} == set(known["ContextKeyType"].enum)


def test_a_key_that_aws_has_no_value_of_is_not_known(run: "Run") -> None:
    """The simulator denies where a key is missing, which is not AWS's decision on such a request."""
    write("read.json", {**ALLOW, "Condition": {"StringNotEquals": {"aws:RequestTag/k": "v"}}})
    with fake_aws(answers("implicitDeny", MissingContextValues=["aws:RequestTag/k"])) as server:
        ran = simulate(run, server, "read.json", *ASK)
    assert ran.code == 1
    assert "AWS unknown: " in flat(ran.stdout)
    assert "AWS had no value of aws:RequestTag/k, and then denies: give --context KEY=VALUE" in flat(ran.stdout)


@pytest.mark.parametrize(
    ("option", "statement", "why"),
    [
        ("--rcp", {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}, "does not evaluate RCPs"),
        ("--session-policy", {"Effect": "Allow", "Action": "*", "Resource": "*"}, "takes no session policies"),
        ("--resource-policy", {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT},
         "evaluates the policy of a resource for IAM users alone, not for roles"),
        ("--vpc-endpoint-policy", {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
         "does not evaluate the policies of VPC endpoints"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("--") else "",
)  # fmt: skip
def test_what_the_simulator_leaves_out_is_never_agreement(
    run: "Run", option: str, statement: Mapping[str, Any], why: str
) -> None:
    """The rest is compared, the layer is said, and the exit code is 1."""
    write("layer.json", statement)
    with fake_aws(answers("allowed")) as server:
        ran = simulate(run, server, "read.json", *ASK, option, "layer.json", "--format", "json")
    assert ran.code == 1
    aws = json.loads(ran.stdout)["aws"]
    assert (aws["verdict"], aws["answers"][0]["verdict"]) == ("unknown", "agrees")
    assert any(why in one for one in aws["notAsked"])


def test_each_layer_that_is_left_out_has_its_reason() -> None:
    """The table has AWS's page for each."""
    rows = policy_simulation._table()["not_asked"]
    assert set(rows) <= {one.value for one in Layer}
    assert all(one["source"].startswith("https://docs.aws.amazon.com/") for one in rows.values())
    assert (
        (
            model("iam")
            .operation_model("SimulateCustomPolicy")
            .input_shape.members["OrderedOrganizationPolicyInputList"]
        ).metadata["max"]
        == policy_simulation.MOST_LEVELS
    )


def test_scps_and_a_boundary_are_asked_with(run: "Run") -> None:
    """By level, and a deny of another kind is then no difference."""
    write("scp.json", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    write("boundary.json", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    with fake_aws(answers("implicitDeny")) as server:
        ran = simulate(run, server, "read.json", *ASK, "--scp", "scp.json", "--boundary-policy", "boundary.json")
    assert ran.code == 0
    assert "both deny: AWS says ImplicitlyDenied, rolemgr ExplicitlyDenied" in flat(ran.stdout)
    asked = server.calls[1].parameters
    [level] = asked["OrderedOrganizationPolicyInputList"]
    assert [json.loads(one)["Statement"][0]["Effect"] for one in level["ServiceControlPolicyInputList"]] == [
        "Deny",
        "Allow",
    ]
    assert json.loads(asked["PermissionsBoundaryPolicyInputList"][0])["Statement"][0]["Effect"] == "Allow"


def test_the_policy_of_a_resource_is_asked_for_a_user(run: "Run") -> None:
    """With the caller that its Principal speaks of."""
    write("bucket.json", {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECT})
    user = f"arn:aws:iam::{ACCOUNT}:user/ana"
    with fake_aws(answers("allowed")) as server:
        ran = simulate(run, server, "read.json", *ASK, "--principal", user, "--resource-policy", "bucket.json")
    assert ran.code == 0
    asked = server.calls[1].parameters
    assert asked["CallerArn"] == user
    assert json.loads(asked["ResourcePolicy"])["Statement"][0]["Principal"] == "*"


@pytest.mark.parametrize("who", ["sagemaker.amazonaws.com", f"arn:aws:sts::{ACCOUNT}:assumed-role/churn/ana", "*"])
def test_who_the_simulator_does_not_take_is_not_asked(run: "Run", who: str) -> None:
    """A service, a session, anybody: not known, and no call is made."""
    with fake_aws(answers("allowed")) as server:
        ran = simulate(run, server, "read.json", *ASK, "--principal", who)
    assert ran.code == 1
    assert "AWS was not asked: its simulator takes IAM users and roles as callers" in flat(ran.stdout)
    assert server.operations() == []


def test_pages_are_followed(run: "Run") -> None:
    """The result of the action may come on the second page."""

    def answer(call: AskedCall) -> Mapping[str, Any]:
        if call.number == 1:
            return {"EvaluationResults": [], "IsTruncated": True, "Marker": "2"}
        return {"EvaluationResults": [result("allowed")], "IsTruncated": False}

    with fake_aws(answer) as server:
        assert simulate(run, server, "read.json", *ASK).code == 0
    assert [one.parameters.get("Marker") for one in server.calls[1:]] == [None, "2"]


@pytest.mark.parametrize(
    ("refusal", "line"),
    [
        (AwsRefusal(400, "Throttling", "Rate exceeded"), "AWS throttles SimulateCustomPolicy, also after retries"),
        (AwsRefusal(403, "AccessDenied", "no"), "access denied to iam:SimulateCustomPolicy: no"),
        (AwsRefusal(400, "PolicyEvaluation", "too complex"), "SimulateCustomPolicy failed with PolicyEvaluation: too"),
    ],
    ids=["throttled", "denied", "failed"],
)  # fmt: skip
def test_refusals_are_one_line(run: "Run", refusal: AwsRefusal, line: str) -> None:
    """And exit code 3."""
    with fake_aws(lambda _: refusal) as server:
        ran = simulate(run, server, "read.json", *ASK)
    assert (ran.code, ran.stdout) == (3, "")
    assert len(ran.errors) == 1
    assert line in ran.errors[0]


def test_throttling_is_waited_for(run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore's standard retry mode."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    slow = AwsRefusal(400, "Throttling", "Rate exceeded")
    with fake_aws(lambda call: slow if call.number == 1 else answers("allowed")(call)) as server:
        assert simulate(run, server, "read.json", *ASK).code == 0
    assert server.operations() == ["SimulateCustomPolicy"] * 2


@pytest.mark.parametrize(
    "found",
    [[], [result("allowed")] * 2, [{**result("allowed"), "EvalActionName": "s3:PutObject"}], [result("perhaps")]],
    ids=["none", "two", "another", "no-decision"],
)
def test_an_answer_that_is_none_is_refused(run: "Run", found: list[Any]) -> None:
    """It is no agreement, whatever it says."""
    with fake_aws(lambda _: {"EvaluationResults": found}) as server:
        ran = simulate(run, server, "read.json", *ASK)
    assert (ran.code, ran.stdout) == (3, "")
    assert "the answer is none of AWS's" in ran.stderr


def test_what_aws_says_reaches_no_terminal(run: "Run") -> None:
    """Names of policies and keys are escaped."""
    evil = {"MatchedStatements": [{"SourcePolicyId": "\x7f]0;x"}], "MissingContextValues": ["k\x9b2J"]}
    with fake_aws(answers("implicitDeny", **evil)) as server:
        ran = simulate(run, server, "read.json", *ASK)
    assert not set(ran.stdout + ran.stderr) & {"\x7f", "\x9b"}


def test_several_roles_are_each_asked(run: "Run") -> None:
    """One that AWS judges otherwise ends with 1."""
    for name in ("a", "b"):
        text = f'persona: sagemaker-compute\nname: {name}\naccount: "{ACCOUNT}"\nbucket: [acme-churn]\n'
        Path(f"{name}.yaml").write_text(text, "utf-8")

    def answer(call: AskedCall) -> Mapping[str, Any] | AwsRefusal:
        if call.operation == "SimulatePrincipalPolicy":
            return NOT_THERE
        decision = "allowed" if call.number == 2 else "implicitDeny"
        return {"EvaluationResults": [{**result(decision), "EvalActionName": "s3:DeleteBucket"}]}

    bucket = ("--action", "s3:DeleteBucket", "--resource", "arn:aws:s3:::acme-churn")
    with fake_aws(answer) as server:
        ran = simulate(run, server, "a.yaml", "b.yaml", *bucket, "--format", "json")
    assert ran.code == 1
    assert [one["aws"]["verdict"] for one in json.loads(ran.stdout)["roles"]] == ["agrees", "differs"]
    assert [one.operation for one in server.calls].count("GetCallerIdentity") == 1


def test_without_live_nothing_touches_aws(run: "Run") -> None:
    """An option that says how AWS is reached is refused, not ignored."""
    ran = run("simulate", "read.json", *ASK, "--profile", "x")
    assert (ran.code, "--profile: goes with --live" in ran.stderr) == (2, True)


def batch(*resources: str, principal: str = ROLE) -> None:
    """Write a batch that asks for some *resources*, and last what is not understood."""
    policy = json.loads(Path("read.json").read_text("utf-8"))
    lines = [
        {"id": str(at), "request": {"principal": principal, "action": "s3:GetObject", "resource": one},
         "identityPolicies": [policy]}
        for at, one in enumerate(resources)
    ]  # fmt: skip
    Path("batch.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in lines), "utf-8")


def beside(run: "Run", server: FakeAws, *args: str) -> "Ran":
    """Run the batch against *server*."""
    return run("simulate", "--requests", "batch.jsonl", "--live", "--endpoint-url", server.address, *args)


def custom(call: AskedCall) -> Mapping[str, Any] | AwsRefusal:
    """Allow the one object; the role is not there."""
    if call.operation == "SimulatePrincipalPolicy":
        return NOT_THERE
    [resource] = call.parameters["ResourceArns"]
    found = result("allowed" if resource == OBJECT else "implicitDeny")
    found["ResourceSpecificResults"][0]["EvalResourceName"] = resource
    return {"EvaluationResults": [found], "IsTruncated": False}


def test_each_line_of_a_batch_is_asked(run: "Run") -> None:
    """In order, each with AWS's answer beside ours; where all agree the exit code is 0."""
    batch(OBJECT, f"{OBJECT}x")
    with fake_aws(custom) as server:
        ran = beside(run, server)
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(one["id"], one["decision"], one["live"]["verdict"]) for one in found] == [
        ("0", "Allowed", "agrees"), ("1", "ImplicitlyDenied", "agrees"),
    ]  # fmt: skip
    assert found[0]["live"]["answers"][0]["call"] == "SimulateCustomPolicy"
    assert server.operations() == ["SimulateCustomPolicy", "SimulatePrincipalPolicy"] * 2
    assert ran.code == 0
    assert "free of charge" in ran.stderr


def test_a_line_that_differs_is_told_and_one_that_is_wrong_is_not_sent(run: "Run") -> None:
    """Exit code 1 for a difference, 2 where a line is not understood."""
    batch(OBJECT)
    with fake_aws(answers("implicitDeny")) as server:
        ran = beside(run, server)
    assert (ran.code, json.loads(ran.stdout)["live"]["verdict"]) == (1, "differs")
    with Path("batch.jsonl").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    with fake_aws(custom) as server:
        ran = beside(run, server)
    assert ran.code == 2
    assert "live" not in json.loads(ran.stdout.splitlines()[1])
    assert server.operations().count("SimulateCustomPolicy") == 1


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied"])
def test_a_batch_that_breaks_off_keeps_our_decisions(run: "Run", code: str) -> None:
    """The others are unknown with the reason, AWS is asked no more, and the exit code is 3."""
    batch(OBJECT, OBJECT, OBJECT)

    def answer(call: AskedCall) -> Mapping[str, Any] | AwsRefusal:
        return custom(call) if call.operation != "SimulateCustomPolicy" or call.number == 1 else AwsRefusal(403, code)

    with fake_aws(answer) as server:
        ran = beside(run, server, "-o", "answers.jsonl")
    found = [json.loads(line) for line in Path("answers.jsonl").read_text("utf-8").splitlines()]
    assert ran.code == 3
    assert [one["live"]["verdict"] for one in found] == ["agrees", "unknown", "unknown"]
    assert {one["decision"] for one in found} == {"Allowed"}
    assert found[2]["live"]["notAsked"][0].startswith("AWS was not asked any more, after: ")
    assert server.operations().count("SimulateCustomPolicy") == 2


def test_a_request_that_aws_refuses_stops_no_other(run: "Run") -> None:
    """It is unknown, with AWS's words."""
    batch(f"{OBJECT}x", OBJECT)

    def answer(call: AskedCall) -> Mapping[str, Any] | AwsRefusal:
        refused = call.operation == "SimulateCustomPolicy" and call.number == 1
        return AwsRefusal(400, "InvalidInput", "no such thing") if refused else custom(call)

    with fake_aws(answer) as server:
        ran = beside(run, server)
    verdicts = [json.loads(line)["live"]["verdict"] for line in ran.stdout.splitlines()]
    assert (ran.code, verdicts) == (1, ["unknown", "agrees"])
    assert "no such thing" in ran.stdout


def test_a_batch_offline_touches_nothing(run: "Run") -> None:
    """An option that says how AWS is reached goes with --live there too."""
    batch(OBJECT)
    ran = run("simulate", "--requests", "batch.jsonl", "--profile", "x")
    assert (ran.code, ran.stdout) == (2, "")
    assert "--profile: goes with --live" in ran.stderr
