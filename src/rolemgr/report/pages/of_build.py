"""
What a build made, as a page: the picture of accounts, roles and flows, sizes, what to apply in which order, notes.

Why the order: a bucket's policy is refused where it names a role that is not there, and SCPs may stop whoever makes
roles. https://repost.aws/knowledge-center/s3-invalid-principal-in-policy-error
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from rolemgr.blueprint.compose import ComposedBlueprint, PlacedRole
from rolemgr.blueprint.flows import ExpandedFlow
from rolemgr.blueprint.levels import LevelLayers
from rolemgr.blueprint.placed import RoleClass
from rolemgr.reference.quirks import quota
from rolemgr.report.blueprint import things_of
from rolemgr.report.pages.page import Code, Fact, Page, Section, Table, Tone, counted
from rolemgr.report.pages.picture import Picture, PictureArrow, PictureGroup, PictureItem
from rolemgr.report.preview import sizes

MOST_BANDS: Final = 60
"""How many accounts the picture has, those alike as one; of more, those that flows go through come first."""
_MANY: Final = 20
"""A table of more accounts is folded."""
_FORMS: Final = {
    "json": "JSON", "cloudformation": "CloudFormation", "terraform": "Terraform", "aws-cli": "the AWS CLI",
}  # fmt: skip


class Built(NamedTuple):
    """What a page of a build is about: the blueprint, the form, each file with its characters, and what to know."""

    found: ComposedBlueprint
    name: str
    """What the blueprint is called from its own folder, so that a build is the same from wherever it is made."""
    form: str
    files: Sequence[tuple[str, int]]
    shared: Sequence[tuple[str, str, Sequence[str]]]
    """Roles that all accounts of a unit have alike: the unit, the role's name, and the accounts."""
    notes: Sequence[tuple[str, str]]
    """What the documents leave open: of what, and the note."""
    no_cloudformation: Sequence[str]
    """What CloudFormation can't hold, and what to do instead."""


def build_page(built: Built) -> Page:
    """Return the page on what was *built*."""
    found = built.found
    sections = (
        Section("Accounts, roles and flows", tuple(_left_out(found)), picture=picture_of(found)),
        Section("Apply in this order", tuple(_steps(built)), numbered=True),
        Section("Accounts", table=_accounts(built), folded=len(found.source.value.accounts) > _MANY),
        Section("Roles", table=_roles(found)),
        Section("Roles that all accounts of a unit have alike", table=_shared(built)),
        Section("Policies of the organization", table=_layers(found.layers)),
        Section("Policies of what is shared", table=_policies(found)),
        Section("Flows", table=_flows(built), folded=True),
        Section("What stays open", table=Table(("Of", "What"), tuple(built.notes)), tone=Tone.LOOK),
        Section("Without CloudFormation", tuple(built.no_cloudformation)),
        Section("Files", table=_files(built), folded=True),
    )
    shown = tuple(one for one in sections if not one.is_empty)
    return Page("Build of a blueprint", tuple(_about(built)), tuple(_facts(built)), shown, _data(built))


def _about(built: Built) -> Iterator[str]:
    value = built.found.source.value
    yield Code(built.name)
    if value.organization:
        yield f"organization {value.organization.id}"
    yield ", ".join(value.regions)
    yield f"as {_FORMS[built.form]}"


def _facts(built: Built) -> Iterator[Fact]:
    found = built.found
    crossing = sum(one.crosses for one in found.flows)
    accounts, roles = len(found.source.value.accounts), len(found.roles)
    yield Fact(f"{counted(roles, 'role')} in {counted(accounts, 'account')}, {counted(len(built.files), 'file')}")
    yield Fact(f"{counted(len(found.flows), 'flow')}, {crossing:,} of them from account to account")
    layers = sum(len(one.documents.policies) for one in found.layers)
    yield Fact(f"{counted(layers, 'policy').replace('policys', 'policies')} of the organization")
    yield Fact(f"`rolemgr prove {built.name}` shows whether the documents do what the blueprint says")
    if built.notes:
        yield Fact(f"{counted(len(built.notes), 'note')} on what stays open, below", Tone.LOOK)


def picture_of(found: ComposedBlueprint) -> Picture:
    """
    Return the picture of *found*: accounts with their roles and with what they share, and flows between these.

    Accounts of a unit with the same roles and flows, and nothing of their own, stand there as one.
    """
    bands = _bands(found)
    shown = {name for band in bands for name in band[:1]}
    arrows = tuple(
        PictureArrow(one.role, one.target.place, _verb(one), one.crosses)
        for one in found.flows
        if one.role.partition("/")[0] in shown
    )
    about = f"{counted(len(found.flows), 'flow')} between roles on the left and what accounts have on the right"
    return Picture(about, tuple(_group(found, band) for band in bands), arrows)


def _verb(flow: ExpandedFlow) -> str:
    """Return what a flow says between and behind its role and its target."""
    return " ".join(flow.text.removeprefix(flow.role).replace(flow.target.place, "", 1).split())


def _bands(found: ComposedBlueprint) -> list[list[str]]:
    """Return the accounts of the picture, those that look alike together; of very many, those with flows first."""
    roles: dict[str, list[str]] = defaultdict(list)
    flows: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for role in found.roles:
        roles[role.account].append(role.place.partition("/")[2])
    for flow in found.flows:
        account, _, name = flow.role.partition("/")
        flows[account].append((name, _verb(flow), flow.target.place))
    bands: dict[object, list[str]] = {}
    for name, one in found.source.value.accounts.items():
        alike: object = (one.ou, tuple(roles[name]), tuple(sorted(flows[name])))
        bands.setdefault(name if any(things_of(found, name)) else alike, []).append(name)
    every = list(bands.values())
    used = {account for one in found.flows for account in (one.role.partition("/")[0], one.target.account)}
    kept = sorted(range(len(every)), key=lambda number: (every[number][0] not in used, number))[:MOST_BANDS]
    return [every[number] for number in sorted(kept)]


def _left_out(found: ComposedBlueprint) -> Iterator[str]:
    names, shown = found.source.value.accounts, {name for band in _bands(found) for name in band}
    if len(shown) < len(names):
        flows = sum(not {one.role.partition("/")[0], one.target.account} <= shown for one in found.flows)
        yield f"the picture has {len(shown):,} of {len(names):,} accounts, and is without {counted(flows, 'flow')}"


def _group(found: ComposedBlueprint, band: Sequence[str]) -> PictureGroup:
    name = band[0]
    account = found.source.value.accounts[name]
    unit = f" · unit {account.ou}" if account.ou else ""
    left = tuple(
        PictureItem(one.place, one.place.partition("/")[2], f"{one.persona}, {one.arn}")
        for one in found.roles
        if one.account == name
    )
    right = tuple(
        PictureItem(place, f"{kind} {place.partition('/')[2]}", text)
        for kind, place, text in things_of(found, name)
        if kind != "key"
    )
    title = f"{name} · {account.id}" if len(band) == 1 else f"{len(band):,} accounts alike"
    more = "" if len(band) == 1 else f" · {_listed(band, 3)}"
    return PictureGroup(f"{title}{unit}{more}", left, right)


def _steps(built: Built) -> Iterator[str]:
    """Yield what to do with the files, each step on what the ones before it made."""
    found, value = built.found, built.found.source.value
    shared = {(unit, name) for unit, name, _ in built.shared}
    if shared:
        units = ", ".join(sorted({f"organization/ou-{unit}/roles" for unit, _ in shared}))
        yield f"for all accounts of a unit, from the management account: {units}"
    alone = [name for name in value.accounts if any(path.startswith(f"{name}/roles/") for path, _ in built.files)]
    if alone:
        yield f"in each account its roles, with their boundaries: {_listed(f'{name}/roles' for name in alone)}"
    sets = [
        name for name in value.accounts if any(path.startswith(f"{name}/permission-sets/") for path, _ in built.files)
    ]
    if sets:
        where = _listed(f"{name}/permission-sets" for name in sets)
        yield f"permission sets: the policies of each in its account, then the rest where Identity Center is: {where}"
    sharing = [name for name in value.accounts if any(one.account == name for one in found.guards)]
    if sharing:
        where = _listed(f"{name}/resource-policies" for name in sharing)
        yield f"then the policies of what is shared, which name roles that have to be there: {where}"
    if found.layers:
        levels = _listed(dict.fromkeys(f"organization/{one.level}" for one in found.layers))
        yield f"last the policies of the organization, at one account or unit for trial first: {levels}"


def _listed(names: Iterable[str], most: int = 8) -> str:
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _accounts(built: Built) -> Table:
    value = built.found.source.value
    roles = _counts(one.account for one in built.found.roles)
    files = _counts(path.partition("/")[0] for path, _ in built.files)
    rows = tuple(
        (name, one.id, one.ou or "", roles.get(name, 0), files.get(name, 0)) for name, one in value.accounts.items()
    )
    return Table(("Account", "Id", "Unit", "Roles", "Files of its own"), rows)


def _counts(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found


def _roles(found: ComposedBlueprint) -> Table:
    measured: dict[RoleClass, tuple[str, int]] = {}  # ids of accounts are of one length
    for one in found.roles:
        if one.likeness not in measured:
            measured[one.likeness] = _measured(one)
    rows = tuple((one.place, one.persona, Code(one.arn), *measured[one.likeness]) for one in found.roles)
    return Table(("Role", "Persona", "ARN", "Fullest document", "Policies beside it"), rows)


def _measured(one: PlacedRole) -> tuple[str, int]:
    name, size, most = max(sizes(one.documents), key=lambda found: found[1] / found[2])
    return f"{' '.join(name.split()[:2])}: {size:,} of {most:,}", len(one.documents.managed_policies)


def _shared(built: Built) -> Table:
    rows = tuple((unit, name, _listed(accounts)) for unit, name, accounts in built.shared)
    return Table(("Unit", "Role", "Accounts"), rows)


def _layers(layers: Sequence[LevelLayers]) -> Table:
    rows = tuple(
        (one.level, str(one.kind).upper(), each.name, f"{len(each.text):,} of {quota(one.kind):,}")
        for one in layers
        for each in one.documents.policies
    )
    return Table(("Level", "Kind", "Policy", "Characters"), rows)


def _policies(found: ComposedBlueprint) -> Table:
    rows = tuple(
        (one.account, one.kind, Code(one.resource), tuple(flow.text for flow in one.flows)) for one in found.guards
    )
    return Table(("Account", "Kind", "Resource", "For"), rows)


def _flows(built: Built) -> Table:
    name = built.found.source.source.name
    rows = tuple(
        (one.text, "across accounts" if one.crosses else "in one account", str(one.where).replace(name, built.name))
        for one in built.found.flows
    )
    return Table(("Flow", "", "From"), rows)


def _files(built: Built) -> Table:
    return Table(("File", "Characters"), tuple((Code(path), size) for path, size in built.files))


def _data(built: Built) -> dict[str, Any]:
    return {
        "blueprint": built.name,
        "form": built.form,
        "files": [{"path": path, "characters": size} for path, size in built.files],
        "shared_roles": [
            {"unit": unit, "role": name, "accounts": list(accounts)} for unit, name, accounts in built.shared
        ],
        "notes": [{"of": of, "note": text} for of, text in built.notes],
        "without_cloudformation": list(built.no_cloudformation),
    }
