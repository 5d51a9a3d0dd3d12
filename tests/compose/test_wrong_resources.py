"""What is said of a parameter that can fit no action, and of a trust, with the line and what would be right."""

from pathlib import Path

import pytest
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError

GROUP = """title: T
description: D
parameters:
  user_pools: {type: arn, many: true, %shelp: H}
statements:
  - sid: Pools
    actions: [cognito-idp:AdminCreateUser, cognito-idp:AdminGetUser]
    resources: ["%s"]
"""
POOL = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_a"


def role_of(tmp_path: Path, of: str, resource: str) -> None:
    """Compose a role with a group whose parameter names what *of* says, and whose resource is *resource*."""
    (tmp_path / "activity_groups").mkdir()
    (tmp_path / "activity_groups/pools.yaml").write_text(GROUP % (of, resource))
    parameter = {"user_pools": [POOL if of else POOL.replace("userpool", "pool")]}
    composed(Catalog([tmp_path]), persona="data-scientist", add=["pools"], parameter=parameter)


def test_an_arn_of_anything_is_answered_with_of(tmp_path: Path) -> None:
    """The author is told the key and its value, and not the ARN that stands in for the parameter."""
    with pytest.raises(InputError) as caught:
        role_of(tmp_path, "", "{{ user_pools }}")
    assert str(caught.value).endswith("pools.yaml:8: parameter `user_pools` is any ARN, and no action of `Pools` is on any; say under "
                                      "`parameters` what it names: of: cognito-idp:userpool")  # fmt: skip
    (tmp_path / "activity_groups/pools.yaml").unlink()
    (tmp_path / "activity_groups").rmdir()
    role_of(tmp_path, "of: 'cognito-idp:userpool', ", "{{ user_pools }}")


def test_an_unknown_service_in_a_persona_s_trust_has_its_line(tmp_path: Path) -> None:
    """As every other key of the file has."""
    (tmp_path / "personas").mkdir()
    text = "title: T\ndescription: D\nactivity_groups: [read-logs]\ntrust: service:sagemakr\n"
    (tmp_path / "personas/mine.yaml").write_text(text)
    with pytest.raises(InputError, match=r"mine.yaml:4: unknown service in trust `sagemakr`"):
        composed(Catalog([tmp_path]), persona="mine")
