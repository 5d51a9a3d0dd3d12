"""The catalog: entries by id, the user's folders over the built-in one, every wrong name with the nearest right one."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rolemgr.catalog.load import Catalog, builtin_folder
from rolemgr.errors import InputError, Problems, RolemgrError, SourceLocation

if TYPE_CHECKING:
    from tests.conftest import UserCatalog

GROUP = """\
title: Read data
description: Reads objects.
statements:
  - sid: ReadObjects
    actions: s3:GetObject
    resources: arn:aws:s3:::data/*
"""
PERSONA = """\
title: Reader
description: Reads.
activity_groups: read-data
"""


def refusal(folder: Path, group: str = "read-data") -> list[str]:
    """Return the messages with which the activity group *group* of the catalog *folder* is refused."""
    with pytest.raises(RolemgrError) as caught:
        Catalog([folder]).activity_group(group)
    return str(caught.value).splitlines()


def test_an_entry_is_found_by_the_stem_of_its_file(user_catalog: "UserCatalog") -> None:
    """The name of the file is the name of the entry, with either suffix, and its lines are known."""
    folder = user_catalog({"activity_groups/read-data.yaml": GROUP, "personas/reader.yml": PERSONA})
    catalog = Catalog([folder])
    assert catalog.persona("reader").value.activity_groups == ("read-data",)
    group = catalog.activity_group("read-data")
    assert group.value.statements[0].actions == ("s3:GetObject",)
    assert str(group.at("statements", 0, "actions")) == "catalog/activity_groups/read-data.yaml:5"


def test_files_of_other_kinds_are_no_entries(user_catalog: "UserCatalog") -> None:
    """A README, a backup and a folder below lie beside the entries unread."""
    folder = user_catalog(
        {"activity_groups/README.md": "x", "activity_groups/a.yaml~": "x", "activity_groups/a.yaxml": "x",
         "activity_groups/old/b.yaml": "x", "personas/reader.yaml": PERSONA}
    )  # fmt: skip
    assert set(Catalog([folder]).found("activity_groups")) == set(Catalog().found("activity_groups"))
    assert "reader" in Catalog([folder]).found("personas")


def test_the_last_folder_wins(user_catalog: "UserCatalog", tmp_path: Path) -> None:
    """An entry of the same name replaces the one before, and knows which file it stands in front of."""
    first = user_catalog({"activity_groups/read-data.yaml": GROUP})
    second = tmp_path / "second"
    (second / "activity_groups").mkdir(parents=True)
    (second / "activity_groups/read-data.yml").write_text(GROUP.replace("Read data", "Read ours"))
    catalog = Catalog([first, second])
    assert catalog.activity_group("read-data").value.title == "Read ours"
    found = catalog.found("activity_groups")["read-data"]
    assert (found.builtin, found.overrides) == (False, "catalog/activity_groups/read-data.yaml")
    assert Catalog([second, first]).activity_group("read-data").value.title == "Read data"


def test_a_built_in_entry_can_be_replaced(user_catalog: "UserCatalog") -> None:
    """The user's entry of the name of a built-in one wins; all others stay."""
    name = next(iter(Catalog().found("activity_groups")))
    catalog = Catalog([user_catalog({f"activity_groups/{name}.yaml": GROUP})])
    assert catalog.activity_group(name).value.title == "Read data"
    assert catalog.found("activity_groups")[name].overrides == f"activity_groups/{name}.yaml"
    assert set(catalog.found("activity_groups")) == set(Catalog().found("activity_groups"))


def test_entries_are_sorted_by_name(user_catalog: "UserCatalog") -> None:
    """The order of folders and files in the file system does not show."""
    files = {f"activity_groups/{name}.yaml": GROUP for name in ("zz", "aa", "mm")}
    names = list(Catalog([user_catalog(files)]).found("activity_groups"))
    assert names == sorted(names)


def test_files_are_read_only_when_asked_for(user_catalog: "UserCatalog") -> None:
    """A broken entry that nobody asks for does not stand in the way of the others."""
    catalog = Catalog([user_catalog({"activity_groups/read-data.yaml": GROUP, "activity_groups/bad.yaml": "a: ["})])
    assert catalog.activity_group("read-data").value.title == "Read data"
    with pytest.raises(InputError, match=r"catalog/activity_groups/bad\.yaml:\d: is not valid YAML"):
        catalog.activity_group("bad")


def test_an_entry_is_read_once(user_catalog: "UserCatalog") -> None:
    """Whoever asks again gets the same frozen value."""
    catalog = Catalog([user_catalog({"activity_groups/read-data.yaml": GROUP})])
    assert catalog.activity_group("read-data") is catalog.activity_group("read-data")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("read-dta", "x.yaml:7: unknown activity group `read-dta`; did you mean read-data"),
        ("Read_Data", "x.yaml:7: unknown activity group `Read_Data`; did you mean read-data"),
        ("zzzzzzzzz", "x.yaml:7: unknown activity group `zzzzzzzzz`; see `rolemgr list activity-groups`"),
        ("../personas/reader", "x.yaml:7: unknown activity group `../personas/reader`"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, message: str, user_catalog: "UserCatalog") -> None:
    """Where the name stands, what it is, and what may have been meant."""
    catalog = Catalog([user_catalog({"activity_groups/read-data.yaml": GROUP})])
    with pytest.raises(InputError) as caught:
        catalog.activity_group(name, SourceLocation("x.yaml", 7))
    assert str(caught.value).startswith(message)


def test_a_folder_without_catalogs_is_refused(tmp_path: Path) -> None:
    """A wrong ``--catalog`` is not an empty catalog."""
    for folder in (Path("nowhere"), Path()):
        with pytest.raises(
            InputError, match="is not a catalog folder: it has no personas/ or separations/ or activity_groups/"
        ):
            Catalog([folder])


def test_one_name_is_defined_once_in_a_folder(user_catalog: "UserCatalog") -> None:
    """Both suffixes for one name: neither would be a safe choice."""
    folder = user_catalog({"activity_groups/read-data.yaml": GROUP, "activity_groups/read-data.yml": GROUP})
    assert refusal(folder) == [
        "catalog/activity_groups/read-data.yml: `read-data` is defined twice, here and in read-data.yaml"
    ]


def test_all_errors_of_a_file_are_told_at_once(user_catalog: "UserCatalog") -> None:
    """Sorted by line, each with the key that may have been meant."""
    text = """\
        titel: Read data
        description: ''
        parameters:
          Buckets: {type: buket, help: x, defualt: y}
        statements:
          - sid: read objects
            effect: Permit
            actions: s3:Get*
            resource: x
          - actions: []
    """
    kinds = "string, name-pattern, model-pattern, account-id, arn, role-arn, key-arn, bucket, s3-prefix, subnet-id, security-group-id, file-system-id, instance-type, duration, integer, tag-key, ip-range, vpc-id or vpc-endpoint-id"
    name_form = "lower-case letters, digits and underscores, such as data_buckets"
    sid_form = "1 to 64 letters and digits, a capital first, such as TrainingJobs"
    assert refusal(user_catalog({"activity_groups/read-data.yaml": text})) == [
        f"catalog/activity_groups/read-data.yaml:{line}"
        for line in (
            "1: unknown key `titel`; did you mean title?",
            "2: `description` is empty",
            f"4: `parameters.Buckets` is `Buckets`; use {name_form}",
            f"4: `parameters.Buckets.type` is `buket`; use one of {kinds}",
            "4: unknown key `parameters.Buckets.defualt`; did you mean default?",
            f"6: `statements[0].sid` is `read objects`; use {sid_form}",
            "7: `statements[0].effect` is `Permit`; use one of Allow or Deny",
            "8: in `statements[0].actions`: `s3:Get*` is not an action of the form service:Name without wildcards",
            "9: unknown key `statements[0].resource`; did you mean resources?",
            "10: in `statements[1]`: `sid` is missing",
            "10: `statements[1].actions` is empty",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("    action: [s3:GetObject]\n", "unknown key `statements[0].action`; did you mean actions?"),
        ("    Effect: Allow\n", "unknown key `statements[0].Effect`; did you mean effect?"),
        ("    sources: [x]\n", "unknown key `statements[0].sources`; did you mean resources?"),
        ("sid: X\n", "unknown key `sid`; `sid` stands at `statements[]`"),
        ("never: [x]\n", "unknown key `never`; did you mean never_with?"),
    ],
)
def test_a_wrong_key_is_answered_with_those_of_its_place(wrong: str, message: str, user_catalog: "UserCatalog") -> None:
    """The same word is no answer, nor is one that the place does not take."""
    folder = user_catalog({"activity_groups/read-data.yaml": GROUP + wrong})
    assert refusal(folder) == [f"catalog/activity_groups/read-data.yaml:7: {message}"]


def test_one_slip_is_one_message(user_catalog: "UserCatalog") -> None:
    """What is there under a name that is nearly right is called wrong, and missing no more."""
    text = GROUP.replace("    actions:", "    action:")
    (line,) = refusal(user_catalog({"activity_groups/read-data.yaml": text}))
    assert line.endswith("unknown key `statements[0].action`; did you mean actions?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: is empty"),
        ("just text\n", "1: the file must be a mapping"),
        ("- a\n", "1: the file must be a mapping"),
        (GROUP.replace("  - sid", "  sid"), None),
        (GROUP + "statements: []\n", "7: repeats the key `statements` of line 3"),
        (GROUP.split("statements")[0] + "statements: []\n", "3: `statements` is empty"),
        (GROUP.replace("s3:GetObject", "GetObject"), "5: in `statements[0].actions`: `GetObject` is not an action"),
        (GROUP + "    effect: allow\n", "7: `statements[0].effect` is `allow`; use one of Allow or Deny"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, message: str | None, user_catalog: "UserCatalog") -> None:
    """One clean line with file and line, whatever the file holds."""
    found = refusal(user_catalog({"activity_groups/read-data.yaml": text}))
    assert all(line.startswith("catalog/activity_groups/read-data.yaml:") for line in found)
    assert message is None or found[0].startswith(f"catalog/activity_groups/read-data.yaml:{message}")


def test_several_errors_are_one_exception(user_catalog: "UserCatalog") -> None:
    """A program that catches them can count them."""
    with pytest.raises(Problems) as caught:
        Catalog([user_catalog({"personas/reader.yaml": "titel: x\n"})]).persona("reader")
    assert len(caught.value.problems) >= 2


def test_the_built_in_catalog_lies_where_it_is_reviewed() -> None:
    """In a checkout, the folders at its top are the ones in use."""
    assert (builtin_folder() / "pyproject.toml").is_file()
    assert Catalog().found("personas")
    assert Catalog().found("activity_groups")


def test_the_groups_that_name_a_parameter_are_all_that_declare_it(user_catalog: "UserCatalog") -> None:
    """Of ours, by their text, and far fewer than there are; of the user's each one, as YAML may spell a name otherwise."""
    hidden = GROUP + 'parameters:\n  "assumed\\x5froles": {type: role-arn, help: H, default: []}\n'
    catalog = Catalog([user_catalog({"activity_groups/hidden.yaml": hidden})])
    groups = {name: catalog.activity_group(name).value.parameters for name in catalog.found("activity_groups")}
    assert "assumed_roles" in groups["hidden"]
    for parameter in {one for declared in groups.values() for one in declared} - catalog.shared_parameters.keys():
        declaring = [name for name, declared in groups.items() if parameter in declared]
        found = catalog.groups_naming(parameter)
        assert [name for name in found if name in declaring] == declaring
        assert len(found) < len(groups) / 2
    assert catalog.groups_naming("no_such_parameter") == ("hidden",)
