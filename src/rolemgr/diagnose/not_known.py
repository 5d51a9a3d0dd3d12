"""The place of a request whose decision depends on condition keys that nobody gave, and how to ask again."""

from dataclasses import replace

from rolemgr.diagnose.changes import Carried, mended, with_carried
from rolemgr.diagnose.diagnosis import MOST_VALUES, DiagnosedRequest, KnownLayers, deniers_of, statement_name
from rolemgr.diagnose.remedies import remedies
from rolemgr.diagnose.unknown import Hanging
from rolemgr.evaluate.explain import Explanation, explain
from rolemgr.evaluate.policies import Layer, Policies
from rolemgr.evaluate.request import Request
from rolemgr.iam.documents import Effect


def not_known(
    title: str, found: Explanation, hangs: tuple[Hanging, ...], request: Request, policies: Policies, given: KnownLayers
) -> DiagnosedRequest:
    """Return the place of a request whose decision hangs on keys that nobody told."""
    allowed = found.evaluation.decision == "Allowed"
    carried = mended(request, policies)
    because = [_hanging_text(one, given) for one in _that_matter(found, hangs, given.named)[:MOST_VALUES]]
    if carried:
        asked = replace(request, context=with_carried(request.context, list(carried)))
        by = ", ".join(dict.fromkeys(statement_name(at, given) for at in explain(asked, policies).evaluation.by))
        sent = " and ".join(f"{one.key} = {one.value}" for one in carried if one.value is not None)
        because.append(f"if it did{f', with {sent}' if sent else ''}: allowed by {by}")
    elif allowed:
        because.append(f"else allowed by {', '.join(statement_name(at, given) for at in found.evaluation.by)}")
    nowhere = any(one.on_resource for one in hangs)  # what would allow `*` tells nothing of the real resource
    change = () if allowed or nowhere else tuple(remedies(found, request, policies, given))
    deniers = () if allowed else tuple(deniers_of(found, given))
    return DiagnosedRequest(title, request, "NotKnown", deniers, tuple(because), change, (_ask(carried, hangs, found),))


def _that_matter(found: Explanation, hangs: tuple[Hanging, ...], named: Layer | None = None) -> list[Hanging]:
    """Return those of *hangs* that can turn the decision: of the *named* layer, then what denies as it is asked."""
    lacking, by = set(found.evaluation.not_allowed_by), found.evaluation.by
    matter = [
        one
        for one in hangs
        if one.effect is Effect.DENY or (one.at.layer, one.at.level) in lacking or (one.at in by and not lacking)
    ]
    return sorted(matter, key=lambda one: (one.at.layer is not named, not (one.holds and one.effect is Effect.DENY)))


def _hanging_text(one: Hanging, given: KnownLayers) -> str:
    if one.on_resource:
        verb = "allows it only" if one.effect is Effect.ALLOW else "denies it"
        keys = f", and the condition keys are as it wants: {', '.join(one.keys)}" if one.keys else ""
        return (
            f"{statement_name(one.at, given)} {verb} where the resource is one of its own{keys}; {given.silent} tell it"
        )
    name, keys = statement_name(one.at, given), " and ".join(one.keys)
    tests = " and ".join(
        f"{test.operator} {test.key} is {', '.join(test.values[:MOST_VALUES])}" for test in one.conditions
    )
    told = f"{given.silent} tell {keys}"
    if one.effect is Effect.ALLOW:
        verb = "allows it" if one.holds else "allows it only"
        return f"{name} {verb} where {tests or f'its resource fits {keys}'}; {told}"
    if one.conditions and all(test.operator == "Null" and test.values == ("true",) for test in one.conditions):
        return f"denied by {name} unless the call carried {keys}, which {given.silent} tell"
    return f"denied by {name} where {tests or f'its resource fits {keys}'}; {told}"


def _ask(carried: tuple[Carried, ...] | None, hangs: tuple[Hanging, ...], found: Explanation) -> str:
    """Return how to ask again, with the keys that the decision hangs on."""
    values = {one.key.lower(): one.value for one in carried or ()}
    keys = {key.lower(): key for one in _that_matter(found, hangs) for key in one.keys}
    resource = ["--resource ARN"] if any(one.on_resource for one in hangs) else []
    options = resource + [_option(key, values.get(folded) or "VALUE") for folded, key in keys.items()]
    none = " (KEY= where it had none)" if any(option.startswith("--context") for option in options) else ""
    return f"ask again with {' '.join(options)}{none}, or give the CloudTrail event"


def _option(key: str, value: str) -> str:
    return "--resource-account ID" if key.lower() == "aws:resourceaccount" else f"--context {key}={value}"
