"""
Trust in an AWS service: the statement that its own page shows, kept to the role's account, and what that leaves open.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from collections.abc import Iterator

from rolemgr.errors import InputError, UnknownNameError
from rolemgr.iam.documents import Conditions
from rolemgr.model.role import ComposedTrust
from rolemgr.model.service_trust import POD_TAGS, ServiceTrust
from rolemgr.model.source import Sourced
from rolemgr.model.spec import RoleSpec
from rolemgr.reference.service_trust import TrustedService, trusted_services

_KEYS = {"account": "aws:SourceAccount", "arn": "aws:SourceArn"}
_CHOSEN = {"both": frozenset(_KEYS), "arn": frozenset({"arn"}), "account": frozenset({"account"}), "none": frozenset()}


def wrong_services(spec: Sourced[RoleSpec]) -> Iterator[InputError]:
    """Yield what is wrong with the services that *spec* trusts: an unknown name, and what no page of theirs shows."""
    for place, trust in enumerate(spec.value.trust):
        if not isinstance(trust, ServiceTrust):
            continue
        where = spec.at("trust", place)
        if trust.value == "sagemaker":
            yield InputError(where, "SageMaker is a kind of trust of its own", "write `sagemaker`, not service:")
        elif service := trusted_services().get(trust.value):
            if trust.role and trust.role not in service.roles:
                known = f"it is {' or '.join(service.roles)}" if service.roles else "leave out role="
                yield InputError(where, f"AWS's pages on {trust.value} show no role for `{trust.role}`", known)
            yield from (InputError(where, problem, hint) for problem, hint in _unfit(trust, _trusted(trust)))
        else:
            known = ", ".join(trusted_services())
            yield UnknownNameError(
                where, "service in trust", trust.value, trusted_services(), otherwise=f"known are {known}"
            )


def _trusted(trust: ServiceTrust) -> TrustedService:
    """Return what is known of the service of *trust*, in the kind of role that it is."""
    service = trusted_services()[trust.value]
    return service.roles.get(trust.role or "", service)


def _unfit(trust: ServiceTrust, service: TrustedService) -> Iterator[tuple[str, str]]:
    """Yield what *trust* asks of *service* that AWS's page does not show, each with what would be right."""
    name, asked = service.principal, _CHOSEN.get(trust.source or "", frozenset())
    for key in sorted(asked - service.sends):
        known = " and ".join(_KEYS[one] for one in sorted(service.sends)) or "neither source key"
        problem = f"AWS's page on {name} shows {known}: a condition on {_KEYS[key]} might let nobody in"
        yield problem, "leave out source="
    if wrong := sorted(set(trust.resource) - set(service.resources)):
        known = f"it is {' or '.join(service.resources)}" if service.resources else "leave out resource="
        yield f"AWS's pages on {name} show no aws:SourceArn of a `{wrong[0]}`", known
    if trust.name and not service.has_names:
        shown = "an aws:SourceArn of the account alone" if service.resources else "no aws:SourceArn"
        yield f"AWS's page on {name} shows {shown}, so it can't be kept to names", "leave out name="
    elif (trust.name or trust.resource) and "arn" not in _source_keys(trust, service):
        source = f"source={trust.source}" if trust.source else f"AWS's own page on {name}"
        yield f"name= and resource= are asked of aws:SourceArn, which {source} leaves out", "give source=both"
    for option in POD_TAGS:
        if getattr(trust, option) and option not in service.tags:
            word = option.replace("_", "-")
            yield f"AWS's page on {name} shows no session tag by which {word}= could be asked", "it is for pods.eks"


def _source_keys(trust: ServiceTrust, service: TrustedService) -> frozenset[str]:
    return service.asks if trust.source is None else _CHOSEN[trust.source]


def compose_service(spec: RoleSpec, sid: str, trust: ServiceTrust) -> ComposedTrust:
    """Return the statement by which the service takes the role; `wrong_services` found nothing wrong in it."""
    service = _trusted(trust)
    return ComposedTrust(sid, {"Service": (service.principal,)}, service.actions, _conditions(spec, trust, service))


def _conditions(spec: RoleSpec, trust: ServiceTrust, service: TrustedService) -> Conditions:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    if "account" in _source_keys(trust, service):
        found["StringEquals"] = {"aws:SourceAccount": (spec.account,)}
    if "arn" in _source_keys(trust, service):
        found["ArnLike"] = {"aws:SourceArn": tuple(source_arns(spec, trust, service))}
    for option, tag in service.tags.items():
        if names := getattr(trust, option):
            found.setdefault("StringEquals", {})[tag.key] = tuple(_filled(tag.value, spec, name) for name in names)
    return {**found, **service.conditions}


def source_arns(spec: RoleSpec, trust: ServiceTrust, service: TrustedService) -> Iterator[str]:
    """Yield the ARNs, or patterns of them, of the things for which *service* may act as the role of *spec*."""
    for kind in trust.resource or service.usual:
        yield from (_filled(service.resources[kind], spec, name) for name in trust.name or ("*",))


def _filled(form: str, spec: RoleSpec, name: str) -> str:
    return form.format(partition=spec.partition_name, region=spec.region, account=spec.account, name=name)


def service_notes(spec: RoleSpec, trust: ServiceTrust) -> Iterator[str]:
    """Yield what to know of *trust*: whom no condition keeps out, who does not get in, and what comes along."""
    service = _trusted(trust)
    asked, tags = _source_keys(trust, service), [option for option in service.tags if getattr(trust, option)]
    if tags and service.tags_note:
        yield f"`{service.principal}`: {service.tags_note}"
    if not asked and not tags:
        chosen = "source=none asks for no" if trust.source else "AWS's page shows no"
        options = ", ".join(f"{one}=".replace("_", "-") for one in service.tags)
        options = "source=both and name=" if service.sends and not trust.source else options
        yield (f"`{service.principal}` is trusted without a source condition ({chosen} key): only iam:PassRole decides"
               f" who lets it use the role{f'; {options} narrow it' if options else ''}")  # fmt: skip
    if spec.abac and "sts:TagSession" in service.actions and not (service.tags or service.conditions):
        yield (f"`{service.principal}` brings session tags that AWS's page does not name: one called"
               f" {' or '.join(spec.abac)} would stand in place of the role's own")  # fmt: skip
