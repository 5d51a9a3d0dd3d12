"""Mutants of ABAC: every small defect of every condition on tags in the documents of roles, and of its own text."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path

from tests.prove.mutants import CATALOG, Data, Mutant, write
from tests.prove.mutants_packing import with_documents

from rolemgr.catalog.load import Catalog
from rolemgr.iam.documents import IdentityStatement
from rolemgr.prove.catalog import subject_of
from rolemgr.prove.proof import RoleToProve
from rolemgr.prove.tags import tag_judgements

_TAGS = ("aws:RequestTag/", "aws:ResourceTag/", "aws:PrincipalTag/", "aws:TagKeys", "sagemaker:TaggingAction", "sagemaker:ModelArn")  # fmt: skip
_ABAC: Data = {"abac": ["Project"], "tag": {"Project": "churn"}, "no_default_guardrails": True}
ROLES: Mapping[str, Data] = {
    "ml-engineer": {"persona": "ml-engineer", **_ABAC},
    "mlops-engineer": {"persona": "mlops-engineer", **_ABAC},
    "two keys": {
        "persona": "sagemaker-pipeline",
        "abac": ["Project", "Team"],
        "tag": {"Project": "churn", "Team": "a"},
    },
    "deletes tags": {"persona": "sagemaker-compute", "add": ["tags"], **_ABAC},
}
"""Roles whose conditions on tags are changed one by one; the last may delete tags of pipelines."""

_OPERATORS = {
    "StringEquals": ("StringEqualsIfExists", "StringNotEquals", "StringEqualsIgnoreCase"),
    "StringEqualsIfExists": ("StringEquals", "StringNotEquals"),
    "ForAnyValue:ArnNotLike": ("ForAllValues:ArnNotLike", "ForAnyValue:ArnLike"),
    "ForAnyValue:StringEqualsIgnoreCase": ("ForAnyValue:StringEquals", "ForAllValues:StringEqualsIgnoreCase"),
}

_SAME = {("ml-engineer", "GlueDataFrameTablesByPrincipalTagAndResourceTag", "aws:ResourceTag/Project by StringEquals")}
"""What changes nothing: the statement about the tables of feature groups lets through untagged ones of these names."""

Conditions = dict[str, dict[str, tuple[str, ...]]]


def tag_mutants(folder: Path) -> Iterator[Mutant]:
    """Yield what may be wrong in a condition on tags, and statements that go round it; *folder* is for a catalog."""
    for name in ROLES:
        subject = _subject(name, folder)
        for index, statement in enumerate(subject.statements):
            for what, changed in _changed(statement):
                if (name, statement.sid, what) in _SAME:
                    continue
                yield Mutant(f"tags, {name}, {statement.sid}: {what}", _Of(subject, index, changed).found_by)


class _Of:
    """A role with one statement changed, or left out."""

    def __init__(self, subject: RoleToProve, index: int, changed: IdentityStatement | None) -> None:
        self._role, self._index, self._changed = subject, index, changed

    def found_by(self, _folder: Path) -> list[str]:
        """Return the proof that finds it, asked about the actions of the statement."""
        actions = self._role.statements[self._index].action
        before, after = self._role.statements[: self._index], self._role.statements[self._index + 1 :]
        middle = (self._changed,) if self._changed else ()
        role = with_documents(self._role, [(*before, *middle, *after)])
        return list(islice((name for name, example in tag_judgements(role, actions) if example), 1))


@cache
def _subject(name: str, folder: Path) -> RoleToProve:
    pipelines = "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:pipeline/*"
    statement = {"sid": "Tags", "actions": ["sagemaker:AddTags", "sagemaker:DeleteTags"], "resources": [pipelines]}
    write(folder, "activity_groups", "tags", {"title": "T", "description": "T.", "statements": [statement]})
    return subject_of(Catalog([folder]) if name == "deletes tags" else CATALOG, ROLES[name])


def _changed(statement: IdentityStatement) -> Iterator[tuple[str, IdentityStatement | None]]:
    """Yield what may go wrong with the conditions on tags of *statement*, in words, and what becomes of it."""
    written = str(statement.condition)
    for operator, block in statement.condition.items() if "Tag/Project" in written or "'Project'" in written else ():
        for key, values in block.items():
            if not key.startswith(_TAGS) or "sagemaker:" in key.partition("/")[2]:
                continue
            for what, conditions in _conditions(statement, operator, key, values):
                yield what, statement.model_copy(update={"condition": conditions})
            if statement.effect == "Deny":
                yield "the Deny is lost", None


def _conditions(
    statement: IdentityStatement, operator: str, key: str, values: tuple[str, ...]
) -> Iterator[tuple[str, Conditions]]:
    if not (key == "sagemaker:TaggingAction" and values == ("true",)):  # one's own has a tag: creation can't be meant
        yield f"without {key}", _with(statement, operator, key, None)
    for other in _OPERATORS.get(operator, ()):
        yield f"{key} by {other}", _with(statement, operator, key, values, other)
    if operator == "Null":
        flipped = tuple("false" if value == "true" else "true" for value in values)
        yield f"Null {key} turned round", _with(statement, operator, key, flipped)
    if "${aws:PrincipalTag/" in values[0]:
        yield f"{key} by another tag", _with(statement, operator, key, (values[0].replace("Tag/", "Tag/Other"),))
        if operator.startswith("StringEquals"):
            like = operator.replace("Equals", "Like")
            yield f"{key} of any value", _with(statement, operator, key, ("*",), like)
            yield f"{key} that begins alike", _with(statement, operator, key, (f"{values[0]}*",), like)


def _with(
    statement: IdentityStatement, operator: str, key: str, values: tuple[str, ...] | None, other: str | None = None
) -> Conditions:
    """Return the conditions of *statement* with other *values* of *key*, under the operator *other*, or without it."""
    found = {one: dict(block) for one, block in statement.condition.items()}
    del found[operator][key]
    if values is not None:
        found.setdefault(other or operator, {})[key] = values
    return {one: block for one, block in found.items() if block}
