"""Chaining: what a role does through another that it takes, on both sides, proven, and what of it goes wrong."""

from typing import Any

import pytest
from tests.blueprint.faulty import of_text, proof, with_fault

from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.blueprint.placed import PlacedRole
from rolemgr.errors import InputError

TEXT = """\
organization: {id: o-a1b2c3d4e5}
regions: [eu-west-1]
accounts: {data: {id: "111111111111"}, work: {id: "222222222222"}}
keys: {data/key: 1234abcd-12ab-34cd-56ef-1234567890ab}
buckets: {data/curated: {name: acme-curated, key: data/key}}
roles:
  work/job: {persona: sagemaker-compute, name: ml-job}
  work/other: {persona: sagemaker-compute, name: ml-other}
  data/reader:
    persona: sagemaker-compute
    name: ml-reader
    remove: [record-runs, emit-telemetry, log-to-mlflow, use-jumpstart, notify-async-results, read-data, write-work, pull-images]
flows:
  - work/job reads data/curated in curated/* via data/reader
layers: {scp: [approved-regions, no-sharing], rcp: [organization-identities]}
"""
READER, JOB = "arn:aws:iam::111111111111:role/ml-reader", "arn:aws:iam::222222222222:role/ml-job"
CLAIMS = (
    "as-the-file-says", "flows", "flows-need-each-statement", "nobody-else", "trusted-callers",
    "separation-across-accounts", "known-policies",
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> ComposedBlueprint:
    """Return the blueprint, read once."""
    return of_text(TEXT)


def at(found: ComposedBlueprint, place: str) -> PlacedRole:
    """Return the role at *place*."""
    return next(one for one in found.roles if one.place == place)


def statements(placed: PlacedRole, action: str) -> list[dict[str, Any]]:
    """Return the Allows of *placed* that name *action*."""
    every = [one.document.to_json_value()["Statement"] for one in placed.documents.policies]
    return [one for each in every for one in each if one["Effect"] == "Allow" and action in one["Action"]]


def test_both_sides_and_nothing_else(found: ComposedBlueprint) -> None:
    """The caller may take the role by its ARN, which trusts it within the organization; the bucket names nobody."""
    (allow,) = statements(at(found, "work/job"), "sts:AssumeRole")
    assert allow["Resource"] == [READER]
    assert "Condition" not in allow
    trusting = [
        one for one in at(found, "data/reader").documents.trust_policy.to_json_value()["Statement"] if "AWS" in one["Principal"]
    ]  # fmt: skip
    assert [one["Principal"]["AWS"] for one in trusting] == [JOB]
    assert trusting[0]["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert statements(at(found, "data/reader"), "s3:GetObject")
    assert not [one for one in statements(at(found, "work/job"), "s3:GetObject") if "acme-curated" in str(one)]
    assert found.policies == ()
    for name in CLAIMS:
        assert proof(name, found).holds, name


def test_each_flow_of_both_roles_is_asked(found: ComposedBlueprint) -> None:
    """What the other role does, and that it is taken: the file's line is of both."""
    assert [(one.text, one.where.line) for one in found.flows] == [
        ("data/reader reads data/curated in curated/*", 14), ("work/job assumes data/reader", 14),
    ]  # fmt: skip
    assert proof("flows", found).checked == 4
    assert proof("flows-need-each-statement", found).checked == 2


FAULTS: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "nobody is trusted": ("flows", "sts:AssumeRole", [{"role": "data/reader", "document": "trust", "without": "Role"}]),
    "another organization is trusted": ("flows", "sts:AssumeRole", [
        {"role": "data/reader", "document": "trust", "in": "Role", "set": {"Condition > StringEquals > aws:PrincipalOrgID": "o-zzzzzzzzzz"}}]),
    "the caller takes nothing": ("flows", "sts:AssumeRole", [{"role": "work/job", "without": "STSAssumedRoles"}]),
    "it is trusted twice": ("flows-need-each-statement", "Fault", [
        {"role": "data/reader", "document": "trust", "with": {"Effect": "Allow", "Principal": {"AWS": JOB}, "Action": "sts:AssumeRole"}}]),
    "an outsider is trusted too": ("trusted-callers", "999999999998", [
        {"role": "data/reader", "document": "trust", "with": {"Effect": "Allow", "Principal": {"AWS": "999999999998"}, "Action": "sts:AssumeRole"}}]),
    "another role of the blueprint is trusted": ("as-the-file-says", "the trust policy of data/reader", [
        {"role": "data/reader", "document": "trust", "with": {"Effect": "Allow", "Principal": {"AWS": JOB.replace("job", "other")}, "Action": "sts:AssumeRole"}}]),
    "the role that is taken approves models": ("separation-across-accounts", "through data/reader", [
        {"role": "data/reader", "with": {"Effect": "Allow", "Action": "sagemaker:UpdateModelPackage", "Resource": "*"}}]),
    "any role may be taken": ("stolen-session", "another-role", [
        {"role": "work/job", "in": "STSAssumedRoles", "set": {"Resource": "*"}}]),
    "an SCP stops it": ("flows", "sts:AssumeRole", [
        {"layer": "organization scp", "with": {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}}]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_found(name: str, found: ComposedBlueprint) -> None:
    """By the proof that has to."""
    claim, says, changes = FAULTS[name]
    broken = proof(claim, with_fault({"changes": changes}, found)).counter_examples
    assert any(says in one.problem for one in broken)


def test_a_stolen_session_reaches_the_role_that_is_taken(found: ComposedBlueprint) -> None:
    """What that role's session can do is said with who reaches it."""
    opened = [one.problem for one in proof("stolen-session", found).counter_examples]
    assert any(one.startswith("data/reader (reached from work/job too)") for one in opened)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("via data/reader", "via data/reder", "unknown role `data/reder`; did you mean data/reader?"),
        ("via data/reader", "via", "is not a prefix"),
        ("reads data/curated in curated/* via data/reader", "assumes data/curated", "unknown role `data/curated`"),
        ("reads data/curated in curated/* via data/reader", "assumes data/reader in x/*", "goes with a bucket"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(old: str, new: str, says: str) -> None:
    """With the line of the flow."""
    with pytest.raises(InputError, match=r"blueprint\.yaml:14") as caught:
        of_text(TEXT.replace(old, new))
    assert says in str(caught.value)


def test_beyond_a_role_that_nobody_knows_nothing_is_proven() -> None:
    """A pattern of roles stands for more than those of the blueprint."""
    given = 'parameter: {assumed_roles: "arn:aws:iam::111111111111:role/team-*"}'
    wide = TEXT.replace("name: ml-other}", f"name: ml-other, add: [assume-named-roles], {given}}}")
    untold = " ".join(one.problem for one in proof("separation-across-accounts", of_text(wide)).untold)
    assert "work/other reaches arn:aws:iam::111111111111:role/team-*" in untold
