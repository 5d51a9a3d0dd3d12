"""A misspelt name in what must never be forbids nothing, so it is refused: each place, with its line and a hint."""

from pathlib import Path

import pytest

from rolemgr.catalog.load import Catalog
from rolemgr.compose.never_names import wrong_names_in_separations
from rolemgr.compose.role import compose
from rolemgr.errors import InputError, Problems
from rolemgr.files.source import SourceFile
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.catalog import prove_catalog

PERSONA = "title: T\ndescription: D\nactivity_groups: [mine]\nnever:\n"
GROUP = """title: T
description: D
statements:
  - {sid: A, actions: "sagemaker:ListModels"}
"""
KNOWN = "  - {action: 'sagemaker:CreateApp', except_with: {'sagemaker:OwnerUserProfileArn': x}}\n"
WRONG = {
    "an action": ("  - sagemaker:CreateTraningJob\n", "sagemaker:CreateTraningJob", "sagemaker:CreateTrainingJob"),
    "an action with a place": ("  - {action: 'iam:PassRol'}\n", "iam:PassRol", "iam:PassRole"),
    "a pattern of nothing": ("  - sagemaker:Creat?Bad*\n", "sagemaker:Creat?Bad*", ""),
    "a key of except_with": (KNOWN.replace("ProfileArn", "ProfilArn"), "sagemaker:OwnerUserProfilArn", "sagemaker:OwnerUserProfileArn"),
    "a key of context": ("  - {action: 's3:PutObject', context: {'s3:x-amz-acll': a}}\n", "s3:x-amz-acll", "s3:x-amz-acl"),
    "a region in except_on": ("  - {action: 's3:PutObject', except_on: ['arn:aws:sqs:eu-wst-1:111122223333:q']}\n", "eu-wst-1", "eu-west-1"),
    "a resource of another service": ("  - {action: 's3:Put*', resource: 'arn:aws:kms:*:111122223333:key/*'}\n", "arn:aws:kms:*:111122223333:key/*", ""),
    "a resource of another type": ("  - {action: 'sagemaker:CreateModel', resource: 'arn:aws:sagemaker:*:*:endpoint/prod'}\n", "arn:aws:sagemaker:*:*:endpoint/prod", ""),
    "no ARN in except_on": ("  - {action: 's3:PutObject', except_on: [bucket]}\n", "bucket", ""),
}  # fmt: skip


def composed(folder: Path, files: dict[str, str]) -> ComposedRole:
    """Write a catalog of *files*, and return its persona `guarded` composed."""
    for name, text in {"activity_groups/mine.yaml": GROUP, **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    data = {"persona": "guarded", "account": "111122223333", "region": "eu-west-1", "no_default_guardrails": True}
    return compose(Catalog([folder]), Sourced(RoleSpec.model_validate(data), SourceFile("role", data, {})))


@pytest.mark.parametrize("where", ["persona", "separation", "base"])
@pytest.mark.parametrize("name", WRONG)
def test_a_misspelt_name_is_refused(tmp_path: Path, name: str, where: str) -> None:
    """In a persona, in a separation that it names, and in a persona that it extends."""
    entry, wrong, right = WRONG[name]
    files = {
        "persona": {"personas/guarded.yaml": PERSONA + entry},
        "separation": {"personas/guarded.yaml": PERSONA + "  - own\n",
                       "separations/own.yaml": "title: T\nwhy: W\nnever:\n" + entry},
        "base": {"personas/guarded.yaml": "title: T\ndescription: D\nextends: first\n",
                 "personas/first.yaml": PERSONA + entry},
    }[where]  # fmt: skip
    with pytest.raises(InputError, match="unknown_ok") as caught:
        composed(tmp_path, files)
    said = str(caught.value)
    assert f"`{wrong}`" in said
    assert right in said
    name_of_file, line = {"persona": ("guarded", 5), "separation": ("own", 4), "base": ("first", 5)}[where]
    assert f"{name_of_file}.yaml:{line}:" in said
    excused = {file: f"{text}unknown_ok: ['{wrong}']\n" if entry in text else text for file, text in files.items()}
    composed(tmp_path, excused)


def test_a_known_name_is_taken(tmp_path: Path) -> None:
    """Known actions, patterns and keys, placeholders, and tags of any name."""
    entries = (
        KNOWN + "  - s3:Put*Configuration\n  - {action: 's3:PutObject', except_with: {'aws:ResourceTag/Any': x}}\n"
    )
    assert composed(tmp_path, {"personas/guarded.yaml": PERSONA + entries}).persona.never


def test_a_misspelt_action_under_accepts_is_refused(tmp_path: Path) -> None:
    """It would accept no finding, and nobody would see why."""
    accepts = "accepts:\n  - {rule: RM101, action: 'sagemaker:ListModls', why: W}\n"
    files = {"personas/guarded.yaml": PERSONA + KNOWN, "activity_groups/mine.yaml": GROUP + accepts}
    with pytest.raises(InputError, match=r"mine.yaml:6: unknown action `sagemaker:ListModls`.*sagemaker:ListModels"):
        composed(tmp_path, files)
    files["activity_groups/mine.yaml"] += "unknown_ok: ['sagemaker:ListModls']\n"
    composed(tmp_path, files)


UNUSED = "title: T\nwhy: W\nnever:\n  - action: s3:GetObjekt\n  - {action: s3:GetObject, context: {'s3:prefx': [x]}}\n"


def test_a_separation_that_no_persona_uses_is_judged_too(tmp_path: Path) -> None:
    """Its names would be wrong for whoever takes it up."""
    (tmp_path / "separations").mkdir()
    (tmp_path / "separations/mine.yaml").write_text(UNUSED)
    found = [str(one) for one in wrong_names_in_separations(Catalog([tmp_path]))]
    assert len(found) == 2
    assert "separations/mine.yaml:4: " in found[0]
    assert "s3:GetObjekt" in found[0]
    assert "s3:prefx" in found[1]
    with pytest.raises(Problems, match="s3:GetObjekt"):
        prove_catalog(Catalog([tmp_path]))
    assert list(wrong_names_in_separations(Catalog())) == []


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (
            "{action: 's3:PutObject', context: {'aws:RequestedRegion': []}}",
            "`context` has no value for `aws:RequestedRegion`",
        ),
        ("{action: 's3:PutObject', except_with: {'aws:RequestedRegion': []}}", "`except_with` has no value for"),
        ("{action: 's3:PutObject', except_on: ['*']}", "`except_on` excepts all that is forbidden"),
        (
            "{action: 's3:PutObject', resource: 'arn:aws:s3:::prod/*', except_on: ['arn:aws:s3:::pro?/*']}",
            "excepts all",
        ),
        (
            "{action: 'secretsmanager:UpdateSecret', except_on: ['arn:aws:secretsmanager:*:*:secret:*']}",
            "`except_on` excepts every resource that `secretsmanager:UpdateSecret` is on",
        ),
        (
            "{action: 's3:PutObject*', except_on: ['arn:aws:s3:::*/*', 'arn:aws:s3:*:*:*']}",
            "excepts every resource that",
        ),
        ("{action: 's3:PutObject', except: of theirs}", "`except_on` or `except_with` excepts, and both are missing"),
    ],
)
def test_an_entry_that_forbids_nothing_is_refused(entry: str, says: str, tmp_path: Path) -> None:
    """A context without a value fits no request, and an exception of everything leaves nothing."""
    with pytest.raises(InputError, match=says) as caught:
        composed(tmp_path, {"personas/guarded.yaml": f"{PERSONA}  - {entry}\n"})
    assert "guarded.yaml:5" in str(caught.value)


@pytest.mark.parametrize(
    "resource",
    [
        "*",
        "arn:aws:s3:::prod/*",
        "arn:aws:s3:::pro*/x",
        "arn:aws:s3:::*",
        "arn:aws:s3:::${aws:PrincipalTag/b}/*",
        "arn:aws:*:*:*:prod",
    ],
)
def test_a_resource_that_some_action_is_on_is_taken(resource: str, tmp_path: Path) -> None:
    """Wildcards and variables may stand for what the action is on."""
    entry = f"  - {{action: 's3:PutObject', resource: '{resource}'}}\n"
    (never,) = composed(tmp_path, {"personas/guarded.yaml": PERSONA + entry}).persona.never
    assert never.forbidden.resource == resource
