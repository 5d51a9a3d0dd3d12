"""Parameters that activity groups share: declared once, taken by name, each with its own place."""

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from rolemgr.catalog.load import Catalog, builtin_folder
from rolemgr.compose.role import compose
from rolemgr.compose.substitute import names_in
from rolemgr.errors import InputError, Problems
from rolemgr.files.source import SourceFile
from rolemgr.files.yaml import read_yaml
from rolemgr.model.catalog import ActivityGroup
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.workflow.schemas import schema_of

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

CATALOG = Catalog()
GROUP = """\
title: Ours
description: Ours.
shared_parameters: [%s]
statements:
  - sid: Ours
    actions: s3:GetObject
    resources: "arn:{{ partition }}:s3:::{{ %s }}/*"
"""
SHARED = "parameters:\n  teams: {type: bucket, many: true, default: [team-a], help: buckets of the teams}\n"


def composed(catalog: Catalog, **choices: object) -> ComposedRole:
    """Return the role that *choices* come to."""
    return compose(catalog, parse_model(SourceFile("role.yaml", choices, {}), RoleSpec))


def refusal(catalog: Catalog, **choices: object) -> list[str]:
    """Return the lines with which a data scientist's role with the group `ours` is refused."""
    with pytest.raises((InputError, Problems)) as raised:
        composed(catalog, **{"persona": "data-scientist", "add": ["ours"], **choices})
    found = raised.value
    return [str(one) for one in (found.problems if isinstance(found, Problems) else (found,))]


def test_a_group_has_what_it_takes_and_says_where_it_stands(user_catalog: "UserCatalog") -> None:
    """Value and place are those of the file of shared parameters; the group's own lines stay the group's."""
    folder = user_catalog({"parameters.yaml": SHARED, "activity_groups/ours.yaml": GROUP % ("teams", "teams")})
    catalog = Catalog([folder])
    group = catalog.activity_group("ours")
    assert group is catalog.activity_group("ours")
    assert str(group.at("parameters", "teams")) == "catalog/parameters.yaml:2"
    assert str(group.at("parameters", "teams", "default", 0)) == "catalog/parameters.yaml:2"
    assert str(group.at("statements", 0)) == "catalog/activity_groups/ours.yaml:5"
    role = composed(catalog, persona="data-scientist", add=["ours"])
    assert role.parameters["teams"] == ("team-a",)
    given = composed(catalog, persona="data-scientist", add=["ours"], parameter={"teams": ["team-b"]})
    assert any("arn:aws:s3:::team-b/*" in one.resources for one in given.statements)


def test_a_required_value_is_asked_for_at_the_line_that_declares_it() -> None:
    """Not at the line of one of the groups that take it."""
    line = CATALOG.shared_parameters["canvas_roles"].where.line
    with pytest.raises(InputError, match=rf"^parameters\.yaml:{line}: parameter `canvas_roles` has no value"):
        composed(CATALOG, persona="business-analyst", add=["build-canvas-models"])


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ("job_nmes", ":3: unknown shared parameter `job_nmes`; did you mean job_names"),
        ("zzzz", ":3: unknown shared parameter `zzzz`; shared are: alarm_names, bedrock_guardrails"),
        ("job_names, job_names", ":3: shared parameter `job_names` is named twice"),
    ],
)
def test_a_name_that_can_not_be_taken_is_one_error(names: str, says: str, user_catalog: "UserCatalog") -> None:
    """With the group's file and line, and the nearest name."""
    catalog = Catalog([user_catalog({"activity_groups/ours.yaml": GROUP % (names, "job_names")})])
    [line] = refusal(catalog)
    assert line.startswith(f"catalog/activity_groups/ours.yaml{says}")


def test_declared_and_shared_is_an_error(user_catalog: "UserCatalog") -> None:
    """Nobody could say which of the two holds."""
    own = "parameters:\n  work_buckets: {type: bucket, help: ours}\n"
    text = (GROUP % ("work_buckets", "work_buckets")).replace("statements:", f"{own}statements:")
    assert refusal(Catalog([user_catalog({"activity_groups/ours.yaml": text})])) == [
        "catalog/activity_groups/ours.yaml:3: `work_buckets` is a shared parameter here, and declared at"
        " catalog/activity_groups/ours.yaml:5; leave one out"
    ]


def test_a_users_file_changes_the_default_of_every_group_that_takes_it(user_catalog: "UserCatalog") -> None:
    """As other entries of a user's catalog do, and as for those it is said."""
    ours = "parameters:\n  work_buckets: {type: bucket, many: true, default: [acme-ml], help: ours}\n"
    catalog = Catalog([user_catalog({"parameters.yml": ours})])
    role = composed(catalog, persona="data-scientist")
    assert role.parameters["work_buckets"] == ("acme-ml",)
    assert role.parameters["models"] == ("acme-ml/models",)
    line = CATALOG.shared_parameters["work_buckets"].where
    assert f"parameter `work_buckets` of catalog/parameters.yml:2 is used in place of {line}" in role.notes
    assert not any("used in place" in note for note in composed(CATALOG, persona="data-scientist").notes)


def test_the_last_folder_wins(user_catalog: "UserCatalog", tmp_path: Path) -> None:
    """And its place is the one that is named."""
    first = user_catalog({"parameters.yaml": SHARED, "activity_groups/ours.yaml": GROUP % ("teams", "teams")})
    second = tmp_path / "second"
    second.mkdir()
    (second / "parameters.yaml").write_text(SHARED.replace("team-a", "team-z"))
    assert composed(Catalog([first, second]), persona="data-scientist", add=["ours"]).parameters["teams"] == ("team-z",)
    assert composed(Catalog([second, first]), persona="data-scientist", add=["ours"]).parameters["teams"] == ("team-a",)


def test_another_type_is_refused(user_catalog: "UserCatalog") -> None:
    """A role to pass that could be any text would open every group that passes it."""
    ours = "parameters:\n  pass_roles: {type: string, many: true, default: ['*'], help: any}\n"
    catalog = Catalog([user_catalog({"parameters.yaml": ours})])
    with pytest.raises(InputError) as raised:
        composed(catalog, persona="data-scientist")
    place = CATALOG.shared_parameters["pass_roles"].where
    assert str(raised.value).startswith(
        f"catalog/parameters.yaml:2: shared parameter `pass_roles` is of type `string` here and `role-arn` at {place}"
    )


def test_a_parameter_that_no_group_takes_is_refused(user_catalog: "UserCatalog") -> None:
    """Misspelt, it would leave the default as it is that it was to change."""
    ours = "parameters:\n  pass_role: {type: role-arn, help: x}\n"
    with pytest.raises(InputError) as raised:
        composed(Catalog([user_catalog({"parameters.yaml": ours})]), persona="data-scientist")
    assert str(raised.value).startswith(
        "catalog/parameters.yaml:2: no activity group takes the shared parameter `pass_role`; did you mean pass_roles"
    )


def test_what_is_wrong_with_the_file_is_said_once(user_catalog: "UserCatalog") -> None:
    """However many groups of the role take parameters; each error with its line."""
    ours = "parameters:\n  work_buckets: {type: bukket, help: x}\n  models: {type: s3-prefix}\n"
    lines = refusal(Catalog([user_catalog({"parameters.yaml": ours})]), add=[])
    assert [line.split(": ")[0] for line in lines] == ["catalog/parameters.yaml:2", "catalog/parameters.yaml:3"]


def test_a_default_that_aws_does_not_know_is_said_once_and_may_be_excused(user_catalog: "UserCatalog") -> None:
    """By the file that declares it, for all groups that take it."""
    ours = "parameters:\n  sizes: {type: instance-type, many: true, default: [ml.m5.lagre], help: x}\n"
    group = (
        GROUP.replace("s3:GetObject", "sagemaker:CreateApp").replace("s3:::{{ %s }}/*", "sagemaker:*:*:app/%s/*")
        % ("sizes", "x")
        + '    conditions: {StringEquals: {sagemaker:InstanceTypes: "{{ sizes }}"}}\n'
    )
    files = {"activity_groups/ours.yaml": group, "activity_groups/more.yaml": group.replace("Ours", "More")}
    catalog = Catalog([user_catalog({"parameters.yaml": ours, **files})])
    [line] = refusal(catalog, add=["ours", "more"])
    assert line.startswith("catalog/parameters.yaml:2: unknown instance type `ml.m5.lagre`; did you mean ml.m5.large")
    excused = Catalog([user_catalog({"parameters.yaml": f"{ours}unknown_ok: ml.m5.lagre\n", **files})])
    assert composed(excused, persona="data-scientist", add=["ours"]).parameters["sizes"] == ("ml.m5.lagre",)


def test_a_default_brings_no_parameter_that_the_group_does_not_name(user_catalog: "UserCatalog") -> None:
    """Whoever reads the group sees all that it can be given."""
    catalog = Catalog([user_catalog({"activity_groups/ours.yaml": GROUP % ("models", "models")})])
    assert refusal(catalog) == [
        "catalog/activity_groups/ours.yaml:3: the default of shared parameter `models` needs `work_buckets`, which the"
        " group does not have; add work_buckets to `shared_parameters`"
    ]
    complete = Catalog([user_catalog({"activity_groups/ours.yaml": GROUP % ("models, work_buckets", "models")})])
    assert "ours" in composed(complete, persona="data-scientist", add=["ours"]).groups


def test_two_files_in_one_folder_are_refused(user_catalog: "UserCatalog") -> None:
    """As two files of one entry are."""
    catalog = Catalog([user_catalog({"parameters.yaml": SHARED, "parameters.yml": SHARED})])
    with pytest.raises(InputError, match=r"catalog/parameters\.yml: shared parameters are declared in two files, here"):
        catalog.activity_group("read-data")


def test_a_file_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    """A link that leads nowhere, and a folder of that name: never as if there were none."""
    (tmp_path / "personas").mkdir()
    (tmp_path / "parameters.yaml").symlink_to("gone.yaml")
    with pytest.raises(InputError, match=r"parameters\.yaml: can't be read: No such file"):
        Catalog([tmp_path]).activity_group("read-data")
    (tmp_path / "parameters.yaml").unlink()
    (tmp_path / "parameters.yaml").mkdir()
    with pytest.raises(InputError, match=r"parameters\.yaml: can't be read: Is a directory"):
        Catalog([tmp_path]).activity_group("read-data")


def test_every_shared_parameter_of_ours_is_taken_and_no_other_stands_twice() -> None:
    """Each by two groups or more; what two groups declare belongs among the shared ones."""
    files = [read_yaml(found.path).data for found in CATALOG.found("activity_groups").values()]
    uses = Counter(name for file in files for name in file.get("shared_parameters", ()))
    assert {name for name, count in uses.items() if count > 1} == set(CATALOG.shared_parameters)
    own = Counter(name for file in files for name in file.get("parameters", ()))
    assert [name for name, count in own.items() if count > 1] == []
    assert not own.keys() & uses.keys()


def test_a_group_of_ours_takes_only_what_it_needs() -> None:
    """In a statement, in `acts_as`, or in the default of a parameter that is needed there."""
    for name in CATALOG.found("activity_groups"):
        group = CATALOG.activity_group(name).value
        assert set(group.shared_parameters) <= _needed(group), name


def _needed(group: ActivityGroup) -> set[str]:
    said = [*group.acts_as]
    for one in group.statements:
        said += [*one.resources, *(text for block in one.conditions.values() for key, found in block.items()
                                   for text in (key, *found))]  # fmt: skip
    names = {name for text in said for name in names_in(text)} | {n for one in group.statements for n in one.needs}
    defaults = {name: group.parameters[name].default or () for name in names & group.parameters.keys()}
    return names | {name for texts in defaults.values() for text in texts for name in names_in(text)}


def test_our_file_is_valid_by_its_schema_and_names_it() -> None:
    """An editor that uses the schema finds no fault with it."""
    path = builtin_folder() / "parameters.yaml"
    schema = schema_of("shared-parameters")
    assert [error.message for error in Draft202012Validator(schema).iter_errors(read_yaml(path).data)] == []
    first = path.read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schemas/shared-parameters.schema.json"
    assert not Draft202012Validator(schema).is_valid({"parameters": {}})


def test_show_says_which_parameters_are_shared_and_where_they_stand(run: "Run") -> None:
    """People get the place, programs all parameters as before and the names of the shared ones."""
    shown = " ".join(run("show", "activity-group", "run-training-jobs").stdout.replace("│", " ").split())
    place = CATALOG.shared_parameters["job_names"].where
    assert f"job_names (name-pattern, repeatable; default *; shared, {place}): names of the jobs" in shown
    own = " ".join(run("show", "activity-group", "administer-studio").stdout.replace("│", " ").split())
    assert "studio_images (name-pattern, repeatable; default *): names" in own
    data = json.loads(run("show", "activity-group", "run-training-jobs", "--format", "json").stdout)
    assert data["shared_parameters"] == ["job_names", "pass_roles", "training_plans"]
    assert list(data["parameters"]) == ["job_names", "pass_roles", "training_plans"]
    assert data["parameters"]["job_names"]["default"] == ["*"]


def test_create_takes_values_of_shared_parameters(run: "Run") -> None:
    """By name, as before; one that no group has is refused with the nearest."""
    ran = run("create", "--persona", "data-scientist", "--parameter", "job_names=churn-*")
    assert (ran.code, "training-job/churn-*" in ran.stdout) == (0, True)
    ran = run("create", "--persona", "data-scientist", "--parameter", "job_nam=churn-*")
    assert (ran.code, "did you mean job_names" in ran.errors[0]) == (2, True)
