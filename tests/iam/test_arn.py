"""ARNs and partitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolemgr.iam.arn import ACCOUNT_ID, REGION, Arn, partition_of

PART = st.text(st.characters(exclude_characters=":"), max_size=8)


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("arn:aws:s3:::bucket/a:b:c", Arn("aws", "s3", "", "", "bucket/a:b:c")),
        ("arn:aws:logs:us-east-1:111122223333:log-group:/aws/x:log-stream:*",
         Arn("aws", "logs", "us-east-1", "111122223333", "log-group:/aws/x:log-stream:*")),
        ("arn:aws:iam::111122223333:role/${aws:PrincipalTag/x:y}",
         Arn("aws", "iam", "", "111122223333", "role/${aws:PrincipalTag/x:y}")),
    ],
)  # fmt: skip
def test_only_the_first_five_colons_separate(text: str, arn: Arn) -> None:
    """The resource keeps its colons, also those of a policy variable."""
    assert Arn.parse(text) == arn
    assert str(arn) == text


@pytest.mark.parametrize("text", ["", "*", "arn", "arn:aws:s3::", "urn:aws:s3:::b", "ARN:aws:s3:::b"])
def test_what_has_fewer_parts_is_no_arn(text: str) -> None:
    """A star, a bucket's name and an ARN cut short are none."""
    assert Arn.parse(text) is None


@given(PART, PART, PART, PART, st.text(max_size=20))
def test_parts_and_text_say_the_same(partition: str, service: str, region: str, account: str, resource: str) -> None:
    """Any five parts survive the way to text and back."""
    arn = Arn(partition, service, region, account, resource)
    assert Arn.parse(str(arn)) == arn


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("eu-central-2", "aws"), ("ap-southeast-1", "aws"), ("il-central-1", "aws"),
     ("cn-north-1", "aws-cn"), ("cn-northwest-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"),
     ("us-gov-east-1", "aws-us-gov")],
)  # fmt: skip
def test_a_region_lies_in_one_partition(region: str, partition: str) -> None:
    """The prefix of a region's name says its partition."""
    assert REGION.fullmatch(region)
    assert partition_of(region) == partition


@pytest.mark.parametrize(
    "text", ["", "us", "us-east", "us-east-", "US-EAST-1", "us_east_1", "us-east-1a", "*", "us-east-\u0661"]
)
def test_what_is_no_region(text: str) -> None:
    """Zones, upper case, other digits and wildcards are no region."""
    assert not REGION.fullmatch(text)


@pytest.mark.parametrize("text", ["", "11112222333", "1111222233334", "1111-2222-3333", "\u0661" * 12])
def test_what_is_no_account_id(text: str) -> None:
    """An account id has twelve ASCII digits, no more and no hyphens."""
    assert not ACCOUNT_ID.fullmatch(text)
