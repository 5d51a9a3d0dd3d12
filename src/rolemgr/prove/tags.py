"""
No tag key of ABAC is dodged, and none stands in the way of what carries the caller's own tags.

What a tag key promises is said without the statements that keep it: what is made is given the caller's value,
what is used has it, what may lack the tag has no other, nobody writes another value or takes over or deletes
the tag, and a caller without the tag gets nothing of a project's. For each granted action, class of resources
and tag key every assignment (the caller's tag absent, one value or another; the request's and the resource's
absent, equal, in another case or another; tagging on creation or later) is either against the promise, and
then no context whatever gets the request allowed; or in keeping with all promises, and then whatever the same
role without tag keys is allowed is allowed. Of what tags can't narrow (`rolemgr.reference.tagging`: what
projects share, calls that AWS asks for no tag) the second alone is promised, and the role says so. What attached
policies add is held to no tag; that is said by `rolemgr.compose.abac.left_open`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache, partial

from rolemgr.catalog.load import Catalog
from rolemgr.compose.abac.models import model_names, names_model
from rolemgr.compose.distribute import Share
from rolemgr.compose.role import compose
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import matches
from rolemgr.model.role import ComposedRole
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.prove.domains import STAND_IN, KeyAssignment, Test, Values, filled
from rolemgr.prove.proof import CounterExample, Judged, Proof, RoleToProve, all_told, places, proofs_of, told
from rolemgr.prove.search import Inquiry, Limit, inquiry
from rolemgr.reference.resources import types_of
from rolemgr.reference.services import Action, find_action, resource_types
from rolemgr.reference.tagging import How, by_tag, is_asked_for_tags, is_left_alone
from rolemgr.render.documents import render
from rolemgr.separation.violations import RenderedRole

KEPT = "tag keys"
KEPT_CLAIM = "the role itself allows no request that goes by another tag than the caller's own, or moves it"
OPEN = "tag keys let through"
OPEN_CLAIM = "what the role may do without tag keys it may do to what carries the caller's own tags"

_OTHER = "unlike-any"
_TAGGING, _DELETING = "sagemaker:AddTags", "sagemaker:DeleteTags"
_TAGGING_ACTION, _TAG_KEYS, _MODEL = "sagemaker:taggingaction", "aws:tagkeys", "sagemaker:modelarn"


class What(Enum):
    """What is promised of an action on a resource."""

    NEW = "what is made is given the caller's own value"
    EXISTING = "what is used has the caller's own value"
    CARRIED = "what is used has no other value"
    CALLER = "who asks has the tag"
    TAGGING = "the caller's own value is written, on what is new or the caller's own"
    DELETING = "the tag is not deleted"
    MODEL = "the model that is named has a name of the caller's own"
    NOTHING = "what projects share is asked for no tag"


@dataclass(frozen=True)
class TagPromise:
    """What the tag *key* promises of requests for *action*; *models* are further models that may be named."""

    action: str
    key: str
    what: What
    models: Values = ()

    def about(self, resource: str) -> bool:
        """Tell whether the promise is one about *resource*."""
        action = find_action(self.action)
        return action is not None and self.what in _promised(action, resource)

    @property
    def keys(self) -> frozenset[str]:
        """The condition keys that decide whether a request keeps the promise, in lower case."""
        caller, request, resource = self._caller, self._tag("request"), self._tag("resource")
        found: Mapping[What, tuple[str, ...]] = {
            What.NEW: (caller, request),
            What.EXISTING: (caller, resource),
            What.CARRIED: (caller, resource),
            What.CALLER: (caller,),
            What.TAGGING: (caller, request, resource, _TAGGING_ACTION),
            What.DELETING: (_TAG_KEYS,),
            What.MODEL: (caller, _MODEL),
            What.NOTHING: (caller, resource),
        }
        return frozenset(found[self.what])

    @property
    def _caller(self) -> str:
        return self._tag("principal")

    def _tag(self, whose: str) -> str:
        return f"aws:{whose}tag/{self.key.lower()}"

    def keeps(self, assignment: KeyAssignment) -> bool:
        """Tell whether a request with the condition keys of *assignment* keeps the promise."""
        if self.what is What.DELETING:
            return self.key.lower() not in (value.lower() for value in assignment.get(_TAG_KEYS, ()))
        own = assignment.get(self._caller, ())
        return self.what is What.NOTHING or (bool(own) and self._kept_by(own, assignment))

    def _kept_by(self, own: Values, assignment: KeyAssignment) -> bool:
        """Tell whether a caller of the value *own* keeps the promise in *assignment*."""
        request, resource = assignment.get(self._tag("request"), ()), assignment.get(self._tag("resource"), ())
        if self.what is What.NEW:
            return request == own
        if self.what is What.EXISTING:
            return resource == own
        if self.what is What.CARRIED:
            return resource in ((), own)
        if self.what is What.TAGGING:
            return request in ((), own) and (bool(assignment.get(_TAGGING_ACTION)) or resource == own)
        if self.what is What.MODEL:
            named = (f"arn:*:sagemaker:*:*:model/{own[0]}-*", *map(filled, self.models))
            return all(any(matches(one, model) for one in named) for model in assignment.get(_MODEL, ()))
        return True

    def tests(self) -> Iterator[Test]:
        """Yield what tells values of its keys apart, whatever the statements say."""
        for key in self.keys - {_TAGGING_ACTION, _TAG_KEYS, _MODEL}:
            yield _own_value(key)
        if self.what is What.DELETING:
            yield _of_key(self.key)
        if self.what is What.MODEL:
            yield _of_model()


@lru_cache(maxsize=256)
def _own_value(key: str) -> Test:
    return Test(key, (STAND_IN, STAND_IN.swapcase(), _OTHER), lambda value: value == STAND_IN)


@lru_cache(maxsize=64)
def _of_key(key: str) -> Test:
    return Test(_TAG_KEYS, (key, key.swapcase(), _OTHER), lambda value: value.lower() == key.lower())


@lru_cache(maxsize=1)
def _of_model() -> Test:
    models = (f"arn:aws:sagemaker:us-east-1:111122223333:model/{name}-1" for name in (STAND_IN, _OTHER, "x"))
    return Test(_MODEL, tuple(models), lambda value: f"/{STAND_IN}-" in value)


@lru_cache(maxsize=8192)
def _promised(action: Action, resource: str) -> tuple[What, ...]:
    """Return what tags promise of *action* on the concrete *resource*."""
    types = tuple(name for name in types_of(resource, action) if _is_formed_like(resource, name, action.service))
    if not types and action.resource_types:
        return ()  # a name that no resource has
    if action.name == _DELETING:
        return (What.DELETING,)
    if all(is_left_alone(action, one) for one in types):
        return (What.NOTHING,)
    model = (What.MODEL,) if names_model(action.name) else ()
    return (_limited(action, {by_tag(action, one).how for one in types}), *model)


def _is_formed_like(resource: str, type_name: str, service: str) -> bool:
    """
    Tell whether *resource* has as many parts as an ARN of SageMaker's type: names have no colon and no slash.

    A version of a model package has its number behind another slash. Names in other services have both: those of
    the alarms of autoscaling, for one.
    """
    if service != "sagemaker":
        return True
    form = str(resource_types(service)[type_name].arn_format)
    more = resource.count("/") - form.count("/")
    return resource.count(":") == form.count(":") and more in ((0, 1) if type_name == "model-package" else (0,))


def _limited(action: Action, hows: set[How]) -> What:
    """Return what is promised where tags limit *action* in these ways; of several kinds what holds for each."""
    if How.NOT in hows:
        return What.CALLER
    if action.name == _TAGGING:
        return What.TAGGING
    ways = {How.REQUEST: What.NEW, How.RESOURCE: What.EXISTING, How.CARRIED: What.CARRIED}
    return ways[hows.pop()] if len(hows) == 1 else What.CARRIED


def tags_kept(subject: RoleToProve) -> tuple[Proof, ...]:
    """Return the two proofs about the tag keys of *subject*: none is dodged, none blocks what carries it."""
    if not subject.rendered.role.spec.abac:
        return ()
    return proofs_of({KEPT: KEPT_CLAIM, OPEN: OPEN_CLAIM}, tag_judgements(subject))


def tag_judgements(subject: RoleToProve, actions: Collection[str] | None = None) -> Iterator[Judged]:
    """
    Yield for each assignment which of the two claims it is a case of, and the request that breaks it, if one does.

    Asked are the *actions* that are granted, all of them unless given.
    """
    plain = replace(subject, rendered=without_tags(subject.catalog, subject.rendered.role))
    models = _models(subject, plain)
    for action in subject.granted if actions is None else filter(set(subject.granted).__contains__, actions):
        claims = {
            KEPT: f"the tag keys hold for {action}",
            OPEN: f"{action} is allowed where it carries the caller's own tags",
        }
        yield from all_told(
            subject, claims, _of_action(subject, plain, action, tuple(_tag_promises(subject, action, models)))
        )


def _of_action(
    subject: RoleToProve, plain: RoleToProve, action: str, promised: Sequence[TagPromise]
) -> Iterator[Judged]:
    """Yield what `tag_judgements` does of one *action*, whose tags promise what is *promised*; *plain* has no tags."""
    tests = tuple(dict.fromkeys(test for one in promised for test in one.tests()))
    asked, before = inquiry(subject, action, tests), inquiry(plain, action, tests)
    for resource in asked.resources() if promised else ():
        about = [one for one in promised if one.about(resource)]
        for one in about:
            holds, lets = f"tag key {one.key} holds for {action}", f"tag key {one.key} lets {action} through"
            for assignment in asked.assignments(one.keys):
                if one.keeps(assignment):
                    yield OPEN, told(subject, lets, partial(_blocked, asked, before, resource, about, assignment))
                else:
                    yield KEPT, told(subject, holds, partial(_dodge, asked, resource, one, assignment))


@lru_cache(maxsize=16)
def without_tags(catalog: Catalog, role: ComposedRole) -> RenderedRole:
    """Return the same role without tag keys."""
    data = {**role.spec.model_dump(exclude_unset=True), "abac": (), "abac_buckets": False}
    plain = compose(catalog, Sourced(RoleSpec.model_validate(data), SourceFile("without --abac", data, {})))
    return RenderedRole(plain, render(plain))


def _tag_promises(subject: RoleToProve, action: str, models: Values | None) -> Iterator[TagPromise]:
    """Yield what the tag keys of *subject* promise of *action* on any resource."""
    keys = subject.rendered.role.spec.abac
    known = find_action(action)
    for key in keys if known and is_asked_for_tags(known) else ():
        yield from (TagPromise(action, key, what) for what in What if what is not What.MODEL)
    if models is not None and names_model(action):
        yield TagPromise(action, keys[0], What.MODEL, models)


def _models(subject: RoleToProve, plain: RoleToProve) -> Values | None:
    """Return the models beside those of the role's own name that may be named; None where names can't say it."""
    spec = subject.rendered.role.spec
    shares = [
        Share(action, one.resources, (), one.conditions, one.effect, one.origins[0])
        for one in plain.rendered.role.unfolded
        for action in one.actions
    ]
    names = model_names(shares, spec.abac[0], spec)
    return names[1:] if names else None


def _dodge(asked: Inquiry, resource: str, one: TagPromise, assignment: KeyAssignment) -> CounterExample | None:
    """Return a request in *assignment*, which is against the promise, that is allowed all the same."""
    subject = asked.subject
    found = asked.allowed(resource, assignment)
    if found is None or not subject.allowed(found):
        return None
    by = subject.decide(found, subject.policies).by
    origins = [origin for at in by for origin in subject.origins(at.sid)]
    problem = f"tag key {one.key} does not hold for {one.action}: that {one.what.value}"
    return CounterExample(problem, subject.flags, found, places(origins))


def _blocked(
    asked: Inquiry, before: Inquiry, resource: str, about: Iterable[TagPromise], assignment: KeyAssignment
) -> CounterExample | None:
    """Return a request in *assignment* that keeps all promises, is allowed without tag keys, and is not with them."""
    subject, limits = asked.subject, [Limit(one.keys, one.keeps) for one in about]
    for allow in before.of(Effect.ALLOW):
        found = before.allowed(resource, assignment, by=allow, limits=limits)
        if found and before.subject.allowed(found) and not subject.allowed(found):
            by = subject.decide(found, subject.policies).by
            sids = ", ".join(f"`{at.sid}`" for at in by) or "no Allow"
            origins = [origin for at in by for origin in subject.origins(at.sid)]
            problem = f"{asked.action} carries the caller's own tags and is not allowed, by {sids}"
            return CounterExample(problem, subject.flags, found, places(origins))
    return None
