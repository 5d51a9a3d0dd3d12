"""What the files of `shares/` hold: what AWS Resource Access Manager shares of one kind of resource, and how."""

from typing import Self

from pydantic import Field, model_validator

from rolemgr.iam.base import Model
from rolemgr.model.catalog import ParameterName, Strings, Text
from rolemgr.model.resource_pattern import ResourceParameter


class SharedPart(Model):
    """
    One resource share: *resources* for *principals* by a managed *permission* of RAM.

    A share has one permission for each type of resource, so that readers and writers have one each.
    """

    name: Text
    why: Text | None = None
    resources: Strings = Field(min_length=1)
    permission: Text
    """The name of AWS's managed permission, as RAM spells it."""
    principals: Strings = Field(min_length=1)
    gives: Strings = ()
    """The actions that the permission allows, where AWS says so."""


class SharePattern(Model):
    """How one kind of resource is shared: a policy that RAM, and not its owner, writes."""

    title: Text
    description: Text
    judged_by: Text
    """An action on the resource, by which its ARN is known."""
    parameters: dict[ParameterName, ResourceParameter]
    outside: ParameterName
    """The parameter that names the accounts outside the organization that may be shared with."""
    shares: tuple[SharedPart, ...] = Field(min_length=1)
    left_open: Strings = ()
    sources: Strings = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.outside not in self.parameters:
            raise ValueError(f"`{self.outside}` is not among the parameters")
        names = [one.name for one in self.shares]
        if len(set(names)) < len(names):
            raise ValueError("two shares have one name")
        return self
