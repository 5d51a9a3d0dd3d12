"""Resource policies: what the named may do across accounts, what nobody else may, and that no statement is idle."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from jsonschema import Draft202012Validator
from tests.conftest import Run
from tests.export.test_terraform import PLUGINS, needs_terraform
from tests.export.test_terraform import _terraform as terraform

from rolemgr.catalog.load import Catalog
from rolemgr.check.document import Document
from rolemgr.check.read import read
from rolemgr.check.run import check
from rolemgr.errors import InputError, SourceLocation
from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request
from rolemgr.export import resource_policy
from rolemgr.files.write import to_template
from rolemgr.files.yaml import read_yaml
from rolemgr.iam.documents import IdentityPolicy, PolicyType, ResourcePolicy
from rolemgr.layers.resource_policy import ComposedResourcePolicy, compose_resource_policy, merged
from rolemgr.layers.resource_values import resource_values
from rolemgr.layers.values import GivenValue
from rolemgr.reference.quirks import quota
from rolemgr.workflow.schemas import schema_of

WAYS: dict[str, Any] = read_yaml(Path(__file__).with_name("resource_ways.yaml")).data
CATALOG = Catalog()
KINDS = sorted(CATALOG.found("resource_policies"))
TOP = Path(__file__).parents[2]
ADMINISTRATOR = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
CALLERS = {**WAYS["callers"], "owner": f"arn:aws:iam::{WAYS['owner']}:role/admin"}
ENDPOINT: dict[str, Any] = {"service": ["s3"], "region": ["eu-west-1"], "organization": [WAYS["organization"]]}


def made(kind: str, resource: str | None = None, **parameters: Any) -> ComposedResourcePolicy:
    """Return the policy of *kind* with *parameters*, in which callers go by their names."""
    given = {
        name: GivenValue(tuple(CALLERS.get(one, one) for one in texts), SourceLocation("test"))
        for name, texts in parameters.items()
    }
    pattern = CATALOG.resource_pattern(kind)
    return compose_resource_policy(kind, pattern, resource_values(kind, pattern, resource, given))


def example(kind: str) -> ComposedResourcePolicy:
    """Return the policy of *kind* with everything that it can have."""
    if kind == "vpc-endpoint":
        return made(kind, **ENDPOINT, endpoint=["vpce-0a1b2c3d"])
    way = WAYS["kinds"][kind]
    return made(kind, way["resource"], **way["parameters"])


def decision(
    kind: str, asked: list[Any], document: ResourcePolicy, identity: IdentityPolicy | None = ADMINISTRATOR
) -> str:
    """Return the decision on a request of the list, across accounts."""
    who, action, resource, *more = asked
    principal = CALLERS.get(who, who)
    keys = {"aws:SecureTransport": "true", "aws:PrincipalOrgID": WAYS["organization"], **(more[0] if more else {})}
    if who.endswith(".amazonaws.com") or who == "stranger":
        del keys["aws:PrincipalOrgID"]
    target = WAYS["kinds"][kind]["resource"] if resource == "SELF" else resource
    request = Request.known(action, target, keys, principal, WAYS["owner"])
    policies = Policies(identity=(identity,) if identity and principal.startswith("arn:") else (), resource=document)
    return str(evaluate(request, policies).decision)


REQUESTS = [
    (kind, way, one) for kind, found in WAYS["kinds"].items() for way in ("allowed", "denied") for one in found[way]
]


@pytest.mark.parametrize(("kind", "way", "asked"), REQUESTS, ids=str)
def test_the_named_and_nobody_else(kind: str, way: str, asked: list[Any]) -> None:
    """Both sides are needed: what is allowed is not without the caller's own policies, or the resource's."""
    document = example(kind).document
    assert (decision(kind, asked, document) == "Allowed") == (way == "allowed")
    is_role = asked[0] in CALLERS
    if way == "allowed" and is_role:
        assert decision(kind, asked, document, identity=None) != "Allowed"


@pytest.mark.parametrize("kind", sorted(WAYS["kinds"]))
def test_each_statement_is_needed(kind: str) -> None:
    """Take any one away, and something that is to work fails, or something that is to fail works."""
    document = example(kind).document
    way = WAYS["kinds"][kind]
    for place, statement in enumerate(document.statement):
        rest = document.model_copy(update={"statement": document.statement[:place] + document.statement[place + 1 :]})
        broken = [one for one in way["allowed"] if decision(kind, one, rest) != "Allowed"]
        opened = [one for one in way["denied"] if decision(kind, one, rest) == "Allowed"]
        assert broken or opened, statement.sid


@pytest.mark.parametrize("kind", sorted(WAYS["kinds"]))
def test_each_action_is_used(kind: str) -> None:
    """Every action of a statement that names people stands in a request that is allowed, but for ListModelPackages."""
    used = {one[1] for one in WAYS["kinds"][kind]["allowed"]}
    for statement in example(kind).document.statement:
        if statement.effect == "Allow" and statement.sid != "OwnAccount":
            assert set(statement.action or ()) - {"sagemaker:ListModelPackages"} <= used | {"kms:Decrypt"}, (
                statement.sid
            )


def test_no_condition_asks_for_the_source_of_a_role() -> None:
    """aws:SourceAccount and aws:SourceArn are in no request of a role: such an Allow would be dead."""
    for kind in KINDS:
        for statement in example(kind).document.statement:
            sources = {"aws:sourceaccount", "aws:sourcearn"} & statement.condition_keys()
            by_service = isinstance(statement.principal, dict) and "Service" in statement.principal
            assert not sources or by_service, (kind, statement.sid)


# --- VPC endpoints


def through(document: ResourcePolicy, action: str, resource: str, **keys: str) -> str:
    """Return the decision on a request of an administrator that goes through the endpoint."""
    context = {name.replace("__", ":"): value for name, value in keys.items()}
    request = Request.known(action, resource, context, "arn:aws:iam::111122223333:role/sagemaker-compute", None)
    return str(evaluate(request, Policies(identity=(ADMINISTRATOR,), vpc_endpoints=(document,))).decision)


OURS = {"aws__PrincipalOrgID": WAYS["organization"], "aws__PrincipalIsAWSService": "false"}


def test_an_endpoint_lets_through_what_is_the_organizations_and_aws_own_buckets() -> None:
    """Our principals to our resources, and to the buckets that SageMaker needs; not to anybody's."""
    document = example("vpc-endpoint").document
    ours = {**OURS, "aws__ResourceOrgID": WAYS["organization"]}
    foreign = {**OURS, "aws__ResourceOrgID": "o-zzzzzzzzzz"}
    assert through(document, "s3:GetObject", "arn:aws:s3:::acme/x", **ours) == "Allowed"
    assert through(document, "s3:PutObject", "arn:aws:s3:::thief/x", **foreign) != "Allowed"
    for name in ("jumpstart-cache-prod-eu-west-1", "prod-eu-west-1-starport-layer-bucket", "sagemaker-sample-files"):
        assert through(document, "s3:GetObject", f"arn:aws:s3:::{name}/x", **foreign) == "Allowed", name
        assert through(document, "s3:PutObject", f"arn:aws:s3:::{name}/x", **foreign) != "Allowed", name


@pytest.mark.parametrize("service", ["s3", "ecr.api", "ecr.dkr", "sagemaker.api", "sagemaker.runtime", "kms"])
@pytest.mark.parametrize("who", [{"organization": ["o-a1b2c3d4e5"]}, {"accounts": ["111122223333", "444455556666"]}])
def test_an_endpoint_policy_always_allows(service: str, who: dict[str, Any]) -> None:
    """And AWS's own buckets and images go through the endpoints of their services alone."""
    document = made("vpc-endpoint", service=[service], region=["eu-west-1"], **who).document
    sids = {one.sid for one in document.statement}
    assert all(one.effect == "Allow" for one in document.statement)
    assert any(str(sid).startswith("AwsBuckets") for sid in sids) == (service == "s3")
    assert any(str(sid).startswith("AwsImages") for sid in sids) == service.startswith("ecr.")
    assert not any(str(sid).endswith("ForOrganization") for sid in sids) or "organization" in who


# --- what others judge


@pytest.mark.parametrize("kind", KINDS)
def test_check_finds_no_fault(kind: str) -> None:
    """No error and no warning on security."""
    type_ = PolicyType.ENDPOINT if kind == "vpc-endpoint" else PolicyType.RESOURCE
    raw = example(kind).document.to_json_value()
    found = check([read(Document("policy.json", type_, raw, lambda _: None))])
    assert [f"{one.rule} {one.message}" for one in found if one.severity in ("ERROR", "SECURITY_WARNING")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_cloudformation_takes_it_or_says_what_does(kind: str) -> None:
    """No error and no warning of cfn-lint."""
    found = example(kind)
    if found.pattern.cloudformation is None:
        with pytest.raises(InputError, match="can't give a policy"):
            resource_policy.template(kind, found.pattern, found.values, found.document)
        return
    text = to_template(resource_policy.template(kind, found.pattern, found.values, found.document))
    assert [str(one) for one in lint(text, config=ManualArgs(regions=["us-east-1"]))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_script_is_right_for_shellcheck(kind: str) -> None:
    """And its commands and options are the AWS CLI's, by botocore."""
    found = example(kind)
    text = resource_policy.script(kind, found.pattern, found.values, found.document)
    program = shutil.which("shellcheck") or str(Path(sys.executable).with_name("shellcheck"))
    done = subprocess.run([program, "-"], input=text, capture_output=True, text=True, check=False)
    assert done.stdout == ""


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_are_operations_of_aws(kind: str) -> None:
    """Service, operation and each option, by the models of botocore."""
    from botocore import xform_name
    from botocore.session import get_session

    commands = CATALOG.resource_pattern(kind).value.aws_cli
    for service, command, *options in (commands.get, commands.put):
        model = get_session().get_service_model({"s3api": "s3"}.get(service, service))
        operations = {xform_name(one, "-"): one for one in model.operation_names}
        assert command in operations
        members = {
            f"--{xform_name(one, '-')}" for one in model.operation_model(operations[command]).input_shape.members
        }
        assert {one for one in options if one.startswith("--")} - {"--query"} <= members


@pytest.mark.parametrize("kind", KINDS)
def test_terraform_reads_text_alone(kind: str) -> None:
    """No expression in it, and the policy is the one that was composed."""
    found = example(kind)
    [[resource]] = [
        one.values()
        for one in resource_policy.module(kind, found.pattern, found.values, found.document)["resource"].values()
    ]
    text = resource[found.pattern.terraform.policy]
    assert "${" not in text.replace("$${", "")
    assert json.loads(text.replace("$${", "${")) == found.document.to_json_value()


@pytest.mark.parametrize("kind", KINDS)
def test_each_pattern_is_valid(kind: str) -> None:
    """By the schema that editors use."""
    data = read_yaml(TOP / "resource_policies" / f"{kind}.yaml").data
    assert not list(Draft202012Validator(schema_of("resource-pattern")).iter_errors(data))


@pytest.mark.parametrize("kind", KINDS)
def test_the_quota_holds(kind: str) -> None:
    """A policy over it is refused with both numbers, one near it loses its indentation."""
    found = example(kind)
    limit = quota(found.pattern.quota)
    assert len(resource_policy.policy_text(found.pattern, found.document)) <= limit
    many = found.document.model_copy(update={"statement": found.document.statement * (limit // 400)})
    with pytest.raises(InputError, match="its quota is"):
        resource_policy.policy_text(found.pattern, many)


# --- merging, and what can't be


def policy(*statements: dict[str, Any]) -> ResourcePolicy:
    """Return a resource policy."""
    return ResourcePolicy.model_validate({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_merge_keeps_what_is_there() -> None:
    """Byte for byte what was there, and ours once; a Sid that is taken stays with who had it."""
    ours = example("bucket").document
    theirs = {"Sid": "ReadObjects", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::x"}
    there = policy(theirs, ours.to_json_value()["Statement"][1])
    found = merged(there, ours)
    assert found.document.statement[:2] == there.statement
    sids = [one.sid for one in found.document.statement]
    assert len(sids) == len(set(sids)) == 1 + len(ours.statement)
    assert "ReadObjects2" in sids
    again = merged(found.document, ours)
    assert again.document == found.document


def test_a_merge_says_what_it_lets_through(run: Run, tmp_path: Path) -> None:
    """By a request, on stderr; the policy goes to stdout."""
    owner = {
        "Sid": "Own",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    file = tmp_path / "key.json"
    file.write_text(json.dumps(policy(owner).to_json_value()))
    key = WAYS["kinds"]["key"]["resource"]
    args = ("resource-policy", "key", "--resource", key, "--merge", str(file), "--reader-role", CALLERS["reader"])
    ran = run(*args)
    assert ran.code == 0, ran.stderr
    assert [one["Sid"] for one in json.loads(ran.stdout)["Statement"]] == ["Own", "ReadThroughServices"]
    assert any("lets through: kms:Decrypt" in text for text in ran.notes)
    file.write_text(ran.stdout)
    assert any("nothing is let through or stopped" in text for text in run(*args).notes)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["bucket", "--reader-role", CALLERS["reader"]], "needs the ARN of the resource"),
        (["bucket", "--resource", "arn:aws:s3:::acme/*", "--reader-role", CALLERS["reader"]], "is not the ARN of"),
        (["bucket", "--resource", "arn:aws:sns:eu-west-1:444455556666:ml"], "is not the ARN of"),
        (["bucket", "--resource", "arn:aws:s3:::acme"], "would let nobody in"),
        (["key", "--resource", "arn:aws:kms:eu-west-1:444455556666:key/1"], "would let nobody in"),
        (["bucket", "--resource", "arn:aws:s3:::acme", "--reader-role", "arn:aws:iam::111122223333:role/*"], "is not a role's ARN"),
        (["bucket", "--resource", "arn:aws:s3:::acme", "--reader-role", "arn:aws:iam::111122223333:root"], "is not a role's ARN"),
        (["bucket", "--resource", "arn:aws:s3:::acme", "--parameter", "reader=x"], "unknown parameter `reader`"),
        (["bukket", "--resource", "arn:aws:s3:::acme"], "did you mean"),
        (["vpc-endpoint", "--org-id", "o-a1b2c3d4e5"], "needs service"),
        (["vpc-endpoint", "--parameter", "service=s3", "--parameter", "region=eu-west-1"], "would let nobody in"),
        (["vpc-endpoint", "--resource", "arn:aws:s3:::a"], "names no resource of its own"),
        (["vpc-endpoint", "--parameter", "service=s3", "--parameter", "region=eu-west-1", "--org-id", "o-a1b2c3d4e5", "--format", "terraform"], "needs the parameter endpoint"),
        (["bucket", "--resource", "arn:aws:s3:::acme", "--org-id", "x", "--reader-role", CALLERS["reader"]], "is not an organization's id"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line(run: Run, args: list[str], problem: str) -> None:
    """Exit 2, nothing on stdout, and what is wrong."""
    ran = run("resource-policy", *args)
    assert (ran.code, ran.stdout) == (2, "")
    assert problem in "".join(ran.errors), ran.stderr


def test_names_of_aws_partitions_come_from_the_resource() -> None:
    """A key in China is used through S3's name there."""
    document = made(
        "key", "arn:aws-cn:kms:cn-north-1:444455556666:key/1", readers=["arn:aws-cn:iam::111122223333:role/r"]
    ).document
    text = document.to_json()
    assert "s3.cn-north-1.amazonaws.com.cn" in text
    assert "arn:aws-cn:iam::444455556666:root" in text


@pytest.mark.nightly
@needs_terraform
def test_terraform_knows_the_resources(tmp_path: Path) -> None:
    """Its own judge: the names of resources and arguments, and that each policy is JSON."""
    for kind in KINDS:
        found = example(kind)
        (tmp_path / kind).mkdir()
        text = json.dumps(resource_policy.module(kind, found.pattern, found.values, found.document))
        (tmp_path / kind / "policy.tf.json").write_text(text)
    modules = {kind: {"source": f"./{kind}"} for kind in KINDS}
    (tmp_path / "main.tf.json").write_text(
        json.dumps({"provider": {"aws": {"region": "eu-west-1"}}, "module": modules})
    )
    mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{PLUGINS}"\n  }}\n}}\n'
    (tmp_path / "terraformrc").write_text(mirror)
    for command in (("init", "-input=false"), ("validate",)):
        assert terraform(tmp_path, *command) == ""
