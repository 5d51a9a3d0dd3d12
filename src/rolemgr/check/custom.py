"""
Custom policy checks: what policies may and must allow, in the words of a YAML file.

Each check is a comparison (`rolemgr.compare.compare`) with a policy that says what is in order:

    access_not_granted     everything but the forbidden access
    no_new_access          the reference policy
    required_conditions    everything, but the actions only under the conditions
    no_public_access       nothing, asked by somebody whom the policy does not name, nor a shared provider's
    access_granted         the other way round: the required access, compared with the policy

So a finding has a request that shows it, and what can't be told is a finding too.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from rolemgr.check.branches import families, told_once
from rolemgr.check.custom_names import wrong_names
from rolemgr.check.document import GRANTING, Document
from rolemgr.check.finding import Finding, Severity
from rolemgr.check.rule import listed
from rolemgr.check.rules import all_rules
from rolemgr.check.sources import documents, parse
from rolemgr.check.tenants import open_providers
from rolemgr.compare.action_groups import Focus
from rolemgr.compare.compare import compare
from rolemgr.compare.public import open_to_strangers
from rolemgr.compare.verdicts import Comparison, Difference, Unknown
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.evaluate.errors import LayerError, PolicyError
from rolemgr.evaluate.policies import Policies, StatementRef, groups_of
from rolemgr.files.source import DataPath, SourceFile, read_text
from rolemgr.iam.documents import (
    Effect,
    IdentityPolicy,
    PolicyDocument,
    PolicyType,
    ResourceControlPolicy,
    ResourcePolicy,
    TrustPolicy,
)
from rolemgr.model.custom_checks import AccessGranted, AccessNotGranted, CustomCheck, CustomChecks, RequiredConditions
from rolemgr.model.source import parse_model

_FULL_ACCESS: Final = IdentityPolicy.model_validate(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
"""
What AWS attaches beside each SCP: one that only denies lets through all the rest.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""
SOURCE: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html"
_MODELS: Final[Mapping[PolicyType, type[PolicyDocument]]] = {
    PolicyType.TRUST: TrustPolicy, PolicyType.RESOURCE: ResourcePolicy, PolicyType.RCP: ResourceControlPolicy,
    PolicyType.ENDPOINT: ResourcePolicy,
}  # fmt: skip
_LOOKS_AT: Final = {
    "no_public_access": frozenset({PolicyType.RESOURCE, PolicyType.TRUST}),
    "access_granted": frozenset({PolicyType.IDENTITY}),
}
"""What a check looks at unless it says so itself, where that is not all that gives access."""


@dataclass(frozen=True)
class Custom:
    """A check as it is run: where it stands, and the reference policies of `no_new_access`."""

    check: CustomCheck
    where: SourceLocation
    reference: tuple[Document, ...] = ()

    @property
    def kinds(self) -> frozenset[PolicyType]:
        """The types of policies that it looks at."""
        if self.check.types is not None:
            return frozenset(map(PolicyType, self.check.types))
        if self.reference:
            return frozenset(one.kind for one in self.reference)
        found = _LOOKS_AT.get(self.check.kind, GRANTING)
        return found - {PolicyType.TRUST} if self.check.names_resources else found


def read_checks(source: SourceFile) -> list[Custom]:
    """Return the checks of *source*; raise InputError (or Problems) with the line for what is none."""
    file = parse_model(source, CustomChecks)
    raise_all(list(wrong_names(file)))
    found = file.value.checks
    return [_custom(source, place, check) for place, check in enumerate(found)]


def refuse_twins(found: list[Custom]) -> list[Custom]:
    """Return *found*; raise InputError where two have one id, or one that is a rule's."""
    seen: dict[str, Custom] = {}
    for custom in found:
        folded = custom.check.id.lower()
        if any(folded in (rule.id.lower(), rule.name) for rule in all_rules().values()):
            raise InputError(custom.where, f"`{custom.check.id}` is the id or name of a rule", "choose another")
        if folded in seen:
            raise InputError(custom.where, f"`{custom.check.id}` is also the id of a check at {seen[folded].where}")
        seen[folded] = custom
    return found


def explained(custom: Custom) -> str:
    """Return what the check asks, and why."""
    model = getattr(custom.check, custom.check.kind)
    asks = "" if model is True else f" {json.dumps(model.model_dump(mode='json', exclude_defaults=True))}"
    types = ", ".join(sorted(custom.kinds))
    return f"{custom.check.reason}\n\n{custom.check.kind}{asks}\nLooks at policies of type: {types}."


def _custom(source: SourceFile, place: int, check: CustomCheck) -> Custom:
    where = source.at(("checks", place))
    if check.no_new_access is None:
        return Custom(check, where)
    at = source.at(("checks", place, "no_new_access", "policy"))
    reference = tuple(_reference(check.no_new_access.policy, source, at))
    for kind in map(PolicyType, check.types or ()):
        if not any(_alike(one.kind, kind) for one in reference):
            raise InputError(at, f"the reference says nothing about policies of type {kind}", "see `types`")
    return Custom(check, where, reference)


def _reference(named: Any, source: SourceFile, where: SourceLocation) -> list[Document]:
    """Return the reference policies: the document itself, or those in the file that is named."""
    name, text = source.name, json.dumps(named)
    if isinstance(named, str):
        path = Path(source.name).parent / named
        if not path.is_file():
            raise InputError(where, f"there is no file `{named}` beside this one")
        name, text = str(path), read_text(path)
    as_json = not name.endswith((".yaml", ".yml")) or not isinstance(named, str)
    found = documents(parse(text, name, as_json=as_json), text, name)
    if not found:
        raise InputError(where, "holds no policy")
    subjects = (subject for family in families(found) for group in family.groups for subject in _subjects(group))
    for subject in subjects:
        if isinstance(subject.policies, str):
            raise InputError(where, f"the reference policy can't be read: {subject.policies}")
    return found


class _Subject(NamedTuple):
    """
    What is checked together: the documents of one type of a role, or one alone; a text says why they can't be.

    *missing* are those of which nobody knows what they say, and why. *boundary* bounds what they give, or says
    why that is not known.
    """

    kind: PolicyType
    documents: list[Document]
    policies: Policies | str
    missing: tuple[tuple[Document, str], ...] = ()
    boundary: Document | None = None


def _subjects(group: Sequence[Document]) -> Iterator[_Subject]:
    if any(one.held for one in group):
        return  # it acts in the groups of its holders
    if together := [one for one in group if one.kind is PolicyType.IDENTITY]:
        yield _of_role(together, group)
    for one in group:
        if one.kind is not PolicyType.IDENTITY and not one.missing and not one.copy and not one.attached:
            yield _Subject(one.kind, [one], _policies([one]))


def _of_role(together: Sequence[Document], group: Sequence[Document]) -> _Subject:
    """Return the identity policies *together* of a *group* as one subject, what can't be read apart from it."""
    missing = {id(one): reason for one in together if (reason := _unreadable(one))}
    known = [one for one in together if id(one) not in missing]
    boundary = next((one for one in group if one.kind is PolicyType.BOUNDARY), None)
    apart = tuple((one, missing[id(one)]) for one in together if id(one) in missing)
    return _Subject(PolicyType.IDENTITY, known, _policies(known, PolicyType.IDENTITY), apart, boundary)


def _unreadable(document: Document) -> str:
    """Return why nobody knows what *document* allows; empty where it can be read."""
    if document.missing:
        return document.missing
    found = _policies([document])
    return f"the policy can't be read ({found})" if isinstance(found, str) else ""


def _alike(one: PolicyType, other: PolicyType) -> bool:
    """Tell whether policies of both types are written alike, so that a reference of one may be meant for the other."""
    return one is other or (PolicyType.TRUST not in (one, other) and (one in _MODELS) is (other in _MODELS))


def _policies(found: Sequence[Document], kind: PolicyType | None = None) -> Policies | str:
    """
    Return the policies to compare, or why they can't be: IAM would refuse them, or a template fills them in.

    They are read as of type *kind*, else as of their own.
    """
    kind = kind or found[0].kind
    try:
        read = [_MODELS.get(kind, IdentityPolicy).model_validate(one.raw) for one in found]
        policies = _of(kind, read)
        groups_of(policies)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return f"at {'.'.join(map(str, first['loc']))}: {first['msg']}"
    except (PolicyError, LayerError) as error:
        return str(error)
    return policies


def _of(kind: PolicyType, read: Sequence[Any]) -> Policies:
    if kind is PolicyType.SCP and not any(
        one.effect is Effect.ALLOW for document in read for one in document.statement
    ):
        read = (*read, _FULL_ACCESS)
    return Policies(resource=read[0]) if kind in _MODELS else Policies(identity=tuple(read))


def custom_findings(found: Iterable[Document], checks: Sequence[Custom]) -> Iterator[Finding]:
    """Yield what *checks* find in the documents *found*, also where they can't tell."""
    for family in families(found):
        yield from told_once([list(_of_group(group, checks)) for group in family.groups], family.ways)


def _of_group(group: Sequence[Document], checks: Sequence[Custom]) -> Iterator[Finding]:
    for subject in _subjects(group):
        for custom in checks:
            if subject.kind in custom.kinds:
                yield from _checked(subject, custom)


def _checked(subject: _Subject, custom: Custom) -> Iterator[Finding]:
    if isinstance(subject.policies, str):
        yield _finding(subject, custom, None, f"can't tell, as the policy can't be read ({subject.policies})")
        return
    ask = _ASKS[custom.check.kind]
    yield from ask(subject, subject.policies, custom)
    if subject.missing and custom.check.access_granted is None:
        most = replace(subject.policies, identity=(*subject.policies.identity, _FULL_ACCESS))
        if any(ask(subject, most, custom)):  # no Deny of the role holds whatever they allow
            for document, reason in subject.missing:
                alone = subject._replace(documents=[document])
                yield _finding(alone, custom, None, f"can't tell, as {reason}")


def _not_granted(subject: _Subject, policies: Policies, custom: Custom) -> Iterator[Finding]:
    wanted = custom.check.access_not_granted or AccessNotGranted(actions=("*",))
    if wanted.all:
        yield from _all_granted(subject, policies, custom, wanted)
        return
    allowed = _everything_but(subject.kind, wanted.actions or ("*",), wanted.resources or ("*",))
    found = compare(policies, allowed, Focus(actions=wanted.actions, grants_only=True))
    yield from _against(subject, custom, found, "allows")


def _all_granted(subject: _Subject, policies: Policies, custom: Custom, wanted: AccessNotGranted) -> Iterator[Finding]:
    """Yield a finding where the policy allows all that is *wanted*, to any caller, under any conditions."""
    actions, resources = wanted.actions or ("*",), wanted.resources or ("*",)
    found = compare(_policy(PolicyType.IDENTITY, _allow(actions, resources)), _at_most(policies))
    if any(not one.doubts for one in found.differences):
        return
    word = "can't tell whether it allows" if found.unknowns or found.differences else "allows"
    at = _first_allow(subject, wanted.actions)
    yield _finding(subject, custom, at, f"{word} all of {listed(actions)} on {listed(resources)}")


def _at_most(policies: Policies) -> Policies:
    """Return *policies* with all conditions of Allows fulfilled, and Denies gone that do not always hold."""
    found: Sequence[PolicyDocument] = (policies.resource,) if policies.resource else policies.identity
    return Policies(identity=tuple(IdentityPolicy.model_validate(_unconditional(one.to_json_value())) for one in found))


_DEPENDS: Final = frozenset({"Principal", "NotPrincipal", "Condition"})


def _unconditional(raw: dict[str, Any]) -> dict[str, Any]:
    kept = [one for one in raw["Statement"] if one["Effect"] == "Allow" or not _DEPENDS & one.keys()]
    plain = [{key: value for key, value in one.items() if key not in _DEPENDS} for one in kept]
    for one in plain:
        if "NotResource" not in one:
            one.setdefault("Resource", "*")  # the role itself, in a trust policy
    return {**raw, "Statement": plain}


def _first_allow(subject: _Subject, actions: Sequence[str]) -> tuple[int, int] | None:
    """Return which statement of which document allows at least something like *actions*."""
    for index, document in enumerate(subject.documents):
        for place, statement in enumerate(document.statements):
            if statement.effect == "Allow" and (not statement.actions or _touches(statement.actions, actions)):
                return index, place
    return None


def _touches(patterns: Sequence[str], actions: Sequence[str]) -> bool:
    services = {action.partition(":")[0].lower() for action in actions}
    return not services or any(one == "*" or one.partition(":")[0].lower() in services for one in patterns)


def _no_new(subject: _Subject, policies: Policies, custom: Custom) -> Iterator[Finding]:
    reference = [one for one in custom.reference if _alike(one.kind, subject.kind) and not one.copy]
    if missing := [one.missing for one in reference if one.missing]:
        yield _finding(subject, custom, None, f"can't tell, as the reference can't be read ({missing[0]})")
        return
    old = _policies(reference if subject.kind not in _MODELS else reference[:1], subject.kind)
    if isinstance(old, str):
        yield _finding(subject, custom, None, f"can't tell, as the reference can't be read ({old})")
        return
    yield from _against(subject, custom, compare(policies, old), "allows beyond the reference policy")


def _required(subject: _Subject, policies: Policies, custom: Custom) -> Iterator[Finding]:
    wanted = custom.check.required_conditions or RequiredConditions(actions=("*",), keys=("aws:any",))
    conditions = {operator: dict(block) for operator, block in wanted.conditions.items()}
    for key in wanted.keys:
        conditions.setdefault("Null", {})[key] = ("false",)
    allowed = [_allow(wanted.actions, ("*",), others=True), _allow(wanted.actions, wanted.resources, conditions)]
    if "*" not in wanted.resources and subject.kind is not PolicyType.TRUST:
        elsewhere = _allow(wanted.actions, ())
        allowed.append({**elsewhere, "NotResource": list(wanted.resources)})
    found = compare(policies, _policy(subject.kind, *allowed), Focus(actions=wanted.actions, grants_only=True))
    yield from _against(subject, custom, found, "allows, without the required conditions,")


def _public(subject: _Subject, policies: Policies, custom: Custom) -> Iterator[Finding]:
    yield from _against(subject, custom, open_to_strangers(policies), "lets anyone do")
    for index, document in enumerate(subject.documents if subject.kind is PolicyType.TRUST else ()):
        for place, statement in enumerate(document.statements):
            for one in open_providers(statement) if statement.effect == "Allow" else ():
                text = f"lets any customer of `{one.provider}` do {listed(statement.actions)} ({one.reason})"
                yield _finding(subject, custom, (index, place), text)


def _granted(subject: _Subject, policies: Policies, custom: Custom) -> Iterator[Finding]:
    wanted = custom.check.access_granted or AccessGranted(actions=("*",))
    context = {key.lower(): values for key, values in wanted.context.items()}
    access = _policy(subject.kind, _allow(wanted.actions, wanted.resources))
    bounded = _bounded(subject, policies)
    unsure = bounded if isinstance(bounded, str) else ""
    found = compare(access, policies if isinstance(bounded, str) else bounded, Focus(context=context))
    for difference in found.differences:
        if not difference.future:
            text = f"does not allow {_request(difference)} ({_decided(difference)})"
            if subject.missing and difference.before.decision != "ExplicitlyDenied":
                text = f"can't tell whether it allows {_request(difference)}: {_reasons(subject)}"
            yield _finding(subject, custom, None, text, difference.request.action)
    if unsure and not found.differences:
        yield _finding(subject, custom, None, f"can't tell whether it allows {listed(wanted.actions)}: {unsure}")
    for unknown in found.unknowns:
        yield _finding(subject, custom, None, f"can't tell whether it allows {_actions(unknown)}: {unknown.reason}")


def _reasons(subject: _Subject) -> str:
    return "; ".join(reason for _, reason in subject.missing)


def _bounded(subject: _Subject, policies: Policies) -> Policies | str:
    """Return *policies* within the permissions boundary of the role, or why that is not known."""
    if subject.boundary is None:
        return policies
    read = subject.boundary.missing or _policies([subject.boundary], PolicyType.IDENTITY)
    return read if isinstance(read, str) else replace(policies, permissions_boundary=read.identity[0])


def _decided(difference: Difference) -> str:
    return "explicitly denied" if difference.before.decision == "ExplicitlyDenied" else "implicitly denied"


_ASKS: Final = {
    "access_not_granted": _not_granted,
    "access_granted": _granted,
    "no_new_access": _no_new,
    "no_public_access": _public,
    "required_conditions": _required,
}


def _allow(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, Any] | None = None, *,
    effect: Effect = Effect.ALLOW, others: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return a statement as IAM writes it; with *others*, on all actions but *actions*."""
    element = "NotAction" if others else "Action"
    made: dict[str, Any] = {"Effect": effect.value, element: list(actions)}
    if resources:
        made["Resource"] = list(resources)
    return {**made, "Condition": conditions} if conditions else made


def _policy(kind: PolicyType, *statements: Mapping[str, Any]) -> Policies:
    """Return a policy of *kind* with *statements*, for everyone where it has principals."""
    model = _MODELS.get(kind, IdentityPolicy)
    made = [dict(one) for one in statements]
    for one in made if model is not IdentityPolicy else ():
        one["Principal"] = "*"
        if model is TrustPolicy:
            one.pop("Resource", None)  # the role itself
    return _of(kind, [model.model_validate({"Version": "2012-10-17", "Statement": made})])


def _everything_but(kind: PolicyType, actions: Sequence[str], resources: Sequence[str]) -> Policies:
    """Return what allows everything but *actions* on *resources*."""
    return _policy(kind, _allow(("*",), ("*",)), _allow(actions, resources, effect=Effect.DENY))


def _against(subject: _Subject, custom: Custom, found: Comparison, verb: str) -> Iterator[Finding]:
    """Yield a finding for each difference, and for what can't be told; *verb* says what the policy does wrong."""
    for one in found.differences:
        text = f"{verb} {_request(one)}{_more(one)}{_note(one)}"
        if one.doubts:
            text = f"can't tell whether it {text}, for {'; '.join(one.doubts)}"
        at = None if one.scenario.lifted else one.statement
        yield _finding(subject, custom, at, text, one.request.action)
    for unknown in found.unknowns:
        text = f"can't tell what it {verb} of {_actions(unknown)}: {unknown.reason}"
        yield _finding(subject, custom, unknown.statement, text)


def _request(one: Difference) -> str:
    """Return the request that shows it, in words."""
    request = one.request
    context = ", ".join(f"{key} {' and '.join(values)}" for key, values in request.context.items() if _asked(one, key))
    action = f"actions that AWS may add, such as `{request.action}`," if one.future else f"`{request.action}`"
    who = f" by {request.principal}" if request.principal else ""
    return f"{action} on `{request.resource}`{who}" + (f" with {context}" if context else "")


def _asked(one: Difference, key: str) -> bool:
    """Tell whether *key* says more than the caller and the resource's account."""
    own = one.scenario.filled()
    return key.lower() not in own and key.lower() != "aws:resourceaccount"


def _more(one: Difference) -> str:
    others = len(one.actions) - 1
    return f" and {others} more action{'s' if others > 1 else ''}" if others and not one.future else ""


def _note(one: Difference) -> str:
    return f", {one.scenario.note}" if one.scenario.note else ""


def _actions(unknown: Unknown) -> str:
    return listed(unknown.actions) if unknown.actions else "its actions"


def _finding(
    subject: _Subject, custom: Custom, at: StatementRef | tuple[int, int] | None, text: str, action: str | None = None
) -> Finding:
    """Return the finding at a statement, or at the first document as a whole."""
    policy, place = (at.policy, at.statement) if isinstance(at, StatementRef) else at or (0, None)
    if policy == len(subject.documents):  # it is what AWS attaches beside an SCP
        policy, place = 0, None
    listed_ones = subject.documents or [one for one, _ in subject.missing]
    document = listed_ones[policy]
    statement = document.statements[place] if place is not None and place < len(document.statements) else None
    path: DataPath = statement.path if statement else ()
    sid = statement.sid if statement else None
    check = custom.check
    return Finding(
        check.id,
        Severity(check.severity),
        f"{text}: {check.reason}",
        document.name,
        document.line_of(path),
        sid,
        action,
    )
