"""
A request: who does what to which resource, and the context that AWS would know about it.

Condition keys are looked up without regard to case, also the tag key in `aws:ResourceTag/Project`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from rolemgr.evaluate.errors import RequestError
from rolemgr.evaluate.known import Known, known_keys
from rolemgr.iam.arn import ACCOUNT_ID, Arn

_ACTION = re.compile(r"[A-Za-z0-9-]+:[^\s:*?]+")
_FIELDS = frozenset({"principal", "action", "resource", "resourceAccount", "context"})


class Context(Mapping[str, tuple[str, ...]]):
    """
    Condition keys and their values; a key without a value is absent.

    *folded* holds the values by lower-case key, for readers that fold their key once.
    """

    __slots__ = ("_spellings", "folded")

    def __init__(self, values: Mapping[str, tuple[str, ...]] | None = None, known: Iterable[Known] = ()) -> None:
        """Keep *values*, and those of *known* that are not among them; raise RequestError for a key given twice."""
        self._spellings: dict[str, str] = {}
        self.folded: dict[str, tuple[str, ...]] = {}
        for key, found in (values or {}).items():
            folded = key.lower()
            if folded in self._spellings:
                raise RequestError(None, f"condition key `{key}` is given twice", "its case does not matter")
            if found:
                self._spellings[folded] = key
                self.folded[folded] = tuple(found)
        for folded, key, found in known:
            if folded not in self.folded:
                self._spellings[folded], self.folded[folded] = key, found

    def beside(self, known: Iterable[Known]) -> "Context":
        """Return this context with those of *known* that it does not have."""
        return Context(self, known)

    def __getitem__(self, key: str) -> tuple[str, ...]:
        return self.folded[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._spellings.values())

    def __len__(self) -> int:
        return len(self.folded)

    def __repr__(self) -> str:
        return f"Context({dict(self)!r})"


@dataclass(frozen=True)
class Request:
    """
    One request; raises RequestError for an action that is not `service:Action` or an empty resource.

    The resource is `*` for an action that has none. *context* is taken as it is: keys that follow from
    the principal or the resource (`aws:PrincipalArn`, `aws:ResourceAccount` ...) are not made up here, but
    by `Request.known`. Without a *resource_account* the resource is in the principal's own.
    """

    action: str
    resource: str
    context: Context = field(default_factory=Context)
    principal: str | None = None
    resource_account: str | None = None
    folded_action: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folded_action = _folded(self.action)
        if not self.resource:
            raise RequestError(None, "the resource is empty", "an action without a resource has `*`")
        if self.resource_account is not None and not ACCOUNT_ID.fullmatch(self.resource_account):
            raise RequestError(None, f"`{self.resource_account}` is not an account id of 12 digits")
        object.__setattr__(self, "folded_action", folded_action)

    @classmethod
    def from_json_value(cls, value: object) -> Self:
        """
        Return the request that a JSON object describes.

        Its keys are `action`, `resource`, and where known `principal`, `resourceAccount` and `context`
        (condition key -> one value or a list; booleans and numbers become the strings IAM compares).
        Raises RequestError for any other key, and for a value of the wrong kind.
        """
        if type(value) is not dict and not isinstance(value, Mapping):  # the first is what JSON gives, and quick
            raise RequestError(None, "a request is a JSON object")
        if not value.keys() <= _FIELDS:
            unknown = sorted(map(str, value.keys() - _FIELDS))
            raise RequestError(None, f"unknown request field `{unknown[0]}`", f"known: {', '.join(sorted(_FIELDS))}")
        return cls.known(
            action=_text(value, "action") or "",
            resource=_text(value, "resource") or "",
            context={} if value.get("context") is None else value["context"],
            principal=_text(value, "principal"),
            resource_account=_text(value, "resourceAccount"),
        )

    @classmethod
    def known(
        cls, action: str, resource: str, context: object, principal: str | None, resource_account: str | None
    ) -> Self:
        """
        Return the request with all that AWS knows from its other parts; *context* is as in `context_of`.

        That is the account in the resource's ARN where none is given, and the condition keys of
        `rolemgr.evaluate.known` that *context* does not have. Raises RequestError as the class does, and for
        a principal that is none.
        """
        account = resource_account or account_in(resource)
        known = known_keys(principal, account)
        return cls(action, resource, Context(_values(context), known), principal, account)

    def given_context(self) -> dict[str, tuple[str, ...]]:
        """Return the condition keys that do not follow from the ARNs of principal and resource."""
        known = {one.folded: one.values for one in known_keys(self.principal, self.resource_account)}
        return {key: values for key, values in self.context.items() if known.get(key.lower()) != values}

    def principal_account(self) -> str | None:
        """Return the account of the principal, or None where its ARN does not say."""
        return account_in(self.principal or "")


@lru_cache(maxsize=4096)
def _folded(action: str) -> str:
    """Return *action* in lower case; raise RequestError where it is not one action."""
    if not _ACTION.fullmatch(action):
        hint = "an action is one service prefix, a colon and one name, without wildcards"
        raise RequestError(None, f"`{action}` is not an action", hint)
    return action.lower()


def account_in(text: str) -> str | None:
    """Return the account in the ARN *text*, or None where it has none (a bucket) or not just one."""
    arn = Arn.parse(text)
    return arn.account if arn and ACCOUNT_ID.fullmatch(arn.account) else None


def context_of(values: object) -> Context:
    """Return the context of plain JSON *values*; raise RequestError for what is not text, number or bool."""
    return Context(_values(values))


def _values(values: object) -> Mapping[str, tuple[str, ...]]:
    if type(values) is not dict and not isinstance(values, Mapping):
        raise RequestError(None, "the context is an object of condition keys")
    return {str(key): (value,) if type(value) is str else _strings(str(key), value) for key, value in values.items()}


def _strings(key: str, value: object) -> tuple[str, ...]:
    listed: Iterable[object] = value if isinstance(value, list | tuple) else (value,)
    return tuple(_string(key, item) for item in listed)


def _string(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise RequestError(None, f"condition key `{key}` has a value that is not text, a number or a boolean")


def _text(value: Mapping[object, object], name: str) -> str | None:
    found = value.get(name)
    if found is None or isinstance(found, str):
        return found
    raise RequestError(None, f"`{name}` is not text")
