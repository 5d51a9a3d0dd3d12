"""
Flows: what a role does with something that may be another account's, expanded to both sides.

``modelling/training reads data/curated in raw/*`` gives the role an activity group with exact ARNs, and the bucket and
its key, where they are another account's, a policy that names the role. A caller of another account needs both.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from rolemgr.blueprint.inherit import role_arn
from rolemgr.blueprint.projects import by_tag, tag_key
from rolemgr.blueprint.targets import FlowTarget, places_of, target_of
from rolemgr.catalog.load import Catalog
from rolemgr.compose.substitute import UnknownPlaceholderError, Values, fill
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, gathering, raise_all
from rolemgr.iam.arn import Arn
from rolemgr.model.blueprint import Blueprint, BlueprintProject
from rolemgr.model.flow import FlowPattern, FlowPolicy
from rolemgr.model.source import Sourced

_FORM: Final = re.compile(
    r"(?P<role>\S+) (?P<verb>[a-z][a-z ]*?) (?P<target>[^\s/]+/\S+)"
    r"(?: in (?P<prefixes>\S.*?))?(?: as (?P<project>\S+))?"
)
_PREFIX: Final = re.compile(r"(?:[A-Za-z0-9!_.'()=:@+-]+/)*\*")


@dataclass(frozen=True, eq=False)
class ExpandedFlow:
    """A flow of the blueprint: its text and line, the pattern that its verb names, and what its placeholders are."""

    text: str
    where: SourceLocation
    role: str
    """The role's place, ``ACCOUNT/NAME``."""
    name: str
    """The name of its pattern."""
    pattern: Sourced[FlowPattern]
    target: FlowTarget
    values: Values
    role_values: Values
    """What the placeholders are on the role's side: a tag of the session may stand in the place of a project."""
    session: tuple[tuple[str, str], ...] = ()
    """The tags that the role's session brings."""

    @property
    def crosses(self) -> bool:
        """Whether role and target are of different accounts."""
        return self.values["role_account"] != self.values["account"]

    def owner(self, resource: str) -> str:
        """Return the id of the account that *resource* is of: a key may be of another account than its bucket."""
        arn = Arn.parse(resource)
        return (arn.account if arn else "") or self.values["account"][0]

    def elsewhere(self, policy: FlowPolicy) -> list[str]:
        """Return the resources of other accounts than the role's that need *policy*; its own side is enough at home."""
        found = self.filled((policy.resource,)) if self.has(policy.needs) else []
        return [one for one in found if self.owner(one) != self.values["role_account"][0]]

    def filled(self, texts: tuple[str, ...]) -> list[str]:
        """Return *texts* with the flow's values; raise InputError, with the pattern's file, for a wrong placeholder."""
        return self._filled(texts, self.values)

    def filled_for_role(self, texts: tuple[str, ...]) -> list[str]:
        """Return *texts* as they stand in the role; raises as `filled` does."""
        return self._filled(texts, self.role_values)

    def _filled(self, texts: tuple[str, ...], values: Values) -> list[str]:
        try:
            return list(dict.fromkeys(one for text in texts for one in fill(text, values)))
        except UnknownPlaceholderError as error:
            raise error.at(self.pattern.at(), values) from error

    def reach(self, texts: tuple[str, ...]) -> list[str]:
        """Return *texts* with all that the flow is about, as patterns, where `filled` has an example of it."""
        whole = {**self.values, "objects": self.values.get("prefixes", ()), "version": ("*",)}
        return list(dict.fromkeys(one for text in texts for one in fill(text, whole)))

    def has(self, needs: tuple[str, ...]) -> bool:
        """Tell whether all values that are needed are there."""
        return all(self.values.get(need) for need in needs)


def expanded_flows(blueprint: Sourced[Blueprint], catalog: Catalog) -> tuple[ExpandedFlow, ...]:
    """
    Return the flows of *blueprint*, each with what it stands for.

    Raises InputError (or Problems), with the line, for a text of another form and for names that nothing defines.
    """
    verbs = {catalog.flow(name).value.verb: name for name in catalog.found("flows")}
    problems: list[InputError] = []
    found: list[ExpandedFlow] = []
    for number, text in enumerate(blueprint.value.flows):
        with gathering(problems):
            found.append(_expanded(blueprint, catalog, verbs, text, blueprint.at("flows", number)))
    raise_all(list({str(one): one for one in problems}.values()))  # one text may be two flows
    return tuple(found)


def _expanded(
    blueprint: Sourced[Blueprint], catalog: Catalog, verbs: Mapping[str, str], text: str, where: SourceLocation
) -> ExpandedFlow:
    parts = _FORM.fullmatch(text)
    if parts is None:
        raise InputError(where, f"`{text}` is not a flow", f"write ACCOUNT/ROLE {_listed(verbs)} ACCOUNT/NAME")
    if parts["role"] not in blueprint.value.roles:
        raise UnknownNameError(where, "role", parts["role"], blueprint.value.roles)
    if parts["verb"] not in verbs:
        raise UnknownNameError(where, "verb", parts["verb"], verbs, otherwise=f"a role {_listed(verbs)} something")
    name = verbs[parts["verb"]]
    pattern = catalog.flow(name)
    target = target_of(blueprint, parts["target"], where, pattern.value.target)
    if target.kind != pattern.value.target:
        problem = f"a role {parts['verb']} a {pattern.value.target}, and `{target.place}` is a {target.kind}"
        raise InputError(where, problem)
    account = parts["role"].partition("/")[0]
    values = {
        **target.values,
        **_of_role(blueprint, parts["role"], account),
        "version": ("1",),
        **_prefixes(parts["prefixes"], target, where),
    }
    if parts["prefixes"] and not any("prefixes" in text for one in pattern.value.parameters.values() for text in one):
        raise InputError(
            where, f"a role {parts['verb']} a {target.kind} as a whole", f"leave out `in {parts['prefixes']}`"
        )
    project = parts["project"]
    own = {**values, **_by_session(blueprint, account, project, values, where)} if project else values
    session = ((tag_key(blueprint, project), project),) if project else ()
    flow = ExpandedFlow(text, where, parts["role"], name, pattern, target, values, own, session)
    if flow.crosses and pattern.value.same_account:
        raise InputError(where, f"`{text}` can't be: {' '.join(pattern.value.same_account.split())}")
    return flow


def _by_session(
    blueprint: Sourced[Blueprint], account: str, project: str, values: Values, where: SourceLocation
) -> Values:
    """
    Return bucket and prefixes with the session's tag in the place of the *project*: one text for all projects.

    Raises InputError *where* the flow stands for a project that is not of the role's account, for another thing than
    a bucket, and where the projects' buckets differ by more than their names.
    """
    projects = {name: one for name, one in blueprint.value.projects.items() if one.account == account}
    if project not in projects:
        raise UnknownNameError(where, "project of this account", project, projects)
    if values["account"] != values["role_account"]:
        raise InputError(where, "a bucket that a tag chooses has to be of the role's account")
    if "bucket" not in values:
        raise InputError(where, f"`as {project}` goes with a bucket: nothing else is told apart by the session's tag")
    places = {name: _place_of_project(blueprint, one, where) for name, one in projects.items()}
    bucket, _, prefix = by_tag(places, tag_key(blueprint, project), where).partition(" in ")
    if f"{values['bucket'][0]} in {', '.join(values['prefixes'])}" != places[project]:
        raise InputError(where, f"this is not where project `{project}` works: {places[project]}")
    return {"bucket": (bucket,), "prefixes": (prefix,)}


def _place_of_project(blueprint: Sourced[Blueprint], project: BlueprintProject, where: SourceLocation) -> str:
    bucket = target_of(blueprint, project.bucket, where).values["bucket"][0]
    return f"{bucket} in {project.prefix or '*'}"


def _listed(verbs: Mapping[str, str]) -> str:
    *most, last = sorted(verbs)
    return f"{', '.join(most)} or {last}"


def _of_role(blueprint: Sourced[Blueprint], place: str, account: str) -> dict[str, tuple[str, ...]]:
    where = places_of(blueprint, account)
    return {
        "role": (role_arn(blueprint, place),),
        "role_region": where["region"],
        "role_account": where["account"],
    }


def _prefixes(text: str | None, target: FlowTarget, where: SourceLocation) -> dict[str, tuple[str, ...]]:
    """Return the objects of a bucket that the flow is about, as patterns and as an example of each."""
    if target.kind != "bucket":
        if text:
            raise InputError(where, f"`in {text}` goes with a bucket, and `{target.place}` is a {target.kind}")
        return {}
    given = tuple(sorted({one.strip() for one in (text or "*").split(",")}))
    for one in given:
        if not _PREFIX.fullmatch(one):
            raise InputError(where, f"`{one}` is not a prefix such as curated/*")
    return {"prefixes": given, "objects": tuple(f"{one[:-1]}example" for one in given)}


def role_additions(flows: tuple[ExpandedFlow, ...]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return what *flows* of one role add to it: activity groups, and the values of their parameters."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for flow in flows:
        parameters = found.setdefault(flow.pattern.value.group, {})
        for name, texts in flow.pattern.value.parameters.items():
            values = flow.filled_for_role(texts)
            if values:
                parameters[name] = tuple(sorted({*parameters.get(name, ()), *values}))
    return _once(found, {name: more for flow in flows for name, more in flow.pattern.value.covered_by.items()})


def _once(
    additions: dict[str, dict[str, tuple[str, ...]]], covered_by: Mapping[str, str]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return *additions* without the values of parameters that another parameter, which lets do more, has too."""
    every = {name: values for parameters in additions.values() for name, values in parameters.items()}
    return {
        group: {
            name: left
            for name, values in parameters.items()
            if (left := tuple(one for one in values if one not in every.get(covered_by.get(name, ""), ())))
        }
        for group, parameters in additions.items()
    }


class FlowGrant(NamedTuple):
    """A policy at a target that flows ask for: what is named in it, by parameter, and the flows that ask."""

    kind: str
    resource: str
    account: str
    values: tuple[tuple[str, tuple[str, ...]], ...]
    flows: tuple[ExpandedFlow, ...]


_GrantPlace: TypeAlias = tuple[str, str, tuple[tuple[str, tuple[str, ...]], ...]]
"""A policy: its kind, its resource, and the values in it that name no role."""


def grants_of(flows: tuple[ExpandedFlow, ...], names: Mapping[str, str]) -> Iterator[FlowGrant]:
    """
    Yield the policies that the targets of *flows* need, those that differ in other values than roles apart.

    *names* are those of the accounts, by id: each policy is of the account that its resource is of.
    """
    asked: dict[_GrantPlace, dict[str, set[str]]] = {}
    by: dict[_GrantPlace, list[ExpandedFlow]] = {}
    covered: dict[tuple[str, str], str] = {}
    for flow in flows:
        for policy in flow.pattern.value.policies:
            elsewhere = flow.elsewhere(policy)
            if not elsewhere:
                continue
            fixed = tuple(sorted((name, tuple(flow.filled(texts))) for name, texts in policy.values.items()))
            for resource in elsewhere:
                place = (policy.kind, resource, fixed)
                asked.setdefault(place, {}).setdefault(policy.parameter, set()).update(flow.values["role"])
                by.setdefault(place, []).append(flow)
                if policy.covered_by:
                    covered[policy.kind, policy.parameter] = policy.covered_by
    for (kind, resource, fixed), roles in sorted(asked.items()):
        found = by[(kind, resource, fixed)]
        named = tuple(
            (name, tuple(sorted(left)))
            for name, arns in sorted(roles.items())
            if (left := arns - roles.get(covered.get((kind, name), ""), set()))
        )
        account = names[found[0].owner(resource)]
        yield FlowGrant(kind, resource, account, (*fixed, *named), tuple(found))
