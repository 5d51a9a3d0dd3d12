"""A blueprint in three accounts of one moto server over HTTP: planned, applied, tampered with, compared."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.blueprint.in_accounts import ACCOUNTS, Cloud, changed, findings
from tests.servers import reset, served

if TYPE_CHECKING:
    from tests.conftest import Run

OUTSIDER = "arn:aws:iam::999988887777:root"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Run a moto server."""
    with served() as found:
        yield found


@pytest.fixture
def cloud(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cloud:
    """Return three accounts with what the example names, and set the environment as somebody has it."""
    for name, value in {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    reset(address)
    made = Cloud(address)
    made.make()
    return made


def tamper(cloud: Cloud) -> None:
    """Change something in each layer that moto keeps: role policy, trust, boundary, and three kinds of resources."""
    iam = cloud.client("modelling", "iam")
    queue = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    iam.put_role_policy(
        RoleName="ml-training", PolicyName="by-hand",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [queue]}),
    )  # fmt: skip
    production = cloud.client("production", "iam")
    trust = production.get_role(RoleName="ml-serving")["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": OUTSIDER}, "Action": "sts:AssumeRole"})
    production.update_assume_role_policy(RoleName="ml-serving", PolicyDocument=json.dumps(trust))
    production.delete_role_permissions_boundary(RoleName="ml-deployer")
    s3 = cloud.client("data", "s3")
    text = s3.get_bucket_policy(Bucket="acme-curated")["Policy"]
    s3.put_bucket_policy(Bucket="acme-curated", Policy=changed(text, lambda listed: listed.pop()))  # the Deny
    work = cloud.client("modelling", "s3")
    text = work.get_bucket_policy(Bucket="acme-ml-work")["Policy"]
    other = {
        "Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": OUTSIDER}, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::acme-ml-work/*",
    }  # fmt: skip
    work.put_bucket_policy(Bucket="acme-ml-work", Policy=changed(text, lambda listed: listed.append(other)))
    kms = cloud.client("data", "kms")
    text = kms.get_key_policy(KeyId=cloud.key, PolicyName="default")["Policy"]
    kms.put_key_policy(KeyId=cloud.key, PolicyName="default", Policy=changed(text, lambda listed: listed.pop()))
    ecr = cloud.client("modelling", "ecr")
    ecr.delete_repository_policy(repositoryName="train")
    text = ecr.get_repository_policy(repositoryName="serve")["policyText"]
    ecr.set_repository_policy(
        repositoryName="serve", policyText=changed(text, lambda listed: listed[0].update({"Principal": "*"}))
    )


def test_applied_tampered_with_and_mended(run: "Run", cloud: Cloud) -> None:
    """What is applied has nothing to do and no drift; each layer that is changed is named, and mended again."""
    file = cloud.blueprint("blueprint.yaml", ("regions:", "with_boundary: true\nregions:"))
    planned = run("plan", file, "--format", "json")
    assert planned.code == 0, planned.stderr
    assert {one["action"] for account in json.loads(planned.stdout)["accounts"] for one in account["roles"]} == {
        "create"
    }
    assert run("apply", file, "--yes").code == 0
    again = json.loads(run("plan", file, "--format", "json").stdout)
    every = [one for account in again["accounts"] for one in (*account["roles"], *account["policies"])]
    assert (len(every), {one["action"] for one in every}) == (9, {"unchanged"})
    assert run("drift", file).stdout.endswith("\nno drift in 3 accounts\n")

    tamper(cloud)
    ran = run("drift", file, "--format", "json")
    assert ran.code == 1
    found = set(findings(json.loads(ran.stdout)))
    assert found == {
        ("modelling", "ml-training", "access-gained"),
        ("production", "ml-serving", "trust-gained"),
        ("production", "ml-deployer", "boundary-missing"),
        ("data", "acme-curated", "resource-policy-gained"),  # a Deny is gone
        ("data", f"key/{cloud.key}", "resource-policy-lost"),
        ("modelling", "acme-ml-work", "resource-policy-gained"),
        ("modelling", "repository/train", "resource-policy-missing"),
        ("modelling", "repository/serve", "resource-policy-gained"),
    }
    _mended(run, cloud, file)


def _mended(run: "Run", cloud: Cloud, file: str) -> None:
    """What others put in a policy stays until --prune."""
    kept = run("apply", file, "--update", "--yes")
    assert (
        "role arn:aws:iam::123456789012:role/ml-training has what the file does not: inline policy by-hand"
        in kept.stderr
    )
    work = cloud.client("modelling", "s3")
    assert "Partner" in work.get_bucket_policy(Bucket="acme-ml-work")["Policy"]
    assert "OnlyOverTls" in cloud.client("data", "s3").get_bucket_policy(Bucket="acme-curated")["Policy"]
    pruned = run("apply", file, "--update", "--prune", "--yes")
    assert (pruned.code, "take away statement `Partner`" in pruned.stderr) == (0, True)
    assert "Partner" not in work.get_bucket_policy(Bucket="acme-ml-work")["Policy"]


def test_one_account_that_fails_leaves_the_others_whole(run: "Run", cloud: Cloud) -> None:
    """No credentials for one, and of another for one: neither is touched; no policy is for a role of somebody else."""
    nobody = ('"111122223333", ou: ml}', '"111122223333", ou: ml, profile: nobody}')
    trust = {"Effect": "Allow", "Principal": {"AWS": OUTSIDER}, "Action": "sts:AssumeRole"}
    cloud.client("production", "iam").create_role(
        RoleName="ml-serving", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    ran = run("apply", cloud.blueprint("blueprint.yaml", nobody), "--yes", "--format", "json")
    assert ran.code == 3
    accounts = {one["name"]: one for one in json.loads(ran.stdout)["accounts"]}
    results = {name: [one["result"] for one in account["roles"]] for name, account in accounts.items()}
    assert results == {"data": [], "modelling": ["created", "created"], "production": ["created", "refused"]}
    assert "nobody" in accounts["data"]["problem"]
    named = "it names arn:aws:iam::444455556666:role/ml-serving, which is not there as the blueprint has it"
    assert {(one["result"], one["error"]) for one in accounts["modelling"]["policies"]} == {("failed", named)}
    assert "error: account data: " in ran.stderr

    wrong = ('"444455556666", ou: ml-prod}', '"444455556666", ou: ml-prod, assume: }')
    ran = run("drift", cloud.blueprint("other.yaml", nobody, wrong))
    assert ran.code == 3
    lines = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 2
    told = next(line for line in lines if "account production" in line)
    assert told.startswith("error: other.yaml:13: account production: the file says 444455556666 (aws), and the cred")
    assert told.endswith("nothing is touched; say `profile` or `assume` of the account in the blueprint")
    assert ran.stdout.endswith("2 not judged, which may differ\n")


def test_what_an_earlier_blueprint_left_is_named(run: "Run", cloud: Cloud) -> None:
    """Statements of a flow that is gone are drift, in an account that has nothing else; so are roles named."""
    assert run("apply", cloud.blueprint(), "--yes", "--account", "data,production").code == 0
    text = Path("blueprint.yaml").read_text("utf-8")
    gone = ("production/", "modelling/training reads data")
    Path("new.yaml").write_text(
        "".join(f"{one}\n" for one in text.splitlines() if not any(each in one for each in gone)), "utf-8"
    )
    ran = run("drift", "new.yaml", "--account", "data,production", "--format", "json")
    assert ran.code == 1
    data = json.loads(ran.stdout)
    assert list(findings(data)) == [
        ("data", "acme-curated", "resource-policy-gained"), ("data", "acme-curated", "resource-policy-gained"),
        ("data", f"key/{cloud.key}", "resource-policy-gained"),
    ]  # fmt: skip
    assert data["accounts"][1]["notes"][0].endswith("role/ml-deployer, arn:aws:iam::444455556666:role/ml-serving")
    planned = run("plan", "new.yaml", "--account", "data")
    assert planned.stdout.count("and no flow says so: it is left alone, take it away by hand") == 3
    own = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/ml-training"},
           "Action": "s3:*", "Resource": "arn:aws:s3:::acme-ml-work/*"}  # fmt: skip
    cloud.client("modelling", "s3").put_bucket_policy(
        Bucket="acme-ml-work", Policy=json.dumps({"Version": "2012-10-17", "Statement": [own]})
    )
    assert "acme-ml-work" not in run("drift", "new.yaml", "--account", "modelling").stdout  # it works in it
    cloud.client("data", "s3").delete_bucket_policy(Bucket="acme-curated")
    cloud.client("data", "kms").schedule_key_deletion(KeyId=cloud.key)
    assert "acme-curated" not in run("drift", "new.yaml", "--account", "data").stdout


def test_picked_accounts_and_roles(run: "Run", cloud: Cloud) -> None:
    """--account takes names and ids, --role places and names; what is not there is said with the nearest."""
    file = cloud.blueprint()
    data = json.loads(run("plan", file, "--account", ACCOUNTS["data"], "--format", "json").stdout)
    assert [one["name"] for one in data["accounts"]] == ["data"]
    assert data["organization"] is None
    data = json.loads(run("plan", file, "--role", "ml-serving", "--format", "json").stdout)
    [account] = data["accounts"]
    assert ([one["arn"].rpartition("/")[2] for one in account["roles"]], account["policies"]) == (["ml-serving"], [])
    ran = run("plan", file, "--account", "dta")
    assert (ran.code, ran.errors) == (2, ["--account: unknown account `dta`; did you mean data?"])
    ran = run("plan", file, "--persona", "data-scientist")
    assert (ran.code, ran.errors[0][:24]) == (2, "--persona: goes with a r")
    ran = run("apply", file, file, "--yes")
    assert (ran.code, ran.errors[0]) == (2, f"{file}: is a blueprint, which goes alone; give the others in another run")


def organization(cloud: Cloud) -> tuple[str, Any]:
    """Make an organization whose management account is modelling's; return its id and a client."""
    client = cloud.client("modelling", "organizations")
    made = client.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    client.enable_policy_type(RootId=client.list_roots()["Roots"][0]["Id"], PolicyType="SERVICE_CONTROL_POLICY")
    return str(made), client


@pytest.mark.nightly
def test_policies_of_the_organization_are_compared(run: "Run", cloud: Cloud) -> None:
    """Not known where nobody may ask, missing where none is attached, then the same, then another; never changed."""
    layers = ("assume: deploy\n", "assume: deploy\nlayers: {scp: [approved-regions]}\n")
    ran = run("drift", cloud.blueprint("bp.yaml", layers))
    assert ran.code == 3
    assert "? SCPs of organization: not known" in ran.stdout
    name, client = organization(cloud)
    head = ("o-a1b2c3d4e5, landing", f"{name}, profile: , assume: 'arn:aws:iam::123456789012:role/audit', landing")
    file = cloud.blueprint("bp.yaml", layers, head)
    assert run("build", file).code == 0
    [text] = [path.read_text() for path in Path("build/organization/organization").glob("*.json")]
    data = json.loads(run("drift", file, "--format", "json").stdout)
    assert [one["name"] for one in data["organization"][0]["findings"]] == ["organization-policy-missing"]
    root = client.list_roots()["Roots"][0]["Id"]
    policy = client.create_policy(Content=text, Description="", Name="rolemgr-scp", Type="SERVICE_CONTROL_POLICY")
    identity = policy["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=identity, TargetId=root)
    assert json.loads(run("drift", file, "--format", "json").stdout)["organization"][0]["drift"] is False
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=root)
    [found] = json.loads(run("drift", file, "--format", "json").stdout)["organization"][0]["findings"]
    assert (found["name"], "no SCP at organization allows all" in found["message"]) == (
        "organization-policy-lost",
        True,
    )
    client.attach_policy(PolicyId="p-FullAWSAccess", TargetId=root)
    client.update_policy(PolicyId=identity, Content=text.replace("eu-west-1", "us-east-1"))
    data = json.loads(run("plan", file, "--format", "json").stdout)
    assert {one["name"] for one in data["organization"][0]["findings"]} == {
        "organization-policy-gained", "organization-policy-lost",
    }  # fmt: skip
