"""What the AWS CLI prints, in each command and at each option that takes a policy: read as what it is, or refused."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

ACCOUNT: Final = "arn:aws:iam::111122223333"
OBJECT: Final = "arn:aws:s3:::acme/a.csv"
ASKED: Final = ("--action", "s3:GetObject", "--resource", OBJECT, "--principal", f"{ACCOUNT}:role/a")


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy of *statements*, each an Allow unless it says otherwise."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}


READ: Final = document({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"})
ALL: Final = document({"Action": "*", "Resource": "*"})
OF_BUCKET: Final = document(
    {"Principal": {"AWS": f"{ACCOUNT}:role/a"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
)
OF_RCP: Final = document({"Principal": "*", "Action": "s3:*", "Resource": "*", "Effect": "Deny"})
TRUST: Final = document({"Principal": {"AWS": f"{ACCOUNT}:root"}, "Action": "sts:AssumeRole"})


def text(value: Any) -> str:
    """Return *value* as the text of JSON."""
    return json.dumps(value)


def role(name: str, *arns: str) -> dict[str, Any]:
    """Return a role of account details, with an inline policy and managed policies of *arns*."""
    return {
        "RoleName": name, "AssumeRolePolicyDocument": TRUST,
        "RolePolicyList": [{"PolicyName": "x", "PolicyDocument": READ}],
        "AttachedManagedPolicies": [{"PolicyName": "m", "PolicyArn": arn} for arn in arns],
    }  # fmt: skip


def managed(name: str, policy: dict[str, Any]) -> dict[str, Any]:
    """Return a managed policy of account details."""
    version = {"Document": policy, "VersionId": "v1", "IsDefaultVersion": True}
    return {"PolicyName": name, "Arn": f"{ACCOUNT}:policy/{name}", "PolicyVersionList": [version]}


def details(*roles: dict[str, Any], policies: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Return the answer of get-account-authorization-details."""
    return {"RoleDetailList": [*roles], "UserDetailList": [], "GroupDetailList": [], "Policies": [*policies]}


def organization(kind: str, policy: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of describe-policy of Organizations."""
    return {"Policy": {"PolicySummary": {"Type": kind}, "Content": text(policy)}}


ANSWERS: Final[dict[str, tuple[Any, set[str]]]] = {
    "get-role": ({"Role": {"RoleName": "a", "AssumeRolePolicyDocument": TRUST}}, {"trust"}),
    "get-role-policy": ({"RoleName": "a", "PolicyName": "x", "PolicyDocument": READ}, {"identity"}),
    "get-policy-version": ({"PolicyVersion": {"Document": READ, "VersionId": "v1"}}, {"identity", "boundary", "session"}),
    "get-policy": ({"Policy": {"PolicyName": "m", "DefaultVersionId": "v1"}}, set()),
    "details-of-one": (details(role("a"), policies=(managed("other", ALL),)), {"identity", "trust"}),
    "details-of-two": (details(role("a"), role("b")), set()),
    "list-roles": ({"Roles": [{"RoleName": name, "AssumeRolePolicyDocument": TRUST} for name in "ab"]}, set()),
    "get-bucket-policy": ({"Policy": text(OF_BUCKET)}, {"resource"}),
    "get-rest-api": ({"id": "x", "policy": text(text(OF_BUCKET))[1:-1]}, {"resource"}),
    "get-resource-policy-glue": ({"PolicyInJson": text(OF_BUCKET)}, {"resource"}),
    "get-resource-policies-glue": ({"GetResourcePoliciesResponseList": [{"PolicyInJson": text(OF_BUCKET)}]}, {"resource"}),
    "get-resource-policies-of-two": (
        {"GetResourcePoliciesResponseList": [{"PolicyInJson": text(OF_BUCKET)}, {"PolicyInJson": text(OF_BUCKET)}]}, set(),
    ),
    "get-domain-permissions-policy": ({"policy": {"document": text(OF_BUCKET)}}, {"resource"}),
    "established": ({"Policy": {"Established": {"Policy": text(OF_BUCKET)}}}, {"resource"}),
    "proposed": ({"Policy": {"Proposed": {"Policy": text(OF_BUCKET)}}}, set()),
    "get-topic-attributes": ({"Attributes": {"Policy": text(OF_BUCKET)}}, {"resource"}),
    "get-topic-attributes-empty": ({"Attributes": {"Policy": ""}}, set()),
    "describe-resource-policy": ({"ResourcePolicy": {"Content": text(OF_BUCKET)}}, {"resource"}),
    "describe-policy-scp": (organization("SERVICE_CONTROL_POLICY", ALL), {"scp"}),
    "describe-policy-rcp": (organization("RESOURCE_CONTROL_POLICY", OF_RCP), {"rcp"}),
    "describe-policy-tag": (organization("TAG_POLICY", {"tags": {}}), set()),
    "describe-effective-policy": ({"EffectivePolicy": {"PolicyType": "TAG_POLICY", "PolicyContent": text(ALL)}}, set()),
    "describe-vpc-endpoints": ({"VpcEndpoints": [{"VpcEndpointId": "e", "PolicyDocument": text(OF_BUCKET)}]}, {"endpoint"}),
    "describe-vpc-endpoints-without": (
        {"VpcEndpoints": [{"PolicyDocument": text(OF_BUCKET)}, {"VpcEndpointId": "f"}]}, set(),
    ),
    "describe-user-transfer": ({"User": {"Policy": text(READ)}}, {"session"}),
}  # fmt: skip
"""Each answer and the uses of the policies in it; none where it is refused everywhere."""
OPTIONS: Final = {
    "scp": "--scp", "rcp": "--rcp", "boundary": "--boundary-policy", "session": "--session-policy",
    "resource": "--resource-policy", "trust": "--resource-policy", "endpoint": "--vpc-endpoint-policy",
}  # fmt: skip
TEST_KEYS: Final = {use: option[2:].replace("-", "_") for use, option in OPTIONS.items()}
NOT_JUDGED: Final = {
    "get-policy",
    "proposed",
    "get-topic-attributes-empty",
    "describe-policy-tag",
    "describe-effective-policy",
}
"""Answers without a policy that IAM judges: `check` has nothing to look at."""


@pytest.fixture(params=["json", "yaml"])
def suffix(request: pytest.FixtureRequest) -> str:
    """Return how the CLI's --output writes."""
    return str(request.param)


def written(name: str, suffix: str) -> str:
    """Write the answer *name*; return its file."""
    data = ANSWERS[name][0]
    made = json.dumps(data, indent=1) if suffix == "json" else yaml.safe_dump(data)
    Path(f"{name}.{suffix}").write_text(made)
    Path("plain.json").write_text(json.dumps(READ))
    return f"{name}.{suffix}"


def asked(use: str, file: str) -> tuple[str, ...]:
    """Return the arguments that give *file* to a command for *use*, with the request to ask."""
    if use == "trust":
        return ("--action", "sts:AssumeRole", "--resource", f"{ACCOUNT}:role/a", "--principal", f"{ACCOUNT}:role/b",
                "--resource-policy", file)  # fmt: skip
    return (*ASKED, OPTIONS[use], file)


@pytest.mark.sampled(200)
@pytest.mark.parametrize("use", ["identity", *OPTIONS])
@pytest.mark.parametrize("name", ANSWERS)
def test_simulate_and_diagnose(name: str, use: str, suffix: str, run: "Run") -> None:
    """An option takes what is meant for it, and one line refuses the rest."""
    file = written(name, suffix)
    for command in ("simulate", "diagnose"):
        identity = ("--policy", "plain.json") if command == "diagnose" else ("plain.json",)
        own = ("--policy", file) if command == "diagnose" else (file,)
        ran = run(command, *own, *ASKED) if use == "identity" else run(command, *identity, *asked(use, file))
        if use in ANSWERS[name][1]:
            assert (ran.code in (0, 1), ran.errors, bool(ran.stdout)) == (True, [], True), ran
        else:
            assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1), ran


@pytest.mark.sampled(100)
@pytest.mark.parametrize("use", ["identity", *OPTIONS])
@pytest.mark.parametrize("name", ANSWERS)
def test_policy_tests(name: str, use: str, run: "Run") -> None:
    """`test` reads the files that a test names as `simulate` does."""
    file = written(name, "json")
    policies = file if use == "identity" else "plain.json"
    layers = {} if use == "identity" else {TEST_KEYS[use]: file}
    request = {"action": "s3:GetObject", "resource": OBJECT}
    if use == "trust":
        request = {"action": "sts:AssumeRole", "resource": f"{ACCOUNT}:role/a"}
    case = {"name": "x", "request": request, "expect": "Allowed"}
    tests = {"policies": policies, "principal": f"{ACCOUNT}:role/a", **layers, "cases": [case]}
    Path("t.yaml").write_text(yaml.safe_dump(tests))
    ran = run("test", "t.yaml")
    if use in ANSWERS[name][1]:
        assert (ran.code in (0, 1), ran.errors) == (True, []), ran
    else:
        assert (ran.code, ran.stdout) == (2, ""), ran


@pytest.mark.parametrize("name", ANSWERS)
def test_check(name: str, suffix: str, run: "Run") -> None:
    """`check` looks at every policy of an answer, whosever it is; where there is none, it says why."""
    ran = run("check", written(name, suffix))
    assert (ran.code == 2) is (name in NOT_JUDGED), ran
    assert ("1 place not judged" in ran.stdout) is (name == "describe-vpc-endpoints-without")


@pytest.mark.parametrize("name", ANSWERS)
def test_diff_with_itself(name: str, suffix: str, run: "Run") -> None:
    """`diff` tells the type of an answer from itself, without --type."""
    file = written(name, suffix)
    ran = run("diff", file, file)
    assert ran.code == (0 if ANSWERS[name][1] else 2), ran
    assert len(ran.errors) == (0 if ANSWERS[name][1] else 1)


@pytest.mark.parametrize(
    "name", [name for name, (_, uses) in ANSWERS.items() if uses and not uses & {"identity", "session"}]
)
def test_diff_with_another_type(name: str, run: "Run") -> None:
    """What an identity policy allows and what an SCP lets through are two things, also where they read the same."""
    ran = run("diff", "plain.json", written(name, "json"))
    assert (ran.code, ran.stdout) == (2, "")
    assert "is of another type than plain.json" in ran.stderr


def test_the_wrong_kind_is_named_with_its_option(run: "Run") -> None:
    """An RCP grants nothing: as a resource policy it would have."""
    ran = run("simulate", "plain.json", *ASKED, "--resource-policy", written("describe-policy-rcp", "json"))
    assert ran.errors == [
        "describe-policy-rcp.json:1: holds no resource policy, but a resource control policy; --rcp takes it"
    ]


def test_a_policy_counts_where_it_is_attached(run: "Run") -> None:
    """By the ARN; what nobody has does not count, and what stands elsewhere is said."""
    arn, elsewhere = f"{ACCOUNT}:policy/m", f"{ACCOUNT}:policy/elsewhere"
    policies = (managed("m", document({"Action": "s3:ListBucket", "Resource": "*"})), managed("nobody", ALL))
    Path("d.json").write_text(text(details(role("a", arn), policies=policies)))
    assert run("simulate", "d.json", "--action", "s3:ListBucket").code == 0
    assert "Allowed" in run("simulate", "d.json", "--action", "s3:ListBucket", "--resource", "arn:aws:s3:::acme").stdout
    assert (
        "ImplicitlyDenied"
        in run("simulate", "d.json", "--action", "s3:DeleteBucket", "--resource", "arn:aws:s3:::acme").stdout
    )
    Path("d.json").write_text(text(details(role("a", elsewhere), policies=policies)))
    ran = run("simulate", "d.json", "--action", "s3:ListBucket", "--resource", "arn:aws:s3:::acme")
    assert (ran.code, "NotKnown" in ran.stdout) == (1, True)
    said = "d.json:1: AttachedManagedPolicies is not judged; the file has its ARNs only"
    assert ran.notes == [said]
    case = {"name": "x", "request": {"action": "s3:GetObject", "resource": OBJECT}, "expect": "Allowed"}
    Path("t.yaml").write_text(yaml.safe_dump({"policies": "d.json", "cases": [case]}))
    assert said in run("test", "t.yaml").notes


def test_several_roles_are_named(run: "Run") -> None:
    """With a way to ask for one."""
    [line] = run("simulate", written("details-of-two", "json"), *ASKED).errors
    assert "holds the policies of role `a`, role `b`, which do not act together" in line
    assert "RoleDetailList[?RoleName=='NAME']" in line


def test_check_knows_a_text_of_the_same_answer(run: "Run") -> None:
    """An attached policy is judged with each role that has it, and is not called unknown."""
    arn = f"{ACCOUNT}:policy/m"
    for roles in ((role("a", arn),), (role("a", arn), role("b", arn))):
        Path("d.json").write_text(text(details(*roles, policies=(managed("m", ALL),))))
        ran = run("check", "d.json")
        assert "not judged" not in ran.stdout
        assert "RM601" in ran.stdout


def test_one_key_policy(run: "Run") -> None:
    """A second document is not dropped unseen."""
    Path("keys.json").write_text(text([OF_BUCKET, OF_BUCKET]))
    Path("plain.json").write_text(text(READ))
    ran = run("diagnose", "--policy", "plain.json", *ASKED, "--key-policy", "keys.json")
    assert ran.errors == ["--key-policy: there can be one, not 2"]


def test_a_large_account_is_read(run: "Run") -> None:
    """Account details are far over the size of a policy file."""
    others = tuple(managed(f"p{number}", READ) for number in range(4000))
    Path("d.json").write_text(json.dumps(details(role("a"), policies=others), indent=4))
    assert Path("d.json").stat().st_size > 2**20
    assert "Allowed" in run("simulate", "d.json", *ASKED).stdout


def test_a_policy_of_another_resource_is_questioned(run: "Run") -> None:
    """It neither allows nor denies the request, which looks like an answer."""
    policy = write(
        "p.json", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    )
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}
    bucket = write("b.json", {"Version": "2012-10-17", "Statement": [deny]})
    asked = ("simulate", policy, "--action", "s3:GetObject", "--resource-policy", bucket, "--resource")
    text = "--resource-policy: no statement is about arn:aws:s3:::acme/k: is it the policy of another resource?"
    assert text in run(*asked, "arn:aws:s3:::acme/k").notes
    assert not [one for one in run(*asked, "arn:aws:s3:::other/k").notes if "another resource" in one]
    assert text in json.loads(run(*asked, "arn:aws:s3:::acme/k", "--format", "json", "-q").stdout)["notes"]


def test_a_policy_of_a_resource_is_told_as_an_identity_s(run: "Run") -> None:
    """And the name that others give to the cases of a policy test."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
    bucket = write("b.json", {"Version": "2012-10-17", "Statement": [allow]})
    ran = run("simulate", bucket, "--action", "s3:GetObject", "--resource", "arn:aws:s3:::acme/a")
    assert ran.code == 2
    assert "it is the policy of a resource (--resource-policy takes it" in ran.errors[0]
    Path("t.yaml").write_text("policies: b.json\ntests:\n- name: x\n")
    assert run("test", "t.yaml").errors == ["t.yaml:2: unknown key `tests`; did you mean cases?"]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--action", "sagemaker:CreateTraningJob"), "--action: unknown action `sagemaker:CreateTraningJob`"),
        (("--action", "s3:GetObject", "--context", "sagemaker:InstanceType=x"), "--context: unknown"),
        (("--action", "s3:GetObject", "--resource", "arn:aws:iam::1:role/x"), "--resource: "),
        (("--action", "sagemaker:CreateModel", "--rcp", "rcp.json"), "--rcp: "),
    ],
)  # fmt: skip
def test_what_is_doubtful_stands_in_the_answer(run: "Run", words: tuple[str, ...], part: str) -> None:
    """A program that reads the JSON, with notes left out, sees that a typing error was asked for."""
    policy = write(
        "p.json", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}
    )
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    write("rcp.json", {"Version": "2012-10-17", "Statement": [deny]})
    found = json.loads(run("simulate", policy, *words, "--format", "json", "-q").stdout)
    assert [one for one in found["notes"] if one.startswith(part)]
