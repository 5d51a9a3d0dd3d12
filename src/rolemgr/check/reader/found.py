"""What the search of a file yields: policies, and places that can't be judged."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from rolemgr.check.intrinsic import PLACE, is_function
from rolemgr.files.source import DataPath
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.role_document import decoded

VERSIONS = ("2012-10-17", "2008-10-17")


class PolicyInFile(NamedTuple):
    """
    A policy in a file: its data, where it stands there, of which kind, and with which others it acts.

    *origins* tells where in the file a path of the data stands, where a template made the data; *variant* says
    which of the *ways* the template's conditions went.
    """

    raw: Any
    path: DataPath
    kind: PolicyType | None
    group: str = ""
    inline: bool = False
    template: bool = False
    origins: Mapping[DataPath, DataPath] | None = None
    variant: int = 0
    ways: Sequence[Mapping[str, bool]] = ()
    policy: str = ""
    """By what attachments name it, where it is a managed policy."""
    held: bool = False
    """Whether it is attached in this file, so that it acts in the groups of its holders alone."""
    copy: bool = False
    """Whether it stands in the group of one of its holders, and is judged by itself elsewhere."""

    def place(self, path: DataPath) -> DataPath:
        """Return where *path* of the policy stands in the file."""
        whole = (*self.path, *path)
        if self.origins is None:
            return whole
        rest: DataPath = ()
        while whole and whole not in self.origins:
            whole, rest = whole[:-1], (whole[-1], *rest)
        return (*self.origins.get(whole, whole), *rest)


class UnjudgedPlace(NamedTuple):
    """A place of a file that holds, or may hold, a policy, and why that can't be judged."""

    path: DataPath
    reason: str


class Attached(NamedTuple):
    """
    A managed policy that *group* holds and whose text is not in the file: its *arn*, or why not even that is known.

    As a *boundary* it gives nothing, and limits what the others give.
    """

    path: DataPath
    group: str
    arn: str = ""
    reason: str = ""
    boundary: bool = False
    variant: int = 0
    ways: Sequence[Mapping[str, bool]] = ()


PieceOfFile: TypeAlias = PolicyInFile | UnjudgedPlace | Attached
Search: TypeAlias = Iterator[PieceOfFile]


def is_policy(data: Any) -> bool:
    """Tell whether *data* is, or is meant to be, a policy document."""
    if not isinstance(data, dict) or "Resources" in data:
        return False
    return "Statement" in data or (data.get("Version") in VERSIONS and len(data) <= 3)


def looks_like_policy(data: Any) -> bool:
    """
    Tell whether *data*, of which nothing else is known, is a policy: a Statement with an Effect in it.

    Others have a Statement too, such as the rules of AWS WAF.
    """
    if not isinstance(data, dict) or "Statement" not in data:
        return False
    listed = data["Statement"]
    return any(map(_is_statement, listed if isinstance(listed, list) else [listed]))


def _is_statement(value: Any) -> bool:
    if is_function(value):
        inner = value.get("Fn::If")
        return isinstance(inner, list) and any(map(_is_statement, inner[1:]))
    return isinstance(value, dict) and ("Effect" in value or bool({"Action", "NotAction"} & value.keys()))


def policy_in(text: str) -> Any:
    """Return the policy that *text* writes as JSON, URL-encoded or not; None where it is none."""
    try:
        found = decoded(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def with_places(value: Any) -> Any:
    """Return *value*, read from a text of Fn::Sub, with a Fn::Sub around each text in it that has places."""
    if isinstance(value, dict):
        return {key: with_places(one) for key, one in value.items()}
    if isinstance(value, list):
        return [with_places(one) for one in value]
    return {"Fn::Sub": value} if isinstance(value, str) and PLACE.search(value) else value
