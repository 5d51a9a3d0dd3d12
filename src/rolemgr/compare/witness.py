"""
From a case to a request that shows it: a resource with a plausible ARN, and a value for each condition key.

The evaluator decides whether a request shows anything; here requests are only proposed, the most readable first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rolemgr.compare.atoms import Atom, Filled
from rolemgr.compare.place import ComparedPlace, example
from rolemgr.compare.search_space import ABSENT, RequestCase
from rolemgr.compare.statements import CompiledStatement
from rolemgr.compare.universe import Universe, always_there, arn_formats, carries, concrete, kinds_of
from rolemgr.evaluate.request import Context, Request
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import Variable, parse, resolve
from rolemgr.reference.condition_keys import find_key
from rolemgr.reference.providers import is_known_claim
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import find_action

MOST_FORMATS = 6
"""How many types of resources are tried."""
_ACCOUNT = "111122223333"
_STAND_INS: Mapping[str, str] = {
    "aws:principalaccount": _ACCOUNT, "aws:resourceaccount": _ACCOUNT, "aws:sourceaccount": _ACCOUNT,
    "aws:principalorgid": "o-example0000", "aws:username": "example", "aws:requestedregion": "us-east-1",
}  # fmt: skip
"""Values of keys that take no free text."""


def resources_of(
    case: RequestCase, action: str, region: Atom | None, filled: Filled, at: ComparedPlace | None = None
) -> Iterator[str]:  # fmt: skip
    """Yield resources that may be in the case, the most readable first, its own last; of a known place those in it."""
    for resource in _resources_of(case, action, region, filled, at):
        if at is None or at.holds(resource):
            yield resource


def _resources_of(
    case: RequestCase, action: str, region: Atom | None, filled: Filled, at: ComparedPlace | None
) -> Iterator[str]:  # fmt: skip
    yield from map(example, at.fitting(action) if at else ())
    if region is not None and region.text not in ("", "*"):
        text = _with_values(region.text, filled)
        arn = Arn.parse(text) if text else None
        if arn is not None:
            yield concrete(arn)
    kinds = kinds_of(action)
    for arn_format in arn_formats(kinds)[:MOST_FORMATS] if kinds else ():
        yield concrete(arn_format)
    if kinds is None or kinds.star:
        yield "*"
    if case.resource is not None:
        yield from _readable(case.resource)


def _with_values(text: str, filled: Filled) -> str | None:
    """Return the pattern *text* with the values of its variables, None where one has none or it is not a pattern."""
    try:
        template = parse(text, variables=True)
    except ValueError:
        return None
    if any(isinstance(part, Variable) and part.key not in filled and part.default is None for part in template):
        return None
    pieces = resolve(template, Context(dict(filled)))
    return None if pieces is None else "".join(piece.text for piece in pieces)


def _readable(resource: str) -> Iterator[str]:
    """Yield *resource* with a real region and account where one letter stands for them, then as it is."""
    arn = Arn.parse(resource)
    if arn is not None:
        region = "us-east-1" if len(arn.region) == 1 else arn.region
        account = _ACCOUNT if len(arn.account) == 1 else arn.account
        yield str(arn._replace(region=region, account=account))
    yield resource


def context_of(
    case: RequestCase, statements: Iterable[CompiledStatement], filled: Filled
) -> dict[str, list[str]] | None:
    """Return the context of the case, its keys as policies spell them; None where a value is not known."""
    spelt = {key: spelling for statement in statements for key, spelling in statement.spelt.items()}
    context: dict[str, list[str]] = {}
    for key, values in {**filled, **case.values}.items():
        if values is None:
            return None
        if values != ABSENT:
            context[_spelling(key, spelt)] = list(values)
    return context


def _spelling(key: str, spelt: Mapping[str, str]) -> str:
    known = find_key(key)
    return spelt.get(key) or (known.name if known and "$" not in known.name else key)


def fillings(statements: Sequence[CompiledStatement], settled: Filled) -> Iterator[Filled]:
    """
    Yield values for all policy variables of *statements*: alike, all different, values that conditions name, none.

    Keys in *settled* keep what they have there.
    """
    keys = sorted({key for statement in statements for key in statement.variables})
    if not keys:
        return
    yield _filled({key: (_STAND_INS.get(key, "example"),) for key in keys}, settled)
    yield _filled({key: (_STAND_INS.get(key, f"example{i}"),) for i, key in enumerate(keys, 1)}, settled)
    for key in keys:
        for value in _named_values(statements, key):
            yield _filled({other: (_STAND_INS.get(other, "example"),) for other in keys} | {key: (value,)}, settled)
    yield _filled(dict.fromkeys(keys, ABSENT), settled)
    for key in keys if len(keys) > 1 else ():
        yield _filled({other: (_STAND_INS.get(other, "example"),) for other in keys} | {key: ABSENT}, settled)


def _filled(values: Filled, settled: Filled) -> Filled:
    return {**settled, **values, **{key: settled[key] for key in values if key in settled}}


def _named_values(statements: Iterable[CompiledStatement], key: str) -> list[str]:
    """Return up to three values that conditions compare *key* with."""
    texts = {
        atom.text for statement in statements for condition in statement.by_key.get(key, ()) for atom in condition.atoms
    }
    return sorted(text.replace("*", "example").replace("?", "x") for text in texts if text and "$" not in text)[:3]


def doubts_of(request: Request, universe: Universe, keys: Iterable[str]) -> tuple[str, ...]:
    """Return why AWS may never see *request*: its resource, or one of the condition *keys* that is there or is not."""
    return tuple(_doubts(request, universe, keys))


def _is_of_a_type(request: Request, universe: Universe) -> bool:
    """Tell whether the resource is of a type of the action: by the formats, and by what their names may hold."""
    if not any(pattern.matches(request.resource) for pattern in universe.narrow):
        return False
    action = find_action(request.action)
    return action is None or request.resource == "*" or bool(types_of(request.resource, action))


def _is_claim(action: str, key: str) -> bool:
    """
    Tell whether *key* is a claim that AWS STS takes from the token of an OIDC provider, whose keys no reference lists.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
    """
    return action.lower() == "sts:assumerolewithwebidentity" and is_known_claim(key)


def _doubts(request: Request, universe: Universe, keys: Iterable[str]) -> Iterator[str]:
    if not _is_of_a_type(request, universe):
        yield "the resource is of no type that the reference lists for the action"
    for key in request.context:
        if not (carries(request.action, key) or _is_claim(request.action, key)):
            yield f"the reference does not list {key} for the action"
    for key in keys:
        if always_there(key) and key not in request.context:
            yield f"AWS sends {key} with every request"
