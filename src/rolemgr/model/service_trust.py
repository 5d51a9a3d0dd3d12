"""
Trust in an AWS service other than SageMaker, by its name: which things of the account may make it use the role.

What a service sends with sts:AssumeRole is a fact about AWS, and composing asks the reference for it
(`rolemgr.compose.service_trust`); here is only how each choice is written.
"""

import re
from typing import Annotated, Any, Literal, TypeAlias

from rolemgr.iam.marks import Mark, after, before, json_schema
from rolemgr.iam.plain import Noted
from rolemgr.model.catalog import ONE_OR_MORE

_ENDING = ".amazonaws.com"


def _parts(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


def _service(value: str) -> str:
    """Return the name of a service, without the ending that a principal has."""
    name = value.removesuffix(_ENDING)
    if not re.fullmatch(r"[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*", name):
        raise ValueError(f"`{value}` is not the name of a service such as scheduler or pods.eks")
    return name


def _word(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z-]{0,63}", value):
        raise ValueError(f"`{value}` is not a word for a kind of role such as project")
    return value


def _each(pattern: str, what: str) -> Mark:
    """Return the mark of several values, each of the form *pattern*; a policy variable fits none of them."""
    form = re.compile(pattern)

    def check(values: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [value for value in values if not form.fullmatch(value)]:
            raise ValueError(f"`{wrong[0]}` is not {what}")
        return tuple(sorted(set(values)))

    return after(check)


_Names: TypeAlias = Annotated[
    tuple[str, ...], before(_parts), json_schema(ONE_OR_MORE),
    _each(r"[A-Za-z0-9._*?/-]{1,128}", "a name or a pattern of names: letters, digits and ._-/, * and ?"),
]  # fmt: skip
_Kinds: TypeAlias = Annotated[
    tuple[str, ...], before(_parts), json_schema(ONE_OR_MORE),
    _each(r"[a-z][a-z-]{0,63}", "a kind of thing such as model-import-job"),
]  # fmt: skip
_Labels: TypeAlias = Annotated[
    tuple[str, ...], before(_parts), json_schema(ONE_OR_MORE),
    _each(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?", "a name as Kubernetes takes it: small letters, digits, . and -"),
]  # fmt: skip
_Clusters: TypeAlias = Annotated[
    tuple[str, ...], before(_parts), json_schema(ONE_OR_MORE),
    _each(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", "the name of an EKS cluster: 100 letters, digits, _ and - at most"),
]  # fmt: skip


class ServiceTrust(Noted):
    """
    Trust in one AWS service, kept to this account's things as far as AWS says what the service sends.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """

    kind: Literal["service"]
    value: Annotated[str, after(_service)]
    """Its name: what stands before ``.amazonaws.com`` in its principal."""
    source: Literal["both", "arn", "account", "none"] | None = None
    """Which of aws:SourceArn and aws:SourceAccount it must come with; without it, all that it is known to send."""
    resource: _Kinds = ()
    """For which kinds of its things it acts, by the word in their ARN; without it, for those of its page."""
    role: Annotated[str, after(_word)] | None = None
    """For which work of the service the role is, where its pages show several; without it, what its own page shows."""
    name: _Names = ()
    """The things for which it acts: a schedule group, a rule, a project ..., or patterns of their names."""
    namespace: _Labels = ()
    """Of pods: the Kubernetes namespaces whose pods may take the role."""
    service_account: _Labels = ()
    """Of pods: the Kubernetes service accounts whose pods may take the role."""
    cluster: _Clusters = ()
    """Of pods: the EKS clusters, of the role's account and region, whose pods may take the role."""


POD_TAGS = ("namespace", "service_account", "cluster")
"""What is asked of the session tags that a service brings of itself."""
