"""
The decision on a request of a session whose policies ask for aws:PrincipalArn: the role's ARN, with its path.

The key is in every signed request, and for a session it is the ARN of the role, never that of the session, which
has the role's name without its path. So it is not absent: the request is asked with the ARNs that the role may have,
without a path, and with one of each that the conditions can tell apart.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from rolemgr.evaluate.decision import Decision, Evaluation, evaluate
from rolemgr.evaluate.known import Known
from rolemgr.evaluate.partly import PartlyKnownLayers
from rolemgr.evaluate.policies import Layers
from rolemgr.evaluate.principals import Caller, CallerKind, read_caller
from rolemgr.evaluate.request import Request
from rolemgr.evaluate.statement import ReadStatement
from rolemgr.iam.arn import Arn
from rolemgr.iam.glob_walk import TextsToldApart
from rolemgr.iam.variables import as_pattern

_PRINCIPAL_ARN: Final = "aws:PrincipalArn"
_KEY: Final = _PRINCIPAL_ARN.lower()
_MOST_ARNS: Final = 64
_MOST_STEPS: Final = 100_000


class SessionDecision(NamedTuple):
    """
    The *evaluation* of a request of a session, as it is asked in *request*: of a role without a path.

    *is_asked* says that a statement asks for the ARN of the role, *turns* that the decision is another on another path,
    *perhaps* that on some path it is allowed.
    """

    request: Request
    evaluation: Evaluation
    is_asked: bool = False
    turns: bool = False
    perhaps: bool = False


def evaluate_session(request: Request, policies: Layers) -> SessionDecision:
    """Return the decision on *request*, and whether the path of its session's role turns it; raise as `evaluate`."""
    caller = read_caller(request.principal)
    if caller.kind is not CallerKind.SESSION or _KEY in request.context.folded:
        return SessionDecision(request, evaluate(request, policies))
    asking = [
        one for group in policies.about(request.folded_action) for _, one in group.statements if _KEY in one.asked_keys
    ]
    if not asking:
        return SessionDecision(request, evaluate(request, policies))
    arns, is_whole = _arns(caller, tuple(dict.fromkeys(_patterns(asking))))
    asked = [_as(request, arn) for arn in arns]
    found = [evaluate(one, policies) for one in asked]
    decisions = {one.decision for one in found}
    turns, perhaps = len(decisions) > 1, "Allowed" in decisions
    if not turns and (not is_whole or any(map(_is_filled_in, asking))):
        turns = not PartlyKnownLayers(policies).decide(request, frozenset((_KEY,)), is_open=False).certain
        perhaps = perhaps or turns
    return SessionDecision(asked[0], found[0], is_asked=True, turns=turns, perhaps=perhaps)


def decision_of(request: Request, policies: Layers) -> Decision | None:
    """Return the decision on *request*, None where the path of a session's role turns it; raise as `evaluate`."""
    found = evaluate_session(request, policies)
    return None if found.turns else found.evaluation.decision


def path_note(found: SessionDecision) -> str:
    """Return what to say where a statement asks for the ARN of the session's role."""
    arn = found.request.context.folded[_KEY][0]
    known = f"{_PRINCIPAL_ARN} of a session is the ARN of its role, whose path the ARN of the session does not tell"
    if not found.turns:
        return f"{known}: the decision is the same on every path, and the reasons are those of {arn}"
    turned = "it decides" if found.perhaps else "it is denied on each, and which policy denies turns on it"
    return f"not known: {known}, and {turned}; give the role's ARN as --principal, or --context {_PRINCIPAL_ARN}="


def _as(request: Request, arn: str) -> Request:
    """Return *request* with the *arn* of the role in its context."""
    return replace(request, context=request.context.beside([Known(_KEY, _PRINCIPAL_ARN, (arn,))]))


def _patterns(asking: Sequence[ReadStatement]) -> Iterator[str]:
    """Yield the values with which *asking* compares the ARN, as patterns."""
    for statement in asking:
        for condition in statement.conditions:
            if condition.folded_key == _KEY:
                yield from map(as_pattern, condition.values)


def _arns(caller: Caller, patterns: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Return ARNs that the role of *caller* may have, the plain one first, and whether *patterns* know no others."""
    return _told_apart(f"arn:{_partition(caller)}:iam::{caller.account}:role/", caller.name, patterns)


@lru_cache(maxsize=256)
def _told_apart(head: str, name: str, patterns: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    told = TextsToldApart(head, f"?*/{name}", patterns, _MOST_STEPS)
    found = dict.fromkeys(islice(told.texts(), _MOST_ARNS))
    return tuple(dict.fromkeys((f"{head}{name}", *found))), told.is_whole and len(found) < _MOST_ARNS


def _partition(caller: Caller) -> str:
    arn = Arn.parse(caller.text)
    return arn.partition if arn else "aws"


def _is_filled_in(statement: ReadStatement) -> bool:
    """Tell whether *statement* puts the key into its resources or another key's values, or variables into its own."""
    own = (one for one in statement.conditions if one.folded_key == _KEY)
    variables = (*statement.resource_variables, *(key for one in statement.conditions for key in one.variables))
    return any(one.variables for one in own) or any(key.lower() == _KEY for key in variables)
