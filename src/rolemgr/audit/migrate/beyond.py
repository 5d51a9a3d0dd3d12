"""
What a new role may do that the old one may not: compared by meaning, within the boundary that stays.

``NotResource: arn:aws:sagemaker:*:*:domain/*`` of AmazonSageMakerFullAccess also excepts a training job whose name has
``:domain/`` in it, as a star spans colons. There are no such names, so where the new role is about its own account and
Region alone these are put in the place of the stars.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from collections.abc import Iterable

from rolemgr.audit.migrate.needs import meet
from rolemgr.compare.compare import compare
from rolemgr.compare.verdicts import Comparison
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.inventory import HeldRole


def beyond(old: HeldRole, new: HeldRole, region: str, more: tuple[IdentityPolicy, ...] = ()) -> Comparison:
    """Return what *new*, of the *region*, allows with *more* policies beside its own, and *old* does not."""
    boundary = old.boundary.document if old.boundary else None
    mine = (*(one.document for one in new.policies), *more)
    foreign = _foreign(mine, region, new.account)
    theirs = tuple(_here(one.document, region, new.account, foreign) for one in old.policies)
    return compare(Policies(mine, boundary), Policies(theirs, boundary))


def _foreign(documents: Iterable[IdentityPolicy], region: str, account: str) -> tuple[str, ...]:
    """Return the ends of SageMaker's ARNs in Allows of *documents* that are not of the *region* and *account*."""
    found = dict[str, None]()
    for one in (one for document in documents for one in document.statement if one.effect is Effect.ALLOW):
        for text in one.resource or ():
            parts = text.split(":", 5)
            if len(parts) == 6 and parts[2] == "sagemaker" and parts[3:5] != [region, account]:
                found[parts[5]] = None
    return tuple(found)


def _here(document: IdentityPolicy, region: str, account: str, foreign: tuple[str, ...]) -> IdentityPolicy:
    """Return *document* with what its Allows except of SageMaker in the *region* and *account* alone."""
    statements = []
    for one in document.statement:
        kept = one
        if one.effect is Effect.ALLOW and one.not_resource:
            excepted = tuple(_in_place(text, region, account, foreign) for text in one.not_resource)
            kept = one.model_copy(update={"not_resource": excepted})
        statements.append(kept)
    return document.model_copy(update={"statement": tuple(statements)})


def _in_place(text: str, region: str, account: str, foreign: tuple[str, ...]) -> str:
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[2] != "sagemaker" or any(meet(parts[5], one) for one in foreign):
        return text
    parts[3] = region if parts[3] == "*" else parts[3]
    parts[4] = account if parts[4] == "*" else parts[4]
    return ":".join(parts)
