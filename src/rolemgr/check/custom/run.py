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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from rolemgr.check.branches import families, told_once
from rolemgr.check.custom.checks import Custom
from rolemgr.check.custom.findings import actions_text, decision_text, finding, findings_of, request_text
from rolemgr.check.custom.policies import (
    FULL_ACCESS,
    are_alike,
    at_most,
    everything_but,
    policy_of,
    read_policies,
    stands_alone,
    statement_of,
)
from rolemgr.check.custom.subjects import DocumentsTogether, subjects_of, within_boundary
from rolemgr.check.document import Document
from rolemgr.check.finding import Finding
from rolemgr.check.rule import listed
from rolemgr.check.tenants import open_providers
from rolemgr.compare.action_groups import Focus
from rolemgr.compare.compare import compare
from rolemgr.compare.public import open_to_strangers
from rolemgr.evaluate.policies import Policies
from rolemgr.iam.documents import PolicyType
from rolemgr.model.custom_checks import AccessGranted, AccessNotGranted, RequiredConditions


def custom_findings(found: Iterable[Document], checks: Sequence[Custom]) -> Iterator[Finding]:
    """Yield what *checks* find in the documents *found*, also where they can't tell."""
    for family in families(found):
        yield from told_once([list(_of_group(group, checks)) for group in family.groups], family.ways)


def _of_group(group: Sequence[Document], checks: Sequence[Custom]) -> Iterator[Finding]:
    for subject in subjects_of(group):
        for custom in checks:
            if subject.kind in custom.kinds:
                yield from _checked(subject, custom)


def _checked(subject: DocumentsTogether, custom: Custom) -> Iterator[Finding]:
    if isinstance(subject.policies, str):
        yield finding(subject, custom, None, f"can't tell, as the policy can't be read ({subject.policies})")
        return
    ask = _ASKS[custom.check.kind]
    yield from ask(subject, subject.policies, custom)
    if subject.missing and custom.check.access_granted is None:
        most = replace(subject.policies, identity=(*subject.policies.identity, FULL_ACCESS))
        if any(ask(subject, most, custom)):  # no Deny of the role holds whatever they allow
            for document, reason in subject.missing:
                alone = subject._replace(documents=[document])
                yield finding(alone, custom, None, f"can't tell, as {reason}")


def _not_granted(subject: DocumentsTogether, policies: Policies, custom: Custom) -> Iterator[Finding]:
    wanted = custom.check.access_not_granted or AccessNotGranted(actions=("*",))
    if wanted.all:
        yield from _all_granted(subject, policies, custom, wanted)
        return
    allowed = everything_but(subject.kind, wanted.actions or ("*",), wanted.resources or ("*",))
    found = compare(policies, allowed, Focus(actions=wanted.actions, grants_only=True))
    yield from findings_of(subject, custom, found, "allows")


def _all_granted(
    subject: DocumentsTogether, policies: Policies, custom: Custom, wanted: AccessNotGranted
) -> Iterator[Finding]:
    """Yield a finding where the policy allows all that is *wanted*, to any caller, under any conditions."""
    actions, resources = wanted.actions or ("*",), wanted.resources or ("*",)
    found = compare(policy_of(PolicyType.IDENTITY, statement_of(actions, resources)), at_most(policies))
    if any(not one.doubts for one in found.differences):
        return
    word = "can't tell whether it allows" if found.unknowns or found.differences else "allows"
    at = _first_allow(subject, wanted.actions)
    yield finding(subject, custom, at, f"{word} all of {listed(actions)} on {listed(resources)}")


def _first_allow(subject: DocumentsTogether, actions: Sequence[str]) -> tuple[int, int] | None:
    """Return which statement of which document allows at least something like *actions*."""
    for index, document in enumerate(subject.documents):
        for place, statement in enumerate(document.statements):
            if statement.effect == "Allow" and (not statement.actions or _touches(statement.actions, actions)):
                return index, place
    return None


def _touches(patterns: Sequence[str], actions: Sequence[str]) -> bool:
    services = {action.partition(":")[0].lower() for action in actions}
    return not services or any(one == "*" or one.partition(":")[0].lower() in services for one in patterns)


def _no_new(subject: DocumentsTogether, policies: Policies, custom: Custom) -> Iterator[Finding]:
    reference = [one for one in custom.reference if are_alike(one.kind, subject.kind) and not one.copy]
    if missing := [one.missing for one in reference if one.missing]:
        yield finding(subject, custom, None, f"can't tell, as the reference can't be read ({missing[0]})")
        return
    old = read_policies(reference[:1] if stands_alone(subject.kind) else reference, subject.kind)
    if isinstance(old, str):
        yield finding(subject, custom, None, f"can't tell, as the reference can't be read ({old})")
        return
    yield from findings_of(subject, custom, compare(policies, old), "allows beyond the reference policy")


def _required(subject: DocumentsTogether, policies: Policies, custom: Custom) -> Iterator[Finding]:
    wanted = custom.check.required_conditions or RequiredConditions(actions=("*",), keys=("aws:any",))
    conditions = {operator: dict(block) for operator, block in wanted.conditions.items()}
    for key in wanted.keys:
        conditions.setdefault("Null", {})[key] = ("false",)
    allowed = [
        statement_of(wanted.actions, ("*",), others=True),
        statement_of(wanted.actions, wanted.resources, conditions),
    ]
    if "*" not in wanted.resources and subject.kind is not PolicyType.TRUST:
        elsewhere = statement_of(wanted.actions, ())
        allowed.append({**elsewhere, "NotResource": list(wanted.resources)})
    found = compare(policies, policy_of(subject.kind, *allowed), Focus(actions=wanted.actions, grants_only=True))
    yield from findings_of(subject, custom, found, "allows, without the required conditions,")


def _public(subject: DocumentsTogether, policies: Policies, custom: Custom) -> Iterator[Finding]:
    yield from findings_of(subject, custom, open_to_strangers(policies), "lets anyone do")
    for index, document in enumerate(subject.documents if subject.kind is PolicyType.TRUST else ()):
        for place, statement in enumerate(document.statements):
            for one in open_providers(statement) if statement.effect == "Allow" else ():
                text = f"lets any customer of `{one.provider}` do {listed(statement.actions)} ({one.reason})"
                yield finding(subject, custom, (index, place), text)


def _granted(subject: DocumentsTogether, policies: Policies, custom: Custom) -> Iterator[Finding]:
    wanted = custom.check.access_granted or AccessGranted(actions=("*",))
    context = {key.lower(): values for key, values in wanted.context.items()}
    access = policy_of(subject.kind, statement_of(wanted.actions, wanted.resources))
    bounded = within_boundary(subject, policies)
    unsure = bounded if isinstance(bounded, str) else ""
    found = compare(access, policies if isinstance(bounded, str) else bounded, Focus(context=context))
    for difference in found.differences:
        if not difference.future:
            text = f"does not allow {request_text(difference)} ({decision_text(difference)})"
            if subject.missing and difference.before.decision != "ExplicitlyDenied":
                text = f"can't tell whether it allows {request_text(difference)}: {subject.why_missing}"
            yield finding(subject, custom, None, text, difference.request.action)
    if unsure and not found.differences:
        yield finding(subject, custom, None, f"can't tell whether it allows {listed(wanted.actions)}: {unsure}")
    for unknown in found.unknowns:
        yield finding(subject, custom, None, f"can't tell whether it allows {actions_text(unknown)}: {unknown.reason}")


_ASKS: Final = {
    "access_not_granted": _not_granted,
    "access_granted": _granted,
    "no_new_access": _no_new,
    "no_public_access": _public,
    "required_conditions": _required,
}
