"""Values of the right form that are hardly meant: noted where the user wrote them, refused where a catalog did."""

from pathlib import Path
from typing import Any

import pytest
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, RolemgrError
from rolemgr.model.times import seconds

JOBS = "arn:aws:iam::111122223333:role/jobs"
KEY = "arn:aws:kms:us-est-1:111122223333:key/1234abcd"


def notes(**choices: Any) -> str:
    """Return the notes on a data scientist's role with *choices*, a line each."""
    return "\n".join(composed(persona="data-scientist", **choices).notes)


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"guardrail": {"instance-types": "ml.m5.hugee"}}, "unknown instance type `ml.m5.hugee`; did you mean ml.m5."),
        (
            {"guardrail": {"instance-types": "ml.m55.*"}},
            "no known instance type matches `ml.m55.*`; did you mean ml.m5.*",
        ),
        (
            {"guardrail": {"studio-instance-types": ["system", "ml.t33.medium"]}},
            "unknown instance type `ml.t33.medium`",
        ),
        ({"guardrail": {"max-runtime": 12}}, "`12` means 12 seconds; write 12h for hours, or 12s if seconds are meant"),
        ({"guardrail": {"keep-alive": "30"}}, "`30` means 30 seconds; write 30h"),
        ({"guardrail": {"volume-kms-key": KEY}}, "guardrail `volume-kms-key`: unknown region `us-est-1`"),
        ({"data_key": [KEY]}, "unknown region `us-est-1`; did you mean"),
        ({"bucket": ["team--x-s3"]}, "`team--x-s3` is not the name of a general purpose bucket"),
        ({"region": "us-est-1"}, "unknown region `us-est-1`; did you mean us-west-1, us-east-1"),
        (
            {"managed_policy": ["arn:aws:iam::aws:policy/AmazonSageMakerReadOnl"]},
            "unknown AWS managed policy `arn:aws:iam::aws:policy/AmazonSageMakerReadOnl`; did you mean arn:aws:iam::aws:",
        ),
        (
            {"boundary": "arn:aws:iam::aws:policy/PowerUserAcces"},
            "did you mean arn:aws:iam::aws:policy/PowerUserAccess",
        ),
    ],
)
def test_what_the_user_hardly_means_is_noted(choices: dict[str, Any], says: str) -> None:
    """The role is composed all the same: AWS may have added the name yesterday."""
    assert says in notes(**choices)


@pytest.mark.parametrize(
    "choices",
    [
        {"guardrail": {"instance-types": ["ml.m5.*", "ml.g4dn.xlarge"]}},
        {"guardrail": {"studio-instance-types": ["system", "ml.t3.medium"]}},
        {"guardrail": {"max-runtime": "12s"}},
        {"guardrail": {"max-runtime": 3600}},
        {"region": "eu-west-1", "bucket": ["acme-churn"]},
        {"region": "cn-north-1"},
        {"managed_policy": ["arn:aws:iam::aws:policy/service-role/AWSLambdaRole"]},
        {"managed_policy": ["arn:aws:iam::111122223333:policy/ours"]},
    ],
)
def test_what_may_well_be_meant_is_not_noted(choices: dict[str, Any]) -> None:
    """Known names, durations with their unit, and policies of the user's own."""
    found = notes(**choices)
    assert "did you mean" not in found
    assert "unknown" not in found
    assert "means" not in found


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"guardrail": {"serverless-limits": "concurrency:0"}}, "`0` is less than 1, the least that AWS takes"),
        ({"guardrail": {"keep-alive": "7h"}}, "`7h` is more than 21,600 seconds, the most that AWS takes"),
        ({"guardrail": {"max-runtime": "29d"}}, "`29d` is more than 2,419,200 seconds, the most that AWS takes"),
        (
            {"add": ["label-data"], "parameter": {"labeling_roles": JOBS, "workteam_types": "private"}},
            "parameter `workteam_types`: `private` is none of private-crowd, vendor-crowd, public-crowd",
        ),
        ({"max_session": 12}, "not 12 s; 12 means seconds, write 12h"),
    ],
)
def test_what_aws_never_takes_is_refused(choices: dict[str, Any], says: str) -> None:
    """Such a limit would deny everything, or nothing."""
    with pytest.raises(InputError) as raised:
        composed(persona="data-scientist", **choices)
    assert says in str(raised.value)


PROFILE = """\
title: Ours
description: A profile of our own.
guardrails:
  instance-types: [ml.m5.large, ml.z9.hugee]
  max-runtime: 12
"""


def test_a_profile_with_an_unknown_value_is_refused(tmp_path: Path) -> None:
    """With the lines of all of them."""
    with pytest.raises(RolemgrError) as raised:
        composed(with_file(tmp_path, "guardrails/profiles/ours.yaml", PROFILE), persona="data-scientist",
                 guardrail_profile=["ours"])  # fmt: skip
    first, second = sorted(str(raised.value).splitlines())
    assert "ours.yaml:4: guardrail `instance-types`: unknown instance type `ml.z9.hugee`" in first
    assert "ours.yaml:5: guardrail `max-runtime`: `12` means 12 seconds; write 12h" in second


def test_a_profile_excuses_what_it_knows_better(tmp_path: Path) -> None:
    """An instance type of next week, by its name; a duration by its unit."""
    text = PROFILE.replace("max-runtime: 12", "max-runtime: 12s") + "unknown_ok: [ml.z9.hugee]\n"
    role = composed(with_file(tmp_path, "guardrails/profiles/ours.yaml", text), persona="data-scientist",
                    guardrail_profile=["ours"])  # fmt: skip
    assert ("ml.m5.large", "ml.z9.hugee") in [dict(one.values).get("types") for one in role.guardrails]


GROUP = """\
title: Ours
description: A group of our own.
parameters:
  types: {type: instance-type, default: [%s], help: types}
statements:
  - sid: PassOurs
    actions: iam:PassRole
    resources: "arn:{{ partition }}:iam::{{ account }}:role/ours"
    conditions: {StringEquals: {iam:PassedToService: %s}}
  - sid: OurNotebooks
    actions: sagemaker:CreateNotebookInstance
    resources: "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:notebook-instance/*"
    conditions: {StringEquals: {sagemaker:RootAccess: %s, sagemaker:InstanceTypes: "{{ types }}"}}
"""


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            ("ml.m5.large", "sagmaker.amazonaws.com", "Disabled"),
            "ours.yaml:9: unknown service principal `sagmaker.amazonaws.com`; did you mean sagemaker.amazonaws.com",
        ),
        (
            ("ml.m5.large", "sagemaker.amazonaws.com", "disabled"),
            "ours.yaml:13: `disabled` is not a value of sagemaker:RootAccess; AWS sends Disabled, Enabled",
        ),
        (
            ("ml.m5.lagre", "sagemaker.amazonaws.com", "Disabled"),
            "ours.yaml:4: unknown instance type `ml.m5.lagre`; did you mean ml.m5.large",
        ),
    ],
)
def test_a_group_with_an_unknown_value_is_refused(values: tuple[str, ...], says: str, tmp_path: Path) -> None:
    """Such a statement would grant nothing, whatever it looks like; its file may excuse the value by name."""
    catalog = with_file(tmp_path / "a", "activity_groups/ours.yaml", GROUP % values)
    with pytest.raises(InputError) as raised:
        composed(catalog, persona="data-scientist", add=["ours"])
    assert says in str(raised.value)
    excuse = f"unknown_ok: [{says.split('`')[1]}]\n"
    excused = with_file(tmp_path / "b", "activity_groups/ours.yaml", GROUP % values + excuse)
    assert "ours" in composed(excused, persona="data-scientist", add=["ours"]).groups


def test_the_catalog_of_ours_has_no_doubtful_value() -> None:
    """Every group, guardrail and profile can be chosen without a word about its own values."""
    catalog = Catalog()
    network = {"subnet": ["subnet-1"], "security_group": ["sg-1"], "data_key": [own_key()], "volume_key": [own_key()]}
    for profile in catalog.found("profiles"):
        text = notes(guardrail_profile=[profile], **network)
        assert "unknown" not in text
        assert "means" not in text


def own_key() -> str:
    """Return a key of the role's own region and account."""
    return "arn:aws:kms:us-east-1:111122223333:key/1234abcd"


@pytest.mark.parametrize(("text", "length"), [("12", 12), ("12h", 43_200), ("2d", 172_800), ("90m", 5_400)])
def test_a_number_alone_is_seconds(text: str, length: int) -> None:
    """Which is why a small one is questioned."""
    assert seconds(text) == length


def with_file(folder: Path, name: str, text: str) -> Catalog:
    """Return the catalog with one file of the user's own."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return Catalog([folder])
