"""
Where AWS's message and the given policies contradict each other, and what to look at then.

AWS speaks of a missing Allow only where no Deny applies, and of an explicit deny only where one does. So policies that
say otherwise are not the ones in force, or the request was another one than its message tells.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Iterator

from rolemgr.diagnose.denial_message import Denial
from rolemgr.diagnose.diagnosis import KnownLayers, statement_name
from rolemgr.diagnose.open_layers import FLAGS, is_given
from rolemgr.evaluate.explain import Explanation, explain
from rolemgr.evaluate.policies import Layer, Policies, StatementRef
from rolemgr.evaluate.request import Request
from rolemgr.iam.arn import Arn
from rolemgr.iam.documents import Effect


def contradictions(denial: Denial | None, request: Request, policies: Policies, given: KnownLayers) -> Iterator[str]:
    """
    Yield what *denial* says of *request* and *policies* do not.

    A statement that turns on what the message does not tell contradicts nothing.
    """
    layer = given.named
    if denial is None or denial.policy_type is None or layer is None or denial.explicit is None:
        return
    found, hangs = explain(request, policies), {one.at: one.effect for one in given.hanging(request, policies)}
    if denial.explicit:
        yield from _without_deny(
            denial, layer, found, {at for at, effect in hangs.items() if effect is Effect.DENY}, given
        )
        return
    claim = f"AWS's message says that no {denial.policy_type} allows it"
    denies = [at for at in found.evaluation.by if at not in hangs and found.evaluation.decision == "ExplicitlyDenied"]
    for at in denies:
        yield f"{claim}, which AWS says only where no Deny applies; here {statement_name(at, given)} denies it"
    if not denies and _surely_allows(layer, found, set(hangs), policies):
        yield f"{claim}, and the {layer} that is given lets it through"


def _without_deny(
    denial: Denial, layer: Layer, found: Explanation, hanging: set[StatementRef], given: KnownLayers
) -> Iterator[str]:
    """Yield that no Deny of the *layer* that AWS names applies, where it is given with all of its texts."""
    texts_missing = given.missing.identity if layer is Layer.IDENTITY else ()
    applies = any(at.layer is layer for at in (*found.evaluation.by, *hanging))
    denies = found.evaluation.decision == "ExplicitlyDenied"
    if not is_given(layer, given.policies) or texts_missing or (applies and (denies or hanging)):
        return
    arn = f" ({denial.policy_arn})" if denial.policy_arn else ""
    article = "an" if layer is Layer.IDENTITY else "a"
    files = sorted({file for place, file in given.sources.items() if place[0] is layer})
    where = f" in {', '.join(files)}" if files else ""
    claim = f"AWS's message says that {article} {denial.policy_type}{arn} denies it explicitly"
    yield f"{claim}; no Deny{where} applies to it"


def _surely_allows(layer: Layer, found: Explanation, hanging: set[StatementRef], policies: Policies) -> bool:
    """Tell whether the *layer* that AWS names is given, and allows the request whatever the message leaves open."""
    if not is_given(layer, policies) or any(lacking is layer for lacking, _ in found.evaluation.not_allowed_by):
        return False
    allows = [at for at in found.matched if at.layer is layer]
    return bool(allows) and any(at not in hanging for at in allows)


def what_to_look_at(denial: Denial, given: KnownLayers) -> Iterator[str]:
    """Yield how to find which is out of date: the policies that are given, or what is known of the request."""
    layer = given.named
    if layer is Layer.IDENTITY:
        name = _role_name(denial)
        yield (
            "are these the policies in force? `rolemgr drift ROLE_FILE` compares a role file with the account; "
            f"`aws iam list-attached-role-policies --role-name {name}` and `list-role-policies` tell what is there"
        )
    elif layer is not None:
        arn = f", {denial.policy_arn}" if denial.policy_arn else ""
        yield f"is the given {layer} the one in force{arn}, and is all that is attached given ({FLAGS[layer]})?"
    yield "was the request as its message tells? The CloudTrail event has its condition keys (or --context KEY=VALUE)"


def _role_name(denial: Denial) -> str:
    arn = Arn.parse(denial.principal or "")
    kind, _, name = (arn.resource if arn else "").partition("/")
    if kind == "assumed-role":
        return name.partition("/")[0]
    return name.rpartition("/")[2] if kind == "role" else "NAME"
