"""Terraform's own language where data is read: said as what it is, in one line, by each reader."""

from collections.abc import Callable
from typing import Any

import pytest

from rolemgr.files.json import parse_json
from rolemgr.files.members import items
from rolemgr.files.source import HCL_ENDINGS, FileError
from rolemgr.files.yaml import parse_yaml, parse_yaml_documents

HCL = 'resource "aws_iam_role_policy" "one" {\n  policy = jsonencode({ Statement = [] })\n}\n'
READERS: list[Callable[[str, str], Any]] = [
    parse_json, parse_yaml, parse_yaml_documents, lambda text, name: list(items(text, name)),
]  # fmt: skip


@pytest.mark.parametrize("ending", [*HCL_ENDINGS, ".TF"])
@pytest.mark.parametrize("text", [HCL, 'region = "eu-west-1"\n', ""])
@pytest.mark.parametrize("read", READERS)
def test_hcl_is_not_called_broken_json(read: Callable[[str, str], Any], text: str, ending: str) -> None:
    """Whatever is in it, it is no mistake of a bracket: what can be read instead is said."""
    with pytest.raises(FileError) as refused:
        read(text, f"main{ending}")
    assert str(refused.value) == (
        f"main{ending}: is HCL, and HCL is not read; `rolemgr check`, `compare` and `migrate` read "
        "`terraform show -json` of a plan"
    )


@pytest.mark.parametrize("name", ["main.tf", "main.tf.json", "-"])
@pytest.mark.parametrize("read", READERS[:2])
def test_json_by_such_a_name_is_read(read: Callable[[str, str], Any], name: str) -> None:
    """It is data, whoever named it."""
    assert read('\n {"a": 1}', name).data == {"a": 1}


def test_a_broken_bracket_keeps_its_line() -> None:
    """What begins as JSON is told as JSON."""
    with pytest.raises(FileError, match=r"^main\.tf:2: is not valid JSON"):
        parse_json('{\n  "a" 1}', "main.tf")
