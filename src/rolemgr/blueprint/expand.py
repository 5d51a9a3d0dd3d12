"""
What a blueprint says in short, spelt out: networks, roles of each account of a unit, role files, then projects.

Everything after this reads accounts, things, roles and flows alone; each value keeps the line that it comes from.
"""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Final

from rolemgr.blueprint.draft import Draft, drafted, merge
from rolemgr.blueprint.projects import with_projects
from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation, UnknownNameError, gathering, raise_all
from rolemgr.files.source import DataPath, PlacedSource, SourceFile
from rolemgr.iam.arn import Arn
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.source import Sourced, parse_model

ReadFile = Callable[[str, SourceLocation], SourceFile]
"""Reads the file of a path that a blueprint names at some place; raises InputError for one that can't be read."""


def expanded(blueprint: Sourced[Blueprint], catalog: Catalog, read: ReadFile) -> Sourced[Blueprint]:
    """
    Return *blueprint* with all that it says in short spelt out; *read* gives the role files that it names.

    Raises InputError (or Problems), with the line, for what can't be spelt out.
    """
    blueprint = _through_roles(blueprint, catalog)
    draft = drafted(blueprint)
    problems: list[InputError] = [
        *_unknown_accounts(blueprint), *_same_ids(blueprint), *_same_buckets(blueprint), *_foreign_keys(blueprint),
        *_same_flows(blueprint), *_catalogs(blueprint),
    ]  # fmt: skip
    raise_all(problems)
    _networks(draft, blueprint, problems)
    _roles_of_units(draft, blueprint, problems)
    _role_files(draft, read, problems)
    _offline_stores(draft, blueprint, catalog, problems)
    raise_all(problems)
    plain = parse_model(draft.source(), Blueprint)
    whole = with_projects(plain, catalog) if plain.value.projects else plain
    if not whole.value.roles:
        raise InputError(blueprint.at(), "has no role", "say `roles`, or roles of a unit, or `projects`")
    return whole


def _through_roles(blueprint: Sourced[Blueprint], catalog: Catalog) -> Sourced[Blueprint]:
    """Return *blueprint* with each ``ROLE VERB THING via OTHER`` as two flows: OTHER does it, and ROLE takes OTHER."""
    if not any(" via " in text for text in blueprint.value.flows):
        return blueprint
    draft, flows = drafted(blueprint), blueprint.value.flows
    verbs = (catalog.flow(one).value for one in catalog.found("flows"))
    takes = next(one.verb for one in verbs if one.target == "role")
    draft.drop(("flows",))
    seen: set[str] = set()
    for number, text in enumerate(flows):
        flow, via, other = text.rpartition(" via ")
        role, _, rest = flow.partition(" ")
        for one in (f"{other} {rest}", f"{role} {takes} {other}") if via else (text,):
            if not via or one not in seen:  # two flows through one role take it once
                draft.append("flows", one, blueprint.at("flows", number), text if via else "flows")
            seen.add(one)
    return parse_model(draft.source(), Blueprint)


_SECTIONS: Final = (
    "keys",
    "buckets",
    "repositories",
    "registries",
    "endpoints",
    "feature_groups",
    "vpc_endpoints",
    "roles",
)
"""What is named by a place, ``ACCOUNT/NAME``."""


def _unknown_accounts(blueprint: Sourced[Blueprint]) -> Iterator[InputError]:
    """Yield an error for each place whose account, and for each account whose unit, is not there."""
    value = blueprint.value
    for section in _SECTIONS:
        for place in getattr(value, section):
            account = place.partition("/")[0]
            if account not in value.accounts:
                yield UnknownNameError(blueprint.at(section, place), "account", account, value.accounts)
    for name, one in value.accounts.items():
        if one.ou and value.ous and one.ou not in value.ous:
            yield UnknownNameError(blueprint.at("accounts", name, "ou"), "organizational unit", one.ou, value.ous)


def _same_buckets(blueprint: Sourced[Blueprint]) -> Iterator[InputError]:
    """Yield an error for each bucket whose name another has: a name is one bucket's in all of a partition."""
    seen: dict[str, str] = {}
    for place, bucket in blueprint.value.buckets.items():
        if bucket.name in seen:
            problem = f"the bucket `{bucket.name}` is `{seen[bucket.name]}` already"
            yield InputError(blueprint.at("buckets", place), problem, "use that one, or name another bucket")
        seen.setdefault(bucket.name, place)


def _foreign_keys(blueprint: Sourced[Blueprint]) -> Iterator[InputError]:
    """Yield an error for each key whose ARN is of another account than its place says."""
    for place, text in blueprint.value.keys.items():
        arn = Arn.parse(text)
        home = blueprint.value.accounts.get(place.partition("/")[0])
        if arn and home and arn.account != home.id:
            problem = f"`{text}` is of account {arn.account}, and `{place}` of {home.id}"
            yield InputError(blueprint.at("keys", place), problem, "name it behind its own account")


def _same_flows(blueprint: Sourced[Blueprint]) -> Iterator[InputError]:
    """Yield an error for each flow that is there twice."""
    seen: set[str] = set()
    for number, text in enumerate(blueprint.value.flows):
        if text in seen:
            yield InputError(blueprint.at("flows", number), f"`{text}` is there twice", "leave one of them out")
        seen.add(text)


def _same_ids(blueprint: Sourced[Blueprint]) -> Iterator[InputError]:
    seen: dict[str, str] = {}
    for name, one in blueprint.value.accounts.items():
        if one.id in seen:
            where = blueprint.at("accounts", name, "id")
            yield InputError(where, f"account {one.id} is `{seen[one.id]}` already", "an account has one name")
        seen[one.id] = name


def _catalogs(blueprint: Sourced[Blueprint]) -> Iterator[InputError]:
    """Yield an error for each catalog that is not that of the whole blueprint: only the one at the top is read."""
    for path, level in _levels(blueprint.value):
        if path and "catalog" in level.model_fields_set:
            where = blueprint.at(*path, "catalog")
            yield InputError(where, "a blueprint has one catalog for all roles", "say `catalog` at its top")


def _networks(draft: Draft, blueprint: Sourced[Blueprint], problems: list[InputError]) -> None:
    """Spell `network` out as the keys of a role file, at each level that has one."""
    for path, level in _levels(blueprint.value):
        if level.network is None:
            continue
        with gathering(problems):
            for key, part in (("subnet", "subnets"), ("security_group", "security_groups")):
                if key in level.model_fields_set:
                    where = blueprint.at(*path, key)
                    raise InputError(where, f"`{key}` and `network` say the same", "leave one of them out")
                value = list(getattr(level.network, part))
                draft.take((*path, key), value, draft.source(), (*path, "network", part))
            draft.drop((*path, "network"))


def _levels(blueprint: Blueprint) -> Iterator[tuple[DataPath, Blueprint]]:
    for section in ("ous", "accounts", "projects"):
        for name, level in getattr(blueprint, section).items():
            yield (section, name), level
    yield (), blueprint


def _roles_of_units(draft: Draft, blueprint: Sourced[Blueprint], problems: list[InputError]) -> None:
    """Give each account of a unit the roles that the unit has; what the account says of one of them is nearer."""
    for name, unit in blueprint.value.ous.items():
        accounts = [account for account, one in blueprint.value.accounts.items() if one.ou == name]
        if unit.roles and not accounts:
            problems.append(InputError(blueprint.at("ous", name, "roles"), f"no account is in the unit `{name}`"))
        for role in unit.roles:
            path = ("ous", name, "roles", role)
            for account in accounts:
                _take_role(draft, f"{account}/{role}", unit.roles[role], blueprint.source, path, f"unit {name}")


def _offline_stores(
    draft: Draft, blueprint: Sourced[Blueprint], catalog: Catalog, problems: list[InputError]
) -> None:  # fmt: skip
    """Let who reads features also read the bucket of their offline store, where the blueprint names it."""
    groups = blueprint.value.feature_groups
    for place, features in groups.items():
        if features.store and features.store not in blueprint.value.buckets:
            where = blueprint.at("feature_groups", place, "store")
            problems.append(UnknownNameError(where, "bucket", features.store, blueprint.value.buckets))
        elif features.prefix and not features.store:
            where = blueprint.at("feature_groups", place, "prefix")
            problems.append(InputError(where, "is a part of no bucket", "say `store: ACCOUNT/BUCKET`"))
    verbs = {one: catalog.flow(one).value for one in catalog.found("flows")}
    reading = next((one.verb for one in verbs.values() if one.target == "bucket" and one.verb == "reads"), "reads")
    of_features = [one.verb for one in verbs.values() if one.target == "feature-group"]
    for number, text in enumerate(blueprint.value.flows):
        role, _, rest = text.partition(" ")
        place = next((rest.removeprefix(f"{verb} ") for verb in of_features if rest.startswith(f"{verb} ")), "")
        features_there = groups.get(place)
        if features_there and features_there.store in blueprint.value.buckets:
            within = f" in {features_there.prefix}" if features_there.prefix else ""
            flow = f"{role} {reading} {features_there.store}{within}"
            if flow not in draft.data["flows"]:
                draft.append("flows", flow, blueprint.at("flows", number), f"feature groups {place}")


def _take_role(
    draft: Draft, place: str, data: dict[str, object], source: SourceFile, path: DataPath, label: str
) -> None:
    roles = draft.data.setdefault("roles", {})
    if place not in roles:
        draft.take(("roles", place), {}, source, path)
    merge(draft, ("roles", place), data, source, path, label)


def _role_files(draft: Draft, read: ReadFile, problems: list[InputError]) -> None:
    """Put what a role file says in the place of its name; what stands beside the name is nearer to the role."""
    source = draft.source()
    for place, data in draft.data.get("roles", {}).items():
        if not isinstance(data, dict) or "file" not in data:
            continue
        with gathering(problems):
            at, name = ("roles", place, "file"), data["file"]
            file = _role_file(name, source, at, read)
            _check_account(draft, place, file, source.at(at))
            kept = {key: value for key, value in file.data.items() if key != "account"}
            draft.drop(at)
            merge(draft, ("roles", place), kept, file, (), f"role file {name}")


def _role_file(name: object, source: PlacedSource, at: DataPath, read: ReadFile) -> SourceFile:
    where = source.at(at)
    if not isinstance(name, str) or not name:
        raise InputError(where, "`file` must be the path of a role file", "such as roles/churn.yaml")
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name:
        problem = f"`{name}` leads out of the blueprint's folder"
        raise InputError(where, problem, "a role file lies beside the blueprint or below: roles/churn.yaml")
    found = read(name, where)
    if not isinstance(found.data, dict):
        raise InputError(SourceLocation(found.name, 1), "a role file must hold a mapping")
    for key in ("catalog", "role", "file"):
        if key in found.data:
            raise InputError(found.at((key,)), f"a role file of a blueprint has no `{key}`", "say it in the blueprint")
    return found


def _check_account(draft: Draft, place: str, file: SourceFile, where: SourceLocation) -> None:
    """Raise InputError where *file* names another account than that of the *place* which takes it."""
    account = place.partition("/")[0]
    accounts = draft.data["accounts"]
    if account not in accounts:
        raise UnknownNameError(where, "account", account, accounts)
    own, given = str(accounts[account].get("id")), file.data.get("account")
    if given is not None and str(given) != own:
        problem = f"`{place}` takes a role file of account {given}, and is in {own}"
        raise InputError(file.at(("account",)), problem, "leave `account` out of the file")
