"""
Which resource type an ARN pattern stands for.

An author's ARN has wildcards and policy variables, a resource type's ARN format has variables too, so
"is of this type" means: some concrete ARN is matched by both. ``pipeline/*`` is a pipeline and, as its
star spans the slash, the executions below it; ``pipeline/churn`` is a pipeline only.
"""

import re
from collections import deque
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import around_variables, opens_variable, replaced
from rolemgr.reference.quirks import names_in_arns
from rolemgr.reference.services import Action, ResourceType, resource_types

_NAME = re.compile(r"[^/:*?]+")


class _Step(NamedTuple):
    """One step of a pattern: the character *literal*, or (None) any but *barred*; *again*: any number."""

    literal: str | None
    barred: str = ""
    again: bool = False

    def meets(self, other: "_Step") -> bool:
        """Tell whether one character could be matched by both steps."""
        if self.literal is not None and other.literal is not None:
            return self.literal == other.literal
        return self.literal not in (*other.barred,) and other.literal not in (*self.barred,)


_Steps: TypeAlias = tuple[_Step, ...]
_ANY = _Step(None)
_STAR = _Step(None, again=True)


def types_of(resource: str, action: Action) -> tuple[str, ...]:
    """
    Return the names of the resource types of *action* that the ARN pattern *resource* can stand for.

    Empty where *resource* is no ARN, or names the type itself by a wildcard (``...:123456789012:*``).
    """
    arn = _parsed(resource)
    if arn is None or not action.resource_types:
        return ()
    return _types(action, arn.service, bool(arn.region), bool(arn.account), arn.resource)


_MOST_FORMS = 4


def arn_forms(action: Action) -> str:
    """Return, as a hint in words, the forms of the ARNs of the resources that *action* takes, the first of them."""
    known = resource_types(action.service)
    forms = [str(known[use.name].arn_format) for use in action.resource_types if use.name in known]
    more = f" (and {len(forms) - _MOST_FORMS} more)" if len(forms) > _MOST_FORMS else ""
    return f"its form is {' or '.join(forms[:_MOST_FORMS])}{more}"


def every_arn(action: Action, partition: str) -> tuple[str, ...]:
    """Return a glob for each type of resource that *action* is on, of all that there is of it in *partition*."""
    known = resource_types(action.service)
    forms = (str(known[use.name].arn_format) for use in action.resource_types if use.name in known)
    return tuple(replaced(one, lambda variable: partition if variable.key == "partition" else "*") for one in forms)


def is_of_type(resource: str, service: str, name: str) -> bool:
    """Tell whether the ARN pattern *resource* can stand for a resource of type *name* of *service*."""
    arn, kind = _parsed(resource), resource_types(service)[name]
    return arn is not None and _fits(kind, service, arn.service, bool(arn.region), bool(arn.account), arn.resource)


def example_of_type(
    service: str, name: str, account: str = "444455556666", partition: str = "aws", region: str = "us-east-1"
) -> str:
    """Return the ARN of a resource of type *name* of *service* in *account*, called example; nothing has it."""
    known = {"partition": partition, "region": region, "account": account}
    form = str(resource_types(service)[name].arn_format)
    return replaced(form, lambda variable: known.get(variable.key, "example"))


@lru_cache(maxsize=4_096)
def _parsed(resource: str) -> Arn | None:
    return Arn.parse(resource)


@lru_cache(maxsize=65_536)
def _types(action: Action, service: str, region: bool, account: bool, part: str) -> tuple[str, ...]:
    known = resource_types(action.service)
    candidates = (known[use.name] for use in action.resource_types if use.name in known)
    fitting = (kind for kind in candidates if _fits(kind, action.service, service, region, account, part))
    return tuple(kind.name for kind in fitting)


def _fits(kind: ResourceType, owner: str, service: str, region: bool, account: bool, part: str) -> bool:
    arn_format = kind.arn_format
    if service not in names_in_arns(arn_format.service):
        return False
    if bool(arn_format.region) != region or bool(arn_format.account) != account:
        return False
    literal = around_variables(arn_format.resource)[0]
    if not part.startswith(literal):
        return False
    rest, format_rest = part[len(literal) :], arn_format.resource[len(literal) :]
    if _only_separators(format_rest) and not opens_variable(rest):
        rest = _NAME.sub("x", rest)
    return _overlaps(rest, format_rest, owner, literal)


@cache
def _only_separators(format_rest: str) -> bool:
    """Tell whether a format has nothing but slashes and colons between its variables: any name then does."""
    return not replaced(format_rest, "").strip("/:")


@lru_cache(maxsize=65_536)
def _overlaps(rest: str, format_rest: str, owner: str, literal: str) -> bool:
    """Tell whether some text is matched by both, behind the *literal* that they begin with."""
    return _meeting(_author_steps(rest), _format_steps(literal + format_rest, owner)[len(literal) :]) is not None


def sample(resource: str, action: Action) -> str | None:
    """
    Return a concrete ARN that *resource* matches and that is of a type of *action*, or None if there is none.

    ``*`` stays ``*``: what an action without resource-level permissions is asked on. Policy variables must
    have been replaced before.
    """
    arn = Arn.parse(resource)
    if arn is None:
        return "*" if resource == "*" else None
    for name in types_of(resource, action):
        steps = _format_steps(resource_types(action.service)[name].arn_format.resource, action.service)
        if (part := _meeting(_author_steps(arn.resource), steps)) is not None:
            return str(arn._replace(resource=part))
    return None


@lru_cache(maxsize=65_536)
def common(left: str, right: str) -> str | None:
    """Return a text that both glob patterns match, or None where there is none."""
    return _meeting(_author_steps(left), _author_steps(right))


def in_common(left: str, right: str) -> str | None:
    """
    Return a resource that both ARN patterns match, or None where there is none.

    No star stands for nothing where it need not: AWS asks for no resource whose name is empty.
    """
    return common(_nothing_empty(left), right) or common(left, right)


def _nothing_empty(pattern: str) -> str:
    arn = Arn.parse(pattern)
    if arn is None:
        return pattern
    region = "us-east-1" if arn.region == "*" else arn.region
    account = "111122223333" if arn.account == "*" else arn.account
    return str(arn._replace(region=region, account=account, resource=arn.resource.replace("*", "?*")))


@lru_cache(maxsize=65_536)
def may_be_of_form(pattern: str, form: str, owner: str) -> bool:
    """
    Tell whether the glob *pattern* matches some text of the ARN *form*, of a type of the service *owner*.

    One walk over the pattern with a bit for each place in the form, as patterns may be anybody's.
    """
    steps = _format_steps(form, owner)
    if owner in _MORE_BEHIND and steps[-1:] == _one_or_more(":")[-1:]:
        steps = (*steps[:-2], *_one_or_more(""))
    places = _skipping(1, steps)
    for char in pattern:
        if char == "*":
            places = ~((places & -places) - 1) & ((2 << len(steps)) - 1) if places else 0
        else:
            meeting = places & _meeting_mask(char, steps)
            again = sum(1 << place for place, step in enumerate(steps) if step.again)
            places = _skipping(meeting & again | (meeting & ~again) << 1, steps)
    return bool(places >> len(steps) & 1)


_MORE_BEHIND = {"logs"}
"""
Services that ask for a resource with more behind its name: CloudWatch Logs for a group as ``log-group:NAME:*``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""


def _skipping(places: int, steps: _Steps) -> int:
    """Return *places* and those behind repetitions that stand there, which may be of nothing."""
    for place, step in enumerate(steps):
        if step.again and places >> place & 1:
            places |= 2 << place
    return places


@lru_cache(maxsize=16_384)
def _meeting_mask(char: str, steps: _Steps) -> int:
    """Return a bit for each of *steps* that can be *char*; ``?`` is any character."""
    one = _ANY if char == "?" else _literal(char)
    return sum(1 << place for place, step in enumerate(steps) if step.meets(one))


def _meeting(left: _Steps, right: _Steps) -> str | None:
    """
    Return a shortest text that both patterns match: a breadth-first walk over the product of the two.

    It starts behind the characters that both begin with, such as most of an ARN: there is one way through them.
    """
    start = _start(left, right)
    todo: deque[tuple[int, int, str]] = deque([(len(start), len(start), start)])
    seen = {(len(start), len(start))}
    while todo:
        i, j, text = todo.popleft()
        if (i, j) == (len(left), len(right)):
            return text
        for i_next, j_next, char in _moves(left, right, i, j):
            if (i_next, j_next) not in seen:
                seen.add((i_next, j_next))
                todo.append((i_next, j_next, text + char))
    return None


def _start(left: _Steps, right: _Steps) -> str:
    """Return the literal characters that both patterns begin with."""
    same = takewhile(lambda pair: pair[0].literal is not None and pair[0] == pair[1], zip(left, right, strict=False))
    return "".join(one.literal or "" for one, _ in same)


def _moves(left: _Steps, right: _Steps, i: int, j: int) -> Iterator[tuple[int, int, str]]:
    """Yield where one can go from (*i*, *j*), by leaving a repetition or by taking a character, and which."""
    one = left[i] if i < len(left) else None
    other = right[j] if j < len(right) else None
    if one and one.again:
        yield i + 1, j, ""
    if other and other.again:
        yield i, j + 1, ""
    if one and other and one.meets(other):
        yield i + (not one.again), j + (not other.again), one.literal or other.literal or "x"


@lru_cache(maxsize=65_536)
def _author_steps(part: str) -> _Steps:
    """Return the steps of an author's pattern: ``*``, ``?``, and a policy variable as one path segment."""
    steps: list[_Step] = []
    wild = {"*": _STAR, "?": _ANY}
    for place, piece in enumerate(around_variables(part)):
        steps += _one_or_more("/") if place % 2 else (wild.get(char) or _literal(char) for char in piece)
    return tuple(steps)


@cache
def _format_steps(part: str, service: str) -> _Steps:
    """Return the steps of a resource type's ARN format: literal text, and variables of one character up."""
    steps: list[_Step] = []
    end = 0
    for place, piece in enumerate(around_variables(part)):
        end += len(piece)
        steps += _one_or_more(_barred(part, end, service)) if place % 2 else map(_literal, piece)
    return tuple(steps)


@cache
def _literal(char: str) -> _Step:
    return _Step(char)


@cache
def _one_or_more(barred: str) -> _Steps:
    return _Step(None, barred), _Step(None, barred, again=True)


def _barred(part: str, end: int, service: str) -> str:
    """
    Return the separators that a variable ending at *end* of the format *part* can't hold.

    Inside a format that is the separator behind it. A last variable may hold any (a role's path, an
    object's key), unless another type goes on from there: a bucket's name holds no slash, as
    ``${BucketName}/${ObjectName}`` is an object.
    """
    if end < len(part):
        return part[end] if part[end] in "/:" else ""
    others = (kind.arn_format.resource for kind in resource_types(service).values())
    longer = {other[len(part)] for other in others if _goes_on(other, part)}
    return "".join(sorted(longer & {"/", ":"}))


def _goes_on(longer: str, shorter: str) -> bool:
    return len(longer) > len(shorter) and longer.startswith(shorter)
