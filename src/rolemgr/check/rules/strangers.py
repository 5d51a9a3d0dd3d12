"""Whether an Allow of a policy with principals lets strangers in; asked as `no_public_access` asks."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from pydantic import ValidationError

from rolemgr.check.document import Document, Statement
from rolemgr.check.placeholders import with_placeholders
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies
from rolemgr.files.source import DataPath
from rolemgr.iam.breadth import is_open
from rolemgr.iam.documents import PolicyType, ResourcePolicy, TrustPolicy

_JUDGED: Mapping[PolicyType, type[TrustPolicy | ResourcePolicy]] = {
    PolicyType.TRUST: TrustPolicy, PolicyType.RESOURCE: ResourcePolicy
}  # fmt: skip


_MOST_STATEMENTS = 60
_MOST_STEPS = 400_000
"""What a rule may cost: a larger policy than a bucket's 20 KB is judged by each statement alone."""


@lru_cache(maxsize=256)
def lets_strangers(document: Document) -> Mapping[DataPath, bool]:
    """Return for each Allow of *document* whether strangers may what it says; what can't be told is left out."""
    model = _JUDGED.get(document.kind)
    if model is None or len(document.statements) > _MOST_STATEMENTS:
        return {}
    from rolemgr.compare.public import open_to_strangers  # 25 ms, and most policies name no principals

    try:
        raw = with_placeholders(document.raw) if document.template else document.raw
        asked = Policies(resource=model.model_validate(raw))
        found = open_to_strangers(asked, steps=_MOST_STEPS)
    except (ValidationError, PolicyError, LayerError):
        return {}  # IAM refuses it, or a template fills it in
    shown = {one.statement.statement for one in found.differences if not one.doubts}
    unsure = {one.statement.statement for one in found.differences if one.doubts}
    unsure |= {one.statement.statement if one.statement else -1 for one in found.unknowns}
    told = ((index, one) for index, one in enumerate(document.statements) if one.effect == "Allow")
    return {one.path: index in shown for index, one in told if index in shown or not unsure & {index, -1}}


_NAMES_NO_CALLER = ("kms:viaservice", "ec2:sourceinstancearn")
"""Keys that S3's page does not know, of services whose own pages narrow by them."""


def names_no_caller(statement: Statement) -> Iterator[bool]:
    """Yield True for each condition by which a service's own page narrows, or whose values a template fills in."""
    for condition in statement.conditions:
        wanted = condition.operator is not None and condition.true_where_absent is False
        if wanted and (condition.opaque or condition.folded in _NAMES_NO_CALLER):
            yield not any(map(is_open, condition.values))


def narrows(statement: Statement) -> Iterator[bool]:
    """Yield True for each condition that says by a fixed value whose requests are meant."""
    from rolemgr.compare.public import fixes_who

    for condition in statement.conditions:
        if condition.operator is None or condition.true_where_absent is not False:
            continue
        if fixes_who(condition.operator, condition.key, condition.values):
            yield True
