"""
Studio as SageMaker describes it: domains, user profiles and spaces, and the role that works in each.

A profile without a role of its own works as the domain's default; a shared space as the domain's role for spaces.
https://docs.aws.amazon.com/sagemaker/latest/dg/execution-roles-and-spaces.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UserSettings.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DefaultSpaceSettings.html
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rolemgr.errors import SourceLocation
from rolemgr.iam.arn import Arn
from rolemgr.model.inventory_layers import StudioKind, StudioMember, Unjudged

KINDS: Final[Mapping[str, tuple[StudioKind, str, str]]] = {
    "DomainArn": ("domain", "DomainId", "DefaultUserSettings"),
    "UserProfileArn": ("user profile", "UserProfileName", "UserSettings"),
    "SpaceArn": ("space", "SpaceName", ""),
}
"""The key that shows what is described, of what kind it is, what names it, and where its role stands."""
LISTS: Final = {"Domains": ("domain", "DomainId"), "UserProfiles": ("user profile", "UserProfileName")}
"""Lists that name more than is described: a profile that is only named is not judged."""


class Studio:
    """Takes domains, profiles and spaces in any order."""

    def __init__(self, aside: list[Unjudged]) -> None:
        self._aside = aside
        self._members: dict[str, StudioMember] = {}
        self._listed: dict[tuple[str, str, str], SourceLocation] = {}

    def _say(self, at: SourceLocation, place: str, reason: str) -> None:
        self._aside.append(Unjudged(at.file, at.line, place, reason))

    def take(self, data: Mapping[str, Any], key: str, at: SourceLocation) -> None:
        """Take what `describe-domain`, `describe-user-profile` or `describe-space` says."""
        kind, named, settings = KINDS[key]
        arn, name, domain = data[key], data.get(named), data.get("DomainId")
        if (
            not isinstance(arn, str)
            or Arn.parse(arn) is None
            or not isinstance(name, str)
            or not isinstance(domain, str)
        ):
            self._say(at, f"a {kind}", f"it has no {key}, {named} and DomainId")
            return
        made = StudioMember(
            kind, arn, name, domain, at, self._role(data, settings, at, arn),
            self._role(data, "DefaultSpaceSettings", at, arn), _owner(data), sso=data.get("AuthMode") == "SSO",
        )  # fmt: skip
        before = self._members.setdefault(arn, made)
        if (before.role, before.space_role, before.owner) != (made.role, made.space_role, made.owner):
            self._say(at, arn, f"it came before with another role, at {before.where}: that one counts")

    def _role(self, data: Mapping[str, Any], key: str, at: SourceLocation, arn: str) -> str | None:
        """Return the ExecutionRole of the settings at *key*; settings that are not there name none."""
        settings = data.get(key)
        role = settings.get("ExecutionRole") if isinstance(settings, dict) else settings
        if role is not None and not isinstance(role, str):
            self._say(at, f"the role of {arn}", f"{key}.ExecutionRole is not an ARN")
            return None
        return role

    def listed(self, key: str, value: Any, at: SourceLocation) -> None:
        """Take one item of `list-domains` or `list-user-profiles`."""
        kind, named = LISTS[key]
        name, domain = (value.get(named), value.get("DomainId")) if isinstance(value, dict) else (None, None)
        if isinstance(name, str) and isinstance(domain, str):
            self._listed.setdefault((kind, domain, name), at)
        else:
            self._say(at, f"a {kind}", f"it has no {named} and DomainId")

    def joined(self) -> tuple[StudioMember, ...]:
        """Return all that is described, each with the role that works there."""
        described = {
            (one.kind, one.domain, one.name if one.kind != "domain" else one.domain) for one in self._members.values()
        }
        for (kind, domain, name), at in self._listed.items():
            if (kind, domain, name) not in described:
                self._say(
                    at, f"{kind} {name} of domain {domain}", "it is listed and not described: its role is not known"
                )
        domains = {one.domain: one for one in self._members.values() if one.kind == "domain"}
        profiles = {(one.domain, one.name): one for one in self._members.values() if one.kind == "user profile"}
        return tuple(self._settled(self._members[arn], domains, profiles) for arn in sorted(self._members))

    def _settled(
        self, one: StudioMember, domains: Mapping[str, StudioMember], profiles: Mapping[tuple[str, str], StudioMember]
    ) -> StudioMember:
        if one.role or one.kind == "domain":
            return one
        domain = domains.get(one.domain)
        if domain is None:
            self._say(
                one.where, f"the role of {one.arn}", f"domain {one.domain}, which decides it, is not in the input"
            )
            return one
        if one.kind == "user profile":
            return replace(one, role=domain.role, inherits=True)
        if one.owner:  # a private space works as its owner's profile does
            owner = profiles.get((one.domain, one.owner))
            if owner is None:
                self._say(
                    one.where, f"the role of {one.arn}", f"profile {one.owner}, which owns it, is not in the input"
                )
                return one
            return replace(one, role=owner.role or domain.role, inherits=True)
        return replace(one, role=domain.space_role, inherits=True)


def _owner(data: Mapping[str, Any]) -> str | None:
    """Return the profile that owns a private space; nobody's role is a shared space's."""
    owner, sharing = data.get("OwnershipSettings"), data.get("SpaceSharingSettings")
    shared = isinstance(sharing, dict) and sharing.get("SharingType") == "Shared"
    name = owner.get("OwnerUserProfileName") if isinstance(owner, dict) and not shared else None
    return name if isinstance(name, str) else None
