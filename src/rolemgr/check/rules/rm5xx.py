"""RM5: the quotas of policies, each by how its API counts; and what breaks or opens policies of organizations."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rolemgr.check.document import Document, ReadCondition, Statement
from rolemgr.check.finding import Severity
from rolemgr.check.rule import (
    IAM,
    ORGANIZATIONS,
    PERMISSIONS,
    Hit,
    document_rule,
    group_rule,
    listed,
    statement_rule,
    value_at,
)
from rolemgr.check.rules.carried import carries, names_of
from rolemgr.check.rules.jobs import JOBS
from rolemgr.iam.documents import PolicyType
from rolemgr.iam.wildcards import has_wildcard, matches
from rolemgr.reference import quirks
from rolemgr.reference.quirks import quota
from rolemgr.reference.services import find_action

_QUOTAS = IAM + "reference_iam-quotas.html"
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


_LARGEST: Mapping[PolicyType, str] = {
    PolicyType.IDENTITY: "role_inline_policies",
    PolicyType.BOUNDARY: "permissions_boundary",
    PolicyType.TRUST: "trust_policy",
    PolicyType.SCP: "scp",
    PolicyType.RCP: "rcp",
}
"""The largest quota that a policy of each kind can have; those of resource policies are each service's own."""


def size_of(document: Document) -> int | None:
    """
    Return the characters of *document* that AWS counts at least, or None where a template fills in more.

    That is without the white space between elements; IAM does not count it, and Organizations counts it
    only where it is sent.
    """
    if document.template and _has_function(document.raw):
        return None
    return len(_COMPACT.encode(document.raw))


def _has_function(value: Any) -> bool:
    from rolemgr.check.intrinsic import is_function

    if isinstance(value, dict):
        return is_function(value) or any(map(_has_function, value.values()))
    return isinstance(value, list) and any(map(_has_function, value))


@document_rule("RM501", "policy-too-large", Severity.ERROR, "the policy is over its quota", _QUOTAS)
def policy_too_large(document: Document) -> Iterator[Hit]:
    """
    AWS refuses a policy of more characters: 10,240 inline in a role, 6,144 as a boundary, 2,048 as a trust
    policy, 10,240 as an SCP, 5,120 as an RCP.

    White space between elements is not counted here; blanks inside values are. AWS's own managed policies
    are not held to these quotas, a copy of one is.
    """
    name = _LARGEST.get(document.kind)
    size = size_of(document) if name else None
    if name and size is not None and size > quota(name):
        yield Hit(f"{size:,} characters without white space; the quota is {quota(name):,}", ())


@document_rule(
    "RM502", "only-as-inline-policy", Severity.SUGGESTION, "the policy is too large for a managed policy", _QUOTAS,
    kinds=PERMISSIONS,
)  # fmt: skip
def only_as_inline_policy(document: Document) -> Iterator[Hit]:
    """
    A customer managed policy has 6,144 characters, the inline policies of a role 10,240 together.

    The policy fits inline only, and leaves less for the others. Reported where the policy stands alone:
    of a role or a template it is known how it is attached.
    """
    size = None if document.group else size_of(document)
    if size is not None and quota("managed_policy") < size <= quota("role_inline_policies"):
        yield Hit(f"{size:,} characters; a managed policy has {quota('managed_policy'):,}", ())


@document_rule(
    "RM503", "white-space-counts", Severity.WARNING, "the policy is over its quota with its white space",
    ORGANIZATIONS + "orgs_reference_limits.html", kinds=frozenset({PolicyType.SCP, PolicyType.RCP}),
)  # fmt: skip
def white_space_counts(document: Document) -> Iterator[Hit]:
    """
    Organizations counts white space in a policy that comes through the API, the CLI or CloudFormation.

    The console removes it. The policy fits once it is minified.
    """
    name, size = _LARGEST[document.kind], size_of(document)
    if size is None or document.text is None or size > quota(name):
        return
    if len(document.text.strip()) > quota(name):
        yield Hit(f"{len(document.text.strip()):,} characters with white space; the quota is {quota(name):,}", ())


@group_rule(
    "RM504", "inline-policies-too-large", Severity.ERROR, "a role's inline policies are over their quota", _QUOTAS
)
def inline_policies_too_large(documents: list[Document]) -> Iterator[tuple[Document, Hit]]:
    """
    The inline policies of one role have 10,240 characters together, white space not counted.

    Move Allows to managed policies; keep the Denies inline.
    """
    inline = [one for one in documents if one.kind is PolicyType.IDENTITY and one.inline]
    sizes = [size_of(one) for one in inline]
    total = sum(size for size in sizes if size is not None)
    if len(inline) > 1 and total > quota("role_inline_policies"):
        message = (
            f"{total:,} characters in {len(inline)} inline policies; the quota is {quota('role_inline_policies'):,}"
        )
        yield inline[-1], Hit(message, ())


_ORGANIZATION = frozenset({PolicyType.SCP, PolicyType.RCP})
_SCP, _RCP = frozenset({PolicyType.SCP}), frozenset({PolicyType.RCP})


def _lets_go(statement: Statement, *keys: str) -> Iterator[ReadCondition]:
    """Yield the conditions on *keys* by which a Deny leaves out whoever matches."""
    for condition in statement.conditions_on(*keys):
        if condition.operator and condition.operator.negated:
            yield condition


@statement_rule(
    "RM510", "exempt-by-tag", Severity.WARNING, "an organization's Deny lets go whoever has a tag",
    ORGANIZATIONS + "orgs_manage_policies_scps_evaluation.html", kinds=_ORGANIZATION, effect="Deny",
    with_condition=True,
)  # fmt: skip
def exempt_by_tag(statement: Statement) -> Iterator[Hit]:
    """
    Whoever may tag a role, or hand over session tags, leaves the Deny by the tag that it lets go.

    Exempt a role by its ARN (`ArnNotLike: {aws:PrincipalArn: ...}`), which `rolemgr scp --exempt` renders with
    the Deny that guards the role; or deny iam:TagRole, iam:TagUser and sts:TagSession with that tag.
    """
    tagging = ("iam:TagRole", "sts:TagSession")
    denies = statement.policy.denies_together
    if all(any(one.speaks_of(action) for one in denies) for action in tagging):
        return
    for condition in _lets_go(statement, "aws:principaltag/"):
        yield Hit("whoever may set the tag leaves this Deny", condition.path, key=condition.key)


@statement_rule(
    "RM511", "principal-arn-of-session", Severity.WARNING, "aws:PrincipalArn is never the ARN of a session",
    IAM + "reference_policies_condition-keys.html", with_condition=True,
)  # fmt: skip
def principal_arn_of_session(statement: Statement) -> Iterator[Hit]:
    """
    In a session of a role aws:PrincipalArn is the ARN of the role (`arn:aws:iam::ACCOUNT:role/PATH/NAME`), and
    not that of the session (`arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`), which is never matched.

    Name the role, with its path.
    """
    for condition in statement.conditions_on("aws:principalarn"):
        for value in condition.values:
            if ":assumed-role/" in value:
                message = f"`{value}` is a session, and the key holds its role"
                yield Hit(message, value_at(statement, condition, value), key=condition.key)


@statement_rule(
    "RM512", "exempt-by-open-name", Severity.WARNING, "an SCP lets go roles that anybody may make",
    ORGANIZATIONS + "orgs_manage_policies_scps_evaluation.html", kinds=_SCP, effect="Deny", with_condition=True,
)  # fmt: skip
def exempt_by_open_name(statement: Statement) -> Iterator[Hit]:
    """
    A role of a name or path that a wildcard leaves open is exempt, and whoever may make roles makes one.

    Deny iam:CreateRole, iam:UpdateAssumeRolePolicy and iam:PassRole on that pattern to all but the exempt, as
    `rolemgr scp --exempt` does. The policies of one file count together, and those of one folder that are numbered
    (`scp-1.json`, `scp-2.json`); where an SCP elsewhere does it, this finding may be suppressed.
    """
    denies = [one for one in statement.policy.denies_together if one.speaks_of("iam:CreateRole")]
    for condition in _lets_go(statement, "aws:principalarn"):
        for value in condition.values:
            if not has_wildcard(value.partition(":role/")[2]) and value != "*":
                continue
            if not any(_covers(one, value) for one in denies):
                message = f"whoever may make a role of the name `{value}` leaves this Deny"
                yield Hit(message, value_at(statement, condition, value), key=condition.key)


def _covers(statement: Statement, pattern: str) -> bool:
    """Tell whether a Deny is about every role that *pattern* stands for."""
    return any(resource == pattern or matches(resource, pattern) for resource in statement.resources)


_GLOBAL = ("iam:CreateRole", "organizations:DescribeOrganization", "route53:ListHostedZones", "sts:GetCallerIdentity")
"""An action of each of the services that are asked for everywhere, and are in us-east-1 alone."""


@statement_rule(
    "RM513", "region-deny-stops-global", Severity.WARNING, "a Deny by region stops services that have none",
    ORGANIZATIONS + "orgs_manage_policies_scps_examples_general.html", effect="Deny", with_condition=True,
    kinds=frozenset({PolicyType.SCP, PolicyType.BOUNDARY, PolicyType.IDENTITY}),
)  # fmt: skip
def region_deny_stops_global(statement: Statement) -> Iterator[Hit]:
    """
    IAM, Organizations, Route 53 and STS's global endpoint are in us-east-1, wherever they are called from, and
    so a Deny of every other region stops them.

    Leave global services out by NotAction, as both lists of AWS do (`rolemgr scp
    approved-regions-all-services` has their union), or name the regional services that are meant.
    """
    stopped = [action for action in _GLOBAL if statement.speaks_of(action)]
    if any(not one.folded.startswith(("aws:principal", "aws:requestedregion")) for one in statement.conditions):
        return  # what else must hold may leave the global services out: those of a VPC's endpoint, say
    for condition in _lets_go(statement, "aws:requestedregion"):
        commercial = [one for one in condition.values if not one.startswith(("cn-", "us-gov-"))]
        if stopped and commercial and not any(matches(one, "us-east-1") for one in condition.values):
            named = stopped[0].partition(":")[0]
            yield Hit(f"stops {named}, whose requests are in us-east-1", condition.path, key=condition.key)


_PULLS = ("ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer")


@statement_rule(
    "RM514", "image-pulls-stopped", Severity.WARNING, "an SCP stops jobs and endpoints from pulling their images",
    "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html", kinds=_SCP, effect="Deny",
)  # fmt: skip
def image_pulls_stopped(statement: Statement) -> Iterator[Hit]:
    """
    SageMaker pulls a container's image with the rights of the execution role, which an SCP binds: without these
    actions of ECR no job and no endpoint starts.

    Leave the execution roles out by aws:PrincipalArn, or limit by network (aws:SourceVpc) instead.
    """
    others = [one for one in statement.conditions if not one.folded.startswith("aws:principaltag/")]
    if others or statement.not_actions or "*" in statement.actions:
        return
    for action in _PULLS:
        if pattern := statement.named(action):
            yield Hit(f"without {action} no job and no endpoint starts", statement.at("Action", pattern), pattern)
            return


_BELONGING = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount")
_FEDERATED = ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")


@statement_rule(
    "RM515", "federation-locked-out", Severity.WARNING, "an RCP locks out whoever signs in by federation",
    ORGANIZATIONS + "orgs_manage_policies_rcps_examples.html", kinds=_RCP, effect="Deny", with_condition=True,
)  # fmt: skip
def federation_locked_out(statement: Statement) -> Iterator[Hit]:
    """
    Who asks for a role with SAML or a web identity belongs to no organization before the answer, so a Deny for
    all but the organization stops the sign-in.

    Name the actions of STS that are meant (sts:AssumeRole ...), and limit federation by its provider.
    """
    stopped = next((action for action in _FEDERATED if statement.speaks_of(action)), None)
    if stopped is None:
        return
    for condition in _lets_go(statement, *_BELONGING):
        yield Hit(f"also denies {stopped}", condition.path, statement.named(stopped), condition.key)
        return


@statement_rule(
    "RM516", "services-locked-out", Severity.WARNING, "an RCP locks out AWS's services",
    ORGANIZATIONS + "orgs_manage_policies_rcps_examples.html", kinds=_RCP, effect="Deny", with_condition=True,
)  # fmt: skip
def services_locked_out(statement: Statement) -> Iterator[Hit]:
    """
    An AWS service that delivers logs or reads for its customer belongs to no organization, so a Deny for all
    but the organization stops it.

    Add `BoolIfExists: {aws:PrincipalIsAWSService: "false"}`, and judge services by aws:SourceOrgID in a Deny of
    its own.
    """
    service_keys = ("aws:principalisawsservice", "aws:principalservicename", "aws:principalarn", "aws:principaltype")
    if list(statement.conditions_on(*service_keys)):
        return
    for condition in _lets_go(statement, *_BELONGING):
        yield Hit("also denies AWS's services, which belong to no organization", condition.path, key=condition.key)
        return


_SOURCES = ("aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount")


@statement_rule(
    "RM517", "deputy-without-source", Severity.WARNING, "a Deny for foreign sources also denies calls without one",
    IAM + "confused-deputy.html", kinds=frozenset({PolicyType.RCP, PolicyType.RESOURCE}), effect="Deny",
    with_condition=True,
)  # fmt: skip
def deputy_without_source(statement: Statement) -> Iterator[Hit]:
    """
    Not every call of an AWS service says for which account it is made: some that assume a service role, and
    some grants of KMS, say nothing. A Deny for all but our own sources stops these.

    Add `Null: {aws:SourceAccount: "false"}`, so that only a call with a source is judged.
    """
    guarded = any(
        one.operator and one.operator.base == "Null" and not one.true_where_absent
        for one in statement.conditions_on(*_SOURCES, "aws:sourcearn")
    )
    if guarded or not any("true" in one.values for one in statement.conditions_on("aws:principalisawsservice")):
        return
    for condition in _lets_go(statement, *_SOURCES):
        yield Hit("also denies calls of services that carry no source", condition.path, key=condition.key)
        return


@document_rule(
    "RM518", "supporting-actions-missed", Severity.SUGGESTION, "an SCP's limit leaves out actions that carry its key",
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerai.html", kinds=_SCP,
)  # fmt: skip
def supporting_actions_missed(document: Document) -> Iterator[Hit]:
    """
    The SCP denies by a key of SageMaker on some actions, and of the same kind (jobs, endpoints, Studio ...)
    others carry the key too: of a Deny on absence those that must carry it, of others all.

    `rolemgr scp --guardrail NAME=VALUE` lists every one of them.
    """
    seen: set[str] = set()
    denies = list(document.denies_together)
    own = (one for one in document.statements if one.effect == "Deny")
    for statement, condition in ((one, each) for one in own for each in one.conditions):
        names = names_of(condition.folded)
        if not _is_alone(statement, names) or seen.intersection(names):
            continue
        seen.update(names)
        if left := _left_out([one for one in denies if not one.conditions or _is_alone(one, names)], names):
            message = f"{listed(left)} can carry `{condition.key}` too"
            yield Hit(message, condition.path, left[0], condition.key, statement.sid)


def _is_alone(statement: Statement, names: tuple[str, ...]) -> bool:
    """Tell whether *names* are what SageMaker's keys of the statement are about: beside others they only narrow."""
    keys = {one.folded for one in statement.conditions if one.folded.startswith("sagemaker:")}
    return bool(keys) and keys <= set(names)


def _left_out(denies: list[Statement], names: tuple[str, ...]) -> list[str]:
    """Return the actions of the kinds that *denies* judge by one of *names*, which they leave out."""
    judging = [one for one in denies if list(one.conditions_on(*names))]
    on_absence = all(one.true_where_absent for each in judging for one in each.conditions_on(*names))
    found: set[str] = set()
    for scope in quirks.scope_names(of_one_kind=True):
        supporting = [one for one in quirks.scope_actions(scope) if _carries(one, names)]
        if any(each.speaks_of(one) for one in supporting for each in judging):
            found.update(supporting)
    wanted = {one for one in found if _must_carry(one, names)} if on_absence else found
    missed = (one for one in wanted - set(JOBS) if not any(each.speaks_of(one) for each in judging))
    return sorted(one for one in missed if not any(each.speaks_of(one) and not each.conditions for each in denies))


def _carries(name: str, names: tuple[str, ...]) -> bool:
    action = find_action(name)
    return action is not None and any(carries(action, key) for key in names)


def _must_carry(action: str, names: tuple[str, ...]) -> bool:
    """Tell whether *action* carries one of *names* in every request, whatever else is in it."""
    terms = [found for key in names if (found := quirks.must_carry(action, key))]
    return any(one == quirks.MustCarry({}, None, not_with_local_nvme=False, only_with=None) for one in terms)
