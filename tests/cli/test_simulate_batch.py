"""`rolemgr simulate` with all layers: one request, and batches of requests as JSON lines."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rolemgr.files.write import to_json
from rolemgr.workflow.batch import LAYERS

if TYPE_CHECKING:
    from tests.conftest import Run

HERE, THERE = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HERE}:role/r"
OBJECT = "arn:aws:s3:::b/k"
KEY = f"arn:aws:kms:eu-west-1:{HERE}:key/1"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, **more: Any) -> dict[str, Any]:
    """Return a statement that allows *action* on everything, with *more* elements."""
    return {"Sid": "Yes", "Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: str, **more: Any) -> dict[str, Any]:
    """Return a statement that denies *action* on everything, with *more* elements."""
    return allow(action, **more) | {"Sid": "No", "Effect": "Deny"}


READS = document(allow("s3:GetObject"))
ASKS = {"principal": ROLE, "action": "s3:GetObject", "resource": OBJECT}


def answers(run: "Run", *lines: Any, code: int = 0) -> list[dict[str, Any]]:
    """Return the answers to a batch of *lines*, each JSON text or a value."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    ran = run("simulate", "--requests", "-", stdin="\n".join(texts) + "\n")
    assert ran.code == code, ran.stderr
    return [json.loads(text) for text in ran.stdout.splitlines()]


def decision(run: "Run", layers: dict[str, Any], **request: Any) -> str:
    """Return the decision on one request under *layers*."""
    (answer,) = answers(run, {"id": "1", "request": ASKS | request, **layers})
    found: str = answer["decision"]
    return found


def test_the_contract_s_example(run: "Run") -> None:
    """A line with every key of the contract is answered with its id and its decision, and nothing else."""
    everyone = {"Principal": "*"}
    line = {
        "id": "1",
        "request": {
            "principal": ROLE, "action": "s3:GetObject", "resource": OBJECT, "resourceAccount": HERE,
            "context": {"aws:PrincipalTag/Project": "churn", "aws:TagKeys": ["a", "b"]},
        },
        "identityPolicies": [READS],
        "permissionsBoundaries": [READS],
        "sessionPolicies": [READS],
        "serviceControlPolicies": [[READS], [READS]],
        "resourceControlPolicies": [[document(deny("kms:*", **everyone))]],
        "resourcePolicy": document(deny("s3:Put*", **everyone)),
        "vpcEndpointPolicies": [document(allow("*", **everyone))],
    }  # fmt: skip
    assert answers(run, line) == [{"id": "1", "decision": "Allowed"}]


def test_every_key_but_the_request_may_be_absent(run: "Run") -> None:
    """Nobody allows anything, and an id that is not there is null."""
    assert answers(run, {"request": {"action": "s3:GetObject", "resource": "*"}}) == [
        {"id": None, "decision": "ImplicitlyDenied"}
    ]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ({"identityPolicies": [READS]}, "Allowed"),
        ({"identityPolicies": [document(deny("s3:*"))]}, "ExplicitlyDenied"),
        ({"identityPolicies": [READS], "permissionsBoundaries": [document(allow("kms:*"))]}, "ImplicitlyDenied"),
        ({"identityPolicies": [READS], "sessionPolicies": [document(allow("kms:*"))]}, "ImplicitlyDenied"),
        ({"identityPolicies": [READS], "sessionPolicies": []}, "Allowed"),
        ({"identityPolicies": [READS], "serviceControlPolicies": [[READS], []]}, "ImplicitlyDenied"),
        (
            {"identityPolicies": [READS], "serviceControlPolicies": [[READS, document(deny("s3:*"))]]},
            "ExplicitlyDenied",
        ),
        ({"identityPolicies": [READS], "resourceControlPolicies": [[], []]}, "Allowed"),
        (
            {"identityPolicies": [READS], "resourceControlPolicies": [[document(deny("s3:*", Principal="*"))]]},
            "ExplicitlyDenied",
        ),
        ({"resourcePolicy": document(allow("s3:*", Principal={"AWS": ROLE}))}, "Allowed"),
        ({"resourcePolicy": document(allow("s3:*", Principal={"AWS": HERE}))}, "ImplicitlyDenied"),
        ({"identityPolicies": [READS], "resourcePolicy": None}, "Allowed"),
        (
            {"identityPolicies": [READS], "vpcEndpointPolicies": [document(allow("kms:*", Principal="*"))]},
            "ImplicitlyDenied",
        ),
    ],
)
def test_each_layer_of_a_line_is_evaluated(layers: dict[str, Any], expected: str, run: "Run") -> None:
    """Each key is its layer."""
    assert decision(run, layers) == expected


def test_another_account_needs_the_resource_policy(run: "Run") -> None:
    """The resource's account is the one that is given, or else the one in its ARN."""
    both = {"identityPolicies": [document(allow("*"))], "resourcePolicy": document(allow("*", Principal={"AWS": HERE}))}
    identity = {"identityPolicies": both["identityPolicies"]}
    assert decision(run, identity, resourceAccount=THERE) == "ImplicitlyDenied"
    assert decision(run, both, resourceAccount=THERE) == "Allowed"
    queue = {"action": "sqs:SendMessage", "resource": f"arn:aws:sqs:us-east-2:{THERE}:jobs"}
    assert decision(run, identity, **queue) == "ImplicitlyDenied"
    assert decision(run, both, **queue) == "Allowed"


def test_a_key_without_a_policy_lets_nobody_in(run: "Run") -> None:
    """A line says all: a key policy that is not there allows nothing, nor does a role's trust policy."""
    identity = {"identityPolicies": [document(allow("*"))]}
    key = {"action": "kms:Decrypt", "resource": KEY}
    assert decision(run, identity, **key) == "ImplicitlyDenied"
    delegating = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{HERE}:root"}))
    assert decision(run, identity | {"resourcePolicy": delegating}, **key) == "Allowed"
    role = {"action": "sts:AssumeRole", "resource": f"arn:aws:iam::{HERE}:role/other"}
    assert decision(run, identity, **role) == "ImplicitlyDenied"


def test_a_trust_policy_has_no_resource(run: "Run") -> None:
    """The policy of a role that is assumed is a trust policy."""
    trust = document(
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    asked = {"action": "sts:AssumeRole", "resource": ROLE, "principal": "sagemaker.amazonaws.com"}
    assert decision(run, {"resourcePolicy": trust}, **asked) == "Allowed"


@pytest.mark.parametrize("odd", [{}, {"Sid": None}])
def test_a_repository_s_policy_has_no_resource(odd: dict[str, Any], run: "Run") -> None:
    """Of ECR, say; in a batch, also where it is read the careful way, and as a file. An RCP must have one."""
    pull = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "ecr:BatchGetImage", **odd}
    asked = {"action": "ecr:BatchGetImage", "resource": f"arn:aws:ecr:eu-west-1:{HERE}:repository/r"}
    assert decision(run, {"resourcePolicy": document(pull)}, **asked) == "Allowed"
    written(repository=document(pull))
    args = ("--action", asked["action"], "--resource", asked["resource"], "--principal", ROLE)
    assert run("simulate", *args, "--resource-policy", "repository.json", "--expect", "Allowed").code == 0
    control = document({"Effect": "Deny", "Principal": "*", "Action": "ecr:*", **odd})
    line = {"request": ASKS | asked, "resourcePolicy": document(pull), "resourceControlPolicies": [[control]]}
    (refused,) = answers(run, line, code=2)
    assert "a statement has exactly one of Resource or NotResource" in refused["error"]


def test_an_rcp_reaches_the_services_that_support_it(run: "Run") -> None:
    """A batch and a single request leave one out that can't reach the service."""
    everything = document(deny("*", Principal="*"))
    layers = {"identityPolicies": [document(allow("*"))], "resourceControlPolicies": [[everything]]}
    job = {"action": "sagemaker:DescribeTrainingJob", "resource": f"arn:aws:sagemaker:eu-west-1:{HERE}:training-job/x"}
    assert decision(run, layers, **job) == "Allowed"
    assert decision(run, layers) == "ExplicitlyDenied"


def test_answers_come_in_order_and_ids_as_they_are(run: "Run") -> None:
    """Whatever JSON value an id is, it comes back; blank lines are passed over."""
    ids = ["a", 7, None, 'ü\n"', {"x": [1]}]
    lines = [{"id": one, "request": ASKS} for one in ids]
    found = answers(run, *lines[:2], "", "  ", *lines[2:])
    assert [answer["id"] for answer in found] == ids


def test_the_order_of_keys_does_not_matter(run: "Run") -> None:
    """The request may stand before, after and between the policies, and its key be written with escapes."""
    policies, request = json.dumps([READS]), json.dumps(ASKS)
    lines = [
        f'{{"id": 1, "request": {request}, "identityPolicies": {policies}}}',
        f'{{"identityPolicies": {policies}, "request": {request}, "id": 1}}',
        f' {{ "identityPolicies" : {policies} , "id" : 1 , "sessionPolicies" : [] , "request" : {request} }} ',
        f'{{"request": {request}, "identityPolicies": {policies}, "id": 1}}',
        f'{{"identityPolicies": {policies}, "\\u0072equest": {request}, "id": 1}}',
    ]
    assert answers(run, *lines) == [{"id": 1, "decision": "Allowed"}] * 5


WHOLE = json.dumps({"id": "x", "request": ASKS, "identityPolicies": [READS]})


def test_a_single_document_stands_for_a_list_of_it(run: "Run") -> None:
    """As a statement or a value does in IAM's own language; each layer, and each level of an organization."""
    layers = ("identityPolicies", "permissionsBoundaries", "sessionPolicies", "serviceControlPolicies")
    whole = {"request": ASKS, **dict.fromkeys(layers, READS)}
    none = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
    by_level = {**whole, "serviceControlPolicies": [READS, none]}
    found = answers(run, json.dumps({"id": 1, **whole}), json.dumps({"id": 2, **by_level}))
    assert found == [{"id": 1, "decision": "Allowed"}, {"id": 2, "decision": "ExplicitlyDenied"}]


@pytest.mark.parametrize(
    ("line", "name", "problem"),
    [
        ("not json", None, "is not valid JSON"),
        ("{}", None, "the line has no request"),
        ('{"id": "x"}', "x", "the line has no request"),
        ("[]", None, "the line has no request"),
        (WHOLE[:-1], "x", "is not valid JSON: expecting ',' delimiter"),
        (f"{WHOLE} {{}}", "x", "is not valid JSON: extra data"),
        (WHOLE.replace('"id"', '"request": 1, "id"'), "x", "a request is a JSON object"),
        (WHOLE[:-1] + ', "request": {}}', "x", "repeats the key `request`"),
        (WHOLE[:-1] + ', "id": "y"}', "x", "repeats the key `id`"),
        (WHOLE[:-1] + ', "identityPolicies": []}', "x", "repeats the key `identityPolicies`"),
        (WHOLE[:-1] + ', "identityPolicy": []}', "x", "unknown key `identityPolicy`; did you mean identityPolicies"),
        (WHOLE[:-1] + ', "policies": []}', "x", "unknown key `policies`; these are `identityPolicies` here"),
        (WHOLE[:-1] + ', "SCP": []}', "x", "unknown key `SCP`; these are `serviceControlPolicies` here"),
        (WHOLE[:-1] + ', "zebra": []}', "x", "a line has id, request and identityPolicies, permissionsBoundaries"),
        (WHOLE.replace('"Effect": "Allow"', '"Effect": "Allow", "Effect": "Deny"'), "x", "repeats the key `Effect`"),
        (WHOLE.replace('"Effect": "Allow"', '"Effect": NaN'), "x", "`NaN` is not a JSON value"),
        (WHOLE.replace('"Effect": "Allow"', '"Effect": "Alow"'), "x", "identityPolicies[0]: `Statement[0].Effect` is `Alow`"),
        (WHOLE.replace('"Action": ', '"Acton": '), "x", "identityPolicies[0]: "),
        (WHOLE.replace('"Resource": "*"', '"Resource": "*", "Condition": {"StringEqual": {"a:b": "c"}}'), "x",
         "statement `Yes`: unknown condition operator `StringEqual`; did you mean StringEquals"),
        (json.dumps({"id": "x", "request": ASKS, "identityPolicies": "s3:*"}), "x", "identityPolicies: must be a list"),
        (json.dumps({"id": "x", "request": ASKS, "serviceControlPolicies": [7]}), "x", "serviceControlPolicies[0]: must be a list"),
        (json.dumps({"id": "x", "request": ASKS, "serviceControlPolicies": {}}), "x", "serviceControlPolicies: `Statement` is missing"),
        (json.dumps({"id": "x", "request": ASKS, "permissionsBoundaries": [READS, READS]}), "x",
         "permissionsBoundaries: a principal has one permissions boundary"),
        (json.dumps({"id": "x", "request": ASKS | {"resourceacount": HERE}}), "x", "unknown request field `resourceacount`"),
        (json.dumps({"id": "x", "request": ASKS | {"principal": "ann"}}), "x", "`ann` is not a principal"),
        (json.dumps({"id": "x", "request": ASKS | {"action": "s3:*"}}), "x", "`s3:*` is not an action"),
        ('{"id": "x", "request": ' + "[" * 100_000, None, "is nested too deep"),
        ('{"id": "x", "request": ' + '{"a":' * 100_000, None, "is nested too deep"),
        ('{"id": "' + "x" * 1_048_576 + '"}', None, "the line is longer than 1,048,576 bytes"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_understood_says_why(line: str, name: str | None, problem: str, run: "Run") -> None:
    """Its id comes back where it was read, the next line is answered, and the exit code is 2."""
    for _ in range(2):  # the second time from what is remembered
        first, second = answers(run, line, {"id": "next", "request": ASKS}, code=2)
        assert first["id"] == name
        assert problem in first["error"], first
        assert second == {"id": "next", "decision": "ImplicitlyDenied"}


def test_a_line_that_is_no_text_is_answered_too(run: "Run") -> None:
    """Bytes that are not UTF-8 are one line's error."""
    ran = run("simulate", "--requests", "-", stdin=b'{"id": "\xff"}\n')
    assert (ran.code, json.loads(ran.stdout)) == (2, {"id": None, "error": "is not UTF-8 (byte 8)"})
    assert ran.errors == ["1 of 1 lines are not understood"]


def test_a_batch_from_a_file_to_a_file(run: "Run") -> None:
    """A file is read like stdin, a byte order mark and CRLF included; the answers go where they are asked to."""
    Path("requests.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps({"id": "1", "request": ASKS}).encode() + b"\r\n")
    ran = run("simulate", "--requests", "requests.jsonl", "-o", "answers.jsonl")
    assert (ran.code, ran.stdout) == (0, "")
    assert Path("answers.jsonl").read_text() == '{"id": "1", "decision": "ImplicitlyDenied"}\n'
    assert sorted(path.name for path in Path().iterdir()) == ["answers.jsonl", "requests.jsonl"]


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--requests", "nowhere.jsonl"], "nowhere.jsonl: can't be read: No such file or directory"),
        (["--requests", "empty.jsonl"], "empty.jsonl: holds no request"),
        (["--requests", "empty.jsonl", "-o", "no/such/folder"], "no/such/folder: can't be written: No such file or directory"),
        (["--requests", "empty.jsonl", "--action", "s3:GetObject"], "--requests: goes without --action; each line has"),
        (["--requests", "empty.jsonl", "--resource-policy", "x"], "--requests: goes without --resource-policy"),
        (["--requests", "empty.jsonl", "--persona", "x"], "--requests: goes without --persona"),
        (["--requests", "empty.jsonl", "empty.jsonl"], "--requests: goes without POLICY"),
        (["policy.json"], "--action: is missing; such as s3:GetObject; or give a batch, --requests"),
        (["policy.json", "--action", "s3:GetObject", "--resource-account", "x"], "--resource-account: `x` is not an account"),
        (["policy.json", "--action", "s3:GetObject", "--scp", "[].json"], "[].json:1: holds no policy document"),
        (["policy.json", "--action", "s3:GetObject", "--scp", "nowhere.json"], "nowhere.json: can't be read"),
        (["policy.json", "--action", "s3:GetObject", "--boundary-policy", "two.json"], "--boundary-policy: there can be one, not 2"),
        (["policy.json", "--action", "s3:GetObject", "--rcp", "policy.json"], "policy.json:4: in `Statement[0]`: a statement has exactly one of Principal"),
        (["policy.json", "--action", "s3:GetObject", "--resource-policy", "bucket.json"], "and the request does not say; give the"),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(args: list[str], problem: str, run: "Run") -> None:
    """What does not go together, can't be read or is no such policy is said with the place."""
    Path("empty.jsonl").write_text("\n")
    Path("[].json").write_text("[]")
    Path("policy.json").write_text(to_json(READS))
    Path("two.json").write_text(to_json([READS, READS]))
    Path("bucket.json").write_text(to_json(document(allow("s3:*", Principal={"AWS": ROLE}))))
    ran = run("simulate", *args)
    assert ran.code == 2
    assert len(ran.errors) == 1
    assert problem in ran.errors[0], ran.errors


ASKED = ("--action", "s3:GetObject", "--resource", OBJECT, "--principal", ROLE)


def written(**files: Any) -> None:
    """Write policy files by name."""
    for name, data in files.items():
        Path(f"{name}.json").write_text(to_json(data))


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([], "Allowed"),
        (["--boundary-policy", "keys.json"], "ImplicitlyDenied"),
        (["--session-policy", "keys.json"], "ImplicitlyDenied"),
        (["--session-policy", "keys.json", "--session-policy", "reads.json"], "Allowed"),
        (["--scp", "reads.json"], "Allowed"),
        (["--scp", "keys.json"], "ImplicitlyDenied"),
        (["--scp", "reads.json", "--scp", "denies.json"], "ExplicitlyDenied"),
        (["--rcp", "bucket-denies.json"], "ExplicitlyDenied"),
        (["--vpc-endpoint-policy", "bucket.json"], "Allowed"),
        (["--vpc-endpoint-policy", "bucket-denies.json"], "ExplicitlyDenied"),
        (["--resource-account", THERE], "ImplicitlyDenied"),
        (["--resource-account", THERE, "--resource-policy", "bucket.json"], "Allowed"),
        (["--resource-policy", "bucket-denies.json"], "ExplicitlyDenied"),
    ],
)
def test_each_layer_has_its_option(args: list[str], expected: str, run: "Run") -> None:
    """A file of each layer decides as that layer does."""
    written(
        reads=READS, keys=document(allow("kms:*")), denies=document(deny("s3:*")),
        bucket=document(allow("s3:*", Principal="*")), **{"bucket-denies": document(deny("s3:*", Principal="*"))},
    )  # fmt: skip
    assert run("simulate", "reads.json", *ASKED, *args, "--expect", expected).code == 0


def test_scps_that_only_deny_stand_beside_full_access(run: "Run") -> None:
    """A list as `rolemgr scp` writes it is taken with the SCP that AWS attaches everywhere, and a note says so."""
    written(reads=READS, scp=[document(deny("kms:*")), document(deny("iam:*"))])
    ran = run("simulate", "reads.json", *ASKED, "--scp", "scp.json", "--expect", "Allowed")
    assert ran.code == 0
    assert any("FullAWSAccess" in note for note in ran.notes)


def test_a_key_policy_that_is_not_given_is_noted(run: "Run") -> None:
    """One request without a key policy is decided as under the default one."""
    written(keys=document(allow("kms:Decrypt")), key=document(allow("kms:*", Principal={"AWS": THERE})))
    asked = ("keys.json", "--action", "kms:Decrypt", "--resource", KEY, "--principal", ROLE)
    ran = run("simulate", *asked, "--expect", "Allowed")
    assert ran.code == 0
    assert ran.notes == ["the key policy is taken to leave access to IAM policies; give it with --resource-policy"]
    ran = run("simulate", *asked, "--resource-policy", "key.json", "--expect", "ImplicitlyDenied")
    assert (ran.code, ran.notes) == (0, [])
    assert "the policy of a KMS key must name the principal" in " ".join(ran.stdout.split())


def test_a_service_asks_by_a_role_s_trust_policy(run: "Run") -> None:
    """The role that `create` wrote is the trust policy's file, and no persona is chosen."""
    assert run("create", "--persona", "sagemaker-compute", "-o", "role.json").code == 0
    source = ("--context", f"aws:SourceAccount={HERE}")
    arn = ("--context", f"aws:SourceArn=arn:aws:sagemaker:us-east-1:{HERE}:training-job/x")
    asked = (
        "--action",
        "sts:AssumeRole",
        "--resource",
        f"arn:aws:iam::{HERE}:role/sagemaker-compute",
        "--resource-policy",
    )
    sagemaker = ("--principal", "sagemaker.amazonaws.com")
    assert run("simulate", *sagemaker, *asked, "role.json", *source, *arn, "--expect", "Allowed").code == 0
    assert run("simulate", *sagemaker, *asked, "role.json", "--expect", "ImplicitlyDenied").code == 0
    assert run("simulate", "--principal", "lambda.amazonaws.com", *asked, "role.json", *source, *arn).stdout.startswith(
        "ImplicitlyDenied"
    )


def test_the_answer_says_which_layers_lack_an_allow(run: "Run") -> None:
    """As data and as a page: the layers, the statements that came near, the keys that are absent."""
    written(
        reads=READS,
        bucket=document(allow("s3:*", Principal={"AWS": THERE}, Condition={"Bool": {"aws:SecureTransport": True}})),
    )
    args = ("simulate", "reads.json", *ASKED, "--resource-account", THERE, "--resource-policy", "bucket.json")
    found = json.loads(run(*args, "--format", "json").stdout)
    assert found["notAllowedBy"] == [{"layer": "resource policy", "level": None}]
    assert [(miss["layer"], miss["sid"], len(miss["reasons"])) for miss in found["nearMisses"]] == [
        ("resource policy", "Yes", 2)
    ]
    page = " ".join(run(*args).stdout.split())
    for part in (
        "no Allow in the resource policy",
        "Allow identity policy (policy 0): `Yes` matched",
        "Principal wants `444455556666`",
        "both sides",
    ):
        assert part in page


def test_single_and_batch_decide_alike(run: "Run") -> None:
    """The same layers give the same decision either way."""
    scp = document(allow("*"), deny("s3:*"))
    layers = {"identityPolicies": [READS], "serviceControlPolicies": [[scp]]}
    written(reads=READS, scp=scp)
    single = json.loads(run("simulate", "reads.json", *ASKED, "--scp", "scp.json", "--format", "json").stdout)
    assert single["decision"] == decision(run, layers) == "ExplicitlyDenied"
    assert [one["layer"] for one in single["by"]] == ["service control policy"]


def test_the_help_has_a_line_that_is_understood(run: "Run") -> None:
    """With all keys that a line may have, and an example that works as it stands."""
    text = run("simulate", "--help").stdout
    assert all(name in text for name in LAYERS)
    (example,) = re.findall(r"printf '%s' (.*?)\\\n +\| rolemgr simulate --requests -", text, re.DOTALL)
    (found,) = answers(run, "".join(re.findall(r"'([^']*)'", example)))
    assert found == {"id": 1, "decision": "Allowed"}
