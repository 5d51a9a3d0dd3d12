"""
Nobody who is held to the tags of buckets changes them: neither the role nor one that it passes, assumes or acts as.

``--abac-buckets`` lets a role into the buckets that carry its own tags. Whoever tags a bucket, or switches S3's
access by tag off or on, chooses who gets in. The actions stand in ``quirks/bucket_rules.json``, so the claim is
made without the separation that keeps it, and holds also where a persona of a user's own catalog has none.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from importlib.resources import files

from rolemgr.prove.proof import CounterExample, Judged, Proof, RoleToProve, all_told, places, proofs_of, told
from rolemgr.prove.search import Inquiry, inquiry
from rolemgr.prove.separate import with_attached_documents
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import Action, find_action
from rolemgr.render.documents import render
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import RenderedRole

FIXED = "bucket tags"
FIXED_CLAIM = "no role that is held to the tags of buckets, nor one that it reaches, can change them or switch them off"
_WHAT = "the tags of buckets stay as they are"
_BUCKET = "bucket"


@cache
def rule_actions() -> tuple[Action, ...]:
    """Return the actions that change a bucket's tags or whether S3 goes by them; KeyError for one AWS lacks."""
    names: list[str] = json.loads((files("rolemgr.reference.quirks") / "bucket_rules.json").read_text("utf-8"))[
        "actions"
    ]
    found = {name: find_action(name) for name in names}
    if unknown := [name for name, action in found.items() if action is None]:
        raise KeyError(*unknown)
    return tuple(action for action in found.values() if action)


def bucket_tags_kept(subject: RoleToProve) -> tuple[Proof, ...]:
    """Return the proof that nobody whom *subject* reaches changes buckets' tags; none without ``--abac-buckets``."""
    if not subject.rendered.role.spec.abac_buckets:
        return ()
    judged = (one for part in _reached(subject) for one in _of_role(subject, part))
    return proofs_of({FIXED: FIXED_CLAIM}, all_told(subject, {FIXED: _WHAT}, judged))


def _reached(subject: RoleToProve) -> Iterator[RoleToProve]:
    """Yield *subject* with what is attached to it, and each role of the catalog that it reaches."""
    yield with_attached_documents(subject)
    for role in closure_of(subject.catalog, subject.rendered.role, subject.beside).known:
        yield with_attached_documents(replace(subject, rendered=RenderedRole(role, render(role))))


def _of_role(subject: RoleToProve, reached: RoleToProve) -> Iterator[Judged]:
    for action in rule_actions():
        asked = inquiry(reached, action.name)
        for bucket in _buckets(action, asked):
            yield FIXED, told(subject, _WHAT, partial(_change, subject, asked, bucket))


def _buckets(action: Action, asked: Inquiry) -> tuple[str, ...]:
    """Return a bucket of each class that the Allows distinguish, and one that no statement names."""
    partition = asked.subject.rendered.role.spec.partition_name
    named = (one for one in asked.resources() if one != "*" and _BUCKET in types_of(one, action))
    return tuple(dict.fromkeys((*named, f"arn:{partition}:s3:::unlike-any")))


def _change(subject: RoleToProve, asked: Inquiry, resource: str) -> CounterExample | None:
    """Return a request that changes the tags of the bucket *resource* and is allowed, if there is one."""
    reached = asked.subject
    found = asked.allowed(resource, {})
    if found is None or not reached.allowed(found):
        return None
    origins = [one for at in reached.decide(found, reached.policies).by for one in reached.origins(at.sid)]
    problem = (
        f"role {reached.rendered.role.spec.role_name} may call {asked.action}, which decides who gets into a bucket"
    )
    return CounterExample(problem, subject.flags, found, places(origins))
