"""As who each account of a blueprint is reached: nearest place first, its end, and what can't be meant."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rolemgr.blueprint.access import AccountAccess, accesses
from rolemgr.cli.outside import OUTSIDE
from rolemgr.workflow.blueprint import read_blueprint

if TYPE_CHECKING:
    from tests.conftest import Run

HEAD = """\
regions: [eu-west-1]
profile: all
assume: {role: ops/deploy, external_id: secret-1}
accounts:
  data: {id: "111111111111", ou: ml}
  modelling: {id: "222222222222", ou: ml, profile: own}
  security: {id: "333333333333", profile: , assume: "arn:aws:iam::333333333333:role/audit"}
  root: {id: "444444444444", assume: }
ous: {ml: {profile: unit}}
roles: {data/a: {persona: sagemaker-compute}}
"""


def read(text: str) -> dict[str, AccountAccess]:
    """Return as who the accounts of the blueprint *text* are reached."""
    Path("bp.yaml").write_text(text, "utf-8")
    return {one.name: one for one in accesses(read_blueprint("bp.yaml", OUTSIDE))}


def test_the_nearest_place_holds_and_one_without_a_value_ends_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A name is the role of that name in each account."""
    monkeypatch.chdir(tmp_path)
    found = read(HEAD)
    assert {name: (one.profile, one.role, one.external_id) for name, one in found.items()} == {
        "data": ("unit", "arn:aws:iam::111111111111:role/ops/deploy", "secret-1"),
        "modelling": ("own", "arn:aws:iam::222222222222:role/ops/deploy", "secret-1"),
        "security": (None, "arn:aws:iam::333333333333:role/audit", None),
        "root": ("all", None, None),
    }
    assert [(one.key, str(one.where), one.level) for one in found["data"].by] == [
        ("profile", "bp.yaml:9", "unit ml"), ("assume", "bp.yaml:3", "all accounts"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("arn:aws:iam::333333333333", "arn:aws:iam::444444444444",
         "7: `arn:aws:iam::444444444444:role/audit` is of account 444444444444 in aws, and `security` is 333333333333 in"
         " aws; name the role alone for one in each account"),
        ("role: ops/deploy", "role: 'a b'", "3: in `assume.role`: `a b` is not the name of a role"),
        ("secret-1", "'?'", "3: in `assume.external_id`: `?` is not an external id"),
        ("assume: {role", "assume: {rol", "3: unknown key `assume.rol`"),
        ("roles:", "projects: {p: {account: data, bucket: data/b, profile: x}}\nroles:",
         "10: unknown key `projects.p.profile`"),
    ],
)  # fmt: skip
def test_what_can_t_be_meant_is_one_line(run: "Run", old: str, new: str, message: str) -> None:
    """Before AWS is asked for anything."""
    assert old in HEAD
    Path("bp.yaml").write_text(HEAD.replace(old, new), "utf-8")
    ran = run("plan", "bp.yaml")
    assert (ran.code, ran.stdout) == (2, "")
    assert any(message in line for line in ran.errors), ran.errors


def test_show_names_each_with_its_line(run: "Run") -> None:
    """In the tree and in JSON."""
    Path("bp.yaml").write_text(HEAD, "utf-8")
    assert "assume: ops/deploy, external id secret-1  (bp.yaml:3, all accounts)" in " ".join(
        run("show", "blueprint", "bp.yaml").stdout.split("\n")
    )
