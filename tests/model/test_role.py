"""What a user may choose for a role: every field's limits, and the words in which a wrong one is refused."""

from typing import Any

import pytest

from rolemgr.errors import InputError, Problems
from rolemgr.files.write import to_yaml
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.model.times import seconds


def spec(**fields: Any) -> RoleSpec:
    """Return the role that the given keys of a role file describe."""
    return parse_model(parse_yaml(to_yaml({"persona": "data-scientist"} | fields), "role.yaml"), RoleSpec).value


def refusal(**fields: Any) -> list[str]:
    """Return the messages with which the given keys of a role file are refused."""
    with pytest.raises((InputError, Problems)) as caught:
        spec(**fields)
    return str(caught.value).splitlines()


def test_defaults_make_a_whole_role() -> None:
    """A persona is enough."""
    role = spec()
    assert (role.role_name, role.account, role.region, role.partition_name, role.max_session, role.path) == (
        "sagemaker-data-scientist", "111122223333", "us-east-1", "aws", 3600, "/",
    )  # fmt: skip
    assert role.arn == "arn:aws:iam::111122223333:role/sagemaker-data-scientist"
    assert [trust.kind for trust in role.trust] == ["sagemaker"]


def test_the_prefix_of_the_name_is_not_doubled() -> None:
    """A persona that begins with sagemaker gives its own name to the role."""
    assert spec(persona="sagemaker-compute").role_name == "sagemaker-compute"
    assert spec(persona="sagemaker-compute", name="x").role_name == "x"


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [("eu-west-1", "aws", "amazonaws.com"), ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
     ("us-gov-west-1", "aws-us-gov", "amazonaws.com")],
)  # fmt: skip
def test_the_region_decides_the_partition(region: str, partition: str, suffix: str) -> None:
    """ARNs and service names follow the region without being told."""
    role = spec(region=region, path="/ml/")
    assert (role.partition_name, role.dns_suffix) == (partition, suffix)
    assert role.arn == f"arn:{partition}:iam::111122223333:role/ml/sagemaker-data-scientist"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"persona": ""}, "role.yaml:1: `persona` is empty"),
        ({"persona": ["a"]}, "role.yaml:1: `persona` must be text"),
        ({"persna": "x"}, "role.yaml:2: unknown key `persna`; did you mean persona?"),
        ({"account": "12"}, "role.yaml:2: `12` is not an AWS account id of 12 digits"),
        ({"account": "1111-2222-3333"}, "role.yaml:2: `1111-2222-3333` is not an AWS account id of 12 digits"),
        ({"account": True}, "role.yaml:2: `account` must be text"),
        ({"region": "us-east-1a"}, "role.yaml:2: `us-east-1a` is not an AWS region such as us-east-1"),
        ({"region": "Frankfurt"}, "role.yaml:2: `Frankfurt` is not an AWS region such as us-east-1"),
        ({"partition": "aws-x"}, "role.yaml:2: `partition` is `aws-x`; use one of aws, aws-cn or aws-us-gov"),
        ({"partition": "aws-cn"}, "role.yaml:2: region `us-east-1` is in partition aws, not aws-cn"),
        ({"name": "a b"}, "role.yaml:2: `a b` is not a role name: 1 to 64 letters, digits and _+=,.@-"),
        ({"name": "x" * 65}, f"role.yaml:2: `{'x' * 65}` is not a role name: 1 to 64 letters, digits and _+=,.@-"),
        ({"name": "a/b"}, "role.yaml:2: `a/b` is not a role name: 1 to 64 letters, digits and _+=,.@-"),
        ({"name": "é"}, "role.yaml:2: `é` is not a role name: 1 to 64 letters, digits and _+=,.@-"),
        ({"path": "ml"}, "role.yaml:2: `ml` is not a path: it starts and ends with a slash, 512 letters, digits and _+=,.@- at most"),
        ({"path": "/ml"}, "role.yaml:2: `/ml` is not a path: it starts and ends with a slash, 512 letters, digits and _+=,.@- at most"),
        ({"path": "//"}, "role.yaml:2: `//` is not a path: it starts and ends with a slash, 512 letters, digits and _+=,.@- at most"),
        ({"path": "/a b/"}, "role.yaml:2: `/a b/` is not a path: it starts and ends with a slash, 512 letters, digits and _+=,.@- at most"),
        ({"description": "x" * 1001},
         "role.yaml:2: a role's description has at most 1000 characters of ASCII and Latin-1"),
        ({"description": "5 € a day"},
         "role.yaml:2: a role's description has at most 1000 characters of ASCII and Latin-1"),
        ({"max_session": "30m"}, "role.yaml:2: a role's sessions last from 1h to 12h, not 30 min"),
        ({"max_session": 43201}, "role.yaml:2: a role's sessions last from 1h to 12h, not 43201 s"),
        ({"max_session": "2 hours"}, "role.yaml:2: `2 hours` is not a duration such as 3600, 90m or 12h"),
        ({"max_session": 1.5}, "role.yaml:2: `1.5` is not a duration such as 3600, 90m or 12h"),
        ({"tag": {"aws:x": "1"}},
         "role.yaml:2: `aws:x` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:"),
        ({"tag": {"a;b": "1"}},
         "role.yaml:2: `a;b` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:"),
        ({"tag": {"a": "x;"}}, "role.yaml:2: `x;` is not a tag value: up to 256 of letters, digits, space, _.:/=+-@"),
        ({"tag": {"a": "1", "A": "2"}}, "role.yaml:2: tag keys differ by more than upper and lower case"),
        ({"tag": {f"k{n}": "v" for n in range(51)}}, "role.yaml:2: a role has at most 50 tags, not 51"),
        ({"tag": ["a=1"]}, "role.yaml:2: `tag` must be a mapping"),
        ({"add": {"run-jobs": True}}, "role.yaml:2: `add` must be text"),
        ({"trust": ["lambda"]}, "role.yaml:3: `trust[0]` is `lambda`; use one of sagemaker, service, account, user, role, saml, oidc, github"),
        ({"trust": [{"kind": "sagemaker", "source": "arm"}]},
         "role.yaml:4: `trust[0].source` is `arm`; use one of both, arn, account or none"),
        ({"trust": [{"kind": "sagemaker", "sorce": "arn"}]},
         "role.yaml:4: unknown key `trust[0].sorce`; did you mean source, resource?"),
        ({"trust": "sagemaker?sorce=arn"}, "role.yaml:2: unknown key `trust.sorce`; did you mean source, resource?"),
        ({"trust": {"source": "arn"}}, "role.yaml:2: `kind` is missing"),
        ({"parameter": {"Job": "x"}},
         "role.yaml:3: `parameter.Job` is `Job`; use lower-case letters, digits and underscores, such as data_buckets"),
        ({"parameter": {"jobs": [""]}}, "role.yaml:4: `parameter.jobs[0]` is empty"),
        ({"tag": {"a": "x\ny"}},
         "role.yaml:2: `x\\ny` is not a tag value: up to 256 of letters, digits, space, _.:/=+-@"),
        ({"parameter": {"jobs": True}}, "role.yaml:3: `parameter.jobs` must be text"),
        ({"bucket": [True]}, "role.yaml:3: `bucket[0]` must be text"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_in_one_line(fields: dict[str, Any], message: str) -> None:
    """Each field names its line, the wrong value and what would be right."""
    assert refusal(**fields) == [message]


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    """Whoever writes a role file mends it once."""
    found = refusal(region="nowhere", account="12", naem="x")
    assert [line.split(": ")[0] for line in found] == ["role.yaml:2", "role.yaml:3", "role.yaml:4"]


@pytest.mark.parametrize(
    ("fields", "key", "value"),
    [
        ({"account": 111122224444}, "account", "111122224444"),
        ({"account": "012345678901"}, "account", "012345678901"),
        ({"bucket": "acme"}, "bucket", ("acme",)),
        ({"tag": {"Cost": 7, "Note": ""}}, "tag", {"Cost": "7", "Note": ""}),
        ({"name": "a+=,.@-_Z9"}, "name", "a+=,.@-_Z9"),
        ({"path": "/a/b.c/"}, "path", "/a/b.c/"),
        ({"description": "café\nau lait"}, "description", "café\nau lait"),
        ({"max_session": "12h"}, "max_session", 43200),
        ({"max_session": 3600}, "max_session", 3600),
    ],
)
def test_the_spellings_that_are_accepted(fields: dict[str, Any], key: str, value: Any) -> None:
    """An unquoted account id, one bucket without a list, numbers as tags, durations with a unit."""
    assert getattr(spec(**fields), key) == value


def test_a_trust_is_written_in_words_or_as_a_mapping() -> None:
    """The short form of the command line and the mapping of a role file are the same trust."""
    short = spec(trust=["sagemaker?source=arn&source-identity=yes"]).trust
    long = spec(trust=[{"kind": "sagemaker", "source": "arn", "source_identity": True}]).trust
    assert short == long
    assert spec(trust="sagemaker?source=arn&source-identity=yes").trust == long


@pytest.mark.parametrize(("text", "value"), [("3600", 3600), ("90m", 5400), ("12h", 43200), ("7d", 604800), (5, 5)])
def test_durations(text: Any, value: int) -> None:
    """A bare number is seconds."""
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "h", "1.5h", "-1h", "1 h", "1w", True, None, "\u0661h"])
def test_what_is_no_duration(text: Any) -> None:
    """Fractions, signs, spaces and other units are refused."""
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)
