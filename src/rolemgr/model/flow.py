"""What the files of `flows/` hold: what one role does with something of an account, as both sides have to allow it."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from rolemgr.iam.base import Model
from rolemgr.model.catalog import ONE_OR_MORE, EntryId, ParameterName, Strings, Text, listed

_Names: TypeAlias = Annotated[tuple[ParameterName, ...], BeforeValidator(listed), WithJsonSchema(ONE_OR_MORE)]


class FlowPolicy(Model):
    """The policy at the target that names the role: a kind of `resource_policies/`, and the parameter it becomes."""

    kind: EntryId
    resource: Text
    parameter: ParameterName
    values: dict[ParameterName, Strings] = Field(default_factory=dict)
    """What other parameters of the kind get."""
    needs: _Names = ()
    """Values that must be there; without one there is no such policy."""
    covered_by: ParameterName | None = None
    """The parameter that lets a role do all that *parameter* does: a role that is named there is not named twice."""


class FlowRequest(Model):
    """A request that the flow is: with both sides it is allowed, unless it is *optional*."""

    action: Text
    resource: Text
    context: dict[Text, Strings] = Field(default_factory=dict)
    needs: _Names = ()
    new: bool = False
    """Whether it creates the resource, so that tag keys come with the request and not with the resource."""
    optional: bool = False
    """Whether the flow works without it, and the target's policy lets the role do it all the same."""


class FlowPattern(Model):
    """
    What a role does with something that may be another account's: ``ROLE reads BUCKET``.

    The role gets *group* with *parameters*; where the target is of another account, it gets *policies*.
    """

    title: Text
    description: Text
    verb: Text
    """The words between role and target."""
    target: EntryId
    """What kind of thing the target is."""
    same_account: Text | None = None
    """Why the target can't be another account's, where it can't."""
    group: EntryId
    parameters: dict[ParameterName, Strings]
    covered_by: dict[ParameterName, ParameterName] = Field(default_factory=dict)
    """The parameter of another flow whose values need not be among those of this one: it lets do more with them."""
    policies: tuple[FlowPolicy, ...] = ()
    requests: tuple[FlowRequest, ...] = Field(min_length=1)
    sources: Strings = Field(min_length=2)
