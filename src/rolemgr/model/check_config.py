"""`rolemgr-check.yaml`: the types of files, custom policy checks that are always run, and findings that are excused."""

from datetime import date
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, model_validator

from rolemgr.iam.base import Model
from rolemgr.iam.documents import PolicyType
from rolemgr.model.catalog import Text


def _day(value: object) -> object:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"`{value}` is not a day: write it as 2027-03-31") from None


def _none_is_empty(value: object) -> object:
    """A key with nothing behind it lists nothing."""
    return () if value is None else value


def _given(value: object) -> object:
    """Refuse a key with nothing behind it: left out, it would excuse more than was meant."""
    if value is None:
        raise ValueError("nothing is written here: leave the key out, or give it a value")
    return value


Given: TypeAlias = Annotated[Text | None, BeforeValidator(_given)]
Day: TypeAlias = Annotated[date, BeforeValidator(_day)]


class FileType(Model):
    """The type of the policies in the files whose path, or its end, *path* matches: a glob."""

    path: Text
    type: PolicyType


class SuppressionEntry(Model):
    """Findings of a *rule* (its name or id) that are excused, in paths, in statements, until the end of a day."""

    rule: Text
    reason: Text
    path: Given = None
    sid: Given = None
    expires: Annotated[Day | None, BeforeValidator(_given)] = None


class AuditSuppressionEntry(Model):
    """
    Findings of `audit` that are excused until the end of a day.

    They are one *finding*, by its id, or those of a *rule* (its name or id), of a *principal* (a name or an ARN, with
    wildcards), or of both.
    """

    reason: Text
    finding: Given = None
    rule: Given = None
    principal: Given = None
    expires: Annotated[Day | None, BeforeValidator(_given)] = None

    @model_validator(mode="after")
    def _says_what(self) -> "AuditSuppressionEntry":
        if not (self.finding or self.rule or self.principal):
            raise ValueError("this excuses every finding: name a `finding`, a `rule` or a `principal`")
        if self.finding and (self.rule or self.principal):
            raise ValueError("a `finding` has its rule and its principal: leave these two out")
        return self


class CheckConfigFile(Model):
    """A whole `rolemgr-check.yaml`; *rules* are files of custom policy checks, relative to it."""

    types: Annotated[tuple[FileType, ...], BeforeValidator(_none_is_empty)] = ()
    rules: Annotated[tuple[Text, ...], BeforeValidator(_none_is_empty)] = ()
    suppress: Annotated[tuple[SuppressionEntry, ...], BeforeValidator(_none_is_empty)] = ()
    suppress_in_audit: Annotated[tuple[AuditSuppressionEntry, ...], BeforeValidator(_none_is_empty)] = ()
