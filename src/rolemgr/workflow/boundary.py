"""A permissions boundary by itself: for one role, or for several that share it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, SourceLocation, raise_all
from rolemgr.export import managed_policy
from rolemgr.export.managed_policy import LoosePolicy
from rolemgr.files.write import to_json, to_template
from rolemgr.layers.action_patterns import beyond
from rolemgr.layers.boundary import BoundaryPart, Ceiling, ceiling_of, opened_by_others
from rolemgr.model.role import ComposedRole
from rolemgr.reference.quirks import quota
from rolemgr.render.boundary import FilledBoundary, filled_boundary, in_words, together
from rolemgr.separation.violations import RenderedRole
from rolemgr.workflow.choices import role_source
from rolemgr.workflow.many import Made, each_alone, without_twins
from rolemgr.workflow.outside import Outside, once
from rolemgr.workflow.role import RenderedChoice, assumed, origins, render_source

BOUNDARY_FORMS: Final = {
    "json": "{name}.json",
    "cloudformation": "{name}.yaml",
    "terraform": "{name}/policy.tf.json",
    "aws-cli": "{name}.sh",
}
"""The forms of a boundary, and what each is called in a folder."""
_MOST_NAMED: Final = 5


@dataclass(frozen=True)
class BoundaryRequest:
    """What was asked for: a role, the *others* that share its boundary, and the *name* of the policy."""

    chosen: Mapping[str, Any]
    others: tuple[str, ...] = ()
    name: str | None = None


class MadeBoundary(NamedTuple):
    """The boundary, with all that the exports say of it."""

    policy: LoosePolicy
    filled: FilledBoundary
    roles: tuple[RenderedRole, ...]

    def text(self, form: str) -> str:
        """Return it in *form*, one of `BOUNDARY_FORMS`."""
        return _TEXTS[form](self.policy)


def make_boundary(request: BoundaryRequest, outside: Outside, *, verbose: bool) -> MadeBoundary:
    """
    Return the boundary that *request* asks for; say what it holds not, and who does.

    Raises InputError (or Problems) for bad input, and where no boundary fits all roles or the quota.
    """
    catalogs: dict[tuple[str, ...], Catalog] = {}
    first = _rendered(request.chosen, catalogs, outside, verbose=verbose)
    quiet = outside._replace(say=lambda _: None)
    others = [_rendered(_beside(request, first, name), catalogs, quiet, verbose=False) for name in request.others]
    rendered = tuple(RenderedRole(one.role, one.documents) for one in (first, *others))
    roles = tuple(one.role for one in rendered)
    ceiling = ceiling_of(roles)
    filled = filled_boundary(ceiling)
    policy = _policy(request, roles, filled)
    for text in _notes(policy, ceiling, filled):
        outside.say(text)
    return MadeBoundary(policy, filled, rendered)


def make_each_boundary(
    request: BoundaryRequest, files: Sequence[str], outside: Outside, *, verbose: bool
) -> tuple[list[Made[MadeBoundary]], list[InputError]]:
    """
    Return the boundary of each of *files*, and what is wrong with those that have none.

    Two boundaries of one name in one account are none: nobody knows which of them is meant. Raises InputError for
    options that are about one boundary.
    """
    raise_all([*_about_one(request)])
    around = outside._replace(say=once(outside.say))

    def one(name: str) -> MadeBoundary:
        return make_boundary(replace(request, chosen={**request.chosen, "role": name}), around, verbose=verbose)

    found, wrong = each_alone(files, one)
    made = [Made(name, each.policy.name, SourceLocation(name), each.policy.account, each, ()) for name, each in found]
    apart, twins = without_twins(made, "boundary")
    return apart, [*wrong, *twins]


def _about_one(request: BoundaryRequest) -> Iterator[InputError]:
    if request.name:
        problem = "names one boundary, and each of several role files has its own"
        yield InputError(SourceLocation("--boundary-name"), problem, "leave it out: they are called after their roles")
    if request.others:
        problem = "goes with --persona, and without --name: every role that shares the boundary has its own"
        yield InputError(SourceLocation("--boundary-for"), problem, "make a boundary for each role file")


def _rendered(
    chosen: Mapping[str, Any], catalogs: dict[tuple[str, ...], Catalog], outside: Outside, *, verbose: bool
) -> RenderedChoice:
    """Return the role that *chosen* describes; what there is to say of it `create` says, but for what is assumed."""
    source = role_source(chosen, outside.environ, outside.read)
    found = render_source(source, catalogs, lambda _: None, verbose=False)
    for text in (*assumed(source), *(origins(source, found.spec.value) if verbose else ())):
        outside.say(text)
    return found


def _beside(request: BoundaryRequest, first: RenderedChoice, persona: str) -> dict[str, Any]:
    """Return the choices for another *persona* beside the *first*: the same but for what is one role's own."""
    if first.spec.value.name or request.chosen.get("role"):
        problem = "goes with --persona, and without --name: every role that shares the boundary has its own"
        raise InputError(SourceLocation("--boundary-for"), problem, "make a boundary for each role file")
    return {**request.chosen, "persona": persona}


def _policy(request: BoundaryRequest, roles: Sequence[ComposedRole], filled: FilledBoundary) -> LoosePolicy:
    spec = roles[0].spec
    name = request.name or spec.boundary_name
    most = quota("policy_name")
    if not re.fullmatch(rf"[A-Za-z0-9_+=,.@-]{{1,{most}}}", name):
        problem = f"`{name}` is not a policy name: 1 to {most} letters, digits and _+=,.@-"
        raise InputError(SourceLocation("--boundary-name"), problem)
    names = ", ".join(role.spec.role_name for role in roles)
    description = f"The most that {names} can ever have. Attach it to nobody."
    if len(description) > quota("description"):
        raise InputError(SourceLocation("--boundary-for"), "is given too often", "make a boundary for each")
    return LoosePolicy(name, spec.path, description, filled.document, spec.account, "boundary")


def _notes(policy: LoosePolicy, ceiling: Ceiling, filled: FilledBoundary) -> Iterator[str]:
    """Yield its size, what it holds not and who does, and for which actions its patterns stand besides."""
    size, limit = policy.document.size(), quota("permissions_boundary")
    yield f"{policy.name}: {size:,} of {limit:,} characters; it gives nothing: roles are bound by it, not given it"
    if filled.is_tight:
        yield "to fit, its actions are patterns: those that change something stand for nothing that AWS lists today"
    if more := beyond(_patterns(filled), ceiling.granted):
        rest = f" and {len(more) - _MOST_NAMED} more" if len(more) > _MOST_NAMED else ""
        shown = f"{', '.join(more[:_MOST_NAMED])}{rest}"
        yield f"its patterns also let through reading of names and settings, where a role allows it: {shown}"
    for persona, actions in opened_by_others(ceiling.roles):
        rest = f" and {len(actions) - _MOST_NAMED} more" if len(actions) > _MOST_NAMED else ""
        yield (
            f"{persona} must never have {', '.join(actions[:_MOST_NAMED])}{rest}, which another role of this boundary "
            "has: only its own policies see to that; a boundary for each does too"
        )
    yield from map(_left_out, together(filled.left_out))


def _patterns(filled: FilledBoundary) -> list[str]:
    return [pattern for one in filled.statements for pattern in one.actions if pattern.endswith("*")]


def _left_out(part: BoundaryPart) -> str:
    """Return that *part* is not in the boundary, and which layer holds it."""
    held_by = "the role's own Allows hold it" if part.kind == "separation" else "the role's inline policy holds it"
    beside = f"; `rolemgr scp --guardrail {part.name}` would too" if part.kind == "guardrail" else ""
    return f"no room for {in_words(part)}: {held_by}{beside}"


_TEXTS: Final[Mapping[str, Callable[[LoosePolicy], str]]] = {
    "json": lambda policy: to_json([policy.document.to_json_value()]),
    "cloudformation": lambda policy: to_template(managed_policy.template(policy)),
    "terraform": lambda policy: to_json(managed_policy.module(policy)),
    "aws-cli": managed_policy.script,
}
