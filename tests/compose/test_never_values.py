"""The placeholders of a persona's `never` have a value in each role, with the group that declares them or without."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.nightly import some
from tests.support import composed, rendered

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.never_values import excepting_texts, protected_texts
from rolemgr.compose.substitute import names_in
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.model.catalog import Forbidden
from rolemgr.separation.violations import sentence, violations

CATALOG = Catalog()
STORE = "arn:aws:s3:::sagemaker-us-east-1-111122223333/feature-store/*"


def pairs() -> Iterator[tuple[str, str]]:
    """Yield each built-in persona with each group that a persona which extends it may remove."""
    for name in CATALOG.found("personas"):
        groups = resolve_persona(CATALOG, name).groups
        yield from ((name, group) for group in groups if len(groups) > 1)


def names_of(forbidden: Forbidden) -> Iterator[str]:
    """Yield the names of all placeholders of *forbidden*."""
    for text in (*protected_texts(forbidden), *excepting_texts(forbidden)):
        yield from names_in(text)


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Return a catalog with a persona for each of `pairs`."""
    folder = tmp_path_factory.mktemp("catalog")
    (folder / "personas").mkdir()
    for persona, group in pairs():
        text = f"title: T\ndescription: D\nextends: {persona}\nremove: [{group}]\n"
        (folder / f"personas/{persona}-without-{group}.yaml").write_text(text)
    return Catalog([folder])


def test_a_persona_may_remove_each_group_of_the_one_it_extends(without: Catalog) -> None:
    """What its `never` speaks of has the values that it has in the role that --remove makes."""
    assert len([*pairs()]) > 300
    for persona, group in some(pairs(), 4):
        extended = composed(without, persona=f"{persona}-without-{group}")
        removed = composed(without, persona=persona, remove=[group])
        named = {name for one in extended.persona.never for name in names_of(one.forbidden)} - {"role"}
        assert {name: extended.never_values[name] for name in named} == {
            name: removed.never_values[name] for name in named
        }


def test_a_protected_place_stays_protected_without_its_group(without: Catalog) -> None:
    """The group's Deny is gone, the promise is not: the role that would break it is refused."""
    role = composed(without, persona="sagemaker-compute-without-protect-features")
    assert role.never_values["offline_store"] == ("sagemaker-us-east-1-111122223333/feature-store",)
    assert any(STORE in one.forbidden for one in violations(role, ()))


def test_an_exception_without_its_group_excepts_nothing(without: Catalog) -> None:
    """It is no exception of the role, so the sentence for people has none either."""
    role = composed(without, persona="data-engineer-without-connect-emr-clusters")
    assert role.never_values["emr_runtime_roles"] == ()
    (entry,) = (one for one in role.persona.never if "ClusterSessionCredentials" in one.forbidden.action)
    assert "except" not in sentence(entry, role)
    with_group = composed(
        persona="data-engineer", parameter={"emr_runtime_roles": ["arn:aws:iam::111122223333:role/a"]}
    )
    assert "except as the named runtime roles" in sentence(entry, with_group)


@pytest.mark.parametrize("separation", sorted(CATALOG.found("separations")))
def test_each_separation_may_be_listed_by_a_persona_of_ones_own(separation: str, tmp_path: Path) -> None:
    """It needs no group of ours: a persona that lists models keeps them all."""
    for folder in ("personas", "activity_groups"):
        (tmp_path / folder).mkdir()
    group = 'title: T\ndescription: D\nstatements:\n  - {sid: A, actions: "sagemaker:ListModels"}\n'
    (tmp_path / "activity_groups/list-models.yaml").write_text(group)
    text = f"title: T\ndescription: D\nactivity_groups: [list-models]\nnever: [{separation}]\n"
    (tmp_path / "personas/mine.yaml").write_text(text)
    assert violations(rendered(Catalog([tmp_path]), persona="mine").role, ()) == ()


GROUP = """title: T
description: D
parameters:
  vaults: {type: bucket, many: true, %shelp: H}
statements:
  - {sid: A, actions: "s3:GetObject", resources: "arn:aws:s3:::{{ vaults }}/*"}
"""


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("", "", r"mine.yaml:4: `never` protects `vaults`, which has no default at .*a.yaml:4; add a group"),
        ("default: aaa, ", "default: bbb, ", r"whose default differs at .*a.yaml:4 and .*b.yaml:4; add a group"),
    ],
)
def test_a_protected_place_that_nobody_knows_is_an_error(first: str, second: str, problem: str, tmp_path: Path) -> None:
    """Empty, it would protect nothing, and look as if it did."""
    for folder in ("personas", "activity_groups"):
        (tmp_path / folder).mkdir()
    never = '{action: "s3:PutObject", resource: "arn:aws:s3:::{{ vaults }}/*"}'
    text = f"title: T\ndescription: D\nactivity_groups: [read-logs]\nnever: [{never}]\n"
    (tmp_path / "personas/mine.yaml").write_text(text)
    (tmp_path / "activity_groups/a.yaml").write_text(GROUP % first)
    (tmp_path / "activity_groups/b.yaml").write_text(GROUP % second)
    with pytest.raises(InputError, match=problem):
        composed(Catalog([tmp_path]), persona="mine")


@pytest.mark.parametrize(
    ("braces", "says"),
    [
        ("{{ vault }}", "unknown placeholder `vault`"),
        ("{{ work_bukets }}", "unknown placeholder `work_bukets`; did you mean work_buckets"),
        ("{{ work_buckets | upper }}", "unknown placeholder `{{ work_buckets | upper }}`; it is a name alone"),
        ("{{ aws:username }}", "unknown placeholder `{{ aws:username }}`; a variable of AWS's is ${aws:username}"),
        ("{{ region }}{{ A }}", "unknown placeholder `{{ A }}`; it is a name alone"),
    ],
)
@pytest.mark.parametrize("field", ["resource", "except_on", "except_with"])
def test_a_placeholder_that_nothing_fills_is_named_alone(braces: str, says: str, field: str, tmp_path: Path) -> None:
    """With its line, and what is right where that can be told."""
    (tmp_path / "personas").mkdir()
    text = f'"arn:aws:s3:::{braces}/*"'
    value = f'{{"s3:prefix": {text}}}' if field == "except_with" else text
    entry = f'{{action: "s3:GetObject", {field}: {value}}}'
    text = f"title: T\ndescription: D\nactivity_groups: [read-logs]\nnever: [{entry}]\n"
    (tmp_path / "personas/mine.yaml").write_text(text)
    with pytest.raises(UnknownNameError) as caught:
        composed(Catalog([tmp_path]), persona="mine")
    assert f"mine.yaml:4: {says}" in str(caught.value)
