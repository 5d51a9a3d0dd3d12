"""What stands beside roles in a build: shares of AWS RAM and policies of VPC endpoints, in each form."""

import json
from pathlib import Path

import pytest
from tests.blueprint.faulty import of_text, proof
from tests.conftest import Run

TEXT = """\
organization: {id: o-a1b2c3d4e5}
regions: [eu-west-1]
accounts: {data: {id: "111111111111"}, work: {id: "222222222222"}}
keys: {data/key: 1234abcd-12ab-34cd-56ef-1234567890ab}
buckets: {data/offline: acme-offline}
feature_groups: {data/features: {names: [customers], key: data/key, store: data/offline, prefix: features/*}}
vpc_endpoints: {work/s3: s3, work/kms: {service: kms, id: vpce-0a1b2c3d}}
roles: {work/job: {persona: sagemaker-compute, name: ml-job}}
flows: [work/job reads features of data/features]
"""
FILES = {
    "json": ("feature-group-customers.json", "vpc-endpoint-kms.json"),
    "cloudformation": ("feature-group-customers.yaml", "vpc-endpoint-kms.json"),
    "terraform": ("feature-group-customers/policy.tf.json", "vpc-endpoint-kms/policy.tf.json"),
    "aws-cli": ("feature-group-customers.sh", "vpc-endpoint-kms.sh"),
}


@pytest.mark.parametrize("form", FILES)
def test_each_form_has_them(form: str, run: Run) -> None:
    """The share where the feature group is, the endpoint's policy where that is; without its id it is JSON."""
    Path("bp.yaml").write_text(TEXT, "utf-8")
    assert run("build", "bp.yaml", "-o", "out", "--format", form).code == 0
    share, endpoint = FILES[form]
    shared = Path("out/data/resource-policies", share).read_text("utf-8")
    assert "role/ml-job" in shared
    assert "AWSRAMPermissionSageMakerFeatureGroupReadOnly" in shared
    assert "o-a1b2c3d4e5" in Path("out/work/resource-policies", endpoint).read_text("utf-8")
    alone = json.loads(Path("out/work/resource-policies/vpc-endpoint-s3.json").read_text("utf-8"))
    assert alone["Statement"][0]["Sid"] == "OrganizationToOrganization"
    page = Path("out/index.md").read_text("utf-8")
    assert "feature-group" in page


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("store: data/offline", "store: data/ofline", "unknown bucket `data/ofline`; did you mean data/offline?"),
        ("store: data/offline, ", "", "say `store: ACCOUNT/BUCKET`"),
        ("key: data/key,", "key: data/kye,", "unknown key `data/kye`; did you mean data/key?"),
        ("features of data/features", "features of data/feature", "did you mean data/features?"),
        ("work/s3: s3", "work/s3: S3!", "is not an endpoint's service such as s3 or sagemaker.api"),
        ("id: vpce-0a1b2c3d", "id: vpc-0a1b2c3d", "is not a VPC endpoint's id such as vpce-0a1b2c3d"),
        ("work/s3: s3", "wrok/s3: s3", "unknown account `wrok`; did you mean work?"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(old: str, new: str, says: str, run: Run) -> None:
    """With the line, and the nearest right thing."""
    Path("bp.yaml").write_text(TEXT.replace(old, new), "utf-8")
    ran = run("build", "bp.yaml", "-o", "out")
    assert ran.code == 2
    assert any(says in one for one in ran.errors)
    assert all(one.startswith("bp.yaml:") for one in ran.errors)
    assert not Path("out").exists()


def test_a_policy_that_aws_refuses_for_its_length_fails() -> None:
    """A bucket's policy holds 20,480 characters: hundreds of roles by name are more."""
    names = range(320)
    lines = ["regions: [eu-west-1]", "accounts:", '  hub: {id: "999999999990"}']
    lines += [f'  a{number}: {{id: "{100000000000 + number}"}}' for number in names]
    lines += ["buckets: {hub/data: acme-data}", "roles:"]
    lines += [f"  a{number}/jobs: {{persona: sagemaker-compute}}" for number in names]
    lines += ["flows:", *(f"  - a{number}/jobs reads hub/data" for number in names)]
    found = proof("nothing-beyond", of_text("\n".join(lines) + "\n")).counter_examples
    assert any("AWS refuses the policy of arn:aws:s3:::acme-data: the policy has" in one.problem for one in found)
