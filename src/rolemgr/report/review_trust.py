"""Who may assume a role, and as which roles runs what it starts, in the words of a review."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rolemgr.audit.finding import table
from rolemgr.catalog.load import Catalog
from rolemgr.iam.arn import Arn
from rolemgr.iam.variables import as_pattern
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.model.role import ComposedRole, ComposedTrust, PassedRole, RoleDocuments
from rolemgr.model.times import duration
from rolemgr.report.review_attached import attached_reach
from rolemgr.report.review_passed import adds
from rolemgr.report.review_resources import granted, short_arn
from rolemgr.separation.closure import passed_roles

_HOW: Final[Mapping[str, str]] = {
    "aws:SourceAccount": "for account {}",
    "aws:SourceArn": "from {}",
    "sts:ExternalId": "with external id {}",
    "aws:PrincipalOrgID": "of organization {}",
    "aws:PrincipalArn": "as {}",
    "aws:MultiFactorAuthPresent": "with MFA",
    "aws:MultiFactorAuthAge": "given at most {} before",
    "sts:RoleSessionName": "in a session named {}",
}
"""How a condition of a trust policy reads; another is shown as key and value."""


def who(role: ComposedRole) -> Iterator[str]:
    """
    Yield who may assume *role*, and how: people before services, then until when.

    Whom nothing here names, nobody lets in; nor does a statement that only lets a tag or an identity be brought.
    """
    takes = [one for one in role.trust if any(action.startswith("sts:AssumeRole") for action in one.actions)]
    for one in sorted(takes, key=lambda trust: "Service" in trust.principal):
        names = [name for found in one.principal.values() for name in found]
        doubts = any("may let nobody in" in note and name in note for note in role.notes for name in names)
        doubt = " (by AWS's documentation that may let nobody in: see LOOK)" if doubts else ""
        yield f"{' or '.join(_principal(name, one) for name in names)}, {_held(one)}{_chosen(one)}{doubt}"
    yield f"no other principal{_worked_as(role)}"
    if role.spec.expires:
        yield f"until {role.spec.expires}: then every request is denied, of open sessions too; it can still be assumed"


_MFA: Final = ("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge")


def _asks_mfa(trust: ComposedTrust) -> bool:
    return any(key in block for block in trust.conditions.values() for key in _MFA)


def _chosen(trust: ComposedTrust) -> str:
    """Return who decides which people get in, where the condition tells nothing of them: with SAML the provider."""
    by_saml = any(":saml-provider/" in name for name in trust.principal.get("Federated", ()))
    return "; who of them: the identity provider decides" if by_saml else ""


def _worked_as(role: ComposedRole) -> str:
    """Return that others act as the role without assuming it, where SageMaker may run their work as it."""
    return (
        "; the work of others may run as it, as told below"
        if any(one.kind == "sagemaker" for one in role.spec.trust)
        else ""
    )


def _held(trust: ComposedTrust) -> str:
    """Return the conditions of *trust*; claims of a token are told by their names, without their provider."""
    providers = tuple(f"{_provider(name)}:" for name in trust.principal.get("Federated", ()))
    conditions = [
        f"{'without' if values == ('true',) else 'with'} {key}" if operator == "Null"
        else f"whose {key.rpartition(':')[2]} is {' or '.join(values)}" if key.startswith(providers)
        else _HOW.get(key, f"where {key} is {{}}").format(" or ".join(_in_words(key, values)))
        for operator, block in trust.conditions.items()
        for key, values in block.items()
    ]  # fmt: skip
    return ", ".join(conditions) or "under no condition"


def _in_words(key: str, values: Sequence[str]) -> Iterator[str]:
    """Yield *values* of *key*, a length of time with its unit."""
    for value in values:
        yield duration(int(value)) if key == "aws:MultiFactorAuthAge" and value.isdecimal() else value


def _provider(name: str) -> str:
    return name.partition(":oidc-provider/")[2] or name


def _principal(name: str, trust: ComposedTrust) -> str:
    """
    Return *name*; the root of an account as all whom it stands for, a provider as the tokens that it issues.

    A role's session tells nothing of MFA: where the trust asks for it, those whom an account stands for are users.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if ":oidc-provider/" in name:
        return f"tokens of {_provider(name)}"
    arn = Arn.parse(name)
    if arn is None or arn.service != "iam" or arn.resource != "root":
        return name
    if _asks_mfa(trust):
        return f"any user (a role's session carries no MFA) of account {arn.account} whose administrators allow it"
    return f"any role or user of account {arn.account} whose administrators allow it"


def runs(role: ComposedRole, documents: RoleDocuments, catalog: Catalog, *, whole: bool) -> Iterator[str]:
    """Yield as which roles runs what the role starts, by its grants of `iam:PassRole`, and what it acts as besides."""
    actions = {action for action, _ in granted(role)}
    if any(one.kind == "sagemaker" for one in role.spec.trust):
        yield _AS_ITSELF["sagemaker:CreateApp" in actions]
    passed = passed_roles(catalog, role)
    reach = tuple(attached_reach(role))
    by_services: dict[tuple[str, ...], list[PassedRole]] = {}
    for one in passed:
        by_services.setdefault(one.services, []).append(one)
    idle = False
    for services, found in by_services.items():
        what = _started(actions) if services == (_SAGEMAKER,) else ""
        working = [one for one in found if not one.idle]
        idle |= len(working) < len(found)
        own_first = sorted(working, key=lambda one: one.arn != role.spec.arn)
        names = _either([_named(one, role) for one in own_first])
        only = "" if len(by_services) > 1 or reach or _is_open(found) else "only "
        if names:
            yield f"{what or _work(services)} {only}as {names}"
    if idle:
        yield "it may pass itself too, which has no effect: its trust does not name SageMaker"
    beside = dict.fromkeys(arn for arn in role.acts_as if arn not in {role.spec.arn, *(one.arn for one in passed)})
    if beside:
        yield f"what it starts without passing a role acts as {' or '.join(map(short_arn, beside))}"
    yield from reach
    yield from dict.fromkeys(text for action, text in table()["opens"].items() if action in actions)
    yield from adds(role, documents, catalog, whole=whole)
    if (others := [one.persona for one in passed if one.persona]) and (whole or len(others) == 1):
        yield f"in whole: preview --persona {others[0]}{', and the others likewise' if len(others) > 1 else ''}"


_AS_ITSELF: Final = {
    True: "Studio runs as this role, where a user profile names it",
    False: "jobs, models and pipelines that name this role run as it",
}
"""What runs as a role that SageMaker may assume, by whether it may start apps in Studio."""
_SAGEMAKER: Final = "sagemaker.amazonaws.com"
_STARTED: Final[Mapping[str, tuple[str, ...]]] = {
    "jobs": ("CreateTrainingJob", "CreateProcessingJob", "CreateHyperParameterTuningJob", "CreateAutoMLJobV2"),
    "models": ("CreateModel",),
    "experiments": ("CreateInferenceExperiment",),
    "monitoring": ("CreateMonitoringSchedule", "CreateDataQualityJobDefinition"),
    "pipelines": ("CreatePipeline",),
    "feature groups": ("CreateFeatureGroup",),
}
"""
What takes a role as it is made (`RoleArn`, `ExecutionRoleArn`), and the actions of SageMaker that make it.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""


def _started(actions: set[str]) -> str:
    kinds = [name for name, makes in _STARTED.items() if any(f"sagemaker:{one}" in actions for one in makes)]
    return f"{', '.join(kinds)} run" if kinds else ""


def _work(services: Sequence[str]) -> str:
    return f"work in {' and '.join(services) or 'any service'} runs"


def _named(one: PassedRole, role: ComposedRole) -> str:
    return "this role itself" if one.arn == role.spec.arn else short_arn(one.arn)


def _either(names: Sequence[str]) -> str:
    if len(names) > _TWO and all(one.startswith("role/") for one in names):
        names = [f"role/{names[0].removeprefix('role/')}", *(one.removeprefix("role/") for one in names[1:])]
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


_TWO: Final = 2


def _is_open(found: Sequence[PassedRole]) -> bool:
    return any(has_wildcard(as_pattern(one.arn)) for one in found)
