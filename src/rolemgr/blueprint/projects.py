"""
Projects: each is a compute and a pipeline role that carry its tag, and its part of a bucket.

People's roles of the account serve a project by the same tag: a role that is tagged with it, that one; a role whose
sessions bring the tag, each of them in turn. So one role for each persona is enough, and one project's sessions reach
nothing of another's.
https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_attribute-based-access-control.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.blueprint.draft import Draft, drafted, merge
from rolemgr.blueprint.inherit import role_arn, said_of
from rolemgr.blueprint.targets import target_of
from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, gathering, raise_all
from rolemgr.files.source import SourceFile
from rolemgr.iam.variables import around_variables
from rolemgr.model.blueprint import Blueprint, BlueprintProject
from rolemgr.model.catalog import Parameter
from rolemgr.model.source import Sourced, parse_model
from rolemgr.model.spec import RoleSettings

_BUCKET_GROUPS: Final = ("read-data", "write-work")
"""The groups that give a role whole buckets; a role of a part of one goes without."""
_IN_WORK: Final = "{{ work_buckets }}/"
"""What the default of a parameter begins with whose place is in the work bucket: it moves to the project's part."""
_JOBS: Final = {"compute": "sagemaker-compute", "pipeline": "sagemaker-pipeline"}
"""The roles of each project: what is behind its name, and the persona."""


class ProjectRoles(NamedTuple):
    """Where the two roles of a project are."""

    compute: str
    pipeline: str


def roles_of_project(name: str, project: BlueprintProject) -> ProjectRoles:
    """Return the places of the roles that work for the project *name*."""
    return ProjectRoles(f"{project.account}/{name}-compute", f"{project.account}/{name}-pipeline")


def with_projects(blueprint: Sourced[Blueprint], catalog: Catalog) -> Sourced[Blueprint]:
    """
    Return *blueprint* with the roles, buckets and flows that its projects stand for.

    Raises InputError (or Problems), with the line, for a project whose account, bucket or key is not there, and where
    one role can't serve several projects.
    """
    draft = drafted(blueprint)
    problems: list[InputError] = []
    for name, project in blueprint.value.projects.items():
        with gathering(problems):
            _check(blueprint, name, project)
            _bucket(draft, blueprint, name, project)
            _job_roles(draft, blueprint, catalog, name, project)
    raise_all(problems)
    whole = parse_model(draft.source(), Blueprint)
    draft = drafted(whole)
    jobs = {place for name, one in blueprint.value.projects.items() for place in roles_of_project(name, one)}
    for place in whole.value.roles:
        if place not in jobs:
            with gathering(problems):
                _serve(draft, whole, catalog, place)
    raise_all(problems)
    return parse_model(draft.source(), Blueprint)


def tag_key(blueprint: Sourced[Blueprint], name: str) -> str:
    """Return the tag key that tells the project *name* from others; raise InputError where there is none."""
    value = blueprint.value
    project = value.projects[name]
    account = value.accounts[project.account]
    for level in (project, account, value.ous.get(account.ou or ""), value):
        if level is not None and level.abac:
            return level.abac[0]
    problem = "projects are told apart by a tag key, and there is none"
    raise InputError(blueprint.at("projects", name), problem, "say `abac: [Project]` at the top of the blueprint")


def _check(blueprint: Sourced[Blueprint], name: str, project: BlueprintProject) -> None:
    value = blueprint.value
    if project.account not in value.accounts:
        raise UnknownNameError(blueprint.at("projects", name, "account"), "account", project.account, value.accounts)
    home = project.bucket.partition("/")[0]
    if home not in value.accounts:
        raise UnknownNameError(blueprint.at("projects", name, "bucket"), "account", home, value.accounts)
    if project.key and project.key not in value.keys:
        raise UnknownNameError(blueprint.at("projects", name, "key"), "key", project.key, value.keys)
    tag_key(blueprint, name)


def _label(name: str) -> str:
    return f"project {name}"


def _bucket(draft: Draft, blueprint: Sourced[Blueprint], name: str, project: BlueprintProject) -> None:
    """Add the project's bucket, unless it is there; its name is that of its place then."""
    where = blueprint.at("projects", name, "bucket")
    there = draft.data.get("buckets", {}).get(project.bucket)
    if there is None:
        made = {"name": project.bucket.partition("/")[2], **({"key": project.key} if project.key else {})}
        draft.add(("buckets", project.bucket), made, where, _label(name))
        return
    key = there.get("key") if isinstance(there, dict) else None
    if project.key and project.key != key:
        problem = f"the bucket `{project.bucket}` is encrypted with {f'`{key}`' if key else 'no key of its own'}"
        raise InputError(blueprint.at("projects", name, "key"), problem, "say the key at the bucket")


def _job_roles(
    draft: Draft, blueprint: Sourced[Blueprint], catalog: Catalog, name: str, project: BlueprintProject
) -> None:
    """Add the project's compute and pipeline role, tagged with it, and their flows to its bucket."""
    where, label = blueprint.at("projects", name), _label(name)
    roles = roles_of_project(name, project)
    data = blueprint.source.data["projects"][name]
    for place, kind in zip(roles, _JOBS, strict=True):
        own = draft.data.setdefault("roles", {}).get(place)
        made = _of_jobs(blueprint, catalog, draft, name, kind)
        if own is None:
            draft.add(("roles", place), {}, where, label)
        _merge_said(draft, place, made, where, label)
        if draft.data["roles"][place]["tag"][tag_key(blueprint, name)] != name:
            problem = f"`{place}` works for project `{name}`, and is tagged with another"
            raise InputError(blueprint.at("roles", place, "tag"), problem, "give it another name, or leave the tag out")
        settings = {key: value for key, value in data.items() if key in RoleSettings.model_fields}
        merge(draft, ("roles", place), settings, blueprint.source, ("projects", name), label)
        draft.append("flows", _flow(place, project), blueprint.at("projects", name, "bucket"), label)


def _of_jobs(
    blueprint: Sourced[Blueprint], catalog: Catalog, draft: Draft, name: str, kind: str
) -> dict[str, Any]:  # fmt: skip
    """Return what the role of a *kind* of the project *name* says."""
    project, persona = blueprint.value.projects[name], _JOBS[kind]
    made: dict[str, Any] = {"persona": persona, "name": f"ml-{name}-{kind}", "tag": {tag_key(blueprint, name): name}}
    if kind == "pipeline":
        made["pass_role"] = list(roles_of_project(name, project))
        made["parameter"] = {"pipeline_roles": [roles_of_project(name, project).pipeline]}
    if project.prefix:
        part = _part_of_bucket(catalog, list(resolve_persona(catalog, persona).groups), _inside(draft, project))
        made |= {**part, "parameter": {**made.get("parameter", {}), **part["parameter"]}}
    return made


def _merge_said(draft: Draft, place: str, data: dict[str, Any], where: SourceLocation, label: str) -> None:
    """Add *data*, all of it from *where*, to what the role at *place* says."""
    merge(draft, ("roles", place), data, SourceFile(where.file, data, {(): where.line or 1}), (), label)


def _flow(place: str, project: BlueprintProject, name: str | None = None) -> str:
    """Return the flow of a role that works in the project's bucket, or in its part of one."""
    session = f" as {name}" if name else ""
    if project.prefix:
        return f"{place} writes {project.bucket} in {project.prefix}{session}"
    return f"{place} works in {project.bucket}{session}"


def _inside(draft: Draft, project: BlueprintProject) -> str:
    """Return the project's part of its bucket, up to the names of objects in it."""
    named = draft.data["buckets"][project.bucket]
    bucket = named["name"] if isinstance(named, dict) else named
    return f"{bucket}/{(project.prefix or '*')[:-1]}"


def _part_of_bucket(catalog: Catalog, groups: Sequence[str], inside: str) -> dict[str, Any]:
    """Return what a role of *groups* says that has no bucket as a whole: all lies *inside* a part of one."""
    prefixes = {
        name: [text.replace(_IN_WORK, inside) for text in one.default]
        for name, one in _declared(catalog, groups).items()
        if one.default and all(text.startswith(_IN_WORK) for text in one.default)
    }
    return {"remove": [one for one in _BUCKET_GROUPS if one in groups], "parameter": prefixes}


def _declared(catalog: Catalog, groups: Sequence[str]) -> dict[str, Parameter]:
    """Return the parameters of *groups*."""
    found: dict[str, Parameter] = {}
    for name in groups:
        group = catalog.activity_group(name).value
        found |= group.parameters
        found |= {one: catalog.shared_parameters[one].parameter for one in group.shared_parameters}
    return found


def _serve(draft: Draft, blueprint: Sourced[Blueprint], catalog: Catalog, place: str) -> None:
    """Let the role at *place* work for the projects of its account, where it carries or brings their tag."""
    account = place.partition("/")[0]
    projects = {name: one for name, one in blueprint.value.projects.items() if one.account == account}
    data = said_of(blueprint, place).data if projects else {}
    key = tag_key(blueprint, next(iter(projects))) if projects else ""
    if key not in _listed(data.get("abac")):
        return
    own = data["tag"].get(key) if isinstance(data.get("tag"), dict) else None
    if own is not None and own not in projects:
        return
    groups = _groups(blueprint, catalog, place, data)
    declared = _declared(catalog, groups)
    served = {own: projects[own]} if own else projects
    serving = _Serving(blueprint, place, data, frozenset(declared), None if own else key, served)
    _passes(draft, serving)
    if _works(draft, serving) and any(one.prefix for one in served.values()):
        first = own or next(iter(served))
        where = blueprint.at("projects", first)
        parts = {name: _inside(draft, one) for name, one in served.items()}
        part = _part_of_bucket(catalog, groups, parts[own] if own else _folder_by_tag(parts, key, where))
        part["remove"] = [*_listed(data.get("remove")), *part["remove"]]
        draft.data["roles"][place].pop("remove", None)
        _merge_said(draft, place, part, where, _label(own) if own else "projects")


def _folder_by_tag(parts: Mapping[str, str], key: str, where: SourceLocation) -> str:
    """Return the part of a bucket that a tag chooses; raise InputError where it is less than a folder's name."""
    found = by_tag(parts, key, where)
    before, _, behind = around_variables(found)
    if not before.endswith("/") or not behind.startswith("/"):
        name = next(iter(parts))
        problem = f"one role serves all by the tag {key}, and `{name}` is not all of a folder's name in {parts[name]}"
        raise InputError(where, problem, f"give each project a folder of its name: {name}/*")
    return found


class _Serving(NamedTuple):
    """A role of people that serves projects: what is said of it, the parameters of its groups, and by which tag."""

    blueprint: Sourced[Blueprint]
    place: str
    data: Mapping[str, Any]
    declared: frozenset[str]
    key: str | None
    """The tag key that its sessions bring; None for a role that is tagged with the one project that it serves."""
    served: Mapping[str, BlueprintProject]

    @property
    def given(self) -> Mapping[str, Any]:
        """The parameters that are said."""
        found = self.data.get("parameter")
        return found if isinstance(found, dict) else {}


def _groups(blueprint: Sourced[Blueprint], catalog: Catalog, place: str, data: Mapping[str, Any]) -> list[str]:
    persona = data.get("persona")
    if not isinstance(persona, str):
        return []  # composing it says that it has none
    found = resolve_persona(catalog, persona, blueprint.at("roles", place, "persona")).groups
    known = catalog.found("activity_groups")
    added = [one for one in _listed(data.get("add")) if one in known]  # composing it names the others
    return [one for one in (*found, *added) if one not in _listed(data.get("remove"))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _passes(draft: Draft, serving: _Serving) -> None:
    """Let the role pass the compute role of its projects to jobs, and the pipeline role to pipelines."""
    first = next(iter(serving.served))
    where = serving.blueprint.at("projects", first)
    label = _label(first) if len(serving.served) == 1 else "projects"
    for parameter, kind in (("pass_roles", 0), ("pipeline_roles", 1)):
        short = parameter == "pass_roles" and "pass_role" in serving.data
        if parameter not in serving.declared or short or parameter in serving.given:
            continue
        arns = {
            name: role_arn(serving.blueprint, roles_of_project(name, one)[kind]) for name, one in serving.served.items()
        }
        values = [by_tag(arns, serving.key, where)] if serving.key else sorted(arns.values())
        draft.add(("roles", serving.place, "parameter", parameter), values, where, label)


def _works(draft: Draft, serving: _Serving) -> bool:
    """Give the role the buckets of its projects, unless it names its own; tell whether it has them."""
    place, key = serving.place, serving.key
    both = {"data_buckets", "work_buckets"}
    if "bucket" in serving.data or both & {*serving.given}:
        return False
    if not both <= serving.declared:
        _works_in_places(draft, serving)
        return False
    for name, project in serving.served.items():
        if key and project.bucket.partition("/")[0] != project.account:
            problem = f"`{place}` serves all projects by the tag {key}, and `{project.bucket}` is another account's"
            hint = (
                f"a bucket that a tag chooses has to be of {project.account}: put the project's bucket there, give the"
                f" role a `bucket`, or tag it with one project (tag: {{{key}: {name}}})"
            )
            raise InputError(serving.blueprint.at("roles", place), problem, hint)
        where = serving.blueprint.at("projects", name, "bucket")
        draft.append("flows", _flow(place, project, name if key else None), where, _label(name))
    return True


def _works_in_places(draft: Draft, serving: _Serving) -> None:
    """Put the places in a work bucket of a role that has no bucket as a whole into those of its projects."""
    [*names] = serving.declared & {"data_buckets", "work_buckets"}
    projects = serving.served
    if any(one.prefix or one.bucket.partition("/")[0] != one.account for one in projects.values()):
        return  # a flow has to say what it may do there
    first = next(iter(projects))
    where = serving.blueprint.at("projects", first, "bucket")
    label = _label(first) if len(projects) == 1 else "projects"
    found = {name: target_of(serving.blueprint, one.bucket, where).values for name, one in projects.items()}
    buckets = {name: values["bucket"][0] for name, values in found.items()}
    values = [by_tag(buckets, serving.key, where)] if serving.key else sorted(buckets.values())
    for parameter in names:
        draft.add(("roles", serving.place, "parameter", parameter), values, where, label)
    keys = sorted({key for each in found.values() for key in each["key"]})
    if keys and names and "data_keys" in serving.declared and "data_key" not in serving.data:
        draft.add(("roles", serving.place, "parameter", "data_keys"), keys, where, label)


def by_tag(texts: Mapping[str, str], key: str, where: SourceLocation) -> str:
    """
    Return the one text that each of *texts* (by project) is, with the project's name in the place of the tag *key*.

    Raises InputError *where* they differ by more than the project.
    """
    hole = f"${{aws:PrincipalTag/{key}}}"
    common: set[tuple[int, str]] | None = None
    for name, text in texts.items():
        found = {
            (at, text[:at] + hole + text[at + len(name) :]) for at in range(1, len(text)) if text.startswith(name, at)
        }
        common = found if common is None else common & found
    if not common:
        listed = ", ".join(f"`{text}`" for text in list(texts.values())[:3])
        problem = f"one role serves all projects by the tag {key}, and {listed} differ by more than the project's name"
        raise InputError(where, problem, "name them alike (acme-churn, acme-fraud), or tag the role with one project")
    return max(common)[1]
